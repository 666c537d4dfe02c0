"""``MemoryStore``: a store that lasts as long as its process. For tests, trying out, and to see what a store does."""

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
    """The time in UTC: the clock of a store that is given no other."""
    return datetime.now(UTC)


class _StoredEvent(NamedTuple):
    """An event as it is kept, and the contact that it belongs to until that is erased."""

    event: TrackedEvent
    contact_id: str | None


class MemoryStore:
    """A store in dicts, behind one lock: safe from several threads, and gone with its process.

    It can always answer: no method raises ``StoreError``. All raise ``TypeError`` for arguments of a wrong kind.

    ``clock`` is asked for the time of each change of a schema, ``new_id`` for the ids of contacts (32 hex digits) and
    of events that come without one.
    """

    def __init__(self, *, clock: Callable[[], datetime] = utc_now, new_id: Callable[[], UUID] = uuid4) -> None:
        check_callable(clock, "a clock as a function that gives a datetime")
        check_callable(new_id, "new_id as a function that gives a UUID")
        self._clock = clock
        self._new_id = new_id
        self._lock = Lock()
        self._schemas: dict[str, EventSchema] = {}
        self._history: dict[str, tuple[SchemaRecord, ...]] = {}
        self._contacts: dict[str, Contact] = {}
        self._owners: dict[tuple[str, str], str] = {}  # an identifier and its value, and the id of who has it
        self._events: dict[str, _StoredEvent] = {}

    def load(self, name: str) -> EventSchema | None:
        """The schema of the events ``name`` as it stands, ``None`` if there is none."""
        return self._schemas.get(read_text(name, "the name of an event"))

    def save(self, change: SchemaChange, who: str | None = None) -> bool:
        """Whether ``change`` was saved, in the name of ``who``: see ``SchemaStore.save``."""
        check_kind(change, SchemaChange, "a SchemaChange")
        who = read_who(who)
        with self._lock:
            schema = self._apply_change(change)
            if schema is None:
                return False
            self._record(schema, who, None)
            return True

    def declare(self, schema: EventSchema, who: str | None = None) -> bool:
        """Whether ``schema`` was saved as it is, in the name of ``who``: it was, if there was none of its name."""
        check_kind(schema, EventSchema, "an EventSchema")
        who = read_who(who)
        with self._lock:
            if schema.name in self._schemas:
                return False
            self._record(schema, who, None)
            return True

    def history(self, name: str) -> tuple[SchemaRecord, ...]:
        """Every version of the schema ``name``, from 0; empty if there is none."""
        return self._history.get(read_text(name, "the name of an event"), ())

    def find(self, identifiers: Mapping[str, str]) -> tuple[Contact, ...]:
        """The contacts that have any of ``identifiers``, each once, by id; none, if nothing is asked for."""
        given = read_identifiers(identifiers)
        with self._lock:
            ids = {self._owners[item] for item in given.items() if item in self._owners}
            return tuple(self._contacts[id_] for id_ in sorted(ids))

    def erase(self, contact_id: str, *, keep_properties: bool = False) -> bool:
        """Forget a contact, and what its events say of a person; whether there was one. See ``ContactStore.erase``."""
        contact_id = read_text(contact_id, "the id of a contact")
        with self._lock:
            contact = self._contacts.pop(contact_id, None)
            if contact is None:
                return False
            for item in contact.identifiers.items():
                del self._owners[item]
            for id_, kept in self._events.items():
                if kept.contact_id == contact_id:
                    self._events[id_] = _StoredEvent(_anonymous(kept.event, keep_properties=keep_properties), None)
            return True

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        """Save a request whole, and give the ids; or nothing, and say why. See ``EventSink.commit``."""
        check_kind(work, UnitOfWork, "a UnitOfWork")
        with self._lock:
            schema = None if work.schema_change is None else self._apply_change(work.schema_change)
            if work.schema_change and schema is None:
                return NotSaved.STALE
            held = None if work.before is None else self._contacts.get(work.before.id or "")
            contact = work.contact_to_save(held)
            if contact is None or self._is_taken(contact):
                return NotSaved.STALE
            if work.event.id in self._events:
                return NotSaved.DUPLICATE
            event_id = work.event.id or str(self._new_id())
            contact_id = contact.id or self._new_id().hex
            if schema is not None:
                self._record(schema, work.who, event_id)
            contact = replace(contact, id=contact_id)
            self._put_contact(contact, held)
            event = replace(work.event, id=event_id, identifiers=contact.identifiers)
            self._events[event_id] = _StoredEvent(event, contact_id)
            return Saved(event_id, contact_id)

    def seen(self, event_id: str) -> bool:
        """Whether an event of this id was saved, its contact erased since or not."""
        return read_text(event_id, "the id of an event") in self._events

    def events(self) -> Iterator[TrackedEvent]:
        """The events as they were saved, by id: those that there are when it is called."""
        with self._lock:
            kept = sorted(self._events.items())
        return (event for _, (event, _) in kept)

    def _apply_change(self, change: SchemaChange) -> EventSchema | None:
        """The schema that ``change`` makes of the one that stands; ``None`` if it was made for another."""
        held = self._schemas.get(change.name)
        if change.base_version != (None if held is None else held.version):
            return None
        base = EventSchema(change.name) if held is None else held
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


def _anonymous(event: TrackedEvent, *, keep_properties: bool) -> TrackedEvent:
    if keep_properties:
        return replace(event, identifiers=EMPTY)
    return replace(event, identifiers=EMPTY, properties=EMPTY, adjustments=())
