"""The profile of one part of a file: its lines, from the first byte of the part on.

A part counts its lines from 1; who combines parts adds the lines before it. What cannot be read in two places at once
is one part: gzip, pipes, standard input.
"""

import math
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from typing import IO, Any, Final, NamedTuple

from eventschema.core.pointers import encodable
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.violations import MalformedRequest
from eventschema.stream.envelopes import DEFAULT_ENVELOPE, Block, Envelope, open_event
from eventschema.stream.profile.profile import DEFAULT_BOUNDS, Bounds, EventProfile
from eventschema.stream.reading.decoding import is_object
from eventschema.stream.reading.files import (
    GZIP_MAGIC,
    MAX_LINE_BYTES,
    UnreadableSourceError,
    open_source,
    read_stream_blocks,
    reason,
)

#: The bytes of a part; each but the last goes on to the end of its line.
PART_BYTES: Final = 2**25

_CHUNK_BYTES: Final = 2**18

OnRead = Callable[[int], object]


class Task(NamedTuple):
    """What all parts have in common: how lines are read, and what is counted."""

    envelope: Envelope = DEFAULT_ENVELOPE
    rules: Rules = DEFAULT_RULES
    bounds: Bounds = DEFAULT_BOUNDS
    max_line_bytes: int = MAX_LINE_BYTES


DEFAULT_TASK: Final = Task()


class Part(NamedTuple):
    """The lines of the file ``path`` that begin from byte ``start`` on and before ``end``; ``None``: all of it."""

    path: str
    start: int = 0
    end: int | None = None


class PartResult(NamedTuple):
    """The profile of a part, the number of its lines, and why it could not be read to its end, if so.

    ``has_object`` says whether any line is a JSON object.
    """

    profile: EventProfile
    lines: int
    has_object: bool
    failure: UnreadableSourceError | None = None


def cut(path: str, part_bytes: int = PART_BYTES) -> Iterator[Part]:
    """The parts of a file, in order. One that cannot be opened is one part, whose reading will say why."""
    try:
        if not can_be_cut(path):
            raise OSError
        size = os.path.getsize(path)
        with open(path, "rb") as file:
            start = 0
            while size - start > part_bytes:
                end = _line_end(file, start + part_bytes)
                yield Part(path, start, end)
                start = end
            yield Part(path, start, None)
    except OSError:
        yield Part(path)


def can_be_cut(path: str) -> bool:
    """Whether several readers can each read a part of the file: it is a regular one, can be opened, and is no gzip."""
    try:
        if not os.path.isfile(path):
            return False
        with open(path, "rb") as file:
            return file.read(len(GZIP_MAGIC)) != GZIP_MAGIC
    except OSError:
        return False


def _line_end(file: BufferedReader, position: int) -> int:
    """Where the line ends that the byte before ``position`` is of, its newline included."""
    position -= 1
    file.seek(position)
    while chunk := file.read(_CHUNK_BYTES):
        found = chunk.find(b"\n")
        if found >= 0:
            return position + found + 1
        position += len(chunk)
    return position


def profile_part(part: Part, task: Task, on_read: OnRead | None = None) -> PartResult:
    """The profile of one part. ``on_read`` is called with the number of bytes of each reading."""
    profile = EventProfile(task.rules, task.bounds)
    number = 0
    has_object = False
    failure = None
    try:
        for block in _read(part, task, on_read):
            has_object = has_object or any(map(is_object, block.values))
            _count_block(profile, block, task)
            number = block.end
    except UnreadableSourceError as error:
        failure = error
    return PartResult(profile, number, has_object, failure)


def _read(part: Part, task: Task, on_read: OnRead | None) -> Iterator[Block]:
    with open_part(part) as file:
        yield from read_stream_blocks(
            file,
            encodable(part.path),
            max_line_bytes=task.max_line_bytes,
            on_read=on_read,
            at_start=part.start == 0,
            chunk_bytes=_CHUNK_BYTES,
        )


@contextmanager
def open_part(part: Part) -> Iterator[IO[bytes]]:
    """A part of a file, to read its bytes. Raises ``UnreadableSourceError``."""
    try:
        opened = open_source(part.path)
    except OSError as error:
        raise UnreadableSourceError(encodable(part.path), 0, reason(error)) from error
    with opened as whole:
        file: Any = whole if part == Part(part.path) else _Window(whole, part)
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


def _count_block(profile: EventProfile, block: Block, task: Task) -> None:
    """Count the events of a block: the ordinary all at once if all of its lines are objects, the others one by one."""
    envelope = task.envelope
    left: Iterable[tuple[int, dict[str, Any] | MalformedRequest]]
    if isinstance(block.numbers, range) and envelope.event is None:
        values: Any = block.values
        keys = envelope.event_key, envelope.properties_key
        left = profile.add_objects(block.source, block.numbers.start, values, keys)
    else:
        left = zip(block.numbers, block.values, strict=True)
    for number, value in left:
        profile.add_event(open_event(block.source, number, value, envelope, task.rules))
