"""Stores and registries refuse wrong arguments, all in the same words."""

import asyncio
import enum
from collections.abc import Callable
from typing import Any

import pytest

from eventschema import EventSchema, FrozenDict, SchemaChange, TrackRequest
from eventschema.store import AsyncSchemaRegistry, MemoryStore, SchemaRegistry, ThreadedStore, UnitOfWork
from eventschema.store.arguments import check_seconds
from eventschema.store.sql import SQLStore

AnyStore = MemoryStore | SQLStore
CHANGE = SchemaChange("order", None, FrozenDict())
PAYLOAD = {"eventName": "order", "contact": {"email": "ann@example.com"}}


class Whom(enum.StrEnum):
    ANN = "ann"


WRONG_KINDS: list[tuple[Callable[[Any], object], str]] = [
    (lambda store: store.load(5), "expected the name of an event as text, found int"),
    (lambda store: store.history(b"order"), "expected the name of an event as text, found bytes"),
    (lambda store: store.seen(None), "expected the id of an event as text, found NoneType"),
    (lambda store: store.erase(5), "expected the id of a contact as text, found int"),
    (lambda store: store.save({}), "expected a SchemaChange, found dict"),
    (lambda store: store.save(CHANGE, 5), "expected who as text, found int"),
    (lambda store: store.declare("order"), "expected an EventSchema, found str"),
    (lambda store: store.declare(EventSchema("order"), b"ann"), "expected who as text, found bytes"),
    (lambda store: store.commit(None), "expected a UnitOfWork, found NoneType"),
    (lambda store: store.find("ann@example.com"), "expected a mapping of identifiers, found str"),
    (lambda store: store.find_events("x"), "expected a collection of ids of events, found str"),
    (lambda store: store.find_events(["x", 5]), "expected the id of an event as text, found int"),
    (lambda store: store.find({"email": None}), "expected the identifier email as text, found NoneType"),
]


def test_arguments_of_a_wrong_type(store: AnyStore) -> None:
    for ask, message in WRONG_KINDS:
        with pytest.raises(TypeError) as caught:
            ask(store)
        assert str(caught.value) == message


def test_an_unknown_identifier(store: AnyStore) -> None:
    with pytest.raises(ValueError, match=r"^expected only the identifiers id, email, phoneNumber, found 'mail'"):
        store.find({"mail": "ann@example.com"})


def test_a_who_with_characters_that_no_history_takes(store: AnyStore) -> None:
    request = TrackRequest.parse(PAYLOAD)
    decision = request.decide(None, ())
    saves: list[Callable[[str], object]] = [
        lambda who: store.save(CHANGE, who),
        lambda who: store.declare(EventSchema("order"), who),
        lambda who: SchemaRegistry(store).track(PAYLOAD, who),
        lambda who: asyncio.run(AsyncSchemaRegistry(ThreadedStore(store)).track(PAYLOAD, who)),
        lambda who: UnitOfWork.of(request, decision, (), who),
    ]
    for who in ("a\0b", "a\tb", "\x7f", "a\n", "\ud800"):
        for save in saves:
            with pytest.raises(
                ValueError, match=r"^expected who as text without control characters and lone surrogates"
            ):
                save(who)
            assert store.load("order") is None


def test_a_who_that_a_history_names(store: AnyStore) -> None:
    for number, who in enumerate(["", "ann", "é \U0001f600 ' %s", "x" * 10_000, Whom.ANN]):
        name = f"order {number}"
        assert SchemaRegistry(store).track({**PAYLOAD, "eventName": name}, who).ok
        named = store.history(name)[0].who
        assert (type(named), named) == (str, who)


def test_a_registry_checks_names_and_who(store: AnyStore) -> None:
    with pytest.raises(TypeError, match="expected the name of an event as text, found int"):
        SchemaRegistry(store).schema(5)  # type: ignore[arg-type]  # which is the point
    with pytest.raises(TypeError, match="expected who as text, found int"):
        SchemaRegistry(store).track(PAYLOAD, 5)  # type: ignore[arg-type]  # wrong, on purpose
    assert SchemaRegistry(store).schema("a\0b") is None


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"clock": 5}, TypeError, "expected clock as a function that returns a datetime, found int"),
        ({"new_id": "x"}, TypeError, "expected new_id as a function that returns a UUID, found str"),
        ({"pool_size": "x"}, TypeError, "expected pool_size as a number of connections, found str"),
        ({"pool_size": True}, TypeError, "expected pool_size as a number of connections, found bool"),
        ({"pool_size": 0}, ValueError, "expected pool_size of at least 1, found 0"),
    ],
)
def test_wrong_options_of_a_store(options: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        SQLStore("sqlite:////nowhere/at/all.db", **options)
    assert str(caught.value) == message
    if "pool_size" not in options:
        with pytest.raises(error, match=message):
            MemoryStore(**options)


def test_wrong_numbers_of_schemas_and_threads() -> None:
    with pytest.raises(TypeError, match="expected max_schemas as a number of schemas, found str"):
        SchemaRegistry(MemoryStore(), max_schemas="x")  # type: ignore[arg-type]  # which is the point
    with pytest.raises(ValueError, match="expected max_schemas of at least 0, found -1"):
        SchemaRegistry(MemoryStore(), max_schemas=-1)
    with pytest.raises(TypeError, match="expected threads as a number of threads, found NoneType"):
        ThreadedStore(MemoryStore(), threads=None)  # type: ignore[arg-type]  # wrong, on purpose
    with pytest.raises(ValueError, match="expected threads of at least 1, found 0"):
        ThreadedStore(MemoryStore(), threads=0)


@pytest.mark.parametrize("seconds", [0.001, 30, 86_400])
def test_a_number_of_seconds(seconds: float) -> None:
    check_seconds("timeout", seconds, 86_400)


@pytest.mark.parametrize("seconds", [0, -1, 86_400.1, float("inf"), float("nan")])
def test_seconds_out_of_range(seconds: float) -> None:
    with pytest.raises(ValueError, match=r"^expected timeout above 0 and of at most 86400 seconds, found "):
        check_seconds("timeout", seconds, 86_400)


@pytest.mark.parametrize("seconds", [True, "30", None])
def test_seconds_that_are_not_a_number(seconds: Any) -> None:
    with pytest.raises(TypeError, match=r"^expected timeout as a number of seconds, found "):
        check_seconds("timeout", seconds)
