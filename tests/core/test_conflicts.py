"""The conflicts of types that are certain: what the compiled twin makes is what ``validate_remaining`` makes."""

from typing import Any

import pytest
from hypothesis import given

from eventschema import EventSchema, PropertyType, Rules, TypeConflict
from eventschema.core import acceleration, events
from eventschema.testing import rules
from tests.strategies_core import events as any_events
from tests.strategies_core import schemas, wild_events

WAYS = [events.only_type_conflicts] + ([acceleration.only_type_conflicts] if acceleration.accelerated else [])
each = pytest.mark.parametrize("only_type_conflicts", WAYS)

TYPES = {type_.value: type_ for type_ in PropertyType}
#: A value of each class that is ordinary, and the type of it; texts of each format.
VALUES: list[tuple[Any, str]] = [
    (True, "bool"),
    (3, "int"),
    (2**63 - 1, "int"),
    (3.5, "float"),
    ("three", "string"),
    ("\u4f8b", "string"),
    ("2021-09-01", "date"),
    ("2021-09-01T12:41Z", "dateTime"),
    ("a@b.co", "email"),
    ("https://a.example/", "url"),
]


def versions() -> dict[str, int]:
    return dict.fromkeys(TYPES, 0)


def judged(remaining: list[tuple[Any, Any]], with_rules: Rules) -> Any:
    return events.validate_remaining(TYPES, versions, ({"other": None}, {}, [], remaining), with_rules)


@each
@pytest.mark.parametrize("expected", TYPES)
@pytest.mark.parametrize(("value", "actual"), VALUES, ids=[f"{type_}-{i}" for i, (_, type_) in enumerate(VALUES)])
def test_a_certain_conflict_is_the_one_judged(only_type_conflicts: Any, expected: str, value: Any, actual: str) -> None:
    found = only_type_conflicts(TYPES, versions, [(expected, value)], Rules())
    numbers = {"bool", "int", "float"}
    is_certain = actual != expected and not ({actual, expected} <= {"int", "float"} and actual == "int")
    is_certain = is_certain and (actual in numbers or expected in numbers)
    if only_type_conflicts is events.only_type_conflicts or not is_certain:
        assert found is None
    else:
        assert found == judged([(expected, value)], Rules())
        assert found == (TypeConflict(f"/properties/{expected}", TYPES[expected], TYPES[actual], 0, None),)
        assert [type(error) for error in found] == [TypeConflict]


@each
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("int", "x" * 2049),
        ("int", "\ud800"),
        ("int", "a@xn--b.co"),
        ("int", 3.0),
        ("int", None),
        ("int", {}),
        ("bool", 2**63),
        ("bool", float("nan")),
        ("date", "x"),
        ("unknown", 1),
        (1, 1),
    ],
)
def test_one_that_is_not_certain_leaves_all(only_type_conflicts: Any, name: Any, value: Any) -> None:
    assert only_type_conflicts(TYPES, versions, [("int", "x"), (name, value)], Rules()) is None


@each
def test_rules_under_which_nothing_is_certain(only_type_conflicts: Any) -> None:
    for with_rules in (Rules(types="exact"), Rules(detect=frozenset(PropertyType) - {PropertyType.DATE})):
        assert only_type_conflicts(TYPES, versions, [("int", "x")], with_rules) is None
    assert only_type_conflicts(TYPES, versions, [("int", "x")], Rules(max_name_length=2)) is None


@each
@given(schemas(), wild_events | any_events, rules())
def test_whatever_is_certain_is_judged_so(
    only_type_conflicts: Any, schema: EventSchema, event: dict[Any, Any], with_rules: Rules
) -> None:
    types = dict(schema.properties)
    since = {name: schema.since(name) for name in types}
    for remaining in ([item] for item in event.items()):
        found = only_type_conflicts(types, lambda: since, remaining, with_rules)
        if found is not None:
            expected = events.validate_remaining(types, lambda: since, ({"": None}, {}, [], remaining), with_rules)
            assert found == expected
            assert repr(found) == repr(expected)
