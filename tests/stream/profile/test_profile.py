import json
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest

from eventschema.core.rules import Rules
from eventschema.core.types import PropertyType
from eventschema.core.values import AdjustmentKind
from eventschema.stream.envelopes import StreamEvent
from eventschema.stream.profile import Bounds, EventProfile
from eventschema.stream.profile.eventstats import MAX_BAD_NAMES
from eventschema.stream.profile.propertystats import PropertyStats
from tests.hostile_values import Text

INT, FLOAT, STRING = PropertyType.INT, PropertyType.FLOAT, PropertyType.STRING


def profile_of(*values: Any, rules: Rules = Rules(), bounds: Bounds = Bounds()) -> EventProfile:  # noqa: B008 (both are immutable)
    profile = EventProfile(rules, bounds)
    for value in values:
        profile.add("order", {"total": value})
    return profile


def tally_of(*values: Any, rules: Rules = Rules(), bounds: Bounds = Bounds()) -> PropertyStats:  # noqa: B008 (both are immutable)
    return profile_of(*values, rules=rules, bounds=bounds).events["order"].properties["total"]


def counts(stats: PropertyStats) -> dict[str, tuple[int, int]]:
    return {str(type_): (typed.count, typed.first.line) for type_, typed in stats.types.items()}


def test_the_counts_of_a_property() -> None:
    stats = tally_of(1, 2.5, None, "x", "2026-11-23", 2, True, [])
    assert (stats.seen, stats.nulls) == (8, 1)
    assert counts(stats) == {"int": (2, 1), "float": (1, 2), "string": (1, 4), "date": (1, 5), "bool": (1, 7)}
    assert (stats.numbers.least, stats.numbers.greatest, stats.longest) == (1, 2.5, 10)
    assert {code: (error.count, error.first.line) for code, error in stats.errors.items()} == {
        "unsupported_type": (1, 8)
    }
    assert stats.examples() == [1, 2.5, "x"]
    assert (stats.distinct.count, stats.distinct.exceeded) == (6, False)


def test_an_event_whose_properties_cannot_be_looked_at() -> None:
    profile = EventProfile(Rules(max_properties=1), Bounds(properties=1))
    profile.add("order", {"a": 1, "b": 2}, "file", 7)
    profile.add("order", [1], "file", 8)  # type: ignore[arg-type]  # which is the point
    stats = profile.events["order"]
    assert (stats.count, stats.looked_at, stats.properties) == (2, 0, {})
    assert "more than the limit of 1," in stats.errors["too_many_properties"].message
    assert (stats.oversize.events, stats.oversize.most) == (0, 2)
    assert {code: error.first.line for code, error in stats.errors.items()} == {
        "too_many_properties": 7,
        "malformed_request": 8,
    }


@pytest.mark.parametrize(
    ("size", "over", "looked_at"), [(2, False, True), (3, True, True), (5, True, True), (6, True, False)]
)
def test_events_over_the_limit_are_looked_at_up_to_a_bound(size: int, over: bool, looked_at: bool) -> None:
    profile = EventProfile(Rules(max_properties=2), Bounds(properties=5))
    profile.add("order", {f"p{number}": number for number in range(size)})
    stats = profile.events["order"]
    assert (stats.count, stats.looked_at, len(stats.properties)) == (1, looked_at, size * looked_at)
    assert ("too_many_properties" in stats.errors) == over
    assert stats.oversize.most == size * over


def test_the_nulls_of_events_over_the_limit() -> None:
    profile = EventProfile(Rules(max_properties=2))
    profile.add("order", {"a": 1, "b": None, "c": None})
    profile.add("order", {"a": 1, "b": 2, "c": 3, "d": None})
    profile.add("order", {"a": None, "b": None})
    counts = profile.events["order"].oversize
    assert (counts.events, counts.most, counts.properties, counts.nulls, counts.fitting) == (2, 4, 7, 3, 1)


