"""The stats of the values of one type of one property."""

from dataclasses import dataclass, field
from typing import Any, Self

from eventschema.core.types import PropertyType
from eventschema.stream.profile.columns import Column
from eventschema.stream.profile.locations import Examples, FirstLocations, Location
from eventschema.stream.profile.moments import MomentRange, joined, moment_range
from eventschema.stream.profile.valuecounts import ValueCounts

_MOMENTS = frozenset({PropertyType.DATE, PropertyType.DATETIME})


@dataclass(slots=True)
class TypeStats:
    """The values of one property of one type.

    Their number, the first locations, examples, how often each occurs if there are few different ones, and of dates and
    dateTimes the range: ``None`` if there are none, or no value may be kept.
    """

    examples: Examples
    values: ValueCounts
    count: int = 0
    firsts: FirstLocations = field(default_factory=FirstLocations)
    range: MomentRange | None = None

    @classmethod
    def of(cls, type_: PropertyType, most_examples: int) -> Self:
        """The stats of no value yet."""
        return cls(Examples(most_examples), ValueCounts(type_, {} if most_examples else None))

    @property
    def type(self) -> PropertyType:
        """The type of the values."""
        return self.values.type

    @property
    def first(self) -> Location:
        """The first location."""
        return self.firsts.locations[0]

    def add(self, column: Column) -> set[Any] | None:
        """Count a column of values. Returns the set of all values so far, if they are counted."""
        self.count += len(column.values)
        floor = column.floor
        if not self.firsts.is_final(floor):
            self.firsts.add(column.locations())
        if self.type in _MOMENTS and self.examples.most:
            self.range = joined(self.range, moment_range(column.values, self.type), self.type)
        return self.values.add(column.values)

    def update(self, other: "TypeStats") -> None:
        """Add the stats of another part."""
        self.count += other.count
        self.firsts.add(other.firsts.locations)
        self.examples.add(other.examples.values.items())
        self.values.update(other.values)
        self.range = joined(self.range, other.range, self.type)

    def shift(self, lines: int) -> None:
        """Move all locations ``lines`` further down, in place."""
        self.firsts.locations = tuple(location.shifted(lines) for location in self.firsts.locations)
        self.examples.values = {value: location.shifted(lines) for value, location in self.examples.values.items()}

    def keep(self, most_examples: int) -> None:
        """Keep only so many examples, as if no more had been kept from the start; with 0, no value at all."""
        self.examples.keep(most_examples)
        if not most_examples:
            self.values.forget()
            self.range = None
