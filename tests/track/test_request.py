import json
import math
import pickle
import re
import sys
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from eventschema import (
    ArrayTooLong,
    Contact,
    ContactConflict,
    ContactRequest,
    EventRejected,
    EventSchema,
    FrozenDict,
    InvalidEmail,
    InvalidEventId,
    InvalidEventName,
    InvalidEventVersion,
    InvalidName,
    InvalidOrigin,
    InvalidPhoneNumber,
    MalformedRequest,
    MissingField,
    PropertyType,
    Rules,
    TooManyProperties,
    TrackDecision,
    TrackedEvent,
    TrackRequest,
    UnknownField,
    UnsupportedType,
)
from tests.hostile_values import (
    EndlessView,
    HashedOnce,
    HiddenKey,
    RaisingList,
    RaisingText,
    RaisingTuple,
    TwinText,
    Unreadable,
    Unsized,
    View,
)

ROWS: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "cases/track.json").read_text(encoding="utf-8"))
ANN: dict[str, Any] = {"email": "ann@example.com"}
OPTIONAL = ("eventTime", "eventID", "origin", "eventVersion")


def request(contact: Any = ANN, rules: Rules = Rules(), **fields: Any) -> TrackRequest:  # noqa: B008  (it is frozen)
    return TrackRequest.parse({"eventName": "order", "contact": contact, **fields}, rules)


def codes(request: TrackRequest) -> list[tuple[str, str]]:
    return [(error.code, error.pointer) for error in request.errors]


def decided(row: dict[str, Any]) -> TrackDecision:
    parsed = TrackRequest.parse(row["request"], Rules(**row.get("rules", {})))
    schema = EventSchema.from_dict(row["schema"]) if row.get("schema") else None
    return parsed.decide(schema, [Contact.from_dict(match) for match in row.get("matches", [])])


def strict(document: Any) -> str:
    """JSON tells 1, 1.0 and true apart, and the order of an object's fields."""
    return json.dumps(document, allow_nan=False)


# --- the table ---


@pytest.mark.parametrize("row", ROWS, ids=[row["why"] for row in ROWS])
def test_the_table(row: dict[str, Any]) -> None:
    decision = decided(row)
    assert [[error.code, error.pointer] for error in decision.errors] == row.get("refused", [])
    assert decision.ok is ("accepted" in row)
    documents = {
        "event": decision.event,
        "schemaChange": decision.schema_change,
        "contact": decision.contact,
        "contactChange": decision.contact_change,
    }
    for name, expected in row.get("accepted", {}).items():
        value: Any = documents[name]
        assert strict(value if value is None else value.to_dict()) == strict(expected)


@pytest.mark.parametrize("row", [row for row in ROWS if "refused" in row], ids=lambda row: row["why"])
def test_a_refused_request_changes_nothing(row: dict[str, Any]) -> None:
    decision = decided(row)
    assert decision == TrackDecision(decision.errors)
    with pytest.raises(EventRejected) as caught:
        decision.raise_for_errors()
    assert caught.value.errors == decision.errors


@pytest.mark.parametrize("row", [row for row in ROWS if "accepted" in row], ids=lambda row: row["why"])
def test_an_accepted_request(row: dict[str, Any]) -> None:
    decision = decided(row)
    decision.raise_for_errors()
    event, contact = decision.event, decision.contact
    assert event is not None
    assert contact is not None
    assert event.identifiers == contact.identifiers
    assert TrackedEvent.from_dict(json.loads(strict(event.to_dict()))) == event


# --- the envelope ---


def test_a_parsed_request() -> None:
    parsed = request(
        {"phoneNumber": "+12", "id": "c1", "tags": ["a"], "old": None, "email": "Ann@EXAMPLE.com", "older": None},
        eventTime="2021-09-01T12:41",
        eventID="2E5F3A6C-0C9B-4B7E-9D1A-0F5C8B7A6D4E",
        properties={"total": 1},
        origin="api",
        eventVersion="v2",
    )
    assert parsed.errors == ()
    assert (parsed.origin, parsed.event_version) == ("api", "v2")
    assert (parsed.event_name, parsed.event_time) == ("order", "2021-09-01T12:41")
    assert parsed.event_id == "2e5f3a6c-0c9b-4b7e-9d1a-0f5c8b7a6d4e"
    assert parsed.properties == {"total": 1}
    identifiers = {"id": "c1", "email": "Ann@example.com", "phoneNumber": "+12"}
    assert parsed.contact == ContactRequest(FrozenDict(identifiers), FrozenDict({"tags": ("a",)}), ("old", "older"))
    assert list(parsed.contact.identifiers) == ["id", "email", "phoneNumber"]


