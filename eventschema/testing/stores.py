"""``check_store`` tests a store against the contract of ``eventschema.store.Store``."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from eventschema.core.arguments import wrong_kind
from eventschema.track.event import TrackedEvent

if TYPE_CHECKING:
    from eventschema.store.protocols import Store

S = TypeVar("S", bound="Store")


def check_store(make_store: Callable[[], S], *, events: Callable[[S], Iterable[TrackedEvent]] | None = None) -> None:
    """Check a store against every promise of ``eventschema.store.Store``; returns if it keeps them all.

    ``make_store`` returns a new, empty store; it is called about forty times, and the caller closes the stores. The
    optional methods (see ``eventschema.store.BatchStore`` and ``ReadableStore``) are checked where the store has them.
    ``events`` returns the events of a store; with it the saved events are checked too, which no method of ``Store``
    returns.

        >>> from eventschema.store import MemoryStore
        >>> check_store(MemoryStore, events=MemoryStore.events)

    Every call makes the same checks: single requests, requests from eight threads at once, and sequences of requests
    that Hypothesis draws, whose answers are compared with those of ``MemoryStore``.

    Raises ``AssertionError`` for the first broken promise; its message says which call it was, what was expected and
    what was found. Exceptions of the store are passed on. ``TypeError`` for a ``make_store`` that cannot be called.
    """
    if not callable(make_store):
        raise wrong_kind(make_store, "make_store as a function that returns an empty store each time")
    # Imported here, since Hypothesis imports this package when it is imported itself, and needs no store.
    from eventschema.testing.batch_contract import batch_promises
    from eventschema.testing.differential import answers_as_memory_does
    from eventschema.testing.reading_contract import reading_promises
    from eventschema.testing.store_contract import PROMISES
    from eventschema.testing.subject import Subject, expect_empty

    first = make_store()
    optional = (*batch_promises(first), *reading_promises(first))
    for check in (*PROMISES, *optional, answers_as_memory_does):
        store = make_store()
        subject = Subject(store, None if events is None else partial(events, store))
        expect_empty(subject)
        check(subject)
