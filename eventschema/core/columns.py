"""Detects and rounds many values of one property at once, for a profile and for a replay of a stream.

:func:`type_codes` returns one byte for each value: the index of its detected type in ``PropertyType``, or a code for
null, or one for a value whose type the definition (``values.detect``) must find. :func:`round_floats` rounds a column.
``_accept.pyx`` is the compiled version of both.

:func:`conform_column` counts what becomes of the values of a property of a known type. It is for the plain
implementation alone: compiled code looks at an event's values one after the other.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from operator import is_
from typing import Any, Final, NamedTuple

from eventschema.core import grammar
from eventschema.core.accept import KNOWN_OPTIONS, SUBSETS, TO_WHOLE, accept, has_subset_schemes, is_in_subset
from eventschema.core.formats import has_no_format, text_type
from eventschema.core.grammar import INT64_MAX, INT64_MIN, MAX_EXACT_INT
from eventschema.core.pointers import is_encodable
from eventschema.core.results import MergeResult
from eventschema.core.rules import Rules, differs, other_options
from eventschema.core.types import PropertyType
from eventschema.core.values import TypedValue, detect, round_float

#: The types by their codes.
TYPES: Final = tuple(PropertyType)
#: The codes of ``None``, and of a value that is left to the definition.
NULL: Final = len(TYPES)
UNCERTAIN: Final = len(TYPES) + 1

_CODES: Final = {type_: code for code, type_ in enumerate(TYPES)}
_STRING: Final = _CODES[PropertyType.STRING]
_NUMBERS: Final = frozenset({bool, int, float})
_OTHER_OPTIONS = other_options(KNOWN_OPTIONS)


def type_codes(values: list[Any], rules: Rules) -> bytes:
    """The code of each value's detected type where that is certain; :data:`NULL`, or :data:`UNCERTAIN`, elsewhere."""
    if differs(rules, _OTHER_OPTIONS):
        return bytes([UNCERTAIN] * len(values))
    return bytes([_code(value, rules) for value in values])


def round_floats(values: list[float], rules: Rules) -> list[float]:
    """Finite floats as they are stored: rounded to ``rules.float_digits``.

    Returns the same list if rounding changes none of them; else each that does not change is the same object.
    """
    digits = rules.float_digits
    stored = [round_float(value, digits) for value in values]
    return values if all(map(is_, stored, values)) else stored


def _code(value: Any, rules: Rules) -> int:
    kind = type(value)
    if kind is str:
        if len(value) > rules.max_string_length:
            return UNCERTAIN
        if value.isascii():
            return _CODES[text_type(value, rules)]
        return _STRING if has_no_format(value) and is_encodable(value) else UNCERTAIN
    if kind in _NUMBERS:
        typed = detect(value, rules, "")
        return _CODES[typed.type] if isinstance(typed, TypedValue) else UNCERTAIN
    return NULL if value is None else UNCERTAIN


class ColumnFate(NamedTuple):
    """What becomes of the values of a property: how many are changed, and which the definition must validate.

    - ``nulls``: are ignored. ``as_floats``: ints that are stored as floats.
    - ``rounded``: floats that rounding changes. ``zeroed``: those of them that become 0.
    - ``doubtful``: the positions of the values that the definition must validate. The counts leave these out.
    """

    nulls: int
    as_floats: int
    rounded: int
    zeroed: int
    doubtful: list[int]


#: All values are stored as they are.
AS_THEY_ARE: Final = ColumnFate(0, 0, 0, 0, [])


def conform_column(values: Sequence[Any], expected: PropertyType, rules: Rules) -> ColumnFate:
    """What becomes of ``values`` of a property of the type ``expected``. For ``Rules(types="conform")`` alone."""
    kinds = set(map(type, values))
    if len(kinds) == 1:
        (kind,) = kinds
        test = _TESTS.get((kind, expected))
        if test is not None and test(values, rules):
            if expected is not PropertyType.FLOAT:
                return AS_THEY_ARE
            if kind is float:
                rounded, zeroed = _count_rounded(values, rules)
                return ColumnFate(0, 0, rounded, zeroed, []) if rounded else AS_THEY_ARE
    parts: dict[type, Sequence[Any]] = {
        kind: values if len(kinds) == 1 else [value for value in values if type(value) is kind] for kind in kinds
    }
    nulls = len(parts.pop(_NONE, ())) if rules.nulls == "ignore" else 0
    doubtful = _doubtful(values, parts, expected, rules)
    if expected is not PropertyType.FLOAT:
        return ColumnFate(nulls, 0, 0, 0, doubtful)
    if doubtful:  # few are; the others are counted without them
        left = set(doubtful)
        others = [value for position, value in enumerate(values) if position not in left]
        return conform_column(others, expected, rules)._replace(doubtful=doubtful)
    rounded, zeroed = _count_rounded(parts.get(float, ()), rules)
    return ColumnFate(nulls, len(parts.get(int, ())), rounded, zeroed, doubtful)


