"""The fast path of a merge: it accepts the values that are certainly valid and leaves the others to the definition.

The definition is the slow path, which says what is right: ``events`` for an event, ``values`` for a value.

:func:`accept` looks at each property of an event once. It accepts the values that ``values`` would certainly accept,
with the adjustments that ``values`` would make, and finds the types of new properties. It returns all others: non-ASCII
text with a possible format, values of unusual classes, anything wrong. It never refuses. So the only mistake that it
could make is to accept too much, and the tests compare every answer with the definition.

``_accept.pyx`` is the compiled version, with the same contract.
"""

import re
from collections.abc import Callable, Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from eventschema.core import grammar
from eventschema.core.formats import has_no_format, likely_format, matches, text_type
from eventschema.core.frozen import EMPTY
from eventschema.core.grammar import INT64_MAX, INT64_MIN, MAX_EXACT_INT, URL_SUBSET_SCHEMES
from eventschema.core.names import is_name
from eventschema.core.pointers import is_encodable
from eventschema.core.results import MergeResult, new_result
from eventschema.core.rules import DEFAULT_RULES, Rules, differs, other_options
from eventschema.core.types import PropertyType
from eventschema.core.values import Adjustment, AdjustmentKind, round_float

if TYPE_CHECKING:
    from eventschema.core.schema import EventSchema

_BOOL = PropertyType.BOOL
_INT = PropertyType.INT
_FLOAT = PropertyType.FLOAT
_STRING = PropertyType.STRING
_DATE = PropertyType.DATE
_DATETIME = PropertyType.DATETIME
_EMAIL = PropertyType.EMAIL
_URL = PropertyType.URL

_ROUNDED = AdjustmentKind.ROUNDED
_INT_TO_FLOAT = AdjustmentKind.INT_TO_FLOAT
_NULL_IGNORED = AdjustmentKind.NULL_IGNORED

#: Adding this to a number below 2**51 and taking it away again rounds the number: between 2**52 and 2**53 all doubles
#: are whole.
TO_WHOLE: Final = float(3 * 2**51)
_MAX_SCALED = float(2**51)
# As results.new_result.
_new_adjustment: Callable[[type[Adjustment], tuple[Any, ...]], Adjustment] = tuple.__new__

_DATE_SUBSET: Final = re.compile(grammar.DATE_SUBSET)
_DATETIME_SUBSET: Final = re.compile(grammar.DATETIME_SUBSET)
_EMAIL_SUBSET: Final = re.compile(grammar.EMAIL_SUBSET)
_URL_SUBSET: Final = re.compile(grammar.URL_SUBSET)


#: The options that the fast paths of events and columns know, or that do not concern them. If an option that is not in
#: this list differs from its default, they leave everything to the definition.
KNOWN_OPTIONS: Final = frozenset(
    {"max_properties", "max_name_length", "max_string_length", "float_digits", "url_schemes", "detect"}
    | {"new_properties", "nulls", "types", "max_schema_properties", "max_event_name_length"}
    | {"invalid", "empty_texts", "hints", "event_ids", "unknown_fields"}
)
_OTHER_OPTIONS = other_options(KNOWN_OPTIONS)


def _no_match(_: str) -> None:
    """The match of a text with a type that is not a text format: none."""


_Subsets = dict[PropertyType, Callable[[str], object]]
#: For each text format, the function that matches a text with the subset. Other texts go to ``formats.matches``.
SUBSETS: Final[_Subsets] = {
    _DATE: _DATE_SUBSET.fullmatch,
    _DATETIME: _DATETIME_SUBSET.fullmatch,
    _EMAIL: _EMAIL_SUBSET.fullmatch,
    _URL: _URL_SUBSET.fullmatch,
}
_SUBSETS: Final = dict.fromkeys(PropertyType, _no_match) | SUBSETS
_SUBSETS_BUT_URLS: Final = _SUBSETS | {_URL: _no_match}


def is_in_subset(text: str, format_: PropertyType) -> bool:
    """Whether ``text`` is in the subset of the ``format_`` that the fast path matches. Subsets are ASCII only."""
    return _SUBSETS[format_](text) is not None


#: A copy of the event, with the adjustments applied only if nothing remains; the types of new properties; the
#: adjustments; the remaining properties, as pairs of name and value. All in the event's order.
PartialMerge = tuple[dict[Any, Any], dict[str, PropertyType], list[Adjustment], list[tuple[Any, Any]]]


