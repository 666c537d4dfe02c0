"""Writes schemas as JSON documents, and reads these: a document is checked as a whole, and an error says where it is.

A document of one schema is ``{"format": 1, "name": ..., "version": ..., "properties": {name: type}, "since": {name:
version}}``. ``since`` has, for each property that was not declared with its type, the version that gave it the type.

- Format 2: the schema was retyped. ``"added": {name: version}`` has the version that added each retyped property.
- Format 3: the schema is frozen. It has ``"frozen": true``, and the version that froze it as ``frozenSince``. A schema
  that is no longer frozen has this format too, without these fields, if no lower one can hold its versions: those that
  neither added nor retyped properties.

A schema file is ``{"format": 1, "schemas": [...]}`` of such documents. In a document that a person writes to declare
schemas, ``format``, ``version``, ``since`` and ``frozenSince`` may be left out.
"""

from collections.abc import Iterator, Mapping
from itertools import accumulate, islice
from typing import Any, Final, NamedTuple

from eventschema.core.grammar import INT64_MAX
from eventschema.core.names import is_line, is_name
from eventschema.core.pointers import json_type_name, pointer_to, truncate
from eventschema.core.types import PropertyType

FORMAT: Final = 1

#: The format of a document of a schema that was retyped, and of a change that retypes.
RETYPED_FORMAT: Final = 2

#: The format of a document of a schema that is or was frozen, and of a change that freezes a schema or ends that.
FROZEN_FORMAT: Final = 3

#: The most versions of a schema that may retype, freeze or end a freeze.
MAX_RETYPES: Final = 10_000

#: The characters of a name or a text that a message about a document shows.
MAX_SHOWN: Final = 128
_REQUIRED: Final = ("name", "properties")
_OPTIONAL: Final = ("format", "version", "since", "frozen", "frozenSince")


class SchemaParts(NamedTuple):
    """The parts of a schema.

    ``counts[v]`` is the number of properties at version ``v``. ``retyped`` has, for the properties whose type was
    changed, the version that gave them their present type. ``frozen`` is the version that froze the schema, ``None`` if
    it is not frozen.
    """

    name: str
    types: dict[str, PropertyType]
    counts: tuple[int, ...]
    retyped: dict[str, int]
    frozen: int | None = None

    def added_in(self) -> dict[str, int]:
        """The version that added each property."""
        names = iter(self.types)
        steps = zip((0, *self.counts), self.counts, strict=False)
        return {
            name: version for version, (before, after) in enumerate(steps) for name in islice(names, after - before)
        }


def write_schema(parts: SchemaParts) -> dict[str, Any]:
    """A schema as a JSON-ready document."""
    added = parts.added_in()
    since = added | parts.retyped
    return {
        "format": _format_of(parts, since),
        "name": parts.name,
        "version": len(parts.counts) - 1,
        "properties": {name: type_.value for name, type_ in parts.types.items()},
        "since": {name: version for name, version in since.items() if version},
        **({"added": {name: added[name] for name in since if name in parts.retyped}} if parts.retyped else {}),
        **({} if parts.frozen is None else {"frozen": True, "frozenSince": parts.frozen}),
    }


def _format_of(parts: SchemaParts, since: Mapping[str, int]) -> int:
    """The lowest format that can hold the schema: earlier releases refuse later formats."""
    last, versions = len(parts.counts) - 1, {0, *since.values()}
    if parts.frozen is not None or last not in versions or (not parts.retyped and len(versions) <= last):
        return FROZEN_FORMAT
    return RETYPED_FORMAT if parts.retyped else FORMAT


def read_schema(document: object, root: str) -> SchemaParts:
    """Read the document of a schema, which is at the pointer ``root``. Raises ``ValueError`` if it is not one."""
    format_ = document.get("format") if isinstance(document, Mapping) else None
    may_freeze = format_ == FROZEN_FORMAT
    is_retyped = may_freeze or format_ == RETYPED_FORMAT
    required = (*_REQUIRED, "added") if is_retyped and not may_freeze else _REQUIRED
    fields = read_object(document, root, required, (*_OPTIONAL, "added") if may_freeze else _OPTIONAL)
    read_format(fields, root, FORMAT, RETYPED_FORMAT, FROZEN_FORMAT)
    name = read_event_name(fields["name"], f"{root}/name")
    declared = read_properties(fields["properties"], f"{root}/properties")
    most = len(declared) + (MAX_RETYPES if is_retyped else 0)
    since = _read_versions(fields.get("since", {}), declared, most, f"{root}/since")
    added = _read_added(fields.get("added", {}), declared, since, f"{root}/added")
    last = _read_last(fields, max(since.values(), default=0), most if may_freeze else None, f"{root}/version")
    frozen = _read_frozen_since(fields, last, root)
    first = since | added
    # A tool may have sorted the keys. This restores the order of the versions; within a version the order stays.
    types = {name: declared[name] for name in sorted(declared, key=lambda name: first.get(name, 0))}
    versions = [first.get(name, 0) for name in types]
    if not is_retyped:
        _check_each_version(versions, last, f"{root}/since")
    counts = _counts(versions, last)
    return SchemaParts(name, types, counts, {name: since[name] for name in types if name in added}, frozen)


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


