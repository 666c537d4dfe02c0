"""Requests that come while others are tracked are tracked together, by tasks and by threads."""

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing
from pathlib import Path
from threading import Event
from time import monotonic, sleep
from typing import Any

import pytest

from eventschema import Contact, EventSchema
from eventschema.store import (
    AsyncSchemaRegistry,
    ChangedSchema,
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
from eventschema.store.waiting import PATIENCE, ContendedError, one_call
from tests.databases import new_database
from tests.store.locks import contact_lock
from tests.store.noting import Noting, payload

EVENT_ID = "00000000-0000-0000-0000-00000000000a"


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


class Stuck(MemoryStore):
    """A store in which the events of person 0 wait for ``go``, as for the lock of a contact."""

    def __init__(self) -> None:
        super().__init__()
        self.go = Event()
        self.saved: list[int] = []

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        self.wait([work])
        return super().commit(work)

    def commit_many(self, works: Sequence[UnitOfWork], *, atomic: bool = False) -> tuple[Saved | NotSaved, ...]:
        self.wait(works)
        return super().commit_many(works, atomic=atomic)

    def wait(self, works: Sequence[UnitOfWork]) -> None:
        self.saved.append(len(works))
        if any(work.contact.email == "person0@example.com" for work in works):
            self.go.wait(20)


class Contended(Stuck):
    """The same, but what has nothing to do with each other does not wait for it."""

    def commit_unrelated(self, works: Sequence[UnitOfWork]) -> tuple[Saved | NotSaved, ...]:
        self.saved.append(len(works))
        if not self.go.is_set() and any(work.contact.email == "person0@example.com" for work in works):
            raise ContendedError("a lock was not free")
        return super().commit_many(works)


PHONE = {"phoneNumber": "+12025550100"}


def check_stuck(store: Stuck | SQLStore, is_stuck: AbstractContextManager[object]) -> list[object]:
    """Track requests while the events of person 0 cannot be saved; returns the totals of these events, in order."""

    async def check() -> None:
        with closing(ThreadedStore(store)) as threaded:
            registry = AsyncSchemaRegistry(threaded)

            def tracking(number: int, total: int = 1) -> "asyncio.Task[TrackResult]":
                return asyncio.create_task(registry.track(payload(number, total=total)))

            with is_stuck:
                late, others = [tracking(0, 10)], [tracking(number) for number in range(1, 4)]
                assert all(await asyncio.gather(*others))
                with_phone = payload(0, total=11)
                with_phone["contact"] |= PHONE
                late.append(asyncio.create_task(registry.track(with_phone)))
                of_phone = {**payload(0, total=12), "contact": PHONE}
                late.append(asyncio.create_task(registry.track(of_phone)))
                late.append(tracking(0, 13))
                assert all(await asyncio.gather(*(tracking(number) for number in range(2, 6))))
                assert not any(task.done() for task in late)
            assert all(await asyncio.gather(*late))

    asyncio.run(check())
    totals = [(event.received_at, event.properties["total"]) for event in store.events()]
    return [total for _, total in sorted(totals) if total != 1]


def test_only_requests_about_the_same_wait_for_a_late_one() -> None:
    store = Contended()
    assert SchemaRegistry(store).track(payload(9, total=1)).ok
    store.saved.clear()
    with ExitStack() as stack:
        stack.callback(store.go.set)
        found = check_stuck(store, stack)
    assert found == [10, 11, 12, 13]
    assert store.saved[:5] == [4, 1, 1, 1, 1]  # together, then each alone


@pytest.mark.slow  # a database of its own
def test_a_locked_contact_keeps_no_other_request_waiting(postgres_server: str) -> None:
    with new_database(postgres_server) as url, closing(SQLStore(url)) as store:
        assert all(SchemaRegistry(store).track(payload(number, total=1)).ok for number in range(4))
        assert check_stuck(store, contact_lock(url, "person0@example.com")) == [10, 11, 12, 13]


@pytest.mark.slow
def test_a_batch_that_waits_for_a_contact_keeps_no_other_waiting(postgres_server: str) -> None:
    with (
        new_database(postgres_server) as url,
        closing(SQLStore(url)) as store,
        ThreadPoolExecutor(1) as threads,
    ):
        registry = SchemaRegistry(store)
        assert all(registry.track_many([payload(number, total=1) for number in range(6)]))
        with contact_lock(url, "person0@example.com"):
            batch = threads.submit(registry.track_many, [payload(number, total=2) for number in range(3)])
            wait_until(lambda: store._database.writers._written)
            assert registry.track(payload(4, total=3)).ok
            assert all(registry.track_many([payload(number, total=4) for number in range(3, 6)]))
            assert not batch.done()
        assert all(batch.result())


def test_few_late_tasks_are_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "_MOST_LATE", 1)
    monkeypatch.setattr(gathering, "PATIENCE", 0.01)

    async def check() -> None:
        store = Stuck()
        with closing(ThreadedStore(store)) as threaded:
            registry = AsyncSchemaRegistry(threaded)
            late = asyncio.create_task(registry.track(payload(0)))
            await asyncio.sleep(0.05)
            other = asyncio.create_task(registry.track(payload(1)))
            await asyncio.sleep(0.05)
            assert store.saved == [1]
            store.go.set()
            assert all(await asyncio.gather(late, other))

    asyncio.run(check())


