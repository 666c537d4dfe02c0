"""``compression``: files are read in every compression, told by their first bytes, and damaged ones are one error."""

import bz2
import gzip
import io
import json
import lzma
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from eventschema.stream.reading import UnreadableSourceError, read_stream
from eventschema.stream.reading.compression import COMPRESSIONS, MAGIC_BYTES
from eventschema.stream.reading.parts import can_be_cut
from tests.strategies_stream import Trickle


def _zstd(data: bytes) -> bytes:
    try:
        zstd = import_module("compression.zstd")
    except ModuleNotFoundError:
        zstd = import_module("backports.zstd")
    packed: bytes = zstd.compress(data)
    return packed


COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": _zstd,
}
LINES = b"".join(json.dumps({"eventName": "order", "properties": {"n": n}}).encode() + b"\n" for n in range(500))
each = pytest.mark.parametrize("name", COMPRESS)


def test_every_compression_is_tried() -> None:
    assert {compression.name for compression in COMPRESSIONS} == COMPRESS.keys()


def read(data: bytes, at_once: int = 10**6) -> list[Any]:
    file: Any = Trickle(data, at_once)
    return [event.properties["n"] for event in read_stream(file, "file")]


@each
@pytest.mark.parametrize("at_once", [1, 7, 10**6])
def test_a_compressed_file_is_read_as_it_was(name: str, at_once: int) -> None:
    assert read(COMPRESS[name](LINES), at_once) == list(range(500))
    assert read(COMPRESS[name](LINES[:4200]) + COMPRESS[name](LINES[4200:]), at_once) == list(range(500))


@each
def test_it_cannot_be_cut(name: str, tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"  # whose name says nothing
    path.write_bytes(COMPRESS[name](LINES))
    assert not can_be_cut(str(path))
    path.write_bytes(LINES)
    assert can_be_cut(str(path))


@each
def test_a_truncated_file_is_read_as_far_as_it_goes(name: str) -> None:
    data = COMPRESS[name](LINES * 20)
    file: Any = Trickle(data[: len(data) - 9], 10**6)
    found: list[int] = []
    with pytest.raises(UnreadableSourceError) as caught:
        found.extend(event.line for event in read_stream(file, "file") if not event.errors)
    assert found == list(range(1, len(found) + 1))
    assert caught.value.lines == len(found)
    assert name in caught.value.reason


@each
@pytest.mark.parametrize("size", range(1, MAGIC_BYTES + 1))
def test_a_file_that_ends_in_its_first_bytes(name: str, size: int) -> None:
    data = COMPRESS[name](LINES)[:size]
    with suppress(UnreadableSourceError):
        assert all(event.errors for event in read_stream(io.BytesIO(data), "file"))


@each
@pytest.mark.slow
def test_a_bomb_takes_no_memory(name: str, tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(COMPRESS[name](b" " * 300_000_000))
    program = """
import sys
from eventschema.stream.reading import read_events
print(len(list(read_events(sys.argv[1]))), *(line for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, check=True, text=True)
    lines, _, peak, unit = done.stdout.split()
    assert (lines, unit) == ("1", "kB")  # a line that is too long
    assert int(peak) < 150_000
