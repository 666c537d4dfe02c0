"""Rows as blocks of events, without Spark: Arrow batches as its workers get them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

pa = pytest.importorskip("pyarrow", reason="needs the extra spark")

from eventschema.core.violations import MalformedRequest
from eventschema.spark.rows import RowTask, read_rows
from eventschema.stream.envelopes import Envelope


def texts(*values: Any, type_: Any = None) -> Any:
    """A batch of JSON texts, at the positions 1, 2, ..."""
    column = pa.array(values, type_ or pa.string())
    return pa.record_batch({"position": pa.array(range(1, len(values) + 1), pa.int64()), "json": column})


def named(properties: Any, names: Any = None) -> Any:
    numbers = pa.array(range(1, len(properties) + 1), pa.int64())
    names = pa.array(["order"] * len(properties)) if names is None else names
    return pa.record_batch({"position": numbers, "name": names, "properties": properties})


def read(*batches: Any, **options: Any) -> list[tuple[int, Any]]:
    """The position and the value of each event."""
    blocks = list(read_rows(batches, RowTask("rows", **options)))
    assert {block.source for block in blocks} <= {"rows"}
    return [pair for block in blocks for pair in zip(block.numbers, block.values, strict=True)]


def held(properties: Any, **options: Any) -> list[Any]:
    return [value["properties"] for _, value in read(named(properties), **options) if isinstance(value, dict)]


def test_texts_are_read_as_lines_are() -> None:
    found = read(texts('{"a":1}', "", " ", "[1]", '{"a":\n2}', "{}\n{}", '{"b":1,"b":2}', None))
    values = dict(found)
    assert list(values) == [1, 4, 5, 6, 7, 8]
    assert (values[1], values[5]) == ({"a": 1}, {"a": 2})
    assert values[8] == MalformedRequest("", "a JSON object", "null")
    errors = [values[number].message for number in (4, 6, 7)]
    assert errors == [
        "Expected a JSON object, found array, at the root.",
        "Expected a JSON object, found text that is not JSON, from character 4 on, at the root.",
        "Expected each key once in an object, found b twice, at the root.",
    ]


def test_a_text_of_several_lines_is_one_row() -> None:
    assert read(texts('{"a":1}\n{"a":2}', ""))[0][1].code == "malformed_request"
    assert read(texts('{"a":1}\n\n', '{"a":2}')) == [(1, {"a": 1}), (2, {"a": 2})]


@pytest.mark.parametrize("type_", ["string", "large_string", "binary", "large_binary"])
def test_texts_of_any_arrow_type(type_: str) -> None:
    assert read(texts('{"a":"é"}', "x", type_=getattr(pa, type_)()))[0] == (1, {"a": "é"})


def test_bytes_that_are_not_utf8_are_an_error_of_their_row() -> None:
    column = pa.array([b"{}", b"\xff"], pa.binary()).view(pa.string())
    batch = pa.record_batch({"position": pa.array([1, 2]), "json": column})
    assert (
        read(batch)[1][1].message
        == "Expected a JSON object, found bytes that are not UTF-8, from byte 1 on, at the root."
    )


@pytest.mark.parametrize(("length", "is_read"), [(59, True), (60, True), (61, False)])
@pytest.mark.parametrize("others", [(), (None,)])
def test_a_text_that_is_too_long(length: int, is_read: bool, others: tuple[Any, ...]) -> None:
    text = '{"a":"%s"}' % ("x" * (length - 8))
    value = read(texts("{}", text, *others), max_line_bytes=60)[1][1]
    assert isinstance(value, dict) is is_read
    if not is_read:
        assert value.message.endswith("found 61 bytes, 1 more than the limit of 60, at the root.")


def test_large_batches_are_read_in_blocks() -> None:
    text = '{"a":"%s"}' % ("x" * 1000)
    sizes = [len(block.values) for block in read_rows([texts(*[text] * 1000)], RowTask())]
    assert sum(sizes) == 1000
    assert 40 < sizes[0] < 80


def test_no_rows() -> None:
    assert read(texts()) == []
    assert read() == []


@pytest.mark.parametrize(
    ("position", "message"),
    [
        (None, "expected a position in every row, found null"),
        (-1, "expected positions of at least 0, found -1"),
    ],
)
def test_positions_that_are_none(position: Any, message: str) -> None:
    batch = pa.record_batch({"position": pa.array([0, position], pa.int64()), "json": pa.array(["{}", "{}"])})
    with pytest.raises(ValueError, match=f"^{message}$"):
        read(batch)


def test_rows_without_an_event_are_left_out() -> None:
    rows = texts('{"type":"track"}', '{"type":"page"}', "x")
    assert [number for number, _ in read(rows, envelope=Envelope(only=(("type", "track"),)))] == [1, 3]


def test_the_fields_of_a_struct() -> None:
    moment = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
    fields = [
        ("a", pa.int32()),
        ("b", pa.decimal128(9, 2)),
        ("c", pa.timestamp("us", "Asia/Tokyo")),
        ("d", pa.timestamp("us")),
        ("e", pa.date32()),
        ("f", pa.binary()),
        ("g", pa.list_(pa.timestamp("us", "Asia/Tokyo"))),
    ]
    row = {
        "a": 1,
        "b": Decimal("1.50"),
        "c": moment,
        "d": moment.replace(tzinfo=None),
        "e": date(2026, 3, 5),
        "f": b"x",
        "g": [moment],
    }
    found = held(pa.array([row, {"a": 2}, None, {}], pa.struct(fields)))
    assert found == [row, {"a": 2}, None, {}]
    assert found[0]["c"].isoformat() == found[0]["g"][0].isoformat() == "2026-03-05T09:30:00+00:00"


def test_a_slice_of_structs_has_its_own_rows() -> None:
    rows = [{"a": number, "b": "x" * 2000} for number in range(100)]
    assert held(pa.array(rows)) == rows


def test_a_struct_without_fields() -> None:
    assert held(pa.array([{}, None, {}], pa.struct([]))) == [{}, None, {}]


def test_the_entries_of_a_map() -> None:
    type_ = pa.map_(pa.string(), pa.map_(pa.string(), pa.int64()))
    rows = [{"a": {"b": 1}, "c": None}, None, {}]
    assert held(pa.array([None if row is None else list(row.items()) for row in rows], type_)) == rows


def test_properties_that_are_text() -> None:
    values = ['{"a":1}', "", "[1]", "{", None, '{"a":1,"a":2}']
    assert held(pa.array(values)) == [{"a": 1}, *values[1:]]


def test_texts_beside_properties_that_are_not_utf8() -> None:
    bad = pa.array([b"a\xff", None], pa.binary()).view(pa.string())
    nested = pa.StructArray.from_arrays([bad], ["x"])
    found = read(named(pa.StructArray.from_arrays([bad, nested], ["a", "b"]), bad))
    assert found[0][1] == {"eventName": "a\udcff", "properties": {"a": "a\udcff", "b": {"x": "a\udcff"}}}
    assert found[1][1]["eventName"] is None