def test_late_requests_at_the_end_of_a_loop_are_cancelled() -> None:
    store = Stuck()
    tracked: list[asyncio.Task[TrackResult]] = []

    async def check() -> None:
        registry = AsyncSchemaRegistry(ThreadedStore(store))
        tracked.append(asyncio.create_task(registry.track(payload(0))))
        await asyncio.sleep(PATIENCE + 0.05)
        tracked.append(asyncio.create_task(registry.track(payload(0))))
        await asyncio.sleep(0)

    asyncio.run(check())
    assert all(task.cancelled() for task in tracked)
    store.go.set()


class Serial(Noting):
    """A store that writes one transaction at a time."""

    is_serial = True


def run_threads(store: Noting, requests: Sequence[Any], **options: Any) -> list[TrackResult | BaseException]:
    """The outcomes of requests of one thread each. The first is being saved when the others come, in their order."""
    registry = SchemaRegistry(store, **options)
    assert registry.track(payload(0, total=-1)).ok
    registry.schema("bad")  # what adds to a schema is tracked alone
    store.saved.clear()
    store.go.clear()
    assert registry._gatherer is not None
    queue = registry._gatherer._groups._queue
    tracked: list[Future[TrackResult]] = []

    def are_there() -> bool:  # a refused one may be done at once
        return bool(store.saved) and len(queue._line) == sum(not one.done() for one in tracked) - 1

    with ThreadPoolExecutor(len(requests)) as threads:
        try:
            for place, request in enumerate(requests):
                tracked.append(threads.submit(registry.track, request, f"who{place}"))
                wait_until(are_there)
        finally:
            store.go.set()
    return [one.exception() or one.result() for one in tracked]


def wait_until(is_true: Callable[[], object]) -> None:
    end = monotonic() + 20
    while not is_true():
        assert monotonic() < end
        sleep(0.001)


def test_threads_are_tracked_together() -> None:
    store = Serial()
    tracked = results(run_threads(store, [payload(number, total=number) for number in range(9)]))
    assert all(tracked)
    assert store.saved == [1, 8]
    assert sorted(event.properties["total"] for event in store.events()) == list(range(-1, 9))


def test_of_threads_a_refused_request_touches_no_other() -> None:
    store = Serial()
    requests = [payload(0, total=1), payload(1, total="x"), payload(2, total=2), payload(3, total="y")]
    first, *others = results(run_threads(store, requests))
    assert first.ok
    assert [result.ok for result in others] == [False, True, False]
    assert others[0].errors[0].pointer == "/properties/total"
    assert store.saved == [1, 1]


def test_of_threads_an_error_of_one_touches_no_other() -> None:
    store = Serial()
    assert SchemaRegistry(store).track(payload(0, "fine")).ok
    store.declare(EventSchema("bad"))
    outcomes = run_threads(store, [payload(0), payload(1), payload(2, "bad"), payload(3)])
    assert [isinstance(outcome, TrackResult) for outcome in outcomes] == [True, True, False, True]
    assert str(outcomes[2]) == "refused"
    assert store.saved == [1, 3, 1, 1, 1]
    assert len(list(store.events())) == 5