def test_what_was_invalid_is_not_in_a_request() -> None:
    parsed = request({"id": 1, "email": "ann@example.com", "a": [1], "b": 2}, eventTime="x", eventID="x", properties=[])
    assert (parsed.event_time, parsed.event_id, parsed.properties) == (None, None, None)
    parsed = request({"id": 1, "email": "ann@example.com", "a": [1], "b": 2}, origin=1, eventVersion=[])
    assert (parsed.origin, parsed.event_version) == (None, None)
    assert parsed.contact == ContactRequest(FrozenDict(ANN), FrozenDict({"b": 2}))
    assert TrackRequest.parse([]).contact == ContactRequest()
    assert TrackRequest.parse({"eventName": ""}).event_name is None


@pytest.mark.parametrize(
    "text", ["5", "Order-1", "\u4f8b \U0001f600", "a" * 255, "2E5F3A6C-0C9B-4B7E-9D1A-0F5C8B7A6D4E"]
)
def test_an_event_id_of_any_text_is_kept_as_it_is(text: str) -> None:
    parsed = request(rules=Rules(event_ids="text"), eventID=text)
    assert (parsed.errors, parsed.event_id) == ((), text)
    assert request(rules=Rules(event_ids="text"), eventID=None).event_id is None
    decision = parsed.decide(None, ())
    assert decision.event is not None
    assert TrackedEvent.from_dict(json.loads(strict(decision.event.to_dict()))) == decision.event


@pytest.mark.parametrize("value", ["", "a\n", "\x00", "\x7f", "\ud800", "a" * 256, 5, ["a"], b"a"])
def test_an_event_id_that_is_no_text(value: Any) -> None:
    parsed = request(rules=Rules(event_ids="text"), eventID=value)
    [error] = parsed.errors
    assert isinstance(error, InvalidEventId)
    assert (error.code, error.pointer, parsed.event_id) == ("invalid_event_id", "/eventID", None)
    expected = "an event id of 1 to 255 characters without control characters"
    assert error.message == f"Expected {expected}, found another value, at /eventID."
    assert pickle.loads(pickle.dumps(error)) == error


def test_unknown_fields_can_be_ignored() -> None:
    rules = Rules(unknown_fields="ignore")
    parsed = request(rules=rules, context={"ip": "::1"}, **{f"x{number}": number for number in range(200)})
    assert parsed.errors == ()
    assert parsed.decide(None, ()).ok
    # A field that is given twice is none that a sender knows to be ignored.
    twice: dict[Any, Any] = {"eventName": "order", "contact": ANN, TwinText("contact"): ANN, "x": 1}
    assert [error.pointer for error in TrackRequest.parse(twice, rules).errors] == ["/contact"]


def test_an_accepted_event_tells_what_was_dropped() -> None:
    parsed = request(rules=Rules(invalid="drop"), properties={"a": [], "b": 1})
    decision = parsed.decide(None, ())
    assert decision.event is not None
    assert decision.event.properties == {"b": 1}
    assert decision.dropped == (UnsupportedType("/properties/a", "array"),)
    refused = request({"id": "c1"}, rules=Rules(invalid="drop"), properties={"a": [], "b": 1}).decide(None, ())
    assert [error.code for error in refused.errors] == ["contact_not_found"]
    assert refused == TrackDecision(refused.errors)


def test_a_bad_contact_property_is_never_dropped() -> None:
    rules = Rules(invalid="drop", empty_texts="ignore", hints=(("*", PropertyType.INT),))
    parsed = request(ANN | {"a": "", "b c": 1, "d": {}}, rules=rules)
    assert codes(parsed) == [("invalid_name", "/contact/b c"), ("unsupported_type", "/contact/d")]
    assert parsed.contact.properties == {"a": ""}


