"""The fast path of a replay: it accepts the ordinary events of a block of lines at once.

An ordinary event has a schema that knows all its properties and accepts all its values. It is only counted: it changes
no schema, so the decisions on other events do not depend on it, nor on its position among them. And types never change:
an event that an earlier version of a schema accepts is accepted by every later one. So :func:`accept_block` accepts
such events without merging them, and returns the positions of the others, which the definition then decides in order.

It never rejects, and leaves to the definition whatever is not certain. ``_blocks.pyx`` is the same contract, compiled.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any, NamedTuple

from eventschema.core.accept import accept, leaves_all
from eventschema.core.columns import ColumnFate, conform_column
from eventschema.core.results import MergeResult
from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.core.values import AdjustmentKind
from eventschema.stream.envelopes import Envelope

_FEW = 4  # events of one name: with fewer, columns cost more than the events one by one


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
        adjusted = [
            (name, kind, kind is AdjustmentKind.ROUNDED and after == 0 and before != 0)
            for name, kind, before, after in merged.adjustments
        ]
        return cls(merged.schema.name, tuple(merged.properties), tuple(adjusted))


class AcceptedBlock(NamedTuple):
    """The counts of the accepted events of a block, by name, and the positions of the ``remaining`` values."""

    accepted: dict[str, EventCount]
    remaining: list[int]


#: Events of one name with the same properties in the same order: their positions in the block, and their values.
_Group = tuple[list[int], list[Iterable[Any]]]


def accept_block(values: list[Any], envelope: Envelope, schemas: dict[str, EventSchema], rules: Rules) -> AcceptedBlock:
    """Accept those of ``values`` that certainly have an event which ``schemas`` accept without a change.

    ``values`` are decoded JSON values, or any others, which must not be changed meanwhile: only a ``dict`` is accepted.
    ``schemas`` are by the names of the events. Changes and raises nothing.
    """
    if leaves_all(rules) or not envelope.is_plain:
        return AcceptedBlock({}, list(range(len(values))))
    groups, remaining = _grouped(values, envelope)
    by_name: dict[str, dict[tuple[str, ...], _Group]] = defaultdict(dict)
    for (name, *names), group in groups.items():
        schema = schemas.get(name)
        if schema is not None and _knows(schema, name, names, rules):
            by_name[name][tuple(names)] = group
        else:
            remaining.extend(group[0])
    accepted: dict[str, EventCount] = {}
    for name, known in by_name.items():
        few = sum(len(positions) for positions, _ in known.values()) < _FEW
        count, others = (_count_few if few else _count_columns)(schemas[name], known, rules)
        remaining.extend(others)
        if count.events:
            accepted[name] = count
    remaining.sort()
    return AcceptedBlock(accepted, remaining)


def _grouped(values: list[Any], envelope: Envelope) -> tuple[dict[tuple[str, ...], _Group], list[int]]:
    """The events by shape: their name and the names of their properties. And the positions of the other values."""
    groups: dict[tuple[str, ...], _Group] = {}
    remaining: list[int] = []
    name_key, properties_key = envelope.event_key, envelope.properties_key
    if envelope.event is not None:
        name_key, properties_key = "name", "properties"
        values = [{"name": envelope.event, "properties": value} if type(value) is dict else value for value in values]
    for position, value in enumerate(values):  # the one loop that every event goes through in Python
        try:
            if type(value) is dict:
                name = value.get(name_key)
                properties = value.get(properties_key)
                if type(name) is str and type(properties) is dict:
                    shape = (name, *properties)
                    group = groups.get(shape)
                    if group is None:
                        groups[shape] = [position], [properties.values()]
                    else:
                        group[0].append(position)
                        group[1].append(properties.values())
                    continue
        except Exception:  # keys of other classes: comparing them runs their code
            pass
        remaining.append(position)
    return groups, remaining


def _knows(schema: EventSchema, name: str, names: list[str], rules: Rules) -> bool:
    """Whether ``schema`` is the schema of the event ``name`` and has all of the ``names``."""
    known = schema.properties
    return (
        type(schema) is EventSchema
        and schema.name == name
        and len(name) <= rules.max_event_name_length
        and len(names) <= rules.max_properties
        and all(type(each) is str and each in known and len(each) <= rules.max_name_length for each in names)
    )


_Shapes = Mapping[tuple[str, ...], _Group]


def _count_few(schema: EventSchema, groups: _Shapes, rules: Rules) -> tuple[EventCount, list[int]]:
    """Accept events one by one. Returns their counts, and the positions of the others."""
    counts = Counts()
    remaining: list[int] = []
    types = schema.properties
    for names, (positions, rows) in groups.items():
        for position, row in zip(positions, rows, strict=True):
            result = accept(schema, types, 0, dict(zip(names, row, strict=True)), rules)
            if type(result) is MergeResult:
                counts.add_events(CountedEvent.of(result), 1)
            else:
                remaining.append(position)
    return counts.as_tuple(), remaining


def _count_columns(schema: EventSchema, groups: _Shapes, rules: Rules) -> tuple[EventCount, list[int]]:
    """Accept events property by property. Returns their counts, and the positions of the others."""
    columns: dict[str, tuple[list[Any], list[list[int]]]] = {}
    for names, (positions, rows) in groups.items():
        for name, values in zip(names, zip(*rows, strict=True), strict=bool(names)):
            column = columns.get(name)
            if column is None:
                columns[name] = list(values), [positions]
            else:
                column[0].extend(values)
                column[1].append(positions)
    counts = Counts()
    remaining: set[int] = set()
    types = schema.properties
    for name, (gathered, of_groups) in columns.items():
        fate = conform_column(gathered, types[name], rules)
        counts.add_column(name, len(gathered), fate, 1)
        if fate.doubtful:
            all_positions = list(chain.from_iterable(of_groups))
            remaining.update(all_positions[index] for index in fate.doubtful)
    counts.events = sum(len(positions) for positions, _ in groups.values()) - len(remaining)
    if remaining:  # take the other values of these events back
        for names, (positions, rows) in groups.items():
            for position in remaining.intersection(positions):
                for name, value in zip(names, rows[positions.index(position)], strict=True):
                    counts.add_column(name, 1, conform_column([value], types[name], rules), -1)
    return counts.as_tuple(), sorted(remaining)


class Counts:
    """Adds up an :class:`EventCount`."""

    def __init__(self) -> None:
        self.events = 0
        self.seen: dict[str, int] = defaultdict(int)
        self.adjusted: dict[tuple[str, AdjustmentKind], int] = defaultdict(int)
        self.zeroed: dict[str, int] = defaultdict(int)

    def add_column(self, name: str, size: int, fate: ColumnFate, sign: int) -> None:
        """Count ``size`` values of a property; with a ``sign`` of -1 take them back."""
        self.seen[name] += sign * (size - fate.nulls - len(fate.doubtful))
        for kind, count in (
            (AdjustmentKind.ROUNDED, fate.rounded),
            (AdjustmentKind.INT_TO_FLOAT, fate.as_floats),
            (AdjustmentKind.NULL_IGNORED, fate.nulls),
        ):
            if count:
                self.adjusted[name, kind] += sign * count
        if fate.zeroed:
            self.zeroed[name] += sign * fate.zeroed

    def add_events(self, event: "CountedEvent", times: int) -> None:
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
