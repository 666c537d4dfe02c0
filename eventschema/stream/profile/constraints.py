"""What could be declared beyond types, with the evidence: required properties, closed sets of values, ranges, lengths.

The library itself knows no such constraints. They are for schemas in other systems, and for people.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from eventschema.core.types import PropertyType
from eventschema.stream.profile.counts import ProfileCounts
from eventschema.stream.profile.moments import MomentRange
from eventschema.stream.profile.propertystats import PropertyStats
from eventschema.stream.profile.recommendation import choice_of, in_order

#: How often each value of a closed set was seen on average, at least.
CLOSED_REPEATS: Final = 20
#: The most values of a closed set.
MAX_CLOSED: Final = 30
#: The fewest events that show that a property is required, if all of them have it.
REQUIRED_EVENTS: Final = 20

_NUMBERS: Final = frozenset({PropertyType.INT, PropertyType.FLOAT})
_SETS: Final = frozenset({PropertyType.INT, PropertyType.STRING})


class Constraints(NamedTuple):
    """What is true of all values of a property of one event.

    - ``type``: the recommended type, which accepts all values. ``events``: how many events were looked at, ``present``
      how many of them have a value: the size of the evidence.
    - ``required``: there are at least :data:`REQUIRED_EVENTS` events, and each has a value.
    - ``values``: the values and how often each was seen, the most frequent first, if the set is closed: distinct values
      stay few while events grow. ``None`` if it is not, or no value was kept.
    - ``least``, ``greatest``: of numbers. ``moments``: the earliest and the latest of dates or dateTimes.
    - ``longest``: of texts, in characters.
    """

    type: PropertyType
    events: int
    present: int
    required: bool
    values: Mapping[Any, int] | None = None
    least: float | None = None
    greatest: float | None = None
    moments: MomentRange | None = None
    longest: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """The fields, ready for JSON: ``values`` as pairs of a value and its count."""
        values = None if self.values is None else [[value, count] for value, count in self.values.items()]
        return {
            **self._asdict(),
            "type": self.type.value,
            "values": values,
            "moments": self.moments and [*self.moments],
        }


def constraints(counts: ProfileCounts) -> dict[str, dict[str, Constraints]]:
    """The constraints of each property of each event, where the recommended type accepts all values."""
    found: dict[str, dict[str, Constraints]] = {}
    for event, stats in counts.sorted_events().items():
        of_event = found[event] = {}
        for name, property_ in in_order(stats):
            choice = choice_of(name, property_, counts.rules)
            if choice is not None and not choice.refused:
                of_event[name] = _constraints(property_, choice.type, stats.looked_at)
    return found


def _constraints(stats: PropertyStats, type_: PropertyType, events: int) -> Constraints:
    present = sum(counts.count for counts in stats.types.values())
    own = stats.types.get(type_)
    return Constraints(
        type_,
        events,
        present,
        present == events >= REQUIRED_EVENTS,
        _closed_set(stats, type_, present),
        stats.numbers.least if type_ in _NUMBERS else None,
        stats.numbers.greatest if type_ in _NUMBERS else None,
        None if own is None else own.range,
        stats.longest,
    )


def _closed_set(stats: PropertyStats, type_: PropertyType, present: int) -> dict[Any, int] | None:
    if type_ not in _SETS or set(stats.types) != {type_}:
        return None
    top = top_values(stats)
    if not top or len(top) > MAX_CLOSED or len(top) * CLOSED_REPEATS > present:
        return None
    return dict(top)


def top_values(stats: PropertyStats) -> list[tuple[Any, int]]:
    """Each value of a property with its count, the most frequent first; empty unless there are few of each type."""
    counted = [counts.values.counts for counts in stats.types.values()]
    if any(counts is None for counts in counted):
        return []
    pairs = [(value, count) for counts in counted for value, count in (counts or {}).items()]
    return sorted(pairs, key=_by_count)


def _by_count(pair: tuple[Any, int]) -> tuple[int, bool, Any, str]:
    value, count = pair
    return -count, type(value) is str, value, type(value).__name__
