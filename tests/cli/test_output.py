"""What reaches a terminal: no text of others can control it. And what is printed when everything fails."""

import ast
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import eventschema.cli
from eventschema.cli.output import visible
from tests.cli.conftest import Run
from tests.cli.test_process import LINE, WRONG, environment, run, start

#: Escape sequences (colours, title, clear), C1, DEL, directions, line separators: not in a file's name are NUL and /.
HOSTILE = "\x1b[31;5;7m\x1b]0;title\x07\x1b[2J\x9b31m\x85\x7f\u202e\u2066\u200f\u2028\r\nError: forged\t\x08"
BYTES = os.fsencode(HOSTILE) + b"\xff"  # in a name, Python reads the last one as a lone surrogate
NAME = os.fsdecode(BYTES)
#: What the program itself sends: colours, and the progress bar.
OWN = re.compile(rb"\x1b\[(0|1|2|1;31|1;36|36|3[0-7]|38;5;\d+)m|\x1b\[\?25[lh]|\x1b\[2K|\x1b\[1A")

#: Runs one command after another, to start Python once.
DRIVER = """
import json, pathlib, sys
from eventschema.cli.app import app
for arguments in json.loads(pathlib.Path("commands").read_text()):
    try:
        app.main(arguments, prog_name="eventschema")
    except SystemExit as end:
        sys.stdout.write(f"=== {end.code}\\n")
        sys.stdout.flush()
"""


def document(**changes: Any) -> dict[str, Any]:
    return {"name": "order", "properties": {"total": "int"}, **changes}


def saved_profile(*path: str) -> str:
    """A saved profile in which a key is hostile."""
    from eventschema.stream.profile import EventProfile

    profile = EventProfile()
    profile.add("order", {"total": 1, "tags": [], HOSTILE: 1}, NAME.encode(errors="replace").decode(), 1)
    profile.add("", {}, "x", 2)
    written = json.loads(json.dumps(profile.to_dict()))
    target = written
    for key in path[:-1]:
        target = target[key]
    if path:
        target[HOSTILE] = target.pop(path[-1])
    return json.dumps(written)


def files() -> dict[str, str | bytes]:
    event = {"eventName": HOSTILE.replace("\r\n", ""), "properties": {HOSTILE: HOSTILE, "p": HOSTILE, "q": {}}}
    return {
        NAME: json.dumps(event) + "\n{}\n",
        NAME + ".json": json.dumps(document(properties={HOSTILE: "int"})),
        "events": (LINE + WRONG).decode() + json.dumps(event),
        "requests": json.dumps({**event, "contact": {HOSTILE: HOSTILE, "email": HOSTILE}, HOSTILE: 1}),
        "name.json": json.dumps(document(name=HOSTILE)),
        "named.json": json.dumps(document(name="\u202e\x9b\u2066x")),
        "other.json": json.dumps(document(name="\u202e\x9b\u2066x", properties={"total": "date"})),
        "type.json": json.dumps(document(properties={"total": HOSTILE})),
        "key.json": json.dumps({"schemas": [document(**{HOSTILE: 1})]}),
        "twice.json": f'{{"schemas": [], {json.dumps(HOSTILE)}: 1, {json.dumps(HOSTILE)}: 2}}',
        "profile": saved_profile(),
        "code": saved_profile("faults", "invalid_event_name"),
        "event": saved_profile("events", "order"),
        "count": saved_profile("count"),
        "type": saved_profile("events", "order", "properties", "total", "types", "int"),
        "kind": saved_profile("events", "order", "properties", "tags", "unsupported", "array"),
        "fault": saved_profile("events", "order", "properties", "tags", "faults", "unsupported_type"),
        "cut": b"\x1f\x8b",
        NAME + "cut": b"\x1f\x8b",
    }


