"""How long a call may wait: its deadline, and a queue for writers that refuses at once when it is full."""

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import chain
from threading import Lock
from time import monotonic
from typing import Final, Generic, TypeVar

from eventschema.store.arguments import check_count
from eventschema.store.protocols import StoreUnavailableError

#: The defaults: the seconds that a call may take, and how many calls may wait in a queue.
TIMEOUT: Final = 10.0
MAX_WAITING: Final = 1000

#: The longest timeout in seconds, a day: PostgreSQL and SQLite count milliseconds in 32 bits.
MAX_TIMEOUT: Final = 86_400.0

#: The seconds after which those who wait do not wait for others any more: longer than a group waits for a lock.
PATIENCE: Final = 0.25

_MOST_REQUESTS: Final = 1000  # in one transaction, unless one call has more

#: What a call is about. Calls that have a key in common are not written at the same time.
Keys = frozenset[tuple[str, str]]
NO_KEYS: Final = Keys()

C = TypeVar("C")
O = TypeVar("O")  # noqa: E741


class StoreBusyError(StoreUnavailableError):
    """Too many calls wait for the store already, so this one was refused at once. Nothing of it was saved."""


class ContendedError(StoreUnavailableError):
    """Another transaction held a lock for longer than several works should wait for what one of them needs.

    Nothing was saved. Each can be saved alone.
    """


class _Call:
    __slots__ = ("began", "is_running")

    def __init__(self, began: float) -> None:
        self.began = began
        self.is_running = True


_current: ContextVar[_Call | None] = ContextVar("eventschema_call", default=None)


class _Block:
    """The block of :func:`one_call`."""

    __slots__ = ("_began", "_call", "_outer")

    def __init__(self, began: float | None) -> None:
        self._began = began
        self._call: _Call | None = None

    def __enter__(self) -> None:
        self._outer = outer = _current.get()
        if self._began is not None or outer is None or not outer.is_running:
            self._call = _Call(monotonic() if self._began is None else self._began)
            _current.set(self._call)

    def __exit__(self, *_: object) -> None:
        if self._call is not None:
            self._call.is_running = False  # tasks and threads that were started within have a copy of the context
            _current.set(self._outer)


def one_call(began: float | None = None) -> _Block:
    """Let all that is asked of stores within the block be one call, whose time limit counts from its beginning.

    A block within another one belongs to the call of the outer block. ``began``, from :func:`call_began`, continues a
    call in another thread.
    """
    return _Block(began)


def is_in_call() -> bool:
    """Whether this is part of a call with a time limit: one that a registry or a ``ThreadedStore`` has begun."""
    call = _current.get()
    return call is not None and call.is_running


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


class Place(Generic[C, O]):
    """A place in the line of writers. One with a ``call`` may write in the same transaction as others.

    ``size`` is the number of requests in the call, and ``keys`` what it is about (see ``WriteQueue``). When the place
    has waited, it has either a ``group`` to write, of itself and others; or another thread wrote it, and it has its
    ``outcome`` or the ``error`` to raise. If it has none of these, it is to be written apart from others.
    """

    __slots__ = ("began", "call", "error", "group", "is_started", "keys", "outcome", "size", "wake")

    def __init__(self, call: C | None = None, size: int = 1, keys: Keys | None = NO_KEYS) -> None:
        self.call = call
        self.size = size
        self.keys = keys
        self.began = call_began()
        self.is_started = False
        self.group: list[Place[C, O]] = []
        self.outcome: O | None = None
        self.error: BaseException | None = None
        self.wake: Lock | None = None  # locked while a thread waits at this place

    def end_wait(self) -> None:
        """Let the thread that waits at this place go on."""
        if self.wake is not None:
            self.wake.release()


