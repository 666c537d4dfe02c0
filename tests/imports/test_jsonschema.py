"""JSON Schemas of flat objects become schemas; what cannot be taken over is listed, and never taken over wrongly."""

import json
import re
from typing import Any

import pytest

from eventschema import EventSchema, PropertyType
from eventschema.export import to_json_schema, to_request_schema
from eventschema.export.jsonschema import Document
from eventschema.imports import Imported, Omission, from_json_schema
from tests.export.schemas import ALL_TYPES

LEFT_OUT = "The property is left out: "


def of_property(schema: object, **definitions: object) -> Imported:
    return from_json_schema({"type": "object", "properties": {"p": schema}, "$defs": definitions}, "e")


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "boolean"}, "bool"),
        ({"type": "integer"}, "int"),
        ({"type": "number"}, "float"),
        ({"type": ["integer", "number"]}, "float"),
        ({"type": ["integer", "null"]}, "int"),
        ({"type": "string"}, "string"),
        ({"type": "string", "format": "date"}, "date"),
        ({"type": "string", "format": "date-time"}, "dateTime"),
        ({"type": "string", "format": "email"}, "email"),
        ({"type": "string", "format": "idn-email"}, "email"),
        ({"type": "string", "title": "T", "description": "d", "default": 1, "examples": [1], "x-own": {}}, "string"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "int"),
        ({"oneOf": [{"type": "integer"}, {"type": "number"}]}, "float"),
        ({"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]}, "string"),
        ({"anyOf": [{"type": "string"}, {"type": "string", "format": "date"}, False]}, "string"),
        ({"allOf": [{"type": ["string", "integer"]}, {"type": ["number", "boolean"]}]}, "int"),
        ({"allOf": [{"type": "string"}, {"format": "date"}]}, "date"),
        ({"allOf": [{"type": ["number", "string"]}, {"type": ["integer", "boolean"]}]}, "int"),
        ({"$ref": "#/$defs/day"}, "date"),
        ({"$ref": "#/$defs/day", "type": "string"}, "date"),
        ({"$ref": "#day"}, "date"),
        ({"$ref": "#/%24defs/a~1b~0c%20d"}, "bool"),
        ({"$ref": "#/$defs/choice/anyOf/1"}, "int"),
    ],
)
def test_the_type_of_a_property(schema: object, expected: str) -> None:
    choice = {"anyOf": [{"type": "null"}, {"type": "integer"}]}
    day = {"$anchor": "day", "type": "string", "format": "date"}
    found = of_property(schema, day=day, choice=choice, **{"a/b~c d": {"type": "boolean"}})
    assert found == ({"e": EventSchema("e", {"p": expected})}, ())


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        (True, "values of any type are valid"),
        ({}, "values of any type are valid"),
        (False, "no value is valid"),
        ({"type": "null"}, "only null is valid"),
        ({"type": "object", "properties": {"a": {"type": "integer"}}}, "no type takes its values: object"),
        ({"type": "array", "items": {"type": "string"}}, "no type takes its values: array"),
        ({"type": ["string", "integer", "null"]}, "no type takes its values: int, string"),
        ({"format": "date"}, "no type takes its values: bool, float, date, object, array"),
        ({"anyOf": [{"type": "string"}, {"type": "array"}]}, "no type takes its values: string, array"),
        ({"allOf": [{"type": "string"}, {"type": "integer"}]}, "no value is valid"),
        ({"allOf": []}, "allOf is not an array of schemas"),
        ({"anyOf": {}}, "anyOf is not an array of schemas"),
        ({"type": "int"}, "its type is 'int', which is not a type of JSON Schema"),
        ({"type": [1]}, "its type is not a text, which is not a type of JSON Schema"),
        (5, "it is not a schema"),
        ({"$ref": 5}, "its $ref is not a text"),
        ({"$ref": "#/$defs/none"}, "its $ref '#/$defs/none' leads to nothing in the document"),
        ({"$ref": "#/$defs/loop/allOf/1"}, "its $ref '#/$defs/loop/allOf/1' leads to nothing in the document"),
        ({"$ref": "#/$defs/loop/allOf/x"}, "its $ref '#/$defs/loop/allOf/x' leads to nothing in the document"),
        ({"$ref": "#nowhere"}, "its $ref '#nowhere' leads to nothing in the document"),
        ({"$ref": "other.json#/a"}, "its $ref 'other.json#/a' leads to another document, which is not fetched"),
        (
            {"$ref": "http://127.0.0.1:9/s.json"},
            "its $ref 'http://127.0.0.1:9/s.json' leads to another document, which is not fetched",
        ),
        ({"$ref": "#/properties/p"}, "its $ref leads back to itself"),
        ({"$ref": "#/$defs/loop"}, "its $ref leads back to itself"),
        ({"$ref": "#/$defs/own"}, "its $ref '#/$defs/loop' is in a part with an $id of its own"),
        ({"$dynamicRef": "#x"}, "$dynamicRef is not supported"),
        ({"$recursiveRef": "#"}, "$recursiveRef is not supported"),
        ({"$ref": "#"}, "no type takes its values: object"),
    ],
)
def test_a_property_without_a_type_is_left_out(schema: object, why: str) -> None:
    loop = {"allOf": [{"$ref": "#/$defs/loop"}]}
    own = {"$id": "own.json", "$ref": "#/$defs/loop"}
    found = of_property(schema, loop=loop, own=own)
    assert found == ({"e": EventSchema("e")}, (Omission("/properties/p", f"{LEFT_OUT}{why}."),))


