"""Properties of files of other formats: their events are those of the same events in JSON Lines."""

import csv
import io
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from eventschema.stream.envelopes import Envelope
from eventschema.stream.reading import UnreadableSourceError, read_stream
from eventschema.stream.reading.texts import InputOptions
from tests.strategies_stream import Trickle, events, json_values

SIZES = st.sampled_from([1, 2, 7, 64, 10**6])
FLAT = Envelope(event="order")


def read(data: bytes, size: int, envelope: Envelope = Envelope(), options: InputOptions = InputOptions()) -> list[Any]:  # noqa: B008  (both are immutable)
    file: Any = Trickle(data, size)
    return [(event.name, event.properties, event.errors) for event in read_stream(file, "f", envelope, options=options)]


@given(st.lists(events, min_size=1), st.sampled_from([None, 0, 2]), st.booleans(), SIZES)
def test_the_events_of_an_array(listed: list[Any], indent: int | None, is_ascii: bool, size: int) -> None:
    array = json.dumps(listed, indent=indent, ensure_ascii=is_ascii).encode()
    lines = b"".join(json.dumps(each).encode() + b"\n" for each in listed)
    assert repr(read(array, size)) == repr(read(lines, size))


@given(st.lists(json_values), st.sampled_from([None, 0, 2]), SIZES)
def test_any_array(listed: list[Any], indent: int | None, size: int) -> None:
    array = json.dumps(listed, indent=indent).encode()
    lines = b"".join(json.dumps(each).encode() + b"\n" for each in listed)
    options = InputOptions("json")
    assert repr(read(array, size, options=options)) == repr(read(lines, size, options=InputOptions("jsonl")))


TEXTS = st.sampled_from(["", "x", "007", "a,b", 'a "b"', "a;b\tc", "\u00e9", "two\nlines", " "])
CELLS = TEXTS | st.integers() | st.booleans()


def rows_of(names: list[str]) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(st.fixed_dictionaries(dict.fromkeys(names, CELLS)), min_size=1)


@given(
    st.lists(st.sampled_from(["a", "b c", "\u00e9", ""]), min_size=2, max_size=4, unique=True).flatmap(rows_of),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\n", "\r\n"]),
    SIZES,
)
def test_the_events_of_a_table(rows: list[dict[str, Any]], delimiter: str, newline: str, size: int) -> None:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter, lineterminator=newline)
    writer.writerow(rows[0])
    for row in rows:
        writer.writerow(json.dumps(row[name]) if isinstance(row[name], int) else row[name] for name in rows[0])
    expected = [("order", {name: row[name] for name in rows[0] if row[name] != ""}, ()) for row in rows]
    options = InputOptions("tsv" if delimiter == "\t" else "csv")
    assert repr(read(file.getvalue().encode(), size, FLAT, options)) == repr(expected)


@given(
    st.binary(max_size=60) | st.text('[]{}",\\:1a \n', max_size=30).map(str.encode),
    st.sampled_from(["auto", "jsonl", "json", "csv", "tsv"]),
    SIZES,
)
def test_any_bytes_are_events_errors_or_an_unreadable_file(data: bytes, form: Any, size: int) -> None:
    def told(at_once: int) -> Any:
        try:
            return read(data, at_once, options=InputOptions(form))
        except UnreadableSourceError as error:
            return error.reason

    assert repr(told(size)) == repr(told(10**6))