def _doubtful(
    values: Sequence[Any], parts: Mapping[type, Sequence[Any]], expected: PropertyType, rules: Rules
) -> list[int]:
    """The positions of the values that are not certainly accepted. ``parts`` has the values to look at, by class."""
    kinds = {
        kind for kind, part in parts.items() if not (test := _TESTS.get((kind, expected))) or not test(part, rules)
    }
    if not kinds:
        return []
    certain = frozenset[str]()
    if str in kinds and expected in _FORMATS:
        certain = frozenset(_ordinary_lines(parts[str], expected, rules))
    return [
        position
        for position, value in enumerate(values)
        if type(value) in kinds
        and not (type(value) is str and f"{value}\n" in certain)
        and not _is_taken(value, expected, rules)
    ]


def _count_rounded(values: Sequence[float], rules: Rules) -> tuple[int, int]:
    """How many finite floats are changed by rounding, and how many of these become 0."""
    sure = 0
    if rules.float_digits == 6 and values and min(values) > -_MAX_QUICK and max(values) < _MAX_QUICK:
        # A double of that size is at most 6e-8 from the decimal that it was read from, and the product at most 0.13
        # from a whole number. So rounding changes the double if this does not give it back.
        changed = [value for value in values if not value or (value * 1e6 + TO_WHOLE - TO_WHOLE) / 1e6 != value]
        if not changed or min(map(abs, changed)) >= _NEAR_ZERO:
            return len(changed), 0
        values = [value for value in changed if -_NEAR_ZERO < value < _NEAR_ZERO]
        sure = len(changed) - len(values)
    pairs = list(zip(values, round_floats(list(values), rules), strict=True))
    zeroed = sum(1 for before, after in pairs if before and not after)
    return sure + sum(1 for before, after in pairs if before is not after), zeroed


def _is_taken(value: Any, expected: PropertyType, rules: Rules) -> bool:
    schema: Any = None  # accept() only passes it on
    return type(accept(schema, {_ANY: expected}, 0, {_ANY: value}, rules)) is MergeResult


_NONE: Final = type(None)
_MAX_QUICK: Final = 1e9
_NEAR_ZERO: Final = 1e-6  # a number further from 0 is not rounded to 0
_ANY: Final = "p"  # any name will do
# Whole lines of a format's subset, in a text that has one line for each value.
_DATES = re.compile(f"(?:{grammar.DATE_SUBSET})\n")
_DATETIMES = re.compile(f"(?:{grammar.DATETIME_SUBSET})\n")
_URLS = re.compile(f"(?:{grammar.URL_SUBSET})\n")
_LINES: Final = {PropertyType.DATE: _DATES, PropertyType.DATETIME: _DATETIMES, PropertyType.URL: _URLS}
_FORMATS: Final = (*_LINES, PropertyType.EMAIL)


def _are_finite(values: Sequence[float], rules: Rules) -> bool:
    return isfinite(sum(values))  # a sum is not finite if one of its numbers is not


def _are_ints(values: Sequence[int], rules: Rules) -> bool:
    return min(values) >= INT64_MIN and max(values) <= INT64_MAX


def _are_exact(values: Sequence[int], rules: Rules) -> bool:
    return min(values) >= -MAX_EXACT_INT and max(values) <= MAX_EXACT_INT


def _are_bools(values: Sequence[bool], rules: Rules) -> bool:
    return True


def _are_texts(values: Sequence[str], rules: Rules) -> bool:
    text, limit = "".join(values), rules.max_string_length
    return is_encodable(text) and (len(text) <= limit or max(map(len, values)) <= limit)


def _are_of_format(format_: PropertyType) -> "_Test":
    def test(values: Sequence[str], rules: Rules) -> bool:
        if format_ is not PropertyType.DATETIME:  # the same dateTime seldom occurs twice
            values = list(set(values))
        if max(map(len, values)) > rules.max_string_length:
            return False
        if format_ is PropertyType.EMAIL:
            return all(map(SUBSETS[PropertyType.EMAIL], values))
        if format_ is PropertyType.URL and not has_subset_schemes(rules):
            return False
        # One line for each value, and nothing else. So no value has a newline, and no line is only part of a value.
        return _LINES[format_].subn("", "\n".join([*values, ""])) == ("", len(values))

    return test


def _ordinary_lines(texts: Sequence[str], format_: PropertyType, rules: Rules) -> list[str]:
    """The ordinary texts of the format that are found in ``texts``, in order, with a newline after each.

    If one of ``texts``, with a newline, is in the result, it is certainly of the format.
    """
    limit = rules.max_string_length
    if max(map(len, texts)) > limit:
        texts = [text for text in texts if len(text) <= limit]
    if format_ is PropertyType.EMAIL:
        return [f"{text}\n" for text in texts if is_in_subset(text, PropertyType.EMAIL)]
    if format_ is PropertyType.URL and not has_subset_schemes(rules):
        return []
    return _LINES[format_].findall("\n".join([*texts, ""]))


_Test = Callable[[Sequence[Any], Rules], bool]

#: By class and type: the test whether a property of the type certainly accepts all of some values of the class. Without
#: a test, it certainly accepts none.
_TESTS: Final[dict[tuple[type, PropertyType], _Test]] = {
    (bool, PropertyType.BOOL): _are_bools,
    (int, PropertyType.INT): _are_ints,
    (int, PropertyType.FLOAT): _are_exact,
    (float, PropertyType.FLOAT): _are_finite,
    (str, PropertyType.STRING): _are_texts,
    **{(str, format_): _are_of_format(format_) for format_ in _FORMATS},
}
