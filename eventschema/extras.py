"""What is said where a package is not installed that an extra brings."""


class MissingExtraError(ModuleNotFoundError):
    """A package is missing that ``extra`` brings. ``bare`` is Python's own error, which does not know of extras."""

    def __init__(self, extra: str, bare: ModuleNotFoundError) -> None:
        message = f"{bare}: the extra {extra} brings it, pip install 'eventschema[{extra}]'"
        super().__init__(message, name=bare.name, path=bare.path)
        self.bare = bare


def of_extra(extra: str, error: ModuleNotFoundError) -> ModuleNotFoundError:
    """``error``, saying which ``extra`` brings what is missing; as it is, where a module of this package is missing.

    If a layer needs another layer's extra and more, the outermost layer decides: its extra brings everything.
    """
    if (error.name or "").partition(".")[0] == "eventschema":
        return error
    return MissingExtraError(extra, error.bare if isinstance(error, MissingExtraError) else error)
