"""What a store may answer besides the questions that every store answers, and how a registry asks for it.

Each of the methods of ``LookupStore`` is optional. A registry looks once which of them its store has, and does without
the others: it is then slower, or says less.
"""

from collections.abc import Collection, Generator, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

from eventschema.core.schema import EventSchema
from eventschema.store.questions import Find, Load, Question, Seen, offered
from eventschema.track.contact import Contact
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

    def reload(self, known: EventSchema) -> EventSchema | None:
        """What ``load(known.name)`` returns, where ``known`` is what it returned before.

        So a store can read only the changes since then. It must notice that it no longer has the version ``known``, as
        after a backup was restored, and then load the schema anew.
        """

    def count_schemas(self) -> int:
        """How many schemas there are. A registry with ``max_event_names`` needs it."""

    def load_many(self, names: Sequence[str]) -> Sequence[EventSchema | None]:
        """What ``load`` returns for each of ``names``, in their order."""

    def find_many(self, identifiers: Sequence[Mapping[str, str]]) -> Sequence[Sequence[Contact]]:
        """What ``find`` returns for each of ``identifiers``, in their order."""

    def seen_many(self, event_ids: Sequence[str]) -> Sequence[bool]:
        """What ``seen`` returns for each of ``event_ids``, in their order."""


class Reload(NamedTuple):
    """Asks for the current schema where ``known`` is an earlier version of it."""

    known: EventSchema


class CountSchemas(NamedTuple):
    """Asks how many schemas there are."""


class FindEvents(NamedTuple):
    """Asks for the saved events with ``event_ids``."""

    event_ids: Collection[str]


class LoadMany(NamedTuple):
    """Asks for the schemas of the events ``names``."""

    names: Sequence[str]


class FindMany(NamedTuple):
    """Asks, for each of ``identifiers``, for the contacts that have any of them."""

    identifiers: Sequence[Mapping[str, str]]


class SeenMany(NamedTuple):
    """Asks, for each of ``event_ids``, whether an event of this id was saved."""

    event_ids: Sequence[str]


Lookup = FindEvents | Reload | CountSchemas | LoadMany | FindMany | SeenMany

#: The method of a store that answers each kind of question. Its arguments are the fields of the question.
LOOKUPS: Final[Mapping[type[Lookup], str]] = {
    FindEvents: "find_events",
    Reload: "reload",
    CountSchemas: "count_schemas",
    LoadMany: "load_many",
    FindMany: "find_many",
    SeenMany: "seen_many",
}

_ONE_BY_ONE: Final[Mapping[type, type]] = {LoadMany: Load, FindMany: Find, SeenMany: Seen}


def offered_lookups(store: object, *, are_async: bool = False) -> dict[type[Lookup], str]:
    """The questions that ``store`` answers, each with the method that does."""
    return offered(store, LOOKUPS, are_async=are_async)


def ask_many(
    question: LoadMany | FindMany | SeenMany, kinds: Collection[type[Lookup]]
) -> Generator[Question | Lookup, Any, Sequence[Any]]:
    """Yield ``question`` if it is one of ``kinds``, which the store answers; else one question for each of its parts.

    Returns the answers, in order: ``schemas = yield from ask_many(LoadMany(names), kinds)``.
    """
    if type(question) in kinds:
        answers: Sequence[Any] = yield question
        return answers
    one = _ONE_BY_ONE[type(question)]
    each = []
    for part in question[0]:
        each.append((yield one(part)))  # noqa: PERF401  # a comprehension cannot yield
    return each
