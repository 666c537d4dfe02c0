"""Replay of events: each is merged, in order, into the schema of its name, as by the endpoint.

A rejected event adds nothing. :func:`replay` replays a whole stream and keeps every rejection. For a long stream, add
the events to a :class:`Replay` and keep what you need.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from eventschema.core.arguments import check_kind
from eventschema.core.events import PROPERTIES_POINTER
from eventschema.core.frozen import EMPTY
from eventschema.core.names import read_name
from eventschema.core.results import MergeResult
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.schema import EventSchema
from eventschema.core.values import detect, ignored_as
from eventschema.core.violations import (
    InvalidText,
    NonFiniteFloat,
    StringTooLong,
    UnknownEvent,
    UnsupportedType,
    Violation,
)
from eventschema.stream.envelopes import DEFAULT_ENVELOPE, Block, Envelope, StreamEvent, open_event, select_events
from eventschema.stream.replay.acceleration import accept_block
from eventschema.stream.replay.blocks import AcceptedBlock

_ERRORS_OF_ANY_TYPE: Final = (UnsupportedType, StringTooLong, InvalidText, NonFiniteFloat)


class Rejection(NamedTuple):
    """A rejected event: its source and line, its name (``None`` without a valid one), and all its errors.

    It is false, so that ``if replay.add(event): ...`` tests for acceptance.
    """

    source: str
    line: int
    event: str | None
    errors: tuple[Violation, ...]

    def __bool__(self) -> bool:
        return False

    def to_dict(self) -> dict[str, Any]:
        """The four fields, ready for JSON, each error by its own ``to_dict``."""
        errors = [error.to_dict() for error in self.errors]
        return {"source": self.source, "line": self.line, "event": self.event, "errors": errors}


class Replay:
    """Merges a stream of events into schemas, event by event.

    ``schemas`` are those to start from, by name. With ``grow=False`` the events are checked against these, and nothing
    is added: an event without a schema is ``unknown_event``, and ``rules.new_properties`` says whether a new property
    is an error.
    """

    def __init__(
        self, schemas: Mapping[str, EventSchema] = EMPTY, rules: Rules = DEFAULT_RULES, *, grow: bool = True
    ) -> None:
        check_kind(schemas, Mapping, "schemas by name, such as {schema.name: schema}")
        self._schemas = dict(schemas)
        self._rules = rules
        self._grow = grow

    @property
    def schemas(self) -> dict[str, EventSchema]:
        """The current schemas by name, in the order in which they came. A copy."""
        return dict(self._schemas)

    def schema(self, name: str) -> EventSchema | None:
        """The current schema of the event ``name``, ``None`` if there is none."""
        return self._schemas.get(name)

    def add(self, event: StreamEvent) -> MergeResult | Rejection:
        """Merge the next event. Returns the result, or the rejection if the event has errors.

        The first accepted event of a name makes its schema, even where it has no properties.
        """
        outcome = self._decide(event)
        if self._grow and not isinstance(outcome, Rejection):
            self._schemas[outcome.schema.name] = outcome.schema
        return outcome

    def decide_early(self, event: StreamEvent) -> MergeResult | Rejection | None:
        """The outcome of :meth:`add` after any other events, if these cannot change it; else ``None``.

        Types never change, so a schema decides on the properties that it knows as its later versions do. Nothing is
        added. The ``schema`` of a result is the current one.
        """
        outcome = self._decide(event)
        if not self._grow or event.name is None or event.errors:
            return outcome
        schema = self._schemas.get(event.name)
        return outcome if _is_final(outcome, schema, event.properties, self._rules) else None

    def _decide(self, event: StreamEvent) -> MergeResult | Rejection:
        name = event.name
        if name is None or event.errors:
            return Rejection(event.source, event.line, name, event.errors)
        schema = self._schemas.get(name)
        if schema is None:
            if not self._grow:
                return Rejection(event.source, event.line, name, (UnknownEvent(event.name_pointer),))
            schema = EventSchema(name)
        if event.mapped is None:
            result = schema.merge(event.properties, self._rules)
        else:
            result = event.mapped.merge(schema, self._rules)
        return Rejection(event.source, event.line, name, result.errors) if result.errors else result

    def accept(self, values: Sequence[Any], envelope: Envelope = DEFAULT_ENVELOPE, source: str = "") -> AcceptedBlock:
        """Accept those of ``values`` that carry an event which its schema accepts as it is.

        ``values`` are those of a :class:`Block` of ``source``, or any others. Pass the ``remaining`` ones to
        :meth:`add_remaining` before any later event: then the schemas and the rejections are those of :meth:`add`,
        called for each event in order. The reason: an event that is accepted here changes no schema, and since types
        never change, it would be accepted after any other events too. Raises nothing.

        Changes nothing. With earlier schemas of this replay, the same can be done elsewhere, by
        :func:`~eventschema.stream.replay.blocks.accept_block`: accepted events are only counted.
        """
        given = list(values)
        if not envelope.is_plain:
            given = [envelope.simplified(source, value, self._rules) for value in given]
            envelope = DEFAULT_ENVELOPE
        return accept_block(given, envelope, self._schemas, self._rules)

    def add_remaining(
        self, block: Block, remaining: Iterable[int], envelope: Envelope = DEFAULT_ENVELOPE
    ) -> Iterator[tuple[StreamEvent, MergeResult | Rejection]]:
        """Add the events at the positions ``remaining`` of ``block``, in order: each with the outcome of :meth:`add`.

        Each event is added when the iterator comes to it.
        """
        for position in remaining:
            event = open_event(block.source, block.numbers[position], block.values[position], envelope, self._rules)
            yield event, self.add(event)


def _is_final(outcome: MergeResult | Rejection, schema: EventSchema | None, properties: Any, rules: Rules) -> bool:
    """Whether each later version of ``schema`` gives the same ``outcome`` for ``properties``."""
    if schema is None and not isinstance(outcome, Rejection):
        return False  # the first accepted event makes a schema
    known = EMPTY if schema is None else schema.properties
    bound = rules.max_schema_properties
    if rules.new_properties == "reject" or (schema is not None and schema.frozen):
        return True
    if schema is not None and bound is not None and len(known) >= bound:
        return True
    if type(properties) is not dict:
        return False
    if not isinstance(outcome, Rejection):
        if outcome.added:
            return False
        if len(outcome.properties) == len(properties):
            return True
    if len(properties) > rules.max_properties:
        return True  # too_many_properties is then the only error
    return all(name in known or _adds_nothing(name, value, rules) for name, value in properties.items())


def _adds_nothing(name: str, value: Any, rules: Rules) -> bool:
    """Whether any schema, with or without the property, ignores the value or rejects it with the same violation."""
    if isinstance(read_name(name, PROPERTIES_POINTER, rules), Violation):
        return True
    if ignored_as(value, rules) is not None:
        return True
    return isinstance(detect(value, rules, PROPERTIES_POINTER), _ERRORS_OF_ANY_TYPE)


class ReplayResult(NamedTuple):
    """The result of a replay: the schemas by name, and every rejection, in the order of the stream."""

    schemas: dict[str, EventSchema]
    rejections: tuple[Rejection, ...]


def replay(
    events: Iterable[StreamEvent], schemas: Mapping[str, EventSchema] = EMPTY, rules: Rules = DEFAULT_RULES
) -> ReplayResult:
    """Merge ``events`` in order, starting from ``schemas``. Returns the resulting schemas and every rejection."""
    state = Replay(schemas, rules)
    rejections = tuple(_rejections(state, events))
    return ReplayResult(state.schemas, rejections)


def replay_blocks(
    blocks: Iterable[Block],
    schemas: Mapping[str, EventSchema] = EMPTY,
    rules: Rules = DEFAULT_RULES,
    *,
    envelope: Envelope = DEFAULT_ENVELOPE,
) -> ReplayResult:
    """Replay the events of ``blocks``, as :func:`replay` does, several times as fast: see ``reading.read_blocks``."""
    state = Replay(schemas, rules)
    rejections: list[Rejection] = []
    for block in blocks:
        events, _ = select_events(block, envelope)
        remaining = state.accept(events.values, envelope, events.source).remaining
        rejections.extend(o for _, o in state.add_remaining(events, remaining, envelope) if isinstance(o, Rejection))
    return ReplayResult(state.schemas, tuple(rejections))


def check(
    events: Iterable[StreamEvent],
    schemas: Mapping[str, EventSchema],
    rules: Rules = DEFAULT_RULES,
    *,
    allow_new: bool = False,
) -> tuple[Rejection, ...]:
    """Check ``events`` against fixed ``schemas``. Returns every rejection, in the order of the stream.

    A property that the schema lacks is ``unknown_property``, unless ``allow_new``: then it must be one that could be
    added. An event without a schema is ``unknown_event``.
    """
    return tuple(_rejections(Replay(schemas, check_rules(rules, allow_new=allow_new), grow=False), events))


def _rejections(state: Replay, events: Iterable[StreamEvent]) -> Iterator[Rejection]:
    """Add ``events`` to ``state``, and yield the rejections. Raises ``TypeError`` for what is no ``StreamEvent``."""
    event = StreamEvent("", 0, None)  # in case the iterator fails before the first one
    try:
        for event in events:
            outcome = state.add(event)
            if isinstance(outcome, Rejection):
                yield outcome
    except AttributeError:  # no check of each event: it would slow down all of them
        check_kind(event, StreamEvent, "events of the class StreamEvent")
        raise


def check_rules(rules: Rules, *, allow_new: bool) -> Rules:
    """The ``rules`` of a check: new properties are rejected unless ``allow_new``."""
    return replace(rules, new_properties="add" if allow_new else "reject")
