"""A store beside ``MemoryStore``, asked the same in orders that Hypothesis makes up: it answers the same."""

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
from eventschema.testing.store_contract import Subject, decide, exact, expect, told_history
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


def answers_as_memory_does(subject: Subject) -> None:
    """Requests, early and late ones, and erasures, in any order."""
    runs = count(1)

    def start() -> _Beside:
        return _Beside(subject, next(runs))

    try:
        run_state_machine_as_test(start, settings=_SETTINGS)  # type: ignore[arg-type]  # a factory will do
    except Flaky as error:
        raise AssertionError(
            "The same requests are answered the same at another time: expected to see what failed fail again, found "
            f"that it did not: {error}"
        ) from error


class _Pair(NamedTuple):
    """What is to be saved of one request, in memory and in the store that stands beside it."""

    ours: UnitOfWork
    theirs: UnitOfWork


# Functions, since of a lambda older versions of Hypothesis look for the source, again and again.


def _some_are_late(machine: "_Beside") -> bool:
    return bool(machine.late)


def _somebody_lives(machine: "_Beside") -> bool:
    return bool(machine.living())


class _Beside(RuleBasedStateMachine):
    """One run of requests. Its names, identifiers and event ids are its own, so that many runs can share a store."""

    def __init__(self, subject: Subject, run: int) -> None:
        super().__init__()
        self.subject = subject
        self.run = run
        self.memory = MemoryStore()
        self.their_ids: dict[str, str] = {}  # of the contact that has this id in memory
        self.late: list[_Pair] = []
        self.values = count(10)

    @rule(name=_names, contact=_contacts, properties=_properties, event=_events)
    def track(self, name: str, contact: dict[str, Any], properties: dict[str, Any], event: int) -> None:
        """A request is decided on, and saved before another comes."""
        pair = self.decided(name, contact, properties, event)
        if pair is not None:
            self.commit(pair)

    @rule(name=_names, contact=_contacts, properties=_properties, event=_events)
    def decide(self, name: str, contact: dict[str, Any], properties: dict[str, Any], event: int) -> None:
        """A request is decided on, to be saved after others."""
        # It sets what no other does: a request that changes nothing of its contact, a store may save unlooked at.
        pair = self.decided(name, {**contact, "a": next(self.values)}, properties, event)
        if pair is not None:
            self.late.append(pair)

    @precondition(_some_are_late)
    @rule(number=st.integers(0, 5))
    def save(self, number: int) -> None:
        """One that was decided on before is saved, if it still can be."""
        self.commit(self.late.pop(number % len(self.late)))

    @precondition(_somebody_lives)
    @rule(number=st.integers(0, 3), keep_properties=st.booleans())
    def erase(self, number: int, *, keep_properties: bool) -> None:
        """One of the contacts that there are is erased."""
        living = self.living()
        ours = living[number % len(living)]
        self.memory.erase(ours, keep_properties=keep_properties)
        found = self.subject.store.erase(self.their_ids[ours], keep_properties=keep_properties)
        expect("erase says whether there was such a contact", found, True)

    @invariant()
    def holds_the_same(self) -> None:
        """Whatever the store can be asked is answered as in memory."""
        ours, theirs = self.memory, self.subject.store
        for name in map(self.name, _NAMES):
            expect(f"load({name!r}) is the schema that was saved", theirs.load(name), ours.load(name))
            promise = f"history({name!r}) is that of what was saved"
            expect(promise, told_history(theirs, name), told_history(ours, name))
        for person in range(1, _PEOPLE + 1):
            wanted = self.contact({"email": person, "phoneNumber": person}, ())
            expected = sorted(self.told(contact) for contact in ours.find(wanted))
            found = [_told(contact) for contact in theirs.find(wanted)]
            expect(f"find({wanted}) gives the contacts that were saved, by id", found, expected)

    def decided(self, name: str, contact: dict[str, Any], properties: dict[str, Any], event: int) -> _Pair | None:
        """What is to be saved of a request; ``None`` where something that both stores hold speaks against it."""
        payload = {"eventName": self.name(name), "properties": properties, "eventID": self.event_id(event)}
        ours = decide(self.memory, {**payload, "contact": self.contact(contact, list(self.their_ids))})
        theirs = decide(
            self.subject.store, {**payload, "contact": self.contact(contact, list(self.their_ids.values()))}
        )
        if isinstance(ours, UnitOfWork) and isinstance(theirs, UnitOfWork):
            return _Pair(ours, theirs)
        expect("What speaks against a request is what does in memory", theirs, ours)
        return None

    def commit(self, pair: _Pair) -> None:
        """Save it in both, or in none."""
        event_id = str(pair.ours.event.id)
        ours, theirs = self.memory.commit(pair.ours), self.subject.store.commit(pair.theirs)
        if isinstance(ours, Saved) and isinstance(theirs, Saved):
            expect("commit gives the id of the event", theirs.event_id, ours.event_id)
            known = self.their_ids.setdefault(ours.contact_id, theirs.contact_id)
            expect("commit gives the id of the contact that was found", theirs.contact_id, known)
            expect("Each contact has an id of its own", len(set(self.their_ids.values())), len(self.their_ids))
        elif ours is NotSaved.STALE and self.memory.seen(event_id):
            expect("commit saves no event twice", isinstance(theirs, NotSaved), True)
        else:
            expect("commit answers as in memory", theirs, ours)
        expect("seen says whether the event was saved", self.subject.store.seen(event_id), self.memory.seen(event_id))

    def living(self) -> list[str]:
        """The ids, in memory, of the contacts that were not erased."""
        return [id_ for id_ in self.their_ids if self.memory.find({"id": id_})]

    def name(self, name: str) -> str:
        """That of an event, in this run."""
        return f"{name} {self.run}"

    def event_id(self, number: int) -> str:
        """That of an event, in this run."""
        return str(UUID(int=(self.run << 64) + number))

    def contact(self, drawn: Mapping[str, Any], ids: Sequence[str]) -> dict[str, Any]:
        """A request's contact, as this run has them; ``ids`` are those of the contacts that there were."""
        contact = dict(drawn)
        if "id" in drawn:
            contact["id"] = ids[drawn["id"] - 1] if drawn["id"] <= len(ids) else "nobody"
        if "email" in drawn:
            contact["email"] = f"person{drawn['email']}.{self.run}@example.com"
        if "phoneNumber" in drawn:
            contact["phoneNumber"] = f"+1{self.run:09}{drawn['phoneNumber']}"
        return contact

    def told(self, contact: Contact) -> tuple[str | None, str]:
        """A contact in memory as the store should have it, so that it can be compared."""
        return _told(replace(contact, id=self.their_ids[str(contact.id)]))


def _told(contact: Contact) -> tuple[str | None, str]:
    identifiers = {"email": contact.email, "phoneNumber": contact.phone_number}
    return contact.id, f"{identifiers}, {sorted(exact(contact.properties).items())}"
