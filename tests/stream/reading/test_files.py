import gzip
import io
import pickle
import sys
import tracemalloc
from pathlib import Path
from time import process_time
from typing import IO

import pytest

from eventschema.core.violations import MalformedRequest, Violation
from eventschema.stream.envelopes import DEFAULT_ENVELOPE, Block, Envelope, StreamEvent, StreamObject
from eventschema.stream.reading import MAX_LINE_BYTES, UnreadableSourceError, read_events, read_objects, read_stream
from eventschema.stream.reading.files import read_block
from tests.strategies_stream import Trickle

LINE = b'{"eventName":"order","properties":{"total":1}}'


def read(data: bytes, max_line_bytes: int = MAX_LINE_BYTES) -> list[StreamEvent]:
    return list(read_stream(io.BytesIO(data), "file", max_line_bytes=max_line_bytes))


def outcomes(data: bytes, max_line_bytes: int = MAX_LINE_BYTES) -> list[tuple[int, str | None]]:
    """The line of each event, and its name."""
    return [(event.line, event.name) for event in read(data, max_line_bytes)]


def errors(data: bytes, max_line_bytes: int = MAX_LINE_BYTES) -> list[tuple[int, Violation]]:
    return [(event.line, error) for event in read(data, max_line_bytes) for error in event.errors]


@pytest.mark.parametrize(
    "data", [b"", b"\n", b" \n\t\r\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n", gzip.compress(b"", mtime=0)]
)
def test_nothing_is_in_a_file_without_lines(data: bytes) -> None:
    assert read(data) == []


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\n\n \n"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_marks_and_blank_lines_are_passed_over_and_counted(start: bytes, end: bytes) -> None:
    assert outcomes(start + LINE + b"\r\n\n  \t\n" + LINE + end) == [(1, "order"), (4, "order")]


def test_a_byte_order_mark_is_one_only_at_the_start() -> None:
    actual = "text that is not JSON, from character 1 on"
    assert errors(LINE + b"\n\xef\xbb\xbf" + LINE) == [(2, MalformedRequest("", "a JSON object", actual))]
    assert errors(b"\xef\xbb\xbf\xef\xbb\xbf" + LINE) == [(1, MalformedRequest("", "a JSON object", actual))]


@pytest.mark.parametrize(
    ("line", "actual"),
    [
        (b"{", "text that is not JSON, from character 2 on"),
        (b'{"eventName":NaN}', "text that is not JSON: NaN or an infinity"),
        (b'{"eventName":"\xff"}', "bytes that are not UTF-8, from byte 15 on"),
        (b"[" * 1000 + b"]" * 1000, "JSON nested deeper than 256 levels"),
        (b"[]", "array"),
        (b"\xef\xbb", "bytes that are not UTF-8, from byte 1 on"),
        (b"\x1f", "text that is not JSON, from character 1 on"),
    ],
)
def test_reading_goes_on_after_a_line_without_an_object(line: bytes, actual: str) -> None:
    violation = MalformedRequest("", "a JSON object", actual)
    assert errors(line) == [(1, violation)]
    assert errors(LINE + b"\n" + line + b"\n" + LINE) == [(2, violation)]
    assert outcomes(LINE + b"\n" + line + b"\n" + LINE) == [(1, "order"), (2, None), (3, "order")]


@pytest.mark.parametrize("at_once", [1, 7, 1000])
def test_a_line_may_have_so_many_bytes(at_once: int) -> None:
    limit = len(LINE)

    def read_slowly(data: bytes) -> list[tuple[int, tuple[Violation, ...]]]:
        stream = read_stream(Trickle(data, at_once), "file", max_line_bytes=limit)  # type: ignore[arg-type]  # all that is needed is read
        return [(event.line, event.errors) for event in stream]

    too_long = MalformedRequest("", "a shorter line", f"{limit + 1} bytes, 1 more than the limit of {limit}")
    for end in (b"", b"\n", b"\r\n", b"\n" + LINE, b"\r\n" + LINE):
        after = [(2, ())] if end.endswith(LINE) else []
        assert read_slowly(LINE + end) == [(1, ()), *after]
        assert read_slowly(LINE[:-1] + end)[1:] == after
        assert read_slowly(LINE + b" " + end) == [(1, (too_long,)), *after]
    assert read_slowly(b"\xef\xbb\xbf" + LINE) == [(1, ())]  # the mark is not the line's
    for end in (b"\r", b"\r\r\n"):  # one of these is no part of a newline
        assert read_slowly(LINE + end) == [(1, (too_long,))]


