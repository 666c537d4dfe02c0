"""``MemoryStore``: a store that lasts as long as its process, for tests and trials, and to see what a store does."""

from collections import ChainMap
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import islice
from threading import Lock
from typing import NamedTuple
from uuid import UUID, uuid4

from eventschema.core.arguments import check_kind
from eventschema.core.changes import SchemaChange
from eventschema.core.frozen import EMPTY, FrozenDict
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.store.arguments import (
    check_callable,
    in_utc,
    read_filter,
    read_identifiers,
    read_ids,
    read_page,
    read_text,
    read_who,
)
from eventschema.store.batches import BatchProgress, read_works
from eventschema.store.lastseen import EVENT, LastSeen
from eventschema.store.protocols import NotSaved, Saved, SchemaRecord, UnitOfWork
from eventschema.store.versions import (
    Expected,
    Version,
    check_expected,
    existing,
    schema_after,
    versions_of_change,
    versions_of_schema,
)
from eventschema.stream.retyping import RetypePlan, plan_retype, refuse_loss
from eventschema.track.contact import Contact
from eventschema.track.event import TrackedEvent


def utc_now() -> datetime:
    """The present time in UTC: the default clock of a store."""
    return datetime.now(UTC)


class _StoredEvent(NamedTuple):
    """An event, and the id of its contact, ``None`` once that is erased."""

    event: TrackedEvent
    contact_id: str | None


@dataclass(slots=True)
class _Write:
    """All that one request changes. Applying it once more changes nothing further."""

    schemas: dict[str, EventSchema] = field(default_factory=dict)
    history: dict[str, tuple[SchemaRecord, ...]] = field(default_factory=dict)
    contacts: dict[str, Contact] = field(default_factory=dict)
    erased: str | None = None  # the id of a contact
    freed: tuple[tuple[str, str], ...] = ()  # identifiers that lose their owner, before others get theirs
    owners: dict[tuple[str, str], str] = field(default_factory=dict)
    events: dict[str, _StoredEvent] = field(default_factory=dict)
    days: dict[str, dict[str, date]] = field(default_factory=dict)  # by event and property


