"""Reading events, or whole objects, from JSON Lines files, plain or gzip, in constant memory.

A line ends with a newline, LF or CR LF. A byte order mark at the start of a file and blank lines are skipped. Every
other line gives one event or object: a line without one gives the violation that says why, and reading continues. A
file that cannot be read to its end raises, after everything that could be read.
"""

import gzip
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from os import PathLike, fspath
from typing import IO, Any, Final

from eventschema.core.pointers import encodable
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.violations import MalformedRequest
from eventschema.stream.envelopes import (
    DEFAULT_ENVELOPE,
    Block,
    Envelope,
    StreamEvent,
    StreamObject,
    open_event,
    select_events,
)
from eventschema.stream.reading.decoding import decode_block, decode_object, decode_objects, is_object
from eventschema.stream.reading.formats import HEAD_BYTES, FileStart, detect_format

#: The most bytes of a line, without its newline.
MAX_LINE_BYTES: Final = 2**20

#: The name of standard input among sources.
STDIN: Final = "-"

#: How gzip begins: RFC 1952, section 2.3.1.
GZIP_MAGIC: Final = b"\x1f\x8b"

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"  # RFC 3629, section 6
_CHUNK_BYTES: Final = 2**15  # the decoded values of a chunk take many times its size
#: The bytes of a block. The decoded values of a larger one do not fit in a processor's cache.
BLOCK_BYTES: Final = 2**16
_BATCH: Final = 64  # lines decoded at once if some need to be decoded one by one; at most so many are decoded twice


#: Is called with the number of bytes that each read took from a file.
OnRead = Callable[[int], object]


class UnreadableSourceError(Exception):
    """A file could not be opened, or not read to its end: a truncated gzip file, a directory, another format.

    ``source`` is its name, ``lines`` the number of lines read before, ``reason`` what went wrong. Picklable.
    """

    def __init__(self, source: str, lines: int, reason: str) -> None:
        super().__init__(source, lines, reason)
        self.source = source
        self.lines = lines
        self.reason = reason

    def shifted(self, lines: int) -> "UnreadableSourceError":
        """The same, if that many more lines were read before."""
        return UnreadableSourceError(self.source, self.lines + lines, self.reason)

    def __str__(self) -> str:
        return f"{self.source}: {self.reason}" + (f", after line {self.lines}" if self.lines else "")


def read_events(
    path: str | PathLike[str],
    envelope: Envelope = DEFAULT_ENVELOPE,
    rules: Rules = DEFAULT_RULES,
    *,
    max_line_bytes: int = MAX_LINE_BYTES,
    on_read: OnRead | None = None,
) -> Iterator[StreamEvent]:
    """The events of the file at ``path`` (``"-"``: standard input), each with its line, in order.

    gzip is detected by the first bytes, not by the name, as are formats that cannot be read (those of
    :mod:`eventschema.stream.reading.formats`). A line of more than ``max_line_bytes`` is a ``malformed_request``
    and is never held in memory. ``on_read`` is called with the number of bytes of each read, before decompression.
    Raises ``UnreadableSourceError``, after the events of all lines that could be read.
    """
    source = encodable(fspath(path))
    with opened(path, source) as file:
        yield from read_stream(file, source, envelope, rules, max_line_bytes=max_line_bytes, on_read=on_read)


def read_objects(
    path: str | PathLike[str], *, max_line_bytes: int = MAX_LINE_BYTES, on_read: OnRead | None = None
) -> Iterator[StreamObject]:
    """The whole objects of the file at ``path``, such as track requests. Otherwise as :func:`read_events`."""
    source = encodable(fspath(path))
    with opened(path, source) as file:
        for block in read_stream_blocks(file, source, max_line_bytes=max_line_bytes, on_read=on_read):
            for number, value in zip(block.numbers, block.values, strict=True):
                yield StreamObject(source, number, value)


def read_blocks(
    path: str | PathLike[str], *, max_line_bytes: int = MAX_LINE_BYTES, on_read: OnRead | None = None
) -> Iterator[Block]:
    """The objects of the file at ``path``, in blocks of many lines. Otherwise as :func:`read_events`."""
    source = encodable(fspath(path))
    with opened(path, source) as file:
        yield from read_stream_blocks(
            file, source, max_line_bytes=max_line_bytes, on_read=on_read, chunk_bytes=BLOCK_BYTES
        )


def read_stream(
    file: IO[bytes],
    source: str,
    envelope: Envelope = DEFAULT_ENVELOPE,
    rules: Rules = DEFAULT_RULES,
    *,
    max_line_bytes: int = MAX_LINE_BYTES,
    on_read: OnRead | None = None,
) -> Iterator[StreamEvent]:
    """The events of an open binary file, with ``source`` as its name; otherwise as :func:`read_events`."""
    for block in read_stream_blocks(file, source, max_line_bytes=max_line_bytes, on_read=on_read):
        events, _ = select_events(block, envelope)
        for number, value in zip(events.numbers, events.values, strict=True):
            yield open_event(source, number, value, envelope, rules)


def read_stream_blocks(
    file: IO[bytes],
    source: str,
    *,
    max_line_bytes: int = MAX_LINE_BYTES,
    on_read: OnRead | None = None,
    at_start: bool = True,
    chunk_bytes: int = _CHUNK_BYTES,
) -> Iterator[Block]:
    """The objects of an open binary file, in blocks, as they come in. The arguments are those of :func:`read_lines`."""
    end = 0
    texts = read_texts(
        file, source, max_line_bytes=max_line_bytes, on_read=on_read, at_start=at_start, chunk_bytes=chunk_bytes
    )
    try:
        for text in texts:
            block = read_block(source, end + 1, text, max_line_bytes)
            end = block.end
            yield block
    except UnreadableSourceError as error:
        raise error.shifted(end) from error.__cause__


def read_block(source: str, number: int, text: bytes | int, max_line_bytes: int) -> Block:
    """The block of the lines of ``text``, the first of which is the line ``number``."""
    values = None if isinstance(text, int) else decode_block(text)
    if values is not None:
        numbers = range(number, number + len(values))
        return Block(source, numbers, values, numbers.stop - 1)
    lines = _split(text)
    found = list(_decoded(lines, number, max_line_bytes))
    return Block(source, [each for each, _ in found], [value for _, value in found], number - 1 + len(lines))


def _decoded(
    lines: list[bytes | int], number: int, max_line_bytes: int
) -> Iterator[tuple[int, dict[str, Any] | MalformedRequest]]:
    """The number of each line that is not blank, and its object, or why it has none."""
    for each, value in enumerate(decode_lines(lines, max_line_bytes), number):
        if value is not None:
            yield each, value


def decode_lines(lines: list[bytes | int], max_line_bytes: int) -> list[dict[str, Any] | MalformedRequest | None]:
    """What :func:`decode_line` returns for each of ``lines``."""
    values: list[dict[str, Any] | MalformedRequest | None] = []
    for start in range(0, len(lines), _BATCH):
        batch = lines[start : start + _BATCH]
        values.extend(decode_objects(batch) or (decode_line(line, max_line_bytes) for line in batch))
    return values


def read_lines(
    file: IO[bytes],
    source: str,
    *,
    max_line_bytes: int = MAX_LINE_BYTES,
    on_read: OnRead | None = None,
    at_start: bool = True,
    chunk_bytes: int = _CHUNK_BYTES,
) -> Iterator[list[bytes | int]]:
    """The lines of an open binary file in lists, as they come in, each for :func:`decode_line` to read.

    A line of more than ``max_line_bytes`` is replaced by the number of its bytes. A byte order mark, gzip and other
    formats are detected only ``at_start``. ``chunk_bytes`` are read at once. Raises as :func:`read_events`.
    """
    texts = read_texts(
        file, source, max_line_bytes=max_line_bytes, on_read=on_read, at_start=at_start, chunk_bytes=chunk_bytes
    )
    read = 0
    try:
        for text in texts:
            lines = _split(text)
            read += len(lines)
            yield lines
    except UnreadableSourceError as error:
        raise error.shifted(read) from error.__cause__