def test_the_limit_is_a_mebibyte() -> None:
    head, tail = b'{"eventName":"', b'"}'
    longest = head + b"n" * (2**20 - len(head) - len(tail)) + tail
    assert [event.errors[0].code for event in read(longest)] == ["invalid_event_name"]
    assert [event.errors[0].code for event in read(longest + b" ")] == ["malformed_request"]


class Endless(io.RawIOBase):
    """A file of one line that never ends, until ``size`` bytes were taken."""

    def __init__(self, size: int) -> None:
        self._left = size

    def read(self, size: int | None = -1) -> bytes:
        assert size is not None
        taken = min(size, self._left)
        self._left -= taken
        return b"[" * taken


@pytest.mark.parametrize("pack", [False, True])
def test_a_line_that_is_too_long_is_not_held_in_memory(pack: bool) -> None:
    size = 64 * 2**20
    file = io.BytesIO(gzip.compress(b"[" * size, 1)) if pack else Endless(size)
    tracemalloc.start()
    try:
        (event,) = read_stream(file, "file")  # type: ignore[arg-type]  # all that is needed is read
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert event.errors[0].message == (
        f"Expected a shorter line, found {size} bytes, {size - 2**20} more than the limit of 1048576, at the root."
    )
    assert peak < 4 * 2**20


@pytest.mark.slow
@pytest.mark.parametrize("pack", [False, True])
def test_the_memory_that_a_file_takes_does_not_grow_with_it(tmp_path: Path, pack: bool) -> None:
    data = (LINE + b"\n") * 100_000
    path = tmp_path / "events"
    path.write_bytes(gzip.compress(data, 1) if pack else data)
    del data
    tracemalloc.start()
    try:
        assert sum(event.name == "order" for event in read_events(path)) == 100_000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2**20


def test_gzip_is_told_by_its_first_bytes(tmp_path: Path) -> None:
    plain, packed = tmp_path / "plain.gz", tmp_path / "packed.ndjson"
    plain.write_bytes(LINE)
    packed.write_bytes(gzip.compress(LINE + b"\n") + gzip.compress(LINE) + b"\0" * 7)
    assert [(event.source, event.line) for event in read_events(plain)] == [(str(plain), 1)]
    assert [(event.source, event.line) for event in read_events(str(packed))] == [(str(packed), 1), (str(packed), 2)]


def failing(file: IO[bytes]) -> tuple[list[int], UnreadableSourceError]:
    """The lines that come out before the exception, and the exception."""
    lines: list[int] = []
    with pytest.raises(UnreadableSourceError) as caught:
        lines.extend(event.line for event in read_stream(file, "file"))
    return lines, caught.value


def test_a_truncated_file_gives_what_can_be_read_and_then_raises() -> None:
    whole = gzip.compress(b"".join(b'{"eventName":"%d"}\n' % number for number in range(50_000)))
    lines, error = failing(io.BytesIO(whole[: len(whole) // 2]))
    assert 20_000 < len(lines) < 30_000
    assert lines == list(range(1, len(lines) + 1))
    assert (error.source, error.lines) == ("file", len(lines))
    assert str(error) == f"file: the gzip data ends before its end mark, after line {len(lines)}"


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_whole_last_line_is_read_without_the_gzip_end_mark(end: bytes) -> None:
    lines, error = failing(io.BytesIO(gzip.compress(LINE + b"\n" + LINE + end)[:-4]))
    assert lines == [1, 2]
    assert error.lines == 2


def test_the_line_that_the_cut_went_through_is_no_violation() -> None:
    lines, error = failing(io.BytesIO(gzip.compress(LINE + b"\n\n" + LINE[:-1])[:-8]))
    assert lines == [1]
    assert str(error) == "file: the gzip data ends before its end mark, after line 2"


@pytest.mark.parametrize(
    ("data", "lines", "text"),
    [
        (b"\x1f\x8b", [], "file: the gzip data ends before its end mark"),
        (b"\x1f\x8b\x07" + b"0" * 20, [], "file: the gzip data is damaged (Unknown compression method)"),
        (
            gzip.compress(LINE, mtime=0) + b"more",
            [1],
            "file: the gzip data is damaged (Not a gzipped file (b'mo')), after line 1",
        ),
    ],
)
def test_damaged_files(data: bytes, lines: list[int], text: str) -> None:
    found, error = failing(io.BytesIO(data))
    assert found == lines
    assert str(error) == text


def test_damage_in_the_middle() -> None:
    whole = bytearray(gzip.compress(LINE + b"\n", mtime=0))
    whole[-8] ^= 1  # the checksum
    lines, error = failing(io.BytesIO(whole))
    assert lines == [1]
    assert "damaged (CRC check failed" in str(error)
    whole[10] = 0xFF  # a block of a kind that is none
    lines, error = failing(io.BytesIO(whole))
    assert lines == []
    assert "damaged (Error -3 while decompressing data: invalid block type)" in str(error)


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    for path, reason in ((tmp_path / "none", "No such file or directory"), (tmp_path, "Is a directory")):
        with pytest.raises(UnreadableSourceError) as caught:
            list(read_events(path))
        assert str(caught.value) == f"{path}: {reason}"


class FailingDisk(io.RawIOBase):
    def __init__(self, *parts: bytes) -> None:
        self._parts = list(parts)

    def read(self, size: int | None = -1) -> bytes:
        if not self._parts:
            raise OSError(5, "Input/output error")
        return self._parts.pop(0)


def test_a_failing_disk() -> None:
    lines, error = failing(FailingDisk(b"{}", b'\n{"a'))  # type: ignore[arg-type]  # as below: all that is needed is read
    assert lines == [1]
    assert str(error) == "file: Input/output error, after line 1"


def test_the_exception_can_be_pickled() -> None:
    error = UnreadableSourceError("file", 3, "gone")
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.source, copy.lines, copy.reason, str(copy)) == ("file", 3, "gone", "file: gone, after line 3")


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(LINE)))
    assert list(read_events("-")) == [StreamEvent("-", 1, "order", {"total": 1})]
    assert not sys.stdin.closed
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(UnreadableSourceError, match=r"^-: standard input is closed$"):
        list(read_events("-"))


