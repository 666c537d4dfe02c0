import gzip
import io
import json
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.core.violations import MalformedRequest
from eventschema.stream.envelopes import DEFAULT_ENVELOPE, Envelope, StreamEvent
from eventschema.stream.reading import UnreadableSourceError, read_stream
from eventschema.stream.reading.decoding import NotJSONError, decode_value
from eventschema.stream.replay import Rejection, Replay, check, check_rules, replay
from tests.strategies_stream import Trickle, as_line, events, files, is_of_lines, json_values, lines

MARK = b"\xef\xbb\xbf"
GZIP = b"\x1f\x8b"
RULES = st.sampled_from([Rules(), Rules(types="exact"), Rules(nulls="reject"), Rules(max_schema_properties=2)])


def read(data: bytes, source: str = "file") -> list[StreamEvent]:
    return list(read_stream(io.BytesIO(data), source))


def read_until_failure(data: bytes) -> tuple[list[StreamEvent], bool]:
    found: list[StreamEvent] = []
    try:
        found.extend(read_stream(io.BytesIO(data), "file"))
    except UnreadableSourceError:
        return found, True
    return found, False


@given(files())
def test_every_line_but_blank_ones_comes_out_once_in_order(data: bytes) -> None:
    listed = data.removeprefix(MARK).split(b"\n")
    assert [event.line for event in read(data)] == [number for number, line in enumerate(listed, 1) if line.strip()]


@given(st.binary(max_size=200).filter(lambda data: not data.startswith(GZIP) and is_of_lines(data)))
def test_so_it_is_with_any_bytes(data: bytes) -> None:
    listed = data.removeprefix(MARK).split(b"\n")
    assert [event.line for event in read(data)] == [number for number, line in enumerate(listed, 1) if line.strip()]


@given(files(), st.integers(1, 40))
def test_how_the_bytes_come_in_does_not_matter(data: bytes, at_once: int) -> None:
    assert list(read_stream(Trickle(data, at_once), "file")) == read(data)  # type: ignore[arg-type]  # read and read1 will do


@given(files(), st.integers(0, 60))
def test_a_line_is_too_long_or_read_as_ever(data: bytes, limit: int) -> None:
    listed = data.removeprefix(MARK).replace(b"\r\n", b"\n").split(b"\n")
    limited = {event.line: event for event in read_stream(io.BytesIO(data), "file", max_line_bytes=limit)}
    for event in read(data):
        if len(listed[event.line - 1]) <= limit:
            assert limited[event.line] == event
        else:
            (error,) = limited[event.line].errors
            assert isinstance(error, MalformedRequest)
            assert error.expected == "a shorter line"


@given(files(), st.integers(0, 100))
def test_gzip_reads_as_plain(data: bytes, cut: int) -> None:
    head, tail = data[:cut], data[cut:]
    assert read(gzip.compress(data)) == read(data)
    assert read(gzip.compress(head) + gzip.compress(tail)) == read(data)


@given(files(), st.data())
def test_a_truncated_file_reads_as_the_start_of_the_whole(data: bytes, draw: st.DataObject) -> None:
    assume(not data.startswith(b"\x1f\x8b"))  # itself read as gzip where it stands unpacked
    packed = gzip.compress(data)
    cut = draw.draw(st.integers(2, len(packed) - 1))
    found, failed = read_until_failure(packed[:cut])
    assert failed
    assert found == read(data)[: len(found)]


@given(files(), st.data())
def test_damage_never_crashes_the_reading(data: bytes, draw: st.DataObject) -> None:
    packed = bytearray(gzip.compress(data))
    packed[draw.draw(st.integers(2, len(packed) - 1))] = draw.draw(st.integers(0, 255))
    found, _ = read_until_failure(bytes(packed))
    assert [event.line for event in found] == sorted({event.line for event in found})


@given(json_values)
def test_json_reads_as_what_was_written(value: Any) -> None:
    assert repr(decode_value(json.dumps(value).encode())) == repr(value)
    assert repr(decode_value(json.dumps(value, ensure_ascii=False).encode())) == repr(value)


def strictly(text: bytes) -> Any:
    def refuse(_: str) -> None:
        raise ValueError

    return json.loads(text.decode(), parse_constant=refuse)