@pytest.mark.parametrize("length", [0, 1, 254, 255, 256])
def test_origin_and_event_version_within_255_characters(length: int) -> None:
    text = "\U0001f600" * length
    parsed = request(origin=text, eventVersion=text)
    if length > 255:
        assert parsed.errors == (InvalidOrigin("/origin"), InvalidEventVersion("/eventVersion"))
        text = ""
    else:
        assert parsed.errors == ()
        event = parsed.decide(None, ()).event
        assert event is not None
        assert (event.origin, event.event_version) == (text or None, text or None)
    assert (parsed.origin, parsed.event_version) == (text or None, text or None)


def test_origin_and_event_version_decide_nothing() -> None:
    schema = EventSchema("order", {"total": "int"})
    decisions = [
        request(properties={"total": 1}, origin=origin, eventVersion=version).decide(schema, ())
        for origin, version in ((None, None), ("api", "v1"), ("web", "v2"))
    ]
    assert {decision.schema for decision in decisions} == {schema}
    events = [replace(decision.event, origin=None, event_version=None) for decision in decisions if decision.event]
    assert events == [decisions[0].event] * 3


@pytest.mark.parametrize(
    ("value", "found"),
    [([], "array"), (None, "null"), ("{}", "string"), (7, "int"), (b"{}", "bytes"), (object(), "Python object")],
)
def test_what_is_no_object_is_told_by_its_type(value: object, found: str) -> None:
    assert TrackRequest.parse(value).errors == (MalformedRequest("", "object", found),)
    assert request(value).errors == (MalformedRequest("/contact", "object", found),)


def test_the_field_that_is_missing_is_named() -> None:
    missing = MissingField("/eventName", "eventName"), MissingField("/contact", "contact")
    assert TrackRequest.parse({}).errors == missing


def test_a_request_is_immutable() -> None:
    tags, properties = ["a"], {"total": 1}
    contact = {**ANN, "tags": tags}
    parsed = request(contact, properties=properties)
    before = parsed.decide(None, ())
    tags.append("b")
    contact["email"] = "bo@example.org"
    properties["total"] = 2
    assert parsed.decide(None, ()) == before
    with pytest.raises(FrozenInstanceError):
        parsed.event_name = "x"  # type: ignore[misc]  # what must not be done


def test_requests_and_decisions_are_values() -> None:
    parsed = request(properties={"total": 1.5, "tags": ["a"]})
    assert parsed == request(properties={"total": 1.5, "tags": ["a"]})
    assert parsed != request(properties={"total": 1.5})
    assert parsed != request(properties={"total": 1.5, "tags": ["a"]}, rules=Rules(nulls="reject"))
    for value in (parsed, request().decide(None, ()), request([]).decide(None, ())):
        copy = pickle.loads(pickle.dumps(value))
        assert copy == value
        assert hash(copy) == hash(value)


def test_no_request_shows_its_properties() -> None:
    assert "secret" not in repr(request(properties={"a": "secret"}))


@pytest.mark.parametrize(("length", "ok"), [(0, False), (1, True), (254, True), (255, True), (256, False)])
def test_the_length_of_event_names_and_contact_ids(length: int, ok: bool) -> None:
    text = "n" * length
    parsed = TrackRequest.parse({"eventName": text, "contact": {"id": text}})
    expected = [] if ok else [("invalid_event_name", "/eventName"), ("invalid_contact_id", "/contact/id")]
    assert codes(parsed) == expected


def test_the_length_of_a_contact_id_is_not_that_of_event_names() -> None:
    assert codes(request({"id": "n" * 255}, Rules(max_event_name_length=5))) == []


@pytest.mark.parametrize("count", [0, 99, 100])
def test_unknown_fields_are_all_reported(count: int) -> None:
    unknown: dict[str, Any] = {f"x{number}": 1 for number in range(count)}
    parsed = request(**unknown)
    assert parsed.errors == tuple(UnknownField(f"/{name}", name) for name in unknown)


