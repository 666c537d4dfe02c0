"""The fast path of a replay: it accepts the ordinary events of a block of lines at once.

An ordinary event has a schema that knows all its properties and accepts all its values. It is only counted: it changes
no schema, so the decisions on other events do not depend on it, nor on its position among them. And types never change:
an event that an earlier version of a schema accepts is accepted by every later one. So :func:`accept_block` accepts
such events without merging them, and returns the positions of the others, which the definition then decides in order.

It never rejects, and leaves to the definition whatever is not certain. ``_blocks.pyx`` is the compiled version, with
the same contract.
"""

from collections import defaultdict
from collections.abc import Mapping
from operator import itemgetter
from typing import Any, Final, NamedTuple

from eventschema.core.accept import accept, leaves_all
from eventschema.core.columns import AS_THEY_ARE, ColumnFate, conform_column
from eventschema.core.results import MergeResult
from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.core.values import AdjustmentKind
from eventschema.stream.envelopes import Envelope

_TEXTS: Final = {str}
_OBJECTS: Final = {dict}
_FEW = 4  # events with the same properties: with fewer, columns cost more than the events one by one


class EventCount(NamedTuple):
    """Counts of the accepted events of one name; counts of properties are above 0.

    ``events`` is their number. By property, ``seen`` counts the values that are not null, ``adjusted`` the values that
    were changed, by the kind of change, and ``zeroed`` those that rounding made 0.
    """

    events: int
    seen: dict[str, int]
    adjusted: dict[str, dict[AdjustmentKind, int]]
    zeroed: dict[str, int]


class CountedEvent(NamedTuple):
    """What is counted of an accepted event that adds nothing to its schema.

    ``seen`` are the properties with values. ``adjusted`` are those whose values were changed, each with the kind of
    change and whether rounding made the value 0.
    """

    name: str
    seen: tuple[str, ...]
    adjusted: tuple[tuple[str, AdjustmentKind, bool], ...]

    @classmethod
    def of(cls, merged: MergeResult) -> "CountedEvent":
        """The counts of the event that ``merged`` accepts."""
        adjusted = [(name, kind, is_zeroed(kind, before, after)) for name, kind, before, after in merged.adjustments]
        return cls(merged.schema.name, tuple(merged.properties), tuple(adjusted))


def is_zeroed(kind: AdjustmentKind, before: Any, after: Any) -> bool:
    """Whether rounding made a value 0."""
    return kind is AdjustmentKind.ROUNDED and after == 0 and before != 0


class AcceptedBlock(NamedTuple):
    """The counts of the accepted events of a block, by name, and the positions of the ``remaining`` values."""

    accepted: dict[str, EventCount]
    remaining: list[int]


#: The positions of events, by their name and the names of their properties in order.
_Groups = dict[tuple[str, tuple[str, ...]], list[int]]


def accept_block(values: list[Any], envelope: Envelope, schemas: dict[str, EventSchema], rules: Rules) -> AcceptedBlock:
    """Accept those of ``values`` that certainly have an event which ``schemas`` accept without a change.

    ``values`` are decoded JSON values, or any others, which must not be changed meanwhile: only a ``dict`` is accepted.
    ``schemas`` are by the names of the events. Changes and raises nothing.
    """
    if leaves_all(rules) or not envelope.is_plain:
        return AcceptedBlock({}, list(range(len(values))))
    event_names, events = _fields(values, envelope)
    groups, remaining = _grouped(event_names, events)
    counts: dict[str, Counts] = defaultdict(Counts)
    for (name, names), positions in groups.items():
        schema = schemas.get(name)
        if schema is not None and _knows(schema, name, names, rules):
            count = _count_one_by_one if len(positions) < _FEW else _count_columns
            remaining.extend(count(counts[name], schema, names, positions, events, rules))
        else:
            remaining.extend(positions)
    remaining.sort()
    return AcceptedBlock({name: count.as_tuple() for name, count in counts.items() if count.events}, remaining)


def _fields(values: list[Any], envelope: Envelope) -> tuple[list[Any], list[Any]]:
    """What ``values`` have as the names and as the properties of events: anything, ``None`` for what is missing."""
    if envelope.event is not None:
        return [envelope.event] * len(values), values
    name, properties = envelope.event_key, envelope.properties_key
    if set(map(type, values)) == _OBJECTS:
        try:
            return list(map(itemgetter(name), values)), list(map(itemgetter(properties), values))
        except Exception:  # a key is missing, or comparing keys of other classes runs their code
            pass
    return [_field(value, name) for value in values], [_field(value, properties) for value in values]


def _field(value: Any, key: str) -> Any:
    try:
        return value.get(key) if type(value) is dict else None
    except Exception:  # as above
        return None