@pytest.mark.parametrize(
    ("schema", "lost"),
    [
        ({"type": "string", "maxLength": 5, "minLength": 1}, ["minLength", "maxLength"]),
        ({"type": "integer", "minimum": 0, "exclusiveMaximum": 9, "multipleOf": 3}, None),
        ({"type": "string", "enum": ["a", "b"]}, ["enum"]),
        ({"const": 5}, ["const"]),
        ({"type": "string", "not": {"const": "x"}, "if": True}, ["not", "if"]),
        ({"type": "string", "pattern": "^a$"}, ["pattern"]),
    ],
)
def test_limits_get_lost(schema: dict[str, Any], lost: list[str] | None) -> None:
    names = lost or ["minimum", "exclusiveMaximum", "multipleOf"]
    assert of_property(schema).omissions == tuple(
        Omission(f"/properties/p/{name}", f"The limit {name} gets lost.") for name in names
    )


def test_a_limit_stands_where_it_is_and_once() -> None:
    short = {"type": "string", "maxLength": 5}
    document = {
        "properties": {"p": {"anyOf": [{"$ref": "#/$defs/s"}, {"type": "null"}]}, "q": {"$ref": "#/$defs/s"}},
        "$defs": {"s": short},
    }
    schemas, omissions = from_json_schema(document, "e")
    assert schemas["e"].properties == {"p": "string", "q": "string"}
    assert omissions == (Omission("/$defs/s/maxLength", "The limit maxLength gets lost."),)


@pytest.mark.parametrize(
    ("format_", "expected", "sentence"),
    [
        ("uuid", "string", "The limit format 'uuid' gets lost."),
        ("uri-reference", "string", "The limit format 'uri-reference' gets lost."),
        (
            "uri",
            "url",
            "Only urls with the schemes ftp, ftps, http, https are accepted, unless the rules have others.",
        ),
    ],
)
def test_formats_that_no_type_has(format_: str, expected: str, sentence: str) -> None:
    schemas, omissions = of_property({"type": "string", "format": format_})
    assert schemas["e"].properties == {"p": expected}
    assert omissions == (Omission("/properties/p/format", sentence),)


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"const": True}, "bool"),
        ({"enum": [1, 2.5]}, "float"),
        ({"enum": ["a", None]}, "string"),
        ({"type": "integer", "enum": [1.0]}, "int"),
    ],
)
def test_values_tell_the_type(schema: object, expected: str) -> None:
    assert of_property(schema).schemas["e"].properties == {"p": expected}


