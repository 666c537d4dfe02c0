"""Replay shared out: pieces of a stream, each decided as far as that can be done without the pieces before it.

Types never change. So what a schema says of an event whose properties it knows is what each of its later versions says,
and a piece can be gone through with the schemas as they stood anywhere before it: :func:`replay_piece` decides the
events that bring nothing new, and hands back the lines of the others. A :class:`Combiner` takes the results in the
order of the stream and decides those lines. It comes to the schemas, counts and rejections that replaying event by
event comes to, wherever the stream was cut and whichever earlier schemas the pieces were decided under.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any, Final, Literal, NamedTuple

from eventschema.core.pointers import encodable
from eventschema.core.results import MergeResult
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.schema import EventSchema
from eventschema.core.violations import MalformedRequest
from eventschema.stream.envelopes import DEFAULT_ENVELOPE, Block, Envelope, StreamEvent, open_event
from eventschema.stream.reading.decoding import is_object
from eventschema.stream.reading.files import (
    BLOCK_BYTES,
    MAX_LINE_BYTES,
    OnRead,
    UnreadableSourceError,
    read_block,
    read_texts,
)
from eventschema.stream.reading.parts import Part, open_part
from eventschema.stream.replay.events import Rejection, Replay
from eventschema.stream.replay.stats import PieceStats, ReplayStats

_SHORT: Final = 8  # events between two that are handed back which cost less to hand back as well than to count apart
_LINE: Final = b'"line": '

_Value = dict[str, Any] | MalformedRequest  # what a line holds


class ReplayTask(NamedTuple):
    """What all pieces have in common: how lines are read, and what is wanted of rejections beside their counts.

    ``rejections`` is ``none`` for nothing, ``values`` for each as a ``Rejection``, ``lines`` for each as a
    :class:`RejectionLine`.
    """

    envelope: Envelope = DEFAULT_ENVELOPE
    rules: Rules = DEFAULT_RULES
    max_line_bytes: int = MAX_LINE_BYTES
    rejections: Literal["none", "values", "lines"] = "none"


class Texts(NamedTuple):
    """Lines of a source that were read already.

    ``texts`` is what ``reading.read_texts`` gave, and ``failure`` what it raised, if so. ``is_first``: no line of the
    source stands before them.
    """

    path: str
    texts: list[bytes | int]
    is_first: bool
    failure: UnreadableSourceError | None = None


Piece = Part | Texts


class RejectionLine(NamedTuple):
    """A rejection as a line of JSON, but for its place in the source, which is not known before the piece's own is."""

    line: int
    head: bytes
    tail: bytes

    @classmethod
    def of(cls, rejection: Rejection) -> "RejectionLine":
        """The line of ``rejection``."""
        # Quotes in the source's name are escaped, so this is the first place where the key can stand.
        head, key, tail = json.dumps(rejection._replace(line=0).to_dict()).encode().partition(_LINE)
        return cls(rejection.line, head + key, tail.removeprefix(b"0"))

    def to_json(self) -> bytes:
        """The document of the rejection, as JSON."""
        return b"%b%d%b" % (self.head, self.line, self.tail)


AnyRejection = Rejection | RejectionLine


class Run(NamedTuple):
    """The lines of events that were not decided, and the counts of the events after them that were.

    Of each line there is its number, and the object that it holds or why it holds none.
    """

    undecided: list[tuple[int, _Value]]
    counts: PieceStats
    rejections: list[AnyRejection]


class PieceResult(NamedTuple):
    """What was made of a piece.

    ``ordinary`` are the counts of events of which nothing else comes, wherever they stood; the others are in ``runs``,
    in order. Lines are numbered from 1; ``lines`` is how many there were, and ``has_object`` whether any is a JSON
    object.
    """

    source: str
    is_first: bool
    ordinary: PieceStats
    runs: list[Run]
    lines: int
    has_object: bool
    failure: UnreadableSourceError | None = None


def replay_piece(piece: Piece, replay: Replay, task: ReplayTask, on_read: OnRead | None = None) -> PieceResult:
    """What can be made of ``piece`` under the schemas of ``replay``, as they stood anywhere before the piece.

    ``replay`` is not changed. ``on_read`` is called with the number of bytes of each reading.
    """
    ordinary = PieceStats()
    work = _Work(task)
    lines = 0
    has_object = False
    failure = None
    try:
        for block in _blocks(piece, task, on_read):
            lines = block.end
            has_object = has_object or any(map(is_object, block.values))
            accepted = replay.accept(block.values, task.envelope)
            ordinary.add_accepted(accepted)
            for position in accepted.remaining:
                value = block.values[position]
                event = open_event(block.source, block.numbers[position], value, task.envelope, task.rules)
                work.add(value, event, replay.decide_early(event))
    except UnreadableSourceError as error:
        failure = error
    return PieceResult(encodable(piece.path), _is_first(piece), ordinary, work.finish(), lines, has_object, failure)


def _is_first(piece: Piece) -> bool:
    return piece.is_first if isinstance(piece, Texts) else piece.start == 0


def _blocks(piece: Piece, task: ReplayTask, on_read: OnRead | None) -> Iterator[Block]:
    """The blocks of a piece, whose first line is line 1. Raises ``UnreadableSourceError``."""
    source = encodable(piece.path)
    lines = 0
    try:
        for text in _texts(piece) if isinstance(piece, Texts) else read_part(piece, task, on_read):
            block = read_block(source, lines + 1, text, task.max_line_bytes)
            lines = block.end
            yield block
    except UnreadableSourceError as error:
        raise error.shifted(lines) from error.__cause__


