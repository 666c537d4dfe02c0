"""Every violation has a schema, which takes what its class writes."""

from enum import StrEnum
from typing import Any, Literal

import jsonschema_rs
import pytest

import eventschema
from eventschema import (
    ContactConflict,
    ContactNotFound,
    MalformedRequest,
    NameConflict,
    PropertyType,
    Rules,
    TooManyProperties,
    TypeConflict,
    UnknownEvent,
    UnknownField,
    UnsupportedType,
    Violation,
    problem_details,
)
from eventschema.web.errors import _type_schema, error_classes, error_schemas
from eventschema.web.openapi import openapi

VIOLATIONS: list[Violation] = [
    TooManyProperties("/properties", 100, 101),
    UnsupportedType("/properties/a~1b", "object"),
    TypeConflict("/properties/total", PropertyType.INT, PropertyType.FLOAT, 0),
    MalformedRequest("", "object", "array"),
    UnknownField("/\U0001f600", "\U0001f600"),
    ContactConflict("/contact", ("email", "phoneNumber")),
]


def validator() -> Any:
    """The validator of problem documents, as the OpenAPI document describes them."""
    document = openapi(Rules(), has_tokens=False)
    schema = {**document, "$ref": "#/components/schemas/Problem"}
    return jsonschema_rs.validator_for(schema)


def test_every_violation_is_described() -> None:
    public = {getattr(eventschema, name) for name in eventschema.__all__}
    violations = {kind for kind in public if isinstance(kind, type) and issubclass(kind, Violation)}
    assert set(error_classes()) == violations - {Violation, UnknownEvent, NameConflict}
    mapping = error_schemas()["Error"]["discriminator"]["mapping"]
    assert mapping == {kind.code: f"#/components/schemas/{kind.__name__}" for kind in error_classes()}


@pytest.mark.parametrize("violation", VIOLATIONS, ids=lambda violation: violation.code)
def test_what_a_violation_writes_is_as_described(violation: Violation) -> None:
    problem = problem_details([violation])
    assert validator().is_valid(problem)
    for field in violation.to_dict():
        assert not validator().is_valid({**problem, "errors": [{**violation.to_dict(), field: ["x", 1]}]}), field
        shorter = {name: value for name, value in violation.to_dict().items() if name != field}
        assert not validator().is_valid({**problem, "errors": [shorter]}), field
    assert not validator().is_valid({**problem, "errors": [{**violation.to_dict(), "more": 1}]})


@pytest.mark.parametrize("kind", error_classes(), ids=lambda kind: kind.code)
def test_every_field_is_described(kind: type[Violation]) -> None:
    schema = error_schemas()[kind.__name__]
    assert schema["required"] == list(schema["properties"]) == ["code", "pointer", "message", *kind.__match_args__[1:]]
    texts = [
        schema["description"],
        *(field.get("description", "a constant") for field in schema["properties"].values()),
    ]
    assert all(texts)
    assert not any("``" in text or ":class:" in text for text in texts)


def test_another_error_is_not_described() -> None:
    problem = problem_details([ContactNotFound("/contact/id")])
    assert validator().is_valid(problem)
    problem["errors"][0]["code"] = "unknown_event"
    assert not validator().is_valid(problem)


class Word(StrEnum):
    ONE = "one"
    TWO = "two"


@pytest.mark.parametrize(
    ("annotation", "schema"),
    [
        (str, {"type": "string"}),
        (Word, {"enum": ["one", "two"]}),
        (Literal["a", "b"], {"enum": ["a", "b"]}),
        (tuple[int, ...], {"type": "array", "items": {"type": "integer"}}),
        (Word | None, {"enum": ["one", "two", None]}),
        (Word | Literal["a", "one"] | None, {"enum": ["one", "two", "a", None]}),
        (Literal["a"] | Word, {"enum": ["a", "one", "two"]}),
        (Literal["a"] | int | None, {"anyOf": [{"enum": ["a", None]}, {"type": "integer"}]}),
        (int | None, {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
    ],
)
def test_the_schema_of_a_type(annotation: Any, schema: dict[str, Any]) -> None:
    assert _type_schema(annotation) == schema


@pytest.mark.parametrize("annotation", [float, bytes, dict[str, int], tuple[int, int], object])
def test_a_type_without_a_schema_is_an_error(annotation: Any) -> None:
    with pytest.raises(TypeError, match=r"^expected a type that JSON Schema can describe, found "):
        _type_schema(annotation)
