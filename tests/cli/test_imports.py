"""Schemas of other systems, read by the command."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from eventschema import EventSchema, dumps_schemas
from eventschema.export import to_json_schema, to_tracking_plan
from eventschema.export.sql import to_sql
from tests.cli.conftest import Run
from tests.databases import new_database
from tests.export.schemas import ALL_TYPES

ORDER = EventSchema("order", {"total": "float"})


@pytest.fixture(autouse=True)
def documents(tmp_path: Path) -> None:
    untitled = {"type": "object", "properties": {"total": {"type": "number", "minimum": 0}, "items": {"type": "array"}}}
    files: dict[str, Any] = {
        "one.json": to_json_schema(ORDER),
        "two.json": to_json_schema([ORDER, ALL_TYPES]),
        "other.json": to_json_schema(EventSchema("order", {"total": "int"})),
        "untitled.json": untitled,
        "plan.json": to_tracking_plan([ORDER, ALL_TYPES], "segment"),
        "metadata.json": {"events": [{"name": "order", "properties": {"total": {"type": "float"}}}]},
        "nothing.json": {"rules": []},
    }
    for name, document in files.items():
        (tmp_path / name).write_text(json.dumps(document))
    (tmp_path / "twice.json").write_text('{"title": "a", "title": "b"}')


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("json-schema one.json", [ORDER]),
        ("json-schema one.json two.json", [ORDER, ALL_TYPES]),
        ("segment plan.json", [ORDER, ALL_TYPES]),
        ("omnisend metadata.json", [ORDER]),
        ("json-schema one.json --event cart", [EventSchema("cart", {"total": "float"})]),
    ],
)
def test_schemas_are_printed_as_a_schema_file(run: Run, arguments: str, expected: list[EventSchema]) -> None:
    result = run("import", "--from", *arguments.split())
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == dumps_schemas(expected)


def test_what_is_not_taken_over_is_listed(run: Run, tmp_path: Path) -> None:
    result = run("import", "--from", "json-schema", "untitled.json", "--event", "order", "-o", "declared.json")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.splitlines() == [
        "untitled.json: /properties/total/minimum: The limit minimum gets lost.",
        "untitled.json: /properties/items: The property is left out: no type takes its values: array.",
    ]
    assert (tmp_path / "declared.json").read_text() == dumps_schemas([ORDER])


def test_the_root_of_a_document_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bare.json").write_text('{"name": "order"}')
    result = run("import", "--from", "omnisend", "bare.json")
    assert result.stderr.startswith("bare.json: the root: It has no properties")


def test_a_document_comes_from_standard_input(run: Run) -> None:
    given = json.dumps(to_json_schema(ORDER)).encode()
    assert run("import", "--from", "json-schema", "-", given=given).stdout == dumps_schemas([ORDER])


@pytest.mark.parametrize("variable", [False, True])
def test_tables_of_sqlite(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: bool) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    engine = create_engine(url)
    with engine.connect() as connection:
        for schema in (ORDER, EventSchema("cart", {"size": "int"})):
            connection.exec_driver_sql(to_sql(schema, "sqlite"))
        connection.exec_driver_sql("CREATE TABLE odd (a NULLTYPE_OF_NONE)")
    engine.dispose()
    if variable:
        monkeypatch.setenv("EVENTSCHEMA_DB", url)
    database = [] if variable else ["--db", url]
    result = run("import", "--from", "sql", *database, "--table", "order", "--table", "cart", "--table", "odd")
    assert (result.exit_code, result.stderr) == (
        0,
        "--db: /odd/a: The property is left out: its type is NUMERIC, or one that SQLite does not know.\n",
    )
    expected = [ORDER, EventSchema("cart", {"size": "int"}), EventSchema("odd")]
    assert result.stdout == dumps_schemas(expected)


@pytest.mark.slow
def test_a_table_of_postgres(run: Run, postgres_server: str) -> None:
    with new_database(postgres_server) as url:
        engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
        with engine.begin() as connection:
            connection.exec_driver_sql(to_sql(ORDER, "postgresql"))
        engine.dispose()
        result = run("import", "--from", "sql", "--db", url, "--table", "order")
    assert (result.exit_code, result.stderr, result.stdout) == (0, "", dumps_schemas([ORDER]))


@pytest.mark.parametrize("source", ["arrow", "parquet"])
def test_the_schema_of_a_parquet_file(run: Run, tmp_path: Path, source: str) -> None:
    pq = pytest.importorskip("pyarrow.parquet", reason="the extra export brings it")
    from eventschema.export.arrow import to_arrow

    pq.write_table(to_arrow(ALL_TYPES).empty_table(), tmp_path / "events.parquet")
    result = run("import", "--from", source, "events.parquet")
    assert (result.exit_code, result.stderr, result.stdout) == (0, "", dumps_schemas([ALL_TYPES]))
    pq.write_table(to_arrow(ALL_TYPES).remove_metadata().empty_table(), tmp_path / "other.parquet")
    result = run("import", "--from", source, "other.parquet")
    assert result.exit_code == 2
    assert result.stderr == (
        "Error: other.parquet: Expected a name of the event, since the schema is not of an export, found none, "
        "at name. See --event.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("json-schema", "--from json-schema reads files: give at least one."),
        ("segment plan.json --event order", "--from segment has no option --event."),
        ("omnisend metadata.json --table order", "--from omnisend has no option --table."),
        ("sql --table order", "--from sql: give --db URL."),
        ("sql --db sqlite:///x.db", "--from sql reads tables: give --db URL and --table NAME, and no files."),
        ("sql one.json --table x", "--from sql reads tables: give --db URL and --table NAME, and no files."),
        ("sql --db sqlite:///x.db --table x", "--db: expected a SQLite file that exists, found none"),
        ("sql --db sqlite:///one.json --table x", "--db: the database cannot be read: file is not a database"),
        (
            "sql --db nothing --table x",
            "--db: expected the URL of a database that SQLAlchemy reads, found another text",
        ),
        ("sql --db mysql://x/y --table x", "--db: the driver of the database is missing: No module named 'MySQLdb'"),
        ("arrow -", "--from arrow: a file is read, not standard input."),
        ("json-schema one.json two.json --event order", "--event names one event: give one file or table."),
        (
            "json-schema one.json other.json",
            (
                "one.json and other.json have different schemas of the event order: "
                "total is float (declared) in the first, int (declared) in the second."
            ),
        ),
        (
            "json-schema untitled.json",
            "untitled.json: Expected a title, or a name given for the event, found neither, at the root. See --event.",
        ),
        ("json-schema twice.json", "twice.json: Expected each key once in an object, found a second one, at /title."),
        ("segment nothing.json", "No schema of an event was found."),
        ("json-schema one.json -o one.json", "one.json would be overwritten while it is in use."),
    ],
)
def test_wrong_usage(run: Run, tmp_path: Path, arguments: str, message: str) -> None:
    result = run("import", "--from", *arguments.split())
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == f"Error: {message}"
    assert not (tmp_path / "x.db").exists()
