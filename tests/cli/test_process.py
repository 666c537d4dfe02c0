"""What only a process of its own can show: exit codes, pipes, signals, terminals."""

import gzip
import json
import os
import pty
import re
import shlex
import signal
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from eventschema.core.schema import EventSchema
from eventschema.core.schemafile import dumps_schemas
from eventschema.version import __version__
from tests.processes import unmeasured
from tests.stream.test_sample import SAMPLE

LINE = b'{"eventName":"order","properties":{"total":1}}\n'
WRONG = b'{"eventName":"order","properties":{"total":"x"}}\n'
COMMAND = [sys.executable, "-m", "eventschema"]
CHECKOUT = Path(__file__).parents[2]


def environment(**changes: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(CHECKOUT), "PYTHONWARNINGS": "error", **changes}


def start(
    directory: Path, *arguments: str, env: Mapping[str, str] | None = None, **streams: Any
) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([*COMMAND, *arguments], cwd=directory, env=env or environment(), **streams)


def run(
    directory: Path, *arguments: str, given: bytes = b"", env: Mapping[str, str] | None = None
) -> tuple[int, str, str]:
    with start(
        directory, *arguments, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        stdout, stderr = process.communicate(given, timeout=60)
    return process.returncode, stdout.decode(), stderr.decode()


def test_inferred_schemas_can_be_checked_against(tmp_path: Path) -> None:
    assert run(tmp_path, "infer", "-", "-o", "schemas.json", given=LINE)[0] == 0
    code, stdout, stderr = run(tmp_path, "check", "-", "--schema", "schemas.json", given=LINE + WRONG)
    assert (code, stderr) == (1, "")
    assert stdout.startswith("1 accepted, 1 rejected\n")
    assert "\x1b" not in stdout


def test_a_truncated_file_exits_with_2(tmp_path: Path) -> None:
    (tmp_path / "cut").write_bytes(gzip.compress(LINE * 2)[:-1])
    code, stdout, stderr = run(tmp_path, "infer", "cut", "--strict")
    assert code == 2
    assert stdout.startswith("2 accepted, 0 rejected\n")
    assert stderr == "Error: cut: the gzip data ends before its end mark, after line 2.\n"


def test_version_prints_the_version(tmp_path: Path) -> None:
    assert run(tmp_path, "--version") == (0, f"eventschema {__version__}\n", "")


@pytest.mark.parametrize("package", ["click", "rich", "msgspec"])
def test_a_missing_package_is_an_error_that_names_the_extra(tmp_path: Path, package: str) -> None:
    code = f"import sys; sys.modules[{package!r}] = None; from eventschema.cli import main; main()"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == (
        f"eventschema: the command needs the package {package}, which is not installed.\n"
        "Install it with what else it needs: pip install 'eventschema[cli]'\n"
    )


def test_an_import_error_of_our_own_is_raised(tmp_path: Path) -> None:
    code = "import sys; sys.modules['eventschema.cli.app'] = None; from eventschema.cli import main; main()"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    assert "ModuleNotFoundError" in result.stderr


@pytest.mark.slow
def test_a_closed_pipe_ends_it_without_a_message(tmp_path: Path) -> None:
    (tmp_path / "events").write_bytes(LINE)
    for arguments in (["infer", "events"], ["infer", "events", "--format", "json"], ["classify", "x"]):
        process = start(tmp_path, *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.close()  # long before anything is written
        assert process.stderr is not None
        with process.stderr:
            assert process.stderr.read() == b""
        assert process.wait(60) == 128 + signal.SIGPIPE


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a full device")
def test_a_full_disk_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    with (
        open("/dev/full", "wb") as full,
        start(tmp_path, "classify", "x", stdout=full, stderr=subprocess.PIPE) as process,
    ):
        _, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (2, b"Error: standard output: No space left on device\n")
    code, _, stderr_text = run(tmp_path, "infer", "-", "-o", "/dev/full", "--errors", "/dev/null", given=LINE)
    assert (code, stderr_text) == (2, "Error: /dev/full: No space left on device\n")
    code, _, stderr_text = run(tmp_path, "infer", "-", "-o", "out", "--errors", "/dev/full", given=(LINE + WRONG) * 99)
    assert (code, stderr_text) == (2, "Error: /dev/full: No space left on device\n")
    assert os.listdir(tmp_path) == []


def test_a_file_that_cannot_be_written_is_named_and_unchanged(tmp_path: Path) -> None:
    (tmp_path / "errors").write_text("as it was")
    limited = f"ulimit -f 8; exec {shlex.join(COMMAND)} infer - -o schemas --errors errors"  # blocks of 1 KiB
    result = subprocess.run(
        ["bash", "-c", limited],
        input=LINE + WRONG * 999,
        cwd=tmp_path,
        env=unmeasured(),  # what measures coverage writes files too, and the limit would be theirs
        capture_output=True,
        check=False,
    )
    assert (result.returncode, result.stderr) == (2, b"Error: errors: File too large\n")
    assert os.listdir(tmp_path) == ["errors"]
    assert (tmp_path / "errors").read_text() == "as it was"


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_ends_cleanly_and_leaves_no_partial_file(tmp_path: Path) -> None:
    (tmp_path / "schemas.json").write_text("as it was")
    with start(
        tmp_path,
        *("infer", "-", "-o", "schemas.json", "--errors", "errors"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        process.stdin.write(WRONG * 40_000)  # more than a pipe holds: when it is written, most of it was read
        process.stdin.flush()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 128 + signal.SIGINT
        assert process.stdout is not None
        assert process.stderr is not None
        assert (process.stdout.read(), process.stderr.read()) == (b"", b"")
        process.stdin.close()
    assert os.listdir(tmp_path) == ["schemas.json"]
    assert (tmp_path / "schemas.json").read_text() == "as it was"


def test_an_output_that_is_a_link_or_a_device_stays_one(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"")
    (tmp_path / "target").chmod(0o640)
    (tmp_path / "link").symlink_to("target")
    assert run(tmp_path, "infer", "-", "-o", "link", given=LINE)[0] == 0
    assert (tmp_path / "link").is_symlink()
    assert stat.S_IMODE((tmp_path / "target").stat().st_mode) == 0o640
    code, stdout, _ = run(tmp_path, "infer", "-", "-o", "/dev/stdout", "--errors", "/dev/null", given=LINE)
    assert code == 0
    document, _ = json.JSONDecoder().raw_decode(stdout)
    assert document == json.loads((tmp_path / "target").read_bytes())


def test_characters_that_the_encoding_lacks_are_escaped(tmp_path: Path) -> None:
    given = '{"eventName":"caf\u00e9","properties":{}}'.encode()
    ascii_only = environment(PYTHONIOENCODING="ascii")
    code, stdout, _ = run(tmp_path, "infer", "-", given=given, env=ascii_only)
    assert code == 0
    assert r"caf\xe9: 1 accepted" in stdout
    code, stdout, _ = run(tmp_path, "infer", "-", "--format", "json", given=given, env=ascii_only)
    assert json.loads(stdout)["events"][0]["name"] == "caf\u00e9"


def on_terminal(directory: Path, stream: str, *arguments: str, columns: int = 80) -> tuple[int, str, str]:
    """Run with that stream as a terminal: the exit code, what the terminal got, and the other stream."""
    main, terminal = pty.openpty()
    other = "stdout" if stream == "stderr" else "stderr"
    env = environment(TERM="xterm-256color", COLUMNS=str(columns), LINES="25")
    with start(directory, *arguments, env=env, **{stream: terminal, other: subprocess.PIPE}) as process:
        os.close(terminal)
        shown = b""
        while chunk := _read(main):
            shown += chunk
        piped = getattr(process, other).read()
        code = process.wait(60)
    os.close(main)
    return code, shown.decode(), piped.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says so when the other end is closed
        return b""


def test_progress_is_shown_on_a_terminal_only(tmp_path: Path) -> None:
    (tmp_path / "events").write_bytes(LINE * 1000)
    code, shown, piped = on_terminal(tmp_path, "stderr", "infer", "events")
    assert code == 0
    assert "reading" in shown
    assert piped.startswith("1,000 accepted, 0 rejected\n")
    assert "\x1b" not in piped
    code, shown, piped = on_terminal(tmp_path, "stdout", "infer", "events")
    assert (code, piped) == (0, "")
    assert "1,000 accepted, 0 rejected" in shown
    assert "\x1b[" in shown


@pytest.mark.slow
def test_a_load_shows_its_progress_on_a_terminal_only(tmp_path: Path) -> None:
    (tmp_path / "requests").write_bytes(b'{"eventName": "order", "contact": {"email": "ann@example.com"}}\n' * 1000)
    code, shown, piped = on_terminal(tmp_path, "stderr", "load", "requests")
    assert (code, piped) == (0, "1,000 accepted, 0 rejected\n")
    assert "loading" in shown
    code, shown, piped = on_terminal(tmp_path, "stdout", "load", "requests")
    assert (code, piped) == (0, "requests: its first 1,000 lines were loaded before, nothing is new.\n")


def test_on_a_terminal_lines_fold_and_nothing_is_lost(tmp_path: Path) -> None:
    name = "property_" * 14
    (tmp_path / "events").write_text(
        "".join(f'{{"eventName":"order","properties":{{"{name}":{value}}}}}\n' for value in ("1", '"x"'))
    )
    _, shown, _ = on_terminal(tmp_path, "stdout", "infer", "events")
    assert "\u2026" not in shown
    assert shown.count("property_") > 0
    assert max(len(line) for line in shown.replace("\x1b[1m", "").replace("\x1b[0m", "").splitlines()) <= 90


@pytest.mark.parametrize(
    ("columns", "heading", "left_out"),
    [
        (60, "property   declare   has value   types               refused", "null, distinct, range, examples"),
        (80, "property   declare   has value    null   types                refused   distinct", "range, examples"),
        (120, "property   declare   has value    null   types              refused   distinct   range  ", ""),
    ],
)
def test_a_profile_fits_a_terminal(tmp_path: Path, columns: int, heading: str, left_out: str) -> None:
    _, shown, _ = on_terminal(tmp_path, "stdout", "profile", str(SAMPLE), "--jobs", "1", columns=columns)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines()
    assert next(line for line in lines if line.startswith("property ")).startswith(heading)
    assert max(map(len, lines)) <= columns
    assert any(line.startswith("mag        float          100% ") and "float 1,638," in line for line in lines)
    said = " ".join(lines).partition("Columns left out to fit the terminal: ")[2]
    assert said.partition(".")[0] == left_out


def test_standard_input_has_a_progress_bar_without_a_total(tmp_path: Path) -> None:
    (tmp_path / "events").write_bytes(LINE)
    with open(tmp_path / "events", "rb") as given:
        main, terminal = pty.openpty()
        with start(tmp_path, "infer", "-", stdin=given, stdout=subprocess.PIPE, stderr=terminal) as process:
            os.close(terminal)
            while _read(main):
                pass
            assert process.stdout is not None
            assert process.stdout.read().startswith(b"1 accepted")
        os.close(main)
    assert process.returncode == 0


@pytest.mark.parametrize("command", ["infer", "check", "track", "profile"])
def test_a_repeated_key_is_a_rejection_in_every_command(tmp_path: Path, command: str) -> None:
    line = b'{"eventName":"d","contact":{"email":"x@example.com","email":"y@example.com"},"properties":{"status":4}}\n'
    fine = line.replace(b'"email":"x@example.com",', b"")
    (tmp_path / "declared").write_text('{"format":1,"schemas":[{"format":1,"name":"d","properties":{"status":"int"}}]}')
    schema = ["--schema", "declared"] if command == "check" else []
    _, stdout, stderr = run(tmp_path, command, "-", "--format", "json", *schema, given=fine + line)
    assert stderr == ""
    assert "Expected each key once in an object, found email twice, at /contact." in stdout


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["infer", "--help"], ["classify", "x"]])
def test_output_that_cannot_be_written_is_a_one_line_error(tmp_path: Path, arguments: list[str]) -> None:
    with open("/dev/full", "wb") as full, start(tmp_path, *arguments, stdout=full, stderr=subprocess.PIPE) as process:
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 2
    assert stderr == b"Error: standard output: No space left on device\n"


@pytest.mark.parametrize(
    "command",
    [
        ["infer", "-o", "schemas"],
        pytest.param(["check", "--schema", "known"], marks=pytest.mark.slow),
        pytest.param(["track", "-o", "schemas", "--contacts", "contacts"], marks=pytest.mark.slow),
    ],
)
def test_processes_that_share_a_replay_change_no_byte(tmp_path: Path, command: list[str]) -> None:
    note = "x" * 2000
    with (tmp_path / "events").open("wb") as file:
        for number in range(5000):  # pieces enough for a second process
            total = "x" if number % 11 == 10 else number
            properties = {"total": total, "note": note, **({f"p{number // 300}": 0.123456789} if number % 3 else {})}
            event = {"eventName": f"e{number % 4}", "properties": properties, "contact": {"id": f"c{number % 3}"}}
            if number % 7:
                event["contact"] = {"email": f"user{number % 50}@example.com", "visits": number // 1000}
            file.write(json.dumps(event).encode() + b"\n")
    (tmp_path / "known").write_text(dumps_schemas({"e0": EventSchema("e0", {"total": "int", "note": "string"})}))
    found = []
    for jobs in ("1", "2"):
        arguments = [*command, "events", "--errors", "errors", "--format", "json", "--jobs", jobs]
        shown = run(tmp_path, *arguments)
        files = [path.read_bytes() for name in ("errors", "schemas", "contacts") if (path := tmp_path / name).exists()]
        found.append((shown, files))
    assert found[0] == found[1]
    code, stdout, stderr = found[0][0]
    assert (code, stderr) == (int(command[0] == "check"), "")
    assert json.loads(stdout)["rejected"] > 400
