"""``MergeResult``: what became of one event."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple, final

from eventschema.core.frozen import FrozenDict
from eventschema.core.types import PropertyType
from eventschema.core.values import Adjustment
from eventschema.core.violations import EventRejected, Violation

if TYPE_CHECKING:
    from eventschema.core.schema import EventSchema


@final
class MergeResult(NamedTuple):
    """What became of one event. Equal by value, and immutable but for the dict ``properties``, which is the caller's.

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

    def raise_for_errors(self) -> None:
        """Raise ``EventRejected`` with the errors, if there are any."""
        if self.errors:
            raise EventRejected(self.errors)


#: ``new_result(MergeResult, fields)``: what the class makes of its fields, without the call of the Python function that
#: a named tuple's constructor is.
new_result: Final[Callable[[type[MergeResult], tuple[Any, ...]], MergeResult]] = tuple.__new__
