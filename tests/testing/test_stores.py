"""``check_store``: stores that break a promise are told which. Those of the package keep all: see tests/store."""

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from eventschema import Contact, EventSchema, FrozenDict, SchemaChange, TrackedEvent
from eventschema.store import MemoryStore, NotSaved, Saved, SchemaRecord, StoreUnavailableError, UnitOfWork
from eventschema.testing import check_store
from eventschema.testing.store_contract import Subject


class IgnoresIdentifiers(MemoryStore):
    """Two contacts may have the same email."""

    def _is_taken(self, contact: Contact) -> bool:
        return False


class IgnoresIdentifiersOfUpdates(MemoryStore):
    """A contact may take the phone number of another."""

    def _is_taken(self, contact: Contact) -> bool:
        return contact.id is None and super()._is_taken(contact)


class IgnoresVersions(MemoryStore):
    """A change is made to whatever schema stands."""

    def _apply_change(self, change: SchemaChange) -> EventSchema | None:
        held = self.load(change.name)
        return super()._apply_change(replace(change, base_version=None if held is None else held.version))


class IgnoresVersionsInRequests(IgnoresVersions):
    """Alone, a change is saved as it should be."""

    def save(self, change: SchemaChange, who: str | None = None) -> bool:
        held = self.load(change.name)
        return change.base_version == (None if held is None else held.version) and super().save(change, who)


class SavesTheSchemaFirst(MemoryStore):
    """Whether the rest can be saved turns out later."""

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        if work.schema_change is not None and not self.save(work.schema_change, work.who):
            return NotSaved.STALE
        return super().commit(replace(work, schema_change=None))


class SavesTheContactFirst(MemoryStore):
    """Of a repetition the contact is saved once more."""

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        outcome = super().commit(work)
        if outcome is NotSaved.DUPLICATE:
            super().commit(replace(work, event=replace(work.event, id=None)))
        return outcome


class LosesSchemaChanges(MemoryStore):
    """Half of what was accepted is not there."""

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        return super().commit(replace(work, schema_change=None))


class ForgetsDuplicates(MemoryStore):
    """An event is saved as often as it comes."""

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        self._events.pop(work.event.id or "", None)
        return super().commit(work)


class AcceptsDuplicates(MemoryStore):
    """A repetition is answered like the first."""

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        outcome = super().commit(work)
        return Saved(str(work.event.id), "c") if outcome is NotSaved.DUPLICATE else outcome


class ForgetsErasedEvents(MemoryStore):
    """With its contact an event goes whole."""

    def erase(self, contact_id: str, *, keep_properties: bool = False) -> bool:
        self._events = {id_: kept for id_, kept in self._events.items() if kept.contact_id != contact_id}
        return super().erase(contact_id, keep_properties=keep_properties)


class KeepsWhatWasErased(MemoryStore):
    """The events of an erased contact still say what they said of it."""

    def erase(self, contact_id: str, *, keep_properties: bool = False) -> bool:
        return super().erase(contact_id, keep_properties=True)


class WritesOverOtherChanges(MemoryStore):
    """A contact is saved as the decision had it."""

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        outcome = super().commit(work)
        if isinstance(outcome, Saved):
            self._contacts[outcome.contact_id] = replace(work.contact, id=outcome.contact_id)
        return outcome


class NeverLooksAtTheContactAgain(MemoryStore):
    """A request is saved for the contact that was found, whatever has become of it."""

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        held = None if work.before is None else self._contacts.get(str(work.before.id))
        return super().commit(work if held is None else replace(work, before=held))


class RevivesErasedContacts(MemoryStore):
    """A request brings back the contact that it was decided on with."""

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        if work.before is not None and not self.find({"id": str(work.before.id)}):
            self._contacts[str(work.before.id)] = work.before
            self._owners |= dict.fromkeys(work.before.identifiers.items(), str(work.before.id))
        return super().commit(work)


class GivesIdsAgain(MemoryStore):
    """The id of an erased contact is free."""

    def __init__(self) -> None:
        self.free: list[UUID] = []
        super().__init__(new_id=lambda: self.free.pop() if self.free else uuid4())

    def erase(self, contact_id: str, *, keep_properties: bool = False) -> bool:
        was_there = super().erase(contact_id, keep_properties=keep_properties)
        self.free += [UUID(contact_id)] if was_there else []
        return was_there


class FoldsCase(MemoryStore):
    """Names are compared as some databases do."""

    def declare(self, schema: EventSchema, who: str | None = None) -> bool:
        return schema.name.lower() not in map(str.lower, self._schemas) and super().declare(schema, who)


class HasOneKindOfNumber(MemoryStore):
    """Numbers come back as some decoders of JSON make them."""

    def find(self, identifiers: Mapping[str, str]) -> tuple[Contact, ...]:
        return tuple(replace(found, properties=_as_floats(found.properties)) for found in super().find(identifiers))


