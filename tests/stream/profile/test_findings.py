from collections.abc import Iterable
from typing import Any, cast

import pytest

from eventschema.core.rules import Rules
from eventschema.core.values import detect
from eventschema.core.violations import Violation
from eventschema.stream.profile import Bounds, EventProfile
from eventschema.stream.profile.eventstats import MAX_BAD_NAMES
from eventschema.stream.profile.files import profile_files
from eventschema.stream.profile.finding import Finding
from eventschema.stream.profile.findings import MANY_EVENTS, MANY_NAMES
from eventschema.stream.profile.propertyfindings import UNSUPPORTED_WORDS, VALUE_ERRORS
from eventschema.stream.profile.propertystats import UNSUPPORTED
from tests.stream.test_sample import SAMPLE


def found(events: Iterable[dict[str, Any]], rules: Rules = Rules(), **bounds: int) -> list[Finding]:  # noqa: B008 (it is immutable)
    profile = EventProfile(rules, Bounds(**bounds))
    for properties in events:
        profile.add("order", properties)
    return list(profile.findings())


def test_the_sample() -> None:
    listed = profile_files([str(SAMPLE)]).profile.findings()
    assert [(f.kind, f.property, f.affected, f.places[0].line) for f in listed] == [
        ("first_value", "mag", 1638, 1),
        ("type_conflict", "gap", 258, 1),
        ("first_value", "cdi", 92, 7),
        ("epoch_milliseconds", "time", 1707, 1),
        ("epoch_milliseconds", "updated", 1707, 1),
        ("leading_zeros", "code", 260, 1),
    ]
    assert listed[0].message == (
        "The first value is int, which does not take 1,638 of the 1,706 other values; float takes all 1,707."
    )
    assert listed[0].examples == (2, 1.6, 0.54, 3.8)


def test_nothing_to_say() -> None:
    assert found([{"a": 1, "b": None, "c": 0.1234561}, {"a": 2}]) == []


@pytest.mark.parametrize(
    ("values", "kind", "affected"),
    [
        ([1, 1.5], "first_value", 1),
        ([1, 1.5, 2], "type_conflict", 1),
        ([1, 1.5, 2.0], "type_conflict", 1),
        ([1.5, 2**53 + 1], "no_single_type", 1),
        (["2026-11-23", "x", "y"], "first_value", 2),
        ([True, "x"], "no_single_type", 1),
    ],
)
def test_a_first_value_that_later_ones_do_not_fit(values: list[Any], kind: str, affected: int) -> None:
    (one,) = found({"a": value} for value in values)
    assert (one.kind, one.event, one.property, one.affected, one.places[0].line) == (kind, "order", "a", affected, 1)


@pytest.mark.parametrize("values", [[1.5, 1], [1, 2.0], ["x", "2026-11-23"], [1]])
def test_a_first_value_that_all_later_ones_fit(values: list[Any]) -> None:
    assert found({"a": value} for value in values) == []
    assert len(found(({"a": value} for value in values), Rules(types="exact"))) == len(values) - 1


@pytest.mark.parametrize(
    ("later", "refused"),
    [
        (["x"], "the other value; string takes all 2"),
        (["x", "y"], "any of the 2 other values; string takes all 3"),
        (["x", "2026-11-24", "2026-11-25"], "1 of the 3 other values; string takes all 4"),
    ],
)
def test_the_sentence_of_a_first_value(later: list[str], refused: str) -> None:
    (one,) = found({"a": value} for value in ["2026-11-23", *later])
    assert one.message == f"The first value is date, which does not take {refused}."


@pytest.mark.parametrize(("odd", "total", "expected"), [(1, 20, True), (2, 20, True), (3, 20, False), (1, 19, False)])
def test_text_that_is_nearly_always_of_one_format(odd: int, total: int, expected: bool) -> None:
    values = ["2026-11-23"] * (total - odd - 1) + ["soon"] * odd + ["2026-11-24"]
    near = [one for one in found({"when": value} for value in values) if one.kind == "nearly_one_format"]
    assert bool(near) == expected
    if near:
        assert near[0].affected == odd
        assert near[0].places[0].line == total - odd
        assert near[0].examples == ("soon",)


