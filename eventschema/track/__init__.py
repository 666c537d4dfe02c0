"""Track requests: an event together with the contact that it belongs to.

`TrackRequest.parse` checks a request as a service receives it, and `decide` says what to save. Before that, the caller
loads what is stored; afterwards, it saves. Everything here is pure: no I/O, no clock, no shared state. In this example
two dicts are the store:

    >>> from dataclasses import replace
    >>> from eventschema import TrackRequest, problem_details
    >>> schemas, contacts = {}, {}

    >>> def track(payload):
    ...     request = TrackRequest.parse(payload)
    ...     schema = schemas.get(request.event_name)
    ...     wanted = request.contact.identifiers.items()
    ...     matches = [contact for contact in contacts.values() if contact.identifiers.items() & wanted]
    ...     decision = request.decide(schema, matches)
    ...     if not decision.ok:
    ...         return problem_details(decision.errors)
    ...     if decision.schema_change:
    ...         schemas[decision.schema.name] = decision.schema
    ...     if decision.contact_change:
    ...         contact_id = decision.contact.id or f"c{len(contacts) + 1}"
    ...         contacts[contact_id] = replace(decision.contact, id=contact_id)
    ...     return decision.event.to_dict()

    >>> event = track({
    ...     "eventName": "placed order",
    ...     "contact": {"email": "ann@EXAMPLE.com", "city": "Oslo", "tags": ["tea"]},
    ...     "properties": {"total": 37.5, "deliverOn": "2026-03-05"},
    ... })
    >>> contacts["c1"]
    Contact(id='c1', email='ann@example.com', phone_number=None, \
properties=FrozenDict({'city': 'Oslo', 'tags': ('tea',)}))

A rejected request changes nothing: an error in its contact adds no schema, and an error in its event adds no contact.
The answer lists every error at once, in the order eventName, eventTime, eventID, origin, eventVersion, contact,
properties, unknown fields. Without a valid event name, only those errors of properties are reported that every schema
would find.

    >>> import json
    >>> print(json.dumps(track({
    ...     "eventName": "placed order",
    ...     "contact": {"email": "ann@example.com", "phoneNumber": "555-0100"},
    ...     "properties": {"total": "9 EUR"},
    ...     "propertes": {},
    ... }), indent=2))
    {
      "type": "about:blank",
      "title": "Unprocessable Content",
      "status": 422,
      "detail": "The request has 3 errors; nothing of it was stored.",
      "errors": [
        {
          "code": "invalid_phone_number",
          "pointer": "/contact/phoneNumber",
          "message": "Expected an E.164 phone number: + and 2 to 15 digits, the first not 0, \
found text without + at its beginning, at /contact/phoneNumber.",
          "reason": "no_plus"
        },
        {
          "code": "type_conflict",
          "pointer": "/properties/total",
          "message": "Expected float (set by version 1 of the schema), found string, at /properties/total.",
          "expected": "float",
          "actual": "string",
          "since": 1,
          "reason": null
        },
        {
          "code": "unknown_field",
          "pointer": "/propertes",
          "message": "Expected only the fields of a request, found the field propertes, at /propertes.",
          "field": "propertes"
        }
      ]
    }

## Fields

- **Required:** `eventName` (text without control characters) and `contact`.
- **Optional:** `properties`; `eventTime` (a dateTime no longer than a text may be, stored as it is); `eventID` (a
  UUID); `origin` and `eventVersion` (text of at most 255 characters without control characters, stored with the
  event; they have no effect on the schema, and the empty text is absent). `null` in an optional field means that it
  is absent.
- **Any other field** is an error, so that a mistyped name does not get lost.

## Contacts

- **Identifiers** are `id`, `email` and `phoneNumber` (E.164). At least one is required. An invalid identifier is an
  error even where another one is valid, and so is `null`. In an email only the part before the `@` is case-sensitive.
- **Contact properties** are all other fields of `contact`: values of the eight types, or an array of at most 100
  texts. `null` removes a property.
- **Matches** are the stored contacts that have one of the identifiers. Without a match a contact is created, which
  needs an email or a phone number. One match is updated with what is different. Several are a `contact_conflict`. The
  store gives ids, and a request never sets or changes one: an id that no match has is `contact_not_found`.

## Saving

`schema_change` and `contact_change` are what a store needs for a compare-and-swap. Apply them with
`schema.apply(change)` and `change.apply(contact)`, write them with `to_dict()`, and read them with `from_dict()`. If
another writer was faster, load again and decide again. Deciding again on a request that was saved changes nothing.

`eventschema.store` does all of this for you, in memory or in SQLite and PostgreSQL.
"""

from eventschema.track.contact import Contact, ContactChange, ContactRequest
from eventschema.track.event import TrackedEvent
from eventschema.track.reading import normalise_identifiers
from eventschema.track.request import TrackDecision, TrackRequest
from eventschema.track.violations import (
    ContactConflict,
    ContactNotFound,
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
    UnknownField,
)

__all__ = [
    "Contact",
    "ContactChange",
    "ContactConflict",
    "ContactNotFound",
    "ContactRequest",
    "InvalidContactId",
    "InvalidEmail",
    "InvalidEventId",
    "InvalidEventName",
    "InvalidEventTime",
    "InvalidEventVersion",
    "InvalidOrigin",
    "InvalidPhoneNumber",
    "MissingContactIdentifier",
    "MissingField",
    "TrackDecision",
    "TrackRequest",
    "TrackedEvent",
    "UnknownField",
    "normalise_identifiers",
]
