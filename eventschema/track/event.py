"""``TrackedEvent``: an accepted event as a store or a queue would write it down."""

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from types import MappingProxyType, NoneType
from typing import Any, Final

from eventschema.core.documents import FORMAT, read_event_name, read_format, wrong
from eventschema.core.frozen import FrozenDict
from eventschema.core.pointers import json_type_name
from eventschema.core.trusted import trusted
from eventschema.core.values import Adjustment, AdjustmentKind
from eventschema.track.documents import (
    IDENTIFIERS,
    read_fields,
    read_identifiers,
    read_optional_text,
    read_text,
    read_values,
)

#: A value of an event's property, of exactly one of these classes.
EventValue = bool | int | float | str

#: For each kind of adjustment the classes that its values have in a document: before, and after. A ``Decimal`` stands
#: there as its text.
_KINDS: Final = MappingProxyType(
    {
        AdjustmentKind.ROUNDED: ((float, str), float),
        AdjustmentKind.INT_TO_FLOAT: ((int,), float),
        AdjustmentKind.FLOAT_TO_INT: ((float, str), int),
        AdjustmentKind.NULL_IGNORED: ((NoneType,), NoneType),
        AdjustmentKind.TO_TEXT: ((str,), str),
    }
)


@dataclass(frozen=True, slots=True)
class TrackedEvent:
    """An accepted event. Immutable, hashable, picklable, equal by value.

    ``properties`` are the values to store, each of its property's type; ``identifiers`` those of the contact that it
    belongs to: ``id`` (if known), ``email``, ``phoneNumber``. ``time`` is the text of the request's ``eventTime``,
    ``id`` its ``eventID`` in lower case, each ``None`` if there was none. ``adjustments`` are what was changed of the
    properties on the way. ``origin`` and ``event_version`` are the texts of those fields of the request, ``None``
    where absent or empty; they have no effect on the schema.
    """

    name: str
    properties: FrozenDict[str, EventValue]
    identifiers: FrozenDict[str, str]
    time: str | None = None
    id: str | None = None
    adjustments: tuple[Adjustment, ...] = ()
    origin: str | None = None
    event_version: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The event as a JSON-ready document with its format number, its keys as a request has them.

        :meth:`from_dict` reads it back, nothing lost.
        """
        return {
            "format": FORMAT,
            "eventName": self.name,
            "contact": dict(self.identifiers),
            "properties": dict(self.properties),
            "eventTime": self.time,
            "eventID": self.id,
            "adjustments": [adjustment.to_dict() for adjustment in self.adjustments],
            "origin": self.origin,
            "eventVersion": self.event_version,
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "TrackedEvent":
        """The event of a document that :meth:`to_dict` made. Raises ``ValueError``, which says where, for another.

        A ``Decimal`` or a date object that was adjusted comes back as one of the same text. A document without
        ``origin`` or ``eventVersion``, as earlier releases wrote it, has none of them.
        """
        fields = read_fields(document, "", _FIELDS, _LATER_FIELDS)
        read_format(fields, "")
        listed = fields["adjustments"]
        if not isinstance(listed, list):
            raise wrong("/adjustments", "an array of adjustments", json_type_name(listed))
        return cls(
            read_event_name(fields["eventName"], "/eventName"),
            read_values(fields["properties"], "/properties", arrays=False),
            read_identifiers(fields["contact"], "/contact", IDENTIFIERS),
            read_optional_text(fields["eventTime"], "/eventTime"),
            read_optional_text(fields["eventID"], "/eventID"),
            tuple(_read_adjustment(entry, f"/adjustments/{number}") for number, entry in enumerate(listed)),
            read_optional_text(fields.get("origin"), "/origin"),
            read_optional_text(fields.get("eventVersion"), "/eventVersion"),
        )


#: A ``TrackedEvent`` of values that were checked when the request was read, its fields by position.
new_event: Final = trusted(TrackedEvent)

_FIELDS: Final = ("format", "eventName", "contact", "properties", "eventTime", "eventID", "adjustments")
_LATER_FIELDS: Final = ("origin", "eventVersion")  # older documents of the same format do not have them


def _read_adjustment(document: object, pointer: str) -> Adjustment:
    fields = read_fields(document, pointer, Adjustment._fields)
    name = read_text(fields["name"], f"{pointer}/name")
    try:
        kind = AdjustmentKind(fields["kind"])
    except ValueError:
        raise wrong(f"{pointer}/kind", f"one of {', '.join(AdjustmentKind)}", "another value") from None
    before, after = fields["before"], fields["after"]
    befores, expected = _KINDS[kind]
    _check(before, befores, f"a value that was adjusted by {kind}", f"{pointer}/before")
    _check(after, (expected,), f"a value that {kind} gives", f"{pointer}/after")
    if kind is AdjustmentKind.TO_TEXT and after != before:  # written, both are the text that the object became
        raise wrong(f"{pointer}/after", "the text that stands before it", "another text")
    return Adjustment(name, kind, _restored(before, kind, f"{pointer}/before"), after)


def _check(value: object, kinds: tuple[type, ...], expected: str, pointer: str) -> None:
    if type(value) not in kinds:
        raise wrong(pointer, expected, json_type_name(value))
    if isinstance(value, float) and not math.isfinite(value):
        raise wrong(pointer, expected, "NaN or an infinity")


def _restored(before: Any, kind: AdjustmentKind, pointer: str) -> Any:
    """The ``Decimal`` or the date object that stands in a document as its text; other values as they are."""
    if type(before) is not str:
        return before
    with suppress(ValueError, InvalidOperation):
        if kind is AdjustmentKind.TO_TEXT:
            return (datetime if "T" in before else date).fromisoformat(before)
        if (number := Decimal(before)).is_finite():
            return number
    raise wrong(pointer, "the text of a number or a date object", "another text")
