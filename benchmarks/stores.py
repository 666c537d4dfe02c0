"""Durable events a second: ``track`` and ``track_many`` beside statements written by hand, on the same disk.

The statements by hand write into the same tables, with the same indexes and the same durability (SQLite: write-ahead
log, ``synchronous=FULL``; PostgreSQL: its defaults). Like the store, they look up the contact of each event by its
email and insert the event with its documents. They check nothing, decide nothing, and know beforehand what comes in one
transaction. Both sides take turns, so that the disk and the machine are the same to both.
"""

import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import msgspec

from benchmarks.measure import FULL, Effort
from benchmarks.results import Figure
from eventschema.store import SchemaRegistry

STORES: Final = "durable events"
THREADS: Final = 32
BATCH: Final = 100

_PEOPLE: Final = 500
_FLUSHES: Final = 50
_RECEIVED: Final = "2026-11-26T00:00:00+00:00"
_PROPERTIES: Final = {"orderID": "A-10023", "total": 129.95, "currency": "EUR", "items": 3, "first": False}
_INSERT: Final = (
    "INSERT INTO eventschema_events (id, name, contact_id, identifiers, properties, adjustments, received_at) VALUES "
)
_COLUMNS: Final = 7

Payload = dict[str, Any]
#: Saves requests in transactions of so many.
Write = Callable[[Sequence[Payload], int], None]


def measure_stores(effort: Effort) -> Iterator[Figure]:
    """Events a second on each database, by hand and by the library, and the ratios of both."""
    seconds, rounds = (2.0, 5) if effort is FULL else (0.05, 1)
    with tempfile.TemporaryDirectory(prefix="eventschema-bench-") as directory:
        yield Figure(
            section=STORES, case="disk", what="one flush", value=_flush(Path(directory) / "flush") * 1e3, unit="ms"
        )
        url = f"sqlite:///{directory}/events.db"
        with _registry(url) as registry, _sqlite_by_hand(f"{directory}/events.db") as write:
            yield from _compare("SQLite", registry, write, seconds, rounds)
    if effort is not FULL:  # a server takes seconds to start
        return
    with _postgres() as server:
        if server is not None:
            with _registry(server) as registry, _postgres_by_hand(server) as write:
                yield from _compare("PostgreSQL", registry, write, seconds, rounds)


def _compare(database: str, registry: SchemaRegistry, write: Write, seconds: float, rounds: int) -> Iterator[Figure]:
    """The figures of one database: one request alone, 32 at a time, and batches of 100."""
    cases: dict[str, tuple[int, Callable[[float], float]]] = {
        "one alone": (1, partial(_rate, lambda: registry.track(_payload()), 1)),
        f"track from {THREADS} threads": (THREADS, partial(_threads, registry)),
        f"track_many of {BATCH}": (BATCH, partial(_rate, lambda: registry.track_many(_payloads(BATCH)), BATCH)),
    }
    for case, (size, ours) in cases.items():
        rates = []
        for _ in range(rounds):
            by_hand = _rate(partial(_write, write, size), size, seconds)
            rates.append((by_hand, ours(seconds)))
        yield _figure(database, case, "by hand", [by_hand for by_hand, _ in rates])
        yield _figure(database, case, "eventschema", [own for _, own in rates])
        ratio = statistics.median(own / by_hand for by_hand, own in rates)
        yield Figure(section=STORES, case=f"{database}, {case}", what="of the rate by hand", value=ratio, unit="")


def _write(write: Write, size: int) -> None:
    write(_payloads(size), size)


def _figure(database: str, case: str, what: str, rates: Sequence[float]) -> Figure:
    value = statistics.median(rates)
    return Figure(section=STORES, case=f"{database}, {case}", what=what, value=value, unit="events/s")


def _rate(save: Callable[[], object], size: int, seconds: float) -> float:
    """Events a second, where ``save`` saves ``size`` of them again and again."""
    save()
    count, started = 0, time.perf_counter()
    while (taken := time.perf_counter() - started) < seconds:
        save()
        count += size
    return count / taken


def _threads(registry: SchemaRegistry, seconds: float) -> float:
    def send(_: int) -> int:
        count = 0
        while time.perf_counter() < end:
            registry.track(_payload())
            count += 1
        return count

    with ThreadPoolExecutor(THREADS) as threads:
        started = time.perf_counter()
        end = started + seconds
        return sum(threads.map(send, range(THREADS))) / (time.perf_counter() - started)


def _payload() -> Payload:
    id_ = uuid4()
    contact = {"email": f"person{id_.int % _PEOPLE}@example.com"}
    return {"eventName": "order placed", "eventID": str(id_), "contact": contact, "properties": _PROPERTIES}


def _payloads(count: int) -> list[Payload]:
    return [_payload() for _ in range(count)]


def _row(payload: Payload, contact_id: str) -> tuple[str, ...]:
    identifiers = {"id": contact_id, "email": payload["contact"]["email"]}
    documents = (msgspec.json.encode(document).decode() for document in (identifiers, payload["properties"]))
    return payload["eventID"], payload["eventName"], contact_id, *documents, "[]", _RECEIVED


@contextmanager
def _registry(url: str) -> Iterator[SchemaRegistry]:
    """A registry on a new database with its schema and its contacts."""
    from eventschema.store.sql import SQLStore

    with closing(SQLStore(url, pool_size=THREADS)) as store:
        registry = SchemaRegistry(store)
        people = ({**_payload(), "contact": {"email": f"person{number}@example.com"}} for number in range(_PEOPLE))
        assert all(registry.track_many(people))
        yield registry


@contextmanager
def _sqlite_by_hand(path: str) -> Iterator[Write]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")

        def write(payloads: Sequence[Payload], _: int) -> None:
            connection.execute("BEGIN IMMEDIATE")
            for payload in payloads:
                email = payload["contact"]["email"]
                found = connection.execute("SELECT id FROM eventschema_contacts WHERE email = ?", (email,)).fetchone()
                marks = ", ".join("?" * _COLUMNS)
                connection.execute(f"{_INSERT} ({marks}) ON CONFLICT DO NOTHING", _row(payload, found[0]))
            connection.execute("COMMIT")

        yield write


@contextmanager
def _postgres_by_hand(url: str) -> Iterator[Write]:
    import psycopg

    with psycopg.connect(url) as connection:
        find = "SELECT email, id FROM eventschema_contacts WHERE email = ANY(%s)"

        def write(payloads: Sequence[Payload], size: int) -> None:
            emails = [payload["contact"]["email"] for payload in payloads]
            ids: dict[str, str] = dict(connection.execute(find, (emails,)).fetchall())
            rows = [_row(payload, ids[email]) for payload, email in zip(payloads, emails, strict=True)]
            values = ", ".join([f"({', '.join(['%s'] * _COLUMNS)})"] * size)
            statement = f"{_INSERT} {values} ON CONFLICT DO NOTHING"
            connection.execute(statement.encode(), [value for row in rows for value in row])
            connection.commit()

        yield write


@contextmanager
def _postgres() -> Iterator[str | None]:
    """The URL of a server that flushes, ``None`` where there is none."""
    with suppress(ImportError):  # the extra for the tests is not there
        from tests.databases import NoServerError, run_restartable_server

        with suppress(NoServerError), run_restartable_server() as (url, _):
            yield url
            return
    yield None


def _flush(path: Path) -> float:
    """The median seconds that the disk takes to flush a page."""
    taken = []
    with path.open("wb", buffering=0) as file:
        for _ in range(_FLUSHES):
            file.write(b"x" * 4096)
            started = time.perf_counter()
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - started)
    return statistics.median(taken)
