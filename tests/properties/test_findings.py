"""Findings and recommendations agree with a replay of the profiled events."""

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import assume, given

from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.core.values import detect
from eventschema.core.violations import Violation
from eventschema.stream.envelopes import StreamEvent
from eventschema.stream.profile import Bounds, EventProfile
from eventschema.stream.profile.acceptance import count_accepted
from eventschema.stream.profile.files import profile_files
from eventschema.stream.profile.finding import Finding
from eventschema.stream.profile.parts import ProfileTask
from eventschema.stream.profile.recommendation import first_type
from eventschema.stream.reading import read_events
from eventschema.stream.replay import Rejection, Replay
from tests.strategies_profile import RULES, in_file_order, one_conflict_streams, profiled, streams, values_of
from tests.strategies_stream import files

CONFLICTS = {"first_value", "type_conflict", "no_single_type", "nearly_one_format", "empty_text"}
WHOLE = {"too_many_properties", "malformed_request", "invalid_name"}


def refused_by_replay(
    events: Iterable[StreamEvent], rules: Rules, schemas: dict[str, EventSchema] | None = None
) -> set[tuple[str, int]]:
    """The places of the events that a replay refuses."""
    replay = Replay(schemas or {}, rules)
    return {
        (outcome.source, outcome.line)
        for outcome in map(replay.add, in_file_order(events))
        if isinstance(outcome, Rejection)
    }


@given(streams, RULES)
def test_what_costs_events_whatever_the_schema_is_refused(events: list[StreamEvent], rules: Rules) -> None:
    events = in_file_order(events)
    refused = refused_by_replay(events, rules)
    profile = profiled(events, rules, Bounds())
    for finding in profile.findings():
        if finding.kind in WHOLE:
            assert finding.event is not None
            assert finding.events <= sum(event.name == finding.event for event in events)
            assert finding.events <= len(refused)
        elif finding.events and finding.kind not in CONFLICTS:
            held = _events_with(finding, profile, events, rules)
            assert len(held) == finding.events == finding.affected
            assert held <= refused


def _events_with(
    finding: Finding, profile: EventProfile, events: list[StreamEvent], rules: Rules
) -> set[tuple[str, int]]:
    """The places of the events in which the property has a value that is refused for what the finding says."""
    assert finding.event is not None
    assert finding.property is not None
    stats = profile.events[finding.event].properties[finding.property]
    as_float = EventSchema("e", {finding.property: "float"})
    found = set()
    for location, value in values_of(events, finding.event, finding.property):
        error = detect(value, rules, "")
        if value is None and rules.nulls == "ignore":
            continue
        taken = first_type(stats) is not None and as_float.merge({finding.property: value}, rules).ok
        if isinstance(error, Violation) and error.code == finding.kind and not taken:
            found.add(location)
    return found


@given(streams, RULES)
def test_what_a_finding_says_of_types_is_true_of_the_values(events: list[StreamEvent], rules: Rules) -> None:
    events = in_file_order(events)
    profile = profiled(events, rules, Bounds())
    for finding in profile.findings():
        if finding.kind not in CONFLICTS or finding.event is None or finding.property is None:
            continue
        stats = profile.events[finding.event].properties[finding.property]
        first = first_type(stats)
        assert first is not None
        recommended = profile.recommended().schemas[finding.event].properties[finding.property]
        missed: dict[PropertyType, list[tuple[str, int]]] = {first: [], recommended: []}
        for location, value in values_of(events, finding.event, finding.property):
            if not _some_type_takes(value, rules):
                continue
            for type_, places in missed.items():
                if not EventSchema("e", {"p": type_}).merge({"p": value}, rules).ok:
                    places.append(location)
        if finding.kind == "empty_text":  # perhaps beside another finding, of all values that do not fit
            assert finding.events in {len(missed[first]), finding.affected, 0}
            assert finding.events <= len(missed[first])
            continue
        assert len(missed[first]) == finding.events
        assert finding.refused == min(missed[recommended], default=None)
        assert len(missed[recommended]) <= len(missed[first])


def _some_type_takes(value: object, rules: Rules) -> bool:
    return value is not None and any(
        EventSchema("e", {"p": type_}).merge({"p": value}, rules).ok for type_ in rules.detect
    )


@given(one_conflict_streams(), RULES)
def test_where_one_thing_is_wrong_its_finding_has_the_count(events: list[StreamEvent], rules: Rules) -> None:
    profile = profiled(events, rules, Bounds())
    costly = [finding for finding in profile.findings() if finding.events]
    all_stats = [counts for stats in profile.events.values() for counts in stats.properties.values()]
    assume(len(costly) <= 1 and not any(counts.numbers.beyond for counts in all_stats))
    assert len(refused_by_replay(events, rules)) == sum(finding.events for finding in costly)


@given(one_conflict_streams(), RULES)
def test_with_what_is_recommended_no_fewer_events_are_accepted(events: list[StreamEvent], rules: Rules) -> None:
    profile = profiled(events, rules, Bounds())
    unsettled = {(one.event, one.property) for one in profile.recommended().unsettled}
    for name, stats in profile.events.items():
        conflicts = {key for key, counts in stats.properties.items() if counts.errors or (name, key) in unsettled}
        assume(len(conflicts) + bool(stats.errors) <= 1)
    declared = refused_by_replay(events, rules, profile.recommended().schemas)
    assert len(declared) <= len(refused_by_replay(events, rules))
    if rules.types == "conform":
        no_int = replace(rules, detect=rules.detect - {PropertyType.INT})
        assert len(declared) <= len(refused_by_replay(events, no_int))


@given(streams, RULES)
def test_findings_come_by_what_they_cost(events: list[StreamEvent], rules: Rules) -> None:
    costs = [finding.events for finding in profiled(events, rules, Bounds()).findings()]
    assert costs == sorted(costs, reverse=True)


@given(files(), files(), RULES)
def test_what_a_replay_accepts_is_counted(tmp_path_factory: Any, one: bytes, two: bytes, rules: Rules) -> None:
    paths = [_written(tmp_path_factory, f"accepted-{name}", data) for name, data in (("b", one), ("a", two))]
    task = ProfileTask(rules=rules)
    for order in (paths, paths[::-1], paths[:1]):
        profile = profile_files(order, task).profile
        expected = []
        for schemas in ({}, profile.recommended().schemas):
            replay = Replay(schemas, rules)
            outcomes = [replay.add(event) for path in order for event in read_events(path, rules=rules)]
            expected.append(sum(not isinstance(outcome, Rejection) for outcome in outcomes))
        assert count_accepted(profile, order, task) == tuple(expected)


def _written(factory: Any, name: str, data: bytes) -> str:
    path = Path(factory.getbasetemp()) / f"{name}-{os.getpid()}"
    path.write_bytes(data)
    return str(path)