@given(json_values.map(as_line), st.integers(0, 60), st.binary(max_size=2))
def test_what_is_json_is_what_the_standard_library_says(text: bytes, place: int, change: bytes) -> None:
    mutated = text[:place] + change + text[place + 1 :]
    try:
        expected = strictly(mutated)
    except ValueError:
        expected = NotJSONError
    try:
        decoded = decode_value(mutated)
    except NotJSONError:
        decoded = NotJSONError
    assert repr(decoded) == repr(expected)


streams = st.lists(lines, max_size=10).map(b"\n".join).filter(is_of_lines).map(read)


@given(streams, RULES)
def test_replay_is_merging_one_by_one(stream: list[StreamEvent], rules: Rules) -> None:
    schemas: dict[str, EventSchema] = {}
    rejections = []
    for event in stream:
        errors = event.errors
        if event.name is not None and not errors:
            result = schemas.get(event.name, EventSchema(event.name)).merge(event.properties, rules)
            errors = result.errors
            if not errors:
                schemas[event.name] = result.schema
        if errors:
            rejections.append(Rejection(event.source, event.line, event.name, errors))
    assert replay(stream, {}, rules) == (schemas, tuple(rejections))


@given(streams, st.integers(0, 10), RULES)
def test_replay_can_be_interrupted(stream: list[StreamEvent], at: int, rules: Rules) -> None:
    first = replay(stream[:at], {}, rules)
    second = replay(stream[at:], first.schemas, rules)
    assert replay(stream, {}, rules) == (second.schemas, first.rejections + second.rejections)


@given(st.lists(lines, max_size=10), st.integers(0, 10))
def test_splitting_a_file_changes_sources_and_lines_only(listed: list[bytes], at: int) -> None:
    at = min(at, len(listed))
    assume(at == 0 or not b"\n".join(listed[at:]).startswith((MARK, GZIP)))  # which mean something at a start only
    assume(all(is_of_lines(b"\n".join(part)) for part in (listed, listed[:at], listed[at:])))
    whole = replay(read(b"\n".join(listed), "whole"))
    parts = replay([*read(b"\n".join(listed[:at]), "first"), *read(b"\n".join(listed[at:]), "second")])
    assert parts.schemas == whole.schemas
    places = [("first", r.line) if r.line <= at else ("second", r.line - at) for r in whole.rejections]
    assert list(parts.rejections) == [
        r._replace(source=source, line=line) for r, (source, line) in zip(whole.rejections, places, strict=True)
    ]


@given(streams, RULES)
def test_what_was_accepted_passes_the_check_against_what_it_made(stream: list[StreamEvent], rules: Rules) -> None:
    schemas, rejections = replay(stream, {}, rules)
    refused = {rejection.line for rejection in rejections}
    accepted = [event for event in stream if event.line not in refused]
    assert check(accepted, schemas, rules) == ()
    assert replay(accepted, schemas, rules) == (schemas, ())


@given(streams, streams, st.booleans())
def test_a_check_changes_nothing_and_the_order_does_not_matter(
    known: list[StreamEvent], stream: list[StreamEvent], allow_new: bool
) -> None:
    schemas = replay(known).schemas
    state = Replay(schemas, check_rules(Rules(), allow_new=allow_new), grow=False)
    for event in stream:
        state.add(event)
    assert state.schemas == schemas
    forward = check(stream, schemas, allow_new=allow_new)
    assert check(reversed(stream), schemas, allow_new=allow_new) == forward[::-1]


@given(st.lists(events, max_size=5))
def test_the_shape_of_the_line_does_not_matter(listed: list[dict[str, Any]]) -> None:
    def opened(envelope: Envelope, values: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
        data = b"\n".join(map(as_line, values))
        return [(e.line, e.name, e.properties, e.errors) for e in read_stream(io.BytesIO(data), "file", envelope)]

    segment = [{"type": "track", "event": v["eventName"], "properties": v["properties"]} for v in listed]
    straight = opened(DEFAULT_ENVELOPE, listed)
    assert opened(Envelope(event_key="event"), segment) == straight
    for number, value in enumerate(listed):
        (bare,) = opened(Envelope(event=value["eventName"]), [value["properties"]])
        assert bare[1:] == straight[number][1:]
