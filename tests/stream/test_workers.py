import os
import pickle
import signal
import subprocess
import sys
import time
from ctypes import c_longlong
from multiprocessing import connection, get_context
from pathlib import Path
from typing import Any

import pytest

from eventschema.stream import workers
from eventschema.stream.profile.parts import ProfileTask, profile_part
from eventschema.stream.reading.parts import Part
from eventschema.stream.workers import Call, WorkerDiedError, Workers
from tests.cli.test_process import environment
from tests.processes import running

LINE = b'{"eventName":"order","properties":{"total":1}}\n'


def test_a_call_counts_the_bytes_that_it_reads(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(LINE)
    total = get_context("spawn").RawValue(c_longlong)
    call = pickle.dumps((profile_part, (Part(str(tmp_path / "file")), ProfileTask())))
    result, error = pickle.loads(workers._answer(call, workers._ReadBytes(total)))
    assert (result.profile.count, error, total.value) == (1, None, len(LINE))


class NotPicklableError(Exception):
    def __reduce__(self) -> Any:
        raise TypeError


def fail(error: type[Exception], _: object) -> None:
    raise error


@pytest.mark.parametrize(("error", "raised"), [(MemoryError, MemoryError), (NotPicklableError, RuntimeError)])
def test_an_exception_of_a_call_is_an_answer(error: type[Exception], raised: type[Exception]) -> None:
    reading = workers._ReadBytes(None)
    result, found = pickle.loads(workers._answer(pickle.dumps((fail, (error,))), reading))
    assert (result, type(found)) == (None, raised)
    assert ("in fail" in "".join(getattr(found, "__notes__", ()))) == (error is MemoryError)


def big_result(path: str, _: object) -> bytes:
    Path(path).write_text(str(os.getpid()))
    return bytes(2**26)


class NotUnpicklableError(Exception):
    def __init__(self, number: int, text: str) -> None:
        super().__init__(text)


def fail_with_two(number: int, _: object) -> None:
    raise NotUnpicklableError(number, "")


def test_an_exception_that_cannot_be_unpickled_is_of_its_call() -> None:
    with Workers(1, None, sent=2) as pool:
        failed, other = pool.submit(fail_with_two, 1), pool.submit(pid_and, 2)
        assert pool.result(other)[1] == 2
        with pytest.raises(TypeError, match="text"):
            pool.result(failed)


@pytest.mark.parametrize("moment", ["work", "sleep", "answer"])
def test_a_killed_worker_is_noticed_at_once(tmp_path: Path, moment: str) -> None:
    path = tmp_path / "pid"
    with Workers(2, None) as pool:
        call: Call[bytes] = pool.submit(sleep if moment == "sleep" else big_result, str(path))
        while not (path.exists() and path.read_text()):
            time.sleep(0.001)
        if moment == "answer":
            connection.wait([pool._workers[0].pipe])  # it has sent the start
        os.kill(int(path.read_text()), signal.SIGKILL)
        with pytest.raises(WorkerDiedError, match="killed by signal 9") as caught:
            pool.result(call)
    assert pickle.loads(pickle.dumps(caught.value)).exit_code == -signal.SIGKILL


def sleep(path: str, _: object) -> bytes:
    Path(path).write_text(str(os.getpid()))
    time.sleep(60)
    return b""


def pid_and(number: int, _: object) -> tuple[int, int]:
    return os.getpid(), number


def test_calls_sent_at_once_are_answered_in_order() -> None:
    with Workers(1, None, sent=2) as pool:
        calls = [pool.submit(pid_and, number) for number in range(50)]
        with pytest.raises((AttributeError, pickle.PicklingError), match="lambda"):
            pool.submit(pid_and, lambda: None)
        assert pool.pending <= 50
        calls += [pool.submit(pid_and, number) for number in range(50, 100)]
        answers = [pool.result(call) for call in calls]
        assert pool.pending == 0
    assert [number for _, number in answers] == list(range(100))
    assert len({pid for pid, _ in answers}) == 1


def bytes_of(data: bytes, size: int, _: object) -> tuple[int, bytes]:
    return len(data), bytes(size)


def test_large_calls_and_answers_never_wait_for_each_other() -> None:
    small, limit, large = 10, workers._SMALL_BYTES, 2**22
    sizes = [small, limit, large, large, large, small, large, small, small, limit] * 2
    with Workers(2, None, sent=3) as pool:
        calls = [pool.submit(bytes_of, bytes(size), size) for size in sizes]
        time.sleep(0.2)  # until the workers wait to send their first large answers
        answers = [pool.result(call) for call in calls]
    assert [(size, len(data)) for size, data in answers] == [(size, size) for size in sizes]
    assert [call.answer_bytes > size for call, size in zip(calls, sizes, strict=True)] == [True] * len(sizes)


def nothing(_: object) -> None:
    return None


def test_a_look_takes_all_answers_that_have_arrived() -> None:
    read: list[int] = []
    with Workers(2, read.append, sent=2) as pool:
        calls = [pool.submit(nothing) for _ in range(8)]
        while pool.pending:
            pool.look(None)
        assert [pool.result(call) for call in calls] == [None] * 8
        pool.look()
        done = pool.done("here")
        assert (done.is_done, pool.result(done), done.answer_bytes) == (True, "here", 0)
    assert set(read) == {0}


def test_a_worker_is_ended_in_the_middle_of_a_call(tmp_path: Path) -> None:
    path = tmp_path / "pid"
    with Workers(1, None, sent=2) as pool:
        pool.submit(sleep, str(path))
        pool.submit(bytes_of, bytes(2**24), 0)  # which is sent only in part
        while not (path.exists() and path.read_text()):
            time.sleep(0.001)
        start = time.monotonic()
    assert time.monotonic() - start < 4
    with pytest.raises(ProcessLookupError):
        os.kill(int(path.read_text()), 0)


def test_a_killed_worker_fails_all_calls_sent_to_it(tmp_path: Path) -> None:
    path = tmp_path / "pid"
    with Workers(1, None, sent=2) as pool:
        calls: list[Call[bytes]] = [pool.submit(sleep, str(path)) for _ in range(3)]
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
