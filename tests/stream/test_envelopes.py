from enum import StrEnum
from typing import Any

import pytest

from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.core.violations import MalformedRequest, NameConflict
from eventschema.stream.envelopes import DEFAULT_ENVELOPE, Block, Envelope, StreamEvent, select_events
from eventschema.stream.mapping import Mapping
from eventschema.stream.replay import Rejection, Replay
from eventschema.track.violations import InvalidEventName, MissingField

SEGMENT = Envelope(event_key="event")


class Name(StrEnum):
    ORDER = "order"
    EMPTY = ""


def open_line(value: dict[str, Any], envelope: Envelope = Envelope(), rules: Rules = Rules()) -> StreamEvent:  # noqa: B008 (both are immutable)
    return envelope.open("file", 3, value, rules)


def test_the_envelope_of_a_track_request() -> None:
    event = open_line({"eventName": "order", "properties": {"total": 1}, "userId": 7, "timestamp": "now"})
    assert event == StreamEvent("file", 3, "order", {"total": 1}, (), "/eventName")


def test_the_envelope_of_segment() -> None:
    event = open_line({"type": "track", "event": "order", "properties": {"total": 1}}, SEGMENT)
    assert event == StreamEvent("file", 3, "order", {"total": 1}, (), "/event")


def test_other_keys() -> None:
    event = open_line({"n": "order", "p": {"total": 1}}, Envelope(event_key="n", properties_key="p"))
    assert (event.name, event.properties, event.name_pointer) == ("order", {"total": 1}, "/n")


def test_a_bare_object_is_all_properties() -> None:
    event = open_line({"eventName": "x", "total": 1}, Envelope(event="order"))
    assert event == StreamEvent("file", 3, "order", {"eventName": "x", "total": 1}, (), "")


@pytest.mark.parametrize("line", [{"eventName": "order"}, {"eventName": "order", "properties": None}])
def test_properties_may_be_absent(line: dict[str, Any]) -> None:
    assert open_line(line).properties == {}


@pytest.mark.parametrize("properties", [[], 0, "", False])
def test_what_is_no_object_is_left_for_the_schema_to_refuse(properties: object) -> None:
    event = open_line({"eventName": "order", "properties": properties})
    assert (event.properties, event.errors) == (properties, ())


def test_a_missing_name() -> None:
    event = open_line({"event": "order", "properties": {"total": 1}})
    assert (event.name, event.errors) == (None, (MissingField("/eventName", "eventName"),))
    assert event.errors[0].message == "Expected the field eventName, found none, at /eventName."


def test_a_key_from_outside_is_escaped_in_the_pointer_alone() -> None:
    (error,) = open_line({}, Envelope(event_key="a/b~c")).errors
    assert error == MissingField("/a~1b~0c", "a/b~c")
    assert error.message == "Expected the field a/b~c, found none, at /a~1b~0c."
    assert open_line({}, Envelope(event_key="k" * 200)).errors == (MissingField(f"/{'k' * 128}...", f"{'k' * 128}..."),)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (None, "not_text"),
        (1, "not_text"),
        (True, "not_text"),
        ([], "not_text"),
        ({}, "not_text"),
        ("", "empty"),
        ("a\nb", "character"),
        ("\x7f", "character"),
        ("\ud800", "character"),
        ("\n" * 255, "character"),
        ("n" * 256, "too_long"),
        ("\n" * 256, "too_long"),
    ],
)
def test_an_invalid_name(name: object, reason: Any) -> None:
    event = open_line({"eventName": name})
    assert (event.name, event.properties, event.errors) == (None, None, (InvalidEventName("/eventName", reason),))


@pytest.mark.parametrize("envelope", [Envelope(), Envelope(event=Name.ORDER)])
def test_a_name_that_is_a_member_of_an_enum_is_its_text(envelope: Envelope) -> None:
    event = open_line({"eventName": Name.ORDER}, envelope)
    assert (event.name, type(event.name), event.errors) == ("order", str, ())
    assert open_line({"eventName": Name.EMPTY}).errors == (InvalidEventName("/eventName", "empty"),)


def test_the_name_given_for_all_lines_is_checked_by_the_rules() -> None:
    event = open_line({}, Envelope(event="order"), Rules(max_event_name_length=4))
    assert event.errors == (InvalidEventName("", "too_long"),)
    assert open_line({}, Envelope(event="order"), Rules(max_event_name_length=5)).errors == ()


# --- names elsewhere, properties beside them, and lines that are no events ---

FLAT = Envelope(flat=True, event_key="type", left_out=frozenset({"id", "missing"}))


def test_a_flat_object_has_its_name_beside_its_properties() -> None:
    event = open_line({"id": 7, "type": "order", "total": 1, "properties": {"a": 1}}, FLAT)
    assert event == StreamEvent("file", 3, "order", {"total": 1, "properties": {"a": 1}}, (), "/type")
    assert open_line({"type": "order"}, FLAT).properties == {}
    assert open_line({"type": "order"}, FLAT).has_properties is True


