"""A schema that grows: what each new property costs, alone and among many writers."""

import asyncio
import itertools
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Select, event

from eventschema import EventSchema, PropertyType, SchemaChange, TooManyEventNames
from eventschema.core.frozen import FrozenDict
from eventschema.store import (
    AsyncSchemaRegistry,
    ChangedSchema,
    MemoryStore,
    NotSaved,
    Saved,
    SchemaRegistry,
    ThreadedStore,
    TrackResult,
    UnitOfWork,
)
from eventschema.store.sql import SQLStore
from eventschema.store.tracking import SchemaCache
from tests.store.test_registry import ANN
from tests.store.test_registry import payload as payload_of

WRITERS = 8
EACH = 3


class Counting(SQLStore):
    """A store that counts the rows that it reads and the races that its requests lose."""

    rows = 0
    lost = 0

    def _read(self, statement: Select[Any]) -> list[Any]:
        read: list[Any] = super()._read(statement)
        self.rows += len(read)
        return read

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        saved = super().commit(work)
        self.lost += saved is NotSaved.STALE
        return saved


class Uncounted(MemoryStore):
    """A store that cannot count its schemas."""

    count_schemas = None  # type: ignore[assignment]  # as if it were not there


def in_threads(store: MemoryStore, **options: Any) -> AsyncSchemaRegistry:
    return AsyncSchemaRegistry(ThreadedStore(store), **options)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'events.db'}"


def payload(contact: Mapping[str, Any] = ANN, **properties: Any) -> dict[str, Any]:
    return payload_of(contact, None, **properties)


def change(version: int, *names: str) -> SchemaChange:
    return SchemaChange("order", version, FrozenDict(dict.fromkeys(names, PropertyType.INT)))


def large(store: SQLStore | MemoryStore, size: int = 300) -> EventSchema:
    schema = EventSchema("order", {f"p{number}": "int" for number in range(size)})
    store.declare(schema)
    return schema


def test_only_what_is_newer_is_read(database_url: str) -> None:
    store, other = Counting(database_url), SQLStore(database_url)
    schema = large(store)
    registry = SchemaRegistry(store)
    store.rows = 0
    assert registry.schema("order") == schema
    assert store.rows == 300
    for number in range(3):
        assert other.save(change(number, f"q{number}", f"r{number}"))
        store.rows = 0
        assert registry.schema("order") == other.load("order")
        assert store.rows == 3  # the version that is known, and the two properties
    store.rows = 0
    assert registry.schema("order") == other.load("order")
    assert store.rows == 1
    store.close()
    other.close()


def test_a_lost_race_does_not_load_the_schema_again(sqlite_url: str) -> None:
    store, other = Counting(sqlite_url), SQLStore(sqlite_url)
    large(store)
    registry = SchemaRegistry(store)
    assert registry.track(payload(p0=1)).ok
    assert other.save(change(0, "q0"))
    store.rows = 0
    assert registry.track(payload(r0=1)).ok  # decided on version 0, which loses
    assert store.lost == 1
    assert store.rows == 2  # the version that is known, and one property
    assert not registry.track(payload(q0="x", r1=[])).ok  # an unknown property: a newer schema may have it
    assert store.rows == 3
    assert registry.schema("order") == other.load("order")
    store.close()
    other.close()


@pytest.mark.parametrize("newer", [20, 21])
def test_a_schema_far_behind_is_loaded_whole(newer: int, sqlite_url: str) -> None:
    store = Counting(sqlite_url)
    known = large(store, 2)
    for number in range(newer):
        assert store.save(change(number, f"q{number}"))
    current = store.reload(known)
    assert (current, current and list(current.properties)) == (
        store.load("order"),
        ["p0", "p1"] + [f"q{number}" for number in range(newer)],
    )
    store.close()


def send(number: int) -> list[dict[str, Any]]:
    contact = {"email": f"person{number}@example.com"}
    return [payload(contact, **{f"q{number}_{each}": 1}) for each in range(EACH)]


def test_threads_that_add_to_one_schema_do_not_race(sqlite_url: str) -> None:
    store = Counting(sqlite_url)
    large(store)
    registry = SchemaRegistry(store)
    registry.schema("order")
    statements: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    start = Barrier(WRITERS)

    def track(number: int) -> Sequence[TrackResult]:
        start.wait()
        return [registry.track(one) for one in send(number)]

    with ThreadPoolExecutor(WRITERS) as threads:
        results = [result for results in threads.map(track, range(WRITERS)) for result in results]
    assert all(result.ok for result in results)
    assert store.lost == 0
    reads = [text for text in statements if text.startswith("SELECT")]
    assert not any("eventschema_properties" in text for text in reads)
    assert len(reads) <= 2 * WRITERS * EACH  # each finds its contact, once more after it waited for its turn
    schema = registry.schema("order")
    assert schema is not None
    assert (schema.version, len(schema.properties)) == (WRITERS * EACH, 300 + WRITERS * EACH)
    store.close()


