from enum import IntEnum
from fractions import Fraction
from functools import reduce
from typing import Any

import pytest

from eventschema.core.rules import Rules
from eventschema.stream.profile import EventProfile
from eventschema.stream.profile.recommendation import in_order

BIG = 2**53 + 1  # no double is it
BEYOND = 2**70  # a double is it, and no int of 64 bits


class Size(IntEnum):
    LARGE = BEYOND


def recommended(*values: Any, rules: Rules = Rules()) -> tuple[str | None, int]:  # noqa: B008 (it is immutable)
    """The type, and how many values it would still refuse."""
    profile = EventProfile(rules)
    for value in values:
        profile.add("order", {"total": value})
    recommendation = profile.recommended()
    type_ = recommendation.schemas["order"].properties.get("total")
    refused = sum(one.refused for one in recommendation.unsettled)
    return type_ and str(type_), refused


@pytest.mark.parametrize(
    ("values", "type_", "refused"),
    [
        ([1], "int", 0),
        ([1, 1.5], "float", 0),
        ([1, 2.0], "float", 0),
        ([1, 1.5, BIG], "float", 1),
        ([1, 1.5, BIG, BIG], "int", 1),
        ([1.0, BIG], "int", 0),
        ([BIG], "int", 0),
        ([Fraction(2), BIG], "int", 0),
        ([Fraction(10**20 + 1, 10**20), BIG], "float", 1),
        ([Fraction(BIG), BIG], "float", 1),
        (["2026-11-23", "x"], "string", 0),
        (["2026-11-23", "2026-11-23T10:00"], "string", 0),
        (["a@b.co", "https://a.example"], "string", 0),
        (["a@b.co"], "email", 0),
        ([True, "x"], "bool", 1),
        ([True, "x", "y"], "string", 1),
        ([True, 1], "bool", 1),
        ([True, 1.5], "float", 1),
        (["2026-11-23", 1], "int", 1),
        (["2026-11-23", "a@b.co", 1, 2], "int", 2),
        (["2026-11-23", "a@b.co", "c@d.co", 1, 2], "string", 2),
        ([1] * 4 + [1.5] * 9 + ["x"] * 5, "float", 5),
        ([None, [], 1], "int", 0),
        ([0, BEYOND], "float", 0),
        ([BEYOND], "float", 0),
        ([1.5, BEYOND], "float", 0),
        ([0, Size.LARGE], "float", 0),
        ([0, BEYOND + 1], "int", 0),
        ([BIG, BEYOND], "int", 1),
        ([1.0, BIG, BEYOND], "float", 1),
        ([1.5, BIG, BEYOND], "float", 1),
        (["x", BEYOND], "string", 1),
        ([True, BEYOND], "bool", 1),
        ([True, BEYOND, BEYOND], "float", 1),
    ],
)
def test_the_type_that_takes_the_most_values(values: list[Any], type_: str | None, refused: int) -> None:
    assert recommended(*values) == (type_, refused)
    assert recommended(*reversed(values)) == (type_, refused)


def test_under_exact_types_every_type_takes_its_own_values() -> None:
    exact = Rules(types="exact")
    assert recommended(1, 1.5, rules=exact) == ("float", 1)
    assert recommended(1, 1, 1.5, rules=exact) == ("int", 1)
    assert recommended("2026-11-23", "a@b.co", "x", "y", rules=exact) == ("string", 2)
    assert recommended(1.5, rules=exact) == ("float", 0)
    assert recommended(0, BEYOND, rules=exact) == ("int", 0)
    assert recommended(BEYOND, rules=exact) == (None, 0)


@pytest.mark.parametrize(
    ("values", "recommended", "taken", "refused", "line"),
    [
        ([True, "yes", "no"], "string", 2, 1, 1),
        ([1, BIG, 1.5, "x", BIG, 2.5, 3.5], "float", 4, 3, 2),
        ([1, BIG, 2.0, 1.5, BIG], "int", 4, 1, 4),
        ([1, BIG, BIG, BIG, 1.5, BEYOND], "int", 4, 2, 5),
        ([1.5, True, "x"], "float", 1, 2, 2),
    ],
)
def test_what_no_single_type_takes_is_listed(
    values: list[Any], recommended: str, taken: int, refused: int, line: int
) -> None:
    profile = EventProfile()
    for number, value in enumerate(values, 1):
        profile.add("order", {"flag": value}, "file", number)
    (unsettled,) = profile.recommended().unsettled
    assert unsettled[:2] == ("order", "flag")
    assert unsettled[3:] == (recommended, taken, refused, ("file", line))
    assert sum(unsettled.types.values()) + profile.events["order"].properties["flag"].numbers.beyond == taken + refused


def test_a_property_without_a_value_is_in_no_schema() -> None:
    profile = EventProfile()
    profile.add("order", {"a": None, "b": []})
    recommendation = profile.recommended()
    assert dict(recommendation.schemas["order"].properties) == {}
    assert recommendation.unsettled == ()


@pytest.mark.parametrize(
    ("events", "order"),
    [
        ([{"z": 1, "a": 1, "m": 1}], "zam"),
        ([{"z": 1}, {"b": 1, "a": 1, "z": 2}], "zba"),
        ([{"z": None, "c": [], "a": 1}, {"a": 1, "c": 2, "z": 3}], "zca"),
        ([{"b": 1, "bad name": 1, "a": 1}, {"a": 1, "c": 1, "b": 1}], "bac"),
        ([{"c": 1, 7: 1, "b": 1, "a": 1}], "cba"),
    ],
)
def test_properties_stand_in_the_order_in_which_they_came(events: list[dict[Any, Any]], order: str) -> None:
    parts = []
    for line, properties in enumerate(events, 1):
        parts.append(EventProfile())
        parts[-1].add("order", properties, "file", line)
    for profile in (reduce(EventProfile.combine, parts), reduce(EventProfile.combine, reversed(parts))):
        schema = profile.recommended().schemas["order"]
        assert "".join(schema.properties) == order
        assert schema.version == 0
        assert [name for name, _ in in_order(EventProfile.from_dict(profile.to_dict()).events["order"])] == [*order]
