"""What a service would have done with a stream of track requests: each decided on, in order, and its result kept.

Schemas and contacts are held in memory; a request that is refused changes none of them. A created contact gets the next
id of ``c1``, ``c2``, ``c3``, ...: the same stream always gives the same contacts.
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
    """What became of an accepted request.

    ``schema`` is that of its event after it, ``added`` the types of the properties that it brought, ``properties`` the
    event's values, and ``adjustments`` what was changed of these on the way; ``contact`` is the contact after it, its
    id included, and ``contact_change`` what that took, ``None`` where nothing of the contact changed.
    """

    schema: EventSchema
    added: Mapping[str, PropertyType]
    properties: Mapping[str, Any]
    contact: Contact
    contact_change: ContactChange | None
    adjustments: tuple[Adjustment, ...] = ()


class TrackReplay:
    """The schemas and the contacts that a stream of track requests makes, request by request.

    ``schemas`` are those to start from, by name. There is no contact at first.
    """

    def __init__(self, schemas: Mapping[str, EventSchema] = EMPTY, rules: Rules = DEFAULT_RULES) -> None:
        self._schemas = dict(schemas)
        self._contacts = _Contacts()
        self._rules = rules

    @property
    def schemas(self) -> dict[str, EventSchema]:
        """The schemas as they stand now, by name, in the order in which they came. A copy."""
        return dict(self._schemas)

    @property
    def contacts(self) -> tuple[Contact, ...]:
        """The contacts as they stand now, in the order in which they were created."""
        return self._contacts.all()

    def schema(self, name: str) -> EventSchema | None:
        """The schema of the event ``name`` as it stands now, if there is one."""
        return self._schemas.get(name)

    def add(self, line: StreamObject) -> AcceptedRequest | Rejection:
        """Take the next request: what came of it, or, if anything is wrong with it, the rejection."""
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
        """The contacts that any of ``identifiers`` belongs to, one found by several of them several times."""
        owners = (self._owners.get(identifier) for identifier in identifiers.items())
        return [self._contacts[owner] for owner in owners if owner is not None]

    def save(self, contact: Contact) -> Contact:
        """Keep ``contact`` in place of what was known of it; a new one with an id."""
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
