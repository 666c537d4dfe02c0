"""``check_store``: for the test suite of a store, whether it keeps the promises of ``eventschema.store.Store``."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from eventschema.track.event import TrackedEvent

if TYPE_CHECKING:
    from eventschema.store.protocols import Store

S = TypeVar("S", bound="Store")


def check_store(make_store: Callable[[], S], *, events: Callable[[S], Iterable[TrackedEvent]] | None = None) -> None:
    """Hold a store to all that ``eventschema.store.Store`` promises; returns where it keeps it.

    ``make_store`` gives an empty store each time it is called, about twenty-five times in all; whoever makes a store
    closes it. ``events`` gives the events that a store holds, as its own tests can tell: with it their values are
    looked at too, which no method of ``Store`` gives back.

        >>> from eventschema.store import MemoryStore
        >>> check_store(MemoryStore, events=MemoryStore.events)

    What is done to the stores is the same at each call: requests one after the other, from eight threads at once, and
    in orders that Hypothesis makes up, with ``MemoryStore`` beside it.

    Raises ``AssertionError``, which says what was promised, what was expected and what was found. What the store
    itself raises is passed on.
    """
    # Here and not above: Hypothesis imports this package wherever it is imported itself, and needs no store.
    from eventschema.testing.differential import answers_as_memory_does
    from eventschema.testing.store_contract import PROMISES, Subject, is_empty

    for check in (*PROMISES, answers_as_memory_does):
        store = make_store()
        subject = Subject(store, None if events is None else partial(events, store))
        is_empty(subject)
        check(subject)
