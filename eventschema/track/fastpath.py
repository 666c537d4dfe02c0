"""The fast path for track requests. Where it is not certain, it leaves the request to the definition in ``request``.

:func:`fast_path` returns two functions. ``parse`` returns what ``TrackRequest.parse`` would, and ``decide`` what
``TrackRequest.decide`` would, or ``None`` if anything is uncertain: a field of an unusual class, a non-ASCII email
address, any error in the envelope or the contact. So the only mistake they could make is to accept too much, and the
tests compare every result with the definition.

``_fastpath.pyx`` is the compiled version, with the same contract.
"""

import re
from collections.abc import Callable
from math import isfinite
from typing import TYPE_CHECKING, Any, Final, Protocol

from eventschema.core.accept import SUBSETS
from eventschema.core.formats import is_datetime, normalise_email
from eventschema.core.frozen import EMPTY, FrozenDict
from eventschema.core.grammar import INT64_MAX, INT64_MIN, MAX_LINE_LENGTH, PHONE_NUMBER, UUID
from eventschema.core.names import are_texts, is_line, is_name
from eventschema.core.rules import DEFAULT_RULES, Rules, differs, other_options
from eventschema.core.schema import EventSchema
from eventschema.core.trusted import trusted
from eventschema.core.types import PropertyType
from eventschema.core.values import round_float, text_error
from eventschema.track.contact import Contact, ContactRequest, decide_contact, is_up_to_date
from eventschema.track.event import new_event
from eventschema.track.reading import MAX_ITEMS

if TYPE_CHECKING:
    from eventschema.track.request import RequestErrors, TrackDecision, TrackRequest

FastParse = Callable[[object, Rules], "TrackRequest | None"]


class FastDecide(Protocol):
    """The type of ``decide``. With ``must_be_quick`` it also returns ``None`` if reading a value would take long."""

    def __call__(
        self, request: "TrackRequest", schema: EventSchema | None, matches: Any, must_be_quick: bool = False, /
    ) -> "TrackDecision | None":
        """The decision, ``None`` if anything is uncertain."""


FastPath = Callable[["type[TrackRequest]", "type[TrackDecision]", "RequestErrors"], tuple[FastParse, FastDecide]]

#: The options that the fast path of requests knows, or that do not concern it. If an option that is not in this list
#: differs from its default, it leaves every request to the definition.
KNOWN_OPTIONS: Final = frozenset(
    {"max_properties", "max_name_length", "max_string_length", "float_digits", "url_schemes", "detect"}
    | {"new_properties", "nulls", "types", "max_schema_properties", "max_event_name_length"}
    | {"invalid", "empty_texts", "hints", "unknown_fields"}
)
_OTHER_OPTIONS = other_options(KNOWN_OPTIONS)

_INT: Final = PropertyType.INT
_EMAIL: Final = PropertyType.EMAIL
_DATETIME: Final = PropertyType.DATETIME
_PHONE_NUMBER: Final = re.compile(PHONE_NUMBER)
_UUID: Final = re.compile(UUID)

# Bound once: each request calls them.
_is_ordinary_datetime: Final = SUBSETS[_DATETIME]
_is_ordinary_email: Final = SUBSETS[_EMAIL]
_is_phone_number: Final = _PHONE_NUMBER.fullmatch
_is_uuid: Final = _UUID.fullmatch
_wrap: Final = FrozenDict.wrap
_new_contact_request: Final = trusted(ContactRequest)


