"""What to declare before going live: for each property the type that takes the most of its values.

And the questions behind it: how many values a type takes, where the first stood that it does not, and which type the
first value of a property has.
"""

from typing import NamedTuple

from eventschema.core.schema import EventSchema
from eventschema.core.types import TEXT_TYPES, PropertyType
from eventschema.stream.profile.columns import FirstSeen
from eventschema.stream.profile.counts import ProfileCounts
from eventschema.stream.profile.eventstats import EventStats
from eventschema.stream.profile.locations import Location
from eventschema.stream.profile.propertystats import PropertyStats

_INT = PropertyType.INT
_FLOAT = PropertyType.FLOAT
_STRING = PropertyType.STRING
_TEXTS = frozenset(TEXT_TYPES)
_NUMBERS = frozenset({_INT, _FLOAT})
_LAST = FirstSeen(Location("\U0010ffff", 0), 0)


class Unsettled(NamedTuple):
    """A property that no single type takes every value of.

    ``types`` is how many values are of each detected type. The type ``recommended`` takes the most of them, ``taken``;
    it would still refuse the ``refused`` others, of which ``first`` is the first (``None`` where that is not known).
    """

    event: str
    property: str
    types: dict[PropertyType, int]
    recommended: PropertyType
    taken: int
    refused: int
    first: Location | None


class Recommendation(NamedTuple):
    """Schemas by event name, and the properties of which the types in them do not take every value."""

    schemas: dict[str, EventSchema]
    unsettled: tuple[Unsettled, ...]


class Choice(NamedTuple):
    """The ``type`` that takes the most values of a property: ``taken`` of them, ``refused`` not.

    ``first_refused`` is where the first of those stood; ``None`` where there is none, or it is not known.
    """

    type: PropertyType
    taken: int
    refused: int
    first_refused: Location | None


def recommend(counts: ProfileCounts) -> Recommendation:
    """The schemas whose types take the most of the values that were counted, property by property.

    An event has its properties in the order in which they came. Values that no type takes (too long, arrays) have no
    say, and nor have nulls; a property that had no others is in no schema.
    """
    exact = counts.rules.types == "exact"
    schemas: dict[str, EventSchema] = {}
    unsettled: list[Unsettled] = []
    for event, event_stats in counts.sorted_events().items():
        types: dict[str, PropertyType] = {}
        for name, stats in in_order(event_stats):
            choice = choose(stats, exact=exact)
            if choice is None:
                continue
            types[name] = choice.type
            if choice.refused:
                unsettled.append(Unsettled(event, name, counts_by_type(stats), *choice))
        schemas[event] = EventSchema(event, types)
    return Recommendation(schemas, tuple(unsettled))


def in_order(stats: EventStats) -> list[tuple[str, PropertyStats]]:
    """The properties of an event as they came: by the first line of each, and within a line in its order.

    Counts that were saved before that order was kept go by the first values, then by name.
    """
    return sorted(stats.properties.items(), key=_as_it_came)


def _as_it_came(item: tuple[str, PropertyStats]) -> tuple[FirstSeen, str]:
    name, stats = item
    first_value = _LAST if stats.first is None else FirstSeen(stats.first, 0)
    return stats.first_seen or first_value, name


def counts_by_type(stats: PropertyStats) -> dict[PropertyType, int]:
    """How many values of a property are of each type, in the order of the types."""
    return {type_: stats.types[type_].count for type_ in PropertyType if type_ in stats.types}


def choose(stats: PropertyStats, *, exact: bool = False) -> Choice | None:
    """The type that takes the most values of a property; ``None`` where no type takes any. ``exact``: see the rules.

    Of types that take as many, one that some value is of goes first, then float, then the order of ``PropertyType``.
    """
    found = list(stats.types)
    if not exact:
        if _FLOAT not in found and (_INT in found or stats.numbers.beyond):
            found.append(_FLOAT)
        if _STRING not in found and len(_TEXTS.intersection(found)) > 1:
            found.append(_STRING)
    if not found:
        return None
    order = list(PropertyType)

    def merit(type_: PropertyType) -> tuple[int, bool, bool, int]:
        return taken(stats, type_, exact=exact), type_ in stats.types, type_ is _FLOAT, -order.index(type_)

    best = max(found, key=merit)
    count = taken(stats, best, exact=exact)
    return Choice(best, count, values(stats) - count, _first_refused(stats, best, exact=exact))


def values(stats: PropertyStats) -> int:
    """How many values of a property some type takes."""
    return sum(counts.count for counts in stats.types.values()) + stats.numbers.beyond


def taken(stats: PropertyStats, type_: PropertyType, *, exact: bool = False) -> int:
    """How many values of a property would be taken if its type were ``type_``."""
    beyond = 0 if type_ is _FLOAT else stats.numbers.beyond
    return values(stats) - beyond - refused(stats, type_, exact=exact)


def _first_refused(stats: PropertyStats, type_: PropertyType, *, exact: bool) -> Location | None:
    """Where the first of the values stood that ``type_`` does not take, though some type does."""
    numbers = stats.numbers
    locations = [] if type_ is _FLOAT else [numbers.first_beyond]
    for other, counts in stats.types.items():
        if other is type_ or (not exact and type_ is _STRING and other in _TEXTS):
            continue
        if not exact and {type_, other} == _NUMBERS:
            locations.append(numbers.first_fraction if type_ is _INT else numbers.first_inexact)
        else:
            locations.append(counts.first)
    return min((location for location in locations if location is not None), default=None)


def first_type(stats: PropertyStats) -> PropertyType | None:
    """The type of the first value of a property that has one."""
    firsts = ((counts.first, list(PropertyType).index(type_), type_) for type_, counts in stats.types.items())
    return min(firsts, default=(None, 0, None))[2]


def refused(stats: PropertyStats, settled: PropertyType, *, exact: bool = False) -> int:
    """How many values of a property are a ``type_conflict`` where its type is ``settled``."""
    others = sum(counts.count for type_, counts in stats.types.items() if type_ is not settled)
    if exact:
        return others
    if settled is _INT:
        return others - stats.numbers.whole
    if settled is _FLOAT and _INT in stats.types:
        return others - stats.types[_INT].count + stats.numbers.inexact
    if settled is _STRING:
        return sum(counts.count for type_, counts in stats.types.items() if type_ not in _TEXTS)
    return others
