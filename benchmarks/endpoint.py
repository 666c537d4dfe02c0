"""The endpoint's rates: single requests from 64 clients and batches, on SQLite and on PostgreSQL.

The server is ``eventschema serve``, one process, as a user would start it; 64 clients on this machine send requests of
a known event over connections that stay open. Beside it stands the same server with a handler that only reads the body
and says 202. All are measured in turns, and the medians are compared. ``python -m benchmarks.endpoint`` prints what
:func:`measure` returns.
"""

import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from benchmarks.clients import CLIENTS, Load, post, send
from eventschema import Contact, EventSchema, TrackRequest

SECONDS: Final = 4.0
ROUNDS: Final = 3
BATCH: Final = 100

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


def measure(seconds: float = SECONDS, rounds: int = ROUNDS) -> dict[str, dict[str, float]]:
    """For each database: the rates, their ratios, and the processor time of the clients and of the engine.

    PostgreSQL is measured where the server of the tests is at hand (``EVENTSCHEMA_TEST_POSTGRES``, or the package).
    """
    engine = _engine_seconds()
    figures: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="eventschema-bench-") as directory:
        figures["SQLite"] = _figures(f"sqlite:///{directory}/events.db", seconds, rounds, engine)
    with _postgres() as url:
        if url is not None:
            figures["PostgreSQL"] = _figures(url, seconds, rounds, engine)
    return figures


def _figures(url: str, seconds: float, rounds: int, engine: float) -> dict[str, float]:
    single = [post("/v4/track", json.dumps(_payload(number)).encode()) for number in range(_CONTACTS)]
    batches = [post("/v4/track/batch", json.dumps({"events": _batch(number)}).encode()) for number in range(10)]
    loads: dict[str, list[Load]] = {"bare": [], "single": [], "batch": []}
    with _serving("-m", "benchmarks.bare_service") as bare, _serving("-m", "eventschema", "serve", "--db", url) as port:
        send(port, single, 1.0)  # schema, contacts and connections are there then
        send(bare, single, 0.5)
        for _ in range(rounds):
            loads["bare"].append(send(bare, single, seconds))
            loads["single"].append(send(port, single, seconds))
            loads["batch"].append(send(port, batches, seconds, clients=4))
    rates = {name: statistics.median(load.rate for load in measured) for name, measured in loads.items()}
    busiest = max(load.share for measured in loads.values() for load in measured)
    return {
        f"requests a second, {CLIENTS} clients": round(rates["single"]),
        "the same server, when the handler only says 202": round(rates["bare"]),
        "share of that (limit: at least 0.5)": round(rates["single"] / rates["bare"], 2),
        f"events a second in batches of {BATCH}": round(rates["batch"] * BATCH),
        "times single requests (limit: at least 5)": round(rates["batch"] * BATCH / rates["single"], 1),
        "clients, percent of one core": round(busiest * 100),
        "engine, microseconds a request": round(engine * 1e6, 1),
    }


def _payload(number: int) -> dict[str, Any]:
    contact = {"email": f"person{number}@example.com"}
    return {"eventName": "order placed", "contact": contact, "properties": _PROPERTIES}


def _engine_seconds() -> float:
    """How many seconds the engine takes to parse one of the requests that are sent, and to decide on it."""
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


def _batch(number: int) -> list[dict[str, Any]]:
    return [_payload((number + place) % _CONTACTS) for place in range(BATCH)]


@contextmanager
def _serving(*arguments: str) -> Iterator[int]:
    command = [sys.executable, *arguments]
    if "serve" in arguments:
        command += ["--port", "0"]
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
            print(f"{database:12} {what:50} {value:>10}")
