import signal
import subprocess
import sys
import time
from multiprocessing import get_context
from pathlib import Path

import pytest

from eventschema.stream import workers
from eventschema.stream.profile.parts import ProfileTask, profile_part
from eventschema.stream.reading.parts import Part
from tests.cli.test_process import environment
from tests.processes import running

LINE = b'{"eventName":"order","properties":{"total":1}}\n'


def test_a_part_that_nobody_waits_for_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(LINE)
    shared = workers._Shared(get_context("spawn"))
    monkeypatch.setattr(workers, "_shared", shared)
    part = Part(str(tmp_path / "file"))
    result = workers._call(profile_part, part, ProfileTask())
    assert result is not None
    assert (result.profile.count, shared.read.value) == (1, len(LINE))
    shared.stop.value = True
    assert workers._call(profile_part, part, ProfileTask()) is None


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
