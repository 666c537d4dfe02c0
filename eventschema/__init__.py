"""Infers, checks and extends the schemas of tracked events.

The first event of a name creates its schema, later events extend it, and a value that does not fit its property's
type is refused with structured errors. The engine does no I/O: data goes in, values come out, and the caller stores
them.

    >>> from eventschema import EventSchema
    >>> first = EventSchema("order").merge({"total": 12.5, "placed": "2026-11-23"})
    >>> dict(first.added)
    {'total': <PropertyType.FLOAT: 'float'>, 'placed': <PropertyType.DATE: 'date'>}
    >>> first.schema.merge({"total": "twelve"}).errors[0].message
    'Expected float (set by version 1 of the schema), found string, at /properties/total.'

## Guides

Each package has a guide as its docstring; this page has the one on errors.

- `eventschema.core`: types, rules and schemas
- `eventschema.track`: track requests, an event with its contact
- `eventschema.stream`: replay files of events, and profile what is in them
- `eventschema.export`, `eventschema.imports`: schemas for other systems, and from them
- `eventschema.imports`: schemas from other systems
- `eventschema.store`: stores in memory and in SQL, and how to write one
- `eventschema.web`: the HTTP service
- `eventschema.spark`: replay and profile on a Spark cluster
- `eventschema.spark`: replay and profile on a Spark cluster
- `eventschema.testing`: strategies and checks for your tests
- `eventschema.cli`: the command

## Errors

An error is a value: immutable, hashable, equal by value, picklable, of one class for each code. `match` takes it
apart. Its message says what was expected, what was found and where, and never shows a value of the event.
`raise_for_errors()` of a result raises `EventRejected`, a `ValueError` with `.errors`.

    >>> [error] = EventSchema("order", {"placed": "date"}).merge({"placed": "2026-02-30"}).errors
    >>> error.code, error.pointer
    ('type_conflict', '/properties/placed')
    >>> error.expected, error.actual, error.since, error.reason
    (<PropertyType.DATE: 'date'>, <PropertyType.STRING: 'string'>, 0, 'day')

Each error has `code`, `pointer` (a JSON Pointer, RFC 6901, into the request) and `message`, and the further fields
that the index below lists. `to_dict()` has them all, ready for JSON. `problem_details(errors)` is the body of an HTTP
answer (RFC 9457). Codes, fields and reasons are stable; the sentences of messages are not.

### Index of error codes

Each code with its further fields, when it is used, and an example of its message:

- `array_too_long` (`limit`, `actual`): A contact property whose array has too many items.
  `Expected a shorter array, found 101 items, 1 more than the limit of 100, at /contact/tags.`
- `contact_conflict` (`identifiers`): The ``identifiers`` given belong to different contacts.
  `Expected identifiers of one contact, found different contacts by email, phoneNumber, at /contact.`
- `contact_not_found`: No contact has the given id; or, without an id, the contact to update does not exist.
  `Expected a contact that exists, found none, at /contact/id.`
- `frozen_schema` (`since`): A new property for a schema that is frozen. ``since`` is the version that froze it, 0: it
  was declared frozen.
  `Expected a property of the schema (frozen by version 1), found one that the schema does not have, at
  /properties/total.`
- `int_out_of_range`: An integer outside signed 64 bits; where ints are detected as float, one that no double holds
  exactly.
  `Expected an integer that fits its type (int: 64 bits; float: one that a double holds exactly), found an integer
  that does not fit, at /properties/total.`
- `invalid_contact_id`: A contact id that is not text of 1 to 255 characters without control characters.
  `Expected text of 1 to 255 characters without control characters, found another value, at /contact/id.`
- `invalid_email` (`reason`): An email of a contact that is not an email address.
  `Expected an email address, found text without @, at /contact/email.`
- `invalid_event_id`: An event id that is not a UUID in its text form (RFC 9562, section 4).
  `Expected a UUID of 8-4-4-4-12 hex digits, found another value, at /eventID.`
- `invalid_event_name` (`reason`): An event name that is not text, is empty or too long, or has control characters.
  `Expected an event name within the limit and without control characters, found empty text, at /eventName.`
- `invalid_event_time`: An event time that is not a dateTime (ISO 8601, extended format) or is over the length limit
  of texts.
  `Expected a dateTime in the extended format of ISO 8601, within the length limit of texts, found another value, at
  /eventTime.`
- `invalid_event_version`: An event version that is not text of at most 255 characters without control characters.
  `Expected text of at most 255 characters without control characters, found another value, at /eventVersion.`
- `invalid_name` (`reason`): A property name that is not text, empty, or has a character outside ``A-Za-z0-9_``.
  `Expected a name of latin letters, digits and _, found one with another character, at /properties/e-mail.`
- `invalid_origin`: An origin that is not text of at most 255 characters without control characters.
  `Expected text of at most 255 characters without control characters, found another value, at /origin.`
- `invalid_phone_number` (`reason`): A phone number that is not in the international format of E.164.
  `Expected an E.164 phone number: + and 2 to 15 digits, the first not 0, found text without + at its beginning, at
  /contact/phoneNumber.`
- `invalid_schema` (`expected`, `actual`): A declaration or a retype that is not valid: what was expected and found at
  the place.
  `Expected true or false, found 'yes', at /frozen.`
- `invalid_text`: Text with lone surrogates, which has no UTF-8 (RFC 3629, section 3).
  `Expected text that can be encoded as UTF-8, found lone surrogates, at /properties/total.`
- `malformed_request` (`expected`, `actual`): A request, or a part of it, that is not an object; in a file, a line
  that is not a JSON object.
  `Expected an object, found array, at /properties.`
- `missing_contact_identifier`: None of ``id``, ``email`` and ``phoneNumber`` was given.
  `Expected a contact with id, email or phoneNumber, found none of them, at /contact.`
- `missing_field` (`field`): A required field is missing. The pointer is that of the absent field.
  `Expected the field contact, found none, at /contact.`
- `name_conflict` (`other`): A property that a mapping gives the name of another one. ``other`` is the pointer to that
  one.
  `Expected a name that no other property gets, found the mapped name of /properties/orderId, at
  /properties/order_id.`
- `name_too_long` (`limit`, `actual`): A property name of more characters than ``Rules.max_name_length``.
  `Expected a shorter name, found 130 characters, 2 more than the limit of 128, at /properties/total.`
- `non_finite_float`: NaN, an infinity, or a number beyond the doubles (IEEE 754 binary64).
  `Expected a finite number within the range of a double, found NaN, an infinity, or a number beyond that range, at
  /properties/total.`
- `string_too_long` (`limit`, `actual`): Text of more characters than ``Rules.max_string_length``.
  `Expected a shorter text, found 2050 characters, 2 more than the limit of 2048, at /properties/total.`
- `too_many_event_names` (`limit`, `actual`): An event of a new name, where the service has schemas for as many names
  as it may have.
  `Expected an event name that has a schema already, found 10001 event names with this one, 1 more than the limit of
  10000, at /eventName.`
- `too_many_properties` (`limit`, `actual`): An event or a contact with more properties than ``Rules.max_properties``.
  None of them was read.
  `Expected fewer properties, found 101 properties, 1 more than the limit of 100, at /properties.`
- `too_many_schema_properties` (`limit`, `actual`): With the event's valid new properties, the schema would have more
  than ``Rules.max_schema_properties``.
  `Expected an event that keeps its schema within bounds, found 101 properties in the schema after it, 1 more than the
  limit of 100, at /properties.`
- `type_conflict` (`expected`, `actual`, `since`, `reason`): A value of the type ``actual`` for a property whose type
  is ``expected`` since the version ``since``.
  `Expected float (set by version 1 of the schema), found string, at /properties/total.`
- `undeclared_event`: An event whose name has no schema, in a registry with ``declared_only``.
  `Expected an event with a declared schema, found one without a schema, at /eventName.`
- `unknown_event`: An event that has no schema among the given ones.
  `Expected an event with a schema, found one without a schema, at /eventName.`
- `unknown_field` (`field`): A field that requests do not have. An error, so that a mistyped name does not get lost.
  `Expected only the fields of a request, found the field propertes, at /propertes.`
- `unknown_property`: A property that the schema does not have, under ``Rules(new_properties="reject")``.
  `Expected a property of the schema, found one that the schema does not have, at /properties/total.`
- `unsupported_type` (`actual`): A value that no property type accepts. ``actual``: ``object``, ``array``, ``null``,
  or the Python type's name.
  `Expected a value of a supported type, found object, at /properties/total.`

### Reasons

Each `reason` is a word of one of these lists. `eventschema.core.reasons` has their types.

- `invalid_email`: `empty`: empty text; `too_long`: text of more than 254 octets; `no_at`: text without @;
  `no_local_part`: text with nothing before @; `character`: text with a character that an address may not have; `dot`:
  text with a dot before @ that is not between two other characters; `local_part_too_long`: text with more than 64
  characters before @; `several_at`: text with more than one @; `no_domain`: text with nothing after @; `domain`: text
  with a domain that is not valid; `no_top_level_domain`: text with a domain without a dot; `special_use_domain`: text
  with a top-level domain that mail cannot reach; `international`: text with characters beyond ASCII that may not
  stand so in an address; `not_text`: a value that is not text.
- `invalid_event_name`: `not_text`: a value that is not text; `empty`: empty text; `too_long`: longer text;
  `character`: text with a control character or a lone surrogate.
- `invalid_name`: `not_text`: one that is not text; `empty`: an empty one; `character`: one with another character;
  `repeated`: one that stands here twice.
- `invalid_phone_number`: `not_text`: a value that is not text; `empty`: empty text; `no_plus`: text without + at its
  beginning; `character`: text with a character other than a digit after +; `leading_zero`: text with 0 after +;
  `too_short`: text of fewer than 2 digits; `too_long`: text of more than 15 digits.
- `type_conflict` of a string where date is expected: `empty`: that is empty; `no_date`: that does not begin with a
  date as YYYY-MM-DD; `year`: with the year 0000; `month`: with a month other than 01 to 12; `day`: with a day that
  its month does not have; `trailing`: with text after the date.
- `type_conflict` of a string where dateTime is expected: `empty`: that is empty; `no_date`: that does not begin with
  a date as YYYY-MM-DD; `year`: with the year 0000; `month`: with a month other than 01 to 12; `day`: with a day that
  its month does not have; `no_time`: without a time after the date; `space`: with a space where T must stand; `no_t`:
  without T after the date; `hour`: without an hour of two digits from 00 to 23 after T; `minute`: without a minute of
  two digits from 00 to 59 after the hour; `second`: without a second of two digits from 00 to 60 after the minute;
  `fraction`: without a digit after the decimal mark; `leap_second`: with second 60 other than at 23:59:60 UTC;
  `offset`: with text after the time that is no offset such as Z or +01:00; `trailing`: with text after the offset.
- `type_conflict` of a string where url is expected: `empty`: that is empty; `no_scheme`: that does not begin with a
  scheme and ://; `scheme`: with a scheme that the rules do not allow; `userinfo`: with a character that may not stand
  before @; `no_host`: without a host; `host`: with a host that is not valid; `port`: with a port other than 0 to
  65535; `path`: with a character that may not stand in a path; `query`: with a character that may not stand in a
  query; `fragment`: with a character that may not stand in a fragment.
- `type_conflict` of a string where email is expected: `empty`: that is empty; `too_long`: of more than 254 octets;
  `no_at`: without @; `no_local_part`: with nothing before @; `character`: with a character that an address may not
  have; `dot`: with a dot before @ that is not between two other characters; `local_part_too_long`: with more than 64
  characters before @; `several_at`: with more than one @; `no_domain`: with nothing after @; `domain`: with a domain
  that is not valid; `no_top_level_domain`: with a domain without a dot; `special_use_domain`: with a top-level domain
  that mail cannot reach; `international`: with characters beyond ASCII that may not stand so in an address.
"""

