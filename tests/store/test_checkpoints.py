"""Checkpoints: saved with what was read, or not at all, and by one of several writers."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select

from eventschema import EventSchema, TrackRequest
from eventschema.store import (
    NotSaved,
    Saved,
    SchemaRegistry,
    StoreError,
    StoreUnavailableError,
    TrackResult,
    UnitOfWork,
)
from eventschema.store.checkpoints import Checkpoint, CheckpointConflictError
from eventschema.store.sql import SQLStore
from eventschema.store.tables import checkpoints
from eventschema.stream.positions import START, Position

#: The tests on PostgreSQL take seconds, for databases of their own.
KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.slow)]

EVENT_ID = "00000000-0000-4000-8000-00000000000a"


def position(lines: int, text: bytes = b"{}\n") -> Position:
    return Position(lines, lines * len(text), sha256(text * lines).hexdigest())


def work(schema: EventSchema | None = None, **fields: Any) -> UnitOfWork:
    request = TrackRequest.parse({"eventName": "order", "contact": {"email": "ann@example.com"}, **fields})
    return UnitOfWork.of(request, request.decide(schema, ()), ())


@pytest.mark.parametrize("database_url", KINDS, indirect=True)
def test_a_checkpoint_is_saved_with_the_requests(sql_store: SQLStore) -> None:
    assert sql_store.checkpoint("a") is None
    [saved] = sql_store.commit_many([work()], atomic=True, checkpoints=[Checkpoint("a", None, position(3))])
    assert isinstance(saved, Saved)
    assert sql_store.checkpoint("a") == position(3)
    assert sql_store.checkpoint("A") is None
    far = Position(2**40, 2**50, "0" * 64)
    changes = [Checkpoint("a", position(3), far), Checkpoint("b", None, START), Checkpoint("c", None, far)]
    assert sql_store.commit_many([], atomic=True, checkpoints=changes) == ()
    assert [sql_store.checkpoint(name) for name in "abc"] == [far, START, far]


@pytest.mark.parametrize("before", [None, position(2), position(3, b"[]\n"), position(4)])
@pytest.mark.parametrize("database_url", KINDS, indirect=True)
def test_another_checkpoint_than_expected_saves_nothing(sql_store: SQLStore, before: Position | None) -> None:
    sql_store.commit_many([], atomic=True, checkpoints=[Checkpoint("a", None, position(3))])
    changes = [Checkpoint("b", None, position(1)), Checkpoint("a", before, position(9))]
    with pytest.raises(CheckpointConflictError, match="another process reads the same file") as caught:
        sql_store.commit_many([work()], atomic=True, checkpoints=changes)
    assert caught.value.name == "a"
    assert isinstance(caught.value, StoreError)
    assert not isinstance(caught.value, StoreUnavailableError)
    assert (sql_store.checkpoint("a"), sql_store.checkpoint("b")) == (position(3), None)
    assert list(sql_store.events()) == []
    assert sql_store.load("order") is None


@pytest.mark.parametrize("database_url", KINDS, indirect=True)
def test_a_checkpoint_that_is_expected_must_exist(sql_store: SQLStore) -> None:
    with pytest.raises(CheckpointConflictError):
        sql_store.commit_many([], atomic=True, checkpoints=[Checkpoint("a", position(3), position(4))])
    assert sql_store.checkpoint("a") is None


@pytest.mark.parametrize("database_url", KINDS, indirect=True)
def test_no_checkpoint_is_saved_if_a_request_is_stale(sql_store: SQLStore) -> None:
    stale = work(EventSchema("order"), properties={"total": 1})
    outcomes = sql_store.commit_many([stale], atomic=True, checkpoints=[Checkpoint("a", None, position(1))])
    assert outcomes == (NotSaved.STALE,)
    assert sql_store.checkpoint("a") is None


@pytest.mark.parametrize("database_url", KINDS, indirect=True)
def test_no_checkpoint_is_saved_if_a_request_is_a_repetition(sql_store: SQLStore) -> None:
    assert isinstance(sql_store.commit(work(eventID=EVENT_ID)), Saved)
    [ann] = sql_store.find({"email": "ann@example.com"})
    works = []
    for event_id in (EVENT_ID, None):
        request = TrackRequest.parse({"eventName": "order", "contact": {"id": ann.id}, "eventID": event_id})
        works.append(UnitOfWork.of(request, request.decide(EventSchema("order"), [ann]), [ann]))
    change = Checkpoint("a", None, position(1))
    outcomes = [sql_store.commit_many(works[:count], atomic=True, checkpoints=[change]) for count in (1, 2)]
    assert outcomes == [(NotSaved.DUPLICATE,), (NotSaved.DUPLICATE, NotSaved.STALE)]
    assert sql_store.checkpoint("a") is None
    assert [event.id for event in sql_store.events()] == [EVENT_ID]


@pytest.mark.parametrize("database_url", KINDS, indirect=True)
def test_of_several_writers_one_goes_on(sql_store: SQLStore) -> None:
    """And requests that come at the same time are saved, also in the transaction of those that lose."""
    barrier = Barrier(12)

    def go_on(number: int) -> bool:
        contact = {"email": f"{number}@example.com"}
        request = TrackRequest.parse({"eventName": f"e{number}", "contact": contact})
        work = UnitOfWork.of(request, request.decide(None, ()), ())
        barrier.wait()
        if number >= 8:
            return isinstance(sql_store.commit(work), Saved)
        try:
            change = Checkpoint("a", None, position(number + 1))
            sql_store.commit_many([work], atomic=True, checkpoints=[change])
        except CheckpointConflictError:
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        saved = [number for number, is_saved in enumerate(pool.map(go_on, range(12))) if is_saved]
    assert saved[1:] == [8, 9, 10, 11]
    assert sql_store.checkpoint("a") == position(saved[0] + 1)
    assert sorted(event.name for event in sql_store.events()) == sorted(f"e{number}" for number in saved)


@pytest.mark.parametrize("database_url", KINDS, indirect=True)
def test_a_name_may_be_of_any_length(sql_store: SQLStore) -> None:
    names = ["é" * 300, "é" * 299 + "e", "sha256:x", ""]
    for number, name in enumerate(names):
        sql_store.commit_many([], atomic=True, checkpoints=[Checkpoint(name, None, position(number))])
    assert [sql_store.checkpoint(name) for name in names] == [position(number) for number in range(4)]
    with sql_store.engine.connect() as connection:
        rows = connection.execute(select(checkpoints.c.long_name).order_by(checkpoints.c.lines)).scalars()
        assert list(rows) == ["é" * 300, "é" * 299 + "e", "sha256:x", None]


@pytest.mark.parametrize("database_url", KINDS, indirect=True)
def test_wrong_arguments_are_errors(sql_store: SQLStore) -> None:
    change = Checkpoint("a", None, position(1))
    with pytest.raises(ValueError, match="expected atomic=True with checkpoints"):
        sql_store.commit_many([], checkpoints=[change])
    wrong: Any
    for wrong in (change._asdict(), ["a"], 5, [Checkpoint(3, None, START)]):  # type: ignore[arg-type]  # on purpose
        with pytest.raises(TypeError, match=r"expected (a sequence of )?(checkpoints|the name)"):
            sql_store.commit_many([], atomic=True, checkpoints=wrong)
    with pytest.raises(TypeError, match="expected the name of a checkpoint as text"):
        sql_store.checkpoint(wrong)


# Requests that are tracked with checkpoints.

Refused = Mapping[int, TrackResult]


def requests(*totals: object, **fields: Any) -> list[TrackRequest]:
    contact = {"email": "ann@example.com"}
    payloads = [
        {"eventName": "order", "contact": contact, "properties": {"total": total}, **fields} for total in totals
    ]
    return list(map(TrackRequest.parse, payloads))


class BeforeSave:
    """Notes what it is called with, and lets another writer write at its first call."""

    def __init__(self, other: Callable[[], object] = lambda: None) -> None:
        self.calls: list[Refused] = []
        self._other = other

    def __call__(self, refused: Refused) -> list[Checkpoint]:
        self.calls.append(refused)
        if len(self.calls) == 1:
            self._other()
        return [Checkpoint("a", None, position(1))]


@pytest.mark.parametrize("database_url", KINDS, indirect=True)
def test_refused_requests_are_known_before_the_others_are_saved(sql_store: SQLStore) -> None:
    before_save = BeforeSave(lambda: seen.extend(sql_store.events()))
    seen: list[object] = []
    results = SchemaRegistry(sql_store).track_with_checkpoints(requests(1, "x", 2, None, "y"), before_save, "load")
    assert [result.ok for result in results] == [True, False, True, True, False]
    assert before_save.calls == [{1: results[1], 4: results[4]}]
    assert [result.schema_version for result in results] == [None, 1, 1, 1, 1]
    assert seen == []
    assert len(list(sql_store.events())) == 3
    assert sql_store.checkpoint("a") == position(1)
    assert [record.who for record in sql_store.history("order")] == ["load", "load"]


@pytest.mark.parametrize("database_url", KINDS, indirect=True)
@pytest.mark.parametrize("given", [[], ["x"]])
def test_a_checkpoint_is_saved_without_events(sql_store: SQLStore, given: list[object]) -> None:
    sql_store.declare(EventSchema("order", {"total": "float"}))
    before_save = BeforeSave()
    results = SchemaRegistry(sql_store).track_with_checkpoints(requests(*given), before_save)
    assert before_save.calls == [dict(enumerate(results))]
    assert sql_store.checkpoint("a") == position(1)


@pytest.mark.parametrize("database_url", KINDS, indirect=True)
def test_all_are_decided_again_if_another_writer_was_faster(sql_store: SQLStore) -> None:
    others = SchemaRegistry(sql_store)
    before_save = BeforeSave(lambda: others.track_many(requests("text")))
    results = SchemaRegistry(sql_store).track_with_checkpoints(requests(1, "x", 2), before_save)
    assert [result.ok for result in results] == [False, True, False]
    assert [list(refused) for refused in before_save.calls] == [[1], [0, 2]]
    assert sorted(str(event.properties["total"]) for event in sql_store.events()) == ["text", "x"]


@pytest.mark.parametrize("database_url", KINDS, indirect=True)
def test_all_are_decided_again_if_one_was_saved_meanwhile(sql_store: SQLStore) -> None:
    registry, others = SchemaRegistry(sql_store), SchemaRegistry(sql_store)
    registry.track_many(requests(0))
    before_save = BeforeSave(lambda: others.track_many(requests(1, eventID=EVENT_ID)))
    given = [*requests(1, eventID=EVENT_ID), *requests(2, "x")]
    results = registry.track_with_checkpoints(given, before_save)
    assert [(result.ok, result.duplicate) for result in results] == [(True, True), (True, False), (False, False)]
    assert [list(refused) for refused in before_save.calls] == [[2], [2]]
    assert sorted(event.properties["total"] for event in sql_store.events()) == [0, 1, 2]
    assert sql_store.checkpoint("a") == position(1)


@pytest.mark.parametrize("database_url", KINDS, indirect=True)
def test_there_must_be_a_checkpoint(sql_store: SQLStore) -> None:
    with pytest.raises(ValueError, match="expected at least one checkpoint to save with the requests, found none"):
        SchemaRegistry(sql_store).track_with_checkpoints(requests(1), lambda _: [])
    assert list(sql_store.events()) == []
