"""The findings of a profile: what a person should look at before going live, with the evidence.

A finding has its kind, what it is about, the figures, and a sentence made of them. Values of events are in ``examples``
only, never in the sentence.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NamedTuple

from eventschema.core.hints import hinted_type
from eventschema.core.rules import Rules
from eventschema.core.types import TEXT_FORMATS, TEXT_TYPES, PropertyType
from eventschema.core.violations import (
    IntOutOfRange,
    InvalidName,
    InvalidText,
    MalformedRequest,
    NameTooLong,
    NonFiniteFloat,
    StringTooLong,
    TooManyProperties,
    UnsupportedType,
)
from eventschema.stream.profile.counts import ProfileCounts
from eventschema.stream.profile.eventstats import EventStats
from eventschema.stream.profile.locations import ErrorsByCode, ErrorStats, Location
from eventschema.stream.profile.lookalikes import CASE, differences, look_alikes
from eventschema.stream.profile.propertystats import PropertyStats
from eventschema.stream.profile.recommendation import (
    choose,
    counts_by_type,
    first_type,
    in_order,
    refused,
    taken,
    values,
)
from eventschema.stream.profile.typestats import TypeStats

#: From so many events on, a property that was seen once is a finding.
MANY_EVENTS: Final = 100

#: How many names of one pattern are a sign that names are made of dates, numbers or ids.
MANY_NAMES: Final = 20

#: From this share of a property's texts on, all of them are probably meant to have the format.
NEARLY_ALWAYS: Final = 0.9
_ENOUGH_TEXTS: Final = 20

# A date, a number or an id in a name: digits, or hexadecimal digits and hyphens with a digit. It looks ahead from every
# character, and so no further than the longest event name.
_VARYING: Final = re.compile(r"(?=[0-9a-fA-F\-]{0,255}[0-9])(?:[0-9]+|[0-9a-fA-F\-]{6,})")
_MAX_LISTED: Final = 5
#: One value, and several, of each kind of ``UNSUPPORTED``, and of null, which rules can reject.
UNSUPPORTED_WORDS: Final = {
    "object": ("an object", "objects"),
    "array": ("an array", "arrays"),
    "null": ("null", "null"),
    "other": ("of an unsupported class", "of unsupported classes"),
}


class Finding(NamedTuple):
    """One warning.

    - ``kind``: ``first_value``, ``type_conflict``, ``no_single_type``, ``hint``, ``nearly_one_format``,
      ``empty_text``, ``rounding``, ``case_only``, ``look_alike``, ``seen_once``, ``growing_names`` or
      ``bound_reached``; or the code of a violation, where events are refused for it whatever the schema.
    - ``event``, ``property``: what it is about, where it is about one.
    - ``message``: what was found, with the figures, which are of the values alone.
    - ``affected``: how many values, events or names it is about. ``places``: the first of them.
    - ``names``: those that it is about, the first few; ``examples``: values, as many as the profile kept.
    - ``events``: how many events have it and would be refused for it, if nothing else were wrong and nothing were
      declared; 0 where it costs none. Findings are in the order of it.
    - ``refused``: the location of the first value that the recommended type would still refuse.
    """

    kind: str
    event: str | None
    property: str | None
    message: str
    affected: int
    places: tuple[Location, ...] = ()
    names: tuple[str, ...] = ()
    examples: tuple[Any, ...] = ()
    events: int = 0
    refused: Location | None = None

    def to_dict(self) -> dict[str, Any]:
        """The fields, ready for JSON."""
        return {
            **self._asdict(),
            "places": list(map(_location, self.places)),
            "names": list(self.names),
            "examples": list(self.examples),
            "refused": self.refused and _location(self.refused),
        }


def _location(location: Location) -> dict[str, Any]:
    return {"source": location.source, "line": location.line}


def findings(counts: ProfileCounts) -> tuple[Finding, ...]:
    """All findings, those that cost the most events first.

    Findings that cost equally many: first those of the whole profile, then event by event, in a fixed order.
    """
    events, bounds = counts.sorted_events(), counts.bounds
    found = [*_without_event(counts.errors), *_growing(None, events), *_look_alikes(None, events)]
    if counts.unlisted_events:
        count, bound = counts.unlisted_events, bounds.events
        beyond = f"{_many(count, 'event')} of further names {_were(count)} not looked at"
        text = f"There are more than {_many(bound, 'event name')}; {beyond}."
        found.append(Finding("bound_reached", None, None, text, count))
    unlisted = sum(t.unlisted for t in events.values() if len(t.properties) < bounds.properties)
    if unlisted:
        text = f"There are more than {_many(bounds.total, 'property')} of all events"
        found.append(_beyond(None, unlisted, text))
    for event, stats in events.items():
        found.extend(_of_event(counts, event, stats))
    return tuple(sorted(found, key=lambda finding: -finding.events))


def _without_event(errors: ErrorsByCode) -> Iterator[Finding]:
    for code, error in sorted(errors.items()):
        text = f"{_many(error.count, 'line')} {'carries' if error.count == 1 else 'carry'} no event: {code}."
        yield Finding(code, None, None, text, error.count, (error.first,), events=error.count)


def _of_event(profile: ProfileCounts, event: str, stats: EventStats) -> Iterator[Finding]:
    rules = profile.rules
    yield from _refused_as_a_whole(event, stats, rules)
    of_properties = [
        found
        for name, counts in in_order(stats)
        for found in (*_of_property(event, name, counts, rules), *_errors(event, name, counts, rules))
    ]
    yield from sorted(of_properties, key=lambda found: -found.affected)
    yield from _growing(event, stats.properties)
    yield from _look_alikes(event, stats.properties)
    yield from _seen_once(event, stats)
    bound = profile.bounds.properties
    if stats.unlisted and len(stats.properties) >= bound:
        yield _beyond(event, stats.unlisted, f"There are more than {_many(bound, 'property')}")


def _refused_as_a_whole(event: str, stats: EventStats, rules: Rules) -> Iterator[Finding]:
    """The errors of whole events, whatever the values of their properties."""
    if error := stats.errors.get(MalformedRequest.code):
        text = f"The properties of {_of(error.count, stats.count, 'event')} are no object."
        yield Finding(MalformedRequest.code, event, None, text, error.count, (error.first,), events=error.count)
    if error := stats.errors.get(TooManyProperties.code):
        text = _too_many(error, stats, rules.max_properties)
        yield Finding(TooManyProperties.code, event, None, text, error.count, (error.first,), events=error.count)
    if stats.misnamed:
        yield _misnamed(event, stats)


def _too_many(error: ErrorStats, stats: EventStats, limit: int) -> str:
    counts = stats.oversize
    text = f"{_of(error.count, stats.count, 'event')} {_have(error.count)} more than {_many(limit, 'property')}"
    if not counts.most:  # the document of a profile from before it was counted
        return f"{text}: see --max-properties."
    text += f", up to {counts.most:,}; --max-properties {counts.most} takes all of them."
    if counts.nulls:
        nulls = f"{_of(counts.nulls, counts.properties, 'property')} of these events {_are(counts.nulls)} null"
        fitting = f"{_of(counts.fitting, counts.events, 'event')} would be within the limit"
        text += f" {nulls}; without them, {fitting}."
    if unread := error.count - counts.events:
        text += f" {_many(unread, 'event')} {_were(unread)} not looked at, with even more properties."
    return text


def _misnamed(event: str, stats: EventStats) -> Finding:
    """The finding that events have invalid property names."""
    errors = [stats.errors[code] for code in (InvalidName.code, NameTooLong.code) if code in stats.errors]
    names = sorted(stats.bad_names)
    listed = sum(error.count for each in stats.bad_names.values() for error in each.values())
    if listed < sum(error.count for error in errors):  # there are more, or it is the document of an earlier version
        what = f"{f'More than {len(names):,}' if names else 'Some'} names are no property names"
    else:
        what = f"{_many(len(names), 'name')} {'is no property name' if len(names) == 1 else 'are no property names'}"
    text = f"{what}, in {_of(stats.misnamed, stats.looked_at, 'event')}."
    places = tuple(sorted(error.first for error in errors))[:1]
    return Finding(
        InvalidName.code, event, None, text, len(names), places, tuple(names[:_MAX_LISTED]), events=stats.misnamed
    )


def _beyond(event: str | None, count: int, text: str) -> Finding:
    """The finding that a bound on properties was reached, and how many values are beyond it."""
    beyond = f"{_many(count, 'value')} of further names {_were(count)} not looked at"
    return Finding("bound_reached", event, None, f"{text}; {beyond}.", count)


def _of_property(event: str, name: str, stats: PropertyStats, rules: Rules) -> Iterator[Finding]:
    near = _empty_texts(event, name, stats) or _nearly_one_format(event, name, stats)
    hint = hinted_type(name, rules.hints)
    exact = rules.types == "exact"
    if hint is not None:
        conflict = _hint_conflict(event, name, stats, hint, exact=exact)
    else:
        conflict = _conflict(event, name, stats, exact=exact)
    if near is not None and conflict is not None and conflict.kind != "no_single_type":
        yield near._replace(events=conflict.events)
    else:
        yield from (one for one in (near, conflict) if one is not None)
    yield from _rounding(event, name, stats, rules.float_digits)


def _conflict(event: str, name: str, stats: PropertyStats, *, exact: bool) -> Finding | None:
    """The finding that the type of the first value does not take all others."""
    first, choice = first_type(stats), choose(stats, exact=exact)
    if first is None or choice is None:
        return None
    total = values(stats)
    later, count = total - 1, total - taken(stats, first, exact=exact)
    if not count:
        return None
    text = f"The first value is {first}, which does not take {_others(count, later)}"
    if choice.refused:
        kind = "no_single_type"
        most = f"{choice.type} takes the most, {choice.taken:,} of {total:,}"
        text = f"No single type takes every value ({_kinds(stats)}); {most}. {text}"
    else:
        kind = "first_value" if 2 * count > later else "type_conflict"
        text = f"{text}; {choice.type} takes all {total:,}"
    of_first = stats.types[first]
    others = [value for type_ in counts_by_type(stats) if type_ is not first for value in _values(stats.types[type_])]
    examples = (*_values(of_first)[:1], *others)
    places = of_first.firsts.locations[:1]
    return Finding(
        kind, event, name, f"{text}.", count, places, examples=examples, events=count, refused=choice.first_refused
    )


def _hint_conflict(event: str, name: str, stats: PropertyStats, hint: PropertyType, *, exact: bool) -> Finding | None:
    """The finding that the type of a hint does not take all values."""
    total, count = values(stats), refused(stats, hint, exact=exact)
    if not stats.types or not count:
        return None
    text = f"A hint gives it {hint}, which does not take {_of(count, total, 'value')} ({_kinds(stats)})."
    others = [type_ for type_ in counts_by_type(stats) if type_ is not hint]
    examples = tuple(value for type_ in others for value in _values(stats.types[type_]))
    first = min(stats.types[type_].first for type_ in others)
    return Finding("hint", event, name, text, count, (first,), examples=examples, events=count)


def _kinds(stats: PropertyStats) -> str:
    """How many values of a property are of each type."""
    kinds = [f"{number:,} {type_}" for type_, number in counts_by_type(stats).items()]
    beyond = stats.numbers.beyond
    return ", ".join([*kinds, *([f"{_many(beyond, 'int')} beyond 64 bits"] if beyond else [])])


def _others(count: int, later: int) -> str:
    if later == 1:
        return "the other value"
    return f"{'any' if count == later else f'{count:,}'} of the {later:,} other values"


def _rounding(event: str, name: str, stats: PropertyStats, digits: int) -> Iterator[Finding]:
    """The finding that rounding makes values 0, or equal."""
    before, after = stats.unrounded, stats.distinct
    if before is None:
        return
    parts = []
    if stats.zeroed:
        parts.append(f"makes {_of(stats.zeroed, stats.types[PropertyType.FLOAT].count, 'float')} 0")
    merged = 0 if after.exceeded else before.count - after.count
    if merged or (before.exceeded and not after.exceeded):
        more = "more than " if before.exceeded else ""
        parts.append(f"leaves {after.count:,} of {more}{before.count:,} different values")
    if parts:
        text = (
            f"Rounding to {_many(digits, 'decimal')} {' and '.join(parts)}; a greater --float-digits keeps them apart."
        )
        yield Finding("rounding", event, name, text, max(stats.zeroed, merged, 1), examples=tuple(stats.examples()))


def _errors(event: str, name: str, stats: PropertyStats, rules: Rules) -> Iterator[Finding]:
    """The values that are rejected for any type of the property, or that have no type."""
    for code, error in sorted(stats.errors.items()):
        count = error.count
        if code == IntOutOfRange.code and first_type(stats) is not None:
            count -= stats.numbers.beyond  # whether these are accepted depends on the type: see _conflict
        if count:
            say = VALUE_ERRORS.get(code)  # a document of a later version may have other codes
            wrong = f"{_are(count)} refused: {code}" if say is None else say(count, stats, rules)
            text = f"{_of(count, stats.seen, 'value')} {wrong}."
            yield Finding(code, event, name, text, count, (error.first,), events=count)


def _unsupported(count: int, stats: PropertyStats, rules: Rules) -> str:
    """What the values without a supported type are."""
    counts = dict(stats.unsupported)
    if rules.nulls == "reject" and stats.nulls:
        counts["null"] = stats.nulls
    if len(counts) == 1:
        ((kind, _),) = counts.items()
        one, several = UNSUPPORTED_WORDS[kind]
        return f"is {one}, which no type takes" if count == 1 else f"are {several}, which no type takes"
    kinds = ", ".join(f"{kind} {number:,}" for kind, number in sorted(counts.items()))
    return f"{_are(count)} of no supported type{f' ({kinds})' if kinds else ''}"


def _out_of_range(count: int, stats: PropertyStats, _: Rules) -> str:
    beyond = 0 if first_type(stats) is not None else stats.numbers.beyond
    why = f"which detection gives no type; float takes {beyond:,}" if beyond else "which no type takes"
    return f"{_are(count)} {'an int' if count == 1 else 'ints'} beyond 64 bits, {why}"


def _too_long(count: int, _: PropertyStats, rules: Rules) -> str:
    return f"{_are(count)} longer than the {rules.max_string_length:,} characters of --max-string-length"


#: What is wrong with so many values of a property, by the code of the error: all codes that ``detect`` can give.
VALUE_ERRORS: Final[dict[str, Callable[[int, PropertyStats, Rules], str]]] = {
    UnsupportedType.code: _unsupported,
    IntOutOfRange.code: _out_of_range,
    StringTooLong.code: _too_long,
    InvalidText.code: lambda count, *_: f"{_have(count)} lone surrogates, and so no UTF-8",
    NonFiniteFloat.code: lambda count, *_: f"{_are(count)} not finite, or too great for a float",
}


def _empty_texts(event: str, name: str, stats: PropertyStats) -> Finding | None:
    """The finding that the only texts among values of other types are empty."""
    others = [type_ for type_ in counts_by_type(stats) if type_ is not PropertyType.STRING]
    texts = stats.types.get(PropertyType.STRING)
    if texts is None or not others or texts.count != stats.empty:
        return None
    count = stats.empty
    found = f"{_of(count, values(stats), 'value')} {'is an empty text' if count == 1 else 'are empty texts'}"
    advice = "where there is no value, leave the property out or send null"
    text = f"{found}, the rest are of type {' and '.join(others)}; {advice}."
    costs = 0 if first_type(stats) is PropertyType.STRING else count
    examples = tuple(value for type_ in others for value in _values(stats.types[type_])[:1])
    return Finding(
        "empty_text",
        event,
        name,
        text,
        count,
        texts.firsts.locations,
        examples=(*examples, *_values(texts)),
        events=costs,
    )


def _nearly_one_format(event: str, name: str, stats: PropertyStats) -> Finding | None:
    texts = {type_: counts for type_, counts in stats.types.items() if type_ in TEXT_TYPES}
    total = sum(counts.count for counts in texts.values())
    if total < _ENOUGH_TEXTS:
        return None
    for format_ in TEXT_FORMATS:
        if format_ in texts and NEARLY_ALWAYS * total <= texts[format_].count < total:
            others = [texts[type_] for type_ in PropertyType if type_ in texts and type_ is not format_]
            count = total - texts[format_].count
            most = f"{texts[format_].count:,} of {total:,} texts are {format_}"
            text = f"{most}, and {count:,} {_are(count)} not."
            examples = tuple(value for counts in others for value in _values(counts))
            return Finding("nearly_one_format", event, name, text, count, _firsts(others), (), examples)
    return None


def _seen_once(event: str, stats: EventStats) -> Iterator[Finding]:
    if stats.count < MANY_EVENTS:
        return
    growing = {name for _, group in _patterns(stats.properties) for name in group}
    once = [(name, counts) for name, counts in in_order(stats) if counts.seen == 1 and name not in growing]
    if once:
        names, places = tuple(name for name, _ in once), _firsts(c for _, p in once for c in p.types.values())
        text = f"{_many(len(once), 'property')} {_were(len(once))} in one of {stats.count:,} events only."
        yield Finding("seen_once", event, None, text, len(once), places, names[:_MAX_LISTED])


def _look_alikes(event: str | None, names: Iterable[str]) -> Iterator[Finding]:
    for group in look_alikes(names):
        ways = differences(group)
        text = f"{_many(len(group), 'name')} of {_what(event)} differ only in {' and '.join(ways)}."
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


def _firsts(all_stats: Iterable[TypeStats]) -> tuple[Location, ...]:
    return tuple(sorted({location for stats in all_stats for location in stats.firsts.locations})[:3])


def _values(stats: TypeStats) -> tuple[Any, ...]:
    listed = sorted((location, value) for value, location in stats.examples.values.items())
    return tuple(value for _, value in listed)


def _many(count: int, noun: str) -> str:
    plural = noun.removesuffix("y") + "ies" if noun.endswith("y") else noun + "s"
    return f"{count:,} {noun if count == 1 else plural}"


def _of(count: int, whole: int, noun: str) -> str:
    return f"{count:,} of {_many(whole, noun)}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _have(count: int) -> str:
    return "has" if count == 1 else "have"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"
