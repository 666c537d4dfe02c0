"""``eventschema serve``, as a process of its own that is sent requests."""

import json
import os
import re
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest

import eventschema.web
from eventschema import EventSchema, dumps_schemas
from eventschema.cli.grouping import RULES
from eventschema.cli.serve import serve
from eventschema.store.sql import SQLStore
from tests.cli.conftest import Run
from tests.cli.service import CHECKOUT, PAYLOAD, address, never_reading, served, started

HEAD = b"POST /v4/track HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
OPEN = "Warning: no --token given, so requests are not authenticated.\n"


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EVENTSCHEMA_DB", raising=False)
    monkeypatch.delenv("EVENTSCHEMA_TOKEN", raising=False)


@pytest.mark.slow
def test_it_serves_with_declared_schemas_and_rules(tmp_path: Path) -> None:
    (tmp_path / "schemas.json").write_text(dumps_schemas([EventSchema("order", {"total": "float"})]))
    options = ("--schema", "schemas.json", "--max-properties", "1", "--max-event-names", "1")
    with served(tmp_path, *options) as (client, lines):
        assert client.post("/v4/track", json=PAYLOAD).status_code == 202
        assert client.post("/v4/track", json={**PAYLOAD, "properties": {"a": 1, "b": 2}}).status_code == 422
        refused = client.post("/v4/track", json={**PAYLOAD, "eventName": "visit"}).json()["errors"]
        assert [(one["code"], one["limit"], one["actual"]) for one in refused] == [("too_many_event_names", 1, 2)]
        assert client.get("/v4/schemas/order").json()["properties"] == {"total": "float"}
    assert OPEN in lines
    assert not any("Traceback" in line for line in lines)
    store = SQLStore(f"sqlite:///{tmp_path / 'events.db'}")
    assert [json.dumps(event.properties.copy()) for event in store.events()] == ['{"total": 1.0}']
    assert [record.who for record in store.history("order")] == ["serve --schema"]
    store.close()


@pytest.mark.slow
def test_declared_schemas_are_added_or_refused(run: Run, tmp_path: Path) -> None:
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
        "int in the store since it was declared. Declare the types in the database, use other names, "
        "or change its types with eventschema retype.\n"
    )


@pytest.mark.slow
def test_the_limits_of_the_database_are_options(tmp_path: Path) -> None:
    limit = 1.5
    with (
        served(tmp_path, "--db-timeout", str(limit), "--db-max-waiting", "0") as (client, lines),
        closing(sqlite3.connect(tmp_path / "events.db", isolation_level=None)) as other,
        ThreadPoolExecutor(12) as pool,  # two more than the service's threads that write
    ):
        assert client.post("/v4/track", json=PAYLOAD).status_code == 202  # makes the schema, so the others add nothing
        other.execute("BEGIN IMMEDIATE")
        answers = list(pool.map(lambda _: client.post("/v4/track", json=PAYLOAD, timeout=30), range(12)))
        other.execute("ROLLBACK")
        assert client.post("/v4/track", json=PAYLOAD).status_code == 202
    assert {answer.status_code for answer in answers} == {503}
    times = sorted(answer.elapsed.total_seconds() for answer in answers)
    assert times[0] < limit <= times[-1]  # some wait for the lock, the others are refused at once
    assert "Stopping: requests in flight are finished first, for at most 10 s.\n" in lines


@pytest.mark.parametrize(
    ("option", "value"), [("--db-timeout", "0"), ("--db-timeout", "86401"), ("--db-max-waiting", "-1")]
)
def test_limits_of_the_database_out_of_range_are_refused(run: Run, option: str, value: str) -> None:
    result = run("serve", option, value)
    assert result.exit_code == 2
    assert f"Invalid value for '{option}': " in result.stderr


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_stops_it_without_a_traceback(tmp_path: Path) -> None:
    with served(tmp_path, end=signal.SIGINT) as (client, lines):
        assert client.get("/healthz").status_code == 200
    assert not any("Traceback" in line for line in lines)


