"""Worker processes. They end when they are told to, or when the process that started them is gone.

Each has a pipe of its own, whose other end no other process has. So whatever ends a worker, be it in the middle of a
result, is noticed at once by whoever waits for it. (A ``ProcessPoolExecutor`` would wait for ever: its processes share
one pipe.) They share no lock either, which a process that is killed could hold for ever.
"""

import gc
import os
import pickle
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from ctypes import c_bool, c_longlong
from multiprocessing import connection, get_context, parent_process
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from threading import Event, Lock, Thread, local
from traceback import extract_tb
from typing import Any, Final, Self, TypeVar

from eventschema.stream.reading.sources import OnRead

_T = TypeVar("_T")

_FLUSH_BYTES: Final = 2**20
_LOOK_SECONDS: Final = 0.1  # between two looks at how much has been read
_END_SECONDS: Final = 5.0  # that a process may take to end once its pipe is closed


class WorkerDiedError(RuntimeError):
    """A worker process ended before its result was complete: someone killed it, or the system, short of memory.

    ``exit_code`` is that of the process; below 0, the number of the signal that ended it; ``None`` if it is unknown.
    """

    def __init__(self, exit_code: int | None) -> None:
        super().__init__(exit_code)
        self.exit_code = exit_code

    def __str__(self) -> str:
        if self.exit_code is None or self.exit_code >= 0:
            return "a worker process ended before its result was complete"
        return f"a worker process was killed by signal {-self.exit_code}"


class _Stopped(BaseException):
    """The result is no longer needed."""


class _ReadBytes:
    """Counts the bytes that a worker reads, and tells the process that started it from time to time."""

    def __init__(self, total: Any, stop: Any) -> None:
        self._total = total  # only the worker changes it, so it needs no lock
        self._stop = stop  # set once and never unset
        self._pending = 0

    def on_read(self, count: int) -> None:
        """Count bytes that were read, or stop if the result is no longer needed."""
        if self._stop.value:
            raise _Stopped
        self._pending += count
        if self._pending >= _FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Add the bytes counted so far to the total."""
        self._total.value += self._pending
        self._pending = 0


class _Worker:
    """A worker process, and the pipe to it. Several threads may call it: it makes their calls one after the other."""

    def __init__(self, context: Any, stop: Any) -> None:
        self.read = context.RawValue(c_longlong)
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_run, args=(theirs, self.read, stop), daemon=True)
        self._process.start()
        theirs.close()
        self._lock = Lock()
        self._last_answered = Event()  # whether the call that was sent last has its result
        self._last_answered.set()

    def call(self, function: Callable[..., _T], arguments: tuple[Any, ...]) -> _T | None:
        """Have ``function`` called, and wait for its result. Raises ``WorkerDiedError`` if the process ends."""
        call = ForkingPickler.dumps((function, arguments))
        answered = Event()
        try:
            with self._lock:
                before, self._last_answered = self._last_answered, answered
                self._pipe.send_bytes(call)
            before.wait()  # results come in the order in which calls were sent
            data = self._pipe.recv_bytes()
        except (EOFError, ConnectionError):
            raise WorkerDiedError(self._exit_code()) from None
        finally:
            answered.set()
        result, error = pickle.loads(data)
        if error is not None:
            raise error
        answer: _T | None = result
        return answer

    def _exit_code(self) -> int | None:
        with self._lock:
            self._process.join(_END_SECONDS)
            code: int | None = self._process.exitcode
            return code

    def end(self) -> None:
        """End the process. No call may be in progress."""
        self._pipe.close()
        self._process.join(_END_SECONDS)


class Workers:
    """Up to ``jobs`` processes, started as work is submitted. Use it in a ``with``, at whose end they end.

    ``on_read`` is called with the bytes that they have read, during :meth:`result` and by :meth:`report`. Each is sent
    so many calls at once, ``sent``: with more than 1 it need not wait for the next, and the calls should be short.
    """

    def __init__(self, jobs: int, on_read: OnRead | None, sent: int = 1) -> None:
        self._context = get_context("spawn")  # available on every system, and safe with threads
        self._stop = self._context.RawValue(c_bool)
        self._jobs = jobs
        self._executor = ThreadPoolExecutor(jobs * sent)  # each thread waits for one process
        self._own = local()
        self._starting = Lock()
        self._workers: list[_Worker] = []
        self._threads = 0
        self._on_read = on_read
        self._reported = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.value = True
        self._executor.shutdown(cancel_futures=True)
        for worker in self._workers:
            worker.end()

    def submit(self, function: Callable[..., _T], *arguments: Any) -> "Future[_T | None]":
        """Call ``function`` in a worker, with the ``arguments`` and an ``on_read`` as the last one.

        ``function`` must be a module's, and the arguments and the result picklable.
        """
        with _signals_held_back():
            return self._executor.submit(self._call, function, arguments)

    def _call(self, function: Callable[..., _T], arguments: tuple[Any, ...]) -> _T | None:
        """Have the worker of this thread call ``function``. The first threads start them, later ones share them."""
        if not hasattr(self._own, "worker"):
            with self._starting:
                if self._threads < self._jobs:
                    self._workers.append(_Worker(self._context, self._stop))
                self._own.worker = self._workers[self._threads % self._jobs]
                self._threads += 1
        worker: _Worker = self._own.worker
        return worker.call(function, arguments)

    def result(self, future: "Future[_T | None]") -> _T:
        """Wait for the result and return it. Raises ``WorkerDiedError`` if the process that works on it ends."""
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
            read = sum(worker.read.value for worker in list(self._workers))
            self._on_read(read - self._reported)
            self._reported = read


@contextmanager
def _signals_held_back() -> Iterator[None]:
    """Block the signals that end a command, for the threads and processes that start in the block.

    An interrupt cannot end a process then until it ignores it.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _run(pipe: Connection, total: Any, stop: Any) -> None:
    """Answer calls until the pipe is closed. An interrupt is ignored: who started the worker gets it, and ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGHUP})
    gc.disable()  # JSON has no cycles, and the collector would search each thousand objects for them
    Thread(target=_end_with_parent, daemon=True).start()
    reading = _ReadBytes(total, stop)
    while True:
        try:
            data = pipe.recv_bytes()
            pipe.send_bytes(_answer(data, reading))
        except (EOFError, ConnectionError):
            return


def _answer(data: bytes, reading: _ReadBytes) -> bytes:
    """Make the call of which ``data`` is the pickle. Returns the pickle of its result and the exception it raised."""
    try:
        function, arguments = pickle.loads(data)
        result = function(*arguments, reading.on_read)
        reading.flush()
        return bytes(ForkingPickler.dumps((result, None)))
    except _Stopped:
        return pickle.dumps((None, None))
    except Exception as error:
        place = extract_tb(error.__traceback__)[-1]
        error.add_note(f"a worker process, in {place.name}, line {place.lineno}")
        try:
            return pickle.dumps((None, error))
        except Exception:  # an exception of another library may not be picklable
            return pickle.dumps((None, RuntimeError(f"a worker failed with {type(error).__name__}")))


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
