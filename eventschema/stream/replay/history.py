"""The history of a replay: which event changed which schema. With it, each event can be decided on by itself.

The schemas before an event depend on the events before it, but on very few of these: on those that changed a schema.
Once these are known, any process can decide on any event, in any order, as the replay in order does: see
:class:`HistoryReplay`. How the history is found without a replay in order is in
:mod:`eventschema.stream.replay.candidates`.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from eventschema.core.changes import SchemaChange
from eventschema.core.frozen import FrozenDict
from eventschema.core.results import MergeResult
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.stream.envelopes import Block, Envelope, StreamEvent, open_event
from eventschema.stream.replay.events import Rejection, Replay

_CHUNK: Final = 32  # events of a block that are accepted together while schemas change


class Change(NamedTuple):
    """What the event at ``position`` added to the schema of ``name``; nothing, if it only made the schema."""

    position: int
    name: str
    added: tuple[tuple[str, PropertyType], ...]

    def apply(self, schema: EventSchema | None) -> EventSchema:
        """The schema after the change of ``schema``, which has none of the added properties."""
        before = EventSchema(self.name) if schema is None else schema
        return (
            before.apply(SchemaChange(self.name, before.version, FrozenDict(dict(self.added))))
            if self.added
            else before
        )


class History:
    """The ``schemas`` at the start of a stream, by name, and all their ``changes``, in the order of their positions."""

    def __init__(self, schemas: Mapping[str, EventSchema], changes: Iterable[Change] = ()) -> None:
        self.schemas: Final = dict(schemas)
        self.changes: Final = tuple(changes)
        self.positions: Final = [change.position for change in self.changes]
        #: The schema of its name after each change.
        self.after: Final = self._applied()

    def _applied(self) -> list[EventSchema]:
        schemas = dict(self.schemas)
        after = []
        for change in self.changes:
            schemas[change.name] = change.apply(schemas.get(change.name))
            after.append(schemas[change.name])
        return after

    def before(self, position: int) -> dict[str, EventSchema]:
        """The schemas before the event at ``position``, by name, in the order in which they came."""
        return Cursor(self, position).schemas

    def last(self) -> dict[str, EventSchema]:
        """The schemas after the last change, by name, in the order in which they came."""
        return self.schemas | {schema.name: schema for schema in self.after}


class Cursor:
    """The ``schemas`` of a history before one position. It is quick to move forward."""

    def __init__(self, history: History, position: int = 0) -> None:
        self._history = history
        self._next = 0
        #: By name; the same object after each move.
        self.schemas = dict(history.schemas)
        self.move_to(position)

    def move_to(self, position: int) -> set[str]:
        """Have the schemas before the event at ``position``. Returns the names of those that may have changed."""
        history, first = self._history, self._next
        self._next = bisect_left(history.positions, position)
        moved = {change.name for change in history.changes[min(first, self._next) : max(first, self._next)]}
        if self._next < first:
            self.schemas.clear()
            self.schemas.update(history.schemas)
            first = 0
        for schema in history.after[first : self._next]:
            self.schemas[schema.name] = schema
        return moved

    def has_changes(self, end: int) -> bool:
        """Whether a schema changes at or after the present position, but before the position ``end``."""
        return self._next < len(self._history.positions) and self._history.positions[self._next] < end

    def change_at(self, position: int) -> EventSchema | None:
        """The schema after the change at ``position``, to which the cursor was moved; ``None`` if nothing changes."""
        if not self.has_changes(position + 1):
            return None
        return self._history.after[self._next]


class HistoryReplay(Replay):
    """Decides on the events of a stream, in any order, with the outcomes of a replay in order.

    ``history`` has the changes of that replay. The line of an event is its position; no two events have the same.
    """

    def __init__(self, history: History, rules: Rules = DEFAULT_RULES) -> None:
        super().__init__({}, rules)
        self._cursor = Cursor(history)
        self._schemas = self._cursor.schemas

    def decide(self, event: StreamEvent) -> MergeResult | Rejection:
        """The outcome of ``event``. Raises ``ValueError`` if ``history`` does not have the change that it makes."""
        self._cursor.move_to(event.line)
        outcome = self._decide(event)
        after = None if isinstance(outcome, Rejection) else outcome.schema
        changed = None if after is None or after is self._schemas.get(after.name) else after
        if changed != self._cursor.change_at(event.line):
            raise ValueError(f"expected the events that the history was made of, found another one at {event.line}")
        return outcome

    def decide_block(self, block: Block, envelope: Envelope, ordinary: Envelope) -> dict[int, MergeResult | Rejection]:
        """The outcomes of events of ``block``, by their positions in it; events without one are accepted as they are.

        ``ordinary`` is the envelope that most of the values have, and ``envelope`` that of all of them.
        """
        numbers = block.numbers
        outcomes: dict[int, MergeResult | Rejection] = {}
        for chunk in self._chunks(sorted(range(len(numbers)), key=numbers.__getitem__), numbers):
            self._cursor.move_to(numbers[chunk[0]])
            values = [block.values[index] for index in chunk]
            for position in self.accept(values, ordinary, block.source).remaining:
                index = chunk[position]
                value = block.values[index]
                outcomes[index] = self.decide(open_event(block.source, numbers[index], value, envelope, self._rules))
        return outcomes

    def _chunks(self, order: list[int], numbers: Sequence[int]) -> Iterator[list[int]]:
        """Parts of ``order``, small where schemas change between them. An event is accepted by any earlier schema."""
        if not order:
            return
        self._cursor.move_to(numbers[order[0]])
        size = _CHUNK if self._cursor.has_changes(numbers[order[-1]]) else len(order)
        for start in range(0, len(order), size):
            yield order[start : start + size]
