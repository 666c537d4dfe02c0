"""Connections and transactions on SQLite and PostgreSQL: all that is different between the two stands here."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Semaphore
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, QueuePool, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError

from eventschema.extras import of_extra
from eventschema.store.database_errors import translate_errors
from eventschema.store.protocols import StoreUnavailableError
from eventschema.store.sessions import LATE, PostgresSessions, SqliteSessions
from eventschema.store.urls import parse_url
from eventschema.store.waiting import MAX_WAITING, TIMEOUT, WriteQueue, check_timeout, one_call, time_left

_WRITES: Final = "eventschema_writes"
_ADVISORY_LOCK: Final = 0x6576656E74736368  # "eventsch": whoever makes the tables


class Database:
    """The database at ``url``, ``sqlite:///FILE`` or ``postgresql://...``, with ``pool_size`` connections at most.

    What a call waits for, it waits for until ``timeout`` seconds after its beginning, at most ``max_waiting`` of them
    for their turn to write. Reads wait for no write: SQLite has one writer at a time, and on PostgreSQL writes leave
    one connection to the reads (if ``pool_size`` is more than 1).

    Raises ``ValueError`` for another database (see ``parse_url``) and for a ``timeout`` or ``max_waiting`` out of
    range; each method does for a SQLite database in memory.
    """

    def __init__(self, url: str, pool_size: int, timeout: float = TIMEOUT, max_waiting: int = MAX_WAITING) -> None:
        self._timeout = check_timeout(timeout)
        try:
            parsed = parse_url(url)
        except ModuleNotFoundError as error:
            raise of_extra("postgres", error) from None
        self._connections = Semaphore(pool_size)
        if parsed.get_backend_name() == "sqlite":
            # Threads of one process queue for their turn to write, which is quicker and fairer than SQLite's polling.
            self._writers = WriteQueue(1, max_waiting)
            self.engine = _new_engine(parsed, pool_size)
            self._reader = self.engine
            self._writer: Engine = self.engine.execution_options(**{_WRITES: True})
            self._postgres: PostgresSessions | None = None
            self._insert: Callable[[Table], Any] = sqlite.insert
            SqliteSessions(self.engine, timeout)
            event.listen(self._writer, "begin", _begin_immediate)
        else:
            self._writers = WriteQueue(max(1, pool_size - 1), max_waiting)
            self.engine = _new_engine(parsed, pool_size, isolation_level="READ COMMITTED", pool_use_lifo=True)
            self._reader = self.engine.execution_options(isolation_level="AUTOCOMMIT")  # no BEGIN for one SELECT
            self._writer = self.engine.execution_options(**{_WRITES: True})
            self._postgres = PostgresSessions(self.engine, self._writer, timeout)
            self._insert = postgresql.insert

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

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection in a transaction, committed at the end, rolled back by whatever is raised.

        Raises ``LostRaceError`` where another writer's transaction made this one impossible,
        ``StoreUnavailableError`` and ``StoreError``.
        """
        with (
            one_call(),
            self._writers.slot(self._timeout),
            self._connection(),
            translate_errors(),
            self._writer.connect() as connection,
            self._watched(connection),
            connection.begin(),
        ):
            yield connection

    def insert_new(self, connection: Connection, table: Table, row: Mapping[str, object]) -> bool:
        """Whether ``row`` was inserted: it was, if no constraint of uniqueness speaks against it."""
        statement = self._insert(table).on_conflict_do_nothing().returning(*table.primary_key)
        return connection.execute(statement, row).first() is not None

    def create(self, tables: Callable[[Connection], None]) -> None:
        """Make the tables, if they are not there, however many processes do so at once."""
        with self.write() as connection:
            if self._postgres is not None:
                self._postgres.limit_locks_only(connection)
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
            tables(connection)

    def close(self) -> None:
        """Close all connections that are not in use."""
        self.engine.dispose()

    @contextmanager
    def _connection(self) -> Iterator[None]:
        """One of the connections. The pool never waits: it could not be told the time that this call has left."""
        if not self._connections.acquire(timeout=time_left(self._timeout)):
            raise StoreUnavailableError(f"no connection to the database was free within {self._timeout:g} s")
        try:
            yield
        finally:
            self._connections.release()

    def _watched(self, connection: Connection) -> AbstractContextManager[None]:
        return nullcontext() if self._postgres is None else self._postgres.watch(connection)

    def _read_engine(self) -> Engine:
        """What to read with: in a transaction where a statement must be told that its call has little time left."""
        is_late = self._postgres is not None and time_left(self._timeout) < self._timeout * LATE
        return self._writer if is_late else self._reader


def _new_engine(url: URL, pool_size: int, **options: Any) -> Engine:
    try:
        # Whoever takes a connection from the pool has one of our places, so that it need not bound them.
        return create_engine(
            url, poolclass=QueuePool, pool_size=pool_size, max_overflow=-1, hide_parameters=True, **options
        )
    except ArgumentError:  # whose text may repeat any part of the URL
        raise ValueError("expected as many ports as hosts in the database URL, and numbers") from None


def _begin_immediate(connection: Connection) -> None:
    # A transaction that reads first and writes later cannot wait for its turn: so it takes it at the start.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