def test_of_many_unknown_fields_the_first_are_reported() -> None:
    unknown = {f"x{number}": 1 for number in range(101)}
    payload = {**unknown, "contact": ANN, "eventName": "order"}
    parsed = TrackRequest.parse(payload)
    assert parsed.errors == tuple(UnknownField(f"/x{number}", f"x{number}") for number in range(100))
    assert parsed.event_name == "order"


def test_an_unknown_field_is_shown_short_and_encodable() -> None:
    unknown: dict[str, Any] = {"x" * 129: 1, "\ud800": 1}
    parsed = request(**unknown)
    assert parsed.errors == (UnknownField(f"/{'x' * 128}...", "x" * 128 + "..."), UnknownField("/\\ud800", "\\ud800"))


class Field(StrEnum):
    NAME = "eventName"
    CONTACT = "contact"
    EMAIL = "email"
    CITY = "city"


def test_texts_of_a_subclass_are_texts() -> None:
    parsed = TrackRequest.parse(
        {
            Field.NAME: Field.NAME,
            Field.CONTACT: {Field.EMAIL: "ann@example.com", Field.CITY: Field.CITY, "all": (Field.CITY,)},
        }
    )
    assert parsed.errors == ()
    assert type(parsed.event_name) is str
    city, items = parsed.contact.properties.values()
    assert type(city) is str
    assert isinstance(items, tuple)
    assert [type(item) for item in items] == [str]
    assert list(map(type, parsed.contact.properties)) == [str, str]


def test_a_payload_may_be_any_mapping() -> None:
    payload = {"eventName": "order", "contact": MappingProxyType(ANN), "properties": View({"total": 1})}
    assert TrackRequest.parse(View(payload)) == request(properties={"total": 1})
    assert TrackRequest.parse(View(payload)).errors == ()


def test_a_datetime_is_an_event_time() -> None:
    parsed = request(eventTime=datetime(2021, 9, 1, 12, 41, tzinfo=UTC))
    assert (parsed.event_time, parsed.errors) == ("2021-09-01T12:41:00+00:00", ())


@pytest.mark.parametrize(
    ("limit", "length"), [(2048, 2047), (2048, 2048), (2048, 2049), (16, 16), (15, 16), (4000, 4000)]
)
def test_an_event_time_is_held_to_the_length_of_a_text(limit: int, length: int) -> None:
    time = "2021-09-01T12:41" if length == 16 else "2021-09-01T12:41:52.".ljust(length, "1")
    parsed = request(eventTime=time, rules=Rules(max_string_length=limit))
    if length <= limit:
        assert (parsed.event_time, parsed.errors) == (time, ())
    else:
        assert (parsed.event_time, codes(parsed)) == (None, [("invalid_event_time", "/eventTime")])


def test_a_datetime_is_held_to_the_length_of_its_text() -> None:
    time = datetime(2021, 9, 1, 12, 41)
    assert request(eventTime=time, rules=Rules(max_string_length=19)).event_time == "2021-09-01T12:41:00"
    assert codes(request(eventTime=time, rules=Rules(max_string_length=18))) == [("invalid_event_time", "/eventTime")]


def test_nothing_else_is_an_event_time() -> None:
    values: list[Any] = [date(2021, 9, 1), True, HiddenKey(), b"2021-09-01T12:41", ["2021-09-01T12:41"]]
    for value in values:
        assert codes(request(eventTime=value)) == [("invalid_event_time", "/eventTime")]


# --- hostile payloads ---


@pytest.mark.parametrize("mapping", [Unsized, Unreadable])
def test_what_cannot_be_read_is_malformed(mapping: type[View]) -> None:
    unreadable = "an object that cannot be read"
    payload = {"eventName": "order", "contact": ANN}
    assert TrackRequest.parse(mapping(payload)).errors == (MalformedRequest("", "object", unreadable),)
    assert request(mapping(ANN)).errors == (MalformedRequest("/contact", "object", unreadable),)


