"""Columns: the values of one property in some hundred events, counted together."""

from collections.abc import Sequence
from itertools import compress, repeat
from typing import Any, NamedTuple

from eventschema.stream.profile.locations import Location


class Column(NamedTuple):
    """The ``values`` of one property in some events of one ``source``, and the line of each.

    No line is before ``start``. ``positions`` pairs a position with the lines of the events in which the property had
    that position; between them the pairs have every line.
    """

    values: list[Any]
    lines: list[int]
    source: str
    start: int
    positions: Sequence[tuple[int, list[int]]] = ()

    def where(self, mask: bytes) -> "Column":
        """The values, and their lines, at which ``mask`` has a 1."""
        return self._replace(values=list(compress(self.values, mask)), lines=list(compress(self.lines, mask)))

    @property
    def floor(self) -> Location:
        """A location that is not after any of the values."""
        return Location(self.source, self.start)

    def locations(self) -> list[Location]:
        """The location of each value."""
        return list(map(Location, repeat(self.source), self.lines))

    def first(self) -> Location:
        """The first location of any value."""
        return Location(self.source, min(self.lines))

    def first_seen(self) -> "FirstSeen":
        """The first location of any value, null or not, and the position that it had there."""
        line, position = min((min(lines), position) for position, lines in self.positions)
        return FirstSeen(Location(self.source, line), position)


class FirstSeen(NamedTuple):
    """The first ``location`` at which a property was seen, with whatever value, and its ``position`` in that event.

    The first property of an event has position 0. By this order, properties stand as they came.
    """

    location: Location
    position: int
