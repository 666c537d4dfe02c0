from enum import StrEnum
from typing import Any

import pytest

from eventschema.core.rules import Rules
from eventschema.stream.envelopes import Envelope, StreamEvent
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
