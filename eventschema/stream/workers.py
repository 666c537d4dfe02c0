"""Worker processes. They end when they are told to, or when the process that started them is gone.

Each has a pipe of its own, whose other end no other process has. So whatever ends a worker, be it in the middle of a
result, is noticed at once by whoever waits for it. (A ``ProcessPoolExecutor`` would wait for ever: its processes share
one pipe.) They share no lock either, which a process that is killed could hold for ever.
"""

import gc
import os
import pickle
import signal
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ctypes import c_longlong
from multiprocessing import connection, get_context, parent_process, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from queue import SimpleQueue
from threading import Thread
from traceback import extract_tb
from typing import Any, Final, Generic, Self, TypeVar

from eventschema.stream.reading.sources import OnRead

_T = TypeVar("_T")

_FLUSH_BYTES: Final = 2**20
_LOOK_SECONDS: Final = 0.1  # between two looks at how much has been read
_END_SECONDS: Final = 5.0  # that a process may take to end once its pipe is closed
_SMALL_BYTES: Final = 2**11  # some calls of so many bytes fit into a pipe of any system (8 KiB), so none waits


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


class Call(Generic[_T]):
    """A call that a worker makes. Ask :meth:`Workers.result` for its result.

    ``answer_bytes`` are those of the pickled result, once it ``is_done``.
    """

    def __init__(self) -> None:
        self.is_done = False
        self.answer_bytes = 0
        self._result: _T | None = None
        self._error: Exception | None = None

    def complete(self, result: _T | None, error: Exception | None) -> None:
        """Set what the call returned or raised."""
        self._result, self._error, self.is_done = result, error, True

    def result(self) -> _T:
        """What the call returned, or raise what it raised."""
        if self._error is not None:
            raise self._error
        result: Any = self._result
        answer: _T = result
        return answer


