"""Requests of an asynchronous registry that come while others are tracked are tracked together."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import closing
from threading import Event
from time import monotonic
from typing import Any

import pytest

from eventschema.store import (
    AsyncSchemaRegistry,
    MemoryStore,
    NotSaved,
    Saved,
    SchemaRegistry,
    StoreBusyError,
    StoreError,
    StoreUnavailableError,
    ThreadedStore,
    TrackResult,
    UnitOfWork,
    gathering,
)
from eventschema.store.sql import SQLStore
from eventschema.store.waiting import one_call

EVENT_ID = "00000000-0000-0000-0000-00000000000a"


def payload(number: int, name: str = "order", event_id: str | None = None, **properties: Any) -> dict[str, Any]:
    contact = {"email": f"person{number}@example.com"}
    return {"eventName": name, "contact": contact, "properties": properties, "eventID": event_id}


class Noting(MemoryStore):
    """A store that notes how many it saves at a time, waits for ``go``, and can fail."""

    def __init__(self) -> None:
        super().__init__()
        self.saved: list[int] = []
        self.go = Event()
        self.go.set()
        self.error: Exception | None = None
        self.meanwhile: list[Callable[[], object]] = []

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        self.saved.append(1)
        self.go.wait()
        if work.event.name == "bad":
            raise StoreError("refused")
        return super().commit(work)

    def commit_many(self, works: Sequence[UnitOfWork], *, atomic: bool = False) -> tuple[Saved | NotSaved, ...]:
        self.saved.append(len(works))
        self.go.wait()
        if self.error is not None:
            raise self.error
        if any(work.event.name == "bad" for work in works):
            raise StoreError("refused")
        if self.meanwhile:
            self.meanwhile.pop()()
        return super().commit_many(works, atomic=atomic)


def run(store: Any, requests: Sequence[Any], **options: Any) -> list[TrackResult | BaseException]:
    """The outcomes of requests that come at the same time."""

    async def track() -> list[TrackResult | BaseException]:
        with closing(ThreadedStore(store)) as threaded:
            registry = AsyncSchemaRegistry(threaded, **options)
            tracked = (registry.track(request, f"who{place}") for place, request in enumerate(requests))
            return await asyncio.gather(*tracked, return_exceptions=True)

    return asyncio.run(track())


def results(outcomes: list[TrackResult | BaseException]) -> list[TrackResult]:
    assert all(isinstance(outcome, TrackResult) for outcome in outcomes), outcomes
    return outcomes  # type: ignore[return-value]  # as was just checked


def test_requests_at_the_same_time_are_saved_together() -> None:
    store = Noting()
    tracked = results(run(store, [payload(number, a=number) for number in range(300)]))
    assert all(tracked)
    assert len({result.contact_id for result in tracked}) == 300
    assert store.saved == [256, 44]
    assert [record.who for record in store.history("order")] == ["who0", "who0"]


def test_a_request_alone_is_saved_as_before() -> None:
    store = Noting()
    assert all(results(run(store, [payload(1)])))
    assert store.saved == [1]


def test_requests_are_decided_in_the_order_of_arrival(database_url: str) -> None:
    requests: list[Any] = [payload(1, a=1), payload(2, a="x"), payload(1, event_id=EVENT_ID)]
    requests += [payload(2, event_id=EVENT_ID, b=1), "x", payload(3, a=2.0), payload(3, "visit", a="x")]
    one = SchemaRegistry(MemoryStore())
    expected = [one.track(request) for request in requests]
    with closing(SQLStore(database_url)) as store:
        found = results(run(store, requests))
        assert len(list(store.events())) == 4
    assert [(each.ok, each.errors, each.duplicate, each.differing) for each in found] == [
        (each.ok, each.errors, each.duplicate, each.differing) for each in expected
    ]


def test_a_lost_race_touches_that_request_alone() -> None:
    store = Noting()
    other = SchemaRegistry(store)
    assert all(other.track(payload(number, a=1)) for number in range(3))
    store.saved.clear()
    store.meanwhile.append(lambda: MemoryStore.commit(store, lost[0]))
    lost: list[UnitOfWork] = []

    class Remembering(Noting):
        def commit(self, work: UnitOfWork) -> Saved | NotSaved:
            lost.append(work)
            return NotSaved.DUPLICATE

    reader = Remembering()
    for name in ("_schemas", "_history", "_contacts", "_owners", "_events"):
        setattr(reader, name, getattr(store, name))
    SchemaRegistry(reader).track(payload(9, a=1))  # creates the contact of person 9, when it is saved
    requests = [payload(0, a=2), payload(9, a=3), payload(1, a=4), payload(9, a=5), payload(2, a="x")]
    tracked = results(run(store, requests))
    assert [result.ok for result in tracked] == [True, True, True, True, False]
    assert store.saved == [4, 2]  # those of person 9 again
    assert tracked[1].contact_id == tracked[3].contact_id


def test_a_repetition_of_a_stale_request_is_decided_again() -> None:
    store = Noting()
    store.meanwhile.append(lambda: SchemaRegistry(store).track(payload(5, x="text")))
    requests = [payload(0, x=1, event_id=EVENT_ID), payload(1, x=1, event_id=EVENT_ID), payload(2, "visit")]
    first, second, third = results(run(store, requests))
    assert [error.code for error in first.errors] == ["type_conflict"]
    assert [error.code for error in second.errors] == ["type_conflict"]
    assert third.ok


def test_an_error_of_one_request_is_its_own() -> None:
    store = Noting()
    outcomes = run(store, [payload(0), payload(1, "bad"), payload(2)])
    assert [isinstance(outcome, TrackResult) for outcome in outcomes] == [True, False, True]
    assert isinstance(outcomes[1], StoreError)
    assert store.saved == [3, 1, 1, 1]


def test_an_unavailable_store_fails_all_of_a_transaction() -> None:
    store = Noting()
    store.error = StoreUnavailableError("broken")
    outcomes = run(store, [payload(number) for number in range(3)])
    assert [str(outcome) for outcome in outcomes] == ["broken"] * 3
    assert len(set(map(id, outcomes))) == 3  # each has a traceback of its own
    assert list(store.events()) == []


async def waiting_behind_one(store: Noting, registry: AsyncSchemaRegistry) -> "asyncio.Task[TrackResult]":
    """The task of a request that is being saved until ``store.go``."""
    store.go.clear()
    first = asyncio.create_task(registry.track(payload(0)))
    while not store.saved:
        await asyncio.sleep(0.001)
    return first


def test_requests_wait_in_a_bounded_queue() -> None:
    async def check() -> None:
        store = Noting()
        with closing(ThreadedStore(store)) as threaded:
            registry = AsyncSchemaRegistry(threaded, max_waiting=2)
            first = await waiting_behind_one(store, registry)
            others = [asyncio.create_task(registry.track(payload(number))) for number in (1, 2)]
            await asyncio.sleep(0)
            with pytest.raises(StoreBusyError, match="2 requests wait to be tracked already"):
                await registry.track(payload(3))
            store.go.set()
            assert all(await asyncio.gather(first, *others))
            assert (await registry.track(payload(3))).ok
        assert store.saved == [1, 2, 1]

    asyncio.run(check())


def test_a_cancelled_request_leaves_the_queue() -> None:
    async def check() -> None:
        store = Noting()
        with closing(ThreadedStore(store)) as threaded:
            registry = AsyncSchemaRegistry(threaded)
            first = await waiting_behind_one(store, registry)
            others = [asyncio.create_task(registry.track(payload(number))) for number in range(1, 4)]
            await asyncio.sleep(0)
            others[0].cancel()
            first.cancel()  # it is being saved: that goes on
            await asyncio.sleep(0)
            store.go.set()
            assert all(await asyncio.gather(*others[1:]))
        assert store.saved == [1, 2]
        assert len(list(store.events())) == 3

    asyncio.run(check())


def test_calls_that_began_far_apart_share_no_deadline() -> None:
    async def check() -> None:
        store = Noting()
        with closing(ThreadedStore(store)) as threaded:
            registry = AsyncSchemaRegistry(threaded)
            first = await waiting_behind_one(store, registry)
            with one_call(monotonic() - gathering.MAX_APART - 1):
                old = asyncio.create_task(registry.track(payload(1)))
                await asyncio.sleep(0)
            others = [asyncio.create_task(registry.track(payload(number))) for number in (2, 3)]
            await asyncio.sleep(0)
            store.go.set()
            assert all(await asyncio.gather(first, old, *others))
        assert store.saved == [1, 1, 2]

    asyncio.run(check())


def test_slow_requests_are_tracked_alone() -> None:
    store = Noting()
    slow = {"email": "ann@xn--bcher-kva.example"}
    assert all(
        results(run(store, [payload(0), {**payload(1), "contact": slow}, payload(2), payload(3, a="a@xn--a.b")]))
    )
    assert sorted(store.saved)[-1] == 2
    assert sum(store.saved) == 4


def test_requests_left_at_the_end_of_a_loop_are_cancelled() -> None:
    store = Noting()

    async def leave() -> "asyncio.Task[TrackResult]":
        registry = AsyncSchemaRegistry(ThreadedStore(store))
        await waiting_behind_one(store, registry)
        left = asyncio.create_task(registry.track(payload(1)))
        await asyncio.sleep(0)
        return left

    left = asyncio.run(leave())
    store.go.set()
    assert left.cancelled()
