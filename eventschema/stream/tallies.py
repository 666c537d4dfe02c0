"""The counts of one property and of one event: what a profile keeps of them, and how two parts become one.

Every count is of a kind that does not ask in what order the values came: sums, least and greatest, sets with a bound,
the first by place. That is what makes profiles combine.

Values come in columns: those of one property in some hundred events. A column is first told apart by type, in one
go, and then each type's values are counted by functions that look at all of them at once.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import compress, repeat
from typing import Any, Final, NamedTuple

from eventschema.core.acceleration import type_codes
from eventschema.core.columns import NULL, TYPES, UNCERTAIN
from eventschema.core.events import ROOT
from eventschema.core.pointers import child
from eventschema.core.rules import Rules
from eventschema.core.types import PropertyType
from eventschema.core.values import Reading, conform, detect, round_float
from eventschema.core.violations import IntOutOfRange, UnsupportedType, Violation
from eventschema.stream.distinct import Distinct
from eventschema.stream.places import Examples, Faults, FirstPlaces, Place, absorb_faults, count_fault, example

_BOOL: Final = PropertyType.BOOL
_INT: Final = PropertyType.INT
_FLOAT: Final = PropertyType.FLOAT

_MAX_EXACT_INT: Final = 2**53  # a double holds every integer up to here
_INT64: Final = 2.0**63
# For each code the table that makes it 1 and every other 0.
_MASKS: Final = tuple(bytes(int(byte == code) for byte in range(256)) for code in range(UNCERTAIN + 1))


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
    def floor(self) -> Place:
        """A place that is not after any of the values."""
        return Place(self.source, self.start)

    def places(self) -> list[Place]:
        """The place of each value."""
        return list(map(Place, repeat(self.source), self.lines))

    def first(self) -> Place:
        """The first place of any value."""
        return Place(self.source, min(self.lines))

    def first_seen(self) -> "FirstSeen":
        """The first place of any value, null or not, and the position that it had there."""
        line, position = min((min(lines), position) for position, lines in self.positions)
        return FirstSeen(Place(self.source, line), position)


class FirstSeen(NamedTuple):
    """The first ``place`` at which a property was seen, with whatever value, and its ``position`` in that event.

    The first property of an event has position 0. By this order, properties stand as they came.
    """

    place: Place
    position: int


class TypeTally:
    """The values of one property that are of one type: how many, their first places, and examples."""

    __slots__ = ("count", "examples", "firsts")

    def __init__(self, examples: Examples) -> None:
        self.count = 0
        self.firsts = FirstPlaces()
        self.examples = examples

    @property
    def first(self) -> Place:
        """Where the first of them stood."""
        return self.firsts.places[0]

    def add(self, column: Column) -> None:
        """Count a column of values, as stored but for the rounding of floats."""
        self.count += len(column.values)
        floor = column.floor
        if not self.firsts.is_settled(floor):
            self.firsts.add(column.places())

    def absorb(self, other: "TypeTally") -> None:
        """Take in the tally of another part."""
        self.count += other.count
        self.firsts.add(other.firsts.places)
        self.examples.add(other.examples.values.items())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TypeTally):
            return NotImplemented
        return (self.count, self.firsts.places, self.examples.values) == (
            other.count,
            other.firsts.places,
            other.examples.values,
        )

    __hash__ = None  # type: ignore[assignment]  # it changes


class Numbers:
    """What is kept of the numbers of a property.

    ``least`` and ``greatest`` are as stored; of an int and a float that are equal, the int. Both are ``None`` where
    there was no number, or no value may be kept. ``whole`` counts the floats that an int property would take,
    ``inexact`` the ints that a float property would not; ``beyond`` the ints beyond 64 bits that a float property would
    take, which are no values of any detected type.
    """

    __slots__ = ("beyond", "greatest", "inexact", "least", "whole")

    def __init__(
        self,
        least: float | None = None,
        greatest: float | None = None,
        whole: int = 0,
        inexact: int = 0,
        beyond: int = 0,
    ) -> None:
        self.least = least
        self.greatest = greatest
        self.whole = whole
        self.inexact = inexact
        self.beyond = beyond

    def bound(self, least: float, greatest: float) -> None:
        """Widen the range so that it has both."""
        self.least = least if self.least is None else min(least, self.least, key=_ints_first)
        self.greatest = greatest if self.greatest is None else max(greatest, self.greatest, key=_ints_last)

    def absorb(self, other: "Numbers") -> None:
        """Take in the numbers of another part."""
        if other.least is not None and other.greatest is not None:
            self.bound(other.least, other.greatest)
        self.whole += other.whole
        self.inexact += other.inexact
        self.beyond += other.beyond

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Numbers):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    __hash__ = None  # type: ignore[assignment]  # it changes


def _ints_first(number: float) -> tuple[float, bool]:
    return number, type(number) is float


def _ints_last(number: float) -> tuple[float, bool]:
    return number, type(number) is int


class PropertyTally:
    """The counts of one property of one event.

    ``seen`` is in how many events it was there, ``nulls`` in how many of those as null; ``types`` has the values by
    detected type, ``faults`` those that are of none, by the code of the violation. ``longest`` is in characters.
    ``first_seen`` is ``None`` in counts that were saved before it was kept.
    """

    __slots__ = ("_most", "distinct", "faults", "first_seen", "longest", "nulls", "numbers", "seen", "types")

    def __init__(self, most_examples: int, most_distinct: int) -> None:
        self._most = most_examples
        self.seen = 0
        self.nulls = 0
        self.first_seen: FirstSeen | None = None
        self.types: dict[PropertyType, TypeTally] = {}
        self.faults: Faults = {}
        self.numbers = Numbers()
        self.longest: int | None = None
        self.distinct = Distinct(most_distinct)

    def tally(self, type_: PropertyType) -> TypeTally:
        """The tally of a type, made where there is none."""
        known = self.types.get(type_)
        if known is None:
            known = self.types[type_] = TypeTally(Examples(self._most))
        return known

    def add(self, name: str, column: Column, rules: Rules) -> None:
        """Count a column of values of any kind."""
        self.seen += len(column.values)
        if self.first_seen is None or column.floor <= self.first_seen.place:
            self._see(column.first_seen())
        codes = type_codes(column.values, rules)
        for code in sorted(set(codes)):
            uniform = codes.count(code) == len(codes)
            if code == NULL and rules.nulls == "ignore":
                self.nulls += codes.count(code)
                continue
            part = column if uniform else column.where(codes.translate(_MASKS[code]))
            if code == NULL:
                self.nulls += len(part.values)
                error = UnsupportedType(child(ROOT, name, rules.max_name_length), "null")
                count_fault(self.faults, error, part.first(), len(part.values))
            elif code == UNCERTAIN:
                self._add_uncertain(name, part, rules)
                if IntOutOfRange.code in self.faults:
                    self.numbers.beyond += sum(_is_beyond(value, rules) for value in part.values)
            else:
                self._add_typed(TYPES[code], part, rules)

    def _see(self, other: FirstSeen | None) -> None:
        """Note where else it was seen first."""
        if other is not None:
            self.first_seen = other if self.first_seen is None else min(self.first_seen, other)

    def _add_uncertain(self, name: str, column: Column, rules: Rules) -> None:
        """Count values of which the definition must say what they are."""
        pointer = child(ROOT, name, rules.max_name_length)
        for value, line in zip(column.values, column.lines, strict=True):
            reading = detect(value, rules, pointer)
            if isinstance(reading, Violation):
                count_fault(self.faults, reading, Place(column.source, line))
                continue
            plain: Any = reading.before if type(reading.before) is float else reading.value
            self._add_typed(reading.type, Column([plain], [line], column.source, line), rules)
            if reading.type is _FLOAT and type(value) is not float:  # whether it is whole is for all its digits to say
                self.numbers.whole += _fits_int(value, rules) - _count_whole([plain])

    def _add_typed(self, type_: PropertyType, column: Column, rules: Rules) -> None:
        """Count values that are certainly of a type."""
        values = column.values
        tally = self.tally(type_)
        tally.add(column)
        if type_ is _INT:
            self._add_ints(values)
        elif type_ is _FLOAT:
            if _INT not in rules.detect:
                column = column._replace(values=list(map(float, values)))
            self._add_floats(column.values, rules)
        elif type_ is not _BOOL:
            longest = max(map(len, values))
            self.longest = longest if self.longest is None else max(longest, self.longest)
        self._add_examples(tally, column, rules)

    def _add_examples(self, tally: TypeTally, column: Column, rules: Rules) -> None:
        examples = tally.examples
        counted = self.distinct.is_done
        settled = examples.most == 0 or examples.is_settled(column.floor)
        if counted and settled:
            return
        values = set(column.values)
        if not counted:
            self.distinct.add(values)
        if settled or (values <= examples.values.keys() and all(p <= column.floor for p in examples.values.values())):
            return
        shown = column.values
        if type(shown[0]) is float:
            shown = [round_float(value, rules.float_digits) for value in shown]
        examples.add(zip(map(example, shown), column.places(), strict=True))

    def _add_ints(self, values: Sequence[int]) -> None:
        least, greatest = min(values), max(values)
        self._bound(least, greatest)
        if least < -_MAX_EXACT_INT or greatest > _MAX_EXACT_INT:
            self.numbers.inexact += sum(float(value) != value for value in values)

    def _add_floats(self, values: Sequence[float], rules: Rules) -> None:
        digits = rules.float_digits
        self._bound(round_float(min(values), digits), round_float(max(values), digits))
        self.numbers.whole += _count_whole(values)

    def _bound(self, least: float, greatest: float) -> None:
        """Widen the range of the numbers, which are values as examples are: so only where those may be kept."""
        if self._most:
            self.numbers.bound(least, greatest)

    def keep(self, most_examples: int) -> None:
        """Go on as if no more than so many examples of each type had been kept from the start."""
        self._most = most_examples
        for tally in self.types.values():
            tally.examples.keep(most_examples)
        if not most_examples:
            self.numbers.least = self.numbers.greatest = None

    def absorb(self, other: "PropertyTally") -> None:
        """Take in the counts of another part."""
        self.seen += other.seen
        self.nulls += other.nulls
        self._see(other.first_seen)
        for type_, tally in other.types.items():
            self.tally(type_).absorb(tally)
        absorb_faults(self.faults, other.faults)
        self.numbers.absorb(other.numbers)
        if other.longest is not None:
            self.longest = other.longest if self.longest is None else max(self.longest, other.longest)
        self.distinct.absorb(other.distinct)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PropertyTally):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    __hash__ = None  # type: ignore[assignment]  # it changes

    @property
    def first(self) -> Place | None:
        """Where the first value of any type stood."""
        return min((tally.first for tally in self.types.values()), default=None)

    def examples(self) -> list[Any]:
        """The examples of all types, the first ones, as many as are kept of one."""
        found = ((place, type_, value) for type_, t in self.types.items() for value, place in t.examples.values.items())
        return [value for _, _, value in sorted(found)[: self._most]]


class EventTally:
    """The counts of the events of one name.

    ``faults`` are those of whole events and of names that are none; ``unlisted`` counts the values of properties
    beyond the bounds, of which nothing else is known.
    """

    __slots__ = ("count", "faults", "properties", "unlisted")

    def __init__(self) -> None:
        self.count = 0
        self.faults: Faults = {}
        self.properties: dict[str, PropertyTally] = {}
        self.unlisted = 0

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, EventTally):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    __hash__ = None  # type: ignore[assignment]  # it changes


def _count_whole(values: Sequence[float]) -> int:
    """How many of the floats an int property would take."""
    whole = sum(map(float.is_integer, values))
    if whole and (min(values) < -_INT64 or max(values) >= _INT64):
        return sum(value.is_integer() and -_INT64 <= value < _INT64 for value in values)
    return whole


def _fits_int(value: object, rules: Rules) -> bool:
    return isinstance(conform(value, _INT, replace(rules, types="conform"), ""), Reading)


def _is_beyond(value: object, rules: Rules) -> bool:
    """Whether ``value`` is an int beyond 64 bits that a float property takes all the same."""
    fault = detect(value, rules, "")
    return isinstance(fault, IntOutOfRange) and isinstance(conform(value, _FLOAT, rules, ""), Reading)
