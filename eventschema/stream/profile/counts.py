"""The counts of a profile: everything that it keeps, and how the counts of two parts become those of the whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.stream.profile.eventstats import EventStats
from eventschema.stream.profile.locations import ErrorsByCode, shift_errors, update_errors
from eventschema.stream.profile.propertystats import PropertyStats


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much a profile keeps. Anything beyond is only counted.

    - ``events``: names of events. ``properties``: names of properties of one event. ``total``: of all events. If an
      event has more properties than ``properties``, and than the rules allow, its properties are not counted.
    - ``distinct``: different values of one property.
    - ``examples``: values of one type of one property. With 0 no value is kept, and no least and greatest number: a
      profile then has counts, lengths, locations, names, and digests that count different values (with which a guessed
      value can be confirmed; with ``distinct=0`` there are none).

    Raises ``ValueError`` for a number below 0, or more than 100 examples.
    """

    events: int = 1000
    properties: int = 1000
    total: int = 10_000
    distinct: int = 1000
    examples: int = 3

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if type(value) is not int or value < 0 or (name == "examples" and value > 100):
                most = " and at most 100" if name == "examples" else ""
                raise ValueError(f"{name}: expected a whole number of at least 0{most}, found {value!r}")


DEFAULT_BOUNDS: Final = Bounds()


@dataclass(slots=True)
class ProfileCounts:
    """Everything that a profile counts.

    ``rules`` and ``bounds`` are those of the profile. ``count`` is the number of events, lines without one included.
    ``errors`` are the violations of lines without an event, by code; ``events`` are the stats of each event name.
    ``unlisted_events`` counts the events whose names are beyond the bound, ``without_properties`` those whose line
    lacks the key of the properties.
    """

    rules: Rules = DEFAULT_RULES
    bounds: Bounds = DEFAULT_BOUNDS
    count: int = 0
    unlisted_events: int = 0
    without_properties: int = 0
    errors: ErrorsByCode = field(default_factory=dict)
    events: dict[str, EventStats] = field(default_factory=dict)
    _listed_properties: int = field(init=False, repr=False)  # of all events

    def __post_init__(self) -> None:
        self._listed_properties = sum(len(stats.properties) for stats in self.events.values())

    @property
    def is_complete(self) -> bool:
        """Whether no name was beyond the bounds."""
        return not self.unlisted_events and not any(stats.unlisted for stats in self.events.values())

    def sorted_events(self) -> dict[str, EventStats]:
        """The stats by event name, in the order of the names."""
        return dict(sorted(self.events.items()))

    def stats_of(self, name: str) -> EventStats | None:
        """The stats of the event ``name``, new ones if need be; ``None`` beyond the bound."""
        stats = self.events.get(name)
        if stats is None and len(self.events) < self.bounds.events:
            stats = self.events[name] = EventStats()
        return stats

    def property_stats(self, event: EventStats, name: str) -> PropertyStats | None:
        """The stats of a property of that event, new ones if need be; ``None`` beyond the bounds."""
        known = event.properties.get(name)
        if known is None:
            if len(event.properties) >= self.bounds.properties or self._listed_properties >= self.bounds.total:
                return None
            self._listed_properties += 1
            known = event.properties[name] = PropertyStats(self.bounds.examples, self.bounds.distinct)
        return known

    def update(self, other: "ProfileCounts") -> None:
        """Add the counts of another part. Raises ``ValueError`` if rules or bounds differ."""
        if (self.rules, self.bounds) != (other.rules, other.bounds):
            raise ValueError("expected profiles of the same rules and bounds, found two that differ in them")
        self.count += other.count
        self.unlisted_events += other.unlisted_events
        self.without_properties += other.without_properties
        update_errors(self.errors, other.errors)
        for name, theirs in other.sorted_events().items():
            stats = self.stats_of(name)
            if stats is None:
                self.unlisted_events += theirs.count
            else:
                stats.update(theirs)
                self._update_properties(stats, theirs.properties)

    def _update_properties(self, event: EventStats, others: Mapping[str, PropertyStats]) -> None:
        for name, theirs in others.items():
            stats = self.property_stats(event, name)
            if stats is None:
                event.unlisted += theirs.seen
            else:
                stats.update(theirs)

    def shift(self, lines: int) -> None:
        """Move all locations ``lines`` further down."""
        shift_errors(self.errors, lines)
        for stats in self.events.values():
            stats.shift(lines)

    def keep_examples(self, most: int) -> None:
        """Keep only the first ``most`` examples, as if no more had been kept from the start."""
        self.bounds = replace(self.bounds, examples=min(most, self.bounds.examples))
        for event in self.events.values():
            for stats in event.properties.values():
                stats.keep(self.bounds.examples)
