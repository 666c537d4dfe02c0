"""The questions to a store, as values: so what a registry does is written once, for blocking and other stores."""

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeVar

from eventschema.core.changes import SchemaChange
from eventschema.core.pointers import python_type_name
from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.store.checkpoints import Checkpoint
from eventschema.store.protocols import UnitOfWork
from eventschema.store.versions import Expected

_Q = TypeVar("_Q")


class Load(NamedTuple):
    """Asks for the schema of the events ``name``."""

    name: str


class Find(NamedTuple):
    """Asks for the contacts that have any of ``identifiers``."""

    identifiers: Mapping[str, str]


class Seen(NamedTuple):
    """Asks whether an event of the id ``event_id`` was saved."""

    event_id: str


class Commit(NamedTuple):
    """Asks to save ``work``, and whether it was saved."""

    work: UnitOfWork


class CommitMany(NamedTuple):
    """Asks to save ``works`` in one transaction, and which of them were saved; with ``atomic``, all or nothing.

    Without ``atomic`` they have nothing to do with each other: see ``SQLStore.commit_unrelated``. ``checkpoints`` are
    to be saved with them, by a store that has checkpoints.
    """

    works: Sequence[UnitOfWork]
    atomic: bool = False
    checkpoints: Sequence[Checkpoint] = ()


class Compute(NamedTuple):
    """Asks for what ``call`` returns, which may take long: no question to a store, but not for an event loop."""

    call: Callable[[], Any]


class TryWrite(NamedTuple):
    """Asks whether something could be saved."""


class Save(NamedTuple):
    """Asks to save a change of a schema by a person, and whether it was saved."""

    change: SchemaChange
    who: str | None


class Declare(NamedTuple):
    """Asks to save ``schema`` if there is none of its name, and whether it was saved."""

    schema: EventSchema
    who: str | None


class History(NamedTuple):
    """Asks for every version of the schema ``name``."""

    name: str


class PlanRetype(NamedTuple):
    """Asks what a retype would mean for the stored events."""

    name: str
    types: Mapping[str, PropertyType | str]
    rules: Rules


class Retype(NamedTuple):
    """Asks for a retype in the name of ``who``, of the schema that is ``expected``."""

    name: str
    types: Mapping[str, PropertyType | str]
    who: str | None
    force: bool
    rules: Rules
    expected: Expected


Question = Load | Find | Seen | Commit
Governance = Save | Declare | History | PlanRetype | Retype

#: The method of a store that answers each kind of question. Its arguments are the fields of the question.
METHODS: Final[Mapping[type[Question], str]] = {Load: "load", Find: "find", Seen: "seen", Commit: "commit"}

#: The same for saving many at once, which only some stores do (see ``BatchStore``).
BATCH_METHODS: Final[Mapping[type[CommitMany], str]] = {CommitMany: "commit_many"}

#: The same for what only a store that can be checked does (see ``CheckableStore``).
CHECK_METHODS: Final[Mapping[type[TryWrite], str]] = {TryWrite: "try_write"}


#: The same for what people ask of schemas. Of asynchronous stores, and for retypes, these are optional.
GOVERN_METHODS: Final[Mapping[type[Governance], str]] = {
    Save: "save",
    Declare: "declare",
    History: "history",
    PlanRetype: "plan_retype",
    Retype: "retype",
}


class ListSchemas(NamedTuple):
    """Asks for a page of the schemas by name, which only some stores answer (see ``ReadableStore``)."""


class AskLastSeen(NamedTuple):
    """Asks when the events ``name`` came last, which only some stores answer (see ``ReadableStore``)."""

    name: str


#: The methods that answer them.
READ_METHODS: Final[Mapping[type[ListSchemas | AskLastSeen], str]] = {ListSchemas: "schemas", AskLastSeen: "last_seen"}


def offered(store: object, methods: Mapping[type[_Q], str], *, are_async: bool) -> dict[type[_Q], str]:
    """The questions, among those of ``methods``, that ``store`` answers, each with the method that does."""
    return {
        kind: name
        for kind, name in methods.items()
        if callable(method := getattr(store, name, None)) and inspect.iscoroutinefunction(method) is are_async
    }


def check_methods(
    store: object, names: Collection[str] = METHODS.values(), *, are_async: bool = False, advice: str = ""
) -> None:
    """Check that ``store`` is an object with the methods ``names``, all coroutine functions or none of them.

    It is called where a store is given, so that a wrong one fails there and not in the first request.

    Raises ``TypeError`` if it is not; ``advice``, which follows, says what to do instead.
    """
    methods = [getattr(store, name, None) for name in names]
    is_store = all(callable(method) and inspect.iscoroutinefunction(method) is are_async for method in methods)
    if isinstance(store, type) or not is_store:
        kind = "asynchronous" if are_async else "blocking"
        expected = f"a store with the {kind} methods {', '.join(names)}"
        raise TypeError(f"expected {expected}, found {python_type_name(store)}{advice}")
