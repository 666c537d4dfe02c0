from typing import Any, get_args

import pytest

from eventschema.store import MemoryStore, ThreadedStore
from eventschema.store.lookups import (
    LOOKUPS,
    CountSchemas,
    FindEvents,
    FindMany,
    LoadMany,
    Lookup,
    SeenMany,
    ask_many,
    offered_lookups,
)
from eventschema.store.questions import Find, Load, Seen

CASES = [
    (LoadMany(["a", "b"]), [Load("a"), Load("b")]),
    (FindMany([{"email": "a"}, {}]), [Find({"email": "a"}), Find({})]),
    (SeenMany(["x"]), [Seen("x")]),
    (SeenMany([]), []),
]


class Finding(MemoryStore):
    def find_many(self, identifiers: Any) -> list[Any]:
        return [self.find(one) for one in identifiers]


def test_each_lookup_has_a_method() -> None:
    assert set(LOOKUPS) == set(get_args(Lookup))


def test_the_lookups_that_a_store_offers() -> None:
    methods = {FindEvents: "find_events", CountSchemas: "count_schemas"}
    assert offered_lookups(MemoryStore()) == methods
    assert offered_lookups(Finding()) == {**methods, FindMany: "find_many"}
    assert offered_lookups(object()) == {}
    assert offered_lookups(Finding(), are_async=True) == {}


def test_an_asynchronous_store_offers_coroutine_functions() -> None:
    store = ThreadedStore(Finding())
    assert offered_lookups(store, are_async=True) == offered_lookups(Finding())
    assert offered_lookups(store) == {}
    store.close()


def answered(question: Any, offered: Any) -> tuple[list[Any], Any]:
    """What ``ask_many`` asks, each answered with its number, and what it returns."""
    steps, asked = ask_many(question, offered), list[Any]()
    try:
        asked.append(next(steps))
        while True:
            asked.append(steps.send(len(asked) - 1))
    except StopIteration as end:
        return asked, end.value


@pytest.mark.parametrize(("question", "singles"), CASES)
def test_a_store_without_the_method_is_asked_one_by_one(question: Any, singles: list[Any]) -> None:
    assert answered(question, ()) == (singles, list(range(len(singles))))


@pytest.mark.parametrize(("question", "singles"), CASES)
def test_a_store_with_the_method_is_asked_at_once(question: Any, singles: list[Any]) -> None:
    assert answered(question, LOOKUPS) == ([question], 0)
