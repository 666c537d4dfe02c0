import io
import json
import os
import pickle
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from eventschema.core.acceleration import round_floats, type_codes
from eventschema.core.columns import NULL, TYPES, UNCERTAIN
from eventschema.core.columns import round_floats as plain_round_floats
from eventschema.core.columns import type_codes as plain_type_codes
from eventschema.core.names import read_name
from eventschema.core.pointers import truncate
from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.core.values import AdjustmentKind, TypedValue, conform, detect, round_float
from eventschema.core.violations import IntOutOfRange, TypeConflict, UnsupportedType, Violation
from eventschema.stream.envelopes import StreamEvent
from eventschema.stream.profile import Bounds, EventProfile
from eventschema.stream.profile.distinct import Distinct
from eventschema.stream.profile.eventstats import EventStats
from eventschema.stream.profile.files import profile_files
from eventschema.stream.profile.parts import ProfileTask
from eventschema.stream.profile.propertystats import NumberStats, PropertyStats
from eventschema.stream.profile.recommendation import first_type, in_order, refused
from eventschema.stream.reading import read_stream
from eventschema.stream.reading.parts import cut
from tests.strategies import any_texts
from tests.strategies_profile import BOUNDS, RULES, combined, is_looked_at, profiled, streams, values_of
from tests.strategies_stream import files, is_of_lines, scalars


@given(streams, streams, streams, RULES, BOUNDS)
def test_combine_is_associative_and_commutative(
    one: list[StreamEvent], two: list[StreamEvent], three: list[StreamEvent], rules: Rules, bounds: Bounds
) -> None:
    a, b, c = (profiled(events, rules, bounds) for events in (one, two, three))
    assert a.combine(b) == b.combine(a)
    assert a.combine(b).combine(c) == a.combine(b.combine(c))
    assert a.combine(b).to_dict() == b.combine(a).to_dict()


@given(streams, RULES, BOUNDS)
def test_the_empty_profile_is_the_identity(events: list[StreamEvent], rules: Rules, bounds: Bounds) -> None:
    profile = profiled(events, rules, bounds)
    empty = EventProfile(rules, bounds)
    assert empty.combine(profile) == profile == profile.combine(empty)


@given(streams, RULES, BOUNDS, st.data())
def test_the_whole_is_its_parts_in_any_order(
    events: list[StreamEvent], rules: Rules, bounds: Bounds, data: st.DataObject
) -> None:
    whole = profiled(events, rules, bounds)
    parts: list[list[StreamEvent]] = [[], [], []]
    for event in events:
        parts[data.draw(st.integers(0, 2))].append(event)
    profiles = data.draw(st.permutations([profiled(part, rules, bounds) for part in parts]))
    assert combined(profiles, rules, bounds) == whole
    assert json.dumps(combined(profiles, rules, bounds).to_dict()) == json.dumps(whole.to_dict())
    assert profiled(reversed(events), rules, bounds) == whole


@given(streams, RULES, BOUNDS)
def test_a_profile_is_what_it_was_after_travel(events: list[StreamEvent], rules: Rules, bounds: Bounds) -> None:
    profile = profiled(events, rules, bounds)
    text = json.dumps(profile.to_dict())
    read = EventProfile.from_dict(json.loads(text))
    assert read == profile
    assert json.dumps(read.to_dict()) == text
    assert read.combine(profile) == profile.combine(profile)
    assert pickle.loads(pickle.dumps(profile)) == profile


@given(streams, streams, RULES, st.integers(0, 4))
def test_fewer_examples_are_those_that_would_have_been_kept(
    events: list[StreamEvent], others: list[StreamEvent], rules: Rules, most: int
) -> None:
    profile, before = profiled(events, rules, Bounds()), profiled(events, rules, Bounds())
    fewer = Bounds(examples=min(most, Bounds().examples))
    reduced = profile.with_examples(most)
    assert reduced == profiled(events, rules, fewer)
    assert reduced.combine(profiled(others, rules, fewer)) == profiled([*events, *others], rules, fewer)
    assert profile == before


@given(streams, streams, RULES, st.integers(0, 9))
def test_a_part_can_be_moved_to_where_it_stood(
    events: list[StreamEvent], others: list[StreamEvent], rules: Rules, lines: int
) -> None:
    moved = [event._replace(line=event.line + lines) for event in events]
    before = profiled(events, rules, Bounds())
    assert before.shifted(lines) == profiled(moved, rules, Bounds())
    assert before == profiled(events, rules, Bounds())


