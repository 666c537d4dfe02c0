"""What a command leaves behind: its files whole or as they were, with their modes, whatever ends it."""

import gzip
import json
import os
import signal
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from eventschema.cli import files
from eventschema.cli.files import Output, Outputs, SignalExit
from tests.cli.conftest import Run
from tests.cli.test_process import LINE, WRONG, run, start
from tests.processes import running

REQUEST = b'{"eventName":"order","contact":{"email":"ann@example.com"},"properties":{"total":1}}\n'
SLOW = pytest.mark.slow
#: Each option that names a file to write, with its command, an input, and whether it holds people's data.
OUTPUTS = [
    pytest.param("infer -o", LINE, False),
    pytest.param("infer --errors", LINE + WRONG, False, marks=SLOW),
    pytest.param("check --schema known --errors", LINE + WRONG, False, marks=SLOW),
    pytest.param("track -o", REQUEST, False, marks=SLOW),
    pytest.param("track --errors", REQUEST + b"{}\n", False, marks=SLOW),
    pytest.param("track --contacts", REQUEST, True),
    pytest.param("profile -o", LINE, False, marks=SLOW),
    pytest.param("profile --save", LINE, True, marks=SLOW),
    pytest.param("profile --html", LINE, True),
]
EACH_OUTPUT = pytest.mark.parametrize(("command", "given", "private"), OUTPUTS)


def call(run: Run, command: str, *inputs: str, target: str = "target") -> int:
    first, *others = command.split()
    Path("known").write_text('{"name": "order", "properties": {"total": "int"}}')
    return run(first, *inputs, *others, target).exit_code


@EACH_OUTPUT
def test_a_file_is_replaced_by_a_run_that_succeeds_only(run: Run, command: str, given: bytes, private: bool) -> None:
    Path("whole").write_bytes(given)
    Path("cut").write_bytes(gzip.compress(given)[:-3])
    Path("target").write_text("as it was")
    assert call(run, command, "cut") == 2
    assert call(run, command, "whole", "cut") == 2
    assert Path("target").read_text() == "as it was"
    assert call(run, command, "cut", target="new") == 2
    assert call(run, command, "whole") == int(command.startswith("check"))
    assert Path("target").read_text() != "as it was"
    assert sorted(os.listdir()) == ["cut", "known", "target", "whole"]


@EACH_OUTPUT
def test_a_new_file_with_peoples_data_is_the_owners(run: Run, command: str, given: bytes, private: bool) -> None:
    Path("whole").write_bytes(given)
    before = os.umask(0o022)
    try:
        call(run, command, "whole")
    finally:
        os.umask(before)
    assert stat.S_IMODE(Path("target").stat().st_mode) == (0o600 if private else 0o644)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o604, None])
@pytest.mark.parametrize("private", [False, True])
def test_the_mode_of_a_file_from_its_start_to_its_end(tmp_path: Path, mode: int | None, private: bool) -> None:
    target = tmp_path / "target"
    if mode is not None:
        target.touch()
        target.chmod(mode)
    before = os.umask(0o027)
    try:
        with Outputs(Output(str(target), private)) as outputs:
            (temporary,) = tmp_path.glob("target.*.tmp")
            started = stat.S_IMODE(temporary.stat().st_mode)
            outputs.complete()
    finally:
        os.umask(before)
    new = 0o600 if private else 0o640
    assert started == (new if mode is None else 0o600)
    assert stat.S_IMODE(target.stat().st_mode) == (new if mode is None else mode)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another group")
@pytest.mark.parametrize(("allowed", "mode"), [(True, 0o664), (False, 0o604)])
def test_no_other_group_can_read_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, allowed: bool, mode: int) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    target = tmp_path / "target"
    target.touch()
    target.chmod(0o664)
    os.chown(target, -1, 12345)
    if not allowed:
        monkeypatch.setattr(os, "chown", refuse)
    with Outputs(Output(str(target))) as outputs:
        outputs.complete()
    status = target.stat()
    assert (stat.S_IMODE(status.st_mode), status.st_gid == 12345) == (mode, allowed)


def test_of_several_files_all_are_replaced_or_none(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text("as it was")

    def write() -> None:
        with Outputs(Output(str(tmp_path / "a")), Output("/dev/full"), Output(str(tmp_path / "b"))) as outputs:
            for file in outputs.files:
                assert file is not None
                file.write(b"x")
            outputs.complete()

    with pytest.raises(OSError, match="No space left") as caught:
        write()
    assert caught.value.filename == "/dev/full"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]
    assert {path.read_text() for path in tmp_path.iterdir()} == {"as it was"}


