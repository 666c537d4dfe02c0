"""``track_many``: in how many transactions a batch is saved, and what happens if another writer is faster."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from eventschema import Contact, EventSchema, Rules, TrackRequest
from eventschema.store import (
    AsyncSchemaRegistry,
    MemoryStore,
    NotSaved,
    Saved,
    SchemaRegistry,
    StoreUnavailableError,
    ThreadedStore,
    TrackResult,
    UnitOfWork,
)
from eventschema.store.sql import SQLStore
from eventschema.store.tracking import MAX_ATTEMPTS

ANN = {"email": "ann@example.com"}
BO = {"email": "bo@example.com"}
PHONE = {"phoneNumber": "+12025550100"}
EVENT_ID = "00000000-0000-0000-0000-00000000000a"
OTHER_ID = "00000000-0000-0000-0000-00000000000b"

TrackMany = Callable[..., list[TrackResult]]


def payload(contact: Mapping[str, Any] = ANN, event_id: str | None = None, /, **properties: Any) -> dict[str, Any]:
    return {"eventName": "order", "contact": contact, "properties": properties, "eventID": event_id}


class Noting(MemoryStore):
    """A store that notes what it is asked, lets another writer go first, and fails when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.meanwhile: list[Callable[[], object]] = []
        self.fails_at: int | None = None

    def load(self, name: str) -> EventSchema | None:
        self.asked.append("load")
        return super().load(name)

    def find(self, identifiers: Mapping[str, str]) -> tuple[Contact, ...]:
        self.asked.append("find")
        return super().find(identifiers)

    def seen(self, event_id: str) -> bool:
        self.asked.append("seen")
        return super().seen(event_id)

    def commit_many(self, works: Sequence[UnitOfWork], *, atomic: bool = False) -> tuple[Saved | NotSaved, ...]:
        self.asked.append(f"commit {len(works)}")
        if self.fails_at is not None and len([one for one in self.asked if "commit" in one]) > self.fails_at:
            raise StoreUnavailableError("broken")
        if self.meanwhile:
            self.meanwhile.pop()()
        return super().commit_many(works, atomic=atomic)

    def asked_since(self) -> list[str]:
        asked, self.asked = self.asked, []
        return asked


class Plain:
    """A store with the methods of ``Store`` alone."""

    def __init__(self) -> None:
        self.memory = MemoryStore()
        self.commits = 0
        self.fails_at = -1
        for name in ("load", "save", "declare", "history", "find", "erase", "seen"):
            setattr(self, name, getattr(self.memory, name))

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        self.commits += 1
        if self.commits == self.fails_at:
            raise StoreUnavailableError("broken")
        return self.memory.commit(work)


@pytest.fixture
def noting() -> Noting:
    return Noting()


@pytest.fixture(params=["blocking", "async"])
def new_track_many(request: pytest.FixtureRequest) -> Callable[..., TrackMany]:
    """A function that makes a registry, blocking or not, and returns its ``track_many``."""

    def blocking(store: Any, **options: Any) -> TrackMany:
        return SchemaRegistry(store, **options).track_many

    def awaiting(store: Any, **options: Any) -> TrackMany:
        registry = AsyncSchemaRegistry(ThreadedStore(store), **options)
        return lambda *arguments, **options: asyncio.run(registry.track_many(*arguments, **options))

    return blocking if request.param == "blocking" else awaiting


def test_a_batch_is_saved_in_few_transactions(noting: Noting, new_track_many: Callable[..., TrackMany]) -> None:
    track_many = new_track_many(noting)
    assert track_many([]) == []
    assert noting.asked_since() == []
    results = track_many((payload(number=number) for number in range(2001)), "ann")
    assert all(results)
    assert len({result.event_id for result in results}) == 2001
    assert noting.asked_since() == ["load", "find", "commit 1000", "find", "commit 1000", "find", "commit 1"]
    assert {record.who for record in noting.history("order")} == {"ann"}
    assert len(track_many([payload(number=1)] * 1001, atomic=True)) == 1001
    assert noting.asked_since() == ["find", "commit 1001"]