@pytest.mark.parametrize(
    ("values", "text", "events", "kinds"),
    [
        (["2026-11-23", "", "2026-11-24", ""], "2 of 4 values are empty texts, the rest are of type date", 2, []),
        (["", "2026-11-23"], "1 of 2 values is an empty text, the rest are of type date", 0, []),
        (["2026-11-23"] * 30 + [""], "1 of 31 values is an empty text, the rest are of type date", 1, []),
        ([1, "", 2.5], "1 of 3 values is an empty text, the rest are of type int and float", 1, ["no_single_type"]),
        (["", True], "1 of 2 values is an empty text, the rest are of type bool", 0, ["no_single_type"]),
    ],
)
def test_empty_texts_among_other_values(values: list[Any], text: str, events: int, kinds: list[str]) -> None:
    listed = {one.kind: one for one in found({"when": value} for value in values)}
    empty = listed.pop("empty_text")
    assert empty.message == f"{text}; where there is no value, leave the property out or send null."
    assert (empty.affected, empty.events, empty.places[0].line) == (values.count(""), events, values.index("") + 1)
    assert "" in empty.examples
    assert list(listed) == kinds


@pytest.mark.parametrize(
    "values", [["", ""], ["", "x"], ["", "x", "2026-11-23"], ["x", "2026-11-23"], [1, 2], ["", None]]
)
def test_empty_texts_that_are_no_finding(values: list[Any]) -> None:
    assert all(one.kind != "empty_text" for one in found({"when": value} for value in values))


def test_without_examples_the_lines_are_told_all_the_same() -> None:
    (one,) = found([{"when": "2026-11-23"}] * 20 + [{"when": "x"}], examples=0)
    assert (one.examples, one.places[0].line) == ((), 21)
    assert one.message == "20 of 21 texts are date, and 1 is not."


def test_names_that_differ_only_in_case() -> None:
    (one,) = found([{"total": 1, "Total": 1, "other": 1}])
    assert (one.kind, one.names) == ("case_only", ("Total", "total"))
    profile = EventProfile()
    profile.add("Order", {})
    profile.add("order", {})
    (of_events,) = profile.findings()
    assert (of_events.event, of_events.message) == (None, "2 names of events differ only in upper and lower case.")


def test_names_that_look_the_same() -> None:
    profile = EventProfile()
    for name in ("Order Placed ", "Order Placed", "Caf\u00e9", "cafe\u0301"):
        profile.add(name, {})
    form = "upper and lower case and Unicode normal form (NFC and NFD)"
    assert [(one.kind, one.event, one.message, one.names) for one in profile.findings()] == [
        ("look_alike", None, f"2 names of events differ only in {form}.", ("Caf\u00e9", "cafe\u0301")),
        ("look_alike", None, "2 names of events differ only in white space.", ("Order Placed", "Order Placed ")),
    ]


@pytest.mark.parametrize(("events", "expected"), [(MANY_EVENTS - 1, 0), (MANY_EVENTS, 1)])
def test_a_property_seen_once_in_many(events: int, expected: int) -> None:
    listed = found([{"rare": 1, "one": 1}] + [{"a": 1}] * (events - 1))
    assert [one.kind for one in listed] == ["seen_once"] * expected
    for one in listed:
        assert one.names == ("rare", "one")
        assert one.message == f"2 properties were in one of {events:,} events only."


@pytest.mark.parametrize("pattern", ["views_2026{:04}", "u{:02}_total", "id_5f3a9c0b{:02}ee", "order-2026-{:02}"])
@pytest.mark.parametrize(("names", "expected"), [(MANY_NAMES - 1, 0), (MANY_NAMES, 1)])
def test_names_that_grow_without_bound(pattern: str, names: int, expected: int) -> None:
    profile = EventProfile()
    for number in range(names):
        profile.add(pattern.format(number), {})
    listed = profile.findings()
    assert [(one.kind, one.affected) for one in listed] == [("growing_names", MANY_NAMES)] * expected


def test_growing_names_are_not_told_twice() -> None:
    events = [{f"day_{number}": 1} for number in range(MANY_EVENTS)]
    (one,) = found(events)
    assert (one.kind, one.event, one.affected, len(one.names)) == ("growing_names", "order", MANY_EVENTS, 5)


