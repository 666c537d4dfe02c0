"""The violations of a track request's envelope and contact.

The base class and the violations of an event's properties are in ``eventschema.core.violations``.
"""

from eventschema.core.reasons import (
    EMAIL_REASONS,
    EVENT_NAME_REASONS,
    PHONE_NUMBER_REASONS,
    ContactEmailReason,
    EventNameReason,
    PhoneNumberReason,
)
from eventschema.core.violations import ReasonedViolation, Violation


class _Field(Violation):
    """A violation about a field of the envelope. ``field`` is its name, cut and escaped for messages."""

    __slots__ = ("_field",)
    __match_args__ = ("pointer", "field")

    def __init__(self, pointer: str, field: str) -> None:
        self._pointer = pointer
        self._field = field

    @property
    def field(self) -> str:
        """The name of the field."""
        return self._field

    def _named(self) -> str:
        return f"the field {self._field}" if self._field else "the field with an empty name"


class MissingField(_Field):
    """A required field is missing. The pointer is that of the absent field."""

    __slots__ = ()
    code = "missing_field"

    def _sentence(self) -> tuple[str, str]:
        return self._named(), "none"


class UnknownField(_Field):
    """A field that requests do not have. An error, so that a mistyped name does not get lost."""

    __slots__ = ()
    code = "unknown_field"

    def _sentence(self) -> tuple[str, str]:
        return "only the fields of a request", self._named()


class InvalidEventName(ReasonedViolation[EventNameReason]):
    """An event name that is not text, is empty or too long, or has control characters."""

    __slots__ = ()
    code = "invalid_event_name"
    _expected = "an event name within the limit and without control characters"
    _reasons = EVENT_NAME_REASONS

    @property
    def reason(self) -> EventNameReason:
        """What is wrong with it. ``character``: it has a control character or a lone surrogate."""
        return self._reason


class InvalidEventTime(Violation):
    """An event time that is not a dateTime (ISO 8601, extended format) or is over the length limit of texts."""

    __slots__ = ()
    code = "invalid_event_time"
    _expected = "a dateTime in the extended format of ISO 8601, within the length limit of texts"
    _found = "another value"


class InvalidEventId(Violation):
    """An event id that is not a UUID in its text form (RFC 9562, section 4).

    Under ``Rules(event_ids="text")``, one that is not text of 1 to 255 characters without control characters.
    """

    __slots__ = ()
    code = "invalid_event_id"
    _expected = "a UUID of 8-4-4-4-12 hex digits"
    _found = "another value"


class InvalidEventText(InvalidEventId):
    """An event id that is invalid under ``Rules(event_ids="text")``."""

    __slots__ = ()
    _expected = "an event id of 1 to 255 characters without control characters"


class InvalidOrigin(Violation):
    """An origin that is not text of at most 255 characters without control characters."""

    __slots__ = ()
    code = "invalid_origin"
    _expected = "text of at most 255 characters without control characters"
    _found = "another value"


class InvalidEventVersion(Violation):
    """An event version that is not text of at most 255 characters without control characters."""

    __slots__ = ()
    code = "invalid_event_version"
    _expected = "text of at most 255 characters without control characters"
    _found = "another value"


class MissingContactIdentifier(Violation):
    """None of ``id``, ``email`` and ``phoneNumber`` was given."""

    __slots__ = ()
    code = "missing_contact_identifier"
    _expected = "a contact with id, email or phoneNumber"
    _found = "none of them"


class InvalidContactId(Violation):
    """A contact id that is not text of 1 to 255 characters without control characters."""

    __slots__ = ()
    code = "invalid_contact_id"
    _expected = "text of 1 to 255 characters without control characters"
    _found = "another value"


class InvalidEmail(ReasonedViolation[ContactEmailReason]):
    """An email of a contact that is not an email address."""

    __slots__ = ()
    code = "invalid_email"
    _expected = "an email address"
    _reasons = EMAIL_REASONS

    @property
    def reason(self) -> ContactEmailReason:
        """The first thing that is wrong with it, from its beginning."""
        return self._reason


class InvalidPhoneNumber(ReasonedViolation[PhoneNumberReason]):
    """A phone number that is not in the international format of E.164."""

    __slots__ = ()
    code = "invalid_phone_number"
    _expected = "an E.164 phone number: + and 2 to 15 digits, the first not 0"
    _reasons = PHONE_NUMBER_REASONS

    @property
    def reason(self) -> PhoneNumberReason:
        """What is wrong with it. ``character``: something other than a digit follows ``+``."""
        return self._reason


class ContactNotFound(Violation):
    """No contact has the given id; or, without an id, the contact to update does not exist."""

    __slots__ = ()
    code = "contact_not_found"
    _expected = "a contact that exists"
    _found = "none"


class ContactConflict(Violation):
    """The ``identifiers`` given belong to different contacts."""

    __slots__ = ("_identifiers",)
    __match_args__ = ("pointer", "identifiers")
    code = "contact_conflict"

    def __init__(self, pointer: str, identifiers: tuple[str, ...]) -> None:
        self._pointer = pointer
        self._identifiers = identifiers

    @property
    def identifiers(self) -> tuple[str, ...]:
        """The names of the given identifiers: ``("email", "phoneNumber")``."""
        return self._identifiers

    def _sentence(self) -> tuple[str, str]:
        return "identifiers of one contact", f"different contacts by {', '.join(self._identifiers)}"
