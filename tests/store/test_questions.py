import asyncio
from typing import Any, get_args

from eventschema.store import MemoryStore, ThreadedStore
from eventschema.store.questions import BATCH_METHODS, METHODS, CommitMany, Question, offered


def test_each_question_has_a_method() -> None:
    assert set(METHODS) == set(get_args(Question))


def test_the_methods_that_a_store_offers() -> None:
    class Plain(MemoryStore):
        commit_many: Any = property()

    assert offered(MemoryStore(), BATCH_METHODS, are_async=False) == {CommitMany: "commit_many"}
    assert offered(MemoryStore(), BATCH_METHODS, are_async=True) == {}
    assert offered(Plain(), BATCH_METHODS, are_async=False) == {}


def test_an_asynchronous_store_offers_coroutine_functions() -> None:
    store: Any = ThreadedStore(MemoryStore())
    assert offered(store, BATCH_METHODS, are_async=True) == {CommitMany: "commit_many"}
    assert offered(store, BATCH_METHODS, are_async=False) == {}
    assert asyncio.run(store.commit_many([], atomic=True)) == ()
    store.close()
