"""``check_store`` on stores that each break one promise. The stores of the package are checked in tests/store."""

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
from eventschema.testing.subject import Subject


class IgnoresIdentifiers(MemoryStore):
    """Two contacts may have the same email."""

    def _is_taken(self, contact: Contact) -> bool:
        return False


class IgnoresIdentifiersOfUpdates(MemoryStore):
    """A contact may take the phone number of another."""

    def _is_taken(self, contact: Contact) -> bool:
        return contact.id is None and super()._is_taken(contact)


class IgnoresVersions(MemoryStore):
    """A change is made to any version of the schema."""

    def _apply_change(self, change: SchemaChange) -> EventSchema | None:
        held = self.load(change.name)
        return super()._apply_change(replace(change, base_version=None if held is None else held.version))


class IgnoresVersionsInRequests(MemoryStore):
    """Only a change outside a request is compared with the version."""

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        if work.schema_change is not None:
            held = self.load(work.event.name)
            version = None if held is None else held.version
            work = replace(work, schema_change=replace(work.schema_change, base_version=version))
        return super().commit(work)


class IgnoresRetypes(MemoryStore):
    """A request that was decided before a retype is saved."""

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        held = self.load(work.event.name)
        if work.schema_change is None and held is not None and work.schema_version is not None:
            work = replace(work, schema_version=max(held.last_retyped, work.schema_version))
        return super().commit(work)


class LosesRetypes(MemoryStore):
    """The history does not say what was retyped."""

    def history(self, name: str) -> tuple[SchemaRecord, ...]:
        return tuple(replace(record, retyped=FrozenDict()) for record in super().history(name))


class SavesTheSchemaFirst(MemoryStore):
    """The schema is saved before the rest is checked."""

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        if work.schema_change is not None and not self.save(work.schema_change, work.who):
            return NotSaved.STALE
        return super().commit(replace(work, schema_change=None, schema_version=None))


class SavesTheContactFirst(MemoryStore):
    """The contact of a repeated request is saved again."""

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        outcome = super().commit(work)
        if outcome is NotSaved.DUPLICATE:
            super().commit(replace(work, event=replace(work.event, id=None)))
        return outcome


class LosesSchemaChanges(MemoryStore):
    """The schema change of a request is not saved."""

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        return super().commit(replace(work, schema_change=None, schema_version=None))


class ForgetsDuplicates(MemoryStore):
    """An event is saved each time it is sent."""

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        self._events.pop(work.event.id or "", None)
        return super().commit(work)


class AcceptsDuplicates(MemoryStore):
    """A repeated request is answered like the first one."""

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        outcome = super().commit(work)
        return Saved(str(work.event.id), "c") if outcome is NotSaved.DUPLICATE else outcome


class ForgetsErasedEvents(MemoryStore):
    """An event is deleted with its contact."""

    def erase(self, contact_id: str, *, keep_properties: bool = False) -> bool:
        self._events = {id_: kept for id_, kept in self._events.items() if kept.contact_id != contact_id}
        return super().erase(contact_id, keep_properties=keep_properties)


class KeepsWhatWasErased(MemoryStore):
    """The events of an erased contact keep their properties."""

    def erase(self, contact_id: str, *, keep_properties: bool = False) -> bool:
        return super().erase(contact_id, keep_properties=True)


class WritesOverOtherChanges(MemoryStore):
    """A contact is overwritten with the one of the decision."""

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        outcome = super().commit(work)
        if isinstance(outcome, Saved):
            self._contacts[outcome.contact_id] = replace(work.contact, id=outcome.contact_id)
        return outcome


class NeverLooksAtTheContactAgain(MemoryStore):
    """A contact is not compared with the one that the request was decided on."""

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        held = None if work.before is None else self._contacts.get(str(work.before.id))
        return super().commit(work if held is None else replace(work, before=held))


class RevivesErasedContacts(MemoryStore):
    """An erased contact is saved again by a late request."""

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        if work.before is not None and not self.find({"id": str(work.before.id)}):
            self._contacts[str(work.before.id)] = work.before
            self._owners.update(dict.fromkeys(work.before.identifiers.items(), str(work.before.id)))
        return super().commit(work)


class GivesIdsAgain(MemoryStore):
    """The id of an erased contact is used again."""

    def __init__(self) -> None:
        self.free: list[UUID] = []
        super().__init__(new_id=lambda: self.free.pop() if self.free else uuid4())

    def erase(self, contact_id: str, *, keep_properties: bool = False) -> bool:
        was_there = super().erase(contact_id, keep_properties=keep_properties)
        self.free += [UUID(contact_id)] if was_there else []
        return was_there


class FoldsCase(MemoryStore):
    """Names are compared without their case, as in some databases."""

    def declare(self, schema: EventSchema, who: str | None = None) -> bool:
        return schema.name.lower() not in map(str.lower, self._schemas) and super().declare(schema, who)


class HasOneKindOfNumber(MemoryStore):
    """Ints come back as floats, as from some JSON decoders."""

    def find(self, identifiers: Mapping[str, str]) -> tuple[Contact, ...]:
        return tuple(replace(found, properties=_as_floats(found.properties)) for found in super().find(identifiers))


