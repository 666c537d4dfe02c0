"""``SQLStore``: schemas, contacts and events in SQLite or PostgreSQL. It needs the extra ``sql`` (or ``postgres``).

Requests that come at the same time are saved together (see ``together``), in transactions that take their locks in
the order schema, contact, event (see ``saving``). The constraints of the tables ensure uniqueness: a writer that comes
second finds the row of the first, and its request is decided again.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from eventschema.core.arguments import check_kind
from eventschema.core.changes import SchemaChange
from eventschema.core.names import is_line
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.extras import of_extra
from eventschema.store.arguments import (
    check_callable,
    check_count,
    read_filter,
    read_identifiers,
    read_ids,
    read_page,
    read_text,
    read_who,
)
from eventschema.store.batches import read_works
from eventschema.store.checkpoints import Checkpoint, read_checkpoints
from eventschema.store.ids import new_ids
from eventschema.store.lastseen import LastSeen
from eventschema.store.memory import utc_now
from eventschema.store.protocols import NotSaved, Saved, SchemaRecord, StoreUnavailableError, UnitOfWork
from eventschema.store.questions import Retype
from eventschema.store.versions import Expected, versions_of_schema
from eventschema.store.waiting import MAX_WAITING, TIMEOUT, one_call
from eventschema.stream.positions import Position
from eventschema.stream.retyping import RetypePlan
from eventschema.track.contact import Contact
from eventschema.track.documents import IDENTIFIERS
from eventschema.track.event import TrackedEvent

try:
    from sqlalchemy import Engine, Row, Select, delete, select, update

    from eventschema.store.checkpointrows import find_checkpoint
    from eventschema.store.database import Database
    from eventschema.store.database_errors import LostRaceError
    from eventschema.store.migrations import check_encoding, is_current, update_tables
    from eventschema.store.planning import Call, Plan, keys_of
    from eventschema.store.queries import (
        COUNT_SCHEMAS,
        SELECT_LAST_SEEN,
        SELECT_NEWER,
        SELECT_SCHEMA,
        contact_of,
        last_seen_of,
        matches_of,
        newer_schema,
        read_by_id,
        read_events_of,
        read_received,
        read_schemas,
        read_schemas_of,
        records_of,
        schema_of,
    )
    from eventschema.store.retyping import Retyper
    from eventschema.store.saving import Saver
    from eventschema.store.tables import contacts, events, key_of, versions
    from eventschema.store.together import Together
except ModuleNotFoundError as error:
    raise of_extra("sql", error) from None


class SQLStore:
    """A store in the database at ``url``: ``sqlite:///events.db``, ``postgresql://user:password@host/name``.

    It makes its tables, all named ``eventschema_*``, or updates those of an earlier release, in one transaction, even
    if several processes open the database at once. Safe to use from several threads. Each process needs its own store.

    ``clock`` returns the time of an event and of a schema change, and ``new_id`` the ids of contacts (as 32 hex digits)
    and of events that have none; by default, these are UUIDs of version 4 and of version 7, which begins with the time
    (RFC 9562). At most ``pool_size`` connections are open.

    A call, or a registry's ``track`` with all its calls, takes at most ``timeout`` seconds, whatever it waits for: its
    turn to write, a connection, a lock, a slow statement, or (a second longer) a server that has stopped answering. At
    most ``max_waiting`` calls wait to write. Reads do not wait for writers, unless ``pool_size`` is 1. All methods
    raise ``StoreUnavailableError`` if the database does not answer in time; its subclass ``StoreBusyError``, at once,
    if too many calls wait; and ``TypeError`` for arguments of a wrong type.

    ``url`` can also be an engine of SQLAlchemy. Then the store connects as the engine does, with its creator,
    connection arguments and listeners, for example with passwords that change. The connections are the store's own: it
    has a pool for them, closes them with :meth:`close`, and adds no listener to the engine. The engine decides how
    long connecting may take: give it a ``connect_timeout``. Its execution options are not used.

    The drivers are Python's ``sqlite3`` and psycopg. Options in the URL are those of SQLite's URI file names (with
    ``uri=true``) or of libpq.

    Raises ``ValueError`` for the URL or the engine of another database, of one in memory, or with other options, and
    for arguments out of range; ``StoreUnavailableError`` if the database cannot be reached; ``StoreError`` for a file
    that is not a database, a database of a newer release, and one of PostgreSQL with another encoding than UTF8;
    ``ModuleNotFoundError`` if the extra ``postgres`` is needed and not installed.
    """

    max_together = 64
    """How many threads should save at once, since what they save is written together."""

    max_waiting: int
    """How many calls may wait to write."""

    is_serial: bool
    """Whether only one transaction is written at a time, as on SQLite. Then it is best to have one thread write."""

    def __init__(
        self,
        url: str | Engine,
        *,
        clock: Callable[[], datetime] = utc_now,
        new_id: Callable[[], UUID] | None = None,
        pool_size: int = 10,
        timeout: float = TIMEOUT,
        max_waiting: int = MAX_WAITING,
    ) -> None:
        check_callable(clock, "clock as a function that returns a datetime")
        if new_id is not None:
            check_callable(new_id, "new_id as a function that returns a UUID")
        check_count("pool_size", pool_size, "connections", 1)
        self._ids = new_ids(new_id)
        self._database = Database(url, pool_size, timeout, max_waiting)
        self.max_waiting, self.is_serial = max_waiting, self._database.locks_all
        self._saver = Saver(self._database, clock, self._ids)
        self._database.on_reconnecting(self._saver.forget_days)
        self._retyper = Retyper(self._database, self._saver)
        self._commits = Together(self._saver.save, self._saver.save_one, self._database.writers, timeout)
        readers = self._database.readers
        self._finds = (
            None if readers is None else Together(lambda given, _: self._find_each(given), self._find, readers, timeout)
        )
        try:
            with one_call():
                self._prepare()
        except BaseException:
            self._database.close()
            raise

    def _prepare(self) -> None:
        with self._database.read() as connection:
            check_encoding(connection)
            is_ready = is_current(connection)
        if not is_ready:
            try:
                self._database.create(update_tables)
            except LostRaceError:  # a deadlock with requests of an earlier release that is still in use
                raise StoreUnavailableError("the tables were not updated, because of another transaction") from None
        [(store_id,)] = self._read(select(versions.c.store_id))
        self._database.expect_identity(store_id)

    @property
    def engine(self) -> Engine:
        """SQLAlchemy's engine, for event listeners. The store checks nothing that is written through it.

        Its connections are not counted in ``pool_size``. On PostgreSQL their ``statement_timeout`` is ``timeout``.
        """
        return self._database.engine

    def close(self) -> None:
        """Close the connections that are not in use. Later calls open new ones."""
        self._database.close()

    def load(self, name: str) -> EventSchema | None:
        """See :meth:`SchemaStore.load`."""
        name = read_text(name, "the name of an event")
        rows = self._schema_rows(name)
        return schema_of(rows) if rows else None

    def schemas(self, *, after: str = "", limit: int | None = None) -> Iterator[EventSchema]:
        """See :meth:`ReadableStore.schemas`. They are read page by page; no connection is held between pages."""
        return read_schemas(self._read, *read_page(after, limit))

    def reload(self, known: EventSchema) -> EventSchema | None:
        """See :meth:`LookupStore.reload`."""
        check_kind(known, EventSchema, "an EventSchema")
        rows = self._read(SELECT_NEWER.params(key=key_of(known.name), known=known.version))
        return newer_schema(known, rows) or self.load(known.name)

    def count_schemas(self) -> int:
        """See :meth:`LookupStore.count_schemas`."""
        [(count,)] = self._read(COUNT_SCHEMAS)
        return int(count)

    def save(self, change: SchemaChange, who: str | None = None) -> bool:
        """See :meth:`SchemaStore.save`."""
        check_kind(change, SchemaChange, "a SchemaChange")
        who = read_who(who)
        if change.retyped or change.frozen is not None:
            return self._saver.save_checked(change, who)
        return self._saver.save_schema(change.name, lambda plan: plan.add_change(change, who, None))

    def plan_retype(
        self, name: str, types: Mapping[str, PropertyType | str], rules: Rules = DEFAULT_RULES
    ) -> RetypePlan:
        """See :meth:`RetypingStore.plan_retype`. No writer waits for it."""
        return self._retyper.plan(self._read, read_text(name, "the name of an event"), types, rules)

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
        """See :meth:`RetypingStore.retype`.

        Meanwhile no event can be saved, of any name: with a million events that takes about half a minute, so see
        :meth:`plan_retype` before. It has no time limit. But in a ``ThreadedStore`` it takes at most that of a call: if
        this is not enough, it changes nothing, and raises ``StoreUnavailableError``.
        """
        name, who = read_text(name, "the name of an event"), read_who(who)
        return self._retyper.retype(Retype(name, types, who, force, rules, expected))

    def declare(self, schema: EventSchema, who: str | None = None) -> bool:
        """See :meth:`SchemaStore.declare`."""
        check_kind(schema, EventSchema, "an EventSchema")
        who = read_who(who)

        def add(plan: Plan) -> bool:
            plan.add_versions(schema.name, versions_of_schema(schema), who, None)
            return True

        return self._saver.save_schema(schema.name, add)

    def history(self, name: str) -> tuple[SchemaRecord, ...]:
        """See :meth:`SchemaStore.history`."""
        return records_of(self._schema_rows(read_text(name, "the name of an event")))

    def last_seen(self, name: str) -> LastSeen | None:
        """See :meth:`ReadableStore.last_seen`."""
        name = read_text(name, "the name of an event")
        return last_seen_of(self._read(SELECT_LAST_SEEN.params(key=key_of(name)))) if is_line(name) else None

    def find(self, identifiers: Mapping[str, str]) -> tuple[Contact, ...]:
        """See :meth:`ContactStore.find`."""
        given = read_identifiers(identifiers)
        if not given:
            return ()
        return self._find(given) if self._finds is None else self._finds.do(given)

    def erase(self, contact_id: str, *, keep_properties: bool = False) -> bool:
        """See :meth:`ContactStore.erase`."""
        contact_id = read_text(contact_id, "the id of a contact")
        if not is_line(contact_id):
            return False
        emptied = {} if keep_properties else {"properties": "{}", "adjustments": "[]"}
        with self._database.write() as connection:
            found = select(contacts.c.id).where(contacts.c.id == contact_id)
            # The contact is locked first: an event of it that comes meanwhile waits, and then finds no contact.
            if connection.execute(found.with_for_update()).first() is None:
                return False
            its_events = update(events).where(events.c.contact_id == contact_id)
            connection.execute(its_events.values(contact_id=None, identifiers="{}", **emptied))
            connection.execute(delete(contacts).where(contacts.c.id == contact_id))
        return True

    def try_write(self) -> None:
        """See :meth:`CheckableStore.try_write`: a contact, which is rolled back."""
        self._database.try_write(contacts, {"id": self._ids.of_contact(), "properties": "{}"}, "properties")

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        """See :meth:`EventSink.commit`."""
        check_kind(work, UnitOfWork, "a UnitOfWork")
        return self._commits.do(Call((work,)), keys=keys_of((work,)))[0]

    def commit_many(
        self, works: Sequence[UnitOfWork], *, atomic: bool = False, checkpoints: Sequence[Checkpoint] = ()
    ) -> tuple[Saved | NotSaved, ...]:
        """See :meth:`BatchStore.commit_many`.

        ``checkpoints`` are saved in the same transaction, only with ``atomic``. With them, nothing is saved if any work
        is ``STALE`` or ``DUPLICATE``: so a checkpoint never passes over what should be decided again. Raises
        ``CheckpointConflictError``, and saves nothing, if one is not at its ``before``; ``ValueError`` for
        ``checkpoints`` without ``atomic``.
        """
        works, checkpoints = read_works(works), read_checkpoints(checkpoints)
        if checkpoints and not atomic:
            raise ValueError("expected atomic=True with checkpoints: they would pass over what is not saved")
        return self._save(Call(works, atomic, checkpoints)) if works or checkpoints else ()

    def commit_unrelated(self, works: Sequence[UnitOfWork]) -> tuple[Saved | NotSaved, ...]:
        """Save ``works`` that have nothing to do with each other, as :meth:`commit_many` does.

        Raises ``ContendedError``, a ``StoreUnavailableError``, and saves nothing, if a lock that one of them needs is
        not free within 0.2 seconds: the others need not wait for it.
        """
        works = read_works(works)
        return self._save(Call(works, is_shared=len(works) > 1)) if works else ()

    def _save(self, call: Call) -> tuple[Saved | NotSaved, ...]:
        # Where one transaction is written at a time, nobody asks what it is about.
        keys = None if self.is_serial or call.checkpoints else keys_of(call.works)
        return self._commits.do(call, len(call.works), keys)

    def load_many(self, names: Sequence[str]) -> tuple[EventSchema | None, ...]:
        """See :meth:`LookupStore.load_many`."""
        given = [read_text(name, "the name of an event") for name in names]
        keys = sorted({key_of(name) for name in given if is_line(name)})
        schemas = {schema.name: schema for schema in read_schemas_of(self._read, keys)}
        return tuple(map(schemas.get, given))

    def find_many(self, identifiers: Sequence[Mapping[str, str]]) -> tuple[tuple[Contact, ...], ...]:
        """See :meth:`LookupStore.find_many`."""
        return self._find_each([read_identifiers(each) for each in identifiers])

    def _find(self, given: Mapping[str, str]) -> tuple[Contact, ...]:
        with self._database.read() as connection:
            return tuple(map(contact_of, self._database.statements.find(connection, given)))

    def _find_each(self, given: Sequence[Mapping[str, str]]) -> tuple[tuple[Contact, ...], ...]:
        found: dict[tuple[str, str], Contact] = {}
        with self._database.read() as connection:
            for name in IDENTIFIERS:
                values = [each[name] for each in given if name in each]
                rows = self._database.statements.select_contacts(connection, name, values) if values else ()
                for contact in map(contact_of, rows):
                    for item in contact.identifiers.items():
                        found[item] = contact
        return tuple(matches_of(each, found) for each in given)

    def seen_many(self, event_ids: Sequence[str]) -> tuple[bool, ...]:
        """See :meth:`LookupStore.seen_many`."""
        with self._database.read() as connection:
            seen = self._database.statements.select_events(connection, read_ids(event_ids))
        return tuple(id_ in seen for id_ in event_ids)

    def checkpoint(self, name: str) -> Position | None:
        """How far a file was read: where the checkpoint ``name`` is, ``None`` if there is none."""
        name = read_text(name, "the name of a checkpoint")
        with self._database.read() as connection:
            return find_checkpoint(connection, name)

    def seen(self, event_id: str) -> bool:
        """See :meth:`EventSink.seen`."""
        return self.seen_many((read_text(event_id, "the id of an event"),))[0]

    def find_events(self, event_ids: Collection[str]) -> tuple[TrackedEvent, ...]:
        """See :meth:`LookupStore.find_events`."""
        return tuple(read_events_of(self._read, sorted(read_ids(event_ids))))

    def events(self, *, name: str | None = None, since: datetime | None = None) -> Iterator[TrackedEvent]:
        """See :meth:`ReadableStore.events`. They are read page by page; no connection is held between pages."""
        name, since = read_filter(name, since)
        if name is not None and not is_line(name):
            return iter(())
        if name is None and since is None:
            return read_by_id(self._read)
        return read_received(self._read, name, since.isoformat() if since else "")

    def _schema_rows(self, name: str) -> list[Row[Any]]:
        return self._read(SELECT_SCHEMA.params(key=key_of(name))) if is_line(name) else []

    def _read(self, statement: Select[Any]) -> list[Row[Any]]:
        with self._database.read() as connection:
            return list(connection.execute(statement))