def commands() -> list[list[str]]:
    """Commands of all kinds with hostile names and values, most of which fail."""
    schemas = (f"{NAME}.json", *(f"{name}.json" for name in ("name", "named", "type", "key", "twice")))
    found = [[command, "events", "--schema", schema] for schema in schemas for command in ("infer", "check")]
    found += [["profile", "--load", name] for name in ("profile", "code", "event", "count", "type", "kind", "fault")]
    for value in (NAME, f"{NAME}/x", f"missing {NAME}", f"{NAME}cut"):
        found += [[command, value] for command in ("infer", "track", "profile", "check", "export")]
        found += [["infer", "events", option, value] for option in ("--schema", "-o", "--errors")]
        found += [["profile", "events", option, value] for option in ("--load", "-o", "--html", "--save")]
        found += [["track", "requests", "--contacts", value], ["serve", "--schema", value]]
    return [
        *found,
        ["infer", "events", "--schema", "named.json", "--schema", "other.json"],
        ["infer", "cut", "-o", f"new {NAME}"],
        ["infer", NAME, "-o", NAME],
        ["track", "requests", "--errors", "errors"],
        ["infer", "events", "--properties-key", NAME],
        ["infer", "events", "--event-key", NAME],
        ["infer", "events", "--event", NAME],
        ["infer", "events", "--jobs", NAME],
        ["infer", "events", "--format", NAME],
        ["infer", "events", f"--{NAME}"],
        ["infer", "events", "--float-digits", NAME],
        [NAME],
        [f"-{NAME}"],
        ["classify", NAME, HOSTILE],
        ["classify", "--explain", NAME],
        ["classify", "--json", NAME],
        ["classify", "--format", "json", NAME],
        ["classify", f"-5{NAME}"],
        ["export", "named.json", "--to", "jsonschema"],
        ["export", "named.json", "--to", "sql", "--dialect", "sqlite"],
        ["export", "named.json", "--to", NAME],
        ["export", "named.json", "--to", "jsonschema", "--event", NAME],
        ["retype", "--db", f"sqlite:///{NAME}", NAME, "a=int"],
        ["retype", "--db", "sqlite:///:memory:", NAME, f"a={NAME}"],
        ["retype", NAME, NAME],
        ["diff", NAME, f"missing {NAME}"],
        ["diff", "named.json", f"sqlite:///{NAME}"],
        ["serve", "--db", f"sqlite:///{NAME}/x"],
        ["serve", "--db", NAME],
        ["serve", "--token", NAME],
        ["serve", "--host", NAME],
        ["serve", "--rejected", f"{NAME}/x"],
    ]


@pytest.mark.slow
def test_nothing_controls_a_terminal(tmp_path: Path) -> None:
    for name, content in files().items():
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    (tmp_path / "commands").write_text(json.dumps(commands()))
    (tmp_path / "driver").write_text(DRIVER)
    main, terminal = pty.openpty()
    env = environment(TERM="xterm-256color", COLUMNS="100", LINES="25", PYTHONIOENCODING="utf-8")
    with subprocess.Popen(
        [sys.executable, "driver"], cwd=tmp_path, env=env, stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal
    ) as process:
        os.close(terminal)
        data = b""
        try:
            while chunk := os.read(main, 2**16):
                data += chunk
        except OSError:  # Linux says so when the other end is closed
            os.close(main)
    assert process.returncode == 0, data
    shown = OWN.sub(b"", data).decode().replace("\r\n", "\n").replace("\r", "\n")  # the bar goes back to its start
    assert [line for line in shown.split("\n") if not line.isprintable()] == []
    assert not re.search("^Error: forged", shown, re.MULTILINE)
    codes = re.findall("=== (.*)", shown)
    assert len(codes) == len(commands())
    assert set(codes) == {"0", "1", "2"}
    assert "fault of eventschema" not in shown
    assert "Traceback" not in shown
    assert shown.count("\\x1b[31;5;7m") > len(commands()) // 2


@pytest.mark.parametrize("name", sorted(path.name for path in Path(eventschema.cli.__file__).parent.glob("*.py")))
def test_only_one_module_prints(name: str) -> None:
    tree = ast.parse((Path(eventschema.cli.__file__).parent / name).read_text())
    calls = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    printing = {"print", "click.echo", "click.secho", "sys.stdout.write", "sys.stderr.write", "stream.write"}
    allowed = {"output.py": {"stream.write"}, "__init__.py": {"print"}}  # the second where click is missing
    assert printing.intersection(calls) == allowed.get(name, set())


def test_lines_of_a_document_stay_lines() -> None:
    assert visible("a\n\x1bb\n") == "a\n\\x1bb\n"


@pytest.mark.slow
def test_a_document_that_is_piped_has_all_its_characters(tmp_path: Path) -> None:
    (tmp_path / "named.json").write_text(json.dumps(document(name="\u202ex")))
    code, stdout, _ = run(tmp_path, "export", "named.json", "--to", "sql", "--dialect", "sqlite")
    assert code == 0
    assert "\u202e" in stdout
    assert json.loads(run(tmp_path, "classify", "--format", "json", "a\x7f")[1])[0]["text"] == "a\x7f"


