"""Plans of retypes over a profile."""

from typing import Any

import pytest

from eventschema import EventSchema, PropertyType
from eventschema.stream import EventProfile

VALUES: tuple[Any, ...] = (5, 5.0, 5.4, 2**53 + 1, 2**70, "2026-11-26", "2026-11-26T10:00", "text", True, None)


def profile_of(*values: Any) -> EventProfile:
    profile = EventProfile()
    for number, value in enumerate(values, 1):
        profile.add("quake", {"mag": value}, source="a.ndjson", line=number)
    return profile


@pytest.mark.parametrize("type_", PropertyType)
def test_the_counts_are_those_of_the_values(type_: PropertyType) -> None:
    old = PropertyType.INT if type_ is PropertyType.STRING else PropertyType.STRING
    [planned] = profile_of(*VALUES).plan_retype(EventSchema("quake", {"mag": old}), {"mag": type_}).properties
    new = EventSchema("quake", {"mag": type_})
    verdicts = [new.merge({"mag": value}).ok for value in VALUES if value is not None]
    assert (planned.accepted, planned.refused) == (verdicts.count(True), verdicts.count(False))
    first = f"a.ndjson, line {verdicts.index(False) + 1}"
    assert (planned.before, planned.after, planned.first, planned.versions) == (old, type_, (first,), ())


def test_nothing_is_refused() -> None:
    plan = profile_of(1, 2).plan_retype(EventSchema("quake", {"mag": "int"}), {"mag": "float"})
    assert [(planned.accepted, planned.refused, planned.first) for planned in plan.properties] == [(2, 0, ())]
    assert not plan.loses_values


def test_what_the_profile_does_not_know() -> None:
    schema = EventSchema("quake", {"gap": "int"})
    for profile in (profile_of(1), EventProfile()):
        [gap] = profile.plan_retype(schema, {"gap": "float"}).properties
        assert (gap.accepted, gap.refused, gap.first) == (0, 0, ())
