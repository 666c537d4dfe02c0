"""Tables of real databases become schemas."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, StaticPool, create_engine, make_url

from eventschema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.export.sql import to_sql
from eventschema.imports import Imported, Omission, from_sql_table
from tests.databases import new_database
from tests.export.schemas import ALL_TYPES, RESERVED

NO_TYPE = "The property is left out: no type takes its values: "


@pytest.fixture
def sqlite() -> Iterator[Engine]:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    yield engine
    engine.dispose()


@pytest.fixture
def postgres(postgres_server: str) -> Iterator[Engine]:
    with new_database(postgres_server) as url:
        engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
        yield engine
        engine.dispose()


def execute(engine: Engine, statements: str) -> None:
    with engine.connect() as connection:
        for statement in statements.split(";\n"):
            if statement.strip():
                connection.exec_driver_sql(statement)
        connection.commit()


@pytest.mark.parametrize("typed", [False, True])
def test_a_table_of_sqlite_has_no_comments(sqlite: Engine, typed: bool) -> None:
    execute(sqlite, to_sql(ALL_TYPES, "sqlite", typed))
    schemas, omissions = from_sql_table(sqlite, "placed order")
    kept = PropertyType.DATETIME if typed else PropertyType.STRING
    expected = dict(ALL_TYPES.properties) | {"a_dateTime": kept, "a_email": "string", "a_url": "string"}
    assert schemas == {"placed order": EventSchema("placed order", expected)}
    assert omissions == (
        Omission("/placed order/a_email", "The limit of 254 characters gets lost."),
        Omission("/placed order/a_url", "The limit of 2,048 characters gets lost."),
    )


def test_columns_of_other_types_in_sqlite(sqlite: Engine) -> None:
    columns = {
        "id": "INTEGER PRIMARY KEY",
        "exact": "NUMERIC(10, 2)",
        "whole": "DECIMAL(18, 0)",
        "long": "DECIMAL(19, 0)",
        "ratio": "REAL",
        "anything": "NUMERIC",
        "uid": "UUID",
        "doc": "JSON",
        "raw": "BLOB",
        "wake": "TIME",
        "code": "CHAR(3) NOT NULL",
        '"a b"': "TEXT",
        "none": "",
    }
    execute(sqlite, f"CREATE TABLE x ({', '.join(f'{name} {type_}' for name, type_ in columns.items())})")
    rounded = "Decimals become doubles, rounded as the rules say."
    unknown = "The property is left out: its type is NUMERIC, or one that SQLite does not know."
    types = {"id": "int", "exact": "float", "whole": "int", "long": "float", "ratio": "float", "code": "string"}
    assert from_sql_table(sqlite, "x", "e") == Imported(
        {"e": EventSchema("e", types)},
        (
            Omission("/x/exact", rounded),
            Omission("/x/long", rounded),
            Omission("/x/anything", unknown),
            Omission("/x/uid", unknown),
            Omission("/x/doc", f"{NO_TYPE}JSON."),
            Omission("/x/raw", f"{NO_TYPE}BLOB."),
            Omission("/x/wake", f"{NO_TYPE}TIME."),
            Omission("/x/code", "The limit of 3 characters gets lost."),
            Omission("/x/code", "That it must have a value gets lost."),
            Omission(
                "/x/a b", "The property is left out: its name has other characters than latin letters, digits and _."
            ),
            Omission("/x/none", f"{NO_TYPE}NullType."),
        ),
    )


def test_a_view_is_a_table(sqlite: Engine) -> None:
    execute(sqlite, "CREATE TABLE t (a INTEGER, b BOOLEAN);\nCREATE VIEW v AS SELECT b FROM t")
    with sqlite.connect() as connection:
        assert from_sql_table(connection, "v") == ({"v": EventSchema("v", {"b": "bool"})}, ())


@pytest.mark.parametrize("typed", [False, True])
def test_an_export_comes_back_from_postgres(postgres: Engine, typed: bool) -> None:
    long_name = EventSchema("n" * 100, {"m" * 100: "url", "1st": "email"})
    execute(postgres, to_sql([ALL_TYPES, RESERVED, long_name], "postgresql", typed))
    assert from_sql_table(postgres, "placed order") == ({"placed order": ALL_TYPES}, ())
    assert from_sql_table(postgres, "reserved") == ({"reserved": RESERVED}, ())
    with postgres.connect() as connection:
        query = "SELECT tablename FROM pg_tables WHERE tablename LIKE 'nnn%'"
        table = connection.exec_driver_sql(query.replace("%", "%%")).scalar_one()
    assert from_sql_table(postgres, table) == ({long_name.name: long_name}, ())


def test_a_column_of_another_type_now_has_that_type(postgres: Engine) -> None:
    execute(postgres, to_sql(EventSchema("e", {"a": "email", "b": "int"}), "postgresql"))
    execute(postgres, "ALTER TABLE e ALTER COLUMN a TYPE BIGINT USING NULL, ALTER COLUMN b SET NOT NULL")
    assert from_sql_table(postgres, "e") == (
        {"e": EventSchema("e", {"a": "int", "b": "int"})},
        (Omission("/e/b", "That it must have a value gets lost."),),
    )


def test_columns_of_other_types_in_postgres(postgres: Engine) -> None:
    execute(postgres, "CREATE TYPE colour AS ENUM ('red', 'blue')")
    types = "a colour, b UUID, c INET, d INTEGER[], e JSONB, f INTERVAL, g SMALLINT, h DOUBLE PRECISION, i TIMESTAMPTZ"
    execute(postgres, f"CREATE TABLE x ({types})")
    assert from_sql_table(postgres, "x") == (
        {"x": EventSchema("x", {"a": "string", "g": "int", "h": "float", "i": "dateTime"})},
        (
            Omission("/x/a", "The limit to certain values gets lost."),
            *(
                Omission(f"/x/{column}", f"{NO_TYPE}{type_}.")
                for column, type_ in {"b": "UUID", "c": "INET", "d": "ARRAY", "e": "JSONB", "f": "INTERVAL"}.items()
            ),
        ),
    )


def test_no_such_table(sqlite: Engine) -> None:
    with pytest.raises(ValueError, match=r"^table: expected the name of a table of the database, found 'orders'$"):
        from_sql_table(sqlite, "orders")


def test_a_name_that_no_event_may_have(sqlite: Engine) -> None:
    execute(sqlite, 'CREATE TABLE "a\tb" (c INTEGER)')
    with pytest.raises(ValueError, match=r"^Expected an event name .* at table\.$"):
        from_sql_table(sqlite, "a\tb")
    with pytest.raises(ValueError, match=r"^Expected an event name .* at name\.$"):
        from_sql_table(sqlite, "a\tb", "c\td")
    assert from_sql_table(sqlite, "a\tb", "e").schemas == {"e": EventSchema("e", {"c": "int"})}
