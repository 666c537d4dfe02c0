"""A block of events is accepted at once as the definition accepts them one by one, with the same counts."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventschema.core.columns import conform_column
from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.core.values import round_float
from eventschema.stream.envelopes import DEFAULT_ENVELOPE, Block, Envelope
from eventschema.stream.reading.files import read_stream_blocks
from eventschema.stream.replay import Rejection, Replay, check_rules, replay, replay_blocks
from eventschema.stream.replay.acceleration import accept_block
from eventschema.stream.replay.blocks import AcceptedBlock
from eventschema.stream.replay.blocks import accept_block as plain_accept_block
from eventschema.stream.replay.stats import ReplayStats
from eventschema.testing import rules as any_rules
from tests.strategies_core import schemas as any_schemas
from tests.strategies_core import wild_events
from tests.strategies_stream import as_line, events, files, is_of_lines, lines

AcceptBlock = Callable[[list[Any], Envelope, dict[str, EventSchema], Rules], AcceptedBlock]

WAYS: list[AcceptBlock] = [plain_accept_block] + ([accept_block] if accept_block is not plain_accept_block else [])
each_way = pytest.mark.parametrize("accept", WAYS)

RULES = st.sampled_from(
    [Rules(), Rules(types="exact"), Rules(nulls="reject"), Rules(max_schema_properties=2), Rules(float_digits=0)]
)
ENVELOPES = st.sampled_from([DEFAULT_ENVELOPE, Envelope(event="order"), Envelope(event_key="event")])

# Streams of few names and properties, long enough that most events find their schema as it will stay.
streams = st.builds(
    lambda listed, times: b"\n".join(listed * times),
    st.lists(events.map(as_line) | lines, max_size=10),
    st.sampled_from([1, 1, 5]),  # so that there are few events of a name, and many
).filter(is_of_lines)


def blocks_of(data: bytes, chunk_bytes: int) -> list[Block]:
    return list(read_stream_blocks(io.BytesIO(data), "file", chunk_bytes=chunk_bytes))


def told(replay: Replay, stats: ReplayStats, rejections: list[Rejection]) -> tuple[Any, ...]:
    """Everything that a report can show of a replay."""
    counts = {name: value for name, value in vars(stats).items() if name not in {"_replay", "events"}}
    return replay.schemas, repr(replay.schemas), rejections, counts, stats.events, list(stats.errors.groups)


def one_by_one(replay: Replay, blocks: list[Block], envelope: Envelope) -> tuple[Any, ...]:
    stats, rejections = ReplayStats(replay), []
    for block in blocks:
        for event, outcome in replay.add_remaining(block, range(len(block.values)), envelope):
            stats.add(event, outcome)
            rejections += [outcome] if isinstance(outcome, Rejection) else []
    return told(replay, stats, rejections)


def at_once(accept: AcceptBlock, replay: Replay, blocks: list[Block], envelope: Envelope, rules: Rules) -> Any:
    stats, rejections = ReplayStats(replay), []
    for block in blocks:
        accepted = accept(list(block.values), envelope, replay.schemas, rules)
        stats.add_accepted(accepted)
        for event, outcome in replay.add_remaining(block, accepted.remaining, envelope):
            stats.add(event, outcome)
            rejections += [outcome] if isinstance(outcome, Rejection) else []
    return told(replay, stats, rejections)


@each_way
@given(streams, st.sampled_from([64, 300, 2**17]), RULES, ENVELOPES)
def test_a_replay_of_blocks_is_one_of_events(
    accept: AcceptBlock, data: bytes, chunk_bytes: int, rules: Rules, envelope: Envelope
) -> None:
    blocks = blocks_of(data, chunk_bytes)
    expected = one_by_one(Replay({}, rules), blocks, envelope)
    assert at_once(accept, Replay({}, rules), blocks, envelope, rules) == expected
    assert replay_blocks(blocks, {}, rules, envelope=envelope) == (expected[0], tuple(expected[2]))


@each_way
@given(streams, streams, RULES, st.booleans())
def test_so_is_a_check(accept: AcceptBlock, known: bytes, data: bytes, rules: Rules, allow_new: bool) -> None:
    schemas = replay_blocks(blocks_of(known, 2**17), {}, rules).schemas
    rules = check_rules(rules, allow_new=allow_new)
    blocks = blocks_of(data, 500)
    one, other = (Replay(schemas, rules, grow=False) for _ in range(2))
    expected = one_by_one(one, blocks, DEFAULT_ENVELOPE)
    assert at_once(accept, other, blocks, DEFAULT_ENVELOPE, rules) == expected


@each_way
@given(streams, st.integers(0, 8), RULES)
def test_schemas_of_earlier_do_as_well(accept: AcceptBlock, data: bytes, at: int, rules: Rules) -> None:
    """A worker may have older schemas. What it accepts and what it leaves give the same answer."""
    blocks = blocks_of(data, 200)
    expected = one_by_one(Replay({}, rules), blocks, DEFAULT_ENVELOPE)
    state, earlier = Replay({}, rules), Replay({}, rules)
    stats, rejections = ReplayStats(state), []
    for number, block in enumerate(blocks):
        old = accept(list(block.values), DEFAULT_ENVELOPE, earlier.schemas, rules)
        stats.add_accepted(old)
        for event, outcome in state.add_remaining(block, old.remaining):
            stats.add(event, outcome)
            rejections += [outcome] if isinstance(outcome, Rejection) else []
        if number < at:
            earlier = Replay(state.schemas, rules)
    assert told(state, stats, rejections) == expected


@each_way
@given(any_schemas(), st.lists(wild_events, max_size=12), any_rules())
def test_what_is_accepted_is_what_a_merge_accepts(
    accept: AcceptBlock, schema: EventSchema, held: list[dict[Any, Any]], rules: Rules
) -> None:
    values = [{"eventName": schema.name, "properties": properties} for properties in held]
    accepted = accept(values, DEFAULT_ENVELOPE, {schema.name: schema}, rules)
    taken = [properties for place, properties in enumerate(held) if place not in set(accepted.remaining)]
    results = [schema.merge(properties, rules) for properties in taken]
    assert all(result.ok and result.schema is schema for result in results)
    stats = ReplayStats(Replay({schema.name: schema}, rules, grow=False))
    stats.add_accepted(accepted)
    expected = one_by_one(
        Replay({schema.name: schema}, rules, grow=False),
        [Block("", range(len(taken)), [{"eventName": schema.name, "properties": each} for each in taken], 0)],
        DEFAULT_ENVELOPE,
    )
    assert stats.events == expected[4]
    assert list(accepted.remaining) == sorted(set(accepted.remaining))


@given(st.lists(st.floats(-2e9, 2e9) | st.floats(-2e-6, 2e-6) | st.integers(-(10**9), 10**9).map(lambda n: n / 1e6)))
def test_floats_are_counted_as_they_are_rounded(values: list[float]) -> None:
    fate = conform_column(values, PropertyType.FLOAT, Rules())
    rounded = [round_float(value, 6) for value in values]
    changed = [(one, other) for one, other in zip(values, rounded, strict=True) if one is not other]
    assert (fate.rounded, fate.zeroed, fate.doubtful) == (len(changed), sum(a != 0 == b for a, b in changed), [])


@each_way
@given(st.lists(events, min_size=1, max_size=12), st.integers(1, 12))
def test_a_certain_event_is_accepted_at_once(accept: AcceptBlock, held: list[dict[str, Any]], times: int) -> None:
    """An event that a replay has accepted, and that has no new property, is accepted at once the next time."""
    values = [json.loads(as_line(value)) for value in held]
    schemas, rejections = replay_blocks([Block("", range(len(values)), values, len(values))])
    refused = {rejection.line for rejection in rejections}
    fine = [
        value
        for place, value in enumerate(values)
        if place not in refused and value["properties"].keys() <= schemas[value["eventName"]].properties.keys()
    ]
    accepted = accept(fine * times, DEFAULT_ENVELOPE, schemas, Rules())
    assert sum(count.events for count in accepted.accepted.values()) + len(accepted.remaining) == len(fine) * times
    doubtful = [value for value in fine if not is_certain(value["properties"], schemas[value["eventName"]])]
    assert len(accepted.remaining) <= len(doubtful) * times


def is_certain(properties: dict[str, Any], schema: EventSchema) -> bool:
    """Whether no value is near a limit, and none is a float that becomes the int of its property."""
    return all(
        not isinstance(value, str)
        and (value is None or isinstance(value, bool) or abs(value) <= 2**53)
        and not (isinstance(value, float) and schema.properties[name] is PropertyType.INT)
        for name, value in properties.items()
    )


@given(files(), st.sampled_from([16, 64, 2**17]), st.integers(0, 60))
def test_blocks_have_the_lines_that_a_file_has(data: bytes, chunk_bytes: int, limit: int) -> None:
    for max_line_bytes in (limit, 2**20):
        found = list(
            read_stream_blocks(io.BytesIO(data), "file", chunk_bytes=chunk_bytes, max_line_bytes=max_line_bytes)
        )
        listed = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").removesuffix(b"\n").split(b"\n")
        numbers = [number for block in found for number in block.numbers]
        assert numbers == [n for n, line in enumerate(listed, 1) if line.strip() or len(line) > max_line_bytes]
        assert all(len(block.numbers) == len(block.values) for block in found)
        assert not found or found[-1].end == len(listed)


@given(streams)
def test_the_one_that_is_in_use_is_used(data: bytes) -> None:
    blocks = blocks_of(data, 400)
    expected = one_by_one(Replay(), blocks, DEFAULT_ENVELOPE)
    assert replay_blocks(blocks) == (expected[0], tuple(expected[2]))
    listed = [event for block in blocks for event, _ in Replay().add_remaining(block, range(len(block.values)))]
    assert replay(listed) == replay_blocks(blocks)


class Incomparable(str):
    """A key that cannot be compared, of the same hash as its text."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        raise RuntimeError


@each_way
def test_events_beside_one_with_a_key_that_raises(accept: AcceptBlock) -> None:
    held: list[dict[Any, Any]] = [{"f": 1.5}, {Incomparable("f"): 1.5}, {"f": 2.5}, {"f": "x"}]
    values = [{"eventName": "e", "properties": properties} for properties in held]
    schemas = {"e": EventSchema("e", {"f": "float"})}
    accepted = accept([*values, {"eventName": "e"}], DEFAULT_ENVELOPE, schemas, Rules())
    assert accepted.remaining == [1, 3, 4]
    assert accepted.accepted["e"].events == 2
