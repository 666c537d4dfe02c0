import json
import pickle
from typing import Any

import pytest

from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.core.violations import MalformedRequest, TypeConflict
from eventschema.stream.reading import UnreadableSourceError
from eventschema.stream.reading.parts import Part
from eventschema.stream.replay import Rejection, Replay
from eventschema.stream.replay.combining import Texts
from eventschema.stream.replay.pieces import Combiner, RejectionLine, ReplayTask, replay_piece
from eventschema.stream.replay.stats import Origin, ReplayStats

KNOWN = {"order": EventSchema("order", {"total": "int"})}
CONFLICT = TypeConflict("/properties/total", PropertyType.INT, PropertyType.STRING, 0)
NEW = {"eventName": "order", "properties": {"total": 1, "new": 1}}


def line(**properties: Any) -> bytes:
    return json.dumps({"eventName": "order", "properties": properties}).encode() + b"\n"


def piece(*data: bytes | int, is_first: bool = True, failure: UnreadableSourceError | None = None) -> Texts:
    return Texts("file", list(data), is_first, failure)


def test_events_without_new_properties_are_decided_early() -> None:
    new, known, wrong = line(total=1, new=1), line(total=1), line(total="x")
    data = [new, b"\n", known, wrong + b"".join([wrong, known, wrong] * 4), new, known, wrong, known]
    result = replay_piece(piece(*data), Replay(KNOWN), ReplayTask())
    assert (result.source, result.is_first, result.lines, result.failure) == ("file", True, 20, None)
    assert dict(result.accepted.events) == {"order": [7, 0]}
    assert [run.undecided for run in result.runs] == [[(1, NEW)], [(17, NEW)]]
    assert [dict(run.counts.events) for run in result.runs] == [{"order": [0, 9]}, {"order": [0, 1]}]


def test_a_few_events_between_two_others_are_handed_back_too() -> None:
    new, wrong, long = line(total=1, new=1), line(total="x"), 2**30
    result = replay_piece(piece(wrong, new, *[wrong] * 6, long, new), Replay(KNOWN), ReplayTask())
    (run,) = result.runs
    assert [number for number, _ in run.undecided] == list(range(1, 11))
    assert not run.counts
    result = replay_piece(piece(wrong, new, *[wrong] * 7, long, new), Replay(KNOWN), ReplayTask())
    assert [len(run.undecided) for run in result.runs] == [2, 1]


def test_results_are_combined_in_order() -> None:
    rejections: list[Any] = []
    replay = Replay(KNOWN)
    stale = pickle.loads(pickle.dumps(replay))
    combiner = Combiner(replay, ReplayStats(replay), ReplayTask(rejections="values"), rejections.append)
    pieces = [
        piece(line(new=1), line(total="x")),
        piece(line(new="x"), b"no\n", is_first=False),
        piece(line(total="x"), line(new=2)),
    ]
    for result in [replay_piece(each, stale, combiner.task) for each in pieces]:
        combiner.add(pickle.loads(pickle.dumps(result)))
    assert dict(replay.schemas["order"].properties) == {"total": "int", "new": "int"}
    assert [(rejection.line, rejection.errors[0].code) for rejection in rejections] == [
        (2, "type_conflict"),
        (3, "type_conflict"),
        (4, "malformed_request"),
        (1, "type_conflict"),
    ]
    assert combiner.stats.events["order"].origins == {"new": Origin("file", 1, PropertyType.INT)}
    assert (combiner.stats.accepted, combiner.stats.rejected, combiner.changes) == (2, 4, 1)


@pytest.mark.parametrize("at_once", [False, True])
def test_what_comes_after_a_gap_is_left_out(at_once: bool) -> None:
    replay = Replay(KNOWN)
    combiner = Combiner(replay, ReplayStats(replay), ReplayTask())
    assert not combiner.has_object
    failure = UnreadableSourceError("file", 0, "the disk fails")
    for each in (
        piece(b"no\n"),
        piece(line(total=1), failure=failure, is_first=False),
        piece(line(total=1), is_first=False),
        Texts("other", [line(total=1)], is_first=True),
    ):
        if at_once:
            combiner.take(each)
        else:
            combiner.add(replay_piece(each, replay, combiner.task))
    assert combiner.stats.accepted == 2
    assert [str(error) for error in combiner.unreadable] == ["file: the disk fails, after line 2"]
    assert combiner.has_object


def test_a_part_of_a_file_that_is_not_there() -> None:
    result = replay_piece(Part("none"), Replay(), ReplayTask())
    assert (result.is_first, result.lines, result.has_object) == (True, 0, False)
    assert str(result.failure) == "none: No such file or directory"


def test_a_rejection_as_a_line_that_gets_its_place_later() -> None:
    rejection = Rejection('a "line": 0, "line": 1', 7, '"line": 0', (CONFLICT, MalformedRequest("", "a", '"line": 0')))
    text = RejectionLine.of(rejection)
    assert text.to_json() == json.dumps(rejection.to_dict()).encode()
    moved = text._replace(line=1234)
    assert moved.to_json() == json.dumps(rejection._replace(line=1234).to_dict()).encode()


def test_rejections_are_kept_as_the_task_has_it() -> None:
    found = {}
    for wanted in ("none", "values", "lines"):
        task = ReplayTask(rejections=wanted)
        (run,) = replay_piece(piece(line(total="x")), Replay(KNOWN), task).runs
        found[wanted] = run.rejections
    rejection = Rejection("file", 1, "order", (CONFLICT,))
    assert found == {"none": [], "values": [rejection], "lines": [RejectionLine.of(rejection)]}


def test_undecided_rejections_are_told_in_their_order() -> None:
    told: list[Any] = []
    replay = Replay(KNOWN)
    combiner = Combiner(replay, ReplayStats(replay), ReplayTask(rejections="lines"), told.append)
    lines = [line(total="x", new=1), *[line(total="x")] * 9, line(total="x", new=1)]
    combiner.add(replay_piece(piece(*lines), replay, combiner.task))
    assert [rejection.line for rejection in told] == list(range(1, 12))
    assert isinstance(told[0], Rejection)
    assert isinstance(told[1], RejectionLine)
    assert combiner.changes == 0
