"""Workers refuse only requests that are refused in any case, with the errors of a replay request by request."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventschema import EventSchema, Rules
from eventschema.spark.requests import EarlyRefusal, RequestRow, WorkerTask, refuse_early, refuse_texts
from eventschema.stream.envelopes import StreamObject
from eventschema.stream.reading.decoding import decode_object
from eventschema.stream.replay import Rejection, Replay, TrackReplay
from tests.properties.test_request_pieces import SCHEMAS, rules, streams

ANN = {"email": "ann@example.com"}
ORDER = EventSchema("order", {"total": "float"})
ID = "00000000-0000-4000-8000-000000000001"


def refusal(value: Any) -> EarlyRefusal | None:
    return refuse_early(value, Replay({"order": ORDER}), Rules())


def request(total: object = "x", **fields: Any) -> dict[str, Any]:
    return {"eventName": "order", "contact": ANN, "properties": {"total": total}} | fields


@given(streams, st.sampled_from([{}, SCHEMAS]), rules, st.data())
def test_a_refusal_is_that_of_a_replay(data: list[bytes], schemas: Any, rules: Rules, draw: st.DataObject) -> None:
    """Whatever the schemas are that a worker has, if they are those of an earlier time."""
    replay = TrackReplay(schemas, rules)
    earlier = [Replay(schemas, rules)]
    for text in data:
        value = decode_object(text)
        early = refuse_early(value, draw.draw(st.sampled_from(earlier)), rules)
        outcome = replay.add(StreamObject("", 1, value))
        if early is not None:
            assert isinstance(outcome, Rejection)
            assert early.errors == outcome.errors
        earlier.append(Replay(replay.schemas, rules))


@pytest.mark.parametrize(
    ("value", "codes", "event", "version"),
    [
        (request(), ["type_conflict"], "order", 0),
        (request(eventID="no uuid"), ["invalid_event_id", "type_conflict"], "order", 0),
        (request(1.5, eventTime="today"), ["invalid_event_time"], "order", 0),
        (request([]), ["unsupported_type"], "order", 0),
        (request(properties={"total": "x", "new": []}), ["type_conflict", "unsupported_type"], "order", 0),
        (request(contact={"phoneNumber": "+37060000000"}), ["type_conflict"], "order", 0),
        (request(contact={}), ["missing_contact_identifier", "type_conflict"], "order", 0),
        (request(contact={}, properties={}), ["missing_contact_identifier"], "order", 0),
        (request(contact={}, eventName=""), ["invalid_event_name", "missing_contact_identifier"], None, None),
        (request(contact={}, properties=[]), ["missing_contact_identifier", "malformed_request"], "order", 0),
    ],
)
def test_refused_in_any_case(value: dict[str, Any], codes: list[str], event: str | None, version: int | None) -> None:
    found = refusal(value)
    assert found is not None
    assert ([error.code for error in found.errors], found.event, found.version) == (codes, event, version)


@pytest.mark.parametrize(
    "value",
    [
        request(1.5),
        request(properties=None),
        request(eventID=ID),  # it may repeat an event of before
        request(contact={"id": "1"}),  # which may be missing
        request(contact=ANN | {"phoneNumber": "+37060000000"}),  # which may be of two contacts
        request(properties={"total": "x", "new": 1}),  # which an event before may have added with another type
        request(eventName="visit"),
        request([], eventName="visit"),  # an event without a declared schema may be refused for that too
        request(contact={}, eventName="visit"),
        request(1.5, eventName="visit", eventTime="today", properties={"new": 1}),
    ],
)
def test_to_be_decided_where_the_store_is(value: dict[str, Any]) -> None:
    assert refusal(value) is None


def test_rows() -> None:
    task = WorkerTask({"order": ORDER}, Rules(), 100)
    good, bad = json.dumps(request(1)).encode(), json.dumps(request()).encode()
    rows = refuse_texts([good, b" \n", None, b"[]", bad + b" " * (100 - len(bad)), bad + b" " * (101 - len(bad))], task)
    assert rows[:2] == [RequestRow(good, len(good)), RequestRow(None, 0)]
    assert [(row.request is not None, row.length, row.event, row.version) for row in rows[2:]] == [
        (True, 0, None, None),
        (True, 2, None, None),
        (True, 100, "order", 0),
        (False, 101, None, None),
    ]
    codes = [[error["code"] for error in json.loads(row.errors or b"")] for row in rows[2:]]
    assert codes == [["malformed_request"], ["malformed_request"], ["type_conflict"], ["malformed_request"]]
    assert refuse_texts([], task) == []
