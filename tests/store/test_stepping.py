"""The steps of an asynchronous registry on a blocking store: where they run, and what a cancelled caller leaves."""

import asyncio
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from threading import Event
from typing import Any

import pytest

from eventschema.store import AsyncSchemaRegistry, MemoryStore, NotSaved, Saved, ThreadedStore, UnitOfWork
from eventschema.store.questions import Compute, Seen
from eventschema.store.stepping import ThreadRunner
from eventschema.store.threads import CallThreads
from eventschema.store.turns import TaskTurns, Turn

EVENT_ID = "00000000-0000-0000-0000-00000000000a"
SLOW = {"email": "ann@xn--bcher-kva.example"}  # is read by a library that takes long

Steps = Generator[Any, Any, Any]


def payload(number: int, **fields: Any) -> dict[str, Any]:
    return {"eventName": "order", "contact": {"email": f"p{number}@example.com"}, "properties": {"a": 1}, **fields}


class Noting(MemoryStore):
    """A store that notes which thread asks it what, and waits for ``go`` to save."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, int]] = []
        self.saving, self.go = Event(), Event()
        self.go.set()

    def note(self, question: str) -> None:
        assert threading.current_thread().name.startswith("eventschema-")
        self.asked.append((question, threading.get_ident()))

    def find(self, identifiers: Any) -> Any:
        self.note("find")
        return super().find(identifiers)

    def load(self, name: str) -> Any:
        self.note("load")
        return super().load(name)

    def seen(self, event_id: str) -> bool:
        self.note("seen")
        return super().seen(event_id)

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        self.note("commit")
        self.saving.set()
        self.go.wait()
        return super().commit(work)

    def commit_many(self, works: Sequence[UnitOfWork], *, atomic: bool = False) -> tuple[Saved | NotSaved, ...]:
        self.note("commit_many")
        self.saving.set()
        self.go.wait()
        return super().commit_many(works, atomic=atomic)


def run(check: Callable[[Noting, AsyncSchemaRegistry], Any]) -> Noting:
    async def started() -> Noting:
        store = Noting()
        with closing(ThreadedStore(store)) as threaded:
            registry = AsyncSchemaRegistry(threaded)
            assert (await registry.track(payload(1))).ok  # the schema is known
            store.asked.clear()
            store.saving.clear()
            await check(store, registry)
        return store

    return asyncio.run(started())


def test_a_request_asks_the_store_in_one_thread() -> None:
    async def check(_: Noting, registry: AsyncSchemaRegistry) -> None:
        assert (await registry.track(payload(2))).ok

    store = run(check)
    assert [question for question, _ in store.asked] == ["find", "commit"]
    assert len({thread for _, thread in store.asked}) == 1


def test_a_batch_asks_the_store_in_one_thread() -> None:
    async def check(_: Noting, registry: AsyncSchemaRegistry) -> None:
        assert all(await registry.track_many([payload(number) for number in range(50)]))

    store = run(check)
    assert [question for question, _ in store.asked] == ["find"] * 50 + ["commit_many"]
    assert len({thread for _, thread in store.asked}) == 1


def test_a_dry_run_asks_threads_that_read() -> None:
    names: set[str] = set()

    class Reading(MemoryStore):
        def find(self, identifiers: Any) -> Any:
            names.add(threading.current_thread().name.rpartition("_")[0])
            return super().find(identifiers)

    async def check() -> None:
        with closing(ThreadedStore(Reading())) as threaded:
            assert all(await AsyncSchemaRegistry(threaded).track_many([payload(1)], dry_run=True))

    asyncio.run(check())
    assert names == {"eventschema-read"}


def test_what_takes_long_is_done_in_its_own_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    computing: list[str] = []
    original = AsyncSchemaRegistry._request

    def note(self: AsyncSchemaRegistry, given: object) -> Any:
        computing.append(threading.current_thread().name.rpartition("_")[0])
        return original(self, given)

    monkeypatch.setattr(AsyncSchemaRegistry, "_request", note)

    async def check(_: Noting, registry: AsyncSchemaRegistry) -> None:
        batch = [payload(2), payload(3, contact=SLOW), payload(4), payload(5, properties={"a": "x", "b": "a@xn--a.b"})]
        assert [result.ok for result in await registry.track_many(batch)] == [True, True, True, False]
        assert (await registry.track(payload(3, contact=SLOW))).ok

    run(check)
    assert computing == ["eventschema-compute"] * 2


def test_a_cancelled_request_that_is_being_saved_is_saved() -> None:
    async def check(store: Noting, registry: AsyncSchemaRegistry) -> None:
        store.go.clear()
        batch = asyncio.create_task(registry.track_many([payload(2, properties={"new": 1}), payload(3)]))
        await asyncio.to_thread(store.saving.wait)
        batch.cancel()
        with pytest.raises(asyncio.CancelledError):  # at once, although the store does not answer
            await asyncio.wait_for(batch, 5)
        store.go.set()
        tracked = await asyncio.wait_for(registry.track(payload(4, properties={"newer": 1})), 5)  # the turn is free
        assert tracked.ok
        assert len(list(store.events())) == 4

    run(check)


def test_a_cancelled_request_asks_no_further_question() -> None:
    asked: list[str] = []
    may_answer, is_asked, is_closed = Event(), Event(), Event()

    class Waiting(MemoryStore):
        def seen(self, event_id: str) -> bool:
            asked.append(event_id)
            is_asked.set()
            may_answer.wait()
            return True

    def steps() -> Steps:
        try:
            asked.append(str((yield Seen("first"))))
            yield Seen("second")
        finally:
            is_closed.set()

    async def check() -> None:
        store = Waiting()
        with closing(ThreadedStore(store)) as threaded:
            runner = ThreadRunner(threaded, {Seen: store.seen}, TaskTurns(), CallThreads("compute", 1, 1))
            running = asyncio.create_task(runner.run(steps()))
            await asyncio.to_thread(is_asked.wait)
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
            assert not is_closed.is_set()
            may_answer.set()
            assert await asyncio.to_thread(is_closed.wait, 5)

    asyncio.run(check())
    assert asked == ["first", "True"]


def test_steps_of_every_kind_are_answered_in_turn() -> None:
    ended: list[str] = []

    def steps() -> Steps:
        end = yield Turn("order")
        first = yield Compute(lambda: threading.current_thread().name)
        second = yield Seen("x")
        third = yield Compute(lambda: 7)
        end()
        ended.append("turn")
        return first, second, third

    async def check() -> tuple[str, bool, int]:
        store = MemoryStore()
        with closing(ThreadedStore(store)) as threaded:
            computing = CallThreads("eventschema-compute", 1, 1)
            runner = ThreadRunner(threaded, {Seen: store.seen}, TaskTurns(), computing)
            found: tuple[str, bool, int] = await runner.run(steps())
            computing.close()
            return found

    name, seen, number = asyncio.run(check())
    assert name.startswith("eventschema-compute")
    assert (seen, number, ended) == (False, 7, ["turn"])


def test_a_store_with_a_method_of_its_own_is_asked_by_it() -> None:
    class Own(ThreadedStore):
        finds = 0

        async def find(self, identifiers: Any) -> Any:
            Own.finds += 1
            return await super().find(identifiers)

    async def check() -> None:
        with closing(Own(MemoryStore())) as threaded:
            assert (await AsyncSchemaRegistry(threaded).track(payload(1))).ok

    asyncio.run(check())
    assert Own.finds == 1
