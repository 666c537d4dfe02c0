import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import event

from eventschema import Contact, EventSchema, Rules, TrackRequest
from eventschema.core import international
from eventschema.core.rules import DEFAULT_RULES
from eventschema.store import (
    AsyncSchemaRegistry,
    MemoryStore,
    NotSaved,
    Saved,
    SchemaRegistry,
    StoreBusyError,
    StoreUnavailableError,
    ThreadedStore,
    TrackResult,
    UnitOfWork,
)
from eventschema.store.sql import SQLStore
from eventschema.store.tracking import MAX_ATTEMPTS, SchemaCache

Track = Callable[..., TrackResult]

ANN = {"email": "ann@example.com"}
EVENT_ID = "00000000-0000-0000-0000-00000000000a"


def payload(contact: Mapping[str, Any] = ANN, event_id: str | None = None, **properties: Any) -> dict[str, Any]:
    return {"eventName": "order", "contact": contact, "properties": properties, "eventID": event_id}


def test_not_saved_is_false() -> None:
    assert Saved("event", "contact")
    assert not any(NotSaved)


class Noting(MemoryStore):
    """A store in memory that notes what it is asked, and lets another writer go first."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.meanwhile: list[Callable[[], object]] = []

    def load(self, name: str) -> EventSchema | None:
        self.asked.append("load")
        return super().load(name)

    def find(self, identifiers: Mapping[str, str]) -> tuple[Contact, ...]:
        self.asked.append("find")
        return super().find(identifiers)

    def seen(self, event_id: str) -> bool:
        self.asked.append("seen")
        return super().seen(event_id)

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        self.asked.append("commit")
        if self.meanwhile:
            self.meanwhile.pop()()
        return super().commit(work)

    def asked_since(self) -> list[str]:
        asked, self.asked = self.asked, []
        return asked


@pytest.fixture
def noting() -> Noting:
    return Noting()


@pytest.fixture(params=["blocking", "async"])
def new_track(request: pytest.FixtureRequest) -> Callable[..., Track]:
    """A function that makes a registry, blocking or not, and gives its ``track``."""

    def blocking(store: MemoryStore, rules: Rules = DEFAULT_RULES, **options: Any) -> Track:
        return SchemaRegistry(store, rules, **options).track

    def awaiting(store: MemoryStore, rules: Rules = DEFAULT_RULES, **options: Any) -> Track:
        def track(*arguments: Any) -> TrackResult:
            return asyncio.run(registry.track(*arguments))

        registry = AsyncSchemaRegistry(ThreadedStore(store), rules, **options)
        return track

    return blocking if request.param == "blocking" else awaiting


def test_a_known_event_loads_no_schema(sql_store: SQLStore) -> None:
    statements: list[str] = []
    event.listen(sql_store.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    registry = SchemaRegistry(sql_store)
    assert registry.track(payload(total=1.5, note="a")).ok
    del statements[:]
    for number in range(10):
        assert registry.track(payload(total=number, note="b")).ok
    kinds = [statement.split()[0] for statement in statements]
    assert [kind for kind in kinds if kind != "BEGIN"] == ["SELECT", "INSERT"] * 10
    # The insert checks that the version of the schema is still there.
    assert not any("eventschema_properties" in text for text in statements)
    assert all("FROM eventschema_changes" in text for text in statements if text.startswith("INSERT"))
    assert all("FROM eventschema_contacts" in text for text in statements if text.startswith("SELECT"))


def test_a_store_is_asked_no_more_than_needed(noting: Noting, new_track: Callable[..., Track]) -> None:
    track = new_track(noting)
    assert track(payload(total=1.5)).ok
    assert noting.asked_since() == ["load", "find", "commit"]
    assert track(payload(total=2)).ok
    assert noting.asked_since() == ["find", "commit"]
    assert track(payload(total=2, other=1)).ok
    assert noting.asked_since() == ["find", "commit"]
    assert not track(payload(total=[])).ok  # no schema would accept it
    assert noting.asked_since() == ["find"]
    assert not track(payload(total="x")).ok  # a person may have retyped the property
    assert noting.asked_since() == ["find", "load"]
    assert not track(payload(total="x", new=1)).ok  # a newer schema may have more to say, but there is none
    assert noting.asked_since() == ["find", "load"]
    assert not track({}).ok
    assert noting.asked_since() == []


def test_the_result_of_a_request(new_track: Callable[..., Track]) -> None:
    store = MemoryStore()
    track = new_track(store)
    first = track(payload(event_id=EVENT_ID, total=1.5), "ann")
    assert (first.ok, first.event_id, first.duplicate, first.errors) == (True, EVENT_ID, False, ())
    assert first
    assert [contact.id for contact in store.find(ANN)] == [first.contact_id]
    assert {record.who for record in store.history("order")} == {"ann"}
    refused = track(payload(total="x"))
    assert (refused.ok, refused.event_id, refused.contact_id) == (False, None, None)
    assert not refused
    assert [error.code for error in refused.errors] == ["type_conflict"]
    parsed = track(TrackRequest.parse(payload(total=2)))
    assert parsed.event_id is not None
    assert [event.id for event in store.events()] == sorted([EVENT_ID, parsed.event_id])


def test_a_repetition_is_accepted_once(noting: Noting, new_track: Callable[..., Track]) -> None:
    track = new_track(noting)
    contact_id = track(payload(event_id=EVENT_ID, total=1.5)).contact_id
    again = track(payload({"email": "bo@example.com"}, EVENT_ID.upper(), other=1))
    assert (again.ok, again.event_id, again.contact_id, again.duplicate, again.errors) == (
        True,
        EVENT_ID,
        None,
        True,
        (),
    )
    # The contact is known by another address now: the repetition is one all the same.
    assert track(payload({"id": contact_id, "email": "new@example.com"})).ok
    assert track(payload({"id": "gone", **ANN}, EVENT_ID, total=1.5)).duplicate
    assert not track(payload({"id": "gone", **ANN}, EVENT_ID.replace("a", "b"), total=1.5)).ok
    assert not track({**payload(event_id=EVENT_ID), "unknown": 1}).ok  # what cannot be read repeats nothing
    assert len(list(noting.events())) == 2


def test_after_a_lost_race_the_event_is_decided_again(noting: Noting, new_track: Callable[..., Track]) -> None:
    other = SchemaRegistry(noting)
    noting.meanwhile.append(lambda: other.track(payload(total=1.5)))
    late = new_track(noting)(payload(total=3, more=True))
    assert late.ok
    assert late.decision.event is not None
    assert dict(late.decision.event.properties) == {"total": 3.0, "more": True}  # an int no more
    assert noting.load("order") == EventSchema("order").merge({"total": 1.5}).schema.merge({"more": True}).schema


def test_after_a_lost_race_the_event_may_be_refused(noting: Noting, new_track: Callable[..., Track]) -> None:
    noting.meanwhile.append(lambda: SchemaRegistry(noting).track(payload(total="x")))
    late = new_track(noting)(payload(total=3))
    assert [error.code for error in late.errors] == ["type_conflict"]
    assert len(list(noting.events())) == 1


def test_after_a_lost_race_the_contact_is_found(noting: Noting, new_track: Callable[..., Track]) -> None:
    noting.meanwhile.append(lambda: SchemaRegistry(noting).track(payload()))
    late = new_track(noting)(payload({**ANN, "a": 1}))
    assert [contact.id for contact in noting.find(ANN)] == [late.contact_id]
    assert len(list(noting.events())) == 2


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        (Rules(new_properties="reject"), "unknown_property"),
        (Rules(max_schema_properties=1), "too_many_schema_properties"),
    ],
)
def test_a_refusal_is_based_on_the_current_schema(
    rules: Rules, code: str, noting: Noting, new_track: Callable[..., Track]
) -> None:
    noting.declare(EventSchema("order"))
    track = new_track(noting, rules)
    assert track(payload()).ok
    assert SchemaRegistry(noting).track(payload(a=1)).ok
    assert track(payload(a=2)).ok
    assert [error.code for error in track(payload(b=2)).errors] == [code]


def test_a_request_that_loses_every_race_is_an_error(new_track: Callable[..., Track]) -> None:
    class Losing(Noting):
        def commit(self, work: UnitOfWork) -> Saved | NotSaved:
            self.asked.append("commit")
            return NotSaved.STALE

    store = Losing()
    with pytest.raises(StoreUnavailableError, match="100 races"):
        new_track(store)(payload())
    assert store.asked.count("commit") == MAX_ATTEMPTS


def test_a_stop_iteration_of_a_store_is_raised() -> None:
    class Exhausted(MemoryStore):
        def load(self, name: str) -> EventSchema | None:
            return next(iter(()))

    with pytest.raises(StopIteration):
        SchemaRegistry(Exhausted()).track(payload())


def test_the_schema_is_that_of_the_store() -> None:
    store = MemoryStore()
    registry = SchemaRegistry(store)
    assert registry.schema("order") is None
    registry.track(payload(a=1))
    SchemaRegistry(store).track(payload(b=1))
    assert registry.schema("order") == store.load("order")
    assert asyncio.run(AsyncSchemaRegistry(ThreadedStore(store)).schema("order")) == store.load("order")
    assert asyncio.run(AsyncSchemaRegistry(ThreadedStore(store)).schema("visit")) is None
    assert registry.rules == Rules()


def test_rules_equal_to_the_defaults_are_the_defaults() -> None:
    """The fast paths know the defaults at once, and compare the options of others each time."""
    assert Rules() is not DEFAULT_RULES
    assert SchemaRegistry(MemoryStore(), Rules()).rules is DEFAULT_RULES
    assert SchemaRegistry(MemoryStore(), Rules(max_properties=2)).rules == Rules(max_properties=2)


class Half(MemoryStore):
    async def seen(self, event_id: str) -> bool:  # type: ignore[override]  # that is the point
        return False


@pytest.mark.parametrize("make", [SchemaRegistry, ThreadedStore])
@pytest.mark.parametrize("given", [ThreadedStore(MemoryStore()), Half(), MemoryStore, None])
def test_other_objects_are_not_blocking_stores(make: Callable[[Any], object], given: Any) -> None:
    with pytest.raises(TypeError, match=f"store with the blocking methods load, .*, found {type(given).__name__}"):
        make(given)


@pytest.mark.parametrize("given", [MemoryStore(), Half(), ThreadedStore, SchemaRegistry(MemoryStore())])
def test_other_objects_are_not_asynchronous_stores(given: Any) -> None:
    sentence = (
        f"with the asynchronous methods .*, found {type(given).__name__}: a blocking store goes into ThreadedStore"
    )
    with pytest.raises(TypeError, match=sentence):
        AsyncSchemaRegistry(given)


@pytest.mark.parametrize("rules", [{"max_properties": 5}, None, Rules])
def test_other_objects_are_not_rules(rules: Any) -> None:
    with pytest.raises(TypeError, match=rf"expected rules made with Rules\(...\), found {type(rules).__name__}"):
        SchemaRegistry(MemoryStore(), rules)
    with pytest.raises(TypeError, match="expected rules"):
        AsyncSchemaRegistry(ThreadedStore(MemoryStore()), rules)


def test_many_threads_of_one_registry(sql_store: SQLStore) -> None:
    registry = SchemaRegistry(sql_store, max_schemas=2)

    def send(number: int) -> TrackResult:
        name, key = f"event{number % 3}", f"p{number % 7}"
        contact = {"email": f"person{number % 4}@example.com"}
        return registry.track({"eventName": name, "contact": contact, "properties": {key: number}})

    with ThreadPoolExecutor(8) as threads:
        tracked = list(threads.map(send, range(84)))
    assert all(outcome.ok for outcome in tracked)
    assert len({outcome.contact_id for outcome in tracked}) == 4
    assert len(list(sql_store.events())) == 84
    for number in range(3):
        schema = sql_store.load(f"event{number}")
        assert schema is not None
        assert sorted(schema.properties) == [f"p{key}" for key in range(7)]


def test_the_cache_of_schemas_is_bounded_and_never_goes_back() -> None:
    cache = SchemaCache(2)
    first, second, third = EventSchema("a"), EventSchema("b"), EventSchema("c")
    cache.put(first)
    cache.put(second)
    assert cache.get("a") is first
    cache.put(third)
    assert (cache.get("a"), cache.get("b"), cache.get("c"), len(cache)) == (first, None, third, 2)
    newer = first.merge({"p": 1}).schema
    cache.put(newer)
    cache.put(first)
    assert cache.get("a") is newer
    assert cache.get(None) is None
    empty = SchemaCache(0)
    empty.put(first)
    assert len(empty) == 0
    with pytest.raises(ValueError, match="at least 0"):
        SchemaCache(-1)


ADDRESS = "user{}@" + "xn--bcher-kva." * 12 + "de"  # read with email-validator, in about half a millisecond
ADDRESSES: Any = {f"p{number}": ADDRESS.format(number) for number in range(100)}


@pytest.fixture
def read_addresses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that email-validator has read."""
    addresses: list[str] = []
    validated = international.validated

    def noting(text: str) -> str | None:
        addresses.append(text)
        return validated(text)

    monkeypatch.setattr(international, "validated", noting)
    return addresses


