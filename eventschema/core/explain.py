"""Why a value is of the type that detection gives it, and of none of the seven others.

For people: nothing in the engine asks for this. The verdicts are those of ``values``, the places in a text those of
``mismatches``.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from eventschema.core.frozen import EMPTY, FrozenDict
from eventschema.core.mismatches import Mismatch, why_not_date, why_not_datetime, why_not_email, why_not_url
from eventschema.core.reasons import FormatReason
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.types import TEXT_TYPES, PropertyType
from eventschema.core.values import AdjustmentKind, TypedValue, conform, detect
from eventschema.core.violations import Violation

_LEFT_OUT: Final = "It is one, but the rules leave this type out of detection."
_NARROWER: Final = "It is text, and of a format, which is the narrower type."
_EXPECTED: Final = {
    PropertyType.BOOL: "true or false",
    PropertyType.INT: "a number without decimal point or exponent",
    PropertyType.FLOAT: "a number with decimal point or exponent",
    **dict.fromkeys(TEXT_TYPES, "text"),
}


class Explanation(NamedTuple):
    """The ``type`` of a value and, for each other type, one sentence that says why not; or the ``error`` it has.

    Of ``type`` and ``error``, one is ``None``. ``takes`` are those of the other types whose properties take the value
    all the same, as ``rules.types`` says.
    """

    type: PropertyType | None
    error: Violation | None
    why_not: Mapping[PropertyType, str]
    takes: frozenset[PropertyType]


def explain(value: object, rules: Rules = DEFAULT_RULES) -> Explanation:
    """What detection makes of ``value``, and why nothing else. Raises nothing."""
    reading = detect(value, rules, "")
    if isinstance(reading, Violation):
        return Explanation(None, reading, EMPTY, frozenset())
    others = [type_ for type_ in PropertyType if type_ is not reading.type]
    takes = frozenset(type_ for type_ in others if isinstance(conform(value, type_, rules, ""), TypedValue))
    why_not = {type_: _why_not(reading, type_, rules) for type_ in others}
    return Explanation(reading.type, None, FrozenDict.wrap(why_not), takes)


def _why_not(reading: TypedValue, other: PropertyType, rules: Rules) -> str:
    value = reading.value
    if isinstance(value, str) and other in TEXT_TYPES:
        if other is PropertyType.STRING:
            return _NARROWER
        return str(_mismatch(value, other, rules) or _LEFT_OUT)
    if other is PropertyType.INT and reading.kind is AdjustmentKind.INT_TO_FLOAT:
        return _LEFT_OUT
    return f"Expected {_EXPECTED[other]}, found {_EXPECTED[reading.type]}."


def _mismatch(text: str, other: PropertyType, rules: Rules) -> Mismatch[FormatReason] | None:
    if other is PropertyType.DATE:
        return why_not_date(text)
    if other is PropertyType.DATETIME:
        return why_not_datetime(text)
    return why_not_url(text, rules.url_schemes) if other is PropertyType.URL else why_not_email(text)
