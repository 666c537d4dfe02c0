"""A store on an engine of SQLAlchemy that the caller passes: its connections are made as the engine makes its own.

A store sets up its sessions (time limits, foreign keys, the write-ahead log), and these must not change for others. So
it has an engine and a pool of its own, and takes only new connections from the given engine. No listener is added to
that engine, to its pool or to its dialect.
"""

import sqlite3
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import URL, Engine

_DRIVERS: Final = {"sqlite": "pysqlite", "postgresql": "psycopg"}


def url_like(engine: Engine) -> URL:
    """A URL of the same database system and driver as that of ``engine``, without anything else.

    Raises ``ValueError`` for an engine of another database system or driver.
    """
    name, driver = engine.dialect.name, engine.dialect.driver
    if _DRIVERS.get(name) != driver:
        raise ValueError(
            "expected an engine of sqlite (with the driver pysqlite) or postgresql (with psycopg), "
            f"found one of {name} with {driver}"
        )
    return URL.create(f"{name}+{driver}", database="given" if name == "sqlite" else None)


def connecting_like(engine: Engine) -> Callable[..., Any]:
    """A listener for ``do_connect`` that returns a new connection, made as ``engine`` makes one.

    Its creator, its connection arguments, and the listeners of its dialect and pool take part.
    """
    pool = engine.pool.recreate()

    def connect(*_: object) -> Any:
        proxy = pool.connect()
        proxy.detach()  # the pool of the store keeps it
        connection: Any = proxy.dbapi_connection
        if isinstance(connection, sqlite3.Connection):
            _begin_explicitly(connection)
        return connection

    return connect


def _begin_explicitly(connection: Any) -> None:
    """Let transactions begin with the statement ``BEGIN``, whatever the engine has set: the store begins its own."""
    legacy = getattr(sqlite3, "LEGACY_TRANSACTION_CONTROL", None)  # since Python 3.12
    if legacy is not None:
        connection.autocommit = legacy
    connection.isolation_level = "DEFERRED"