from typing import TYPE_CHECKING, Any

from eventschema.core.acceleration import accelerated
from eventschema.core.changes import SchemaChange
from eventschema.core.frozen import FrozenDict
from eventschema.core.results import MergeResult
from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.core.schemaerrors import FrozenSchema, InvalidSchema, UndeclaredEvent
from eventschema.core.types import PropertyType
from eventschema.core.values import Adjustment, AdjustmentKind, classify
from eventschema.core.violations import (
    ArrayTooLong,
    EventRejected,
    IntOutOfRange,
    InvalidName,
    InvalidText,
    MalformedRequest,
    NameConflict,
    NameTooLong,
    NonFiniteFloat,
    StringTooLong,
    TooManyEventNames,
    TooManyProperties,
    TooManySchemaProperties,
    TypeConflict,
    UnknownEvent,
    UnknownProperty,
    UnsupportedType,
    Violation,
    problem_details,
)
from eventschema.version import __version__

if TYPE_CHECKING:
    from eventschema.core.comparison import PropertyChange, SchemaComparison, compare, is_lossless
    from eventschema.core.schemafile import dumps_schemas, loads_schemas
    from eventschema.track import (
        Contact,
        ContactChange,
        ContactConflict,
        ContactNotFound,
        ContactRequest,
        InvalidContactId,
        InvalidEmail,
        InvalidEventId,
        InvalidEventName,
        InvalidEventTime,
        InvalidEventVersion,
        InvalidOrigin,
        InvalidPhoneNumber,
        MissingContactIdentifier,
        MissingField,
        TrackDecision,
        TrackedEvent,
        TrackRequest,
        UnknownField,
        normalise_identifiers,
    )

