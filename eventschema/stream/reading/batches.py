"""Reads the lines of a file in batches, each with its position, and goes on where reading stopped before."""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from os import PathLike, fspath
from typing import IO, Final, NamedTuple

from eventschema.core.pointers import encodable
from eventschema.core.violations import MalformedRequest, counted
from eventschema.stream.positions import START, Position
from eventschema.stream.reading.files import BLOCK_BYTES, MAX_LINE_BYTES
from eventschema.stream.reading.lines import read_texts
from eventschema.stream.reading.sources import OnRead, UnreadableSourceError, opened

_MAX_BATCH_BYTES: Final = 2**22
_NEWLINE: Final = b"\n"


class ChangedSourceError(Exception):
    """A file does not begin with the bytes that were read before. Picklable.

    ``source`` is its name, ``position`` the end of what was read before.
    """

    def __init__(self, source: str, position: Position) -> None:
        super().__init__(source, position)
        self.source = source
        self.position = position

    def __str__(self) -> str:
        lines = counted(self.position.lines, "line", "lines")
        return f"{self.source}: its first {lines} ({self.position.bytes:,} bytes) are not those that were read before"


class LineBatch(NamedTuple):
    """Lines of a file, blank ones included: ``first`` is the number of the first one, ``end`` where the last one ends.

    A line has no newline. One that is too long is the number of its bytes.
    """

    first: int
    lines: list[bytes | int]
    end: Position


def read_batches(
    path: str | PathLike[str],
    start: Position = START,
    *,
    max_lines: int,
    max_bytes: int = _MAX_BATCH_BYTES,
    max_line_bytes: int = MAX_LINE_BYTES,
    on_read: OnRead | None = None,
) -> Iterator[LineBatch]:
    """The lines of the file at ``path`` from ``start`` on, in batches of at most ``max_lines``.

    A batch also ends with the line that fills ``max_bytes``. A later call can go on from the ``end`` of any batch, also
    where the last line has no newline; if that line has grown since, the file counts as changed.

    Otherwise as :func:`eventschema.stream.reading.read_objects`. Raises ``ChangedSourceError`` if the text before
    ``start`` has changed, and ``UnreadableSourceError`` after the lines that could be read.
    """
    source = encodable(fspath(path))
    with opened(path, source) as file:
        reading = _Reading(file, source, start, max_line_bytes, on_read)
        first = start.lines + 1
        batch: list[bytes | int] = []
        size = 0
        failure: UnreadableSourceError | None = None
        try:
            for line in reading.lines():
                batch.append(line)
                size += 0 if isinstance(line, int) else len(line)
                if len(batch) == max_lines or size >= max_bytes:
                    yield LineBatch(first, batch, reading.position(first - 1 + len(batch)))
                    first, batch, size = first + len(batch), [], 0
        except UnreadableSourceError as error:
            failure = error
        last = first - 1 + len(batch)
        if batch:
            yield LineBatch(first, batch, reading.position(last))
        if failure is not None:
            raise failure.shifted(last) from failure.__cause__


class _Reading:
    """The lines of a file from a position on, and the position of the last one that was taken.

    A chunk of the text is taken when all lines that end in the chunks before it were. So the text is hashed once, and
    no more of it is held than a chunk.
    """

    def __init__(
        self, file: IO[bytes], source: str, start: Position, max_line_bytes: int, on_read: OnRead | None
    ) -> None:
        self._source = source
        self._start = start
        self._left = start.bytes  # bytes to be read again
        self._texts = read_texts(
            file,
            source,
            max_line_bytes=max_line_bytes,
            on_read=on_read,
            at_start=True,
            chunk_bytes=BLOCK_BYTES,
            follow=self._follow,
        )
        self._chunk = b""
        self._chunk_start = 0
        self._hash = sha256()
        self._hashed = 0
        self._end = 0  # of the last line that was taken
        self._digest = self._hash.copy()  # of the text until there, if more than that is hashed

    def lines(self) -> Iterator[bytes | int]:
        """The lines from the position on. Raises as :func:`read_batches`."""
        for text in self._texts:
            if not isinstance(text, bytes):
                if isinstance(text, MalformedRequest):  # only other formats have such lines
                    continue
                self._end += text
                self._end += self._chunk.startswith(_NEWLINE, self._end - self._chunk_start)
                yield text
                continue
            end = self._end + len(text)
            for line in text.removesuffix(_NEWLINE).split(_NEWLINE):
                self._end = min(self._end + len(line) + 1, end)  # the last line of a file may have no newline
                yield line
        if self._left:  # the file is shorter than it was
            raise ChangedSourceError(self._source, self._start)

    def position(self, lines: int) -> Position:
        """The end of the last line that was taken, which is the line of that number."""
        digest = self._digest
        if self._hashed <= self._end:
            self._hash_to(self._end)
            digest = self._hash
        return Position(lines, self._end, digest.hexdigest())

    def _follow(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The chunks after the position, each of which is hashed when the next one is asked for."""
        for chunk in self._skip(chunks):
            if self._hashed <= self._end:
                self._hash_to(self._end)
                self._digest = self._hash.copy()
            self._hash_to(self._chunk_start + len(self._chunk))
            self._chunk_start += len(self._chunk)
            self._chunk = chunk
            yield chunk

    def _skip(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The chunks after the position. Raises ``ChangedSourceError`` if the text before it has changed."""
        ended = True  # the last line before the position has its newline
        for chunk in chunks:
            rest = chunk[self._left :]
            if self._left:
                again = chunk[: self._left]
                self._hash.update(again)
                self._left -= len(again)
                ended = again.endswith(_NEWLINE)
                self._hashed = self._end = self._chunk_start = self._start.bytes
                if not self._left and self._hash.hexdigest() != self._start.digest:
                    raise ChangedSourceError(self._source, self._start)
            if rest and not ended:
                if not rest.startswith(_NEWLINE):  # the line goes on
                    raise ChangedSourceError(self._source, self._start)
                self._hash.update(_NEWLINE)
                self._hashed = self._end = self._chunk_start = self._start.bytes + 1
                rest, ended = rest[1:], True
            if rest:
                yield rest

    def _hash_to(self, end: int) -> None:
        self._hash.update(self._chunk[self._hashed - self._chunk_start : end - self._chunk_start])
        self._hashed = end
