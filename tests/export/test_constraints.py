"""The constraints of a profile, as keywords of JSON Schema."""

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from eventschema import EventSchema, PropertyType, Rules
from eventschema.export import to_json_schema, to_request_schema
from eventschema.stream.profile import EventProfile
from eventschema.testing import conforming
from eventschema.testing import rules as any_rules
from eventschema.testing import schemas as any_schemas
from tests.export.test_jsonschema import is_json

EVENTS = [
    {"currency": "EUR" if number % 3 else "USD", "items": 1 + number % 9, "note": "n" * (number % 5 or 7) + str(number)}
    for number in range(60)
]
ORDER = EventSchema("order", {"currency": "string", "items": "int", "note": "string", "day": "date"})


def profile_of(events: list[dict[str, Any]], rules: Rules | None = None, name: str = "order") -> EventProfile:
    profile = EventProfile() if rules is None else EventProfile(rules)
    for event in events:
        profile.add(name, event)
    return profile


def exported(schema: EventSchema = ORDER, **options: Any) -> dict[str, Any]:
    rules = Rules(**options)
    return to_json_schema(schema, rules=rules, constraints=profile_of(EVENTS, rules).constraints())


def test_each_constraint_is_a_keyword() -> None:
    document = exported(nulls="reject")
    assert document["required"] == ["currency", "items", "note"]
    assert document["properties"]["currency"] == {"type": "string", "maxLength": 3, "enum": ["EUR", "USD"]}
    items = document["properties"]["items"]
    assert (items["type"], items["minimum"], items["maximum"]) == ("integer", 1, 9)
    assert (document["properties"]["note"]) == {"type": "string", "maxLength": 9}
    assert document["properties"]["day"] == to_json_schema(ORDER, rules=Rules(nulls="reject"))["properties"]["day"]
    assert document["$comment"].endswith(
        " Required properties, sets of values, ranges and lengths are those of 60 profiled events."
    )


def test_without_constraints_nothing_changes() -> None:
    for constraints in (None, {}, profile_of([]).constraints(), profile_of(EVENTS, name="other").constraints()):
        assert to_json_schema(ORDER, constraints=constraints) == to_json_schema(ORDER)


def test_a_property_of_another_type_is_not_constrained() -> None:
    schema = EventSchema("order", {"currency": "email", "items": "float", "note": "string"})
    document = exported(schema)
    assert document["required"] == ["note"]
    assert document["properties"]["items"] == to_json_schema(schema)["properties"]["items"]


def test_ranges_of_floats_beyond_exact_decimals_are_left_out() -> None:
    least, greatest = 2.0**55, 2.0**53
    for low, high, keywords in ((least, least, set()), (-1.5, greatest, {"minimum", "maximum"})):
        constraints = profile_of([{"total": low}, {"total": high}, {"total": 1.5 + low}]).constraints()
        document = to_json_schema(EventSchema("order", {"total": "float"}), constraints=constraints)
        assert {"minimum", "maximum"} & set(document["properties"]["total"]) == keywords


def test_ranges_of_dates_get_lost() -> None:
    constraints = profile_of([{"day": f"2026-03-{day:02}"} for day in range(1, 21)]).constraints()
    document = to_json_schema(ORDER, constraints=constraints)
    assert document["$comment"].endswith(" The ranges of dates and dateTimes get lost.")
    assert document["required"] == ["day"]


@pytest.mark.parametrize(("missing", "required"), [(None, False), (..., False), ("", True)])
def test_null_and_absent_values(missing: Any, required: bool) -> None:
    last = {"note": "n"} if missing is ... else {"note": "n", "currency": missing}
    constraints = profile_of([*EVENTS, last]).constraints()
    document = to_json_schema(ORDER, constraints=constraints)
    is_valid = jsonschema_rs.validator_for(document).is_valid
    assert ("currency" in document["required"]) == required
    assert is_valid({"note": "n", "items": 1}) == (not required)
    assert is_valid({"note": "n", "items": 1, "currency": None}) == (not required)


def test_empty_texts_that_are_ignored_are_absent() -> None:
    rules = Rules(empty_texts="ignore")
    schema = EventSchema("order", {"a": "string", "b": "int", "c": "string"})
    events: list[dict[str, Any]] = [{"a": "x", "b": 1, "c": "x"}] * 40 + [{"a": "x", "b": "", "c": ""}]
    document = to_json_schema(schema, rules=rules, constraints=profile_of(events, rules).constraints())
    assert document["required"] == ["a"]
    is_valid = jsonschema_rs.validator_for(document).is_valid
    for more in ({}, {"b": "", "c": ""}, {"b": None, "c": None}):
        assert is_valid({"a": "x", **more})
    for event in ({"a": ""}, {"a": None}, {"a": "x", "b": 2}, {"a": "x", "c": "y"}):
        assert not is_valid(event)


def test_a_request_has_properties_if_any_is_required() -> None:
    request = {"eventName": "order", "contact": {"id": "1"}}
    for constraints, accepted in ((None, True), (profile_of(EVENTS).constraints(), False)):
        document = to_request_schema(ORDER, closed=True, constraints=constraints)
        is_valid = jsonschema_rs.validator_for(document).is_valid
        assert is_valid(request) == is_valid({**request, "properties": None}) == accepted
        assert is_valid({**request, "properties": EVENTS[0]})
        assert is_valid({**request, "properties": {**EVENTS[0], "items": 10}}) == accepted


@given(data=st.data())
def test_every_profiled_event_is_accepted(data: st.DataObject) -> None:
    rules = data.draw(any_rules())
    schema = data.draw(any_schemas(rules))
    drawn = data.draw(st.lists(conforming(schema, rules), min_size=1, max_size=5))
    assume(all(map(is_json, drawn)))
    events = drawn * data.draw(st.sampled_from((1, 25)))
    profile = profile_of(events, rules, schema.name)
    before = jsonschema_rs.validator_for(to_json_schema(schema, rules=rules))
    after = jsonschema_rs.validator_for(to_json_schema(schema, rules=rules, constraints=profile.constraints()))
    for event in events:
        assert after.is_valid(event) == before.is_valid(event)


def test_constraints_of_every_type() -> None:
    values = {"bool": True, "int": 1, "float": 1.5, "string": "x", "date": "2026-03-05", "dateTime": "2026-03-05T09:30"}
    values |= {"email": "ann@example.com", "url": "https://example.com"}
    schema = EventSchema("order", {type_.value: type_ for type_ in PropertyType})
    constraints = profile_of([values] * 20).constraints()
    document = to_json_schema(schema, closed=True, constraints=constraints)
    assert document["required"] == list(schema.properties)
    assert jsonschema_rs.validator_for(document).is_valid(values)
