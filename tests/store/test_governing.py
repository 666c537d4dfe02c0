"""What people do with the schemas of a registry: declare, freeze, retype and read the history, on every store."""

import asyncio
import multiprocessing
import pickle
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import event

from eventschema import EventSchema, FrozenDict, FrozenSchema, PropertyType, Rules, SchemaChange, UndeclaredEvent
from eventschema.store import (
    AsyncSchemaRegistry,
    ChangedSchema,
    DeclarationError,
    Declared,
    MemoryStore,
    MissingMethodError,
    NotSaved,
    RetypeError,
    SchemaRegistry,
    StaleSchemaError,
    StoreUnavailableError,
    ThreadedStore,
    UnitOfWork,
    declare_schemas,
)
from eventschema.store.sql import SQLStore
from eventschema.track.request import TrackRequest
from tests.databases import new_database

AnyStore = MemoryStore | SQLStore
ANN = {"email": "ann@example.com"}
ORDER = EventSchema("order", {"total": "int"})


def sent(name_: str = "order", /, **properties: Any) -> dict[str, Any]:
    return {"eventName": name_, "contact": ANN, "properties": properties}


class Awaited:
    """An asynchronous registry over ``store``, with its methods called to their ends."""

    def __init__(self, store: AnyStore, **options: Any) -> None:
        self._store = store
        self._options = options

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*given: Any, **options: Any) -> Any:
            async def answer() -> Any:
                registry = AsyncSchemaRegistry(ThreadedStore(self._store), **self._options)
                return await getattr(registry, name)(*given, **options)

            return asyncio.run(answer())

        return call


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AnyStore]:
    """An empty store of each kind."""
    if request.param == "memory":
        yield MemoryStore()
    elif request.param == "sqlite":
        with closing(SQLStore(f"sqlite:///{tmp_path / 'events.db'}")) as sql:
            yield sql
    else:
        with new_database(request.getfixturevalue("postgres_server")) as url, closing(SQLStore(url)) as sql:
            yield sql


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def sql_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SQLStore]:
    """An empty store in a database of each kind."""
    if request.param == "sqlite":
        with closing(SQLStore(f"sqlite:///{tmp_path / 'events.db'}")) as sql:
            yield sql
    else:
        with new_database(request.getfixturevalue("postgres_server")) as url, closing(SQLStore(url)) as sql:
            yield sql


@pytest.fixture
def make(store: AnyStore, request: pytest.FixtureRequest) -> Callable[..., Any]:
    """What makes a registry of the store: an asynchronous one on SQLite, else a blocking one."""
    return Awaited if "sqlite" in request.node.name else SchemaRegistry


# --- declaring ---


def test_a_schema_is_declared_and_extended(store: AnyStore, make: Callable[..., Any]) -> None:
    registry = make(store)
    assert registry.declare(ORDER, "ann") == Declared(None, ORDER)
    assert registry.declare(ORDER) == Declared(ORDER, ORDER)
    declared = registry.declare(EventSchema("order", {"note": "string"}), "bo")
    assert declared.after == store.load("order")
    assert list(declared.after.properties) == ["total", "note"]
    records = registry.history("order")
    assert [(record.version, list(record.added), record.who) for record in records] == [
        (0, ["total"], "ann"),
        (1, ["note"], "bo"),
    ]
    assert registry.history("other") == ()


def test_a_contradiction_changes_nothing(store: AnyStore, make: Callable[..., Any]) -> None:
    registry = make(store)
    registry.declare(ORDER)
    with pytest.raises(DeclarationError) as caught:
        registry.declare(EventSchema("order", {"total": "float", "more": "bool"}, frozen=True))
    assert [(each.property, each.declared, each.stored) for each in caught.value.contradictions] == [
        ("total", "float", "int")
    ]
    assert store.load("order") == ORDER


