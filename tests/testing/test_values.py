"""Drawn values are stored unchanged by a property of their type, and invalid values by none."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventschema import EventSchema, PropertyType, Rules, classify
from eventschema.testing import rules, values
from eventschema.testing.values import (
    Faulty,
    broken_floats,
    detected,
    exact_ints,
    faulty_values,
    inexact_ints,
    typed_values,
)
from tests.testing.support import can_be_drawn, simplest

CLASSES = {PropertyType.BOOL: bool, PropertyType.INT: int, PropertyType.FLOAT: float}


@pytest.mark.parametrize("kind", PropertyType)
@settings(max_examples=50)
@given(data=st.data())
def test_a_property_stores_its_values_unchanged(data: st.DataObject, kind: PropertyType) -> None:
    value = data.draw(values(kind))
    assert type(value) is CLASSES.get(kind, str)
    assert classify(value) is kind
    result = EventSchema("order", {"a": kind}).merge({"a": value})
    assert result.ok
    assert result.adjustments == ()
    assert repr(result.properties) == repr({"a": value})


@settings(max_examples=80)
@given(rules(), st.sampled_from(PropertyType), st.data())
def test_under_any_rules(rules: Rules, kind: PropertyType, data: st.DataObject) -> None:
    if can_be_drawn(values(kind, rules)):
        value = data.draw(values(kind, rules))
        result = EventSchema("o", {"a": kind}).merge(
            {"a": value},
            Rules(
                float_digits=rules.float_digits,
                max_string_length=rules.max_string_length,
                url_schemes=rules.url_schemes,
            ),
        )
        assert (result.properties, result.adjustments) == ({"a": value}, ())
    if can_be_drawn(typed_values(kind, rules)):
        assert classify(data.draw(typed_values(kind, rules)), rules) is detected(kind, rules)


@pytest.mark.slow
@settings(max_examples=50)
@given(st.data())
def test_every_fault_is_the_one_that_it_says(data: st.DataObject) -> None:
    drawn = data.draw(rules())
    faulty: Faulty = data.draw(faulty_values(drawn))
    for kind in (None, *PropertyType):
        schema = EventSchema("o", {} if kind is None else {"a": kind})
        plain = Rules(max_string_length=drawn.max_string_length, nulls=drawn.nulls, types=drawn.types)
        assert schema.merge({"a": faulty.value}, plain).errors == (faulty.violation("/properties/a"),)


def test_every_code_of_a_value_is_drawn() -> None:
    codes = {"unsupported_type", "non_finite_float", "int_out_of_range", "invalid_text", "string_too_long"}
    for code in codes:
        assert simplest(faulty_values(Rules()), lambda faulty, code=code: faulty.kind.code == code)  # type: ignore[misc]  # a default binds what a closure would not
    assert simplest(faulty_values(Rules(nulls="reject")), lambda faulty: faulty.value is None)
    assert simplest(faulty_values(Rules()), lambda faulty: faulty.kind.code == "string_too_long").value == "a" * 2049


@given(exact_ints(), inexact_ints(), broken_floats())
def test_numbers_on_both_sides(exact: int, inexact: int, broken: float) -> None:
    assert float(exact) == exact
    assert float(inexact) != inexact
    assert all(-(2**63) <= number < 2**63 for number in (exact, inexact))
    assert not broken.is_integer()


@pytest.mark.parametrize(("kind", "value"), [("bool", False), ("int", 0), ("float", 0.0), ("string", "")])
def test_the_simplest_example_is_small(kind: str, value: Any) -> None:
    found = simplest(values(kind))
    assert (found, type(found)) == (value, type(value))
    assert math.copysign(1.0, simplest(values("float"))) == 1.0


def test_bounds_are_found() -> None:
    assert simplest(values("int"), lambda number: number > 2**62) == 2**62 + 1
    assert simplest(values("float"), lambda number: number > 1) in {1.000001, 2.0}


def test_no_type() -> None:
    with pytest.raises(ValueError, match="number"):
        values("number")