def test_a_bound_that_was_reached() -> None:
    profile = EventProfile(bounds=Bounds(events=1, properties=1))
    profile.add("a", {"x": 1, "y": 2})
    profile.add("b", {})
    assert [(one.kind, one.event, one.message) for one in profile.findings()] == [
        ("bound_reached", None, "There are more than 1 event name; 1 event of further names was not looked at."),
        ("bound_reached", "a", "There are more than 1 property; 1 value of further names was not looked at."),
    ]


def test_the_bound_on_all_properties_is_told_once() -> None:
    profile = EventProfile(bounds=Bounds(total=1))
    for name in ("a", "b", "c"):
        profile.add(name, {"x": 1})
    assert [(one.kind, one.event, one.message) for one in profile.findings()] == [
        (
            "bound_reached",
            None,
            "There are more than 1 property of all events; 2 values of further names were not looked at.",
        )
    ]


def test_a_finding_is_ready_for_json() -> None:
    (one,) = found([{"a": "2026-11-23"}, {"a": "x"}])
    assert one.to_dict()["places"] == [{"source": "", "line": 1}]
    assert one.to_dict()["examples"] == ["2026-11-23", "x"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([0.00000012, 0.0000004, 0.5], "makes 2 of 3 floats 0 and leaves 2 of 3 different values"),
        ([1e-7, 1], "makes 1 of 1 float 0"),
        ([0.1234561, 0.1234562, "x"], "leaves 2 of 3 different values"),
        ([number / 10**9 + 0.5 for number in range(50)], "leaves 1 of more than 40 different values"),
    ],
)
def test_rounding_that_loses_values(values: list[Any], message: str) -> None:
    losses = [one for one in found(({"a": value} for value in values), distinct=40) if one.kind == "rounding"]
    whole = f"Rounding to 6 decimals {message}; a greater --float-digits keeps them apart."
    assert [(one.message, one.property, one.events) for one in losses] == [(whole, "a", 0)]


@pytest.mark.parametrize("values", [[0.1234561, 0.5], [-0.0, 1], [0.25, 0.125]])
def test_rounding_that_loses_nothing(values: list[Any]) -> None:
    assert "rounding" not in [one.kind for one in found({"a": value} for value in values)]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[], [1], 2], "2 of 3 values are arrays, which no type takes."),
        ([{}, 2], "1 of 2 values is an object, which no type takes."),
        ([{}, [], b"x", 2, None], "3 of 5 values are of no supported type (array 1, object 1, other 1)."),
        ([b"x"], "1 of 1 value is of an unsupported class, which no type takes."),
        (["x" * 2049, "y"], "1 of 2 values is longer than the 2,048 characters of --max-string-length."),
        (["\ud800", "\ud801"], "2 of 2 values have lone surrogates, and so no UTF-8."),
        ([float("nan"), 1], "1 of 2 values is not finite, or too great for a float."),
        ([2**63 + 1, 1], "1 of 2 values is an int beyond 64 bits, which no type takes."),
        ([2**63 + 1] * 2, "2 of 2 values are ints beyond 64 bits, which no type takes."),
        ([2**63, 2**63 + 1], "2 of 2 values are ints beyond 64 bits, which detection gives no type; float takes 1."),
    ],
)
def test_values_that_cost_their_events_whatever_the_type(values: list[Any], message: str) -> None:
    (one,) = found({"a": value} for value in values)
    count = int(message.split(maxsplit=1)[0])
    assert (one.message, one.events, one.affected, one.property) == (message, count, count, "a")
    assert one.places


def test_nulls_that_are_rejected() -> None:
    (one,) = found([{"a": None}, {"a": 1}, {"a": None}], Rules(nulls="reject"))
    assert (one.kind, one.message) == ("unsupported_type", "2 of 3 values are null, which no type takes.")


def test_ints_beyond_64_bits_among_others() -> None:
    (one,) = found({"a": value} for value in [1, 2**70, 2**53 + 1])
    assert one.message == (
        "No single type takes every value (2 int, 1 int beyond 64 bits); int takes the most, 2 of 3. "
        "The first value is int, which does not take 1 of the 2 other values."
    )
    assert (one.events, one.refused) == (1, ("", 2))