class MemoryStore:
    """A store in dicts with one lock, safe to use from several threads. Its contents end with the process.

    It can always answer: no method raises ``StoreError``. All raise ``TypeError`` for arguments of a wrong type.

    An exception that a signal handler raises, such as ``KeyboardInterrupt``, leaves a request stored whole or not at
    all: a method works out its changes first and publishes them with one assignment. The next call applies what
    is left of them.

    ``clock`` returns the time of an event and of a schema change, and ``new_id`` the ids of contacts (as 32 hex digits)
    and of events that have none.
    """

    def __init__(self, *, clock: Callable[[], datetime] = utc_now, new_id: Callable[[], UUID] = uuid4) -> None:
        check_callable(clock, "clock as a function that returns a datetime")
        check_callable(new_id, "new_id as a function that returns a UUID")
        self._clock = clock
        self._new_id = new_id
        self._lock = Lock()
        self._published: _Write | None = None  # stored, but perhaps not applied to all of what follows
        self._schemas: MutableMapping[str, EventSchema] = {}
        self._history: MutableMapping[str, tuple[SchemaRecord, ...]] = {}
        self._contacts: MutableMapping[str, Contact] = {}
        self._owners: MutableMapping[tuple[str, str], str] = {}  # the id of the contact that has the identifier
        self._events: MutableMapping[str, _StoredEvent] = {}
        self._days: MutableMapping[str, dict[str, date]] = {}

    def load(self, name: str) -> EventSchema | None:
        """See :meth:`SchemaStore.load`."""
        name = read_text(name, "the name of an event")
        self._finish()
        return self._schemas.get(name)

    def schemas(self, *, after: str = "", limit: int | None = None) -> Iterator[EventSchema]:
        """See :meth:`ReadableStore.schemas`. These are the schemas that are stored at the time of the call."""
        after, limit = read_page(after, limit)
        with self._lock:
            self._apply()
            schemas = sorted(self._schemas.items())
        return islice((schema for name, schema in schemas if name > after), limit)

    def count_schemas(self) -> int:
        """See :meth:`LookupStore.count_schemas`."""
        self._finish()
        return len(self._schemas)

    def save(self, change: SchemaChange, who: str | None = None) -> bool:
        """See :meth:`SchemaStore.save`."""
        check_kind(change, SchemaChange, "a SchemaChange")
        who = read_who(who)
        with self._lock:
            self._apply()
            schema = self._apply_change(change)
            if schema is not None:
                self._publish(self._record(schema, versions_of_change(change), who, None))
        return schema is not None

    def declare(self, schema: EventSchema, who: str | None = None) -> bool:
        """See :meth:`SchemaStore.declare`."""
        check_kind(schema, EventSchema, "an EventSchema")
        who = read_who(who)
        with self._lock:
            self._apply()
            is_new = schema.name not in self._schemas
            if is_new:
                self._publish(self._record(schema, versions_of_schema(schema), who, None))
        return is_new

    def plan_retype(
        self, name: str, types: Mapping[str, PropertyType | str], rules: Rules = DEFAULT_RULES
    ) -> RetypePlan:
        """See :meth:`RetypingStore.plan_retype`."""
        name = read_text(name, "the name of an event")
        with self._lock:
            self._apply()
            return self._plan_retype(name, types, rules)

    def retype(
        self,
        name: str,
        types: Mapping[str, PropertyType | str],
        who: str | None = None,
        *,
        force: bool = False,
        rules: Rules = DEFAULT_RULES,
        expected: Expected = "any",
    ) -> RetypePlan:
        """See :meth:`RetypingStore.retype`."""
        name, who = read_text(name, "the name of an event"), read_who(who)
        with self._lock:
            self._apply()
            schema = existing(self._schemas.get(name), name)
            check_expected(schema, expected)
            plan, change = self._plan_retype(name, types, rules), schema.retype_change(types)
            refuse_loss(plan, force=force)
            if change.retyped:
                self._publish(self._record(schema.apply(change), versions_of_change(change), who, None))
            return plan

    def history(self, name: str) -> tuple[SchemaRecord, ...]:
        """See :meth:`SchemaStore.history`."""
        name = read_text(name, "the name of an event")
        self._finish()
        return self._history.get(name, ())

    def last_seen(self, name: str) -> LastSeen | None:
        """See :meth:`ReadableStore.last_seen`."""
        name = read_text(name, "the name of an event")
        with self._lock:
            self._apply()
            schema, days = self._schemas.get(name), self._days.get(name, {})
        if schema is None:
            return None
        return LastSeen(days.get(EVENT), FrozenDict.wrap({each: days.get(each) for each in schema.properties}))

    def find(self, identifiers: Mapping[str, str]) -> tuple[Contact, ...]:
        """See :meth:`ContactStore.find`."""
        given = read_identifiers(identifiers)
        with self._lock:
            self._apply()
            ids = {self._owners[item] for item in given.items() if item in self._owners}
            return tuple(self._contacts[id_] for id_ in sorted(ids))

    def erase(self, contact_id: str, *, keep_properties: bool = False) -> bool:
        """See :meth:`ContactStore.erase`."""
        contact_id = read_text(contact_id, "the id of a contact")
        with self._lock:
            self._apply()
            contact = self._contacts.get(contact_id)
            if contact is not None:
                events = {
                    id_: _StoredEvent(_anonymize(event, keep_properties=keep_properties), None)
                    for id_, (event, owner) in self._events.items()
                    if owner == contact_id
                }
                self._publish(_Write(erased=contact_id, freed=tuple(contact.identifiers.items()), events=events))
        return contact is not None

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        """See :meth:`EventSink.commit`."""
        check_kind(work, UnitOfWork, "a UnitOfWork")
        with self._lock:
            self._apply()
            return self._commit(work)

    def commit_many(self, works: Sequence[UnitOfWork], *, atomic: bool = False) -> tuple[Saved | NotSaved, ...]:
        """See :meth:`BatchStore.commit_many`."""
        works = read_works(works)
        with self._lock:
            self._apply()
            draft, progress = _Draft(self), BatchProgress()
            outcomes = tuple(draft.commit_next(work, progress) for work in works)
            if atomic and NotSaved.STALE in outcomes:
                return tuple(NotSaved.DUPLICATE if work.event.id in self._events else NotSaved.STALE for work in works)
            self._publish(draft.write())
            return outcomes

    def seen(self, event_id: str) -> bool:
        """See :meth:`EventSink.seen`."""
        event_id = read_text(event_id, "the id of an event")
        self._finish()
        return event_id in self._events

    def find_events(self, event_ids: Collection[str]) -> tuple[TrackedEvent, ...]:
        """See :meth:`LookupStore.find_events`."""
        ids = sorted(read_ids(event_ids))
        with self._lock:
            self._apply()
            return tuple(self._events[id_].event for id_ in ids if id_ in self._events)

    def events(self, *, name: str | None = None, since: datetime | None = None) -> Iterator[TrackedEvent]:
        """See :meth:`ReadableStore.events`. These are the events that are stored at the time of the call."""
        name, since = read_filter(name, since)
        with self._lock:
            self._apply()
            events = [event for _, (event, _) in sorted(self._events.items())]
        if name is not None or since is not None:
            earliest = datetime.min.replace(tzinfo=UTC) if since is None else since
            events.sort(key=_received_at)
            events = [one for one in events if name in {None, one.name} and _received_at(one) >= earliest]
        return iter(events)

    def _plan_retype(self, name: str, types: Mapping[str, PropertyType | str], rules: Rules) -> RetypePlan:
        schema = existing(self._schemas.get(name), name)
        return plan_retype(schema, types, [event for event, _ in self._events.values()], rules)

    def _commit(self, work: UnitOfWork) -> Saved | NotSaved:
        if not work.is_current(self._schemas.get(work.event.name)):
            return NotSaved.STALE
        stored = None if work.before is None else self._contacts.get(work.before.id or "")
        contact = work.contact_to_save(stored)
        if contact is None or self._is_taken(contact):
            return NotSaved.STALE
        if work.event.id in self._events:
            return NotSaved.DUPLICATE
        event_id = work.event.id or str(self._new_id())
        contact_id = contact.id or self._new_id().hex
        write = _Write()
        if work.schema_change is not None and (schema := self._apply_change(work.schema_change)) is not None:
            write = self._record(schema, versions_of_change(work.schema_change), work.who, event_id)
        contact = replace(contact, id=contact_id)
        write.contacts[contact_id] = contact
        write.freed = () if stored is None else tuple(stored.identifiers.items())
        write.owners = dict.fromkeys(contact.identifiers.items(), contact_id)
        received = in_utc(self._clock())
        event = replace(work.event, id=event_id, identifiers=contact.identifiers, received_at=received)
        event = replace(event, schema_version=work.schema_version)
        write.events[event_id] = _StoredEvent(event, contact_id)
        days, day = self._days.get(event.name, {}), received.date()
        later = {each: day for each in (EVENT, *event.properties) if each not in days or days[each] < day}
        if later:
            write.days[event.name] = {**days, **later}
        saved = Saved(event_id, contact_id)
        self._publish(write)
        return saved

    def _publish(self, write: _Write) -> None:
        """Store all of ``write`` by one assignment, and apply it. The lock is held."""
        self._published = write
        self._apply()

    def _finish(self) -> None:
        """Apply what is published and not yet applied. The lock is not held."""
        if self._published is not None:
            with self._lock:
                self._apply()

    def _apply(self) -> None:
        """As :meth:`_finish`, with the lock held. If it is interrupted, the next call does all of it again."""
        write = self._published
        if write is None:
            return
        self._schemas.update(write.schemas)
        self._history.update(write.history)
        self._contacts.update(write.contacts)
        if write.erased is not None:
            self._contacts.pop(write.erased, None)
        for item in write.freed:
            self._owners.pop(item, None)
        self._owners.update(write.owners)
        self._events.update(write.events)
        self._days.update(write.days)
        self._published = None

    def _apply_change(self, change: SchemaChange) -> EventSchema | None:
        return schema_after(self._schemas.get(change.name), change)

    def _record(
        self, schema: EventSchema, versions: Iterable[Version], who: str | None, event_id: str | None
    ) -> _Write:
        """The write of ``schema`` and of the records of its new ``versions``."""
        name, at = schema.name, self._clock()
        records = [
            SchemaRecord(name, number, added, event_id, who, at, retyped, frozen)
            for number, added, retyped, frozen in versions
        ]
        return _Write(schemas={name: schema}, history={name: (*self._history.get(name, ()), *records)})

    def _is_taken(self, contact: Contact) -> bool:
        return any((self._owners.get(item) or contact.id) != contact.id for item in contact.identifiers.items())


