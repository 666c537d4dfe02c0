"""The counts of one property and of one event: what a profile keeps of them, and how two parts become one.

Every count is of a kind that does not ask in what order the values came: sums, least and greatest, sets with a bound,
the first by location. That is what makes profiles combine.

Values come in columns: those of one property in some hundred events. A column is first told apart by type, in one
go, and then each type's values are counted by functions that look at all of them at once.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import compress, repeat
from operator import is_not
from typing import Any, Final, NamedTuple

from eventschema.core.acceleration import round_floats, type_codes
from eventschema.core.columns import NULL, TYPES, UNCERTAIN
from eventschema.core.events import PROPERTIES_POINTER
from eventschema.core.grammar import MAX_EXACT_INT
from eventschema.core.pointers import pointer_to, truncate
from eventschema.core.rules import Rules
from eventschema.core.types import PropertyType
from eventschema.core.values import AdjustmentKind, TypedValue, conform, detect
from eventschema.core.violations import IntOutOfRange, TooManyProperties, UnsupportedType, Violation
from eventschema.stream.profile.distinct import Distinct
from eventschema.stream.profile.locations import (
    ErrorsByCode,
    Examples,
    FirstLocations,
    Location,
    count_error,
    example,
    shift_errors,
    update_errors,
)

_BOOL: Final = PropertyType.BOOL
_INT: Final = PropertyType.INT
_FLOAT: Final = PropertyType.FLOAT
_STRING: Final = PropertyType.STRING

#: How many names that are no property names are listed of one event: the first by the alphabet.
MAX_BAD_NAMES: Final = 200

#: What values of no supported type are told apart as; ``other`` is any class that JSON has no word for.
UNSUPPORTED: Final = ("object", "array", "other")

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


class TypeStats:
    """The values of one property that are of one type: how many, their first locations, and examples."""

    __slots__ = ("count", "examples", "firsts")

    def __init__(self, examples: Examples) -> None:
        self.count = 0
        self.firsts = FirstLocations()
        self.examples = examples

    @property
    def first(self) -> Location:
        """Where the first of them stood."""
        return self.firsts.locations[0]

    def add(self, column: Column) -> None:
        """Count a column of values, as stored but for the rounding of floats."""
        self.count += len(column.values)
        floor = column.floor
        if not self.firsts.is_final(floor):
            self.firsts.add(column.locations())

    def update(self, other: "TypeStats") -> None:
        """Take in the stats of another part."""
        self.count += other.count
        self.firsts.add(other.firsts.locations)
        self.examples.add(other.examples.values.items())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TypeStats):
            return NotImplemented
        return (self.count, self.firsts.locations, self.examples.values) == (
            other.count,
            other.firsts.locations,
            other.examples.values,
        )

    __hash__ = None  # type: ignore[assignment]  # it changes


class NumberStats:
    """What is kept of the numbers of a property.

    ``least`` and ``greatest`` are as stored; of an int and a float that are equal, the int. Both are ``None`` where
    there was no number, or no value may be kept. ``whole`` counts the floats that an int property would take,
    ``inexact`` the ints that a float property would not; ``beyond`` the ints beyond 64 bits that a float property would
    take, which are no values of any detected type. ``first_fraction`` is where the first float stood that an int
    property would not take, ``first_inexact`` and ``first_beyond`` where the first ints of those kinds did.
    """

    __slots__ = ("beyond", "first_beyond", "first_fraction", "first_inexact", "greatest", "inexact", "least", "whole")

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
        self.first_fraction: Location | None = None
        self.first_inexact: Location | None = None
        self.first_beyond: Location | None = None

    def bound(self, least: float, greatest: float) -> None:
        """Widen the range so that it has both."""
        self.least = least if self.least is None else min(least, self.least, key=_ints_first)
        self.greatest = greatest if self.greatest is None else max(greatest, self.greatest, key=_ints_last)

    def update(self, other: "NumberStats") -> None:
        """Take in the numbers of another part."""
        if other.least is not None and other.greatest is not None:
            self.bound(other.least, other.greatest)
        self.whole += other.whole
        self.inexact += other.inexact
        self.beyond += other.beyond
        for name in FIRSTS:
            setattr(self, name, earlier(getattr(self, name), getattr(other, name)))

    def shift(self, lines: int) -> None:
        """Count in place as if all had stood that many lines further down."""
        for name in FIRSTS:
            location: Location | None = getattr(self, name)
            setattr(self, name, location and location.shifted(lines))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, NumberStats):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    __hash__ = None  # type: ignore[assignment]  # it changes


#: The fields of ``NumberStats`` that are locations.
FIRSTS: Final = ("first_fraction", "first_inexact", "first_beyond")


def earlier(one: Location | None, other: Location | None) -> Location | None:
    """The first of two locations, of which either may be unknown."""
    return other if one is None else one if other is None else min(one, other)


def _ints_first(number: float) -> tuple[float, bool]:
    return number, type(number) is float


def _ints_last(number: float) -> tuple[float, bool]:
    return number, type(number) is int


class PropertyStats:
    """The counts of one property of one event.

    ``seen`` is in how many events it was there, ``nulls`` in how many of those as null; ``types`` has the values by
    detected type, ``errors`` those that are of none, by the code of the violation; ``unsupported`` says how many of
    those are an ``object``, an ``array``, or of an ``other`` class. ``longest`` is in characters; ``empty`` counts the
    texts of none. ``first_seen`` is ``None`` in counts that were saved before it was kept.

    ``adjusted`` counts the values that are changed where they are stored, by the kind of change; ``zeroed`` those that
    rounding makes 0. ``distinct`` are the different values as stored, ``unrounded`` those before rounding: ``None``
    where rounding changed none, and so they are the same.
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
        """The stats of a type, made where there is none."""
        known = self.types.get(type_)
        if known is None:
            known = self.types[type_] = TypeStats(Examples(self._most))
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
            else:
                self._add_typed(TYPES[code], part, rules)

    def _see(self, other: FirstSeen | None) -> None:
        """Note where else it was seen first."""
        if other is not None:
            self.first_seen = other if self.first_seen is None else min(self.first_seen, other)

    def _add_uncertain(self, name: str, column: Column, rules: Rules) -> None:
        """Count values of which the definition must say what they are."""
        pointer = pointer_to(PROPERTIES_POINTER, name, rules.max_name_length)
        for value, line in zip(column.values, column.lines, strict=True):
            location = Location(column.source, line)
            reading = detect(value, rules, pointer)
            if isinstance(reading, Violation):
                count_error(self.errors, reading, location)
                self._add_refused(value, reading, location, rules)
                continue
            if reading.kind is not None:
                self._adjust(reading.kind, 1)
            single = Column([reading.value], [line], column.source, line)
            if reading.type is _FLOAT:
                self._add_float(value, reading, single, rules)
            else:
                self._add_typed(reading.type, single, rules)

    def _add_refused(self, value: object, error: Violation, location: Location, rules: Rules) -> None:
        """Count what is known of a value of no type, beside its error."""
        if isinstance(error, UnsupportedType):
            kind = error.actual if error.actual in UNSUPPORTED else "other"
            self.unsupported[kind] = self.unsupported.get(kind, 0) + 1
        elif isinstance(error, IntOutOfRange) and isinstance(conform(value, _FLOAT, rules, ""), TypedValue):
            self.numbers.beyond += 1
            self.numbers.first_beyond = earlier(self.numbers.first_beyond, location)

    def _add_typed(self, type_: PropertyType, column: Column, rules: Rules) -> None:
        """Count values that are certainly of a type."""
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
        stats.add(column)
        self._add_distinct(stats, column, values)

    def _add_distinct(self, stats: TypeStats, column: Column, unrounded: list[Any]) -> None:
        """Take in a column of values as stored, as examples and as different ones, and as they were before rounding."""
        if self.unrounded is not None and not self.unrounded.is_done:
            self.unrounded.add(set(unrounded))
        examples = stats.examples
        counted = self.distinct.is_done
        settled = examples.most == 0 or examples.is_final(column.floor)
        if counted and settled:
            return
        values = set(column.values)
        if not counted:
            self.distinct.add(values)
        if settled or (values <= examples.values.keys() and all(p <= column.floor for p in examples.values.values())):
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
        """Count floats, and, where ints are detected as float, ints that a double holds exactly."""
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

    def _add_float(self, value: object, reading: TypedValue, column: Column, rules: Rules) -> None:
        """Count one float that was given as something else: whether it is whole is for all its digits to say."""
        fits = isinstance(conform(value, _INT, replace(rules, types="conform"), ""), TypedValue)
        self.numbers.whole += fits
        if not fits:
            self.numbers.first_fraction = earlier(self.numbers.first_fraction, column.first())
        rounded = reading.kind is AdjustmentKind.ROUNDED
        self.zeroed += rounded and bool(reading.before) and not reading.value
        self._add_stored(column, [float(reading.before)] if rounded else column.values)

    def _add_stored(self, column: Column, unrounded: list[float]) -> None:
        """Take in floats as they are stored; ``unrounded`` are those before rounding."""
        self._bound(min(column.values), max(column.values))
        if self.unrounded is None and AdjustmentKind.ROUNDED in self.adjusted:
            self.unrounded = self.distinct.copy()
        stats = self.stats_of(_FLOAT)
        stats.add(column)
        self._add_distinct(stats, column, unrounded)

    def _adjust(self, kind: AdjustmentKind, count: int) -> None:
        self.adjusted[kind] = self.adjusted.get(kind, 0) + count

    def _bound(self, least: float, greatest: float) -> None:
        """Widen the range of the numbers, which are values as examples are: so only where those may be kept."""
        if self._most:
            self.numbers.bound(least, greatest)

    def keep(self, most_examples: int) -> None:
        """Go on as if no more than so many examples of each type had been kept from the start."""
        self._most = most_examples
        for stats in self.types.values():
            stats.examples.keep(most_examples)
        if not most_examples:
            self.numbers.least = self.numbers.greatest = None

    def update(self, other: "PropertyStats") -> None:
        """Take in the counts of another part."""
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
        """Count in place as if all values had stood that many lines further down."""
        if self.first_seen is not None:
            self.first_seen = self.first_seen._replace(location=self.first_seen.location.shifted(lines))
        self.numbers.shift(lines)
        shift_errors(self.errors, lines)
        for stats in self.types.values():
            stats.firsts.locations = tuple(location.shifted(lines) for location in stats.firsts.locations)
            stats.examples.values = {
                value: location.shifted(lines) for value, location in stats.examples.values.items()
            }

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PropertyStats):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    __hash__ = None  # type: ignore[assignment]  # it changes

    @property
    def first(self) -> Location | None:
        """Where the first value of any type stood."""
        return min((stats.first for stats in self.types.values()), default=None)

    def examples(self) -> list[Any]:
        """The examples of all types, the first ones, as many as are kept of one."""
        found = (
            (location, type_, value) for type_, t in self.types.items() for value, location in t.examples.values.items()
        )
        return [value for _, _, value in sorted(found)[: self._most]]


