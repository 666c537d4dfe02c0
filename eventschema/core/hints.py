"""Hints: the types that ``Rules.hints`` give to new properties by the patterns of their names.

A pattern has the characters of property names, ``*`` for any characters (also none) and ``?`` for one character. It
matches whole names, case-sensitively.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from eventschema.core.types import PropertyType

#: Pairs of a pattern and a type. The first pattern that matches a name decides.
Hints = tuple[tuple[str, PropertyType], ...]

_PATTERN: Final = re.compile(r"[A-Za-z0-9_*?]+")


def hinted_type(name: str, hints: Hints) -> PropertyType | None:
    """The type that ``hints`` give to a new property of the valid ``name``; ``None`` if no pattern matches."""
    for pattern, type_ in hints:
        if matches_pattern(name, pattern):
            return type_
    return None


def read_hints(option: str, given: Any) -> Hints:
    """Read hints from pairs of a pattern and a type (``PropertyType`` or its word), or from a mapping of these.

    Raises ``ValueError``, which names ``option``, for anything else.
    """
    pairs = given.items() if isinstance(given, Mapping) else given
    if isinstance(pairs, str) or not isinstance(pairs, Iterable):
        raise ValueError(f"{option}: expected pairs of a pattern and a type, found {given!r}")
    return tuple(_read_hint(option, pair) for pair in pairs)


def _read_hint(option: str, pair: Any) -> tuple[str, PropertyType]:
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise ValueError(f"{option}: expected pairs of a pattern and a type, found {pair!r}")
    pattern, word = pair
    if not isinstance(pattern, str) or not _PATTERN.fullmatch(pattern):
        raise ValueError(f"{option}: expected a pattern of latin letters, digits, _, * and ?, found {pattern!r}")
    if word not in tuple(PropertyType):
        raise ValueError(f"{option}: expected one of {', '.join(PropertyType)} for {pattern}, found {word!r}")
    return str(pattern), PropertyType(word)


def matches_pattern(name: str, pattern: str) -> bool:
    """Whether all of ``name`` matches. Takes at most time proportional to the product of both lengths.

    If the rest does not match, only the last ``*`` can take more characters: an earlier one would leave less to match.
    """
    at = position = resume = 0
    star = -1  # the last * in the pattern so far
    while position < len(name):
        character = pattern[at : at + 1]
        if character == "*":  # first, since names of other systems may have it too
            star, resume = at, position
            at += 1
        elif character in {name[position], "?"}:
            at += 1
            position += 1
        elif star >= 0:
            resume += 1
            at, position = star + 1, resume
        else:
            return False
    return not pattern[at:].strip("*")
