"""Processes that share the counting of parts, and end when they are told to, or when whoever started them is gone."""

import gc
import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from ctypes import c_longlong
from multiprocessing import connection, get_context, parent_process
from threading import Thread
from typing import Any, Final

from eventschema.stream.counting import OnRead, Part, PartResult, Task, profile_part

_LOOK_SECONDS: Final = 0.1  # between two looks at how much has been read


class _Stopped(BaseException):
    """Nobody waits for the result any more."""


class _Shared:
    """What the processes have in common: how many bytes were read, and whether to stop."""

    def __init__(self, context: Any) -> None:
        self.read = context.Value(c_longlong)
        self.stop = context.Event()

    def on_read(self, count: int) -> None:
        """Note that so many bytes more were read."""
        if self.stop.is_set():
            raise _Stopped
        with self.read:
            self.read.value += count


_shared: _Shared | None = None  # in a worker: what it was started with


def profile_in_processes(parts: Sequence[Part], task: Task, jobs: int, on_read: OnRead | None) -> Iterator[PartResult]:
    """The result of each part, in order, from ``jobs`` processes; what is no regular file is read by this one."""
    context = get_context("spawn")  # the one way there is on every system, and that is safe beside threads
    shared = _Shared(context)
    executor = ProcessPoolExecutor(jobs, context, _start, (shared,))
    progress = _Progress(shared, on_read)
    try:
        with _interrupt_held_back():
            futures = [executor.submit(_count, part, task) if os.path.isfile(part.path) else None for part in parts]
        for part, future in zip(parts, futures, strict=True):
            yield profile_part(part, task, on_read) if future is None else progress.result(future)
    finally:
        shared.stop.set()
        executor.shutdown(cancel_futures=True)


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


class _Progress:
    """What the workers have read, passed on while their results are waited for."""

    def __init__(self, shared: _Shared, on_read: OnRead | None) -> None:
        self._shared = shared
        self._on_read = on_read
        self._told = 0

    def result(self, future: "Future[PartResult | None]") -> PartResult:
        """The result, once it is there."""
        while wait([future], _LOOK_SECONDS if self._on_read else None).not_done:
            self._tell()
        self._tell()
        result = future.result()
        if result is None:
            raise RuntimeError("a worker stopped while its result was waited for")
        return result

    def _tell(self) -> None:
        if self._on_read is not None:
            read = self._shared.read.value
            self._on_read(read - self._told)
            self._told = read


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


def _count(part: Part, task: Task) -> PartResult | None:
    try:
        return profile_part(part, task, None if _shared is None else _shared.on_read)
    except _Stopped:
        return None