def test_work_is_bounded() -> None:
    payload, contact = EndlessView({"eventName": "order"}), EndlessView(ANN)
    payload.data = {"eventName": "order", "contact": contact, "properties": None, **dict.fromkeys(OPTIONAL)}
    contact.data = {**ANN, "id": "c1", "phoneNumber": "+12"}
    parsed = TrackRequest.parse(payload)
    assert [error.code for error in parsed.errors] == ["too_many_properties", *["unknown_field"] * 100]
    assert payload.asked <= 105
    assert contact.asked <= 104


@pytest.mark.slow
def test_a_million_of_everything() -> None:
    many = {f"n{number}": 1 for number in range(10**6)}
    parsed = TrackRequest.parse({"eventName": "order", "contact": {**many, **ANN}, "properties": many, **many})
    expected = (TooManyProperties("/contact", 100, 10**6), TooManyProperties("/properties", 100, 10**6))
    assert parsed.errors[:2] == expected
    assert len(parsed.errors) == 102
    assert parsed.contact.identifiers == ANN


def test_a_field_under_a_hostile_key_is_reported() -> None:
    parsed = TrackRequest.parse(
        {"eventName": "order", "contact": ANN, RaisingText("contact"): 1, RaisingText("properties"): 2}
    )
    assert codes(parsed) == [("unknown_field", "/contact"), ("unknown_field", "/properties")]
    parsed = request({**ANN, RaisingText("email"): "x", RaisingText("id"): "y", "a": 1, RaisingText("a"): 2, 7: 3})
    repeated = tuple(InvalidName(f"/contact/{name}", "repeated") for name in ("email", "id", "a"))
    assert parsed.errors == (*repeated, InvalidName("/contact/<int>", "not_text"))


def test_a_key_that_turns_on_its_object() -> None:
    parsed = request(properties={HashedOnce(): 1})
    assert parsed.decide(None, ()).errors == (InvalidName("/properties/<HashedOnce>", "not_text"),)
    assert codes(request({HashedOnce(): 1})) == [("malformed_request", "/contact")]


# --- the contact ---


@pytest.mark.parametrize("make", [list, tuple, RaisingList, RaisingTuple])
def test_arrays_come_out_as_tuples(make: Any) -> None:
    assert request({**ANN, "tags": make(["a", "b"])}).contact.properties == {"tags": ("a", "b")}


@pytest.mark.parametrize("make", [list, tuple, RaisingList, RaisingTuple])
@pytest.mark.parametrize("length", [99, 100, 101])
def test_the_length_of_an_array(make: Any, length: int) -> None:
    expected = (ArrayTooLong("/contact/tags", 100, 101),) if length > 100 else ()
    assert request({**ANN, "tags": make(["a"] * length)}).errors == expected


@pytest.mark.parametrize("count", [99, 100, 101])
def test_the_number_of_contact_properties(count: int) -> None:
    properties = {f"n{number}": None if number % 2 else number for number in range(count)}
    expected = (TooManyProperties("/contact", 100, 101),) if count > 100 else ()
    parsed = request({**properties, **ANN, "phoneNumber": "+12", "id": "c1"})
    assert parsed.errors == expected
    assert len(parsed.contact.properties) + len(parsed.contact.removals) == (0 if count > 100 else count)


@pytest.mark.parametrize("limit", [sys.maxsize - 4, sys.maxsize, sys.maxsize + 1])
def test_no_limit_at_all(limit: int) -> None:
    parsed = request(View({**ANN, "a": 1}), Rules(max_properties=limit))
    assert parsed.errors == ()
    assert parsed.contact.properties == {"a": 1}


def test_a_length_that_lies_refuses_nothing() -> None:
    class Boasting(View):
        def __len__(self) -> int:
            return 10**9

    assert request(Boasting(ANN)).errors == ()


def test_of_a_length_that_lies_as_many_are_counted_as_were_seen() -> None:
    class Modest(View):
        def __len__(self) -> int:
            return 0

    many = {f"n{number}": 1 for number in range(200)}
    assert request(Modest({**ANN, **many})).errors == (TooManyProperties("/contact", 100, 101),)


