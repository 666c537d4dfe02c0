"""A database that is deleted, replaced or restored while a store has it open."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from eventschema.store import SchemaRegistry, StoreUnavailableError
from eventschema.store.sql import SQLStore
from eventschema.store.tables import metadata
from tests.databases import new_database

ANN = {"email": "ann@example.com"}
GONE = "was deleted, or another one was put in its place"
ANOTHER = "found another one or none in its place"


def payload(**properties: Any) -> dict[str, Any]:
    return {"eventName": "order", "contact": ANN, "properties": properties}


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


CALLS: list[Callable[[SQLStore], object]] = [
    lambda store: store.load("order"),
    lambda store: store.find(ANN),
    lambda store: store.seen("x"),
    lambda store: SchemaRegistry(store).track(payload(total=1)),
    lambda store: store.erase("x"),
    lambda store: list(store.events()),
]


@pytest.mark.parametrize("pool_size", [1, 10])
def test_a_deleted_file_is_noticed_and_may_come_back(tmp_path: Path, pool_size: int) -> None:
    path, aside = tmp_path / "events.db", tmp_path / "aside.db"
    store = SQLStore(url_of(path), pool_size=pool_size)
    registry = SchemaRegistry(store)
    assert registry.track(payload(total=1)).ok
    path.rename(aside)
    with pytest.raises(StoreUnavailableError, match=GONE):
        registry.track(payload(total=2))
    for call in CALLS:
        with pytest.raises(StoreUnavailableError, match=GONE) as caught:
            call(store)
        assert str(path) in str(caught.value)
    assert not path.exists()  # SQLite makes a file that is not there
    aside.rename(path)
    assert registry.track(payload(total=3)).ok
    store.close()
    with closing(SQLStore(url_of(path))) as again:
        assert [event.properties["total"] for event in again.events(name="order")] == [1, 3]


def test_another_file_in_its_place_is_not_opened(tmp_path: Path) -> None:
    path, backup = tmp_path / "events.db", tmp_path / "backup.db"
    with closing(SQLStore(url_of(path))) as first:
        assert SchemaRegistry(first).track(payload(total=1)).ok
    shutil.copy(path, backup)
    store = SQLStore(url_of(path))
    assert SchemaRegistry(store).track(payload(total=2)).ok  # in the write-ahead log, which stays beside the backup
    before = backup.read_bytes()
    backup.replace(path)
    for call in CALLS:
        with pytest.raises(StoreUnavailableError, match=GONE):
            call(store)
    store.engine.dispose()  # connections are made anew
    for call in CALLS:
        with pytest.raises(StoreUnavailableError, match=GONE):
            call(store)
    assert path.read_bytes() == before
    for end in ("-wal", "-shm"):  # as the error says
        Path(f"{path}{end}").unlink()
    with closing(SQLStore(url_of(path))) as restarted:
        assert [event.properties["total"] for event in restarted.events()] == [1]
        assert SchemaRegistry(restarted).track(payload(total=3)).ok


def test_a_file_deleted_before_the_commit_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    deletes = False

    def clock() -> datetime:
        if deletes:
            path.unlink()
        return datetime.now(UTC)

    store = SQLStore(url_of(path), clock=clock)
    registry = SchemaRegistry(store)
    assert registry.track(payload(total=1)).ok
    deletes = True
    with pytest.raises(StoreUnavailableError, match=GONE):
        registry.track(payload(total=2))
    store.close()


def test_rows_restored_behind_a_running_registry(tmp_path: Path) -> None:
    """The schema that a registry has cached is gone, or is an earlier version: no event is saved without its schema."""
    path = tmp_path / "events.db"
    store = SQLStore(url_of(path))
    registry = SchemaRegistry(store)
    assert registry.track(payload(total=1)).ok
    with closing(sqlite3.connect(path)) as backup:
        dump = "\n".join(backup.iterdump())
    assert registry.track(payload(total=2, more="x")).ok
    assert registry.track({**payload(a=1), "eventName": "visit"}).ok
    with closing(sqlite3.connect(path)) as other:
        for table in metadata.tables:
            other.execute(f"DROP TABLE {table}")
        other.executescript(dump)
    assert registry.track(payload(total=3, more="y")).decision.schema_change is not None
    again = registry.track({**payload(a=2), "eventName": "visit"})
    assert again.decision.schema_change is not None
    for event in store.events():
        schema = store.load(event.name)
        assert schema is not None
        assert event.properties.keys() <= schema.properties.keys()
    assert [event.properties for event in store.events(name="order")] == [{"total": 1}, {"total": 3, "more": "y"}]
    with store.engine.connect() as connection:
        versions = connection.exec_driver_sql("SELECT schema_version FROM eventschema_events ORDER BY received_at")
        assert [row[0] for row in versions] == [1, 2, 1]
    store.close()


def without_tables(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 1")


def of_another_store(path: Path) -> None:
    SQLStore(url_of(path)).close()


@pytest.mark.parametrize("put", [without_tables, of_another_store])
def test_a_closed_store_opens_only_its_own_database(tmp_path: Path, put: Callable[[Path], None]) -> None:
    path, copy = tmp_path / "events.db", tmp_path / "copy.db"
    store = SQLStore(url_of(path))
    assert SchemaRegistry(store).track(payload(total=1)).ok
    store.close()
    path.rename(copy)
    put(path)
    for call in CALLS:
        with pytest.raises(StoreUnavailableError, match=ANOTHER):
            call(store)
    store.close()
    shutil.copy(copy, path)
    assert store.load("order") is not None  # a copy has the same id
    store.close()


def test_an_error_of_the_database_is_not_taken_for_another_one(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    store = SQLStore(url_of(path))
    store.close()
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(Exception, match="file is not a database"):
        store.load("order")
    store.close()


@pytest.mark.slow
def test_another_database_of_postgresql_is_noticed(postgres_server: str) -> None:
    with new_database(postgres_server) as url, closing(SQLStore(url)) as store:
        registry = SchemaRegistry(store)
        assert registry.track(payload(total=1)).ok
        with psycopg.connect(url, autocommit=True) as server:
            row = server.execute("SELECT store_id FROM eventschema_version").fetchone()
            assert row is not None
            server.execute("UPDATE eventschema_version SET store_id = 'another'")
            assert registry.track(payload(total=2)).ok  # the connection is the same
            store.engine.dispose()
            for call in CALLS:
                with pytest.raises(StoreUnavailableError, match=ANOTHER):
                    call(store)
            server.execute("UPDATE eventschema_version SET store_id = %s", row)
            assert registry.track(payload(total=3)).ok  # without a restart
            store.engine.dispose()
            for table in metadata.tables:
                server.execute(f"DROP TABLE {table} CASCADE".encode())
            with pytest.raises(StoreUnavailableError, match=ANOTHER):
                registry.track(payload(total=4))
