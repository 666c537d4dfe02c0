"""Documents of schemas: what is read back from JSON is checked as a whole, and what is wrong is said with its place.

A document of one schema is ``{"format": 1, "name": ..., "version": ..., "properties": {name: type}, "since": {name:
version}}``; ``since`` names the properties that were not declared. A schema file is ``{"format": 1, "schemas": [...]}``
of such documents. People write them too, to declare: then ``format``, ``version`` and ``since`` may be left out.
"""

from collections.abc import Mapping
from itertools import accumulate
from typing import Any, Final, NamedTuple

from eventschema.core.grammar import INT64_MAX
from eventschema.core.names import is_line, is_name
from eventschema.core.pointers import json_type_name, pointer_to, truncate
from eventschema.core.types import PropertyType

FORMAT: Final = 1

#: The characters of a name or a text that a message about a document shows.
MAX_SHOWN: Final = 128
_REQUIRED: Final = ("name", "properties")
_OPTIONAL: Final = ("format", "version", "since")


class SchemaParts(NamedTuple):
    """The parts of a schema. ``counts[v]`` is the number of properties at version ``v``."""

    name: str
    types: dict[str, PropertyType]
    counts: tuple[int, ...]


def write_schema(parts: SchemaParts, since: Mapping[str, int]) -> dict[str, Any]:
    """A schema as a JSON-ready document."""
    return {
        "format": FORMAT,
        "name": parts.name,
        "version": len(parts.counts) - 1,
        "properties": {name: type_.value for name, type_ in parts.types.items()},
        "since": {name: version for name, version in since.items() if version},
    }


def read_schema(document: object, root: str) -> SchemaParts:
    """Read the document of a schema, which is at the pointer ``root``. Raises ``ValueError`` if it is not one."""
    fields = read_object(document, root, _REQUIRED, _OPTIONAL)
    read_format(fields, root)
    name = read_event_name(fields["name"], f"{root}/name")
    declared = read_properties(fields["properties"], f"{root}/properties")
    since = _read_since(fields.get("since", {}), declared, f"{root}/since")
    last = max(since.values(), default=0)
    version = fields.get("version", last)
    if type(version) is not int or version != last:
        raise wrong(f"{root}/version", f"{last}, the last version in since", found(version))
    # A tool may have sorted the keys. This restores the order of the versions; within a version the order stays.
    types = {name: declared[name] for name in sorted(declared, key=lambda name: since.get(name, 0))}
    counts = _counts([since.get(name, 0) for name in types], last, f"{root}/since")
    return SchemaParts(name, types, counts)


def read_properties(value: object, pointer: str) -> dict[str, PropertyType]:
    """Read a mapping from property names to types, given as ``PropertyType`` or as text; else raise ``ValueError``."""
    if not isinstance(value, Mapping):
        raise wrong(pointer, "an object of names and types", found(value))
    types: dict[str, PropertyType] = {}
    for name, word in value.items():
        place = pointer_to(pointer, name, MAX_SHOWN)
        plain = str.__str__(name) if isinstance(name, str) else name  # members of a StrEnum are names too
        if not is_name(plain):
            raise wrong(place, "a name of latin letters, digits and _", "another")
        try:
            types[plain] = PropertyType(word)
        except ValueError:
            raise wrong(place, f"one of {', '.join(PropertyType)}", found(word)) from None
    return types


def read_event_name(value: object, pointer: str) -> str:
    """Read the event name of a schema, of any length. Raises ``ValueError`` if it is not an event name."""
    if is_line(value):
        return value
    plain = str.__str__(value) if isinstance(value, str) else None
    if not is_line(plain):
        raise wrong(pointer, "text of at least 1 character, without control characters", found(value))
    return plain


def read_base_version(value: object, pointer: str) -> int | None:
    """Read the base version of a change, or ``None``. Raises ``ValueError`` if it is neither."""
    if value is not None and (type(value) is not int or value < 0):
        raise wrong(pointer, "a version of at least 0, or null", found(value))
    return value


def read_object(
    value: object, pointer: str, required: tuple[str, ...], optional: tuple[str, ...] = ()
) -> Mapping[str, Any]:
    """``value`` if it is an object with all ``required`` fields and only ``optional`` others; else ``ValueError``."""
    if not isinstance(value, Mapping):
        raise wrong(pointer, "an object", found(value))
    for name in required:
        if name not in value:
            raise wrong(pointer, f"the field {name}", "none")
    for name in value:
        if name not in required and name not in optional:
            raise wrong(pointer_to(pointer, name, MAX_SHOWN), f"only {', '.join(required + optional)}", "another field")
    return value


def read_format(fields: Mapping[str, Any], root: str) -> None:
    """Raise ``ValueError`` if this release does not read the format of the document.

    A document that has no ``format`` was written by a person, for this version.
    """
    number = fields.get("format", FORMAT)
    if type(number) is not int or number != FORMAT:
        raise wrong(f"{root}/format", str(FORMAT), found(number))


def _read_since(value: object, types: Mapping[str, PropertyType], pointer: str) -> dict[str, int]:
    if not isinstance(value, Mapping):
        raise wrong(pointer, "an object of names and versions", found(value))
    for name, version in value.items():
        place = pointer_to(pointer, name, MAX_SHOWN)
        if name not in types:
            raise wrong(place, "the name of a property", "another")
        # Each version added a property, so there are no more versions than properties.
        if type(version) is not int or not 1 <= version <= len(types):
            raise wrong(place, f"a version from 1 to {len(types)}, as many as there are properties", found(version))
    return dict(value)


def _counts(versions: list[int], last: int, pointer: str) -> tuple[int, ...]:
    """The number of properties at each version, given the version of each property in order."""
    added = [0] * (last + 1)
    for version in versions:
        added[version] += 1
    if 0 in added[1:]:
        raise wrong(pointer, "a property for each version", f"none for version {added.index(0, 1)}")
    return tuple(accumulate(added))


def wrong(pointer: str, expected: str, found: str) -> ValueError:
    """The exception to raise for a document that is not valid."""
    return ValueError(f"Expected {expected}, found {found}, at {pointer or 'the root'}.")


def found(value: object) -> str:
    """``value`` for the message of :func:`wrong`: texts and 64-bit integers as they are, other values by their type."""
    if isinstance(value, str):
        return repr(truncate(value, MAX_SHOWN))
    if type(value) is int and abs(value) <= INT64_MAX:
        return str(value)
    return json_type_name(value)
