"""Names of properties (latin letters, digits and ``_``) and of events (one line of text).

Both are no longer than the rules allow.
"""

import re
import sys
from collections.abc import Iterable
from typing import Final, TypeGuard, cast

from eventschema.core.grammar import LINE, NAME
from eventschema.core.pointers import pointer_to
from eventschema.core.reasons import EventNameReason
from eventschema.core.rules import Rules
from eventschema.core.violations import InvalidName, NameTooLong, Violation

_NAME: Final = re.compile(NAME)
_LINE: Final = re.compile(LINE)


def is_event_name(name: object, rules: Rules) -> TypeGuard[str]:
    """Whether ``name`` is an event name: 1 to ``rules.max_event_name_length`` characters on one line.

    The length is tested first. Control characters (C0, DEL) and lone surrogates are not allowed; all else is.
    """
    return is_line(name, rules.max_event_name_length)


def is_line(text: object, max_length: int = sys.maxsize) -> TypeGuard[str]:
    """Whether ``text`` is one line: 1 to ``max_length`` characters, without control characters and lone surrogates.

    Without ``max_length`` any length is accepted, as for the name of a schema.
    """
    if type(text) is not str or not 0 < len(text) <= max_length:
        return False
    # In ASCII, the printable characters are all but the controls, and isprintable() is faster than the pattern.
    return (text.isascii() and text.isprintable()) or _LINE.fullmatch(text) is not None


def why_not_event_name(name: object, max_length: int) -> EventNameReason:
    """Why ``name``, which :func:`is_line` refuses, is not an event name. The first failing test decides."""
    if not issubclass(type(name), str):
        return "not_text"
    length = str.__len__(cast("str", name))
    if length == 0:
        return "empty"
    return "too_long" if length > max_length else "character"


def are_texts(names: Iterable[object]) -> bool:
    """Whether all ``names`` are exactly of the class ``str``. A look-up of others would run their own code."""
    # A set of their classes would hash these, which can run the code of a metaclass.
    for name in names:  # noqa: SIM110  # all() of a generator takes twice as long
        if type(name) is not str:
            return False
    return True


def is_name(name: object) -> bool:
    """Whether ``name`` has only characters of property names. :func:`read_name` checks the length too."""
    if type(name) is not str:
        return False
    # ASCII identifiers are the names that do not begin with a digit, and isidentifier() is faster than the pattern.
    return (name.isascii() and name.isidentifier()) or _NAME.fullmatch(name) is not None


def read_name(name: object, parent: str, rules: Rules) -> str | Violation:
    """The property name ``name`` as exactly a ``str``, or its violation, with a pointer below ``parent``.

    The length is tested first, so that a name of a megabyte is refused without being read through.
    """
    if type(name) is not str:
        if not issubclass(type(name), str):
            return InvalidName(pointer_to(parent, name, rules.max_name_length), "not_text")
        name = str.__str__(name)
    if len(name) > rules.max_name_length:
        return NameTooLong(pointer_to(parent, name, rules.max_name_length), rules.max_name_length, len(name))
    if not _NAME.fullmatch(name):
        return InvalidName(pointer_to(parent, name, rules.max_name_length), "character" if name else "empty")
    return name
