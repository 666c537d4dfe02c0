"""Others that hold a lock: what a store has to wait for."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import make_url

_HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def write_lock(url: str) -> Iterator[None]:
    """Within the block no other can write an event; to read, all can."""
    if url.startswith("sqlite"):
        holder = sqlite3.connect(make_url(url).database or "", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            holder.close()
    else:
        with table_lock(url, "eventschema_events", "EXCLUSIVE"):
            yield


@contextmanager
def table_lock(url: str, table: str, mode: str = "ACCESS EXCLUSIVE") -> Iterator[None]:
    """Within the block a table of PostgreSQL is locked, by default to readers too."""
    with psycopg.connect(url) as holder:
        holder.execute(f"LOCK TABLE {table} IN {mode} MODE".encode())
        yield


@contextmanager
def write_lock_of_another_process(url: str) -> Iterator[None]:
    """Within the block another process holds SQLite's write lock."""
    command = [sys.executable, "-c", _HOLD, make_url(url).database or ""]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield
        finally:
            process.communicate()