def test_a_declaration_freezes_and_thaws(store: AnyStore, make: Callable[..., Any]) -> None:
    registry = make(store)
    registry.declare(ORDER)
    frozen = registry.declare(EventSchema("order", {"note": "string"}, frozen=True), "ann").after
    assert (frozen.version, frozen.frozen_since, list(frozen.properties)) == (1, 1, ["total", "note"])
    assert registry.track(sent(more=1)).errors == (FrozenSchema("/properties/more", 1),)
    assert registry.declare(ORDER).after == frozen
    extended = registry.declare(EventSchema("order", {"vat": "float"})).after
    assert (extended.version, extended.frozen_since) == (2, 1)
    assert registry.declare(ORDER, thaw=True).after.frozen is False
    assert registry.declare(ORDER, thaw=True).after.version == 3
    assert registry.track(sent(more=1)).ok
    assert [record.frozen for record in registry.history("order")] == [None, True, None, False, None]


def test_declare_schemas_freezes_but_does_not_thaw(store: AnyStore) -> None:
    declare_schemas(store, [ORDER])
    [declared] = declare_schemas(store, [EventSchema("order", {"total": "int"}, frozen=True)], "ann")
    assert (declared.after.frozen_since, dict(declared.added)) == (1, {})
    assert declare_schemas(store, [ORDER]) == (Declared(declared.after, declared.after),)


def test_only_the_expected_schema_is_changed(store: AnyStore, make: Callable[..., Any]) -> None:
    registry, more = make(store), EventSchema("order", {"more": "bool"})
    with pytest.raises(StaleSchemaError) as caught:
        registry.declare(ORDER, expected=ORDER)
    assert caught.value.stored is None
    assert str(caught.value) == "expected the schema in the store to be as given, found none"
    assert registry.declare(ORDER, expected="none").before is None
    with pytest.raises(StaleSchemaError) as caught:
        registry.declare(ORDER, expected="none")
    assert pickle.loads(pickle.dumps(caught.value)).stored == ORDER
    after = registry.declare(more, expected=ORDER).after
    with pytest.raises(StaleSchemaError, match="expected the schema in the store to be as given, found version 1"):
        registry.declare(more, expected=ORDER)
    with pytest.raises(StaleSchemaError):
        registry.retype("order", {"total": "float"}, expected=ORDER)
    assert registry.retype("order", {"total": "float"}, expected=after).version == 1


@pytest.mark.parametrize("call", [lambda registry: registry.declare({}), lambda registry: registry.declare(ORDER, 1)])
def test_other_arguments_are_refused(call: Callable[[Any], object]) -> None:
    for registry in (SchemaRegistry(MemoryStore()), Awaited(MemoryStore())):
        with pytest.raises(TypeError, match="expected"):
            call(registry)


# --- retyping ---


def test_a_type_is_changed_after_a_plan(store: AnyStore, make: Callable[..., Any]) -> None:
    registry = make(store)
    registry.track(sent(total=1, note="x"))
    plan = registry.plan_retype("order", {"total": "float"})
    assert (plan.version, plan.properties[0].accepted, plan.loses_values) == (1, 1, False)
    assert registry.retype("order", {"total": "float"}, "ann") == plan
    assert registry.schema("order") == store.load("order")
    assert store.history("order")[-1].who == "ann"
    assert registry.retype("order", {"total": "float"}).properties == ()
    with pytest.raises(RetypeError) as caught:
        registry.retype("order", {"note": "int"})
    assert caught.value.plan.properties[0].refused == 1
    registry.retype("order", {"note": "int"}, force=True)
    assert dict(store.load("order").properties) == {"total": "float", "note": "int"}  # type: ignore[union-attr]


def test_what_cannot_be_retyped(store: AnyStore, make: Callable[..., Any]) -> None:
    registry = make(store)
    for asked in (registry.retype, registry.plan_retype):
        with pytest.raises(ValueError, match="expected the name of a schema in the store, found 'order'"):
            asked("order", {"total": "float"})
    registry.declare(ORDER)
    for asked in (registry.retype, registry.plan_retype):
        with pytest.raises(ValueError, match="found one that the schema does not have, at /retyped/more"):
            asked("order", {"more": "float"})
    assert store.load("order") == ORDER


