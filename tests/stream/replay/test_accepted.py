"""The accepted events of a replay, one by one."""

import json
from pathlib import Path
from typing import Any

from eventschema import MergeResult, Rules
from eventschema.stream import StreamEvent
from eventschema.stream.envelopes import Envelope
from eventschema.stream.mapping import Mapping
from eventschema.stream.replay import Replay
from eventschema.stream.replay.accepted import AcceptedEvents
from eventschema.stream.replay.files import replay_files
from eventschema.stream.replay.pieces import AnyRejection, Combiner, ReplayTask
from eventschema.stream.replay.stats import ReplayStats

LINES: list[Any] = [
    {"eventName": "a", "properties": {"p": 1}},
    {"eventName": "b", "properties": {"p": "x"}},
    5,
    {"eventName": "a", "properties": {"p": 2.5}},
    {"eventName": "a", "properties": {"p": 3, "q": {"r": True}}},
    {"properties": {}},
    {"eventName": "b"},
]


def run(path: Path, task: ReplayTask, names: set[str] | None = None) -> tuple[AcceptedEvents, list[Any], list[Any]]:
    accepted: list[Any] = []
    rejected: list[AnyRejection] = []
    replay = Replay({}, task.rules)

    def on_accepted(event: StreamEvent, result: MergeResult) -> None:
        accepted.append((event.line, event.name, result.properties))

    events = AcceptedEvents(replay, ReplayStats(replay), task, rejected.append, on_accepted=on_accepted, names=names)
    replay_files([str(path)], events)
    return events, accepted, [each.line for each in rejected]


def written(tmp_path: Path) -> Path:
    path = tmp_path / "events.ndjson"
    path.write_text("".join(json.dumps(line) + "\n\n" for line in LINES))
    return path


def test_each_accepted_event_comes_in_order(tmp_path: Path) -> None:
    mapped = Envelope(mapping=Mapping(objects="flatten"))
    events, accepted, rejected = run(written(tmp_path), ReplayTask(envelope=mapped))
    assert accepted == [
        (1, "a", {"p": 1}),
        (3, "b", {"p": "x"}),
        (9, "a", {"p": 3, "q_r": True}),
        (13, "b", {}),
    ]
    assert rejected == [5, 7, 11]
    assert events.others == 0


def test_it_replays_as_other_combiners_do(tmp_path: Path) -> None:
    path, task = written(tmp_path), ReplayTask(rules=Rules(invalid="drop"))
    events, _, _ = run(path, task)
    replay = Replay({}, task.rules)
    other = Combiner(replay, ReplayStats(replay), task)
    replay_files([str(path)], other)
    assert events.replay.schemas == replay.schemas
    assert (events.stats.accepted, events.stats.rejected) == (other.stats.accepted, other.stats.rejected)
    assert events.stats.events == other.stats.events
    assert events.stats.dropped == other.stats.dropped


def test_events_of_other_names_are_passed_over(tmp_path: Path) -> None:
    events, accepted, rejected = run(written(tmp_path), ReplayTask(), {"b"})
    assert accepted == [(3, "b", {"p": "x"}), (13, "b", {})]
    assert rejected == [5, 11], "of these lines nobody knows the name"
    assert events.others == 3
    assert list(events.replay.schemas) == ["b"]


def test_lines_without_an_event_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "e"
    path.write_text('{"type": "page"}\n{"type": "track", "eventName": "a"}\n')
    events, accepted, _ = run(path, ReplayTask(envelope=Envelope(only=(("type", "track"),))))
    assert (accepted, events.stats.skipped) == ([(2, "a", {})], 1)
