"""``MergeResult``: the outcome of merging one event."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple, final

from eventschema.core.changes import SchemaChange, new_change
from eventschema.core.frozen import EMPTY, FrozenDict
from eventschema.core.types import PropertyType
from eventschema.core.values import Adjustment
from eventschema.core.violations import EventRejected, Violation

if TYPE_CHECKING:
    from eventschema.core.schema import EventSchema


@final
class MergeResult(NamedTuple):
    """The outcome of merging one event. False if it was rejected: ``if schema.merge(event): ...``.

    Equal by value, and immutable except for the dict ``properties``, which belongs to the caller.

    - ``schema``: the schema after the event; the same object if nothing was added or the event was rejected.
    - ``added``: the types of the new properties.
    - ``properties``: a new dict of the values to store, each of its property's type, in the event's order.
    - ``adjustments``: the values that were changed, at most one a property.
    - ``errors``: every violation, in the order of the event's properties.
    - ``dropped``: under ``Rules(invalid="drop")``, the violations of the properties that were left out, in the order of
      the event's properties. Else empty.

    ``added``, ``properties``, ``adjustments`` and ``dropped`` are empty unless ``ok``.
    """

    schema: "EventSchema"
    added: FrozenDict[str, PropertyType]
    properties: dict[str, Any]
    adjustments: tuple[Adjustment, ...]
    errors: tuple[Violation, ...]
    dropped: tuple[Violation, ...] = ()

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
        """The change to save after this event; ``None`` if there is nothing to save.

        ``before`` is the stored schema that the event was merged into. It is ``None`` if no schema was stored and the
        event was merged into a new ``EventSchema(name)``: then there is a change even if no property was added. A
        rejected event makes no change. Raises ``ValueError`` if ``before`` is not the schema that was merged into,
        since the change would then be wrong.
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
            return new_change(after.name, None, added, EMPTY, None)
        return new_change(after.name, version, added, EMPTY, None) if added else None


#: ``new_result(MergeResult, fields)`` makes a result of its fields, without calling the constructor, which is a Python
#: function and slow.
new_result: Final[Callable[[type[MergeResult], tuple[Any, ...]], MergeResult]] = tuple.__new__
