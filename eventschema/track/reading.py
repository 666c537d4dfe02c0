"""Reads the parts of a request: fields of objects, texts, and the contact with its properties.

A request may hold any Python value anywhere. Methods of a mapping or of unusual keys are somebody else's code: they may
raise, return nonsense or never end. So they are called in one place, :func:`split_fields`, a bounded number of times.
"""

import re
import sys
from collections.abc import Mapping
from itertools import islice
from typing import Any, Final, NamedTuple

from eventschema.core.arguments import wrong_kind
from eventschema.core.formats import normalise_email
from eventschema.core.frozen import EMPTY, FrozenDict
from eventschema.core.grammar import MAX_LINE_LENGTH, MAX_PHONE_DIGITS, PHONE_NUMBER, UUID
from eventschema.core.names import is_line, read_name, why_not_event_name
from eventschema.core.pointers import json_type_name, pointer_to
from eventschema.core.reasons import EmailReason, PhoneNumberReason
from eventschema.core.rules import Rules
from eventschema.core.values import detect, text_error
from eventschema.core.violations import (
    ArrayTooLong,
    EventRejected,
    InvalidName,
    MalformedRequest,
    TooManyProperties,
    UnsupportedType,
    Violation,
)
from eventschema.track.contact import CONTACT_POINTER, ContactRequest
from eventschema.track.documents import IDENTIFIERS, ContactValue, check_identifier_names
from eventschema.track.violations import (
    InvalidContactId,
    InvalidEmail,
    InvalidEventName,
    InvalidPhoneNumber,
    MissingContactIdentifier,
)

#: Texts in the array of a contact property.
MAX_ITEMS: Final = 100

_PHONE_NUMBER: Final = re.compile(PHONE_NUMBER)
_UUID: Final = re.compile(UUID)

_ARRAYS: Final = (list, tuple)

# What people write between the digits of a phone number.
_SEPARATORS: Final = dict.fromkeys(map(ord, " -.()"))
_MAX_WRITTEN: Final = 64  # characters of a phone number with its separators


class SplitFields(NamedTuple):
    """The known fields of an object, the first of its other fields in order, and how many others there are."""

    fields: dict[str, Any]
    others: list[tuple[Any, Any]]
    total: int


def split_fields(value: Any, pointer: str, known: tuple[str, ...], limit: int) -> SplitFields | MalformedRequest:
    """Split ``value`` into the fields named in ``known`` and at most ``limit`` of the others.

    Returns ``malformed_request`` at ``pointer`` if ``value`` is not a mapping or cannot be read. If a known field is
    there twice, the second time under a key of an unusual class, the second is among the others.
    """
    try:
        if type(value) is not dict and not issubclass(type(value), Mapping):
            return MalformedRequest(pointer, "object", json_type_name(value))
        fields = {name: value[name] for name in known if name in value}
        unseen = dict.fromkeys(fields)
        others: list[tuple[Any, Any]] = []
        for key in islice(value, min(len(known) + limit, sys.maxsize)):
            name = text_of(key)
            if name in unseen:
                del unseen[name]
            elif len(others) < limit:
                others.append((key, value[key]))
        return SplitFields(fields, others, max(len(value) - len(fields), len(others)))
    except (MemoryError, RecursionError):  # these say nothing about the request
        raise
    except Exception:  # the mapping's own methods may raise anything
        return MalformedRequest(pointer, "object", "an object that cannot be read")


def text_of(value: object) -> str | None:
    """``value`` as exactly a ``str``; ``None`` if it is not text."""
    if type(value) is str:
        return value
    return str.__str__(value) if issubclass(type(value), str) else None


def is_phone_number(text: str) -> bool:
    """Whether ``text`` is a phone number of ITU-T E.164, section 6: ``+`` and 2 to 15 digits, the first not 0."""
    return _PHONE_NUMBER.fullmatch(text) is not None


