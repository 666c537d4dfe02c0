"""``MemoryStore``: a store that lasts as long as its process, for tests and trials, and to see what a store does."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock
from typing import NamedTuple
from uuid import UUID, uuid4

from eventschema.core.arguments import check_kind
from eventschema.core.changes import SchemaChange
from eventschema.core.frozen import EMPTY, FrozenDict
from eventschema.core.schema import EventSchema
from eventschema.store.arguments import check_callable, read_identifiers, read_text, read_who
from eventschema.store.protocols import NotSaved, Saved, SchemaRecord, UnitOfWork
from eventschema.track.contact import Contact
from eventschema.track.event import TrackedEvent


def utc_now() -> datetime:
    """The present time in UTC: the default clock of a store."""
    return datetime.now(UTC)


class _StoredEvent(NamedTuple):
    """An event, and the id of its contact, ``None`` once that is erased."""

    event: TrackedEvent
    contact_id: str | None


class MemoryStore:
    """A store in dicts with one lock, safe to use from several threads. Its contents end with the process.

    It can always answer: no method raises ``StoreError``. All raise ``TypeError`` for arguments of a wrong type.

    ``clock`` returns the time of a schema change, and ``new_id`` the ids of contacts (as 32 hex digits) and of events
    that have none.
    """

    def __init__(self, *, clock: Callable[[], datetime] = utc_now, new_id: Callable[[], UUID] = uuid4) -> None:
        check_callable(clock, "clock as a function that returns a datetime")
        check_callable(new_id, "new_id as a function that returns a UUID")
        self._clock = clock
        self._new_id = new_id
        self._lock = Lock()
        self._schemas: dict[str, EventSchema] = {}
        self._history: dict[str, tuple[SchemaRecord, ...]] = {}
        self._contacts: dict[str, Contact] = {}
        self._owners: dict[tuple[str, str], str] = {}  # the id of the contact that has an identifier of this value
        self._events: dict[str, _StoredEvent] = {}

    def load(self, name: str) -> EventSchema | None:
        """See :meth:`SchemaStore.load`."""
        return self._schemas.get(read_text(name, "the name of an event"))

    def save(self, change: SchemaChange, who: str | None = None) -> bool:
        """See :meth:`SchemaStore.save`."""
        check_kind(change, SchemaChange, "a SchemaChange")
        who = read_who(who)
        with self._lock:
            schema = self._apply_change(change)
            if schema is None:
                return False
            self._record(schema, who, None)
            return True

    def declare(self, schema: EventSchema, who: str | None = None) -> bool:
        """See :meth:`SchemaStore.declare`."""
        check_kind(schema, EventSchema, "an EventSchema")
        who = read_who(who)
        with self._lock:
            if schema.name in self._schemas:
                return False
            self._record(schema, who, None)
            return True

    def history(self, name: str) -> tuple[SchemaRecord, ...]:
        """See :meth:`SchemaStore.history`."""
        return self._history.get(read_text(name, "the name of an event"), ())

    def find(self, identifiers: Mapping[str, str]) -> tuple[Contact, ...]:
        """See :meth:`ContactStore.find`."""
        given = read_identifiers(identifiers)
        with self._lock:
            ids = {self._owners[item] for item in given.items() if item in self._owners}
            return tuple(self._contacts[id_] for id_ in sorted(ids))

    def erase(self, contact_id: str, *, keep_properties: bool = False) -> bool:
        """See :meth:`ContactStore.erase`."""
        contact_id = read_text(contact_id, "the id of a contact")
        with self._lock:
            contact = self._contacts.pop(contact_id, None)
            if contact is None:
                return False
            for item in contact.identifiers.items():
                del self._owners[item]
            for id_, (event, owner) in self._events.items():
                if owner == contact_id:
                    self._events[id_] = _StoredEvent(_anonymize(event, keep_properties=keep_properties), None)
            return True

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        """See :meth:`EventSink.commit`."""
        check_kind(work, UnitOfWork, "a UnitOfWork")
        with self._lock:
            schema = None if work.schema_change is None else self._apply_change(work.schema_change)
            if work.schema_change and schema is None:
                return NotSaved.STALE
            stored = None if work.before is None else self._contacts.get(work.before.id or "")
            contact = work.contact_to_save(stored)
            if contact is None or self._is_taken(contact):
                return NotSaved.STALE
            if work.event.id in self._events:
                return NotSaved.DUPLICATE
            event_id = work.event.id or str(self._new_id())
            contact_id = contact.id or self._new_id().hex
            if schema is not None:
                self._record(schema, work.who, event_id)
            contact = replace(contact, id=contact_id)
            self._put_contact(contact, stored)
            event = replace(work.event, id=event_id, identifiers=contact.identifiers)
            self._events[event_id] = _StoredEvent(event, contact_id)
            return Saved(event_id, contact_id)

    def seen(self, event_id: str) -> bool:
        """See :meth:`EventSink.seen`."""
        return read_text(event_id, "the id of an event") in self._events

    def events(self) -> Iterator[TrackedEvent]:
        """The events that are stored at the time of the call, ordered by id."""
        with self._lock:
            events = sorted(self._events.items())
        return (event for _, (event, _) in events)

    def _apply_change(self, change: SchemaChange) -> EventSchema | None:
        """The current schema with ``change``; ``None`` if the change is based on another version."""
        stored = self._schemas.get(change.name)
        if change.base_version != (None if stored is None else stored.version):
            return None
        base = stored or EventSchema(change.name)
        return None if change.added.keys() & base.properties.keys() else base.apply(change)

    def _record(self, schema: EventSchema, who: str | None, event_id: str | None) -> None:
        history = self._history.get(schema.name, ())
        at = self._clock()
        since = {name: schema.since(name) for name in schema.properties}
        for version in range(len(history), schema.version + 1):
            added = {name: type_ for name, type_ in schema.properties.items() if since[name] == version}
            history += (SchemaRecord(schema.name, version, FrozenDict.wrap(added), event_id, who, at),)
        self._history[schema.name] = history
        self._schemas[schema.name] = schema

    def _is_taken(self, contact: Contact) -> bool:
        return any(self._owners.get(item, contact.id) != contact.id for item in contact.identifiers.items())

    def _put_contact(self, contact: Contact, before: Contact | None) -> None:
        for item in () if before is None else before.identifiers.items():
            del self._owners[item]
        assert contact.id is not None
        self._contacts[contact.id] = contact
        self._owners.update(dict.fromkeys(contact.identifiers.items(), contact.id))


def _anonymize(event: TrackedEvent, *, keep_properties: bool) -> TrackedEvent:
    if keep_properties:
        return replace(event, identifiers=EMPTY)
    return replace(event, identifiers=EMPTY, properties=EMPTY, adjustments=())