def test_properties_that_are_no_object() -> None:
    (one,) = found([{"a": 1}, cast("Any", [])])
    assert (one.kind, one.message, one.events) == (
        "malformed_request",
        "The properties of 1 of 2 events are not an object.",
        1,
    )


def test_events_of_too_many_properties() -> None:
    events: list[dict[str, Any]]
    events = [{"a": 1, "b": None, "c": None}, {"a": 1}, {f"p{n}": n for n in range(4)}, {f"q{n}": n for n in range(9)}]
    (one,) = found(events, Rules(max_properties=2), properties=8)
    assert (one.kind, one.affected, one.events, one.places[0].line) == ("too_many_properties", 3, 3, 1)
    assert one.message == (
        "3 of 4 events have more than 2 properties, up to 9; --max-properties 9 takes all of them. 2 of 7 properties "
        "of these events are null; without them, 1 of 2 events would be within the limit. "
        "1 event was not looked at, with even more properties."
    )


def test_names_that_are_no_property_names() -> None:
    (one,) = found([{"a b": 1, "c d": 2, "ok": 1}, {"a b": 3}, {"ok": 2}])
    assert (one.kind, one.message) == ("invalid_name", "2 names are not valid property names, in 2 of 3 events.")
    assert (one.names, one.affected, one.events, one.places[0].line) == (("a b", "c d"), 2, 2, 1)
    (one,) = found([{"a b": 1}])
    assert one.message == "1 name is not a valid property name, in 1 of 1 event."
    (one, *_) = found({f"a {number}": 1} for number in range(MAX_BAD_NAMES + 1))
    assert one.message.startswith("More than 200 names are not valid property names, in 201 of 201 events.")


def test_lines_without_an_event() -> None:
    profile = EventProfile()
    profile.add("", {})
    (one,) = profile.findings()
    assert (one.kind, one.event, one.message, one.events) == (
        "invalid_event_name",
        None,
        "1 line carries no event: invalid_event_name.",
        1,
    )


def test_what_costs_more_comes_first() -> None:
    events: list[dict[str, Any]] = [{"a": 1, "b": [], "c": 1e-7}, {"a": "x", "b": []}, {"a": 2, "b": {}, "B": 1}]
    assert [(one.kind, one.property, one.events) for one in found(events)] == [
        ("unsupported_type", "b", 3),
        ("no_single_type", "a", 1),
        ("rounding", "c", 0),
        ("case_only", None, 0),
    ]


def test_a_profile_from_before_there_were_these_counts() -> None:
    profile = EventProfile(Rules(max_properties=2))
    profile.add("order", {"a": 1, "b": 2, "c": 3})
    profile.add("order", {"b": [], "c d": 1})
    written = profile.to_dict()
    for field in ("unread", "oversize", "misnamed", "badNames"):
        del written["events"]["order"][field]
    for property_ in written["events"]["order"]["properties"].values():
        for field in ("adjusted", "zeroed", "unsupported"):
            del property_[field]
    assert {one.message for one in EventProfile.from_dict(written).findings()} == {
        "1 of 2 events has more than 2 properties: see --max-properties.",
        "Some names are not valid property names, in 1 of 1 event.",
        "1 of 2 values is of no supported type.",
    }


def test_a_finding_of_a_code_that_another_version_knows() -> None:
    profile = EventProfile()
    profile.add("order", {"a": []})
    written = profile.to_dict()
    errors = written["events"]["order"]["properties"]["a"]["faults"]
    errors["new_code"] = errors.pop("unsupported_type")
    (one,) = EventProfile.from_dict(written).findings()
    assert (one.kind, one.message) == ("new_code", "1 of 1 value is refused: new_code.")


def test_each_kind_of_unsupported_value_has_its_words() -> None:
    assert UNSUPPORTED_WORDS.keys() == {*UNSUPPORTED, "null"}


def test_each_error_of_detection_says_what_is_wrong() -> None:
    values = [{}, 2**63, "x" * 9, "\ud800", float("nan")]
    found = [detect(value, Rules(max_string_length=8), "") for value in values]
    assert {each.code for each in found if isinstance(each, Violation)} == VALUE_ERRORS.keys()
