"""Compares two schemas of one event: what was added, retyped or frozen, and which readers can read which events.

The words for compatibility are those of schema registries. A reader of the new schema can read the events of the old
one: *backward*. A reader of the old schema can read those of the new one: *forward*. Both: *full*. All properties of an
event are optional, and readers ignore properties that they do not know. So only types matter: a reader can read a
property if every value of the type that it was written with is also one of the type that it is read as.
"""

from typing import Any, Literal, NamedTuple

from eventschema.core.arguments import check_kind
from eventschema.core.schema import EventSchema
from eventschema.core.types import LOSSLESS, PropertyType

Compatibility = Literal["full", "backward", "forward", "none"]
ChangeKind = Literal["added", "removed", "lossless", "lossy"]


def is_lossless(old: PropertyType | str, new: PropertyType | str) -> bool:
    """Whether every value of the type ``old`` is also one of the type ``new``: a retype then loses nothing.

    That is so for date, dateTime, email and url to string, and for a type to itself. It is not so for int to float,
    since a double does not hold every integer beyond 2**53. Raises ``ValueError`` for an unknown type.
    """
    before, after = PropertyType(old), PropertyType(new)
    return before is after or after in LOSSLESS[before]


class PropertyChange(NamedTuple):
    """A property that differs between two schemas: its type ``before`` and ``after``, ``None`` where it is missing.

    ``since`` is the version of the new schema that gave it its type, ``None`` if it was removed.
    """

    name: str
    before: PropertyType | None
    after: PropertyType | None
    since: int | None

    @property
    def kind(self) -> ChangeKind:
        """``added``, ``removed``, or, if it was retyped, ``lossless`` or ``lossy``: see :func:`is_lossless`."""
        if self.before is None:
            return "added"
        if self.after is None:
            return "removed"
        return "lossless" if is_lossless(self.before, self.after) else "lossy"

    def to_dict(self) -> dict[str, Any]:
        """The fields and the kind, ready for JSON."""
        return {
            "name": self.name,
            "kind": self.kind,
            "before": self.before and self.before.value,
            "after": self.after and self.after.value,
            "since": self.since,
        }


class SchemaComparison(NamedTuple):
    """The differences between an old and a new schema of the event ``name``.

    ``versions`` are those of the two schemas. ``changes`` are in the order of the new schema; the removed properties
    come last, in the order of the old one. ``frozen`` says whether the old and the new schema are frozen, which does
    not matter to readers.
    """

    name: str
    versions: tuple[int, int]
    changes: tuple[PropertyChange, ...]
    frozen: tuple[bool, bool] = (False, False)

    @property
    def differs(self) -> bool:
        """Whether the properties differ, or only one schema is frozen. Versions may differ although this is false."""
        return bool(self.changes) or self.frozen[0] is not self.frozen[1]

    @property
    def backward(self) -> bool:
        """Whether readers of the new schema can read all events of the old one."""
        return all(is_lossless(before, after) for before, after in self._retyped())

    @property
    def forward(self) -> bool:
        """Whether readers of the old schema can read all events of the new one."""
        return all(is_lossless(after, before) for before, after in self._retyped())

    @property
    def compatibility(self) -> Compatibility:
        """``full``, ``backward``, ``forward`` or ``none``."""
        if self.backward:
            return "full" if self.forward else "backward"
        return "forward" if self.forward else "none"

    def to_dict(self) -> dict[str, Any]:
        """The comparison, ready for JSON."""
        document = {
            "name": self.name,
            "versions": list(self.versions),
            "compatibility": self.compatibility,
            "changes": [change.to_dict() for change in self.changes],
        }
        return {**document, "frozen": list(self.frozen)} if any(self.frozen) else document

    def _retyped(self) -> list[tuple[PropertyType, PropertyType]]:
        return [(one.before, one.after) for one in self.changes if one.before is not None and one.after is not None]


def compare(old: EventSchema, new: EventSchema) -> SchemaComparison:
    """Compare two schemas of the same event.

    Raises ``ValueError`` if they are of different events, and ``TypeError`` for anything but schemas.
    """
    for schema in (old, new):
        check_kind(schema, EventSchema, "two schemas (EventSchema)")
    if old.name != new.name:
        raise ValueError(f"expected two schemas of one event, found one of {old.name!r} and one of {new.name!r}")
    known, present = old.properties, new.properties
    changes = [
        PropertyChange(name, known.get(name), type_, new.since(name))
        for name, type_ in present.items()
        if known.get(name) is not type_
    ]
    removed = [PropertyChange(name, type_, None, None) for name, type_ in known.items() if name not in present]
    versions, frozen = (old.version, new.version), (old.frozen, new.frozen)
    return SchemaComparison(old.name, versions, (*changes, *removed), frozen)
