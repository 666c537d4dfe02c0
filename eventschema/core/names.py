"""The names of properties: latin letters, digits and ``_``, and no longer than the rules allow."""

import re
from typing import Final

from eventschema.core.pointers import child
from eventschema.core.rules import Rules
from eventschema.core.violations import InvalidName, NameTooLong, Violation

_NAME: Final = re.compile(r"[A-Za-z0-9_]+")


def is_name(name: object) -> bool:
    """Whether ``name`` has the characters of a property name; its length is for :func:`read_name` to judge."""
    return type(name) is str and _NAME.fullmatch(name) is not None


def read_name(name: object, parent: str, rules: Rules) -> str | Violation:
    """``name`` as exactly a ``str``, or what is wrong with it, at its place below the pointer ``parent``.

    The length is tested first, so that a name of a megabyte is refused without being read through.
    """
    if type(name) is not str:
        if not issubclass(type(name), str):
            return InvalidName(child(parent, name, rules.max_name_length))
        name = str.__str__(name)
    if len(name) > rules.max_name_length:
        return NameTooLong(child(parent, name, rules.max_name_length), rules.max_name_length, len(name))
    if not _NAME.fullmatch(name):
        return InvalidName(child(parent, name, rules.max_name_length))
    return name
