"""Replay of pieces of a stream: each is decided as far as possible without the pieces before it.

Types never change. So a schema decides on an event whose properties it knows as each of its later versions does, and a
piece can be replayed with any earlier schemas: :func:`replay_piece` decides the events that add nothing to a schema,
and returns the lines of the others. A :class:`Combiner` takes the results in the order of the stream and decides those
lines. Schemas, counts and rejections are those of a replay event by event, wherever the stream was cut and whichever
earlier schemas each piece was replayed with.
"""

import json
from collections.abc import Callable
from functools import partial
from typing import Final, Literal, NamedTuple

from eventschema.core.pointers import encodable
from eventschema.core.results import MergeResult
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.schema import EventSchema
from eventschema.stream.envelopes import DEFAULT_ENVELOPE, Block, Envelope, StreamEvent, open_event, select_events
from eventschema.stream.reading.decoding import is_object
from eventschema.stream.reading.files import MAX_LINE_BYTES
from eventschema.stream.reading.sources import OnRead, UnreadableSourceError
from eventschema.stream.replay.combining import BaseCombiner, Piece, PieceReplay, Value, is_first, read_piece
from eventschema.stream.replay.events import Rejection, Replay
from eventschema.stream.replay.stats import PieceStats, ReplayStats

_SHORT: Final = 8  # so few decided events between undecided ones cost less to return undecided than to count
_LINE: Final = b'"line": '


class ReplayTask(NamedTuple):
    """How all pieces are replayed: how lines are read, and what is returned of rejections besides their counts.

    ``rejections`` is ``none`` for nothing, ``values`` for each as a ``Rejection``, ``lines`` for each as a
    :class:`RejectionLine`.
    """

    envelope: Envelope = DEFAULT_ENVELOPE
    rules: Rules = DEFAULT_RULES
    max_line_bytes: int = MAX_LINE_BYTES
    rejections: Literal["none", "values", "lines"] = "none"


class RejectionLine(NamedTuple):
    """A rejection as a line of JSON, without its line number, which is known only when pieces are combined."""

    line: int
    head: bytes
    tail: bytes

    @classmethod
    def of(cls, rejection: Rejection) -> "RejectionLine":
        """The line of ``rejection``."""
        # Quotes in the source's name are escaped, so the first match is the key.
        head, key, tail = json.dumps(rejection._replace(line=0).to_dict()).encode().partition(_LINE)
        return cls(rejection.line, head + key, tail.removeprefix(b"0"))

    def to_json(self) -> bytes:
        """The document of the rejection, as JSON."""
        return b"%b%d%b" % (self.head, self.line, self.tail)


AnyRejection = Rejection | RejectionLine


class Run(NamedTuple):
    """Lines of events that were not decided, and the stats of the decided events after them.

    Each line is its number, and its object or why it has none.
    """

    undecided: list[tuple[int, Value]]
    counts: PieceStats
    rejections: list[AnyRejection]


class PieceResult(NamedTuple):
    """The result of a piece.

    ``accepted`` are the stats of the events that were accepted by the block, wherever they are; the others are in
    ``runs``, in order. Lines are numbered from 1; ``lines`` is their number, and ``has_object`` says whether any is a
    JSON object.
    """

    source: str
    is_first: bool
    accepted: PieceStats
    runs: list[Run]
    lines: int
    has_object: bool
    failure: UnreadableSourceError | None = None


def replay_piece(piece: Piece, replay: Replay, task: ReplayTask, on_read: OnRead | None = None) -> PieceResult:
    """Replay ``piece`` as far as possible with the schemas of ``replay``, which are those of any earlier time.

    ``replay`` is not changed. ``on_read`` is called with the number of bytes of each read.
    """
    accepted = PieceStats()
    runs = _RunBuilder(task)
    lines = 0
    has_object = False
    failure = None
    try:
        for block in read_piece(piece, task.max_line_bytes, on_read):
            lines = block.end
            has_object = has_object or any(map(is_object, block.values))
            events, skipped = select_events(block, task.envelope)
            known = replay.accept(events.values, task.envelope, events.source)
            accepted.skipped += skipped
            accepted.add_accepted(known)
            for position in known.remaining:
                value = events.values[position]
                event = open_event(events.source, events.numbers[position], value, task.envelope, task.rules)
                runs.add(value, event, replay.decide_early(event))
    except UnreadableSourceError as error:
        failure = error
    return PieceResult(encodable(piece.path), is_first(piece), accepted, runs.finish(), lines, has_object, failure)


class _RunBuilder:
    """Divides the events of a piece that were not accepted by the block into runs."""

    def __init__(self, task: ReplayTask) -> None:
        self._keep = task.rejections
        self._run = Run([], PieceStats(), [])
        self._runs = [self._run]
        self._uncounted: list[tuple[Value, StreamEvent, MergeResult | Rejection]] = []

    def add(self, value: Value, event: StreamEvent, outcome: MergeResult | Rejection | None) -> None:
        """Add the outcome of the next event, whose line has ``value``; ``None`` if it is undecided."""
        if outcome is None:
            self._add_undecided(event.line, value)
        elif self._run.counts:
            self._count(event, outcome)
        else:
            self._uncounted.append((value, event, outcome))
            if len(self._uncounted) == _SHORT:
                self._count_uncounted()

    def finish(self) -> list[Run]:
        """Return the runs."""
        self._count_uncounted()
        return self._runs

    def _add_undecided(self, line: int, value: Value) -> None:
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


class Combiner(BaseCombiner[PieceResult]):
    """Combines the results of the pieces of a stream, in order, in a ``replay`` and its ``stats``.

    ``on_rejection`` is called with each rejection, in order, if the ``task`` returns any.
    """

    def __init__(
        self,
        replay: Replay,
        stats: ReplayStats,
        task: ReplayTask,
        on_rejection: Callable[[AnyRejection], object] | None = None,
    ) -> None:
        super().__init__(task.max_line_bytes)
        self.replay: Final = replay
        self.stats: Final = stats
        self.task: Final = task
        self._on_rejection = on_rejection

    def piece_replay(self) -> PieceReplay[PieceResult]:
        """:func:`replay_piece` with the current schemas."""
        return partial(replay_piece, replay=self.replay, task=self.task)

    def _take_block(self, block: Block, before: int) -> None:
        events, skipped = select_events(block, self.task.envelope)
        accepted = self.replay.accept(events.values, self.task.envelope, events.source)
        self.stats.skipped += skipped
        self.stats.add_accepted(accepted)
        for position in accepted.remaining:
            self._decide(events.source, before + events.numbers[position], events.values[position])

    def _add(self, result: PieceResult, before: int) -> None:
        self.stats.update(result.accepted)
        for undecided, counts, rejections in result.runs:
            for number, value in undecided:
                self._decide(result.source, before + number, value)
            self.stats.update(counts, before)
            if self._on_rejection is not None:
                for rejection in rejections:
                    self._on_rejection(rejection._replace(line=before + rejection.line))

    def _decide(self, source: str, line: int, value: Value) -> None:
        self._add_event(open_event(source, line, value, self.task.envelope, self.task.rules))

    def _add_event(self, event: StreamEvent) -> MergeResult | Rejection:
        before = self._schema(event)
        outcome = self.replay.add(event)
        self.changes += self._schema(event) is not before
        self.stats.add(event, outcome)
        if isinstance(outcome, Rejection) and self._on_rejection is not None:
            self._on_rejection(outcome)
        return outcome

    def _schema(self, event: StreamEvent) -> EventSchema | None:
        return None if event.name is None else self.replay.schema(event.name)
