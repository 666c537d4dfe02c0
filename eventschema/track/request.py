"""``TrackRequest``: parses a track request and decides on it, reporting every error at once."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from eventschema.core.arguments import check_kind, require_rules, wrong_kind
from eventschema.core.changes import SchemaChange
from eventschema.core.events import PROPERTIES_POINTER, read_event
from eventschema.core.formats import is_datetime
from eventschema.core.frozen import FrozenDict
from eventschema.core.grammar import MAX_LINE_LENGTH
from eventschema.core.pointers import pointer_to, truncate
from eventschema.core.results import MergeResult
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.core.values import TypedValue, conform
from eventschema.core.violations import EventRejected, IntOutOfRange, Violation
from eventschema.track.acceleration import fast_path
from eventschema.track.contact import Contact, ContactChange, ContactRequest, decide_contact, find_contact
from eventschema.track.event import TrackedEvent
from eventschema.track.reading import (
    is_uuid,
    parse_event_name,
    read_contact,
    read_line,
    split_fields,
    text_of,
)
from eventschema.track.violations import (
    InvalidEventId,
    InvalidEventText,
    InvalidEventTime,
    InvalidEventVersion,
    InvalidOrigin,
    MissingField,
    UnknownField,
)

_FIELDS: Final = ("eventName", "contact", "properties", "eventTime", "eventID", "origin", "eventVersion")
_MAX_UNKNOWN: Final = 100  # fields that are reported; one is enough to reject the request

_ANY: Final = EventSchema("any")


class RequestErrors(NamedTuple):
    """The errors of a request by part, in the order in which they are reported."""

    envelope: tuple[Violation, ...] = ()
    contact: tuple[Violation, ...] = ()
    properties: tuple[Violation, ...] = ()
    unknown: tuple[Violation, ...] = ()

    def in_order(self) -> tuple[Violation, ...]:
        """All errors."""
        return self.envelope + self.contact + self.properties + self.unknown


@dataclass(frozen=True, slots=True)
class TrackRequest:
    """A request to track an event of a contact. :meth:`parse` makes it, :meth:`decide` says what to save.

    - ``event_name``, ``event_time``, ``event_id``, ``origin``, ``event_version``: ``None`` if absent or invalid; the
      last two also if empty.
    - ``contact``: the valid parts of the contact. Its ``identifiers`` are what to look the contact up by.
    - ``properties``: the event's properties as given, ``None`` if they cannot be read.
    - ``errors_by_part``: the errors found so far. ``rules``: the rules given to ``parse``.

    Read-only, hashable and equal by value; picklable if the given values are, as JSON values are.
    """

    event_name: str | None
    contact: ContactRequest
    event_time: str | None
    event_id: str | None
    origin: str | None
    event_version: str | None
    properties: FrozenDict[Any, Any] | None = field(hash=False, repr=False)  # may hold unhashable values
    errors_by_part: RequestErrors
    rules: Rules = field(repr=False)

    @classmethod
    def parse(cls, payload: object, rules: Rules = DEFAULT_RULES) -> "TrackRequest":
        """Parse ``payload``, a mapping as a JSON decoder makes it.

        - ``eventName`` and ``contact`` are required.
        - ``properties``, ``eventTime``, ``eventID``, ``origin`` and ``eventVersion`` may be absent or ``None``.
        - ``eventTime`` is a dateTime of at most ``rules.max_string_length`` characters, kept as the text it is; a
          ``datetime`` is kept as its ``isoformat()``.
        - ``eventID`` is a UUID, kept in lower case; under ``Rules(event_ids="text")``, text of at most 255 characters
          without control characters, kept as it is.
        - ``origin`` and ``eventVersion`` are text of at most 255 characters without control characters. Empty text
          counts as absent.

        Never raises for ``payload``, whatever it holds: :attr:`errors` has what is wrong. At most 100 unknown fields
        are reported, none under ``Rules(unknown_fields="ignore")``. Raises ``TypeError`` if ``rules`` are no ``Rules``.
        """
        fast = fast_parse(payload, rules) if cls is TrackRequest else None
        return cls._read(payload, rules) if fast is None else fast

    @classmethod
    def parse_quickly(cls, payload: object, rules: Rules = DEFAULT_RULES) -> "TrackRequest | None":
        """What :meth:`parse` returns, or ``None`` if that would take long: see :meth:`decide_quickly`."""
        return fast_parse(payload, rules)

    @classmethod
    def _read(cls, payload: object, rules: Rules) -> "TrackRequest":
        """The definition of :meth:`parse`."""
        require_rules(rules)
        parts = split_fields(payload, "", _FIELDS, _MAX_UNKNOWN)
        if isinstance(parts, Violation):
            return cls(None, ContactRequest(), None, None, None, None, None, RequestErrors((parts,)), rules)
        fields = parts.fields
        name = _read_event_name(fields, rules)
        time = _read_event_time(fields.get("eventTime"), rules)
        event_id = _read_event_id(fields.get("eventID"), rules)
        origin = _read_short_text(fields, "origin", InvalidOrigin)
        version = _read_short_text(fields, "eventVersion", InvalidEventVersion)
        contact, contact_errors = _read_contact(fields, rules)
        given = fields.get("properties")
        event = {} if given is None else read_event(given, rules)
        properties = None if isinstance(event, Violation) else FrozenDict.wrap(event)
        # A field that is there twice is never ignored: nobody knows which of the two the sender means.
        ignores = rules.unknown_fields == "ignore"
        others = (key for key, _ in parts.others if not ignores or text_of(key) in _FIELDS)
        unknown = tuple(_unknown(key, rules) for key in others)
        envelope = _violations(name, time, event_id, origin, version)
        return cls(
            _usable(name),
            contact,
            _usable(time),
            _usable(event_id),
            _usable(origin),
            _usable(version),
            properties,
            _request_errors(envelope, contact_errors, _violations(event), unknown),
            rules,
        )

    @property
    def errors(self) -> tuple[Violation, ...]:
        """The errors found by :meth:`parse`. Those that depend on the schema or the contact are in the decision.

        Their order, as in a decision: eventName, eventTime, eventID, origin, eventVersion, contact, properties, unknown
        fields.
        """
        return self.errors_by_part.in_order()

    def decide(self, schema: EventSchema | None, matches: Iterable[Contact]) -> "TrackDecision":
        """Decide on the request: the result has everything to save, or every error.

        ``schema`` is the schema of the event, ``None`` if there is none yet. ``matches`` are the contacts found by any
        of the identifiers. Never raises for what the request holds. Raises ``ValueError`` if ``schema`` belongs to
        another event, and ``TypeError`` if ``schema`` is not a schema or ``matches`` are not contacts.
        """
        fast = fast_decide(self, schema, matches)
        return self._decide(schema, matches) if fast is None else fast

    def decide_quickly(self, schema: EventSchema | None, matches: Iterable[Contact]) -> "TrackDecision | None":
        """What :meth:`decide` returns, or ``None`` if that would take long: up to milliseconds for an address.

        ``None`` says nothing about the request. A service that must not wait calls :meth:`decide` in a thread then.
        """
        return fast_decide(self, schema, matches, True)

    def _decide(self, schema: EventSchema | None, matches: Iterable[Contact]) -> "TrackDecision":
        """The definition of :meth:`decide`."""
        if schema is not None:
            check_kind(schema, EventSchema, "the schema of the event (EventSchema), or None")
        if not isinstance(matches, Iterable):
            raise wrong_kind(matches, "the contacts that were found, as [contact], or () for none")
        if schema is not None and schema.name != self.event_name:
            raise ValueError(f"expected the schema of {self.event_name!r}, found that of {schema.name!r}")
        merged = self._merge(schema)
        before, contact_errors = self._find(matches)
        errors = self.errors_by_part
        errors = errors._replace(contact=errors.contact + contact_errors, properties=errors.properties + merged.errors)
        if any(errors):
            return TrackDecision(errors.in_order())
        contact, contact_change = decide_contact(self.contact, before)
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
            dropped=merged.dropped,
        )

    def _merge(self, schema: EventSchema | None) -> MergeResult:
        event = {} if self.properties is None else self.properties.copy()  # merge is fastest with a dict
        if self.event_name is None:
            return _merge_into_any(event, self.rules)
        return (EventSchema(self.event_name) if schema is None else schema).merge(event, self.rules)

    def _find(self, matches: Iterable[Contact]) -> tuple[Contact | None, tuple[Violation, ...]]:
        identifiers = self.contact.identifiers
        found = find_contact(identifiers, matches) if identifiers else None  # without any, parse has reported it
        return (None, (found,)) if isinstance(found, Violation) else (found, ())


@dataclass(frozen=True, slots=True)
class TrackDecision:
    """The decision on a request: everything to save, or every error. Immutable, equal by value, picklable.

    - ``errors``: in the order eventName, eventTime, eventID, origin, eventVersion, contact, properties, unknown fields.
      The other fields are ``None`` if there is any error: nothing is half done.
    - ``event``: the accepted event.
    - ``schema``: the schema after the event. ``schema_change``: what to save of it, ``None`` if nothing was added to an
      existing schema.
    - ``contact``: the contact after the request. ``contact_change``: what to save of it, ``None`` if nothing changed.
    - ``dropped``: under ``Rules(invalid="drop")``, the violations of the properties that the accepted event was left
      without. Else empty.

    A decision with errors is false: ``if request.decide(schema, matches): ...``.
    """

    errors: tuple[Violation, ...] = ()
    event: TrackedEvent | None = None
    schema: EventSchema | None = None
    schema_change: SchemaChange | None = None
    contact: Contact | None = None
    contact_change: ContactChange | None = None
    dropped: tuple[Violation, ...] = ()

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
    """Merge an event whose schema is unknown. Only errors that every schema would find are reported."""
    rules = replace(rules, new_properties="add", max_schema_properties=None, hints=())
    merged = _ANY.merge(event, rules)
    out_of_range = {error.pointer for error in merged.errors if isinstance(error, IntOutOfRange)}
    if rules.types == "exact" or not out_of_range:
        return merged
    # An integer that is out of range as an int may fit a float property, and the other way round.
    integers = {
        name: value
        for name, value in event.items()
        if pointer_to(PROPERTIES_POINTER, name, rules.max_name_length) in out_of_range
    }
    others = set(_ANY.merge(integers, replace(rules, detect=rules.detect ^ {PropertyType.INT})).errors)
    errors = tuple(error for error in merged.errors if not isinstance(error, IntOutOfRange) or error in others)
    return merged._replace(errors=errors)


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
    if text is None:  # a datetime object, perhaps, which conform() turns into text
        reading = conform(value, PropertyType.DATETIME, DEFAULT_RULES, "/eventTime")
        text = str(reading.value) if isinstance(reading, TypedValue) else ""
    is_time = len(text) <= rules.max_string_length and is_datetime(text)
    return text if is_time else InvalidEventTime("/eventTime")


def _read_event_id(value: object, rules: Rules) -> str | Violation | None:
    if value is None:
        return None
    if rules.event_ids == "text":
        return read_line(value, MAX_LINE_LENGTH) or InvalidEventText("/eventID")
    text = text_of(value)
    return text.lower() if text is not None and is_uuid(text) else InvalidEventId("/eventID")


def _read_short_text(fields: dict[str, Any], name: str, violation: type[Violation]) -> str | Violation | None:
    """The text of the field ``name``, ``None`` if it is absent or empty."""
    value = fields.get(name)
    if value is None or text_of(value) == "":
        return None
    return read_line(value, MAX_LINE_LENGTH) or violation(f"/{name}")


def _unknown(key: object, rules: Rules) -> UnknownField:
    return UnknownField(pointer_to("", key, rules.max_name_length), truncate(key, rules.max_name_length))


def _violations(*readings: object) -> tuple[Violation, ...]:
    return tuple(reading for reading in readings if isinstance(reading, Violation))


def _usable(reading: str | Violation | None) -> str | None:
    return None if isinstance(reading, Violation) else reading


def _request_errors(*parts: tuple[Violation, ...]) -> RequestErrors:
    return RequestErrors(*parts) if any(parts) else NO_ERRORS


#: ``TrackRequest.errors_by_part`` of every request without errors.
NO_ERRORS: Final = RequestErrors()

# Tried before the definitions, _read and _decide.
fast_parse, fast_decide = fast_path(TrackRequest, TrackDecision, NO_ERRORS)