def test_the_source_can_always_be_encoded(tmp_path: Path) -> None:
    path = str(tmp_path / "odd\udcff")
    try:
        Path(path).write_bytes(LINE)
    except OSError:  # pragma: no cover (file systems that hold names to be Unicode)
        pytest.skip("no such names here")
    (event,) = read_events(path)
    assert event.source.endswith("odd\\udcff")


@pytest.mark.slow
@pytest.mark.parametrize("pack", [False, True])
def test_the_bytes_read_are_told(tmp_path: Path, pack: bool) -> None:
    data = (LINE + b"\n") * 20_000
    path = tmp_path / "events"
    path.write_bytes(gzip.compress(data) if pack else data)
    told: list[int] = []
    assert len(list(read_events(path, on_read=told.append))) == 20_000
    assert sum(told) == path.stat().st_size
    assert pack or len(told) > 2


def test_the_envelope_and_the_limit_are_handed_on(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(b'{"a":1}\n{"a":10}\n')
    first, second = read_events(path, Envelope(event="order"), max_line_bytes=7)
    assert first == StreamEvent(str(path), 1, "order", {"a": 1}, (), "")
    assert second.errors[0].code == "malformed_request"
    assert Envelope() == DEFAULT_ENVELOPE


def test_lines_come_out_as_whole_objects_too(tmp_path: Path) -> None:
    path = tmp_path / "requests"
    path.write_bytes(gzip.compress(b'{"a":1}\n\n[]\n{"a":10}\n')[:-1])
    told: list[int] = []
    objects = read_objects(path, max_line_bytes=7, on_read=told.append)
    assert [next(objects) for _ in range(3)] == [
        StreamObject(str(path), 1, {"a": 1}),
        StreamObject(str(path), 3, MalformedRequest("", "a JSON object", "array")),
        StreamObject(str(path), 4, MalformedRequest("", "a shorter line", "8 bytes, 1 more than the limit of 7")),
    ]
    with pytest.raises(UnreadableSourceError, match="the gzip data ends before its end mark"):
        next(objects)
    assert sum(told) == path.stat().st_size
    with pytest.raises(UnreadableSourceError, match="No such file"):
        next(read_objects(tmp_path / "none"))


def test_lines_of_a_pipe_come_out_as_they_come_in() -> None:
    class Pipe(Trickle):
        taken = 0

        def read1(self, size: int) -> bytes:
            self.taken += 1
            return super().read1(size)

    pipe = Pipe(LINE + b"\n" + LINE + b"\n" + LINE, len(LINE))
    events = read_stream(pipe, "pipe")  # type: ignore[arg-type]  # all that is needed is read
    assert next(events).line == 1
    assert pipe.taken == 1


@pytest.mark.parametrize(("text", "end"), [(b"\n" * 10**7, 10**7), (b" \r\n" * 3 + b"\t", 4)])
def test_blank_lines_cost_little(text: bytes, end: int) -> None:
    start = process_time()
    assert read_block("file", 1, text, MAX_LINE_BYTES) == Block("file", [], [], end)
    assert process_time() - start < 1  # one by one they take three seconds
