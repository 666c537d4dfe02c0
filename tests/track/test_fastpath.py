"""The fast paths of requests: what they decide, and what they leave to the definition."""

import sys
from typing import Any

import pytest

from eventschema import Contact, EventSchema, PropertyType, Rules, TrackRequest
from tests.hostile_values import Fickle, OfUnhashableClass
from tests.support import FAST_PATHS, FastFunctions

each = pytest.mark.parametrize("fast", FAST_PATHS)

ANN = {"email": "ann@example.com"}
ORDINARY: list[dict[str, Any]] = [
    {"eventName": "e", "contact": ANN},
    {"eventName": "\u4f8b \U0001f600", "contact": {"id": "c1"}, "properties": None, "eventTime": None, "eventID": None},
    {"eventName": "e" * 255, "contact": {"phoneNumber": "+12"}, "origin": "", "eventVersion": ""},
    {"eventName": "e", "contact": {"phoneNumber": "+123456789012345"}, "origin": "o" * 255, "eventVersion": "\u00e9"},
    {"eventName": "e", "contact": {"id": "i" * 255, "email": "Info@Example.COM", "phoneNumber": "+3706001234"}},
    {"eventName": "e", "contact": ANN, "eventTime": "2021-09-01T12:41:00.5+02:00"},
    {"eventName": "e", "contact": ANN, "eventID": "123E4567-e89b-12d3-a456-426614174000"},
    {"eventName": "e", "contact": ANN, "properties": {}},
    {"eventName": "e", "contact": ANN, "properties": {"n": None, "x": [], "bad name": {}}},  # merge's to refuse
    {"eventName": "e", "contact": {**ANN, "a": 1, "b": 0.1234567, "c": True, "d": "\u00e9", "e": None, "f": -0.0}},
    {"eventName": "e", "contact": {**ANN, "a": [], "b": ["x"] * 100, "c": ("\u4f8b",), "n" * 128: "s" * 2048}},
    {"eventName": "e", "contact": {**ANN, "least": -(2**63), "greatest": 2**63 - 1}},
    {"eventName": "e", "contact": {**ANN, **{f"p{i}": i for i in range(97)}}},
]
#: Requests with faults, and some without that only the definition is to look at.
DOUBTFUL: list[Any] = [
    None,
    [],
    "e",
    {},
    {"eventName": "e"},
    {"eventName": "e", "contact": {}},
    {"eventName": "e", "contact": {"a": 1}},
    {"eventName": "", "contact": ANN},
    {"eventName": "e" * 256, "contact": ANN},
    {"eventName": "a\tb", "contact": ANN},
    {"eventName": "a\x7fb", "contact": ANN},
    {"eventName": "\ud800", "contact": ANN},
    {"eventName": b"e", "contact": ANN},
    {"eventName": "e", "contact": ANN, "propertes": {}},
    {"eventName": "e", "contact": ANN, 1: 2},
    {"eventName": "e", "contact": ANN, "properties": []},
    {"eventName": "e", "contact": ANN, "properties": {f"p{i}": i for i in range(101)}},
    {"eventName": "e", "contact": ANN, "eventTime": ""},
    {"eventName": "e", "contact": ANN, "eventTime": "2021-09-01"},
    {"eventName": "e", "contact": ANN, "eventID": ""},
    {"eventName": "e", "contact": ANN, "eventID": "123e4567-e89b-12d3-a456-42661417400g"},
    {"eventName": "e", "contact": ANN, "eventID": "123e4567-e89b-12d3-a456+426614174000"},
    {"eventName": "e", "contact": ANN, "eventID": "123e4567-e89b-12d3-a456-4266141740000"},
    {"eventName": "e", "contact": ANN, "origin": "o" * 256},
    {"eventName": "e", "contact": ANN, "origin": 0},
    {"eventName": "e", "contact": ANN, "eventVersion": "\n"},
    {"eventName": "e", "contact": ANN, "eventVersion": False},
    {"eventName": "e", "contact": {"id": ""}},
    {"eventName": "e", "contact": {"id": None, **ANN}},
    {"eventName": "e", "contact": {"id": "i" * 256}},
    {"eventName": "e", "contact": {"email": None}},
    {"eventName": "e", "contact": {"email": "ann"}},
    {"eventName": "e", "contact": {"email": "j\u00fcrgen@example.com"}},
    {"eventName": "e", "contact": {"email": "a@xn--mller-kva.com"}},
    {"eventName": "e", "contact": {"phoneNumber": "+1"}},
    {"eventName": "e", "contact": {"phoneNumber": "+0123"}},
    {"eventName": "e", "contact": {"phoneNumber": "+1234567890123456"}},
    {"eventName": "e", "contact": {"phoneNumber": "123"}},
    {"eventName": "e", "contact": {"phoneNumber": "+12\n"}},
    {"eventName": "e", "contact": {"phoneNumber": 12}},
    {"eventName": "e", "contact": {**ANN, "bad name": 1}},
    {"eventName": "e", "contact": {**ANN, "": 1}},
    {"eventName": "e", "contact": {**ANN, "n" * 129: 1}},
    {"eventName": "e", "contact": {**ANN, 1: 1}},
    {"eventName": "e", "contact": {**ANN, "a": {}}},
    {"eventName": "e", "contact": {**ANN, "a": ["x"] * 101}},
    {"eventName": "e", "contact": {**ANN, "a": [1]}},
    {"eventName": "e", "contact": {**ANN, "a": ["\ud800"]}},
    {"eventName": "e", "contact": {**ANN, "a": "s" * 2049}},
    {"eventName": "e", "contact": {**ANN, "a": "\ud800"}},
    {"eventName": "e", "contact": {**ANN, "a": 2**63}},
    {"eventName": "e", "contact": {**ANN, "a": -(2**63) - 1}},
    {"eventName": "e", "contact": {**ANN, "a": float("nan")}},
    {"eventName": "e", "contact": {**ANN, "a": float("inf")}},
    {"eventName": "e", "contact": {**ANN, **{f"p{i}": i for i in range(100)}}},  # one more than are counted cheaply
]


