"""Pieces replayed at the same time find the history of the replay in order, and with it each event has its verdict."""

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.stream.envelopes import Block, Envelope, open_event
from eventschema.stream.replay import Rejection, Replay
from eventschema.stream.replay.candidates import Candidates, PieceTask, find_changes
from eventschema.stream.replay.history import Change, Cursor, History, HistoryReplay
from tests.properties.test_pieces import RULES, SCHEMAS, VALUES
from tests.strategies_stream import ENVELOPES, NAMES

EVENTS = st.builds(
    lambda name, held: {"eventName": name, "properties": held},
    st.sampled_from(["order", "order", "order", "cart"]),
    st.dictionaries(st.sampled_from(["total", "count", "note", "bad name"]), VALUES, max_size=3),
)
STREAMS = st.lists(EVENTS, min_size=1, max_size=14)
WRONG = st.lists(
    st.builds(
        lambda position, name, property_, type_: (position, name, ((property_, type_),)),
        st.integers(1, 14),
        st.sampled_from(NAMES),
        st.sampled_from(["total", "count"]),
        st.sampled_from(list(PropertyType)),
    ),
    max_size=3,
    unique_by=lambda change: (change[1], change[2][0][0]),
)


def blocks(numbers: list[int], stream: list[Any], sizes: int) -> list[Block]:
    """Blocks of so many events each, of those at the positions ``numbers``."""
    parts = [numbers[start : start + sizes] for start in range(0, len(numbers), sizes)]
    return [Block("rows", part, [stream[number - 1] for number in part], part[-1]) for part in parts]


def in_order(stream: list[Any], replay: Replay, envelope: Envelope, rules: Rules) -> list[Any]:
    return [replay.add(open_event("rows", number, value, envelope, rules)) for number, value in enumerate(stream, 1)]


def found(
    stream: list[Any], candidate: History, envelope: Envelope, rules: Rules, cuts: list[int]
) -> tuple[History, int]:
    """The history that the pieces between ``cuts`` find, and the rounds that they need."""
    candidates = Candidates(candidate, rules)
    numbers = list(range(1, len(stream) + 1))
    pieces = [numbers[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    for rounds in range(1, len(pieces) + 3):
        task = PieceTask(candidates.history, envelope, envelope, rules, candidates.start)
        results = [find_changes(blocks(piece, stream, 3), task) for piece in pieces]
        if candidates.update(result for result in results if result is not None):
            return candidates.history, rounds
    raise AssertionError("no history stands")


@given(STREAMS, SCHEMAS, RULES, ENVELOPES, WRONG, st.data())
def test_the_pieces_find_the_history(
    stream: list[Any],
    schemas: dict[str, EventSchema],
    rules: Rules,
    envelope: Envelope,
    wrong: list[Any],
    draw: st.DataObject,
) -> None:
    replay = Replay(schemas, rules)
    outcomes = in_order(stream, replay, envelope, rules)
    cuts = sorted(draw.draw(st.sets(st.integers(1, max(1, len(stream) - 1)), max_size=6)))
    cuts = [cut for cut in cuts if cut < len(stream)]
    changes = [
        Change(*change)
        for change in sorted(wrong, key=lambda change: change[0])
        if change[1] not in schemas or change[2][0][0] not in schemas[change[1]].properties
    ]
    history, rounds = found(stream, History(schemas, changes), envelope, rules, cuts)
    assert rounds <= len(cuts) + 2
    assert [schema.to_dict() for schema in history.last().values()] == [
        schema.to_dict() for schema in replay.schemas.values()
    ]
    assert list(history.last()) == list(replay.schemas)

    numbers = list(range(1, len(stream) + 1))
    random.Random(len(stream)).shuffle(numbers)
    verdicts = HistoryReplay(history, rules)
    for block in blocks(numbers, stream, draw.draw(st.sampled_from([1, 4, 100]))):
        decided = verdicts.decide_block(block, envelope, envelope)
        for index, number in enumerate(block.numbers):
            outcome = decided.get(index)
            if outcome is None:
                assert not isinstance(outcomes[number - 1], Rejection)
                assert outcomes[number - 1].added == {}
            else:
                assert outcome == outcomes[number - 1]


@given(st.lists(st.sampled_from([1, 2.5, "x", True]), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_a_cursor_moves_both_ways(values: list[Any], order: random.Random) -> None:
    stream = [{"eventName": "e", "properties": {f"p{number // 2}": value}} for number, value in enumerate(values)]
    history, _ = found(stream, History({}), Envelope(), Rules(), [])
    replay, stood = Replay(), []
    for number, value in enumerate(stream, 1):
        stood.append(replay.schemas)
        replay.add(open_event("rows", number, value, Envelope(), Rules()))
    cursor = Cursor(history)
    for position in order.sample(range(1, len(stream) + 1), len(stream)):
        cursor.move_to(position)
        assert cursor.schemas == stood[position - 1] == history.before(position)
