"""Candidates of a history: how many rounds they need, and what is refused."""

from typing import Any

import pytest

from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.stream.envelopes import Block, Envelope
from eventschema.stream.replay.candidates import Candidates, PieceChanges, PieceTask, find_changes
from eventschema.stream.replay.history import Change, History, HistoryReplay


def piece(start: int, *properties: dict[str, Any]) -> Block:
    numbers = range(start, start + len(properties))
    return Block("rows", numbers, [{"eventName": "e", "properties": each} for each in properties], numbers[-1])


def rounds(*pieces: Block, first: History | None = None, rules: Rules | None = None) -> tuple[list[int], EventSchema]:
    """How many pieces each round replays, and the schema that is found."""
    rules = rules or Rules()
    candidates = Candidates(first or History({}), rules)
    replayed = []
    stands = False
    while not stands:
        task = PieceTask(candidates.history, Envelope(), Envelope(), rules, candidates.start)
        found = [result for block in pieces if (result := find_changes([block], task)) is not None]
        replayed.append(len(found))
        stands = candidates.update(found)
    return replayed, candidates.history.last()["e"]


def test_one_piece_takes_one_round() -> None:
    assert rounds(piece(1, {"a": 1}, {"a": 2.5})) == ([1], EventSchema("e").merge({"a": 1}).schema)


def test_types_that_differ_by_piece_take_two() -> None:
    replayed, schema = rounds(piece(1, {"a": 1}), piece(2, {"a": 2.5}), piece(3, {"a": "x", "b": 1}))
    assert (replayed, dict(schema.properties)) == ([3, 2], {"a": "int"})


def test_a_property_that_comes_later_than_it_seems_takes_more() -> None:
    # The second piece has b with a float, which conflicts with the first piece: so the third one is the first with b.
    pieces = piece(1, {"a": 1}), piece(2, {"a": 2.5, "b": 1}), piece(3, {"b": "x"}), piece(4, {"b": 2})
    replayed, schema = rounds(*pieces)
    assert (replayed, dict(schema.properties)) == ([4, 3, 2, 1], {"a": "int", "b": "string"})


def test_a_good_first_candidate_takes_one() -> None:
    pieces = piece(1, {"a": 1}), piece(2, {"a": 2.5}), piece(3, {"a": 2})
    change = Change(1, "e", (("a", EventSchema("e").merge({"a": 1}).added["a"]),))
    assert rounds(*pieces, first=History({}, [change]))[0] == [3]


def test_each_piece_can_depend_on_the_one_before_it() -> None:
    # Each event adds the next property only if the one before it was added with another type than it seems alone.
    chain = [piece(n, {f"p{n - 1}": "x" if n % 2 else 1, f"p{n}": 1 if n % 2 else "x"}) for n in range(1, 7)]
    replayed, schema = rounds(*chain)
    assert replayed[0] == 6
    assert len(replayed) <= 6
    assert set(schema.properties) == {f"p{n}" for n in range(7)}


def test_likely_changes_keep_to_the_bound() -> None:
    pieces = piece(1, {"a": 1}), piece(2, {"a": 2.5, "b": 1}), piece(3, {"b": 1, "c": 1}), piece(4, {"c": 1})
    assert dict(rounds(*pieces, rules=Rules(max_schema_properties=2))[1].properties) == {"a": "int", "c": "int"}


def task(**options: Any) -> PieceTask:
    return PieceTask(History({}), Envelope(), Envelope(), Rules(), **options)


@pytest.mark.parametrize(("numbers", "message"), [([1, 1], "1 twice"), ([2, 1], "1 after 2")])
def test_positions_that_are_not_in_order(numbers: list[int], message: str) -> None:
    blocks = [Block("rows", numbers, [{}, {}], 2)]
    with pytest.raises(ValueError, match=rf"^expected each position once, in order, found {message}$"):
        find_changes(blocks, task())


def test_what_is_left_out() -> None:
    assert find_changes([], task()) is None
    assert find_changes([Block("rows", [], [], 1)], task()) is None
    assert find_changes([piece(4, {"a": 1})], task(start=5)) is None
    first = find_changes([piece(4, {"a": 1}), piece(5, {"b": 1}), piece(6, {"c": 1})], task(most=2))
    assert first is not None
    assert (first.start, first.end, first.events) == (4, 5, 2)


@pytest.mark.parametrize(
    "found",
    [
        [PieceChanges(1, 3, 3, ()), PieceChanges(3, 4, 2, ())],
        [PieceChanges(1, 4, 4, ()), PieceChanges(5, 6, 2, ())],
    ],
)
def test_other_pieces_than_before(found: list[PieceChanges]) -> None:
    candidates = Candidates(History({}), Rules())
    candidates.update([PieceChanges(1, 3, 3, ()), PieceChanges(4, 5, 2, ())])
    with pytest.raises(RuntimeError, match=r"^expected the same pieces in each round, found others"):
        candidates.update(found)


def test_other_events_than_those_of_the_history() -> None:
    history = History({}, [Change(2, "e", (("a", EventSchema("e").merge({"a": 1}).added["a"]),))])
    replay = HistoryReplay(history)
    assert replay.decide_block(piece(3, {"a": 1}), Envelope(), Envelope()) == {}
    others: list[dict[str, Any]] = [{"a": 2.5}, {"b": 1}, {"a": []}]
    for properties in others:
        with pytest.raises(ValueError, match=r"that the history was made of, found another one at 2$"):
            replay.decide_block(piece(2, properties), Envelope(), Envelope())
