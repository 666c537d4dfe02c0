"""Processes that share the work on a stream, and end when they are told to, or when whoever started them is gone."""

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

_NOTED_BYTES: Final = 2**20
_LOOK_SECONDS: Final = 0.1  # between two looks at how much has been read


class _Stopped(BaseException):
    """Nobody waits for the result any more."""


class _Shared:
    """What the processes have in common: how many bytes were read, and whether to stop."""

    def __init__(self, context: Any) -> None:
        self.read = context.Value(c_longlong)
        self.stop = context.RawValue(c_bool)  # set once and never unset, so it needs no lock

    def add(self, count: int) -> None:
        """Note that so many bytes more were read."""
        with self.read:
            self.read.value += count


class _Reading:
    """What a worker has read for one result: noted not more often than somebody looks, since that takes a lock."""

    def __init__(self, shared: _Shared) -> None:
        self._shared = shared
        self._unnoted = 0

    def on_read(self, count: int) -> None:
        """Note that so many bytes more were read, or end the work if nobody waits for its result."""
        if self._shared.stop.value:
            raise _Stopped
        self._unnoted += count
        if self._unnoted >= _NOTED_BYTES:
            self.note()

    def note(self) -> None:
        """Note what is not noted yet."""
        self._shared.add(self._unnoted)
        self._unnoted = 0


_shared: _Shared | None = None  # in a worker: what it was started with


class Workers:
    """Up to ``jobs`` processes, started as work is submitted. To be used in a ``with``, at whose end they end.

    ``on_read`` is called, while a result is waited for and by :meth:`tell`, with the bytes that they have read.
    """

    def __init__(self, jobs: int, on_read: OnRead | None) -> None:
        context = get_context("spawn")  # the one way there is on every system, and that is safe beside threads
        self._shared = _Shared(context)
        self._executor = ProcessPoolExecutor(jobs, context, _start, (self._shared,))
        self._on_read = on_read
        self._told = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._shared.stop.value = True
        self._executor.shutdown(cancel_futures=True)

    def submit(self, function: Callable[..., _T], *arguments: Any) -> "Future[_T | None]":
        """Have ``function`` called with the ``arguments`` and one more: what it is to call with the bytes it reads.

        ``function`` is one of a module, and all that goes to and fro can be pickled.
        """
        with _interrupt_held_back():
            return self._executor.submit(_call, function, *arguments)

    def result(self, future: "Future[_T | None]") -> _T:
        """The result, once it is there."""
        while wait([future], _LOOK_SECONDS if self._on_read else None).not_done:
            self.tell()
        self.tell()
        result = future.result()
        if result is None:
            raise RuntimeError("a worker stopped while its result was waited for")
        return result

    def tell(self) -> None:
        """Tell what has been read since the last time."""
        if self._on_read is not None:
            read = self._shared.read.value
            self._on_read(read - self._told)
            self._told = read


@contextmanager
def _interrupt_held_back() -> Iterator[None]:
    """While processes are started: they inherit this, and so are deaf to an interrupt before they can say so."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start(shared: _Shared) -> None:
    """Prepare a worker: the interrupt is for the process that started it, with which it ends in any case."""
    global _shared  # noqa: PLW0603 (an initializer has no other way to hand over what can only be inherited)
    _shared = shared
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()  # JSON has no cycles, and the collector would look for some among each thousand objects of it
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _call(function: Callable[..., _T], *arguments: Any) -> _T | None:
    if _shared is None:
        raise RuntimeError("this is called in workers only")
    reading = _Reading(_shared)
    try:
        result = function(*arguments, reading.on_read)
    except _Stopped:
        return None
    reading.note()
    return result
