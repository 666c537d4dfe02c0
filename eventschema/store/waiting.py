"""How long a call may wait: its deadline, and a queue for writers that refuses at once when it is full."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Semaphore
from time import monotonic
from typing import Final

from eventschema.store.arguments import check_count
from eventschema.store.protocols import StoreUnavailableError

#: The defaults: the seconds that a call may take, and how many calls may wait in a queue.
TIMEOUT: Final = 10.0
MAX_WAITING: Final = 1000

#: The longest timeout in seconds, a day: PostgreSQL and SQLite count milliseconds in 32 bits.
MAX_TIMEOUT: Final = 86_400.0


class StoreBusyError(StoreUnavailableError):
    """Too many calls wait for the store already, so this one was refused at once. Nothing of it was saved."""


class _Call:
    __slots__ = ("began", "is_running")

    def __init__(self, began: float) -> None:
        self.began = began
        self.is_running = True


_current: ContextVar[_Call | None] = ContextVar("eventschema_call", default=None)


@contextmanager
def one_call(began: float | None = None) -> Iterator[None]:
    """Let all that is asked of stores within the block be one call, whose time limit counts from its beginning.

    A block within another one belongs to the call of the outer block. ``began``, from :func:`call_began`, continues a
    call in another thread.
    """
    outer = _current.get()
    if began is None and outer is not None and outer.is_running:
        yield
        return
    call = _Call(monotonic() if began is None else began)
    _current.set(call)
    try:
        yield
    finally:
        call.is_running = False  # for tasks and threads that were started within and have a copy of the context
        _current.set(outer)


def call_began() -> float:
    """When the current call began, on the clock of ``time.monotonic``; outside of any call, the present time."""
    call = _current.get()
    return call.began if call is not None and call.is_running else monotonic()


def time_left(timeout: float) -> float:
    """The seconds that are left of ``timeout`` in the current call; outside of any call, all of them.

    Raises ``StoreUnavailableError`` if none are left.
    """
    left = call_began() + timeout - monotonic()
    if left <= 0:
        raise StoreUnavailableError(f"the call took longer than {timeout:g} s")
    return left


class WriteQueue:
    """Lets ``slots`` writers write at a time, and ``max_waiting`` more wait until one is done.

    Raises ``TypeError`` if ``max_waiting`` is not a number, and ``ValueError`` if it is negative.
    """

    def __init__(self, slots: int, max_waiting: int) -> None:
        check_count("max_waiting", max_waiting, "calls", 0)
        self._max_waiting = max_waiting
        self._admitted = Semaphore(slots + max_waiting)
        self._slots = Semaphore(slots)

    @contextmanager
    def slot(self, timeout: float) -> Iterator[None]:
        """Wait for a slot, and take it within the block.

        Raises ``StoreBusyError`` if the queue is full, and ``StoreUnavailableError`` if no slot is free before the
        current call has taken ``timeout`` seconds.
        """
        if not self._admitted.acquire(blocking=False):
            raise StoreBusyError(f"the store is busy: {self._max_waiting} writers wait for their turn already")
        try:
            if not self._slots.acquire(timeout=time_left(timeout)):
                raise StoreUnavailableError(f"other writers of this process were not done within {timeout:g} s")
            try:
                yield
            finally:
                self._slots.release()
        finally:
            self._admitted.release()