@pytest.mark.slow
def test_nothing_of_a_request_is_logged_by_default(tmp_path: Path) -> None:
    with served(tmp_path, "--token", "secret") as (client, lines):
        assert client.post("/v4/track?a=b", json=PAYLOAD).status_code == 401
    assert [line.partition(" http")[0].strip() for line in lines] == [
        "eventschema is running on",
        "Stopping: requests in flight are finished first, for at most 10 s.",
        "Stopped.",
    ]


@pytest.mark.slow
def test_log_level_info_logs_a_line_for_each_request(tmp_path: Path) -> None:
    with served(tmp_path, "--log-level", "info", "--token", "secret") as (client, lines):
        client.headers["Authorization"] = "Bearer secret"
        assert client.post("/v4/track?query=x", json=PAYLOAD).status_code == 400
        assert client.post("/v4/track", json={}).status_code == 422
        assert client.get("/v4/schemas/a%0Ab").status_code == 404
    logged = [line.split() for line in lines if " INFO " in line]
    assert [words[2:6] for words in logged] == [
        ["INFO", "POST", "/v4/track", "400"],
        ["INFO", "POST", "/v4/track", "422"],
        ["INFO", "GET", "/v4/schemas/a%0Ab", "404"],
    ]
    assert all(re.fullmatch(r"\d+\.\d ms", " ".join(words[6:])) for words in logged)
    assert not re.search("secret|query|ann@|order", "".join(lines))


@pytest.mark.slow
def test_log_level_debug_includes_the_http_server(tmp_path: Path) -> None:
    with served(tmp_path, "--log-level", "debug") as (_, lines):
        pass
    assert any("Started server process" in line for line in lines)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("end", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)])
def test_a_request_in_flight_is_answered(tmp_path: Path, end: signal.Signals) -> None:
    body = json.dumps(PAYLOAD).encode()
    with started(tmp_path) as (process, url, lines):
        with (
            socket.create_connection(address(url), timeout=20) as slow,
            socket.create_connection(address(url), timeout=20) as idle,
        ):
            slow.sendall(HEAD % len(body) + body[:10])
            assert httpx.get(f"{url}/healthz").status_code == 200  # so the slow request has been read, too
            process.send_signal(end)
            assert idle.recv(100) == b""  # closed, since it has asked for nothing
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(address(url))
            slow.sendall(body[10:])
            answer = b"".join(iter(lambda: slow.recv(4096), b""))  # until the server closes the connection
            assert answer.startswith(b"HTTP/1.1 202 ")
        assert process.wait(30) == 0
    assert lines[-1] == "Stopped.\n"
    with closing(SQLStore(f"sqlite:///{tmp_path / 'events.db'}")) as store:
        assert len(list(store.events())) == 1


@pytest.mark.slow
@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_stops_it_at_once(tmp_path: Path, second: signal.Signals) -> None:
    with started(tmp_path) as (process, url, lines), socket.socket() as slow:
        slow.connect(address(url))
        slow.sendall(HEAD % 100 + b"{")
        assert httpx.get(f"{url}/healthz").status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        assert process.stderr.readline().startswith("Stopping")
        process.send_signal(second)
        assert process.wait(5) == 1
    assert lines[-1] == "Stopped, with 1 request not answered.\n"


@pytest.mark.slow
def test_a_client_that_sends_no_more_is_not_waited_for(tmp_path: Path) -> None:
    with started(tmp_path, "--stop-timeout", "1") as (process, url, lines):
        with socket.create_connection(address(url), timeout=20) as slow:
            slow.sendall(HEAD % 100 + b"{")
            assert httpx.get(f"{url}/healthz").status_code == 200
            process.send_signal(signal.SIGTERM)
            answer = b"".join(iter(lambda: slow.recv(4096), b""))
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 1\r\n" in answer
        assert process.wait(10) == 0
    assert lines[-1] == "Stopped, with 1 request not answered.\n"
    assert not any("Traceback" in line for line in lines)