@pytest.mark.parametrize("length", [2047, 2048, 2049])
def test_the_length_of_texts(length: int) -> None:
    text = "x" * length
    expected = [("string_too_long", "/contact/a"), ("string_too_long", "/contact/b/0")] if length > 2048 else []
    assert codes(request({**ANN, "a": text, "b": [text]})) == expected


@pytest.mark.parametrize(("item", "found"), [({}, "object"), ([], "array"), (None, "null"), (7, "int"), (b"", "bytes")])
def test_what_is_no_text_in_an_array_is_told_by_its_type(item: object, found: str) -> None:
    assert request({**ANN, "tags": ["a", item]}).errors == (UnsupportedType("/contact/tags/1", found),)


def test_values_are_read_as_those_of_events() -> None:
    given = {"a": Decimal("0.1234567"), "b": date(2021, 9, 1), "c": 2**60, "d": -0.0, "e": "2021-09-01"}
    read = request({**ANN, **given}).contact.properties
    assert (
        repr(dict(read)) == "{'a': 0.123457, 'b': '2021-09-01', 'c': 1152921504606846976, 'd': 0.0, 'e': '2021-09-01'}"
    )


def test_a_conflict_names_what_was_given() -> None:
    matches = [Contact("c1", "ann@example.com"), Contact("c2", None, "+12")]
    decision = request({"phoneNumber": "+12", "email": "ann@example.com", "id": "c1"}).decide(None, matches)
    assert decision.errors == (ContactConflict("/contact", ("id", "email", "phoneNumber")),)
    decision = request({"phoneNumber": "+12", "email": "ann@example.com", "id": 7}).decide(None, matches)
    assert decision.errors[1:] == (ContactConflict("/contact", ("email", "phoneNumber")),)


def test_a_contact_read_twice_at_different_times_is_one() -> None:
    matches = [Contact("c1", "ann@example.com", None, {"a": 1}), Contact("c1", "ann@example.com", None, {"a": 2})]
    decision = request().decide(None, iter(matches))
    assert decision.contact == matches[0]


def test_nobody_is_looked_for_without_an_identifier() -> None:
    decision = request({"email": "ann"}).decide(None, [Contact("c1"), Contact("c2")])
    assert [error.code for error in decision.errors] == ["invalid_email"]


# --- the schema ---


def test_the_schema_of_another_event_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="expected the schema of 'order', found that of 'offer'"):
        request().decide(EventSchema("offer"), ())
    with pytest.raises(ValueError, match="expected the schema of None, found that of 'order'"):
        TrackRequest.parse({}).decide(EventSchema("order"), ())


def test_a_first_event_makes_its_schema() -> None:
    decision = request(properties={"total": 1, "day": "2021-09-01"}).decide(None, ())
    assert decision.schema_change is not None
    assert decision.schema is not None
    assert decision.schema == EventSchema("order").apply(decision.schema_change)
    assert dict(decision.schema.properties) == {"total": PropertyType.INT, "day": PropertyType.DATE}
    assert request().decide(None, ()).schema == EventSchema("order")


def test_a_refusal_is_false() -> None:
    assert request().decide(None, ())
    assert request(properties={"total": 1}).decide(EventSchema("order", {"total": "int"}), ())
    assert not request(properties={"total": "x"}).decide(EventSchema("order", {"total": "int"}), ())
    assert not request(5).decide(None, ())


def test_a_schema_that_stands_comes_out_itself() -> None:
    schema = EventSchema("order", {"total": "float"})
    decision = request(properties={"total": 1}).decide(schema, ())
    assert decision.schema is schema
    assert decision.schema_change is None


# --- the event as it is written down ---

ADJUSTED = {
    "a": 0.1234567,
    "b": Decimal("0.1234567"),
    "c": 7,
    "d": 7.0,
    "e": Decimal("7.00"),
    "f": None,
    "g": date(2021, 9, 1),
    "h": datetime(2021, 9, 1, 12, 41, tzinfo=UTC),
    "i": datetime(2021, 9, 1, 12, 41),
}
SCHEMA = EventSchema("order", {"c": "float", "d": "int", "e": "int"})


def written() -> dict[str, Any]:
    event = request(properties=ADJUSTED).decide(SCHEMA, ()).event
    assert event is not None
    return event.to_dict()


