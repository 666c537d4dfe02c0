"""Modules that need the extra ``export``, imported when they are first used."""

from importlib import import_module
from typing import Any

from eventschema.extras import of_extra


def module_of_extra(name: str, package: str = "eventschema.export") -> Any:
    """The module ``name`` of ``package``. Raises ``ModuleNotFoundError``, with the extra, if a package is missing."""
    try:
        return import_module(f"{package}.{name}")
    except ModuleNotFoundError as error:
        raise of_extra("export", error) from None
