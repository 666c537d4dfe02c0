"""``SQLStore``: schemas, contacts and events in SQLite or PostgreSQL. It needs the extra ``sql`` (or ``postgres``).

One request is one transaction. It takes its locks in the order schema, contact, event. The constraints of the tables
ensure uniqueness: a writer that comes second breaks one, and its request is decided again.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Any, TypeVar
from uuid import UUID, uuid4

from eventschema.core.arguments import check_kind
from eventschema.core.changes import SchemaChange
from eventschema.core.frozen import EMPTY
from eventschema.core.names import is_line
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.extras import of_extra
from eventschema.store.arguments import (
    check_callable,
    check_count,
    in_utc,
    read_filter,
    read_identifiers,
    read_ids,
    read_page,
    read_text,
    read_who,
)
from eventschema.store.batches import BatchProgress, read_works
from eventschema.store.checkpoints import Checkpoint, read_checkpoints
from eventschema.store.memory import utc_now
from eventschema.store.protocols import NotSaved, Saved, SchemaRecord, StoreUnavailableError, UnitOfWork
from eventschema.store.waiting import MAX_WAITING, TIMEOUT, one_call
from eventschema.stream.positions import Position
from eventschema.track.contact import Contact
from eventschema.track.documents import write_values
from eventschema.track.event import TrackedEvent

try:
    from sqlalchemy import Connection, Engine, Row, Select, delete, func, or_, select, update

    from eventschema.store.checkpointrows import find_checkpoint, save_checkpoints
    from eventschema.store.database import Database
    from eventschema.store.database_errors import LostRaceError, translate_errors
    from eventschema.store.migrations import check_encoding, is_current, update_tables
    from eventschema.store.queries import (
        COUNT_SCHEMAS,
        FIND_EVENT,
        IDENTIFIER_COLUMNS,
        SELECT_NEWER,
        SELECT_SCHEMA,
        VERSION_OF_EVENT,
        contact_of,
        newer_schema,
        read_by_id,
        read_events_of,
        read_received,
        read_schemas,
        records_of,
        schema_of,
    )
    from eventschema.store.tables import changes, contacts, events, key_of, properties, versions
except ModuleNotFoundError as error:
    raise of_extra("sql", error) from None

_T = TypeVar("_T")


class _NothingSavedError(Exception):
    """Rolls a transaction back; ``reason`` is what ``commit`` returns then."""

    def __init__(self, reason: NotSaved) -> None:
        super().__init__(reason)
        self.reason = reason


class SQLStore:
    """A store in the database at ``url``: ``sqlite:///events.db``, ``postgresql://user:password@host/name``.

    It makes its tables, all named ``eventschema_*``, or updates those of an earlier release, in one transaction, even
    if several processes open the database at once. Safe to use from several threads. Each process needs its own store.

    ``clock`` returns the time of an event and of a schema change, and ``new_id`` the ids of contacts (as 32 hex digits)
    and of events that have none. At most ``pool_size`` connections are open.

    A call, or a registry's ``track`` with all its calls, takes at most ``timeout`` seconds, whatever it waits for: its
    turn to write, a connection, a lock, a slow statement, or (a second longer) a server that has stopped answering. At
    most ``max_waiting`` calls wait to write. Reads do not wait for writers, unless ``pool_size`` is 1. All methods
    raise ``StoreUnavailableError`` if the database does not answer in time; its subclass ``StoreBusyError``, at once,
    if too many calls wait; and ``TypeError`` for arguments of a wrong type.

    ``url`` can also be an engine of SQLAlchemy. Then the store connects as the engine does, with its creator,
    connection arguments and listeners, for example with passwords that change. The connections are the store's own: it
    has a pool for them, closes them with :meth:`close`, and adds no listener to the engine. How long connecting takes
    is the engine's matter: give it a ``connect_timeout``. Its execution options are not used.

    The drivers are Python's ``sqlite3`` and psycopg. Options in the URL are those of SQLite's URI file names (with
    ``uri=true``) or of libpq.

    Raises ``ValueError`` for the URL or the engine of another database, of one in memory, or with other options, and
    for arguments out of range; ``StoreUnavailableError`` if the database cannot be reached; ``StoreError`` for a file
    that is not a database, a database of a newer release, and one of PostgreSQL with another encoding than UTF8;
    ``ModuleNotFoundError`` if the extra ``postgres`` is needed and not installed.
    """

    def __init__(
        self,
        url: str | Engine,
        *,
        clock: Callable[[], datetime] = utc_now,
        new_id: Callable[[], UUID] = uuid4,
        pool_size: int = 10,
        timeout: float = TIMEOUT,
        max_waiting: int = MAX_WAITING,
    ) -> None:
        check_callable(clock, "clock as a function that returns a datetime")
        check_callable(new_id, "new_id as a function that returns a UUID")
        check_count("pool_size", pool_size, "connections", 1)
        self._clock = clock
        self._new_id = new_id
        self._database = Database(url, pool_size, timeout, max_waiting)
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
        return self._write(lambda connection: self._save_change(connection, change, who, None)) is None

    def declare(self, schema: EventSchema, who: str | None = None) -> bool:
        """See :meth:`SchemaStore.declare`."""
        check_kind(schema, EventSchema, "an EventSchema")
        who = read_who(who)

        def save(connection: Connection) -> None:
            since = groupby(schema.properties.items(), lambda item: schema.since(item[0]))
            added = {version: dict(items) for version, items in since}
            for version in range(schema.version + 1):
                self._save_version(connection, schema.name, version, added.get(version, EMPTY), (who, None))

        return self._write(save) is None

    def history(self, name: str) -> tuple[SchemaRecord, ...]:
        """See :meth:`SchemaStore.history`."""
        return records_of(self._schema_rows(read_text(name, "the name of an event")))

    def find(self, identifiers: Mapping[str, str]) -> tuple[Contact, ...]:
        """See :meth:`ContactStore.find`."""
        given = read_identifiers(identifiers)
        if not given:
            return ()
        wanted = or_(*(IDENTIFIER_COLUMNS[name] == value for name, value in given.items()))
        return tuple(map(contact_of, self._read(select(contacts).where(wanted).order_by(contacts.c.id))))

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
        self._database.try_write(contacts, _contact_row(Contact(self._new_id().hex)), "properties")

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        """See :meth:`EventSink.commit`."""
        check_kind(work, UnitOfWork, "a UnitOfWork")
        return self._write(lambda connection: self._save_one(connection, work))

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
        if not works and not checkpoints:
            return ()
        saved = self._write(lambda connection: self._save_all(connection, works, checkpoints, atomic=atomic))
        if not isinstance(saved, NotSaved):
            return saved
        ids = self.seen_many([work.event.id or "" for work in works])
        return tuple(NotSaved.DUPLICATE if is_seen else NotSaved.STALE for is_seen in ids)

    def load_many(self, names: Sequence[str]) -> tuple[EventSchema | None, ...]:
        """See :meth:`BatchStore.load_many`."""
        return tuple(map(self.load, names))

    def find_many(self, identifiers: Sequence[Mapping[str, str]]) -> tuple[tuple[Contact, ...], ...]:
        """See :meth:`BatchStore.find_many`."""
        return tuple(map(self.find, identifiers))

    def seen_many(self, event_ids: Sequence[str]) -> tuple[bool, ...]:
        """See :meth:`BatchStore.seen_many`."""
        return tuple(map(self.seen, event_ids))

    def checkpoint(self, name: str) -> Position | None:
        """How far a file was read: where the checkpoint ``name`` is, ``None`` if there is none."""
        name = read_text(name, "the name of a checkpoint")
        with self._database.read() as connection:
            return find_checkpoint(connection, name)

    def seen(self, event_id: str) -> bool:
        """See :meth:`EventSink.seen`."""
        event_id = read_text(event_id, "the id of an event")
        return is_line(event_id) and bool(self._read(select(events.c.id).where(events.c.id == event_id)))

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

    def _write(self, save: Callable[[Connection], _T]) -> _T | NotSaved:
        """What ``save`` returns, in one transaction; or why nothing was saved."""
        try:
            with self._database.write() as connection:
                return save(connection)
        except _NothingSavedError as error:
            return error.reason
        except LostRaceError:
            return NotSaved.STALE

    def _save_one(self, connection: Connection, given: UnitOfWork) -> Saved:
        work = BatchProgress().next(given)
        if work is None:
            raise _NothingSavedError(NotSaved.STALE)
        event_id, contact = self._save(connection, work)
        return Saved(event_id, contact.identifiers["id"])

    def _save_all(
        self, connection: Connection, works: Sequence[UnitOfWork], checkpoints: Sequence[Checkpoint], *, atomic: bool
    ) -> tuple[Saved | NotSaved, ...]:
        save_checkpoints(self._database, connection, checkpoints, self._clock())
        progress = BatchProgress()
        outcomes = tuple(self._save_next(connection, work, progress) for work in works)
        if (atomic and NotSaved.STALE in outcomes) or (checkpoints and NotSaved.DUPLICATE in outcomes):
            raise _NothingSavedError(NotSaved.STALE)
        return outcomes

    def _save_next(self, connection: Connection, given: UnitOfWork, progress: BatchProgress) -> Saved | NotSaved:
        work = progress.next(given)
        reason = NotSaved.STALE
        if work is not None:
            try:
                with translate_errors(), connection.begin_nested():
                    event_id, contact = self._save(connection, work)
                    progress.saved(work, contact)
                    return Saved(event_id, contact.identifiers["id"])
            except _NothingSavedError as error:
                reason = error.reason
            except LostRaceError:
                pass
        progress.not_saved(given)
        return reason

    def _save(self, connection: Connection, work: UnitOfWork) -> tuple[str, Contact]:
        event_id = work.event.id or str(self._new_id())
        if work.schema_change is not None:
            self._save_change(connection, work.schema_change, work.who, event_id)
        contact = self._save_contact(connection, work)
        event = replace(work.event, id=event_id, identifiers=contact.identifiers)
        self._save_event(connection, event, work)
        return event_id, contact

    def _save_change(self, connection: Connection, change: SchemaChange, who: str | None, event_id: str | None) -> None:
        by = who, event_id
        if change.base_version is None:
            self._save_version(connection, change.name, 0, EMPTY, by)
        elif not change.added:  # there is no insert that would find another version
            version = connection.scalar(
                select(func.max(changes.c.version)).where(changes.c.name == key_of(change.name))
            )
            if version != change.base_version:
                raise _NothingSavedError(NotSaved.STALE)
        if change.added:
            self._save_version(connection, change.name, (change.base_version or 0) + 1, change.added, by)

    def _save_version(
        self,
        connection: Connection,
        name: str,
        version: int,
        added: Mapping[str, PropertyType],
        by: tuple[str | None, str | None],
    ) -> None:
        who, event_id = by
        key = key_of(name)
        row = {
            "name": key,
            "version": version,
            "base_version": version - 1 if version else None,
            "event_id": event_id,
            "who": who,
            "at": self._clock().isoformat(),
            "long_name": None if key == name else name,
        }
        if not self._database.insert_new(connection, changes, row):
            raise _NothingSavedError(NotSaved.STALE)
        rows = [
            {"name": key, "type": type_.value, "version": version, "position": position, **_property_row(property_)}
            for position, (property_, type_) in enumerate(added.items())
        ]
        if rows:
            connection.execute(properties.insert(), rows)

    def _save_contact(self, connection: Connection, work: UnitOfWork) -> Contact:
        if work.contact_change is None:  # the foreign key of the event checks that the contact still exists
            return work.contact
        if work.before is None:
            contact = replace(work.contact, id=self._new_id().hex)
            if not self._database.insert_new(connection, contacts, _contact_row(contact)):
                raise _NothingSavedError(NotSaved.STALE)
            return contact
        its_row = contacts.c.id == work.before.id
        row = connection.execute(select(contacts).where(its_row).with_for_update()).first()
        changed = work.contact_to_save(None if row is None else contact_of(row))
        if changed is None:
            raise _NothingSavedError(NotSaved.STALE)
        connection.execute(update(contacts).where(its_row).values(_contact_row(changed)))
        return changed

    def _save_event(self, connection: Connection, event: TrackedEvent, work: UnitOfWork) -> None:
        row: dict[str, Any] = {
            **_event_row(event),
            "received_at": in_utc(self._clock()).isoformat(),
            "schema_version": work.schema_version,
        }
        given = None
        if work.schema_change is None and work.schema_version is not None:  # else this transaction has compared it
            row["schema_key"], given = key_of(event.name), VERSION_OF_EVENT
        if not self._database.insert_new(connection, events, row, given):
            is_repetition = work.event.id is not None and connection.scalar(FIND_EVENT, {"id": event.id})
            raise _NothingSavedError(NotSaved.DUPLICATE if is_repetition else NotSaved.STALE)


def _property_row(name: str) -> dict[str, str | None]:
    key = key_of(name)
    return {"property": key, "long_property": None if key == name else name}


def _contact_row(contact: Contact) -> dict[str, str | None]:
    return {
        "id": contact.id,
        "email": contact.email,
        "phone_number": contact.phone_number,
        "properties": json.dumps(write_values(contact.properties)),
    }


def _event_row(event: TrackedEvent) -> dict[str, str | None]:
    document = event.to_dict()
    return {
        "id": event.id,
        "name": event.name,
        "contact_id": event.identifiers["id"],
        "identifiers": json.dumps(document["contact"]),
        "properties": json.dumps(document["properties"]),
        "adjustments": json.dumps(document["adjustments"]),
        "time": event.time,
        "origin": event.origin,
        "event_version": event.event_version,
    }
