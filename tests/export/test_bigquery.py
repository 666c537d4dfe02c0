import re

import pytest
from hypothesis import given

from eventschema import EventSchema, PropertyType, Rules
from eventschema.export import to_bigquery
from eventschema.testing import schemas

#: The rules for column names in BigQuery's documentation, "Specifying a schema".
COLUMN = re.compile("[A-Za-z_][A-Za-z0-9_]{0,299}")
RESERVED = re.compile("_TABLE_|_FILE_|_PARTITION|_ROW_TIMESTAMP|__ROOT__|_COLIDENTIFIER|_CHANGE_", re.IGNORECASE)


def test_the_fields_of_a_table() -> None:
    fields = to_bigquery(EventSchema("order", {"total": "float", "email": "email", "at": "dateTime", "note": "string"}))
    assert [(field["name"], field["type"], field.get("maxLength")) for field in fields] == [
        ("total", "FLOAT64", None),
        ("email", "STRING", "254"),
        ("at", "TIMESTAMP", None),
        ("note", "STRING", "2048"),
    ]
    assert {field["mode"] for field in fields} == {"NULLABLE"}
    assert fields[1]["description"] == "Property email of type email. Any text is accepted."


def test_the_limit_of_the_rules_is_that_of_the_texts() -> None:
    schema = EventSchema("order", {type_.value: type_ for type_ in PropertyType})
    lengths = {field["name"]: field.get("maxLength") for field in to_bigquery(schema, rules=Rules(max_string_length=9))}
    assert lengths == dict.fromkeys(schema.properties) | {"string": "9", "email": "9", "url": "9"}


@given(schemas())
def test_names_are_lawful(schema: EventSchema) -> None:
    try:
        fields = to_bigquery(schema)
    except ValueError as error:
        assert "properties of different names in BigQuery" in str(error)  # noqa: PT017  (a collision is drawn at times)
        return
    assert all(COLUMN.fullmatch(field["name"]) for field in fields)


@pytest.mark.parametrize(
    ("name", "column"),
    [("1st", "_1st"), ("_table_x", "x_table_x"), ("_PARTITIONDATE", "x_PARTITIONDATE"), ("a" * 300, "a" * 300)],
)
def test_a_column_name(name: str, column: str) -> None:
    [field] = to_bigquery(EventSchema("e", {name: "int"}))
    assert field["name"] == column
    assert COLUMN.fullmatch(column)
    assert not RESERVED.match(column)


def test_a_long_column_name_is_cut() -> None:
    [field] = to_bigquery(EventSchema("e", {"a" * 301: "int"}))
    assert len(field["name"]) == 300


def test_columns_that_differ_in_case_are_an_error() -> None:
    with pytest.raises(ValueError, match=r"^expected properties of different names in BigQuery, found 'a' and 'A', "):
        to_bigquery(EventSchema("e", {"a": "int", "A": "int"}))


def test_tables_by_name() -> None:
    tables = to_bigquery([EventSchema("placed order"), EventSchema("50% off / \u00fcber", {"a": "int"})])
    assert list(tables) == ["placed order", "50_ off _ \u00fcber"]


def test_columns_are_at_most_10_000() -> None:
    names = {f"p{number}": "int" for number in range(10_000)}
    assert len(to_bigquery(EventSchema("e", names))) == 10_000
    with pytest.raises(
        ValueError, match=r"^expected at most 10,000 properties for BigQuery, found 10,001 in the event"
    ):
        to_bigquery(EventSchema("e", names | {"one_more": "int"}))
