"""Replay of track requests: each is decided in order, as by the service, and its result is kept.

Schemas and contacts are in memory; a rejected request changes neither. A new contact gets the next id of ``c1``,
``c2``, ``c3``, ...: the same stream always gives the same contacts.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

from eventschema.core.frozen import EMPTY, FrozenDict
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.core.values import Adjustment
from eventschema.core.violations import MalformedRequest, Violation
from eventschema.stream.envelopes import StreamObject
from eventschema.stream.replay.events import Rejection
from eventschema.track.contact import Contact, ContactChange, ContactRequest, decide_contact, find_contact
from eventschema.track.documents import ContactValue
from eventschema.track.request import TrackDecision, TrackRequest


class AcceptedRequest(NamedTuple):
    """The result of an accepted request.

    - ``schema``: the schema after it. ``added``: the types of the properties that it added.
    - ``properties``: the values of the event. ``adjustments``: the changes of values. ``dropped``: the violations of
      the properties that were left out.
    - ``contact``: the contact after it, with its id. ``contact_change``: its change, ``None`` if nothing changed.
    """

    schema: EventSchema
    added: Mapping[str, PropertyType]
    properties: Mapping[str, Any]
    contact: Contact
    contact_change: ContactChange | None
    adjustments: tuple[Adjustment, ...] = ()
    dropped: tuple[Violation, ...] = ()


class TrackReplay:
    """Decides a stream of track requests, request by request, and keeps the schemas and contacts.

    ``schemas`` are those to start from, by name. There are no contacts at first.
    """

    def __init__(self, schemas: Mapping[str, EventSchema] = EMPTY, rules: Rules = DEFAULT_RULES) -> None:
        self._schemas = dict(schemas)
        self._contacts = _Contacts()
        self.rules: Final = rules

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
        request = TrackRequest.parse(line.value, self.rules)
        name = request.event_name
        schema = None if name is None else self._schemas.get(name)
        decision = request.decide(schema, self._contacts.find(request.contact.identifiers))
        return self._keep(decision) or Rejection(line.source, line.line, name, decision.errors)

    def add_contact(self, wanted: ContactRequest) -> ContactChange | Violation | None:
        """Decide the contact of the next request, whose event is accepted and adds nothing to its schema.

        The same as :meth:`add` of the whole request. Returns the change of the contact, ``None`` if nothing changed, or
        why the request is rejected.
        """
        before = find_contact(wanted.identifiers, self._contacts.find(wanted.identifiers))
        if isinstance(before, Violation):
            return before
        contact, change = decide_contact(wanted, before)
        if change is not None:
            self._contacts.save(contact)
        return change

    def has_contact(self, identifiers: dict[str, str], properties: dict[str, ContactValue]) -> bool:
        """Whether a contact has all the ``identifiers`` and ``properties``: to add these to it changes nothing."""
        return self._contacts.has(identifiers, properties)

    def _keep(self, decision: TrackDecision) -> AcceptedRequest | None:
        event, schema, contact = decision.event, decision.schema, decision.contact
        if event is None or schema is None or contact is None:
            return None
        self._schemas[schema.name] = schema
        if decision.contact_change is not None:
            contact = self._contacts.save(contact)
        added = EMPTY if decision.schema_change is None else decision.schema_change.added
        change, adjustments = decision.contact_change, event.adjustments
        return AcceptedRequest(schema, added, event.properties, contact, change, adjustments, decision.dropped)


class _Contacts:
    """Contacts by each of their identifiers."""

    def __init__(self) -> None:
        self._by_id: dict[str, Contact] = {}  # in the order of creation
        self._by: dict[str, dict[str, Contact]] = {"id": self._by_id, "email": {}, "phoneNumber": {}}

    def all(self) -> tuple[Contact, ...]:
        return tuple(self._by_id.values())

    def has(self, identifiers: dict[str, str], properties: dict[str, ContactValue]) -> bool:
        """Whether a contact has all the ``identifiers`` and ``properties``."""
        contact = None
        for name, value in identifiers.items():
            found = self._by[name].get(value)
            if found is None or (contact is not None and found is not contact):
                return False
            contact = found
        if contact is None:
            return False
        known = contact.properties
        for name, property_ in properties.items():
            # 1 == True == 1.0, and they are different values.
            if (present := known.get(name)) != property_ or type(present) is not type(property_):
                return False
        return True

    def find(self, identifiers: FrozenDict[str, str]) -> list[Contact]:
        """The contacts with any of ``identifiers``; a contact with several of them is there several times."""
        by = self._by
        return [found for name, value in identifiers.items() if (found := by[name].get(value)) is not None]

    def save(self, contact: Contact) -> Contact:
        """Save ``contact``, a new one with the next id; return it as saved."""
        if contact.id is None:
            contact = replace(contact, id=f"c{len(self._by_id) + 1}")
        else:
            for name, value in self._by_id[contact.id].identifiers.items():
                if name != "id":  # which never changes, so the contact keeps its place
                    del self._by[name][value]
        for name, value in contact.identifiers.items():
            self._by[name][value] = contact
        return contact
