from collections.abc import Iterable
from typing import Any

import pytest

from eventschema.core.rules import Rules
from eventschema.stream.findings import MANY_EVENTS, MANY_NAMES, Finding, findings
from eventschema.stream.profile import Bounds, EventProfile
from eventschema.stream.profilefiles import profile_files
from tests.stream.test_sample import SAMPLE


def found(events: Iterable[dict[str, Any]], rules: Rules = Rules(), **bounds: int) -> list[Finding]:  # noqa: B008 (it is immutable)
    profile = EventProfile(rules, Bounds(**bounds))
    for properties in events:
        profile.add("order", properties)
    return list(findings(profile))


def test_the_sample() -> None:
    listed = profile_files([str(SAMPLE)]).profile.findings()
    assert [(f.kind, f.property, f.affected, f.places[0].line) for f in listed] == [
        ("first_value", "mag", 1638, 1),
        ("type_conflict", "gap", 258, 1),
        ("first_value", "cdi", 92, 7),
    ]
    assert listed[0].message == "The first value makes it int; replay would refuse 1,638 of the 1,706 later values."
    assert listed[0].examples == (2, 1.6, 0.54, 3.8)


def test_nothing_to_say() -> None:
    assert found([{"a": 1, "b": None, "c": []}, {"a": 2}]) == []


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
        (["x"], "the one later value"),
        (["x", "y"], "all 2 later values"),
        (["x", "2026-11-24", "2026-11-25"], "1 of the 3 later values"),
    ],
)
def test_the_sentence_of_a_first_value(later: list[str], refused: str) -> None:
    (one,) = found({"a": value} for value in ["2026-11-23", *later])
    assert one.message == f"The first value makes it date; replay would refuse {refused}."


@pytest.mark.parametrize(("odd", "total", "expected"), [(1, 20, True), (2, 20, True), (3, 20, False), (1, 19, False)])
def test_text_that_is_nearly_always_of_one_format(odd: int, total: int, expected: bool) -> None:
    values = ["2026-11-23"] * (total - odd - 1) + ["n/a"] * odd + ["2026-11-24"]
    near = [one for one in found({"when": value} for value in values) if one.kind == "nearly_one_format"]
    assert bool(near) == expected
    if near:
        assert near[0].affected == odd
        assert near[0].places[0].line == total - odd
        assert near[0].examples == ("n/a",)


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
    (of_events,) = findings(profile)
    assert (of_events.event, of_events.message) == (None, "2 names of events differ only in upper and lower case.")


def test_names_that_look_the_same() -> None:
    profile = EventProfile()
    for name in ("Order Placed ", "Order Placed", "Caf\u00e9", "cafe\u0301"):
        profile.add(name, {})
    form = "upper and lower case and Unicode normal form (NFC and NFD)"
    assert [(one.kind, one.event, one.message, one.names) for one in findings(profile)] == [
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
    listed = findings(profile)
    assert [(one.kind, one.affected) for one in listed] == [("growing_names", MANY_NAMES)] * expected


def test_growing_names_are_not_told_twice() -> None:
    events = [{f"day_{number}": 1} for number in range(MANY_EVENTS)]
    (one,) = found(events)
    assert (one.kind, one.event, one.affected, len(one.names)) == ("growing_names", "order", MANY_EVENTS, 5)


def test_a_bound_that_was_reached() -> None:
    profile = EventProfile(bounds=Bounds(events=1, properties=1))
    profile.add("a", {"x": 1, "y": 2})
    profile.add("b", {})
    assert [(one.kind, one.event, one.message) for one in findings(profile)] == [
        ("bound_reached", None, "There are more than 1 event names; 1 event of further names was not looked at."),
        ("bound_reached", "a", "There are more than 1 properties; 1 value of further names was not looked at."),
    ]


def test_the_bound_on_all_properties_is_told_once() -> None:
    profile = EventProfile(bounds=Bounds(total=1))
    for name in ("a", "b", "c"):
        profile.add(name, {"x": 1})
    assert [(one.kind, one.event, one.message) for one in findings(profile)] == [
        (
            "bound_reached",
            None,
            "There are more than 1 properties of all events; 2 values of further names were not looked at.",
        )
    ]


def test_a_finding_is_ready_for_json() -> None:
    (one,) = found([{"a": "2026-11-23"}, {"a": "x"}])
    assert one.to_dict()["places"] == [{"source": "", "line": 1}]
    assert one.to_dict()["examples"] == ["2026-11-23", "x"]
