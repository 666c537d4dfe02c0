import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from threading import Event
from time import monotonic

import pytest

from eventschema import Contact, EventSchema
from eventschema.store import (
    AsyncSchemaRegistry,
    MemoryStore,
    NotSaved,
    Saved,
    SchemaRegistry,
    StoreBusyError,
    StoreUnavailableError,
    ThreadedStore,
    UnitOfWork,
)
from eventschema.store.sql import SQLStore
from eventschema.store.waiting import call_began, one_call
from tests.store.locks import write_lock

PAYLOAD = {"eventName": "order", "contact": {"email": "ann@example.com"}, "properties": {"total": 1.5}}
EVENT_ID = "00000000-0000-0000-0000-00000000000a"


class Gated(MemoryStore):
    """A store whose methods wait until the test lets them go."""

    def __init__(self) -> None:
        super().__init__()
        self.reads, self.writes = Event(), Event()
        self.asked: list[str] = []
        self.began: list[float] = []

    def load(self, name: str) -> EventSchema | None:
        self.asked.append(name)
        self.began.append(call_began())
        self.reads.wait()
        return super().load(name)

    def find(self, identifiers: Mapping[str, str]) -> tuple[Contact, ...]:
        self.began.append(call_began())
        return super().find(identifiers)

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        self.began.append(call_began())
        self.writes.wait()
        return super().commit(work)

    def commit_many(self, works: Sequence[UnitOfWork], *, atomic: bool = False) -> tuple[Saved | NotSaved, ...]:
        self.began.append(call_began())
        self.writes.wait()
        return super().commit_many(works, atomic=atomic)


@asynccontextmanager
async def ending(store: Gated, threaded: ThreadedStore) -> AsyncIterator[None]:
    try:
        yield
    finally:
        store.reads.set()
        store.writes.set()
        threaded.close()


async def first_of(tasks: list[asyncio.Task[object]]) -> tuple[asyncio.Task[object], set[asyncio.Task[object]]]:
    done, others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    [first] = done
    return first, others


async def refused_of(count: int, threaded: ThreadedStore, name: str = "order") -> set[asyncio.Task[object]]:
    """Load ``count`` schemas at once, check that one call is refused, and return the others."""
    tasks: list[asyncio.Task[object]] = [asyncio.create_task(threaded.load(name)) for _ in range(count)]
    refused, others = await first_of(tasks)
    with pytest.raises(StoreBusyError, match=f"{count - 2} calls wait for a thread already"):
        refused.result()
    return others


def test_reads_do_not_wait_for_threads_that_write() -> None:
    async def check() -> None:
        store = Gated()
        store.reads.set()
        threaded = ThreadedStore(store, threads=1)
        registry = AsyncSchemaRegistry(threaded)
        async with ending(store, threaded):
            tracked = [asyncio.create_task(registry.track(PAYLOAD)) for _ in range(3)]
            while len(store.began) < 3:  # they have loaded and found together, and commit
                await asyncio.sleep(0.001)
            assert await threaded.load("order") is None
            assert await threaded.find(PAYLOAD["contact"]) == ()  # type: ignore[arg-type]  # a payload may hold anything
            assert await threaded.seen(EVENT_ID) is False
            assert not any(one.done() for one in tracked)
            store.writes.set()
            assert all(one.ok for one in await asyncio.gather(*tracked))

    asyncio.run(check())


@pytest.mark.parametrize("max_waiting", [0, 2])
def test_a_full_queue_refuses_at_once(max_waiting: int) -> None:
    async def check() -> None:
        store = Gated()
        threaded = ThreadedStore(store, threads=1, max_waiting=max_waiting)
        async with ending(store, threaded):
            others = await refused_of(max_waiting + 2, threaded)
            assert not any(other.done() for other in others)
            store.reads.set()
            assert await asyncio.gather(*others) == [None] * (max_waiting + 1)
            assert await threaded.load("order") is None

    asyncio.run(check())


def test_a_cancelled_call_leaves_the_queue() -> None:
    async def check() -> None:
        store = Gated()
        threaded = ThreadedStore(store, threads=1, max_waiting=1)
        async with ending(store, threaded):
            others = await refused_of(3, threaded, "first")
            waiting = [other for other in others if not other.done()]
            while not store.asked:
                await asyncio.sleep(0.001)
            for one in waiting:  # one is asked for by a thread already, the other waits for the thread
                one.cancel()
            await asyncio.wait(waiting)
            third = asyncio.create_task(threaded.load("third"))
            await asyncio.sleep(0)
            store.reads.set()
            assert await third is None
            assert store.asked == ["first", "third"]

    asyncio.run(check())


def test_all_questions_of_a_request_are_one_call() -> None:
    async def check() -> None:
        store = Gated()
        store.reads.set()
        store.writes.set()
        threaded = ThreadedStore(store)
        async with ending(store, threaded):
            with one_call(monotonic() - 5):
                began = call_began()
                assert (await AsyncSchemaRegistry(threaded).track(PAYLOAD)).ok
            assert store.began == [began] * 3
            assert (await AsyncSchemaRegistry(threaded).track(PAYLOAD)).ok
            assert len(set(store.began)) == 2

    asyncio.run(check())


@pytest.mark.slow
def test_waiting_for_a_thread_counts_toward_the_deadline(database_url: str) -> None:
    async def check(registry: AsyncSchemaRegistry) -> list[object]:
        return await asyncio.gather(*(registry.track(PAYLOAD) for _ in range(8)), return_exceptions=True)

    SQLStore(database_url).close()
    store = SQLStore(database_url, timeout=1)
    assert SchemaRegistry(store).track(PAYLOAD).ok
    threaded = ThreadedStore(store, threads=1)
    began = monotonic()
    with write_lock(database_url):
        outcomes = asyncio.run(check(AsyncSchemaRegistry(threaded)))
    assert monotonic() - began < 5  # one after the other they would take 8 s
    assert all(isinstance(outcome, StoreUnavailableError) for outcome in outcomes)
    threaded.close()
    store.close()


def test_a_store_in_threads_can_be_closed() -> None:
    threaded = ThreadedStore(MemoryStore(), threads=1, max_waiting=0)
    assert asyncio.run(threaded.seen(EVENT_ID)) is False
    threaded.close()
    for _ in range(3):
        with pytest.raises(RuntimeError, match="shutdown"):
            asyncio.run(threaded.seen(EVENT_ID))


def test_a_negative_max_waiting() -> None:
    with pytest.raises(ValueError, match="expected max_waiting of at least 0, found -1"):
        ThreadedStore(MemoryStore(), max_waiting=-1)
