"""How connections to SQLite and PostgreSQL are set up, and how long their statements may take."""

import sqlite3
from contextlib import AbstractContextManager
from math import ceil, inf
from time import sleep
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Engine, event

from eventschema.store.urls import IN_MEMORY
from eventschema.store.waiting import time_left
from eventschema.store.watchdog import Watchdog

if TYPE_CHECKING:
    import psycopg

_BUSY_PAUSE: Final = 0.005  # seconds between two attempts

#: A call with less than this share of its time left limits its statements to the time that is left.
LATE: Final = 0.9

_SHARED_LOCK_TIMEOUT: Final = 200  # milliseconds

_LIMIT: Final = "eventschema_limit"  # for the statements of a transaction, in seconds; 0: none
_LIMIT_OF_SESSION: Final = "eventschema_limit_of_session"
_RELEASE: Final = "eventschema_release"  # what ends the watch over a new connection
# Sets the timeout, unless the role, the database or the URL sets a shorter one (0: none).
_LIMIT_SESSION: Final = """
    SELECT shorter, set_config('statement_timeout', shorter::text, false) FROM (
        SELECT least(nullif(setting::int, 0), %s::int) AS shorter FROM pg_settings WHERE name = 'statement_timeout'
    ) AS limits
"""


class SqliteSessions:
    """Sets up the connections of ``engine`` to SQLite: they wait for locks until the ``timeout`` of their call."""

    def __init__(self, engine: Engine, timeout: float) -> None:
        self._timeout = timeout
        event.listen(engine, "connect", self._set_up)
        event.listen(engine, "checkout", self._limit)

    def _set_up(self, connection: sqlite3.Connection, record: Any) -> None:
        cursor = connection.cursor()
        try:
            self._limit(connection, record)
            self._write_ahead(cursor)
            cursor.execute("PRAGMA synchronous = FULL")  # an event that was answered with 202 survives a power cut
            cursor.execute("PRAGMA foreign_keys = ON")
            _check_is_file(cursor)
        except BaseException:
            connection.close()  # the pool does not know it yet
            raise
        cursor.close()

    def _write_ahead(self, cursor: sqlite3.Cursor) -> None:
        """Set the write-ahead log, with which readers and the writer do not wait for each other.

        The first process that opens a new file sets it. For the others SQLite is then busy, and does not wait for
        ``busy_timeout`` as it does elsewhere: so they try again until the deadline.
        """
        while True:
            try:
                cursor.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                # The lower byte is the primary code (https://www.sqlite.org/rescode.html).
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
                sleep(min(_BUSY_PAUSE, time_left(self._timeout)))
            else:
                return

    def _limit(self, connection: sqlite3.Connection, record: Any, *_: object) -> None:
        """Set what is left of the call, unless the connection has nearly the same limit already."""
        left, limit = time_left(self._timeout), record.info.get(_LIMIT, inf)
        if not left * LATE <= limit <= left / LATE:
            connection.execute(f"PRAGMA busy_timeout = {_milliseconds(left)}")
            record.info[_LIMIT] = left


def _check_is_file(cursor: sqlite3.Cursor) -> None:
    """Raise ``ValueError`` for a database in memory, since each connection would have its own.

    It has no file name (https://www.sqlite.org/pragma.html#pragma_database_list), or, where a VFS keeps files in
    memory, its journal is in memory too.
    """
    file = cursor.execute("PRAGMA database_list").fetchone()[2]
    journal = cursor.execute("PRAGMA journal_mode").fetchone()[0]
    if not file or journal == "memory":
        raise ValueError(IN_MEMORY)


