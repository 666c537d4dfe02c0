"""A watchdog for a server that has stopped answering, although its connection is still up."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from math import inf
from threading import Condition, Thread
from time import monotonic
from typing import Final

#: The seconds that a server has to end a late statement itself, before its connection is cut.
GRACE: Final = 1.0

_IDLE: Final = 10.0  # seconds without a call after which the thread ends


class Watchdog:
    """Cuts the connection of a call that is late by more than ``grace`` seconds: the call then ends with an error.

    One thread watches all connections. It starts with a call and ends after ``idle`` seconds without one.
    """

    def __init__(self, grace: float = GRACE, idle: float = _IDLE) -> None:
        self._grace = grace
        self._idle = idle
        self._changed = Condition()
        self._ends: dict[int, float] = {}  # when to cut each socket
        self._copies: set[int] = set()  # those of the sockets that the watchdog closes itself
        self._wakes = inf  # when the thread wakes next
        self._thread: Thread | None = None

    @contextmanager
    def watch(self, descriptor: int, left: float) -> Iterator[None]:
        """Cut the socket ``descriptor`` if the block takes longer than ``left`` seconds and the grace.

        The socket must stay open within the block.
        """
        with self._changed:
            self._add(descriptor, left)
        try:
            yield
        finally:
            self.release(descriptor)

    def guard(self, descriptor: int, left: float) -> Callable[[], None]:
        """Cut the socket ``descriptor`` after ``left`` seconds and the grace, unless the result is called before.

        The socket may be closed meanwhile: the watchdog has a descriptor of its own for it.
        """
        copy = os.dup(descriptor)
        with self._changed:
            self._copies.add(copy)
            self._add(copy, left)
        return lambda: self.release(copy)

    def release(self, descriptor: int) -> None:
        """Stop watching ``descriptor``, even if its block goes on."""
        with self._changed:
            self._remove(descriptor)

    def _add(self, descriptor: int, left: float) -> None:
        self._ends[descriptor] = end = monotonic() + left + self._grace
        if self._thread is None:
            self._thread = Thread(target=self._run, name="eventschema-watchdog", daemon=True)
            self._thread.start()
        elif end < self._wakes:
            self._changed.notify()

    def _remove(self, descriptor: int) -> None:
        self._ends.pop(descriptor, None)
        if descriptor in self._copies:
            self._copies.remove(descriptor)
            os.close(descriptor)

    def _run(self) -> None:
        with self._changed:
            while self._ends or self._changed.wait(self._idle):
                self._wakes = min(self._ends.values(), default=-inf)
                self._changed.wait(max(self._wakes - monotonic(), 0))
                self._wakes = inf
                now = monotonic()
                for descriptor in [one for one, end in self._ends.items() if end <= now]:
                    _cut(descriptor)
                    self._remove(descriptor)
            self._thread = None


def _cut(descriptor: int) -> None:
    connection = socket.socket(fileno=descriptor)
    with suppress(OSError):  # the server may have closed it
        connection.shutdown(socket.SHUT_RDWR)
    connection.detach()  # the driver closes it
