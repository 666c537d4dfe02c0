"""What a store has to wait for: locks of others, and a server that stops answering."""

import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from threading import Event, Thread

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
    """Within the block nobody else can write an event; everybody can read."""
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
def contact_lock(url: str, email: str) -> Iterator[None]:
    """Within the block a contact in PostgreSQL is locked."""
    with psycopg.connect(url) as holder:
        assert holder.execute("SELECT id FROM eventschema_contacts WHERE email = %s FOR UPDATE", [email]).fetchone()
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


class Freezer:
    """A proxy to a PostgreSQL server that forwards nothing while ``flows`` is not set, and keeps its connections up.

    ``messages``: after so many messages of a client it stops forwarding by itself.
    """

    def __init__(self, url: str, messages: int | None = None) -> None:
        self._messages = messages
        with psycopg.connect(url) as connection:
            self._host, self._port = connection.info.host, connection.info.port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = [self._listener]
        self.flows = Event()
        self.flows.set()
        port = self._listener.getsockname()[1]
        self.url = make_url(url).set(host="127.0.0.1", port=port, query={}).render_as_string(hide_password=False)
        Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.flows.set()
        for one in self._sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = self._connect()
                self._sockets += [client, server]
                Thread(target=self._forward, args=(client, server, self._messages), daemon=True).start()
                Thread(target=self._forward, args=(server, client), daemon=True).start()

    def _connect(self) -> socket.socket:
        if not self._host.startswith("/"):
            return socket.create_connection((self._host, self._port))
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{self._host}/.s.PGSQL.{self._port}")
        return server

    def _forward(self, source: socket.socket, target: socket.socket, messages: int | None = None) -> None:
        with suppress(OSError):
            for number in count():
                if not (received := source.recv(65536)):
                    break
                if number == messages:
                    self.flows.clear()
                self.flows.wait()
                target.sendall(received)
            target.shutdown(socket.SHUT_WR)
