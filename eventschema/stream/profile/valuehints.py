"""Hints at what values mean beyond their types (numbers as text, epoch seconds, ...), and what to do about it.

A hint is given where nearly all texts of a property are of one kind, placeholders left out, or where a text of the kind
is beside values of the type that it is probably meant to have: ``"2021-01-02 10:00"`` beside dateTimes.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from eventschema.core.rules import Rules
from eventschema.core.types import TEXT_TYPES, PropertyType
from eventschema.stream.profile.finding import Finding, kept_values, of
from eventschema.stream.profile.propertyfindings import NEARLY_ALWAYS
from eventschema.stream.profile.propertystats import PropertyStats
from eventschema.stream.profile.typestats import TypeStats
from eventschema.stream.profile.valuekinds import ValueKind

_INT: Final = PropertyType.INT
_STRING: Final = PropertyType.STRING
_DATES: Final = frozenset({PropertyType.DATE, PropertyType.DATETIME})
_TEXTS: Final = frozenset(TEXT_TYPES)


class _Hint(NamedTuple):
    """A hint named ``kind`` that values are of one of the kinds ``of``: what they are, and what to do about it.

    ``meant`` are the types that such texts are meant to have. ``option`` fixes it. With ``is_text``, so does a hint of
    the type string if all values are texts: string does not accept numbers.

    The hint is given where nearly all values are of the kinds ``of`` or ``beside``, at least one of them of ``of``, but
    not where any is of the kind ``unless``.
    """

    kind: str
    of: tuple[ValueKind, ...]
    what: str
    advice: str
    meant: frozenset[PropertyType] = frozenset()
    option: str | None = None
    is_text: bool = False
    beside: tuple[ValueKind, ...] = ()
    unless: ValueKind | None = None


_KINDS = ValueKind
_AS_TEXT: Final = "text such as 2026-11-26T10:00:00Z is a dateTime"
#: In the order of how often they occur in real files.
_HINTS: Final = (
    _Hint(
        "number_text",
        (_KINDS.INT_TEXT, _KINDS.FLOAT_TEXT),
        "numbers as text",
        "send them without quotes to have numbers (in CSV and TSV: --types json)",
        frozenset({PropertyType.INT, PropertyType.FLOAT}),
        unless=_KINDS.LEADING_ZEROS,  # most ZIP codes begin with another digit
    ),
    _Hint(
        "spaced_datetime",
        (_KINDS.SPACED_DATETIME,),
        "date-times with a space",
        "with a T in its place they are dateTimes",
        _DATES,
    ),
    _Hint("uuid", (_KINDS.UUID,), "UUIDs", "string keeps them, and they hardly ever repeat"),
    _Hint("hex", (_KINDS.HEX,), "hexadecimal: hashes or ids", "string keeps them"),
    _Hint("json", (_KINDS.JSON,), "JSON", "string keeps it; send what it holds as properties to have their types"),
    _Hint(
        "epoch_seconds",
        (_KINDS.EPOCH_SECONDS,),
        "seconds since 1970",
        _AS_TEXT,
    ),
    _Hint(
        "epoch_milliseconds",
        (_KINDS.EPOCH_MILLISECONDS,),
        "milliseconds since 1970",
        _AS_TEXT,
    ),
    _Hint(
        "bool_text",
        (_KINDS.BOOL_TEXT,),
        "true or false as text",
        "send them without quotes to have bools (in CSV and TSV: --types json)",
        frozenset({PropertyType.BOOL}),
    ),
    _Hint("placeholder", (_KINDS.PLACEHOLDER,), "", ""),
    _Hint(
        "other_date",
        (_KINDS.DAY_FIRST, _KINDS.MONTH_FIRST, _KINDS.AMBIGUOUS_DATE, _KINDS.YEAR_FIRST, _KINDS.DATE_IN_WORDS),
        "dates of another form",
        "send them as 2026-11-26",
        _DATES,
    ),
    _Hint("ip_address", (_KINDS.IP_ADDRESS,), "IP addresses", "these can be personal data"),
    _Hint(
        "url_template",
        (_KINDS.URL_TEMPLATE,),
        "url templates, with {}",
        "they are not urls until filled in",
        frozenset({PropertyType.URL}),
        is_text=True,
    ),
    _Hint(
        "other_scheme",
        (_KINDS.OTHER_SCHEME,),
        "urls of a scheme that the rules leave out",
        "name each scheme that is a url",
        frozenset({PropertyType.URL}),
        "--url-scheme",
    ),
    _Hint(
        "leading_zeros",
        (_KINDS.LEADING_ZEROS,),
        "digits with a leading zero",
        "so they are ids and not numbers, and must stay text (in CSV and TSV: --text-column)",
        frozenset({PropertyType.INT}),
        is_text=True,
        beside=(_KINDS.INT_TEXT, _KINDS.FLOAT_TEXT),
    ),
)
#: The kinds of these findings, in this order.
HINT_KINDS: Final = tuple(hint.kind for hint in _HINTS)

_ORDERS: Final = {
    _KINDS.DAY_FIRST: "the day first",
    _KINDS.MONTH_FIRST: "the month first",
    _KINDS.AMBIGUOUS_DATE: "either first",
    _KINDS.YEAR_FIRST: "the year first",
    _KINDS.DATE_IN_WORDS: "the month in words",
}


def hints_of(event: str, name: str, stats: PropertyStats, rules: Rules) -> Iterator[Finding]:
    """The hints at what the values of a property mean beyond their types."""
    for type_ in (_INT, _STRING):
        counts = stats.types.get(type_)
        if counts is None:
            continue
        kinds = counts.values.kinds
        empty = stats.empty if type_ is _STRING and rules.empty_texts == "keep" else 0
        if type_ is _STRING:
            yield from _placeholders(event, name, stats, kinds.get(_KINDS.PLACEHOLDER, 0), empty)
        whole = counts.count - empty - kinds.get(_KINDS.PLACEHOLDER, 0)
        for hint in _HINTS:
            count = sum(kinds.get(kind, 0) for kind in hint.of)
            if count and hint.what and _is_given(hint, whole, stats, kinds):
                options = _options(hint, name, stats)
                yield _finding(event, name, counts, hint, count, kinds)._replace(options=options)


def _is_given(hint: _Hint, whole: int, stats: PropertyStats, kinds: Mapping[ValueKind, int]) -> bool:
    """Whether to give a hint at some of the ``whole`` values, which are of these ``kinds``."""
    if hint.unless in kinds:
        return False
    alike = sum(kinds.get(kind, 0) for kind in (*hint.of, *hint.beside))
    return alike >= NEARLY_ALWAYS * whole or not hint.meant.isdisjoint(stats.types)


def _finding(
    event: str, name: str, counts: TypeStats, hint: _Hint, count: int, kinds: Mapping[ValueKind, int]
) -> Finding:
    noun = "int" if counts.type is _INT else "text"
    text = f"{of(count, counts.count, noun)}: {hint.what}"
    if hint.kind == "other_date":
        text += _orders(kinds)
    return Finding(
        hint.kind,
        event,
        name,
        f"{text}; {hint.advice}.",
        count,
        counts.firsts.locations,
        examples=kept_values(counts),
    )


def _options(hint: _Hint, name: str, stats: PropertyStats) -> tuple[str, ...]:
    if hint.is_text and stats.types.keys() <= _TEXTS:
        return (f"--hint {name}=string",)
    return () if hint.option is None else (hint.option,)


def _orders(kinds: Mapping[ValueKind, int]) -> str:
    """How many dates have what first, and whether nobody can tell."""
    found = [f"{kinds[kind]:,} with {what}" for kind, what in _ORDERS.items() if kind in kinds]
    orders = {_KINDS.DAY_FIRST, _KINDS.MONTH_FIRST} & kinds.keys()
    doubt = _KINDS.AMBIGUOUS_DATE in kinds and len(orders) != 1
    why = " and the others do not tell" if not orders else " and there are both orders"
    return f" ({', '.join(found)}{f': ambiguous, since day and month are both at most 12{why}' if doubt else ''})"


def _placeholders(event: str, name: str, stats: PropertyStats, count: int, empty: int) -> Iterator[Finding]:
    """The hint that texts among other texts stand for no value."""
    texts = stats.types[_STRING]
    if not count + empty or count + empty == texts.count:
        return
    parts = [f"{empty:,} empty"] * bool(empty) + [f"{count:,} such as N/A or null"] * bool(count)
    text = f"{of(count + empty, texts.count, 'text')}: placeholders ({', '.join(parts)}); "
    text += "where there is no value, leave the property out or send null."
    options = ("--empty-texts ignore",) if empty else ()
    yield Finding("placeholder", event, name, text, count + empty, options=options)