def accept(
    schema: "EventSchema", types: Mapping[str, PropertyType], longest_name: int, properties: Any, rules: Rules
) -> MergeResult | PartialMerge | None:
    """Merge into ``schema`` those ``properties`` that are certainly valid. ``types`` are the types of ``schema``.

    ``longest_name`` is the length of the longest name in ``types``, or more.

    Returns the result of the merge if all properties are known and valid: the same ``schema``, and the event. Else
    returns a :data:`PartialMerge`, ``(event, added, adjustments, remaining)``. ``event`` is a copy, so that no other
    thread can change it. ``added`` has the type of each new property that is valid, ``adjustments`` the changes to
    values, ``remaining`` the properties that the definition must validate. A property in none of these is known and
    stays as it is. ``event`` is complete if nothing remains; else :func:`apply_adjustments` completes it, once the
    remaining properties are found to be valid.

    Returns ``None`` if the definition must validate the whole event: it is not a dict, is too large, or has a name that
    is not exactly a ``str``, since looking such a name up would run its code; or the schema may have a name that is
    too long for the rules, or the rules say ``types="exact"`` or ``empty_texts="ignore"``.
    """
    if longest_name > rules.max_name_length or (rules is not DEFAULT_RULES and leaves_all(rules)):
        return None
    event = _copy(properties, rules)
    if event is None:
        return None
    added: dict[str, PropertyType] = {}
    adjustments: list[Adjustment] = []
    remaining: list[tuple[Any, Any]] = []
    six_digits = rules.float_digits == 6
    max_string = rules.max_string_length
    subsets = _SUBSETS if rules is DEFAULT_RULES or has_subset_schemes(rules) else _SUBSETS_BUT_URLS
    type_of = types.get
    for name, value in event.items():
        if type(name) is not str:
            return None
        expected = type_of(name)
        if expected is None:
            certain = _certain_type(name, value, subsets, rules)
            if certain is None:
                remaining.append((name, value))
                continue
            added[name] = expected = certain
            if expected is not _FLOAT:
                continue
        kind = type(value)
        if kind is str:
            if len(value) <= max_string and (
                (expected is _STRING or subsets[expected](value) or _is_format(value, expected, rules))
                if value.isascii()
                else (expected is _STRING and is_encodable(value))
            ):
                continue
        elif kind is float:
            # If so, the value is the double nearest to a number of six decimals, and rounding does not change it.
            if (
                expected is _FLOAT
                and six_digits
                and value
                and -_MAX_SCALED < (scaled := value * 1e6) < _MAX_SCALED
                and (scaled + TO_WHOLE - TO_WHOLE) / 1e6 == value
            ):
                continue
            if expected is _FLOAT and isfinite(value):
                rounded = _to_six_digits(value) if six_digits else round_float(value, rules.float_digits)
                if rounded is not value:
                    adjustments.append(_new_adjustment(Adjustment, (name, _ROUNDED, value, rounded)))
                continue
        elif kind is int:
            if expected is _INT and INT64_MIN <= value <= INT64_MAX:
                continue
            if expected is _FLOAT and -MAX_EXACT_INT <= value <= MAX_EXACT_INT:
                adjustments.append(_new_adjustment(Adjustment, (name, _INT_TO_FLOAT, value, float(value))))
                continue
        elif kind is bool:
            if expected is _BOOL:
                continue
        elif value is None and rules.nulls == "ignore":
            adjustments.append(_new_adjustment(Adjustment, (name, _NULL_IGNORED, None, None)))
            continue
        remaining.append((name, value))
    if adjustments and not remaining:
        apply_adjustments(event, adjustments)
    if remaining or added:
        return event, added, adjustments, remaining
    return new_result(MergeResult, (schema, EMPTY, event, tuple(adjustments), (), ()))


def has_subset_schemes(rules: Rules) -> bool:
    """Whether a text in the subset of url is a url under ``rules``."""
    return rules.url_schemes >= URL_SUBSET_SCHEMES


def leaves_all(rules: Rules) -> bool:
    """Whether the fast path leaves every event to the definition under ``rules``."""
    return rules.types == "exact" or rules.empty_texts == "ignore" or differs(rules, _OTHER_OPTIONS)


def _copy(properties: Any, rules: Rules) -> dict[Any, Any] | None:
    """A copy of ``properties`` if it is a dict within ``rules.max_properties``; else ``None``."""
    if type(properties) is not dict or len(properties) > rules.max_properties:
        return None
    try:
        event = properties.copy()
    except Exception:  # keys of unusual classes can make even this fail
        return None
    return event if len(event) <= rules.max_properties else None  # another thread may have added entries meanwhile


def apply_adjustments(event: dict[Any, Any], adjustments: list[Adjustment]) -> None:
    """Apply ``adjustments`` to ``event``: replace the values that change, remove those that are ignored."""
    for name, _, _, after in adjustments:
        if after is None:
            del event[name]
        else:
            event[name] = after


def _to_six_digits(value: float) -> float:
    """``round_float(value, 6)``, in less time."""
    scaled = value * 1e6
    # Every half in that range is a double, and rounding a product never moves it past a double: so unless the product
    # is a half itself, it is on the same side of each half as the exact product, and the nearest integer is certain.
    # One division of exact doubles is then rounded as correctly as the definition rounds decimals.
    if value and -_MAX_SCALED < scaled < _MAX_SCALED:
        nearest = scaled + TO_WHOLE - TO_WHOLE
        if -0.5 < scaled - nearest < 0.5:
            rounded = nearest / 1e6
            return value if rounded == value else rounded
    return round_float(value, 6)


def _is_format(text: str, expected: PropertyType, rules: Rules) -> bool:
    # Two hyphens may begin an A-label, which can take milliseconds: it is left to the definition.
    return not (expected is _EMAIL and "--" in text) and matches(text, expected, rules)


def _certain_type(name: str, value: Any, subsets: _Subsets, rules: Rules) -> PropertyType | None:
    """The type that detection gives the value of a new property; ``None`` where the definition must decide."""
    if rules.new_properties == "reject" or len(name) > rules.max_name_length or not is_name(name) or rules.hints:
        return None
    kind = type(value)
    if kind is str:
        if len(value) > rules.max_string_length:
            return None
        if not value.isascii():
            return _STRING if has_no_format(value) and is_encodable(value) else None
        found = likely_format(value)
        if found is _STRING or (found in rules.detect and subsets[found](value)):
            return found
        # As in _is_format: an address with two hyphens is left to the definition.
        return None if "@" in value and "--" in value else text_type(value, rules)
    if kind is float:
        return _FLOAT if isfinite(value) else None
    if kind is int:
        return _INT if INT64_MIN <= value <= INT64_MAX and _INT in rules.detect else None
    return _BOOL if kind is bool else None