def test_a_fault_of_ours_is_one_line_without_values(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("ann@example.com")

    monkeypatch.setattr("eventschema.cli.classify.explain", fail)
    result = run("classify", "x")
    assert (result.exit_code, result.stdout) == (2, "")
    where = r"KeyError in cli/classify\.py, line \d+\."
    assert re.fullmatch(rf"Error: this is a fault of eventschema, please report it: {where}\n", result.stderr)
    monkeypatch.setattr("eventschema.cli.classify.explain", lambda *_: (_ for _ in ()).throw(MemoryError))
    result = run("classify", "x")
    assert (result.exit_code, result.stdout) == (2, "")


def shell(directory: Path, script: str) -> tuple[int, str]:
    """Run a shell's script, in which ``eventschema`` is the command: its exit code, and what it said."""
    define = f'eventschema() {{ "{sys.executable}" -m eventschema "$@"; }}\n'
    result = subprocess.run(
        ["bash", "-c", define + script], cwd=directory, env=environment(), capture_output=True, timeout=120, check=False
    )
    return result.returncode, result.stderr.decode()


SLOW = pytest.mark.slow
ENDS = [
    ("eventschema infer events >&-", 2, "Error: standard output is closed.\n"),
    pytest.param("eventschema infer events -o new >&-; c=$?; ! test -e new && exit $c", 2, "closed", marks=SLOW),
    pytest.param("eventschema infer events 2>&-; exit $?", 0, "", marks=SLOW),
    pytest.param("eventschema infer none 2>&-", 2, "", marks=SLOW),
    pytest.param("eventschema infer none 2>/dev/full", 2, "", marks=SLOW),
    pytest.param("eventschema infer - <&-", 2, "Error: -: ", marks=SLOW),
    pytest.param("eventschema infer events --schema - <&-", 2, "Error: -: standard input is closed.\n", marks=SLOW),
    pytest.param("eventschema infer .", 2, "Usage: ", marks=SLOW),
    pytest.param("eventschema infer events --schema .", 2, "Usage: ", marks=SLOW),
    pytest.param("eventschema profile --load .", 2, "Usage: ", marks=SLOW),
    pytest.param("eventschema infer events --schema /proc/self/mem", 2, "Error: /proc/self/mem: ", marks=SLOW),
    pytest.param("eventschema infer events --schema /dev/null", 2, "Error: /dev/null: Expected JSON", marks=SLOW),
    pytest.param("eventschema infer events --schema <(cat known)", 0, "", marks=SLOW),
    pytest.param("mkfifo f; cat known > f & eventschema check --schema f events", 1, "", marks=SLOW),
    pytest.param("mkfifo f; eventschema infer events -o f & cat f; wait $!", 0, "", marks=SLOW),
    pytest.param("eventschema infer events -o /proc/none", 2, "Error: /proc/none: ", marks=SLOW),
    pytest.param("ulimit -v 250000; eventschema infer events --schema /dev/zero", 2, "Error: ", marks=SLOW),
    pytest.param("ulimit -v 500000; eventschema profile --load /dev/zero", 2, "Error: memory ran out.\n", marks=SLOW),
]


@pytest.mark.parametrize(("script", "code", "said"), ENDS)
def test_what_goes_wrong_ends_with_2_and_one_line(tmp_path: Path, script: str, code: int, said: str) -> None:
    (tmp_path / "events").write_bytes(LINE + WRONG)
    (tmp_path / "known").write_text(json.dumps(document()))
    found, stderr = shell(tmp_path, script)
    assert (found, said in stderr or not said, stderr.startswith(said) or said == "closed") == (code, True, True), (
        stderr
    )
    assert stderr.count("\n") == (0 if not said else 4 if said == "Usage: " else 1), stderr


@SLOW
def test_a_killed_worker_ends_the_command_with_one_line(tmp_path: Path) -> None:
    note = "x" * 2000
    with (tmp_path / "events").open("wb") as file:
        for number in range(40_000):
            properties = {"total": number, "note": note, f"p{number // 300}": 0.123456789}
            file.write(json.dumps({"eventName": f"e{number % 4}", "properties": properties}).encode() + b"\n")
    with start(tmp_path, "profile", "events", "--jobs", "2", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        killed = False
        while not killed and process.poll() is None:
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
            for child in children.parent.parent.glob("*/children"):
                for pid in child.read_text().split():
                    if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes() and not killed:
                        time.sleep(0.15)  # until it works
                        os.kill(int(pid), signal.SIGKILL)
                        killed = True
        stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout) == (2, b"")
    assert stderr == b"Error: a worker process was killed by signal 9. If memory ran out, --jobs 1 needs less.\n"
