"""Explains why a value has the type that detection gives it, and none of the other types.

For people; nothing in the engine uses it. Types come from ``values``, positions in a text from ``mismatches``.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from eventschema.core.frozen import EMPTY, FrozenDict
from eventschema.core.mismatches import find_mismatch
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.types import CLASSES, TEXT_TYPES, PropertyType
from eventschema.core.values import AdjustmentKind, TypedValue, conform, detect
from eventschema.core.violations import Violation

_LEFT_OUT: Final = "It is one, but the rules leave this type out of detection."
_NARROWER: Final = "It is text, and of a format, which is the narrower type."
#: The values of each Python class, in words.
_WORDS: Final[Mapping[type, str]] = {
    bool: "true or false",
    int: "a number without decimal point or exponent",
    float: "a number with decimal point or exponent",
    str: "text",
}


class Explanation(NamedTuple):
    """The ``type`` of a value and, for each other type, one sentence that says why not; or the ``error`` it has.

    Either ``type`` or ``error`` is ``None``. ``takes`` has the other types whose properties also accept the value,
    under ``rules.types``.
    """

    type: PropertyType | None
    error: Violation | None
    why_not: Mapping[PropertyType, str]
    takes: frozenset[PropertyType]


def explain(value: object, rules: Rules = DEFAULT_RULES) -> Explanation:
    """The type that detection gives ``value``, and why it gives no other. Raises nothing."""
    reading = detect(value, rules, "")
    if isinstance(reading, Violation):
        return Explanation(None, reading, EMPTY, frozenset())
    others = [type_ for type_ in PropertyType if type_ is not reading.type]
    takes = frozenset(type_ for type_ in others if isinstance(conform(value, type_, rules, ""), TypedValue))
    why_not = {type_: _why_not(reading, type_, rules) for type_ in others}
    return Explanation(reading.type, None, FrozenDict.wrap(why_not), takes)


def _why_not(found: TypedValue, other: PropertyType, rules: Rules) -> str:
    if isinstance(found.value, str) and other in TEXT_TYPES:
        if other is PropertyType.STRING:
            return _NARROWER
        return str(find_mismatch(found.value, other, rules) or _LEFT_OUT)
    if other is PropertyType.INT and found.kind is AdjustmentKind.INT_TO_FLOAT:
        return _LEFT_OUT
    return f"Expected {_WORDS[CLASSES[other]]}, found {_WORDS[CLASSES[found.type]]}."
