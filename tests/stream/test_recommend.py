from enum import IntEnum
from fractions import Fraction
from functools import reduce
from typing import Any

import pytest

from eventschema.core.rules import Rules
from eventschema.core.types import PropertyType
from eventschema.stream.profile import EventProfile
from eventschema.stream.recommend import Unsettled, in_order

BIG = 2**53 + 1  # no double is it
BEYOND = 2**70  # a double is it, and no int of 64 bits


class Size(IntEnum):
    LARGE = BEYOND


def recommended(*values: Any, rules: Rules = Rules()) -> str | None:  # noqa: B008 (it is immutable)
    profile = EventProfile(rules)
    for value in values:
        profile.add("order", {"total": value})
    recommendation = profile.recommended()
    type_ = recommendation.schemas["order"].properties.get("total")
    assert bool(recommendation.unsettled) == (type_ is None)
    return type_ and str(type_)


@pytest.mark.parametrize(
    ("values", "type_"),
    [
        ([1], "int"),
        ([1, 1.5], "float"),
        ([1, 1.5, BIG], None),
        ([1.0, BIG], "int"),
        ([BIG], "int"),
        ([Fraction(2), BIG], "int"),
        ([Fraction(10**20 + 1, 10**20), BIG], None),
        ([Fraction(BIG), BIG], None),
        (["2026-11-23", "x"], "string"),
        (["2026-11-23", "2026-11-23T10:00"], "string"),
        (["a@b.co", "https://a.example"], "string"),
        (["a@b.co"], "email"),
        ([True, "x"], None),
        ([True, 1], None),
        (["2026-11-23", 1], None),
        ([None, [], 1], "int"),
        ([0, BEYOND], "float"),
        ([BEYOND], "float"),
        ([1.5, BEYOND], "float"),
        ([0, Size.LARGE], "float"),
        ([0, BEYOND + 1], "int"),
        ([BIG, BEYOND], "int"),
        ([1.0, BIG, BEYOND], "int"),
        ([1.5, BIG, BEYOND], None),
        (["x", BEYOND], "string"),
        ([True, BEYOND], "bool"),
    ],
)
def test_the_type_that_takes_every_value(values: list[Any], type_: str | None) -> None:
    assert recommended(*values) == type_
    assert recommended(*reversed(values)) == type_


def test_under_exact_types_only_one_will_do() -> None:
    assert recommended(1, 1.5, rules=Rules(types="exact")) is None
    assert recommended(1.5, rules=Rules(types="exact")) == "float"
    assert recommended(0, BEYOND, rules=Rules(types="exact")) == "int"


def test_what_no_single_type_takes_is_listed() -> None:
    profile = EventProfile()
    profile.add("order", {"flag": True})
    profile.add("order", {"flag": "yes"})
    profile.add("order", {"flag": "no"})
    (unsettled,) = profile.recommended().unsettled
    assert unsettled == Unsettled("order", "flag", {PropertyType.BOOL: 1, PropertyType.STRING: 2})


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