def read_texts(  # noqa: PLR0913  (all but two by name)
    file: IO[bytes],
    source: str,
    *,
    max_line_bytes: int,
    on_read: OnRead | None,
    at_start: bool,
    chunk_bytes: int,
    follow: Callable[[Iterable[bytes]], Iterable[bytes]] = iter,
) -> Iterator[bytes | int]:
    """The text of an open binary file in whole lines, as by :func:`_whole_lines`; otherwise as :func:`read_lines`.

    The error does not count the lines that were read before: the caller adds them. ``follow`` is given the text in
    chunks, with LF for CR LF, and returns those to read.
    """
    chunks = _Chunks(file, on_read, at_start=at_start, chunk_bytes=chunk_bytes)
    pieces = _checked_format(_without_byte_order_mark(chunks), source) if at_start else chunks
    for text in _whole_lines(follow(_with_newlines(pieces)), max_line_bytes):
        if chunks.failure is not None and isinstance(decode_line(text, max_line_bytes), MalformedRequest):
            break  # the failure cut this line: the error is not its own
        yield text
    if chunks.failure is not None:
        raise UnreadableSourceError(source, 0, reason(chunks.failure)) from chunks.failure


def decode_line(line: bytes | int, max_line_bytes: int) -> dict[str, Any] | MalformedRequest | None:
    """The JSON object of a line of :func:`read_lines`, ``None`` for a blank line, or what is wrong with the line."""
    if isinstance(line, int):
        return _too_long(line, max_line_bytes)
    return None if not line or line.isspace() else decode_object(line)


def open_source(path: str | PathLike[str]) -> AbstractContextManager[IO[bytes]]:
    """Open the file at ``path``, or standard input, for reading bytes. Raises ``OSError``."""
    if fspath(path) != STDIN:
        return open(path, "rb")
    if sys.stdin is None:
        raise OSError(None, "standard input is closed")
    return nullcontext(sys.stdin.buffer)


def opened(path: str | PathLike[str], source: str) -> AbstractContextManager[IO[bytes]]:
    """As :func:`open_source`. Raises ``UnreadableSourceError``, which names ``source``."""
    try:
        return open_source(path)
    except OSError as error:
        raise UnreadableSourceError(source, 0, reason(error)) from error


class _Chunks:
    """The decompressed content of a file, in chunks. Ends at the end of the file, or at a ``failure`` to read it."""

    def __init__(self, file: IO[bytes], on_read: OnRead | None, *, at_start: bool, chunk_bytes: int) -> None:
        self._file = file
        self._at_start = at_start
        self._chunk_bytes = chunk_bytes
        self._on_read = on_read
        self._head = b""
        self.failure: Exception | None = None

    def __iter__(self) -> Iterator[bytes]:
        try:
            self._head = self._file.read(len(GZIP_MAGIC))
            packed = self._at_start and self._head == GZIP_MAGIC
            read = gzip.GzipFile(fileobj=self).read1 if packed else self._read_some  # type: ignore[call-overload]  # GzipFile needs only read
            while chunk := read(self._chunk_bytes):
                yield chunk
        except (OSError, EOFError, zlib.error) as error:
            self.failure = error

    def read(self, size: int) -> bytes:
        """The next ``size`` bytes, fewer only at the end, for ``GzipFile``."""
        head, self._head = self._head[:size], self._head[size:]
        return self._counted(head + self._file.read(size - len(head)))

    def _read_some(self, size: int) -> bytes:
        """The next bytes that are available, so that the lines of a slow pipe are read as they come in."""
        head, self._head = self._head, b""
        read1 = getattr(self._file, "read1", self._file.read)
        return self._counted(head or read1(size))

    def _counted(self, data: bytes) -> bytes:
        if self._on_read is not None:
            self._on_read(len(data))
        return data


