"""Reads events, or whole objects, from files, plain or compressed, in constant memory.

Files are JSON Lines, or of another format that :mod:`eventschema.stream.reading.lines` turns into JSON Lines. A line
ends with a newline, LF or CR LF. A byte order mark at the start of a file and blank lines are skipped. Every other line
gives one event or object: a line without one gives the violation that says why, and reading continues. A file that
cannot be read to its end raises, after everything that could be read.
"""

from collections.abc import Iterator, Sequence
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
from eventschema.stream.reading.decoding import decode_block, decode_object, decode_objects
from eventschema.stream.reading.lines import read_texts
from eventschema.stream.reading.sources import OnRead, UnreadableSourceError, opened
from eventschema.stream.reading.texts import AUTO, InputOptions, Text

#: The most bytes of a line, without its newline.
MAX_LINE_BYTES: Final = 2**20

_CHUNK_BYTES: Final = 2**15  # the decoded values of a chunk take many times its size
#: The bytes of a block. The decoded values of a larger one do not fit in a processor's cache.
BLOCK_BYTES: Final = 2**16
_BATCH: Final = 64  # lines decoded at once if some need to be decoded one by one; at most so many are decoded twice


def read_events(
    path: str | PathLike[str],
    envelope: Envelope = DEFAULT_ENVELOPE,
    rules: Rules = DEFAULT_RULES,
    *,
    max_line_bytes: int = MAX_LINE_BYTES,
    on_read: OnRead | None = None,
    options: InputOptions = AUTO,
) -> Iterator[StreamEvent]:
    """The events of the file at ``path`` (``"-"``: standard input), each with its line, in order.

    Compression (gzip, bzip2, xz, zstd) and the format are detected by the first bytes, not by the name, unless
    ``options`` say which format it is. A line of more than ``max_line_bytes`` is a ``malformed_request``
    and is never held in memory. ``on_read`` is called with the number of bytes of each read, before decompression.
    Raises ``UnreadableSourceError``, after the events of all lines that could be read.
    """
    source = encodable(fspath(path))
    with opened(path, source) as file:
        yield from read_stream(
            file, source, envelope, rules, max_line_bytes=max_line_bytes, on_read=on_read, options=options
        )


def read_objects(
    path: str | PathLike[str],
    *,
    max_line_bytes: int = MAX_LINE_BYTES,
    on_read: OnRead | None = None,
    options: InputOptions = AUTO,
) -> Iterator[StreamObject]:
    """The whole objects of the file at ``path``, such as track requests. Otherwise as :func:`read_events`."""
    source = encodable(fspath(path))
    with opened(path, source) as file:
        for block in read_stream_blocks(file, source, max_line_bytes=max_line_bytes, on_read=on_read, options=options):
            for number, value in zip(block.numbers, block.values, strict=True):
                yield StreamObject(source, number, value)


def read_blocks(
    path: str | PathLike[str],
    *,
    max_line_bytes: int = MAX_LINE_BYTES,
    on_read: OnRead | None = None,
    options: InputOptions = AUTO,
) -> Iterator[Block]:
    """The objects of the file at ``path``, in blocks of many lines. Otherwise as :func:`read_events`."""
    source = encodable(fspath(path))
    with opened(path, source) as file:
        yield from read_stream_blocks(
            file, source, max_line_bytes=max_line_bytes, on_read=on_read, chunk_bytes=BLOCK_BYTES, options=options
        )


def read_stream(  # noqa: PLR0913  (most by name)
    file: IO[bytes],
    source: str,
    envelope: Envelope = DEFAULT_ENVELOPE,
    rules: Rules = DEFAULT_RULES,
    *,
    max_line_bytes: int = MAX_LINE_BYTES,
    on_read: OnRead | None = None,
    options: InputOptions = AUTO,
) -> Iterator[StreamEvent]:
    """The events of an open binary file, with ``source`` as its name; otherwise as :func:`read_events`."""
    for block in read_stream_blocks(file, source, max_line_bytes=max_line_bytes, on_read=on_read, options=options):
        events, _ = select_events(block, envelope)
        for number, value in zip(events.numbers, events.values, strict=True):
            yield open_event(source, number, value, envelope, rules)


def read_stream_blocks(  # noqa: PLR0913  (most by name)
    file: IO[bytes],
    source: str,
    *,
    max_line_bytes: int = MAX_LINE_BYTES,
    on_read: OnRead | None = None,
    at_start: bool = True,
    chunk_bytes: int = _CHUNK_BYTES,
    options: InputOptions = AUTO,
) -> Iterator[Block]:
    """The objects of an open binary file, in blocks, as they come in. ``chunk_bytes`` are read at once.

    A byte order mark, compression and the format are detected only ``at_start``. Otherwise as :func:`read_events`.
    """
    end = 0
    texts = read_texts(
        file,
        source,
        max_line_bytes=max_line_bytes,
        on_read=on_read,
        at_start=at_start,
        chunk_bytes=chunk_bytes,
        options=options,
    )
    try:
        for text in texts:
            block = read_block(source, end + 1, text, max_line_bytes)
            end = block.end
            yield block
    except UnreadableSourceError as error:
        raise error.shifted(end) from error.__cause__


def read_block(source: str, number: int, text: Text, max_line_bytes: int) -> Block:
    """The block of the lines of ``text``, the first of which is the line ``number``."""
    if isinstance(text, bytes) and text.isspace():  # much of it may be packed in a small file
        return Block(source, [], [], number + text.removesuffix(b"\n").count(b"\n"))
    values = decode_block(text) if isinstance(text, bytes) else None
    if values is not None:
        numbers = range(number, number + len(values))
        return Block(source, numbers, values, numbers.stop - 1)
    lines = _split(text)
    found = list(_decoded(lines, number, max_line_bytes))
    return Block(source, [each for each, _ in found], [value for _, value in found], number - 1 + len(lines))


def _decoded(
    lines: list[Text], number: int, max_line_bytes: int
) -> Iterator[tuple[int, dict[str, Any] | MalformedRequest]]:
    """The number of each line that is not blank, and its object, or why it has none."""
    for each, value in enumerate(decode_lines(lines, max_line_bytes), number):
        if value is not None:
            yield each, value


def decode_lines(lines: Sequence[Text], max_line_bytes: int) -> list[dict[str, Any] | MalformedRequest | None]:
    """What :func:`decode_line` returns for each of ``lines``."""
    values: list[dict[str, Any] | MalformedRequest | None] = []
    for start in range(0, len(lines), _BATCH):
        batch = list(lines[start : start + _BATCH])
        values.extend(decode_objects(batch) or (decode_line(line, max_line_bytes) for line in batch))
    return values


def decode_line(line: Text, max_line_bytes: int) -> dict[str, Any] | MalformedRequest | None:
    """The JSON object of a line, ``None`` for a blank line, or what is wrong with the line."""
    if isinstance(line, int):
        return _too_long(line, max_line_bytes)
    if isinstance(line, MalformedRequest):
        return line
    return None if not line or line.isspace() else decode_object(line)


def _split(text: Text) -> list[Text]:
    """The lines of a text, without their newlines."""
    return [*text.removesuffix(b"\n").split(b"\n")] if isinstance(text, bytes) else [text]


def _too_long(length: int, limit: int) -> MalformedRequest:
    return MalformedRequest("", "a shorter line", f"{length} bytes, {length - limit} more than the limit of {limit}")