def fast_path(
    request_type: "type[TrackRequest]", decision_type: "type[TrackDecision]", no_errors: "RequestErrors"
) -> tuple[FastParse, FastDecide]:
    """``parse`` and ``decide`` for these classes. ``no_errors``: ``errors_by_part`` of a request without errors."""
    new_request, new_decision = trusted(request_type), trusted(decision_type)

    def parse(payload: Any, rules: Rules) -> "TrackRequest | None":
        if rules is not DEFAULT_RULES and (type(rules) is not Rules or differs(rules, _OTHER_OPTIONS)):
            return None
        fields = _copy(payload, _MAX_FIELDS)
        if fields is None or not are_texts(fields):
            return None
        take = fields.pop
        name, contact, properties = take("eventName", None), take("contact", None), take("properties", None)
        time, event_id = take("eventTime", None), take("eventID", None)
        origin, version = take("origin", None), take("eventVersion", None)
        if fields or not is_line(name, rules.max_event_name_length):
            return None
        if time is not None and not (
            type(time) is str
            and len(time) <= rules.max_string_length
            and (_is_ordinary_datetime(time) or is_datetime(time))
        ):
            return None
        if event_id is not None:
            if type(event_id) is not str or not _is_uuid(event_id):
                return None
            event_id = event_id.lower()
        if not (origin is None or _is_short_text(origin)) or not (version is None or _is_short_text(version)):
            return None
        wanted = _read_contact(contact, rules)
        event = {} if properties is None else _copy(properties, rules.max_properties)
        if wanted is None or event is None:
            return None
        return new_request(
            name, wanted, time, event_id, origin or None, version or None, _wrap(event), no_errors, rules
        )

    def decide(
        request: "TrackRequest", schema: EventSchema | None, matches: Any, must_be_quick: bool = False
    ) -> "TrackDecision | None":
        name = request.event_name
        if name is None or request.errors_by_part is not no_errors:
            return None
        base = EventSchema(name) if schema is None else schema
        if type(base) is not EventSchema or base.name != name:
            return None
        if (type(matches) is not list and type(matches) is not tuple) or len(matches) > 1:
            return None
        before = matches[0] if matches else None
        wanted = request.contact
        if matches and type(before) is not Contact:
            return None
        id_ = wanted.identifiers.get("id")
        if id_ is not None and (before is None or id_ != before.id):
            return None  # not found. Asked before the event is read, which may be slow: the definition reads it too
        event = request.properties
        properties = {} if event is None else event.copy()
        merge = base.merge_quickly if must_be_quick else base.merge
        merged = merge(properties, request.rules)
        if merged is None:
            return None
        if merged.errors:
            return new_decision(merged.errors, None, None, None, None, None, ())
        identifiers = EMPTY if before is None else before.identifiers
        if before is not None and is_up_to_date(wanted, before, identifiers):
            contact, contact_change = before, None
        else:
            contact, contact_change = decide_contact(wanted, before)
            identifiers = contact.identifiers
        tracked = new_event(
            name,
            _wrap(merged.properties),
            identifiers,
            request.event_time,
            request.event_id,
            merged.adjustments,
            request.origin,
            request.event_version,
            None,  # no store has it yet
            None,
        )
        schema_change = merged.schema_change(schema) if merged.added or schema is None else None
        return new_decision((), tracked, merged.schema, schema_change, contact, contact_change, merged.dropped)

    return parse, decide


_MAX_FIELDS: Final = 7  # of a request


def _is_short_text(value: object) -> bool:
    """Whether ``value`` is a valid origin or event version. Empty text is valid and counts as absent."""
    return type(value) is str and (not value or is_line(value, MAX_LINE_LENGTH))


def _copy(value: Any, limit: int) -> dict[Any, Any] | None:
    """A copy of ``value`` if it is a dict of at most ``limit`` entries, else ``None``."""
    if type(value) is not dict or len(value) > limit:
        return None
    try:
        copied: dict[Any, Any] = value.copy()
    except Exception:  # keys of unusual classes can make even this fail
        return None
    return copied if len(copied) <= limit else None  # another thread may have added entries meanwhile


def _read_contact(value: Any, rules: Rules) -> ContactRequest | None:
    contact = _copy(value, rules.max_properties)
    if contact is None or not are_texts(contact):
        return None
    identifiers: dict[str, str] = {}
    if "id" in contact:
        if not is_line(id_ := contact.pop("id"), MAX_LINE_LENGTH):
            return None
        identifiers["id"] = id_
    if "email" in contact:
        email = contact.pop("email")
        if type(email) is not str:
            return None
        if not (email.islower() and _is_ordinary_email(email)):  # a lower-case ordinary address is already normalised
            # Two hyphens may begin an A-label, which can cost milliseconds: left to the definition.
            email = normalise_email(email) if email.isascii() and "--" not in email else None
            if email is None:
                return None
        identifiers["email"] = email
    if "phoneNumber" in contact:
        phone_number = contact.pop("phoneNumber")
        if type(phone_number) is not str or not _is_phone_number(phone_number):
            return None
        identifiers["phoneNumber"] = phone_number
    if not identifiers:
        return None
    removals: list[str] = []
    longest_name, longest_text = rules.max_name_length, rules.max_string_length
    for name, member in contact.items():
        if len(name) > longest_name or not ((name.isascii() and name.isidentifier()) or is_name(name)):
            return None
        kind = type(member)
        if (kind is str and len(member) <= longest_text and member.isascii()) or kind is bool:
            continue
        if member is None:
            removals.append(name)
        elif (read := _read_value(member, rules)) is None:
            return None
        else:
            contact[name] = read  # replaces the value of an existing key, so iteration may go on
    for name in removals:
        del contact[name]
    return _new_contact_request(_wrap(identifiers), _wrap(contact), tuple(removals))


def _read_value(value: Any, rules: Rules) -> Any:
    """The value to store for a contact property; ``None`` if the definition must decide."""
    kind = type(value)
    if kind is str:
        return None if text_error(value, rules, "") else value
    if kind is int:
        return value if INT64_MIN <= value <= INT64_MAX and _INT in rules.detect else None
    if kind is float:
        return round_float(value, rules.float_digits) if isfinite(value) else None
    if kind is list or kind is tuple:
        texts: tuple[str, ...] = tuple(value)
        if len(texts) <= MAX_ITEMS and all(type(text) is str and not text_error(text, rules, "") for text in texts):
            return texts
    return None