@pytest.mark.parametrize("name", ["order", None])
@pytest.mark.parametrize("wrong", [[], 2**70, "no@xn--a.de"])
def test_an_address_is_read_once(
    name: str | None, wrong: object, read_addresses: list[str], new_track: Callable[..., Track]
) -> None:
    track = new_track(MemoryStore())
    assert track(payload(total=1)).ok  # so that the next event is decided on a schema that may be outdated
    event = {**ADDRESSES, "total": 1, "wrong": wrong, "big": 2**70}
    assert not track({**payload(), "eventName": name, "properties": dict(list(event.items())[5:])}).ok
    assert sorted(read_addresses) == sorted(set(read_addresses))
    assert len(set(read_addresses) & set(ADDRESSES.values())) == 95


def test_an_address_of_a_repetition_is_read_once_more(
    read_addresses: list[str], new_track: Callable[..., Track]
) -> None:
    """It is refused for its contact: its values are read to compare them with those of the stored event."""
    track = new_track(MemoryStore())
    body = {**payload(**dict(list(ADDRESSES.items())[:5])), "eventID": EVENT_ID}
    assert track(body).ok
    read_addresses.clear()
    assert track({**body, "contact": {"id": "unknown"}}).duplicate
    assert max(map(read_addresses.count, read_addresses)) == 2


