"""The profile of a stream of events: what is in the data, whatever the order of the events.

A replay depends on the order of the events. A profile does not: profiles of parts of a stream combine, in any order, to
the profile of the whole. So processes and machines can share the work: they send :meth:`EventProfile.to_dict`.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from itertools import chain
from typing import Any, Final, Self

from eventschema.core.events import PROPERTIES_POINTER, read_event
from eventschema.core.names import is_event_name, read_name
from eventschema.core.pointers import pointer_to
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.core.violations import InvalidName, TooManyProperties, Violation
from eventschema.stream.envelopes import StreamEvent
from eventschema.stream.profile.columns import Column
from eventschema.stream.profile.constraints import Constraints, constraints
from eventschema.stream.profile.counts import DEFAULT_BOUNDS, Bounds, ProfileCounts
from eventschema.stream.profile.document import read_profile, write_profile
from eventschema.stream.profile.eventstats import EventStats
from eventschema.stream.profile.finding import Finding
from eventschema.stream.profile.findings import findings
from eventschema.stream.profile.locations import ErrorsByCode, Location, count_error
from eventschema.stream.profile.recommendation import Recommendation, recommend
from eventschema.stream.profile.retyping import plan_retype
from eventschema.stream.retyping import RetypePlan
from eventschema.track.reading import parse_event_name

#: How many events are collected before they are counted, column by column. Not more, since a line may have a megabyte.
_BATCH: Final = 256


class EventProfile:
    """Counts the events of a stream, or of a part of one.

    ``rules`` say what is detected and what is an error, ``bounds`` how much is kept. Equal by value.
    Below the bounds on names, :meth:`combine` is associative and commutative, the empty profile is its identity, and
    the profile of a stream is that of its parts, combined in any order. Beyond them it depends on which names came
    first, and :attr:`is_complete` says so.
    """

    def __init__(self, rules: Rules = DEFAULT_RULES, bounds: Bounds = DEFAULT_BOUNDS) -> None:
        self._start(ProfileCounts(rules, bounds))

    def _start(self, counts: ProfileCounts) -> None:
        self._counts = counts
        self._batch = _Batch("")
        # Events that are over the limit are rejected, but their properties are counted all the same, up to a bound.
        self._most_properties = max(counts.rules.max_properties, counts.bounds.properties)
        self._reading_rules = replace(counts.rules, max_properties=self._most_properties)

    @classmethod
    def _of(cls, counts: ProfileCounts) -> Self:
        self = cls.__new__(cls)
        self._start(counts)
        return self

    @property
    def rules(self) -> Rules:
        """What is detected, and what is an error."""
        return self._counts.rules

    @property
    def bounds(self) -> Bounds:
        """How much is kept."""
        return self._counts.bounds

    @property
    def counts(self) -> ProfileCounts:
        """Everything that was counted. Not a copy: to be read only."""
        self._count_batch()
        return self._counts

    @property
    def count(self) -> int:
        """How many events there were, including events without a valid name and unreadable lines."""
        return self._counts.count

    @property
    def events(self) -> Mapping[str, EventStats]:
        """The stats by event name, in the order of the names."""
        return self.counts.sorted_events()

    @property
    def errors(self) -> ErrorsByCode:
        """The violations of lines without an event: they are not a JSON object, or have no valid event name."""
        return dict(sorted(self._counts.errors.items()))

    @property
    def unlisted_events(self) -> int:
        """How many events had names beyond the bound on those."""
        return self._counts.unlisted_events

    @property
    def without_properties(self) -> int:
        """How many events are from lines that lack the key of the properties; they count as events without any."""
        return self._counts.without_properties

    @property
    def is_complete(self) -> bool:
        """Whether no name was beyond the bounds."""
        return self.counts.is_complete

    def add(self, name: str, properties: Mapping[str, Any], source: str = "", line: int | None = None) -> None:
        """Count an event. Raises nothing, whatever ``properties`` is or holds.

        ``source`` and ``line`` (from 1) are its location. Without ``line`` it is the next line of this profile: parts
        to be combined then each need a ``source`` of their own.
        """
        line = self._counts.count + 1 if line is None else line
        plain = parse_event_name(name, "/eventName", self.rules)
        if isinstance(plain, Violation):
            self.add_event(StreamEvent(source, line, None, errors=(plain,)))
        else:
            self.add_event(StreamEvent(source, line, plain, properties))

    def add_event(self, event: StreamEvent) -> None:
        """Count an event of a stream, or a line without one."""
        self._counts.count += 1
        location = Location(event.source, event.line)
        if event.name is None or event.errors:
            for error in event.errors:
                count_error(self._counts.errors, error, location)
            return
        self._counts.without_properties += not event.has_properties
        stats = self._counts.stats_of(event.name)
        if stats is None:
            self._counts.unlisted_events += 1
            return
        for error in () if event.mapped is None else event.mapped.errors:
            if isinstance(error, TooManyProperties):
                stats.add_unread(error, location, self.rules)
                return
            count_error(stats.errors, error, location)
        properties = read_event(event.properties, self._reading_rules)
        if isinstance(properties, Violation):
            stats.add_unread(properties, location, self.rules)
        elif all(type(name) is str for name in properties):
            self._gather(event.source).add((event.name, *properties), properties, event.line)
        else:
            self._add_other_names(stats, properties, location)

    def _add_other_names(self, stats: EventStats, properties: dict[Any, Any], location: Location) -> None:
        """Count an event that cannot be from JSON: one of its names is not exactly a ``str``."""
        stats.add_events([properties.values()], len(properties), location, self.rules)
        named: dict[str, Any] = {}
        for key, value in properties.items():
            found = read_name(key, PROPERTIES_POINTER, self.rules)
            if not isinstance(found, Violation) and found in named:  # the same text twice, as in a replay
                found = InvalidName(pointer_to(PROPERTIES_POINTER, key, self.rules.max_name_length), "repeated")
            if isinstance(found, Violation):
                stats.add_bad_name(key, found, location, 1, self.rules)
            else:
                named[found] = value
        stats.misnamed += len(named) < len(properties)
        for position, (name, value) in enumerate(named.items()):
            column = Column([value], [location.line], location.source, location.line, [(position, [location.line])])
            self._count_column(stats, name, column)

    def add_objects(
        self, source: str, numbers: Sequence[int], values: list[dict[str, Any]], keys: tuple[str, str]
    ) -> list[int]:
        """Count JSON objects with ordinary events, on the lines ``numbers``. Returns the positions of the others.

        A position is that in ``values``. ``keys`` are those of the name and of the properties. An ordinary event has
        both, and no name beyond a bound. The objects must be from a JSON decoder, and not be changed afterwards.
        """
        others = []
        events, limit = self._counts.events, self._most_properties
        name_key, properties_key = keys
        groups = self._gather(source).groups
        # The only loop in Python over every event.
        for position, line, value in zip(range(len(values)), numbers, values, strict=True):
            name = value.get(name_key)
            properties = value.get(properties_key)
            if type(name) is str and type(properties) is dict and len(properties) <= limit:
                shape = (name, *properties)
                group = groups.get(shape)
                if group is None and (name in events or self._is_listed(name)):
                    group = groups[shape] = ([], [])
                if group is not None:
                    group[0].append(properties.values())
                    group[1].append(line)
                    continue
            others.append(position)
        self._counts.count += len(values) - len(others)
        self._count_batch()
        return others

    def shifted(self, lines: int) -> "EventProfile":
        """The same counts of events that are ``lines`` further down: of a part of a source that is not its start."""
        counts = deepcopy(self.counts)
        counts.shift(lines)
        return EventProfile._of(counts)

    def with_examples(self, most: int) -> "EventProfile":
        """The same counts as if no more than ``most`` examples had been kept from the start; of fewer, all that were.

        With 0 it holds no value: see :class:`Bounds`. Raises ``ValueError`` for a number below 0.
        """
        counts = deepcopy(self.counts)
        counts.keep_examples(most)
        return EventProfile._of(counts)

    def _is_listed(self, name: str) -> bool:
        """Whether ``name`` is a valid event name, and not beyond the bound."""
        return is_event_name(name, self.rules) and self._counts.stats_of(name) is not None

    def _gather(self, source: str) -> "_Batch":
        """The batch for events of ``source``."""
        if self._batch.source != source or self._batch.size >= _BATCH:
            self._count_batch()
            self._batch = _Batch(source)
        return self._batch

    def _count_batch(self) -> None:
        """Count the events of the batch."""
        batch, self._batch = self._batch, _Batch("")
        bad = {
            (event, name)
            for (event, name), column in batch.columns().items()
            if not self._count_column(self._counts.events[event], name, column)
        }
        for (event, *names), (rows, lines) in batch.groups.items():
            stats = self._counts.events[event]
            stats.add_events(rows, len(names), Location(batch.source, min(lines)), self.rules)
            if bad and any((event, name) in bad for name in names):
                stats.misnamed += len(lines)

    def _count_column(self, stats: EventStats, name: str, column: Column) -> bool:
        """Count a column of values of the property ``name``. Returns whether that is a valid property name."""
        property_ = stats.properties.get(name)
        if property_ is None:
            found = read_name(name, PROPERTIES_POINTER, self.rules)
            if isinstance(found, Violation):
                stats.add_bad_name(name, found, column.first(), len(column.values), self.rules)
                return False
            property_ = self._counts.property_stats(stats, name)
            if property_ is None:
                stats.unlisted += len(column.values)
                return True
        property_.add(name, column, self.rules)
        return True

    def combine(self, other: "EventProfile") -> "EventProfile":
        """The profile of both parts together; neither is changed. Raises ``ValueError`` if rules or bounds differ."""
        whole = EventProfile(self.rules, self.bounds)
        whole.update(self)
        whole.update(other)
        return whole

    def update(self, other: "EventProfile") -> None:
        """Add the counts of another part: as :meth:`combine`, in place."""
        self.counts.update(other.counts)

    def recommended(self) -> Recommendation:
        """The schemas to declare before going live: each property has the type that accepts most of its values.

        Also lists the properties of which that type does not accept every value, with what it would still refuse.
        """
        return recommend(self.counts)

    def constraints(self) -> dict[str, dict[str, Constraints]]:
        """What could be declared beyond types, by event and property: required, closed sets, ranges, lengths.

        Each with its evidence, and only for properties whose recommended type accepts all values.
        """
        return constraints(self.counts)

    def plan_retype(self, schema: EventSchema, types: Mapping[str, PropertyType | str]) -> RetypePlan:
        """How many of the counted values the new types of ``schema.retype(types)`` accept, and how many they do not.

        Values of all types are counted, also those that the present type refuses. See
        ``eventschema.stream.plan_retype`` for stored events. Raises ``ValueError`` as ``retype`` does.
        """
        return plan_retype(schema, types, self.counts)

    def findings(self) -> tuple[Finding, ...]:
        """What a person should look at before going live, each with its evidence, the costliest first."""
        return findings(self.counts)

    def to_dict(self) -> dict[str, Any]:
        """The profile as a JSON-ready document with its format number; :meth:`from_dict` reads it, nothing lost."""
        return write_profile(self.counts)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """The profile of a document that :meth:`to_dict` made. Raises ``ValueError`` with the place for another."""
        return cls._of(read_profile(document))

    def __getstate__(self) -> dict[str, Any]:
        self._count_batch()
        return self.__dict__.copy()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, EventProfile):
            return NotImplemented
        return self.counts == other.counts

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        return f"<EventProfile: {self._counts.count} events of {len(self._counts.events)} names>"


class _Batch:
    """Events of one source, grouped by shape: the name of the event and the names of its properties.

    A group has the values of each event, and its line.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.size = 0
        self.groups: dict[tuple[str, ...], tuple[list[Any], list[int]]] = {}

    def add(self, shape: tuple[str, ...], properties: Mapping[str, Any], line: int) -> None:
        """Add an event."""
        self.size += 1
        values, lines = self.groups.setdefault(shape, ([], []))
        values.append(properties.values())
        lines.append(line)

    def columns(self) -> dict[tuple[str, str], Column]:
        """The values of each property, by the names of event and property."""
        start = min((min(lines) for _, lines in self.groups.values()), default=0)
        found: dict[tuple[str, str], tuple[list[Any], list[tuple[int, list[int]]]]] = {}
        for (event, *names), (rows, lines) in self.groups.items():
            for position, (name, values) in enumerate(zip(names, zip(*rows, strict=True), strict=bool(names))):
                gathered, positions = found.setdefault((event, name), ([], []))
                gathered.extend(values)
                positions.append((position, lines))
        return {
            key: Column(values, _lines(positions), self.source, start, positions)
            for key, (values, positions) in found.items()
        }


def _lines(positions: list[tuple[int, list[int]]]) -> list[int]:
    if len(positions) == 1:
        return positions[0][1]
    return list(chain.from_iterable(lines for _, lines in positions))
