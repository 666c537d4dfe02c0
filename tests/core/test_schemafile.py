"""``schemafile``: many schemas in one text, and texts that are no such file."""

import json
import re
from typing import Any

import pytest

from eventschema import EventSchema, dumps_schemas, loads_schemas
from tests.support import load_cases, row_id

GROWN = EventSchema("größe", {"b": "int"}).merge({"a": 1.5}).schema
TEXT = """\
{
  "format": 1,
  "schemas": [
    {
      "format": 1,
      "name": "a",
      "version": 0,
      "properties": {},
      "since": {}
    },
    {
      "format": 1,
      "name": "größe",
      "version": 1,
      "properties": {
        "b": "int",
        "a": "float"
      },
      "since": {
        "a": 1
      }
    }
  ]
}
"""


@pytest.mark.parametrize(
    "schemas",
    [
        [GROWN, EventSchema("a")],
        (EventSchema("a"), GROWN),
        {"x": GROWN, "y": EventSchema("a")},
    ],
)
def test_what_is_written(schemas: Any) -> None:
    assert dumps_schemas(schemas) == TEXT
    if isinstance(schemas, list):
        assert dumps_schemas(iter(schemas)) == TEXT


@pytest.mark.parametrize(
    "text",
    [TEXT, "\ufeff" + TEXT, TEXT.encode(), ("\ufeff" + TEXT).encode()],
    ids=["text", "text, BOM", "bytes", "bytes, BOM"],
)
def test_what_is_read(text: str | bytes) -> None:
    schemas = loads_schemas(text)
    assert list(schemas) == ["a", "größe"]
    assert schemas == {"a": EventSchema("a"), "größe": GROWN}


@pytest.mark.parametrize("schema", [GROWN, EventSchema("a"), EventSchema("a", {"x": "int"})])
def test_the_document_of_one_schema(schema: EventSchema) -> None:
    assert loads_schemas(json.dumps(schema.to_dict())) == {schema.name: schema}
    assert loads_schemas(b"\xef\xbb\xbf" + json.dumps(schema.to_dict()).encode()) == {schema.name: schema}


def test_what_a_person_writes_may_leave_out_the_format() -> None:
    text = '{"schemas": [{"name": "a", "properties": {"x": "int"}}, {"format": 1, "name": "b", "properties": {}}]}'
    assert loads_schemas(text) == {"a": EventSchema("a", {"x": "int"}), "b": EventSchema("b")}
    assert loads_schemas('{"name": "a", "properties": {"x": "int"}}') == {"a": EventSchema("a", {"x": "int"})}


def test_no_schemas() -> None:
    assert loads_schemas(dumps_schemas([])) == {}


def test_two_of_a_name_are_not_written() -> None:
    with pytest.raises(ValueError, match=r"^expected one schema for each name, found 3 for 2 names$"):
        dumps_schemas([GROWN, EventSchema("a"), GROWN])


@pytest.mark.parametrize("case", load_cases("documents")["files"], ids=row_id)
def test_refuse(case: dict[str, Any]) -> None:
    for text in (case["text"], case["text"].encode()):
        with pytest.raises(ValueError, match=f"^{re.escape(case['message'])}$"):
            loads_schemas(text)


def test_bytes_that_are_no_utf8() -> None:
    with pytest.raises(ValueError, match=r"^Expected UTF-8, found another byte at 1, at the root\.$"):
        loads_schemas(b'"\xff"')


def test_json_that_is_too_deep() -> None:
    with pytest.raises(ValueError, match=r"^Expected a schema file, found JSON nested too deep, at the root\.$"):
        loads_schemas("[" * 10**6)


@pytest.mark.parametrize("sign", ["", "-"])
def test_numbers_of_any_length(sign: str) -> None:
    document = EventSchema("e").to_dict() | {"version": "N"}
    text = json.dumps({"format": 1, "schemas": [document]})
    for digits in (19, 20, 21, 10**5):
        with pytest.raises(
            ValueError, match=r"^Expected 0, the last version in since, found -?\w+, at /schemas/0/version\.$"
        ):
            loads_schemas(text.replace('"N"', f"{sign}{'9' * digits}"))


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63) + 1])
def test_numbers_of_64_bits_are_read_to_the_last_digit(number: int) -> None:
    text = json.dumps({"format": 1, "schemas": [EventSchema("e").to_dict() | {"version": number}]})
    with pytest.raises(ValueError, match=f"found {number}, at /schemas/0/version"):
        loads_schemas(text)


def test_a_key_twice_among_many() -> None:
    keys = [*map(str, range(10**5)), "x" * 10**5, "x" * 10**5]
    with pytest.raises(
        ValueError, match=r"^Expected each key once in an object, found a second one, at /x{128}\.\.\.\.$"
    ):
        loads_schemas("{" + ",".join(f'"{key}":0' for key in keys) + "}")


def test_a_key_twice_whatever_its_value() -> None:
    with pytest.raises(ValueError, match="found a second one, at /a"):
        loads_schemas('{"a": null, "a": null}')
