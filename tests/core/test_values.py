"""``values``: every row of ``tests/cases/values.json``, all pairs of types, and that decimal contexts do not matter."""

import decimal
import pickle
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from eventschema import Adjustment, AdjustmentKind, EventRejected, PropertyType, Rules, UnsupportedType, classify
from eventschema.core.values import Conflict, TypedValue, conform, detect, round_float
from eventschema.core.violations import Violation
from tests.support import decoded, load_cases, row_id, rules_of, same

CASES = load_cases("values")
PAIRS = CASES["pairs"]
TYPES = [PropertyType(word) for word in PAIRS["order"]]
UNTOUCHED = decimal.Context()  # kept: its flags may not outlive it
EVERY_TRAP = list(UNTOUCHED.flags)


def check(answer: object, case: dict[str, Any], value: Any, expected: str | None) -> None:
    """Assert that an answer of detect or conform is that of a row."""
    if "conflict" in case:
        assert answer == Conflict(PropertyType(case["conflict"]), case.get("reason"))
    elif "error" in case:
        assert isinstance(answer, Violation)
        fields = {"code": case["error"], "pointer": "/p", "message": answer.message, **case.get("fields", {})}
        assert answer.to_dict() == fields
    else:
        assert isinstance(answer, TypedValue)
        assert answer.type is PropertyType(expected or case["type"])
        assert same(answer.value) == same(decoded(case.get("stored", value)))
        assert answer.kind == case.get("kind")
        assert type(answer.kind) in {AdjustmentKind, type(None)}
        if answer.kind is AdjustmentKind.TO_TEXT:
            assert answer.before is value
        elif answer.kind is not None:
            assert same(answer.before) == same(case.get("before", value))
        else:
            assert answer.before is None


@pytest.mark.parametrize("case", CASES["detect"], ids=row_id)
def test_detect(case: dict[str, Any]) -> None:
    value = decoded(case["value"])
    check(detect(value, rules_of(case), "/p"), case, value, None)


@pytest.mark.parametrize("case", CASES["detect"], ids=row_id)
def test_classify_answers_with_the_type_or_raises(case: dict[str, Any]) -> None:
    value = decoded(case["value"])
    if "type" in case:
        assert classify(value, rules_of(case)) is PropertyType(case["type"])
        return
    with pytest.raises(EventRejected) as caught:
        classify(value, rules_of(case))
    [error] = caught.value.errors
    assert (error.code, error.pointer) == (case["error"], "")


@pytest.mark.parametrize("case", CASES["detect"], ids=row_id)
def test_exact_answers_with_what_was_detected(case: dict[str, Any]) -> None:
    given = rules_of(case)
    exact = Rules(**{**case.get("rules", {}), "types": "exact"})
    value = decoded(case["value"])
    detected = detect(value, given, "/p")
    for expected in PropertyType:
        answer = conform(value, expected, exact, "/p")
        if isinstance(detected, Violation) or detected.type is expected:
            assert answer == detected
        else:
            assert isinstance(answer, Conflict)
            assert answer.actual is detected.type


@pytest.mark.parametrize("case", CASES["conform"], ids=row_id)
def test_conform(case: dict[str, Any]) -> None:
    value = decoded(case["value"])
    check(conform(value, PropertyType(case["to"]), rules_of(case), "/p"), case, value, case["to"])


@pytest.mark.parametrize("mode", ["conform", "exact"])
@pytest.mark.parametrize("expected", TYPES)
def test_all_pairs_of_types(expected: PropertyType, mode: Any) -> None:
    assert set(TYPES) == set(PropertyType)
    rules = Rules(types=mode)
    for actual, value, verdict in zip(TYPES, PAIRS["values"], PAIRS[mode][expected], strict=True):
        answer = conform(value, expected, rules, "/p")
        if verdict == "taken":
            assert isinstance(answer, TypedValue)
            assert answer.type is expected
        else:
            assert isinstance(answer, Conflict)
            assert answer.actual is actual


@pytest.mark.parametrize("value", [True, False])
def test_a_bool_conforms_as_it_is(value: bool) -> None:
    assert conform(value, PropertyType.BOOL, Rules(), "") == TypedValue(PropertyType.BOOL, value)


@pytest.mark.parametrize("value", [-(2**63), 2**63 - 1])
def test_the_first_and_the_last_integer_of_64_bits_conform(value: int) -> None:
    assert conform(value, PropertyType.INT, Rules(), "") == TypedValue(PropertyType.INT, value)


def test_classify_takes_the_default_rules() -> None:
    assert classify("2021-09-01") is PropertyType.DATE


def test_classify_of_none() -> None:
    with pytest.raises(
        EventRejected, match=r"Expected a value of a supported type, found null, at the root\."
    ) as caught:
        classify(None)
    assert caught.value.errors == (UnsupportedType("", "null"),)


