"""However a stream is cut, and whichever earlier schemas its pieces start from, the answer is the sequential one."""

import json
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.stream.envelopes import Envelope, StreamEvent, open_event, select_events
from eventschema.stream.reading.files import read_block
from eventschema.stream.replay import Rejection, Replay, check_rules, pieces, stats
from eventschema.stream.replay.combining import Texts
from eventschema.stream.replay.pieces import Combiner, RejectionLine, ReplayTask, replay_piece
from eventschema.stream.replay.stats import ReplayStats
from tests.strategies_stream import ENVELOPES, NAMES, as_line, lines

RULES = st.sampled_from(
    [
        Rules(),
        Rules(types="exact"),
        Rules(nulls="reject"),
        Rules(new_properties="reject"),
        Rules(invalid="drop", max_schema_properties=3),
        Rules(invalid="drop", empty_texts="ignore", hints=(("a*", PropertyType.INT),)),
        Rules(max_schema_properties=2),
        Rules(max_schema_properties=0),
        Rules(max_properties=1),
        Rules(max_string_length=3, max_name_length=4, float_digits=0),
        Rules(detect=frozenset(PropertyType) - {PropertyType.INT}),
    ]
)
SCHEMAS = st.sampled_from(
    [
        {},
        {"order": EventSchema("order", {"total": "float", "note": "string"})},
        {name: EventSchema(name, {"count": "int", "when": "date"}) for name in NAMES},
    ]
)
# Few names and values, so that events meet: new properties, conflicts, and values that only some types take.
VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [1, 2**70, 0.5, 1e-9, "x", "", "2026-11-23", None, True, [], "long text"]
)
DENSE = st.builds(
    lambda name, held: {"eventName": name, "properties": held},
    st.sampled_from(["order", "order", "order", "cart"]),
    st.dictionaries(st.sampled_from(["total", "count", "note", "bad name"]), VALUES, min_size=1, max_size=3),
).map(as_line)
WHOLE = DENSE.map(lambda line: line + b"\n")
STREAMS = st.lists(WHOLE, min_size=2, max_size=12) | st.lists(WHOLE | lines.map(lambda line: line + b"\n"), max_size=12)


def copied(value: Any) -> Any:
    """The value after it was pickled and sent."""
    return pickle.loads(pickle.dumps(value))


@contextmanager
def limits(short: int, listed: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "_SHORT", short)
        patch.setattr(stats, "MAX_LISTED", listed)
        yield


def kept(stats: ReplayStats, schemas: dict[str, EventSchema]) -> list[Any]:
    """Everything in the statistics, lists in their order."""
    counts = {name: value for name, value in vars(stats).items() if name != "_replay"}
    origins = {name: list(event_stats.origins) for name, event_stats in stats.events.items()}
    unknown = {
        name: [
            each
            for each in event_stats.adjusted
            if (schema := schemas.get(name)) is None or each not in schema.properties
        ]
        for name, event_stats in stats.events.items()
    }
    return [counts, list(stats.errors.groups), list(stats.dropped.groups), origins, unknown]


def opened(task: ReplayTask, data: list[bytes | int]) -> Iterator[StreamEvent]:
    for number, line in enumerate(data, 1):
        block = read_block("file", number, line, task.max_line_bytes)
        for value in select_events(block, task.envelope)[0].values:
            yield open_event("file", number, value, task.envelope, task.rules)


def texts(data: list[bytes | int], draw: st.DataObject) -> list[bytes | int]:
    """Some lines, several of them in one text."""
    found: list[bytes | int] = []
    for line in data:
        if found and isinstance(line, bytes) and isinstance(found[-1], bytes) and draw.draw(st.booleans()):
            found[-1] += line
        else:
            found.append(line)
    return found


Answer = tuple[dict[str, EventSchema], list[str], list[Any], list[Rejection]]