def _as_floats(values: Mapping[str, Any]) -> FrozenDict[str, Any]:
    is_small = {name: type(value) is int and abs(value) < 2**53 for name, value in values.items()}
    return FrozenDict({name: float(value) if is_small[name] else value for name, value in values.items()})


class CutsNames(MemoryStore):
    """Event names with the same first 255 characters are equal."""

    def load(self, name: str) -> EventSchema | None:
        found = super().load(name)
        return found or next((held for held in self._schemas.values() if held.name[:255] == name[:255]), None)


class SeesNul(MemoryStore):
    """A text ends at a NUL, as in C."""

    def find(self, identifiers: Mapping[str, str]) -> tuple[Contact, ...]:
        return super().find({name: value.partition("\0")[0] for name, value in identifiers.items()})

    def seen(self, event_id: str) -> bool:
        return "\0" in event_id or super().seen(event_id)


class IgnoresUnknownIdentifiers(MemoryStore):
    """Unknown identifiers are ignored."""

    def find(self, identifiers: Mapping[str, str]) -> tuple[Contact, ...]:
        known = ("id", "email", "phoneNumber")
        return super().find({name: identifiers[name] for name in known if name in identifiers})


class NamesAnybody(MemoryStore):
    """A who with control characters is dropped."""

    def save(self, change: SchemaChange, who: str | None = None) -> bool:
        return super().save(change, who if who is not None and who.isprintable() else None)


class FindsTwice(MemoryStore):
    """A contact is returned once for each of its identifiers."""

    def find(self, identifiers: Mapping[str, str]) -> tuple[Contact, ...]:
        found = super().find
        return tuple(contact for name, value in identifiers.items() for contact in found({name: value}))


class FindsAnyIdentifier(MemoryStore):
    """All identifiers are in one column."""

    def find(self, identifiers: Mapping[str, str]) -> tuple[Contact, ...]:
        wanted = set(identifiers.values())
        return tuple(held for _, held in sorted(self._contacts.items()) if wanted & set(held.identifiers.values()))


class NamesNobody(MemoryStore):
    """The history has no who."""

    def history(self, name: str) -> tuple[SchemaRecord, ...]:
        return tuple(replace(record, who=None) for record in super().history(name))


class HasNoZone(MemoryStore):
    """Times have no time zone."""

    def __init__(self) -> None:
        super().__init__(clock=lambda: datetime(2026, 11, 23, 12))


class KeepsEventsAsDecided(MemoryStore):
    """An event is saved without its contact's id."""

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        outcome = super().commit(work)
        if isinstance(outcome, Saved):
            _, contact_id = self._events[outcome.event_id]
            event = replace(work.event, id=outcome.event_id)
            self._events[outcome.event_id] = type(self._events[outcome.event_id])(event, contact_id)
        return outcome


class CutsTexts(MemoryStore):
    """Texts are cut after 255 characters."""

    def events(self, **wanted: Any) -> Iterator[TrackedEvent]:
        for event in super().events(**wanted):
            cut = {name: value[:255] if isinstance(value, str) else value for name, value in event.properties.items()}
            yield replace(event, properties=FrozenDict(cut))


class LosesOrigins(MemoryStore):
    """The origin of an event is not saved."""

    def events(self, **wanted: Any) -> Iterator[TrackedEvent]:
        return (replace(event, origin=None) for event in super().events(**wanted))


class LosesEventVersions(MemoryStore):
    """The version of an event is not saved."""

    def events(self, **wanted: Any) -> Iterator[TrackedEvent]:
        return (replace(event, event_version=None) for event in super().events(**wanted))


class LooksAndThenSaves(MemoryStore):
    """Other threads run between the check of an event's id and its saving."""

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        if work.event.id is not None and self.seen(work.event.id):
            return NotSaved.DUPLICATE
        time.sleep(0.01)
        self._events.pop(work.event.id or "", None)
        return super().commit(work)


class KeepsTheFirstPhoneNumber(MemoryStore):
    """A phone number is never replaced."""

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        given = dict(work.contact_request.identifiers)
        if work.before is not None and work.before.phone_number is not None:
            given.pop("phoneNumber", None)
        request = replace(work.contact_request, identifiers=FrozenDict(given))
        return super().commit(replace(work, contact_request=request))


class ForgetsSometimes(MemoryStore):
    """The hundredth request is refused, once."""

    commits = 0

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        self.commits += 1
        return NotSaved.STALE if self.commits == 100 else super().commit(work)


class IsAlwaysStale(MemoryStore):
    """Every request is stale."""

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        return NotSaved.STALE


class IsOutOfReach(MemoryStore):
    """The store cannot be reached."""

    def load(self, name: str) -> EventSchema | None:
        raise StoreUnavailableError("the database cannot answer")


