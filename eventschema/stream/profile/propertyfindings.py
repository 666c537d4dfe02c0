"""Findings about the values of one property: types in conflict, errors, rounding, texts of nearly one format."""

from collections.abc import Callable, Iterator
from typing import Final

from eventschema.core.hints import hinted_type
from eventschema.core.rules import Rules
from eventschema.core.types import TEXT_FORMATS, TEXT_TYPES, PropertyType
from eventschema.core.violations import IntOutOfRange, InvalidText, NonFiniteFloat, StringTooLong, UnsupportedType
from eventschema.stream.profile.finding import Finding, are, firsts, have, kept_values, many, of
from eventschema.stream.profile.propertystats import PropertyStats
from eventschema.stream.profile.recommendation import choose, counts_by_type, first_type, refused, taken, values
from eventschema.stream.profile.valuekinds import ValueKind

#: From this share of a property's texts on, all of them are probably meant to have the format.
NEARLY_ALWAYS: Final = 0.9
_ENOUGH_TEXTS: Final = 20

_TAKING: Final = {"object": "--flatten", "array": "--arrays json"}
#: One value, and several, of each kind of ``UNSUPPORTED``, and of null, which rules can reject.
UNSUPPORTED_WORDS: Final = {
    "object": ("an object", "objects"),
    "array": ("an array", "arrays"),
    "null": ("null", "null"),
    "other": ("of an unsupported class", "of unsupported classes"),
}


def findings_of_property(event: str, name: str, stats: PropertyStats, rules: Rules) -> Iterator[Finding]:
    """The findings about the types, the formats and the rounding of a property's values."""
    near = (
        _empty_texts(event, name, stats) or _placeholders(event, name, stats) or _nearly_one_format(event, name, stats)
    )
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
    others = [stats.types[type_] for type_ in counts_by_type(stats) if type_ is not first]
    examples = (*kept_values(of_first)[:1], *(value for counts in others for value in kept_values(counts)))
    places = of_first.firsts.locations[:1]
    options = ("--invalid drop",) if choice.refused else (f"--hint {name}={choice.type}",)
    return Finding(
        kind,
        event,
        name,
        f"{text}.",
        count,
        places,
        examples=examples,
        events=count,
        refused=choice.first_refused,
        options=options,
    )


def _hint_conflict(event: str, name: str, stats: PropertyStats, hint: PropertyType, *, exact: bool) -> Finding | None:
    """The finding that the type of a hint does not take all values."""
    total, count = values(stats), refused(stats, hint, exact=exact)
    if not stats.types or not count:
        return None
    text = f"A hint gives it {hint}, which does not take {of(count, total, 'value')} ({_kinds(stats)})."
    others = [type_ for type_ in counts_by_type(stats) if type_ is not hint]
    examples = tuple(value for type_ in others for value in kept_values(stats.types[type_]))
    first = min(stats.types[type_].first for type_ in others)
    return Finding(
        "hint", event, name, text, count, (first,), examples=examples, events=count, options=("--invalid drop",)
    )


def _kinds(stats: PropertyStats) -> str:
    """How many values of a property are of each type."""
    kinds = [f"{number:,} {type_}" for type_, number in counts_by_type(stats).items()]
    beyond = stats.numbers.beyond
    return ", ".join([*kinds, *([f"{many(beyond, 'int')} beyond 64 bits"] if beyond else [])])


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
        parts.append(f"makes {of(stats.zeroed, stats.types[PropertyType.FLOAT].count, 'float')} 0")
    merged = 0 if after.exceeded else before.count - after.count
    if merged or (before.exceeded and not after.exceeded):
        more = "more than " if before.exceeded else ""
        parts.append(f"leaves {after.count:,} of {more}{before.count:,} different values")
    if parts:
        text = (
            f"Rounding to {many(digits, 'decimal')} {' and '.join(parts)}; a greater --float-digits keeps them apart."
        )
        yield Finding("rounding", event, name, text, max(stats.zeroed, merged, 1), examples=tuple(stats.examples()))