def read_format(fields: Mapping[str, Any], root: str, *formats: int) -> None:
    """Raise ``ValueError`` if the document's format is none of ``formats`` (by default: :data:`FORMAT`).

    A document without ``format`` was written by a person, and is read as one of this version.
    """
    number = fields.get("format", FORMAT)
    expected = formats or (FORMAT,)
    if type(number) is not int or number not in expected:
        raise wrong(f"{root}/format", " or ".join(map(str, expected)), found(number))


def read_frozen(value: object, pointer: str) -> bool | None:
    """Read whether a schema is frozen, or ``None``. Raises ``ValueError`` for anything else."""
    if value is not None and type(value) is not bool:
        raise wrong(pointer, "true or false", found(value))
    return value


def _read_last(fields: Mapping[str, Any], last: int, most: int | None, pointer: str) -> int:
    """Read the version of a schema: ``last``, or up to ``most`` if further versions may have frozen the schema."""
    frozen_since = fields.get("frozenSince")
    version = fields.get("version", max(last, frozen_since) if most and type(frozen_since) is int else last)
    if most is None:
        if type(version) is not int or version != last:
            raise wrong(pointer, f"{last}, the last version in since", found(version))
    elif type(version) is not int or not last <= version <= most:
        raise wrong(pointer, f"a version from {last}, the last in since, to {most}", found(version))
    return version


def _read_frozen_since(fields: Mapping[str, Any], last: int, root: str) -> int | None:
    """Read the version that froze a schema, ``None`` if it is not frozen."""
    if not read_frozen(fields.get("frozen"), f"{root}/frozen"):
        if "frozenSince" in fields:
            raise wrong(f"{root}/frozenSince", "no such field without frozen", "one")
        return None
    since = fields.get("frozenSince", last)
    if type(since) is not int or not 0 <= since <= last:
        raise wrong(f"{root}/frozenSince", f"a version from 0 to {last}", found(since))
    return since


def _read_versions(value: object, types: Mapping[str, PropertyType], most: int, pointer: str) -> dict[str, int]:
    """Read the versions since which properties have their types."""
    versions: dict[str, int] = {}
    for name, version, place in _versions(value, types, pointer):
        # Each version added a property or retyped some, so there are no more versions than properties and retypes.
        if type(version) is not int or not 1 <= version <= most:
            why = ", as many as there are properties" if most == len(types) else ""
            raise wrong(place, f"a version from 1 to {most}{why}", found(version))
        versions[name] = version
    return versions


def _read_added(
    value: object, types: Mapping[str, PropertyType], since: Mapping[str, int], pointer: str
) -> dict[str, int]:
    """Read the versions that added the properties which were retyped later."""
    versions: dict[str, int] = {}
    for name, version, place in _versions(value, types, pointer):
        if type(version) is not int or not 0 <= version < since.get(name, 0):
            raise wrong(place, "a version below that in since, at least 0", found(version))
        versions[name] = version
    return versions


def _versions(value: object, types: Mapping[str, PropertyType], pointer: str) -> Iterator[tuple[str, object, str]]:
    """Yield the name of each property in ``value``, its version as it was read, and the pointer to it."""
    if not isinstance(value, Mapping):
        raise wrong(pointer, "an object of names and versions", found(value))
    for name, version in value.items():
        place = pointer_to(pointer, name, MAX_SHOWN)
        if name not in types:
            raise wrong(place, "the name of a property", "another")
        yield name, version, place


def _check_each_version(versions: list[int], last: int, pointer: str) -> None:
    """Raise ``ValueError`` if a version did not add a property although none was retyped."""
    missing = set(range(1, last + 1)).difference(versions)
    if missing:
        raise wrong(pointer, "a property for each version", f"none for version {min(missing)}")


def _counts(versions: list[int], last: int) -> tuple[int, ...]:
    """The number of properties at each version, given the version that added each property in order."""
    added = [0] * (last + 1)
    for version in versions:
        added[version] += 1
    return tuple(accumulate(added))


class DocumentError(ValueError):
    """A document that is not valid. Picklable; its text is a sentence of what was expected and found, and where."""

    def __init__(self, pointer: str, expected: str, found: str) -> None:
        super().__init__(pointer, expected, found)
        self.pointer = pointer
        self.expected = expected
        self.found = found

    def __str__(self) -> str:
        return f"Expected {self.expected}, found {self.found}, at {self.pointer or 'the root'}."


def wrong(pointer: str, expected: str, found: str) -> DocumentError:
    """The exception to raise for a document that is not valid."""
    return DocumentError(pointer, expected, found)


def found(value: object) -> str:
    """``value`` for the message of :func:`wrong`: texts and 64-bit integers as they are, other values by their type."""
    if isinstance(value, str):
        return repr(truncate(value, MAX_SHOWN))
    if type(value) is int and abs(value) <= INT64_MAX:
        return str(value)
    return json_type_name(value)
