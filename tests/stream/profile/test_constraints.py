from typing import Any

import pytest

from eventschema.stream.profile import Bounds, EventProfile
from eventschema.stream.profile.constraints import Constraints


def constraints(values: list[Any], **bounds: int) -> Constraints | None:
    profile = EventProfile(bounds=Bounds(**bounds))
    for value in values:
        profile.add("order", {} if value is ... else {"a": value})
    return profile.constraints()["order"].get("a")


def of(values: list[Any], **bounds: int) -> Constraints:
    found = constraints(values, **bounds)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("values", "required"),
    [([1] * 20, True), ([1] * 19, False), ([1] * 20 + [None], False), ([1] * 20 + [...], False)],
)
def test_what_every_event_has_is_required(values: list[Any], required: bool) -> None:
    found = of(values)
    assert (found.required, found.events, found.present) == (required, len(values), values.count(1))


def test_a_set_is_closed_where_distinct_values_stay_few() -> None:
    assert of(["a"] * 25 + ["b"] * 15).values == {"a": 25, "b": 15}
    assert list(of(["b"] * 25 + ["a"] * 15).values or ()) == ["b", "a"]
    assert of(["a"] * 24 + ["b"] * 15).values is None
    assert of([number for number in range(30) for _ in range(20)]).values == dict.fromkeys(range(30), 20)
    assert of([number for number in range(31) for _ in range(20)]).values is None
    assert of([1.5] * 40).values is None
    assert of(["a"] * 40, examples=0).values is None
    assert of(["a"] * 40 + ["2026-11-26"]).values is None


def test_ranges_and_lengths() -> None:
    assert of([3, 1.5, 2])[5:7] == (1.5, 3)
    assert of(["2026-11-26", "2026-11-01"]).moments == ("2026-11-01", "2026-11-26")
    assert of(["abc", "de"]).longest == 3
    assert of(["2026-11-26", "x"])[5:] == (None, None, None, 10)


@pytest.mark.parametrize("values", [[1, True], [None], [[]]])
def test_without_a_type_that_accepts_all_there_are_none(values: list[Any]) -> None:
    assert constraints(values) is None


def test_constraints_are_ready_for_json() -> None:
    assert of(["a"] * 40).to_dict() == {
        "type": "string",
        "events": 40,
        "present": 40,
        "required": True,
        "values": [["a", 40]],
        "least": None,
        "greatest": None,
        "moments": None,
        "longest": 1,
    }
    assert of(["2026-11-26"]).to_dict()["moments"] == ["2026-11-26", "2026-11-26"]
