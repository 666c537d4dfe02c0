"""Strategies for values of each type, and for values that no type accepts, each with its violation.

JSON can hold all of them, except for NaN, the infinities and lone surrogates, which some decoders accept.
"""

import math
from typing import Any, Final, NamedTuple

from hypothesis import strategies as st

from eventschema.core.arguments import require_rules
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.types import TEXT_TYPES, PropertyType
from eventschema.core.violations import (
    IntOutOfRange,
    InvalidText,
    NonFiniteFloat,
    StringTooLong,
    UnsupportedType,
    Violation,
)
from eventschema.testing.texts import texts

_INT64_MAX: Final = 2**63 - 1
_EXACT: Final = 2**53  # every integer up to here is a double (IEEE 754 binary64)
_MAX_DRAWN_LENGTH: Final = 10_000  # of a text that is too long: longer ones would be too large as examples


def values(type: PropertyType | str, rules: Rules = DEFAULT_RULES) -> st.SearchStrategy[Any]:  # noqa: A002  (the term)
    """Values whose detected type is ``type``, as instances of exactly ``bool``, ``int``, ``float`` or ``str``.

    A property of that type stores each unchanged: ints fit 64 bits, floats are finite and have at most
    ``rules.float_digits`` decimals, texts are those of :func:`texts`. The strategy is empty if the rules allow no such
    text. Raises ``ValueError`` for an unknown type.
    """
    require_rules(rules)
    match PropertyType(type):
        case PropertyType.BOOL:
            return st.booleans()
        case PropertyType.INT:
            return st.integers(-100, 100) | st.integers(-_INT64_MAX - 1, _INT64_MAX)
        case PropertyType.FLOAT:
            return floats(rules)
        case kind:
            return texts(kind, rules)


def floats(rules: Rules) -> st.SearchStrategy[float]:
    """Finite floats that rounding to ``rules.float_digits`` does not change; never ``-0.0``."""
    drawn = st.floats(-1000, 1000) | st.floats(allow_nan=False, allow_infinity=False)
    return drawn.map(lambda number: round(number, rules.float_digits) + 0.0)


def exact_ints() -> st.SearchStrategy[int]:
    """Integers of 64 bits that a double holds exactly."""
    return st.integers(-100, 100) | st.integers(-_EXACT, _EXACT) | st.integers(-1024, 1023).map(lambda n: n * _EXACT)


def inexact_ints() -> st.SearchStrategy[int]:
    """Integers of 64 bits that no double holds exactly: odd ones beyond 2**53."""
    positive = st.integers(_EXACT // 2, _INT64_MAX // 2).map(lambda half: 2 * half + 1)
    return positive | positive.map(lambda number: -number)


def broken_floats() -> st.SearchStrategy[float]:
    """Finite floats that are not whole."""
    return st.integers(-(10**6), 10**6).map(lambda whole: whole + 0.5)


class Faulty(NamedTuple):
    """A ``value`` of no type, with the class and the further fields of its violation."""

    value: Any
    kind: type[Violation]
    fields: tuple[Any, ...] = ()

    def violation(self, pointer: str) -> Violation:
        """The violation of the value at ``pointer``."""
        return self.kind(pointer, *self.fields)


def faulty_values(rules: Rules) -> st.SearchStrategy[Faulty]:
    """Values that no type accepts, at least one for each code."""
    # No double holds an odd number of that size exactly, so float refuses it too.
    odd = st.integers(2**62, 2**70).map(lambda half: 2 * half + 1)
    drawn: list[st.SearchStrategy[Faulty]] = [
        st.sampled_from(({}, {"a": 1})).map(lambda value: Faulty(value, UnsupportedType, ("object",))),
        st.sampled_from(([], ["a"])).map(lambda value: Faulty(value, UnsupportedType, ("array",))),
        st.sampled_from((math.nan, math.inf, -math.inf)).map(lambda number: Faulty(number, NonFiniteFloat)),
        (odd | odd.map(lambda number: -number)).map(lambda number: Faulty(number, IntOutOfRange)),
    ]
    limit = rules.max_string_length
    if limit:
        drawn.append(st.sampled_from(("\ud800", "\udfff")).map(lambda text: Faulty(text, InvalidText)))
    if limit < _MAX_DRAWN_LENGTH:
        drawn.append(st.integers(limit + 1, limit + 3).map(lambda n: Faulty("a" * n, StringTooLong, (limit, n))))
    if rules.nulls == "reject":
        drawn.append(st.just(Faulty(None, UnsupportedType, ("null",))))
    return st.one_of(drawn)


def typed_values(kind: PropertyType, rules: Rules) -> st.SearchStrategy[Any]:
    """Values whose detected type is ``kind`` if ``rules.detect`` has all types."""
    return exact_ints() if kind is PropertyType.INT else values(kind, rules)


def detected(kind: PropertyType, rules: Rules) -> PropertyType:
    """The type that ``rules.detect`` gives a value of the type ``kind``."""
    if kind in rules.detect:
        return kind
    return PropertyType.STRING if kind in TEXT_TYPES else PropertyType.FLOAT
