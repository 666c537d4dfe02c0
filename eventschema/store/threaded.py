"""``ThreadedStore``: a blocking store for asynchronous services, in threads of its own."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Semaphore
from typing import TypeVar

from eventschema.core.schema import EventSchema
from eventschema.store.arguments import check_count
from eventschema.store.kinds import kind_of
from eventschema.store.protocols import NotSaved, Saved, Store, UnitOfWork
from eventschema.store.waiting import MAX_WAITING, StoreBusyError, call_began, one_call
from eventschema.track.contact import Contact

_T = TypeVar("_T")


class ThreadedStore:
    """``store``, asked in threads, so that an event loop need not wait. For asyncio.

    At most ``threads`` threads read and as many others write: so no read waits for a thread that waits to write.
    At most ``max_waiting`` calls wait for a thread to read, and as many for one to write; one more is refused at once
    with ``StoreBusyError``. What a thread has begun is carried out even where the one who asked is cancelled meanwhile.

    Each method gives what that of ``store`` gives, and raises what it raises. Raises ``TypeError`` for a store that is
    awaited already, or for none at all, and ``ValueError`` for fewer than one thread or a negative ``max_waiting``.
    """

    def __init__(self, store: Store, *, threads: int = 10, max_waiting: int = MAX_WAITING) -> None:
        if kind_of(store) != "blocking":
            raise TypeError(f"expected a store whose methods block, found {type(store).__name__}")
        check_count(threads, 1, "threads")
        self._store = store
        self._readers = _Threads("eventschema-read", threads, max_waiting)
        self._writers = _Threads("eventschema-write", threads, max_waiting)

    async def load(self, name: str) -> EventSchema | None:
        """The schema of the events ``name`` as it stands, ``None`` if there is none."""
        return await self._readers.run(lambda: self._store.load(name))

    async def find(self, identifiers: Mapping[str, str]) -> Sequence[Contact]:
        """The contacts that have any of ``identifiers``, each once, by id; none, if nothing is asked for."""
        return await self._readers.run(lambda: self._store.find(identifiers))

    async def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        """Save a request whole, and give the ids; or nothing, and say why. See ``EventSink.commit``."""
        return await self._writers.run(lambda: self._store.commit(work))

    async def seen(self, event_id: str) -> bool:
        """Whether an event of this id was saved, its contact erased since or not."""
        return await self._readers.run(lambda: self._store.seen(event_id))

    def close(self) -> None:
        """Wait for what is being asked, and end the threads: whoever asks afterwards gets a ``RuntimeError``.

        The store stays open.
        """
        self._readers.close()
        self._writers.close()


class _Threads:
    """Threads with a queue that has a bound. A call keeps its deadline while it waits there."""

    def __init__(self, name: str, threads: int, max_waiting: int) -> None:
        check_count(max_waiting, 0, "waiting calls")
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._max_waiting = max_waiting
        self._admitted = Semaphore(threads + max_waiting)

    async def run(self, ask: Callable[[], _T]) -> _T:
        began = call_began()

        def ask_in_thread() -> _T:
            with one_call(began):
                return ask()

        if not self._admitted.acquire(blocking=False):
            raise StoreBusyError(f"the store is busy: {self._max_waiting} calls wait for a thread already")
        try:
            asked = self._threads.submit(ask_in_thread)
        except RuntimeError:  # closed
            self._admitted.release()
            raise
        asked.add_done_callback(lambda _: self._admitted.release())
        return await asyncio.wrap_future(asked)

    def close(self) -> None:
        self._threads.shutdown()