class Plain(MemoryStore):
    """A store without retypes."""

    retype: Any = None
    plan_retype: Any = None


def test_a_store_without_retypes() -> None:
    registry = SchemaRegistry(Plain())
    with pytest.raises(MissingMethodError, match="the store has no method retype"):
        registry.retype("order", {})
    with pytest.raises(MissingMethodError, match="the store has no method plan_retype"):
        registry.plan_retype("order", {})
    with pytest.raises(MissingMethodError, match="the store has no method plan_retype"):
        Awaited(Plain()).plan_retype("order", {})


@pytest.mark.slow
def test_a_retype_in_threads_has_the_time_of_a_call(tmp_path: Path) -> None:
    seconds = [0.0]
    store = SQLStore(f"sqlite:///{tmp_path / 'slow.db'}", timeout=0.15)
    SchemaRegistry(store).track(sent(total=1))
    event.listen(store.engine, "after_cursor_execute", lambda *_: time.sleep(seconds[0]))
    seconds[0] = 0.1
    message = "the call took longer than 0.15 s: the command eventschema retype has no time limit"
    for name in ("retype", "plan_retype"):
        with pytest.raises(StoreUnavailableError, match=message):
            getattr(Awaited(store), name)("order", {"total": "float"})
    seconds[0] = 0.03
    assert SchemaRegistry(store).retype("order", {"total": "float"}).version == 1  # which takes longer, and may
    seconds[0] = 0.0
    store.close()


# --- caches and on_change ---


def test_the_registry_knows_the_change_at_once(store: AnyStore) -> None:
    told: list[ChangedSchema] = []
    registry = SchemaRegistry(store, on_change=told.append)
    registry.declare(ORDER, "ann")
    registry.declare(ORDER, "ann")
    registry.declare(EventSchema("order", frozen=True), "bo")
    registry.retype("order", {"total": "float"}, "cy")
    registry.retype("order", {"total": "float"}, "cy")
    frozen = ORDER.freeze()
    retyped = frozen.retype({"total": "float"})
    assert told == [
        ChangedSchema(None, ORDER, "ann", None),
        ChangedSchema(ORDER, frozen, "bo", None),
        ChangedSchema(frozen, retyped, "cy", None),
    ]
    assert registry.track(sent(total=1.5)).schema_version == 2


def test_another_process_retypes_first(store: AnyStore) -> None:
    registry = SchemaRegistry(store)
    registry.declare(ORDER)
    original = store.retype
    asked: list[object] = []

    def late(*given: Any, **options: Any) -> Any:
        if not asked:
            assert store.save(SchemaChange("order", 0, FrozenDict({"more": PropertyType.BOOL})))
        asked.append(options["expected"])
        return original(*given, **options)

    store.retype = late  # type: ignore[method-assign]
    told: list[ChangedSchema] = []
    registry = SchemaRegistry(store, on_change=told.append)
    assert registry.retype("order", {"total": "float"}).version == 1
    assert [getattr(schema, "version", None) for schema in asked] == [0, 1]
    assert [(change.before.version, change.after.version) for change in told if change.before] == [(1, 2)]


# --- undeclared names ---


def test_an_undeclared_name_is_refused(store: AnyStore, make: Callable[..., Any]) -> None:
    registry = make(store, declared_only=True)
    refused = (UndeclaredEvent("/eventName"),)
    assert registry.track(sent(total=1)).errors == refused
    assert registry.track({**sent(total=1), "eventID": "00000000-0000-4000-8000-00000000000a"}).errors == refused
    assert [error.code for error in registry.track(sent(**{"a b": 1})).errors] == ["undeclared_event", "invalid_name"]
    assert [error.code for error in registry.track(sent("")).errors] == ["invalid_event_name"]
    assert store.load("order") is None
    registry.declare(ORDER)
    assert registry.track(sent(total=1, more=1)).ok  # a declared schema still grows
    results = registry.track_many([sent(total=2), sent("visit"), sent("visit", a=1), sent(total="x")])
    assert [[error.code for error in result.errors] for result in results] == [
        [],
        ["undeclared_event"],
        ["undeclared_event"],
        ["type_conflict"],
    ]
    dry = registry.track_many([sent("visit"), sent(total=2)], dry_run=True)
    assert [result.ok for result in dry] == [False, True]


