"""The profile of one part of a file: its lines, from the first byte of the part on.

A part counts its lines from 1; who combines parts adds the lines before it. What cannot be read in two places at once
is one part: gzip, pipes, standard input.
"""

import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from typing import IO, Any, Final, NamedTuple

from eventschema.core.pointers import encodable
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.violations import MalformedRequest
from eventschema.stream.decoding import decode_objects, is_object
from eventschema.stream.envelopes import DEFAULT_ENVELOPE, Envelope, StreamEvent
from eventschema.stream.profile import DEFAULT_BOUNDS, Bounds, EventProfile
from eventschema.stream.reading import (
    GZIP_MAGIC,
    MAX_LINE_BYTES,
    UnreadableSourceError,
    decode_line,
    open_source,
    read_lines,
    reason,
)

#: The bytes of a part; each but the last goes on to the end of its line.
PART_BYTES: Final = 2**25

_CHUNK_BYTES: Final = 2**19

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
    source = encodable(part.path)
    profile = EventProfile(task.rules, task.bounds)
    number = 0
    has_object = False
    failure = None
    try:
        for lines in _read(part, task, on_read):
            has_object |= _count_lines(profile, source, number + 1, lines, task)
            number += len(lines)
    except UnreadableSourceError as error:
        failure = error
    return PartResult(profile, number, has_object, failure)


def _read(part: Part, task: Task, on_read: OnRead | None) -> Iterator[list[bytes | int]]:
    with open_part(part) as file:
        yield from read_lines(
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


def _count_lines(profile: EventProfile, source: str, number: int, lines: list[bytes | int], task: Task) -> bool:
    """Count the lines from ``number`` on: the ordinary all at once, the others one by one. Whether one is an object."""
    envelope = task.envelope
    values = decode_objects(lines) if envelope.event is None else None
    if values is not None:
        left = profile.add_objects(source, number, values, (envelope.event_key, envelope.properties_key))
        for line, value in left:
            profile.add_event(envelope.open(source, line, value, task.rules))
        return True
    has_object = False
    for line, data in enumerate(lines, number):
        decoded = decode_line(data, task.max_line_bytes)
        has_object |= decoded is not None and is_object(decoded)
        if isinstance(decoded, MalformedRequest):
            profile.add_event(StreamEvent(source, line, None, errors=(decoded,)))
        elif decoded is not None:
            profile.add_event(envelope.open(source, line, decoded, task.rules))
    return has_object
