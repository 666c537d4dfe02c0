"""Turns: of the writers of one process that add to the same schema, one at a time goes from decision to commit.

Without turns they would race: all but one find that the schema has changed, load the change and decide again, and
again. With them, each decides on what the one before has saved. Writers of other processes are still raced with.

Turns are given in the order in which they were asked for. A writer that has its turn waits for nothing but the store,
at most until the time limit of its call. So those behind it, whose calls began later, do not wait beyond their own.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from threading import Event, Lock
from typing import Final, Generic, NamedTuple, Protocol, TypeVar

from eventschema.store.arguments import check_count
from eventschema.store.waiting import MAX_WAITING, StoreBusyError


class Turn(NamedTuple):
    """Asks for the turn to add to the schema of the events ``name``. The answer is a function that ends the turn."""

    name: str


class _Waiter(Protocol):
    def wake(self) -> None:
        """Let the one who waits go on."""


W = TypeVar("W", bound=_Waiter)


class _Turns(Generic[W]):
    """The queue of each name for which there is a turn. Those who wait are in it; the one whose turn it is, is not."""

    def __init__(self, max_waiting: int) -> None:
        check_count("max_waiting", max_waiting, "requests", 0)
        self._max_waiting: Final = max_waiting
        self._lock: Final = Lock()
        self._queues: Final[dict[str, deque[W]]] = {}

    def _join(self, name: str, new_waiter: Callable[[], W]) -> W | None:
        """``None`` if the turn is free, and now the caller's; else what the caller has to wait for."""
        with self._lock:
            queue = self._queues.get(name)
            if queue is None:
                self._queues[name] = deque()
                return None
            if len(queue) >= self._max_waiting:
                raise StoreBusyError(
                    f"the store is busy: {self._max_waiting} requests wait to add to one schema already"
                )
            waiter = new_waiter()
            queue.append(waiter)
            return waiter

    def _pass_on(self, name: str) -> None:
        with self._lock:
            queue = self._queues[name]
            if queue:
                queue.popleft().wake()
            else:
                del self._queues[name]

    def _give_up(self, name: str, waiter: W) -> None:
        """Leave the queue without a turn. If the turn has been given meanwhile, pass it on."""
        with self._lock:
            queue = self._queues[name]
            if waiter in queue:
                queue.remove(waiter)
                return
        self._pass_on(name)


class _ThreadWaiter:
    def __init__(self) -> None:
        self._is_next = Event()

    def wait(self) -> None:
        self._is_next.wait()

    def wake(self) -> None:
        self._is_next.set()


class ThreadTurns(_Turns[_ThreadWaiter]):
    """Turns of threads."""

    def __init__(self, max_waiting: int = MAX_WAITING) -> None:
        super().__init__(max_waiting)

    def take(self, name: str) -> Callable[[], None]:
        """Wait for the turn ``name``, and take it; returns a function that ends it.

        Raises ``StoreBusyError`` if too many wait for it already.
        """
        waiter = self._join(name, _ThreadWaiter)
        if waiter is not None:
            try:
                waiter.wait()
            except BaseException:  # of a signal handler
                self._give_up(name, waiter)
                raise
        return partial(self._pass_on, name)


class _TaskWaiter:
    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.next = self._loop.create_future()

    def wake(self) -> None:
        self._loop.call_soon_threadsafe(self._set)

    def _set(self) -> None:
        if not self.next.done():  # the task was cancelled
            self.next.set_result(None)


class TaskTurns(_Turns[_TaskWaiter]):
    """Turns of tasks of asyncio."""

    def __init__(self, max_waiting: int = MAX_WAITING) -> None:
        super().__init__(max_waiting)

    async def take(self, name: str) -> Callable[[], None]:
        """Wait for the turn ``name``, and take it: see :meth:`ThreadTurns.take`."""
        waiter = self._join(name, _TaskWaiter)
        if waiter is not None:
            try:
                await waiter.next
            except BaseException:  # the task was cancelled
                self._give_up(name, waiter)
                raise
        return partial(self._pass_on, name)
