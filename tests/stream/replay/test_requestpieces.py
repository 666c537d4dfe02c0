import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from eventschema.core.schema import EventSchema
from eventschema.core.values import AdjustmentKind
from eventschema.stream.reading import UnreadableSourceError, read_objects
from eventschema.stream.reading.parts import Part
from eventschema.stream.replay import Rejection, TrackReplay, files
from eventschema.stream.replay.blocks import CountedEvent
from eventschema.stream.replay.combining import Texts
from eventschema.stream.replay.files import replay_files
from eventschema.stream.replay.requestpieces import RequestCombiner, RequestPieceResult
from eventschema.stream.replay.stats import ContactStats, ReplayStats
from eventschema.track.contact import Contact
from eventschema.track.violations import ContactConflict, ContactNotFound

KNOWN = {"order": EventSchema("order", {"total": "float", "note": "string"})}
ANN, BO = {"email": "ann@example.com"}, {"phoneNumber": "+12025550101"}


def line(contact: Any, properties: Any = None) -> bytes:
    return json.dumps({"eventName": "order", "contact": contact, "properties": properties}).encode() + b"\n"


def piece(*data: bytes, failure: UnreadableSourceError | None = None, is_first: bool = True) -> Texts:
    return Texts("file", list(data), is_first, failure)


def combiner(replay: TrackReplay, rejections: list[Rejection] | None = None) -> RequestCombiner:
    on_rejection = None if rejections is None else rejections.append
    return RequestCombiner(replay, ReplayStats(replay), ContactStats(), 2**20, on_rejection)


def result_of(*data: bytes) -> RequestPieceResult:
    return combiner(TrackReplay(KNOWN)).piece_replay()(piece(*data))


def test_what_depends_on_no_other_request_is_decided() -> None:
    known, rounded = line(ANN, {"total": 1}), line(ANN, {"total": 1e-9, "note": "x"})
    new, wrong, bad = line(ANN, {"new": 1}), line(ANN, {"total": "x"}), line({})
    result = result_of(known, b"\n", rounded, new, wrong, bad, b"no json\n", known)
    assert (result.source, result.is_first, result.lines, result.has_object) == ("file", True, 8, True)
    assert result.events == [
        CountedEvent("order", ("total",), (("total", AdjustmentKind.INT_TO_FLOAT, False),)),
        CountedEvent("order", ("total", "note"), (("total", AdjustmentKind.ROUNDED, True),)),
    ]
    assert list(result.numbers) == [1, 3, 4, 5, 6, 7, 8]
    assert list(result.decided) == [0, 1, -1, -1, -1, -1, 0]
    assert [isinstance(request, bytes) for request in result.requests] == [number >= 0 for number in result.decided]


def test_contacts_are_decided_in_order() -> None:
    rejections: list[Rejection] = []
    replay = TrackReplay(KNOWN)
    combined = combiner(replay, rejections)
    first = result_of(line({**ANN, "age": 1}), line(BO), line({**ANN, **BO}), line({"id": "c9"}))
    second = result_of(line({**ANN, "age": True}), line({**ANN, "age": True}), line({"id": "c2", "age": None}))
    for result in (first, second):
        combined.add(pickle.loads(pickle.dumps(result)))
    assert rejections == [
        Rejection("file", 3, "order", (ContactConflict("/contact", ("email", "phoneNumber")),)),
        Rejection("file", 4, "order", (ContactNotFound("/contact/id"),)),
    ]
    assert [contact.to_dict() for contact in replay.contacts] == [
        Contact("c1", "ann@example.com", None, {"age": True}).to_dict(),
        Contact("c2", None, "+12025550101").to_dict(),
    ]
    assert combined.contact_stats == ContactStats(created=2, updated=1, unchanged=2, refused=2)
    assert (combined.stats.accepted, combined.stats.rejected, combined.changes) == (5, 2, 0)


def test_a_first_event_without_properties_changes_the_schemas() -> None:
    combined = combiner(TrackReplay())
    for expected in (1, 1):
        combined.take(piece(line(ANN)))
        assert combined.changes == expected
    combined.take(piece(line(ANN, {"total": 1})))
    assert combined.changes == 2


def test_requests_after_a_failure_to_read_are_left_out() -> None:
    for at_once in (False, True):
        combined = combiner(TrackReplay(KNOWN))
        for each in (
            piece(line(ANN), failure=UnreadableSourceError("file", 0, "the disk fails")),
            piece(line(ANN), is_first=False),
            Part("none"),
        ):
            if at_once:
                combined.take(each)
            else:
                combined.add(combined.piece_replay()(each))
        assert combined.stats.accepted == 1
        assert list(map(str, combined.unreadable)) == [
            "file: the disk fails, after line 1",
            "none: No such file or directory",
        ]


def answer(path: str, jobs: int) -> Any:
    rejections: list[Rejection] = []
    replay = TrackReplay(KNOWN)
    combined = combiner(replay, rejections)
    replay_files([path], combined, jobs=jobs, piece_bytes=4000)
    counts = {name: value for name, value in vars(combined.stats).items() if name != "_replay"}
    return replay.schemas, replay.contacts, counts, combined.contact_stats, rejections


def test_two_processes_decide_as_a_replay_of_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files._SharedReplay, "_replay_until_started", lambda *_: None)
    path = tmp_path / "requests"
    path.write_bytes(
        b"".join(
            line(
                {"email": f"user{number % 40}@example.com", "visits": number // 100},
                {"total": "x" if number % 50 == 49 else number / 8, f"p{number // 200}": "new"},
            )
            for number in range(1000)
        )
    )
    replay = TrackReplay(KNOWN)
    outcomes = [replay.add(request) for request in read_objects(path)]
    found = answer(str(path), 2)
    assert found == answer(str(path), 1)
    assert found[:2] == (replay.schemas, replay.contacts)
    assert found[4] == [outcome for outcome in outcomes if isinstance(outcome, Rejection)]
    assert len(found[4]) == 20
    assert found[3].updated == 360
