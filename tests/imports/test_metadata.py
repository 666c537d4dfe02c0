"""Omnisend's event metadata, as its API returns it."""

import re

import pytest

from eventschema import EventSchema
from eventschema.imports import Omission, from_event_metadata

ORDER = {
    "name": "placed order",
    "displayName": "Placed Order",
    "origins": ["api"],
    "properties": {
        "orderID": {"type": "string", "displayName": "Order ID", "group": "Core"},
        "quantity": {"type": "integer"},
        "totalPrice": {"type": "float"},
        "isGift": {"type": "boolean"},
    },
}
SCHEMA = EventSchema("placed order", {"orderID": "string", "quantity": "int", "totalPrice": "float", "isGift": "bool"})


@pytest.mark.parametrize("document", [ORDER, {"event": ORDER}, {"events": [ORDER]}, [ORDER]])
def test_events_become_schemas(document: object) -> None:
    assert from_event_metadata(document) == ({"placed order": SCHEMA}, ())


def test_types_that_no_property_has_are_left_out() -> None:
    properties = {
        "tags": {"type": "stringList"},
        "product": {"type": "struct", "properties": {"id": {"type": "string"}}},
        "untyped": {},
        "other": 5,
        "a b": {"type": "string"},
        "day": {"type": "date"},
    }
    of = "which is none of string, integer, float, boolean, date"
    assert from_event_metadata({"name": "e", "properties": properties}) == (
        {"e": EventSchema("e", {"day": "date"})},
        (
            Omission("/properties/tags", f"The property is left out: its type is 'stringList', {of}."),
            Omission("/properties/product", f"The property is left out: its type is 'struct', {of}."),
            Omission("/properties/untyped", f"The property is left out: it has no type, {of}."),
            Omission("/properties/other", f"The property is left out: it has no type, {of}."),
            Omission(
                "/properties/a b",
                "The property is left out: its name has other characters than latin letters, digits and _.",
            ),
            Omission(
                "/properties/day", "Dates with a time are not accepted: declare dateTime where the events have them."
            ),
        ),
    )


def test_variants_of_an_event_become_one_schema() -> None:
    shop = {"name": "e", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}}
    other = {"name": "e", "properties": {"a": {"type": "float"}, "c": {"type": "boolean"}}}
    assert from_event_metadata([shop, other]) == (
        {"e": EventSchema("e", {"a": "int", "b": "string", "c": "bool"})},
        (
            Omission(
                "/1/properties/a", "The property is left out: it has the type int at another place, and float here."
            ),
        ),
    )


def test_events_without_properties_say_why() -> None:
    assert from_event_metadata({"events": [{"name": "e"}]}) == (
        {"e": EventSchema("e")},
        (Omission("/events/0", "It has no properties: a query needs includeProperties to return them."),),
    )


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (5, "Expected events, each with name and properties, found 5, at the root."),
        ({"events": {}}, "Expected events, each with name and properties, found object, at /events."),
        ([5], "Expected an event with name and properties, found 5, at /0."),
        ({}, "Expected the name of an event, found null, at /name."),
        ({"name": "e", "properties": []}, "Expected an object of names and types, found array, at /properties."),
    ],
)
def test_another_document_is_an_error(document: object, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        from_event_metadata(document)