def test_round_float_is_round_without_minus_zero() -> None:
    assert [same(round_float(value, 1)) for value in (-0.0, -0.04, 0.25, 0.35, -0.25)] == [
        same(value) for value in (0.0, 0.0, 0.2, 0.3, -0.2)
    ]


@pytest.fixture(
    params=[
        {"prec": 1, "traps": EVERY_TRAP},
        {"prec": 1, "Emax": 0, "Emin": 0, "traps": EVERY_TRAP, "rounding": decimal.ROUND_UP},
        {"prec": 2, "Emax": 1, "Emin": -1, "capitals": 0, "clamp": 1, "traps": [], "rounding": decimal.ROUND_FLOOR},
        {"traps": [decimal.FloatOperation]},
    ],
    ids=["precision 1, all traps", "no exponents, all traps", "no traps", "FloatOperation"],
)
def ambient(request: pytest.FixtureRequest) -> Iterator[decimal.Context]:
    with decimal.localcontext(decimal.Context(**request.param)) as context:
        yield context


def _decimal_rows() -> list[dict[str, Any]]:
    return [case for table in ("detect", "conform") for case in CASES[table] if "$decimal" in str(case["value"])]


def test_no_decimal_context_plays_a_part(ambient: decimal.Context) -> None:
    rows = _decimal_rows()
    assert len(rows) > 30
    for case in rows:
        value = decoded(case["value"])
        if "to" in case:
            answer: object = conform(value, PropertyType(case["to"]), rules_of(case), "/p")
        else:
            answer = detect(value, rules_of(case), "/p")
        check(answer, case, value, case.get("to"))
        assert not any(ambient.flags.values()), f"{case['source']}: left a flag in the caller's context"


@pytest.fixture
def default_context() -> Iterator[decimal.Context]:
    default, before = decimal.DefaultContext, decimal.DefaultContext.copy()
    default.prec, default.Emax, default.Emin, default.clamp, default.rounding = 1, 0, 0, 1, decimal.ROUND_UP
    default.traps = dict.fromkeys(EVERY_TRAP, True)
    yield default
    default.prec, default.Emax, default.Emin, default.clamp = before.prec, before.Emax, before.Emin, before.clamp
    default.rounding, default.traps = before.rounding, dict(before.traps)


@pytest.mark.usefixtures("default_context")
def test_no_default_context_plays_a_part() -> None:
    with decimal.localcontext(decimal.Context()):  # made of the defaults as they are now
        for case in _decimal_rows():
            if "to" not in case:
                value = decoded(case["value"])
                check(detect(value, rules_of(case), "/p"), case, value, None)


@pytest.mark.parametrize("kind", AdjustmentKind)
def test_adjustments_are_values(kind: AdjustmentKind) -> None:
    adjustment = Adjustment("p", kind, Decimal("1.5"), 1.5)
    assert pickle.loads(pickle.dumps(adjustment)) == adjustment
    assert hash(adjustment) == hash(Adjustment("p", kind, Decimal("1.5"), 1.5))
    with pytest.raises(AttributeError):
        adjustment.name = "q"  # type: ignore[misc]  # what must not be done


def test_kinds_of_adjustments() -> None:
    kinds = ["rounded", "int_to_float", "float_to_int", "null_ignored", "empty_ignored", "to_text"]
    assert [kind.value for kind in AdjustmentKind] == kinds


@pytest.mark.parametrize(
    ("adjustment", "before", "after"),
    [
        (Adjustment("p", AdjustmentKind.ROUNDED, 0.1234567, 0.123457), 0.1234567, 0.123457),
        (Adjustment("p", AdjustmentKind.ROUNDED, Decimal("1E-7"), 0.0), "1E-7", 0.0),
        (Adjustment("p", AdjustmentKind.INT_TO_FLOAT, 5, 5.0), 5, 5.0),
        (Adjustment("p", AdjustmentKind.FLOAT_TO_INT, Decimal("5.0"), 5), "5.0", 5),
        (Adjustment("p", AdjustmentKind.NULL_IGNORED, None, None), None, None),
        (Adjustment("p", AdjustmentKind.EMPTY_IGNORED, "", None), "", None),
        (
            Adjustment("p", AdjustmentKind.TO_TEXT, decoded({"$date": "2021-09-01"}), "2021-09-01"),
            "2021-09-01",
            "2021-09-01",
        ),
    ],
)
def test_adjustments_as_json(adjustment: Adjustment, before: Any, after: Any, ambient: decimal.Context) -> None:
    document = adjustment.to_dict()
    assert document == {"name": "p", "kind": adjustment.kind.value, "before": before, "after": after}
    assert [type(value) for value in document.values()] == [str, str, type(before), type(after)]
