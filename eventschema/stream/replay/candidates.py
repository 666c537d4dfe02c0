"""Finds the history of a replay by pieces that are replayed at the same time.

Each piece of the stream is replayed with the schemas that a candidate of the history has before it, and returns the
changes that its events make. If each piece began with the very schemas that the changes of all pieces before it make,
then by induction the candidate is the history. If not, the changes that were found are the next candidate, and the
pieces from the first wrong one on are replayed again.

This ends: in each round the first wrong piece has all true changes before it, and so becomes a right one. Mostly two
rounds are enough, or one with a good first candidate, since most events change nothing, whatever came before them.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.stream.envelopes import Block, Envelope, open_event
from eventschema.stream.replay.events import Rejection, Replay
from eventschema.stream.replay.history import Change, Cursor, History


class PieceChanges(NamedTuple):
    """What a piece found: the positions of its first and its last event, their number, and their changes, in order."""

    start: int
    end: int
    events: int
    changes: tuple[Change, ...]


class PieceTask(NamedTuple):
    """How pieces are replayed: with the schemas that ``history``, a candidate, has before them.

    ``envelope`` is that of all events, and ``ordinary`` that of most of them. Pieces that begin before the position
    ``start`` are left out, and so are the events of a piece after its first ``most`` (``None``: none are).
    """

    history: History
    envelope: Envelope
    ordinary: Envelope
    rules: Rules
    start: int = 0
    most: int | None = None


def find_changes(blocks: Iterable[Block], task: PieceTask) -> PieceChanges | None:
    """The changes of a piece, whose events are in the order of their positions; ``None`` for one that is left out.

    Raises ``ValueError`` if two events have the same position.
    """
    replay, count, start, end = Replay(), 0, -1, -1
    changes: list[Change] = []
    for block in blocks:
        if not block.values:
            continue
        if start < 0:
            start = block.numbers[0]
            if start < task.start:
                return None
            replay = Replay(task.history.before(start), task.rules)
        end = _last(end, block.numbers)
        count += len(block.values)
        changes.extend(_changes(replay, block, task))
        if task.most is not None and count >= task.most:
            break
    return PieceChanges(start, end, count, tuple(changes)) if count else None


def _last(before: int, numbers: Iterable[int]) -> int:
    for number in numbers:
        if number <= before:
            found = f"{number} twice" if number == before else f"{number} after {before}"
            raise ValueError(f"expected each position once, in order, found {found}")
        before = number
    return before


def _changes(replay: Replay, block: Block, task: PieceTask) -> Iterator[Change]:
    for position in replay.accept(block.values, task.ordinary, block.source).remaining:
        number = block.numbers[position]
        event = open_event(block.source, number, block.values[position], task.envelope, task.rules)
        before = None if event.name is None else replay.schema(event.name)
        outcome = replay.add(event)
        if not isinstance(outcome, Rejection) and outcome.schema is not before:
            yield Change(number, outcome.schema.name, tuple(outcome.added.items()))


class Candidates:
    """Candidates for the history of a stream, one after the other, until one is the history.

    ``history`` is the present one. The pieces from the position :attr:`start` on are to be replayed with it.
    """

    def __init__(self, history: History, rules: Rules) -> None:
        self.history = history
        self.start = 0
        self._schemas: Final = history.schemas
        self._most = rules.max_schema_properties
        self._pieces: dict[int, PieceChanges] = {}

    def update(self, found: Iterable[PieceChanges]) -> bool:
        """Make the next candidate from what all pieces from :attr:`start` on found. Returns whether it is the history.

        Raises ``RuntimeError`` if these are not the pieces of the round before.
        """
        self._replace({piece.start: piece for piece in found})
        schemas, assumed = dict(self._schemas), Cursor(self.history)
        changes: list[Change] = []
        wrong: int | None = None
        different: set[str] = set()  # names for which a piece began with a schema of other types than the right one
        changed: set[str] = set()
        for start, piece in sorted(self._pieces.items()):
            changed |= assumed.move_to(start)
            different -= changed
            different |= {name for name in changed if _types(schemas, name) != _types(assumed.schemas, name)}
            is_known = start < self.start
            if different and not is_known and wrong is None:
                wrong = start
            for change in piece.changes:
                is_true = is_known or change.name not in different
                likely = change if is_true else self._likely(change, schemas.get(change.name))
                if likely is not None:
                    schemas[change.name] = likely.apply(schemas.get(change.name))
                    changes.append(likely)
            changed = {change.name for change in piece.changes}
        self.history = History(self._schemas, changes)
        self.start = self.start if wrong is None else wrong
        return wrong is None

    def _replace(self, found: dict[int, PieceChanges]) -> None:
        """Replace the pieces from the start on."""
        before = self._pieces
        pieces = {start: piece for start, piece in before.items() if start < self.start} | found
        ends = [(start, piece.end) for start, piece in sorted(pieces.items())]
        overlap = any(end >= start for (_, end), (start, _) in pairwise(ends))
        counts = [sum(piece.events for piece in each.values()) for each in (before, pieces)]
        if overlap or (before and counts[0] != counts[1]):
            raise RuntimeError("expected the same pieces in each round, found others: the order of the rows changes")
        self._pieces = pieces

    def _likely(self, change: Change, schema: EventSchema | None) -> Change | None:
        """What ``change``, which was found with another schema, still changes in ``schema``; ``None`` if nothing."""
        if schema is None:
            return change
        added = tuple((name, type_) for name, type_ in change.added if name not in schema.properties)
        if not added or (self._most is not None and len(schema.properties) + len(added) > self._most):
            return None
        return change._replace(added=added)


def _types(schemas: dict[str, EventSchema], name: str) -> object:
    schema = schemas.get(name)
    return None if schema is None else schema.properties
