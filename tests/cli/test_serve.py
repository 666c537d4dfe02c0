"""``eventschema serve``, as a process of its own that is sent requests."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from eventschema import EventSchema, dumps_schemas
from eventschema.store.sql import SQLStore
from tests.cli.conftest import Run

CHECKOUT = Path(__file__).parents[2]
PAYLOAD = {"eventName": "order", "contact": {"email": "ann@example.com"}, "properties": {"total": 1}}
OPEN = "Any bearer token is accepted, and none is needed: give --token to change that.\n"


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EVENTSCHEMA_DB", raising=False)
    monkeypatch.delenv("EVENTSCHEMA_TOKEN", raising=False)


@contextmanager
def served(
    directory: Path, *options: str, end: signal.Signals = signal.SIGTERM, **variables: str
) -> Iterator[tuple[httpx.Client, list[str]]]:
    """A client of the command, run in ``directory`` until ``end``, and the lines that it has written."""
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)} | variables
    command = [sys.executable, "-m", "eventschema", "serve", "--port", "0", *options]
    with subprocess.Popen(command, cwd=directory, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        lines: list[str] = []
        try:
            for line in process.stderr:
                lines.append(line)
                if found := re.search(r"running on (http://127\.0\.0\.1:\d+)", line):
                    with httpx.Client(base_url=found[1]) as client:
                        yield client, lines
                    break
            else:
                pytest.fail("".join(lines))
        finally:
            process.send_signal(end)
            lines += process.stderr
            code = process.wait(30)
    assert code == 0 or end != signal.SIGINT


def test_a_service_in_one_command(tmp_path: Path) -> None:
    (tmp_path / "schemas.json").write_text(dumps_schemas([EventSchema("order", {"total": "float"})]))
    with served(tmp_path, "--schema", "schemas.json", "--max-properties", "1") as (client, lines):
        assert client.post("/v4/track", json=PAYLOAD).status_code == 202
        assert client.post("/v4/track", json={**PAYLOAD, "properties": {"a": 1, "b": 2}}).status_code == 422
        assert client.get("/v4/schemas/order").json()["properties"] == {"total": "float"}
    assert OPEN in lines
    assert not any("Traceback" in line for line in lines)
    store = SQLStore(f"sqlite:///{tmp_path / 'events.db'}")
    assert [json.dumps(event.properties.copy()) for event in store.events()] == ['{"total": 1.0}']
    assert [record.who for record in store.history("order")] == ["serve --schema"]
    store.close()


def test_declared_schemas_meet_those_of_the_database(run: Run, tmp_path: Path) -> None:
    def declare(name: str, *schemas: EventSchema) -> None:
        (tmp_path / name).write_text(dumps_schemas(schemas))

    declare("a.json", EventSchema("order", {"total": "int"}))
    declare("b.json", EventSchema("visit", {"at": "date"}))
    with served(tmp_path, "--schema", "a.json", "--schema", "b.json") as (_, lines):
        pass
    assert "Declared 2 new schemas.\n" in lines
    declare("b.json", EventSchema("visit", {"at": "date", "page": "url"}))
    with served(tmp_path, "--schema", "a.json", "--schema", "b.json") as (client, lines):
        assert client.get("/v4/schemas/visit").json()["properties"] == {"at": "date", "page": "url"}
    assert "Added 1 property to the schema of visit, now of version 1.\n" in lines
    assert not any("Declared" in line for line in lines)
    declare("a.json", EventSchema("order", {"total": "float"}))
    result = run("serve", "--schema", "a.json", "--schema", "b.json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "Error: --schema: expected the types that the store has: total of the event order is declared as float, but is "
        "int in the store since it was declared. Stored types do not change: declare the types in the database, or use "
        "other names.\n"
    )


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt(tmp_path: Path) -> None:
    with served(tmp_path, end=signal.SIGINT) as (client, lines):
        assert client.get("/healthz").status_code == 200
    assert not any("Traceback" in line for line in lines)


def test_a_service_with_a_token(tmp_path: Path) -> None:
    with served(tmp_path, EVENTSCHEMA_DB="sqlite:///other.db", EVENTSCHEMA_TOKEN="secret") as (client, lines):
        assert client.post("/v4/track", json=PAYLOAD).status_code == 401
        assert client.post("/v4/track", json=PAYLOAD, headers={"Authorization": "Bearer secre"}).status_code == 401
        headers = {"Authorization": "Bearer secret"}
        assert client.post("/v4/track", json=PAYLOAD, headers=headers).status_code == 202
        assert client.get("/v4/schemas/order", headers=headers).status_code == 200
    assert OPEN not in lines
    assert not any("secret" in line for line in lines)
    assert (tmp_path / "other.db").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--host", "0.0.0.0"], "without --token, only 127.0.0.1"),
        (["--host", "example.com"], "without --token, only 127.0.0.1"),
        (["--token", "a b"], "--token: expected letters, digits"),
        (["--token", ""], "--token: expected letters, digits"),
        (["--db", "events.db"], "--db: expected sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME, found no such"),
        (["--db", "postgresql://u:secret@localhost:port/x"], "--db: expected sqlite:///FILE or postgresql://"),
        (["--db", "postgresql://u:secret@127.0.0.1:1/x"], "--db: the database cannot answer: connection failed: "),
        (["--db", "sqlite+secret:///x"], "--db: "),
        (["--db", "mysql://localhost/x"], "expected a database URL of sqlite or postgresql, found one of mysql"),
        (["--db", "sqlite://"], "MemoryStore"),
        (["--db", "sqlite:////nowhere/at/all.db"], "--db: the database cannot answer: unable to open database file.\n"),
        (["--host", "::1", "--db", "sqlite://"], "MemoryStore"),
        (["--host", "localhost", "--db", "sqlite://"], "MemoryStore"),
        (["--token", "x", "--host", "0.0.0.0", "--db", "sqlite://"], "MemoryStore"),
    ],
)
def test_bad_usage(run: Run, options: list[str], message: str) -> None:
    result = run("serve", *options)
    assert result.exit_code == 2
    assert message in result.output
    assert "secret@" not in result.output


def test_the_database_of_the_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVENTSCHEMA_DB", "sqlite://")
    assert "MemoryStore" in run("serve").output
    assert "found one of mysql" in run("serve", "--db", "mysql://localhost/x").output


def test_an_address_that_is_in_use(run: Run, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        command = [sys.executable, "-m", "eventschema", "serve", "--port", str(port)]
        environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "address already in use" in done.stderr
    assert done.stderr.endswith(f"Error: the service could not start on 127.0.0.1, port {port}.\n")
    stated = " ".join(run("serve", "-h").output.split())
    assert "2, bad usage, a database that does not answer, declared schemas that contradict it, or an address" in stated


@pytest.mark.parametrize("package", ["sqlalchemy", "starlette", "uvicorn"])
def test_a_package_that_is_missing(tmp_path: Path, package: str) -> None:
    code = f"import sys; sys.modules[{package!r}] = None; from eventschema.cli import main; main()"
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    result = subprocess.run(
        [sys.executable, "-c", code, "serve"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert result.stderr.startswith(f"Error: serve needs the package {package}, which is not installed")
