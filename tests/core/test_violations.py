"""``violations``: the fields, the sentence and the document of each code; they compare, hash and pickle as values."""

import copy
import json
import pickle
import re
from types import NoneType
from typing import Any

import pytest

import eventschema
from eventschema import (
    EventRejected,
    InvalidName,
    NonFiniteFloat,
    PropertyType,
    TypeConflict,
    Violation,
    problem_details,
)
from eventschema.core.violations import type_conflict
from tests.support import load_cases

CORE = "eventschema.core."
CASES = load_cases("violations")["violations"]


def made(case: dict[str, Any]) -> Violation:
    """The violation of a row: its class found by the row's name, its types by their words."""
    fields = {
        name: PropertyType(value) if value in set(PropertyType) else value for name, value in case["fields"].items()
    }
    kind: type[Violation] = getattr(eventschema, case["class"])
    return kind(case["pointer"], *fields.values())


each = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['class']} {case['pointer']}")


def test_every_violation_has_a_row() -> None:
    public = {name for name in eventschema.__all__ if isinstance(getattr(eventschema, name), type)}
    violations = {
        name: getattr(eventschema, name) for name in public if issubclass(getattr(eventschema, name), Violation)
    }
    classes = {name for name in violations if violations[name].__module__.startswith(CORE)} - {"Violation"}
    assert {case["class"] for case in CASES} == classes
    codes = [getattr(eventschema, name).code for name in classes]
    assert len(set(codes)) == len(codes)


@each
def test_fields_and_sentence(case: dict[str, Any]) -> None:
    violation = made(case)
    assert violation.code == case["code"]
    assert violation.pointer == case["pointer"]
    assert violation.message == case["message"]
    for name, value in case["fields"].items():
        assert getattr(violation, name) == value
    assert violation.__match_args__ == ("pointer", *case["fields"])


@each
def test_document(case: dict[str, Any]) -> None:
    document = made(case).to_dict()
    expected = {"code": case["code"], "pointer": case["pointer"], "message": case["message"], **case["fields"]}
    assert document == expected
    assert list(document) == list(expected)
    assert {type(value) for value in document.values()} <= {str, int, NoneType}
    assert json.loads(json.dumps(document)) == document


@each
def test_values(case: dict[str, Any]) -> None:
    violation, twin = made(case), made(case)
    assert violation == twin
    assert not violation != twin  # noqa: SIM202  (the operator of its own)
    assert hash(violation) == hash(twin)
    assert violation != case["code"]
    for copied in (copy.copy(violation), copy.deepcopy(violation), *_pickled(violation)):
        assert copied == violation
        assert type(copied) is type(violation)


def _pickled(value: object) -> list[Any]:
    return [pickle.loads(pickle.dumps(value, protocol)) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]


@each
def test_every_field_counts_for_equality(case: dict[str, Any]) -> None:
    violation = made(case)
    kind = type(violation)
    values: list[Any] = [getattr(violation, name) for name in violation.__match_args__]
    for at, value in enumerate(values):
        other = [
            *values[:at],
            _another(value),
            *values[at + 1 :],
        ]
        assert kind(*other) != violation


def _another(value: Any) -> Any:
    if type(value) is PropertyType:
        return PropertyType.BOOL
    return value + 1 if type(value) is int else f"{value}!"


def test_no_two_classes_are_equal() -> None:
    assert InvalidName("/p", "character") != NonFiniteFloat("/p")
    assert hash(InvalidName("/p", "character")) != hash(NonFiniteFloat("/p"))


@each
def test_read_only(case: dict[str, Any]) -> None:
    violation = made(case)
    for name in (*violation.__match_args__, "message", "code", "more"):
        with pytest.raises(AttributeError):
            setattr(violation, name, 1)
    assert violation == made(case)


@each
def test_repr_makes_it_again(case: dict[str, Any]) -> None:
    violation = made(case)
    expression = re.sub(r"<PropertyType\.(\w+): '\w+'>", r"PropertyType.\1", repr(violation))
    assert eval(expression, vars(eventschema)) == violation


def test_match_takes_them_apart() -> None:
    match made(next(case for case in CASES if case["class"] == "TypeConflict")):
        case TypeConflict(pointer, PropertyType.INT, actual, since=since):
            assert (pointer, actual, since) == ("/properties/total", PropertyType.FLOAT, 3)
        case other:
            pytest.fail(f"{other} did not match")


def test_rejected_carries_its_errors() -> None:
    errors = [InvalidName("/properties/a b", "character"), NonFiniteFloat("/properties/x")]
    rejected = EventRejected(errors)
    assert isinstance(rejected, ValueError)
    assert rejected.errors == tuple(errors)
    assert str(rejected) == f"{errors[0].message} {errors[1].message}"
    assert EventRejected(iter(errors)).errors == tuple(errors)
    with pytest.raises(AttributeError):
        rejected.errors = ()  # type: ignore[misc]  # what must not be done


def test_rejected_is_picklable() -> None:
    rejected = EventRejected(
        [InvalidName("/properties/a b", "character"), TypeConflict("/p", PropertyType.INT, PropertyType.BOOL, 1)]
    )
    for copied in (copy.copy(rejected), copy.deepcopy(rejected), *_pickled(rejected)):
        assert type(copied) is EventRejected
        assert copied.errors == rejected.errors
        assert str(copied) == str(rejected)


@pytest.mark.parametrize("case", load_cases("violations")["problems"], ids=lambda case: case["source"])
def test_problem_details(case: dict[str, Any]) -> None:
    errors = [made(CASES[at]) for at in case["violations"]]
    body = problem_details(iter(errors))
    assert body == {**case["body"], "errors": [error.to_dict() for error in errors]}
    assert json.loads(json.dumps(body)) == body


def test_a_conflict_made_the_short_way_is_one() -> None:
    fields: Any = ("/properties/a", PropertyType.DATE, PropertyType.STRING, 3, "empty")
    conflict = type_conflict(*fields)
    assert type(conflict) is TypeConflict
    assert conflict == TypeConflict(*fields)
    assert (conflict.pointer, conflict.expected, conflict.actual, conflict.since, conflict.reason) == fields
    assert pickle.loads(pickle.dumps(conflict)) == conflict
