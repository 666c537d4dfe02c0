"""A store on an engine that is given: it connects as the engine does, and changes nothing of it."""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, NullPool, create_engine, event, text

from eventschema.store import SchemaRegistry, StoreUnavailableError
from eventschema.store.sql import SQLStore
from eventschema.testing import check_store

PAYLOAD = {"eventName": "order", "contact": {"email": "ann@example.com"}, "properties": {"note": "é\U0001f600"}}


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    given = create_engine(database_url.replace("postgresql:", "postgresql+psycopg:"))
    yield given
    given.dispose()


def settings(engine: Engine) -> list[Any]:
    """The settings of the engine's own connections that a store has other values of. The last is in milliseconds."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            names = ("foreign_keys", "busy_timeout")
            return [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]
        timeout = "SELECT setting FROM pg_settings WHERE name = 'statement_timeout'"
        return [int(connection.exec_driver_sql(timeout).scalar_one())]


def test_a_store_on_an_engine_changes_nothing_of_it(engine: Engine) -> None:
    before = settings(engine)
    with closing(SQLStore(engine, timeout=5)) as store:
        tracked = SchemaRegistry(store).track(PAYLOAD)
        assert tracked.ok
        assert [stored.properties["note"] for stored in store.events()] == ["é\U0001f600"]
        *others, timeout = settings(store.engine)
        assert 4000 < timeout <= 5000  # what was left of the time of the call that set it
        assert others == ([1] if engine.dialect.name == "sqlite" else [])
        assert settings(engine) == before
        assert store.engine is not engine
        listeners: Any = (engine.dispatch, engine.pool.dispatch, engine.dialect.dispatch)
        fresh = create_engine(engine.url)
        for ours, theirs in zip(listeners, (fresh.dispatch, fresh.pool.dispatch, fresh.dialect.dispatch), strict=True):
            names = ("connect", "checkout", "do_connect", "begin", "before_cursor_execute")
            assert [len(getattr(ours, name, ())) for name in names] == [
                len(getattr(theirs, name, ())) for name in names
            ]
        engine.dispose()
        assert store.find({"email": "ann@example.com"})
    with engine.connect() as connection:  # closing the store closes no connection of the engine
        assert connection.scalar(text("SELECT count(*) FROM eventschema_events")) == 1


def test_the_engine_makes_the_connections(engine: Engine) -> None:
    made: list[object] = []
    event.listen(engine, "do_connect", lambda *_: made.append("do_connect"))
    event.listen(engine, "connect", lambda *_: made.append("connect"))
    with closing(SQLStore(engine)) as store:
        assert made == ["do_connect", "connect"]
        assert SchemaRegistry(store).track(PAYLOAD).ok
    assert len(made) == 2


def test_a_creator_is_used(database_url: str) -> None:
    made = []

    def connect() -> Any:
        made.append(1)
        if database_url.startswith("sqlite"):
            return sqlite3.connect(database_url.removeprefix("sqlite:///"), check_same_thread=False)
        return psycopg.connect(database_url, client_encoding="latin1")

    kind = database_url.partition(":")[0].replace("postgresql", "postgresql+psycopg")
    with closing(SQLStore(create_engine(f"{kind}://", creator=connect, poolclass=NullPool))) as store:
        assert SchemaRegistry(store).track(PAYLOAD).ok
        assert [stored.properties["note"] for stored in store.events()] == ["é\U0001f600"]
    assert len(made) == 1


def begin(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN")


@pytest.mark.parametrize(
    "arguments",
    [
        {"isolation_level": None},
        {"isolation_level": "EXCLUSIVE"},
        pytest.param(
            {"autocommit": False}, marks=pytest.mark.skipif(sys.version_info < (3, 12), reason="since Python 3.12")
        ),
    ],
)
def test_transactions_begin_as_the_store_says(tmp_path: Path, arguments: dict[str, Any]) -> None:
    given = create_engine(f"sqlite:///{tmp_path / 'events.db'}", connect_args=arguments)
    event.listen(given, "begin", begin)  # as SQLAlchemy's documentation of pysqlite has it
    with closing(SQLStore(given)) as store, closing(SQLStore(f"sqlite:///{tmp_path / 'events.db'}")) as other:
        assert all(SchemaRegistry(each).track(PAYLOAD).ok for each in (store, other, store))
        assert len(list(other.events())) == 3
    given.dispose()


@pytest.mark.slow
def test_a_store_on_an_engine_keeps_the_contract(tmp_path: Path) -> None:
    stores: list[SQLStore] = []

    def new_store() -> SQLStore:
        stores.append(SQLStore(create_engine(f"sqlite:///{tmp_path / f'{len(stores)}.db'}")))
        return stores[-1]

    check_store(new_store, events=SQLStore.events)
    for store in stores:
        store.close()


def test_a_deleted_file_is_noticed_on_an_engine_too(tmp_path: Path) -> None:
    given = create_engine(f"sqlite:///{tmp_path / 'events.db'}")
    with closing(SQLStore(given)) as store:
        (tmp_path / "events.db").unlink()
        with pytest.raises(StoreUnavailableError, match="was deleted"):
            SchemaRegistry(store).track(PAYLOAD)


def test_an_engine_in_memory_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected a SQLite file .* found a database in memory"):
        SQLStore(create_engine("sqlite://"))


def test_an_engine_of_another_driver_is_refused() -> None:
    given = create_engine("postgresql+pg8000://", module=sqlite3)
    with pytest.raises(ValueError, match=r"with psycopg.*, found one of postgresql with pg8000"):
        SQLStore(given)
