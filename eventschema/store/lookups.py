"""What a store may answer beside the questions that every store answers, and how a registry asks for it.

Each of the methods of ``LookupStore`` is optional. A registry looks once which of them its store has, and does without
the others: it is then slower, or says less.
"""

import inspect
from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from eventschema.track.event import TrackedEvent


class LookupStore(Protocol):
    """The optional methods of a store, blocking or as coroutine functions, as its others are.

    They raise what the methods of ``SchemaStore`` do.
    """

    def find_events(self, event_ids: Collection[str]) -> Sequence[TrackedEvent]:
        """The saved events with these ids, each once, in any order.

        An event whose contact was erased has no identifiers. With this method, a registry compares a repetition with
        the event that it repeats; without it, no repetition differs.
        """


class FindEvents(NamedTuple):
    """Asks for the saved events with ``event_ids``."""

    event_ids: Collection[str]


Lookup = FindEvents

#: The method of a store that answers each kind of question. Its arguments are the fields of the question.
LOOKUPS: Final[Mapping[type[Lookup], str]] = {FindEvents: "find_events"}


def offered_lookups(store: object, *, are_async: bool = False) -> dict[type[Lookup], str]:
    """The questions that ``store`` answers, each with the method that does."""
    return {
        kind: name
        for kind, name in LOOKUPS.items()
        if callable(method := getattr(store, name, None)) and inspect.iscoroutinefunction(method) is are_async
    }
