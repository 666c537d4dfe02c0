"""Where things stood first: lines of sources, and with them what a report shows as evidence.

A place is a source and a line, and places have an order: by the source's name, then by the line. So which is the first
of several does not depend on the order in which they are met, and parts of a stream can be counted by themselves.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from eventschema.core.violations import Violation

#: How many of the first places of anything are kept.
MAX_PLACES: Final = 3

#: Characters of a text that are kept as an example.
MAX_EXAMPLE_LENGTH: Final = 100


class Place(NamedTuple):
    """A ``line`` (from 1) of a ``source``."""

    source: str
    line: int

    def moved(self, lines: int) -> "Place":
        """The place that many lines further down."""
        return Place(self.source, self.line + lines)


class FirstPlaces:
    """The first :data:`MAX_PLACES` of all places that are added."""

    __slots__ = ("places",)

    def __init__(self, places: tuple[Place, ...] = ()) -> None:
        self.places = places

    def is_settled(self, start: Place) -> bool:
        """Whether nothing at or after ``start`` could change it."""
        return len(self.places) == MAX_PLACES and self.places[-1] <= start

    def add(self, places: Iterable[Place]) -> None:
        """Take in ``places``, in any order."""
        self.places = tuple(sorted({*self.places, *places})[:MAX_PLACES])


class Examples:
    """The first ``most`` different values, each with its first place; of a long text only its start."""

    __slots__ = ("most", "values")

    def __init__(self, most: int, values: Mapping[Any, Place] | None = None) -> None:
        self.most = most
        self.values: dict[Any, Place] = dict(values or {})

    def is_settled(self, start: Place) -> bool:
        """Whether nothing at or after ``start`` could change it."""
        return len(self.values) == self.most and all(place <= start for place in self.values.values())

    def add(self, values: Iterable[tuple[Any, Place]]) -> None:
        """Take in ``values``, all of one type, with their places, in any order."""
        firsts = self.values
        for value, place in values:
            known = firsts.get(value)
            if known is None or place < known:
                firsts[value] = place
        if len(firsts) > self.most:
            self.keep(self.most)

    def keep(self, most: int) -> None:
        """Go on with the first ``most`` only, no more than there are places for now."""
        self.most = most
        self.values = dict(sorted(self.values.items(), key=_by_place)[:most])


def _by_place(item: tuple[Any, Place]) -> tuple[Place, Any]:
    value, place = item
    return place, value


def example(value: Any) -> Any:
    """``value`` as an example shows it."""
    if type(value) is str and len(value) > MAX_EXAMPLE_LENGTH:
        return value[:MAX_EXAMPLE_LENGTH] + "..."
    return value


class FaultTally:
    """How many violations of one code there were, the first place of one, and the message of that."""

    __slots__ = ("count", "first", "message")

    def __init__(self, count: int, first: Place, message: str) -> None:
        self.count = count
        self.first = first
        self.message = message

    def absorb(self, other: "FaultTally") -> None:
        """Take in another tally of the same code."""
        self.count += other.count
        self.first, self.message = min((self.first, self.message), (other.first, other.message))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FaultTally):
            return NotImplemented
        return (self.count, self.first, self.message) == (other.count, other.first, other.message)

    __hash__ = None  # type: ignore[assignment]  # it changes


Faults = dict[str, FaultTally]


def count_fault(faults: Faults, error: Violation, place: Place, count: int = 1) -> None:
    """Count ``error`` among ``faults``, as often as it stood, first at ``place``."""
    known = faults.get(error.code)
    if known is None:
        faults[error.code] = FaultTally(count, place, error.message)
    elif place <= known.first:
        known.absorb(FaultTally(count, place, error.message))
    else:
        known.count += count


def move_faults(faults: Faults, lines: int) -> None:
    """Move the places of ``faults`` that many lines further down."""
    for fault in faults.values():
        fault.first = fault.first.moved(lines)


def absorb_faults(faults: Faults, others: Mapping[str, FaultTally]) -> None:
    """Take in the faults of another part."""
    for code, tally in others.items():
        if code in faults:
            faults[code].absorb(tally)
        else:
            faults[code] = FaultTally(tally.count, tally.first, tally.message)
