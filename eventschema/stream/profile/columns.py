"""Columns: the values of one property in some hundred events, counted together."""

from collections.abc import Sequence
from itertools import compress, repeat
from typing import Any, NamedTuple

from eventschema.stream.profile.locations import Location


class Column(NamedTuple):
    """The ``values`` of one property in some events of one ``source``, and the line of each.

    No line is before ``start``. ``positions`` are pairs of a position and the lines of the events in which the property
    has that position; together they have every line.
    """

    values: list[Any]
    lines: list[int]
    source: str
    start: int
    positions: Sequence[tuple[int, list[int]]] = ()

    def where(self, mask: bytes) -> "Column":
        """The values, and their lines, for which ``mask`` has a 1."""
        return self._replace(values=list(compress(self.values, mask)), lines=list(compress(self.lines, mask)))

    @property
    def floor(self) -> Location:
        """A location at or before all of the values."""
        return Location(self.source, self.start)

    def locations(self) -> list[Location]:
        """The location of each value."""
        return list(map(Location, repeat(self.source), self.lines))

    def first(self) -> Location:
        """The first location of a value."""
        return Location(self.source, min(self.lines))

    def first_seen(self) -> "FirstSeen":
        """The first location of a value, null or not, and its position there."""
        line, position = min((min(lines), position) for position, lines in self.positions)
        return FirstSeen(Location(self.source, line), position)


class FirstSeen(NamedTuple):
    """The first ``location`` of a property, with any value, and its ``position`` in that event, from 0.

    Sorted by these, properties are in the order in which they came.
    """

    location: Location
    position: int
