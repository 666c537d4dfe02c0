"""Whether a connection leads to the database that a store has opened, and not to another one in its place.

A store trusts what it has learnt from its database, for example that the tables are there and of which version. While
it runs, a backup may be restored, or the file of a SQLite database deleted or replaced. What is written to a deleted
file is gone, although each statement succeeds.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Engine, event

from eventschema.store.protocols import StoreUnavailableError

_SELECT_ID: Final = "SELECT store_id FROM eventschema_version"
_UNDEFINED_TABLE: Final = "42P01"  # PostgreSQL, appendix A


class StoreIdentity:
    """Checks each new connection of ``engine``: its database must have the id that ``expected`` is set to.

    A database gets its id, a UUID, when its tables are made, and keeps it in backups. Connecting raises
    ``StoreUnavailableError`` if the database has another id or none.
    """

    def __init__(self, engine: Engine) -> None:
        self.expected: str | None = None
        event.listen(engine, "connect", self._check)

    def _check(self, connection: Any, _: object) -> None:
        if self.expected is None:
            return
        try:
            found = _read_id(connection)
        except BaseException:
            connection.close()  # the pool does not know it yet
            raise
        if found != self.expected:
            connection.close()
            raise StoreUnavailableError(
                "expected the database that the store has opened, found another one or none in its place: restart the "
                "service after a database was restored or made anew"
            )


def _read_id(connection: Any) -> str | None:
    """The id of the database, ``None`` if it has none."""
    cursor = connection.cursor()
    try:
        cursor.execute(_SELECT_ID)
        row = cursor.fetchone()
    except Exception as error:
        if getattr(error, "sqlstate", None) != _UNDEFINED_TABLE and not _is_wrong_sql(error):
            raise
        row = None
    cursor.close()
    connection.rollback()  # the driver of PostgreSQL has begun a transaction
    return None if row is None else str(row[0])


def _is_wrong_sql(error: Exception) -> bool:
    """Whether SQLite finds no such table or column."""
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR


class SqliteFile:
    """Checks that the file of a SQLite database is still the one that ``engine`` has opened.

    If it was deleted, or another one is in its place, :meth:`watch` and connecting raise ``StoreUnavailableError``,
    until the file is back, or until :meth:`forget`. Another file is never opened, even if it is a copy: the write-ahead
    log of the first one may still be beside it, and SQLite would apply that to the copy.
    """

    def __init__(self, engine: Engine) -> None:
        self._path = ""
        self._file: tuple[int, int] | None = None
        event.listen(engine, "do_connect", self._before_connecting)
        event.listen(engine, "connect", self._after_connecting)

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Check the file before and after the block: what is committed within is in the file that is at its path."""
        self._check()
        yield
        self._check()

    def forget(self) -> None:
        """Let the next connection open the file that is there then. No connection may be open."""
        self._file = None

    def _before_connecting(self, *_: object) -> None:
        self._check()  # SQLite would make a new file

    def _after_connecting(self, connection: sqlite3.Connection, _: object) -> None:
        try:
            if self._file is None:
                self._path = connection.execute("PRAGMA database_list").fetchone()[2]
                self._file = _identify(self._path)
            self._check()
        except BaseException:
            connection.close()  # the pool does not know it yet
            raise

    def _check(self) -> None:
        if self._file is not None and _identify(self._path) != self._file:
            raise StoreUnavailableError(
                f"the file {self._path} was deleted, or another one was put in its place: move the file back; or stop "
                f"the service, remove {self._path}-wal and {self._path}-shm, restore a backup, and start it again"
            )


def _identify(path: str) -> tuple[int, int] | None:
    """What tells a file from another one that is put in its place; ``None`` if there is none at ``path``."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino
