"""What to declare before going live: for each event the types that take every value seen.

And the two questions behind it: which single type takes all values of a property, and how many of them a replay would
refuse once the first has settled the type.
"""

from typing import NamedTuple

from eventschema.core.schema import EventSchema
from eventschema.core.types import TEXT_TYPES, PropertyType
from eventschema.stream.places import Place
from eventschema.stream.profile import EventProfile
from eventschema.stream.tallies import EventTally, FirstSeen, PropertyTally

_BOOL = PropertyType.BOOL
_INT = PropertyType.INT
_FLOAT = PropertyType.FLOAT
_STRING = PropertyType.STRING
_TEXTS = frozenset(TEXT_TYPES)
_NUMBERS = frozenset({_INT, _FLOAT})
_LAST = FirstSeen(Place("\U0010ffff", 0), 0)


class Unsettled(NamedTuple):
    """A property that no single type takes every value of, and how many values are of each type."""

    event: str
    property: str
    types: dict[PropertyType, int]


class Recommendation(NamedTuple):
    """Schemas by event name, and the properties that are in none of them since no single type would do."""

    schemas: dict[str, EventSchema]
    unsettled: tuple[Unsettled, ...]


def recommend(profile: EventProfile) -> Recommendation:
    """The schemas whose types take every value that ``profile`` has counted.

    An event has its properties in the order in which they came. Values that are of no type (too long, arrays) have no
    say, and nor have nulls; a property that had no others is in no schema. But an int beyond 64 bits that a float is
    exactly, which int would refuse, makes it float where float takes all the others.
    """
    exact = profile.rules.types == "exact"
    schemas: dict[str, EventSchema] = {}
    unsettled: list[Unsettled] = []
    for event, tally in profile.events.items():
        types: dict[str, PropertyType] = {}
        for name, counts in in_order(tally):
            type_ = single_type(counts, exact=exact)
            if type_ is not None:
                types[name] = type_
            elif counts.types:
                unsettled.append(Unsettled(event, name, counts_by_type(counts)))
        schemas[event] = EventSchema(event, types)
    return Recommendation(schemas, tuple(unsettled))


def in_order(tally: EventTally) -> list[tuple[str, PropertyTally]]:
    """The properties of an event as they came: by the first line of each, and within a line in its order.

    Counts that were saved before that order was kept go by the first values, then by name.
    """
    return sorted(tally.properties.items(), key=_as_it_came)


def _as_it_came(item: tuple[str, PropertyTally]) -> tuple[FirstSeen, str]:
    name, tally = item
    first_value = _LAST if tally.first is None else FirstSeen(tally.first, 0)
    return tally.first_seen or first_value, name


def counts_by_type(tally: PropertyTally) -> dict[PropertyType, int]:
    """How many values of a property are of each type, in the order of the types."""
    return {type_: tally.types[type_].count for type_ in PropertyType if type_ in tally.types}


def single_type(tally: PropertyTally, *, exact: bool = False) -> PropertyType | None:
    """The type that takes every value of a property, if there is one. ``exact``: takes no value of another type."""
    types = tally.types.keys()
    if types <= _NUMBERS and tally.numbers.beyond and not tally.numbers.inexact:
        return _FLOAT
    if len(types) == 1:
        return next(iter(types))
    if exact or not types:
        return None
    if types == _NUMBERS:
        if not tally.numbers.inexact:
            return _FLOAT
        return _INT if tally.numbers.whole == tally.types[_FLOAT].count else None
    return _STRING if types <= _TEXTS else None


def first_type(tally: PropertyTally) -> PropertyType | None:
    """The type that the first value of a property would settle in a replay."""
    firsts = ((counts.first, list(PropertyType).index(type_), type_) for type_, counts in tally.types.items())
    return min(firsts, default=(None, 0, None))[2]


def refused(tally: PropertyTally, settled: PropertyType, *, exact: bool = False) -> int:
    """How many values of a property are a ``type_conflict`` where its type is ``settled``."""
    others = sum(counts.count for type_, counts in tally.types.items() if type_ is not settled)
    if exact:
        return others
    if settled is _INT:
        return others - tally.numbers.whole
    if settled is _FLOAT and _INT in tally.types:
        return others - tally.types[_INT].count + tally.numbers.inexact
    if settled is _STRING:
        return sum(counts.count for type_, counts in tally.types.items() if type_ not in _TEXTS)
    return others
