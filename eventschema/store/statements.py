"""The statements that write many rows at once, on SQLite and PostgreSQL. Their texts are made once.

PostgreSQL takes the rows as one JSON text, so each statement has one text, which the server prepares. (The driver would
escape an array for each column value by value: then an insert takes twice as long.) SQLite takes each value as a
parameter, so there is a text for each number of rows: powers of two, into which any number is divided.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Integer, Table

from eventschema.store.planning import SurpriseError
from eventschema.store.rows import Values
from eventschema.store.tables import changes, contacts, events, last_seen

#: The columns of the identifiers of contacts.
IDENTIFIER_COLUMNS: Final = {"id": "id", "email": "email", "phoneNumber": "phone_number"}

_encode: Final = msgspec.json.Encoder().encode

_MOST_ROWS: Final = 64  # in one statement of SQLite: of ten columns, less than the 999 parameters of its older versions
_MOST_VALUES: Final = 512  # the same, for a list of values
_IF_LATER: Final = (
    f" ON CONFLICT (name, property) DO UPDATE SET day = excluded.day WHERE {last_seen.name}.day < excluded.day"
)


class Statements(ABC):
    """What both databases have. Each method runs on a connection that is given to it."""

    _mark: str  # of a parameter
    _lock = ""  # the end of a SELECT that locks its rows
    _exclude_events = ""  # the statement that lets no other transaction insert events; SQLite has one writer at a time

    def insert_new(self, connection: Connection, table: Table, rows: Sequence[Values]) -> list[Any]:
        """Insert ``rows`` except those that violate a uniqueness constraint; returns the primary keys of the others.

        A key is a row of the columns of the primary key.
        """
        found = list[Any]()
        for part, parameters in self._parts(table.columns.keys(), rows):
            found += connection.exec_driver_sql(self._insert(table, part, _unless_taken(table)), parameters).all()
        return found

    @abstractmethod
    def insert_events(self, connection: Connection, rows: list[Values]) -> set[str]:
        """Insert ``rows`` of events, each followed by the key of its schema; returns the ids that were left out.

        Left out are rows with an id that is taken, those whose version of the schema is not in the database, and those
        whose schema was retyped after that version. Raises ``SurpriseError`` if it is not known which they are.
        """

    def save_days(self, connection: Connection, rows: Sequence[Values]) -> None:
        """Save ``rows`` of days, but those of which a later day is saved."""
        for part, parameters in self._parts(last_seen.columns.keys(), rows):
            connection.exec_driver_sql(self._insert(last_seen, part, _IF_LATER), parameters)

    def exclude_events(self, connection: Connection) -> None:
        """Wait for the transactions that have inserted events, and let no other do so before this one ends.

        So a transaction that retypes sees all events that were accepted before it, and the insert of a later event sees
        the retype: it takes the lock of its table before it looks. A lock of one row would let events of other names
        pass, but each event would have to lock that row too, and a retype would wait for as long as any does.
        """
        if self._exclude_events:
            connection.exec_driver_sql(self._exclude_events)

    def update_contacts(self, connection: Connection, rows: Sequence[Values]) -> None:
        """Replace the rows of contacts by ``rows`` of the same ids."""
        for part, parameters in self._parts(contacts.columns.keys(), rows):
            connection.exec_driver_sql(self._update_contacts(part), parameters)

    def free_identifiers(self, connection: Connection, ids: Iterable[str]) -> None:
        """Take the identifiers from the contacts with ``ids``, which will get others in the same transaction."""
        start = f"UPDATE {contacts.name} SET email = NULL, phone_number = NULL WHERE id"
        for text, parameters in self._lists(sorted(ids)):
            connection.exec_driver_sql(f"{start} {text}", parameters)

    def find(self, connection: Connection, identifiers: Mapping[str, str]) -> list[Any]:
        """The rows of the contacts that have any of ``identifiers``, ordered by id."""
        return list(connection.exec_driver_sql(self._find(tuple(identifiers)), tuple(identifiers.values())).all())

    def select_contacts(self, connection: Connection, identifier: str, values: Iterable[str]) -> list[Any]:
        """The rows of the contacts whose ``identifier`` is one of ``values``, each once."""
        start = f"SELECT {_columns(contacts)} FROM {contacts.name}"
        return self._select(connection, start, IDENTIFIER_COLUMNS[identifier], values, "")

    def select_events(self, connection: Connection, ids: Iterable[str]) -> set[str]:
        """Those of ``ids`` that events have."""
        return {row[0] for row in self._select(connection, f"SELECT id FROM {events.name}", "id", ids, "")}

    def select_to_change(self, connection: Connection, ids: Iterable[str]) -> list[Any]:
        """The rows of the contacts with ``ids``, locked until the transaction ends, in the order of their ids."""
        start = f"SELECT {_columns(contacts)} FROM {contacts.name}"
        return self._select(connection, start, "id", ids, self._lock)

    def _select(self, connection: Connection, start: str, column: str, values: Iterable[str], end: str) -> list[Any]:
        found = list[Any]()
        for text, parameters in self._lists(sorted(set(values))):
            statement = f"{start} WHERE {column} {text} ORDER BY {column}{end}"
            found += connection.exec_driver_sql(statement, parameters).all()
        return found

    @cache  # noqa: B019  # one instance a store, few texts
    def _find(self, names: tuple[str, ...]) -> str:
        wanted = " OR ".join(f"{IDENTIFIER_COLUMNS[name]} = {self._mark}" for name in names)
        return f"SELECT {_columns(contacts)} FROM {contacts.name} WHERE {wanted} ORDER BY id"

    @abstractmethod
    def _parts(self, columns: Sequence[str], rows: Sequence[Values]) -> Iterator[tuple[int, tuple[Any, ...]]]:
        """``rows`` of ``columns`` as parameters, in parts of a known number of rows."""

    @abstractmethod
    def _lists(self, values: list[str]) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """A condition on a column to have one of ``values``, and its parameters, perhaps in several parts."""

    @abstractmethod
    def _insert(self, table: Table, rows: int, end: str) -> str:
        """The statement that inserts ``rows`` rows. Its ``end`` says what of rows with a key that is taken."""

    @abstractmethod
    def _update_contacts(self, rows: int) -> str:
        """The statement of ``update_contacts``."""


class SqliteStatements(Statements):
    """One parameter a value."""

    _mark = "?"

    def insert_events(self, connection: Connection, rows: list[Values]) -> set[str]:
        """See :meth:`Statements.insert_events`.

        One row a time takes SQLite half as long as many rows in one statement, or as statements that return their ids.
        """
        written = connection.exec_driver_sql(_INSERT_EVENT, rows).rowcount
        if written == len(rows):
            return set()
        if written:
            raise SurpriseError
        return {str(row[0]) for row in rows}

    def _parts(self, columns: Sequence[str], rows: Sequence[Values]) -> Iterator[tuple[int, tuple[Any, ...]]]:
        start = 0
        while start < len(rows):
            size = min(_MOST_ROWS, 1 << ((len(rows) - start).bit_length() - 1))
            yield size, tuple(value for row in rows[start : start + size] for value in row)
            start += size

    def _lists(self, values: list[str]) -> Iterator[tuple[str, tuple[Any, ...]]]:
        for start in range(0, len(values), _MOST_VALUES):
            part = values[start : start + _MOST_VALUES]
            size = 1 << (len(part) - 1).bit_length()
            yield f"IN {_marks(size)}", (*part, *part[-1:] * (size - len(part)))

    @cache  # noqa: B019
    def _insert(self, table: Table, rows: int, end: str) -> str:
        values = ", ".join([_marks(len(table.columns))] * rows)
        return f"INSERT INTO {table.name} ({_columns(table)}) VALUES {values}{end}"

    @cache  # noqa: B019
    def _update_contacts(self, rows: int) -> str:
        names = [column.name for column in contacts.columns]
        given = ", ".join(f"{name} = new.column{number}" for number, name in enumerate(names[1:], 2))
        values = ", ".join([_marks(len(names))] * rows)
        return f"UPDATE {contacts.name} SET {given} FROM (VALUES {values}) AS new WHERE id = new.column1"


class PostgresStatements(Statements):
    """One JSON text for all rows."""

    _mark = "%s"
    # Events that refer to the contact do not wait for this lock, unless an identifier is changed.
    _lock = " FOR NO KEY UPDATE"
    _exclude_events = f"LOCK TABLE {events.name} IN SHARE ROW EXCLUSIVE MODE"

    def insert_events(self, connection: Connection, rows: list[Values]) -> set[str]:
        """See :meth:`Statements.insert_events`."""
        left_out = {str(row[0]) for row in rows}
        for _, parameters in self._parts(_NEW, rows):
            left_out -= {row[0] for row in connection.exec_driver_sql(_INSERT_EVENTS, parameters).all()}
        return left_out

    def _parts(self, columns: Sequence[str], rows: Sequence[Values]) -> Iterator[tuple[int, tuple[Any, ...]]]:
        if rows:
            yield 0, (_encode([dict(zip(columns, row, strict=True)) for row in rows]).decode(),)

    def _lists(self, values: list[str]) -> Iterator[tuple[str, tuple[Any, ...]]]:
        if values:
            yield "= ANY(%s)", (values,)

    @cache  # noqa: B019
    def _insert(self, table: Table, rows: int, end: str) -> str:
        return f"INSERT INTO {table.name} ({_columns(table)}) SELECT * FROM {_records(table)}{end}"

    @cache  # noqa: B019
    def _update_contacts(self, rows: int) -> str:
        given = ", ".join(f"{column.name} = new.{column.name}" for column in list(contacts.columns)[1:])
        return f"UPDATE {contacts.name} SET {given} FROM {_records(contacts)} WHERE {contacts.name}.id = new.id"


def _columns(table: Table) -> str:
    return ", ".join(column.name for column in table.columns)


def _marks(count: int) -> str:
    return f"({', '.join('?' * count)})"


def _records(table: Table, *more: str) -> str:
    """The rows of a JSON text as a table ``new``, with the columns of ``table`` and ``more`` columns of text."""
    kinds = {column.name: "bigint" if isinstance(column.type, Integer) else "text" for column in table.columns}
    columns = ", ".join(f"{name} {kind}" for name, kind in (kinds | dict.fromkeys(more, "text")).items())
    return f"json_to_recordset(%s::json) AS new ({columns})"


@cache
def _unless_taken(table: Table) -> str:
    return f" ON CONFLICT DO NOTHING RETURNING {', '.join(column.name for column in table.primary_key)}"


def _insert_events(source: str) -> str:
    """Insert the rows of ``source``, a table ``new`` with the columns of an event and ``key``, that of its schema."""
    is_there = f"SELECT 1 FROM {changes.name} AS old WHERE old.name = new.key AND old.version = new.schema_version"
    is_later = "later.version > coalesce(new.schema_version, -1) AND later.retyped IS NOT NULL"
    is_retyped = f"SELECT 1 FROM {changes.name} AS later WHERE later.name = new.key AND {is_later}"
    is_current = f"(new.schema_version IS NULL OR EXISTS ({is_there})) AND NOT EXISTS ({is_retyped})"
    values = ", ".join(f"new.{column.name}" for column in events.columns)
    start = f"INSERT INTO {events.name} ({_columns(events)}) SELECT {values} FROM {source}"
    return f"{start} WHERE {is_current} ON CONFLICT DO NOTHING"


_NEW: Final = [*events.columns.keys(), "key"]
_INSERT_EVENT: Final = _insert_events(f"(SELECT {', '.join(f'? AS {name}' for name in _NEW)}) AS new")
_INSERT_EVENTS: Final = _insert_events(_records(events, "key")) + " RETURNING id"