def test_every_kind_of_adjustment_is_read_back() -> None:
    event = request(properties=ADJUSTED).decide(SCHEMA, ()).event
    assert event is not None
    assert len(event.adjustments) == len(ADJUSTED)
    copy = TrackedEvent.from_dict(json.loads(strict(event.to_dict())))
    assert copy == event
    assert repr(copy.adjustments) == repr(event.adjustments).replace("datetime.UTC", "datetime.timezone.utc")
    assert pickle.loads(pickle.dumps(event)) == event
    assert hash(copy) == hash(event)


def test_an_event_document_of_an_earlier_release_is_read() -> None:
    document = written()
    event = TrackedEvent.from_dict(document)
    del document["origin"], document["eventVersion"]
    assert TrackedEvent.from_dict(document) == event
    assert (event.origin, event.event_version) == (None, None)


def test_the_time_of_receipt_is_kept_and_not_compared() -> None:
    event = request().decide(None, ()).event
    assert event is not None
    assert event.received_at is None
    assert event.schema_version is None
    stored = replace(event, received_at=datetime(2026, 11, 26, 12, 0, 0, 5, UTC), schema_version=3)
    assert stored == event
    assert hash(stored) == hash(event)
    document = stored.to_dict()
    assert document == event.to_dict() | {"receivedAt": "2026-11-26T12:00:00.000005+00:00", "schemaVersion": 3}
    read = TrackedEvent.from_dict(json.loads(strict(document)))
    assert (read.received_at, read.schema_version) == (stored.received_at, 3)


def adjusted(**fields: Any) -> dict[str, Any]:
    return {"adjustments": [{"name": "a", "kind": "rounded", "before": 0.1234567, "after": 0.123457} | fields]}


FAULTS: list[tuple[dict[str, Any], str]] = [
    (
        {"more": 1},
        (
            "Expected only format, eventName, contact, properties, eventTime, eventID, adjustments, origin, "
            "eventVersion, receivedAt, schemaVersion, found another field, at /more."
        ),
    ),
    ({"format": 2}, "Expected 1, found 2, at /format."),
    (
        {"eventName": None},
        "Expected text of at least 1 character, without control characters, found null, at /eventName.",
    ),
    ({"contact": {"name": "x"}}, "Expected only id, email, phoneNumber, found another field, at /contact/name."),
    ({"properties": {"a": ["x"]}}, "Expected a bool, a number or text, found array, at /properties/a."),
    ({"eventTime": 7}, "Expected text, found int, at /eventTime."),
    ({"eventID": 7}, "Expected text, found int, at /eventID."),
    ({"origin": 7}, "Expected text, found int, at /origin."),
    ({"eventVersion": []}, "Expected text, found array, at /eventVersion."),
    ({"adjustments": {}}, "Expected an array of adjustments, found object, at /adjustments."),
    ({"adjustments": [1]}, "Expected an object, found int, at /adjustments/0."),
    (adjusted(name=1), "Expected text, found int, at /adjustments/0/name."),
    (
        adjusted(kind="x"),
        (
            "Expected one of rounded, int_to_float, float_to_int, null_ignored, empty_ignored, to_text, "
            "found another value, at /adjustments/0/kind."
        ),
    ),
    (adjusted(before=1), "Expected a value that rounded adjusts, found int, at /adjustments/0/before."),
    (
        adjusted(kind="empty_ignored", before="x", after=None),
        "Expected the empty text, found another text, at /adjustments/0/before.",
    ),
    (
        adjusted(kind="empty_ignored", before="", after=""),
        "Expected a value that empty_ignored gives, found string, at /adjustments/0/after.",
    ),
    (adjusted(after="1"), "Expected a value that rounded gives, found string, at /adjustments/0/after."),
    (
        adjusted(before="x"),
        "Expected the text of a number or a date object, found another text, at /adjustments/0/before.",
    ),
    (
        adjusted(kind="to_text", before="2021-09-31", after="2021-09-31"),
        "Expected the text of a number or a date object, found another text, at /adjustments/0/before.",
    ),
    (
        adjusted(kind="to_text", before="2021-09-01", after="2021-09-02"),
        "Expected the same text as in before, found another text, at /adjustments/0/after.",
    ),
    (
        adjusted(before=math.nan),
        "Expected a value that rounded adjusts, found NaN or an infinity, at /adjustments/0/before.",
    ),
    (
        adjusted(after=math.inf),
        "Expected a value that rounded gives, found NaN or an infinity, at /adjustments/0/after.",
    ),
    *(
        (
            {"receivedAt": text},
            "Expected an ISO 8601 date and time with an offset, found another text, at /receivedAt.",
        )
        for text in ("", "2026-11-26", "2026-11-26T12:00:00", "x")
    ),
    ({"receivedAt": 5}, "Expected text, found int, at /receivedAt."),
    ({"schemaVersion": -1}, "Expected a version of at least 0, or null, found int, at /schemaVersion."),
    ({"schemaVersion": "1"}, "Expected a version of at least 0, or null, found string, at /schemaVersion."),
    *(
        (
            adjusted(before=text),
            "Expected the text of a number or a date object, found another text, at /adjustments/0/before.",
        )
        for text in ("NaN", "sNaN", "-Infinity")
    ),
]