FAULTY: list[tuple[type[MemoryStore], str]] = [
    (
        IgnoresIdentifiers,
        "commit of a request that creates a contact with an email taken meanwhile: expected <NotSaved.STALE",
    ),
    (IgnoresIdentifiersOfUpdates, "commit of a request that sets a phone number taken meanwhile: expected <"),
    (IgnoresVersions, "save of a change to version 0 without a schema: expected False, found True."),
    (IgnoresVersionsInRequests, "commit of a request decided before the schema was created: expected <NotSaved.STALE"),
    (IgnoresRetypes, "commit of a request decided before a person retyped a property of its schema: expected <NotSav"),
    (LosesRetypes, "history: what each version retyped: expected [{}, {}, {'total': ('int', 'float'), 'other': "),
    (SavesTheSchemaFirst, "history of a schema that a request created: expected [(0, "),
    (SavesTheContactFirst, " is unchanged by a request with the id of a saved event: expected "),
    (LosesSchemaChanges, "load of the schema that a request created: expected <EventSchema"),
    (ForgetsDuplicates, "commit of a request with the id of a saved event: expected <NotSaved.DUPLICATE"),
    (AcceptsDuplicates, "commit of a request with the id of a saved event: expected <NotSaved.DUPLICATE"),
    (ForgetsErasedEvents, "seen of an event of an erased contact: expected True, found False."),
    (KeepsWhatWasErased, "erase keeps id, name and time of the contact's event, and all of other events: "),
    (WritesOverOtherChanges, "after two requests changed one contact, both decided before either was saved: expected"),
    (NeverLooksAtTheContactAgain, "commit of a request of a contact whose email another request has changed meanwhile"),
    (RevivesErasedContacts, "commit of a request of a contact that was erased meanwhile: expected <NotSaved.STALE"),
    (GivesIdsAgain, "A new contact does not get the id of an erased one: expected True, found False."),
    (FoldsCase, "declare of a schema with a different name, 'Order': expected True, found False."),
    (HasOneKindOfNumber, "type and value of property one: expected ('int', 1), found ('float', 1.0)."),
    (CutsNames, "load of a name that differs only after 255 or more characters: expected None, found <EventSchema"),
    (SeesNul, r"seen of 'a\x00b', which is no valid event id: expected False, found True."),
    (IgnoresUnknownIdentifiers, "find of mail, not only id, email and phoneNumber: expected ValueError, found ()."),
    (NamesAnybody, r"save with who='a\x00b': expected ValueError, found True."),
    (LosesOrigins, "A saved event, with its id and its contact's identifiers: expected TrackedEvent"),
    (FindsTwice, "of one contact: number of contacts: expected 1, found 2."),
    (
        FindsAnyIdentifier,
        "find of identifiers with values that belong to other identifiers: expected [], found [Contact(",
    ),
    (NamesNobody, "history: version, added properties, event id and who: expected [(0, "),
    (HasNoZone, "UTC offset of the time in a history record: expected datetime.timedelta(0), found None."),
    (KeepsEventsAsDecided, "A saved event, with its id and its contact's identifiers: expected TrackedEvent"),
    (LosesEventVersions, "A saved event, with its id and its contact's identifiers: expected TrackedEvent"),
    (CutsTexts, "A saved event, with its id and its contact's identifiers: type and value of property "),
    (
        LooksAndThenSaves,
        "of 8 requests in as many threads that all have the same event id: expected (1, 8), found",
    ),
    (IsAlwaysStale, "commit of a request without errors: expected Saved, found <NotSaved.STALE"),
    (KeepsTheFirstPhoneNumber, ", sorted by id: expected ["),
    (ForgetsSometimes, "The same calls must get the same answers each time: expected the failure again, found none"),
]


@pytest.mark.parametrize(
    ("faulty", "promise"), [*FAULTY[:-2], *(pytest.param(*f, marks=pytest.mark.slow) for f in FAULTY[-2:])]
)
def test_a_broken_promise_is_named(faulty: type[MemoryStore], promise: str) -> None:
    with pytest.raises(AssertionError) as caught:
        check_store(faulty, events=faulty.events)
    assert promise in str(caught.value)


def test_exceptions_of_the_store_are_passed_on() -> None:
    with pytest.raises(StoreUnavailableError, match="cannot answer"):
        check_store(IsOutOfReach)


def test_a_store_in_place_of_a_function_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^expected make_store as a function .*, found MemoryStore$"):
        check_store(MemoryStore())  # type: ignore[arg-type]  # that is the mistake


def test_a_store_that_is_not_empty_is_refused() -> None:
    store = MemoryStore()
    with pytest.raises(AssertionError, match="In a new store from make_store, which must be empty, load of any"):
        check_store(lambda: store)


def test_a_valid_request_that_is_refused_is_reported() -> None:
    store = MemoryStore()
    store.declare(EventSchema("order", {"total": "date"}))
    with pytest.raises(AssertionError, match=r"The errors of the valid request .*: expected .*TypeConflict"):
        Subject(store).save({"email": "ann@example.com"}, total=1)


@pytest.mark.slow
def test_events_are_not_checked_unless_given() -> None:
    check_store(CutsTexts)


def test_the_strategies_need_no_store() -> None:
    code = "import sys, eventschema.testing; sys.exit('eventschema.store' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
