"""Requests a second through the endpoint, on SQLite and on PostgreSQL, and the engine's share of that time.

The server is ``eventschema serve``, one process, as a user would start it; clients on this machine send requests of a
known event over connections that stay open. ``python -m benchmarks.endpoint`` prints what :func:`measure` returns.
"""

import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from eventschema import Contact, EventSchema, TrackRequest

CLIENTS: Final = 8
SECONDS: Final = 4.0

_ROOT: Final = Path(__file__).parents[1]
_CONTACTS: Final = 100
_PROPERTIES: Final = {
    "orderID": "A-10023",
    "total": 129.95,
    "currency": "EUR",
    "items": 3,
    "first": False,
    "placed": "2026-11-23T12:41:00Z",
    "delivery": "2026-11-25",
    "url": "https://shop.example.com/orders/A-10023",
    "support": "help@example.com",
    "note": "leave it at the door",
}


def measure(seconds: float = SECONDS) -> dict[str, dict[str, float]]:
    """For each database: requests a second, the engine's microseconds in one of them, its share in percent.

    PostgreSQL is measured where the server of the tests is at hand (``EVENTSCHEMA_TEST_POSTGRES``, or the package).
    """
    engine = _engine_seconds()
    figures: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="eventschema-bench-") as directory:
        figures["SQLite"] = _figures(f"sqlite:///{directory}/events.db", seconds, engine)
    with _postgres() as url:
        if url is not None:
            figures["PostgreSQL"] = _figures(url, seconds, engine)
    return figures


def _figures(url: str, seconds: float, engine: float) -> dict[str, float]:
    with _serving(url) as port:
        _send(port, 0.5)  # schema, contacts and connections are there then
        rate = _send(port, seconds)
    return {
        "requests a second": round(rate),
        "engine, microseconds a request": round(engine * 1e6, 1),
        "engine, percent of the time": round(engine * rate * 100, 1),
    }


def _payload(number: int) -> dict[str, Any]:
    contact = {"email": f"person{number}@example.com"}
    return {"eventName": "order placed", "contact": contact, "properties": _PROPERTIES}


def _engine_seconds() -> float:
    """What the engine itself takes of a request like those that are sent: to take it apart and to decide on it."""
    payload = _payload(1)
    schema = EventSchema("order placed").merge(_PROPERTIES).schema
    matches = [Contact("c1", "person1@example.com")]
    rounds = []
    for _ in range(20):
        started = time.perf_counter()
        for _ in range(500):
            assert TrackRequest.parse(payload).decide(schema, matches).ok
        rounds.append((time.perf_counter() - started) / 500)
    return statistics.median(rounds)


def _send(port: int, seconds: float) -> float:
    """Requests a second that were answered with 202, while every client sends one after the other."""
    with ThreadPoolExecutor(CLIENTS) as threads:
        started = time.perf_counter()
        counts = list(threads.map(lambda client: _client(port, client, started + seconds), range(CLIENTS)))
        return sum(counts) / (time.perf_counter() - started)


def _client(port: int, client: int, end: float) -> int:
    requests = [_request(number) for number in range(client, _CONTACTS, CLIENTS)]
    count = 0
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        while time.perf_counter() < end:
            connection.sendall(requests[count % len(requests)])
            answer = b""
            while not answer.endswith(b'"}'):  # the answer to an accepted request, and no other's end
                received = connection.recv(4096)
                if not received or not (answer + received).startswith(b"HTTP/1.1 202"):
                    raise RuntimeError("the endpoint did not accept a request")
                answer += received
            count += 1
    return count


def _request(number: int) -> bytes:
    body = json.dumps(_payload(number)).encode()
    head = "POST /v4/track HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
    return f"{head}{len(body)}\r\n\r\n".encode() + body


@contextmanager
def _serving(url: str) -> Iterator[int]:
    command = [sys.executable, "-m", "eventschema", "serve", "--db", url, "--port", "0"]
    environment = {name: value for name, value in os.environ.items() if name != "EVENTSCHEMA_TOKEN"}
    with subprocess.Popen(command, cwd=_ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            found = next(filter(None, (re.search(r"running on http://[\d.]+:(\d+)", line) for line in process.stderr)))
            yield int(found[1])
        finally:
            process.send_signal(signal.SIGTERM)
            process.stderr.read()


@contextmanager
def _postgres() -> Iterator[str | None]:
    with ExitStack() as stack:
        url = None
        with suppress(ImportError):  # the extra for the tests is not there
            from tests.databases import NoServerError, new_database, run_server

            with suppress(NoServerError):
                url = stack.enter_context(new_database(stack.enter_context(run_server())))
        yield url


if __name__ == "__main__":
    for database, figures in measure().items():
        for what, value in figures.items():
            print(f"{database:12} {what:32} {value:>10}")
