"""Properties of every track request: nothing raises, nothing is half done, a repeated request changes nothing."""

import json
import pickle
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from eventschema import (
    Contact,
    ContactChange,
    EventSchema,
    PropertyType,
    Rules,
    SchemaChange,
    TrackDecision,
    TrackedEvent,
    TrackRequest,
    UnknownField,
    Violation,
)
from eventschema.testing import rules as any_rules
from tests.strategies_core import values
from tests.strategies_track import (
    EMAILS,
    FIELDS,
    contacts,
    good_requests,
    json_requests,
    made,
    python_requests,
    schemas,
)

RULES = st.sampled_from(
    [Rules(), Rules(nulls="reject", types="exact"), Rules(max_properties=1, new_properties="reject")]
)
ORDER = ("eventName", "eventTime", "eventID", "origin", "eventVersion", "contact", "properties")


def exactly(value: Any) -> str:
    """The document of ``value`` as strict JSON, which tells 1, 1.0 and true apart."""
    return json.dumps(None if value is None else value.to_dict(), allow_nan=False)


def place(error: Violation) -> int:
    """The rank of an error in the order of errors."""
    return (
        len(ORDER) if isinstance(error, UnknownField) or not error.pointer else ORDER.index(error.pointer.split("/")[1])
    )


def hold_to_the_rules(payload: object, rules: Rules, schema: EventSchema | None, matches: list[Contact]) -> None:
    request = TrackRequest.parse(payload, rules)
    if schema is not None and request.event_name != schema.name:
        schema = None
    decision = request.decide(schema, matches)
    assert all(isinstance(error, Violation) for error in decision.errors)
    assert sorted(decision.errors, key=place) == list(decision.errors)
    assert [error for error in decision.errors if error in request.errors] == list(request.errors)
    json.dumps([error.to_dict() for error in decision.errors], ensure_ascii=False).encode()
    results = (decision.event, decision.schema, decision.contact)
    assert decision.ok is not bool(decision.errors)
    assert all((result is not None) is decision.ok for result in results)
    if not decision.ok:
        assert decision == TrackDecision(decision.errors)


@given(json_requests, RULES, schemas, st.lists(contacts, max_size=3))
def test_no_json_value_raises(payload: Any, rules: Rules, schema: EventSchema | None, matches: list[Contact]) -> None:
    before = repr(payload)
    hold_to_the_rules(payload, rules, schema, matches)
    assert repr(payload) == before


@given(python_requests, RULES, schemas, st.lists(contacts, max_size=3))
def test_no_python_value_raises(recipe: Any, rules: Rules, schema: EventSchema | None, matches: list[Contact]) -> None:
    hold_to_the_rules(made(recipe), rules, schema, matches)


@given(values, any_rules())
def test_without_a_name_only_values_no_type_accepts_are_errors(value: Any, rules: Rules) -> None:
    event = {"a": value}
    request = TrackRequest.parse({"eventName": "", "contact": {"id": "c1"}, "properties": event}, rules)
    faults = request.decide(None, [ANN]).errors[1:]
    merged = [EventSchema("e", {"a": type_}).merge(event, rules) for type_ in PropertyType]
    assert bool(faults) is not any(result.ok for result in merged)


def found(payload: dict[str, Any], contact: Contact | None) -> list[Contact]:
    """What a store finds for a request: the contact, once for each of its identifiers that is given."""
    identifiers = TrackRequest.parse(payload).contact.identifiers
    held = {} if contact is None else contact.identifiers
    return [contact for name, value in identifiers.items() if contact is not None and held.get(name) == value]


@given(good_requests(), st.none() | contacts, schemas)
def test_a_change_makes_the_contact_of_the_decision(
    payload: dict[str, Any], contact: Contact | None, schema: EventSchema | None
) -> None:
    matches = found(payload, contact)
    decision = TrackRequest.parse(payload).decide(schema, matches)
    assume(decision.ok)
    before = matches[0] if matches else None
    after = before if decision.contact_change is None else decision.contact_change.apply(before)
    assert exactly(after) == exactly(decision.contact)
    if decision.contact_change is not None:
        assert decision.contact_change.kind == ("create" if before is None else "update")
        assert exactly(after) != exactly(before)
    if decision.schema_change is not None:
        assert (schema or EventSchema("order")).apply(decision.schema_change) == decision.schema
    else:
        assert decision.schema is schema