def test_a_batch_asks_no_more_than_needed(noting: Noting, new_track_many: Callable[..., TrackMany]) -> None:
    track_many = new_track_many(noting)
    refused = [payload(total="x"), payload(total=[]), "x", {}]
    assert [bool(result) for result in track_many([payload(total=1), payload(BO, total=2), *refused])] == [
        *(True, True),
        *[False] * 4,
    ]
    assert noting.asked_since() == ["load", "find", "find", "commit 2"]
    assert not any(track_many(refused[1:]))  # no schema would accept them
    assert noting.asked_since() == ["find"]
    assert not any(track_many(refused))  # a person may have retyped the property
    assert noting.asked_since() == ["find", "load"]
    assert not any(track_many([payload(total="x", new=1)]))  # a newer schema may have more to say
    assert noting.asked_since() == ["find", "load"]
    assert [result.duplicate for result in track_many([payload(ANN, EVENT_ID), payload(BO, EVENT_ID)])] == [False, True]
    assert noting.asked_since() == ["find", "find", "seen", "commit 1"]


def test_a_known_batch_costs_few_statements(sql_store: SQLStore) -> None:
    from sqlalchemy import event

    registry = SchemaRegistry(sql_store)
    people = [{"email": f"person{number}@example.com"} for number in range(20)]
    assert all(registry.track_many([payload(person, total=1) for person in people]))
    statements: list[str] = []
    event.listen(sql_store.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    assert all(registry.track_many([payload(person, total=2) for person in people]))
    reads = [statement for statement in statements if statement.startswith("SELECT")]
    assert not any("eventschema_changes" in text or "eventschema_properties" in text for text in reads)
    assert [text for text in statements if text.startswith("BEGIN")] in ([], ["BEGIN IMMEDIATE"])
    assert len(reads) <= len(people)


def test_later_requests_see_what_earlier_ones_make(new_track_many: Callable[..., TrackMany]) -> None:
    store = MemoryStore()
    batch = [payload({**ANN, **PHONE}, total=1.5), payload({**PHONE, "a": 1}, total=2)]
    batch += [payload({**BO, **PHONE}), payload(BO, total="x")]
    first, second, third, fourth = new_track_many(store)(batch)
    assert first.contact_id == second.contact_id
    assert second.decision.event is not None
    assert dict(second.decision.event.properties) == {"total": 2.0}
    assert third.contact_id == first.contact_id  # its email is changed
    assert [error.code for error in fourth.errors] == ["type_conflict"]
    assert [contact.properties for contact in store.find(BO)] == [{"a": 1}]
    assert store.find(ANN) == ()


def test_after_a_lost_race_a_batch_is_decided_again(noting: Noting, new_track_many: Callable[..., TrackMany]) -> None:
    def others() -> None:
        SchemaRegistry(noting).track_many([payload(ANN, total=1.5), {**payload(), "eventName": "visit"}])

    noting.meanwhile.append(others)
    batch = [payload(ANN, total=3, more=True), payload(BO, total="x"), {**payload(BO, a=1), "eventName": "visit"}]
    late = new_track_many(noting)(batch)
    assert [result.ok for result in late] == [True, False, True]
    assert late[0].decision.event is not None
    assert dict(late[0].decision.event.properties) == {"total": 3.0, "more": True}  # an int no more
    assert [contact.id for contact in noting.find(ANN)] == [late[0].contact_id]
    assert late[0].schema_version == 1
    assert len(list(noting.events())) == 4


def test_a_repetition_that_came_meanwhile_is_one(noting: Noting, new_track_many: Callable[..., TrackMany]) -> None:
    """What was refused because of its changes, which are not made, is decided again."""
    registry = SchemaRegistry(noting)
    assert registry.track({**payload(ANN), "eventName": "visit"})
    noting.meanwhile.append(lambda: registry.track({**payload(ANN, EVENT_ID), "eventName": "visit"}))
    batch = [payload(ANN, EVENT_ID, x=1), payload(BO, x="text"), payload({"id": "unknown"})]
    repeated, second, third = new_track_many(noting)(batch)
    assert (repeated.duplicate, repeated.event_id, repeated.contact_id) == (True, EVENT_ID, None)
    assert repeated.differing == ("eventName", "properties")
    assert (second.ok, second.errors) == (True, ())
    assert [error.code for error in third.errors] == ["contact_not_found"]
    schema = noting.load("order")
    assert schema is not None
    assert schema.properties == {"x": "string"}


def test_a_batch_that_loses_every_race_is_an_error(new_track_many: Callable[..., TrackMany]) -> None:
    class Losing(Noting):
        def commit_many(self, works: Sequence[UnitOfWork], *, atomic: bool = False) -> tuple[Saved | NotSaved, ...]:
            super().commit_many((), atomic=atomic)
            return tuple(NotSaved.STALE for _ in works)

    store = Losing()
    with pytest.raises(StoreUnavailableError, match="100 races") as caught:
        new_track_many(store)([payload(total=1)] * 2)
    assert caught.value.results == ()
    assert len([asked for asked in store.asked if "commit" in asked]) == MAX_ATTEMPTS


def test_an_error_has_the_results_that_last(noting: Noting, new_track_many: Callable[..., TrackMany]) -> None:
    noting.fails_at = 2
    track_many = new_track_many(noting)
    with pytest.raises(StoreUnavailableError, match="broken") as caught:
        track_many([payload(a="x") if number == 5 else payload(a=number) for number in range(2500)])
    assert [number for number, result in enumerate(caught.value.results) if not result] == [5]
    assert len(caught.value.results) == 2000
    assert len(list(noting.events())) == 1999
    noting.fails_at = None
    assert track_many([payload(b=1)])  # the turn to add to the schema was given back


def test_a_store_without_batches_saves_one_by_one(new_track_many: Callable[..., TrackMany]) -> None:
    store = Plain()
    track_many = new_track_many(store)
    results = track_many([payload(a=1), payload(a="x"), payload(ANN, EVENT_ID), payload(ANN, EVENT_ID)])
    assert [result.ok for result in results] == [True, False, True, True]
    assert store.commits == 3
    with pytest.raises(TypeError, match="expected a store with the method commit_many for atomic=True, found one with"):
        track_many([payload()], atomic=True)
    store.fails_at = store.commits + 3
    with pytest.raises(StoreUnavailableError, match="broken") as caught:
        track_many([payload(a=2), payload(a="x"), payload(a=3), payload(a=4), payload(a=5)])
    assert [result.ok for result in caught.value.results] == [True, False, True]
    assert len(list(store.memory.events())) == 4


@pytest.mark.parametrize(
    "given", [None, 5, "[]", b"[]", {"events": []}, payload(), TrackRequest.parse(payload())], ids=str
)
def test_a_batch_is_several_requests(new_track_many: Callable[..., TrackMany], given: Any) -> None:
    with pytest.raises(TypeError, match=f"as an iterable of payloads, found {type(given).__name__}"):
        new_track_many(MemoryStore())(given)


def test_who_is_read_before_anything_is_saved(noting: Noting, new_track_many: Callable[..., TrackMany]) -> None:
    with pytest.raises(ValueError, match="expected who as text without control characters"):
        new_track_many(noting)([payload()], "a\0")
    assert noting.asked_since() == []


def test_an_atomic_batch_with_a_refused_request(noting: Noting, new_track_many: Callable[..., TrackMany]) -> None:
    track_many = new_track_many(noting)
    assert track_many([payload(ANN, EVENT_ID)], atomic=True)[0].ok
    batch = [payload(a=1), payload(ANN, EVENT_ID), payload(ANN, OTHER_ID), payload(ANN, OTHER_ID), payload(a="x")]
    results = track_many(batch, atomic=True)
    assert [result.ok for result in results] == [False, True, False, False, False]
    assert [result.duplicate for result in results] == [False, True, False, False, False]
    assert [[error.code for error in result.errors] for result in results] == [[], [], [], [], ["type_conflict"]]
    assert results[0].decision.ok
    assert len(list(noting.events())) == 1


def test_a_dry_run_saves_nothing(noting: Noting, new_track_many: Callable[..., TrackMany]) -> None:
    track_many = new_track_many(noting)
    contact_id = SchemaRegistry(noting).track(payload(ANN, a=1)).contact_id
    assert track_many([payload(ANN, a=2)])[0].ok
    SchemaRegistry(noting).track(payload(ANN, b=1))  # which the cache does not know
    before = (list(noting.schemas()), list(noting.events()))
    noting.asked_since()
    batch = [payload(ANN, EVENT_ID, b="x"), payload(ANN, b=5, c="x"), payload(ANN, c=2), payload(BO, EVENT_ID)]
    results = track_many(batch, dry_run=True)
    assert [result.ok for result in results] == [False, True, False, True]
    assert all(result.dry_run for result in results)
    assert (results[1].event_id, results[1].contact_id) == (None, contact_id)
    assert (results[3].event_id, results[3].contact_id, results[3].duplicate) == (EVENT_ID, None, False)
    assert not any("commit" in asked for asked in noting.asked)
    assert (list(noting.schemas()), list(noting.events())) == before
    repeated = track_many([payload(ANN, EVENT_ID), payload(BO, EVENT_ID)], dry_run=True)[1]
    assert (repeated.ok, repeated.duplicate, repeated.differing) == (True, True, ("contact",))


def test_a_dry_run_needs_no_batches(new_track_many: Callable[..., TrackMany]) -> None:
    store = Plain()
    assert [result.ok for result in new_track_many(store)([payload(), "x"], dry_run=True)] == [True, False]
    assert list(store.memory.events()) == []


def test_a_batch_is_checked_against_the_rules(new_track_many: Callable[..., TrackMany]) -> None:
    track_many = new_track_many(MemoryStore(), rules=Rules(max_schema_properties=2))
    results = track_many([payload(a=1), payload(b=1), payload(c=1), payload(a=2, b=2)])
    assert [[error.code for error in result.errors] for result in results] == [
        *([], []),
        ["too_many_schema_properties"],
        [],
    ]


def test_batches_of_several_threads_are_all_saved(sql_store: SQLStore) -> None:
    registry = SchemaRegistry(sql_store)

    def send(thread: int) -> list[TrackResult]:
        names = ("order", "visit", "click")
        batch = [
            {**payload({"email": f"person{number % 3}@example.com"}, **{f"p{thread}": number}), "eventName": name}
            for number, name in enumerate(names[thread % 3 :] + names[: thread % 3])
        ]
        return registry.track_many(batch)

    with ThreadPoolExecutor(6) as threads:
        results = [result for batch in threads.map(send, range(12)) for result in batch]
    assert all(results)
    assert len({result.contact_id for result in results}) == 3
    assert len(list(sql_store.events())) == 36
    assert [sorted(schema.properties) for schema in sql_store.schemas()] == [sorted(f"p{n}" for n in range(12))] * 3


def test_a_cancelled_batch_gives_its_turns_back() -> None:
    class Slow(Noting):
        started: asyncio.Event

        async def commit_later(self, works: Sequence[UnitOfWork], *, atomic: bool = False) -> object:
            self.started.set()
            await asyncio.sleep(60)
            return ()

    class Own(ThreadedStore):
        """A subclass, whose methods the registry calls one by one, since they may be other ones."""

    async def check() -> None:
        store = Slow()
        store.started = asyncio.Event()
        threaded: Any = Own(store)
        save = threaded.commit_many
        threaded.commit_many = store.commit_later
        registry = AsyncSchemaRegistry(threaded)
        waiting = asyncio.create_task(registry.track_many([payload(a=1)]))
        await store.started.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        threaded.commit_many = save
        tracked = await asyncio.wait_for(registry.track(payload(a=1)), 5)
        assert tracked.ok
        threaded.close()

    asyncio.run(check())
