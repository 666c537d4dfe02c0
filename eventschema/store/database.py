"""Connections and transactions on SQLite and PostgreSQL, and what is different between the two."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from threading import Semaphore
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, QueuePool, Table, create_engine, event
from sqlalchemy.exc import ArgumentError

from eventschema.extras import of_extra
from eventschema.store.arguments import check_seconds
from eventschema.store.database_errors import LostRaceError, translate_errors
from eventschema.store.engines import connecting_like, url_like
from eventschema.store.identity import SqliteFile, StoreIdentity
from eventschema.store.planning import Call, Outcomes
from eventschema.store.protocols import StoreUnavailableError
from eventschema.store.sessions import LATE, PostgresSessions, SqliteSessions
from eventschema.store.statements import PostgresStatements, SqliteStatements, Statements
from eventschema.store.urls import parse_url
from eventschema.store.waiting import MAX_TIMEOUT, MAX_WAITING, TIMEOUT, WriteQueue, one_call, time_left
from eventschema.track.contact import Contact

_ADVISORY_LOCK: Final = 0x6576656E74736368  # "eventsch" in ASCII: held while the tables are made


_WRITERS: Final = 2  # groups of calls that are written at a time
_READERS: Final = 2  # groups of questions at a time
_MAX_READERS: Final = 1_000_000  # calls that wait to ask; those who call bound them
_SMALL_CACHE: Final = 10  # pages, of 4 KiB unless the file was made otherwise
_LONG_TEXT: Final = 2**18


class _TakenBackError(Exception):
    """Rolls a transaction back that was only a try."""


class Database:
    """The database at ``url``, ``sqlite:///FILE`` or ``postgresql://...``, with at most ``pool_size`` connections.

    Or ``url`` is an engine, to connect as it does: see ``engines``.

    A call waits for at most ``timeout`` seconds from its beginning, and at most ``max_waiting`` calls wait to write.
    Reads do not wait for writes: SQLite has one writer at a time, and on PostgreSQL writers leave one connection to
    the readers (if ``pool_size`` is more than 1).

    Raises ``ValueError`` for another database (see ``parse_url``) and for a ``timeout`` or ``max_waiting`` out of
    range. Each method raises it for a SQLite database in memory.
    """

    def __init__(
        self, url: str | Engine, pool_size: int, timeout: float = TIMEOUT, max_waiting: int = MAX_WAITING
    ) -> None:
        check_seconds("timeout", timeout, MAX_TIMEOUT)
        self._timeout = timeout
        try:
            parsed = url_like(url) if isinstance(url, Engine) else parse_url(url)
        except ModuleNotFoundError as error:
            raise of_extra("postgres", error) from None
        self._connections = Semaphore(pool_size)
        if parsed.get_backend_name() == "sqlite":
            # The threads of a process queue to write, which is quicker and fairer than SQLite's polling.
            self.writers = WriteQueue[Call, Outcomes](1, max_waiting)
            self.statements: Statements = SqliteStatements()
            self.readers: WriteQueue[dict[str, str], tuple[Contact, ...]] | None = None
            self.engine = _new_engine(parsed, pool_size)
            self._reader = self.engine
            self._writer: Engine = self.engine.execution_options()  # with its own event listeners
            self._postgres: PostgresSessions | None = None
            SqliteSessions(self.engine, timeout)
            self._file: SqliteFile | None = SqliteFile(self.engine)
            event.listen(self._writer, "begin", _begin_immediate)
        else:
            self.writers = WriteQueue(max(1, pool_size - 1), max_waiting, _WRITERS)
            self.statements = PostgresStatements()
            # The threads of a process ask together, since each question is a round trip.
            self.readers = WriteQueue(_READERS, _MAX_READERS, _READERS)
            self.engine = _new_engine(parsed, pool_size, isolation_level="READ COMMITTED", pool_use_lifo=True)
            self._reader = self.engine.execution_options(isolation_level="AUTOCOMMIT")  # no BEGIN for one SELECT
            self._writer = self.engine.execution_options()
            self._postgres = PostgresSessions(self.engine, self._writer, timeout)
            self._file = None

        self._on_reconnecting: Callable[[], object] = lambda: None
        self._identity = StoreIdentity(self.engine)
        if isinstance(url, Engine):
            event.listen(self.engine, "do_connect", connecting_like(url))  # last: the others only prepare connecting

    def expect_identity(self, store_id: str | None) -> None:
        """Let new connections lead only to a database with the id ``store_id``."""
        self._identity.expected = store_id

    def on_reconnecting(self, call: Callable[[], object]) -> None:
        """Have ``call`` called when a connection may lead to another database, or to one that was restored.

        A file of SQLite is the same until :meth:`close`. A server ends the connections to a database that it drops.
        """
        self._on_reconnecting = call
        if self._postgres is not None:
            event.listen(self.engine, "connect", lambda *_: call())

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for one ``SELECT``. Raises ``StoreUnavailableError`` and ``StoreError``."""
        with (
            one_call(),
            self._connection(),
            translate_errors(),
            self._read_engine().connect() as connection,
            self._watched(connection),
        ):
            yield connection

    @property
    def locks_all(self) -> bool:
        """Whether a transaction locks the whole database from its beginning, as on SQLite."""
        return self._postgres is None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """As :meth:`transaction`, after waiting for a turn to write."""
        with one_call(), self.writers.slot(self._timeout), self.transaction() as connection:
            yield connection

    @contextmanager
    def write_long(self) -> Iterator[Connection]:
        """As :meth:`write`, but only waiting for locks has a time limit, not the work."""
        with self.write() as connection:
            if self._postgres is not None:
                self._postgres.limit_locks_only(connection)
            yield connection

    def check_time(self, advice: str = "") -> None:
        """Raise ``StoreUnavailableError``, with ``advice`` at its end, if the time of the call is over."""
        try:
            time_left(self._timeout)
        except StoreUnavailableError as error:
            raise StoreUnavailableError(f"{error}{advice}") from None

    @contextmanager
    def transaction(self, *, is_shared: bool = False) -> Iterator[Connection]:
        """A connection in a transaction, which is committed at the end and rolled back if anything is raised.

        If it ``is_shared`` by several calls, it does not wait long for a lock that one of them needs.

        Raises ``LostRaceError`` if the transaction of another writer made this one impossible, and
        ``StoreUnavailableError`` and ``StoreError``.
        """
        with (
            self._connection(),
            translate_errors(),
            self._writer.connect() as connection,
            self._watched(connection),
            connection.begin(),
        ):
            if is_shared and self._postgres is not None:
                self._postgres.limit_locks(connection)
            yield connection

    def try_write(self, table: Table, row: Mapping[str, object], padded: str) -> None:
        """Insert ``row`` and roll that back. Raises what :meth:`write` does, but no ``LostRaceError``.

        SQLite writes to the disk when it commits, or when its cache is too small. So the cache is made small and the
        text in the column ``padded`` long. The connection is then closed, since it has that setting.
        """
        with suppress(_TakenBackError, LostRaceError), self.write() as connection:
            if self._postgres is None:
                connection.detach()
                connection.exec_driver_sql(f"PRAGMA cache_size = {_SMALL_CACHE}")
                row = {**row, padded: " " * _LONG_TEXT}
            connection.execute(table.insert(), row)
            raise _TakenBackError

    def create(self, tables: Callable[[Connection], None]) -> None:
        """Have ``tables`` make or change the tables, in a transaction. Only one process does so at a time."""
        with self.write_long() as connection:
            if self._postgres is not None:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
            tables(connection)

    def close(self) -> None:
        """Close the connections that are not in use."""
        self.engine.dispose()
        if self._file is not None:
            self._file.forget()
            self._on_reconnecting()

    @contextmanager
    def _connection(self) -> Iterator[None]:
        """Take one of the connections. The pool itself never waits: it does not know the deadline of the call."""
        if not self._connections.acquire(timeout=time_left(self._timeout)):
            raise StoreUnavailableError(f"no connection to the database was free within {self._timeout:g} s")
        try:
            yield
        finally:
            self._connections.release()

    def _watched(self, connection: Connection) -> AbstractContextManager[None]:
        if self._file is not None:
            return self._file.watch()
        return nullcontext() if self._postgres is None else self._postgres.watch(connection)

    def _read_engine(self) -> Engine:
        """The engine to read with: one with transactions if the time limit of the statement must be set."""
        is_late = self._postgres is not None and time_left(self._timeout) < self._timeout * LATE
        return self._writer if is_late else self._reader


def _new_engine(url: URL, pool_size: int, **options: Any) -> Engine:
    try:
        # The semaphore bounds the connections, so the pool need not.
        return create_engine(
            url, poolclass=QueuePool, pool_size=pool_size, max_overflow=-1, hide_parameters=True, **options
        )
    except ArgumentError:  # its message may repeat any part of the URL
        raise ValueError("expected numbers as ports in the database URL, one for each host") from None


def _begin_immediate(connection: Connection) -> None:
    # SQLite lets no transaction wait to write that has read before. So it takes the write lock at its start.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