__all__ = [
    "Adjustment",
    "AdjustmentKind",
    "ArrayTooLong",
    "Contact",
    "ContactChange",
    "ContactConflict",
    "ContactNotFound",
    "ContactRequest",
    "EventRejected",
    "EventSchema",
    "FrozenDict",
    "FrozenSchema",
    "IntOutOfRange",
    "InvalidContactId",
    "InvalidEmail",
    "InvalidEventId",
    "InvalidEventName",
    "InvalidEventTime",
    "InvalidEventVersion",
    "InvalidName",
    "InvalidOrigin",
    "InvalidPhoneNumber",
    "InvalidSchema",
    "InvalidText",
    "MalformedRequest",
    "MergeResult",
    "MissingContactIdentifier",
    "MissingField",
    "NameConflict",
    "NameTooLong",
    "NonFiniteFloat",
    "PropertyChange",
    "PropertyType",
    "Rules",
    "SchemaChange",
    "SchemaComparison",
    "StringTooLong",
    "TooManyEventNames",
    "TooManyProperties",
    "TooManySchemaProperties",
    "TrackDecision",
    "TrackRequest",
    "TrackedEvent",
    "TypeConflict",
    "UndeclaredEvent",
    "UnknownEvent",
    "UnknownField",
    "UnknownProperty",
    "UnsupportedType",
    "Violation",
    "__version__",
    "accelerated",
    "classify",
    "compare",
    "dumps_schemas",
    "is_lossless",
    "loads_schemas",
    "normalise_identifiers",
    "problem_details",
]


def __getattr__(name: str) -> Any:
    """Import a name on its first use, if a program that only merges events does not need it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in ("dumps_schemas", "loads_schemas"):
        from eventschema.core import schemafile

        return getattr(schemafile, name)
    if name in ("PropertyChange", "SchemaComparison", "compare", "is_lossless"):
        from eventschema.core import comparison

        return getattr(comparison, name)
    from eventschema import track

    return getattr(track, name)


def __dir__() -> list[str]:
    return __all__
