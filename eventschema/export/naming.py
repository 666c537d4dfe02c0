"""Makes names that a target accepts from those of events and properties.

A name that the target accepts stays as it is. Any other gets a lawful one: characters that the target refuses become
``_``, and a name that is too long is cut and ends with a part of its hash. The same name always gets the same lawful
name. Two names that would be one to the target are an error, since one of them would overwrite the other.
"""

from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import NamedTuple

from eventschema.core.documents import MAX_SHOWN
from eventschema.core.pointers import truncate

_HASH_LENGTH = 8


class Naming(NamedTuple):
    """What a target accepts as a name.

    ``lawful`` gives the lawful name of a name, and the same name if it is lawful. ``same`` gives what the target
    compares: names for which it is equal are one name to the target.
    """

    lawful: Callable[[str], str]
    same: Callable[[str], str] = str


def any_name(name: str) -> str:
    """``name``, for a target that accepts all names."""
    return name


def lawful_names(names: Iterable[str], naming: Naming, kind: str, target: str) -> dict[str, str]:
    """The lawful name of each of ``names``, in their order.

    ``kind`` (``"events"`` or ``"properties"``) and ``target`` are for the error. Raises ``ValueError``, with both
    names, if two are the same to the target.
    """
    found: dict[str, str] = {}
    first: dict[str, str] = {}
    for name in names:
        lawful = naming.lawful(name)
        other = first.setdefault(naming.same(lawful), name)
        if other is not name:
            shown = f"{truncate(other, MAX_SHOWN)!r} and {truncate(name, MAX_SHOWN)!r}"
            raise ValueError(f"expected {kind} of different names in {target}, found {shown}, both {lawful!r} there")
        found[name] = lawful
    return found


def cut(name: str, limit: int, length: Callable[[str], int] = len) -> str:
    """``name`` if its ``length`` is within ``limit``; else its beginning, ``_`` and a part of its SHA-256."""
    if length(name) <= limit:
        return name
    ending = f"_{sha256(name.encode()).hexdigest()[:_HASH_LENGTH]}"
    beginning = name[: limit - len(ending)]
    while length(beginning) > limit - len(ending):
        beginning = beginning[:-1]
    return beginning + ending


def octets(name: str) -> int:
    """The length of ``name`` in UTF-8."""
    return len(name.encode())


def identifier(name: str) -> str:
    """``name`` as ASCII letters, digits and ``_``, not beginning with a digit: other characters become ``_``."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in name)
    return f"_{plain}" if plain[:1].isdigit() else plain
