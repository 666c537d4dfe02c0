"""``parquetpages``: what pages unpack to, by their headers. Skipped without the extra ``arrow``."""

import io
from contextlib import suppress
from typing import Any

import pytest

from eventschema.stream.reading import unpacked
from eventschema.stream.reading.parquetpages import ReadingPlan, _Header, plan_reading
from eventschema.stream.reading.texts import RowsError

pa = pytest.importorskip("pyarrow", reason="the extra arrow brings it")
parquet = pytest.importorskip("pyarrow.parquet")

ROWS, SHARED = 1024, 2**16


def written(table: Any, **options: Any) -> io.BytesIO:
    file = io.BytesIO()
    parquet.write_table(table, file, **options)
    return io.BytesIO(file.getvalue())


def planned(file: io.BytesIO) -> ReadingPlan:
    plan = plan_reading(file, parquet.ParquetFile(file).metadata, ROWS, SHARED)
    assert file.tell() == 0
    return plan


def varint(number: int) -> bytes:
    number *= 2  # zigzag
    groups = bytearray()
    while number > 127:
        groups.append(number & 127 | 128)
        number >>= 7
    return bytes([*groups, number])


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("compression", ["none", "snappy", "zstd"])
def test_ordinary_files_are_read_as_they_are(version: str, compression: str) -> None:
    columns = {"n": range(5000), "s": ["x", None, "yz", "y", "z"] * 1000, "l": [["a", "b"]] * 5000}
    options = {"compression": compression, "data_page_version": version, "row_group_size": 1000}
    for more in ({}, {"use_dictionary": False}, {"write_statistics": False}, {"write_page_checksum": True}):
        assert planned(written(pa.table(columns), **options, **more)) == ReadingPlan(ROWS, [])
    assert planned(written(pa.table({"n": []}))) == ReadingPlan(ROWS, [])


def test_a_long_dictionary_of_texts_is_kept_as_one() -> None:
    table = pa.table({"a": ["x" * 60] * 9, "b": ["x" * 61] * 9, "l": [["x" * 70]] * 9, "n": [2**40] * 9})
    assert planned(written(table)) == ReadingPlan(ROWS, ["b", "l.list.element"])


def test_few_rows_at_once_have_long_values_in_few_bits() -> None:
    fixed = pa.table({"f": pa.array([b"x" * 1000] * 9, pa.binary(1000)), "g": pa.array([b"y" * 24] * 9, pa.binary(24))})
    assert planned(written(fixed)) == ReadingPlan(64, [])
    delta = written(pa.table({"d": ["x" * 2**15] * 9}), use_dictionary=False, column_encoding={"d": "DELTA_BYTE_ARRAY"})
    assert planned(delta) == ReadingPlan(1, [])
    huge = pa.table({"f": pa.array([b"x" * 2**17], pa.binary(2**17))})
    assert planned(written(huge)) == ReadingPlan(1, [])


def test_the_headers_count_whatever_the_end_of_the_file_says(monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(pa.table({"s": ["0" * 100_000]}), compression="zstd", use_dictionary=False)
    size = parquet.ParquetFile(file).metadata.row_group(0).column(0).total_uncompressed_size
    assert varint(size)[-1] < 64
    data, footer = file.getvalue()[:-200_000], file.getvalue()[-200_000:]
    short = bytes([130, *[128] * (len(varint(size)) - 2), 0])  # 1, in as many bytes
    assert varint(size) in footer
    file = io.BytesIO(data + footer.replace(varint(size), short))
    assert parquet.ParquetFile(file).metadata.row_group(0).column(0).total_uncompressed_size == 1
    monkeypatch.setattr(unpacked, "_MAX_BYTES", 100_000)
    with pytest.raises(RowsError, match=r"^row group 1 has 1000\d\d bytes in "):
        planned(file)


def test_damaged_headers_are_passed_over() -> None:
    data = written(pa.table({"n": range(9), "s": ["x"] * 9})).getvalue()
    first = parquet.ParquetFile(io.BytesIO(data)).metadata.row_group(0).column(0).dictionary_page_offset
    for position in range(first, first + 20):
        for byte in (0, 13, 127, 128, 255):
            damaged = bytearray(data)
            damaged[position] = byte
            with suppress(RowsError):
                planned(io.BytesIO(bytes(damaged)))


def test_a_column_without_a_header_is_passed_over() -> None:
    file = written(pa.table({"n": range(9)}))
    metadata = parquet.ParquetFile(file).metadata
    assert plan_reading(io.BytesIO(file.getvalue()[:9]), metadata, ROWS, SHARED) == ReadingPlan(ROWS, [])


#: Structs in Thrift's compact protocol, each with the integers of the outer one.
STRUCTS: dict[str, tuple[bytes, dict[int, int]]] = {
    "integers": (b"\x15\x02\x15\x03\x26\xac\x02\x14\x04\x00", {1: 1, 2: -2, 4: 150, 5: 2}),
    "a number of its own": (b"\x05\x28\x02\x00", {20: 1}),
    "booleans": (b"\x11\x12\x15\x02\x00", {3: 1}),
    "a byte and a double": (b"\x13\x07\x17" + bytes(8) + b"\x15\x02\x00", {3: 1}),
    "a text": (b"\x18\x03abc\x15\x02\x00", {2: 1}),
    "a list of integers": (b"\x19\x25\x02\x04\x15\x02\x00", {2: 1}),
    "a long list of booleans": (b"\x19\xf1\x10" + bytes(16) + b"\x15\x02\x00", {2: 1}),
    "a set of structs": (b"\x1a\x2c\x15\x08\x00\x00\x15\x02\x00", {2: 1}),
    "a map": (b"\x1b\x01\x58\x02\x01a\x15\x02\x00", {2: 1}),
    "an empty map": (b"\x1b\x00\x15\x02\x00", {2: 1}),
    "a struct": (b"\x1c\x15\x08\x00\x15\x02\x00", {2: 1}),
    "a UUID": (b"\x1d" + bytes(16) + b"\x15\x02\x00", {2: 1}),
}


@pytest.mark.parametrize("name", STRUCTS)
def test_structs_of_every_type(name: str) -> None:
    data, expected = STRUCTS[name]
    found: dict[int, int] = {}
    header = _Header(data + b"rest")
    header.read_struct(0, found.__setitem__)
    assert found == expected
    assert header.position == len(data)
    for size in range(len(data)):
        with pytest.raises(IndexError):
            _Header(data[:size]).read_struct(0, found.__setitem__)


@pytest.mark.parametrize(
    "data", [b"\x1e\x00", b"\x1c" * 100, b"\x19\x19" * 100, b"\x19\x1e", b"\x15" + b"\xff" * 10 + b"\x00"]
)
def test_damaged_structs(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"unknown|deep|bytes"):
        _Header(data + bytes(100)).read_struct(0, lambda *_: None)
