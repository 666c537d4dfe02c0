"""Connections of SQLite and PostgreSQL: how each is set up, and how long its statements may take."""

import sqlite3
from contextlib import AbstractContextManager
from math import ceil
from time import sleep
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Engine, event

from eventschema.store.urls import IN_MEMORY
from eventschema.store.waiting import time_left
from eventschema.store.watchdog import Watchdog

if TYPE_CHECKING:
    import psycopg

_BUSY_PAUSE: Final = 0.005  # seconds between two questions

#: A call that has less than this share of its time left limits its statements to what it has left.
LATE: Final = 0.9

_LIMIT: Final = "eventschema_limit"  # of the statements of a transaction, in seconds; 0: none
_LIMIT_OF_SESSION: Final = "eventschema_limit_of_session"
# The timeout, unless the role, the database or the URL has a shorter one (0 is none).
_LIMIT_SESSION: Final = """
    SELECT shorter, set_config('statement_timeout', shorter::text, false) FROM (
        SELECT least(nullif(setting::int, 0), %s::int) AS shorter FROM pg_settings WHERE name = 'statement_timeout'
    ) AS limits
"""


class SqliteSessions:
    """Connections of ``engine`` to SQLite, which wait for locks until their call has taken ``timeout`` seconds."""

    def __init__(self, engine: Engine, timeout: float) -> None:
        self._timeout = timeout
        event.listen(engine, "connect", self._set_up)
        event.listen(engine, "checkout", self._limit)

    def _set_up(self, connection: sqlite3.Connection, _: object) -> None:
        cursor = connection.cursor()
        try:
            self._limit(connection)
            self._write_ahead(cursor)
            cursor.execute("PRAGMA synchronous = FULL")  # what was answered with 202 survives a power cut
            cursor.execute("PRAGMA foreign_keys = ON")
            _check_lasts(cursor)
        except BaseException:
            connection.close()  # which the pool does not yet know of
            raise
        cursor.close()

    def _write_ahead(self, cursor: sqlite3.Cursor) -> None:
        """Let readers and the writer not wait for each other.

        A new file is put into that mode by whoever opens it first. SQLite tells the others at once that it is busy,
        without the wait that ``busy_timeout`` gives all else: so it is asked again until then.
        """
        while True:
            try:
                cursor.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                # The lower byte is the error, the others say more of it (https://www.sqlite.org/rescode.html).
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
                sleep(min(_BUSY_PAUSE, time_left(self._timeout)))
            else:
                return

    def _limit(self, connection: sqlite3.Connection, *_: object) -> None:
        connection.execute(f"PRAGMA busy_timeout = {_milliseconds(time_left(self._timeout))}")


def _check_lasts(cursor: sqlite3.Cursor) -> None:
    """Raise ``ValueError`` for a database in memory, however it is spelled, since each connection would have its own.

    SQLite knows of no file then (https://www.sqlite.org/pragma.html#pragma_database_list); where a VFS keeps files in
    memory, the journal is there too.
    """
    file = cursor.execute("PRAGMA database_list").fetchone()[2]
    journal = cursor.execute("PRAGMA journal_mode").fetchone()[0]
    if not file or journal == "memory":
        raise ValueError(IN_MEMORY)


class PostgresSessions:
    """Connections of ``engine`` to PostgreSQL, whose statements end when their call has taken ``timeout`` seconds.

    Setting that limit is a statement itself. So each session has ``timeout`` as its limit, and only a call that has
    waited already (see ``LATE``) sets a shorter one, for which it needs a transaction on ``writer``. A server that does
    not hold itself to the limit, since it stands still, is left by the watchdog.
    """

    def __init__(self, engine: Engine, writer: Engine, timeout: float) -> None:
        self._timeout = timeout
        self._watchdog = Watchdog()
        event.listen(engine, "do_connect", self._limit_connecting)
        event.listen(engine, "connect", self._set_up)
        event.listen(engine, "checkout", _begin)
        event.listen(writer, "before_cursor_execute", self._limit_statement)

    def watch(self, connection: Connection) -> AbstractContextManager[None]:
        """Within the block, cut ``connection`` if the server does not answer in the time that the call has left."""
        return self._watchdog.watch(_socket(connection), time_left(self._timeout))

    def limit_locks_only(self, connection: Connection) -> None:
        """Let the statements of a transaction run as long as they need, say to change a large table, but not wait."""
        left = _milliseconds(time_left(self._timeout))
        connection.info[_LIMIT] = 0.0
        self._watchdog.release(_socket(connection))
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = {left}")

    def _limit_connecting(self, _: object, __: object, ___: object, parameters: dict[str, Any]) -> None:
        """Give libpq the time that is left, and let it notice a server that is gone (section 34.1.2)."""
        given = int(parameters.get("connect_timeout", 0)) or ceil(self._timeout)
        parameters["connect_timeout"] = min(given, ceil(time_left(self._timeout)))
        parameters.setdefault("tcp_user_timeout", _milliseconds(self._timeout))
        parameters.setdefault("keepalives_idle", ceil(self._timeout / 2))
        parameters.setdefault("keepalives_interval", ceil(self._timeout / 6))
        parameters.setdefault("keepalives_count", 3)

    def _set_up(self, connection: "psycopg.Connection[Any]", record: Any) -> None:
        try:
            connection.autocommit = True
            rows = connection.execute(_LIMIT_SESSION, [_milliseconds(self._timeout)])
            record.info[_LIMIT_OF_SESSION] = max(row[0] for row in rows) / 1000
            connection.autocommit = False
        except BaseException:
            connection.close()  # which the pool does not yet know of
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
    record.info[_LIMIT] = record.info[_LIMIT_OF_SESSION]


def _milliseconds(seconds: float) -> int:
    return ceil(seconds * 1000)
