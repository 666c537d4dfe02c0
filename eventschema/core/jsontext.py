"""Reads JSON with the standard library's decoder, and tells where a key is repeated.

Nobody can know what a text with a repeated key means (RFC 7493, section 2.3). This is slow: for many texts,
:mod:`eventschema.core.keycount` first finds out whether any key is repeated.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from eventschema.core.pointers import pointer_to

#: The characters of each key that the pointer to an object shows.
MAX_SHOWN: Final = 128


class RepeatedKey(NamedTuple):
    """A ``key`` that is repeated in the object at ``pointer``."""

    pointer: str
    key: str


def read_json(
    text: str, *, parse_int: Callable[[str], Any] = int, parse_constant: Callable[[str], Any] | None = None
) -> tuple[Any, RepeatedKey | None]:
    """The value of ``text``, in which the last of equal keys is kept, and a repeated key if there is one.

    If several objects repeat a key, the one that ends last is reported. ``parse_int`` and ``parse_constant`` are those
    of ``json.loads``. Raises what that raises: ``json.JSONDecodeError``, ``RecursionError``.
    """
    # The last one: an object ends after all objects in it, so no later object has replaced this one.
    repeated: list[tuple[dict[str, Any], str]] = []

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) < len(pairs):
            repeated[:] = [(value, Counter(key for key, _ in pairs).most_common(1)[0][0])]
        return value

    value = json.loads(text, object_pairs_hook=unique, parse_int=parse_int, parse_constant=parse_constant)
    for place, key in repeated:
        return value, RepeatedKey("".join(pointer_to("", name, MAX_SHOWN) for name in _path(value, place)), key)
    return value, None


def _path(value: Any, wanted: dict[str, Any]) -> list[str]:
    """The keys and indexes from ``value`` to the object ``wanted`` in it."""
    names: list[str] = []
    around = [iter([("", value)])]
    while True:
        for name, member in around[-1]:
            if member is wanted:
                return [*names, name][1:]
            if isinstance(member, dict | list):
                names.append(name)
                around.append(_members(member))
                break
        else:
            around.pop()
            names.pop()


def _members(container: dict[str, Any] | list[Any]) -> Iterator[tuple[str, Any]]:
    if isinstance(container, dict):
        return iter(container.items())
    return ((str(index), member) for index, member in enumerate(container))
