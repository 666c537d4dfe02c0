"""A file of track requests into SQLite: the command ``load``, beside code that writes the rows by hand.

Both commit 1,000 requests at a time with the same durability. Each is a process of its own, whose start is counted.
``python -m benchmarks.loading FILE DATABASE`` runs the code by hand.
"""

import json
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, Final
from uuid import uuid4

import msgspec

from benchmarks.generator import write_requests
from benchmarks.measure import Effort
from benchmarks.results import Figure

LOADING: Final = "loading"

_BATCH: Final = 1000
_SHARE: Final = 20  # one request for so many events of the other sections
_TABLES: Final = """
    CREATE TABLE contacts (id TEXT PRIMARY KEY, email TEXT UNIQUE, properties TEXT NOT NULL);
    CREATE TABLE events (
        id TEXT PRIMARY KEY, name TEXT NOT NULL, contact_id TEXT NOT NULL REFERENCES contacts (id),
        identifiers TEXT NOT NULL, properties TEXT NOT NULL, received_at TEXT NOT NULL
    );
    CREATE INDEX events_contact ON events (contact_id);
    CREATE INDEX events_received ON events (received_at, id);
"""
_CONTACT: Final = """
    INSERT INTO contacts VALUES (?, ?, ?) ON CONFLICT (email) DO UPDATE SET properties = excluded.properties
"""
_EVENT: Final = """
    INSERT INTO events SELECT ?, ?, id, ?, ?, datetime('now') FROM contacts WHERE email = ? ON CONFLICT DO NOTHING
"""


def measure_loading(effort: Effort) -> Iterator[Figure]:
    """Requests a second, by both."""
    count = effort.events // _SHARE
    with tempfile.TemporaryDirectory(prefix="eventschema-bench-") as directory:
        folder = Path(directory)
        write_requests(folder / "requests.ndjson", count)
        times: dict[str, list[float]] = {}
        for _ in range(effort.passes):
            for name, command, table in _CONTENDERS:
                database = folder / "events.db"
                arguments = [each.format(folder=folder) for each in command]
                start = perf_counter()
                subprocess.run([sys.executable, "-m", *arguments], check=True, stdout=subprocess.DEVNULL)
                times.setdefault(name, []).append(perf_counter() - start)
                _check(database, table, count)
                for path in folder.glob("events.db*"):
                    path.unlink()
    by_hand = median(times["by hand"])
    for name, taken in times.items():
        notes = (f"{by_hand / median(taken):.2f} of what is written by hand",) if name != "by hand" else ()
        value = count / median(taken)
        yield Figure(section=LOADING, case=f"{count} requests", what=name, value=value, unit="requests/s", notes=notes)


_CONTENDERS: Final = (
    (
        "eventschema load",
        ("eventschema", "load", "{folder}/requests.ndjson", "--db", "sqlite:///{folder}/events.db"),
        "eventschema_events",
    ),
    ("by hand", ("benchmarks.loading", "{folder}/requests.ndjson", "{folder}/events.db"), "events"),
)


def _check(database: Path, table: str, count: int) -> None:
    """Raise ``AssertionError`` if the table lacks events; about five of a thousand are rejected."""
    with closing(sqlite3.connect(database)) as connection:
        (found,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert count * 0.99 - 1 <= found <= count, f"{table} has {found} of {count} events"


def load_by_hand(path: str, database: str) -> None:
    """Decode the requests of ``path`` and write their rows, without checking a type."""
    decode = msgspec.json.Decoder().decode
    with closing(sqlite3.connect(database, isolation_level=None)) as connection, open(path, "rb") as file:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.executescript(_TABLES)
        while lines := list(islice(file, _BATCH)):
            requests = list(map(decode, lines))
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(_CONTACT, map(_contact_row, requests))
            connection.executemany(_EVENT, map(_event_row, requests))
            connection.execute("COMMIT")


def _contact_row(request: dict[str, Any]) -> tuple[str, ...]:
    contact = request["contact"]
    others = {name: value for name, value in contact.items() if name != "email"}
    return uuid4().hex, contact["email"], json.dumps(others)


def _event_row(request: dict[str, Any]) -> tuple[str, ...]:
    email = request["contact"]["email"]
    identifiers, properties = json.dumps({"email": email}), json.dumps(request["properties"])
    return request.get("eventID") or str(uuid4()), request["eventName"], identifiers, properties, email


if __name__ == "__main__":
    load_by_hand(*sys.argv[1:])
