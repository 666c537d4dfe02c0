"""Checkpoints: saved with what was read, or not at all, and by one of several writers."""

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select

from eventschema import EventSchema, TrackRequest
from eventschema.store import NotSaved, Saved, StoreError, StoreUnavailableError, UnitOfWork
from eventschema.store.checkpoints import Checkpoint, CheckpointConflictError
from eventschema.store.sql import SQLStore
from eventschema.store.tables import checkpoints
from eventschema.stream.positions import START, Position

EVENT_ID = "00000000-0000-4000-8000-00000000000a"


def position(lines: int, text: bytes = b"{}\n") -> Position:
    return Position(lines, lines * len(text), sha256(text * lines).hexdigest())


def work(schema: EventSchema | None = None, **fields: Any) -> UnitOfWork:
    request = TrackRequest.parse({"eventName": "order", "contact": {"email": "ann@example.com"}, **fields})
    return UnitOfWork.of(request, request.decide(schema, ()), ())


def test_a_checkpoint_is_saved_with_the_requests(sql_store: SQLStore) -> None:
    assert sql_store.checkpoint("a") is None
    [saved] = sql_store.commit_many([work()], atomic=True, checkpoints=[Checkpoint("a", None, position(3))])
    assert isinstance(saved, Saved)
    assert sql_store.checkpoint("a") == position(3)
    assert sql_store.checkpoint("A") is None
    far = Position(2**40, 2**50, "0" * 64)
    changes = [Checkpoint("a", position(3), far), Checkpoint("b", None, START)]
    assert sql_store.commit_many([], atomic=True, checkpoints=changes) == ()
    assert (sql_store.checkpoint("a"), sql_store.checkpoint("b")) == (far, START)


@pytest.mark.parametrize("before", [None, position(2), position(3, b"[]\n"), position(4)])
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


def test_a_checkpoint_that_is_expected_must_exist(sql_store: SQLStore) -> None:
    with pytest.raises(CheckpointConflictError):
        sql_store.commit_many([], atomic=True, checkpoints=[Checkpoint("a", position(3), position(4))])
    assert sql_store.checkpoint("a") is None


def test_no_checkpoint_is_saved_if_a_request_is_stale(sql_store: SQLStore) -> None:
    stale = work(EventSchema("order"), properties={"total": 1})
    outcomes = sql_store.commit_many([stale], atomic=True, checkpoints=[Checkpoint("a", None, position(1))])
    assert outcomes == (NotSaved.STALE,)
    assert sql_store.checkpoint("a") is None


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


def test_of_two_writers_one_goes_on(sql_store: SQLStore) -> None:
    barrier = Barrier(8)

    def go_on(number: int) -> bool:
        barrier.wait()
        contact = {"email": f"{number}@example.com"}
        request = TrackRequest.parse({"eventName": f"e{number}", "contact": contact})
        try:
            change = Checkpoint("a", None, position(number + 1))
            sql_store.commit_many(
                [UnitOfWork.of(request, request.decide(None, ()), ())], atomic=True, checkpoints=[change]
            )
        except CheckpointConflictError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        winners = [number for number, has_won in enumerate(pool.map(go_on, range(8))) if has_won]
    assert len(winners) == 1
    assert sql_store.checkpoint("a") == position(winners[0] + 1)
    assert [event.name for event in sql_store.events()] == [f"e{winners[0]}"]


def test_a_name_may_be_of_any_length(sql_store: SQLStore) -> None:
    names = ["é" * 300, "é" * 299 + "e", "sha256:x", ""]
    for number, name in enumerate(names):
        sql_store.commit_many([], atomic=True, checkpoints=[Checkpoint(name, None, position(number))])
    assert [sql_store.checkpoint(name) for name in names] == [position(number) for number in range(4)]
    with sql_store.engine.connect() as connection:
        rows = connection.execute(select(checkpoints.c.long_name).order_by(checkpoints.c.lines)).scalars()
        assert list(rows) == ["é" * 300, "é" * 299 + "e", "sha256:x", None]


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
