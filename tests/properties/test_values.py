"""Properties of every value: detect and conform agree."""

from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from eventschema import EventRejected, PropertyType, Rules, classify
from eventschema.core.types import ACCEPTED_TYPES
from eventschema.core.values import AdjustmentKind, Conflict, TypedValue, conform, detect, round_float
from eventschema.core.violations import Violation
from eventschema.testing import rules
from tests.strategies_core import dates, floats, types, values
from tests.support import same


@given(values, rules())
def test_a_value_conforms_to_its_own_detected_type(value: Any, with_rules: Rules) -> None:
    detected = detect(value, with_rules, "/p")
    assume(isinstance(detected, TypedValue))
    assert isinstance(detected, TypedValue)
    assert _told(conform(value, detected.type, with_rules, "/p")) == _told(detected)


@given(values, types, rules())
def test_conforming_twice_changes_nothing(value: Any, expected: PropertyType, with_rules: Rules) -> None:
    once = conform(value, expected, with_rules, "/p")
    if not isinstance(once, TypedValue) or with_rules.types == "exact":
        return
    assert once.type is expected
    twice = conform(once.value, expected, with_rules, "/p")
    assert isinstance(twice, TypedValue)
    assert same(twice.value) == same(once.value)
    assert twice.kind is None


@given(dates, types, rules())
def test_a_date_object_conforms_as_its_text_does(value: Any, expected: PropertyType, with_rules: Rules) -> None:
    answers = [conform(each, expected, with_rules, "/p") for each in (value, value.isoformat())]
    one, other = (answer[:2] if isinstance(answer, tuple) else answer for answer in answers)  # the type and the value
    assert one == other


@given(values, types, rules())
def test_conform_does_not_depend_on_what_detection_may_give(
    value: Any, expected: PropertyType, with_rules: Rules
) -> None:
    if with_rules.types == "conform":
        everything = Rules(
            max_string_length=with_rules.max_string_length,
            float_digits=with_rules.float_digits,
            url_schemes=with_rules.url_schemes,
        )
        one, other = conform(value, expected, with_rules, "/p"), conform(value, expected, everything, "/p")
        assert isinstance(one, Conflict) is isinstance(other, Conflict)
        if isinstance(one, Conflict) and isinstance(other, Conflict):
            assert one.reason == other.reason
        else:
            assert _told(one) == _told(other)


@given(values, types)
def test_errors_of_the_value_come_before_conflicts(value: Any, expected: PropertyType) -> None:
    detected, answer = detect(value, Rules(), "/p"), conform(value, expected, Rules(), "/p")
    if isinstance(detected, Violation):
        widened = expected is PropertyType.FLOAT and isinstance(answer, TypedValue)  # an int beyond 64 bits
        assert answer == detected or (widened and detected.code == "int_out_of_range")
    elif isinstance(answer, Conflict):
        assert answer.actual is detected.type
    else:
        assert isinstance(answer, TypedValue)
        assert detected.type in ACCEPTED_TYPES[expected]


@given(values, types)
def test_a_type_that_is_not_accepted_is_a_conflict(value: Any, expected: PropertyType) -> None:
    detected = detect(value, Rules(), "/p")
    if isinstance(detected, TypedValue) and detected.type not in ACCEPTED_TYPES[expected]:
        answer = conform(value, expected, Rules(), "/p")
        assert isinstance(answer, Conflict)
        assert answer.actual is detected.type


@given(values, types)
def test_exact_accepts_no_more_than_conform(value: Any, expected: PropertyType) -> None:
    exact = conform(value, expected, Rules(types="exact"), "/p")
    if isinstance(exact, TypedValue):
        assert _told(conform(value, expected, Rules(), "/p")) == _told(exact)


@given(values, rules())
def test_classify_is_the_type_that_detect_gives(value: Any, with_rules: Rules) -> None:
    detected = detect(value, with_rules, "")
    try:
        answer: object = classify(value, with_rules)
    except EventRejected as rejected:
        answer = rejected.errors
    assert answer == ((detected,) if isinstance(detected, Violation) else detected.type)


@given(floats.filter(lambda number: abs(number) < float("inf")), st.integers(0, 330))
def test_rounding_is_round_and_idempotent(value: float, digits: int) -> None:
    rounded = round_float(value, digits)
    assert rounded == round(value, digits)
    assert same(round_float(rounded, digits)) == same(rounded)
    assert same(rounded) != same(-0.0)


@given(values, rules())
def test_only_changed_values_are_adjusted(value: Any, with_rules: Rules) -> None:
    answer = detect(value, with_rules, "/p")
    if isinstance(answer, TypedValue) and type(value) in {bool, int, float, str}:
        assert (answer.kind is None) is (same(answer.value) == same(value))
        if answer.kind is not None:
            assert same(answer.before) == same(value)


def _told(answer: object) -> object:
    """The answer with types beside its values, so that ``==`` tells 1, 1.0 and True apart."""
    if not isinstance(answer, TypedValue):
        return answer
    before = id(answer.before) if answer.kind is AdjustmentKind.TO_TEXT else same(answer.before)
    return answer.type, same(answer.value), answer.kind, before
