"""``arrow``: the rows of Parquet and Arrow files as objects. Skipped without the extra ``arrow``."""

import datetime
import io
import math
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from eventschema.stream.envelopes import Envelope
from eventschema.stream.reading import UnreadableSourceError, read_events, read_stream

pa = pytest.importorskip("pyarrow", reason="the extra arrow brings it")
ipc = pytest.importorskip("pyarrow.ipc")
parquet = pytest.importorskip("pyarrow.parquet")
arrow = pytest.importorskip("eventschema.stream.reading.arrow")

ORDER = Envelope(event="order")


def as_parquet(table: Any, path: Path) -> None:
    parquet.write_table(table, path)


def as_file(table: Any, path: Path) -> None:
    with ipc.new_file(str(path), table.schema) as writer:
        writer.write_table(table)


def as_stream(table: Any, path: Path) -> None:
    with ipc.new_stream(str(path), table.schema) as writer:
        writer.write_table(table)


each = pytest.mark.parametrize("write", [as_parquet, as_file, as_stream])
Write = Callable[[Any, Path], None]


def events(path: Path) -> list[Any]:
    return [event.properties for event in read_events(path, ORDER)]


@each
def test_rows_are_events(write: Write, tmp_path: Path) -> None:
    columns = {
        "i": [1, None, 2**63 - 1],
        "f": [1.5, 0.1, None],
        "s": ["x", "", "\u00e9"],
        "b": [True, False, None],
        "d": [datetime.date(2026, 11, 26), None, None],
        "t": [datetime.datetime(2026, 11, 26, 9, 30, 0, 5), None, None],
        "z": [datetime.datetime(2026, 11, 26, 9, 30, tzinfo=datetime.UTC), None, None],
        "n": [{"a": 1, "b": [Decimal("1.50")]}, None, None],
    }
    write(pa.table(columns), tmp_path / "data")
    first, second, third = events(tmp_path / "data")
    assert first == {
        "i": 1,
        "f": 1.5,
        "s": "x",
        "b": True,
        "d": "2026-11-26",
        "t": "2026-11-26T09:30:00.000005",
        "z": "2026-11-26T09:30:00+00:00",
        "n": {"a": 1, "b": [1.5]},
    }
    assert second == dict.fromkeys(columns) | {"f": 0.1, "s": "", "b": False}
    assert third["i"] == 2**63 - 1


@each
def test_many_rows_have_their_numbers(write: Write, tmp_path: Path) -> None:
    write(pa.table({"n": range(3000)}), tmp_path / "data")
    lines = [(event.line, event.properties["n"]) for event in read_events(tmp_path / "data", ORDER)]
    assert lines == [(number + 1, number) for number in range(3000)]


def test_nanoseconds_are_cut_and_what_is_not_finite_is_refused(tmp_path: Path) -> None:
    table = pa.table({"t": pa.array([1_700_000_000_123_456_789], pa.timestamp("ns")), "f": [math.nan]})
    as_parquet(table, tmp_path / "data")
    (event,) = events(tmp_path / "data")
    assert event == {"t": "2023-11-14T22:13:20.123456", "f": math.inf}


@each
def test_a_stream_of_bytes_is_read_like_a_file(write: Write, tmp_path: Path) -> None:
    write(pa.table({"n": [1, 2]}), tmp_path / "data")

    class Pipe(io.RawIOBase):
        """A file that cannot be sought in."""

        def __init__(self, data: bytes) -> None:
            self._data = io.BytesIO(data)

        def read(self, size: int | None = -1) -> bytes:
            return self._data.read(size)

    pipe: Any = Pipe((tmp_path / "data").read_bytes())
    assert [event.properties for event in read_stream(pipe, "-", ORDER)] == [{"n": 1}, {"n": 2}]


@each
def test_a_damaged_file_is_one_error(write: Write, tmp_path: Path) -> None:
    write(pa.table({"n": range(100)}), tmp_path / "data")
    data = (tmp_path / "data").read_bytes()
    for size in (8, 12, len(data) // 2, len(data) - 30):
        (tmp_path / "data").write_bytes(data[:size])
        with pytest.raises(UnreadableSourceError):
            events(tmp_path / "data")


@each
def test_a_row_that_is_too_long_is_an_error(write: Write, tmp_path: Path) -> None:
    write(pa.table({"n": ["x" * 92, "x" * 93, "y"]}), tmp_path / "data")
    lines = [
        [type(error).__name__ for error in event.errors]
        for event in read_events(tmp_path / "data", ORDER, max_line_bytes=100)
    ]
    assert lines == [[], ["MalformedRequest"], []]


@pytest.mark.parametrize("compression", ["zstd", "gzip", "brotli"])
def test_a_small_file_does_not_fill_the_memory(
    compression: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = pa.table({"a": [1, 2], "b": ["0" * 2**21, "1"]})
    parquet.write_table(table, tmp_path / "data", compression=compression, use_dictionary=False)
    column = parquet.ParquetFile(tmp_path / "data").metadata.row_group(0).column(1)
    assert len(list(read_events(tmp_path / "data", ORDER))) == 2
    monkeypatch.setattr(arrow, "_MAX_COLUMN_BYTES", column.total_uncompressed_size)
    assert len(list(read_events(tmp_path / "data", ORDER))) == 2
    monkeypatch.setattr(arrow, "_MAX_COLUMN_BYTES", column.total_uncompressed_size - 1)
    with pytest.raises(UnreadableSourceError, match=f"a column has {column.total_uncompressed_size} bytes in "):
        list(read_events(tmp_path / "data", ORDER))
    monkeypatch.setattr(arrow, "_MAX_RATIO", 10_000_000)
    assert len(list(read_events(tmp_path / "data", ORDER))) == 2
