"""The contract of a store: one function for each promise. Each is called with an empty store.

A request is decided on what the store holds at that time. A late request was decided before another was saved.
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
from uuid import UUID

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
# Texts that are no valid name, id or identifier.
_INVALID_TEXTS: Final = ("", "a\0b", "\x1f", "\x7f", "\ud800", "x" * 5000)
_LONGEST_EMAIL: Final = f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 57}.com"
_LONG_NAMES: Final = Rules(max_name_length=5000, max_event_name_length=5000)


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


def _save_compares_the_base_version(subject: Subject) -> None:
    store = subject.store
    expect("save of a change to version 0 without a schema", store.save(change(0, total="float")), False)
    expect("save of an empty change to version 0 without a schema", store.save(change(0)), False)
    expect("save of the first change", store.save(change(None, total="float"), "ann"), True)
    for base_version in (None, 0, 2):
        promise = f"save of a change to version {base_version} when the schema has version 1"
        expect(promise, store.save(change(base_version, other="int")), False)
        expect(f"{promise}, if it adds nothing", store.save(change(base_version)), False)
    expect("save of a change to the current version", store.save(change(1, other="int", a="url"), "bo"), True)
    expected = EventSchema(NAME).apply(change(0, total="float")).apply(change(1, other="int", a="url"))
    expect("load of a schema after two changes", store.load(NAME), expected)
    records = [(0, [], None, "ann"), (1, [("total", "float")], None, "ann")]
    records += [(2, [("other", "int"), ("a", "url")], None, "bo")]
    expect("history: version, added properties, event id and who", history_of(subject.store), records)


def _save_refuses_a_property_that_exists(subject: Subject) -> None:
    subject.store.save(change(None, total="float"))
    found = subject.store.save(change(1, total="string", other="int"))
    expect("save of a change that adds an existing property", found, False)
    expect("load after a refused change", subject.store.load(NAME), EventSchema(NAME).apply(change(0, total="float")))


def _save_retypes_properties(subject: Subject) -> None:
    store = subject.store
    expect("save of a retype without a schema", store.save(retype(0, total=("int", "float"))), False)
    store.declare(EventSchema(NAME, {"other": "date", "total": "int"}))
    store.save(change(0, last="bool"))
    schema = store.load(NAME) or EventSchema(NAME)
    for which, late in (
        ("decided on an earlier version", retype(0, total=("int", "float"))),
        ("of a property that the schema does not have", retype(1, none=("int", "float"))),
        ("of a property that has another type than the old one", retype(1, total=("bool", "float"))),
    ):
        expect(f"save of a retype {which}", store.save(late), False)
        expect(f"load after a retype {which}, which must save nothing", store.load(NAME), schema)
    types = {"total": PropertyType.FLOAT, "other": PropertyType.STRING}
    change_ = schema.retype_change(types)
    expect("save of a retype of the current version", store.save(change_, WHO), True)
    expect("second save of the same retype", store.save(change_, WHO), False)
    expect("load of a schema that was retyped", store.load(NAME), schema.apply(change_))
    later = schema.apply(change_).retype({"total": PropertyType.STRING})
    expect("save of a second retype", store.save(schema.apply(change_).retype_change({"total": "string"})), True)
    expect("load of a schema that was retyped twice", store.load(NAME), later)
    found = [dict(record.retyped) for record in store.history(NAME)]
    pairs = [{"total": ("int", "float"), "other": ("date", "string")}, {"total": ("float", "string")}]
    expect("history: what each version retyped", found, [{}, {}, *pairs])
    added = [list(record.added.items()) for record in store.history(NAME)]
    expect(
        "history: what each version added", added, [[("other", "date"), ("total", "int")], [("last", "bool")], [], []]
    )
    expect("history: who retyped", [record.who for record in store.history(NAME)], [None, None, WHO, None])
    reload = getattr(store, "reload", None)
    for known in (schema, schema.apply(change_), later):
        if reload is None:
            return
        expect(f"reload of a schema that was known in version {known.version}", reload(known), later)


def _declare_saves_a_schema_that_was_retyped(subject: Subject) -> None:
    declared = EventSchema(NAME, {"b": "int", "a": "date"}).apply(change(0, c="url")).retype({"b": "float"})
    expect("declare of a schema that was retyped", subject.store.declare(declared), True)
    expect("load of a declared schema that was retyped", subject.store.load(NAME), declared)
    found = [dict(record.retyped) for record in subject.store.history(NAME)]
    expect("history of a declared schema that was retyped", found, [{}, {}, {"b": (None, "float")}])


def _a_retype_makes_earlier_decisions_stale(subject: Subject) -> None:
    subject.save(ANN, total=1, other=True)
    late = [subject.work(ANN, LATE_ID, **given) for given in ({"total": 2}, {}, {"other": False}, {"more": 1})]
    schema = subject.store.load(NAME) or EventSchema(NAME)
    subject.store.save(schema.retype_change({"total": "float"}))
    for work in (*late, replace(late[0], schema_version=None)):
        subject.expect_not_saved(work, NotSaved.STALE, "decided before a person retyped a property of its schema")
    work = subject.work(ANN, EVENT_ID, total=2)
    expect_values("An int for a property that was retyped to float", work.event.properties, {"total": 2.0})
    subject.commit(work, "decided after a retype")
    subject.save(BO, total=1.5, more=1)
    registry = SchemaRegistry(subject.store)
    expect("track of a float for a property that was retyped", registry.track(_total(2.5)).errors, ())
    schema = subject.store.load(NAME) or EventSchema(NAME)
    subject.store.save(schema.retype_change({"total": "string"}))
    expect(
        "track of text, of which only the cache does not know that it is valid", registry.track(_total("x")).errors, ()
    )


def _total(value: object) -> Mapping[str, Any]:
    return {"eventName": NAME, "contact": ANN, "properties": {"total": value}}


def _a_schema_may_have_no_properties(subject: Subject) -> None:
    expect("save of a first change that adds nothing", subject.store.save(change(None)), True)
    expect("load of a schema without properties", subject.store.load(NAME), EventSchema(NAME))
    expect("history of a schema without properties", history_of(subject.store), [(0, [], None, None)])


def _declare_saves_the_schema_as_given(subject: Subject) -> None:
    declared = EventSchema(NAME, {"b": "int", "a": "float"}).apply(change(0, d="date", c="url"))
    expect("declare of a schema with a new name", subject.store.declare(declared, "ann"), True)
    expect("declare of a schema with a name that exists", subject.store.declare(EventSchema(NAME)), False)
    loaded = subject.store.load(NAME)
    expect("load of a schema that was declared", loaded, declared)
    order = [] if loaded is None else list(loaded.properties)
    expect("Order of the properties of a loaded schema", order, ["b", "a", "d", "c"])
    records = [(0, [("b", "int"), ("a", "float")], None, "ann"), (1, [("d", "date"), ("c", "url")], None, "ann")]
    expect("history of a schema that was declared", history_of(subject.store), records)


def _similar_names_and_identifiers_are_different(subject: Subject) -> None:
    store = subject.store
    names = ("order", "Order", "order ", "\u00f6rder", "o\u0308rder", "order%", "\U0001f600" * 255)
    for number, name in enumerate(names):
        schema = EventSchema(name, {f"p{number}": "int", f"P{number}": "float"})
        expect(f"declare of a schema with a different name, {name!r}", store.declare(schema), True)
        expect(f"load of the schema named {name!r}", store.load(name), schema)
    emails = ("ann@example.com", "Ann@example.com", "\u00e4nn@example.com")
    ids = [subject.save({"email": email}).contact_id for email in emails]
    expect("Number of contacts with emails that differ in one character", len(set(ids)), len(emails))
    for email, id_ in zip(emails, ids, strict=True):
        expect(f"find of {email}", [contact.id for contact in store.find({"email": email})], [id_])
    wanted = {"id": emails[0], "phoneNumber": ids[0], "email": ids[1]}
    expect("find of identifiers with values that belong to other identifiers", list(store.find(wanted)), [])
    several = [contact.id for contact in store.find({"id": ids[0], "email": emails[1], **PHONE})]
    expect("find of identifiers of two contacts: their ids, sorted", several, sorted(ids[:2]))


def _names_may_have_thousands_of_characters(subject: Subject) -> None:
    store, random = subject.store, Random(1)  # letters without a pattern: no database can make them much shorter
    name, long = ("".join(random.choices(ascii_letters, k=4000)) for _ in range(2))
    others = (f"{name}a", name[:-1], f"{name[:255]}")
    declared = EventSchema(name, {f"{long}a": "int", f"{long}b": "float", long: "bool", "short": "date"})
    expect("declare of a schema with names of 4,000 characters", store.declare(declared, "ann"), True)
    expect("declare of a schema with an existing name of 4,000 characters", store.declare(declared), False)
    added = SchemaChange(name, 0, FrozenDict({f"{long}c": PropertyType.URL}))
    expect("save of a change with names of 4,000 characters", store.save(added), True)
    expect("second save of a change with names of 4,000 characters", store.save(added), False)
    schema = declared.apply(added)
    expect("load of a schema with names of 4,000 characters", store.load(name), schema)
    for other in others:
        expect("load of a name that differs only after 255 or more characters", store.load(other), None)
    tracked = SchemaRegistry(store, _LONG_NAMES).track(
        {
            "eventName": name,
            "contact": {"email": _LONGEST_EMAIL, "phoneNumber": f"+{'9' * 15}"},
            "properties": {long: 1},
        }
    )
    expect("Number of errors of an int for a bool property with a name of 4,000 characters", len(tracked.errors), 1)
    tracked = SchemaRegistry(store, _LONG_NAMES).track(
        {
            "eventName": name,
            "contact": {"email": _LONGEST_EMAIL, "phoneNumber": f"+{'9' * 15}", long: "x"},
            "properties": {long: True, f"{long}d": 1},
        }
    )
    expect("Errors of a valid request with names of 4,000 characters", tracked.errors, ())
    expect(
        "load after a request that added a long property name",
        store.load(name),
        tracked.decision.schema,
    )
    types = [[*record.added.items()] for record in store.history(name)]
    since = [[*declared.properties.items()], [(f"{long}c", PropertyType.URL)], [(f"{long}d", PropertyType.INT)]]
    expect("history of a schema with names of 4,000 characters: added properties", types, since)
    expect(
        "history of a name of 4,000 characters: schema names",
        {record.name for record in store.history(name)},
        {name},
    )
    for wanted in ({"email": _LONGEST_EMAIL}, {"phoneNumber": f"+{'9' * 15}"}):
        found = [dict(contact.properties) for contact in store.find(wanted)]
        expect("find of a contact by an identifier of the greatest length", found, [{long: "x"}])


def _impossible_names_and_ids_are_not_found(subject: Subject) -> None:
    store = subject.store
    subject.save({**ANN, **PHONE}, EVENT_ID)
    for text in _INVALID_TEXTS:
        expect(f"load of {text[:9]!r}, which is no valid event name", store.load(text), None)
        expect(f"history of {text[:9]!r}, which is no valid event name", list(store.history(text)), [])
        expect(f"seen of {text[:9]!r}, which is no valid event id", store.seen(text), False)
        expect(f"erase of {text[:9]!r}, which is no valid contact id", store.erase(text), False)
        for name in ("id", "email", "phoneNumber"):
            expect(f"find of {name} {text[:9]!r}, which is not valid", list(store.find({name: text})), [])
        found = len(store.find({**ANN, "phoneNumber": text}))
        expect(
            f"find of a saved email and invalid phoneNumber {text[:9]!r}: number of contacts",
            found,
            1,
        )


def _find_refuses_unknown_identifiers(subject: Subject) -> None:
    subject.save(ANN)
    for wanted in ({"mail": ANN["email"]}, {**ANN, "phone_number": PHONE["phoneNumber"]}):
        names = " and ".join(wanted)
        expect_value_error(f"find of {names}, not only id, email and phoneNumber", subject.store.find, wanted)


def _who_is_one_line_of_text(subject: Subject) -> None:
    store = subject.store
    for who in ("a\0b", "a\n", "\x7f", "\ud800"):
        expect_value_error(f"save with who={who!r}", store.save, change(None, total="int"), who)
        expect_value_error(f"declare with who={who!r}", store.declare, EventSchema(NAME), who)
        expect(f"load after save and declare with who={who!r}, which must save nothing", store.load(NAME), None)
    who = "it's \u00e9\U0001f600%s" * 500
    expect("save with a long text as who", store.save(change(None), who), True)
    expect("history records the who of save", [record.who == who for record in store.history(NAME)], [True])


def _commit_saves_the_whole_request(subject: Subject) -> None:
    store = subject.store
    work = subject.work({**ANN, "tags": ["a", "b\0"], "none": [], **_VALUES}, gone=None, fine=0.12345678, **_VALUES)
    event = replace(work.event, time="2026-03-05T09:30+01:00", origin="\u4f8b api 'x'", event_version="v2 \U0001f600")
    work = replace(work, event=event)
    saved = subject.commit(work, "without errors")
    contact = replace(work.contact, id=saved.contact_id)
    for wanted in ({"id": saved.contact_id}, ANN, {"id": saved.contact_id, **ANN, **PHONE}):
        found = list(store.find(wanted))
        promise = f"find of {wanted} of one contact"
        expect(f"{promise}: number of contacts", len(found), 1)
        promise += ": the contact as it was saved"
        expect_values(promise, found[0].properties, contact.properties)
        expect(promise, replace(found[0], properties=EMPTY), replace(contact, properties=EMPTY))
    schema = EventSchema(NAME).merge(work.event.properties).schema
    expect("load of the schema that a request created", store.load(NAME), schema)
    added = [(name, str(type_)) for name, type_ in schema.properties.items()]
    records = [(0, [], saved.event_id, WHO), (1, added, saved.event_id, WHO)]
    expect("history of a schema that a request created", history_of(subject.store), records)
    expect("seen of an event that was saved", store.seen(saved.event_id), True)
    event = replace(work.event, id=saved.event_id, identifiers=contact.identifiers)
    subject.expect_events("A saved event, with its id and its contact's identifiers", event)


def _commit_creates_missing_ids(subject: Subject) -> None:
    saved = [subject.save(contact) for contact in (ANN, ANN, BO)]
    for event_id, contact_id in saved:
        promise = f"A new event id, {event_id!r}, is a UUID in lower case"
        expect(promise, type(event_id) is str and _UUID.fullmatch(event_id) is not None, True)
        promise = f"A new contact id, {contact_id!r}, is text of 1 to 255 characters without control characters"
        expect(promise, is_line(contact_id, 255), True)
    expect("Number of different ids of three new events", len({event_id for event_id, _ in saved}), 3)
    expect("contact_id from commit for a contact that exists", saved[1].contact_id, saved[0].contact_id)
    expect("A second contact gets a different id", saved[2].contact_id != saved[0].contact_id, True)
    expect("event_id from commit for an event with an id", subject.save(ANN, EVENT_ID).event_id, EVENT_ID)


def _an_event_id_is_saved_once(subject: Subject) -> None:
    subject.save(ANN, EVENT_ID, total=1.5)
    for contact, added in ((BO, {"other": 1}), (BO, {}), ({**ANN, "a": 1}, {}), (ANN, {}), (ANN, {"other": 1})):
        repetition = subject.work(contact, EVENT_ID, **added)
        subject.expect_not_saved(repetition, NotSaved.DUPLICATE, "with the id of a saved event")


def _a_schema_changed_meanwhile_makes_a_request_stale(subject: Subject) -> None:
    first, same = subject.work(BO, LATE_ID, other=1), subject.work(BO, LATE_ID, total=2.5)
    subject.save(ANN, EVENT_ID, total=1.5)
    for late in (first, same):
        subject.expect_not_saved(late, NotSaved.STALE, "decided before the schema was created")
    late = subject.work({**ANN, "a": 1}, LATE_ID, more=True)
    subject.save(BO, other=1)
    subject.expect_not_saved(late, NotSaved.STALE, "that adds to a schema which another request has changed meanwhile")


def _a_request_that_adds_nothing_is_saved_after_a_schema_change(subject: Subject) -> None:
    subject.save(ANN, total=1.5)
    late = subject.work(ANN, LATE_ID, total=2.5)
    subject.save(ANN, other=1)
    subject.commit(late, "that adds nothing to a schema which another request has changed meanwhile")


def _a_schema_that_is_gone_makes_a_request_stale(subject: Subject) -> None:
    request = TrackRequest.parse({"eventName": NAME, "contact": ANN, "properties": {"total": 1}, "eventID": LATE_ID})
    declared = EventSchema(NAME, {"total": PropertyType.INT})

    def decided_on(schema: EventSchema) -> UnitOfWork:
        return UnitOfWork.of(request, request.decide(schema, ()), (), WHO)

    which = "decided on a schema, or on a version of it, that the store does not have"
    for known in (declared, declared.merge({"other": 1}).schema):
        subject.expect_not_saved(decided_on(known), NotSaved.STALE, which)
        subject.store.declare(declared)
    subject.commit(decided_on(declared), "decided on the schema that the store has")


def _a_contact_created_meanwhile_makes_a_request_stale(subject: Subject) -> None:
    subject.save(PHONE)
    late = subject.work({**ANN, "a": 1}, LATE_ID, other=1)
    subject.save(ANN, EVENT_ID)
    subject.expect_not_saved(late, NotSaved.STALE, "that creates a contact with an email taken meanwhile")


def _an_identifier_taken_meanwhile_makes_a_request_stale(subject: Subject) -> None:
    subject.save(ANN)
    late = subject.work({**ANN, **PHONE}, LATE_ID, other=1)
    subject.save(PHONE, EVENT_ID)
    subject.expect_not_saved(late, NotSaved.STALE, "that sets a phone number taken meanwhile")


def _identifiers_changed_meanwhile_make_a_request_stale(subject: Subject) -> None:
    contact_id = subject.save(ANN).contact_id
    late = subject.work({**ANN, "a": 1}, LATE_ID, other=1)
    subject.save({"id": contact_id, **BO}, EVENT_ID)
    subject.expect_not_saved(late, NotSaved.STALE, "of a contact whose email another request has changed meanwhile")


def _a_replaced_identifier_is_free(subject: Subject) -> None:
    contact_id = subject.save(ANN).contact_id
    subject.save({"id": contact_id, **BO})
    expect("find of an email that its contact has replaced", list(subject.store.find(ANN)), [])
    other = subject.save(ANN).contact_id
    expect(
        "A contact with a replaced email of another gets an id of its own",
        other != contact_id,
        True,
    )
    found = [[contact.id for contact in subject.store.find(wanted)] for wanted in (ANN, BO)]
    expect("find of the replaced email and of the new one: contact ids", found, [[other], [contact_id]])


def _commit_keeps_other_changes_to_the_contact(subject: Subject) -> None:
    contact_id = subject.save({**ANN, "a": 1, "b": 1, "c": 1}).contact_id
    first = subject.work({**ANN, "a": 2, "c": None})
    second = subject.work({**ANN, **PHONE, "b": 2})
    which = "of a contact whose other properties another request has changed meanwhile"
    subject.commit(first, which)
    subject.commit(second, which)
    contact = Contact(contact_id, ANN["email"], PHONE["phoneNumber"], FrozenDict({"a": 2, "b": 2}))
    for wanted in (ANN, PHONE):
        promise = f"find of {wanted} after two requests changed one contact, both decided before either was saved"
        expect(promise, list(subject.store.find(wanted)), [contact])


def _a_contact_erased_meanwhile_makes_a_request_stale(subject: Subject) -> None:
    for contact in (ANN, {**ANN, "a": 1}):
        contact_id = subject.save(ANN).contact_id
        late = subject.work(contact, LATE_ID, other=1)
        subject.store.erase(contact_id)
        subject.expect_not_saved(late, NotSaved.STALE, "of a contact that was erased meanwhile")


def _erase_removes_the_contact_and_its_data_in_events(subject: Subject) -> None:
    store = subject.store
    erased = subject.save({**ANN, **PHONE, "a": 1}, EVENT_ID, total=1, gone=None)
    other = subject.save(BO, LATE_ID, total=2)
    expect("erase of an existing contact", store.erase(erased.contact_id), True)
    expect("erase of an erased contact", store.erase(erased.contact_id), False)
    found = list(store.find({"id": erased.contact_id, **ANN, **PHONE}))
    expect("find of the identifiers of an erased contact", found, [])
    expect("find of another contact after erase", [contact.id for contact in store.find(BO)], [other.contact_id])
    expect("seen of an event of an erased contact", store.seen(EVENT_ID), True)
    bo = FrozenDict({"id": other.contact_id, **BO})
    subject.expect_events(
        "erase keeps id, name and time of the contact's event, and all of other events",
        TrackedEvent(NAME, EMPTY, EMPTY, None, EVENT_ID),
        TrackedEvent(NAME, FrozenDict({"total": 2}), bo, None, LATE_ID),
    )
    subject.expect_not_saved(subject.work(ANN, EVENT_ID), NotSaved.DUPLICATE, "with the event id of an erased contact")
    again = subject.save({**ANN, **PHONE}, LAST_ID)
    expect("A new contact does not get the id of an erased one", again.contact_id != erased.contact_id, True)
    properties = [contact.properties for contact in store.find(ANN)]
    expect("Properties of a contact created again after erase", properties, [EMPTY])


def _erase_can_keep_event_properties(subject: Subject) -> None:
    contact_id = subject.save({**ANN, "a": 1}, EVENT_ID, total=1).contact_id
    expect("erase with keep_properties=True", subject.store.erase(contact_id, keep_properties=True), True)
    expect("find after erase with keep_properties=True", list(subject.store.find({"id": contact_id, **ANN})), [])
    promise = "erase with keep_properties=True keeps the event's properties and removes its identifiers"
    subject.expect_events(promise, TrackedEvent(NAME, FrozenDict({"total": 1}), EMPTY, None, EVENT_ID))


def _find_events_returns_what_was_saved(subject: Subject) -> None:
    find_events = getattr(subject.store, "find_events", None)
    if find_events is None:
        return
    properties = {**_VALUES, "gone": None}
    work = subject.work(ANN, EVENT_ID, **properties)
    saved = subject.commit(work, "without errors")
    subject.save(BO, LATE_ID, other=1)
    expect("find_events of no ids", list(find_events(())), [])
    expect("find_events of ids that no event has", list(find_events((LAST_ID, *_INVALID_TEXTS))), [])
    many = [str(UUID(int=number)) for number in range(1000)]
    found = {event.id: event for event in find_events((EVENT_ID, LATE_ID, EVENT_ID, *many))}
    expect("find_events of two events and many other ids: ids", sorted(found), [EVENT_ID, LATE_ID])
    identifiers = FrozenDict({"id": saved.contact_id, **ANN})
    promise = "find_events returns the event as it was saved"
    expect_values(promise, found[EVENT_ID].properties, work.event.properties)
    event = replace(work.event, properties=EMPTY, identifiers=identifiers)
    expect(promise, replace(found[EVENT_ID], properties=EMPTY), event)
    subject.store.erase(saved.contact_id)
    emptied = [(event.identifiers, event.properties) for event in find_events((EVENT_ID,))]
    expect("find_events of an event of an erased contact: identifiers and properties", emptied, [(EMPTY, EMPTY)])


def _reload_returns_what_load_does(subject: Subject) -> None:
    store, reload = subject.store, getattr(subject.store, "reload", None)
    if reload is None:
        return
    expect("reload of a schema that does not exist", reload(EventSchema(NAME)), None)
    versions = [EventSchema(NAME, {"declared": PropertyType.DATE})]
    store.declare(versions[0])
    for number in range(30):
        versions.append(versions[-1].merge({f"a{number}": number, f"b{number}": "text"}).schema)
        store.save(SchemaChange(NAME, number, FrozenDict(dict(list(versions[-1].properties.items())[-2:]))))
    for known in (versions[-1], versions[-2], versions[-5], versions[0]):
        found, promise = reload(known), f"reload of a schema that is known in version {known.version}"
        expect(promise, found, versions[-1])
        expect(f"{promise}: order of the properties", list(found.properties), list(versions[-1].properties))
    unknown = versions[-1].merge({"more": 1}).schema
    expect("reload of a version that the store does not have", reload(unknown), versions[-1])


def _count_schemas_counts_each_once(subject: Subject) -> None:
    count_schemas = getattr(subject.store, "count_schemas", None)
    if count_schemas is None:
        return
    expect("count_schemas of an empty store", count_schemas(), 0)
    subject.store.declare(EventSchema("visit"))
    subject.save(ANN, total=1)
    subject.save(ANN, other=1)
    expect("count_schemas of a declared schema and one of an event that grew", count_schemas(), 2)


def _one_of_several_competing_threads_saves(subject: Subject) -> None:
    people = [{"email": f"person{number}@example.com"} for number in range(THREADS)]
    _one_is_saved("create the same schema", subject, [subject.work(contact, total=1) for contact in people])
    _one_is_saved("create the same contact", subject, [subject.work({**PHONE, "a": 1}) for _ in people])
    _one_is_saved(
        "add to the same version of the schema", subject, [subject.work(PHONE, **{f"p{n}": 1}) for n in range(THREADS)]
    )
    _one_is_saved("have the same event id", subject, [subject.work(PHONE, EVENT_ID) for _ in people])


def _one_is_saved(what: str, subject: Subject, works: Sequence[UnitOfWork]) -> None:
    outcomes = _in_threads(subject.store.commit, works)
    saved = [outcome for outcome in outcomes if isinstance(outcome, Saved)]
    promise = f"Number saved, and number answered, of {THREADS} requests in as many threads that all {what}"
    expect(promise, (len(saved), len(outcomes)), (1, THREADS))


def _changes_of_several_threads_are_all_saved(subject: Subject) -> None:
    registry = SchemaRegistry(subject.store)

    def send(thread: int) -> list[TrackResult]:
        contact = {**ANN, f"by{thread}": thread}
        names = [f"p{thread}_{number}" for number in range(3)]
        return [registry.track({"eventName": NAME, "contact": contact, "properties": {name: 1}}) for name in names]

    tracked = [outcome for outcomes in _in_threads(send, range(THREADS)) for outcome in outcomes]
    errors = [outcome.errors for outcome in tracked if not outcome.ok]
    expect("Errors of valid requests from several threads", errors, [])
    unseen = [outcome.event_id for outcome in tracked if not subject.store.seen(str(outcome.event_id))]
    expect("Accepted events of several threads for which seen is false", unseen, [])
    schema = subject.store.load(NAME)
    added = sorted(schema.properties) if schema else []
    names = sorted(f"p{thread}_{number}" for thread in range(THREADS) for number in range(3))
    expect("Properties of a schema to which several threads added", added, names)
    values = [dict(contact.properties) for contact in subject.store.find(ANN)]
    expected = [{f"by{thread}": thread for thread in range(THREADS)}]
    expect("Properties of the one contact for which several threads set properties", values, expected)


def _in_threads(call: Callable[[A], B], arguments: Sequence[A]) -> list[B]:
    """Call ``call`` with each of ``arguments`` in a thread of its own, all at the same time, and return the results."""
    ready = Barrier(len(arguments))

    def wait_and_call(argument: A) -> B:
        ready.wait()
        return call(argument)

    with ThreadPoolExecutor(len(arguments)) as threads:
        return list(threads.map(wait_and_call, arguments))


#: The promises, those first that the others rely on.
PROMISES: Final[tuple[Callable[[Subject], None], ...]] = (
    _save_compares_the_base_version,
    _save_refuses_a_property_that_exists,
    _save_retypes_properties,
    _declare_saves_a_schema_that_was_retyped,
    _a_schema_may_have_no_properties,
    _declare_saves_the_schema_as_given,
    _commit_saves_the_whole_request,
    _commit_creates_missing_ids,
    _similar_names_and_identifiers_are_different,
    _names_may_have_thousands_of_characters,
    _impossible_names_and_ids_are_not_found,
    _find_refuses_unknown_identifiers,
    _who_is_one_line_of_text,
    _an_event_id_is_saved_once,
    _a_schema_changed_meanwhile_makes_a_request_stale,
    _a_request_that_adds_nothing_is_saved_after_a_schema_change,
    _a_schema_that_is_gone_makes_a_request_stale,
    _a_retype_makes_earlier_decisions_stale,
    _a_contact_created_meanwhile_makes_a_request_stale,
    _an_identifier_taken_meanwhile_makes_a_request_stale,
    _identifiers_changed_meanwhile_make_a_request_stale,
    _a_replaced_identifier_is_free,
    _commit_keeps_other_changes_to_the_contact,
    _a_contact_erased_meanwhile_makes_a_request_stale,
    _erase_removes_the_contact_and_its_data_in_events,
    _erase_can_keep_event_properties,
    _find_events_returns_what_was_saved,
    _reload_returns_what_load_does,
    _count_schemas_counts_each_once,
    _one_of_several_competing_threads_saves,
    _changes_of_several_threads_are_all_saved,
)
