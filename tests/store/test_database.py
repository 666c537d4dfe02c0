"""What a store waits for, for how long, and which calls do not wait for each other."""

import socket
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.event import listen

from eventschema import EventSchema, SchemaChange
from eventschema.core.frozen import FrozenDict
from eventschema.store import NotSaved, SchemaRegistry, StoreBusyError, StoreUnavailableError, UnitOfWork
from eventschema.store.database import Database
from eventschema.store.sql import SQLStore
from eventschema.store.waiting import one_call
from tests.databases import new_database
from tests.store.locks import Freezer, table_lock, write_lock, write_lock_of_another_process

PAYLOAD = {"eventName": "order", "contact": {"email": "ann@example.com"}, "properties": {"total": 1.5}}


@pytest.fixture
def postgres_url(postgres_server: str) -> Any:
    with new_database(postgres_server) as url:
        yield url


@pytest.fixture
def statements() -> list[str]:
    return []


def opened(url: str, statements: list[str] | None = None, **options: Any) -> SQLStore:
    """A store whose tables are there already, so that short timeouts are those of calls."""
    SQLStore(url).close()
    store = SQLStore(url, **options)
    if statements is not None:

        def note(_: Connection, __: object, statement: str, *___: object) -> None:
            statements.append(statement)

        listen(store.engine, "before_cursor_execute", note)
    return store


def change_of(name: str) -> SchemaChange:
    return SchemaChange(name, None, FrozenDict())


def check_deadline(store: SQLStore, lock: AbstractContextManager[None], callers: int = 8) -> None:
    """While another process has the lock, all callers time out; no time limit begins after another one."""
    registry = SchemaRegistry(store)
    assert registry.track(PAYLOAD).ok

    def track(_: int) -> float:
        began = monotonic()
        with pytest.raises(StoreUnavailableError):
            registry.track(PAYLOAD)
        return monotonic() - began

    with lock, ThreadPoolExecutor(callers) as threads:
        longest = max(threads.map(track, range(callers)))
    assert longest < 5  # one after the other they would take 8 s
    assert len(list(store.events())) == 1
    assert registry.track(PAYLOAD).ok
    store.close()


@pytest.mark.slow
def test_each_call_has_a_deadline_of_its_own(database_url: str) -> None:
    check_deadline(opened(database_url, timeout=1), write_lock(database_url))


@pytest.mark.slow
def test_a_lock_of_another_process_times_out(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'events.db'}"
    check_deadline(opened(url, timeout=1), write_lock_of_another_process(url))


def test_reads_do_not_wait_and_a_full_queue_refuses(database_url: str) -> None:
    store = opened(database_url, pool_size=2, max_waiting=1)
    registry = SchemaRegistry(store)
    assert registry.track(PAYLOAD).ok
    with ThreadPoolExecutor(3) as threads:
        with write_lock(database_url):
            tracked = [threads.submit(registry.track, PAYLOAD) for _ in range(3)]
            [refused], others = wait(tracked, return_when=FIRST_COMPLETED)
            with pytest.raises(StoreBusyError, match="1 writers wait for their turn already"):
                refused.result()
            for _ in range(20):  # one writer is in the database, one waits: there is a connection for each read
                assert store.load("order") is not None
                assert len(list(store.events())) == 1
            assert not any(other.done() for other in others)
        assert all(other.result().ok for other in others)
    assert len(list(store.events())) == 3
    store.close()


def test_a_lock_that_is_released_in_time(database_url: str) -> None:
    store = opened(database_url)
    with ThreadPoolExecutor(4) as threads:
        with write_lock(database_url):
            tracked = [threads.submit(SchemaRegistry(store).track, PAYLOAD) for _ in range(4)]
            assert not wait(tracked, timeout=0.1).done
        assert all(one.result().ok for one in tracked)
    store.close()


def test_every_method_checks_the_deadline(database_url: str) -> None:
    store = opened(database_url)
    calls: list[Callable[[], object]] = [
        lambda: store.load("order"),
        lambda: store.find({"email": "ann@example.com"}),
        lambda: store.save(change_of("order")),
        lambda: store.erase("x"),
        lambda: SchemaRegistry(store).track(PAYLOAD),
    ]
    with one_call(monotonic() - 11):
        for call in calls:
            with pytest.raises(StoreUnavailableError, match="the call took longer than 10 s"):
                call()
    assert store.load("order") is None
    store.close()


@pytest.mark.slow
def test_a_call_waits_for_a_free_connection(database_url: str) -> None:
    store = opened(database_url, pool_size=1, timeout=1)
    held = store._database.read()
    with held, ThreadPoolExecutor(1) as threads:
        asked = threads.submit(store.load, "order")
        with pytest.raises(StoreUnavailableError, match="no connection to the database was free within 1 s"):
            asked.result()
    assert store.load("order") is None
    store.close()


def test_connections_of_the_engine_are_not_counted(database_url: str) -> None:
    store = opened(database_url, pool_size=1)
    with store.engine.connect(), store.engine.connect():
        assert store.load("order") is None
    store.close()


