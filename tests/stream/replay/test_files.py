import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from eventschema.core.schema import EventSchema
from eventschema.stream.reading import UnreadableSourceError, read_events
from eventschema.stream.replay import Rejection, Replay, files
from eventschema.stream.replay.files import replay_files
from eventschema.stream.replay.pieces import Combiner, ReplayTask
from eventschema.stream.replay.stats import ReplayStats
from eventschema.stream.workers import WorkerDiedError

LINE = b'{"eventName":"order","properties":{"total":1}}\n'


def written(directory: Path, data: bytes, name: str = "events") -> str:
    path = directory / name
    path.write_bytes(data)
    return str(path)


def stream() -> bytes:
    """Events whose schemas go on growing, some that conflict, and lines that are no events."""
    lines: list[bytes] = []
    for number in range(900):
        properties: dict[str, Any] = {"total": number, "note": "x", f"p{number // 60}": number % 7 or "text"}
        if number % 50 == 49:
            properties["total"] = 1e-9
        lines.append(json.dumps({"eventName": f"e{number % 3}", "properties": properties}).encode())
        if number % 97 == 0:
            lines += [b"", b"no json", b'{"properties":{}}']
    return b"\n".join(lines)


KNOWN = {"e0": EventSchema("e0", {"total": "int"})}


def of(replay: Replay, stats: ReplayStats, *others: Any) -> Any:
    counts = {name: value for name, value in vars(stats).items() if name != "_replay"}
    return replay.schemas, list(replay.schemas), counts, *others


def answer(paths: list[str], jobs: int, **options: Any) -> Any:
    rejections: list[Any] = []
    replay = Replay(KNOWN)
    combiner = Combiner(replay, ReplayStats(replay), ReplayTask(rejections="values"), rejections.append)
    replay_files(paths, combiner, jobs=jobs, **options)
    return of(replay, combiner.stats, rejections, list(map(str, combiner.unreadable)), combiner.has_object)


def event_by_event(paths: list[str]) -> Any:
    replay = Replay(KNOWN)
    stats = ReplayStats(replay)
    rejections, unreadable = [], []
    for path in paths:
        try:
            for event in read_events(path):
                outcome = replay.add(event)
                stats.add(event, outcome)
                if isinstance(outcome, Rejection):
                    rejections.append(outcome)
        except UnreadableSourceError as error:
            unreadable.append(str(error))
    return of(replay, stats, rejections, unreadable, True)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces are sent to the workers before these have started. Else so few would be done by then."""
    monkeypatch.setattr(files._SharedReplay, "_replay_until_started", lambda *_: None)


@pytest.mark.slow
@pytest.mark.usefixtures("at_once")
def test_processes_and_cuts_do_not_change_the_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = stream()
    paths = [
        written(tmp_path, data, "plain"),
        written(tmp_path, gzip.compress(data), "packed"),
        written(tmp_path, gzip.compress(data)[:-9], "cut"),
        str(tmp_path / "none"),
        written(tmp_path, data + b"\n" + LINE, "last"),
    ]
    expected = event_by_event(paths)
    schemas, _, stats, rejections, unreadable, _ = expected
    assert stats["accepted"] + stats["rejected"] > 3600
    assert schemas["e1"].version == 15
    assert len(rejections) == stats["rejected"] > 100
    assert [error.rpartition("/")[2] for error in unreadable] == [
        "cut: the gzip data ends before its end mark, after line 930",
        "none: No such file or directory",
    ]
    for jobs, piece_bytes, small_answer in [
        (1, 2**20, 0),
        (1, 3000, 0),
        (2, 2000, 2**16),
        (2, 2000, 2**9),
        (3, 7000, 0),
    ]:
        monkeypatch.setattr(files, "SMALL_ANSWER", small_answer)
        assert answer(paths, jobs, piece_bytes=piece_bytes) == expected


def test_few_pieces_need_no_other_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("eventschema.stream.workers.Workers", fail)
    few = files.MIN_PIECES - 2  # after the last newline there is an empty piece
    path = written(tmp_path, LINE * few)
    assert answer([path], 2, piece_bytes=1)[2]["accepted"] == few
    path = written(tmp_path, LINE * (few + 1))
    with pytest.raises(AssertionError):
        answer([path], 2, piece_bytes=1)


def test_all_may_be_done_before_a_worker_has_started(tmp_path: Path) -> None:
    path = written(tmp_path, LINE * 20)
    assert answer([path], 2, piece_bytes=1)[2]["accepted"] == 20


@pytest.mark.usefixtures("at_once")
def test_what_was_read_is_told(tmp_path: Path) -> None:
    paths = [written(tmp_path, LINE * 400), written(tmp_path, gzip.compress(LINE * 400), "packed")]
    size = sum(Path(path).stat().st_size for path in paths)
    for jobs in (1, 2):
        told: list[int] = []
        answer(paths, jobs, piece_bytes=500, on_read=told.append)
        assert sum(told) == size


@pytest.mark.parametrize(
    ("may_grow", "left", "expected"),
    [
        (False, 10**9, 100),
        (True, 1, 100),
        (True, 2 * files._SHARES * 101 - 1, 100),
        (True, 2 * files._SHARES * 101, 101),
        (True, 2 * files._SHARES * 400, 400),
        (True, 2 * files._SHARES * 401, 400),
    ],
)
def test_pieces_grow_up_to_a_limit_and_shrink_in_the_end(may_grow: bool, left: int, expected: int) -> None:
    size = files._PieceSize(100, jobs=2)
    size.may_grow = may_grow
    assert size.of_next(left) == expected


@pytest.mark.usefixtures("at_once")
def test_pieces_grow_while_answers_are_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, LINE * 3000)
    of_next, sizes = files._PieceSize.of_next, list[int]()

    def noted(size: files._PieceSize, left: int) -> int:
        sizes.append(of_next(size, left))
        return sizes[-1]

    monkeypatch.setattr(files._PieceSize, "of_next", noted)
    assert answer([path], 2, piece_bytes=500)[2]["accepted"] == 3000
    assert (sizes[0], max(sizes), sizes[-1]) == (500, 2000, 500)
    sizes.clear()
    monkeypatch.setattr(files, "SMALL_ANSWER", 0)
    assert answer([path], 2, piece_bytes=500)[2]["accepted"] == 3000
    assert set(sizes) == {500}


@pytest.mark.slow
@pytest.mark.usefixtures("at_once")
def test_an_interrupt_ends_the_workers(tmp_path: Path) -> None:
    path = written(tmp_path, LINE * 400)
    told = []

    def interrupt(count: int) -> None:
        told.append(count)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        answer([path], 2, piece_bytes=500, on_read=interrupt)
    assert len(told) == 1


class Deadly(ReplayTask):
    """A task that ends the process that unpickles it."""

    def __reduce__(self) -> Any:
        return os._exit, (1,)


@pytest.mark.usefixtures("at_once")
def test_a_worker_that_dies_ends_the_replay(tmp_path: Path) -> None:
    path = written(tmp_path, LINE * 400)
    replay = Replay()
    with pytest.raises(WorkerDiedError):
        replay_files([path], Combiner(replay, ReplayStats(replay), Deadly()), jobs=2, piece_bytes=500)