def is_uuid(text: str) -> bool:
    """Whether ``text`` is a UUID of RFC 9562, section 4: 8-4-4-4-12 hex digits, in either case."""
    return _UUID.fullmatch(text) is not None


def read_line(value: object, max_length: int) -> str | None:
    """``value`` as one line of text (``names.is_line``) of at most ``max_length`` characters; ``None`` if it is not."""
    text = text_of(value)
    return text if is_line(text, max_length) else None


def parse_event_name(value: object, pointer: str, rules: Rules) -> str | InvalidEventName:
    """The event name ``value`` as exactly a ``str``, or its violation."""
    limit = rules.max_event_name_length
    return read_line(value, limit) or InvalidEventName(pointer, why_not_event_name(value, limit))


def read_contact(value: object, rules: Rules) -> tuple[ContactRequest, tuple[Violation, ...]]:
    """Read the contact of a request: its valid parts, and its errors.

    Errors of the identifiers (id, email, phoneNumber) come first, then those of the properties in their order. More
    than ``rules.max_properties`` properties give one error and are not looked at.
    """
    limit = rules.max_properties
    parts = split_fields(value, CONTACT_POINTER, IDENTIFIERS, limit + 1)
    if isinstance(parts, Violation):
        return ContactRequest(), (parts,)
    identifiers, errors = _read_identifiers(parts.fields)
    if len(parts.others) > limit:
        return ContactRequest(identifiers), (*errors, TooManyProperties(CONTACT_POINTER, limit, parts.total))
    values, property_errors = _read_properties(parts.others, rules)
    properties = FrozenDict.wrap({name: value for name, value in values.items() if value is not None})
    removals = tuple(name for name, value in values.items() if value is None)
    return ContactRequest(identifiers, properties, removals), (*errors, *property_errors)


def normalise_identifiers(identifiers: Mapping[str, object]) -> FrozenDict[str, str]:
    """The identifiers of a contact as people write them, in the form in which requests and stores have them.

    - ``id``: unchanged.
    - ``email``: in ``email-validator``'s normalised form, without spaces around it.
    - ``phoneNumber``: in E.164, without spaces around it and without what separates its digits: spaces and the visual
      separators of RFC 3966, section 5.1.1 (``-``, ``.``, and parentheses). No country code is guessed, so it must
      begin with ``+``. A 0 after an opening parenthesis is refused: that of ``+44 (0)20 7946 0000`` is not dialled.

        >>> from eventschema import normalise_identifiers
        >>> dict(normalise_identifiers({"email": "Ann@EXAMPLE.com", "phoneNumber": "+1 (202) 555-0100"}))
        {'email': 'Ann@example.com', 'phoneNumber': '+12025550100'}

    So ``store.find(normalise_identifiers(given))`` finds the contacts that a request with ``given`` would.

    Raises ``EventRejected``, a ``ValueError``, with the violations of all invalid identifiers, ``TypeError`` if
    ``identifiers`` is not a mapping, and ``ValueError`` for a name other than ``id``, ``email`` and ``phoneNumber``.
    """
    if not isinstance(identifiers, Mapping):
        raise wrong_kind(identifiers, "a mapping of identifiers")
    check_identifier_names(identifiers)
    given = {name: _strip(name, identifiers[name]) for name in IDENTIFIERS if name in identifiers}
    read, errors = _read_each_identifier(given, "")
    if errors:
        raise EventRejected(tuple(errors))
    return read


def _strip(name: str, value: object) -> object:
    """``value`` without the characters that people write around an email, and around and in a phone number."""
    text = text_of(value)
    if text is None or name == "id":
        return value
    if name == "email":
        return text.strip(" ")
    if len(text) > _MAX_WRITTEN or "(0" in text.replace(" ", ""):
        return text
    return text.translate(_SEPARATORS)