def test_json_objects_are_counted_as_events_are() -> None:
    rules, bounds = Rules(max_properties=3), Bounds(properties=4)
    properties: list[dict[str, Any]] = [
        {"a": 1, "b": None},
        {"a b": 1, "b": 2},
        {"a b": 1, "c d": 2, "": None},
        {"a": 1, "b": 2, "c": None, "d": [{}]},
        {"a": 1, "b": 2, "c": None, "e f": 0.12345678},
        {"a": 1, "b": 2, "c": None, "d": 3, "e": 4},
    ]
    one, all_at_once = EventProfile(rules, bounds), EventProfile(rules, bounds)
    values = [{"eventName": "order", "properties": dict(each)} for each in properties]
    for line, each in enumerate(properties, 1):
        one.add("order", each, "file", line)
    assert all_at_once.add_objects("file", range(1, 7), values, ("eventName", "properties")) == [5]
    all_at_once.add("order", properties[5], "file", 6)
    assert one == all_at_once
    assert one.events["order"].misnamed == 3


def test_bad_names_are_listed_up_to_a_bound() -> None:
    names = [f"column {number:03}" for number in range(MAX_BAD_NAMES + 2)]
    up, down = EventProfile(), EventProfile()
    for line, name in enumerate(names, 1):
        up.add("order", {name: 1}, "file", line)
    for line, name in reversed(list(enumerate(names, 1))):
        part = EventProfile()
        part.add("order", {name: 1}, "file", line)
        down.update(part)
    assert up == down
    stats = up.events["order"]
    assert sorted(stats.bad_names) == names[:MAX_BAD_NAMES]
    assert (stats.misnamed, stats.errors["invalid_name"].count) == (len(names), len(names))


def test_a_bad_name_is_listed_as_a_message_shows_it() -> None:
    profile = EventProfile()
    profile.add("order", {"n" * 200: 1, "n" * 300: 1, "\ud800": 1, 7: 1})  # type: ignore[dict-item]  # which is the point
    listed = profile.events["order"].bad_names
    assert {name: [(c, f.count) for c, f in errors.items()] for name, errors in listed.items()} == {
        "n" * 128 + "...": [("name_too_long", 2)],
        "\\ud800": [("invalid_name", 1)],
        "<int>": [("invalid_name", 1)],
    }


class Apart(str):
    """A text that is equal only to itself, so that a dict can have it beside an equal text."""

    __slots__ = ()
    __eq__ = object.__eq__
    __hash__ = object.__hash__


def test_a_name_that_stands_twice_is_none() -> None:
    profile = EventProfile()
    profile.add("order", {"a": 1, Apart("a"): 2})
    stats = profile.events["order"]
    assert (stats.properties["a"].seen, list(stats.bad_names), stats.misnamed) == (1, ["a"], 1)


def test_names_that_are_none() -> None:
    profile = EventProfile()
    profile.add("", {"a": 1})
    profile.add("order", {"bad name": 1, "n" * 129: 2, "good": 3})
    profile.add("order", {1: 2})  # type: ignore[dict-item]  # which is the point
    assert {code: error.count for code, error in profile.errors.items()} == {"invalid_event_name": 1}
    assert list(profile.events["order"].properties) == ["good"]
    assert {code: error.count for code, error in profile.events["order"].errors.items()} == {
        "invalid_name": 2,
        "name_too_long": 1,
    }


def test_a_name_that_is_a_member_of_an_enum_is_its_text() -> None:
    class Name(StrEnum):
        ORDER = "order"

    profile = EventProfile()
    profile.add(Name.ORDER, {"a": 1})
    assert [(name, type(name)) for name in profile.events] == [("order", str)]
    assert profile.errors == {}


def test_a_line_that_carries_no_event() -> None:
    profile = EventProfile()
    profile.add_event(StreamEvent("file", 1, None))
    assert (profile.count, dict(profile.events), profile.errors) == (1, {}, {})


class Hostile(Mapping[str, Any]):
    def __getitem__(self, name: str) -> Any:
        raise RuntimeError

    def __iter__(self) -> Iterator[str]:
        return iter(["a"])

    def __len__(self) -> int:
        return 1


def test_it_raises_nothing() -> None:
    profile = EventProfile()
    profile.add("order", Hostile())
    assert "malformed_request" in profile.events["order"].errors


def test_what_was_given_can_be_changed_afterwards() -> None:
    profile, properties = EventProfile(), {"total": 1}
    profile.add("order", properties)
    properties["total"] = 2
    assert profile.events["order"].properties["total"].numbers.greatest == 1


