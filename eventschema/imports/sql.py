"""Reads tables of a database as schemas, by SQLAlchemy's reflection. Needs SQLAlchemy, and the database's driver."""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Connection, Engine, inspect
from sqlalchemy import types as sql
from sqlalchemy.engine import Inspector
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.types import TypeEngine

from eventschema.core.documents import MAX_SHOWN, wrong
from eventschema.core.names import is_line
from eventschema.core.pointers import pointer_to
from eventschema.core.types import PropertyType
from eventschema.export.descriptions import read_event
from eventschema.imports.columns import Column, ColumnType, add_column
from eventschema.imports.results import Draft, Imported, shown

_INT64_DIGITS: Final = 18  # of decimal numbers that all fit 64 bits
_ROUNDED: Final = "Decimals become doubles, rounded as the rules say."
_UNSIGNED: Final = "Integers beyond 64 bits with a sign are not accepted."


def _integer(type_: Any) -> ColumnType:
    is_unsigned = getattr(type_, "unsigned", False)  # of MySQL
    return ColumnType(PropertyType.INT, _UNSIGNED if is_unsigned else None)


def _numeric(type_: Any) -> ColumnType:
    if type_.scale == 0 and type_.precision is not None and type_.precision <= _INT64_DIGITS:
        return ColumnType(PropertyType.INT)
    return ColumnType(PropertyType.FLOAT, _ROUNDED)


def _text(type_: Any) -> ColumnType:
    return ColumnType(
        PropertyType.STRING, f"The limit of {type_.length:,} characters gets lost." if type_.length else None
    )


#: What a column becomes: the first class that its type is of decides. In SQLAlchemy 2.0 Float is a subclass of Numeric.
TYPES: Final[tuple[tuple[type[TypeEngine[Any]], Callable[[Any], ColumnType]], ...]] = (
    (sql.Enum, lambda _: ColumnType(PropertyType.STRING, "The limit to certain values gets lost.")),
    (sql.Boolean, lambda _: ColumnType(PropertyType.BOOL)),
    (sql.Integer, _integer),
    (sql.Float, lambda _: ColumnType(PropertyType.FLOAT)),
    (sql.Numeric, _numeric),
    (sql.String, _text),
    (sql.Date, lambda _: ColumnType(PropertyType.DATE)),
    (sql.DateTime, lambda _: ColumnType(PropertyType.DATETIME)),
)


def from_sql_table(database: Engine | Connection, table: str, name: str | None = None) -> Imported:
    """The schema of a ``table`` (or view) of a database: a property for each column.

    ``database`` is SQLAlchemy's. The name of the event is ``name``, or that in the comment of an exported table, or the
    name of the table. Pointers of the omissions are ``/table/column``. Raises ``ValueError`` if there is no such table,
    and what SQLAlchemy raises if the database cannot be read.
    """
    inspector = inspect(database)
    try:
        columns = inspector.get_columns(table)
    except NoSuchTableError:
        raise ValueError(f"table: expected the name of a table of the database, found {shown(table)}") from None
    draft = Draft()
    event = (read_event(_comment(inspector, table)) or table) if name is None else name
    if not is_line(event):
        raise wrong("table" if name is None else "name", "an event name without control characters", "another text")
    draft.add_event(event)
    pointer = pointer_to("", table, MAX_SHOWN)
    for column in columns:
        _add(draft, event, column, pointer, inspector.dialect.name)
    return draft.imported()


def _comment(inspector: Inspector, table: str) -> str:
    try:
        return inspector.get_table_comment(table)["text"] or ""
    except NotImplementedError:  # the database has no comments
        return ""


def _add(draft: Draft, event: str, reflected: ReflectedColumn, table: str, dialect: str) -> None:
    type_ = reflected["type"]
    name = str(reflected["name"])
    comment = str(reflected.get("comment") or "")
    column = Column(name, comment, not reflected["nullable"], pointer_to(table, name, MAX_SHOWN))
    found = next((make(type_) for class_, make in TYPES if isinstance(type_, class_)), None)
    if dialect == "sqlite" and isinstance(type_, sql.Numeric) and type_.precision is None and not _is_float(type_):
        draft.leave_out(column.pointer, "its type is NUMERIC, or one that SQLite does not know")
    elif found is None:
        draft.leave_out(column.pointer, f"no type takes its values: {type(type_).__name__}")
    else:
        add_column(draft, event, column, found)


def _is_float(type_: TypeEngine[Any]) -> bool:
    return isinstance(type_, sql.Float)
