"""The lines of a file: those of JSON Lines as they are, and those that files of other formats are converted to."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain
from tempfile import TemporaryFile
from typing import IO, Final, NamedTuple

from eventschema.core.violations import MalformedRequest
from eventschema.extras import MissingExtraError
from eventschema.stream.reading.arrays import ArrayError, split_array
from eventschema.stream.reading.compression import compression_of
from eventschema.stream.reading.decoding import decode_object, is_object
from eventschema.stream.reading.formats import HEAD_BYTES, FileStart, delimiter_of, detect_format
from eventschema.stream.reading.sources import Chunks, OnRead, UnreadableSourceError, reason
from eventschema.stream.reading.tables import TableError, read_table
from eventschema.stream.reading.texts import AUTO, InputOptions, RowsError, Text, grouped

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"  # RFC 3629, section 6


def read_texts(  # noqa: PLR0913  (all but two by name)
    file: IO[bytes],
    source: str,
    *,
    max_line_bytes: int,
    on_read: OnRead | None,
    at_start: bool,
    chunk_bytes: int,
    options: InputOptions | None = None,
    follow: Callable[[Iterable[bytes]], Iterable[bytes]] = iter,
) -> Iterator[Text]:
    """The text of an open binary file in whole lines of JSON; a line of more than ``max_line_bytes`` as their number.

    ``on_read`` is called with the number of bytes of each read, before decompression; ``chunk_bytes`` are read at once.
    A byte order mark, compression and the format are detected only ``at_start``, and files of other formats are read
    only with ``options``. ``follow`` is given the text of JSON Lines in chunks, with LF for CR LF, and returns those to
    read.

    Raises ``UnreadableSourceError``, after the lines that could be read. It does not count the lines that were read
    before: the caller adds them.
    """
    chunks = Chunks(file, on_read, at_start=at_start, chunk_bytes=chunk_bytes)
    try:
        pieces: Iterable[bytes] = chunks
        converter: _Converter | None = None
        if at_start:
            start, pieces = _start(_without_byte_order_mark(chunks))
            converter = _converter(start, source, options)
        if converter is None:
            yield from _complete_lines(follow(_with_newlines(pieces)), max_line_bytes, chunks)
        else:
            yield from converter(_Input(file, pieces, chunks, max_line_bytes, chunk_bytes))
    except (ArrayError, TableError, RowsError) as error:
        if chunks.failure is None:
            raise UnreadableSourceError(source, 0, str(error)) from error
    except MissingExtraError as error:
        raise UnreadableSourceError(source, 0, str(error)) from error
    if chunks.failure is not None:
        raise UnreadableSourceError(source, 0, reason(chunks.failure, chunks.compression)) from chunks.failure


def _complete_lines(pieces: Iterable[bytes], max_line_bytes: int, chunks: Chunks) -> Iterator[Text]:
    for text in whole_lines(pieces, max_line_bytes):
        is_cut = chunks.failure is not None and isinstance(text, bytes) and not text.endswith(b"\n")
        if is_cut and isinstance(decode_object(text), MalformedRequest):  # type: ignore[arg-type]  # it is bytes
            return  # the failed read cut this line short, so it is no error of the line
        yield text


class _Input(NamedTuple):
    """What a converter reads: the ``file``, its decompressed text in ``pieces``, and the limits."""

    file: IO[bytes]
    pieces: Iterable[bytes]
    chunks: Chunks
    max_line_bytes: int
    group_bytes: int


_Converter = Callable[[_Input], Iterator[Text]]


def _converter(start: FileStart, source: str, options: InputOptions | None) -> _Converter | None:
    """The function that converts a file with this ``start``; ``None`` for JSON Lines.

    Raises ``UnreadableSourceError`` for a format that is not read, or that has no columns of ``options``.
    """
    given = "auto" if options is None else options.format
    found = detect_format(start) if given == "auto" else None
    if found is not None and (options is None or found.reader is None):
        raise UnreadableSourceError(source, 0, found.reason)
    options = options or AUTO
    reader = found.reader if found else given
    match reader:
        case "csv":
            return partial(_table, delimiter=delimiter_of(start) or ",", options=options)
        case "tsv":
            return partial(_table, delimiter="\t", options=options)
    if options.text_columns and not start.is_blank:
        raise UnreadableSourceError(source, 0, _no_table(found.name if found else given))
    match reader:
        case "json":
            return _array
        case "parquet" | "arrow":
            return _rows
    return None


def _no_table(name: str) -> str:
    """Why a file of the format ``name`` has no columns that are text."""
    if name == AUTO.format:
        return "it does not look like CSV or TSV, which --text-column is for; --input csv reads it as CSV"
    return f"--text-column is for CSV and TSV, not for {name}"


def _array(given: _Input) -> Iterator[Text]:
    return grouped(split_array(given.pieces, given.max_line_bytes), given.group_bytes)


def _table(given: _Input, *, delimiter: str, options: InputOptions) -> Iterator[Text]:
    lines = whole_lines(_with_newlines(given.pieces), given.max_line_bytes)
    whole = (line for line in lines if not _is_cut(line, given.chunks))
    return grouped(read_table(whole, delimiter, options), given.group_bytes)


def _is_cut(line: Text, chunks: Chunks) -> bool:
    """Whether the end of a line is missing, since the file could not be read further."""
    return chunks.failure is not None and not (isinstance(line, bytes) and line.endswith(b"\n"))


def _rows(given: _Input) -> Iterator[Text]:
    from eventschema.stream.reading.arrow import read_rows  # needs an extra

    if given.chunks.compression is None and given.file.seekable():
        given.file.seek(0)
        yield from grouped(read_rows(given.file, given.max_line_bytes), given.group_bytes)
        return
    with TemporaryFile() as whole:  # of mode 0600, and without a name
        for piece in given.pieces:
            whole.write(piece)
        whole.seek(0)
        yield from grouped(read_rows(whole, given.max_line_bytes), given.group_bytes)


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


def is_json_lines(file: IO[bytes], options: InputOptions) -> bool:
    """Whether an open file is JSON Lines, not compressed: any line of it can be read without those before."""
    if options.text_columns or options.format not in {"auto", "jsonl"}:  # with text columns, JSON Lines are an error
        return False
    head = file.read(HEAD_BYTES)
    if compression_of(head) is not None:
        return False
    if options.format == "jsonl":
        return True
    start, _ = _start(iter([head.removeprefix(_BYTE_ORDER_MARK)]))
    return detect_format(start._replace(ended=len(head) < HEAD_BYTES)) is None


def _start(chunks: Iterator[bytes]) -> tuple[FileStart, Iterator[bytes]]:
    """Read the start of a file: as much as shows that it is JSON Lines, or else enough to detect another format.

    Returns it, and all chunks of the file, those of the start included.
    """
    held = b""
    seen = 0  # bytes of the lines that were tried
    has_other = has_object = ended = False
    while not ended and len(held) < HEAD_BYTES:
        chunk = next(chunks, None)
        held += chunk or b""
        ended = chunk is None
        while not has_object and (end := len(held) if ended else held.find(b"\n", seen) + 1) > seen:
            line, seen = held[seen:end], end
            has_object = _is_object(line)
            has_other = has_other or not (has_object or line.isspace())
        if has_object and (not has_other or detect_format(FileStart(held[:HEAD_BYTES], ended, True)) is None):
            break
    start = FileStart(held[:HEAD_BYTES], ended and len(held) <= HEAD_BYTES, has_object)
    return start, chain([held], chunks)


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


def whole_lines(chunks: Iterable[bytes], limit: int) -> Iterator[bytes | int]:
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