def test_others_are_tracked_while_an_event_is_read_slowly() -> None:
    """The order of the ends is measured, and no time."""
    ends = list[str]()
    registry = AsyncSchemaRegistry(ThreadedStore(MemoryStore()))

    async def track(name: str, properties: dict[str, Any]) -> None:
        body = {"eventName": name, "contact": {"email": "ann@example.com"}, "properties": properties}
        assert (await registry.track(body)).ok
        ends.append(name)

    async def track_all() -> None:
        slow = [asyncio.create_task(track(f"slow {number}", ADDRESSES)) for number in range(5)]
        await asyncio.sleep(0)
        for number in range(3):
            await track(f"quick {number}", {"total": 1})
        await asyncio.gather(*slow)

    asyncio.run(track_all())
    assert ends[-1].startswith("slow")
    assert len(ends) == 8


def test_too_many_that_are_read_slowly_are_refused() -> None:
    registry = AsyncSchemaRegistry(ThreadedStore(MemoryStore()), max_waiting=1)

    async def track_all() -> list[Any]:
        calls = [registry.track({**payload(**ADDRESSES), "eventName": f"e{number}"}) for number in range(5)]
        return await asyncio.gather(*calls, return_exceptions=True)

    results = asyncio.run(track_all())
    assert sum(isinstance(result, StoreBusyError) for result in results) == 3
    assert sum(isinstance(result, TrackResult) and result.ok for result in results) == 2