def test_draft_7_ignores_what_stands_beside_a_reference() -> None:
    day = {"type": "string", "format": "date", "$id": "#day"}
    document = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "e",
        "properties": {
            "p": {"$ref": "#/definitions/day", "type": "integer", "maxLength": 1},
            "q": {"$ref": "#day"},
        },
        "definitions": {"day": day},
    }
    assert from_json_schema(document) == ({"e": EventSchema("e", {"p": "date", "q": "date"})}, ())
    newer = document | {"$schema": "https://json-schema.org/draft/2019-09/schema"}
    assert from_json_schema(newer).omissions == (Omission("/properties/p", f"{LEFT_OUT}no value is valid."),)


def test_the_id_of_the_document_is_the_document() -> None:
    document = {
        "$id": "https://example.com/e.json",
        "properties": {"p": {"$ref": "https://example.com/e.json#/$defs/n"}},
        "$defs": {"n": {"type": "number"}},
    }
    assert from_json_schema(document, "e").schemas["e"].properties == {"p": "float"}


def test_all_of_joins_properties() -> None:
    document = {
        "title": "e",
        "type": "object",
        "allOf": [
            {"properties": {"a": {"type": ["integer", "string"]}, "b": {"type": "boolean"}}},
            {"$ref": "#/$defs/more"},
        ],
        "$defs": {"more": {"properties": {"a": {"type": ["number", "null"]}, "c": {"type": "string"}}}},
    }
    assert from_json_schema(document) == ({"e": EventSchema("e", {"a": "int", "b": "bool", "c": "string"})}, ())


def test_names_that_no_property_may_have_are_left_out() -> None:
    document = {"properties": {"order id": {"type": "string"}, "a/b": {"type": "string"}, "c": {"type": "string"}}}
    why = f"{LEFT_OUT}its name has other characters than latin letters, digits and _."
    assert from_json_schema(document, "e") == (
        {"e": EventSchema("e", {"c": "string"})},
        (Omission("/properties/order id", why), Omission("/properties/a~1b", why)),
    )


@pytest.mark.parametrize(
    ("keywords", "lost"),
    [
        ({"required": ["p"]}, ["required"]),
        ({"required": [], "additionalProperties": False, "unevaluatedProperties": False}, []),
        ({"patternProperties": {"^x": {}}, "additionalProperties": {"type": "string"}}, None),
        ({"maxProperties": 100, "minProperties": 0}, []),
        ({"maxProperties": 5, "minProperties": 1}, ["minProperties", "maxProperties"]),
        ({"anyOf": [{"required": ["p"]}, {"properties": {"q": {"type": "string"}}}]}, ["anyOf"]),
        ({"if": {}, "dependentRequired": {"p": ["q"]}, "not": {"required": ["q"]}}, ["dependentRequired", "not", "if"]),
    ],
)
def test_limits_of_an_object_get_lost(keywords: Document, lost: list[str] | None) -> None:
    names = ["patternProperties", "additionalProperties"] if lost is None else lost
    document = {"title": "e", "type": "object", "properties": {"p": {"type": "string"}}, **keywords}
    assert from_json_schema(document) == (
        {"e": EventSchema("e", {"p": "string"})},
        tuple(Omission(f"/{name}", f"The limit {name} gets lost.") for name in names),
    )