def test_a_repetition_of_an_undeclared_name_is_accepted(store: AnyStore) -> None:
    repeated = {**sent(total=1), "eventID": "00000000-0000-4000-8000-00000000000a"}
    assert SchemaRegistry(store).track(repeated).ok
    strict = SchemaRegistry(store, declared_only=True)
    assert strict.track(repeated | {"eventName": "visit"}).differing == ("eventName",)
    assert strict.track_many([repeated | {"eventName": "visit"}])[0].duplicate


# --- frozen schemas under load ---


def test_a_freeze_costs_known_events_no_statement(sql_store: SQLStore) -> None:
    registry = SchemaRegistry(sql_store)
    registry.track(sent(total=1))
    registry.declare(EventSchema("order", frozen=True))
    statements: list[str] = []
    event.listen(sql_store.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    assert registry.track(sent(total=2)).ok
    assert [each.split()[0] for each in statements if not each.startswith("BEGIN")] == ["SELECT", "INSERT"]


def test_a_batch_that_adds_loses_its_race(store: AnyStore) -> None:
    registry = SchemaRegistry(store)
    registry.declare(ORDER)
    registry.track(sent(total=1))
    assert store.save(ORDER.freeze_change())
    results = registry.track_many([sent(total=2), sent(more=1), sent(total=3)])
    assert [[error.code for error in result.errors] for result in results] == [[], ["frozen_schema"], []]
    drops = SchemaRegistry(store, Rules(invalid="drop"))
    assert [len(result.dropped) for result in drops.track_many([sent(total=2), sent(more=1)])] == [0, 1]
    assert store.save(ORDER.freeze().freeze_change(frozen=False))
    assert [len(result.dropped) for result in drops.track_many([sent(total=2), sent(more=1)])] == [0, 0]


def test_a_unit_of_work_never_freezes(store: AnyStore) -> None:
    store.declare(ORDER)
    request = TrackRequest.parse(sent(total=1))
    decision = request.decide(ORDER, ())
    assert decision.event is not None
    assert decision.contact is not None
    with pytest.raises(ValueError, match="expected the change of a schema by an event, found one that freezes"):
        UnitOfWork(
            decision.event, ORDER.freeze_change(), decision.contact, decision.contact_change, request.contact, None
        )


def test_declarations_at_once_are_all_saved(sql_store: SQLStore) -> None:
    """Each of eight registries, as of eight processes, declares the same name and one property of its own."""
    ready = Barrier(8)

    def declare(number: int) -> Declared:
        ready.wait()
        return SchemaRegistry(sql_store).declare(EventSchema("order", {f"p{number}": "int"}), f"w{number}")

    with ThreadPoolExecutor(8) as threads:
        declared = list(threads.map(declare, range(8)))
    stored = sql_store.load("order")
    assert stored is not None
    assert sorted(stored.properties) == [f"p{number}" for number in range(8)]
    assert sorted(each.after.version for each in declared) == list(range(8))
    assert sum(each.before is None for each in declared) == 1


def test_only_one_of_many_sees_what_it_expected(sql_store: SQLStore) -> None:
    SchemaRegistry(sql_store).declare(ORDER)
    ready = Barrier(6)

    def declare(number: int) -> bool:
        ready.wait()
        try:
            SchemaRegistry(sql_store).declare(EventSchema("order", {f"p{number}": "int"}), expected=ORDER)
        except StaleSchemaError:
            return False
        return True

    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(declare, range(6))) == 1


