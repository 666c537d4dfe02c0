from typing import Any

import jsonschema_rs
import pytest

from eventschema import EventSchema, Rules
from eventschema.export import to_tracking_plan
from tests.export.schemas import ALL_TYPES

CLICKED = EventSchema("clicked", {"a_int": "int", "a_date": "string"})


def test_segment_validates_the_properties() -> None:
    [rule] = to_tracking_plan(ALL_TYPES, "segment", closed=True)["rules"]
    assert (rule["type"], rule["key"], rule["version"]) == ("TRACK", "placed order", 1)
    schema = rule["jsonSchema"]
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert set(schema["properties"]) == {"context", "traits", "properties"}
    is_valid = jsonschema_rs.validator_for(schema).is_valid
    assert is_valid({"properties": {"a_int": 1, "a_date": "2026-03-05", "a_dateTime": "2026-03-05T09:30"}})
    assert not is_valid({"properties": {"a_int": 1.5}})
    assert not is_valid({"properties": {"other": 1}})


def test_segment_rules_are_one_an_event() -> None:
    plan = to_tracking_plan({"a": CLICKED, "b": ALL_TYPES}, "segment")
    assert [rule["key"] for rule in plan["rules"]] == ["clicked", "placed order"]
    assert to_tracking_plan([], "segment") == {"rules": []}


def test_rudderstack_has_three_documents() -> None:
    plan = to_tracking_plan([ALL_TYPES, CLICKED], "rudderstack")
    assert [(name, document["version"], document["kind"]) for name, document in plan.items()] == [
        ("properties", "rudder/v1", "properties"),
        ("events", "rudder/v1", "events"),
        ("tracking-plan", "rudder/v1", "tracking-plan"),
    ]
    events = plan["events"]["spec"]["events"]
    assert [(event["id"], event["name"], event["event_type"]) for event in events] == [
        ("placed_order", "placed order", "track"),
        ("clicked", "clicked", "track"),
    ]


def test_rudderstack_refers_to_what_is_there() -> None:
    plan = to_tracking_plan([ALL_TYPES, CLICKED], "rudderstack")
    properties = {f"#property:{each['id']}": each for each in plan["properties"]["spec"]["properties"]}
    events = {f"#event:{event['id']}" for event in plan["events"]["spec"]["events"]}
    rules = plan["tracking-plan"]["spec"]["rules"]
    used: list[dict[str, Any]] = [each for rule in rules for each in rule["properties"]]
    assert {rule["event"] for rule in rules} == events
    assert {each["property"] for each in used} == set(properties)
    assert properties["#property:a_int_integer"] == {
        "id": "a_int_integer",
        "name": "a_int",
        "types": ["integer", "null"],
        "description": "Property a_int of type int. A validator that reads numbers as doubles is inexact beyond 2^53.",
        "config": {"minimum": -(2**63), "maximum": 2**63 - 1},
    }


def test_rudderstack_has_one_property_for_each_name_and_type() -> None:
    schemas = [
        EventSchema("a", {"x": "date"}),
        EventSchema("b", {"x": "email", "y": "date"}),
        EventSchema("c", {"x": "int"}),
    ]
    listed = to_tracking_plan(schemas, "rudderstack")["properties"]["spec"]["properties"]
    assert [(each["id"], each["name"], each["types"]) for each in listed] == [
        ("x_string", "x", ["string", "null"]),
        ("y_string", "y", ["string", "null"]),
        ("x_integer", "x", ["integer", "null"]),
    ]
    assert listed[0]["config"] == {"max_length": 2048}, (
        "any text, since it is a date in one event and an email in another"
    )
    assert set(listed[1]["config"]) == {"max_length", "pattern"}


@pytest.mark.parametrize(
    ("name", "property_", "kind"),
    [("e" * 65, "p" * 65, "event names of at most 64"), ("e" * 64, "p" * 66, "property names of at most 65")],
)
def test_rudderstack_takes_no_longer_names(name: str, property_: str, kind: str) -> None:
    assert to_tracking_plan(EventSchema("e" * 64, {"p" * 65: "int"}), "rudderstack")
    with pytest.raises(ValueError, match=f"^expected {kind} characters for RudderStack, found 6[56] in '[ep]*'$"):
        to_tracking_plan(EventSchema(name, {property_: "int"}), "rudderstack")


@pytest.mark.parametrize(
    ("options", "expected"),
    [({}, True), ({"closed": True}, False), ({"rules": Rules(new_properties="reject")}, False)],
)
def test_rudderstack_says_whether_further_properties_may_come(options: dict[str, Any], expected: bool) -> None:
    [rule] = to_tracking_plan(CLICKED, "rudderstack", **options)["tracking-plan"]["spec"]["rules"]
    assert rule["additional_properties"] is expected


def test_an_unknown_vendor_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"^vendor: expected segment or rudderstack, found 'snowplow'$"):
        to_tracking_plan(CLICKED, "snowplow")  # type: ignore[arg-type]
