"""Requests that arrive while others are tracked are then tracked together, in one transaction.

One transaction costs a flush to the disk, and each question to a database a few hundred microseconds, however many
requests it is about. So a service with many clients saves several times as many requests if it gathers them. No request
waits for others to come: if none is being tracked, it is tracked at once.

Of threads, one does the work of all, and each is woken once. If each asked the database itself, they would take the
interpreter from each other at every question.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import partial
from threading import get_ident
from typing import Final
from weakref import WeakKeyDictionary

from eventschema.store.deciding import Entry
from eventschema.store.protocols import StoreError, StoreUnavailableError
from eventschema.store.together import CommitFailedError, Together
from eventschema.store.tracking import TrackResult
from eventschema.store.tracking_many import OnResults
from eventschema.store.waiting import (
    MAX_TIMEOUT,
    PATIENCE,
    ContendedError,
    Keys,
    StoreBusyError,
    WriteQueue,
    call_began,
    one_call,
)

#: How many requests are tracked together, and how many seconds apart their calls may have begun: they share a deadline.
MAX_GATHERED: Final = 256
MAX_APART: Final = 1.0

_MOST_LATE: Final = 8  # tasks; more would take all connections of a store

#: Tracks requests, and calls the second argument with all results, perhaps in several parts and in another thread.
TrackTogether = Callable[[Sequence[Entry], OnResults], Awaitable[None]]
TrackAlone = Callable[[Entry], Awaitable[TrackResult]]


class ThreadGatherer:
    """Tracks requests of several threads with ``alone``, or with ``together`` those that came meanwhile, in one thread.

    They are tracked in the order of their arrival. At most ``max_waiting`` requests wait; a further one raises
    ``StoreBusyError`` at once. The time limit is that of the store: whoever waits began later than the one that is
    tracked.
    """

    def __init__(
        self,
        alone: Callable[[Entry], TrackResult],
        together: Callable[[Sequence[Entry], OnResults], None],
        max_waiting: int,
    ) -> None:
        self._together = together
        queue: WriteQueue[Entry, TrackResult] = WriteQueue(1, max_waiting)
        self._groups = Together(self._track_together, alone, queue, MAX_TIMEOUT)

    def track(self, entry: Entry) -> TrackResult:
        """The result of a request. Raises what the store does."""
        return self._groups.do(entry)

    def _track_together(self, entries: Sequence[Entry], _: object) -> list[TrackResult | None]:
        """The results of ``entries``, ``None`` of each that is to be tracked alone: an error may be that of another."""
        results: dict[int, TrackResult] = {}
        try:
            self._together(entries, results.update)
        except BaseException as error:
            if isinstance(error, StoreUnavailableError) or not isinstance(error, Exception):
                raise CommitFailedError(tuple(map(results.get, range(len(entries))))) from error
        return [results.get(number) for number in range(len(entries))]


@dataclass(slots=True, eq=False)
class _Waiting:
    entry: Entry
    began: float
    result: "asyncio.Future[TrackResult]"

    def keys(self) -> Keys:
        """What the request is about: whoever it may belong to, and the id of its event."""
        request = self.entry.request
        event = () if request.event_id is None else (("eventID", request.event_id),)
        return frozenset((*request.contact.identifiers.items(), *event))


@dataclass(slots=True)
class _Queue:
    """The requests of an event loop that wait, and the task that tracks them; ``None`` if none is tracked.

    ``late`` are the tasks that take long, each with what its requests are about. No other request about the same is
    tracked before they are done.
    """

    waiting: deque[_Waiting] = field(default_factory=deque)
    task: "asyncio.Task[None] | None" = None
    late: "dict[asyncio.Task[Sequence[_Waiting]], Keys]" = field(default_factory=dict)


class Gatherer:
    """Tracks requests with ``alone``, or with ``together`` those that came while others were tracked.

    They are tracked in the order of their arrival. If that takes longer than a quarter of a second, perhaps because a
    contact is locked, others are tracked meanwhile, unless they are about the same contacts or events. At most
    ``max_waiting`` requests wait; a further one raises ``StoreBusyError`` at once. If a caller is cancelled, its
    request may be tracked all the same.
    """

    def __init__(self, alone: TrackAlone, together: TrackTogether, max_waiting: int) -> None:
        self._alone = alone
        self._together = together
        self._max_waiting = max_waiting
        self._queues: WeakKeyDictionary[asyncio.AbstractEventLoop, _Queue] = WeakKeyDictionary()

    def track(self, entry: Entry) -> "asyncio.Future[TrackResult]":
        """The result of a request, to be awaited. It raises what the store does; this, if too many wait already."""
        loop = asyncio.get_running_loop()
        queue = self._queues.get(loop)
        if queue is None:
            queue = self._queues[loop] = _Queue()
        if queue.task is not None and len(queue.waiting) >= self._max_waiting:
            raise StoreBusyError(f"the store is busy: {self._max_waiting} requests wait to be tracked already")
        one = _Waiting(entry, call_began(), loop.create_future())
        queue.waiting.append(one)
        if queue.task is None:
            queue.task = loop.create_task(self._track_all(queue))
        return one.result

    async def _track_all(self, queue: _Queue) -> None:
        try:
            while queue.waiting:
                gathered = _take(queue) if len(queue.late) < _MOST_LATE else ()
                if gathered:
                    if contended := await self._start(queue, [gathered]):
                        await self._start(queue, [[one] for one in contended])
                elif queue.late:
                    await asyncio.wait(queue.late, return_when=asyncio.FIRST_COMPLETED)
        finally:
            queue.task = None
            for one in queue.waiting:  # if the task was cancelled, at the end of its event loop
                one.result.cancel()
            queue.waiting.clear()

    async def _start(self, queue: _Queue, groups: Sequence[Sequence[_Waiting]]) -> list[_Waiting]:
        """Track ``groups`` at the same time, and wait a while; returns the requests that are to be tracked alone."""
        tasks = {asyncio.create_task(self._track(group)): group for group in groups}
        done, late = await asyncio.wait(tasks, timeout=PATIENCE)
        for task in late:
            self._leave_behind(queue, task, tasks[task])
        return [one for task in done for one in task.result()]

    def _leave_behind(
        self, queue: _Queue, task: "asyncio.Task[Sequence[_Waiting]]", requests: Sequence[_Waiting]
    ) -> None:
        queue.late[task] = frozenset().union(*(one.keys() for one in requests))
        task.add_done_callback(partial(self._end_late, queue))

    def _end_late(self, queue: _Queue, task: "asyncio.Task[Sequence[_Waiting]]") -> None:
        del queue.late[task]
        for one in () if task.cancelled() else task.result():
            self._leave_behind(queue, asyncio.create_task(self._track([one])), [one])

    async def _track(self, gathered: Sequence[_Waiting]) -> Sequence[_Waiting]:
        """Track ``gathered``; returns those that are to be tracked alone, since one of them waits for a lock."""
        if len(gathered) > 1:
            return await self._track_together(gathered)
        await self._track_each(gathered)
        return ()

    async def _track_together(self, gathered: Sequence[_Waiting]) -> Sequence[_Waiting]:
        loop, thread = asyncio.get_running_loop(), get_ident()

        def answer(results: Sequence[tuple[int, TrackResult]]) -> None:
            for number, result in results:
                if not gathered[number].result.done():
                    gathered[number].result.set_result(result)

        def on_results(results: Sequence[tuple[int, TrackResult]]) -> None:
            if get_ident() == thread:
                answer(results)
            else:
                loop.call_soon_threadsafe(answer, results)

        try:
            with one_call(min(one.began for one in gathered)):
                await self._together([one.entry for one in gathered], on_results)
        except ContendedError:
            return [one for one in gathered if not one.result.done()]
        except StoreUnavailableError as error:
            for one in gathered:
                _fail(one, error)
        except Exception:  # of one of them, perhaps: the others must not suffer for it
            await self._track_each(gathered)
        except BaseException:  # likewise
            for one in gathered:
                one.result.cancel()
            raise
        return ()

    async def _track_each(self, waiting: Sequence[_Waiting]) -> None:
        for one in waiting:
            if one.result.done():
                continue
            try:
                with one_call(one.began):
                    result = await self._alone(one.entry)
            except Exception as error:
                _fail(one, error)
            except BaseException:
                one.result.cancel()
                raise
            else:
                if not one.result.done():
                    one.result.set_result(result)


def _take(queue: _Queue) -> list[_Waiting]:
    """The next requests to track together, without those whose callers were cancelled.

    Left in the queue are those that are about the same as a late one, or as one that is left.
    """
    waiting, held = queue.waiting, frozenset[tuple[str, str]]().union(*queue.late.values())
    taken, left = list[_Waiting](), list[_Waiting]()
    while waiting and len(taken) < MAX_GATHERED:
        one = waiting[0]
        if taken and abs(one.began - taken[0].began) > MAX_APART:
            break
        waiting.popleft()
        if one.result.done():
            continue
        if held and not held.isdisjoint(keys := one.keys()):
            left.append(one)
            held |= keys
        else:
            taken.append(one)
    waiting.extendleft(reversed(left))
    return taken


def _fail(one: _Waiting, error: Exception) -> None:
    """Let a caller raise ``error``: a copy, since each adds its own traceback."""
    if one.result.done():
        return
    copied = copy(error) if isinstance(error, StoreError) else error
    copied.__cause__, copied.__suppress_context__ = error.__cause__, True
    one.result.set_exception(copied)
