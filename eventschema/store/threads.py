"""Threads for the calls of asynchronous services, with a bounded queue."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from threading import Semaphore
from typing import Any, TypeVar

from eventschema.store.arguments import check_count
from eventschema.store.waiting import StoreBusyError, call_began, one_call

_T = TypeVar("_T")


class CallThreads:
    """At most ``threads`` threads, and ``max_waiting`` calls that wait for one.

    The time that a call spends in the queue counts toward its time limit.
    """

    def __init__(self, name: str, threads: int, max_waiting: int) -> None:
        check_count("max_waiting", max_waiting, "calls", 0)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._max_waiting = max_waiting
        self._admitted = Semaphore(threads + max_waiting)

    def running(self, method: Callable[..., _T]) -> Callable[..., Coroutine[Any, Any, _T]]:
        """``method`` as a coroutine function that runs it in a thread."""

        async def call(*arguments: object, **options: object) -> _T:
            return await self.run(lambda: method(*arguments, **options))

        return call

    async def run(self, call: Callable[[], _T]) -> _T:
        """What ``call`` returns. Raises ``StoreBusyError`` if too many calls wait already."""
        began = call_began()

        def run_in_thread() -> _T:
            with one_call(began):
                return call()

        if not self._admitted.acquire(blocking=False):
            raise StoreBusyError(f"the store is busy: {self._max_waiting} calls wait for a thread already")
        try:
            future = self._threads.submit(run_in_thread)
        except RuntimeError:  # closed
            self._admitted.release()
            raise
        future.add_done_callback(lambda _: self._admitted.release())
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Wait for the calls that are running or queued, and end the threads. Later calls raise ``RuntimeError``."""
        self._threads.shutdown()
