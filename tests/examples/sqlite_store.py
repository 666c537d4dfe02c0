"""A store of your own, on Python's ``sqlite3``: a starting point for one on another database.

Each table has a column with a JSON document, and columns to look it up by. Those are JSON texts too, in ASCII, so that
any text can be looked up. Each call takes one lock, and a call that writes runs in a transaction that holds SQLite's
write lock: nothing comes between what it reads and what it writes.
"""

import json
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock
from typing import Any
from uuid import uuid4

from eventschema import Contact, EventSchema, FrozenDict, PropertyType, SchemaChange, TrackedEvent
from eventschema.store import NotSaved, Saved, SchemaRecord, StoreUnavailableError, UnitOfWork

_TABLES = """
    CREATE TABLE IF NOT EXISTS schemas (name TEXT PRIMARY KEY, document TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS records (
        name TEXT, version INTEGER, added TEXT NOT NULL, retyped TEXT NOT NULL, event_id TEXT, who TEXT,
        at TEXT NOT NULL, frozen INTEGER,
        PRIMARY KEY (name, version)
    );
    CREATE TABLE IF NOT EXISTS contacts (
        id TEXT PRIMARY KEY, email TEXT UNIQUE, phoneNumber TEXT UNIQUE, document TEXT NOT NULL
    );
    CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, contact_id TEXT, document TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS events_of_contact ON events (contact_id);
"""
Step = tuple[Mapping[str, Any], Mapping[str, Any], bool | None]  # what a version added, retyped and froze
_NO_LINE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class SQLiteStore:
    """A store in the SQLite file at ``path``, safe from several threads and processes. Close it with ``close()``."""

    def __init__(self, path: str) -> None:
        self._lock = Lock()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.executescript(_TABLES)

    def close(self) -> None:
        self._connection.close()

    # Schemas

    def load(self, name: str) -> EventSchema | None:
        with self._reading():
            return self._schema(name)

    def save(self, change: SchemaChange, who: str | None = None) -> bool:
        _check_who(who)
        with self._writing():
            schema = self._changed(change)
            if schema is not None:
                self._keep_schema(schema, [(change.added, change.retyped, change.frozen)], who, None)
            return schema is not None

    def declare(self, schema: EventSchema, who: str | None = None) -> bool:
        _check_who(who)
        with self._writing():
            is_new = self._schema(schema.name) is None
            if is_new:
                self._keep_schema(schema, _steps(schema), who, None)
            return is_new

    def history(self, name: str) -> list[SchemaRecord]:
        columns = "version, added, event_id, who, at, retyped, frozen"
        select = f"SELECT {columns} FROM records WHERE name = ? ORDER BY version"
        with self._reading():
            rows = self._rows(select, _key(name))
        return [
            SchemaRecord(
                name,
                version,
                _types(added),
                event_id,
                who,
                datetime.fromisoformat(at),
                _pairs(retyped),
                None if frozen is None else bool(frozen),
            )
            for version, added, event_id, who, at, retyped, frozen in rows
        ]

    # Contacts

    def find(self, identifiers: Mapping[str, str]) -> list[Contact]:
        if identifiers.keys() - {"id", "email", "phoneNumber"}:
            raise ValueError(f"expected some of id, email and phoneNumber, found {sorted(identifiers)}")
        with self._reading():
            return self._find(identifiers)

    def erase(self, contact_id: str, *, keep_properties: bool = False) -> bool:
        key = _key(contact_id)
        with self._writing():
            for event_key, document in self._rows("SELECT id, document FROM events WHERE contact_id = ?", key):
                event = replace(TrackedEvent.from_dict(json.loads(document)), identifiers=FrozenDict())
                if not keep_properties:
                    event = replace(event, properties=FrozenDict(), adjustments=())
                update = "UPDATE events SET contact_id = NULL, document = ? WHERE id = ?"
                self._connection.execute(update, (json.dumps(event.to_dict()), event_key))
            return self._connection.execute("DELETE FROM contacts WHERE id = ?", (key,)).rowcount > 0

    # Events

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        """The numbers are those of the steps that ``help(eventschema.store.EventSink.commit)`` explains."""
        with self._writing():
            if not work.is_current(self._schema(work.event.name)):  # 1
                return NotSaved.STALE
            held = None if work.before is None else self._contact(str(work.before.id))
            contact = work.contact_to_save(held)  # 2
            if contact is None:
                return NotSaved.STALE
            if any(other.id != contact.id for other in self._find(contact.identifiers)):  # 3
                return NotSaved.STALE
            if work.event.id is not None and self._has_event(work.event.id):  # 4
                return NotSaved.DUPLICATE
            contact_id, event_id = contact.id or uuid4().hex, work.event.id or str(uuid4())  # 5
            change = work.schema_change
            if change is not None and (schema := self._changed(change)) is not None:  # 6
                self._keep_schema(schema, [(change.added, change.retyped, change.frozen)], work.who, event_id)
            contact = replace(contact, id=contact_id)
            self._keep_contact(contact)
            event = replace(work.event, id=event_id, identifiers=contact.identifiers)
            row = (_key(event_id), _key(contact_id), json.dumps(event.to_dict()))
            self._connection.execute("INSERT INTO events VALUES (?, ?, ?)", row)
            return Saved(event_id, contact_id)

    def seen(self, event_id: str) -> bool:
        with self._reading():
            return self._has_event(event_id)

    def events(self) -> list[TrackedEvent]:
        """All events that are stored. Registries do not need it; with it ``check_store`` looks at their values."""
        with self._reading():
            rows = self._rows("SELECT document FROM events")
        return [TrackedEvent.from_dict(json.loads(document)) for (document,) in rows]

    # What the methods above have in common; the lock is held

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except sqlite3.OperationalError as error:  # another process holds the file's lock, or the disk fails
                raise StoreUnavailableError(str(error)) from error

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._reading(), self._connection:  # commits, or rolls back where something is raised
            self._connection.execute("BEGIN IMMEDIATE")
            yield

    def _rows(self, select: str, *values: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(select, values).fetchall()

    def _schema(self, name: str) -> EventSchema | None:
        for (document,) in self._rows("SELECT document FROM schemas WHERE name = ?", _key(name)):
            return EventSchema.from_dict(json.loads(document))
        return None

    def _changed(self, change: SchemaChange) -> EventSchema | None:
        """The schema after ``change``; ``None`` if the change was decided on another version."""
        held = self._schema(change.name)
        if change.base_version != (None if held is None else held.version):
            return None
        before = held or EventSchema(change.name)
        is_current = all(before.properties.get(name) is old for name, (old, _) in change.retyped.items())
        if not is_current or change.frozen is before.frozen or change.added.keys() & before.properties.keys():
            return None
        return before.apply(change)

    def _keep_schema(self, schema: EventSchema, steps: list[Step], who: str | None, event_id: str | None) -> None:
        """Keep ``schema``, and a record of each of its last versions: what the ``steps`` to them did."""
        key, at = _key(schema.name), datetime.now(UTC).isoformat()
        self._connection.execute("REPLACE INTO schemas VALUES (?, ?)", (key, json.dumps(schema.to_dict())))
        [(recorded,)] = self._rows("SELECT count(*) FROM records WHERE name = ?", key)
        missing = schema.version + 1 - recorded - len(steps)
        steps = [({}, {}, None)] * missing + steps  # the first change makes version 0 too
        for version, (added, retyped, frozen) in enumerate(steps[: schema.version + 1 - recorded], recorded):
            row = (key, version, json.dumps(dict(added)), json.dumps(dict(retyped)), event_id, who, at, frozen)
            self._connection.execute("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)

    def _contact(self, contact_id: str) -> Contact | None:
        return next(iter(self._find({"id": contact_id})), None)

    def _find(self, identifiers: Mapping[str, str]) -> list[Contact]:
        condition = " OR ".join(f"{name} = ?" for name in identifiers) or "FALSE"
        select = f"SELECT document FROM contacts WHERE {condition} ORDER BY id"
        rows = self._rows(select, *map(_key, identifiers.values()))
        return [Contact.from_dict(json.loads(document)) for (document,) in rows]

    def _keep_contact(self, contact: Contact) -> None:
        keys = {name: _key(text) for name, text in contact.identifiers.items()}
        row = (keys["id"], keys.get("email"), keys.get("phoneNumber"), json.dumps(contact.to_dict()))
        self._connection.execute("REPLACE INTO contacts VALUES (?, ?, ?, ?)", row)

    def _has_event(self, event_id: str) -> bool:
        return bool(self._rows("SELECT 1 FROM events WHERE id = ?", _key(event_id)))


def _key(text: str) -> str:
    return json.dumps(text)


def _steps(schema: EventSchema) -> list[Step]:
    """What each version of ``schema`` did. The old type of a retyped property is not known, nor an earlier freeze."""
    steps: list[tuple[dict[str, str], dict[str, Any], bool | None]] = [
        ({}, {}, True if version == schema.frozen_since else None) for version in range(schema.version + 1)
    ]
    added_in = schema.to_dict().get("added", {})  # of those that were retyped
    for name, type_ in schema.properties.items():
        steps[added_in.get(name, schema.since(name))][0][name] = type_
        if name in added_in:
            steps[schema.since(name)][1][name] = (None, type_)
    return list(steps)


def _pairs(retyped: str) -> FrozenDict[str, Any]:
    pairs = json.loads(retyped).items()
    return FrozenDict({name: (old and PropertyType(old), PropertyType(new)) for name, (old, new) in pairs})


def _types(added: str) -> FrozenDict[str, PropertyType]:
    return FrozenDict({name: PropertyType(type_) for name, type_ in json.loads(added).items()})


def _check_who(who: str | None) -> None:
    if who is not None and _NO_LINE.search(who):
        raise ValueError("expected who without control characters and lone surrogates")