@pytest.mark.parametrize("error", [StoreUnavailableError("no answer"), KeyboardInterrupt()])
def test_of_threads_nothing_uncertain_is_saved_again(error: BaseException) -> None:
    class Saving(Serial):
        def commit_many(self, works: Sequence[UnitOfWork], *, atomic: bool = False) -> tuple[Saved | NotSaved, ...]:
            super().commit_many(works, atomic=atomic)
            raise error

    store = Saving()
    first, *others = run_threads(store, [payload(number) for number in range(5)])
    assert isinstance(first, TrackResult)
    assert all(isinstance(outcome, StoreUnavailableError) or outcome is error for outcome in others)
    assert sum(outcome is error for outcome in others) == isinstance(error, KeyboardInterrupt)
    assert len({id(outcome) for outcome in others}) == 4
    assert len(list(store.events())) == 6


def test_of_threads_what_is_certain_is_answered() -> None:
    """Others change the contacts of two requests; when these are decided again, the store does not answer."""

    class Failing(Serial):
        fails = False

        def find(self, identifiers: Mapping[str, str]) -> tuple[Contact, ...]:
            if self.fails:
                raise StoreUnavailableError("no answer")
            return super().find(identifiers)

    store = Failing()

    def change() -> None:
        other = SchemaRegistry(store)
        for number in (1, 3):
            changed = payload(number)
            changed["contact"]["city"] = "Graz"
            assert other.track(changed).ok
        store.fails = True

    requests = [payload(number) for number in range(5)]
    for number in (1, 3):
        requests[number]["contact"]["city"] = "Wien"
    store.meanwhile.append(change)
    outcomes = run_threads(store, requests)
    assert [type(outcome) for outcome in outcomes] == [TrackResult, StoreUnavailableError] * 2 + [TrackResult]


def test_a_callback_can_track_on_sqlite(tmp_path: Path) -> None:
    with closing(SQLStore(f"sqlite:///{tmp_path / 'events.db'}")) as store:
        changes = []

        def on_change(change: ChangedSchema) -> None:
            changes.append(change.after.name)
            if change.after.name != "schema changed":
                assert registry.track(payload(0, "schema changed", of=change.after.name)).ok

        registry = SchemaRegistry(store, on_change=on_change)
        with ThreadPoolExecutor(8) as threads:
            requests = [payload(number, f"event {number % 3}", None, **{f"p{number}": 1}) for number in range(40)]
            assert all(threads.map(registry.track, requests))
        assert changes.count("schema changed") == 1
        assert len(list(store.events())) == 80


def test_too_many_threads_are_refused_on_sqlite(tmp_path: Path) -> None:
    with closing(SQLStore(f"sqlite:///{tmp_path / 'events.db'}", max_waiting=3)) as store:
        registry = SchemaRegistry(store, max_waiting=50)
        assert registry.track(payload(0)).ok
        with ThreadPoolExecutor(10) as threads:
            with closing(sqlite3.connect(tmp_path / "events.db", isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                tracked = [threads.submit(registry.track, payload(number)) for number in range(10)]
                wait_until(lambda: sum(one.done() for one in tracked) == 6)
            assert (
                sorted(type(one.exception()).__name__ for one in tracked) == ["NoneType"] * 4 + ["StoreBusyError"] * 6
            )


def test_a_callback_can_wait_for_another_thread_on_sqlite(tmp_path: Path) -> None:
    with closing(SQLStore(f"sqlite:///{tmp_path / 'events.db'}")) as store, ThreadPoolExecutor(9) as threads:

        def on_change(_: ChangedSchema) -> None:
            assert SchemaRegistry.track(registry, payload(0)).ok
            assert threads.submit(registry.track, payload(1)).result(20).ok

        assert SchemaRegistry(store).track(payload(0)).ok
        registry = SchemaRegistry(store, on_change=on_change)
        requests = [payload(number, "order", None, **({f"p{number}": 1} if number % 3 else {})) for number in range(12)]
        with ThreadPoolExecutor(4) as senders:
            assert all(result.ok for result in senders.map(registry.track, requests))
        assert len(list(store.events())) == 1 + 12 + 2 * 8
