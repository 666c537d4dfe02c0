"""A watchdog for a server that has stopped answering while its machine keeps the connection up."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from math import inf
from threading import Condition, Thread
from time import monotonic
from typing import Final

#: The seconds that a server has to end a statement by itself, before its connection is cut.
GRACE: Final = 1.0

_IDLE: Final = 10.0  # seconds without a call after which the thread ends


class Watchdog:
    """Cuts the connections of calls that are late by more than ``grace``: who waits for an answer then gets an error.

    One thread watches all connections. It begins with a call and ends when there have been none for a while.
    """

    def __init__(self, grace: float = GRACE, idle: float = _IDLE) -> None:
        self._grace = grace
        self._idle = idle
        self._changed = Condition()
        self._ends: dict[int, float] = {}  # when to cut which socket
        self._wakes = inf  # when the thread looks next
        self._thread: Thread | None = None

    @contextmanager
    def watch(self, descriptor: int, left: float) -> Iterator[None]:
        """Within the block, cut the socket ``descriptor`` once ``left`` seconds and the grace are over.

        The socket must stay open within the block.
        """
        with self._changed:
            self._ends[descriptor] = end = monotonic() + left + self._grace
            if self._thread is None:
                self._thread = Thread(target=self._run, name="eventschema-watchdog", daemon=True)
                self._thread.start()
            elif end < self._wakes:
                self._changed.notify()
        try:
            yield
        finally:
            self.release(descriptor)

    def release(self, descriptor: int) -> None:
        """Watch ``descriptor`` no longer, however long its block goes on."""
        with self._changed:
            self._ends.pop(descriptor, None)

    def _run(self) -> None:
        with self._changed:
            while self._ends or self._changed.wait(self._idle):
                self._wakes = min(self._ends.values(), default=-inf)
                self._changed.wait(max(self._wakes - monotonic(), 0))
                self._wakes = inf
                now = monotonic()
                for descriptor in [one for one, end in self._ends.items() if end <= now]:
                    del self._ends[descriptor]
                    _cut(descriptor)
            self._thread = None


def _cut(descriptor: int) -> None:
    connection = socket.socket(fileno=descriptor)
    with suppress(OSError):  # the other side may have closed it
        connection.shutdown(socket.SHUT_RDWR)
    connection.detach()  # it is the driver's to close