@given(streams, RULES, BOUNDS)
def test_the_counts_are_those_of_a_plain_count(events: list[StreamEvent], rules: Rules, bounds: Bounds) -> None:
    usable = [event for event in events if is_looked_at(event, rules, bounds)]
    profile = profiled(events, rules, bounds)
    for name, stats in profile.events.items():
        of_name = [event for event in usable if event.name == name]
        assert (stats.looked_at, stats.count) == (len(of_name), sum(event.name == name for event in events))
        _is_a_plain_count_of_names(stats, of_name, rules)
        _is_a_plain_count_of_sizes(stats, of_name, rules)
        for property_, counts in stats.properties.items():
            listed = values_of(usable, name, property_)
            readings = [(location, detect(value, rules, ""), value) for location, value in listed if value is not None]
            assert counts.seen == len(listed)
            assert counts.nulls == sum(value is None for _, value in listed)
            for type_, typed in counts.types.items():
                of_type = [(p, r, v) for p, r, v in readings if isinstance(r, TypedValue) and r.type is type_]
                assert typed.count == len(of_type)
                assert typed.first == of_type[0][0]
            assert sum(typed.count for typed in counts.types.values()) == sum(
                isinstance(r, TypedValue) for _, r, _ in readings
            )
            errors = [reading for _, reading, _ in readings if isinstance(reading, Violation)]
            nulls = counts.nulls if rules.nulls == "reject" else 0
            assert sum(error.count for error in counts.errors.values()) == len(errors) + nulls
            actual = [error.actual for error in errors if isinstance(error, UnsupportedType)]
            assert sum(counts.unsupported.values()) == len(actual)
            assert all(counts.unsupported.get(kind, 0) == actual.count(kind) for kind in ("object", "array"))
            numbers = [r.value for _, r, _ in readings if isinstance(r, TypedValue) and type(r.value) in {int, float}]
            assert (counts.numbers.least, counts.numbers.greatest) == (
                (min(numbers), max(numbers)) if numbers and bounds.examples else (None, None)
            )
            out_of_range = [v for _, r, v in readings if isinstance(r, IntOutOfRange)]
            as_float = EventSchema(name, {property_: "float"})
            assert counts.numbers.beyond == sum(as_float.merge({property_: v}, rules).ok for v in out_of_range)
            texts = [len(r.value) for _, r, _ in readings if isinstance(r, TypedValue) and isinstance(r.value, str)]
            assert counts.longest == max(texts, default=None)
            assert counts.empty == texts.count(0)
            assert len(counts.examples()) <= bounds.examples
            _is_a_plain_count_of_changes(counts, [r for _, r, _ in readings if isinstance(r, TypedValue)], bounds)
            _are_the_first_places(counts.numbers, readings, rules)


def _is_a_plain_count_of_names(stats: EventStats, events: list[StreamEvent], rules: Rules) -> None:
    found = [[read_name(name, "/properties", rules) for name in event.properties] for event in events]
    assert stats.misnamed == sum(any(isinstance(name, Violation) for name in names) for names in found)
    listed = Counter(
        truncate(name, rules.max_name_length)
        for event, names in zip(events, found, strict=True)
        for name, verdict in zip(event.properties, names, strict=True)
        if isinstance(verdict, Violation)
    )
    assert {name: sum(f.count for f in errors.values()) for name, errors in stats.bad_names.items()} == listed


def _is_a_plain_count_of_sizes(stats: EventStats, events: list[StreamEvent], rules: Rules) -> None:
    over = [event.properties for event in events if len(event.properties) > rules.max_properties]
    sizes, nulls = [len(one) for one in over], [list(one.values()).count(None) for one in over]
    counts = stats.oversize
    assert (counts.events, counts.properties, counts.nulls) == (len(over), sum(sizes), sum(nulls))
    assert counts.fitting == sum(size - count <= rules.max_properties for size, count in zip(sizes, nulls, strict=True))
    assert counts.most >= max(sizes, default=0)


def _is_a_plain_count_of_changes(counts: PropertyStats, readings: list[TypedValue], bounds: Bounds) -> None:
    assert counts.adjusted == Counter(reading.kind for reading in readings if reading.kind is not None)
    rounded = [reading for reading in readings if reading.kind is AdjustmentKind.ROUNDED]
    assert counts.zeroed == sum(reading.value == 0 and reading.before != 0 for reading in rounded)
    stored = {(type(reading.value) is bool, reading.value) for reading in readings}
    before = {
        (type(r.value) is bool, float(r.before) if r.kind is AdjustmentKind.ROUNDED else r.value) for r in readings
    }
    assert (counts.distinct.count, counts.distinct.exceeded) == _up_to(bounds.distinct, stored)
    if counts.unrounded is None:
        assert not rounded
    else:
        assert (counts.unrounded.count, counts.unrounded.exceeded) == _up_to(bounds.distinct, before)


def _up_to(bound: int, values: set[Any]) -> tuple[int, bool]:
    return min(len(values), bound), len(values) > bound


def _are_the_first_places(numbers: NumberStats, readings: list[tuple[Any, Any, Any]], rules: Rules) -> None:
    rules = replace(rules, types="conform")
    fractions, inexact = (
        [
            location
            for location, reading, value in readings
            if isinstance(reading, TypedValue)
            and reading.type is type_
            and not isinstance(conform(value, other, rules, ""), TypedValue)
        ]
        for type_, other in ((PropertyType.FLOAT, PropertyType.INT), (PropertyType.INT, PropertyType.FLOAT))
    )
    assert numbers.first_fraction == min(fractions, default=None)
    assert numbers.first_inexact == min(inexact, default=None)
    assert (numbers.first_beyond is None) == (numbers.beyond == 0)