@pytest.mark.slow
def test_a_client_that_never_reads_is_not_waited_for(tmp_path: Path) -> None:
    options = ("--stop-timeout", "1", "--client-timeout", "60")
    with started(tmp_path, *options) as (process, url, lines), never_reading(url):
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert lines[-1].startswith("Stopped")
    assert not any("Traceback" in line for line in lines)


@pytest.mark.slow
def test_with_a_token_other_requests_are_refused(tmp_path: Path) -> None:
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
        (["--host", "0.0.0.0"], "without a token, only 127.0.0.1"),
        (["--host", "example.com"], "without a token, only 127.0.0.1"),
        (["--token", "a b"], "--token: expected letters, digits"),
        (["--token", ""], "--token: expected letters, digits"),
        (
            ["--db", "events.db"],
            "--db: expected sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME, found another",
        ),
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
def test_wrong_usage_exits_with_2(run: Run, options: list[str], message: str) -> None:
    result = run("serve", *options)
    assert result.exit_code == 2
    assert message in result.output
    assert "secret@" not in result.output


def test_a_database_of_a_newer_release_is_an_error(run: Run, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'events.db'}"
    with closing(SQLStore(url)) as store, store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE eventschema_version SET version = 99")
    result = run("serve", "--db", url)
    assert result.exit_code == 2
    assert re.fullmatch(
        r"Error: --db: expected a database of version \d+ or older, found version 99: .* to open it\.\n", result.output
    )


def test_the_guide_has_the_default_of_every_bound() -> None:
    guide = str(eventschema.web.__doc__)
    rows = [line for line in guide.splitlines() if line.startswith("| ") and line.count("|") == 6]
    numbers = [option for option in serve.params if isinstance(option.default, int | float) and option.name != "port"]
    bounds = [option for option in numbers if getattr(option, "group", RULES) != RULES]
    names = [option.opts[0] for option in bounds]
    assert {"--db-timeout", "--max-connections", "--client-timeout", "--stop-timeout"} <= set(names)
    for option in bounds:
        default = f"{option.default:,g}" if isinstance(option.default, float) else f"{option.default:,}"
        found = [row for row in rows if f"`{option.opts[0]}`" in row]
        assert any(f"| {default}" in row for row in found), (option.opts[0], default, found)


def test_an_environment_variable_sets_the_database(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVENTSCHEMA_DB", "sqlite://")
    assert "MemoryStore" in run("serve").output
    assert "found one of mysql" in run("serve", "--db", "mysql://localhost/x").output


@pytest.mark.slow
def test_an_address_in_use_is_an_error(run: Run, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        command = [sys.executable, "-m", "eventschema", "serve", "--port", str(port)]
        environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "address already in use" in done.stderr
    assert done.stderr.endswith(f"Error: the service could not start on 127.0.0.1, port {port}.\n")
    stated = " ".join(run("serve", "-h").output.split())
    assert (
        "2, wrong usage, a database that does not answer, declared schemas that contradict it, or an address" in stated
    )


@pytest.mark.parametrize("package", ["sqlalchemy", "starlette", "uvicorn"])
def test_a_missing_package_is_an_error_that_names_it(tmp_path: Path, package: str) -> None:
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


@pytest.mark.slow
def test_a_full_disk_is_reported_until_it_has_room(tmp_path: Path) -> None:
    with started(tmp_path) as (process, url, lines), httpx.Client(base_url=url) as client:
        assert client.post("/v4/track", json=PAYLOAD).status_code == 202
        assert (client.get("/healthz").status_code, client.get("/readyz").status_code) == (200, 200)
        before = resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        assert client.get("/readyz").status_code == 503
        for _ in range(5):
            assert client.post("/v4/track", json=PAYLOAD).status_code == 503
        assert (client.get("/healthz").status_code, client.get("/readyz").status_code) == (503, 503)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, before)
        assert (client.get("/healthz").status_code, client.get("/readyz").status_code) == (200, 200)
        assert client.post("/v4/track", json=PAYLOAD).status_code == 202
    failures = [line.partition(" WARNING ")[2] for line in lines if " WARNING " in line]
    assert failures == ["Answered 503: StoreUnavailableError: the database cannot answer: disk I/O error\n"]