@each
@pytest.mark.parametrize("payload", ORDINARY, ids=range(len(ORDINARY)))
def test_an_ordinary_request_is_parsed_as_defined(fast: FastFunctions, payload: dict[str, Any]) -> None:
    before = repr(payload)
    found, expected = fast.parse(payload, Rules()), TrackRequest._read(payload, Rules())
    assert found == expected
    assert repr(found) == repr(expected)
    assert repr(payload) == before


@each
@pytest.mark.parametrize("payload", DOUBTFUL, ids=range(len(DOUBTFUL)))
def test_a_doubtful_request_is_left(fast: FastFunctions, payload: Any) -> None:
    assert fast.parse(payload, Rules()) is None


@each
def test_the_limits_of_the_rules_hold(fast: FastFunctions) -> None:
    def parse(payload: dict[str, Any], **rules: Any) -> TrackRequest | None:
        return fast.parse({"eventName": "e", "contact": ANN, **payload}, Rules(**rules))

    assert parse({"properties": {"a": 1}}, max_properties=1)
    assert not parse({"properties": {"a": 1, "b": 2}}, max_properties=1)
    assert parse({"eventName": "ab"}, max_event_name_length=2)
    assert not parse({"eventName": "abc"}, max_event_name_length=2)
    assert parse({"contact": {**ANN, "ab": "cd"}}, max_name_length=2, max_string_length=2)
    assert not parse({"contact": {**ANN, "abc": "cd"}}, max_name_length=2, max_string_length=2)
    assert not parse({"contact": {**ANN, "ab": "cde"}}, max_name_length=2, max_string_length=2)
    assert parse({"eventTime": "2021-09-01T12:41"}, max_string_length=16)
    assert not parse({"eventTime": "2021-09-01T12:41"}, max_string_length=15)
    assert parse({}, max_event_name_length=10**30, max_string_length=10**30, max_name_length=10**30)
    rounded = parse({"contact": {**ANN, "a": 0.25}}, float_digits=1)
    assert rounded
    assert rounded.contact.properties == {"a": 0.2}
    assert not parse({"contact": {**ANN, "a": 1}}, detect=frozenset(PropertyType) - {PropertyType.INT})


@each
def test_rules_of_another_kind_are_left(fast: FastFunctions) -> None:
    rules: Any = {}
    assert fast.parse(ORDINARY[0], rules) is None


@each
def test_an_option_it_does_not_know_leaves_every_request(fast: FastFunctions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[fast.parse.__module__], "_OTHER_OPTIONS", (("nulls", "ignore"),))
    assert fast.parse(ORDINARY[0], Rules(max_properties=9)) is not None
    assert fast.parse(ORDINARY[0], Rules(nulls="reject")) is None


SCHEMA = EventSchema("e", {"a": "int"})
CONTACT = Contact("c1", "ann@example.com", "+12", {"city": "Oslo", "one": 1, "tags": ("x",)})


def parsed(contact: dict[str, Any], **fields: Any) -> TrackRequest:
    return TrackRequest.parse({"eventName": "e", "contact": contact, **fields})


@each
@pytest.mark.parametrize(
    "wanted",
    [
        ANN,
        {"id": "c1"},
        {"id": "c1", "email": "bo@example.com", "phoneNumber": "+13"},
        {**ANN, "city": "Oslo", "one": 1, "tags": ["x"]},
        {**ANN, "city": "Bergen", "one": True, "tags": ["x", "y"], "new": 0.5},
        {**ANN, "one": 1.0},
        {**ANN, "city": None, "none": None, "tags": None},
        {"phoneNumber": "+12", "city": None, "late": "x"},
    ],
)
def test_a_known_contact_changes_as_defined(fast: FastFunctions, wanted: dict[str, Any]) -> None:
    request = parsed(wanted, properties={"a": 1})
    for matches in ([CONTACT], (CONTACT,)):
        found, expected = fast.decide(request, SCHEMA, matches), request._decide(SCHEMA, matches)
        assert found == expected
        assert repr(found) == repr(expected)
    assert found is not None
    assert (found.contact is CONTACT) is (found.contact_change is None)


