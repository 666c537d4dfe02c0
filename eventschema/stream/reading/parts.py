"""The parts of a file: several readers can each read one of them.

A part counts its lines from 1; the code that combines parts adds the lines before it. A source that only one process
can read is one part: a compressed file, one of another format than JSON Lines, a pipe, standard input.
"""

import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from typing import IO, Any, Final, NamedTuple

from eventschema.core.pointers import encodable
from eventschema.stream.reading.lines import is_json_lines
from eventschema.stream.reading.sources import UnreadableSourceError, open_source, reason
from eventschema.stream.reading.texts import AUTO, InputOptions

_LINE_BYTES: Final = 2**13  # read at once to find the end of a line


class Part(NamedTuple):
    """The lines of the file ``path`` that begin at byte ``start`` or later and before ``end``; ``None``: to its end."""

    path: str
    start: int = 0
    end: int | None = None
    options: InputOptions = AUTO


def cut(path: str, part_bytes: int | Callable[[int], int], options: InputOptions = AUTO) -> Iterator[Part]:
    """The parts of a file, in order. One that cannot be opened is one part, whose reading will say why.

    A part ends with the line that has its last byte of ``part_bytes``. If that is a function, it is called for each
    part, with the number of bytes from its start to the end of the file.
    """
    bytes_of = part_bytes if callable(part_bytes) else lambda _: part_bytes
    try:
        if not can_be_cut(path, options):
            raise OSError
        size = os.path.getsize(path)
        with open(path, "rb") as file:
            start = 0
            while size - start > (length := bytes_of(size - start)):
                end = _line_end(file, start + length)
                yield Part(path, start, end, options)
                start = end
            yield Part(path, start, None, options)
    except OSError:
        yield Part(path, options=options)


def can_be_cut(path: str, options: InputOptions = AUTO) -> bool:
    """Whether several readers can each read a part of the file: a regular one of JSON Lines that can be opened."""
    try:
        if not os.path.isfile(path):
            return False
        with open(path, "rb") as file:
            return is_json_lines(file, options)
    except OSError:
        return False


def _line_end(file: BufferedReader, position: int) -> int:
    """The position after the line that has the byte before ``position``, and after its newline."""
    position -= 1
    file.seek(position)
    while chunk := file.read(_LINE_BYTES):
        found = chunk.find(b"\n")
        if found >= 0:
            return position + found + 1
        position += len(chunk)
    return position


@contextmanager
def open_part(part: Part) -> Iterator[IO[bytes]]:
    """Open a part of a file for reading bytes. Raises ``UnreadableSourceError``."""
    try:
        opened = open_source(part.path)
    except OSError as error:
        raise UnreadableSourceError(encodable(part.path), 0, reason(error)) from error
    with opened as whole:
        file: Any = whole if part.start == 0 and part.end is None else _Window(whole, part)
        yield file


class _Window:
    """The part of a file, as a file to read."""

    def __init__(self, file: IO[bytes], part: Part) -> None:
        file.seek(part.start)
        self._file = file
        self._left = math.inf if part.end is None else part.end - part.start

    def read(self, size: int) -> bytes:
        """The next ``size`` bytes, fewer only at the end of the part."""
        data = self._file.read(int(min(size, self._left)))
        self._left -= len(data)
        return data

    read1 = read
