"""The contract of a store for late requests, which were decided before another was saved, and for several threads."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any, Final, TypeVar

from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.store.protocols import NotSaved, Saved, UnitOfWork
from eventschema.store.registry import SchemaRegistry
from eventschema.store.tracking import TrackResult
from eventschema.testing.subject import (
    ANN,
    BO,
    EVENT_ID,
    LATE_ID,
    NAME,
    PHONE,
    WHO,
    Subject,
    expect,
    expect_values,
)
from eventschema.track.request import TrackRequest

A = TypeVar("A")
B = TypeVar("B")

THREADS: Final = 8


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


def _a_contact_erased_meanwhile_makes_a_request_stale(subject: Subject) -> None:
    for contact in (ANN, {**ANN, "a": 1}):
        contact_id = subject.save(ANN).contact_id
        late = subject.work(contact, LATE_ID, other=1)
        subject.store.erase(contact_id)
        subject.expect_not_saved(late, NotSaved.STALE, "of a contact that was erased meanwhile")


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
RACE_PROMISES: Final[tuple[Callable[[Subject], None], ...]] = (
    _a_schema_changed_meanwhile_makes_a_request_stale,
    _a_request_that_adds_nothing_is_saved_after_a_schema_change,
    _a_schema_that_is_gone_makes_a_request_stale,
    _a_retype_makes_earlier_decisions_stale,
    _a_contact_created_meanwhile_makes_a_request_stale,
    _an_identifier_taken_meanwhile_makes_a_request_stale,
    _identifiers_changed_meanwhile_make_a_request_stale,
    _a_contact_erased_meanwhile_makes_a_request_stale,
    _one_of_several_competing_threads_saves,
    _changes_of_several_threads_are_all_saved,
)