@each
@pytest.mark.parametrize("wanted", [ANN, {**ANN, "phoneNumber": "+12"}, {**ANN, "city": "Oslo", "none": None}])
@pytest.mark.parametrize("matches", [[], ()])
def test_an_unknown_contact_is_created_as_defined(fast: FastFunctions, wanted: dict[str, Any], matches: Any) -> None:
    request = parsed(wanted, origin="o", eventVersion="v")
    found, expected = fast.decide(request, SCHEMA, matches), request._decide(SCHEMA, matches)
    assert found == expected
    assert repr(found) == repr(expected)


@each
@pytest.mark.parametrize(
    "properties",
    [
        {},
        {"a": 1},
        {"a": 1, "b": None},
        {"a": 1.0, "b": 0.1234567},
        {"c": "x"},
        {"a": "x"},
        {"a": "x", "b": {}},
        {"": 1},
    ],
)
def test_an_event_is_merged_as_defined(fast: FastFunctions, properties: dict[str, Any]) -> None:
    request = parsed(ANN, properties=properties)
    for schema in (SCHEMA, None):
        found, expected = fast.decide(request, schema, [CONTACT]), request._decide(schema, [CONTACT])
        assert found == expected
        assert repr(found) == repr(expected)


@each
def test_doubts_about_the_decision_are_left(fast: FastFunctions) -> None:
    request = parsed(ANN)
    other = Contact("c2", None, "+12")
    assert fast.decide(request, EventSchema("another"), []) is None
    assert fast.decide(request, SCHEMA, [CONTACT, other]) is None
    assert fast.decide(request, SCHEMA, iter([CONTACT])) is None
    assert fast.decide(parsed({"id": "c9"}), SCHEMA, []) is None
    assert fast.decide(parsed({"id": "c9", **ANN}), SCHEMA, [CONTACT]) is None
    assert fast.decide(parsed({"email": "ann"}), SCHEMA, []) is None
    wrong: Any = ["a contact"]
    assert fast.decide(request, SCHEMA, wrong) is None


@each
def test_another_contact_and_a_wrong_event_are_both_reported(fast: FastFunctions) -> None:
    for matches in ([], [CONTACT]):
        request = parsed({"id": "c9", **ANN}, properties={"a": "x"})
        assert fast.decide(request, SCHEMA, matches) is None
        assert [error.code for error in request.decide(SCHEMA, matches).errors] == [
            "contact_not_found",
            "type_conflict",
        ]


@each
def test_a_removal_of_what_is_not_there_changes_nothing(fast: FastFunctions) -> None:
    decision = fast.decide(parsed({**ANN, "none": None}), SCHEMA, [CONTACT])
    assert decision
    assert decision.contact is CONTACT
    assert decision.contact_change is None


@each
@pytest.mark.parametrize("place", ["payload", "contact"])
def test_keys_whose_class_cannot_be_hashed_are_left(fast: FastFunctions, place: str) -> None:
    payload: dict[Any, Any] = {"eventName": "e", "contact": ANN}
    more = {OfUnhashableClass(): 1}
    payload = {**payload, **more} if place == "payload" else {**payload, "contact": {**ANN, **more}}
    assert fast.parse(payload, Rules()) is None
    assert TrackRequest.parse(payload).errors


@each
def test_a_decision_shares_nothing_that_can_change(fast: FastFunctions) -> None:
    payload = {"eventName": "e", "contact": {**ANN, "tags": ["x"]}, "properties": {"a": 1}}
    request = fast.parse(payload, Rules())
    assert request
    payload["properties"]["a"] = "changed"  # type: ignore[index]  # the payload is a caller's own
    payload["contact"]["tags"].append("y")  # type: ignore[index]  # as above
    decision = fast.decide(request, SCHEMA, [])
    assert decision
    assert decision.event
    assert decision.contact
    assert decision.event.properties == {"a": 1}
    assert decision.contact.properties == {"tags": ("x",)}


def _harmful(**members: Any) -> dict[Any, Any]:
    """A dict of ``members`` that even a copy of raises for: it compares keys of the same hash."""
    key = Fickle(next(iter(members)))
    gone = [f"gone {number}" for number in range(20)]
    harmful: dict[Any, Any] = {**dict.fromkeys(gone), key: 1, **members}
    for name in gone:  # a copy of a dict that has lost most of its keys is built anew
        del harmful[name]
    key.harm = True
    return harmful


@each
@pytest.mark.parametrize("place", ["payload", "contact", "properties"])
def test_keys_that_raise_are_left_to_the_definition(fast: FastFunctions, place: str) -> None:
    payload: dict[Any, Any] = {"eventName": "e", "contact": ANN}
    if place == "payload":
        payload = _harmful(**payload)
    else:
        payload[place] = _harmful(**ANN)
    request = fast.parse(payload, Rules())
    assert request is None or place == "properties"  # an event's names are for merge to look at
    assert TrackRequest.parse(payload).decide(None, []).errors