class _ReadBytes:
    """Counts the bytes that a worker reads, and tells the process that started it from time to time."""

    def __init__(self, total: Any) -> None:
        self._total = total  # only the worker changes it, so it needs no lock
        self._pending = 0

    def on_read(self, count: int) -> None:
        """Count bytes that were read."""
        self._pending += count
        if self._pending >= _FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Add the bytes counted so far to the total."""
        self._total.value += self._pending
        self._pending = 0


class _Worker:
    """A worker process, and the ``calls`` that were sent to it and not answered yet.

    Sending never waits: large calls, and those after them, are sent by a thread. Else this process might wait to send a
    large call to a worker that waits to send a large answer.
    """

    def __init__(self, context: Any) -> None:
        self.read = context.RawValue(c_longlong)
        self.calls: deque[Call[Any]] = deque()
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=_run, args=(theirs, self.read), daemon=True)
        self._unsent: SimpleQueue[memoryview | None] = SimpleQueue()
        self._sender: Thread | None = None
        self._process.start()
        theirs.close()

    def send(self, call: Call[Any], pickled: memoryview) -> None:
        """Have ``call`` made after those that were sent before."""
        self.calls.append(call)
        if self._sender is None and len(pickled) > _SMALL_BYTES:
            self._sender = Thread(target=self._send_all, daemon=True)
            with _signals_held_back():
                self._sender.start()
        if self._sender is None:
            self._send(pickled)
        else:
            self._unsent.put(pickled)

    def _send_all(self) -> None:
        while (pickled := self._unsent.get()) is not None:
            self._send(pickled)

    def _send(self, pickled: memoryview) -> None:
        with suppress(ConnectionError):  # if the process has ended, receiving will say so
            self.pipe.send_bytes(pickled)

    def receive(self) -> None:
        """Wait for the next answer, and complete its call; all calls, with ``WorkerDiedError``, if the process ends."""
        try:
            answer = self.pipe.recv_bytes()
        except (EOFError, OSError):  # the latter in the middle of an answer
            self._process.join(_END_SECONDS)
            died = WorkerDiedError(self._process.exitcode)
            while self.calls:
                self.calls.popleft().complete(None, died)
        else:
            call = self.calls.popleft()
            call.answer_bytes = len(answer)
            try:
                call.complete(*pickle.loads(answer))
            except Exception as error:  # an exception of another library may be picklable, but not unpicklable
                call.complete(None, error)

    def end(self) -> None:
        """End the process, even in the middle of a call: it shares nothing, and nobody needs the result."""
        self._process.kill()
        self._process.join(_END_SECONDS)
        if self._sender is not None:
            self._unsent.put(None)
            self._sender.join(_END_SECONDS)
        self.pipe.close()


class Workers:
    """Up to ``jobs`` processes, started as work is submitted. Use it in a ``with``, at whose end they end.

    Each is sent up to ``sent`` calls at once: with more than 1 it need not wait for the next, and the calls should be
    short. ``on_read`` is called with the bytes that they have read.

    Answers are received, and further calls sent, only in :meth:`submit`, :meth:`look` and :meth:`result`: a thread that
    did so would take turns with the work of this process, and workers would wait meanwhile. Use it in one thread.
    """

    def __init__(self, jobs: int, on_read: OnRead | None, sent: int = 1) -> None:
        self._context = get_context("spawn")  # available on every system, and safe with threads
        self._jobs = jobs
        self._sent = sent
        self._workers: list[_Worker] = []
        self._unsent: deque[tuple[Call[Any], memoryview]] = deque()
        self._on_read = on_read
        self._reported = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.end()

    @property
    def pending(self) -> int:
        """The number of calls that are not done."""
        return len(self._unsent) + sum(len(worker.calls) for worker in self._workers)

    def submit(self, function: Callable[..., _T], *arguments: Any) -> Call[_T]:
        """Call ``function`` in a worker, with the ``arguments`` and an ``on_read`` as the last one.

        ``function`` must be a module's, and the arguments and the result picklable.
        """
        call: Call[_T] = Call()
        self._unsent.append((call, ForkingPickler.dumps((function, arguments))))
        self._send()
        return call

    @staticmethod
    def done(result: _T) -> Call[_T]:
        """A call that is done, with the ``result`` of work that was done here."""
        call: Call[_T] = Call()
        call.complete(result, None)
        return call

    def look(self, seconds: float | None = 0) -> None:
        """Receive the answers that have arrived, send further calls, and call ``on_read`` with the bytes read.

        If no answer has arrived, wait up to so many ``seconds`` for one; ``None``: until there is one.
        """
        while ready := connection.wait([worker.pipe for worker in self._workers if worker.calls], seconds):
            for worker in self._workers:
                if worker.pipe in ready:
                    worker.receive()
            self._send()
            seconds = 0
        if self._on_read is not None:
            read = sum(worker.read.value for worker in self._workers)
            self._on_read(read - self._reported)
            self._reported = read

    def result(self, call: Call[_T]) -> _T:
        """Wait for the result and return it. Raises ``WorkerDiedError`` if the process that works on it ends."""
        while not call.is_done:
            self.look(None if self._on_read is None else _LOOK_SECONDS)
        return call.result()

    def _send(self) -> None:
        """Send calls to the workers that have the fewest."""
        while self._unsent:
            worker = min(self._workers, key=lambda worker: len(worker.calls), default=None)
            if (worker is None or worker.calls) and len(self._workers) < self._jobs:
                worker = self._start()
            if worker is None or len(worker.calls) >= self._sent:
                return
            worker.send(*self._unsent.popleft())

    def _start(self) -> _Worker:
        with _signals_held_back():
            self._workers.append(_Worker(self._context))
        return self._workers[-1]


@contextmanager
def _signals_held_back() -> Iterator[None]:
    """Block the signals that end a command, for this thread, and for threads and processes that start in the block.

    An interrupt cannot end a process then until it ignores it.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # which would unblock signals if it was started in the block
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _run(pipe: Connection, total: Any) -> None:
    """Answer calls until the pipe is closed. An interrupt is ignored: who started the worker gets it, and ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGHUP})
    gc.disable()  # JSON has no cycles, and the collector would search each thousand objects for them
    Thread(target=_end_with_parent, daemon=True).start()
    reading = _ReadBytes(total)
    with suppress(EOFError, ConnectionError):
        while True:
            pipe.send_bytes(_answer(pipe.recv_bytes(), reading))


def _answer(data: bytes, reading: _ReadBytes) -> bytes:
    """Make the call of which ``data`` is the pickle. Returns the pickle of its result and the exception it raised."""
    try:
        function, arguments = pickle.loads(data)
        result = function(*arguments, reading.on_read)
        reading.flush()
        return bytes(ForkingPickler.dumps((result, None)))
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
