"""What is said where a package is not installed that an extra brings."""


def of_extra(extra: str, error: ModuleNotFoundError) -> ModuleNotFoundError:
    """``error``, saying which ``extra`` brings what is missing; as it is, where a module of this package is missing."""
    if (error.name or "").partition(".")[0] == "eventschema":
        return error
    message = f"{error}: the extra {extra} brings it, pip install 'eventschema[{extra}]'"
    return ModuleNotFoundError(message, name=error.name, path=error.path)