def test_tasks_that_add_to_one_schema_do_not_race(sqlite_url: str) -> None:
    store = Counting(sqlite_url)
    registry = AsyncSchemaRegistry(ThreadedStore(store))

    async def track() -> list[TrackResult]:
        return await asyncio.gather(*(registry.track(one) for number in range(WRITERS) for one in send(number)))

    # The first event of all makes the schema; contacts are new too, and the events of each race for theirs.
    assert all(result.ok for result in asyncio.run(track()))
    schema = store.load("order")
    assert schema is not None
    assert (schema.version, len(schema.properties)) == (WRITERS * EACH, WRITERS * EACH)
    assert SchemaRegistry(store).track(payload()).ok
    store.lost = 0
    again = [payload(ANN, **{f"r{number}": 1}) for number in range(WRITERS)]

    async def track_again() -> list[TrackResult]:
        return await asyncio.gather(*map(registry.track, again))

    assert all(result.ok for result in asyncio.run(track_again()))
    assert store.lost == 0
    store.close()


@pytest.mark.parametrize("make", [SchemaRegistry, in_threads])
def test_the_number_of_waiting_writers_is_checked(make: Any) -> None:
    make(MemoryStore(), max_waiting=0)
    with pytest.raises(ValueError, match="expected max_waiting of at least 0, found -1"):
        make(MemoryStore(), max_waiting=-1)


def test_a_turn_ends_with_its_request() -> None:
    class Failing(MemoryStore):
        fails = True

        def commit(self, work: UnitOfWork) -> Saved | NotSaved:
            if self.fails:
                raise OSError("on purpose")
            return super().commit(work)

    for make in (SchemaRegistry, in_threads):
        store = Failing()
        registry: Any = make(store)
        for store.fails, a in ((True, 1), (True, 1), (False, 1), (False, 2)):
            try:
                result = registry.track(payload(ANN, **{f"p{a}": a}))
                assert result.ok if isinstance(result, TrackResult) else asyncio.run(result).ok
            except OSError as error:
                kept = error  # with its traceback, in which the steps are
        assert str(kept) == "on purpose"


def test_a_store_that_went_back_is_believed() -> None:
    cache = SchemaCache(2)
    old = EventSchema("order", {"a": "int"})
    new = old.merge({"b": 1}).schema
    assert cache.renew(None, new) is new
    assert cache.renew(new, old) is old
    assert cache.get("order") is old
    newest = new.merge({"c": 1}).schema
    assert cache.renew(old, newest) is newest
    cache.renew(new, None)  # asked about a schema that is not cached any more
    assert cache.get("order") is newest
    cache.renew(newest, None)
    assert cache.get("order") is None


def test_a_registry_goes_back_with_its_store() -> None:
    store, backup = MemoryStore(), MemoryStore()
    for each in (store, backup):
        each.declare(EventSchema("order"))
    registry = SchemaRegistry(store)
    assert registry.track(payload(total=1)).ok
    store.__dict__.update(backup.__dict__)  # a backup is restored
    with_known = registry.track(payload(total=1))  # decided on a schema that the store no longer has, and saved by it
    assert with_known.decision.schema_change is not None
    assert store.load("order") == EventSchema("order").merge({"total": 1}).schema
    store.__dict__.update(MemoryStore().__dict__)
    assert registry.track(payload(other=1.5, total=1.5)).errors == ()
    assert registry.schema("order") == EventSchema("order").merge({"other": 1.5, "total": 1.5}).schema


def visit(name: str, **changes: Any) -> dict[str, Any]:
    return {**payload(a=1), "eventName": name, **changes}


@pytest.mark.parametrize("make", [MemoryStore, SQLStore])
def test_the_event_names_are_bounded(make: Any, sqlite_url: str) -> None:
    store = make(*([sqlite_url] if make is SQLStore else []))
    store.declare(EventSchema("declared"))
    registry = SchemaRegistry(store, max_event_names=3)
    event_id = "00000000-0000-4000-8000-00000000000a"
    assert registry.track(visit("a", eventID=event_id)).ok
    assert registry.track(visit("b")).ok
    refused = registry.track(visit("c"))
    assert refused.errors == (TooManyEventNames("/eventName", 3, 4),)
    assert refused.decision.event is None
    assert store.load("c") is None
    assert registry.track(visit("b", properties={"more": 1})).ok  # a schema that exists still grows
    assert registry.track(visit("declared")).ok
    assert registry.track(visit("c", eventID=event_id)).differing == ("eventName",)
    assert [error.code for error in registry.track(visit("c", properties={"a b": 1})).errors] == ["invalid_name"]
    assert SchemaRegistry(store, max_event_names=4).track(visit("c")).ok
    assert SchemaRegistry(store, max_event_names=0).track(visit("d")).errors == (TooManyEventNames("/eventName", 0, 5),)
    assert SchemaRegistry(store).track(visit("d")).ok


