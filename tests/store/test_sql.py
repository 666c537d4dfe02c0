import re
import sqlite3
import subprocess
import sys
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from threading import Barrier, Timer
from uuid import UUID

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.event import listen, remove
from sqlalchemy.exc import IntegrityError

from eventschema import FrozenDict, SchemaChange
from eventschema.store import SchemaRegistry, StoreError, StoreUnavailableError
from eventschema.store.ids import new_ids
from eventschema.store.sql import SQLStore
from eventschema.store.tables import contacts, events, metadata, properties
from tests.databases import new_database

CHECKOUT = Path(__file__).parents[2]
PAYLOAD = {"eventName": "order", "contact": {"email": "ann@example.com"}, "properties": {"total": 1.5}}


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("sqlite:////nowhere/at/all/events.db", "unable to open database file"),
        ("postgresql://ann:secret@127.0.0.1:1/x?connect_timeout=2", "connection failed: .*, port 1 failed: .*"),
    ],
)
def test_a_database_that_cannot_be_reached(url: str, reason: str) -> None:
    with pytest.raises(StoreUnavailableError) as caught:
        SQLStore(url)
    assert re.fullmatch(f"the database cannot answer: {reason}", str(caught.value))
    assert "secret" not in str(caught.value)


def test_an_error_does_not_quote_values(sql_store: SQLStore) -> None:
    with sql_store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE eventschema_events RENAME COLUMN properties TO gone")
    payload = {**PAYLOAD, "properties": {"note": "a secret"}}
    with pytest.raises(StoreError) as caught:
        SchemaRegistry(sql_store).track(payload)
    assert type(caught.value) is StoreError
    assert re.match(r"the database refused a statement: .* \(in: INSERT INTO eventschema_events ", str(caught.value))
    assert "secret" not in "".join(traceback.format_exception(caught.value))


def test_a_store_that_is_opened_again_has_all(database_url: str) -> None:
    store = SQLStore(database_url)
    first = SchemaRegistry(store).track(PAYLOAD)
    store.close()
    again = SQLStore(database_url)
    second = SchemaRegistry(again).track(PAYLOAD)
    assert first.contact_id == second.contact_id
    assert second.decision.schema_change is None
    assert len(list(again.events())) == 2
    again.close()


def test_stores_that_open_at_once_make_the_tables_once(database_url: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        stores = list(threads.map(lambda _: SQLStore(database_url), range(8)))
    assert SchemaRegistry(stores[0]).track(PAYLOAD).ok
    assert stores[7].load("order") is not None
    for store in stores:
        store.close()


@pytest.mark.parametrize("files", [5, pytest.param(50, marks=pytest.mark.slow)])
def test_a_new_file_that_many_open_at_once(files: int, tmp_path: Path) -> None:
    start = Barrier(8)

    def opened(path: Path) -> None:
        start.wait()
        store = SQLStore(f"sqlite:///{path}")
        assert store.load("order") is None
        store.close()

    with ThreadPoolExecutor(8) as threads:
        for number in range(files):
            list(threads.map(opened, [tmp_path / f"{number}.db"] * 8))


def test_a_new_file_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    holder = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    holder.execute("CREATE TABLE held (x)")  # in SQLite's own mode still
    holder.execute("BEGIN IMMEDIATE")
    release = Timer(0.2, holder.rollback)
    release.start()
    store = SQLStore(f"sqlite:///{path}")
    release.join()
    holder.close()
    assert SchemaRegistry(store).track(PAYLOAD).ok
    with store.engine.connect() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
    store.close()


def test_waiting_for_a_new_file_has_an_end(tmp_path: Path) -> None:
    holder = sqlite3.connect(tmp_path / "events.db", isolation_level=None)
    holder.execute("CREATE TABLE held (x)")
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreUnavailableError, match=r"longer than 0\.1 s"):
        SQLStore(f"sqlite:///{tmp_path / 'events.db'}", timeout=0.1)
    holder.close()


def test_a_file_that_is_not_a_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "events.db").write_text("not a database, and long enough to be read as the header of one" * 20)
    with pytest.raises(StoreError, match="the database refused a statement: file is not a database"):
        SQLStore(f"sqlite:///{tmp_path / 'events.db'}")


