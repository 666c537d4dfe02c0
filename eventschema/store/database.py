"""Connections and transactions on SQLite and PostgreSQL: all that is different between the two stands here."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Lock
from time import monotonic, sleep
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, QueuePool, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError

from eventschema.extras import of_extra
from eventschema.store.faults import translated
from eventschema.store.urls import IN_MEMORY, parse_url

#: How long a writer waits for its turn, in seconds.
BUSY_TIMEOUT: Final = 30

_BUSY_PAUSE: Final = 0.005  # seconds between two questions
_WRITES: Final = "eventschema_writes"
_ADVISORY_LOCK: Final = 0x6576656E74736368  # "eventsch": whoever makes the tables


class Database:
    """The database at ``url``, ``sqlite:///FILE`` or ``postgresql://...``, with ``pool_size`` connections at most.

    Raises ``ValueError`` for another (see ``parse_url``); each method does for a SQLite database in memory.
    """

    def __init__(self, url: str, pool_size: int) -> None:
        try:
            parsed = parse_url(url)
        except ModuleNotFoundError as error:
            raise of_extra("postgres", error) from None
        if parsed.get_backend_name() == "sqlite":
            # Threads of one process queue for their turn to write, which is quicker and fairer than SQLite's polling.
            self._turn: AbstractContextManager[object] = Lock()
            self.engine = _new_engine(parsed, pool_size)
            self._reader = self.engine
            self._insert: Callable[[Table], Any] = sqlite.insert
            event.listen(self.engine, "connect", _set_up_sqlite)
        else:
            self._turn = nullcontext()
            self.engine = _new_engine(parsed, pool_size, isolation_level="READ COMMITTED", pool_use_lifo=True)
            self._reader = self.engine.execution_options(isolation_level="AUTOCOMMIT")  # no BEGIN for one SELECT
            self._insert = postgresql.insert
        self._writer: Engine = self.engine.execution_options(**{_WRITES: True})
        if parsed.get_backend_name() == "sqlite":
            event.listen(self._writer, "begin", _begin_immediate)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for one ``SELECT``. Raises ``StoreUnavailableError`` and ``StoreError``."""
        with translated(), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection in a transaction, committed at the end, rolled back by whatever is raised.

        Raises ``LostRaceError`` where another writer's transaction made this one impossible,
        ``StoreUnavailableError`` and ``StoreError``.
        """
        with translated(), self._turn, self._writer.begin() as connection:
            yield connection

    def insert_new(self, connection: Connection, table: Table, row: Mapping[str, object]) -> bool:
        """Whether ``row`` was inserted: it was, if no constraint of uniqueness speaks against it."""
        statement = self._insert(table).on_conflict_do_nothing().returning(*table.primary_key)
        return connection.execute(statement, row).first() is not None

    def create(self, tables: Callable[[Connection], None]) -> None:
        """Make the tables, if they are not there, however many processes do so at once."""
        with self.write() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
            tables(connection)

    def close(self) -> None:
        """Close all connections that are not in use."""
        self.engine.dispose()


def _new_engine(url: URL, pool_size: int, **options: Any) -> Engine:
    try:
        return create_engine(url, poolclass=QueuePool, pool_size=pool_size, max_overflow=0, **options)
    except ArgumentError:  # whose text may repeat any part of the URL
        raise ValueError("expected as many ports as hosts in the database URL, and numbers") from None


def _set_up_sqlite(connection: sqlite3.Connection, _: object) -> None:
    cursor = connection.cursor()
    try:
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT * 1000}")
        _write_ahead(cursor)
        cursor.execute("PRAGMA synchronous = FULL")  # what was answered with 202 survives a power cut
        cursor.execute("PRAGMA foreign_keys = ON")
        _check_lasts(cursor)
    except BaseException:
        connection.close()  # which the pool does not yet know of
        raise
    cursor.close()


def _check_lasts(cursor: sqlite3.Cursor) -> None:
    """Raise ``ValueError`` for a database in memory, however it is spelled, since each connection would have its own.

    SQLite knows of no file then (https://www.sqlite.org/pragma.html#pragma_database_list); where a VFS keeps files in
    memory, the journal is there too.
    """
    file = cursor.execute("PRAGMA database_list").fetchone()[2]
    journal = cursor.execute("PRAGMA journal_mode").fetchone()[0]
    if not file or journal == "memory":
        raise ValueError(IN_MEMORY)


def _write_ahead(cursor: sqlite3.Cursor) -> None:
    """Let readers and the writer not wait for each other.

    A new file is put into that mode by whoever opens it first. SQLite tells the others at once that it is busy, without
    the wait that ``busy_timeout`` gives all else: so it is asked again until then.
    """
    deadline = monotonic() + BUSY_TIMEOUT
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            # The lower byte is the error, the others say more of it (https://www.sqlite.org/rescode.html).
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() > deadline:
                raise
            sleep(_BUSY_PAUSE)
        else:
            return


def _begin_immediate(connection: Connection) -> None:
    # A transaction that reads first and writes later cannot wait for its turn: so it takes it at the start.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
