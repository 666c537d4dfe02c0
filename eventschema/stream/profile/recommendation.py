"""The schemas to declare before going live: each property has the type that accepts most of its values.

Also: how many values a type accepts, the first that it rejects, and the type of the first value of a property.
"""

from typing import NamedTuple

from eventschema.core.hints import hinted_type
from eventschema.core.rules import Rules
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
    """A property for which no single type accepts every value.

    ``types`` has the number of values of each detected type. The type ``recommended`` accepts the most, ``taken``; it
    would refuse the ``refused`` others, the first of them at ``first`` (``None`` if that is not known).
    """

    event: str
    property: str
    types: dict[PropertyType, int]
    recommended: PropertyType
    taken: int
    refused: int
    first: Location | None


class Recommendation(NamedTuple):
    """Schemas by event name, and the properties whose types in these do not accept every value."""

    schemas: dict[str, EventSchema]
    unsettled: tuple[Unsettled, ...]


class Choice(NamedTuple):
    """The ``type`` that accepts the most values of a property: it accepts ``taken`` and refuses ``refused`` of them.

    ``first_refused`` is the location of the first of these; ``None`` if there is none, or it is not known.
    """

    type: PropertyType
    taken: int
    refused: int
    first_refused: Location | None


def choice_of(name: str, stats: PropertyStats, rules: Rules) -> Choice | None:
    """The type that ``rules`` recommend for the property ``name``: that of a hint, else the one of :func:`choose`."""
    exact = rules.types == "exact"
    hint = hinted_type(name, rules.hints)
    if hint is None or not stats.types:
        return choose(stats, exact=exact)
    return _choice(stats, hint, exact=exact)


def choice_for(stats: PropertyStats, type_: PropertyType) -> Choice:
    """How many values of a property ``type_`` accepts and refuses, and where the first refused one is."""
    return _choice(stats, type_, exact=False)


def type_at_first(name: str, stats: PropertyStats, rules: Rules) -> PropertyType | None:
    """The type that a replay gives the property ``name``: that of a hint, else of its first value; ``None`` if none."""
    return hinted_type(name, rules.hints) or first_type(stats)


def recommend(counts: ProfileCounts) -> Recommendation:
    """The schemas whose types accept the most of the values that were counted, property by property.

    The properties of an event are in the order in which they came. Values that no type accepts (too long, arrays) and
    nulls do not count; a property without other values is not in the schema.
    """
    schemas: dict[str, EventSchema] = {}
    unsettled: list[Unsettled] = []
    for event, event_stats in counts.sorted_events().items():
        types: dict[str, PropertyType] = {}
        for name, stats in in_order(event_stats):
            choice = choice_of(name, stats, counts.rules)
            if choice is None:
                continue
            types[name] = choice.type
            if choice.refused:
                unsettled.append(Unsettled(event, name, counts_by_type(stats), *choice))
        schemas[event] = EventSchema(event, types)
    return Recommendation(schemas, tuple(unsettled))


def in_order(stats: EventStats) -> list[tuple[str, PropertyStats]]:
    """The properties of an event in the order in which they came: by first location, then by position in the event.

    Counts of older documents, which lack these, are ordered by the first values, then by name.
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
    """The type that accepts the most values of a property; ``None`` if no type accepts any.

    ``exact``: as under ``Rules(types="exact")``.

    Among types that accept equally many, a type that some value has comes first, then float, then the order of
    ``PropertyType``.
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

    return _choice(stats, max(found, key=merit), exact=exact)


def _choice(stats: PropertyStats, type_: PropertyType, *, exact: bool) -> Choice:
    count = taken(stats, type_, exact=exact)
    return Choice(type_, count, values(stats) - count, _first_refused(stats, type_, exact=exact))


def values(stats: PropertyStats) -> int:
    """How many values of a property any type accepts."""
    return sum(counts.count for counts in stats.types.values()) + stats.numbers.beyond


def taken(stats: PropertyStats, type_: PropertyType, *, exact: bool = False) -> int:
    """How many values of a property the type ``type_`` accepts."""
    beyond = 0 if type_ is _FLOAT else stats.numbers.beyond
    return values(stats) - beyond - refused(stats, type_, exact=exact)


def _first_refused(stats: PropertyStats, type_: PropertyType, *, exact: bool) -> Location | None:
    """The location of the first value that ``type_`` refuses, though another type accepts it."""
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
    """The type of the first value of a property, ``None`` without any."""
    firsts = ((counts.first, list(PropertyType).index(type_), type_) for type_, counts in stats.types.items())
    return min(firsts, default=(None, 0, None))[2]


def refused(stats: PropertyStats, type_: PropertyType, *, exact: bool = False) -> int:
    """How many values of a property are a ``type_conflict`` if its type is ``type_``."""
    others = sum(counts.count for other, counts in stats.types.items() if other is not type_)
    if exact:
        return others
    if type_ is _INT:
        return others - stats.numbers.whole
    if type_ is _FLOAT and _INT in stats.types:
        return others - stats.types[_INT].count + stats.numbers.inexact
    if type_ is _STRING:
        return sum(counts.count for other, counts in stats.types.items() if other not in _TEXTS)
    return others
