"""``check_store`` on stores whose methods for many requests each break one promise."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from eventschema import Contact, EventSchema
from eventschema.store import MemoryStore, NotSaved, Saved, UnitOfWork
from eventschema.store.batches import BatchProgress
from eventschema.testing import check_store
from eventschema.testing.batch_contract import batch_promises

Outcomes = Sequence[Saved | NotSaved]


class OneByOne(MemoryStore):
    """A contact of the same call is not known."""

    def commit_many(self, works: Sequence[UnitOfWork], *, atomic: bool = False) -> Any:
        return [self.commit(work) for work in works]


class StopsAtTheFirst(MemoryStore):
    """What follows one that was not saved is not saved either."""

    def commit_many(self, works: Sequence[UnitOfWork], *, atomic: bool = False) -> Any:
        outcomes = super().commit_many(works, atomic=atomic)
        return super().commit_many(works, atomic=True) if NotSaved.STALE in outcomes else outcomes


class AnswersInAnyOrder(MemoryStore):
    """The last outcome is the first."""

    def commit_many(self, works: Sequence[UnitOfWork], *, atomic: bool = False) -> Any:
        return super().commit_many(works, atomic=atomic)[::-1]


class ForgetsTheLast(MemoryStore):
    """The last outcome is missing."""

    def commit_many(self, works: Sequence[UnitOfWork], *, atomic: bool = False) -> Any:
        return super().commit_many(works, atomic=atomic)[:-1]


class NeverAtomic(MemoryStore):
    """What can be saved is saved."""

    def commit_many(self, works: Sequence[UnitOfWork], *, atomic: bool = False) -> Any:
        return super().commit_many(works)


class RepetitionsAreObstacles(MemoryStore):
    """A batch with a repetition is not saved."""

    def commit_many(self, works: Sequence[UnitOfWork], *, atomic: bool = False) -> Any:
        if atomic and any(self.seen(str(work.event.id)) for work in works):
            return [NotSaved.DUPLICATE if self.seen(str(work.event.id)) else NotSaved.STALE for work in works]
        return super().commit_many(works, atomic=atomic)


class CountsWhatWasUndone(MemoryStore):
    """The second event of an id is a repetition of one that was not saved in the end."""

    def commit_many(self, works: Sequence[UnitOfWork], *, atomic: bool = False) -> Any:
        outcomes = super().commit_many(works, atomic=atomic)
        ids = [work.event.id for work in works]
        if atomic and NotSaved.STALE in outcomes:
            return [
                NotSaved.DUPLICATE if id_ is not None and id_ in ids[:number] else outcomes[number]
                for number, id_ in enumerate(ids)
            ]
        return outcomes


class FindsInAnotherOrder(MemoryStore):
    def find_many(self, identifiers: Sequence[Mapping[str, str]]) -> list[tuple[Contact, ...]]:
        return [self.find(one) for one in identifiers][::-1]


class LoadsEachOnce(MemoryStore):
    def load_many(self, names: Sequence[str]) -> list[EventSchema | None]:
        return [self.load(name) for name in dict.fromkeys(names)]


class SeesTheLastOnly(MemoryStore):
    def seen_many(self, event_ids: Sequence[str]) -> list[bool]:
        return [self.seen(id_) and number > 3 for number, id_ in enumerate(event_ids)]


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (OneByOne, "commit_many of requests that build on each other: expected .*, found .*"),
        (StopsAtTheFirst, "commit_many of three requests, the first decided before another writer's: expected .*"),
        (AnswersInAnyOrder, "Number of contacts that a batch created: expected 2, found 1."),
        (ForgetsTheLast, "Number of outcomes from commit_many of 10 requests: expected 10, found 9."),
        (NeverAtomic, "commit_many of four requests, atomic, the last of them stale: expected .*"),
        (RepetitionsAreObstacles, "commit_many of four requests, atomic, one of them a repetition: expected .*"),
        (CountsWhatWasUndone, "commit_many of two requests with one new event id and a stale one, atomic: .*"),
        (FindsInAnotherOrder, "find_many: expected .*"),
        (LoadsEachOnce, "load_many: expected .*"),
        (SeesTheLastOnly, "seen_many: expected .*"),
    ],
)
def test_a_broken_batch_is_found(broken: type[MemoryStore], message: str) -> None:
    with pytest.raises(AssertionError) as caught:
        check_store(broken)
    assert re.fullmatch(message, str(caught.value), re.DOTALL)


def test_works_that_build_on_one_not_saved_are_tested(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BatchProgress, "not_saved", lambda *_: None)
    with pytest.raises(AssertionError, match="that a repetition did not change"):
        check_store(MemoryStore)


def test_a_store_without_these_methods_promises_nothing_more() -> None:
    class Plain(MemoryStore):
        commit_many: Any = property()

    assert batch_promises(Plain()) == ()
