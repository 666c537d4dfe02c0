"""The words that violations have as ``reason``: why a name or a text is refused.

The words are stable: a program may act on them, a service may count them. Each names the first thing that is wrong, in
the order in which a text is read, and contains nothing of the text itself. Each list of words has a table of what a
message says for each word.

===========================  ==========================================================================================
``NameReason``               why a property's name is refused: ``invalid_name``
``EventNameReason``          why an event's name is refused: ``invalid_event_name``
``EmailReason``              why an email address is refused: ``invalid_email``, and ``type_conflict`` with email
``PhoneNumberReason``        why a phone number is refused: ``invalid_phone_number``
``DateReason`` and others    why a text is not of the format that ``type_conflict`` has as ``expected``
===========================  ==========================================================================================
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from eventschema.core.types import PropertyType

#: ``repeated``: the event has the same name a second time, as an instance of another class than ``str``.
NameReason = Literal["not_text", "empty", "character", "repeated"]

#: ``character``: a control character (C0, DEL) or a lone surrogate.
EventNameReason = Literal["not_text", "empty", "too_long", "character"]

#: Tested in this order, except that a text with more than 15 digits is ``too_long`` whatever follows the first 15.
PhoneNumberReason = Literal["not_text", "empty", "no_plus", "character", "leading_zero", "too_short", "too_long"]

#: ``trailing``: there is text after a date.
DateReason = Literal["empty", "no_date", "year", "month", "day", "trailing"]

#: ``space`` and ``no_t``: a space, or another character, after the date in place of ``T``. ``leap_second``: second 60
#: at another time than 23:59:60 UTC, or without an offset (RFC 3339, section 5.6).
DateTimeReason = (
    DateReason | Literal["no_time", "space", "no_t", "hour", "minute", "second", "fraction", "leap_second", "offset"]
)

#: The parts of a URI (RFC 3986, section 3). ``scheme``: it is not in ``Rules.url_schemes``.
UrlReason = Literal["empty", "no_scheme", "scheme", "userinfo", "no_host", "host", "port", "path", "query", "fragment"]

#: ``domain``: a label that DNS or IDNA does not allow. ``special_use_domain``: a top-level domain that no mail on the
#: public Internet can reach (``test``, ``local``, ...). ``international``: characters beyond ASCII that an address may
#: have, but not in this way.
EmailReason = Literal[
    "empty",
    "too_long",
    "no_at",
    "no_local_part",
    "character",
    "dot",
    "local_part_too_long",
    "several_at",
    "no_domain",
    "domain",
    "no_top_level_domain",
    "special_use_domain",
    "international",
]

#: Why a contact's email is refused, which need not be text.
ContactEmailReason = EmailReason | Literal["not_text"]

#: Why a text is not of the format that a property has.
FormatReason = DateReason | DateTimeReason | UrlReason | EmailReason

NAME_REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "not_text": "one that is not text",
        "empty": "an empty one",
        "character": "one with another character",
        "repeated": "one that stands here twice",
    }
)

EVENT_NAME_REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "not_text": "a value that is not text",
        "empty": "empty text",
        "too_long": "longer text",
        "character": "text with a control character or a lone surrogate",
    }
)

PHONE_NUMBER_REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "not_text": "a value that is not text",
        "empty": "empty text",
        "no_plus": "text without + at its beginning",
        "character": "text with a character other than a digit after +",
        "leading_zero": "text with 0 after +",
        "too_short": "text of fewer than 2 digits",
        "too_long": "text of more than 15 digits",
    }
)

_EMPTY: Final = "that is empty"

_DATE_REASONS: Final[Mapping[str, str]] = {
    "empty": _EMPTY,
    "no_date": "that does not begin with a date as YYYY-MM-DD",
    "year": "with the year 0000",
    "month": "with a month other than 01 to 12",
    "day": "with a day that its month does not have",
    "trailing": "with text after the date",
}

_DATETIME_REASONS: Final[Mapping[str, str]] = {
    **{reason: words for reason, words in _DATE_REASONS.items() if reason != "trailing"},
    "no_time": "without a time after the date",
    "space": "with a space where T must stand",
    "no_t": "without T after the date",
    "hour": "without an hour of two digits from 00 to 23 after T",
    "minute": "without a minute of two digits from 00 to 59 after the hour",
    "second": "without a second of two digits from 00 to 60 after the minute",
    "fraction": "without a digit after the decimal mark",
    "leap_second": "with second 60 other than at 23:59:60 UTC",
    "offset": "with text after the time that is no offset such as Z or +01:00",
    "trailing": "with text after the offset",
}

_URL_REASONS: Final[Mapping[str, str]] = {
    "empty": _EMPTY,
    "no_scheme": "that does not begin with a scheme and ://",
    "scheme": "with a scheme that the rules do not allow",
    "userinfo": "with a character that may not stand before @",
    "no_host": "without a host",
    "host": "with a host that is not valid",
    "port": "with a port other than 0 to 65535",
    "path": "with a character that may not stand in a path",
    "query": "with a character that may not stand in a query",
    "fragment": "with a character that may not stand in a fragment",
}

_EMAIL_REASONS: Final[Mapping[str, str]] = {
    "empty": _EMPTY,
    "too_long": "of more than 254 octets",
    "no_at": "without @",
    "no_local_part": "with nothing before @",
    "character": "with a character that an address may not have",
    "dot": "with a dot before @ that is not between two other characters",
    "local_part_too_long": "with more than 64 characters before @",
    "several_at": "with more than one @",
    "no_domain": "with nothing after @",
    "domain": "with a domain that is not valid",
    "no_top_level_domain": "with a domain without a dot",
    "special_use_domain": "with a top-level domain that mail cannot reach",
    "international": "with characters beyond ASCII that may not stand so in an address",
}

#: What a message says of a text, after its type: ``string with a space where T must stand``.
FORMAT_REASONS: Final[Mapping[PropertyType, Mapping[str, str]]] = MappingProxyType(
    {
        PropertyType.DATE: MappingProxyType(_DATE_REASONS),
        PropertyType.DATETIME: MappingProxyType(_DATETIME_REASONS),
        PropertyType.URL: MappingProxyType(_URL_REASONS),
        PropertyType.EMAIL: MappingProxyType(_EMAIL_REASONS),
    }
)

EMAIL_REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "not_text": "a value that is not text",
        **{reason: f"text {words}" for reason, words in _EMAIL_REASONS.items()},
        "empty": "empty text",
    }
)
