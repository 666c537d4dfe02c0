"""Writes the contents of a database of this release into ``versions``, for the tests of later releases.

Run ``python -m tests.store.releases`` before the tables are changed. It writes a SQLite and a PostgreSQL database of
the present version as SQL.
"""

import sqlite3
import subprocess
import tempfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import psycopg

from eventschema import EventSchema, Rules
from eventschema.store import SchemaRegistry
from eventschema.store.migrations import VERSION
from eventschema.store.sql import SQLStore
from tests.databases import new_database, run_server

VERSIONS: Final = Path(__file__).parent / "versions"
RULES: Final = Rules(max_event_name_length=1000, max_name_length=1000)
ANN: Final = {"email": "ann@example.com"}
PHONE_NUMBER: Final = "+12025550100"
LONG_NAME: Final = "é" * 300
LONG_PROPERTIES: Final = ("p" * 300, "q" * 256)
EVENT_ID: Final = "00000000-0000-4000-8000-00000000000a"
NOTE: Final = "it's \0 é \U0001f600; --"
START: Final = datetime(2026, 11, 25, 12, tzinfo=UTC)

#: Requests, each with its ``who``: new and extended schemas, unusual texts and values, names of every length.
REQUESTS: Final[tuple[tuple[dict[str, Any], str | None], ...]] = (
    (
        {
            "eventName": "order",
            "contact": {**ANN, "phoneNumber": PHONE_NUMBER, "tags": ["a", "b\0"], "vip": True, "score": 1.0},
            "properties": {"total": 12.3456789, "count": 3, "note": NOTE, "day": "2026-11-25", "none": None},
            "eventID": EVENT_ID,
            "eventTime": "2026-11-25T11:00+01:00",
        },
        "ann's key",
    ),
    ({"eventName": "order", "contact": ANN, "properties": {"total": Decimal(2), "paid": True, "big": 2**63 - 1}}, None),
    ({"eventName": "visit", "contact": {"email": "bo@example.com"}}, None),
    ({"eventName": "order", "contact": {"email": "gone@example.com"}, "properties": {"total": 1}}, None),
    ({"eventName": LONG_NAME, "contact": ANN, "properties": {LONG_PROPERTIES[0]: 1, "short": "x"}}, "long"),
    ({"eventName": LONG_NAME, "contact": ANN, "properties": {LONG_PROPERTIES[1]: 2.5}}, None),
    ({"eventName": "sha256:0", "contact": ANN, "properties": {"x": 1}}, None),
)


def fill(url: str) -> None:
    """Make a store of this release in the empty database at ``url``, and send it all the requests."""
    seconds, numbers = count(), count(1)
    store = SQLStore(
        url, clock=lambda: START + timedelta(seconds=next(seconds)), new_id=lambda: UUID(int=next(numbers))
    )
    store.declare(EventSchema("declared", {"total": "float", "note": "string"}), "a person")
    registry = SchemaRegistry(store, RULES)
    for payload, who in REQUESTS:
        tracked = registry.track(payload, who)
        assert tracked.ok, tracked.errors
        if payload["contact"] == {"email": "gone@example.com"}:
            store.erase(str(tracked.contact_id))
    store.close()


def write_sqlite(path: Path) -> None:
    """Write the contents of a SQLite database."""
    with tempfile.TemporaryDirectory() as directory:
        fill(f"sqlite:///{directory}/events.db")
        with closing(sqlite3.connect(f"{directory}/events.db")) as connection:
            path.write_text("\n".join(connection.iterdump()) + "\n", encoding="utf-8")


def write_postgresql(path: Path) -> None:
    """Write the contents of a PostgreSQL database, with the ``pg_dump`` of its server."""
    with run_server() as server, new_database(server) as url:
        fill(url)
        with psycopg.connect(url) as connection:
            row = connection.execute("SELECT setting FROM pg_config() WHERE name = 'BINDIR'").fetchone()
        assert row is not None
        command = [f"{row[0]}/pg_dump", "--inserts", "--no-owner", "--no-privileges", url]
        dump = subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout
    skipped = ("--", "SET ", "\\", "SELECT pg_catalog.set_config")  # settings of the session that it would be read in
    lines = [line for line in dump.splitlines() if line and not line.startswith(skipped)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_sqlite(VERSIONS / f"{VERSION}.sqlite.sql")
    write_postgresql(VERSIONS / f"{VERSION}.postgresql.sql")
