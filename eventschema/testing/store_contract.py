"""What each store promises, one function for each promise; each is given a store of its own, empty.

Requests are decided on what the store itself holds. One that another outruns is one that was decided on before the
other was saved.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from random import Random
from string import ascii_letters
from threading import Barrier
from typing import Any, Final, NamedTuple, TypeVar

from eventschema.core.changes import SchemaChange
from eventschema.core.frozen import EMPTY, FrozenDict
from eventschema.core.names import is_line
from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.core.violations import Violation
from eventschema.store.protocols import NotSaved, Saved, Store, UnitOfWork
from eventschema.store.registry import SchemaRegistry
from eventschema.store.tracking import TrackResult
from eventschema.track.contact import Contact
from eventschema.track.event import TrackedEvent
from eventschema.track.request import TrackRequest

A = TypeVar("A")
B = TypeVar("B")

NAME: Final = "order"
WHO: Final = "check_store"
ANN: Final = {"email": "ann@example.com"}
BO: Final = {"email": "bo@example.com"}
PHONE: Final = {"phoneNumber": "+12025550100"}
EVENT_ID: Final = "00000000-0000-4000-8000-00000000000a"
LATE_ID: Final = "00000000-0000-4000-8000-00000000000b"
LAST_ID: Final = "00000000-0000-4000-8000-00000000000c"
THREADS: Final = 8

_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TEXT: Final = "\0\x1f\x7f ' \" \\ %s {} \u00e9 e\u0301 \ufeff \U0001f600 "
_VALUES: Final[dict[str, Any]] = {
    "yes": True,
    "one": 1,
    "one_float": 1.0,
    "largest": 2**63 - 1,
    "smallest": -(2**63),
    "tiny": 0.000001,
    "huge": 1.7976931348623157e308,
    "text": _TEXT,
    "long": "\U0001f600" * 2048,
    "empty": "",
    "date": "2026-03-05",
}
# Text that nothing in a store can be called by.
_NOBODY: Final = ("", "a\0b", "\x1f", "\x7f", "\ud800", "x" * 5000)
_LONGEST_EMAIL: Final = f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 57}.com"
_LONG_NAMES: Final = Rules(max_name_length=5000, max_event_name_length=5000)


class Subject(NamedTuple):
    """The store that is looked at, and what gives its events, if anything does."""

    store: Store
    events: Callable[[], Iterable[TrackedEvent]] | None = None

    def work(self, contact: Mapping[str, Any], event_id: str | None = None, /, **properties: Any) -> UnitOfWork:
        """An accepted request, decided on what the store holds now."""
        payload = {"eventName": NAME, "contact": contact, "properties": properties, "eventID": event_id}
        work = decide(self.store, payload)
        if not isinstance(work, UnitOfWork):
            raise AssertionError(f"Nothing that the store holds speaks against {payload}: expected (), found {work}.")
        return work

    def save(self, contact: Mapping[str, Any], event_id: str | None = None, /, **properties: Any) -> Saved:
        """What commit made of a request that nothing speaks against."""
        return self.commit(self.work(contact, event_id, **properties), "that nothing speaks against")

    def commit(self, work: UnitOfWork, which: str) -> Saved:
        """What commit made of ``work``, which it must save."""
        outcome = self.store.commit(work)
        if not isinstance(outcome, Saved):
            raise AssertionError(f"commit saves a request {which}: expected Saved, found {outcome!r}.")
        return outcome

    def refuse(self, work: UnitOfWork, expected: NotSaved, which: str) -> None:
        """See that commit answers ``work`` so, and that nothing of it was saved."""
        before = self.held()
        expect(f"The answer of commit to a request {which}", self.store.commit(work), expected)
        for question, answer in self.held().items():
            expect(f"Nothing is saved of a request {which}, so {question} has not changed", answer, before[question])

    def held(self) -> dict[str, object]:
        """The answers to all that the checks here may have saved, by the question."""
        answers: dict[str, object] = {
            f"load({NAME!r})": self.store.load(NAME),
            f"history({NAME!r})": list(self.store.history(NAME)),
        }
        answers |= {f"find({wanted})": list(self.store.find(wanted)) for wanted in (ANN, BO, PHONE)}
        answers |= {f"seen({id_!r})": self.store.seen(id_) for id_ in (EVENT_ID, LATE_ID)}
        return answers | {"what events gives": self.kept()}

    def kept(self) -> list[TrackedEvent]:
        """The events, by id; none, if they cannot be asked for."""
        return [] if self.events is None else sorted(self.events(), key=lambda event: str(event.id))

    def has_events(self, promise: str, *expected: TrackedEvent) -> None:
        """See that these, given by id, are the events that are kept, if they can be asked for."""
        if self.events is None:
            return
        kept = self.kept()
        expect(f"{promise}: the ids of the events", [event.id for event in kept], [event.id for event in expected])
        for found, event in zip(kept, expected, strict=True):
            expect_values(promise, found.properties, event.properties)
            expect(promise, replace(found, properties=EMPTY), replace(event, properties=EMPTY))


def decide(store: Store, payload: Mapping[str, Any]) -> UnitOfWork | tuple[Violation, ...]:
    """What is to be saved of a request, decided on what the store holds now; or what is wrong with it."""
    request = TrackRequest.parse(payload)
    identifiers = request.contact.identifiers
    matches = store.find(identifiers) if identifiers else ()
    decision = request.decide(store.load(str(request.event_name)), matches)
    return UnitOfWork.of(request, decision, matches, WHO) if decision.ok else decision.errors


def expect(promise: str, found: object, expected: object) -> None:
    """Raise ``AssertionError`` where what was found is not what was promised."""
    if found != expected:
        raise AssertionError(f"{promise}: expected {expected!r}, found {found!r}.")


def expect_values(promise: str, found: Mapping[str, object], expected: Mapping[str, object]) -> None:
    """Raise ``AssertionError`` where a property is missing, one too many, or another value: as 1, 1.0 and True are."""
    expect(f"{promise}: the names of its properties", sorted(found), sorted(expected))
    for name, value in exact(expected).items():
        expect(f"{promise}: the class and value of its property {name}", exact(found)[name], value)


def expect_value_error(promise: str, call: Callable[..., object], *arguments: object) -> None:
    """Raise ``AssertionError`` where ``call``, with ``arguments``, does not raise ``ValueError``."""
    try:
        found = call(*arguments)
    except ValueError:
        return
    raise AssertionError(f"{promise}: expected ValueError, found {found!r}.")


def change(base_version: int | None, **added: str) -> SchemaChange:
    """A change to the schema that the checks here are about."""
    return SchemaChange(NAME, base_version, FrozenDict({name: PropertyType(type_) for name, type_ in added.items()}))


def exact(values: Mapping[str, object]) -> dict[str, tuple[str, object]]:
    """The values with the names of their classes, so that 1, 1.0 and True are three."""
    return {name: (type(value).__name__, value) for name, value in values.items()}


def told_history(store: Store, name: str = NAME) -> list[tuple[int, list[tuple[str, str]], str | None, str | None]]:
    """The history of a schema: each version with what it added, in order, the id of its event, and by whom."""
    records = store.history(name)
    for record in records:
        expect("A record of the history has its time in UTC", record.at.utcoffset(), timedelta(0))
    return [
        (record.version, [(name, str(type_)) for name, type_ in record.added.items()], record.event_id, record.who)
        for record in records
    ]


def is_empty(subject: Subject) -> None:
    """See that nothing is in the store, as none of the other checks would find it otherwise."""
    store = subject.store
    where = "In an empty store, which make_store must give each time,"
    expect(f"{where} load of any name", store.load(NAME), None)
    expect(f"{where} history of any name", list(store.history(NAME)), [])
    expect(f"{where} find without identifiers", list(store.find({})), [])
    expect(f"{where} find of any identifiers", list(store.find({"id": "x", **ANN, **PHONE})), [])
    expect(f"{where} seen of any event", store.seen(EVENT_ID), False)
    expect(f"{where} erase of any contact", store.erase("x"), False)
    subject.has_events(f"{where} no events are kept")


def _a_schema_is_saved_on_the_version_that_the_change_is_based_on(subject: Subject) -> None:
    store = subject.store
    expect("save of a change to version 0 where there is no schema", store.save(change(0, total="float")), False)
    expect("save of a change that adds nothing where there is no schema", store.save(change(0)), False)
    expect("save of the first change", store.save(change(None, total="float"), "ann"), True)
    for base_version in (None, 0, 2):
        promise = f"save of a change to version {base_version} where the schema has version 1"
        expect(promise, store.save(change(base_version, other="int")), False)
        expect(f"{promise}, which adds nothing", store.save(change(base_version)), False)
    expect("save of a change to the version that stands", store.save(change(1, other="int", a="url"), "bo"), True)
    expected = EventSchema(NAME).apply(change(0, total="float")).apply(change(1, other="int", a="url"))
    expect("load of a schema that was saved in two changes", store.load(NAME), expected)
    records = [(0, [], None, "ann"), (1, [("total", "float")], None, "ann")]
    records += [(2, [("other", "int"), ("a", "url")], None, "bo")]
    expect("history: version, what it added, event, and by whom", told_history(subject.store), records)


def _a_schema_is_not_changed_where_it_has_a_property_already(subject: Subject) -> None:
    subject.store.save(change(None, total="float"))
    found = subject.store.save(change(1, total="string", other="int"))
    expect("save of a change that adds a property which is there already", found, False)
    expect("load after it", subject.store.load(NAME), EventSchema(NAME).apply(change(0, total="float")))


def _a_schema_may_have_no_properties(subject: Subject) -> None:
    expect("save of a first change that adds nothing", subject.store.save(change(None)), True)
    expect("load of a schema without properties", subject.store.load(NAME), EventSchema(NAME))
    expect("history of a schema without properties", told_history(subject.store), [(0, [], None, None)])


def _a_schema_is_declared_as_it_is(subject: Subject) -> None:
    declared = EventSchema(NAME, {"b": "int", "a": "float"}).apply(change(0, d="date", c="url"))
    expect("declare of a schema whose name has none", subject.store.declare(declared, "ann"), True)
    expect("declare of a schema whose name has one", subject.store.declare(EventSchema(NAME)), False)
    loaded = subject.store.load(NAME)
    expect("load of a schema that was declared", loaded, declared)
    order = [] if loaded is None else list(loaded.properties)
    expect("A loaded schema has its properties in the order in which they were added", order, ["b", "a", "d", "c"])
    records = [(0, [("b", "int"), ("a", "float")], None, "ann"), (1, [("d", "date"), ("c", "url")], None, "ann")]
    expect("history of a schema that was declared", told_history(subject.store), records)


def _names_and_identifiers_are_told_apart(subject: Subject) -> None:
    store = subject.store
    names = ("order", "Order", "order ", "\u00f6rder", "o\u0308rder", "order%", "\U0001f600" * 255)
    for number, name in enumerate(names):
        schema = EventSchema(name, {f"p{number}": "int", f"P{number}": "float"})
        expect(f"declare of a schema of another name, {name!r}", store.declare(schema), True)
        expect(f"load of the schema of {name!r}", store.load(name), schema)
    emails = ("ann@example.com", "Ann@example.com", "\u00e4nn@example.com")
    ids = [subject.save({"email": email}).contact_id for email in emails]
    expect("Contacts of emails that differ in a character are as many", len(set(ids)), len(emails))
    for email, id_ in zip(emails, ids, strict=True):
        expect(f"find of {email}", [contact.id for contact in store.find({"email": email})], [id_])
    wanted = {"id": emails[0], "phoneNumber": ids[0], "email": ids[1]}
    expect("find of the values of other identifiers", list(store.find(wanted)), [])
    several = [contact.id for contact in store.find({"id": ids[0], "email": emails[1], **PHONE})]
    expect("find of identifiers of two contacts gives both, by id", several, sorted(ids[:2]))


def _names_are_as_long_as_rules_allow(subject: Subject) -> None:
    store, random = subject.store, Random(1)  # letters without a pattern: no database can make them much shorter
    name, long = ("".join(random.choices(ascii_letters, k=4000)) for _ in range(2))
    others = (f"{name}a", name[:-1], f"{name[:255]}")
    declared = EventSchema(name, {f"{long}a": "int", f"{long}b": "float", long: "bool", "short": "date"})
    expect("declare of a schema with names of 4,000 characters", store.declare(declared, "ann"), True)
    expect("declare of a schema whose name, of 4,000 characters, has one", store.declare(declared), False)
    added = SchemaChange(name, 0, FrozenDict({f"{long}c": PropertyType.URL}))
    expect("save of a change with names of 4,000 characters", store.save(added), True)
    expect("save of a change with names of 4,000 characters, once more", store.save(added), False)
    schema = declared.apply(added)
    expect("load of a schema with names of 4,000 characters", store.load(name), schema)
    for other in others:
        expect("load of a schema whose name differs after 255 characters or more", store.load(other), None)
    tracked = SchemaRegistry(store, _LONG_NAMES).track(
        {
            "eventName": name,
            "contact": {"email": _LONGEST_EMAIL, "phoneNumber": f"+{'9' * 15}"},
            "properties": {long: 1},
        }
    )
    expect("A bool is still what a property with a name of 4,000 characters takes", len(tracked.errors), 1)
    tracked = SchemaRegistry(store, _LONG_NAMES).track(
        {
            "eventName": name,
            "contact": {"email": _LONGEST_EMAIL, "phoneNumber": f"+{'9' * 15}", long: "x"},
            "properties": {long: True, f"{long}d": 1},
        }
    )
    expect("What is wrong with a request with names of 4,000 characters", tracked.errors, ())
    expect("load of a schema that such a request added to", store.load(name), tracked.decision.schema)
    types = [[*record.added.items()] for record in store.history(name)]
    since = [[*declared.properties.items()], [(f"{long}c", PropertyType.URL)], [(f"{long}d", PropertyType.INT)]]
    expect("history of a schema with names of 4,000 characters", types, since)
    expect("The name in that history", {record.name for record in store.history(name)}, {name})
    for wanted in ({"email": _LONGEST_EMAIL}, {"phoneNumber": f"+{'9' * 15}"}):
        found = [dict(contact.properties) for contact in store.find(wanted)]
        expect("find of a contact with identifiers as long as they can be", found, [{long: "x"}])


def _what_nothing_can_be_called_by_is_not_found(subject: Subject) -> None:
    store = subject.store
    subject.save({**ANN, **PHONE}, EVENT_ID)
    for text in _NOBODY:
        expect(f"load of {text[:9]!r}, which no event can be called", store.load(text), None)
        expect(f"history of {text[:9]!r}, which no event can be called", list(store.history(text)), [])
        expect(f"seen of {text[:9]!r}, which no event has as its id", store.seen(text), False)
        expect(f"erase of {text[:9]!r}, which no contact has as its id", store.erase(text), False)
        for name in ("id", "email", "phoneNumber"):
            expect(f"find of the {name} {text[:9]!r}, which no contact has", list(store.find({name: text})), [])
        found = len(store.find({**ANN, "phoneNumber": text}))
        expect(f"find of an email that a contact has, with {text[:9]!r} beside it", found, 1)


def _identifiers_are_of_three_names(subject: Subject) -> None:
    subject.save(ANN)
    for wanted in ({"mail": ANN["email"]}, {**ANN, "phone_number": PHONE["phoneNumber"]}):
        names = " and ".join(wanted)
        expect_value_error(f"find of {names}, not all of id, email and phoneNumber", subject.store.find, wanted)


def _whom_a_history_names_is_a_line_of_text(subject: Subject) -> None:
    store = subject.store
    for who in ("a\0b", "a\n", "\x7f", "\ud800"):
        expect_value_error(f"save in the name of {who!r}", store.save, change(None, total="int"), who)
        expect_value_error(f"declare in the name of {who!r}", store.declare, EventSchema(NAME), who)
        expect(f"load after it was not saved, in the name of {who!r}", store.load(NAME), None)
    who = "it's \u00e9\U0001f600%s" * 500
    expect("save in the name of a long text", store.save(change(None), who), True)
    expect("history names whom save named", [record.who == who for record in store.history(NAME)], [True])


def _a_request_is_saved_whole(subject: Subject) -> None:
    store = subject.store
    work = subject.work({**ANN, "tags": ["a", "b\0"], "none": [], **_VALUES}, gone=None, fine=0.12345678, **_VALUES)
    event = replace(work.event, time="2026-03-05T09:30+01:00", origin="\u4f8b api 'x'", event_version="v2 \U0001f600")
    work = replace(work, event=event)
    saved = subject.commit(work, "that nothing speaks against")
    contact = replace(work.contact, id=saved.contact_id)
    for wanted in ({"id": saved.contact_id}, ANN, {"id": saved.contact_id, **ANN, **PHONE}):
        found = list(store.find(wanted))
        promise = f"find of {wanted}, which one contact has,"
        expect(f"{promise} gives so many", len(found), 1)
        promise += " gives it as it was saved"
        expect_values(promise, found[0].properties, contact.properties)
        expect(promise, replace(found[0], properties=EMPTY), replace(contact, properties=EMPTY))
    schema = EventSchema(NAME).merge(work.event.properties).schema
    expect("load of the schema that a request brought", store.load(NAME), schema)
    added = [(name, str(type_)) for name, type_ in schema.properties.items()]
    records = [(0, [], saved.event_id, WHO), (1, added, saved.event_id, WHO)]
    expect("history of a schema that a request brought", told_history(subject.store), records)
    expect("seen of an event that was saved", store.seen(saved.event_id), True)
    event = replace(work.event, id=saved.event_id, identifiers=contact.identifiers)
    subject.has_events("An event is kept as it was saved, with its id and its contact's identifiers", event)


def _ids_are_given_where_there_are_none(subject: Subject) -> None:
    saved = [subject.save(contact) for contact in (ANN, ANN, BO)]
    for event_id, contact_id in saved:
        promise = f"The id that an event is given, {event_id!r}, is the text of a UUID, in lower case"
        expect(promise, type(event_id) is str and _UUID.fullmatch(event_id) is not None, True)
        promise = f"The id that a contact is given, {contact_id!r}, is text of 1 to 255 characters, none a control"
        expect(promise, is_line(contact_id, 255), True)
    expect("Events are given different ids", len({event_id for event_id, _ in saved}), 3)
    expect("The contact that was found keeps its id", saved[1].contact_id, saved[0].contact_id)
    expect("Another contact is given another id", saved[2].contact_id != saved[0].contact_id, True)
    expect("commit answers with the id that the event has", subject.save(ANN, EVENT_ID).event_id, EVENT_ID)


def _an_event_id_is_saved_once(subject: Subject) -> None:
    subject.save(ANN, EVENT_ID, total=1.5)
    for contact, added in ((BO, {"other": 1}), (BO, {}), ({**ANN, "a": 1}, {}), (ANN, {}), (ANN, {"other": 1})):
        repetition = subject.work(contact, EVENT_ID, **added)
        subject.refuse(repetition, NotSaved.DUPLICATE, "that repeats the id of an event")


def _a_request_that_another_outran_to_the_schema_is_stale(subject: Subject) -> None:
    first, same = subject.work(BO, LATE_ID, other=1), subject.work(BO, LATE_ID, total=2.5)
    subject.save(ANN, EVENT_ID, total=1.5)
    for late in (first, same):
        subject.refuse(late, NotSaved.STALE, "that was decided on when there was no schema, and there is one now")
    late = subject.work({**ANN, "a": 1}, LATE_ID, more=True)
    subject.save(BO, other=1)
    subject.refuse(late, NotSaved.STALE, "that adds to a version of the schema which is not the one that stands")


def _a_request_that_adds_nothing_is_not_outrun_by_a_change_of_the_schema(subject: Subject) -> None:
    subject.save(ANN, total=1.5)
    late = subject.work(ANN, LATE_ID, total=2.5)
    subject.save(ANN, other=1)
    subject.commit(late, "that adds nothing to the schema, whatever its version is now")


def _a_request_that_another_outran_to_the_contact_is_stale(subject: Subject) -> None:
    subject.save(PHONE)
    late = subject.work({**ANN, "a": 1}, LATE_ID, other=1)
    subject.save(ANN, EVENT_ID)
    subject.refuse(late, NotSaved.STALE, "that creates a contact whose email another has now")


def _an_identifier_that_another_contact_took_makes_a_request_stale(subject: Subject) -> None:
    subject.save(ANN)
    late = subject.work({**ANN, **PHONE}, LATE_ID, other=1)
    subject.save(PHONE, EVENT_ID)
    subject.refuse(late, NotSaved.STALE, "that gives its contact a phone number which another has now")


def _a_contact_that_has_other_identifiers_now_makes_a_request_stale(subject: Subject) -> None:
    contact_id = subject.save(ANN).contact_id
    late = subject.work({**ANN, "a": 1}, LATE_ID, other=1)
    subject.save({"id": contact_id, **BO}, EVENT_ID)
    subject.refuse(late, NotSaved.STALE, "whose contact has another email now than when it was decided on")


def _an_identifier_that_its_contact_gave_up_is_free(subject: Subject) -> None:
    contact_id = subject.save(ANN).contact_id
    subject.save({"id": contact_id, **BO})
    expect("find of an email that its contact gave up for another", list(subject.store.find(ANN)), [])
    other = subject.save(ANN).contact_id
    expect("The contact that takes an email which was given up is another", other != contact_id, True)
    found = [[contact.id for contact in subject.store.find(wanted)] for wanted in (ANN, BO)]
    expect("find of the email that was given up, and of the new one", found, [[other], [contact_id]])


def _other_changes_to_a_contact_are_kept(subject: Subject) -> None:
    contact_id = subject.save({**ANN, "a": 1, "b": 1, "c": 1}).contact_id
    first = subject.work({**ANN, "a": 2, "c": None})
    second = subject.work({**ANN, **PHONE, "b": 2})
    which = "whose contact has the identifiers that it was decided on with"
    subject.commit(first, which)
    subject.commit(second, which)
    contact = Contact(contact_id, ANN["email"], PHONE["phoneNumber"], FrozenDict({"a": 2, "b": 2}))
    for wanted in (ANN, PHONE):
        promise = f"find of {wanted}, a contact that two requests changed, both decided on before either was saved"
        expect(promise, list(subject.store.find(wanted)), [contact])


def _a_contact_that_was_erased_makes_a_request_stale(subject: Subject) -> None:
    for contact in (ANN, {**ANN, "a": 1}):
        contact_id = subject.save(ANN).contact_id
        late = subject.work(contact, LATE_ID, other=1)
        subject.store.erase(contact_id)
        subject.refuse(late, NotSaved.STALE, "whose contact was erased after it was decided on")


def _erasing_forgets_a_contact_and_what_its_events_say_of_it(subject: Subject) -> None:
    store = subject.store
    erased = subject.save({**ANN, **PHONE, "a": 1}, EVENT_ID, total=1, gone=None)
    other = subject.save(BO, LATE_ID, total=2)
    expect("erase of a contact that there is", store.erase(erased.contact_id), True)
    expect("erase of a contact that was erased", store.erase(erased.contact_id), False)
    found = list(store.find({"id": erased.contact_id, **ANN, **PHONE}))
    expect("find of the identifiers of a contact that was erased", found, [])
    expect("find of another contact", [contact.id for contact in store.find(BO)], [other.contact_id])
    expect("seen of an event whose contact was erased", store.seen(EVENT_ID), True)
    bo = FrozenDict({"id": other.contact_id, **BO})
    subject.has_events(
        "Of the event of a contact that was erased, id, name and time are kept; of other events, all",
        TrackedEvent(NAME, EMPTY, EMPTY, None, EVENT_ID),
        TrackedEvent(NAME, FrozenDict({"total": 2}), bo, None, LATE_ID),
    )
    subject.refuse(subject.work(ANN, EVENT_ID), NotSaved.DUPLICATE, "that repeats the event of an erased contact")
    again = subject.save({**ANN, **PHONE}, LAST_ID)
    expect("The id of an erased contact is not given again", again.contact_id != erased.contact_id, True)
    properties = [contact.properties for contact in store.find(ANN)]
    expect("A contact that comes back has none of the properties that it had", properties, [EMPTY])


def _erasing_can_leave_the_values_of_events(subject: Subject) -> None:
    contact_id = subject.save({**ANN, "a": 1}, EVENT_ID, total=1).contact_id
    expect("erase that keeps properties", subject.store.erase(contact_id, keep_properties=True), True)
    expect("find of a contact that was erased", list(subject.store.find({"id": contact_id, **ANN})), [])
    promise = "Where erase keeps properties, the event has them still, and no identifiers"
    subject.has_events(promise, TrackedEvent(NAME, FrozenDict({"total": 1}), EMPTY, None, EVENT_ID))


def _of_requests_that_exclude_each_other_one_thread_is_answered_saved(subject: Subject) -> None:
    people = [{"email": f"person{number}@example.com"} for number in range(THREADS)]
    _one_is_saved("bring the schema", subject, [subject.work(contact, total=1) for contact in people])
    _one_is_saved("create the contact", subject, [subject.work({**PHONE, "a": 1}) for _ in people])
    _one_is_saved("add to the schema", subject, [subject.work(PHONE, **{f"p{n}": 1}) for n in range(THREADS)])
    _one_is_saved("have the event's id", subject, [subject.work(PHONE, EVENT_ID) for _ in people])


def _one_is_saved(what: str, subject: Subject, works: Sequence[UnitOfWork]) -> None:
    outcomes = _at_once(subject.store.commit, works)
    saved = [outcome for outcome in outcomes if isinstance(outcome, Saved)]
    promise = f"Of {THREADS} requests by as many threads, which all would {what}, one is saved"
    expect(promise, (len(saved), len(outcomes)), (1, THREADS))


def _what_threads_save_at_once_is_all_there(subject: Subject) -> None:
    registry = SchemaRegistry(subject.store)

    def send(thread: int) -> list[TrackResult]:
        contact = {**ANN, f"by{thread}": thread}
        names = [f"p{thread}_{number}" for number in range(3)]
        return [registry.track({"eventName": NAME, "contact": contact, "properties": {name: 1}}) for name in names]

    tracked = [outcome for outcomes in _at_once(send, range(THREADS)) for outcome in outcomes]
    errors = [outcome.errors for outcome in tracked if not outcome.ok]
    expect("What is wrong with requests of several threads that nothing speaks against", errors, [])
    unseen = [outcome.event_id for outcome in tracked if not subject.store.seen(str(outcome.event_id))]
    expect("Events of several threads that were accepted and are not seen", unseen, [])
    schema = subject.store.load(NAME)
    added = sorted(schema.properties) if schema else []
    names = sorted(f"p{thread}_{number}" for thread in range(THREADS) for number in range(3))
    expect("The schema has each property that a thread added", added, names)
    values = [dict(contact.properties) for contact in subject.store.find(ANN)]
    expected = [{f"by{thread}": thread for thread in range(THREADS)}]
    expect("The contact, one alone, has each property that a thread set", values, expected)


def _at_once(call: Callable[[A], B], arguments: Sequence[A]) -> list[B]:
    """What ``call`` returns for each of ``arguments``, called by as many threads when all are ready."""
    ready = Barrier(len(arguments))

    def wait_and_call(argument: A) -> B:
        ready.wait()
        return call(argument)

    with ThreadPoolExecutor(len(arguments)) as threads:
        return list(threads.map(wait_and_call, arguments))


#: What is promised of a store that :func:`is_empty`, in the order of how much is taken for granted.
PROMISES: Final[tuple[Callable[[Subject], None], ...]] = (
    _a_schema_is_saved_on_the_version_that_the_change_is_based_on,
    _a_schema_is_not_changed_where_it_has_a_property_already,
    _a_schema_may_have_no_properties,
    _a_schema_is_declared_as_it_is,
    _a_request_is_saved_whole,
    _ids_are_given_where_there_are_none,
    _names_and_identifiers_are_told_apart,
    _names_are_as_long_as_rules_allow,
    _what_nothing_can_be_called_by_is_not_found,
    _identifiers_are_of_three_names,
    _whom_a_history_names_is_a_line_of_text,
    _an_event_id_is_saved_once,
    _a_request_that_another_outran_to_the_schema_is_stale,
    _a_request_that_adds_nothing_is_not_outrun_by_a_change_of_the_schema,
    _a_request_that_another_outran_to_the_contact_is_stale,
    _an_identifier_that_another_contact_took_makes_a_request_stale,
    _a_contact_that_has_other_identifiers_now_makes_a_request_stale,
    _an_identifier_that_its_contact_gave_up_is_free,
    _other_changes_to_a_contact_are_kept,
    _a_contact_that_was_erased_makes_a_request_stale,
    _erasing_forgets_a_contact_and_what_its_events_say_of_it,
    _erasing_can_leave_the_values_of_events,
    _of_requests_that_exclude_each_other_one_thread_is_answered_saved,
    _what_threads_save_at_once_is_all_there,
)
