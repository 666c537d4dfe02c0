"""The findings of a profile: what a person should look at before going live, with the evidence.

A finding has its kind, what it is about, the figures, and a sentence made of them. Values of events are in ``examples``
only, never in the sentence.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from eventschema.core.rules import Rules
from eventschema.core.violations import (
    InvalidName,
    MalformedRequest,
    NameTooLong,
    TooManyProperties,
)
from eventschema.stream.profile.counts import ProfileCounts
from eventschema.stream.profile.eventstats import EventStats
from eventschema.stream.profile.finding import Finding, are, firsts, have, many, of, were
from eventschema.stream.profile.locations import ErrorsByCode, ErrorStats
from eventschema.stream.profile.lookalikes import CASE, differences, look_alikes
from eventschema.stream.profile.personaldata import PERSONAL_DATA, personal_data
from eventschema.stream.profile.propertyfindings import error_findings, findings_of_property
from eventschema.stream.profile.recommendation import in_order
from eventschema.stream.profile.valuehints import HINT_KINDS, hints_of

#: From so many events on, a property that was seen once is a finding.
MANY_EVENTS: Final = 100

#: How many names of one pattern are a sign that names are made of dates, numbers or ids.
MANY_NAMES: Final = 20

# A date, a number or an id in a name: digits, or hexadecimal digits and hyphens with a digit. It looks ahead from every
# character, and so no further than the longest event name.
_VARYING: Final = re.compile(r"(?=[0-9a-fA-F\-]{0,255}[0-9])(?:[0-9]+|[0-9a-fA-F\-]{6,})")
_MAX_LISTED: Final = 5
_LATER: Final = {kind: place for place, kind in enumerate((*HINT_KINDS, PERSONAL_DATA), 1)}


def findings(counts: ProfileCounts) -> tuple[Finding, ...]:
    """All findings, those that cost the most events first.

    Findings that cost equally many: first those of the whole profile, then event by event, in a fixed order. Among
    those that cost none, hints at what values mean come last, in the order of :data:`HINT_KINDS`, and then personal
    data.
    """
    events, bounds = counts.sorted_events(), counts.bounds
    found = [*_without_event(counts.errors), *_growing(None, events), *_look_alikes(None, events)]
    if counts.unlisted_events:
        count, bound = counts.unlisted_events, bounds.events
        beyond = f"{many(count, 'event')} of further names {were(count)} not looked at"
        text = f"There are more than {many(bound, 'event name')}; {beyond}."
        found.append(Finding("bound_reached", None, None, text, count))
    unlisted = sum(t.unlisted for t in events.values() if len(t.properties) < bounds.properties)
    if unlisted:
        text = f"There are more than {many(bounds.total, 'property')} of all events"
        found.append(_beyond(None, unlisted, text))
    for event, stats in events.items():
        found.extend(_of_event(counts, event, stats))
    return tuple(sorted(found, key=lambda finding: (-finding.events, _LATER.get(finding.kind, 0))))


def _without_event(errors: ErrorsByCode) -> Iterator[Finding]:
    for code, error in sorted(errors.items()):
        text = f"{many(error.count, 'line')} {'carries' if error.count == 1 else 'carry'} no event: {code}."
        yield Finding(code, None, None, text, error.count, (error.first,), events=error.count)


def _of_event(profile: ProfileCounts, event: str, stats: EventStats) -> Iterator[Finding]:
    rules = profile.rules
    yield from _refused_as_a_whole(event, stats, rules)
    of_properties = [
        found
        for name, counts in in_order(stats)
        for found in (
            *findings_of_property(event, name, counts, rules),
            *error_findings(event, name, counts, rules),
            *hints_of(event, name, counts, rules),
            *personal_data(event, name, counts),
        )
    ]
    yield from sorted(of_properties, key=lambda found: -found.affected)
    yield from _growing(event, stats.properties)
    yield from _look_alikes(event, stats.properties)
    yield from _seen_once(event, stats)
    bound = profile.bounds.properties
    if stats.unlisted and len(stats.properties) >= bound:
        yield _beyond(event, stats.unlisted, f"There are more than {many(bound, 'property')}")


def _refused_as_a_whole(event: str, stats: EventStats, rules: Rules) -> Iterator[Finding]:
    """The errors of whole events, whatever the values of their properties."""
    if error := stats.errors.get(MalformedRequest.code):
        text = f"The properties of {of(error.count, stats.count, 'event')} are not an object."
        yield Finding(MalformedRequest.code, event, None, text, error.count, (error.first,), events=error.count)
    if error := stats.errors.get(TooManyProperties.code):
        text = _too_many(error, stats, rules.max_properties)
        yield Finding(TooManyProperties.code, event, None, text, error.count, (error.first,), events=error.count)
    if stats.misnamed:
        yield _misnamed(event, stats)


def _too_many(error: ErrorStats, stats: EventStats, limit: int) -> str:
    counts = stats.oversize
    text = f"{of(error.count, stats.count, 'event')} {have(error.count)} more than {many(limit, 'property')}"
    if not counts.most:  # the document of a profile from before it was counted
        return f"{text}: see --max-properties."
    text += f", up to {counts.most:,}; --max-properties {counts.most} takes all of them."
    if counts.nulls:
        nulls = f"{of(counts.nulls, counts.properties, 'property')} of these events {are(counts.nulls)} null"
        fitting = f"{of(counts.fitting, counts.events, 'event')} would be within the limit"
        text += f" {nulls}; without them, {fitting}."
    if unread := error.count - counts.events:
        text += f" {many(unread, 'event')} {were(unread)} not looked at, with even more properties."
    return text


def _misnamed(event: str, stats: EventStats) -> Finding:
    """The finding that events have invalid property names."""
    errors = [stats.errors[code] for code in (InvalidName.code, NameTooLong.code) if code in stats.errors]
    names = sorted(stats.bad_names)
    listed = sum(error.count for each in stats.bad_names.values() for error in each.values())
    if listed < sum(error.count for error in errors):  # there are more, or it is the document of an earlier version
        what = f"{f'More than {len(names):,}' if names else 'Some'} names are not valid property names"
    else:
        valid = "not a valid property name" if len(names) == 1 else "not valid property names"
        what = f"{many(len(names), 'name')} {are(len(names))} {valid}"
    text = f"{what}, in {of(stats.misnamed, stats.looked_at, 'event')}."
    places = tuple(sorted(error.first for error in errors))[:1]
    return Finding(
        InvalidName.code,
        event,
        None,
        text,
        len(names),
        places,
        tuple(names[:_MAX_LISTED]),
        events=stats.misnamed,
        options=("--names lawful", "--invalid drop"),
    )


def _beyond(event: str | None, count: int, text: str) -> Finding:
    """The finding that a bound on properties was reached, and how many values are beyond it."""
    beyond = f"{many(count, 'value')} of further names {were(count)} not looked at"
    return Finding("bound_reached", event, None, f"{text}; {beyond}.", count)


def _seen_once(event: str, stats: EventStats) -> Iterator[Finding]:
    if stats.count < MANY_EVENTS:
        return
    growing = {name for _, group in _patterns(stats.properties) for name in group}
    once = [(name, counts) for name, counts in in_order(stats) if counts.seen == 1 and name not in growing]
    if once:
        names, places = tuple(name for name, _ in once), firsts(c for _, p in once for c in p.types.values())
        text = f"{many(len(once), 'property')} {were(len(once))} in one of {stats.count:,} events only."
        yield Finding("seen_once", event, None, text, len(once), places, names[:_MAX_LISTED])


def _look_alikes(event: str | None, names: Iterable[str]) -> Iterator[Finding]:
    for group in look_alikes(names):
        ways = differences(group)
        text = f"{many(len(group), 'name')} of {_what(event)} differ only in {' and '.join(ways)}."
        kind = "case_only" if ways == (CASE,) else "look_alike"
        yield Finding(kind, event, None, text, len(group), (), group[:_MAX_LISTED])


def _growing(event: str | None, names: Iterable[str]) -> Iterator[Finding]:
    for pattern, group in _patterns(names):
        made = f"{len(group):,} names of {_what(event)} are of the pattern {pattern}"
        text = f"{made}: dates, numbers or ids used as names."
        yield Finding("growing_names", event, None, text, len(group), (), tuple(group[:_MAX_LISTED]))


def _patterns(names: Iterable[str]) -> list[tuple[str, list[str]]]:
    """The patterns that many names have, each with these names."""
    groups: dict[str, list[str]] = {}
    for name in sorted(names):
        pattern = _VARYING.sub("*", name)
        if pattern != name:
            groups.setdefault(pattern, []).append(name)
    return [(pattern, group) for pattern, group in sorted(groups.items()) if len(group) >= MANY_NAMES]


def _what(event: str | None) -> str:
    return "events" if event is None else "properties"