def _as_floats(values: Mapping[str, Any]) -> FrozenDict[str, Any]:
    is_small = {name: type(value) is int and abs(value) < 2**53 for name, value in values.items()}
    return FrozenDict({name: float(value) if is_small[name] else value for name, value in values.items()})


class CutsNames(MemoryStore):
    """Two names of an event are one if their first 255 characters are the same."""

    def load(self, name: str) -> EventSchema | None:
        found = super().load(name)
        return found or next((held for held in self._schemas.values() if held.name[:255] == name[:255]), None)


class SeesNul(MemoryStore):
    """A text ends at a NUL, as texts do in C."""

    def find(self, identifiers: Mapping[str, str]) -> tuple[Contact, ...]:
        return super().find({name: value.partition("\0")[0] for name, value in identifiers.items()})

    def seen(self, event_id: str) -> bool:
        return "\0" in event_id or super().seen(event_id)


class IgnoresUnknownIdentifiers(MemoryStore):
    """Nothing has a name that is not known: so nothing is found."""

    def find(self, identifiers: Mapping[str, str]) -> tuple[Contact, ...]:
        known = ("id", "email", "phoneNumber")
        return super().find({name: identifiers[name] for name in known if name in identifiers})


class NamesAnybody(MemoryStore):
    """Whoever cannot be named is not named."""

    def save(self, change: SchemaChange, who: str | None = None) -> bool:
        return super().save(change, who if who is not None and who.isprintable() else None)


class FindsTwice(MemoryStore):
    """A contact is given for each identifier that it has."""

    def find(self, identifiers: Mapping[str, str]) -> tuple[Contact, ...]:
        found = super().find
        return tuple(contact for name, value in identifiers.items() for contact in found({name: value}))


class FindsAnyIdentifier(MemoryStore):
    """All identifiers stand in one column."""

    def find(self, identifiers: Mapping[str, str]) -> tuple[Contact, ...]:
        wanted = set(identifiers.values())
        return tuple(held for _, held in sorted(self._contacts.items()) if wanted & set(held.identifiers.values()))


class NamesNobody(MemoryStore):
    """The history does not say by whom."""

    def history(self, name: str) -> tuple[SchemaRecord, ...]:
        return tuple(replace(record, who=None) for record in super().history(name))


class HasNoZone(MemoryStore):
    """Times are those of some place."""

    def __init__(self) -> None:
        super().__init__(clock=lambda: datetime(2026, 11, 23, 12))


class KeepsEventsAsDecided(MemoryStore):
    """An event does not name its contact's id."""

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        outcome = super().commit(work)
        if isinstance(outcome, Saved):
            _, contact_id = self._events[outcome.event_id]
            event = replace(work.event, id=outcome.event_id)
            self._events[outcome.event_id] = type(self._events[outcome.event_id])(event, contact_id)
        return outcome


class CutsTexts(MemoryStore):
    """A text has 255 characters at most."""

    def events(self) -> Iterator[TrackedEvent]:
        for event in super().events():
            cut = {name: value[:255] if isinstance(value, str) else value for name, value in event.properties.items()}
            yield replace(event, properties=FrozenDict(cut))


class LosesOrigins(MemoryStore):
    """There is no place for where an event is from."""

    def events(self) -> Iterator[TrackedEvent]:
        return (replace(event, origin=None) for event in super().events())


class LosesEventVersions(MemoryStore):
    """There is no place for the version of an event."""

    def events(self) -> Iterator[TrackedEvent]:
        return (replace(event, event_version=None) for event in super().events())


class LooksAndThenSaves(MemoryStore):
    """Between the look for an event's id and the saving of it, other threads have their turn."""

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        if work.event.id is not None and self.seen(work.event.id):
            return NotSaved.DUPLICATE
        time.sleep(0.01)
        self._events.pop(work.event.id or "", None)
        return super().commit(work)


class KeepsTheFirstPhoneNumber(MemoryStore):
    """A contact that has a phone number is given no other."""

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        given = dict(work.contact_request.identifiers)
        if work.before is not None and work.before.phone_number is not None:
            given.pop("phoneNumber", None)
        request = replace(work.contact_request, identifiers=FrozenDict(given))
        return super().commit(replace(work, contact_request=request))


class ForgetsSometimes(MemoryStore):
    """One request in very many is not answered as it would be again."""

    commits = 0

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        self.commits += 1
        return NotSaved.STALE if self.commits == 100 else super().commit(work)


class IsAlwaysStale(MemoryStore):
    """No request is ever decided on soon enough."""

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        return NotSaved.STALE