@pytest.mark.parametrize(
    ("values", "whole", "inexact"),
    [
        ([1, 2**53, -(2**53)], 0, 0),
        ([2**53 + 1], 0, 1),
        ([2**53 + 2, -(2**53) - 1], 0, 1),
        ([1.0, 1.5, -2.0], 2, 0),
        ([2.0**63], 0, 0),
        ([-(2.0**63), 1.0], 2, 0),
        ([2.0**63, 1.0, -(2.0**64)], 1, 0),
        ([Decimal("1.0")], 1, 0),
        ([Decimal("1.00000000001")], 0, 0),  # it is stored as 1.0, but an int does not take it
    ],
)
def test_what_the_other_type_of_number_would_take(values: list[Any], whole: int, inexact: int) -> None:
    numbers = tally_of(*values).numbers
    assert (numbers.whole, numbers.inexact) == (whole, inexact)


@pytest.mark.parametrize(
    ("values", "rounded", "zeroed", "distinct", "before"),
    [
        ([0.5, 1, "x"], 0, 0, 3, None),
        ([0.00000012, 0.0000004, 0.5], 2, 2, 2, 3),
        ([0.1234561, 0.1234562, "x"], 2, 0, 2, 3),
        ([0.123456, 0.1234562], 1, 0, 1, 2),
        ([0.1234561, 0.1234572], 2, 0, 2, 2),
        ([-0.0, 0], 1, 0, 1, 1),
        ([Decimal("0.0000001"), Decimal("-0"), Decimal("0.5")], 2, 1, 2, 3),
        ([Decimal("0.0000001"), 0.0000001, 0], 2, 2, 1, 2),
    ],
)
def test_what_rounding_loses(values: list[Any], rounded: int, zeroed: int, distinct: int, before: int | None) -> None:
    stats = tally_of(*values)
    assert (stats.adjusted.get(AdjustmentKind.ROUNDED, 0), stats.zeroed) == (rounded, zeroed)
    assert stats.distinct.count == distinct
    assert before == (stats.unrounded and stats.unrounded.count)
    assert tally_of(*reversed(values)).unrounded == stats.unrounded


@pytest.mark.parametrize("backwards", [False, True])
def test_more_values_before_rounding_than_are_counted(backwards: bool) -> None:
    values = [*[0.5] * 9, *(number / 10**9 for number in range(9))]
    stats = tally_of(*(reversed(values) if backwards else values), bounds=Bounds(distinct=5))
    assert (stats.adjusted, stats.zeroed) == ({AdjustmentKind.ROUNDED: 8}, 8)
    assert (stats.distinct.count, stats.distinct.exceeded) == (2, False)
    assert stats.unrounded is not None
    assert (stats.unrounded.count, stats.unrounded.exceeded) == (5, True)


def test_other_changes_of_values_are_counted_too() -> None:
    no_int = Rules(detect=frozenset(PropertyType) - {INT})
    assert tally_of(1, 2.5, 2**60, rules=no_int).adjusted == {AdjustmentKind.INT_TO_FLOAT: 2}
    assert tally_of(date(2026, 11, 26), None, "x").adjusted == {AdjustmentKind.TO_TEXT: 1}


def test_numbers_are_shown_as_stored() -> None:
    stats = tally_of(0.12345649, -0.0, rules=Rules(float_digits=3))
    assert (stats.numbers.least, stats.numbers.greatest) == (0.0, 0.123)
    assert str(stats.numbers.least) == "0.0"
    assert stats.examples() == [0.123, 0.0]


def test_of_equal_numbers_the_int_is_shown() -> None:
    for values in ([1, 1.0], [1.0, 1]):
        numbers = tally_of(*values).numbers
        assert (type(numbers.least), type(numbers.greatest)) == (int, int)


def test_nulls_can_be_faults() -> None:
    stats = tally_of(None, 1, None, rules=Rules(nulls="reject"))
    assert (stats.seen, stats.nulls, stats.errors["unsupported_type"].count) == (3, 2, 2)


