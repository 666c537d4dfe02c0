"""Replay of track requests: each is decided in order, as by the service, and its result is kept.

Schemas and contacts are in memory; a rejected request changes neither. A new contact gets the next id of ``c1``,
``c2``, ``c3``, ...: the same stream always gives the same contacts.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from eventschema.core.frozen import EMPTY, FrozenDict
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.core.values import Adjustment
from eventschema.core.violations import MalformedRequest
from eventschema.stream.envelopes import StreamObject
from eventschema.stream.replay.events import Rejection
from eventschema.track.contact import Contact, ContactChange
from eventschema.track.request import TrackDecision, TrackRequest


class AcceptedRequest(NamedTuple):
    """The result of an accepted request.

    ``schema`` is the schema after it, ``added`` the types of the properties that it added, ``properties`` the values of
    the event, and ``adjustments`` the changes of these; ``contact`` is the contact after it, with its id, and
    ``contact_change`` the change of it, ``None`` if nothing changed.
    """

    schema: EventSchema
    added: Mapping[str, PropertyType]
    properties: Mapping[str, Any]
    contact: Contact
    contact_change: ContactChange | None
    adjustments: tuple[Adjustment, ...] = ()


class TrackReplay:
    """Decides a stream of track requests, request by request, and keeps the schemas and contacts.

    ``schemas`` are those to start from, by name. There are no contacts at first.
    """

    def __init__(self, schemas: Mapping[str, EventSchema] = EMPTY, rules: Rules = DEFAULT_RULES) -> None:
        self._schemas = dict(schemas)
        self._contacts = _Contacts()
        self._rules = rules

    @property
    def schemas(self) -> dict[str, EventSchema]:
        """The current schemas by name, in the order in which they came. A copy."""
        return dict(self._schemas)

    @property
    def contacts(self) -> tuple[Contact, ...]:
        """The current contacts, in the order in which they were created."""
        return self._contacts.all()

    def schema(self, name: str) -> EventSchema | None:
        """The current schema of the event ``name``, ``None`` if there is none."""
        return self._schemas.get(name)

    def add(self, line: StreamObject) -> AcceptedRequest | Rejection:
        """Decide the next request. Returns the result, or the rejection if the request has errors."""
        if isinstance(line.value, MalformedRequest):
            return Rejection(line.source, line.line, None, (line.value,))
        request = TrackRequest.parse(line.value, self._rules)
        name = request.event_name
        schema = None if name is None else self._schemas.get(name)
        decision = request.decide(schema, self._contacts.find(request.contact.identifiers))
        return self._keep(decision) or Rejection(line.source, line.line, name, decision.errors)

    def _keep(self, decision: TrackDecision) -> AcceptedRequest | None:
        event, schema, contact = decision.event, decision.schema, decision.contact
        if event is None or schema is None or contact is None:
            return None
        self._schemas[schema.name] = schema
        if decision.contact_change is not None:
            contact = self._contacts.save(contact)
        added = EMPTY if decision.schema_change is None else decision.schema_change.added
        return AcceptedRequest(schema, added, event.properties, contact, decision.contact_change, event.adjustments)


class _Contacts:
    """Contacts by their ids, and the ids by each of the identifiers."""

    def __init__(self) -> None:
        self._contacts: dict[str, Contact] = {}
        self._owners: dict[tuple[str, str], str] = {}

    def all(self) -> tuple[Contact, ...]:
        return tuple(self._contacts.values())

    def find(self, identifiers: FrozenDict[str, str]) -> list[Contact]:
        """The contacts with any of ``identifiers``; a contact with several of them is there several times."""
        owners = (self._owners.get(identifier) for identifier in identifiers.items())
        return [self._contacts[owner] for owner in owners if owner is not None]

    def save(self, contact: Contact) -> Contact:
        """Save ``contact``, a new one with the next id; return it as saved."""
        id_ = contact.id
        if id_ is None:
            id_ = f"c{len(self._contacts) + 1}"
            contact = replace(contact, id=id_)
        else:
            for identifier in self._contacts[id_].identifiers.items():
                del self._owners[identifier]
        self._contacts[id_] = contact
        self._owners.update(dict.fromkeys(contact.identifiers.items(), id_))
        return contact