class _Draft(MemoryStore):
    """A store with what one call of ``commit_many`` has saved so far, of which nothing is published yet."""

    def __init__(self, store: MemoryStore) -> None:
        super().__init__(clock=store._clock, new_id=store._new_id)
        self._write = _Write()
        self._schemas = ChainMap(self._write.schemas, store._schemas)
        self._history = ChainMap(self._write.history, store._history)
        self._contacts = ChainMap(self._write.contacts, store._contacts)
        self._new_owners: dict[tuple[str, str], str] = {}  # "" for an identifier that its contact gave up
        self._owners = ChainMap(self._new_owners, store._owners)
        self._events = ChainMap(self._write.events, store._events)
        self._days = ChainMap(self._write.days, store._days)

    def commit_next(self, given: UnitOfWork, progress: BatchProgress) -> Saved | NotSaved:
        """Save the next unit of work of the call, if nothing is against it."""
        work = progress.next(given)
        outcome = NotSaved.STALE if work is None else self._commit(work)
        if work is None or isinstance(outcome, NotSaved):
            progress.not_saved(given)
        else:
            progress.saved(work, self._contacts[outcome.contact_id])
        return outcome

    def write(self) -> _Write:
        """All that the call changes."""
        owners = self._new_owners
        self._write.freed = tuple(item for item, owner in owners.items() if not owner)
        self._write.owners = {item: owner for item, owner in owners.items() if owner}
        return self._write

    def _publish(self, write: _Write) -> None:
        self._schemas.update(write.schemas)
        self._history.update(write.history)
        self._contacts.update(write.contacts)
        self._owners.update(dict.fromkeys(write.freed, ""))
        self._owners.update(write.owners)
        self._events.update(write.events)
        self._days.update(write.days)


def _received_at(event: TrackedEvent) -> datetime:
    assert event.received_at is not None  # every stored event has it
    return event.received_at


def _anonymize(event: TrackedEvent, *, keep_properties: bool) -> TrackedEvent:
    if keep_properties:
        return replace(event, identifiers=EMPTY)
    return replace(event, identifiers=EMPTY, properties=EMPTY, adjustments=())