@pytest.mark.slow
def test_lost_races_end_at_the_deadline(database_url: str) -> None:
    class Losing(SQLStore):
        attempts = 0

        def commit(self, work: UnitOfWork) -> NotSaved:
            self.attempts += 1
            sleep(0.05)
            return NotSaved.STALE

    store = Losing(database_url, timeout=1)
    with pytest.raises(StoreUnavailableError, match="the call took longer than 1 s"):
        SchemaRegistry(store).track(PAYLOAD)
    assert 1 < store.attempts <= 20
    store.close()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pool_size": 0}, "expected pool_size of at least 1, found 0"),
        ({"timeout": 0}, "expected timeout above 0 and of at most 86400 seconds, found 0"),
        ({"max_waiting": -1}, "expected max_waiting of at least 0, found -1"),
    ],
)
def test_arguments_out_of_range(options: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        SQLStore(f"sqlite:///{tmp_path / 'events.db'}", **options)
    assert list(tmp_path.iterdir()) == []


def test_a_call_that_does_not_wait_sets_no_limits(database_url: str, statements: list[str]) -> None:
    store = opened(database_url, statements)
    assert store.save(change_of("order"))
    assert store.load("order") == EventSchema("order")
    assert [statement.split()[0] for statement in statements if statement != "BEGIN IMMEDIATE"] == ["INSERT", "SELECT"]
    store.close()


def test_a_late_statement_has_the_time_that_is_left(postgres_url: str, statements: list[str]) -> None:
    store = opened(postgres_url, statements)
    with one_call(monotonic() - 5):
        assert store.load("order") is None
        assert store.save(change_of("order"))
    limits = [statement.split() for statement in statements if statement.startswith("SET LOCAL statement_timeout = ")]
    assert [0 < int(limit[-1]) <= 5_000 for limit in limits] == [True, True]
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW statement_timeout").scalar() == "10s"
    store.close()


@pytest.mark.slow
@pytest.mark.parametrize("late", [False, True])
def test_a_read_that_waits_for_a_lock_times_out(late: bool, postgres_url: str) -> None:
    store = opened(postgres_url, timeout=20 if late else 1)
    with (
        table_lock(postgres_url, "eventschema_contacts"),
        one_call(monotonic() - (19 if late else 0)),
        pytest.raises(StoreUnavailableError, match="the database cannot answer: canceling statement"),
    ):
        store.find({"email": "ann@example.com"})
    assert store.find({"email": "ann@example.com"}) == ()
    store.close()


def test_a_shorter_limit_of_the_server_is_kept(postgres_url: str) -> None:
    separator = "&" if "?" in postgres_url else "?"
    store = opened(f"{postgres_url}{separator}options=-c%20statement_timeout%3D7s")
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW statement_timeout").scalar() == "7s"
    assert store.load("order") is None
    store.close()


@pytest.mark.slow
def test_changing_tables_has_no_time_limit(postgres_url: str) -> None:
    """Changing tables of many rows may take long; waiting for another who does so may not."""
    database = Database(postgres_url, 2, timeout=1)

    def make(connection: Connection) -> None:
        for _ in range(2):
            connection.exec_driver_sql("SELECT pg_sleep(0.7)")

    database.create(make)
    database.close()


@pytest.mark.slow
def test_making_the_tables_waits_for_another_process(postgres_url: str) -> None:
    first, second = Database(postgres_url, 2), opened(postgres_url, timeout=1)._database

    def make(_: Connection) -> None:
        with pytest.raises(StoreUnavailableError, match="lock timeout"):
            second.create(lambda _: None)

    first.create(make)
    first.close()
    second.close()


@pytest.mark.slow
@pytest.mark.parametrize(("hosts", "timeout"), [(1, 1), (4, 8)])  # one after the other, four would take 32 s
def test_a_server_that_never_answers_times_out(hosts: int, timeout: float) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        given = f"host={','.join(['127.0.0.1'] * hosts)}&port={','.join([str(port)] * hosts)}&connect_timeout=60"
        began = monotonic()
        with pytest.raises(StoreUnavailableError, match=r"the database cannot answer: .*timeout expired"):
            SQLStore(f"postgresql:///x?{given}", timeout=timeout)
        assert monotonic() - began < 15


@pytest.mark.slow
@pytest.mark.parametrize("messages", [1, 2, 3, 4, 5, 6, 8])
def test_a_server_silent_after_the_login_times_out(messages: int, postgres_url: str) -> None:
    """A proxy may accept a connection, and even statements, although the server behind it does not answer."""
    SQLStore(postgres_url).close()
    freezer = Freezer(postgres_url, messages)
    began = monotonic()
    with pytest.raises(StoreUnavailableError):
        SQLStore(freezer.url, timeout=0.5)
    assert monotonic() - began < 10
    freezer.close()


def test_libpq_is_told_to_notice_a_lost_server(postgres_url: str) -> None:
    separator = "&" if "?" in postgres_url else "?"
    wanted = {"tcp_user_timeout": "10000", "keepalives_idle": "5", "keepalives_interval": "2", "keepalives_count": "3"}
    for url, expected in (
        (postgres_url, wanted),
        (f"{postgres_url}{separator}keepalives_idle=7", {**wanted, "keepalives_idle": "7"}),
    ):
        store = SQLStore(url)
        with store.engine.connect() as connection:
            given = connection.connection.driver_connection.info.get_parameters()  # type: ignore[union-attr]  # it is connected
        assert expected.items() <= given.items()
        store.close()


@pytest.mark.slow
def test_a_server_that_stops_answering_times_out(postgres_url: str) -> None:
    freezer = Freezer(postgres_url)
    SQLStore(postgres_url).close()
    store = SQLStore(freezer.url, timeout=1)
    registry = SchemaRegistry(store)
    assert registry.track(PAYLOAD).ok
    freezer.flows.clear()
    with ThreadPoolExecutor(2) as threads:
        calls: list[Callable[[], object]] = [lambda: store.load("order"), lambda: store.save(change_of("visit"))]
        asked = [threads.submit(call) for call in calls]
        for one in asked:
            with pytest.raises(StoreUnavailableError):
                one.result(60)
    freezer.flows.set()
    assert registry.track(PAYLOAD).ok
    store.close()
    freezer.close()
