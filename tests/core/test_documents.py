"""``documents``: what is read back, and every way in which the document of a schema can be wrong."""

import json
import re
from types import MappingProxyType
from typing import Any

import pytest

from eventschema import EventSchema, PropertyType
from eventschema.core.documents import read_base_version, read_properties
from tests.hostile_values import Colour, Text
from tests.support import load_cases, row_id

CASES = load_cases("documents")


@pytest.mark.parametrize("case", CASES["accept"], ids=row_id)
def test_accept(case: dict[str, Any]) -> None:
    schema = EventSchema.from_dict(case["document"])
    assert (schema.name, schema.version) == (case["document"]["name"], case["version"])
    assert [(name, schema.since(name)) for name in schema.properties] == list(case["since"].items())
    assert schema.properties == case["document"]["properties"]
    assert EventSchema.from_dict(MappingProxyType(case["document"])) == schema


@pytest.mark.parametrize("case", CASES["refuse"], ids=row_id)
def test_refuse(case: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(case['message'])}$"):
        EventSchema.from_dict(case["document"])


@pytest.mark.parametrize("case", CASES["refuse"], ids=row_id)
def test_a_document_inside_another_is_refused_at_its_place(case: dict[str, Any]) -> None:
    before, _, place = case["message"].removesuffix(".").rpartition(" at ")
    place = "/x/0" + ("" if place == "the root" else place)
    with pytest.raises(ValueError, match=f"^{re.escape(f'{before} at {place}.')}$"):
        EventSchema.from_dict(case["document"], "/x/0")


@pytest.mark.parametrize("version", [None, 0, 1, 10**30])
def test_base_versions(version: int | None) -> None:
    assert read_base_version(version, "/baseVersion") is version


@pytest.mark.parametrize(
    ("value", "found"),
    [(-1, "-1"), (0.0, "float"), (1.0, "float"), (True, "bool"), ("1", "'1'"), ([], "array")],
)
def test_what_is_no_base_version(value: object, found: str) -> None:
    message = f"^Expected a version of at least 0, or null, found {found}, at /baseVersion\\.$"
    with pytest.raises(ValueError, match=message):
        read_base_version(value, "/baseVersion")


def test_a_version_of_more_digits_than_python_prints() -> None:
    document = {"format": 1, "name": "e", "properties": {"a": "int", "b": "int"}, "since": {"b": 10**5000}}
    message = "Expected a version from 1 to 2, as many as there are properties, found int, at /since/b."
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        EventSchema.from_dict(document)


def test_properties_named_by_instances_of_odd_classes() -> None:
    types = read_properties({Colour.RED: "int", Text("abc"): "url"}, "/properties")
    assert types == {"red": PropertyType.INT, "abc": PropertyType.URL}
    assert {type(name) for name in types} == {str}


@pytest.mark.parametrize("name", [1, None, b"a", ("a",)])
def test_properties_named_by_what_is_no_text(name: object) -> None:
    place = f"/properties/<{type(name).__name__}>"
    with pytest.raises(ValueError, match=f"^Expected a name of latin letters, digits and _, found another, at {place}"):
        read_properties({name: "int"}, "/properties")


def test_what_is_written() -> None:
    schema = EventSchema("e", {"b": "int", "a": "dateTime"}).merge({"d": 1.5, "c": True}).schema
    assert json.dumps(schema.to_dict()) == (
        '{"format": 1, "name": "e", "version": 1, '
        '"properties": {"b": "int", "a": "dateTime", "d": "float", "c": "bool"}, "since": {"d": 1, "c": 1}}'
    )
    assert {type(word) for word in schema.to_dict()["properties"].values()} == {str}


def test_what_is_written_is_nobody_elses() -> None:
    schema = EventSchema("e", {"a": "int"}).merge({"b": 1}).schema
    document = schema.to_dict()
    for field in ("properties", "since"):
        document[field].clear()
    assert schema.to_dict() == schema.merge({}).schema.to_dict() != document


def test_long_names_and_texts_are_cut() -> None:
    for document in (
        {"format": 1, "name": "e", "properties": {"é" * 10**6: "int"}},
        {"format": 1, "name": "e", "properties": {"a": "x" * 10**6}},
        {"format": 1, "name": "e", "properties": {}, "x" * 10**6: 1},
        {"format": 1, "name": "e", "properties": {}, "since": {"\ud800" * 10**6: 1}},
    ):
        with pytest.raises(ValueError, match=r"^Expected .*\.\.\.") as caught:
            EventSchema.from_dict(document)
        assert len(str(caught.value).encode()) < 1100
