"""``arrow``: the rows of Parquet and Arrow files as objects. Skipped without the extra ``arrow``."""

import datetime
import io
import math
import struct
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from eventschema.stream.envelopes import Envelope
from eventschema.stream.reading import UnreadableSourceError, read_events, read_stream, unpacked

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


def peak_bytes(path: Path) -> tuple[str, int]:
    """What a process of its own says when it reads ``path``, and how much memory it took for that."""
    program = """
import resource, sys
from eventschema.stream.envelopes import Envelope
from eventschema.stream.reading import UnreadableSourceError, arrow, read_events
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    said = sum(1 for _ in read_events(sys.argv[1], Envelope(event="order")))
except UnreadableSourceError as error:
    said = error.reason
print(said, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, sep=";")
"""
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, check=True, text=True)
    said, kilobytes = done.stdout.split(";")
    return said, int(kilobytes) * 1024


def packed_zeros(count: int) -> Any:
    buffers = [None, pa.py_buffer(bytes(8 * count))]
    return pa.table({"n": pa.Array.from_buffers(pa.int64(), count, buffers)})


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the unit of ru_maxrss")
@pytest.mark.parametrize("new", [ipc.new_file, ipc.new_stream])
def test_a_bomb_of_zeros_is_refused(new: Callable[..., Any], tmp_path: Path) -> None:
    table = packed_zeros(100_000_000)
    with new(str(tmp_path / "data"), table.schema, options=ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    assert (tmp_path / "data").stat().st_size < 30_000
    said, peak = peak_bytes(tmp_path / "data")
    assert said.startswith("batch 1 has 800000000 bytes in ")
    assert peak < 2**24


LONG = "x" * 900_000
SHARING = {
    "dictionary": lambda: pa.DictionaryArray.from_arrays(pa.array([0] * 400, pa.int16()), pa.array([LONG])),
    "list": lambda: pa.array([[LONG]] * 400, pa.list_(pa.string())),
    "struct": lambda: pa.array([{"a": LONG}] * 400),
    "text": lambda: pa.array([LONG] * 400),
}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the unit of ru_maxrss")
@pytest.mark.parametrize("column", SHARING)
def test_rows_that_share_a_long_text_take_no_memory(column: str, tmp_path: Path) -> None:
    parquet.write_table(pa.table({"c": SHARING[column]()}), tmp_path / "data", compression="zstd")
    assert (tmp_path / "data").stat().st_size < 2000
    said, peak = peak_bytes(tmp_path / "data")
    assert said == "400"
    assert peak < 3 * 2**26  # written out, they are 360 MB, twice


@pytest.mark.parametrize("new", [ipc.new_file, ipc.new_stream])
@pytest.mark.parametrize("compression", ["zstd", "lz4"])
def test_a_small_batch_does_not_fill_the_memory(
    new: Callable[..., Any], compression: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = packed_zeros(40_000)
    with new(str(tmp_path / "data"), table.schema, options=ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(table.slice(0, 2))
        writer.write_table(table)
    monkeypatch.setattr(unpacked, "_MAX_RATIO", 100)
    monkeypatch.setattr(unpacked, "_MAX_BYTES", 320_000)
    assert sum(1 for _ in read_events(tmp_path / "data", ORDER)) == 40_002
    monkeypatch.setattr(unpacked, "_MAX_BYTES", 319_999)
    read: list[Any] = []
    with pytest.raises(UnreadableSourceError, match="batch 2 has 320000 bytes in "):
        read.extend(read_events(tmp_path / "data", ORDER))
    assert len(read) == 2  # the batch before it is read


@pytest.mark.parametrize("compression", ["zstd", "gzip", "brotli"])
def test_a_small_row_group_does_not_fill_the_memory(
    compression: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = pa.table({"a": [1, 2], "b": ["0" * 2**21, "1"]})
    parquet.write_table(table, tmp_path / "data", compression=compression, use_dictionary=False)
    group = parquet.ParquetFile(tmp_path / "data").metadata.row_group(0)
    size = sum(group.column(index).total_uncompressed_size for index in (0, 1))
    assert len(list(read_events(tmp_path / "data", ORDER))) == 2
    monkeypatch.setattr(unpacked, "_MAX_BYTES", size)
    assert len(list(read_events(tmp_path / "data", ORDER))) == 2
    monkeypatch.setattr(unpacked, "_MAX_BYTES", size - 1)
    with pytest.raises(UnreadableSourceError, match=f"row group 1 has {size} bytes in "):
        list(read_events(tmp_path / "data", ORDER))
    monkeypatch.setattr(unpacked, "_MAX_RATIO", 10_000_000)
    assert len(list(read_events(tmp_path / "data", ORDER))) == 2


@each
def test_rows_that_share_a_text_are_cut_into_smaller_parts(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["a" * 400, "b", None, "c" * 300] * 50
    table = pa.table({"d": pa.array(texts).dictionary_encode(), "l": [[text, text] for text in texts]})
    write(table, tmp_path / "data")
    monkeypatch.setattr(arrow, "_SHARED_BYTES", 700)
    found = events(tmp_path / "data")
    assert found == [{"d": text, "l": [text, text]} for text in texts]
    rows = [
        event.errors[0].code if event.errors else event.properties["d"]
        for event in read_events(tmp_path / "data", ORDER, max_line_bytes=600)
    ]
    assert rows == ["malformed_request", "b", None, "malformed_request"] * 50


def test_a_row_too_long_to_be_written_out_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_file(pa.table({"d": pa.array(["x" * 101, "y", "x" * 100]).dictionary_encode()}), tmp_path / "data")
    monkeypatch.setattr(arrow, "_SHARED_BYTES", 100)
    lines = [line.errors[0].message for line in read_events(tmp_path / "data", ORDER, max_line_bytes=90) if line.errors]
    assert len(lines) == 2
    assert "101" in lines[0]  # the bytes of the values that are shared
    assert "108" in lines[1]  # the bytes of the line


def test_dictionaries_of_times_are_cut_to_microseconds(tmp_path: Path) -> None:
    times = pa.array([1_700_000_000_123_456_789], pa.timestamp("ns")).dictionary_encode()
    as_stream(pa.table({"t": times}), tmp_path / "data")
    assert events(tmp_path / "data") == [{"t": "2023-11-14T22:13:20.123456"}]


def test_damaged_offsets_do_not_end_the_process(tmp_path: Path) -> None:
    as_file(pa.table({"s": ["ab", "cd", "ef"]}), tmp_path / "data")
    data = (tmp_path / "data").read_bytes()
    offsets = struct.pack("<4i", 0, 2, 4, 6)
    assert data.count(offsets) == 1
    for damaged in ((0, 2, 1, 6), (0, 2, -4, 6), (0, 2, 4, 2**30)):
        (tmp_path / "data").write_bytes(data.replace(offsets, struct.pack("<4i", *damaged)))
        with pytest.raises(UnreadableSourceError):
            events(tmp_path / "data")