def _grouped(names: list[Any], events: list[Any]) -> tuple[_Groups, list[int]]:
    """The positions of the events by shape, and those of the values that are no events."""
    groups: _Groups = defaultdict(list)
    if set(map(type, names)) == _TEXTS and set(map(type, events)) == _OBJECTS:
        try:
            # The one loop that every ordinary event goes through in Python.
            for position, shape in enumerate(zip(names, map(tuple, events), strict=True)):
                groups[shape].append(position)
        except Exception:  # as above
            groups.clear()
        else:
            return groups, []
    remaining: list[int] = []
    for position, (name, properties) in enumerate(zip(names, events, strict=True)):
        try:
            if type(name) is str and type(properties) is dict:
                groups[name, tuple(properties)].append(position)
            else:
                remaining.append(position)
        except Exception:  # as above
            remaining.append(position)
    return groups, remaining


def _knows(schema: EventSchema, name: str, names: tuple[str, ...], rules: Rules) -> bool:
    """Whether ``schema`` is the schema of the event ``name`` and has all of the ``names``."""
    return (
        type(schema) is EventSchema
        and schema.name == name
        and len(name) <= rules.max_event_name_length
        and len(names) <= rules.max_properties
        and set(map(type, names)) <= _TEXTS
        and schema.properties.keys() >= set(names)
        and max(map(len, names), default=0) <= rules.max_name_length
    )


def _count_one_by_one(
    counts: "Counts", schema: EventSchema, names: tuple[str, ...], positions: list[int], events: list[Any], rules: Rules
) -> list[int]:
    """Count the certainly accepted ones of the events at ``positions``. Returns the positions of the others."""
    remaining: list[int] = []
    for position in positions:
        result = accept(schema, schema.properties, 0, events[position], rules)
        if type(result) is MergeResult:
            counts.add_event(CountedEvent.of(result))
        else:
            remaining.append(position)
    return remaining


def _count_columns(
    counts: "Counts", schema: EventSchema, names: tuple[str, ...], positions: list[int], events: list[Any], rules: Rules
) -> list[int]:
    """As :func:`_count_one_by_one`, property by property. ``names`` are the properties of each event, in order."""
    types = schema.properties.copy()  # a dict, which is quicker
    rows = [events[position].values() for position in positions]
    doubtful: set[int] = set()
    for name, values in zip(names, zip(*rows, strict=True), strict=bool(names)):
        fate = conform_column(values, types[name], rules)
        counts.add_column(name, len(values), fate, 1)
        doubtful.update(fate.doubtful)
    counts.events += len(positions) - len(doubtful)
    for index in doubtful:  # take the other values of these events back
        for name, value in zip(names, rows[index], strict=True):
            counts.add_column(name, 1, conform_column([value], types[name], rules), -1)
    return [positions[index] for index in doubtful]


class Counts:
    """Adds up an :class:`EventCount`."""

    def __init__(self) -> None:
        self.events = 0
        self.seen: dict[str, int] = defaultdict(int)
        self.adjusted: dict[tuple[str, AdjustmentKind], int] = defaultdict(int)
        self.zeroed: dict[str, int] = defaultdict(int)

    def add_column(self, name: str, size: int, fate: ColumnFate, sign: int) -> None:
        """Count ``size`` values of a property; with a ``sign`` of -1 take them back."""
        if fate is AS_THEY_ARE:
            self.seen[name] += sign * size
            return
        self.seen[name] += sign * (size - fate.nulls - len(fate.doubtful))
        if fate.rounded:
            self.adjusted[name, AdjustmentKind.ROUNDED] += sign * fate.rounded
        if fate.as_floats:
            self.adjusted[name, AdjustmentKind.INT_TO_FLOAT] += sign * fate.as_floats
        if fate.nulls:
            self.adjusted[name, AdjustmentKind.NULL_IGNORED] += sign * fate.nulls
        if fate.zeroed:
            self.zeroed[name] += sign * fate.zeroed

    def add_event(self, event: "CountedEvent", times: int = 1) -> None:
        """Count an accepted event so many ``times``."""
        self.events += times
        for name in event.seen:
            self.seen[name] += times
        for name, kind, is_zeroed in event.adjusted:
            self.adjusted[name, kind] += times
            self.zeroed[name] += times * is_zeroed

    def as_tuple(self) -> EventCount:
        """The counts above 0."""
        adjusted: dict[str, dict[AdjustmentKind, int]] = {}
        for (name, kind), count in self.adjusted.items():
            if count:
                adjusted.setdefault(name, {})[kind] = count
        return EventCount(self.events, _above_zero(self.seen), adjusted, _above_zero(self.zeroed))


def _above_zero(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}
