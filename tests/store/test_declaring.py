import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from threading import Barrier
from typing import Any

import pytest

from eventschema import EventSchema
from eventschema.core.changes import SchemaChange
from eventschema.core.types import PropertyType
from eventschema.store import (
    Contradiction,
    DeclarationError,
    Declared,
    MemoryStore,
    SchemaRegistry,
    StoreUnavailableError,
    ThreadedStore,
    declare_schemas,
)
from eventschema.store.sql import SQLStore
from eventschema.store.tracking import MAX_ATTEMPTS

AnyStore = MemoryStore | SQLStore

ORDER = EventSchema("order", {"total": "float", "note": "string"})
VISIT = EventSchema("visit", {"at": "date"})


def test_a_missing_schema_is_saved(store: AnyStore) -> None:
    grown = VISIT.merge({"page": "https://example.com"}).schema
    assert declare_schemas(store, [ORDER, grown], "ann") == (Declared(None, ORDER), Declared(None, grown))
    assert (store.load("order"), store.load("visit")) == (ORDER, grown)
    assert [(record.version, record.who) for record in store.history("visit")] == [(0, "ann"), (1, "ann")]


def test_declaring_again_changes_nothing(store: AnyStore) -> None:
    declare_schemas(store, {"order": ORDER})
    assert declare_schemas(store, {"order": ORDER}) == (Declared(ORDER, ORDER),)
    assert len(store.history("order")) == 1


def test_missing_declared_properties_are_added(store: AnyStore) -> None:
    tracked = SchemaRegistry(store).track(
        {"eventName": "order", "contact": {"email": "ann@example.com"}, "properties": {"seen": 1, "total": 1.5}}
    )
    [declared] = declare_schemas(store, [ORDER], "ann")
    assert (declared.before, dict(declared.added)) == (tracked.decision.schema, {"note": "string"})
    assert store.load("order") == declared.after
    assert dict(declared.after.properties) == {"seen": "int", "total": "float", "note": "string"}
    assert declared.after.since("note") == declared.after.version == 2
    last = store.history("order")[-1]
    assert (last.version, dict(last.added), last.event_id, last.who) == (2, {"note": "string"}, None, "ann")
    assert not declare_schemas(store, [ORDER])[0].added


def test_a_type_that_contradicts_the_store_is_an_error(store: AnyStore) -> None:
    store.declare(EventSchema("order", {"total": "int"}).merge({"note": True}).schema)
    with pytest.raises(DeclarationError) as caught:
        declare_schemas(store, [VISIT, ORDER, EventSchema("cart")])
    assert caught.value.contradictions == (
        Contradiction("order", "total", PropertyType.FLOAT, PropertyType.INT, 0),
        Contradiction("order", "note", PropertyType.STRING, PropertyType.BOOL, 1),
    )
    assert str(caught.value) == (
        "expected the types that the store has: "
        "total of the event order is declared as float, but is int in the store since it was declared; "
        "note of the event order is declared as string, but is bool in the store since version 1"
    )
    assert pickle.loads(pickle.dumps(caught.value)).contradictions == caught.value.contradictions
    assert (store.load("visit"), store.load("cart")) == (None, None)  # nothing is saved
    assert len(store.history("order")) == 2


@pytest.mark.parametrize(("count", "end"), [(10, "p9 of"), (11, "; and 1 more property"), (30, "; and 20 more")])
def test_an_error_names_ten_contradictions(count: int, end: str) -> None:
    store = MemoryStore()
    names = [f"p{number}" for number in range(count)]
    store.declare(EventSchema("order", dict.fromkeys(names, "int")))
    with pytest.raises(DeclarationError) as caught:
        declare_schemas(store, [EventSchema("order", dict.fromkeys(names, "url"))])
    assert len(caught.value.contradictions) == count
    assert str(caught.value).count("is declared as url") == 10
    assert end in str(caught.value).split("; ", 9)[9]


@pytest.fixture
def race(database_url: str) -> Callable[[list[EventSchema]], list[object]]:
    """What becomes of declaring each of the schemas at once, each through a store of its own."""

    def run(schemas: list[EventSchema]) -> list[object]:
        start = Barrier(len(schemas))
        with ExitStack() as stack, ThreadPoolExecutor(len(schemas)) as threads:
            stores = [stack.enter_context(closing(SQLStore(database_url, pool_size=1))) for _ in schemas]

            def declare(store: SQLStore, schema: EventSchema) -> object:
                start.wait()
                try:
                    return declare_schemas(store, [schema])[0].after
                except DeclarationError as error:
                    return error

            return list(threads.map(declare, stores, schemas))

    return run


def test_processes_declare_at_once(race: Callable[[list[EventSchema]], list[object]], database_url: str) -> None:
    outcomes = race([EventSchema("order", {"total": "int", f"p{number}": "date"}) for number in range(6)])
    with closing(SQLStore(database_url)) as store:
        schema = store.load("order")
    assert schema in outcomes
    assert schema is not None
    assert set(schema.properties) == {"total", *(f"p{number}" for number in range(6))}
    assert schema.version == 5
    assert all(isinstance(outcome, EventSchema) for outcome in outcomes)


def test_of_contradictory_declarations_one_is_saved(
    race: Callable[[list[EventSchema]], list[object]], database_url: str
) -> None:
    types = ["int", "float", "string", "date"]
    outcomes = race([EventSchema("order", {"total": type_}) for type_ in types])
    with closing(SQLStore(database_url)) as store:
        schema = store.load("order")
    assert schema is not None
    stored = schema.properties["total"]
    for type_, outcome in zip(types, outcomes, strict=True):
        if type_ == stored:
            assert outcome == schema
        else:
            assert isinstance(outcome, DeclarationError)
            assert outcome.contradictions == (Contradiction("order", "total", PropertyType(type_), stored, 0),)


def test_a_hundred_lost_races_are_an_error() -> None:
    class Losing(MemoryStore):
        asked = 0

        def save(self, change: SchemaChange, who: str | None = None) -> bool:
            self.asked += 1
            return False

    store = Losing()
    store.declare(VISIT)
    with pytest.raises(StoreUnavailableError, match="100 races"):
        declare_schemas(store, [EventSchema("visit", {"page": "url"})])
    assert store.asked == MAX_ATTEMPTS


@pytest.mark.parametrize(
    ("store", "schemas", "error", "message"),
    [
        (ThreadedStore(MemoryStore()), [], TypeError, "methods load, declare, save, found ThreadedStore"),
        (None, [], TypeError, "found NoneType"),
        (MemoryStore(), {"order": {"total": "float"}}, TypeError, r"expected schemas \(EventSchema\), found dict"),
        (MemoryStore(), [ORDER, ORDER], ValueError, "one schema for each name, found 2 for 1 names"),
    ],
)
def test_arguments_that_cannot_be_declared(store: Any, schemas: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        declare_schemas(store, schemas)
