"""The values of accepted events for typed columns: dates, and moments in UTC."""

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any, Literal

from eventschema.core.pythonvalues import PythonProperties, PythonValue
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType

#: What a dateTime becomes in a typed column: a moment in UTC, or the text as it was sent.
DateTimes = Literal["utc", "text"]


class TypedValueError(ValueError):
    """A dateTime that a typed column cannot hold: ``expected``, ``found``, and the ``pointer`` to it.

    ``event`` is the number of the event, from 0, where there are several. ``needs_zone``: the dateTime has no offset,
    and ``naive`` would give its time zone.
    """

    def __init__(
        self, expected: str, found: str, pointer: str, event: int | None = None, needs_zone: bool = False
    ) -> None:
        super().__init__(expected, found, pointer, event, needs_zone)
        self.expected = expected
        self.found = found
        self.pointer = pointer
        self.event = event
        self.needs_zone = needs_zone

    def __str__(self) -> str:
        of_event = "" if self.event is None else f" of event {self.event}"
        or_zone = " (or naive=, the time zone of others)" if self.needs_zone else ""
        return f"Expected {self.expected}{or_zone}, found {self.found}, at {self.pointer}{of_event}."


def to_typed(
    schema: EventSchema, properties: Mapping[str, Any], naive: tzinfo | None = None, event: int | None = None
) -> PythonProperties:
    """As ``schema.to_python``, with every dateTime as a ``datetime`` in UTC.

    ``naive`` is the time zone of dateTimes without an offset. Raises ``TypedValueError`` for one without it, and for a
    moment beyond the years 1 to 9999 in UTC; ``event`` is for that error. Raises ``ValueError`` as ``to_python`` does.
    """
    python = schema.to_python(properties, naive=naive)
    values = {
        name: _in_utc(name, value, event) if isinstance(value, datetime) else value
        for name, value in python.properties.items()
    }
    return PythonProperties(values, python.adjustments)


def _in_utc(name: str, moment: datetime, event: int | None) -> PythonValue:
    pointer = f"/properties/{name}"
    if moment.tzinfo is None:
        raise TypedValueError("a dateTime with an offset", "none", pointer, event, needs_zone=True)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise TypedValueError("a dateTime of the years 1 to 9999 in UTC", "another", pointer, event) from None


def text_datetimes(schema: EventSchema) -> EventSchema:
    """A schema of the same properties for :func:`to_typed`, in which a dateTime is text, as it was sent."""
    text, moment = PropertyType.STRING, PropertyType.DATETIME
    types = {name: text if type_ is moment else type_ for name, type_ in schema.properties.items()}
    return EventSchema(schema.name, types)