def alone(replay: Replay, task: ReplayTask, data: list[bytes | int]) -> Answer:
    stats = ReplayStats(replay)
    for line in data:
        stats.skipped += select_events(read_block("file", 1, line, task.max_line_bytes), task.envelope)[1]
    rejections = []
    for event in opened(task, data):
        outcome = replay.add(event)
        stats.add(event, outcome)
        if isinstance(outcome, Rejection):
            rejections.append(outcome)
    return replay.schemas, list(replay.schemas), kept(stats, replay.schemas), rejections


def shared(replay: Replay, task: ReplayTask, data: list[bytes | int], draw: st.DataObject) -> Answer:
    rejections: list[Any] = []
    combiner = Combiner(replay, ReplayStats(replay), task, rejections.append)
    stood = [copied(replay)]  # the schemas before each piece
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(data)), max_size=4)))
    for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
        earlier = draw.draw(st.sampled_from(stood))
        piece = Texts("file", texts(data[start:end], draw), is_first=start == 0)
        if draw.draw(st.booleans()):
            combiner.take(piece)
        else:
            combiner.add(copied(replay_piece(piece, earlier, task)))
        stood.append(copied(replay))
    return replay.schemas, list(replay.schemas), kept(combiner.stats, replay.schemas), rejections


@given(STREAMS, SCHEMAS, RULES, ENVELOPES, st.tuples(st.sampled_from([1, 2]), st.sampled_from([1, 2, 1000])), st.data())
def test_any_cut_of_a_stream_gives_the_sequential_answer(
    data: list[bytes | int],
    schemas: dict[str, EventSchema],
    rules: Rules,
    envelope: Envelope,
    bounds: tuple[int, int],
    draw: st.DataObject,
) -> None:
    task = ReplayTask(envelope, rules, rejections="values", max_line_bytes=60)
    data = [line if isinstance(line, int) or len(line) <= 61 else len(line) for line in data]
    with limits(*bounds):
        expected = alone(Replay(schemas, rules), task, data)
        assert shared(Replay(schemas, rules), task, data, draw) == expected


@given(STREAMS, SCHEMAS, RULES, st.booleans(), st.sampled_from([1, 2, 1000]), st.data())
def test_so_does_any_cut_of_a_check(
    data: list[bytes | int],
    schemas: dict[str, EventSchema],
    rules: Rules,
    allow_new: bool,
    listed: int,
    draw: st.DataObject,
) -> None:
    rules = check_rules(rules, allow_new=allow_new)
    task = ReplayTask(rules=rules, rejections="values")
    with limits(1, listed):
        expected = alone(Replay(schemas, rules, grow=False), task, data)
        assert shared(Replay(schemas, rules, grow=False), task, data, draw) == expected


@given(STREAMS, SCHEMAS, RULES)
def test_what_is_decided_early_is_what_is_decided_late(
    data: list[bytes | int], schemas: dict[str, EventSchema], rules: Rules
) -> None:
    replay = Replay(schemas, rules)
    stood = []
    for event in opened(ReplayTask(rules=rules), data):
        stood.append(Replay(replay.schemas, rules))
        late = replay.add(event)
        for earlier in stood:
            early = earlier.decide_early(event)
            if early is not None and not isinstance(early, Rejection):
                assert not isinstance(late, Rejection)
                assert early._replace(schema=late.schema) == late
                assert late.added == {}
            elif early is not None:
                assert early == late


@given(STREAMS, SCHEMAS, st.sampled_from(["none", "lines"]))
def test_rejections_are_as_they_are_wanted(
    data: list[bytes | int], schemas: dict[str, EventSchema], wanted: Literal["none", "lines"]
) -> None:
    *_, expected = alone(Replay(schemas), ReplayTask(), data)
    result = replay_piece(Texts("file", data, is_first=True), Replay(schemas), ReplayTask(rejections=wanted))
    told = [rejection for run in result.runs for rejection in run.rejections]
    undecided = {line for run in result.runs for line, _ in run.undecided}
    if wanted == "none":
        assert told == []
    else:
        documents = [rejection.to_dict() for rejection in expected if rejection.line not in undecided]
        assert len(told) == len(documents)
        assert [json.loads(line.to_json()) for line in told if isinstance(line, RejectionLine)] == documents