def test_an_asynchronous_registry_bounds_event_names() -> None:
    registry = AsyncSchemaRegistry(ThreadedStore(MemoryStore()), max_event_names=1)
    assert asyncio.run(registry.track(visit("a"))).ok
    assert [error.code for error in asyncio.run(registry.track(visit("b"))).errors] == ["too_many_event_names"]


def test_only_a_new_name_is_counted(sqlite_url: str) -> None:
    store = SQLStore(sqlite_url)
    statements: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    registry = SchemaRegistry(store, max_event_names=10)
    for number in range(3):
        assert registry.track(visit("a", properties={f"p{number}": 1})).ok
        assert sum("count(*)" in text for text in statements) == 1
    counts = next(text for text in statements if "count(*)" in text)
    with store.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {counts}").fetchall()
    assert "INDEX eventschema_schemas" in str(plan)  # which has one row a schema
    store.close()


@pytest.mark.parametrize("store", [Uncounted(), ThreadedStore(Uncounted())])
def test_a_bound_needs_a_store_that_counts(store: Any) -> None:
    make: Any = AsyncSchemaRegistry if isinstance(store, ThreadedStore) else SchemaRegistry
    make(store)
    with pytest.raises(TypeError, match=r"expected a store with the .* methods count_schemas"):
        make(store, max_event_names=1)
    with pytest.raises(ValueError, match="expected max_event_names of at least 0, found -1"):
        make(store, max_event_names=-1)


def sent(**properties: object) -> dict[str, object]:
    return {"eventName": "order", "contact": {"email": "ann@example.com"}, "properties": properties}


def test_a_change_is_told_once_after_it_was_saved() -> None:
    store, told = MemoryStore(), list[ChangedSchema]()

    def note(change: ChangedSchema) -> None:
        assert store.load("order") == change.after
        assert change.event_id is not None
        assert store.seen(change.event_id)
        told.append(change)

    registry = SchemaRegistry(store, on_change=note)
    first = registry.track(sent(total=1), "ann")
    assert not registry.track(sent(total="x"), "bo")
    assert registry.track(sent(total=2), "bo")
    assert told == [ChangedSchema(None, first.decision.schema or EventSchema("none"), "ann", str(first.event_id))]
    told.clear()
    assert registry.track_many([sent(total=1, more=2)], dry_run=True)[0].ok
    assert told == []
    results = registry.track_many([sent(total=1), sent(more=2), sent(more=3)], "cy")
    assert [(change.who, change.event_id) for change in told] == [("cy", results[1].event_id)]
    [change] = told
    assert change.before == first.decision.schema
    assert change.after == store.load("order")


def test_an_asynchronous_registry_tells_changes() -> None:
    told: list[ChangedSchema] = []
    registry = AsyncSchemaRegistry(ThreadedStore(MemoryStore()), on_change=told.append)

    async def run() -> None:
        await asyncio.gather(*(registry.track(sent(**{f"p{number}": 1}), str(number)) for number in range(9)))

    asyncio.run(run())
    assert [change.after.version for change in told] == list(range(1, 10))
    assert sorted(str(change.who) for change in told) == [str(number) for number in range(9)]
    assert all(later.before == earlier.after for earlier, later in itertools.pairwise(told))


def test_what_on_change_raises_is_logged_and_loses_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def fail(change: ChangedSchema) -> None:
        raise LookupError("x")

    store = MemoryStore()
    registry = SchemaRegistry(store, on_change=fail)
    assert registry.track(sent(total=1)).ok
    assert registry.track(sent(total=1, more=1)).ok
    names = {record.name for record in caplog.records}
    assert (len(caplog.records), names) == (2, {"eventschema.changes"})
    assert caplog.records[1].getMessage() == "on_change failed for version 2 of a schema, which is saved"
    assert len(list(store.events())) == 2


def test_on_change_is_a_function() -> None:
    with pytest.raises(TypeError, match="expected on_change as a function that is given a ChangedSchema, found int"):
        SchemaRegistry(MemoryStore(), on_change=1)  # type: ignore[arg-type]
