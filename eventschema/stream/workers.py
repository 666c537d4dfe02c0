"""Worker processes. They end when they are told to, or when the process that started them is gone."""

import gc
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from ctypes import c_bool, c_longlong
from multiprocessing import connection, get_context, parent_process
from threading import Thread
from typing import Any, Final, Self, TypeVar

from eventschema.stream.reading.files import OnRead

_T = TypeVar("_T")

_FLUSH_BYTES: Final = 2**20
_LOOK_SECONDS: Final = 0.1  # between two looks at how much has been read


class _Stopped(BaseException):
    """The result is no longer needed."""


class _Shared:
    """What all processes share: how many bytes were read, and whether to stop."""

    def __init__(self, context: Any) -> None:
        self.read = context.Value(c_longlong)
        self.stop = context.RawValue(c_bool)  # set once and never unset, so it needs no lock

    def add(self, count: int) -> None:
        """Count bytes that were read."""
        with self.read:
            self.read.value += count


class _ReadBytes:
    """Counts the bytes that a worker reads for one result. It adds them up, since the shared count takes a lock."""

    def __init__(self, shared: _Shared) -> None:
        self._shared = shared
        self._pending = 0

    def on_read(self, count: int) -> None:
        """Count bytes that were read, or stop if the result is no longer needed."""
        if self._shared.stop.value:
            raise _Stopped
        self._pending += count
        if self._pending >= _FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Add the bytes counted so far to the shared count."""
        self._shared.add(self._pending)
        self._pending = 0


_shared: _Shared | None = None  # in a worker: from the process that started it


class Workers:
    """Up to ``jobs`` processes, started as work is submitted. Use it in a ``with``, at whose end they end.

    ``on_read`` is called with the bytes that they have read, during :meth:`result` and by :meth:`report`.
    """

    def __init__(self, jobs: int, on_read: OnRead | None) -> None:
        context = get_context("spawn")  # available on every system, and safe with threads
        self._shared = _Shared(context)
        self._executor = ProcessPoolExecutor(jobs, context, _start, (self._shared,))
        self._on_read = on_read
        self._reported = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._shared.stop.value = True
        self._executor.shutdown(cancel_futures=True)

    def submit(self, function: Callable[..., _T], *arguments: Any) -> "Future[_T | None]":
        """Call ``function`` in a worker, with the ``arguments`` and an ``on_read`` as the last one.

        ``function`` must be a module's, and the arguments and the result picklable.
        """
        with _signals_held_back():
            return self._executor.submit(_call, function, *arguments)

    def result(self, future: "Future[_T | None]") -> _T:
        """Wait for the result and return it."""
        while wait([future], _LOOK_SECONDS if self._on_read else None).not_done:
            self.report()
        self.report()
        result = future.result()
        if result is None:
            raise RuntimeError("a worker stopped before its result was complete")
        return result

    def report(self) -> None:
        """Call ``on_read`` with the bytes read since the last call."""
        if self._on_read is not None:
            read = self._shared.read.value
            self._on_read(read - self._reported)
            self._reported = read


@contextmanager
def _signals_held_back() -> Iterator[None]:
    """Block the signals that end a command while processes start, so that a handler's exception finds none half made.

    The processes inherit this: so an interrupt cannot end them until they ignore it.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start(shared: _Shared) -> None:
    """Prepare a worker. It ignores an interrupt, since it ends with the process that started it."""
    global _shared  # noqa: PLW0603  (an initializer can pass on what it inherits only by a global)
    _shared = shared
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGHUP})
    gc.disable()  # JSON has no cycles, and the collector would search each thousand objects for them
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _call(function: Callable[..., _T], *arguments: Any) -> _T | None:
    if _shared is None:
        raise RuntimeError("this is called in workers only")
    reading = _ReadBytes(_shared)
    try:
        result = function(*arguments, reading.on_read)
    except _Stopped:
        return None
    reading.flush()
    return result