def test_the_clock_and_the_ids_can_be_given(database_url: str) -> None:
    times = (datetime(2026, 11, 23, 12, tzinfo=UTC) + timedelta(seconds=number) for number in range(9))
    numbers = iter(range(1, 9))
    store = SQLStore(database_url, clock=lambda: next(times), new_id=lambda: UUID(int=next(numbers)))
    tracked = SchemaRegistry(store).track(PAYLOAD)
    assert (tracked.event_id, tracked.contact_id) == (str(UUID(int=1)), UUID(int=2).hex)
    assert [record.at.second for record in store.history("order")] == [0, 1]
    with store.engine.connect() as connection:
        assert connection.scalars(text("SELECT received_at FROM eventschema_events")).all() == [
            "2026-11-23T12:00:02+00:00"
        ]
    store.close()


def test_ids_that_are_taken_are_not_given_again(sql_store: SQLStore) -> None:
    numbers = iter([1, 2, 1, 3, 4, 2, 5, 6])
    sql_store._saver._ids = new_ids(lambda: UUID(int=next(numbers)))
    registry = SchemaRegistry(sql_store)
    registry.track(PAYLOAD)
    second = registry.track({**PAYLOAD, "contact": {"email": "bo@example.com"}})
    assert (second.event_id, second.contact_id) == (str(UUID(int=5)), UUID(int=6).hex)


def test_a_change_that_adds_nothing_needs_its_version_too(sql_store: SQLStore) -> None:
    changes = [SchemaChange("order", base_version, FrozenDict()) for base_version in (0, None, 1, 0)]
    assert [sql_store.save(change) for change in changes] == [False, True, False, True]
    assert [record.version for record in sql_store.history("order")] == [0]


def test_values_are_json_that_any_database_can_keep(sql_store: SQLStore) -> None:
    SchemaRegistry(sql_store).track({**PAYLOAD, "properties": {"note": "\0é\U0001f600"}})
    with sql_store.engine.connect() as connection:
        kept = connection.scalars(text("SELECT properties FROM eventschema_events")).one()
    assert kept == r'{"note":"\u0000é😀"}'
    assert [event.properties["note"] for event in sql_store.events()] == ["\0é\U0001f600"]


def test_all_pages_of_events_are_read(sql_store: SQLStore) -> None:
    row = {"name": "order", "identifiers": "{}", "properties": "{}", "adjustments": "[]"}
    row["received_at"] = "2026-11-26T12:00:00+00:00"
    with sql_store.engine.begin() as connection:
        connection.execute(events.insert(), [{"id": f"{number:05}", **row} for number in range(2001)])
    assert [event.id for event in sql_store.events()] == [f"{number:05}" for number in range(2001)]


def test_the_tables_have_constraints(sql_store: SQLStore) -> None:
    tracked = SchemaRegistry(sql_store).track(PAYLOAD)
    with pytest.raises(IntegrityError), sql_store.engine.begin() as connection:
        connection.execute(contacts.insert(), {"id": "x", "email": "ann@example.com", "properties": "{}"})
    row = {"name": "order", "property": "total", "type": "int", "version": 1, "position": 9}
    with pytest.raises(IntegrityError), sql_store.engine.begin() as connection:
        connection.execute(properties.insert(), row)
    with pytest.raises(IntegrityError), sql_store.engine.begin() as connection:
        connection.execute(contacts.delete().where(contacts.c.id == tracked.contact_id))


@contextmanager
def locked(path: Path) -> Iterator[None]:
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield
    engine.dispose()


def test_a_database_locked_by_another_writer(tmp_path: Path) -> None:
    store = SQLStore(f"sqlite:///{tmp_path / 'events.db'}", timeout=0.2)
    registry = SchemaRegistry(store)
    with locked(tmp_path / "events.db"), pytest.raises(StoreUnavailableError) as caught:
        registry.track(PAYLOAD)
    assert str(caught.value) == "the database cannot answer: database is locked"
    assert registry.track(PAYLOAD).ok
    assert len(list(store.events())) == 1
    store.close()


class CutOffError(Exception):
    """Simulates the end of a process or of a connection between two statements."""


