"""A differential test: the same calls to a store and to ``MemoryStore``, in orders that Hypothesis draws."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any, Final, NamedTuple
from uuid import UUID

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from eventschema.store.memory import MemoryStore
from eventschema.store.protocols import NotSaved, Saved, UnitOfWork
from eventschema.testing.subject import Subject, decide, expect, history_of, typed_values
from eventschema.track.contact import Contact

_SETTINGS: Final = settings(
    database=None,
    deadline=None,
    derandomize=True,
    max_examples=50,
    phases=(Phase.generate, Phase.shrink),
    report_multiple_bugs=False,
    stateful_step_count=30,
    suppress_health_check=list(HealthCheck),
)
_BATCH_SETTINGS: Final = settings(_SETTINGS, max_examples=8)
_NAMES: Final = ("order", "visit")
_PEOPLE: Final = 2  # each with an email and a phone number
_EVENTS: Final = 20  # how many ids there are for events
_names: Final = st.sampled_from(_NAMES)
_people: Final = st.integers(1, _PEOPLE)
_more: Final = {"email": _people, "phoneNumber": _people, "a": st.sampled_from((1, 1.0, True, "x", None))}
_contacts: Final = st.one_of(
    [
        st.fixed_dictionaries({way: _people}, optional={key: value for key, value in _more.items() if key != way})
        for way in ("email", "phoneNumber", "id")
    ]
)
_properties: Final = st.fixed_dictionaries({}, optional={"p": st.sampled_from((2.5, 3, True)), "q": st.just("text")})
_events: Final = st.integers(1, _EVENTS)
_types: Final = st.sampled_from(("int", "float", "string"))


def answers_as_memory_does(subject: Subject) -> None:
    """Check that the store answers as ``MemoryStore`` does: requests, some of them late, and erasures in any order."""
    _compare(_Machine, subject, _SETTINGS)


def saves_batches_as_memory_does(subject: Subject) -> None:
    """As :func:`answers_as_memory_does`, for a store that has ``commit_many``, with batches of late requests."""
    _compare(_BatchMachine, subject, _BATCH_SETTINGS)


def _compare(machine: type["_Machine"], subject: Subject, settings_: settings) -> None:
    runs = count(1)

    def start() -> _Machine:
        return machine(subject, next(runs))

    try:
        run_state_machine_as_test(start, settings=settings_)  # type: ignore[arg-type]  # a factory will do
    except Flaky as error:
        raise AssertionError(
            f"The same calls must get the same answers each time: expected the failure again, found none: {error}"
        ) from error


class _Pair(NamedTuple):
    """The unit of work of one request, as decided on ``MemoryStore`` and on the store under test."""

    ours: UnitOfWork
    theirs: UnitOfWork


# Functions, not lambdas: older versions of Hypothesis read a lambda's source each time.


def _has_late_work(machine: "_Machine") -> bool:
    return bool(machine.late)


def _has_late_works(machine: "_Machine") -> bool:
    return len(machine.late) > 1


def _has_contacts(machine: "_Machine") -> bool:
    return bool(machine.contact_ids())


class _Machine(RuleBasedStateMachine):
    """One run of calls. Each run has its own names, identifiers and event ids, so that runs can share a store."""

    def __init__(self, subject: Subject, run: int) -> None:
        super().__init__()
        self.subject = subject
        self.run = run
        self.memory = MemoryStore()
        self.their_ids: dict[str, str] = {}  # the store's contact id, by that in memory
        self.late: list[_Pair] = []
        self.values = count(10)

    @rule(name=_names, contact=_contacts, properties=_properties, event=_events)
    def track(self, name: str, contact: dict[str, Any], properties: dict[str, Any], event: int) -> None:
        """Decide and commit a request at once."""
        pair = self.decided(name, contact, properties, event)
        if pair is not None:
            self.commit(pair)

    @rule(name=_names, contact=_contacts, properties=_properties, event=_events)
    def decide(self, name: str, contact: dict[str, Any], properties: dict[str, Any], event: int) -> None:
        """Decide a request, to be committed after others."""
        # A new value each time: a store may skip its checks for a request that changes nothing of its contact.
        pair = self.decided(name, {**contact, "a": next(self.values)}, properties, event)
        if pair is not None:
            self.late.append(pair)

    @precondition(_has_late_work)
    @rule(number=st.integers(0, 5))
    def save(self, number: int) -> None:
        """Commit a late request."""
        self.commit(self.late.pop(number % len(self.late)))

    @rule(name=_names, type_=_types)
    def retype(self, name: str, type_: str) -> None:
        """Retype a property of a schema, if it has that with another type."""
        schema = self.memory.load(self.name(name))
        if schema is not None and schema.properties.get("p", type_) != type_:
            change = schema.retype_change({"p": type_})
            expect("save of a retype", self.subject.store.save(change), self.memory.save(change))

    @rule(name=_names)
    def freeze(self, name: str) -> None:
        """Freeze a schema, or let events add to it again."""
        schema = self.memory.load(self.name(name))
        if schema is not None:
            change = schema.freeze_change(frozen=not schema.frozen)
            expect("save of a freeze", self.subject.store.save(change), self.memory.save(change))

    @precondition(_has_contacts)
    @rule(number=st.integers(0, 3), keep_properties=st.booleans())
    def erase(self, number: int, *, keep_properties: bool) -> None:
        """Erase a contact."""
        ids = self.contact_ids()
        ours = ids[number % len(ids)]
        self.memory.erase(ours, keep_properties=keep_properties)
        found = self.subject.store.erase(self.their_ids[ours], keep_properties=keep_properties)
        expect("erase of an existing contact", found, True)

    @invariant()
    def stores_are_equal(self) -> None:
        """Check that both stores hold the same."""
        ours, theirs = self.memory, self.subject.store
        for name in map(self.name, _NAMES):
            expect(f"load({name!r})", theirs.load(name), ours.load(name))
            expect(f"history({name!r})", history_of(theirs, name), history_of(ours, name))
            retyped = [[(one.retyped, one.frozen) for one in store.history(name)] for store in (theirs, ours)]
            expect(f"what the versions of {name!r} retyped and froze", *retyped)
        for person in range(1, _PEOPLE + 1):
            wanted = self.contact({"email": person, "phoneNumber": person}, ())
            expected = sorted(_comparable(self.as_theirs(contact)) for contact in ours.find(wanted))
            found = [_comparable(contact) for contact in theirs.find(wanted)]
            expect(f"find({wanted}), sorted by id", found, expected)

    def decided(self, name: str, contact: dict[str, Any], properties: dict[str, Any], event: int) -> _Pair | None:
        """Decide a request on each store; ``None`` if both refuse it."""
        payload = {"eventName": self.name(name), "properties": properties, "eventID": self.event_id(event)}
        ours = decide(self.memory, {**payload, "contact": self.contact(contact, list(self.their_ids))})
        theirs = decide(
            self.subject.store, {**payload, "contact": self.contact(contact, list(self.their_ids.values()))}
        )
        if isinstance(ours, UnitOfWork) and isinstance(theirs, UnitOfWork):
            return _Pair(ours, theirs)
        expect("Errors of a request, which are the same on MemoryStore", theirs, ours)
        return None

    def commit(self, pair: _Pair) -> None:
        """Commit to both stores and compare the answers."""
        self.compare("commit", pair, self.memory.commit(pair.ours), self.subject.store.commit(pair.theirs))

    def compare(self, method: str, pair: _Pair, ours: Saved | NotSaved, theirs: Saved | NotSaved) -> None:
        """Compare the answers of both stores to a request."""
        event_id = str(pair.ours.event.id)
        if isinstance(ours, Saved) and isinstance(theirs, Saved):
            expect(f"event_id from {method}", theirs.event_id, ours.event_id)
            known = self.their_ids.setdefault(ours.contact_id, theirs.contact_id)
            expect(f"contact_id from {method}", theirs.contact_id, known)
            expect("Number of different contact ids", len(set(self.their_ids.values())), len(self.their_ids))
        elif ours is NotSaved.STALE and self.memory.seen(event_id):
            expect(f"{method} refuses an event id that is saved", isinstance(theirs, NotSaved), True)
        else:
            expect(f"{method}, which answers as MemoryStore does", theirs, ours)
        expect("seen of an event id", self.subject.store.seen(event_id), self.memory.seen(event_id))

    def contact_ids(self) -> list[str]:
        """The ids in memory of the contacts that were not erased."""
        return [id_ for id_ in self.their_ids if self.memory.find({"id": id_})]

    def name(self, name: str) -> str:
        """An event name of this run."""
        return f"{name} {self.run}"

    def event_id(self, number: int) -> str:
        """An event id of this run."""
        return str(UUID(int=(self.run << 64) + number))

    def contact(self, drawn: Mapping[str, Any], ids: Sequence[str]) -> dict[str, Any]:
        """The contact of a request of this run; ``ids`` are those of the contacts saved so far."""
        contact = dict(drawn)
        if "id" in drawn:
            contact["id"] = ids[drawn["id"] - 1] if drawn["id"] <= len(ids) else "nobody"
        if "email" in drawn:
            contact["email"] = f"person{drawn['email']}.{self.run}@example.com"
        if "phoneNumber" in drawn:
            contact["phoneNumber"] = f"+1{self.run:09}{drawn['phoneNumber']}"
        return contact

    def as_theirs(self, contact: Contact) -> Contact:
        """A contact in memory with the id that the store gave it."""
        return replace(contact, id=self.their_ids[str(contact.id)])


class _BatchMachine(_Machine):
    """As :class:`_Machine`, with batches, for a store that has ``commit_many``."""

    @precondition(_has_late_works)
    @rule(count=st.integers(2, 4))
    def save_many(self, count: int) -> None:
        """Commit several late requests in one transaction."""
        pairs, self.late = self.late[:count], self.late[count:]
        commit_many = getattr(self.subject.store, "commit_many")  # noqa: B009  # an optional method
        ours = self.memory.commit_many([pair.ours for pair in pairs])
        theirs = commit_many([pair.theirs for pair in pairs])
        expect("Number of outcomes from commit_many", len(theirs), len(ours))
        for pair, one, other in zip(pairs, ours, theirs, strict=True):
            self.compare("commit_many", pair, one, other)


def _comparable(contact: Contact) -> tuple[str | None, str]:
    """The contact as values that can be sorted and that tell 1, 1.0 and True apart."""
    identifiers = {"email": contact.email, "phoneNumber": contact.phone_number}
    return contact.id, f"{identifiers}, {sorted(typed_values(contact.properties).items())}"