def test_where_ints_are_detected_as_float() -> None:
    rules = Rules(detect=frozenset(PropertyType) - {INT})
    stats = tally_of(1, 2, 2**60, 2.5, rules=rules)
    assert counts(stats) == {"float": (4, 1)}
    assert [type(value) for value in stats.examples()] == [float, float, float]


def test_examples_are_the_first_different_ones() -> None:
    profile = EventProfile()
    for line, value in [(5, "e"), (1, "a"), (2, "a"), (4, "d"), (3, "c"), (6, "f")]:
        profile.add("order", {"note": value}, "file", line)
    typed = profile.events["order"].properties["note"].types[STRING]
    assert profile.events["order"].properties["note"].examples() == ["a", "c", "d"]
    assert [location.line for location in typed.firsts.locations] == [1, 2, 3]


def test_of_a_long_text_an_example_has_the_start() -> None:
    assert tally_of("x" * 2048).examples() == ["x" * 100 + "..."]


def test_examples_can_be_switched_off() -> None:
    profile = profile_of("secret@a.co", "other@a.co", 77.5, 8765, 1.0, bounds=Bounds(examples=0))
    stats = profile.events["order"].properties["total"]
    assert stats.examples() == []
    assert (stats.numbers.least, stats.numbers.greatest, stats.numbers.whole) == (None, None, 1)
    assert stats.distinct.count == 5
    text = json.dumps(profile.to_dict())
    assert not any(value in text for value in ("a.co", "77.5", "8765"))


def test_a_number_of_examples_that_makes_no_sense() -> None:
    with pytest.raises(ValueError, match="expected a whole number"):
        EventProfile().with_examples(-1)


@pytest.mark.parametrize(("bound", "count", "exceeded"), [(2, 2, True), (3, 3, False), (4, 3, False), (0, 0, True)])
def test_distinct_values_at_their_bound(bound: int, count: int, exceeded: bool) -> None:
    for values in ("abcab", ["x" * 100 + c for c in "abcab"], [1, 2.5, True, 1.0, True]):
        distinct = tally_of(*values, bounds=Bounds(distinct=bound)).distinct
        assert (distinct.count, distinct.exceeded) == (count, exceeded)


def test_a_number_is_no_bool_and_no_text() -> None:
    assert tally_of(1, True, "1", 1.0).distinct.count == 3


@pytest.mark.parametrize(("names", "listed", "unlisted"), [(2, 2, 0), (3, 3, 0), (4, 3, 1)])
def test_event_names_at_their_bound(names: int, listed: int, unlisted: int) -> None:
    profile = EventProfile(bounds=Bounds(events=3))
    for number in range(names):
        profile.add(f"event{number}", {"a": 1})
    assert (len(profile.events), profile.unlisted_events, profile.is_complete) == (listed, unlisted, not unlisted)
    assert profile.count == names


@pytest.mark.parametrize("bounds", [Bounds(properties=3), Bounds(total=3)])
@pytest.mark.parametrize(("names", "listed", "unlisted"), [(2, 2, 0), (3, 3, 0), (4, 3, 1)])
def test_property_names_at_their_bound(bounds: Bounds, names: int, listed: int, unlisted: int) -> None:
    profile = EventProfile(bounds=bounds)
    for number in range(names):
        profile.add("order", {f"name{number}": 1})
    stats = profile.events["order"]
    assert (len(stats.properties), stats.unlisted, profile.is_complete) == (listed, unlisted, not unlisted)
    assert EventProfile.from_dict(profile.to_dict()) == profile


def test_hostile_names_take_no_more_than_the_bounds() -> None:
    bounds = Bounds(events=10, properties=10, total=50)
    profile = EventProfile(bounds=bounds)
    for number in range(2000):
        profile.add(f"event{number % 500}", {f"n{number}_{i}": i for i in range(10)})
    assert len(profile.events) == 10
    assert sum(len(stats.properties) for stats in profile.events.values()) == 50
    values = sum(t.unlisted + sum(p.seen for p in t.properties.values()) for t in profile.events.values())
    assert values + 10 * profile.unlisted_events == 20_000


