"""A validator accepts every request that is accepted, and refuses what no event of the schemas is."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from eventschema import EventSchema, Rules
from eventschema.core.names import is_event_name
from eventschema.export import to_request_schema
from eventschema.testing import rules as any_rules
from eventschema.testing import schemas as any_schemas
from eventschema.testing import track_requests
from tests.export.schemas import ALL_TYPES
from tests.export.test_jsonschema import ENGINES, IsValid, one_engine_quickly
from tests.support import load_cases, rules_of

ORDER = EventSchema("order", {"total": "float"})
CONTACT = {"email": "ann@example.com"}


def validator(*arguments: Any, engine: str = "regex", **options: Any) -> IsValid:
    return ENGINES[engine](to_request_schema(*arguments, **options))


@one_engine_quickly
@given(data=st.data())
def test_accepted_requests_are_valid(engine: str, data: st.DataObject) -> None:
    rules = replace(data.draw(any_rules()), new_properties="add", invalid="reject")
    schema = data.draw(any_schemas(rules).filter(lambda schema: is_event_name(schema.name, rules)))
    is_known = data.draw(st.booleans())
    request = data.draw(track_requests(schema if is_known else None, rules))
    assume(is_known or request["eventName"] != schema.name)
    assert validator([schema], engine=engine, rules=rules)(request)


@pytest.mark.parametrize(
    "case", [case for case in load_cases("track") if "accepted" in case], ids=lambda case: case["why"]
)
def test_the_accepted_requests_of_the_table_are_valid(case: Any) -> None:
    schemas = [EventSchema.from_dict(case["schema"])] if "schema" in case else []
    assert validator(schemas, rules=rules_of(case))(case["request"])


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"eventName": "order"},
        {"eventName": "order", "contact": {}},
        {"eventName": "order", "contact": {"city": "Oslo"}},
        {"eventName": "order", "contact": {"email": None}},
        {"eventName": "order", "contact": {"email": "ann"}},
        {"eventName": "order", "contact": {"phoneNumber": "020"}},
        {"eventName": "order", "contact": {"id": ""}},
        {"eventName": "order", "contact": CONTACT | {"a b": 1}},
        {"eventName": "order", "contact": CONTACT | {"a": {}}},
        {"eventName": "order", "contact": CONTACT | {"a": [1]}},
        {"eventName": "order", "contact": CONTACT, "propertes": {}},
        {"eventName": "order", "contact": CONTACT, "properties": []},
        {"eventName": "order", "contact": CONTACT, "properties": {"total": "x"}},
        {"eventName": "order", "contact": CONTACT, "eventTime": "2026-03-05"},
        {"eventName": "order", "contact": CONTACT, "eventID": "1"},
        {"eventName": "order", "contact": CONTACT, "origin": "a\nb"},
        {"eventName": "", "contact": CONTACT},
        {"eventName": "a\nb", "contact": CONTACT},
    ],
)
def test_invalid_requests(request_: dict[str, Any]) -> None:
    assert not validator(ORDER)(request_)
    assert not validator([ORDER, ALL_TYPES], closed=True)(request_)


def test_closed_accepts_known_events_and_properties_alone() -> None:
    is_open, is_closed = validator([ORDER]), validator([ORDER], closed=True)
    known = {"eventName": "order", "contact": CONTACT, "properties": {"total": 1}}
    for more in ({}, {"properties": {"other": 1}}, {"eventName": "another"}):
        assert is_open(known | more)
        assert is_closed(known | more) is not bool(more)


def test_no_event_is_known_without_schemas() -> None:
    request = {"eventName": "order", "contact": CONTACT}
    assert validator([])(request)
    assert not validator([], closed=True)(request)


def test_events_named_as_other_definitions_are_no_clash() -> None:
    schemas = [EventSchema("contact", {"a": "int"}), EventSchema("other event", {"b": "int"})]
    document = to_request_schema(schemas)
    assert list(document["$defs"]) == ["contact_2", "other_event_2", "other_event", "contact"]
    assert validator(schemas)({"eventName": "contact", "contact": CONTACT, "properties": {"a": 1}})
    assert not validator(schemas)({"eventName": "contact", "contact": CONTACT, "properties": {"a": "x"}})


def test_an_event_with_too_long_a_name_is_left_out() -> None:
    rules = Rules(max_event_name_length=5)
    assert "orders" not in str(to_request_schema([ORDER, EventSchema("orders")], rules=rules))