def slow_batch(size: int) -> list[dict[str, Any]]:
    return [{**payload(**ADDRESSES), "eventName": f"batch {number}"} for number in range(size)]


@pytest.mark.slow
def test_others_are_tracked_while_a_batch_is_read_slowly() -> None:
    ends = list[str]()
    registry = AsyncSchemaRegistry(ThreadedStore(MemoryStore()))

    async def track_all() -> None:
        async def track_batch() -> None:
            assert all(await registry.track_many(slow_batch(10)))
            ends.append("batch")

        batch = asyncio.create_task(track_batch())
        await asyncio.sleep(0.01)
        for kind, properties in (("quick", {"total": 1}), ("slow", ADDRESSES)):
            assert (await registry.track({**payload(**properties), "eventName": kind})).ok
            ends.append(kind)
        await batch

    asyncio.run(track_all())
    assert ends == ["quick", "slow", "batch"]


@pytest.mark.slow
def test_a_batch_that_is_read_slowly_can_be_given_up(read_addresses: list[str]) -> None:
    store = MemoryStore()

    async def track_all() -> None:
        async with asyncio.timeout(0.2):
            await AsyncSchemaRegistry(ThreadedStore(store)).track_many(slow_batch(60))

    with pytest.raises(TimeoutError):
        asyncio.run(track_all())
    assert len(read_addresses) < 6000
    assert list(store.events()) == []
