"""``eventschema serve`` on a PostgreSQL server that is stopped, and on a table that is locked: real processes."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest

from tests.cli.postgres_process import stopped
from tests.cli.service import PAYLOAD, served, started
from tests.databases import VARIABLE, new_database
from tests.store.locks import table_lock

LIMIT = 1.0
SLACK = 6  # seconds, for a busy machine

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(VARIABLE in os.environ, reason="only a server of the tests' own can be stopped"),
]


def all_at_once(url: str) -> list[httpx.Response]:
    """The answers to twenty requests of each kind, more than there are threads and connections."""
    requests: list[tuple[str, str, object]] = [
        ("POST", "/v4/track", PAYLOAD),
        ("GET", "/healthz", None),
        ("GET", "/v4/schemas/order", None),
    ]
    with httpx.Client(base_url=url, timeout=30) as client, ThreadPoolExecutor(60) as threads:
        asked = [
            threads.submit(client.request, method, path, json=body)
            for method, path, body in requests
            for _ in range(20)
        ]
        return [one.result() for one in asked]


def test_a_silent_database_is_answered_with_503(tmp_path: Path, postgres_server: str) -> None:
    with (
        new_database(postgres_server) as database,
        served(tmp_path, "--db-timeout", str(LIMIT), EVENTSCHEMA_DB=database) as (client, lines),
    ):
        assert client.post("/v4/track", json=PAYLOAD).status_code == 202
        with stopped(postgres_server):
            for _ in range(2):  # with the connections that it has, and with new ones
                began = monotonic()
                answers = all_at_once(str(client.base_url))
                assert monotonic() - began < LIMIT + SLACK
                assert {answer.status_code for answer in answers} == {503}
                assert all(answer.headers["Retry-After"] == "1" for answer in answers)
        assert client.post("/v4/track", json=PAYLOAD, timeout=30).status_code == 202
        assert {answer.status_code for answer in all_at_once(str(client.base_url))} <= {200, 202}
    assert not any("Traceback" in line for line in lines)


def test_a_silent_database_does_not_keep_it_alive(tmp_path: Path, postgres_server: str) -> None:
    with (
        new_database(postgres_server) as database,
        started(tmp_path, EVENTSCHEMA_DB=database) as (process, url, lines),
        ThreadPoolExecutor(1) as threads,
    ):
        assert httpx.post(f"{url}/v4/track", json=PAYLOAD).status_code == 202
        with stopped(postgres_server):
            asked = threads.submit(httpx.post, f"{url}/v4/track", json=PAYLOAD, timeout=60)
            sleep(0.5)  # the request is in the database
            began = monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
            assert monotonic() - began < 13 + SLACK
            assert asked.result().status_code == 503
    assert lines[-1].startswith("Stopped")


def test_a_silent_database_at_its_start_is_an_error(tmp_path: Path, postgres_server: str) -> None:
    with new_database(postgres_server) as database, stopped(postgres_server):
        began = monotonic()
        with (
            pytest.raises(pytest.fail.Exception, match=r"--db: the database cannot answer: .*timeout expired"),
            started(tmp_path, "--db-timeout", str(LIMIT), EVENTSCHEMA_DB=database),
        ):
            pass
        assert monotonic() - began < LIMIT + SLACK


def test_a_locked_table_is_answered_with_503(tmp_path: Path, postgres_server: str) -> None:
    with (
        new_database(postgres_server) as database,
        served(tmp_path, "--db-timeout", str(LIMIT), EVENTSCHEMA_DB=database) as (client, _),
    ):
        assert client.post("/v4/track", json=PAYLOAD).status_code == 202
        with table_lock(database, "eventschema_contacts"):
            began = monotonic()
            assert client.post("/v4/track", json=PAYLOAD, timeout=30).status_code == 503
            assert monotonic() - began < LIMIT + SLACK
        assert client.post("/v4/track", json=PAYLOAD).status_code == 202
