"""Locations in sources, and what is kept with them as evidence: first locations, examples, errors.

A location is a source and a line. Locations are ordered by the source's name, then by the line. So the first of several
does not depend on the order in which they are counted, and each part of a stream can be counted separately.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from eventschema.core.violations import Violation

#: How many first locations are kept.
MAX_LOCATIONS: Final = 3

#: How many characters of a text are kept as an example.
MAX_EXAMPLE_LENGTH: Final = 100


class Location(NamedTuple):
    """A ``line`` (from 1) of a ``source``."""

    source: str
    line: int

    def shifted(self, lines: int) -> "Location":
        """The location ``lines`` further down."""
        return Location(self.source, self.line + lines)


def earlier(one: Location | None, other: Location | None) -> Location | None:
    """The earlier of two locations, each of which may be unknown."""
    return other if one is None else one if other is None else min(one, other)


@dataclass(slots=True)
class FirstLocations:
    """The first :data:`MAX_LOCATIONS` of all locations that are added."""

    locations: tuple[Location, ...] = ()

    def is_final(self, start: Location) -> bool:
        """Whether no location at or after ``start`` can change it."""
        return len(self.locations) == MAX_LOCATIONS and self.locations[-1] <= start

    def add(self, locations: Iterable[Location]) -> None:
        """Add ``locations``, in any order."""
        self.locations = tuple(sorted({*self.locations, *locations})[:MAX_LOCATIONS])


@dataclass(slots=True)
class Examples:
    """The first ``most`` different values, each with its first location; long texts are truncated."""

    most: int
    values: dict[Any, Location] = field(default_factory=dict)

    def is_final(self, start: Location) -> bool:
        """Whether no location at or after ``start`` can change it."""
        return len(self.values) == self.most and all(location <= start for location in self.values.values())

    def add(self, values: Iterable[tuple[Any, Location]]) -> None:
        """Add ``values``, all of one type, with their locations, in any order."""
        firsts = self.values
        for value, location in values:
            known = firsts.get(value)
            if known is None or location < known:
                firsts[value] = location
        if len(firsts) > self.most:
            self.keep(self.most)

    def keep(self, most: int) -> None:
        """Keep only the first ``most`` values from now on. It must not be more than before."""
        self.most = most
        self.values = dict(sorted(self.values.items(), key=_by_location)[:most])


def _by_location(item: tuple[Any, Location]) -> tuple[Location, Any]:
    value, location = item
    return location, value


def example(value: Any) -> Any:
    """Return ``value`` as an example: a long text is truncated."""
    if type(value) is str and len(value) > MAX_EXAMPLE_LENGTH:
        return value[:MAX_EXAMPLE_LENGTH] + "..."
    return value


@dataclass(slots=True)
class ErrorStats:
    """The number of violations of one code, and the location and message of the first."""

    count: int
    first: Location
    message: str

    def update(self, other: "ErrorStats") -> None:
        """Add other stats of the same code."""
        self.count += other.count
        self.first, self.message = min((self.first, self.message), (other.first, other.message))


ErrorsByCode = dict[str, ErrorStats]


def count_error(errors: ErrorsByCode, error: Violation, location: Location, count: int = 1) -> None:
    """Count ``error`` in ``errors``, ``count`` times, the first of them at ``location``."""
    known = errors.get(error.code)
    if known is None:
        errors[error.code] = ErrorStats(count, location, error.message)
    elif location <= known.first:
        known.update(ErrorStats(count, location, error.message))
    else:
        known.count += count


def shift_errors(errors: ErrorsByCode, lines: int) -> None:
    """Move the locations of ``errors`` ``lines`` further down."""
    for error in errors.values():
        error.first = error.first.shifted(lines)


def update_errors(errors: ErrorsByCode, others: Mapping[str, ErrorStats]) -> None:
    """Add the errors of another part."""
    for code, stats in others.items():
        if code in errors:
            errors[code].update(stats)
        else:
            errors[code] = ErrorStats(stats.count, stats.first, stats.message)