@given(good_requests(), st.none() | contacts, st.none() | st.just("c9"), schemas)
def test_the_same_request_again_changes_nothing(
    payload: dict[str, Any], contact: Contact | None, given_id: str | None, schema: EventSchema | None
) -> None:
    request = TrackRequest.parse(payload)
    first = request.decide(schema, found(payload, contact))
    assume(first.ok)
    assert first.contact is not None
    assert first.event is not None
    stored = replace(first.contact, id=first.contact.id or given_id)
    again = request.decide(first.schema, [stored])
    assert again.ok
    assert again.schema_change is None
    assert again.contact_change is None
    assert again.schema is first.schema
    assert again.contact is stored
    assert again.event == replace(first.event, identifiers=stored.identifiers)


@given(good_requests(), st.none() | contacts)
def test_what_is_saved_is_read_back(payload: dict[str, Any], contact: Contact | None) -> None:
    decision = TrackRequest.parse(payload).decide(None, found(payload, contact))
    assert decision.ok
    readers: list[tuple[Any, Any]] = [
        (decision.event, TrackedEvent),
        (decision.contact, Contact),
        (decision.contact_change, ContactChange),
        (decision.schema_change, SchemaChange),
    ]
    for value, reader in readers:
        if value is not None:
            document = json.loads(exactly(value))
            assert document == value.to_dict()  # arrays are lists in it, as in all JSON
            again = reader.from_dict(document)
            assert again == value
            assert exactly(again) == exactly(value)
    copy = pickle.loads(pickle.dumps(decision))
    assert copy == decision
    assert hash(copy) == hash(decision)


# --- several faults at once ---

GOOD: dict[str, Any] = {
    "eventName": "order",
    "eventTime": "2021-09-01T12:41",
    "eventID": "2e5f3a6c-0c9b-4b7e-9d1a-0f5c8b7a6d4e",
    "origin": "api",
    "eventVersion": "v2",
    "contact": {"id": "c1", "email": EMAILS[0], "phoneNumber": "+12", "a": "x", "b": ["x"]},
    "properties": {"a": 1, "b": 2},
}
ANN = Contact("c1", EMAILS[0], "+12")
Fault = Callable[[dict[str, Any], list[Contact]], object]


def put(value: Any, *path: str) -> Fault:
    def fault(payload: dict[str, Any], _: list[Contact]) -> None:
        *parents, name = path
        for parent in parents:
            payload = payload[parent]
        payload[name] = value

    return fault


#: What can be wrong, in the order in which it is reported; of each row, one at a time.
FAULTS: list[list[Fault]] = [
    [lambda payload, _: payload.pop("eventName"), put("", "eventName"), put(None, "eventName"), put([], "eventName")],
    [put("2021-09-01", "eventTime"), put(0, "eventTime")],
    [put("x", "eventID"), put({}, "eventID")],
    [put("x" * 256, "origin"), put({}, "origin")],
    [put("\n", "eventVersion"), put(2, "eventVersion")],
    [put(None, "contact", "id"), put(7, "contact", "id"), put("", "contact", "id")],
    [put(None, "contact", "email"), put("ann", "contact", "email")],
    [put(["x", 1], "contact", "a"), put({}, "contact", "a"), put("x" * 2049, "contact", "a")],
    [put([None], "contact", "b"), put(float("nan"), "contact", "b"), put(["x"] * 101, "contact", "b")],
    [put(1, "contact", "not a name"), put(None, "contact", "n" * 129)],
    [lambda _, matches: matches.append(Contact("c2"))],
    [put("one", "properties", "a"), put([], "properties", "a"), put(2**64 + 1, "properties", "a")],
    [put("\ud800", "properties", "b"), put(float("inf"), "properties", "b")],
    [put(1, "properties", "")],
    [put(1, "propertes"), put(None, "contact/id")],
    [put(1, "eventname")],
]


def errors_of(faults: list[Fault], fields: list[str]) -> list[tuple[str, str]]:
    payload, matches = deepcopy(GOOD), [ANN]
    for fault in faults:
        fault(payload, matches)
    ordered = {name: payload[name] for name in fields if name in payload} | payload
    request = TrackRequest.parse(ordered)
    schema = EventSchema("order", {"a": "int"}) if request.event_name else None
    return [(error.code, error.pointer) for error in request.decide(schema, matches).errors]


@given(st.data(), st.permutations(FIELDS))
def test_several_errors_are_those_of_each_fault_alone(data: st.DataObject, fields: list[str]) -> None:
    rows = data.draw(st.lists(st.sampled_from(range(len(FAULTS))), unique=True, max_size=len(FAULTS)).map(sorted))
    faults = [data.draw(st.sampled_from(FAULTS[row])) for row in rows]
    assert all(len(errors_of([fault], fields)) == 1 for fault in faults)
    assume(0 not in rows or not any(row[0] in faults for row in FAULTS[11:12]))  # without a name there is no schema
    assert errors_of(faults, fields) == [error for fault in faults for error in errors_of([fault], fields)]
