"""What the checks of a store share: the store under test, requests to it, and comparisons with what was promised."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, NamedTuple

from eventschema.core.changes import SchemaChange
from eventschema.core.frozen import EMPTY, FrozenDict
from eventschema.core.types import PropertyType
from eventschema.core.violations import Violation
from eventschema.store.protocols import NotSaved, Saved, Store, UnitOfWork
from eventschema.track.event import TrackedEvent
from eventschema.track.request import TrackRequest

NAME: Final = "order"
WHO: Final = "check_store"
ANN: Final = {"email": "ann@example.com"}
BO: Final = {"email": "bo@example.com"}
PHONE: Final = {"phoneNumber": "+12025550100"}
EVENT_ID: Final = "00000000-0000-4000-8000-00000000000a"
LATE_ID: Final = "00000000-0000-4000-8000-00000000000b"
LAST_ID: Final = "00000000-0000-4000-8000-00000000000c"
#: Texts that are not valid as a name, an id or an identifier.
INVALID_TEXTS: Final = ("", "a\0b", "\x1f", "\x7f", "\ud800", "x" * 5000)


class Subject(NamedTuple):
    """The store under test, and a function that returns its events, if there is one."""

    store: Store
    events: Callable[[], Iterable[TrackedEvent]] | None = None

    def work(self, contact: Mapping[str, Any], event_id: str | None = None, /, **properties: Any) -> UnitOfWork:
        """Decide a request, which must be accepted, on what the store holds now."""
        payload = {"eventName": NAME, "contact": contact, "properties": properties, "eventID": event_id}
        work = decide(self.store, payload)
        if not isinstance(work, UnitOfWork):
            raise AssertionError(f"The errors of the valid request {payload}: expected (), found {work}.")
        return work

    def save(self, contact: Mapping[str, Any], event_id: str | None = None, /, **properties: Any) -> Saved:
        """Commit a valid request, which the store must save."""
        return self.commit(self.work(contact, event_id, **properties), "without errors")

    def commit(self, work: UnitOfWork, which: str) -> Saved:
        """Commit ``work``, which the store must save."""
        outcome = self.store.commit(work)
        if not isinstance(outcome, Saved):
            raise AssertionError(f"commit of a request {which}: expected Saved, found {outcome!r}.")
        return outcome

    def expect_not_saved(self, work: UnitOfWork, expected: NotSaved, which: str) -> None:
        """Check that commit returns ``expected`` for ``work``, and saves nothing of it."""
        before = self.answers()
        expect(f"commit of a request {which}", self.store.commit(work), expected)
        for question, answer in self.answers().items():
            expect(f"{question} is unchanged by a request {which}", answer, before[question])

    def answers(self) -> dict[str, object]:
        """The store's answers about everything that these checks may save, by question."""
        answers: dict[str, object] = {
            f"load({NAME!r})": self.store.load(NAME),
            f"history({NAME!r})": list(self.store.history(NAME)),
        }
        answers |= {f"find({wanted})": list(self.store.find(wanted)) for wanted in (ANN, BO, PHONE)}
        answers |= {f"seen({id_!r})": self.store.seen(id_) for id_ in (EVENT_ID, LATE_ID)}
        return answers | {"events": self.saved_events()}

    def saved_events(self) -> list[TrackedEvent]:
        """The events in the store, sorted by id; none if the caller gave no ``events``."""
        return [] if self.events is None else sorted(self.events(), key=lambda event: str(event.id))

    def expect_events(self, promise: str, *expected: TrackedEvent) -> None:
        """Check that the store holds exactly these events, sorted by id, if the caller gave ``events``."""
        if self.events is None:
            return
        kept = self.saved_events()
        expect(f"{promise}: event ids", [event.id for event in kept], [event.id for event in expected])
        for found, event in zip(kept, expected, strict=True):
            expect_values(promise, found.properties, event.properties)
            expect(promise, replace(found, properties=EMPTY), replace(event, properties=EMPTY))


def decide(store: Store, payload: Mapping[str, Any]) -> UnitOfWork | tuple[Violation, ...]:
    """Decide a request on what the store holds now: a unit of work to commit, or the request's errors."""
    request = TrackRequest.parse(payload)
    identifiers = request.contact.identifiers
    matches = store.find(identifiers) if identifiers else ()
    decision = request.decide(store.load(str(request.event_name)), matches)
    return UnitOfWork.of(request, decision, matches, WHO) if decision.ok else decision.errors


def expect(promise: str, found: object, expected: object) -> None:
    """Raise ``AssertionError`` unless ``found`` equals ``expected``."""
    if found != expected:
        raise AssertionError(f"{promise}: expected {expected!r}, found {found!r}.")


def expect_values(promise: str, found: Mapping[str, object], expected: Mapping[str, object]) -> None:
    """Raise ``AssertionError`` unless both have the same names, types and values: 1, 1.0 and True differ."""
    expect(f"{promise}: property names", sorted(found), sorted(expected))
    for name, value in typed_values(expected).items():
        expect(f"{promise}: type and value of property {name}", typed_values(found)[name], value)


def expect_value_error(promise: str, call: Callable[..., object], *arguments: object) -> None:
    """Raise ``AssertionError`` unless ``call(*arguments)`` raises ``ValueError``."""
    try:
        found = call(*arguments)
    except ValueError:
        return
    raise AssertionError(f"{promise}: expected ValueError, found {found!r}.")


def change(base_version: int | None, **added: str) -> SchemaChange:
    """A change to the schema that these checks use."""
    return SchemaChange(NAME, base_version, FrozenDict({name: PropertyType(type_) for name, type_ in added.items()}))


def retype(base_version: int, **retyped: tuple[str, str]) -> SchemaChange:
    """A change to the schema that these checks use, of the old and new types of properties."""
    pairs = {name: (PropertyType(before), PropertyType(after)) for name, (before, after) in retyped.items()}
    return SchemaChange(NAME, base_version, EMPTY, FrozenDict(pairs))


def typed_values(values: Mapping[str, object]) -> dict[str, tuple[str, object]]:
    """The values with the names of their classes, which tell 1, 1.0 and True apart."""
    return {name: (type(value).__name__, value) for name, value in values.items()}


def history_of(store: Store, name: str = NAME) -> list[tuple[int, list[tuple[str, str]], str | None, str | None]]:
    """The history of a schema: each version, the properties that it added in order, its event's id, and who made it."""
    records = store.history(name)
    for record in records:
        expect("UTC offset of the time in a history record", record.at.utcoffset(), timedelta(0))
    return [
        (record.version, [(name, str(type_)) for name, type_ in record.added.items()], record.event_id, record.who)
        for record in records
    ]


def expect_empty(subject: Subject) -> None:
    """Check that the store is empty, which all other checks rely on."""
    store = subject.store
    where = "In a new store from make_store, which must be empty,"
    expect(f"{where} load of any name", store.load(NAME), None)
    expect(f"{where} history of any name", list(store.history(NAME)), [])
    expect(f"{where} find without identifiers", list(store.find({})), [])
    expect(f"{where} find of any identifiers", list(store.find({"id": "x", **ANN, **PHONE})), [])
    expect(f"{where} seen of any event", store.seen(EVENT_ID), False)
    expect(f"{where} erase of any contact", store.erase("x"), False)
    subject.expect_events(f"{where} events")
