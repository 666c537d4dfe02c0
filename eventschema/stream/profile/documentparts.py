"""Parts of the documents of profiles that several readers need: counts, locations, stored values, members."""

import math
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from eventschema.core.documents import wrong
from eventschema.core.grammar import INT64_MAX, INT64_MIN
from eventschema.core.pointers import pointer_to
from eventschema.stream.profile.locations import Location

_T = TypeVar("_T")

#: How many characters of a name an error shows.
MAX_SHOWN: Final = 128


def read_members(value: object, pointer: str, read: Callable[[object, str], _T]) -> dict[str, _T]:
    """The members of an object, each read by ``read``."""
    return {name: read(*found) for name, found in placed(value, pointer).items()}


def placed(value: object, pointer: str) -> dict[str, tuple[object, str]]:
    """The members of an object, each with its pointer."""
    if not isinstance(value, Mapping):
        raise wrong(pointer, "an object", "another")
    return {name: (member, pointer_to(pointer, name, MAX_SHOWN)) for name, member in value.items()}


def read_count(value: object, pointer: str, least: int = 0, most: int = INT64_MAX) -> int:
    """A whole number from ``least`` to ``most``. Raises ``ValueError`` for another value."""
    if type(value) is not int or not least <= value <= most:
        raise wrong(pointer, f"a whole number from {least} to {most}", "another")
    return value


def read_location(value: object, pointer: str) -> Location:
    """A source and a line. Raises ``ValueError`` for another value."""
    if isinstance(value, list | tuple) and len(value) == 2:
        source, line = value
        if type(source) is str and type(line) is int:
            return Location(source, read_count(line, pointer))
    raise wrong(pointer, "a source and a line", "another")


def is_stored(value: object, kind: type) -> bool:
    """Whether ``value`` is one that a property stores as ``kind``: exactly that, an int of 64 bits, a finite float."""
    if type(value) is int and not INT64_MIN <= value <= INT64_MAX:
        return False
    return type(value) is kind and (type(value) is not float or math.isfinite(value))
