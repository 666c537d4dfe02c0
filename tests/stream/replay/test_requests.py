import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.core.values import Adjustment, AdjustmentKind
from eventschema.core.violations import MalformedRequest, TooManySchemaProperties, TypeConflict, Violation
from eventschema.stream.envelopes import StreamObject
from eventschema.stream.reading import read_objects
from eventschema.stream.replay import AcceptedRequest, Rejection, TrackReplay
from eventschema.track.contact import Contact, ContactChange
from eventschema.track.violations import ContactConflict, ContactNotFound, MissingContactIdentifier

SAMPLE = Path(__file__).parents[3] / "benchmarks" / "data" / "track-requests.ndjson"
ANN, BO = {"email": "ann@example.com"}, {"phoneNumber": "+12025550101"}
CONFLICT = TypeConflict("/properties/total", PropertyType.INT, PropertyType.STRING, 1)
MALFORMED = MalformedRequest("", "a JSON object", "array")


def line(contact: Any, properties: Any = None, name: Any = "order", number: int = 1) -> StreamObject:
    return StreamObject("file", number, {"eventName": name, "contact": contact, "properties": properties})


def fed(replay: TrackReplay, *contacts: dict[str, Any]) -> list[AcceptedRequest | Rejection]:
    return [replay.add(line(contact, number=number)) for number, contact in enumerate(contacts, 1)]


def codes(outcome: AcceptedRequest | Rejection) -> list[str]:
    return [error.code for error in outcome.errors] if isinstance(outcome, Rejection) else []


def test_an_accepted_request_changes_schema_and_contact() -> None:
    replay = TrackReplay()
    outcome = replay.add(line({**ANN, "city": "Oslo"}, {"total": 1, "note": None}))
    schema = EventSchema("order").merge({"total": 1}).schema
    ann = Contact("c1", "ann@example.com", None, {"city": "Oslo"})
    created = ContactChange("create", ANN, {"city": "Oslo"})
    ignored = Adjustment("note", AdjustmentKind.NULL_IGNORED, None, None)
    assert outcome == AcceptedRequest(schema, {"total": PropertyType.INT}, {"total": 1}, ann, created, (ignored,))
    assert (replay.schemas, replay.contacts) == ({"order": schema}, (ann,))
    assert replay.schema("order") == schema
    assert replay.schema("none") is None


def test_a_request_that_brings_nothing_new_changes_nothing() -> None:
    replay = TrackReplay()
    replay.add(line(ANN, {"total": 1}))
    (before,) = replay.contacts
    schema = replay.schema("order")
    outcome = replay.add(line(ANN, {"total": 2}))
    assert schema is not None
    assert outcome == AcceptedRequest(schema, {}, {"total": 2}, before, None)
    assert replay.schema("order") is schema
    assert replay.contacts[0] is before


@pytest.mark.parametrize(
    ("refused", "error"),
    [
        (line({}, {"new": 1}), MissingContactIdentifier("/contact")),
        (line({"id": "c2"}, {"new": 1}), ContactNotFound("/contact/id")),
        (line({**ANN, "city": "Oslo"}, {"total": "x"}), CONFLICT),
        (line({"email": "new@example.com"}, {"total": "x"}), CONFLICT),
        (StreamObject("file", 1, MALFORMED), MALFORMED),
    ],
)
def test_a_refused_request_changes_neither(refused: StreamObject, error: Violation) -> None:
    replay = TrackReplay()
    replay.add(line(ANN, {"total": 1}))
    before = (replay.schemas, replay.contacts)
    assert replay.add(refused) == Rejection("file", 1, "order" if isinstance(refused.value, dict) else None, (error,))
    assert (replay.schemas, replay.contacts) == before


def test_a_request_without_a_name_is_reported_with_all_errors() -> None:
    outcome = TrackReplay().add(line({}, {"total": []}, name=""))
    assert isinstance(outcome, Rejection)
    assert outcome.event is None
    assert codes(outcome) == ["invalid_event_name", "missing_contact_identifier", "unsupported_type"]
    assert outcome.to_dict()["errors"] == [error.to_dict() for error in outcome.errors]