@pytest.mark.parametrize(("fields", "message"), FAULTS, ids=[message for _, message in FAULTS])
def test_a_document_that_is_no_event(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        TrackedEvent.from_dict(written() | fields)


def test_an_array_is_no_event() -> None:
    with pytest.raises(ValueError, match=r"^Expected an object, found array, at the root\.$"):
        TrackedEvent.from_dict([])  # type: ignore[arg-type]  # what must not be done


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (12025550100, "not_text"),
        (None, "not_text"),
        ("", "empty"),
        ("12025550100", "no_plus"),
        (" +12025550100", "no_plus"),
        ("\uff0b12025550100", "no_plus"),
        ("+1 202 555 0100", "character"),
        ("+1202555010\n", "character"),
        ("+120255501\u0660", "character"),
        ("++1", "character"),
        ("+\ud800", "character"),
        ("+02025550100", "leading_zero"),
        ("+0" + "1" * 15, "leading_zero"),
        ("+", "too_short"),
        ("+1", "too_short"),
        ("+" + "1" * 16, "too_long"),
        ("+" + "1" * 15 + "x", "too_long"),
        ("+" + "1" * 14 + "x", "character"),
        ("+" + "1" * 10**6, "too_long"),
    ],
)
def test_why_a_phone_number_is_none(number: object, reason: Any) -> None:
    assert request({"phoneNumber": number}).errors == (InvalidPhoneNumber("/contact/phoneNumber", reason),)


@pytest.mark.parametrize("number", ["+12", "+" + "1" * 15])
def test_the_shortest_and_the_longest_phone_number(number: str) -> None:
    assert request({"phoneNumber": number}).errors == ()


@pytest.mark.parametrize(
    ("email", "reason"),
    [
        (5, "not_text"),
        (None, "not_text"),
        ("", "empty"),
        ("ann", "no_at"),
        ("ann@", "no_domain"),
        ("Ann <ann@example.com>", "character"),
        ("ann@example.test", "special_use_domain"),
        ("ann@localhost", "no_top_level_domain"),
        ("a" * 64 + "@" + "b." * 94 + "1", "domain"),
        ("a" * 63 + "@" + "b." * 95 + "1", "too_long"),
        ("a" * 10**6, "too_long"),
        ("ann\ud800@example.com", "character"),
        ("\u0301ann@example.com", "international"),
    ],
)
def test_why_an_email_is_none(email: object, reason: Any) -> None:
    assert request({"email": email}).errors == (InvalidEmail("/contact/email", reason),)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (5, "not_text"),
        ("", "empty"),
        ("a\tb", "character"),
        ("a" * 256, "too_long"),
        ("a\t" * 127, "character"),
        ("a\t" * 128, "too_long"),
    ],
)
def test_why_the_name_of_an_event_is_none(name: object, reason: Any) -> None:
    parsed = TrackRequest.parse({"eventName": name, "contact": ANN})
    assert parsed.errors == (InvalidEventName("/eventName", reason),)
