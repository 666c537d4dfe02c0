"""What in a profile a person should look at before going live, each with its evidence.

Every finding is a value: its kind, where it is, the figures, and a sentence made of them. Values of events stand in
``examples`` only, never in the sentence.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from eventschema.core.types import TEXT_TYPES, PropertyType
from eventschema.stream.lookalikes import CASE, differences, look_alikes
from eventschema.stream.places import Place
from eventschema.stream.profile import EventProfile
from eventschema.stream.recommend import counts_by_type, first_type, in_order, refused, single_type
from eventschema.stream.tallies import EventTally, PropertyTally, TypeTally

#: From how many events on a property that was seen once is worth a word.
MANY_EVENTS: Final = 100

#: How many names of one pattern are a sign that names are made of dates, numbers or ids.
MANY_NAMES: Final = 20

#: The share of a property's texts from which on one format is what they are meant to be.
NEARLY_ALWAYS: Final = 0.9
_ENOUGH_TEXTS: Final = 20

_FORMATS: Final = tuple(type_ for type_ in TEXT_TYPES if type_ is not PropertyType.STRING)
# What stands for a date, a number or an id in a name: digits, and with them the letters of hexadecimal digits. It looks
# ahead from every place, and so no further than an event's name is long.
_VARYING: Final = re.compile(r"(?=[0-9a-fA-F\-]{0,255}[0-9])(?:[0-9]+|[0-9a-fA-F\-]{6,})")
_MAX_LISTED: Final = 5


class Finding(NamedTuple):
    """One warning.

    - ``kind``: ``first_value``, ``type_conflict``, ``no_single_type``, ``nearly_one_format``, ``case_only``,
      ``look_alike``, ``seen_once``, ``growing_names`` or ``bound_reached``.
    - ``event``, ``property``: what it is about, where it is about one.
    - ``message``: what was found, with the figures.
    - ``affected``: how many values, events or names it is about. ``places``: the first of them.
    - ``names``: those that it is about, the first few; ``examples``: values, as many as the profile kept.
    """

    kind: str
    event: str | None
    property: str | None
    message: str
    affected: int
    places: tuple[Place, ...] = ()
    names: tuple[str, ...] = ()
    examples: tuple[Any, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The fields, ready for JSON."""
        places = [{"source": place.source, "line": place.line} for place in self.places]
        return {**self._asdict(), "places": places, "names": list(self.names), "examples": list(self.examples)}


def findings(profile: EventProfile) -> tuple[Finding, ...]:
    """All that is to be said of ``profile``: of the whole, then event by event, in an order that is always the same."""
    found = [*_growing(None, profile.events), *_look_alikes(None, profile.events)]
    if profile.unlisted_events:
        count, bound = profile.unlisted_events, profile.bounds.events
        beyond = f"{_many(count, 'event')} of further names {_were(count)} not looked at"
        text = f"There are more than {bound:,} event names; {beyond}."
        found.append(Finding("bound_reached", None, None, text, count))
    bounds = profile.bounds
    unlisted = sum(t.unlisted for t in profile.events.values() if len(t.properties) < bounds.properties)
    if unlisted:
        found.append(_beyond(None, unlisted, f"There are more than {bounds.total:,} properties of all events"))
    for event, tally in profile.events.items():
        found.extend(_of_event(profile, event, tally))
    return tuple(found)


def _of_event(profile: EventProfile, event: str, tally: EventTally) -> Iterator[Finding]:
    exact = profile.rules.types == "exact"
    of_properties = [
        found for name, counts in in_order(tally) for found in _of_property(event, name, counts, exact=exact)
    ]
    yield from sorted(of_properties, key=lambda found: -found.affected)
    yield from _growing(event, tally.properties)
    yield from _look_alikes(event, tally.properties)
    yield from _seen_once(event, tally)
    bound = profile.bounds.properties
    if tally.unlisted and len(tally.properties) >= bound:
        yield _beyond(event, tally.unlisted, f"There are more than {bound:,} properties")


