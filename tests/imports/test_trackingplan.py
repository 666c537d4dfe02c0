"""Segment's tracking plans, as its Public API takes and returns them."""

import re
from typing import Any

import pytest

from eventschema import EventSchema
from eventschema.export import to_tracking_plan
from eventschema.imports import Omission, from_tracking_plan
from tests.export.schemas import ALL_TYPES


def rule(key: str = "e", **others: Any) -> dict[str, Any]:
    properties = {"type": "object", "properties": {"p": {"type": "string"}}}
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"properties": properties}}
    return {"type": "TRACK", "key": key, "version": 1, "jsonSchema": schema} | others


def test_an_export_comes_back_as_the_api_returns_it() -> None:
    plan = {"data": to_tracking_plan([ALL_TYPES, EventSchema("b")], "segment", closed=True)}
    assert from_tracking_plan(plan) == ({"placed order": ALL_TYPES, "b": EventSchema("b")}, ())


def test_the_last_version_of_a_rule_is_read() -> None:
    older = rule(version=1, jsonSchema={"properties": {}})
    plan = {"rules": [older, rule(version=3), older | {"version": 2}]}
    later = "The rule is left out: there is a later one of the event 'e'."
    assert from_tracking_plan(plan) == (
        {"e": EventSchema("e", {"p": "string"})},
        (Omission("/rules/0", later), Omission("/rules/2", later)),
    )


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"type": "IDENTIFY"}, "The rule is left out: it is a rule of the type 'IDENTIFY', not TRACK."),
        (5, "The rule is left out: it is not a rule with a type, not TRACK."),
        (rule(key="a\nb"), "The event is left out: its key is not an event name."),
        ({"type": "TRACK", "key": "e"}, "The event is left out: it has no jsonSchema."),
        (rule(jsonSchema=True), "The event is left out: its jsonSchema has no properties."),
        (
            rule(jsonSchema={"properties": {"properties": {"type": "string"}}}),
            "The event is left out: its values are not objects.",
        ),
        (
            rule(jsonSchema={"$schema": "draft-3", "properties": {}}),
            (
                "The event is left out. Expected a JSON Schema of draft 7, 2019-09 or 2020-12, found 'draft-3', "
                "at /rules/0/jsonSchema/$schema."
            ),
        ),
    ],
)
def test_a_rule_that_cannot_be_read_is_left_out(given: object, sentence: str) -> None:
    assert from_tracking_plan({"rules": [given]}) == ({}, (Omission("/rules/0", sentence),))


@pytest.mark.parametrize("properties", [{}, {"properties": {}}, {"properties": {"type": "object"}}])
def test_a_rule_that_says_nothing_is_an_event(properties: dict[str, Any]) -> None:
    plan = {"rules": [rule(jsonSchema={"properties": properties})]}
    assert from_tracking_plan(plan) == ({"e": EventSchema("e")}, ())


def test_what_is_not_about_properties_is_listed() -> None:
    properties = {"context": {"required": ["ip"]}, "traits": {}, "userId": {"type": "string"}}
    found = from_tracking_plan({"rules": [rule(jsonSchema={"properties": properties})]})
    sentence = "Not taken over: it is not about the properties of the event."
    assert found == (
        {"e": EventSchema("e")},
        (
            Omission("/rules/0/jsonSchema/properties/context", sentence),
            Omission("/rules/0/jsonSchema/properties/userId", sentence),
        ),
    )


def test_pointers_lead_through_the_plan() -> None:
    properties = {"properties": {"p": {"$ref": "#/definitions/s"}, "q": {"type": "array"}}}
    schema = {"properties": {"properties": properties}, "definitions": {"s": {"type": "string", "minLength": 1}}}
    assert from_tracking_plan({"rules": [rule(), rule("f", jsonSchema=schema)]}).omissions == (
        Omission("/rules/1/jsonSchema/definitions/s/minLength", "The limit minLength gets lost."),
        Omission(
            "/rules/1/jsonSchema/properties/properties/properties/q",
            "The property is left out: no type takes its values: array.",
        ),
    )


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "Expected a tracking plan with rules, found object, at the root."),
        ([], "Expected a tracking plan with rules, found array, at the root."),
        ({"data": 5}, "Expected a tracking plan with rules, found 5, at /data."),
        ({"rules": {}}, "Expected an array of rules, found object, at /rules."),
    ],
)
def test_another_document_is_an_error(document: object, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        from_tracking_plan(document)
