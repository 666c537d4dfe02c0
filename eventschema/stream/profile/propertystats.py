"""The stats of one property, and how those of two parts become those of the whole.

No count depends on the order of the values: sums, the least and the greatest, sets with a bound, the first by
location. That is why profiles combine.

Values come in columns: those of one property in some hundred events. A column is first divided by type, at once. Then
the values of each type are counted by functions that take all of them at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import is_not
from typing import Any, Final

from eventschema.core.acceleration import round_floats, type_codes
from eventschema.core.columns import NULL, TYPES, UNCERTAIN
from eventschema.core.events import PROPERTIES_POINTER
from eventschema.core.grammar import MAX_EXACT_INT
from eventschema.core.pointers import pointer_to
from eventschema.core.rules import Rules
from eventschema.core.types import PropertyType
from eventschema.core.values import AdjustmentKind, TypedValue, conform, detect, ignored_as
from eventschema.core.violations import IntOutOfRange, UnsupportedType, Violation
from eventschema.stream.profile.columns import Column, FirstSeen
from eventschema.stream.profile.distinct import Distinct
from eventschema.stream.profile.locations import (
    ErrorsByCode,
    Location,
    count_error,
    earlier,
    example,
    shift_errors,
    update_errors,
)
from eventschema.stream.profile.typestats import TypeStats

_BOOL: Final = PropertyType.BOOL
_INT: Final = PropertyType.INT
_FLOAT: Final = PropertyType.FLOAT
_STRING: Final = PropertyType.STRING

#: The kinds of values without a supported type; ``other`` is any class that JSON does not have.
UNSUPPORTED: Final = ("object", "array", "other")

_INT64: Final = 2.0**63
# For each code the translation table that maps it to 1 and every other code to 0.
_MASKS: Final = tuple(bytes(int(byte == code) for byte in range(256)) for code in range(UNCERTAIN + 1))


@dataclass(slots=True)
class NumberStats:
    """The numbers of a property.

    ``least`` and ``greatest`` are as stored; of an equal int and float, the int. Both are ``None`` if there was no
    number, or no value may be kept. ``whole`` counts the floats that an int property would accept, ``inexact`` the ints
    that a float property would reject; ``beyond`` the ints beyond 64 bits, which only float accepts. ``first_fraction``
    is the location of the first float that an int property would reject, ``first_inexact`` and ``first_beyond`` those
    of the first ints of these kinds.
    """

    least: float | None = None
    greatest: float | None = None
    whole: int = 0
    inexact: int = 0
    beyond: int = 0
    first_fraction: Location | None = None
    first_inexact: Location | None = None
    first_beyond: Location | None = None

    def bound(self, least: float, greatest: float) -> None:
        """Widen the range to include both."""
        self.least = least if self.least is None else min(least, self.least, key=_ints_first)
        self.greatest = greatest if self.greatest is None else max(greatest, self.greatest, key=_ints_last)

    def update(self, other: "NumberStats") -> None:
        """Add the numbers of another part."""
        if other.least is not None and other.greatest is not None:
            self.bound(other.least, other.greatest)
        self.whole += other.whole
        self.inexact += other.inexact
        self.beyond += other.beyond
        for name in FIRSTS:
            setattr(self, name, earlier(getattr(self, name), getattr(other, name)))

    def shift(self, lines: int) -> None:
        """Move all locations ``lines`` further down, in place."""
        for name in FIRSTS:
            location: Location | None = getattr(self, name)
            setattr(self, name, location and location.shifted(lines))


#: The fields of ``NumberStats`` that are locations.
FIRSTS: Final = ("first_fraction", "first_inexact", "first_beyond")


def _ints_first(number: float) -> tuple[float, bool]:
    return number, type(number) is float


def _ints_last(number: float) -> tuple[float, bool]:
    return number, type(number) is int


class PropertyStats:
    """The counts of one property of one event.

    ``seen`` counts the events with the property, ``nulls`` those in which it is null. ``types`` has the stats of the
    values of each detected type, ``errors`` those of the values without a type, by the code of the violation;
    ``unsupported`` counts of those the values that are an ``object``, an ``array``, or of an ``other`` class.
    ``longest`` is the length of the longest text in characters; ``empty`` counts the empty texts, which are not among
    the values if the rules ignore them. ``first_seen`` is ``None`` in older documents.

    ``adjusted`` counts the values that are changed when they are stored, by the kind of change; ``zeroed`` those that
    rounding makes 0. ``distinct`` are the different values as stored, ``unrounded`` those before rounding, ``None`` if
    rounding changed no value.
    """

    __slots__ = (
        *("_most", "adjusted", "distinct", "empty", "errors", "first_seen", "longest", "nulls", "numbers", "seen"),
        *("types", "unrounded", "unsupported", "zeroed"),
    )

    def __init__(self, most_examples: int, most_distinct: int) -> None:
        self._most = most_examples
        self.seen = 0
        self.nulls = 0
        self.first_seen: FirstSeen | None = None
        self.types: dict[PropertyType, TypeStats] = {}
        self.errors: ErrorsByCode = {}
        self.numbers = NumberStats()
        self.longest: int | None = None
        self.empty = 0
        self.adjusted: dict[AdjustmentKind, int] = {}
        self.zeroed = 0
        self.unsupported: dict[str, int] = {}
        self.distinct = Distinct(most_distinct)
        self.unrounded: Distinct | None = None

    def stats_of(self, type_: PropertyType) -> TypeStats:
        """The stats of a type, new ones if need be."""
        known = self.types.get(type_)
        if known is None:
            known = self.types[type_] = TypeStats.of(type_, self._most)
        return known

    def add(self, name: str, column: Column, rules: Rules) -> None:
        """Count a column of values of any kind."""
        self.seen += len(column.values)
        if self.first_seen is None or column.floor <= self.first_seen.location:
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
                error = UnsupportedType(pointer_to(PROPERTIES_POINTER, name, rules.max_name_length), "null")
                count_error(self.errors, error, part.first(), len(part.values))
            elif code == UNCERTAIN:
                self._add_uncertain(name, part, rules)
            elif TYPES[code] is _STRING and rules.empty_texts == "ignore":
                self._add_nonempty(part, rules)
            else:
                self._add_typed(TYPES[code], part, rules)

    def _add_nonempty(self, column: Column, rules: Rules) -> None:
        """Count strings, of which the rules ignore the empty ones."""
        part = column.where(bytes(map(bool, column.values)))
        self.empty += len(column.values) - len(part.values)
        if part.values:
            self._add_typed(_STRING, part, rules)

    def _see(self, other: FirstSeen | None) -> None:
        """Keep the earlier of two locations where it was first seen."""
        if other is not None:
            self.first_seen = other if self.first_seen is None else min(self.first_seen, other)

    def _add_uncertain(self, name: str, column: Column, rules: Rules) -> None:
        """Count values whose types the definition must detect, one by one."""
        pointer = pointer_to(PROPERTIES_POINTER, name, rules.max_name_length)
        for value, line in zip(column.values, column.lines, strict=True):
            if ignored_as(value, rules) is not None:
                self.empty += 1
                continue
            location = Location(column.source, line)
            found = detect(value, rules, pointer)
            if isinstance(found, Violation):
                count_error(self.errors, found, location)
                self._add_rejected(value, found, location, rules)
                continue
            if found.kind is not None:
                self._adjust(found.kind, 1)
            single = Column([found.value], [line], column.source, line)
            if found.type is _FLOAT:
                self._add_float(value, found, single, rules)
            else:
                self._add_typed(found.type, single, rules)

    def _add_rejected(self, value: object, error: Violation, location: Location, rules: Rules) -> None:
        """Count a value without a type, besides its error."""
        if isinstance(error, UnsupportedType):
            kind = error.actual if error.actual in UNSUPPORTED else "other"
            self.unsupported[kind] = self.unsupported.get(kind, 0) + 1
        elif isinstance(error, IntOutOfRange) and isinstance(conform(value, _FLOAT, rules, ""), TypedValue):
            self.numbers.beyond += 1
            self.numbers.first_beyond = earlier(self.numbers.first_beyond, location)

    def _add_typed(self, type_: PropertyType, column: Column, rules: Rules) -> None:
        """Count values that are certainly of one type."""
        values = column.values
        if type_ is _INT:
            self._add_ints(column)
        elif type_ is _FLOAT:
            self._add_floats(column, rules)
            return
        elif type_ is not _BOOL:
            longest = max(map(len, values))
            self.longest = longest if self.longest is None else max(longest, self.longest)
            if type_ is _STRING:
                self.empty += values.count("")
        stats = self.stats_of(type_)
        self._add_distinct(stats, column, values, stats.add(column))

    def _add_distinct(self, stats: TypeStats, column: Column, unrounded: list[Any], different: set[Any] | None) -> None:
        """Add a column of stored values to examples and different values, and the ``unrounded`` ones to theirs.

        ``different`` is a set of stored values, these among them, if it is known already.
        """
        if self.unrounded is not None and not self.unrounded.is_done:
            self.unrounded.add(set(unrounded))
        examples = stats.examples
        counted = self.distinct.is_done
        has_examples = examples.most == 0 or examples.is_final(column.floor)
        if counted and has_examples:
            return
        values = set(column.values) if different is None else different
        if not counted:
            self.distinct.add(values)
        if has_examples or (
            values <= examples.values.keys() and all(p <= column.floor for p in examples.values.values())
        ):
            return
        examples.add(zip(map(example, column.values), column.locations(), strict=True))

    def _add_ints(self, column: Column) -> None:
        values, numbers = column.values, self.numbers
        least, greatest = min(values), max(values)
        self._bound(least, greatest)
        if least < -MAX_EXACT_INT or greatest > MAX_EXACT_INT:
            inexact = bytes(float(value) != value for value in values)
            if any(inexact):
                numbers.inexact += sum(inexact)
                numbers.first_inexact = earlier(numbers.first_inexact, column.where(inexact).first())

    def _add_floats(self, column: Column, rules: Rules) -> None:
        """Count floats, and, if ints are detected as float, ints that a double represents exactly."""
        values, numbers = column.values, self.numbers
        if _INT not in rules.detect:
            values = list(map(float, column.values))
            if ints := list(map(type, column.values)).count(int):
                self._adjust(AdjustmentKind.INT_TO_FLOAT, ints)
        whole = _count_whole(values)
        numbers.whole += whole
        known = numbers.first_fraction
        if whole < len(values) and (known is None or column.floor < known):
            fractions = bytes(not _is_whole(value) for value in values)
            numbers.first_fraction = earlier(known, column.where(fractions).first())
        stored = round_floats(values, rules)
        if stored is not values:
            self._adjust(AdjustmentKind.ROUNDED, sum(map(is_not, stored, values)))
            if 0.0 in stored:
                self.zeroed += sum(before != after == 0 for before, after in zip(values, stored, strict=True))
        self._add_stored(column._replace(values=stored), values)

    def _add_float(self, value: object, typed: TypedValue, column: Column, rules: Rules) -> None:
        """Count one float that was sent as another class, such as a Decimal: all its digits say whether it is whole."""
        fits = isinstance(conform(value, _INT, replace(rules, types="conform"), ""), TypedValue)
        self.numbers.whole += fits
        if not fits:
            self.numbers.first_fraction = earlier(self.numbers.first_fraction, column.first())
        rounded = typed.kind is AdjustmentKind.ROUNDED
        self.zeroed += rounded and bool(typed.before) and not typed.value
        self._add_stored(column, [float(typed.before)] if rounded else column.values)

    def _add_stored(self, column: Column, unrounded: list[float]) -> None:
        """Add floats as they are stored; ``unrounded`` are those before rounding."""
        self._bound(min(column.values), max(column.values))
        if self.unrounded is None and AdjustmentKind.ROUNDED in self.adjusted:
            self.unrounded = self.distinct.copy()
        stats = self.stats_of(_FLOAT)
        self._add_distinct(stats, column, unrounded, stats.add(column))

    def _adjust(self, kind: AdjustmentKind, count: int) -> None:
        self.adjusted[kind] = self.adjusted.get(kind, 0) + count

    def _bound(self, least: float, greatest: float) -> None:
        """Widen the range of the numbers, if values may be kept: these are values like examples."""
        if self._most:
            self.numbers.bound(least, greatest)

    def keep(self, most_examples: int) -> None:
        """Keep only so many examples of each type, as if no more had been kept from the start."""
        self._most = most_examples
        for stats in self.types.values():
            stats.keep(most_examples)
        if not most_examples:
            self.numbers.least = self.numbers.greatest = None

    def update(self, other: "PropertyStats") -> None:
        """Add the counts of another part."""
        self.seen += other.seen
        self.nulls += other.nulls
        self._see(other.first_seen)
        for type_, stats in other.types.items():
            self.stats_of(type_).update(stats)
        update_errors(self.errors, other.errors)
        self.numbers.update(other.numbers)
        for kind, count in other.adjusted.items():
            self._adjust(kind, count)
        self.zeroed += other.zeroed
        self.empty += other.empty
        for actual, count in other.unsupported.items():
            self.unsupported[actual] = self.unsupported.get(actual, 0) + count
        if other.longest is not None:
            self.longest = other.longest if self.longest is None else max(self.longest, other.longest)
        if self.unrounded is not None or other.unrounded is not None:
            if self.unrounded is None:
                self.unrounded = self.distinct.copy()
            self.unrounded.update(other.distinct if other.unrounded is None else other.unrounded)
        self.distinct.update(other.distinct)

    def shift(self, lines: int) -> None:
        """Move all locations ``lines`` further down, in place."""
        if self.first_seen is not None:
            self.first_seen = self.first_seen._replace(location=self.first_seen.location.shifted(lines))
        self.numbers.shift(lines)
        shift_errors(self.errors, lines)
        for stats in self.types.values():
            stats.shift(lines)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PropertyStats):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    __hash__ = None  # type: ignore[assignment]  # it changes

    @property
    def first(self) -> Location | None:
        """The location of the first value of any type."""
        return min((stats.first for stats in self.types.values()), default=None)

    def examples(self) -> list[Any]:
        """The first examples of all types together, as many as are kept of one."""
        found = (
            (location, type_, value) for type_, t in self.types.items() for value, location in t.examples.values.items()
        )
        return [value for _, _, value in sorted(found)[: self._most]]


def _count_whole(values: Sequence[float]) -> int:
    """How many of the floats an int property would accept."""
    whole = sum(map(float.is_integer, values))
    if whole and (min(values) < -_INT64 or max(values) >= _INT64):
        return sum(map(_is_whole, values))
    return whole


def _is_whole(value: float) -> bool:
    """Whether an int property would accept the float."""
    return value.is_integer() and -_INT64 <= value < _INT64