class IsOutOfReach(MemoryStore):
    """It cannot be asked at all."""

    def load(self, name: str) -> EventSchema | None:
        raise StoreUnavailableError("the database cannot answer")


FAULTY: list[tuple[type[MemoryStore], str]] = [
    (
        IgnoresIdentifiers,
        "commit to a request that creates a contact whose email another has now: expected <NotSaved.STALE",
    ),
    (IgnoresIdentifiersOfUpdates, "that gives its contact a phone number which another has now"),
    (IgnoresVersions, "save of a change to version 0 where there is no schema: expected False, found True."),
    (IgnoresVersionsInRequests, "decided on when there was no schema, and there is one now: expected <NotSaved.STALE"),
    (SavesTheSchemaFirst, "history of a schema that a request brought"),
    (SavesTheContactFirst, "Nothing is saved of a request that repeats the id of an event, so "),
    (LosesSchemaChanges, "load of the schema that a request brought"),
    (ForgetsDuplicates, "that repeats the id of an event: expected <NotSaved.DUPLICATE"),
    (AcceptsDuplicates, "that repeats the id of an event: expected <NotSaved.DUPLICATE"),
    (ForgetsErasedEvents, "seen of an event whose contact was erased: expected True, found False."),
    (KeepsWhatWasErased, "Of the event of a contact that was erased, id, name and time are kept; of other events, all"),
    (WritesOverOtherChanges, "a contact that two requests changed, both decided on before either was saved"),
    (NeverLooksAtTheContactAgain, "whose contact has another email now than when it was decided on"),
    (RevivesErasedContacts, "whose contact was erased after it was decided on"),
    (GivesIdsAgain, "The id of an erased contact is not given again: expected True, found False."),
    (FoldsCase, "declare of a schema of another name, 'Order': expected True, found False."),
    (HasOneKindOfNumber, "its property one: expected ('int', 1), found ('float', 1.0)."),
    (CutsNames, "load of a schema whose name differs after 255 characters or more: expected None, found <EventSchema"),
    (SeesNul, r"seen of 'a\x00b', which no event has as its id: expected False, found True."),
    (IgnoresUnknownIdentifiers, "find of mail, not all of id, email and phoneNumber: expected ValueError, found ()."),
    (NamesAnybody, r"save in the name of 'a\x00b': expected ValueError, found True."),
    (
        LosesOrigins,
        "An event is kept as it was saved, with its id and its contact's identifiers: expected TrackedEvent",
    ),
    (FindsTwice, "which one contact has, gives so many: expected 1, found 2."),
    (FindsAnyIdentifier, "find of the values of other identifiers: expected [], found [Contact("),
    (NamesNobody, "history: version, what it added, event, and by whom"),
    (HasNoZone, "A record of the history has its time in UTC: expected datetime.timedelta(0), found None."),
    (KeepsEventsAsDecided, "An event is kept as it was saved, with its id and its contact's identifiers"),
    (LosesEventVersions, "An event is kept as it was saved, with its id and its contact's identifiers"),
    (
        CutsTexts,
        "An event is kept as it was saved, with its id and its contact's identifiers: the class and value of its",
    ),
    (
        LooksAndThenSaves,
        "by as many threads, which all would have the event's id, one is saved: expected (1, 8), found",
    ),
    (IsAlwaysStale, "commit saves a request that nothing speaks against: expected Saved, found <NotSaved.STALE"),
    (KeepsTheFirstPhoneNumber, "gives the contacts that were saved, by id"),
    (ForgetsSometimes, "The same requests are answered the same at another time"),
]


@pytest.mark.parametrize(("faulty", "promise"), FAULTY)
def test_a_store_that_breaks_a_promise(faulty: type[MemoryStore], promise: str) -> None:
    with pytest.raises(AssertionError) as caught:
        check_store(faulty, events=faulty.events)
    assert promise in str(caught.value)


def test_what_the_store_raises_is_passed_on() -> None:
    with pytest.raises(StoreUnavailableError, match="cannot answer"):
        check_store(IsOutOfReach)


def test_a_store_that_is_not_empty() -> None:
    store = MemoryStore()
    with pytest.raises(AssertionError, match="In an empty store, which make_store must give each time, load of any"):
        check_store(lambda: store)


def test_a_request_that_a_store_should_hold_nothing_against() -> None:
    store = MemoryStore()
    store.declare(EventSchema("order", {"total": "date"}))
    with pytest.raises(AssertionError, match=r"the store holds speaks against .*: expected .*TypeConflict"):
        Subject(store).save({"email": "ann@example.com"}, total=1)


def test_where_events_cannot_be_asked_for() -> None:
    check_store(CutsTexts)


def test_the_strategies_need_no_store() -> None:
    code = "import sys, eventschema.testing; sys.exit('eventschema.store' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