def _read_identifiers(given: dict[str, Any]) -> tuple[FrozenDict[str, str], list[Violation]]:
    if not given:
        return EMPTY, [MissingContactIdentifier(CONTACT_POINTER)]
    return _read_each_identifier(given, CONTACT_POINTER)


def _read_each_identifier(given: dict[str, Any], pointer: str) -> tuple[FrozenDict[str, str], list[Violation]]:
    identifiers: dict[str, str] = {}
    errors: list[Violation] = []
    for name, value in given.items():
        reading = _read_identifier(name, value, f"{pointer}/{name}")
        if isinstance(reading, Violation):
            errors.append(reading)
        else:
            identifiers[name] = reading
    return FrozenDict.wrap(identifiers), errors


def _read_identifier(name: str, value: object, pointer: str) -> str | Violation:
    if name == "id":
        return read_line(value, MAX_LINE_LENGTH) or InvalidContactId(pointer)
    text = text_of(value)
    if name == "email":
        if text is None:
            return InvalidEmail(pointer, "not_text")
        email = normalise_email(text)
        return InvalidEmail(pointer, _why_no_email(text)) if email is None else email
    if text is None or not is_phone_number(text):
        return InvalidPhoneNumber(pointer, "not_text" if text is None else _why_no_phone_number(text))
    return text


def _why_no_email(text: str) -> EmailReason:
    from eventschema.core.mismatches import email_mismatch  # its patterns take long to compile

    return email_mismatch(text).reason


def _why_no_phone_number(text: str) -> PhoneNumberReason:
    """Why ``text`` is not a phone number. Reads no more of it than a phone number may have."""
    if not text.startswith("+"):
        return "no_plus" if text else "empty"
    digits = text[1 : MAX_PHONE_DIGITS + 1]
    if digits and not (digits.isascii() and digits.isdecimal()):
        return "character"
    if digits.startswith("0"):
        return "leading_zero"
    return "too_long" if len(text) > MAX_PHONE_DIGITS + 1 else "too_short"


def _read_properties(
    given: list[tuple[Any, Any]], rules: Rules
) -> tuple[dict[str, ContactValue | None], list[Violation]]:
    """The values to set by name (``None``: remove the property), and the errors of the other properties."""
    values: dict[str, ContactValue | None] = {}
    errors: list[Violation] = []
    for key, value in given:
        name = read_name(key, CONTACT_POINTER, rules)
        if isinstance(name, Violation):
            errors.append(name)
            continue
        pointer = pointer_to(CONTACT_POINTER, name, rules.max_name_length)
        if name in values or name in IDENTIFIERS:  # the same text twice, once as a key of an unusual class
            errors.append(InvalidName(pointer, "repeated"))
            continue
        reading = None if value is None else _read_value(value, rules, pointer)
        if isinstance(reading, Violation):
            errors.append(reading)
        else:
            values[name] = reading
    return values, errors


def _read_value(value: Any, rules: Rules, pointer: str) -> ContactValue | Violation:
    text = text_of(value)
    if text is not None:  # a contact property has no type, so text needs no detection
        return text_error(text, rules, pointer) or text
    if issubclass(type(value), _ARRAYS):
        return _read_array(value, rules, pointer)
    reading = detect(value, rules, pointer)
    return reading if isinstance(reading, Violation) else reading.value


def _read_array(value: Any, rules: Rules, pointer: str) -> tuple[str, ...] | Violation:
    """The texts of an array, or the violation of its first invalid item."""
    base: Any = list if issubclass(type(value), list) else tuple  # whose methods no subclass overrides
    if (length := base.__len__(value)) > MAX_ITEMS:
        return ArrayTooLong(pointer, MAX_ITEMS, length)
    texts = []
    for number, item in enumerate(base.__iter__(value)):
        text = text_of(item)
        item_pointer = f"{pointer}/{number}"
        if text is None:
            return UnsupportedType(item_pointer, json_type_name(item))
        if violation := text_error(text, rules, item_pointer):
            return violation
        texts.append(text)
    return tuple(texts)
