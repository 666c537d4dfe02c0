"""The contract of the methods for many requests, which only some stores have: see ``BatchStore``."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from eventschema.core.frozen import FrozenDict
from eventschema.core.schema import EventSchema
from eventschema.store.protocols import NotSaved, Saved, UnitOfWork
from eventschema.testing.differential import saves_batches_as_memory_does
from eventschema.testing.subject import (
    ANN,
    BO,
    EVENT_ID,
    LAST_ID,
    LATE_ID,
    NAME,
    PHONE,
    WHO,
    Subject,
    expect,
    history_of,
)
from eventschema.track.contact import Contact
from eventschema.track.request import TrackRequest

_Payload = Mapping[str, Any]


def batch_promises(store: object) -> tuple[Callable[[Subject], None], ...]:
    """The promises that ``store`` makes with the optional methods that it has."""
    return tuple(promise for name, promises in _PROMISES.items() if hasattr(store, name) for promise in promises)


def request(contact: Mapping[str, Any], event_id: str | None = None, /, **properties: Any) -> _Payload:
    """A track request."""
    return {"eventName": NAME, "contact": contact, "properties": properties, "eventID": event_id}


def decide_many(subject: Subject, payloads: Iterable[_Payload]) -> list[UnitOfWork]:
    """Decide valid requests, each on what the store holds and what the requests before it would change."""
    schema, known, works = subject.store.load(NAME), list[Contact](), list[UnitOfWork]()
    for payload in payloads:
        parsed = TrackRequest.parse(payload)
        identifiers = parsed.contact.identifiers.items()
        ids = {contact.id for contact in known}
        known += [contact for contact in subject.store.find(parsed.contact.identifiers) if contact.id not in ids]
        matches = [contact for contact in known if identifiers & contact.identifiers.items()]
        decision = parsed.decide(schema, matches)
        if decision.contact is None:
            raise AssertionError(f"Errors of the valid request {payload}: expected (), found {decision.errors}.")
        works.append(UnitOfWork.of(parsed, decision, matches, WHO))
        schema = decision.schema
        known = [contact for contact in known if contact is not works[-1].before] + [decision.contact]
    return works


def _commit(subject: Subject, works: Sequence[UnitOfWork], *, atomic: bool = False) -> list[Saved | NotSaved]:
    outcomes = list(_commit_many(subject)(works, atomic=atomic))
    expect(f"Number of outcomes from commit_many of {len(works)} requests", len(outcomes), len(works))
    return outcomes


def _commit_many(subject: Subject) -> Callable[..., Sequence[Saved | NotSaved]]:
    commit: Callable[..., Sequence[Saved | NotSaved]] = getattr(subject.store, "commit_many")  # noqa: B009  # optional
    return commit


def _kinds(outcomes: Iterable[Saved | NotSaved]) -> list[object]:
    return [outcome if isinstance(outcome, NotSaved) else Saved for outcome in outcomes]


def _expect_kinds(which: str, outcomes: Iterable[Saved | NotSaved], *expected: object) -> None:
    expect(f"commit_many of {which}", _kinds(outcomes), list(expected))


_GROWING: Final = (
    request(ANN, EVENT_ID),
    request({**ANN, "a": 1}, total=1.5),
    request(ANN, total=2, more="x"),
    request({**ANN, **PHONE}),
    request({**PHONE, **BO, "b": ["x"]}, total=3.5),
    request({**BO, "a": None}, last=True, more="y"),
    request({**ANN, "other": 1}),  # another contact, with the email that the first one has given up
    request({**PHONE, "c": 2}),
    request(BO, LATE_ID, total=4.5),
    request({**PHONE, "c": 3}),
)


def _a_batch_may_build_on_itself(subject: Subject) -> None:
    works = decide_many(subject, _GROWING)
    outcomes = _commit(subject, works)
    _expect_kinds("requests that build on each other", outcomes, *[Saved] * len(works))
    saved = [outcome for outcome in outcomes if isinstance(outcome, Saved)]
    ids = [saved[0].contact_id] * len(works)
    ids[6] = saved[6].contact_id
    expect("Number of contacts that a batch created", len(set(ids)), 2)
    expect("contact_id of each request of a batch", [one.contact_id for one in saved], ids)
    expect("event_id of an event with an id", (saved[0].event_id, saved[8].event_id), (EVENT_ID, LATE_ID))
    bo = Contact(ids[0], BO["email"], PHONE["phoneNumber"], FrozenDict({"b": ("x",), "c": 3}))
    for wanted in (BO, PHONE):
        expect(f"find of {wanted} after a batch", list(subject.store.find(wanted)), [bo])
    ann = Contact(ids[6], ANN["email"], None, FrozenDict({"other": 1}))
    expect("find of an identifier that changed hands in a batch", list(subject.store.find(ANN)), [ann])
    _expect_schema_and_events(subject, works, saved)


def _expect_schema_and_events(subject: Subject, works: Sequence[UnitOfWork], saved: Sequence[Saved]) -> None:
    schema = subject.store.load(NAME)
    names = [] if schema is None else list(schema.properties)
    expect("Properties of a schema that grew in a batch", names, ["total", "more", "last"])
    records: list[object] = [(0, [], EVENT_ID, WHO), (1, [("total", "float")], saved[1].event_id, WHO)]
    records += [(2, [("more", "string")], saved[2].event_id, WHO), (3, [("last", "bool")], saved[5].event_id, WHO)]
    expect("history of a schema that grew in a batch", history_of(subject.store), records)
    events = [
        replace(
            work.event,
            id=outcome.event_id,
            identifiers=FrozenDict({"id": outcome.contact_id, **replace(work.contact, id=None).identifiers}),
        )
        for work, outcome in zip(works, saved, strict=True)
    ]
    events.sort(key=lambda event: str(event.id))
    subject.expect_events("Events of a batch, each with the identifiers that its contact had then", *events)


def _a_batch_may_be_empty(subject: Subject) -> None:
    for atomic in (False, True):
        expect("commit_many of nothing", _commit(subject, [], atomic=atomic), [])


def _a_contact_without_id_was_created_by_the_same_call(subject: Subject) -> None:
    first, second = decide_many(subject, [request(ANN), request({**ANN, "a": 1}, EVENT_ID)])
    which = "about a contact without an id that no earlier request of the call created"
    for work in (second, replace(second, contact_change=None)):
        subject.expect_not_saved(work, NotSaved.STALE, which)
        _expect_kinds(f"one request {which}", _commit(subject, [work]), NotSaved.STALE)
    subject.commit(first, "that creates a contact")
    _expect_kinds(f"one request {which}", _commit(subject, [second]), NotSaved.STALE)


def _a_stale_request_does_not_stop_others(subject: Subject) -> None:
    works = decide_many(subject, [request(BO, a=1), request({**ANN, "x": 1}, EVENT_ID), request(PHONE, LATE_ID, b=2)])
    subject.save(BO, LAST_ID, a=1)
    late = replace(works[1], event=replace(works[1].event, name="other"), schema_version=None)
    again = replace(works[2], event=replace(works[2].event, name="third"), schema_change=None, schema_version=None)
    outcomes = _commit(subject, [works[0], late, again])
    _expect_kinds("three requests, the first decided before another writer's", outcomes, NotSaved.STALE, Saved, Saved)
    seen = [subject.store.seen(id_) for id_ in (EVENT_ID, LATE_ID, LAST_ID)]
    expect("seen of the events of a batch after a stale one", seen, [True] * 3)


def _a_repetition_does_not_stop_others(subject: Subject) -> None:
    subject.save(ANN, EVENT_ID, total=1.5)
    sent = [request(BO, EVENT_ID), request(PHONE, LATE_ID), request({**PHONE, "a": 1}, LATE_ID), request(ANN)]
    outcomes = _commit(subject, decide_many(subject, sent))
    expected = (NotSaved.DUPLICATE, Saved, NotSaved.DUPLICATE, Saved)
    _expect_kinds("four requests, the first and third with ids of saved events", outcomes, *expected)
    expect("find of the contact of a repeated event", list(subject.store.find(BO)), [])
    properties = [dict(contact.properties) for contact in subject.store.find(PHONE)]
    expect("Properties of the contact after a repeated event", properties, [{}])


def _requests_on_top_of_an_unsaved_one_are_stale(subject: Subject) -> None:
    subject.save({**ANN, **PHONE}, EVENT_ID, total=1.5)
    schema = [request(BO, EVENT_ID, new=1), request(ANN, new=2), request(ANN, LATE_ID, other=True)]
    outcomes = _commit(subject, decide_many(subject, schema))
    which = "requests that use properties which a repetition did not add"
    _expect_kinds(which, outcomes, NotSaved.DUPLICATE, NotSaved.STALE, NotSaved.STALE)
    contact = [request({**ANN, "a": 1}, EVENT_ID), request({**PHONE, "b": 2}, LATE_ID), request(BO, LAST_ID)]
    outcomes = _commit(subject, decide_many(subject, contact))
    which = "requests about a contact that a repetition did not change"
    _expect_kinds(which, outcomes, NotSaved.DUPLICATE, NotSaved.STALE, Saved)
    created = [request({"email": "cy@example.com"}, EVENT_ID), request({"email": "cy@example.com", "a": 1}, LATE_ID)]
    outcomes = _commit(subject, decide_many(subject, created))
    which = "requests about a contact that a repetition did not create"
    _expect_kinds(which, outcomes, NotSaved.DUPLICATE, NotSaved.STALE)
    expect("seen of an event that built on one not saved", subject.store.seen(LATE_ID), False)
    names = list((subject.store.load(NAME) or subject.work(ANN).event).properties)
    expect("Properties of a schema after a batch that a repetition began", names, ["total"])


def _a_stale_change_of_a_new_contact_makes_later_ones_stale(subject: Subject) -> None:
    sent = [request(ANN), request({**ANN, **PHONE}), request({**ANN, "a": 1}, EVENT_ID), request({**ANN, "a": 2})]
    works = decide_many(subject, sent)
    subject.save(PHONE)  # this creates the schema too, so the first is decided again
    first = decide_many(subject, sent[:1])
    outcomes = _commit(subject, [*first, *works[1:]])
    which = "requests about a new contact whose phone number is taken meanwhile"
    _expect_kinds(which, outcomes, Saved, NotSaved.STALE, NotSaved.STALE, NotSaved.STALE)
    properties = [dict(contact.properties) for contact in subject.store.find(ANN)]
    expect("Properties of a new contact whose changes were stale", properties, [{}])


def _atomic_saves_all_or_nothing(subject: Subject) -> None:
    subject.save(PHONE, EVENT_ID, total=1.5)
    sent = [request(ANN, LATE_ID, a=1), request({**ANN, "x": 1}, LAST_ID), request(PHONE, EVENT_ID), request(BO)]
    works = decide_many(subject, sent)
    subject.save(BO, b=1)
    before = subject.answers()
    outcomes = _commit(subject, works, atomic=True)
    expected = (NotSaved.STALE, NotSaved.STALE, NotSaved.DUPLICATE, NotSaved.STALE)
    _expect_kinds("four requests, atomic, the last of them stale", outcomes, *expected)
    for question, answer in subject.answers().items():
        expect(f"{question} is unchanged by an atomic batch of which one is stale", answer, before[question])
    outcomes = _commit(subject, decide_many(subject, sent), atomic=True)
    _expect_kinds("four requests, atomic, one of them a repetition", outcomes, Saved, Saved, NotSaved.DUPLICATE, Saved)
    twice = decide_many(subject, [request(ANN, "0" * 8 + EVENT_ID[8:].replace("a", "d")) for _ in range(2)])
    late = decide_many(subject, [request(ANN, later=1)])
    subject.save(ANN, more=1)
    outcomes = _commit(subject, [*twice, *late], atomic=True)
    which = "two requests with one new event id and a stale one, atomic"
    _expect_kinds(which, outcomes, NotSaved.STALE, NotSaved.STALE, NotSaved.STALE)


def _a_retype_makes_a_batch_stale(subject: Subject) -> None:
    subject.save(ANN, total=1)
    sent = [request(ANN, EVENT_ID, total=1), request(ANN, LATE_ID, total=2, more=True), request(ANN, LAST_ID)]
    works = decide_many(subject, sent)
    other = TrackRequest.parse({"eventName": "other", "contact": PHONE})
    works.append(UnitOfWork.of(other, other.decide(None, ()), ()))
    schema = subject.store.load(NAME)
    subject.store.save((schema or EventSchema(NAME)).retype_change({"total": "float"}))
    outcomes = _commit(subject, works)
    expected = (NotSaved.STALE, NotSaved.STALE, NotSaved.STALE, Saved)
    _expect_kinds("requests of which the schema was retyped, and one of another schema", outcomes, *expected)
    outcomes = _commit(subject, decide_many(subject, sent))
    _expect_kinds("requests that were decided again after a retype", outcomes, Saved, Saved, Saved)


def _find_many_answers_as_find(subject: Subject) -> None:
    subject.save({**ANN, **PHONE, "a": 1})
    subject.save({**BO, "b": ["x"]})
    several = [ANN, {}, {**PHONE, **BO}, {"email": "nobody@example.com"}, BO, {"id": "x", **ANN}]
    several += [{"phoneNumber": "\0"}, {"email": PHONE["phoneNumber"]}]
    found = list(getattr(subject.store, "find_many")(several))  # noqa: B009  # an optional method
    expect("find_many", [list(contacts) for contacts in found], [list(subject.store.find(one)) for one in several])
    expect("find_many of nothing", list(getattr(subject.store, "find_many")([])), [])  # noqa: B009


def _load_many_answers_as_load(subject: Subject) -> None:
    subject.save(ANN, total=1.5, other=True)
    names = ["nothing", NAME, "a\0b", NAME.upper(), NAME]
    found = list(getattr(subject.store, "load_many")(names))  # noqa: B009  # an optional method
    expect("load_many", found, [subject.store.load(name) for name in names])
    expect("load_many of nothing", list(getattr(subject.store, "load_many")([])), [])  # noqa: B009


def _seen_many_answers_as_seen(subject: Subject) -> None:
    subject.save(ANN, EVENT_ID)
    ids = [LATE_ID, EVENT_ID, "", "\ud800", EVENT_ID]
    found = list(getattr(subject.store, "seen_many")(ids))  # noqa: B009  # an optional method
    expect("seen_many", found, [subject.store.seen(id_) for id_ in ids])
    expect("seen_many of nothing", list(getattr(subject.store, "seen_many")([])), [])  # noqa: B009


#: The promises by the method that makes them.
_PROMISES: Final[Mapping[str, tuple[Callable[[Subject], None], ...]]] = {
    "commit_many": (
        _a_batch_may_be_empty,
        _a_batch_may_build_on_itself,
        _a_contact_without_id_was_created_by_the_same_call,
        _a_stale_request_does_not_stop_others,
        _a_repetition_does_not_stop_others,
        _requests_on_top_of_an_unsaved_one_are_stale,
        _a_stale_change_of_a_new_contact_makes_later_ones_stale,
        _atomic_saves_all_or_nothing,
        saves_batches_as_memory_does,
        _a_retype_makes_a_batch_stale,
    ),
    "find_many": (_find_many_answers_as_find,),
    "load_many": (_load_many_answers_as_load,),
    "seen_many": (_seen_many_answers_as_seen,),
}
