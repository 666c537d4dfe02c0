"""Drift: what changed between an earlier profile and a later one, each change with its rate.

A rate is from 0 to 1, which is the greatest possible change. Only ranges of numbers are compared: those of dates change
every day.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

from eventschema.core.types import PropertyType
from eventschema.stream.profile.counts import ProfileCounts
from eventschema.stream.profile.eventstats import EventStats
from eventschema.stream.profile.finding import many
from eventschema.stream.profile.propertystats import PropertyStats


class ChangeKind(StrEnum):
    """What changed; its rate is in parentheses.

    - ``new``: an event (its share of all events) or a property (the share of the events that have it) is new.
    - ``vanished``: an event or a property is no longer seen (the share that it had).
    - ``presence``: the share of events with the property, with a value or null (the difference).
    - ``nulls``: the share of nulls where the property is there (the difference).
    - ``types``: the share of values of each type (half of the sum of the differences: 1 if no type is the same).
    - ``range``: the least number is less, or the greatest is greater (the part of the range now that is new).
    """

    NEW = "new"
    VANISHED = "vanished"
    PRESENCE = "presence"
    NULLS = "nulls"
    TYPES = "types"
    RANGE = "range"


#: From these rates on, a change counts as drift.
DEFAULT_THRESHOLDS: Final[Mapping[ChangeKind, float]] = dict.fromkeys(ChangeKind, 0.05)


class Change(NamedTuple):
    """A change of an ``event``, or of a ``property`` of it. ``passed`` says whether ``rate`` reaches the threshold."""

    kind: ChangeKind
    event: str
    property: str | None
    rate: float
    message: str
    passed: bool

    def to_dict(self) -> dict[str, Any]:
        """The fields, ready for JSON."""
        return {**self._asdict(), "kind": self.kind.value}


def changes(
    before: ProfileCounts, after: ProfileCounts, thresholds: Mapping[ChangeKind, float] = DEFAULT_THRESHOLDS
) -> tuple[Change, ...]:
    """What changed from ``before`` to ``after``: by event, and for each event the greatest rate first.

    Changes of a rate of 0 are left out. A kind that ``thresholds`` lacks never passes.
    """
    found: list[Change] = []
    for event in sorted({*before.events, *after.events}):
        one, other = before.events.get(event), after.events.get(event)
        if one is None or other is None:
            pairs = [_came_or_went(event, one, other, before, after)]
        else:
            pairs = sorted(_of_event(event, one, other), key=lambda change: -change.rate)
        found.extend(pairs)
    return tuple(
        change._replace(passed=change.rate >= thresholds.get(change.kind, 2.0)) for change in found if change.rate > 0
    )


def _came_or_went(
    event: str, one: EventStats | None, other: EventStats | None, before: ProfileCounts, after: ProfileCounts
) -> Change:
    if other is not None:
        rate = _share(other.count, after.count)
        return Change(ChangeKind.NEW, event, None, rate, f"A new event, seen {many(other.count, 'time')}.", False)
    count = 0 if one is None else one.count
    rate = _share(count, before.count)
    return Change(ChangeKind.VANISHED, event, None, rate, f"No longer seen; it was seen {many(count, 'time')}.", False)


def _of_event(event: str, before: EventStats, after: EventStats) -> Iterator[Change]:
    for name in sorted({*before.properties, *after.properties}):
        one, other = before.properties.get(name), after.properties.get(name)
        if one is not None and other is not None:
            shares = _share(one.seen, before.looked_at), _share(other.seen, after.looked_at)
            for kind, rate, message in _of_property(one, other, *shares):
                yield Change(kind, event, name, rate, message, False)
        elif other is not None:
            rate = _share(other.seen, after.looked_at)
            yield Change(ChangeKind.NEW, event, name, rate, f"A new property, in {rate:.1%} of events.", False)
        elif one is not None:
            rate = _share(one.seen, before.looked_at)
            yield Change(
                ChangeKind.VANISHED, event, name, rate, f"No longer seen; it was in {rate:.1%} of events.", False
            )


def _of_property(
    one: PropertyStats, other: PropertyStats, share: float, now: float
) -> Iterator[tuple[ChangeKind, float, str]]:
    yield ChangeKind.PRESENCE, abs(now - share), f"In {now:.1%} of events, before in {share:.1%}."
    nulls, nulls_now = _share(one.nulls, one.seen), _share(other.nulls, other.seen)
    yield ChangeKind.NULLS, abs(nulls_now - nulls), f"Null in {nulls_now:.1%}, before in {nulls:.1%}."
    yield from _types(one, other)
    yield from _range(one, other)


def _types(one: PropertyStats, other: PropertyStats) -> Iterator[tuple[ChangeKind, float, str]]:
    before, after = _shares(one), _shares(other)
    if before and after:
        rate = sum(abs(after.get(type_, 0.0) - before.get(type_, 0.0)) for type_ in PropertyType) / 2
        yield ChangeKind.TYPES, round(rate, 12), f"{_list(after)}; before {_list(before)}."


def _range(one: PropertyStats, other: PropertyStats) -> Iterator[tuple[ChangeKind, float, str]]:
    before, after = one.numbers, other.numbers
    if before.least is None or before.greatest is None or after.least is None or after.greatest is None:
        return
    least, greatest = min(before.least, after.least), max(before.greatest, after.greatest)
    # Halved, since the difference of two doubles may be beyond the doubles.
    width, known = greatest / 2 - least / 2, before.greatest / 2 - before.least / 2
    if width > known:
        message = f"From {after.least} to {after.greatest}, before from {before.least} to {before.greatest}."
        yield ChangeKind.RANGE, (width - known) / width, message


def _shares(stats: PropertyStats) -> dict[PropertyType, float]:
    whole = sum(counts.count for counts in stats.types.values())
    return {type_: stats.types[type_].count / whole for type_ in PropertyType if type_ in stats.types}


def _list(shares: Mapping[PropertyType, float]) -> str:
    return ", ".join(f"{type_} {share:.1%}" for type_, share in shares.items())


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