@given(streams, RULES, BOUNDS)
def test_properties_stand_as_they_came(events: list[StreamEvent], rules: Rules, bounds: Bounds) -> None:
    listed = [event for event in events if is_looked_at(event, rules, bounds)]
    usable = {(event.source, event.line): event for event in listed}  # one at each place
    for name, stats in profiled(reversed(usable.values()), rules, bounds).events.items():
        came = {key: None for _, event in sorted(usable.items()) if event.name == name for key in event.properties}
        assert [name for name, _ in in_order(stats)] == [key for key in came if key in stats.properties]


@given(streams, RULES, st.data())
def test_what_is_recommended_takes_every_value_in_any_order(
    events: list[StreamEvent], rules: Rules, data: st.DataObject
) -> None:
    recommendation = profiled(events, rules, Bounds()).recommended()
    unsettled = {(one.event, one.property) for one in recommendation.unsettled}
    for event in data.draw(st.permutations(events)):
        if not is_looked_at(event, rules, Bounds()) or event.name is None:
            continue
        schema = recommendation.schemas[event.name]
        for name, value in event.properties.items():
            if value is None or isinstance(detect(value, rules, ""), Violation) or (event.name, name) in unsettled:
                continue
            result = schema.merge({name: value}, rules)
            assert not any(isinstance(error, TypeConflict) for error in result.errors)
            assert result.schema is schema


@given(streams, RULES)
def test_the_count_that_a_replay_refuses_is_true(events: list[StreamEvent], rules: Rules) -> None:
    usable = {
        (event.source, event.line): event for event in events if is_looked_at(event, rules, Bounds())
    }  # one at each place
    events = list(usable.values())
    profile = profiled(events, rules, Bounds())
    for name, stats in profile.events.items():
        for property_, counts in stats.properties.items():
            schema, conflicts = EventSchema(name), 0
            for _, value in values_of(events, name, property_):
                result = schema.merge({property_: value}, rules)
                conflicts += any(isinstance(error, TypeConflict) for error in result.errors)
                schema = result.schema
            settled = first_type(counts)
            assert settled == schema.properties.get(property_)
            assert conflicts == (0 if settled is None else refused(counts, settled, exact=rules.types == "exact"))


@given(st.lists(scalars | any_texts, max_size=20), RULES)
def test_what_is_certain_of_a_column_is_what_the_definition_says(values: list[Any], rules: Rules) -> None:
    for codes in (type_codes(values, rules), plain_type_codes(values, rules)):
        assert len(codes) == len(values)
        for value, code in zip(values, codes, strict=True):
            reading = detect(value, rules, "")
            if code == NULL:
                assert value is None
            elif code != UNCERTAIN:
                assert isinstance(reading, TypedValue)
                assert TYPES[code] is reading.type


@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.5, -0.0, 1e-7]), max_size=20), RULES
)
def test_a_column_of_floats_is_stored_as_each_of_them_is(values: list[float], rules: Rules) -> None:
    for stored in (round_floats(values, rules), plain_round_floats(values, rules)):
        expected = [round_float(value, rules.float_digits) for value in values]
        assert list(map(repr, stored)) == list(map(repr, expected))
        assert [a is b for a, b in zip(stored, values, strict=True)] == [
            a is b for a, b in zip(expected, values, strict=True)
        ]
        assert (stored is values) == all(a is b for a, b in zip(stored, values, strict=True))


@given(
    st.lists(st.lists(st.integers(0, 9) | st.sampled_from([1.0, 2.5, -0.0]), max_size=5), max_size=4), st.integers(0, 8)
)
def test_distinct_values_are_counted_up_to_the_bound(parts: list[list[float]], bound: int) -> None:
    whole = Distinct(bound)
    for part in parts:
        one = Distinct(bound)
        one.add(set(part))
        whole.update(one)
    different = {value for part in parts for value in part}
    assert whole.exceeded == (len(different) > bound)
    assert whole.count == min(len(different), bound)


@given(files(), st.integers(1, 40), st.sampled_from([2**20, 30]))
def test_how_a_file_is_cut_does_not_matter(tmp_path_factory: Any, data: bytes, part_bytes: int, limit: int) -> None:
    path = _written(tmp_path_factory, data)
    first = next(cut(path, part_bytes))
    assume(first.end is None or is_of_lines(data[: first.end]))  # a part as small as these may look like another format
    expected = EventProfile()
    for event in read_stream(io.BytesIO(data), path, max_line_bytes=limit):
        expected.add_event(event)
    task = ProfileTask(max_line_bytes=limit)
    assert profile_files([path], task).profile == expected
    assert profile_files([path], task, part_bytes=part_bytes)[:2] == (expected, ())


def _written(factory: Any, data: bytes) -> str:
    path = Path(factory.getbasetemp()) / f"cut-{os.getpid()}"
    path.write_bytes(data)
    return str(path)