def error_findings(event: str, name: str, stats: PropertyStats, rules: Rules) -> Iterator[Finding]:
    """The findings about values that every type refuses, or that have no type."""
    for code, error in sorted(stats.errors.items()):
        count = error.count
        if code == IntOutOfRange.code and first_type(stats) is not None:
            count -= stats.numbers.beyond  # whether these are accepted depends on the type: see _conflict
        if count:
            say = VALUE_ERRORS.get(code)  # a document of a later version may have other codes
            wrong = f"{are(count)} refused: {code}" if say is None else say(count, stats, rules)
            text = f"{of(count, stats.seen, 'value')} {wrong}."
            yield Finding(
                code, event, name, text, count, (error.first,), events=count, options=_options(code, stats, rules)
            )


def _options(code: str, stats: PropertyStats, rules: Rules) -> tuple[str, ...]:
    """The options that fix an error of values."""
    found = []
    if code == UnsupportedType.code:
        found += [option for kind, option in _TAKING.items() if kind in stats.unsupported]
        found += ["--drop-nulls"] * (rules.nulls == "reject" and stats.nulls > 0)
    return (*found, "--invalid drop")


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
    return f"{are(count)} of no supported type{f' ({kinds})' if kinds else ''}"


def _out_of_range(count: int, stats: PropertyStats, _: Rules) -> str:
    beyond = 0 if first_type(stats) is not None else stats.numbers.beyond
    why = f"which detection gives no type; float takes {beyond:,}" if beyond else "which no type takes"
    return f"{are(count)} {'an int' if count == 1 else 'ints'} beyond 64 bits, {why}"


def _too_long(count: int, _: PropertyStats, rules: Rules) -> str:
    return f"{are(count)} longer than the {rules.max_string_length:,} characters of --max-string-length"


#: By the code of an error: the words for what is wrong with that many values. All codes that ``detect`` can give.
VALUE_ERRORS: Final[dict[str, Callable[[int, PropertyStats, Rules], str]]] = {
    UnsupportedType.code: _unsupported,
    IntOutOfRange.code: _out_of_range,
    StringTooLong.code: _too_long,
    InvalidText.code: lambda count, *_: f"{have(count)} lone surrogates, and so no UTF-8",
    NonFiniteFloat.code: lambda count, *_: f"{are(count)} not finite, or too great for a float",
}


def _empty_texts(event: str, name: str, stats: PropertyStats) -> Finding | None:
    """The finding that the only texts among values of other types are empty."""
    others = [type_ for type_ in counts_by_type(stats) if type_ is not PropertyType.STRING]
    texts = stats.types.get(PropertyType.STRING)
    if texts is None or not others or texts.count != stats.empty:
        return None
    count = stats.empty
    found = f"{of(count, values(stats), 'value')} {'is an empty text' if count == 1 else 'are empty texts'}"
    advice = "where there is no value, leave the property out or send null"
    text = f"{found}, the rest are of type {' and '.join(others)}; {advice}."
    costs = 0 if first_type(stats) is PropertyType.STRING else count
    examples = tuple(value for type_ in others for value in kept_values(stats.types[type_])[:1])
    return Finding(
        "empty_text",
        event,
        name,
        text,
        count,
        texts.firsts.locations,
        examples=(*examples, *kept_values(texts)),
        events=costs,
        options=("--empty-texts ignore",),
    )


def _placeholders(event: str, name: str, stats: PropertyStats) -> Finding | None:
    """The finding that the only texts among values of other types stand for no value."""
    others = [type_ for type_ in counts_by_type(stats) if type_ is not PropertyType.STRING]
    texts = stats.types.get(PropertyType.STRING)
    if texts is None or not others or texts.count != texts.values.kinds.get(ValueKind.PLACEHOLDER, 0) + stats.empty:
        return None
    found = f"{of(texts.count, values(stats), 'value')} {'is a text' if texts.count == 1 else 'are texts'} such as N/A"
    text = f"{found} or null, the rest are of type {' and '.join(others)}; leave the property out or send null."
    costs = 0 if first_type(stats) is PropertyType.STRING else texts.count
    return Finding(
        ValueKind.PLACEHOLDER,
        event,
        name,
        text,
        texts.count,
        texts.firsts.locations,
        examples=kept_values(texts),
        events=costs,
        options=("--invalid drop",),
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
            text = f"{most}, and {count:,} {are(count)} not."
            examples = tuple(value for counts in others for value in kept_values(counts))
            return Finding("nearly_one_format", event, name, text, count, firsts(others), (), examples)
    return None
