"""Turns: of the writers of one process that add to the same schema, one at a time goes from decision to commit.

Without turns they would race: all but one find that the schema has changed, load the change and decide again, and
again. With them, each decides on what the one before has saved. Writers of other processes are still raced with.

Turns are given in the order in which they were asked for. A writer that has its turn waits for nothing but the store,
at most until the time limit of its call. So those behind it, whose calls began later, do not wait beyond their own.

A signal handler may raise between any two instructions, even between taking a turn and keeping the function that ends
it. So queues refer weakly to those who are in them: a turn that nobody can end any more is free.
"""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final, Generic, NamedTuple, TypeVar
from weakref import ref

from eventschema.store.arguments import check_count
from eventschema.store.waiting import MAX_WAITING, StoreBusyError

#: The seconds after which a thread that waits looks whether the turn was lost.
_LOOK_AFTER: Final = 0.5


class Turn(NamedTuple):
    """Asks for the turn to add to the schema of the events ``name``. The answer is a function that ends the turn."""

    name: str


class _Ticket(ABC):
    """A place in the queue of ``name``, and then the turn itself. Calling it gives up either, once."""

    def __init__(self, name: str, leave: Callable[[Any], None]) -> None:
        self.name: Final = name
        self._leave: Final = leave

    def __call__(self) -> None:
        self._leave(self)

    @abstractmethod
    def wake(self) -> None:
        """Let the one who waits go on."""


T = TypeVar("T", bound=_Ticket)


@dataclass(slots=True)
class _Queue(Generic[T]):
    """Who has the turn of a name, and who waits for it."""

    holder: ref[T]
    waiting: deque[ref[T]] = field(default_factory=deque)


class _Turns(Generic[T]):
    """The queue of each name for which there is a turn."""

    def __init__(self, max_waiting: int) -> None:
        check_count("max_waiting", max_waiting, "requests", 0)
        self._max_waiting: Final = max_waiting
        self._lock: Final = Lock()
        self._queues: Final[dict[str, _Queue[T]]] = {}

    def _join(self, ticket: T) -> bool:
        """Whether the turn is free, and now that of ``ticket``; else this is put into the queue."""
        with self._lock:
            if self._takes_free(ticket):
                return True
            waiting = self._queues[ticket.name].waiting
            if len(waiting) >= self._max_waiting:
                raise StoreBusyError(
                    f"the store is busy: {self._max_waiting} requests wait to add to one schema already"
                )
            waiting.append(ref(ticket))
            return False

    def _claim(self, ticket: T) -> bool:
        """Whether ``ticket``, which has waited, has the turn, or takes one that was lost."""
        with self._lock:
            if self._takes_free(ticket):
                with suppress(ValueError):
                    self._queues[ticket.name].waiting.remove(ref(ticket))
            return self._queues[ticket.name].holder() is ticket

    def _takes_free(self, ticket: T) -> bool:
        queue = self._queues.get(ticket.name)
        if queue is None:
            self._queues[ticket.name] = _Queue(ref(ticket))
            return True
        if queue.holder() is not None:
            return False
        queue.holder = ref(ticket)
        return True

    def _leave(self, ticket: T) -> None:
        """End the turn of ``ticket``, and give it to the next; or take ``ticket`` out of the queue."""
        with self._lock:
            queue = self._queues.get(ticket.name)
            if queue is None:
                return
            if queue.holder() is not ticket:
                with suppress(ValueError):
                    queue.waiting.remove(ref(ticket))
                return
            while queue.waiting:
                following = queue.waiting.popleft()
                queue.holder = following
                waiter = following()
                if waiter is not None:
                    waiter.wake()
                    return
            del self._queues[ticket.name]


class _ThreadTicket(_Ticket):
    def __init__(self, name: str, leave: Callable[[Any], None]) -> None:
        super().__init__(name, leave)
        self._gate = Lock()  # and no Event, which a signal handler that raises may leave broken
        self._gate.acquire()

    def wait(self) -> bool:
        """Wait for a while, at most until the turn is given; returns whether it is."""
        return self._gate.acquire(timeout=_LOOK_AFTER)

    def wake(self) -> None:
        self._gate.release()


class ThreadTurns(_Turns[_ThreadTicket]):
    """Turns of threads."""

    def __init__(self, max_waiting: int = MAX_WAITING) -> None:
        super().__init__(max_waiting)

    def take(self, name: str) -> Callable[[], None]:
        """Wait for the turn ``name``, and take it; returns a function that ends it.

        Raises ``StoreBusyError`` if too many wait for it already.
        """
        ticket = _ThreadTicket(name, self._leave)
        if not self._join(ticket):
            try:
                while not (ticket.wait() or self._claim(ticket)):
                    pass
            except BaseException:  # of a signal handler
                ticket()
                raise
        return ticket


class _TaskTicket(_Ticket):
    def __init__(self, name: str, leave: Callable[[Any], None]) -> None:
        super().__init__(name, leave)
        self._loop = asyncio.get_running_loop()
        self.next = self._loop.create_future()

    def wake(self) -> None:
        self._loop.call_soon_threadsafe(self._set)

    def _set(self) -> None:
        if not self.next.done():  # the task was cancelled
            self.next.set_result(None)


class TaskTurns(_Turns[_TaskTicket]):
    """Turns of tasks of asyncio."""

    def __init__(self, max_waiting: int = MAX_WAITING) -> None:
        super().__init__(max_waiting)

    async def take(self, name: str) -> Callable[[], None]:
        """Wait for the turn ``name``, and take it: see :meth:`ThreadTurns.take`."""
        ticket = _TaskTicket(name, self._leave)
        if not self._join(ticket):
            try:
                await ticket.next
            except BaseException:  # the task was cancelled
                ticket()
                raise
        return ticket
