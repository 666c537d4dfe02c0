from typing import Any

import pytest

from eventschema.stream.profile import EventProfile
from eventschema.stream.profile.drift import Change, ChangeKind, changes


def drift(before: list[Any], after: list[Any], thresholds: dict[ChangeKind, float] | None = None) -> list[Change]:
    profiles = EventProfile(), EventProfile()
    for profile, values in zip(profiles, (before, after), strict=True):
        for value in values:
            profile.add("order", {} if value is ... else {"a": value})
    one, other = (profile.counts for profile in profiles)
    return list(changes(one, other) if thresholds is None else changes(one, other, thresholds))


@pytest.mark.parametrize(
    ("before", "after", "kind", "rate", "message"),
    [
        ([...], [1, ...], "new", 0.5, "A new property, in 50.0% of events."),
        ([1, ..., ..., ...], [...], "vanished", 0.25, "No longer seen; it was in 25.0% of events."),
        ([1, ...], [1, 1], "presence", 0.5, "In 100.0% of events, before in 50.0%."),
        ([1, 1], [1, None], "nulls", 0.5, "Null in 50.0%, before in 0.0%."),
        ([1, 1], [1, "x"], "types", 0.5, "int 50.0%, string 50.0%; before int 100.0%."),
        ([0, 10], [0, 20], "range", 0.5, "From 0 to 20, before from 0 to 10."),
        ([5], [5, 6], "range", 1.0, "From 5 to 6, before from 5 to 5."),
        ([-1e308, 0.5], [1e308, 0.5], "range", 0.5, "From 0.5 to 1e+308, before from -1e+308 to 0.5."),
        ([], ["x"], "new", 1.0, "A new event, seen 1 time."),
        (["x"], [], "vanished", 1.0, "No longer seen; it was seen 1 time."),
    ],
)
def test_a_change_has_its_rate(before: list[Any], after: list[Any], kind: str, rate: float, message: str) -> None:
    (one,) = drift(before, after)
    assert (str(one.kind), one.message, one.passed) == (kind, message, True)
    assert one.rate == pytest.approx(rate)
    assert one.to_dict()["kind"] == kind


@pytest.mark.parametrize("values", [[], [1, None, ...], ["x", 1.5], [0, 10]])
def test_the_same_again_is_no_change(values: list[Any]) -> None:
    assert drift(values, values) == []
    assert drift(values, values * 3) == []


def test_narrower_ranges_and_later_dates_are_no_change() -> None:
    assert drift([0, 10, 5], [1, 9, 5]) == []
    assert drift(["2026-11-25"], ["2026-11-26"]) == []


@pytest.mark.parametrize(("threshold", "passed"), [(0.49, True), (0.5, True), (0.51, False), (None, False)])
def test_a_change_passes_at_its_threshold(threshold: float | None, passed: bool) -> None:
    thresholds = {} if threshold is None else {ChangeKind.NULLS: threshold}
    (one,) = drift([1, 1], [1, None], thresholds)
    assert one.passed is passed


def test_changes_of_an_event_come_by_their_rates() -> None:
    assert [one.kind for one in drift([0, 10, 10, 10], [0, 11, None, "x"])] == ["types", "nulls", "range"]
