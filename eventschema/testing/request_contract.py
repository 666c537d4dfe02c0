"""The contract of a store for accepted requests and their contacts: what is saved, found again, counted and erased."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from eventschema.core.changes import SchemaChange
from eventschema.core.frozen import EMPTY, FrozenDict
from eventschema.core.names import is_line
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.store.protocols import NotSaved
from eventschema.testing.subject import (
    ANN,
    BO,
    EVENT_ID,
    INVALID_TEXTS,
    LAST_ID,
    LATE_ID,
    NAME,
    PHONE,
    WHO,
    Subject,
    expect,
    expect_values,
    history_of,
)
from eventschema.track.contact import Contact
from eventschema.track.event import TrackedEvent

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
    expect("find_events of ids that no event has", list(find_events((LAST_ID, *INVALID_TEXTS))), [])
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


#: The promises, those first that the others rely on.
REQUEST_PROMISES: Final[tuple[Callable[[Subject], None], ...]] = (
    _commit_saves_the_whole_request,
    _commit_creates_missing_ids,
    _an_event_id_is_saved_once,
    _a_replaced_identifier_is_free,
    _commit_keeps_other_changes_to_the_contact,
    _erase_removes_the_contact_and_its_data_in_events,
    _erase_can_keep_event_properties,
    _find_events_returns_what_was_saved,
    _reload_returns_what_load_does,
    _count_schemas_counts_each_once,
)
