"""The recogniser of the ordinary: what is certainly fine passes here, the rest goes to the definition.

:func:`accept` looks at each property of an event once. It settles those that ``values`` would accept beyond doubt, with
the adjustments that ``values`` would make, names the types of new ones, and hands back all others: non-ASCII text,
values of unusual classes, anything wrong. It never refuses. So the one mistake it could make is to accept too much,
and the tests hold every answer to the definition.

``_accept.pyx`` is the same contract, compiled.
"""

from collections.abc import Mapping
from math import copysign, isfinite
from typing import Any

from eventschema.core.formats import matches, text_type
from eventschema.core.names import is_name
from eventschema.core.rules import Rules
from eventschema.core.types import PropertyType
from eventschema.core.values import INT64_MAX, INT64_MIN, Adjustment, AdjustmentKind, round_float

_BOOL = PropertyType.BOOL
_INT = PropertyType.INT
_FLOAT = PropertyType.FLOAT
_STRING = PropertyType.STRING

_MAX_EXACT_INT = 2**53  # a double holds every integer up to here

Accepted = tuple[dict[str, PropertyType], list[Adjustment], list[tuple[Any, Any]]]


def accept(types: Mapping[str, PropertyType], event: dict[Any, Any], rules: Rules) -> Accepted:
    """Settle what is certain in ``event`` against ``types``: ``(added, adjustments, rest)``.

    ``added`` names the type of each new property that is settled, ``adjustments`` what settling changes, ``rest`` the
    properties that the definition must judge; all three are in the event's order. A property in none of them is known
    and stays as it is. An event with a name that is not exactly a ``str`` comes back whole, since looking such a name
    up would run its code; so does every event under ``types="exact"``, where the definition decides alone.
    """
    added: dict[str, PropertyType] = {}
    adjustments: list[Adjustment] = []
    rest: list[tuple[Any, Any]] = []
    if rules.types == "exact":
        return added, adjustments, list(event.items())
    ignores_null = rules.nulls == "ignore"
    max_name, max_string, digits = rules.max_name_length, rules.max_string_length, rules.float_digits
    for name, value in event.items():
        if type(name) is not str:
            return {}, [], list(event.items())
        expected = types.get(name)
        if expected is None:
            expected = _certain_type(name, value, rules)
            if expected is None:
                rest.append((name, value))
                continue
            added[name] = expected
            if expected is not _FLOAT:
                continue
        kind = type(value)
        if len(name) > max_name:  # a declared one
            pass
        elif kind is str:
            if (
                value.isascii()
                and len(value) <= max_string
                and (expected is _STRING or matches(value, expected, rules))
            ):
                continue
        elif kind is float:
            if expected is _FLOAT and isfinite(value):
                rounded = round_float(value, digits)
                if rounded != value or (not value and copysign(1.0, value) < 0):
                    adjustments.append(Adjustment(name, AdjustmentKind.ROUNDED, value, rounded))
                continue
        elif kind is int:
            if expected is _INT and INT64_MIN <= value <= INT64_MAX:
                continue
            if expected is _FLOAT and -_MAX_EXACT_INT <= value <= _MAX_EXACT_INT:
                adjustments.append(Adjustment(name, AdjustmentKind.INT_TO_FLOAT, value, float(value)))
                continue
        elif kind is bool:
            if expected is _BOOL:
                continue
        elif value is None and ignores_null:
            adjustments.append(Adjustment(name, AdjustmentKind.NULL_IGNORED, None, None))
            continue
        rest.append((name, value))
    return added, adjustments, rest


def _certain_type(name: str, value: Any, rules: Rules) -> PropertyType | None:
    """The type that detection gives the value of a new property; ``None`` where it is for the definition to say."""
    if len(name) > rules.max_name_length or rules.new_properties == "reject" or not is_name(name):
        return None
    kind = type(value)
    if kind is str:
        return text_type(value, rules) if value.isascii() and len(value) <= rules.max_string_length else None
    if kind is float:
        return _FLOAT if isfinite(value) else None
    if kind is int:
        return _INT if INT64_MIN <= value <= INT64_MAX and _INT in rules.detect else None
    return _BOOL if kind is bool else None