def _texts(piece: Texts) -> Iterator[bytes | int]:
    yield from piece.texts
    if piece.failure is not None:
        raise piece.failure


def read_part(part: Part, task: ReplayTask, on_read: OnRead | None) -> Iterator[bytes | int]:
    """The lines of a part, as ``reading.read_texts`` gives them. Raises ``UnreadableSourceError``."""
    with open_part(part) as file:
        yield from read_texts(
            file,
            encodable(part.path),
            max_line_bytes=task.max_line_bytes,
            on_read=on_read,
            at_start=part.start == 0,
            chunk_bytes=BLOCK_BYTES,
        )


class _Work:
    """The runs of a piece, as they come to be."""

    def __init__(self, task: ReplayTask) -> None:
        self._keep = task.rejections
        self._run = Run([], PieceStats(), [])
        self._runs = [self._run]
        self._uncounted: list[tuple[_Value, StreamEvent, MergeResult | Rejection]] = []

    def add(self, value: _Value, event: StreamEvent, outcome: MergeResult | Rejection | None) -> None:
        """Take in what came of the next event, whose line holds ``value``."""
        if outcome is None:
            self._leave(event.line, value)
        elif self._run.counts:
            self._count(event, outcome)
        else:
            self._uncounted.append((value, event, outcome))
            if len(self._uncounted) == _SHORT:
                self._count_uncounted()

    def finish(self) -> list[Run]:
        """The runs."""
        self._count_uncounted()
        return self._runs

    def _leave(self, line: int, value: _Value) -> None:
        if self._run.counts:
            self._run = Run([], PieceStats(), [])
            self._runs.append(self._run)
        self._run.undecided.extend((event.line, earlier) for earlier, event, _ in self._uncounted)
        self._run.undecided.append((line, value))
        self._uncounted.clear()

    def _count_uncounted(self) -> None:
        for _, event, outcome in self._uncounted:
            self._count(event, outcome)
        self._uncounted.clear()

    def _count(self, event: StreamEvent, outcome: MergeResult | Rejection) -> None:
        self._run.counts.add(event, outcome)
        if isinstance(outcome, Rejection) and self._keep != "none":
            self._run.rejections.append(outcome if self._keep == "values" else RejectionLine.of(outcome))


class Combiner:
    """Takes the results of the pieces of a stream, in order, into a ``replay`` and its ``stats``.

    ``on_rejection`` is called with each rejection, in order, where the ``task`` wants any. ``unreadable`` are the
    sources that could not be read to their end.
    """

    def __init__(
        self,
        replay: Replay,
        stats: ReplayStats,
        task: ReplayTask,
        on_rejection: Callable[[AnyRejection], object] | None = None,
    ) -> None:
        self.replay: Final = replay
        self.stats: Final = stats
        self.task: Final = task
        self.unreadable: list[UnreadableSourceError] = []
        #: Whether any line is a JSON object.
        self.has_object = False
        #: How often a schema has changed.
        self.changes = 0
        self._on_rejection = on_rejection
        self._lines = 0  # of the source, in the pieces so far
        self._has_failed = False

    def take(self, piece: Piece, on_read: OnRead | None = None) -> None:
        """Replay the next piece at once: what :meth:`add` does with its result, with less work.

        ``on_read`` is called with the number of bytes of each reading.
        """
        if not self._begin(is_first=_is_first(piece)):
            return
        before = self._lines
        try:
            for block in _blocks(piece, self.task, on_read):
                self.has_object = self.has_object or any(map(is_object, block.values))
                accepted = self.replay.accept(block.values, self.task.envelope)
                self.stats.add_accepted(accepted)
                for position in accepted.remaining:
                    self._decide(block.source, before + block.numbers[position], block.values[position])
                self._lines = before + block.end
        except UnreadableSourceError as error:
            self._fail(error.shifted(before))

    def add(self, result: PieceResult) -> None:
        """Take in the result of the next piece."""
        if not self._begin(is_first=result.is_first):
            return
        before = self._lines
        self.has_object |= result.has_object
        self.stats.update(result.ordinary)
        for undecided, counts, rejections in result.runs:
            for number, value in undecided:
                self._decide(result.source, before + number, value)
            self.stats.update(counts, before)
            if self._on_rejection is not None:
                for rejection in rejections:
                    self._on_rejection(rejection._replace(line=before + rejection.line))
        if result.failure is not None:
            self._fail(result.failure.shifted(before))
        self._lines += result.lines

    def _begin(self, *, is_first: bool) -> bool:
        """Whether the next piece counts: what comes after a gap has no line numbers."""
        if is_first:
            self._lines, self._has_failed = 0, False
        return not self._has_failed

    def _fail(self, failure: UnreadableSourceError) -> None:
        self._has_failed = True
        self.unreadable.append(failure)

    def _decide(self, source: str, line: int, value: _Value) -> None:
        event = open_event(source, line, value, self.task.envelope, self.task.rules)
        before = self._schema(event)
        outcome = self.replay.add(event)
        self.changes += self._schema(event) is not before
        self.stats.add(event, outcome)
        if isinstance(outcome, Rejection) and self._on_rejection is not None:
            self._on_rejection(outcome)

    def _schema(self, event: StreamEvent) -> EventSchema | None:
        return None if event.name is None else self.replay.schema(event.name)