def test_freezes_race_with_events_that_add(sql_store: SQLStore, tmp_path: Path) -> None:
    """While the schema is frozen, no event adds to it: each version that adds has an unfrozen one before it."""
    SchemaRegistry(sql_store).declare(ORDER)
    writers = 4
    ready = Barrier(writers + 1)

    def write(writer: int) -> None:
        registry = SchemaRegistry(sql_store)
        ready.wait()
        for number in range(12):
            tracked = registry.track(sent(**{f"w{writer}_{number}": 1}))
            assert {error.code for error in tracked.errors} <= {"frozen_schema"}

    def freeze() -> None:
        registry = SchemaRegistry(sql_store)
        ready.wait()
        for number in range(6):
            registry.declare(EventSchema("order", frozen=number % 2 == 0), thaw=True)

    with ThreadPoolExecutor(writers + 1) as threads:
        tasks = [threads.submit(partial(write, writer)) for writer in range(writers)]
        tasks.append(threads.submit(freeze))
        for task in tasks:
            task.result()
    assert_no_event_adds_while_frozen(sql_store)


def assert_no_event_adds_while_frozen(store: SQLStore) -> int:
    """Returns how often the schema was frozen or events were let add again."""
    is_frozen, names, turns = False, {"total"}, 0
    for record in store.history("order"):
        assert not (is_frozen and record.event_id is not None)
        turns += record.frozen is not None
        is_frozen = is_frozen if record.frozen is None else record.frozen
        names |= set(record.added)
    stored = store.load("order")
    assert stored is not None
    assert set(stored.properties) == names
    assert all(set(kept.properties) <= names for kept in store.events())
    return turns


def test_a_decision_before_the_freeze_is_stale(sql_store: SQLStore) -> None:
    sql_store.declare(ORDER)
    request = TrackRequest.parse(sent(more=1))
    work = UnitOfWork.of(request, request.decide(ORDER, ()), ())
    assert sql_store.save(ORDER.freeze_change())
    assert sql_store.commit(work) is NotSaved.STALE
    assert sql_store.commit_many([work]) == (NotSaved.STALE,)
    assert list(sql_store.events()) == []


# --- processes ---

WRITERS, GOVERNORS, EVENTS, TURNS = 5, 3, 30, 10


def add_properties(url: str, writer: int) -> None:
    with closing(SQLStore(url)) as store:
        registry = SchemaRegistry(store)
        for number in range(EVENTS):
            payload = sent(**{f"w{writer}_{number}": 1}) | {"contact": {"email": f"w{writer}@example.com"}}
            results = registry.track_many([payload, payload]) if number % 3 == 0 else [registry.track(payload)]
            assert {error.code for result in results for error in result.errors} <= {"frozen_schema"}


def freeze_and_thaw(url: str, governor: int) -> None:
    """Freeze and thaw as a person does who has seen the schema; add a property, whether it is frozen or not."""
    with closing(SQLStore(url)) as store:
        registry = SchemaRegistry(store)
        for number in range(TURNS):
            seen = registry.schema("order")
            assert seen is not None
            with suppress(StaleSchemaError):
                registry.declare(EventSchema("order", frozen=not seen.frozen), thaw=True, expected=seen)
            registry.declare(EventSchema("order", {f"g{governor}_{number}": "int"}), f"governor {governor}")
            time.sleep(0.01)


@pytest.mark.slow
def test_processes_freeze_while_others_add(database_url: str) -> None:
    with closing(SQLStore(database_url)) as store:
        store.declare(ORDER)
        context = multiprocessing.get_context("forkserver")
        processes = [context.Process(target=add_properties, args=(database_url, number)) for number in range(WRITERS)]
        processes += [
            context.Process(target=freeze_and_thaw, args=(database_url, number)) for number in range(GOVERNORS)
        ]
        for process in processes:
            process.start()
        for process in processes:
            process.join(120)
        assert [process.exitcode for process in processes] == [0] * len(processes)
        assert assert_no_event_adds_while_frozen(store) > 0
        stored = store.load("order")
        assert stored is not None
        declared = {f"g{governor}_{number}" for governor in range(GOVERNORS) for number in range(TURNS)}
        assert declared <= set(stored.properties)
        assert [record.version for record in store.history("order")] == list(range(stored.version + 1))
