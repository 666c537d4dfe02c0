"""The statements run on the databases that are here, hold rows of every type, and parse in every dialect."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import given
from psycopg import sql as quoted
from sqlalchemy import make_url

from eventschema import EventSchema, Rules
from eventschema.core.grammar import MAX_EMAIL_LENGTH
from eventschema.export.descriptions import read_event, read_property
from eventschema.export.dialects import DIALECTS
from eventschema.export.sql import sql_remarks, to_sql
from eventschema.testing import schemas
from tests.databases import new_database
from tests.export.schemas import ALL_TYPES, EVENTS, HARD_NAMES, RESERVED, TYPED_EVENTS

NAMED = [EventSchema(name, {"a": "int"}) for name in HARD_NAMES]
COLUMNS = list(ALL_TYPES.properties)


def rows(events: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [tuple(event.get(name) for name in COLUMNS) for event in events]


def insert(placeholder: str) -> str:
    return f'INSERT INTO "placed order" VALUES ({", ".join([placeholder] * len(COLUMNS))})'


SELECT = 'SELECT * FROM "placed order"'


# --- SQLite ---


@pytest.fixture
def sqlite() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        yield connection


def test_sqlite_holds_rows_of_every_type(sqlite: sqlite3.Connection) -> None:
    sqlite.executescript(to_sql(ALL_TYPES, "sqlite"))
    sqlite.executemany(insert("?"), rows(EVENTS))
    assert sqlite.execute(SELECT).fetchall() == rows(EVENTS)
    assert sqlite.execute('SELECT typeof("a_float"), typeof("a_date") FROM "placed order"').fetchone() == (
        "real",
        "text",
    )


def test_sqlite_takes_every_name(sqlite: sqlite3.Connection) -> None:
    sqlite.executescript(to_sql([*NAMED, RESERVED], "sqlite"))
    tables = [name for (name,) in sqlite.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    assert tables == [*HARD_NAMES[:11], "xsqlite_master", *HARD_NAMES[12:], "reserved"]
    assert [column for _, column, *_ in sqlite.execute("PRAGMA table_info(reserved)")] == list(RESERVED.properties)


@pytest.mark.slow
@given(schemas())
def test_sqlite_takes_any_schema(schema: EventSchema) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.executescript(to_sql(schema, "sqlite"))
        except ValueError as error:
            assert "properties of different names in sqlite" in str(error)  # noqa: PT017  (a collision is drawn at times)
            return
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master")]
        assert tables == [schema.name] * bool(schema.properties)


@pytest.mark.slow
def test_sqlite_holds_2_000_columns(sqlite: sqlite3.Connection) -> None:
    sqlite.executescript(to_sql(EventSchema("e", {f"p{number}": "int" for number in range(2000)}), "sqlite"))


# --- PostgreSQL ---


@pytest.fixture
def postgres(postgres_server: str) -> Iterator[psycopg.Connection]:
    with new_database(postgres_server) as url:
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as connection:
            yield connection


def run(connection: psycopg.Connection, statements: str) -> None:
    connection.execute(statements.encode())


@pytest.mark.parametrize("typed", [False, True])
def test_postgres_holds_rows_of_every_type(postgres: psycopg.Connection, typed: bool) -> None:
    run(postgres, to_sql(ALL_TYPES, "postgresql", typed))
    postgres.execute("SET TIME ZONE 'UTC'")
    with postgres.cursor() as cursor:
        cursor.executemany(insert("%s").encode(), rows(TYPED_EVENTS if typed else EVENTS))
    found = postgres.execute(SELECT.encode()).fetchall()
    assert found == rows(TYPED_EVENTS if typed else [with_dates(event) for event in EVENTS])


def with_dates(event: dict[str, Any]) -> dict[str, Any]:
    """``event`` with its date as a ``date``: all that PostgreSQL reads in a table that is not typed."""
    return event | {name: date.fromisoformat(event[name]) for name in ("a_date",) if name in event}


def test_postgres_keeps_names_and_types_as_comments(postgres: psycopg.Connection) -> None:
    run(postgres, to_sql([ALL_TYPES, *NAMED, RESERVED], "postgresql"))
    found = postgres.execute(
        "SELECT relname, obj_description(oid) FROM pg_class"
        " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    ).fetchall()
    events = {read_event(comment): table for table, comment in found}
    assert set(events) == {"placed order", *HARD_NAMES, "reserved"}
    assert events["back\\slash"] == "back\\slash"
    assert len(events["\u4f8b" * 255].encode()) <= 63
    columns = postgres.execute(
        "SELECT column_name, col_description('\"placed order\"'::regclass, ordinal_position) FROM"
        " information_schema.columns WHERE table_name = 'placed order' ORDER BY ordinal_position"
    ).fetchall()
    assert [(name, read_property(comment)) for name, comment in columns] == [
        (name, (name, type_)) for name, type_ in ALL_TYPES.properties.items()
    ]


def test_postgres_refuses_longer_texts(postgres: psycopg.Connection) -> None:
    run(postgres, to_sql(ALL_TYPES, "postgresql", rules=Rules(max_string_length=300)))
    for name, length in (("a_url", 300), ("a_email", MAX_EMAIL_LENGTH)):
        statement = quoted.SQL("INSERT INTO {} ({}) VALUES (%s)").format(
            *map(quoted.Identifier, ("placed order", name))
        )
        postgres.execute(statement, ["\u00e9" * length])
        with pytest.raises(psycopg.errors.StringDataRightTruncation):
            postgres.execute(statement, ["\u00e9" * (length + 1)])


@pytest.mark.slow
def test_postgres_holds_1_600_columns(postgres: psycopg.Connection) -> None:
    run(postgres, to_sql(EventSchema("e", {f"p{number}": "bool" for number in range(1600)}), "postgresql"))


# --- DuckDB ---


@pytest.fixture
def duckdb() -> Iterator[Any]:
    package = pytest.importorskip("duckdb", reason="the extra interop brings it")
    with closing(package.connect()) as connection:
        yield connection


@pytest.mark.parametrize("typed", [False, True])
def test_duckdb_holds_rows_of_every_type(duckdb: Any, typed: bool) -> None:
    duckdb.execute(to_sql(ALL_TYPES, "duckdb", typed))
    duckdb.execute("SET TimeZone = 'UTC'")
    for row in rows(TYPED_EVENTS if typed else EVENTS):
        duckdb.execute(insert("?"), row)
    described = duckdb.execute('SELECT column_name, column_type FROM (DESCRIBE "placed order")').fetchall()
    types = ["BOOLEAN", "BIGINT", "DOUBLE", "VARCHAR", "DATE", "VARCHAR", "VARCHAR", "VARCHAR"]
    types[5] = "TIMESTAMP WITH TIME ZONE" if typed else "VARCHAR"
    assert described == list(zip(COLUMNS, types, strict=True))
    found = duckdb.execute(
        'SELECT * REPLACE (epoch_us("a_dateTime"::TIMESTAMPTZ) AS "a_dateTime") FROM "placed order"'
    ).fetchall()
    assert found == [
        tuple(micros(value) if name == "a_dateTime" else value for name, value in zip(COLUMNS, row, strict=True))
        for row in rows(TYPED_EVENTS)
    ]


def micros(moment: Any) -> int | None:
    return None if moment is None else (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def test_duckdb_takes_every_name_and_keeps_comments(duckdb: Any) -> None:
    duckdb.execute(to_sql([*NAMED, RESERVED], "duckdb"))
    found = duckdb.execute("SELECT table_name, comment FROM duckdb_tables()").fetchall()
    assert {table: read_event(comment) for table, comment in found} == {
        name: name for name in (*HARD_NAMES, "reserved")
    }


# --- all dialects ---


@pytest.mark.parametrize("typed", [False, True])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_parses(dialect: str, typed: bool) -> None:
    sqlglot = pytest.importorskip("sqlglot", reason="the extra interop brings it")
    listed = [ALL_TYPES, *NAMED, RESERVED]
    name = {"postgresql": "postgres"}.get(dialect, dialect)
    statements = [each for each in sqlglot.parse(to_sql(listed, dialect, typed), read=name) if each is not None]
    assert not any(isinstance(each, sqlglot.exp.Command) for each in statements), "a statement that is not understood"
    tables = [each for each in statements if isinstance(each, sqlglot.exp.Create)]
    assert len(tables) == len(listed)
    for schema, table in zip(listed, tables, strict=True):
        columns = [column.name for column in table.find_all(sqlglot.exp.ColumnDef)]
        assert columns == list(schema.properties)


def test_clickhouse_has_an_engine_and_nullable_columns() -> None:
    text = to_sql(EventSchema("a\\b", {"n": "int", "at": "dateTime"}), "clickhouse", typed=True)
    lost = (
        "A point in time in UTC, to the microsecond: the offset as sent, further digits and leap seconds get lost. "
        "Years before 1900 and after 2299 are not supported."
    )
    assert text.splitlines() == [
        r'-- Event "a\\b".',
        r'CREATE TABLE "a\\b" (',
        """    "n" Nullable(Int64) COMMENT 'Property n of type int.',""",
        f"""    "at" Nullable(DateTime64(6, 'UTC')) COMMENT 'Property at of type dateTime. {lost}'""",
        r""") ENGINE = MergeTree ORDER BY tuple() COMMENT 'Event "a\\\\b".';""",
    ]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_event_without_properties_has_no_table(dialect: str) -> None:
    assert to_sql(EventSchema("e"), dialect) == '-- Event "e".\n-- No table, since a table needs a column.\n'
    assert [remark.sentence for remark in sql_remarks(EventSchema("e"), dialect)] == [
        "No table, since a table needs a column."
    ]
    assert to_sql([], dialect) == ""


@pytest.mark.parametrize(
    ("dialect", "most"), [(name, each.max_columns) for name, each in DIALECTS.items() if each.max_columns]
)
def test_a_table_has_at_most_so_many_columns(dialect: str, most: int) -> None:
    schema = EventSchema("e", {f"p{number}": "int" for number in range(most + 1)})
    message = f"expected at most {most:,} properties for {dialect}, found {most + 1:,} in the event 'e'"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        to_sql(schema, dialect)


@pytest.mark.slow
@pytest.mark.parametrize("dialect", ["clickhouse", "duckdb", "snowflake"])
def test_a_table_of_10_000_columns(dialect: str) -> None:
    text = to_sql(EventSchema("e", {f"p{number}": "int" for number in range(10_000)}), dialect)
    assert '"p9999"' in text


@pytest.mark.parametrize("dialect", ["sqlite", "mysql", "duckdb"])
def test_columns_that_differ_in_case_are_an_error(dialect: str) -> None:
    with pytest.raises(
        ValueError, match=f"^expected properties of different names in {dialect}, found 'a' and 'A', both"
    ):
        to_sql(EventSchema("e", {"a": "int", "A": "int"}), dialect)


@pytest.mark.parametrize("dialect", ["postgresql", "clickhouse", "snowflake"])
def test_columns_that_differ_in_case_are_two(dialect: str) -> None:
    text = to_sql(EventSchema("e", {"a": "int", "A": "int"}), dialect)
    assert '"a"' in text
    assert '"A"' in text


@pytest.mark.parametrize("dialect", ["sqlite", "duckdb"])
def test_tables_that_differ_in_case_are_an_error(dialect: str) -> None:
    with pytest.raises(
        ValueError, match=f"^expected events of different names in {dialect}, found 'Order' and 'order', "
    ):
        to_sql([EventSchema("Order", {"a": "int"}), EventSchema("order", {"a": "int"})], dialect)


def test_mysql_texts_are_as_large_as_they_may_be() -> None:
    schema = EventSchema("e", {"a": "string"})
    for length, type_ in ((16_383, "TEXT"), (16_384, "LONGTEXT")):
        assert f"`a` {type_} COMMENT" in to_sql(schema, "mysql", rules=Rules(max_string_length=length))


def test_mysql_names_and_comments_are_within_its_limits() -> None:
    text = to_sql(EventSchema("x" * 3000 + "\U0001f600", {"a" * 3000: "int"}), "mysql")
    names = re.findall("`([^`]*)`", text)
    assert [len(name) for name in names] == [64, 64]
    assert all(len(comment) <= 1024 for comment in re.findall("COMMENT[ =]'([^']*)'", text))
    assert "`ends here _`" in to_sql(EventSchema("ends here  ", {"a": "int"}), "mysql")


def test_an_unknown_dialect_is_an_error() -> None:
    message = "dialect: expected one of postgresql, sqlite, mysql, clickhouse, duckdb, snowflake, found 'oracle'"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        to_sql(ALL_TYPES, "oracle")