def test_a_name_of_several_fields() -> None:
    envelope = Envelope(event_keys=("channel", "id"))
    event = open_line({"channel": "web", "id": 17, "properties": {"a": 1}}, envelope)
    assert (event.name, event.properties, event.name_pointer) == ("web.17", {"a": 1}, "/id")
    assert open_line({"channel": "web"}, envelope).errors == (MissingField("/id", "id"),)
    assert open_line({"id": 1}, envelope).errors == (MissingField("/channel", "channel"),)
    flat = Envelope(event_keys=("channel", "id"), flat=True)
    assert open_line({"channel": "web", "id": 17, "a": 1}, flat).properties == {"a": 1}


@pytest.mark.parametrize("part", [None, True, 1.5, [], {}, Name.ORDER])
def test_a_part_of_a_name_is_text_or_an_integer(part: Any) -> None:
    event = open_line({"channel": part, "id": "x"}, Envelope(event_keys=("channel", "id")))
    assert event.errors == (InvalidEventName("/channel", "not_text"),)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("order.ndjson", "order"),
        ("a/b/order placed.ndjson.gz", "order placed"),
        ("order", "order"),
        ("/x/y.z/a.b", "a"),
    ],
)
def test_a_name_from_the_file(source: str, name: str) -> None:
    envelope = Envelope(event_from_source=True)
    assert envelope.open(source, 1, {"total": 1}) == StreamEvent(source, 1, name, {"total": 1}, (), "")
    assert envelope.open(source, 1, {"properties": {"total": 1}}).properties == {"total": 1}


def test_a_file_without_a_name() -> None:
    event = Envelope(event_from_source=True).open("dir/.hidden", 1, {"total": 1})
    assert event.errors == (InvalidEventName("", "empty"),)


def test_properties_as_json_text() -> None:
    envelope = Envelope(properties_key="payload", json_properties=True)
    assert open_line({"eventName": "o", "payload": '{"a": [1, 1.50]}'}, envelope).properties == {"a": [1, 1.5]}
    assert open_line({"eventName": "o", "payload": {"a": 1}}, envelope).properties == {"a": 1}
    assert open_line({"eventName": "o", "payload": "[1]"}, envelope).properties == [1]
    assert open_line({"eventName": "o", "payload": None}, envelope).properties == {}


@pytest.mark.parametrize("text", ["", "{", "{'a': 1}", '{"a": NaN}', "[" * 100_000])
def test_a_text_that_is_no_json(text: str) -> None:
    event = open_line({"eventName": "o", "pay/load": text}, Envelope(properties_key="pay/load", json_properties=True))
    error = MalformedRequest("/pay~1load", "the JSON text of an object", "text that is not JSON")
    assert (event.name, event.errors) == (None, (error,))


def test_a_repeated_key_in_a_json_text() -> None:
    event = open_line({"eventName": "o", "properties": '{"a": {"b": 1, "b": 2}}'}, Envelope(json_properties=True))
    assert event.errors == (MalformedRequest("/properties/a", "each key once in an object", "b twice"),)


def test_messages_that_are_no_events_are_left_out() -> None:
    envelope = Envelope(event_key="event", only=(("type", "track"), ("channel", "web")))
    bad = MalformedRequest("", "a JSON object", "array")
    values: list[Any] = [
        {"type": "track", "channel": "web", "event": "a"},
        {"type": "identify", "channel": "web"},
        bad,
        {"type": "track"},
        {"type": ["track"], "channel": "web"},
    ]
    block = Block("file", range(5, 10), values, 9)
    assert select_events(block, envelope) == (Block("file", [5, 7], [values[0], bad], 9), 3)
    assert select_events(block, DEFAULT_ENVELOPE) == (block, 0)
    assert envelope.is_plain


# --- mapped properties ---

NESTED = Envelope(mapping=Mapping(objects="flatten", names="snake_case"))


def test_mapped_properties() -> None:
    event = open_line({"eventName": "o", "properties": {"cartId": {"A": 1}, "x": 2}}, NESTED)
    assert event.properties == {"cart_id_a": 1, "x": 2}
    assert event.mapped is not None
    assert event.mapped.paths == {"cart_id_a": ("cartId", "A")}
    assert not NESTED.is_plain
    assert open_line({"eventName": "o"}, NESTED).properties == {}


def test_errors_of_a_replay_point_to_what_was_sent() -> None:
    replay = Replay({"o": EventSchema("o", {"cart_id_a": "date"})})
    outcome = replay.add(open_line({"eventName": "o", "properties": {"cartId": {"A": 1}}}, NESTED))
    assert isinstance(outcome, Rejection)
    assert [(error.code, error.pointer) for error in outcome.errors] == [("type_conflict", "/properties/cartId/A")]
    outcome = replay.add(open_line({"eventName": "o", "properties": {"aB": 1, "a_b": 2}}, NESTED))
    assert isinstance(outcome, Rejection)
    assert outcome.errors == (NameConflict("/properties/a_b", "/properties/aB"),)


def test_an_object_of_the_default_envelope() -> None:
    value = {"eventName": "o", "properties": {"aB": 1}}
    assert NESTED.simplified("file", value, Rules()) == {"eventName": "o", "properties": {"a_b": 1}}
    for wrong in (
        MalformedRequest("", "a JSON object", "array"),
        {"eventName": ""},
        {"eventName": "o"},
        {"eventName": "o", "properties": {"aB": 1, "a_b": 2}},
    ):
        assert NESTED.simplified("file", wrong, Rules()) is None