def test_a_file_that_cannot_be_opened_leaves_no_other(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing" / "b")
    with pytest.raises(FileNotFoundError) as caught, Outputs(Output(str(tmp_path / "a")), Output(missing)):
        pass
    assert caught.value.filename == missing
    assert list(tmp_path.iterdir()) == []


@SLOW
def test_a_report_that_cannot_be_printed_replaces_no_file(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("as it was")
    (tmp_path / "events").write_bytes(LINE)
    with open("/dev/full", "wb") as full, start(tmp_path, "infer", "events", "-o", "target", stdout=full) as process:
        assert process.wait(60) == 2
    assert (tmp_path / "target").read_text() == "as it was"
    assert sorted(os.listdir(tmp_path)) == ["events", "target"]


@pytest.mark.parametrize(("name", "written"), [("whole", True), ("cut", False)])
def test_a_reader_who_leaves_early_loses_no_file(tmp_path: Path, name: str, written: bool) -> None:
    (tmp_path / "whole").write_bytes(LINE)
    (tmp_path / "cut").write_bytes(gzip.compress(LINE)[:-3])
    with start(tmp_path, "infer", name, "-o", "target", stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(60) == 128 + signal.SIGPIPE
    assert (tmp_path / "target").exists() == written


@contextmanager
def reading(directory: Path, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A command that has read a part of standard input, and waits for more."""
    with start(directory, *arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(REQUEST * 4_000)  # more than a pipe holds: when it is written, most of it was read
        process.stdin.flush()
        yield process
        process.stdin.close()


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("name", ["SIGTERM", *(pytest.param(name, marks=SLOW) for name in ("SIGINT", "SIGHUP"))])
def test_a_signal_removes_what_is_unfinished(tmp_path: Path, name: str) -> None:
    (tmp_path / "contacts").write_text("as it was")
    (tmp_path / "contacts").chmod(0o640)
    number = getattr(signal, name)
    with reading(tmp_path, "track", "-", "-o", "schemas", "--contacts", "contacts") as process:
        modes = {path.name.partition(".")[0]: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("*.tmp")}
        assert modes["contacts"] == 0o600
        process.send_signal(number)
        assert process.wait(60) == 128 + number
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert os.listdir(tmp_path) == ["contacts"]
    assert (tmp_path / "contacts").read_text() == "as it was"


@SLOW
@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("group", [False, True])
def test_a_signal_ends_the_workers_too(tmp_path: Path, name: str, group: bool) -> None:
    with (tmp_path / "events").open("wb") as file:
        for number in range(60_000):
            properties = {"total": "x" if number % 2 else number, f"p{number % 50}": "x" * 500}
            file.write(json.dumps({"eventName": f"e{number % 7}", "properties": properties}).encode() + b"\n")
    number = getattr(signal, name)
    codes = []
    for delay in (0, 0.1, 0.2, 0.3, 0.5):
        arguments = ("infer", "events", "-o", "schemas", "--errors", "errors", "--jobs", "2")
        with start(
            tmp_path, *arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        ) as process:
            while process.poll() is None and not list(tmp_path.glob("*.tmp")):
                time.sleep(0.01)
            time.sleep(delay)
            send: Callable[[int, int], None] = os.killpg if group else os.kill
            send(process.pid, number)
            try:
                codes.append(process.wait(20))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise
        end = time.monotonic() + 10
        while running(process.pid) and time.monotonic() < end:
            time.sleep(0.05)
        assert running(process.pid) == []
        assert list(tmp_path.glob("*.tmp")) == []
    # In the end the work may be done; and of a group, a worker may end first.
    assert set(codes) <= {128 + number, 0, 2}
    assert 128 + number in codes


@SLOW
def test_an_ignored_hangup_stays_ignored(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # which the command inherits, as from nohup
    try:
        with reading(tmp_path, "track", "-", "--contacts", "contacts") as process:
            process.send_signal(signal.SIGHUP)
            assert process.stdin is not None
            process.stdin.close()
            assert process.stdout is not None
            assert process.stdout.read().startswith(b"4,000 accepted")
    finally:
        signal.signal(signal.SIGHUP, before)
    assert process.returncode == 0
    assert (tmp_path / "contacts").exists()


def test_a_signal_that_nobody_saw_replaces_no_file(tmp_path: Path) -> None:
    def swallow() -> None:
        with Outputs(Output(str(tmp_path / "target"))) as outputs:
            with suppress(SignalExit):  # as Python does where a __del__ raises
                signal.raise_signal(signal.SIGTERM)
            outputs.complete()

    with pytest.raises(SignalExit):
        swallow()
    assert list(tmp_path.iterdir()) == []
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_signal_while_files_are_replaced_is_too_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace = os.replace

    def signalled(*paths: str) -> None:
        signal.raise_signal(signal.SIGTERM)
        replace(*paths)

    monkeypatch.setattr(os, "replace", signalled)
    with Outputs(Output(str(tmp_path / "a")), Output(str(tmp_path / "b"))) as outputs:
        outputs.complete()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


@pytest.mark.parametrize("stream", [False, True])
def test_documents_are_read_up_to_a_bound(run: Run, monkeypatch: pytest.MonkeyPatch, stream: bool) -> None:
    text = b'{"schemas": []}'
    Path("schemas").write_bytes(text)
    Path("events").write_bytes(LINE)
    for bound, code in ((len(text) - 1, 2), (len(text), 0)):
        monkeypatch.setattr("eventschema.cli.schemafiles.MAX_SCHEMA_FILE", bound)
        result = run("infer", "events", "--schema", "-" if stream else "schemas", given=text)
        assert result.exit_code == code
        assert result.stderr == (
            "" if code == 0 else f"Error: {'-' if stream else 'schemas'}: expected at most 0 MiB, found more.\n"
        )


def test_a_device_without_end_is_an_error_at_once(tmp_path: Path) -> None:
    code, _, stderr = run(tmp_path, "infer", "-", "--schema", "/dev/zero", given=LINE)
    assert (code, stderr) == (2, "Error: /dev/zero: expected at most 64 MiB, found more.\n")
    assert files.MAX_SAVED_PROFILE == 512 << 20