def _beyond(event: str | None, count: int, text: str) -> Finding:
    """The finding that a bound on properties was reached, and how many values are beyond it."""
    beyond = f"{_many(count, 'value')} of further names {_were(count)} not looked at"
    return Finding("bound_reached", event, None, f"{text}; {beyond}.", count)


def _of_property(event: str, name: str, tally: PropertyTally, *, exact: bool) -> Iterator[Finding]:
    near = _nearly_one_format(event, name, tally)
    if near is not None:
        yield near
    settled = first_type(tally)
    if settled is None:
        return
    later = sum(counts.count for counts in tally.types.values()) - 1
    count = refused(tally, settled, exact=exact)
    single = single_type(tally, exact=exact)
    if not count or (near is not None and single is not None):
        return
    text = f"The first value makes it {settled}; replay would refuse {_of_all(count, later, 'later value')}."
    kind = "first_value" if 2 * count > later else "type_conflict"
    if single is None:
        kind = "no_single_type"
        kinds = ", ".join(f"{number:,} {type_}" for type_, number in counts_by_type(tally).items())
        text = f"No single type takes every value ({kinds}). {text}"
    first = tally.types[settled]
    others = [value for type_ in counts_by_type(tally) if type_ is not settled for value in _values(tally.types[type_])]
    yield Finding(kind, event, name, text, count, first.firsts.places[:1], (), (*_values(first)[:1], *others))


def _nearly_one_format(event: str, name: str, tally: PropertyTally) -> Finding | None:
    texts = {type_: counts for type_, counts in tally.types.items() if type_ in TEXT_TYPES}
    total = sum(counts.count for counts in texts.values())
    if total < _ENOUGH_TEXTS:
        return None
    for format_ in _FORMATS:
        if format_ in texts and NEARLY_ALWAYS * total <= texts[format_].count < total:
            odd = [texts[type_] for type_ in PropertyType if type_ in texts and type_ is not format_]
            count = total - texts[format_].count
            most = f"{texts[format_].count:,} of {total:,} texts are {format_}"
            text = f"{most}, and {count:,} {'is' if count == 1 else 'are'} not."
            examples = tuple(value for counts in odd for value in _values(counts))
            return Finding("nearly_one_format", event, name, text, count, _firsts(odd), (), examples)
    return None


def _seen_once(event: str, tally: EventTally) -> Iterator[Finding]:
    if tally.count < MANY_EVENTS:
        return
    growing = {name for _, group in _patterns(tally.properties) for name in group}
    once = [(name, counts) for name, counts in in_order(tally) if counts.seen == 1 and name not in growing]
    if once:
        names, places = tuple(name for name, _ in once), _firsts(c for _, p in once for c in p.types.values())
        text = f"{_many(len(once), 'property')} {_were(len(once))} in one of {tally.count:,} events only."
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
    """The patterns that many names are of, each with those names."""
    groups: dict[str, list[str]] = {}
    for name in sorted(names):
        pattern = _VARYING.sub("*", name)
        if pattern != name:
            groups.setdefault(pattern, []).append(name)
    return [(pattern, group) for pattern, group in sorted(groups.items()) if len(group) >= MANY_NAMES]


def _what(event: str | None) -> str:
    return "events" if event is None else "properties"


def _firsts(tallies: Iterable[TypeTally]) -> tuple[Place, ...]:
    return tuple(sorted({place for tally in tallies for place in tally.firsts.places})[:3])


def _values(tally: TypeTally) -> tuple[Any, ...]:
    listed = sorted((place, value) for value, place in tally.examples.values.items())
    return tuple(value for _, value in listed)


def _many(count: int, noun: str) -> str:
    plural = noun.removesuffix("y") + "ies" if noun.endswith("y") else noun + "s"
    return f"{count:,} {noun if count == 1 else plural}"


def _of_all(count: int, whole: int, noun: str) -> str:
    """``count`` of ``whole`` things in words: all of them where they are, and ``the one`` where there is no other."""
    if count == whole:
        return f"the one {noun}" if whole == 1 else f"all {whole:,} {noun}s"
    return f"{count:,} of the {whole:,} {noun}s"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"
