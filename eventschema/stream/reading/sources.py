"""The bytes of a source, a file or standard input: decompressed, in chunks, in constant memory."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from os import PathLike, fspath
from typing import IO, Final

from eventschema.stream.reading.compression import (
    DAMAGED,
    MAGIC_BYTES,
    Compression,
    compression_of,
    damage,
    may_be_compressed,
)

#: The name of standard input among sources.
STDIN: Final = "-"

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
        """The same error, with ``lines`` more lines read before it."""
        return UnreadableSourceError(self.source, self.lines + lines, self.reason)

    def __str__(self) -> str:
        return f"{self.source}: {self.reason}" + (f", after line {self.lines}" if self.lines else "")


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


class Chunks:
    """The decompressed content of a file, in chunks. Ends at the end of the file, or at a ``failure`` to read it.

    ``compression`` is that of the file, ``None`` if it has none; it is known from the first chunk on.
    """

    def __init__(self, file: IO[bytes], on_read: OnRead | None, *, at_start: bool, chunk_bytes: int) -> None:
        self._file = file
        self._at_start = at_start
        self._chunk_bytes = chunk_bytes
        self._on_read = on_read
        self._head = b""
        self.compression: Compression | None = None
        self.failure: Exception | None = None

    def __iter__(self) -> Iterator[bytes]:
        try:
            if self._at_start:
                self._head = self._file.read(2)  # no more, so that a short line of a slow pipe is not waited for
                if may_be_compressed(self._head):
                    self._head += self._file.read(MAGIC_BYTES - len(self._head))
                self.compression = compression_of(self._head)
            read = self._read_some if self.compression is None else self.compression.open(self).read1
            while chunk := read(self._chunk_bytes):
                yield chunk
        except DAMAGED as error:
            self.failure = error

    def read(self, size: int) -> bytes:
        """The next ``size`` bytes as they are in the file, fewer only at the end. A decompressor calls this."""
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


def reason(error: Exception, compression: Compression | None = None) -> str:
    """Why a file could not be opened or read, in words."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return damage(error, compression) if compression else str(error)