@contextmanager
def cut_off_at(store: SQLStore, place: int) -> Iterator[None]:
    """Within the block, the statement at ``place`` of those that write is not reached."""
    written = count()

    def cut(_: Connection, __: object, statement: str, *___: object) -> None:
        if not statement.lstrip().startswith("SELECT") and next(written) == place:
            raise CutOffError

    listen(store.engine, "before_cursor_execute", cut)
    try:
        yield
    finally:
        remove(store.engine, "before_cursor_execute", cut)


def test_an_interrupted_request_saves_nothing(sql_store: SQLStore) -> None:
    def everything() -> list[object]:
        with sql_store.engine.connect() as connection:
            return [connection.execute(table.select()).fetchall() for table in metadata.sorted_tables]

    registry = SchemaRegistry(sql_store)
    assert registry.track(PAYLOAD).ok
    before = everything()
    more = {"eventName": "order", "contact": {"email": "bo@example.com"}, "properties": {"total": 2.5, "note": "new"}}
    for place in count():
        with cut_off_at(sql_store, place):
            try:
                done = registry.track(more).ok
            except CutOffError:
                done = False
        if done:
            break
        assert everything() == before
    assert place >= 4  # a version of the schema, its property, the contact, the event
    assert everything() != before


def test_a_transaction_that_loses_is_decided_again(postgres_server: str) -> None:
    """The loser of a conflict in serialization, or of a deadlock, decides again."""
    losing = """
        CREATE SEQUENCE attempts;
        CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            CASE nextval('attempts')
                WHEN 1 THEN RAISE EXCEPTION 'lost' USING ERRCODE = '40001';
                WHEN 2 THEN RAISE EXCEPTION 'lost' USING ERRCODE = '40P01';
                ELSE RETURN NEW;
            END CASE;
        END $$;
        CREATE TRIGGER lose BEFORE INSERT ON eventschema_events FOR EACH ROW EXECUTE FUNCTION lose();
    """
    with new_database(postgres_server) as url:
        store = SQLStore(url)
        with store.engine.begin() as connection:
            connection.exec_driver_sql(losing)
        assert SchemaRegistry(store).track(PAYLOAD).ok
        with store.engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT last_value FROM attempts").scalar() == 3
        assert len(list(store.events())) == 1
        assert len(store.history("order")) == 2
        store.close()


def test_sqlite_waits_for_locks_and_syncs(tmp_path: Path) -> None:
    store = SQLStore(f"sqlite:///{tmp_path / 'events.db'}")
    with store.engine.connect() as connection:
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        values = [connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() for pragma in pragmas]
    assert values[:3] == ["wal", 2, 1]
    assert 9_000 < int(str(values[3])) <= 10_000
    store.close()


def test_the_other_stores_need_no_sqlalchemy() -> None:
    code = "import sys, eventschema.store; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, check=False).returncode == 0


def test_trying_to_write_saves_nothing(database_url: str) -> None:
    store = SQLStore(database_url)
    for _ in range(12):  # more often than there are connections
        store.try_write()
    with store.engine.connect() as connection:
        for table in metadata.tables.values():
            if table.name != "eventschema_version":
                assert connection.execute(table.select()).all() == []
    store.close()


def test_trying_to_write_notices_a_server_that_only_reads(postgres_server: str) -> None:
    with new_database(postgres_server) as url:
        SQLStore(url).close()
        separator = "&" if "?" in url else "?"
        store = SQLStore(f"{url}{separator}options=-c%20default_transaction_read_only%3Don")
        assert store.find({"email": "ann@example.com"}) == ()
        with pytest.raises(StoreUnavailableError, match="read-only transaction"):
            store.try_write()
        store.close()


@pytest.mark.slow
def test_trying_to_write_notices_a_full_disk(tmp_path: Path) -> None:
    """In a process of its own, whose files may not become larger than they are."""
    program = """
import resource, sys
from eventschema.store.protocols import StoreUnavailableError
from eventschema.store.sql import SQLStore
store = SQLStore(sys.argv[1])
store.try_write()
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
try:
    store.try_write()
except StoreUnavailableError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
store.try_write()
store.close()
"""
    command = [sys.executable, "-c", program, f"sqlite:///{tmp_path / 'events.db'}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "the database cannot answer: disk I/O error\n"
