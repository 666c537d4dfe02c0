"""What an error of the database means: a lost race, a database that cannot answer now, or a lasting error.

A caller that is told to try again must have a chance. So only what passes without a change to the request or the
program is a ``StoreUnavailableError``: a broken connection, a lock that was not free in time, a full disk. Anything
else that the database refuses is a ``StoreError``: it would refuse it again.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import exc

from eventschema.store.protocols import StoreError, StoreUnavailableError
from eventschema.store.waiting import ContendedError

# Codes of PostgreSQL, appendix A: unique_violation and foreign_key_violation, due to a row of another writer;
# serialization_failure and deadlock_detected, where this transaction was rolled back in favour of another.
_LOST_RACES: Final = frozenset({"23505", "23503", "40001", "40P01"})
# Classes: connection, transaction rollback, resources, object in use or locked, operator intervention, system error.
# Not 54, program limit exceeded, although psycopg raises an OperationalError for it too.
_PASSING_CLASSES: Final = frozenset({"08", "40", "53", "55", "57", "58"})
_LOCK_TIMEOUT: Final = "55P03"  # lock_not_available
_READ_ONLY: Final = "25006"  # of a server that has just become a standby or is not yet the primary

# https://www.sqlite.org/rescode.html: the lower byte of a code is the primary code, the others are its details.
_SQLITE_LOST_RACES: Final = frozenset(
    {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY}
)
_SQLITE_PASSING: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)


class LostRaceError(Exception):
    """Another writer's transaction made this one impossible. Nothing of it was saved."""


@contextmanager
def translate_errors() -> Iterator[None]:
    """Raise the database's errors within the block as the errors of a store, or as ``LostRaceError``.

    Errors in the use of SQLAlchemy are bugs, and are not changed.
    """
    try:
        yield
    except exc.DBAPIError as error:
        if _is_lost_race(error):
            raise LostRaceError from error
        # The driver's message may quote the parameters of the statement, and a traceback would show it.
        cause = None if error.params else error
        if _is_passing(error):
            is_contended = getattr(error.orig, "sqlstate", None) == _LOCK_TIMEOUT
            kind = ContendedError if is_contended else StoreUnavailableError
            raise kind(f"the database cannot answer: {_words(error)}") from cause
        raise StoreError(f"the database refused a statement: {_reason(error)}{_statement(error)}") from cause


def _is_lost_race(error: exc.DBAPIError) -> bool:
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorcode", None) in _SQLITE_LOST_RACES
    return getattr(error.orig, "sqlstate", None) in _LOST_RACES


def _is_passing(error: exc.DBAPIError) -> bool:
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in _SQLITE_PASSING
    state = getattr(error.orig, "sqlstate", None)
    if state is None:  # there was no answer: the server was not reached, or the connection broke
        return error.connection_invalidated or isinstance(error, exc.OperationalError)
    return state == _READ_ONLY or state[:2] in _PASSING_CLASSES


def _reason(error: exc.DBAPIError) -> str:
    """The driver's words, or only the exception's name if they may quote parameters, which are people's data.

    SQLite's messages never quote them.
    """
    if error.params and not isinstance(error.orig, sqlite3.Error):
        return type(error.orig).__name__
    return _words(error)


def _words(error: exc.DBAPIError) -> str:
    """The first line of the driver's message: further lines guess, or repeat the statement.

    Where the database cannot answer, the line quotes no parameters: it is about the server, a lock or the connection.
    """
    lines = str(error.orig).splitlines()
    return lines[0] if lines else type(error.orig).__name__


def _statement(error: exc.DBAPIError) -> str:
    return f" (in: {' '.join(error.statement.split())})" if error.statement else ""