def test_a_choice_of_titled_objects_is_a_schema_for_each() -> None:
    some = {"type": "object", "properties": {"p": {"type": "string"}}}
    branches = [some | {"title": "a"}, {"$ref": "#/$defs/b"}, some, some | {"title": "a"}, {"type": "string"}, 5]
    branches.append({"title": "c", "type": "array"})
    schemas, omissions = from_json_schema({"oneOf": branches, "$defs": {"b": {"title": "b", "type": "object"}}})
    assert schemas == {"a": EventSchema("a", {"p": "string"}), "b": EventSchema("b")}
    untitled = "The event is left out: it has no title, which names the event."
    assert omissions == (
        Omission("/oneOf/2", untitled),
        Omission("/oneOf/3", "The event is left out: there is another one with the title 'a'."),
        Omission("/oneOf/4", untitled),
        Omission("/oneOf/5", untitled),
        Omission("/oneOf/6", "The event is left out: its values are not objects."),
    )


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (True, "Expected a JSON Schema, which is an object, found bool, at the root."),
        ([], "Expected a JSON Schema, which is an object, found array, at the root."),
        ({"type": "object"}, "Expected a title, or a name given for the event, found neither, at the root."),
        (
            {"title": "a\nb", "type": "object"},
            "Expected a title, or a name given for the event, found neither, at the root.",
        ),
        (
            {"title": "e", "type": "string"},
            "Expected a JSON Schema of a flat object, found one that is not: its values are not objects, at the root.",
        ),
        (
            {"title": "e"},
            "Expected a JSON Schema of a flat object, found one that is not: its values are not objects, at the root.",
        ),
        (
            {"title": "e", "$ref": "#"},
            (
                "Expected a JSON Schema of a flat object, found one that is not: its $ref leads back to itself, "
                "at the root."
            ),
        ),
        (
            {"title": "e", "allOf": [{"$ref": "https://example.com/e"}]},
            (
                "Expected a JSON Schema of a flat object, found one that is not: its $ref 'https://example.com/e' "
                "leads to another document, which is not fetched, at the root."
            ),
        ),
        ({"title": "e", "properties": []}, "Expected an object of schemas, found array, at /properties."),
        ({"anyOf": 5}, "Expected a JSON Schema, found anyOf is not an array of schemas, at the root."),
        (
            {"$schema": "http://json-schema.org/draft-04/schema#", "title": "e", "type": "object"},
            (
                "Expected a JSON Schema of draft 7, 2019-09 or 2020-12, found 'http://json-schema.org/draft-04/schema#'"
                ", at /$schema."
            ),
        ),
        (
            {"$schema": 5},
            "Expected a JSON Schema of draft 7, 2019-09 or 2020-12, found 5, at /$schema.",
        ),
    ],
)
def test_a_document_without_a_flat_object_is_an_error(document: object, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        from_json_schema(document)


def test_a_name_that_no_event_may_have_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"^Expected an event name .*, found another text, at name\.$"):
        from_json_schema({"type": "object"}, "a\nb")


def test_a_name_is_that_of_one_event() -> None:
    two = to_json_schema([ALL_TYPES, EventSchema("b")])
    with pytest.raises(ValueError, match=r"^name: expected none for a document of 2 schemas, found 'e'$"):
        from_json_schema(two, "e")
    assert from_json_schema(to_json_schema([ALL_TYPES]), "e").schemas == {"e": EventSchema("e", ALL_TYPES.properties)}


def test_whole_requests_are_refused() -> None:
    with pytest.raises(ValueError, match="a title, or a name given for the event"):
        from_json_schema(to_request_schema(ALL_TYPES) | {"title": 5, "anyOf": [], "properties": {}})
    assert from_json_schema(to_request_schema([ALL_TYPES, EventSchema("b")])).schemas == {}


@pytest.mark.slow
def test_ten_thousand_properties() -> None:
    schema = EventSchema("e", {f"p{number}": "int" for number in range(10_000)})
    assert from_json_schema(to_json_schema(schema)) == ({"e": schema}, ())


def test_references_that_double_cost_bounded_work() -> None:
    definitions: Document = {f"d{number}": {"allOf": [{"$ref": f"#/$defs/d{number + 1}"}] * 2} for number in range(40)}
    definitions["d40"] = {"type": "string", "maxLength": 1}
    document = {"properties": {"p": {"$ref": "#/$defs/d18"}, "q": {"$ref": "#/$defs/d0"}}, "$defs": definitions}
    schemas, omissions = from_json_schema(document, "e")
    assert schemas["e"].properties == {"p": "string", "q": "string"}
    assert omissions == (Omission("/$defs/d40/maxLength", "The limit maxLength gets lost."),)


def test_schemas_that_are_nested_deep_are_left_out() -> None:
    schema: Document = {"type": "string"}
    for _ in range(500):
        schema = {"allOf": [schema]}
    assert of_property(schema).omissions == (
        Omission("/properties/p", f"{LEFT_OUT}it is nested over 50 schemas deep."),
    )


def test_the_document_stays_as_it_is() -> None:
    document = to_json_schema([ALL_TYPES])
    before = json.dumps(document)
    from_json_schema(document)
    assert json.dumps(document) == before


def test_every_type_has_its_json_type() -> None:
    found = from_json_schema(to_json_schema(ALL_TYPES)).schemas["placed order"]
    assert set(found.properties.values()) == set(PropertyType)
