"""The detected types of many values at once, and floats as they are stored, as a profile of a stream needs them.

:func:`type_codes` answers for a column of values with one byte each: the place of its type in ``PropertyType``, or that
it is null, or that the definition (``values.detect``) must say. As in ``accept``, what is certain is only ever what the
definition would say too. :func:`round_floats` rounds a column. ``_accept.pyx`` has the same, compiled.
"""

from operator import is_
from typing import Any, Final

from eventschema.core.formats import has_no_format, text_type
from eventschema.core.pointers import is_encodable
from eventschema.core.rules import Rules
from eventschema.core.types import PropertyType
from eventschema.core.values import TypedValue, detect, round_float

#: The types by their codes.
TYPES: Final = tuple(PropertyType)
#: The codes of ``None``, and of a value that the definition must judge.
NULL: Final = len(TYPES)
UNCERTAIN: Final = len(TYPES) + 1

_CODES: Final = {type_: code for code, type_ in enumerate(TYPES)}
_STRING: Final = _CODES[PropertyType.STRING]
_NUMBERS: Final = frozenset({bool, int, float})


def type_codes(values: list[Any], rules: Rules) -> bytes:
    """The code of each value's detected type where that is certain; :data:`NULL`, or :data:`UNCERTAIN`, elsewhere."""
    return bytes([_code(value, rules) for value in values])


def round_floats(values: list[float], rules: Rules) -> list[float]:
    """Finite floats as they are stored: rounded to ``rules.float_digits``.

    Where rounding changes nothing, what comes back is the same list, or has the same object in that place.
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
        reading = detect(value, rules, "")
        return _CODES[reading.type] if isinstance(reading, TypedValue) else UNCERTAIN
    return NULL if value is None else UNCERTAIN