def _without_byte_order_mark(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks without a byte order mark at their start, even if it is divided among several chunks."""
    start: bytes | None = b""
    for chunk in chunks:
        if start is None:
            yield chunk
            continue
        start += chunk
        if len(start) >= len(_BYTE_ORDER_MARK):
            yield start.removeprefix(_BYTE_ORDER_MARK)
            start = None
    if start:
        yield start


def _checked_format(chunks: Iterable[bytes], source: str) -> Iterator[bytes]:
    """The chunks, held back until a line is a JSON object or there is enough to detect_format another format.

    Raises ``UnreadableSourceError`` where one is recognised.
    """
    held = b""
    seen = 0  # bytes of the lines that were tried
    has_other = has_object = ended = False
    pending = iter(chunks)
    while not ended and len(held) < HEAD_BYTES:
        chunk = next(pending, None)
        held += chunk or b""
        ended = chunk is None
        while not has_object and (end := len(held) if ended else held.find(b"\n", seen) + 1) > seen:
            line, seen = held[seen:end], end
            has_object = _is_object(line)
            has_other = has_other or not (has_object or line.isspace())
            if has_object and (not has_other or detect_format(FileStart(held[:HEAD_BYTES], ended, True)) is None):
                yield held
                yield from pending
                return
    whole = ended and len(held) <= HEAD_BYTES
    found = detect_format(FileStart(held[:HEAD_BYTES], whole, has_object))
    if found is not None:
        raise UnreadableSourceError(source, 0, found.reason)
    yield held
    yield from pending


def _is_object(line: bytes) -> bool:
    return is_object(decode_object(line))


def _with_newlines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks with LF for each CR LF, which may be divided among two chunks."""
    held = b""
    for chunk in chunks:
        whole = held + chunk
        held = b"\r" if whole.endswith(b"\r") else b""
        # A search for one byte is a hundred times as fast as one for two, and most files have no CR.
        yield whole.removesuffix(b"\r").replace(b"\r\n", b"\n") if b"\r" in whole else whole
    if held:
        yield held


def _whole_lines(chunks: Iterable[bytes], limit: int) -> Iterator[bytes | int]:
    """The lines that end in each chunk, with their newlines, and at the end a last line without a newline.

    A line of more than ``limit`` bytes is yielded alone, as the number of its bytes.
    """
    begun: list[bytes] = []  # the parts of a line that continues in the next chunk; none if it is too long already
    length = 0
    for chunk in chunks:
        end = chunk.rfind(b"\n") + 1
        if end:
            start = 0
            first = length + chunk.find(b"\n")
            if first > limit:
                yield first
                begun, start = [], first - length + 1
            text = b"".join([*begun, chunk[start:end]])
            begun, length = [], 0
            if text:
                yield from [text] if len(text) <= limit else _within(text, limit)
        length += len(chunk) - end
        if length > limit:
            begun = []
        elif length:
            begun.append(chunk[end:])
    if length:
        yield b"".join(begun) if length <= limit else length


def _within(text: bytes, limit: int) -> Iterator[bytes | int]:
    """The lines of ``text``: together if each has at most ``limit`` bytes, else one by one."""
    lines = text.removesuffix(b"\n").split(b"\n")
    if max(map(len, lines)) <= limit:
        yield text
    else:
        yield from (line + b"\n" if len(line) <= limit else len(line) for line in lines)


def _split(text: bytes | int) -> list[bytes | int]:
    """The lines of a text of :func:`_whole_lines`, without their newlines."""
    return [text] if isinstance(text, int) else [*text.removesuffix(b"\n").split(b"\n")]


def _too_long(length: int, limit: int) -> MalformedRequest:
    return MalformedRequest("", "a shorter line", f"{length} bytes, {length - limit} more than the limit of {limit}")


def reason(error: Exception) -> str:
    """Why a file could not be opened or read, in words."""
    if isinstance(error, EOFError):
        return "the gzip data ends before its end mark"
    if isinstance(error, zlib.error | gzip.BadGzipFile):
        return f"the gzip data is damaged ({error})"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