class PostgresSessions:
    """Sets up the connections of ``engine`` to PostgreSQL: their statements end at the ``timeout`` of their call.

    Setting that limit is a statement itself. So each session has ``timeout`` as its limit, and only a call that has
    already waited (see ``LATE``) sets a shorter one, in a transaction on ``writer``. If the server has stopped, and
    does not end the statement, the watchdog cuts the connection.
    """

    def __init__(self, engine: Engine, writer: Engine, timeout: float) -> None:
        self._timeout = timeout
        self._watchdog = Watchdog()
        event.listen(engine, "do_connect", self._limit_connecting)
        event.listen(engine, "connect", self._guard, insert=True)  # SQLAlchemy's own statements come second
        event.listen(engine, "connect", self._set_up)
        event.listen(engine, "checkout", _begin)
        event.listen(writer, "before_cursor_execute", self._limit_statement)

    def watch(self, connection: Connection) -> AbstractContextManager[None]:
        """Cut ``connection`` if the block takes longer than the time that is left in the call."""
        return self._watchdog.watch(_socket(connection), time_left(self._timeout))

    def limit_locks_only(self, connection: Connection) -> None:
        """Let the statements of a transaction run for any time, to change a large table, but not wait for locks."""
        left = _milliseconds(time_left(self._timeout))
        connection.info[_LIMIT] = 0.0
        self._watchdog.release(_socket(connection))
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = {left}")

    def limit_locks(self, connection: Connection) -> None:
        """Let a transaction of several calls wait for a lock only briefly: all of them wait for what one needs."""
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {_SHARED_LOCK_TIMEOUT}")

    def _limit_connecting(self, _: object, __: object, ___: object, parameters: dict[str, Any]) -> None:
        """Limit connecting to the time that is left, and let libpq notice a server that is gone (section 34.1.2).

        The driver tries the hosts one after the other, each for ``connect_timeout``, so they share the time.
        """
        given = int(parameters.get("connect_timeout", 0)) or ceil(self._timeout)
        hosts = 1 + max(str(parameters.get(name, "")).count(",") for name in ("host", "hostaddr"))
        parameters["connect_timeout"] = min(given, ceil(time_left(self._timeout) / hosts))
        parameters.setdefault("tcp_user_timeout", _milliseconds(self._timeout))
        parameters.setdefault("keepalives_idle", ceil(self._timeout / 2))
        parameters.setdefault("keepalives_interval", ceil(self._timeout / 6))
        parameters.setdefault("keepalives_count", 3)
        # Whatever the environment, the database or the URL set: other encodings lack characters that names may have.
        parameters["client_encoding"] = "utf8"

    def _guard(self, connection: "psycopg.Connection[Any]", record: Any) -> None:
        """Limit the statements before the first use too: a proxy lets us connect although the server is silent."""
        record.info[_RELEASE] = self._watchdog.guard(connection.fileno(), time_left(self._timeout))

    def _set_up(self, connection: "psycopg.Connection[Any]", record: Any) -> None:
        try:
            connection.autocommit = True
            if connection.info.encoding != "utf-8":  # made by an engine that was given
                connection.execute("SET client_encoding TO 'UTF8'")
            rows = connection.execute(_LIMIT_SESSION, [_milliseconds(self._timeout)])
            record.info[_LIMIT_OF_SESSION] = max(row[0] for row in rows) / 1000
            connection.autocommit = False
        except BaseException:
            connection.close()  # the pool does not know it yet
            raise

    def _limit_statement(self, connection: Connection, *_: object) -> None:
        limit = connection.info[_LIMIT]
        if limit and (left := time_left(self._timeout)) < limit * LATE:
            connection.info[_LIMIT] = left
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = {_milliseconds(left)}")


def _socket(connection: Connection) -> int:
    driver: Any = connection.connection.driver_connection
    descriptor: int = driver.fileno()
    return descriptor


def _begin(_: object, record: Any, __: object) -> None:
    if (release := record.info.pop(_RELEASE, None)) is not None:
        release()
    record.info[_LIMIT] = record.info[_LIMIT_OF_SESSION]


def _milliseconds(seconds: float) -> int:
    return ceil(seconds * 1000)
