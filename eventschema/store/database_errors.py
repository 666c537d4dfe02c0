"""What an error of the database means: a race that was lost, a database that cannot answer for now, or a lasting fault.

Whoever is told to try again must have a chance. So only what passes without a change to the request or to the program
is a ``StoreUnavailableError``: a connection that broke, a lock that was not to be had, a disk that is full. Whatever
else the database refuses is a ``StoreError``: it would refuse it again.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import exc

from eventschema.store.protocols import StoreError, StoreUnavailableError

# PostgreSQL, appendix A. Constraints that another writer's row broke; two transactions that cannot both be, of which
# this one was chosen to go.
_LOST_RACES: Final = frozenset({"23505", "23503", "40001", "40P01"})
# A connection, a transaction that was rolled back, resources, an object in use or locked, an operator, the system. Not
# 54, a limit of the program, though psycopg takes that for an operational error too.
_PASSING_CLASSES: Final = frozenset({"08", "40", "53", "55", "57", "58"})
_READ_ONLY: Final = "25006"  # a server that has just become a standby, or is not yet the primary

# https://www.sqlite.org/rescode.html. The lower byte of a code is the error; the others say more of it.
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
    """A transaction that another writer's made impossible: nothing of it was saved."""


@contextmanager
def translate_errors() -> Iterator[None]:
    """Raise what SQLAlchemy raises within the block as what a store may raise, or as ``LostRaceError``.

    Only the database's errors: wrong use of SQLAlchemy is a bug, and stays what it is.
    """
    try:
        yield
    except exc.DBAPIError as error:
        if _is_lost_race(error):
            raise LostRaceError from error
        # Where the statement had parameters, the driver's text may quote them, and so would a traceback.
        cause = None if error.params else error
        if _is_passing(error):
            raise StoreUnavailableError(f"the database cannot answer: {_reason(error)}") from cause
        raise StoreError(f"the database refused a statement: {_reason(error)}{_statement(error)}") from cause


def _is_lost_race(error: exc.DBAPIError) -> bool:
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorcode", None) in _SQLITE_LOST_RACES
    return getattr(error.orig, "sqlstate", None) in _LOST_RACES


def _is_passing(error: exc.DBAPIError) -> bool:
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in _SQLITE_PASSING
    state = getattr(error.orig, "sqlstate", None)
    if state is None:  # the server said nothing: it was not reached, or the connection broke
        return error.connection_invalidated or isinstance(error, exc.OperationalError)
    return state == _READ_ONLY or state[:2] in _PASSING_CLASSES


def _reason(error: exc.DBAPIError) -> str:
    """What went wrong, in the driver's words; but only its kind where they may quote parameters: people's data.

    SQLite's words never do. Of more lines the first: the others guess, or repeat the statement.
    """
    kind = type(error.orig).__name__
    if error.params and not isinstance(error.orig, sqlite3.Error):
        return kind
    lines = str(error.orig).splitlines()
    return lines[0] if lines else kind


def _statement(error: exc.DBAPIError) -> str:
    return f" (in: {' '.join(error.statement.split())})" if error.statement else ""
