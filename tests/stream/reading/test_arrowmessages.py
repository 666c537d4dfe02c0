"""``arrowmessages``: what batches unpack to, by the metadata. Skipped without the extra ``arrow``."""

import io
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from eventschema.stream.reading import unpacked
from eventschema.stream.reading.arrowmessages import check_batches
from eventschema.stream.reading.texts import RowsError

pa = pytest.importorskip("pyarrow", reason="the extra arrow brings it")
ipc = pytest.importorskip("pyarrow.ipc")

ZEROS = pa.table({"n": pa.array([0] * 1000, pa.int64())})
each = pytest.mark.parametrize("new", [ipc.new_file, ipc.new_stream])
New = Callable[..., Any]


def written(new: New, *tables: Any, **options: Any) -> io.BytesIO:
    file = io.BytesIO()
    with new(file, tables[0].schema, options=ipc.IpcWriteOptions(**options)) as writer:
        for table in tables:
            writer.write_table(table)
    return io.BytesIO(file.getvalue())


def checked(file: io.BytesIO) -> int:
    """The number of batches that are checked."""
    return sum(1 for _ in check_batches(file, is_stream=not file.getvalue().startswith(b"ARROW1")))


@pytest.fixture(autouse=True)
def _low_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacked, "_MAX_BYTES", 7999)
    monkeypatch.setattr(unpacked, "_MAX_RATIO", 2)


@each
@pytest.mark.parametrize("options", [{}, {"use_legacy_format": True}])
def test_what_is_not_compressed_fits(new: New, options: dict[str, Any]) -> None:
    assert checked(written(new, ZEROS, ZEROS, ZEROS, **options)) == 3
    assert checked(written(new, ZEROS.slice(0, 0))) <= 1


@each
@pytest.mark.parametrize("compression", ["lz4", "zstd"])
def test_each_batch_is_checked_in_turn(new: New, compression: str) -> None:
    few = ZEROS.slice(0, 990)
    assert checked(written(new, few, few, compression=compression)) == 2
    file = written(new, few, ZEROS, few, compression=compression)
    file.seek(9)
    checks = check_batches(file, is_stream=new is ipc.new_stream)
    next(checks)
    assert file.tell() == 9
    with pytest.raises(RowsError, match=r"^batch 2 has 8000 bytes in "):
        next(checks)
    assert file.tell() == 9


@each
def test_a_buffer_that_is_stored_as_it_is_counts_as_that(new: New) -> None:
    table = pa.table({"n": pa.array(range(0, 10**18, 10**15), pa.int64())})  # which lz4 cannot make much smaller
    assert checked(written(new, table, compression="lz4")) == 1


@each
def test_dictionaries_count_with_the_batches_after_them(new: New) -> None:
    texts = pa.array(["0" * 7000]).dictionary_encode()
    table = pa.table({"d": texts, "n": pa.array([0], pa.int64())})
    assert checked(written(new, table, compression="zstd")) == 1
    longer = pa.table({"d": pa.array(["0" * 7996]).dictionary_encode()})
    with pytest.raises(RowsError, match=r"^batch 1 has 800"):
        checked(written(new, longer, compression="zstd"))
    wide = pa.table({"d": pa.DictionaryArray.from_arrays(pa.array([0] * 300, pa.int32()), texts.dictionary)})
    with pytest.raises(RowsError, match=r"^batch 1 has 8208 bytes"):  # 2 offsets, 7000 characters, 300 indices
        checked(written(new, wide, compression="zstd"))


def test_the_compression_of_arrow_0_17_is_known() -> None:
    # It stands in the metadata of the message; the flag of today is not set. So the sizes are read if its name occurs.
    data = written(ipc.new_stream, ZEROS.replace_schema_metadata(None), compression="zstd").getvalue()
    message = ipc.MessageReader.open_stream(data)
    message.read_next_message()
    metadata = message.read_next_message().metadata.to_pybytes()
    without = bytearray(metadata)
    root = struct.unpack_from("<I", without)[0]
    vtable = root - struct.unpack_from("<i", without, root)[0]
    header_at = root + struct.unpack_from("<H", without, vtable + 8)[0]
    batch = header_at + struct.unpack_from("<I", without, header_at)[0]
    fields = batch - struct.unpack_from("<i", without, batch)[0]
    struct.pack_into("<H", without, fields + 10, 0)  # without its compression
    assert checked(io.BytesIO(data.replace(metadata, bytes(without)))) == 1
    named = bytes(without) + b"ARROW:experimental_compression".ljust(32)
    size = struct.pack("<i", len(metadata))
    data = data.replace(size + metadata, struct.pack("<i", len(named)) + named)
    with pytest.raises(RowsError, match=r"^batch 1 has 8000 bytes"):
        checked(io.BytesIO(data))


def test_a_stream_that_is_cut_off_says_what_it_can() -> None:
    data = written(ipc.new_stream, ZEROS, ZEROS, compression="zstd").getvalue()
    for size in range(len(data)):
        with suppress(RowsError):
            assert checked(io.BytesIO(data[:size])) <= 2


@each
def test_damaged_metadata_is_an_error_or_passed_over(new: New) -> None:
    data = written(new, ZEROS.slice(0, 9), compression="zstd").getvalue()
    for position in range(8, len(data)):
        for byte in (0, 1, 127, 128, 255):
            damaged = bytearray(data)
            damaged[position] = byte
            with suppress(RowsError):
                checked(io.BytesIO(bytes(damaged)))


def test_a_file_whose_footer_is_damaged_is_an_error() -> None:
    data = written(ipc.new_file, ZEROS).getvalue()
    with pytest.raises(RowsError, match=r"^the metadata of batch 1 is damaged$"):
        checked(io.BytesIO(data[:-10] + struct.pack("<i", 2**31 - 1) + b"ARROW1"))
