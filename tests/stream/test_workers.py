import os
import pickle
import signal
import subprocess
import sys
import time
from concurrent.futures import Future
from ctypes import c_bool, c_longlong
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from eventschema.stream import workers
from eventschema.stream.profile.parts import ProfileTask, profile_part
from eventschema.stream.reading.parts import Part
from eventschema.stream.workers import WorkerDiedError, Workers
from tests.cli.test_process import environment
from tests.processes import running

LINE = b'{"eventName":"order","properties":{"total":1}}\n'


def test_a_part_that_nobody_waits_for_is_left(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(LINE)
    context = get_context("spawn")
    total, stop = context.RawValue(c_longlong), context.RawValue(c_bool)
    reading = workers._ReadBytes(total, stop)
    call = pickle.dumps((profile_part, (Part(str(tmp_path / "file")), ProfileTask())))
    result, error = pickle.loads(workers._answer(call, reading))
    assert (result.profile.count, error, total.value) == (1, None, len(LINE))
    stop.value = True
    assert pickle.loads(workers._answer(call, reading)) == (None, None)


class NotPicklableError(Exception):
    def __reduce__(self) -> Any:
        raise TypeError


def fail(error: type[Exception], _: object) -> None:
    raise error


@pytest.mark.parametrize(("error", "raised"), [(MemoryError, MemoryError), (NotPicklableError, RuntimeError)])
def test_an_exception_of_a_call_is_an_answer(error: type[Exception], raised: type[Exception]) -> None:
    reading = workers._ReadBytes(None, None)
    result, found = pickle.loads(workers._answer(pickle.dumps((fail, (error,))), reading))
    assert (result, type(found)) == (None, raised)
    assert ("in fail" in "".join(getattr(found, "__notes__", ()))) == (error is MemoryError)


def big_result(path: str, _: object) -> bytes:
    Path(path).write_text(str(os.getpid()))
    return bytes(2**28)


@pytest.mark.parametrize("asleep", [False, True])
def test_a_killed_worker_is_noticed_at_once(tmp_path: Path, asleep: bool) -> None:
    path = tmp_path / "pid"
    with Workers(2, None) as pool:
        future: Future[bytes | None] = pool.submit(sleep if asleep else big_result, str(path))
        while not (path.exists() and path.read_text()):
            time.sleep(0.001)
        os.kill(int(path.read_text()), signal.SIGKILL)  # perhaps in the middle of its result
        with pytest.raises(WorkerDiedError, match="killed by signal 9") as caught:
            pool.result(future)
    assert pickle.loads(pickle.dumps(caught.value)).exit_code == -signal.SIGKILL


def sleep(path: str, _: object) -> bytes:
    Path(path).write_text(str(os.getpid()))
    time.sleep(60)
    return b""


def pid_and(number: int, _: object) -> tuple[int, int]:
    return os.getpid(), number


def test_calls_sent_at_once_are_answered_in_order() -> None:
    with Workers(1, None, sent=2) as pool:
        futures = [pool.submit(pid_and, number) for number in range(50)]
        unsent = pool.submit(pid_and, lambda: None)  # cannot be pickled
        more = [pool.submit(pid_and, number) for number in range(50, 100)]
        answers = [pool.result(future) for future in futures + more]
        with pytest.raises(AttributeError, match="lambda"):
            pool.result(unsent)
    assert [number for _, number in answers] == list(range(100))
    assert len({pid for pid, _ in answers}) == 1


def test_a_killed_worker_fails_all_calls_sent_to_it(tmp_path: Path) -> None:
    path = tmp_path / "pid"
    with Workers(1, None, sent=2) as pool:
        calls: list[Future[bytes | None]] = [pool.submit(sleep, str(path)) for _ in range(3)]
        while not (path.exists() and path.read_text()):
            time.sleep(0.001)
        os.kill(int(path.read_text()), signal.SIGKILL)
        for call in calls:
            with pytest.raises(WorkerDiedError) as caught:
                pool.result(call)
            assert caught.value.exit_code == -signal.SIGKILL


def test_what_is_said_of_a_worker_without_a_signal() -> None:
    for code in (1, None):
        assert str(WorkerDiedError(code)) == "a worker process ended before its result was complete"


SCRIPT = """
import sys, time
from eventschema.stream.reading.parts import cut
from eventschema.stream.profile.parts import ProfileTask, profile_part
from eventschema.stream.workers import Workers

if __name__ == "__main__":
    parts = list(cut("file", 100))
    with Workers(2, None) as workers:
        futures = [workers.submit(profile_part, part, ProfileTask()) for part in parts]
        workers.result(futures[0])
        print("started", flush=True)
        time.sleep(60)
"""


def test_workers_end_with_who_started_them(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(LINE * 20)
    (tmp_path / "script.py").write_text(SCRIPT)
    with subprocess.Popen(
        [sys.executable, "script.py"], cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"started\n"
        process.send_signal(signal.SIGKILL)
    for _ in range(100):
        if not running(process.pid):
            break
        time.sleep(0.1)
    assert running(process.pid) == []
