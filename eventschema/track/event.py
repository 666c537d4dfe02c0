"""``TrackedEvent``: an accepted event as a store or a queue keeps it."""

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
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

#: The value of an event property, of exactly one of these classes.
EventValue = bool | int | float | str

#: For each kind of adjustment, the classes of its values in a document: before and after. A ``Decimal`` is its text
#: there.
_KINDS: Final = MappingProxyType(
    {
        AdjustmentKind.ROUNDED: ((float, str), float),
        AdjustmentKind.INT_TO_FLOAT: ((int,), float),
        AdjustmentKind.FLOAT_TO_INT: ((float, str), int),
        AdjustmentKind.NULL_IGNORED: ((NoneType,), NoneType),
        AdjustmentKind.EMPTY_IGNORED: ((str,), NoneType),
        AdjustmentKind.TO_TEXT: ((str,), str),
    }
)


@dataclass(frozen=True, slots=True)
class TrackedEvent:
    """An accepted event. Immutable, hashable, picklable, equal by value.

    - ``properties``: the values to store, each of its property's type.
    - ``identifiers``: those of its contact: ``id`` (if known), ``email``, ``phoneNumber``.
    - ``time``: the text of the request's ``eventTime``. ``id``: its ``eventID``, a UUID in lower case, or any text
      under ``Rules(event_ids="text")``. ``None`` if absent.
    - ``adjustments``: the values that were changed on the way.
    - ``origin``, ``event_version``: the texts of those fields, ``None`` if absent or empty. They do not affect the
      schema.
    - ``received_at``: the time (UTC) at which a store saved the event, in the events that a store returns; else
      ``None``. It is not compared: two events are equal if everything else is.
    - ``schema_version``: the version of the schema that the event was accepted under, in the events that a store
      returns; else, or if the store does not know it, ``None``. It is not compared either.
    """

    name: str
    properties: FrozenDict[str, EventValue]
    identifiers: FrozenDict[str, str]
    time: str | None = None
    id: str | None = None
    adjustments: tuple[Adjustment, ...] = ()
    origin: str | None = None
    event_version: str | None = None
    received_at: datetime | None = field(default=None, compare=False)
    schema_version: int | None = field(default=None, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """The event as a JSON-ready document with its format number, with the keys of a request.

        Where ``received_at`` and ``schema_version`` are set, the document has them as ``receivedAt``, in ISO 8601, and
        ``schemaVersion``. :meth:`from_dict` reads the document back unchanged.
        """
        document = {
            "format": FORMAT,
            "eventName": self.name,
            "contact": self.identifiers.copy(),
            "properties": self.properties.copy(),
            "eventTime": self.time,
            "eventID": self.id,
            "adjustments": [adjustment.to_dict() for adjustment in self.adjustments],
            "origin": self.origin,
            "eventVersion": self.event_version,
        }
        if self.received_at is not None:
            document["receivedAt"] = self.received_at.isoformat()
        if self.schema_version is not None:
            document["schemaVersion"] = self.schema_version
        return document

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "TrackedEvent":
        """Read a document made by :meth:`to_dict`. Raises ``ValueError`` with the place of what is wrong.

        A ``Decimal`` or a date object in an adjustment comes back as one with the same text. ``origin``,
        ``eventVersion``, ``receivedAt`` and ``schemaVersion`` may be absent, as in documents of earlier releases; they
        are ``None`` then.
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
            _read_moment(fields.get("receivedAt"), "/receivedAt"),
            _read_version(fields.get("schemaVersion"), "/schemaVersion"),
        )


#: Makes a ``TrackedEvent`` of values that were checked when the request was parsed, by position.
new_event: Final = trusted(TrackedEvent)

_FIELDS: Final = ("format", "eventName", "contact", "properties", "eventTime", "eventID", "adjustments")
# Older documents of this format lack them.
_LATER_FIELDS: Final = ("origin", "eventVersion", "receivedAt", "schemaVersion")


def _read_version(value: object, pointer: str) -> int | None:
    if value is not None and (type(value) is not int or value < 0):
        raise wrong(pointer, "a version of at least 0, or null", json_type_name(value))
    return value


def _read_moment(value: object, pointer: str) -> datetime | None:
    text = read_optional_text(value, pointer)
    if text is None:
        return None
    with suppress(ValueError):
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment
    raise wrong(pointer, "an ISO 8601 date and time with an offset", "another text")


def _read_adjustment(document: object, pointer: str) -> Adjustment:
    fields = read_fields(document, pointer, Adjustment._fields)
    name = read_text(fields["name"], f"{pointer}/name")
    try:
        kind = AdjustmentKind(fields["kind"])
    except ValueError:
        raise wrong(f"{pointer}/kind", f"one of {', '.join(AdjustmentKind)}", "another value") from None
    before, after = fields["before"], fields["after"]
    befores, expected = _KINDS[kind]
    _check(before, befores, f"a value that {kind} adjusts", f"{pointer}/before")
    _check(after, (expected,), f"a value that {kind} gives", f"{pointer}/after")
    if kind is AdjustmentKind.TO_TEXT and after != before:  # in a document both are the text of the object
        raise wrong(f"{pointer}/after", "the same text as in before", "another text")
    return Adjustment(name, kind, _restored(before, kind, f"{pointer}/before"), after)


def _check(value: object, kinds: tuple[type, ...], expected: str, pointer: str) -> None:
    if type(value) not in kinds:
        raise wrong(pointer, expected, json_type_name(value))
    if isinstance(value, float) and not math.isfinite(value):
        raise wrong(pointer, expected, "NaN or an infinity")


def _restored(before: Any, kind: AdjustmentKind, pointer: str) -> Any:
    """The ``Decimal`` or date object that a document has as text; other values unchanged."""
    if kind is AdjustmentKind.EMPTY_IGNORED and before != "":
        raise wrong(pointer, "the empty text", "another text")
    if type(before) is not str or kind is AdjustmentKind.EMPTY_IGNORED:
        return before
    with suppress(ValueError, InvalidOperation):
        if kind is AdjustmentKind.TO_TEXT:
            return (datetime if "T" in before else date).fromisoformat(before)
        if (number := Decimal(before)).is_finite():
            return number
    raise wrong(pointer, "the text of a number or a date object", "another text")
