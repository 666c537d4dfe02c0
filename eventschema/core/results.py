"""``MergeResult``: what became of one event."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple, final

from eventschema.core.changes import SchemaChange, new_change
from eventschema.core.frozen import FrozenDict
from eventschema.core.types import PropertyType
from eventschema.core.values import Adjustment
from eventschema.core.violations import EventRejected, Violation

if TYPE_CHECKING:
    from eventschema.core.schema import EventSchema


@final
class MergeResult(NamedTuple):
    """What became of one event. False where it was refused: ``if schema.merge(event): ...``.

    Equal by value, and immutable but for the dict ``properties``, which is the caller's.

    - ``schema``: the schema after the event; the same object where nothing was added or anything was wrong.
    - ``added``: the types of the new properties.
    - ``properties``: a new dict of the values to store, each of its property's type, in the event's order.
    - ``adjustments``: what was changed on the way, at most one a property.
    - ``errors``: every violation, in the order of the event's properties.

    ``added``, ``properties`` and ``adjustments`` are empty unless ``ok``.
    """

    schema: "EventSchema"
    added: FrozenDict[str, PropertyType]
    properties: dict[str, Any]
    adjustments: tuple[Adjustment, ...]
    errors: tuple[Violation, ...]

    @property
    def ok(self) -> bool:
        """Whether the event was accepted: there are no errors."""
        return not self.errors

    def __bool__(self) -> bool:
        return not self.errors

    def raise_for_errors(self) -> None:
        """Raise ``EventRejected`` with the errors, if there are any."""
        if self.errors:
            raise EventRejected(self.errors)

    def schema_change(self, before: "EventSchema | None") -> SchemaChange | None:
        """What to save of the schema after this event, ``None`` where there is nothing to save.

        ``before`` is the schema that is stored and that the event was merged into; ``None`` where none is stored, and
        the event was merged into a new ``EventSchema(name)``: then there is a change even if no property was added.
        There is none for a refused event. Raises ``ValueError`` where ``before`` is not the schema of this merge: a
        change computed from it would not be the one that the event made.
        """
        if self.errors:
            return None
        version, size = (0, 0) if before is None else (before.version, len(before.properties))
        added, after = self.added, self.schema
        is_other = before is not None and before.name != after.name
        if is_other or (version + bool(added), size + len(added)) != (after.version, len(after.properties)):
            found = "None" if before is None else f"version {version} of the schema of {before.name!r}"
            raise ValueError(f"expected the schema that this event of {after.name!r} was merged into, found {found}")
        if before is None:
            return new_change(after.name, None, added)
        return new_change(after.name, version, added) if added else None


#: ``new_result(MergeResult, fields)``: what the class makes of its fields, without the call of the Python function that
#: a named tuple's constructor is.
new_result: Final[Callable[[type[MergeResult], tuple[Any, ...]], MergeResult]] = tuple.__new__