def test_the_bounds_hold_in_combination() -> None:
    bounds = Bounds(events=1, properties=1)
    one, two = EventProfile(bounds=bounds), EventProfile(bounds=bounds)
    one.add("a", {"x": 1})
    two.add("a", {"y": 1})
    both = one.combine(two)
    assert (both.events["a"].count, both.events["a"].unlisted) == (2, 1)
    three = EventProfile(bounds=bounds)
    three.add("b", {"y": 1})
    assert both.combine(three).unlisted_events == 1


def test_only_profiles_of_the_same_rules_and_bounds_combine() -> None:
    for other in (EventProfile(Rules(max_properties=1)), EventProfile(bounds=Bounds(examples=1))):
        with pytest.raises(ValueError, match="same rules and bounds"):
            EventProfile().combine(other)


@pytest.mark.parametrize("wrong", [{"events": -1}, {"examples": 101}, {"distinct": 1.5}, {"total": True}])
def test_bounds_that_make_no_sense(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected a whole number"):
        Bounds(**wrong)


def test_equality_and_hash() -> None:
    assert profile_of(1) == profile_of(1)
    assert profile_of(1) != profile_of(2)
    assert profile_of(1) != 1
    stats = profile_of(1).events["order"]
    counted = stats.properties["total"]
    for value in (stats, counted, counted.numbers, counted.types[INT], counted.distinct):
        assert value != 1
        with pytest.raises(TypeError):
            hash(value)
    assert repr(profile_of(1)) == "<EventProfile: 1 events of 1 names>"


def test_a_profile_without_lines_has_no_faults() -> None:
    profile = EventProfile()
    assert (profile.count, profile.errors, profile.findings()) == (0, {}, ())
    assert profile.recommended().schemas == {}


def test_of_faults_at_one_place_the_message_is_always_the_same() -> None:
    profiles = []
    for names in (["a b", "c d"], ["c d", "a b"]):
        profile = EventProfile()
        for name in names:
            profile.add("order", {name: 1}, "file", 1)
        profiles.append(profile)
    assert profiles[0] == profiles[1]
    error = profiles[0].events["order"].errors["invalid_name"]
    assert (error.count, error.message.endswith("/a b.")) == (2, True)


def test_distinct_values_that_are_loaded_and_met_again() -> None:
    profile = profile_of("a", "b", bounds=Bounds(distinct=3))
    read = EventProfile.from_dict(profile.to_dict())
    read.add("order", {"total": "a"})
    read.add("order", {"total": "c"})
    assert (read.events["order"].properties["total"].distinct.count, read.events["order"].count) == (3, 4)
    read.add("order", {"total": "d"})
    assert read.events["order"].properties["total"].distinct.exceeded


def test_empty_texts_that_are_ignored_are_no_values() -> None:
    values = ["", "a", None, Text(""), "", 5]
    stats = tally_of(*values, rules=Rules(empty_texts="ignore"))
    assert (stats.seen, stats.nulls, stats.empty, stats.longest, stats.distinct.count) == (6, 1, 3, 1, 2)
    assert counts(stats) == {"int": (1, 6), "string": (1, 2)}
    assert stats.adjusted == {}
    assert tally_of("", "", rules=Rules(empty_texts="ignore")).types == {}
    kept = tally_of(*values)
    assert (kept.nulls, kept.empty, kept.types[STRING].count) == (1, 3, 4)


def test_a_hint_is_recommended_and_measured() -> None:
    profile = profile_of("1", 2, "x", rules=Rules(hints=(("t*", INT),)))
    recommendation = profile.recommended()
    assert recommendation.schemas["order"].properties == {"total": INT}
    [unsettled] = recommendation.unsettled
    assert (unsettled.recommended, unsettled.taken, unsettled.refused) == (INT, 1, 2)
    assert unsettled.first == ("", 1)
    [finding] = [one for one in profile.findings() if one.kind == "hint"]
    assert finding.message == "A hint gives it int, which does not take 2 of 3 values (1 int, 2 string)."
    assert (finding.events, finding.places, finding.examples) == (2, (("", 1),), ("1", "x"))
    assert not [one for one in profile_of(1, 2, rules=Rules(hints=(("t*", INT),))).findings() if one.kind == "hint"]
    assert profile_of([], rules=Rules(hints=(("t*", INT),))).recommended().schemas["order"].properties == {}
