"""Conforming events are accepted, and conflicting ones are refused with the violations drawn with them."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st

from eventschema import EventSchema, PropertyType, Rules, TypeConflict, Violation
from eventschema.core.names import is_name
from eventschema.core.types import TEXT_TYPES
from eventschema.testing import conflicting, conforming, dropping, events, property_names, rules, schemas
from eventschema.testing.events import _new, _new_and_refused, _not_accepted
from tests.testing.support import can_be_drawn, simplest

ALL = EventSchema("order", {f"p_{kind}": kind for kind in PropertyType})
unhurried = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def has(code: str) -> Any:
    return lambda drawn: any(violation.code == code for violation in drawn[1])


@given(conforming(ALL))
def test_conforming(event: dict[str, Any]) -> None:
    assert ALL.merge(event).errors == ()


@given(conflicting(ALL))
def test_conflicting(drawn: tuple[dict[str, Any], tuple[Violation, ...]]) -> None:
    event, violations = drawn
    assert violations
    assert ALL.merge(event).errors == violations


@unhurried
@given(st.data())
def test_under_any_schema_and_rules(data: st.DataObject) -> None:
    limits = data.draw(rules())
    schema = data.draw(schemas() | schemas(limits))  # one of other rules may have more than these allow
    event = data.draw(conforming(schema, limits))
    assert schema.merge(event, limits).errors == ()
    assert not schema.merge(event, limits).dropped
    refused = conflicting(schema, limits)
    if not refused.is_empty:
        event, violations = data.draw(refused)
        assert violations
        assert schema.merge(event, limits).errors == violations


@unhurried
@given(st.data())
def test_dropping(data: st.DataObject) -> None:
    limits = replace(data.draw(rules()), invalid="drop")
    schema = data.draw(schemas() | schemas(limits))
    drawn = dropping(schema, limits)
    assume(not drawn.is_empty)
    event, violations = data.draw(drawn)
    assert violations
    result = schema.merge(event, limits)
    assert (result.ok, result.dropped) == (True, violations)


def test_only_rules_that_drop_have_dropping_events() -> None:
    with pytest.raises(ValueError, match=r"^expected Rules\(invalid='drop'\), found Rules\(\)$"):
        dropping(ALL, Rules())
    assert dropping(ALL, Rules(invalid="drop", max_properties=0)).is_empty
    assert conflicting(ALL, Rules(invalid="drop", max_properties=10**30)).is_empty


@pytest.mark.parametrize("hints", [[("*", "date")], [("a*", "int"), ("?", "url")]])
def test_hinted_properties_are_drawn(hints: Any) -> None:
    limits = Rules(hints=hints)
    bare = EventSchema("any")
    assert simplest(conforming(bare, limits), lambda event: bool(bare.merge(event, limits).added))
    _, violations = simplest(conflicting(bare, limits), has("type_conflict"))
    assert [error.since for error in violations if isinstance(error, TypeConflict)] == [None]


@unhurried
@given(st.data())
def test_events_without_a_schema_are_first_events(data: st.DataObject) -> None:
    limits = data.draw(rules())
    assert EventSchema("any").merge(data.draw(events(rules=limits)), limits).ok


def test_events_of_a_schema_are_of_both_kinds() -> None:
    assert ALL.merge(simplest(events(ALL), lambda event: ALL.merge(event).ok)).ok
    assert ALL.merge(simplest(events(ALL), lambda event: not ALL.merge(event).ok)).errors


@pytest.mark.parametrize("kind", ["rounded", "int_to_float", "float_to_int", "null_ignored"])
def test_every_adjustment_is_drawn(kind: str) -> None:
    event = simplest(conforming(ALL), lambda event: any(made.kind == kind for made in ALL.merge(event).adjustments))
    assert len(event) == 1


def test_new_properties_are_drawn_among_those_known() -> None:
    assert simplest(conforming(ALL), lambda event: bool(ALL.merge(event).added)) == {"a": False}
    rejecting = Rules(new_properties="reject")
    assert simplest(conforming(ALL, rejecting), lambda event: not event.keys() <= ALL.properties.keys()) == {"a": None}


@pytest.mark.parametrize(
    ("code", "limits"),
    [
        ("too_many_properties", Rules(max_properties=2)),
        ("too_many_schema_properties", Rules(max_schema_properties=8)),
        ("invalid_name", Rules()),
        ("name_too_long", Rules()),
        ("unknown_property", Rules(new_properties="reject")),
        ("unsupported_type", Rules()),
        ("string_too_long", Rules()),
        ("invalid_text", Rules()),
        ("non_finite_float", Rules()),
        ("int_out_of_range", Rules()),
        ("type_conflict", Rules()),
        ("type_conflict", Rules(types="exact")),
    ],
)
@pytest.mark.slow
def test_every_code_is_drawn_and_shrinks_to_one_fault(code: str, limits: Rules) -> None:
    event, violations = simplest(conflicting(ALL, limits), has(code))
    assert [violation.code for violation in violations] == [code]
    assert len(event) == (3 if code == "too_many_properties" else 1)


@pytest.mark.parametrize("limits", [Rules(), Rules(types="exact")], ids=["conform", "exact"])
@pytest.mark.parametrize("expected", PropertyType)
@settings(max_examples=15)
@given(data=st.data())
@pytest.mark.slow
def test_every_type_that_conflicts_is_drawn(data: st.DataObject, expected: PropertyType, limits: Rules) -> None:
    schema = EventSchema("order", {"a": expected})
    drawn = _not_accepted(expected, limits)
    # Of int and float each has values that do not fit the other: 0.5, and 2**53 + 1.
    takes_all_texts = expected is PropertyType.STRING and limits.types == "conform"
    fitting = set(TEXT_TYPES) if takes_all_texts else {expected}
    assert {actual for _, actual in drawn} == set(PropertyType) - fitting
    values, actual = data.draw(st.sampled_from(drawn))
    [conflict] = schema.merge({"a": data.draw(values)}, limits).errors
    assert isinstance(conflict, TypeConflict)
    assert (conflict.pointer, conflict.expected, conflict.actual, conflict.since) == (
        "/properties/a",
        expected,
        actual,
        0,
    )


@pytest.mark.slow
def test_several_faults_are_drawn_in_the_order_of_the_event() -> None:
    event, violations = simplest(conflicting(ALL), lambda drawn: len(drawn[1]) == 3)
    assert len(event) == 3
    assert ALL.merge(event).errors == violations


def test_an_event_without_room() -> None:
    assert simplest(conforming(ALL, Rules(max_properties=0))) == {}
    assert simplest(conflicting(ALL, Rules(max_properties=0)))[1][0].code == "too_many_properties"
    assert simplest(conforming(EventSchema("o"), Rules(nulls="reject", new_properties="reject"))) == {}


@pytest.mark.slow
def test_a_schema_that_has_every_name() -> None:
    every = EventSchema("o", dict.fromkeys("abcxyz_ABCXYZ0189", "int"))
    rules = Rules(max_name_length=1)
    assert simplest(conforming(every, rules), lambda event: len(event) == 2)
    assert simplest(conflicting(every, rules), has("type_conflict"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("schema", "limits"),
    [
        (EventSchema("e"), Rules(max_name_length=0)),
        (EventSchema("e"), Rules(max_name_length=0, new_properties="reject", nulls="reject")),
        (ALL, Rules(max_name_length=0, max_string_length=0)),
        (ALL, Rules(max_string_length=0, types="exact", nulls="reject")),
        (EventSchema("o", dict.fromkeys("abcxyz_ABCXYZ018", "int")), Rules(max_name_length=1)),
    ],
)
def test_few_draws_are_discarded(schema: EventSchema, limits: Rules) -> None:
    for number in range(12):

        @seed(number)
        @settings(max_examples=10, database=None, derandomize=False, phases=[Phase.generate])
        @given(conflicting(schema, limits))
        def draw(refused: object) -> None:
            assert refused

        draw()  # or a health check fails, if 50 draws are invalid before 10 are not


def test_properties_without_a_name_are_not_tried() -> None:
    assert _new_and_refused(EventSchema("e"), Rules(max_name_length=0)).is_empty
    assert _new_and_refused(EventSchema("e"), Rules(max_name_length=0, new_properties="reject")).is_empty
    assert _new(EventSchema("e"), Rules(max_name_length=0)).is_empty


def test_properties_that_no_value_fits_are_left_out() -> None:
    dates = EventSchema("o", {"a": "date"})
    rules = Rules(types="exact", detect=frozenset({"bool", "float", "string"}), nulls="reject", new_properties="reject")  # type: ignore[arg-type]  # words will do
    assert simplest(conforming(dates, rules)) == {}


@pytest.mark.parametrize("longest", [1, 2, 12, 13, 128])
@settings(max_examples=20)
@given(data=st.data())
def test_property_names(data: st.DataObject, longest: int) -> None:
    name = data.draw(property_names(Rules(max_name_length=longest)))
    assert is_name(name)
    assert len(name) <= longest


def test_property_names_reach_the_limit() -> None:
    assert simplest(property_names()) == "a"
    assert len(simplest(property_names(), lambda name: len(name) > 12)) == 128
    assert not can_be_drawn(property_names(Rules(max_name_length=0)))


@pytest.mark.slow
@given(conforming(ALL))
def test_conforming_events_are_ready_for_json(event: dict[str, Any]) -> None:
    assert json.loads(json.dumps(event, allow_nan=False)) == event
