"""Lines in batches, with positions to go on from."""

import gzip
import pickle
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventschema.stream.positions import START, Position
from eventschema.stream.reading import UnreadableSourceError, batches
from eventschema.stream.reading.batches import ChangedSourceError, LineBatch, read_batches

LINES = b'{"a":1}\n{"a":2}\n\n[]\n{"a":3}\n'


def read(path: Path, start: Position = START, **options: Any) -> list[LineBatch]:
    return list(read_batches(path, start, **{"max_lines": 2, **options}))


def lines(found: list[LineBatch]) -> list[bytes | int]:
    return [line for batch in found for line in batch.lines]


def position(lines: int, text: bytes) -> Position:
    return Position(lines, len(text), sha256(text).hexdigest())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "events.ndjson"
    path.write_bytes(LINES)
    return path


def test_batches_end_at_lines(path: Path) -> None:
    assert read(path) == [
        LineBatch(1, [b'{"a":1}', b'{"a":2}'], position(2, LINES[:16])),
        LineBatch(3, [b"", b"[]"], position(4, LINES[:20])),
        LineBatch(5, [b'{"a":3}'], position(5, LINES)),
    ]
    assert read(path, position(5, LINES)) == []
    assert position(0, b"") == START


@pytest.mark.parametrize(("max_bytes", "sizes"), [(14, [2, 3]), (15, [4, 1]), (7, [1, 1, 3]), (1, [1, 1, 2, 1])])
def test_a_batch_is_ended_by_its_bytes_too(path: Path, max_bytes: int, sizes: list[int]) -> None:
    assert [len(batch.lines) for batch in read(path, max_lines=10, max_bytes=max_bytes)] == sizes


@pytest.mark.parametrize(
    "stored",
    [
        LINES,
        LINES.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + LINES,
        gzip.compress(LINES),
        gzip.compress(LINES[:20]) + gzip.compress(LINES[20:]),
    ],
    ids=["plain", "CR LF", "byte order mark", "gzip", "gzip in two members"],
)
def test_positions_are_those_of_the_text(path: Path, stored: bytes) -> None:
    path.write_bytes(stored)
    assert [batch.end for batch in read(path)] == [position(2, LINES[:16]), position(4, LINES[:20]), position(5, LINES)]
    assert lines(read(path, position(4, LINES[:20]))) == [b'{"a":3}']


def test_a_long_line_is_only_its_length(path: Path) -> None:
    text = b"x" * 9 + b"\n" + b"x" * 8 + b"\n" + b"x" * 10
    path.write_bytes(text)
    found = read(path, max_lines=1, max_line_bytes=8)
    assert lines(found) == [9, b"x" * 8, 10]
    assert [batch.end for batch in found] == [position(1, text[:10]), position(2, text[:19]), position(3, text)]


@pytest.mark.parametrize("changed", [b"", LINES[:15], b'{"a":9}' + LINES[7:], LINES[:14] + b"9" + LINES[15:]])
def test_another_beginning_is_an_error(path: Path, changed: bytes) -> None:
    path.write_bytes(changed)
    with pytest.raises(ChangedSourceError) as caught:
        read(path, position(2, LINES[:16]))
    assert str(caught.value) == f"{path}: its first 2 lines (16 bytes) are not those that were read before"
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_a_file_that_grew_goes_on(path: Path) -> None:
    end = read(path)[-1].end
    path.write_bytes(LINES + b"{}\n")
    assert read(path, end) == [LineBatch(6, [b"{}"], position(6, LINES + b"{}\n"))]


def test_a_last_line_without_a_newline_may_get_one(path: Path) -> None:
    path.write_bytes(LINES[:-1])
    [*_, last] = read(path)
    assert last == LineBatch(5, [b'{"a":3}'], position(5, LINES[:-1]))
    assert read(path, last.end) == []
    path.write_bytes(LINES)
    assert read(path, last.end) == []
    path.write_bytes(LINES + b"{}")
    assert read(path, last.end) == [LineBatch(6, [b"{}"], position(6, LINES + b"{}"))]
    path.write_bytes(LINES[:-1] + b" ")
    with pytest.raises(ChangedSourceError):
        read(path, last.end)


@pytest.mark.parametrize("lost", [1, 8, 12])
def test_a_damaged_file_is_read_as_far_as_it_goes(path: Path, lost: int) -> None:
    text = b'{"a":1}\n' * 20_000
    path.write_bytes(gzip.compress(text)[:-lost])
    found: list[LineBatch] = []
    with pytest.raises(UnreadableSourceError, match="the gzip data ends before its end mark") as caught:
        found.extend(read_batches(path, max_lines=3000))
    end = found[-1].end
    assert caught.value.lines == end.lines == len(lines(found))
    assert end == position(end.lines, text[: 8 * end.lines])
    with pytest.raises(UnreadableSourceError) as caught:
        read(path, end)
    assert caught.value.lines == end.lines
    path.write_bytes(gzip.compress(text))
    assert len(lines(read(path, end))) == 20_000 - end.lines


def test_a_file_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSourceError, match="No such file"):
        read(tmp_path / "none")


texts = st.lists(
    st.sampled_from([b"{}", b'{"a": 1}', b"", b" ", b"x" * 30, b"x" * 31, b"[]", b"\r", b"a\rb"]), max_size=12
)


@given(texts, st.sampled_from([b"\n", b"\r\n"]), st.booleans(), st.integers(1, 12), st.integers(1, 4))
def test_every_position_is_one_to_go_on_from(
    tmp_path_factory: pytest.TempPathFactory,
    parts: list[bytes],
    newline: bytes,
    is_ended: bool,
    chunk_bytes: int,
    max_lines: int,
) -> None:
    text = b"{}\n" + newline.join(parts) + newline * is_ended
    whole = text.replace(b"\r\n", b"\n")
    path = tmp_path_factory.getbasetemp() / "any.ndjson"
    path.write_bytes(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches, "BLOCK_BYTES", chunk_bytes)
        found = read(path, max_lines=max_lines, max_line_bytes=30)
        expected = whole.removesuffix(b"\n").split(b"\n")
        assert lines(found) == [line if len(line) <= 30 else len(line) for line in expected]
        assert [batch.first for batch in found] == [1, *(batch.end.lines + 1 for batch in found[:-1])]
        for number, batch in enumerate(found, start=1):
            assert batch.end == position(batch.end.lines, whole[: batch.end.bytes])
            assert read(path, batch.end, max_lines=max_lines, max_line_bytes=30) == found[number:]
        assert found[-1].end.bytes == len(whole)