def test_ids_are_given_in_the_order_of_creation() -> None:
    replay = TrackReplay()
    fed(replay, ANN, {"id": "c2"}, BO, ANN, {"email": "cy@example.net"})
    assert [(contact.id, contact.email or contact.phone_number) for contact in replay.contacts] == [
        ("c1", "ann@example.com"),
        ("c2", "+12025550101"),
        ("c3", "cy@example.net"),
    ]


def test_a_contact_is_found_by_each_of_its_identifiers() -> None:
    replay = TrackReplay()
    outcomes = fed(replay, ANN, {**ANN, **BO}, BO, {"id": "c1"}, {"id": "c1", **ANN, **BO})
    changes = [outcome.contact_change for outcome in outcomes if isinstance(outcome, AcceptedRequest)]
    assert [change and change.kind for change in changes] == ["create", "update", None, None, None]
    assert replay.contacts == (Contact("c1", "ann@example.com", "+12025550101"),)


def test_a_contact_is_not_found_by_a_replaced_identifier() -> None:
    replay = TrackReplay()
    fed(replay, ANN, {"id": "c1", "email": "new@example.com"}, ANN)
    assert [(contact.id, contact.email) for contact in replay.contacts] == [
        ("c1", "new@example.com"),
        ("c2", "ann@example.com"),
    ]


def test_identifiers_of_different_contacts_are_a_conflict() -> None:
    replay = TrackReplay()
    outcome = fed(replay, ANN, BO, {**ANN, **BO})[-1]
    assert outcome == Rejection("file", 3, "order", (ContactConflict("/contact", ("email", "phoneNumber")),))


def test_an_update_keeps_the_order_of_the_contacts() -> None:
    replay = TrackReplay()
    fed(replay, ANN, BO, {**ANN, "city": "Oslo"})
    assert [contact.id for contact in replay.contacts] == ["c1", "c2"]


def test_track_replay_starts_from_given_schemas_and_keeps_them() -> None:
    declared = {"order": EventSchema("order", {"total": "float"})}
    replay = TrackReplay(declared)
    outcome = replay.add(line(ANN, {"total": 1, "new": True}))
    assert isinstance(outcome, AcceptedRequest)
    assert outcome.properties == {"total": 1.0, "new": True}
    assert dict(replay.schemas["order"].properties) == {"total": "float", "new": "bool"}
    assert dict(declared["order"].properties) == {"total": "float"}


def test_the_rules_hold() -> None:
    replay = TrackReplay(rules=Rules(max_schema_properties=1, max_event_name_length=5))
    assert codes(replay.add(line(ANN, {"a": 1}))) == []
    outcome = replay.add(line(ANN, {"b": 1}))
    assert outcome == Rejection("file", 1, "order", (TooManySchemaProperties("/properties", 1, 2),))
    assert codes(replay.add(line(ANN, {}, name="orders"))) == ["invalid_event_name"]


def test_the_schemas_are_handed_out_as_a_copy() -> None:
    replay = TrackReplay()
    replay.schemas["order"] = EventSchema("order")
    assert replay.schemas == {}


def test_an_outcome_can_be_pickled() -> None:
    outcomes = fed(TrackReplay(), ANN, {})
    assert pickle.loads(pickle.dumps(outcomes)) == outcomes


def test_the_sample() -> None:
    replay = TrackReplay()
    outcomes = [replay.add(request) for request in read_objects(SAMPLE)]
    told = [
        "refused"
        if isinstance(outcome, Rejection)
        else "unchanged"
        if outcome.contact_change is None
        else f"{outcome.contact_change.kind} {outcome.contact.id}"
        for outcome in outcomes
    ]
    assert told == [
        "create c1", "create c2", "unchanged", "update c1", "unchanged", "refused", "update c2", "update c2",
        "refused", "refused", "update c1", "unchanged", "refused", "create c3", "refused", "update c2",
    ]  # fmt: skip
    assert [json.loads(json.dumps(contact.to_dict())) for contact in replay.contacts] == [
        {"format": 1, "id": id_, "email": email, "phoneNumber": phone_number, "properties": properties}
        for id_, email, phone_number, properties in [
            ("c1", "ann@example.com", "+12025550100", {"firstName": "Ann", "orders": 1}),
            ("c2", "bo@example.org", "+12025550101", {"firstName": "Bo", "orders": 2, "city": "Bergen"}),
            ("c3", "cy@example.net", None, {"tags": ["wholesale", "tea"]}),
        ]
    ]