class WriteQueue(Generic[C, O]):
    """Lets ``slots`` writers write at a time, and ``max_waiting`` more wait until one is done.

    At most ``groups`` groups of calls are written at a time. All calls that wait when no group is being written, up to
    1,000 requests, are the next one, in the order in which they came.

    A group may begin while others are being written if none of its calls has a key in common with theirs, or with a
    call before it that waits. It begins once as many calls wait as are being written, and as were in the group before:
    a smaller group would only delay those who come a moment later. But nobody waits for longer than ``PATIENCE`` for
    others to come: those being written may wait for a lock. A call whose keys are ``None`` is written in no such
    group, and no call overtakes it.

    Raises ``TypeError`` if ``max_waiting`` is not a number, and ``ValueError`` if it is negative.
    """

    def __init__(self, slots: int, max_waiting: int, groups: int = 1) -> None:
        check_count("max_waiting", max_waiting, "calls", 0)
        self._max_waiting = max_waiting
        self._lock = Lock()
        self._free = slots
        self._groups = groups
        self._line: deque[Place[C, O]] = deque()
        self._written: list[list[Place[C, O]]] = []  # the groups that are being written
        self._last = 0  # how many calls were in the group that was done last

    @contextmanager
    def slot(self, timeout: float, *, is_admitted: bool = False) -> Iterator[None]:
        """Wait for a slot, and take it within the block.

        Raises ``StoreBusyError`` if the queue is full, unless the caller ``is_admitted`` already, and
        ``StoreUnavailableError`` if no slot is free before the current call has taken ``timeout`` seconds.
        """
        place: Place[C, O] = Place()
        self._enter(place, timeout, is_admitted=is_admitted)
        try:
            yield
        finally:
            self.leave(place)

    def join(self, call: C, size: int, timeout: float, keys: Keys | None = NO_KEYS) -> Place[C, O]:
        """Wait until it is the turn of ``call``, of ``size`` requests, or another thread has written it.

        If the place has a ``group``, the caller must write it and :meth:`leave`. Raises what :meth:`slot` does.
        """
        place: Place[C, O] = Place(call, size, keys)
        self._enter(place, timeout, is_admitted=False)
        return place

    def leave(self, place: Place[C, O]) -> None:
        """Let others write after ``place``, and those in its group go on."""
        with self._lock:
            self._free += 1
            if place.call is not None:
                self._written.remove(place.group)
                self._last = len(place.group)
            self._start_next()
        for other in place.group[1:]:
            other.end_wait()

    def _enter(self, place: Place[C, O], timeout: float, *, is_admitted: bool) -> None:
        with self._lock:
            if self._starts_at_once(place):
                return
            if len(self._line) > self._max_waiting and self._line[-1] is place and not is_admitted:
                self._line.pop()
                raise StoreBusyError(f"the store is busy: {self._max_waiting} writers wait for their turn already")
            place.wake = Lock()
            place.wake.acquire()
        try:
            self._wait(place, place.wake, timeout)
        except BaseException:  # a signal handler may raise anything
            if not self._remove(place) and place.is_started:
                self.leave(place)
            raise

    def _starts_at_once(self, place: Place[C, O]) -> bool:
        """Put ``place`` in the line, and start those who may now; returns whether it is one of them."""
        self._line.append(place)
        if self._may_start(place):
            self._start_next()
        return place.is_started

    def _wait(self, place: Place[C, O], wake: Lock, timeout: float) -> None:
        if wake.acquire(timeout=min(time_left(timeout), PATIENCE)):
            return
        with self._lock:
            if self._may_begin(is_late=True):
                self._start_next(is_late=True)
        if wake.acquire(timeout=max(0, place.began + timeout - monotonic())):
            return
        if self._remove(place):
            raise StoreUnavailableError(f"other writers of this process were not done within {timeout:g} s")
        wake.acquire()  # another thread is just writing it, and has no more time than this one

    def join_late(self, group: list[Place[C, O]], began: float) -> list[Place[C, O]]:
        """Add calls that have come meanwhile to ``group``, which is about to be written; returns their places.

        They are the next in line, have keys, and began no earlier than at ``began``: so the group keeps its deadline.
        """
        joined: list[Place[C, O]] = []
        size = sum(place.size for place in group)
        with self._lock:
            held = self._keys_of(other for other in self._written if other is not group)
            while self._line and held is not None and size < _MOST_REQUESTS:
                place = self._line[0]
                is_free = place.call is not None and place.keys is not None and held.isdisjoint(place.keys)
                if not is_free or place.began < began or size + place.size > _MOST_REQUESTS:
                    break
                joined.append(self._line.popleft())
                size += place.size
            group += joined
        return joined

    def _may_start(self, place: Place[C, O]) -> bool:
        return self._free > 0 and (place.call is None or self._may_begin())

    def _may_begin(self, *, is_late: bool = False) -> bool:
        """Whether another group may begin, if there are calls that it may have. ``is_late`` if one waits for long."""
        enough = max(sum(map(len, self._written)), self._last) if self._written and not is_late else 0
        return self._free > 0 and len(self._written) < self._groups and len(self._line) >= enough

    def _start(self, place: Place[C, O]) -> None:
        self._free -= 1
        place.is_started = True
        if place.call is not None:
            place.group.append(place)
            self._written.append(place.group)

    def _start_next(self, *, is_late: bool = False) -> None:
        """Start those whose turn it is. The lock is held."""
        kept: deque[Place[C, O]] = deque()  # to call a generic class with its arguments takes a microsecond
        started: list[Place[C, O]] = []
        group: list[Place[C, O]] = []
        size = 0
        is_first = not self._written
        # What is being written. ``None``: no call may start any more.
        held = self._keys_of(self._written) if self._may_begin(is_late=is_late) else None
        for place in self._line:
            if place.call is None:
                is_taken = self._free > 0
            else:
                is_free = held is not None and (is_first or (place.keys is not None and held.isdisjoint(place.keys)))
                is_taken = is_free and (size + place.size <= _MOST_REQUESTS if group else self._free > 0)
            if not is_taken:
                kept.append(place)
                if place.call is not None:
                    held = None if is_first or held is None or place.keys is None else held | place.keys
            elif place.call is not None and group:
                group.append(place)
                size += place.size
            else:
                self._start(place)
                started.append(place)
                if place.call is not None:
                    group, size = place.group, place.size
        self._line = kept
        for place in started:
            place.end_wait()

    def _keys_of(self, groups: Iterable[list[Place[C, O]]]) -> Keys | None:
        """The keys of the calls in ``groups``; ``None`` if one of them has none."""
        keys = [place.keys for place in chain.from_iterable(groups)]
        return None if None in keys else NO_KEYS.union(*filter(None, keys))

    def _remove(self, place: Place[C, O]) -> bool:
        """Take ``place`` out of the line; returns whether it was in it."""
        with self._lock:
            try:
                self._line.remove(place)
            except ValueError:
                return False
            return True
