"""The days of the last events: when a day is written, what that costs, and races at midnight."""

import asyncio
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import count
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text

from eventschema import EventSchema, FrozenDict, Rules, TrackedEvent
from eventschema.store import (
    AsyncSchemaRegistry,
    LastSeen,
    MemoryStore,
    MissingMethodError,
    SchemaRegistry,
    StoreError,
    ThreadedStore,
)
from eventschema.store.lastseen import SavedDays, latest_days
from eventschema.store.rows import day_rows
from eventschema.store.sql import SQLStore
from eventschema.store.tables import key_of, metadata, versions
from tests.databases import new_database
from tests.store.test_migrations import make_old

ANN = {"email": "ann@example.com"}
FIRST, SECOND, THIRD = (date(2026, 11, day) for day in (26, 27, 28))
Store = MemoryStore | SQLStore


class Clock:
    """A clock that shows what it is set to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 26, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def show(self, day: date) -> None:
        self.now = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def urls(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """The URL of a database of each kind, which all tests of this module share: a new one takes PostgreSQL 0.3 s."""
    with ExitStack() as stack:
        found = {"sqlite": f"sqlite:///{tmp_path_factory.mktemp('days') / 'events.db'}"}

        def url(kind: str) -> str:
            if kind not in found:
                found[kind] = stack.enter_context(new_database(request.getfixturevalue("postgres_server")))
            return found[kind]

        yield url


@contextmanager
def emptied(url: str, clock: Clock) -> Iterator[SQLStore]:
    with closing(SQLStore(url, clock=clock)) as store:
        yield store
        with store.engine.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                if table is not versions:
                    connection.execute(table.delete())


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def clocked(request: pytest.FixtureRequest, urls: Callable[[str], str], clock: Clock) -> Iterator[Store]:
    """An empty store of each kind, with the clock."""
    if request.param == "memory":
        yield MemoryStore(clock=clock)
    else:
        with emptied(urls(request.param), clock) as store:
            yield store


@pytest.fixture(params=["sqlite", "postgres"])
def sql(request: pytest.FixtureRequest, urls: Callable[[str], str], clock: Clock) -> Iterator[SQLStore]:
    """An empty database of each kind, with the clock."""
    with emptied(urls(request.param), clock) as store:
        yield store


def payload(*names: str, event_id: str | None = None, event: str = "order") -> dict[str, Any]:
    return {"eventName": event, "contact": ANN, "properties": dict.fromkeys(names, 1), "eventID": event_id}


def days_of(store: Store, name: str = "order") -> tuple[date | None, dict[str, date | None]]:
    found = store.last_seen(name)
    assert found is not None
    assert found.known_since is None
    return found.event_day, dict(found.properties)


def test_the_last_day_of_each_property(clocked: Store, clock: Clock) -> None:
    registry = SchemaRegistry(clocked)
    assert clocked.last_seen("order") is registry.last_seen("order") is None
    clocked.declare(EventSchema("order", {"never": "float", "b": "int"}))
    assert days_of(clocked) == (None, {"never": None, "b": None})
    assert registry.track(payload("a", "b")).ok
    clock.show(SECOND)
    assert registry.track(payload("b")).ok
    assert registry.track(payload("a", event="other")).ok
    assert days_of(clocked) == (SECOND, {"never": None, "b": SECOND, "a": FIRST})
    clock.show(THIRD)
    assert all(registry.track_many([payload("a"), payload()]))
    assert days_of(clocked) == (THIRD, {"never": None, "b": SECOND, "a": THIRD})
    assert days_of(clocked, "other") == (SECOND, {"a": SECOND})
    assert registry.last_seen("order") == clocked.last_seen("order")


def test_a_clock_that_goes_back_changes_no_day(clocked: Store, clock: Clock) -> None:
    registry = SchemaRegistry(clocked)
    clock.show(SECOND)
    assert registry.track(payload("a", "b")).ok
    clock.show(FIRST)
    assert registry.track(payload("a", "c")).ok
    assert days_of(clocked) == (SECOND, {"a": SECOND, "b": SECOND, "c": FIRST})
    clock.show(THIRD)
    assert registry.track(payload("c")).ok
    assert days_of(clocked) == (THIRD, {"a": SECOND, "b": SECOND, "c": THIRD})


def test_a_day_is_that_of_utc(clocked: Store, clock: Clock) -> None:
    clock.now = datetime(2026, 11, 27, 0, 30, tzinfo=timezone(timedelta(hours=1)))
    assert SchemaRegistry(clocked).track(payload("a")).ok
    assert days_of(clocked) == (FIRST, {"a": FIRST})


def test_a_transaction_over_midnight(clocked: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = SchemaRegistry(clocked)
    assert registry.track(payload("a", "b", "c")).ok
    seconds = count(-1)
    start = datetime(2026, 11, 27, 0, tzinfo=UTC)
    monkeypatch.setattr(Clock, "__call__", lambda _: start + timedelta(seconds=next(seconds)))
    assert all(registry.track_many([payload("a"), payload("b")]))
    assert all(registry.track_many([payload("b"), payload("a")]))
    assert days_of(clocked) == (SECOND, {"a": SECOND, "b": SECOND, "c": FIRST})


def test_what_was_not_saved_has_no_day(clocked: Store, clock: Clock) -> None:
    registry = SchemaRegistry(clocked)
    event_id = "00000000-0000-4000-8000-00000000000a"
    assert registry.track(payload("a", "b", event_id=event_id)).ok
    clock.show(SECOND)
    assert registry.track(payload("a", event_id=event_id)).duplicate
    refused = payload("a") | {"properties": {"a": "text"}}
    assert not registry.track(refused)
    assert not any(registry.track_many([payload("b"), refused], atomic=True))
    assert registry.track_many([payload("b")], dry_run=True)[0].ok
    assert days_of(clocked) == (FIRST, {"a": FIRST, "b": FIRST})
    repeated = payload("a", event_id=event_id)
    assert [result.duplicate for result in registry.track_many([repeated, payload("b")])] == [True, False]
    assert days_of(clocked) == (SECOND, {"a": FIRST, "b": SECOND})


def test_dropped_properties_have_no_day(clocked: Store, clock: Clock) -> None:
    registry = SchemaRegistry(clocked, Rules(invalid="drop"))
    assert registry.track(payload("a", "b")).ok
    clock.show(SECOND)
    assert registry.track(payload() | {"properties": {"a": "text", "b": 2}}).dropped
    assert days_of(clocked) == (SECOND, {"a": FIRST, "b": SECOND})


def test_names_of_any_length(clocked: Store) -> None:
    long, longer = "p" * 255, "p" * 300
    rules = Rules(max_name_length=300, max_event_name_length=300)
    for name in ("e" * 300, "sha256:"):
        assert SchemaRegistry(clocked, rules).track(payload(long, longer, event=name)).ok
        assert days_of(clocked, name) == (FIRST, {long: FIRST, longer: FIRST})


def test_a_name_that_no_event_can_have(clocked: Store) -> None:
    assert clocked.last_seen("a\0b") is clocked.last_seen("\ud800") is None
    with pytest.raises(TypeError, match="expected the name of an event"):
        clocked.last_seen(None)  # type: ignore[arg-type]


def test_asynchronous_registries_ask_too(clocked: Store) -> None:
    assert SchemaRegistry(clocked).track(payload("a")).ok
    with closing(ThreadedStore(clocked)) as threaded:
        assert asyncio.run(AsyncSchemaRegistry(threaded).last_seen("order")) == clocked.last_seen("order")


def test_a_store_may_keep_no_days() -> None:
    class WithoutDays(MemoryStore):
        last_seen: Any = property()

    with pytest.raises(MissingMethodError, match=r"^the store has no method last_seen$"):
        SchemaRegistry(WithoutDays()).last_seen("order")
    with closing(ThreadedStore(WithoutDays())) as threaded:
        assert not hasattr(threaded, "last_seen")
        with pytest.raises(MissingMethodError, match=r"^the store has no method last_seen$"):
            asyncio.run(AsyncSchemaRegistry(threaded).last_seen("order"))


# What it costs


def statements_of(engine: Engine, call: Callable[[], Any]) -> list[str]:
    """What ``call`` has the database do, but for the beginning of transactions: each by its first words."""
    seen: list[str] = []

    def note(_: Connection, __: object, statement: str, *___: object) -> None:
        if not statement.startswith(("BEGIN", "SET LOCAL")):
            seen.append(" ".join(statement.split()[: 3 if statement.startswith("INSERT") else 1]))

    event.listen(engine, "before_cursor_execute", note)
    try:
        call()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return seen


FIND, EVENT, DAY = "SELECT", "INSERT INTO eventschema_events", "INSERT INTO eventschema_last_seen"


def test_only_the_first_event_of_a_day_costs_a_statement(sql: SQLStore, clock: Clock) -> None:
    registry = SchemaRegistry(sql)
    registry.track(payload("a", "b"))

    def track(*names: str) -> list[str]:
        return statements_of(sql.engine, lambda: registry.track(payload(*names)))

    assert [track("a", "b"), track("a"), track()] == [[FIND, EVENT]] * 3
    clock.show(SECOND)
    assert track("a") == [FIND, EVENT, DAY]
    assert track("a") == track() == [FIND, EVENT]
    assert track("b", "a") == [FIND, EVENT, DAY]
    assert track("a", "b") == [FIND, EVENT]
    clock.show(THIRD)
    assert track() == [FIND, EVENT, DAY]


def test_a_batch_writes_its_days_once(sql: SQLStore, clock: Clock) -> None:
    registry = SchemaRegistry(sql)
    names = [f"p{number}" for number in range(60)]
    assert registry.track(payload(*names)).ok
    clock.show(SECOND)
    batch = [payload(*names[number:]) for number in range(20)]
    found = statements_of(sql.engine, lambda: registry.track_many(batch))
    inserts = [each for each in found if each.startswith("INSERT")]
    days = inserts.count(DAY)
    assert inserts == [*[EVENT] * (len(inserts) - days), *[DAY] * days]
    assert days == (5 if sql.engine.dialect.name == "sqlite" else 1)  # 61 rows, as 32 + 16 + 8 + 4 + 1
    assert DAY not in statements_of(sql.engine, lambda: registry.track_many(batch))
    assert days_of(sql) == (SECOND, dict.fromkeys(names, SECOND))


def test_a_transaction_that_fails_is_not_remembered(sql: SQLStore, clock: Clock) -> None:
    registry = SchemaRegistry(sql)
    assert registry.track(payload("a")).ok
    clock.show(SECOND)

    def fail(connection: Connection) -> None:
        connection.exec_driver_sql("SELECT nothing FROM nowhere")

    writer = sql._database._writer
    event.listen(writer, "commit", fail)
    with pytest.raises(StoreError):
        registry.track(payload("a"))
    event.remove(writer, "commit", fail)
    assert days_of(sql) == (FIRST, {"a": FIRST})
    assert registry.track(payload("a")).ok
    assert days_of(sql) == (SECOND, {"a": SECOND})


def test_days_are_forgotten_with_the_connections(sql: SQLStore, clock: Clock) -> None:
    registry = SchemaRegistry(sql)
    assert registry.track(payload("a")).ok
    sql.close()  # as the connections to a database end that is restored
    with sql.engine.begin() as connection:
        connection.execute(text("DELETE FROM eventschema_last_seen"))
    assert days_of(sql) == (None, {"a": None})
    assert registry.track(payload("a")).ok
    assert days_of(sql) == (FIRST, {"a": FIRST})


def test_what_a_transaction_saved_before_is_forgotten(sql: SQLStore) -> None:
    """A transaction that began before the database was replaced does not say that the days are in the new one."""
    saver = sql._saver
    days = saver._saved_days
    saver.forget_days()
    days.add({("order", ""): FIRST})
    assert saver._saved_days.new_names(event_of(), FIRST)


# What is remembered


def event_of(*names: str) -> TrackedEvent:
    return TrackedEvent("order", FrozenDict(dict.fromkeys(names, 1)), FrozenDict(ANN))


def test_saved_days() -> None:
    days = SavedDays()
    assert days.new_names(event_of("a"), FIRST) == ("", "a")
    days.add({})
    days.add({("order", ""): FIRST, ("order", "a"): FIRST})
    assert days.new_names(event_of(), FIRST) == days.new_names(event_of("a"), FIRST) == ()
    assert days.new_names(event_of("a", "b", "c"), FIRST) == {"b", "c"}
    assert days.new_names(event_of("a"), SECOND) == ("", "a")
    assert days.new_names(replace(event_of("a"), name="other"), FIRST) == ("", "a")
    days.add({("order", ""): SECOND, ("order", "a"): FIRST})
    assert days.new_names(event_of("a"), SECOND) == {"a"}
    assert days.new_names(event_of(), FIRST) == ("",)


def test_the_names_that_are_remembered_are_bounded() -> None:
    days = SavedDays(limit=4)
    days.add(dict.fromkeys([("order", ""), ("order", "a"), ("order", "b")], FIRST))
    days.add({("order", "c"): FIRST})
    assert days.new_names(event_of("a", "b", "c"), FIRST) == ()
    days.add({("order", "d"): FIRST})
    assert days.new_names(event_of("a", "d"), FIRST) == {"a"}


def test_the_latest_of_several_days() -> None:
    events = [("order", ("", "a", "b"), SECOND), ("order", ("a", "c"), FIRST), ("order", ("b",), THIRD)]
    assert latest_days([*events, ("visit", ("a",), FIRST)]) == {
        ("order", ""): SECOND,
        ("order", "a"): SECOND,
        ("order", "b"): THIRD,
        ("order", "c"): FIRST,
        ("visit", "a"): FIRST,
    }


def test_rows_are_in_the_order_of_their_keys() -> None:
    names = ("b", "x" * 256, "", "a", "é")
    days = dict.fromkeys([(event, name) for event in ("visit", "e" * 256, "order") for name in names], FIRST)
    rows = day_rows(days)
    assert [row[:2] for row in rows] == sorted((key_of(event), key_of(name)) for event, name in days)
    assert {row[2] for row in rows} == {"2026-11-26"}


# What it tells

DAYS = LastSeen(SECOND, FrozenDict({"a": SECOND, "b": FIRST, "never": None}))


@pytest.mark.parametrize(
    ("name", "since", "sent"),
    [
        (None, SECOND, True),
        (None, THIRD, False),
        ("a", FIRST, True),
        ("b", FIRST, True),
        ("b", SECOND, False),
        ("never", FIRST, False),
    ],
)
def test_what_was_sent_since(name: str | None, since: date, *, sent: bool) -> None:
    assert DAYS.was_sent_since(since, name) is sent


def test_what_is_not_known() -> None:
    days = LastSeen(SECOND, DAYS.properties, known_since=SECOND)
    found = [[days.was_sent_since(since, name) for since in (FIRST, SECOND, THIRD)] for name in DAYS.properties]
    assert found == [[True, True, False], [True, False, False], [None, None, False]]
    assert LastSeen(None, FrozenDict(), SECOND).was_sent_since(SECOND) is None
    with pytest.raises(KeyError):
        days.was_sent_since(FIRST, "none")


def test_as_json() -> None:
    assert DAYS.to_dict() == {
        "eventDay": "2026-11-27",
        "properties": {"a": "2026-11-27", "b": "2026-11-26", "never": None},
        "knownSince": None,
    }


def test_a_database_without_days_says_so(database_url: str) -> None:
    make_old(database_url, 0)
    before = datetime.now(UTC).date()
    with closing(SQLStore(database_url)) as store:
        found = store.last_seen("order")
        assert found is not None
        assert found.known_since in {before, datetime.now(UTC).date()}
        assert (found.event_day, set(found.properties.values())) == (None, {None})
        assert found.was_sent_since(before - timedelta(1)) is None
        assert SchemaRegistry(store).track(payload("count")).ok
        after = store.last_seen("order")
        assert after is not None
        assert after.known_since == found.known_since
        assert [name for name, day in after.properties.items() if day is not None] == ["count"]


# Races


def send(store: SQLStore, sender: int, size: int, names: list[str]) -> None:
    random, registry = Random(sender), SchemaRegistry(store)
    for _ in range(size):
        chosen = random.sample(names, 6)
        contact = {"email": f"{sender}@example.com"}
        batch = [
            payload(*chosen[:3]) | {"contact": contact},
            payload(*chosen[3:], event="visit") | {"contact": contact},
        ]
        random.shuffle(batch)
        assert all(registry.track_many(batch))


class ShortDays:
    """A clock with a midnight at every fourth call."""

    def __init__(self) -> None:
        self._numbers = count()

    def __call__(self) -> datetime:
        return datetime(2026, 11, 26, tzinfo=UTC) + timedelta(hours=6 * next(self._numbers))


def race_over_midnights(url: str, process: int, size: int, names: list[str]) -> None:
    with closing(SQLStore(url, clock=ShortDays())) as store, ThreadPoolExecutor(3) as threads:
        sent = [threads.submit(send, store, 10 * process + thread, size, names) for thread in range(3)]
        for each in sent:
            each.result()


def assert_days_are_those_of_events(store: SQLStore) -> None:
    for name in ("order", "visit"):
        kept = [each for each in store.events(name=name) if each.received_at is not None]
        received = {each.id: each.received_at.date() for each in kept if each.received_at is not None}
        latest: dict[str, date] = {}
        for each in kept:
            for property_ in each.properties:
                latest[property_] = max(received[each.id], latest.get(property_, FIRST))
        assert days_of(store, name) == (max(received.values()), latest)


def declare_all(store: SQLStore, names: list[str]) -> None:
    for name in ("order", "visit"):
        store.declare(EventSchema(name, dict.fromkeys(names, "int")))


def test_stores_that_write_days_in_any_order(sql: SQLStore) -> None:
    names = [f"p{number}" for number in range(12)]
    declare_all(sql, names)
    url = sql.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    with ThreadPoolExecutor(3) as threads:
        for each in [threads.submit(race_over_midnights, url, number, 4, names) for number in range(3)]:
            each.result()
    assert_days_are_those_of_events(sql)


@pytest.mark.slow
def test_processes_over_midnights(database_url: str) -> None:
    names = [f"p{number}" for number in range(40)]
    context = multiprocessing.get_context("forkserver")
    with closing(SQLStore(database_url)) as store:
        declare_all(store, names)
        started = [
            context.Process(target=race_over_midnights, args=(database_url, number, 40, names)) for number in range(8)
        ]
        for process in started:
            process.start()
        for process in started:
            process.join(120)
        assert [process.exitcode for process in started] == [0] * len(started)
        assert_days_are_those_of_events(store)
        if store.engine.dialect.name == "postgresql":
            deadlocks = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
            with store.engine.connect() as connection:
                assert connection.scalar(deadlocks) == 0