class OversizeStats:
    """What is known of the events that have more properties than the rules allow.

    ``most`` is how many one of them has at most. Of those whose properties were looked at ``events`` is the number,
    ``properties`` and ``nulls`` are how many properties they have together, and how many of these are null;
    ``fitting`` counts the events that would be within the limit without their nulls.
    """

    __slots__ = ("events", "fitting", "most", "nulls", "properties")

    def __init__(self, events: int = 0, most: int = 0, properties: int = 0, nulls: int = 0, fitting: int = 0) -> None:
        self.events = events
        self.most = most
        self.properties = properties
        self.nulls = nulls
        self.fitting = fitting

    def add(self, size: int, nulls: Sequence[int], limit: int) -> None:
        """Count events of ``size`` properties each; ``nulls`` says how many of each event's are null."""
        self.events += len(nulls)
        self.most = max(self.most, size)
        self.properties += size * len(nulls)
        self.nulls += sum(nulls)
        self.fitting += sum(size - count <= limit for count in nulls)

    def update(self, other: "OversizeStats") -> None:
        """Take in the counts of another part."""
        self.events += other.events
        self.most = max(self.most, other.most)
        self.properties += other.properties
        self.nulls += other.nulls
        self.fitting += other.fitting

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, OversizeStats):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    __hash__ = None  # type: ignore[assignment]  # it changes


