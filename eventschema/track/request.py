"""``TrackRequest``: a request taken apart once, and decided on in one call, with everything wrong reported at once."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from eventschema.core.arguments import check_kind, require_rules, wrong_kind
from eventschema.core.changes import SchemaChange
from eventschema.core.events import read_event
from eventschema.core.formats import is_datetime
from eventschema.core.frozen import FrozenDict
from eventschema.core.pointers import child, shown
from eventschema.core.results import MergeResult
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.core.values import Reading, conform
from eventschema.core.violations import EventRejected, IntOutOfRange, Violation
from eventschema.track.acceleration import recogniser
from eventschema.track.contact import Contact, ContactChange, ContactRequest, find_contact, settle_contact
from eventschema.track.event import TrackedEvent
from eventschema.track.reading import (
    MAX_LINE_LENGTH,
    is_uuid,
    parse_event_name,
    read_contact,
    read_line,
    take_apart,
    text_of,
)
from eventschema.track.violations import (
    InvalidEventId,
    InvalidEventTime,
    InvalidEventVersion,
    InvalidOrigin,
    MissingField,
    UnknownField,
)

_FIELDS: Final = ("eventName", "contact", "properties", "eventTime", "eventID", "origin", "eventVersion")
_MAX_UNKNOWN: Final = 100  # fields that are reported; one is enough to refuse the request

_ANY: Final = EventSchema("any")


class Faults(NamedTuple):
    """What is wrong with a request, by its parts, in the order in which it is reported."""

    envelope: tuple[Violation, ...] = ()
    contact: tuple[Violation, ...] = ()
    properties: tuple[Violation, ...] = ()
    unknown: tuple[Violation, ...] = ()

    def in_order(self) -> tuple[Violation, ...]:
        """All of them."""
        return self.envelope + self.contact + self.properties + self.unknown


@dataclass(frozen=True, slots=True)
class TrackRequest:
    """A request to track an event of a contact, taken apart by :meth:`parse`; :meth:`decide` says what becomes of it.

    ``event_name``, ``event_time``, ``event_id``, ``origin`` and ``event_version`` are ``None`` where absent or invalid
    (and the last two where empty). ``contact`` has what was
    valid of the contact; its ``identifiers`` are what to look it up by. ``properties`` are the event's as they were
    given, ``None`` if they cannot be read; ``faults`` are the errors so far by part, ``rules`` what was given to
    ``parse``. Read-only, hashable, equal by value, and picklable where the values given are, as those of any JSON.
    """

    event_name: str | None
    contact: ContactRequest
    event_time: str | None
    event_id: str | None
    origin: str | None
    event_version: str | None
    properties: FrozenDict[Any, Any] | None = field(hash=False, repr=False)  # may hold what is refused, unhashable
    faults: Faults
    rules: Rules = field(repr=False)

    @classmethod
    def parse(cls, payload: object, rules: Rules = DEFAULT_RULES) -> "TrackRequest":
        """The request that ``payload`` is.

        Any mapping will do, as a JSON decoder makes it. Its fields are ``eventName`` and ``contact``, and optionally
        (they may be absent or ``None``) ``properties``, ``eventTime``, ``eventID``, ``origin`` and ``eventVersion``.
        ``eventTime`` is a dateTime of at most ``rules.max_string_length`` characters, kept as the text it is (a
        ``datetime`` as its ``isoformat()``); ``eventID`` a UUID, kept in lower case; ``origin`` and ``eventVersion``
        text of at most 255 characters without control characters, empty text being no origin or version. Raises
        nothing, whatever ``payload`` is or holds: :attr:`errors` has what is wrong. Of unknown fields the first 100 are
        reported. ``TypeError`` for ``rules`` that are none.
        """
        ordinary = parse_ordinary(payload, rules) if cls is TrackRequest else None
        return cls._read(payload, rules) if ordinary is None else ordinary

    @classmethod
    def _read(cls, payload: object, rules: Rules) -> "TrackRequest":
        """The definition of :meth:`parse`."""
        require_rules(rules)
        parts = take_apart(payload, "", _FIELDS, _MAX_UNKNOWN)
        if isinstance(parts, Violation):
            return cls(None, ContactRequest(), None, None, None, None, None, Faults((parts,)), rules)
        fields = parts.fields
        name = _read_event_name(fields, rules)
        time = _read_event_time(fields.get("eventTime"), rules)
        event_id = _read_event_id(fields.get("eventID"))
        origin = _read_short_text(fields, "origin", InvalidOrigin)
        version = _read_short_text(fields, "eventVersion", InvalidEventVersion)
        contact, contact_faults = _read_contact(fields, rules)
        given = fields.get("properties")
        event = {} if given is None else read_event(given, rules)
        properties = None if isinstance(event, Violation) else FrozenDict.wrap(event)
        unknown = tuple(_unknown(key, rules) for key, _ in parts.others)
        envelope = _violations(name, time, event_id, origin, version)
        return cls(
            _usable(name),
            contact,
            _usable(time),
            _usable(event_id),
            _usable(origin),
            _usable(version),
            properties,
            _faults(envelope, contact_faults, _violations(event), unknown),
            rules,
        )

    @property
    def errors(self) -> tuple[Violation, ...]:
        """What is wrong so far: without what only the schema and the contact can tell.

        In this order, as in a decision: eventName, eventTime, eventID, origin, eventVersion, contact, properties,
        unknown fields.
        """
        return self.faults.in_order()

    def decide(self, schema: EventSchema | None, matches: Iterable[Contact]) -> "TrackDecision":
        """What becomes of the request: all that is to be saved, or all that is wrong with it.

        ``schema`` is that of the event, ``None`` if there is none yet; ``matches`` are the contacts that any of the
        identifiers found. Raises nothing for what the request holds; ``ValueError`` if ``schema`` is another event's,
        ``TypeError`` for what is no schema or no contacts.
        """
        ordinary = decide_ordinary(self, schema, matches)
        return self._decide(schema, matches) if ordinary is None else ordinary

    def _decide(self, schema: EventSchema | None, matches: Iterable[Contact]) -> "TrackDecision":
        """The definition of :meth:`decide`."""
        if schema is not None:
            check_kind(schema, EventSchema, "the schema of the event (EventSchema), or None")
        if not isinstance(matches, Iterable):
            raise wrong_kind(matches, "the contacts that were found, as [contact], or () for none")
        if schema is not None and schema.name != self.event_name:
            raise ValueError(f"expected the schema of {self.event_name!r}, found that of {schema.name!r}")
        merged = self._merge(schema)
        before, contact_faults = self._find(matches)
        faults = self.faults
        faults = faults._replace(contact=faults.contact + contact_faults, properties=faults.properties + merged.errors)
        if any(faults):
            return TrackDecision(faults.in_order())
        contact, contact_change = settle_contact(self.contact, before)
        return TrackDecision(
            event=TrackedEvent(
                merged.schema.name,
                FrozenDict.wrap(merged.properties),
                contact.identifiers,
                self.event_time,
                self.event_id,
                merged.adjustments,
                self.origin,
                self.event_version,
            ),
            schema=merged.schema,
            schema_change=merged.schema_change(schema),
            contact=contact,
            contact_change=contact_change,
        )

    def _merge(self, schema: EventSchema | None) -> MergeResult:
        event = {} if self.properties is None else self.properties.copy()  # a dict: what merge is quickest with
        if self.event_name is None:
            return _merge_into_any(event, self.rules)
        return (EventSchema(self.event_name) if schema is None else schema).merge(event, self.rules)

    def _find(self, matches: Iterable[Contact]) -> tuple[Contact | None, tuple[Violation, ...]]:
        identifiers = self.contact.identifiers
        found = find_contact(identifiers, matches) if identifiers else None  # without any, parse has said what is wrong
        return (None, (found,)) if isinstance(found, Violation) else (found, ())


@dataclass(frozen=True, slots=True)
class TrackDecision:
    """What becomes of a request: everything to save, or everything that is wrong. Immutable, equal by value, picklable.

    ``errors`` are in the order eventName, eventTime, eventID, origin, eventVersion, contact, properties, unknown
    fields. If there are none: ``event``, the accepted event; ``schema`` after it, and ``schema_change``, ``None`` where
    the schema stood already and nothing was added; ``contact`` after it, and ``contact_change``, ``None`` where nothing
    of it changes. If there are any, these five are ``None``: nothing is half done. A decision with errors is false:
    ``if request.decide(schema, matches): ...``.
    """

    errors: tuple[Violation, ...] = ()
    event: TrackedEvent | None = None
    schema: EventSchema | None = None
    schema_change: SchemaChange | None = None
    contact: Contact | None = None
    contact_change: ContactChange | None = None

    @property
    def ok(self) -> bool:
        """Whether the request was accepted: there are no errors."""
        return not self.errors

    def __bool__(self) -> bool:
        return not self.errors

    def raise_for_errors(self) -> None:
        """Raise ``EventRejected`` with the errors, if there are any."""
        if self.errors:
            raise EventRejected(self.errors)


def _merge_into_any(event: dict[Any, Any], rules: Rules) -> MergeResult:
    """The merge of an event whose schema is unknown. Its errors are those that it has with every one."""
    rules = replace(rules, new_properties="add", max_schema_properties=None)
    merged = _ANY.merge(event, rules)
    if rules.types == "exact" or not any(isinstance(error, IntOutOfRange) for error in merged.errors):
        return merged
    # An integer that does not fit the type that it is detected as may fit a property of the other type of numbers.
    others = set(_ANY.merge(event, replace(rules, detect=rules.detect ^ {PropertyType.INT})).errors)
    return merged._replace(errors=tuple(error for error in merged.errors if error in others))


def _read_event_name(fields: dict[str, Any], rules: Rules) -> str | Violation:
    if "eventName" not in fields:
        return MissingField("/eventName", "eventName")
    return parse_event_name(fields["eventName"], "/eventName", rules)


def _read_contact(fields: dict[str, Any], rules: Rules) -> tuple[ContactRequest, tuple[Violation, ...]]:
    if "contact" not in fields:
        return ContactRequest(), (MissingField("/contact", "contact"),)
    return read_contact(fields["contact"], rules)


def _read_event_time(value: object, rules: Rules) -> str | Violation | None:
    if value is None:
        return None
    text = text_of(value)
    if text is None:  # a datetime, perhaps: what that is, and how it is text, is for values to say
        reading = conform(value, PropertyType.DATETIME, DEFAULT_RULES, "/eventTime")
        text = str(reading.value) if isinstance(reading, Reading) else ""
    is_time = len(text) <= rules.max_string_length and is_datetime(text)
    return text if is_time else InvalidEventTime("/eventTime")


def _read_event_id(value: object) -> str | Violation | None:
    if value is None:
        return None
    text = text_of(value)
    return text.lower() if text is not None and is_uuid(text) else InvalidEventId("/eventID")


def _read_short_text(fields: dict[str, Any], name: str, violation: type[Violation]) -> str | Violation | None:
    """The text of the field ``name``, ``None`` where it is absent or empty."""
    value = fields.get(name)
    if value is None or text_of(value) == "":
        return None
    return read_line(value, MAX_LINE_LENGTH) or violation(f"/{name}")


def _unknown(key: object, rules: Rules) -> UnknownField:
    return UnknownField(child("", key, rules.max_name_length), shown(key, rules.max_name_length))


def _violations(*readings: object) -> tuple[Violation, ...]:
    return tuple(reading for reading in readings if isinstance(reading, Violation))


def _usable(reading: str | Violation | None) -> str | None:
    return None if isinstance(reading, Violation) else reading


def _faults(*parts: tuple[Violation, ...]) -> Faults:
    return Faults(*parts) if any(parts) else NO_FAULTS


#: What a request without errors holds.
NO_FAULTS: Final = Faults()

# What is asked before the definition.
parse_ordinary, decide_ordinary = recogniser(TrackRequest, TrackDecision, NO_FAULTS)
