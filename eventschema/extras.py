"""The error for a missing package that an extra installs."""


class MissingExtraError(ModuleNotFoundError):
    """A package is missing that ``extra`` installs. ``bare`` is Python's own error, which does not name the extra."""

    def __init__(self, extra: str, bare: ModuleNotFoundError) -> None:
        message = f"{bare}: the extra {extra} installs it, pip install 'eventschema[{extra}]'"
        super().__init__(message, name=bare.name, path=bare.path)
        self.bare = bare


def of_extra(extra: str, error: ModuleNotFoundError) -> ModuleNotFoundError:
    """``error`` with the name of the ``extra`` to install; unchanged if a module of this package is missing.

    If a layer needs another layer's extra and more, the outermost layer decides: its extra installs everything.
    """
    if (error.name or "").partition(".")[0] == "eventschema":
        return error
    return MissingExtraError(extra, error.bare if isinstance(error, MissingExtraError) else error)
