"""How long a call waits: one deadline from its own beginning, and queues that tell at once when they are full."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Semaphore
from time import monotonic
from typing import Final

from eventschema.core.pointers import python_type_name
from eventschema.store.arguments import check_count
from eventschema.store.protocols import StoreUnavailableError

#: The seconds that a call may take by default, and how many may wait in a queue.
TIMEOUT: Final = 30.0
MAX_WAITING: Final = 1000

_MAX_TIMEOUT: Final = 86_400.0  # a day; PostgreSQL and SQLite count milliseconds in 32 bits


class StoreBusyError(StoreUnavailableError):
    """A store in which as many calls wait as may: this one was refused at once, and nothing of it was saved."""


class _Call:
    __slots__ = ("began", "goes_on")

    def __init__(self, began: float) -> None:
        self.began = began
        self.goes_on = True


_current: ContextVar[_Call | None] = ContextVar("eventschema_call", default=None)


@contextmanager
def one_call(began: float | None = None) -> Iterator[None]:
    """Make everything that stores are asked for within the block one call, whose time counts from its beginning.

    A block within another belongs to the outer one's call. ``began``, as :func:`call_began` gave it, carries a call on
    in another thread.
    """
    outer = _current.get()
    if began is None and outer is not None and outer.goes_on:
        yield
        return
    call = _Call(monotonic() if began is None else began)
    _current.set(call)
    try:
        yield
    finally:
        call.goes_on = False  # for tasks and threads that were started meanwhile and copied the context
        _current.set(outer)


def call_began() -> float:
    """When the current call began, on the clock of ``time.monotonic``; now, outside of any."""
    call = _current.get()
    return call.began if call is not None and call.goes_on else monotonic()


def time_left(timeout: float) -> float:
    """The seconds that the current call has left of ``timeout``: all of them, outside of any call.

    Raises ``StoreUnavailableError`` if there are none.
    """
    left = call_began() + timeout - monotonic()
    if left <= 0:
        raise StoreUnavailableError(f"the call took longer than {timeout:g} s")
    return left


def check_timeout(timeout: float) -> float:
    """``timeout``, in seconds. ``TypeError`` if it is no number, ``ValueError`` unless it is above 0, at most a day."""
    if type(timeout) not in {int, float}:
        raise TypeError(f"expected a timeout in seconds, found {python_type_name(timeout)}")
    if not 0 < timeout <= _MAX_TIMEOUT:
        raise ValueError(f"expected a timeout of more than 0 and at most {_MAX_TIMEOUT:g} s, found {timeout!r}")
    return timeout


class WriteQueue:
    """A queue for ``places``: as many calls go on at a time, and ``max_waiting`` more may wait for a place.

    Raises ``TypeError`` and ``ValueError`` for a ``max_waiting`` that is no such number.
    """

    def __init__(self, places: int, max_waiting: int) -> None:
        check_count(max_waiting, 0, "waiting calls")
        self._max_waiting = max_waiting
        self._admitted = Semaphore(places + max_waiting)
        self._places = Semaphore(places)

    @contextmanager
    def slot(self, timeout: float) -> Iterator[None]:
        """Wait for a place and hold it.

        Raises ``StoreBusyError`` if the queue is full, ``StoreUnavailableError`` if no place is free before the current
        call has taken ``timeout`` seconds.
        """
        if not self._admitted.acquire(blocking=False):
            raise StoreBusyError(f"the store is busy: {self._max_waiting} writers wait for their turn already")
        try:
            if not self._places.acquire(timeout=time_left(timeout)):
                raise StoreUnavailableError(f"other writers of this process were not done within {timeout:g} s")
            try:
                yield
            finally:
                self._places.release()
        finally:
            self._admitted.release()
