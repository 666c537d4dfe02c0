"""The format of rejected requests that are kept."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventschema import MalformedRequest, TypeConflict
from eventschema.core.types import PropertyType
from eventschema.stream.rejected import LINE_START, RejectedRequest, max_line_bytes, split_batch

AT = datetime(2026, 11, 26, 8, 30, tzinfo=UTC)
ID = "00000000-0000-4000-8000-00000000000a"
ERRORS = [MalformedRequest("", "a JSON object", "array")]


def line(**fields: Any) -> dict[str, Any]:
    given = {"format": 1, "id": ID, "receivedAt": AT.isoformat(), "errors": [], "request": "{}"} | fields
    return {name: value for name, value in given.items() if value is not ...}


def read(text: bytes) -> RejectedRequest:
    assert text.endswith(b"\n")
    assert text.count(b"\n") == 1
    return RejectedRequest.from_dict(json.loads(text))


@pytest.mark.parametrize(
    ("request_", "field", "value"),
    [
        (b'{"a": 1, "a": "\xc3\xa9"}', "request", '{"a": 1, "a": "é"}'),
        (b"", "request", ""),
        (b"\xff\n", "requestBase64", "/wo="),
        (2_000_000, "bytes", 2_000_000),
    ],
)
def test_a_line_has_the_request_as_it_came(request_: bytes | int, field: str, value: object) -> None:
    error = TypeConflict("/properties/a", PropertyType.INT, PropertyType.STRING, 2)
    rejected = RejectedRequest.of(request_, [error], AT, 3, ("events.ndjson", 7))
    assert rejected.to_line().startswith(LINE_START)
    document = json.loads(rejected.to_line())
    assert document == {
        "format": 1,
        "id": rejected.id,
        "receivedAt": "2026-11-26T08:30:00+00:00",
        "source": "events.ndjson",
        "line": 7,
        "schemaVersion": 3,
        "errors": [error.to_dict()],
        field: value,
    }
    assert read(rejected.to_line()) == rejected


def test_what_is_not_known_is_absent() -> None:
    rejected = RejectedRequest.of(b"[]", ERRORS, AT.astimezone(timezone(timedelta(hours=2))))
    assert set(json.loads(rejected.to_line())) == {"format", "id", "receivedAt", "errors", "request"}
    assert read(rejected.to_line()) == rejected
    assert RejectedRequest.of(b"[]", ERRORS, AT).id != rejected.id


@given(st.binary(max_size=300) | st.text(max_size=100).map(lambda text: text.encode(errors="replace")))
def test_any_bytes_come_back_within_the_limit(request: bytes) -> None:
    rejected = RejectedRequest.of(request, ERRORS, AT)
    assert read(rejected.to_line()).request == request
    assert len(rejected.to_line()) <= max_line_bytes(len(request))


@pytest.mark.parametrize("given_id", ["", ', "eventID": null'])
def test_a_request_without_an_id_gets_that_of_its_line(given_id: str) -> None:
    rejected = RejectedRequest.of(f'{{"eventName": "order"{given_id}}}'.encode(), ERRORS, AT)
    assert rejected.payload() == {"eventName": "order", "eventID": rejected.id}


def test_a_request_keeps_its_own_id() -> None:
    assert RejectedRequest.of(b'{"eventID": "mine"}', ERRORS, AT).payload() == {"eventID": "mine"}


def test_a_request_that_is_no_object_has_no_payload() -> None:
    malformed = RejectedRequest.of(b'{"a": 1, "a": 2}', ERRORS, AT).payload()
    assert malformed == MalformedRequest("", "each key once in an object", "a twice")
    assert RejectedRequest.of(2**30, ERRORS, AT).payload() is None


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "Expected an object, found array, at the root."),
        ({"eventName": "order"}, "Expected the field format, found none, at the root."),
        (line(format=2), "Expected 1, found 2, at /format."),
        (line(format="1"), "Expected 1, found '1', at /format."),
        (line(format=...), "Expected the field format, found none, at the root."),
        (line(id=...), "Expected the field id, found none, at the root."),
        (line(id="x"), "Expected a UUID, found another value, at /id."),
        (line(id=3), "Expected a UUID, found another value, at /id."),
        (line(receivedAt="soon"), "Expected a time of ISO 8601 in UTC, found another value, at /receivedAt."),
        (line(receivedAt=1), "Expected a time of ISO 8601 in UTC, found another value, at /receivedAt."),
        (
            line(receivedAt="2026-11-26T08:30:00"),
            "Expected a time of ISO 8601 in UTC, found another value, at /receivedAt.",
        ),
        (
            line(receivedAt="2026-11-26T08:30:00+01:00"),
            "Expected a time of ISO 8601 in UTC, found another value, at /receivedAt.",
        ),
        (line(errors={}), "Expected an array of objects, found object, at /errors."),
        (line(errors=[1]), "Expected an array of objects, found array, at /errors."),
        (
            line(request=...),
            "Expected one of the fields request, requestBase64, bytes, found none, at the root.",
        ),
        (
            line(bytes=3),
            "Expected one of the fields request, requestBase64, bytes, found request, bytes, at the root.",
        ),
        (line(request={}), "Expected text, found object, at /request."),
        (line(request="\ud800"), "Expected text, found text with lone surrogates, at /request."),
        (line(request=..., requestBase64="?"), "Expected base64, found another text, at /requestBase64."),
        (line(request=..., requestBase64="é"), "Expected base64, found another text, at /requestBase64."),
        (line(request=..., requestBase64=[]), "Expected text, found array, at /requestBase64."),
        (line(request=..., bytes="9"), "Expected a number of at least 0, found string, at /bytes."),
        (line(schemaVersion=-1), "Expected a number of at least 0, found -1, at /schemaVersion."),
        (line(line=True), "Expected a number of at least 0, found bool, at /line."),
        (line(source=1), "Expected text, found int, at /source."),
    ],
)
def test_another_document_is_an_error(document: object, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  (the message follows)
        RejectedRequest.from_dict(document)
    assert str(caught.value) == message


def test_an_id_in_capitals_is_read_in_lower_case() -> None:
    assert RejectedRequest.from_dict(line(id=ID.upper())).id == ID


# --- batches ---


@pytest.mark.parametrize(
    ("body", "events", "texts"),
    [
        (b'{"events": [ {"a":1e2} ,3]}', [{"a": 100.0}, 3], [b'{"a":1e2}', b"3"]),
        (b'{"events": []}', [], []),
        (b'{"events": ["\\ud800"]}', ["\ud800"], [b'"\\ud800"']),
    ],
)
def test_a_batch_is_split_into_its_texts(body: bytes, events: list[Any], texts: list[bytes]) -> None:
    assert split_batch(body, events) == texts


def test_a_batch_that_was_refused_whole_is_taken_apart() -> None:
    batch = RejectedRequest.of(b'\xef\xbb\xbf{"events": [{"a": 1.50}, 5]}', ERRORS, AT, location=("events.ndjson", 7))
    first, second = batch.each()
    assert (first.request, first.length, second.request) == (b'{"a": 1.50}', 11, b"5")
    assert (first.line, first.errors) == (7, batch.errors)
    assert len({batch.id, first.id, second.id}) == 3
    assert read(first.to_line()) == first
    assert batch.each() == (first, second)  # with the same ids again


def test_further_fields_of_a_batch_are_left_out() -> None:
    batch = RejectedRequest.of(b'{"sentAt": "x", "events": [{"a": 1.50}, 5], "contact": {}}', ERRORS, AT)
    assert [each.request for each in batch.each()] == [b'{"a": 1.50}', b"5"]


@pytest.mark.parametrize(
    "request_",
    [
        b'{"events": []}',
        b'{"events": {"a": 1}}',
        b'{"events": [{}], "eventName": "order"}',
        b'{"more": [{"events": [{}]}]}',
        b'{"events": [{}], "events": [{}]}',
        b'{"eventName": "events"}',
        b'["events"]',
        b'{"events": [',
        5,
    ],
)
def test_anything_else_stays_whole(request_: bytes | int) -> None:
    rejected = RejectedRequest.of(request_, ERRORS, AT)
    assert rejected.each() == (rejected,)
