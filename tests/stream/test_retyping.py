"""Plans of retypes over stored events."""

import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventschema import EventSchema, FrozenDict, PropertyType, TrackedEvent, is_lossless
from eventschema.stream import RetypePlan, plan_retype
from eventschema.stream.retyping import MAX_PLACES, RetypeError, VersionCount
from eventschema.testing import values

QUAKE = EventSchema("quake", {"mag": "float", "at": "date", "note": "string"})


def event(id_: str, version: int | None = None, name: str = "quake", /, **properties: Any) -> TrackedEvent:
    return TrackedEvent(name, FrozenDict(properties), FrozenDict(), id=id_, schema_version=version)


EVENTS = (
    event("a", 2, mag=5.0, at="2026-11-26"),
    event("b", 1, mag=5.4, note="x" * 5000),
    event("c", 1, mag=2e300),
    event("d"),
    event("e", None, mag=1.0, note="2026-11-26"),
    event("f", 1, "other", mag=1.5, note="x"),
)


def test_a_plan_counts_by_version_and_names_the_first() -> None:
    plan = plan_retype(QUAKE, {"mag": "int", "note": "date", "at": "string"}, EVENTS)
    mag, note, at = plan.properties
    assert (plan.event, plan.version, plan.loses_values) == ("quake", 0, True)
    assert (mag.name, mag.before, mag.after, mag.kind) == ("mag", "float", "int", "lossy")
    assert (mag.accepted, mag.refused, mag.first) == (2, 2, ("b", "c"))
    assert mag.versions == (VersionCount(None, 1, 0, 1), VersionCount(1, 0, 2), VersionCount(2, 1, 0, 1))
    assert (note.accepted, note.refused, note.first) == (1, 1, ("b",))
    assert (at.kind, at.accepted, at.refused, at.first) == ("lossless", 1, 0, ())


@pytest.mark.parametrize(
    ("before", "after", "values", "counts"),
    [
        ("int", "float", [1, 2, 2**53 + 1], (2, 1, 2)),
        ("float", "int", [1.0, 1.5], (1, 1, 1)),
        ("float", "int", [1, 2.0], (2, 0, 1)),  # the 1 is from before another retype
        ("date", "string", ["2026-11-26"], (1, 0, 0)),
        ("int", "string", [1], (0, 1, 0)),
    ],
)
def test_what_is_read_as_another_value(before: str, after: str, values: list[Any], counts: tuple[int, ...]) -> None:
    stored = [event(str(number), 1, p=value) for number, value in enumerate(values)]
    [planned] = plan_retype(EventSchema("quake", {"p": before}), {"p": after}, stored).properties
    assert planned.versions == (VersionCount(1, *counts),)


def test_a_plan_has_no_values_and_is_json() -> None:
    plan = plan_retype(QUAKE, {"note": "date"}, EVENTS)
    assert json.loads(json.dumps(plan.to_dict())) == {
        "event": "quake",
        "version": 0,
        "losesValues": True,
        "properties": [
            {
                "name": "note",
                "kind": "lossy",
                "before": "string",
                "after": "date",
                "accepted": 1,
                "refused": 1,
                "first": ["b"],
                "versions": [
                    {"version": None, "accepted": 1, "refused": 0, "changed": 0},
                    {"version": 1, "accepted": 0, "refused": 1, "changed": 0},
                ],
            }
        ],
    }


def test_a_long_text_stays_a_text() -> None:
    schema = EventSchema("quake", {"note": "url"})
    [note] = plan_retype(schema, {"note": "string"}, EVENTS).properties
    assert (note.accepted, note.refused) == (2, 0)


def test_a_retype_that_changes_nothing() -> None:
    plan = plan_retype(QUAKE, {"mag": "float"}, EVENTS)
    assert plan == RetypePlan("quake", 0, ())
    assert not plan.loses_values


def test_a_plan_for_a_property_that_is_missing() -> None:
    with pytest.raises(ValueError, match=r"found one that the schema does not have, at /retyped/gap\.$"):
        plan_retype(QUAKE, {"gap": "int"}, EVENTS)


@pytest.mark.parametrize("count", [MAX_PLACES - 1, MAX_PLACES, MAX_PLACES + 1])
def test_the_first_places_are_few(count: int) -> None:
    events = [event(str(number), 1, mag=0.5) for number in range(count)]
    [mag] = plan_retype(QUAKE, {"mag": "int"}, events).properties
    assert (mag.refused, mag.first) == (count, tuple(str(number) for number in range(min(count, 10))))


def test_an_error_names_what_would_be_lost() -> None:
    error = RetypeError(plan_retype(QUAKE, {"mag": "int", "note": "date", "at": "string"}, EVENTS))
    message = "found int, which refuses 2 of 4 values of mag; date, which refuses 1 of 2 values of note"
    assert str(error) == f"expected types that accept all stored values, {message}"
    again = pickle.loads(pickle.dumps(error))
    assert (again.plan, str(again)) == (error.plan, str(error))


@given(st.data(), st.sampled_from(PropertyType), st.sampled_from(PropertyType))
def test_a_lossless_retype_refuses_nothing(data: st.DataObject, old: PropertyType, new: PropertyType) -> None:
    schema = EventSchema("quake", {"p": old})
    merged = schema.merge({"p": data.draw(values(old))})
    plan = plan_retype(schema, {"p": new}, [event("a", 0, **merged.properties)])
    assert not (is_lossless(old, new) and plan.loses_values)
    retyped = schema.retype({"p": new}).merge(merged.properties)
    if merged.properties:
        assert plan.loses_values is not retyped.ok