class EventStats:
    """The counts of the events of one name.

    ``errors`` are those of whole events and of names that are none; ``unlisted`` counts the values of properties
    beyond the bounds, of which nothing else is known. ``unread`` counts the events whose properties were not looked
    at, since they are no object or far too many; ``oversize`` is about those with too many. ``misnamed`` counts the
    events with a name that is no property name; ``bad_names`` lists such names, at most :data:`MAX_BAD_NAMES`, as a
    message may show them, each with its errors. What stands under such a name is not looked at.
    """

    __slots__ = ("bad_names", "count", "errors", "misnamed", "oversize", "properties", "unlisted", "unread")

    def __init__(self) -> None:
        self.count = 0
        self.errors: ErrorsByCode = {}
        self.properties: dict[str, PropertyStats] = {}
        self.unlisted = 0
        self.unread = 0
        self.oversize = OversizeStats()
        self.misnamed = 0
        self.bad_names: dict[str, ErrorsByCode] = {}

    @property
    def looked_at(self) -> int:
        """How many events had their properties looked at: what shares of events are shares of."""
        return self.count - self.unread

    def add_events(self, rows: Sequence[Collection[Any]], size: int, first: Location, rules: Rules) -> None:
        """Count events of ``size`` properties each, whose values are ``rows``; ``first`` is where the first stood."""
        self.count += len(rows)
        if size > rules.max_properties:
            nulls = [sum(value is None for value in row) for row in rows]
            self.oversize.add(size, nulls, rules.max_properties)
            count_error(
                self.errors, TooManyProperties(PROPERTIES_POINTER, rules.max_properties, size), first, len(rows)
            )

    def add_unread(self, error: Violation, location: Location, rules: Rules) -> None:
        """Count an event whose properties are no object, or too many to be looked at."""
        self.count += 1
        self.unread += 1
        if isinstance(error, TooManyProperties):
            self.oversize.most = max(self.oversize.most, error.actual)
            error = TooManyProperties(PROPERTIES_POINTER, rules.max_properties, error.actual)
        count_error(self.errors, error, location)

    def add_bad_name(self, name: object, error: Violation, location: Location, count: int, rules: Rules) -> None:
        """Count a ``name`` that is no property name, which stood in so many events, first at ``location``."""
        count_error(self.errors, error, location, count)
        listed = self._listed(truncate(name, rules.max_name_length))
        if listed is not None:
            count_error(listed, error, location, count)

    def _listed(self, name: str) -> ErrorsByCode | None:
        """The errors of a bad name, ``None`` where enough others stand before it: they do so in every whole too."""
        names = self.bad_names
        if name not in names and len(names) == MAX_BAD_NAMES:
            last = max(names)
            if last < name:
                return None
            del names[last]
        return names.setdefault(name, {})

    def update(self, other: "EventStats") -> None:
        """Take in the counts of another part, but not those of its properties."""
        self.count += other.count
        self.unlisted += other.unlisted
        self.unread += other.unread
        self.misnamed += other.misnamed
        self.oversize.update(other.oversize)
        update_errors(self.errors, other.errors)
        for name, errors in other.bad_names.items():
            listed = self._listed(name)
            if listed is not None:
                update_errors(listed, errors)

    def shift(self, lines: int) -> None:
        """Count in place as if all events had stood that many lines further down."""
        for errors in (self.errors, *self.bad_names.values()):
            shift_errors(errors, lines)
        for property_ in self.properties.values():
            property_.shift(lines)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, EventStats):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    __hash__ = None  # type: ignore[assignment]  # it changes


def _count_whole(values: Sequence[float]) -> int:
    """How many of the floats an int property would take."""
    whole = sum(map(float.is_integer, values))
    if whole and (min(values) < -_INT64 or max(values) >= _INT64):
        return sum(map(_is_whole, values))
    return whole


def _is_whole(value: float) -> bool:
    """Whether an int property would take the float."""
    return value.is_integer() and -_INT64 <= value < _INT64
