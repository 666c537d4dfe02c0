"""The contract of a store for names, ids and identifiers: which are told apart, found, and refused."""

from collections.abc import Callable
from random import Random
from string import ascii_letters
from typing import Final

from eventschema.core.changes import SchemaChange
from eventschema.core.frozen import FrozenDict
from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.store.registry import SchemaRegistry
from eventschema.testing.subject import (
    ANN,
    EVENT_ID,
    INVALID_TEXTS,
    NAME,
    PHONE,
    Subject,
    change,
    expect,
    expect_value_error,
)

_LONGEST_EMAIL: Final = f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 57}.com"
_LONG_NAMES: Final = Rules(max_name_length=5000, max_event_name_length=5000)


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
    for text in INVALID_TEXTS:
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


#: The promises, those first that the others rely on.
NAME_PROMISES: Final[tuple[Callable[[Subject], None], ...]] = (
    _similar_names_and_identifiers_are_different,
    _names_may_have_thousands_of_characters,
    _impossible_names_and_ids_are_not_found,
    _find_refuses_unknown_identifiers,
    _who_is_one_line_of_text,
)
