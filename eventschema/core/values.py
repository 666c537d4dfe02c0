"""Detects the type of a value (:func:`detect`), and converts a value to a given type (:func:`conform`).

These two are the definition. Both first reduce a value to a base type: instances of subclasses count as their base
type, numbers of other libraries as int or as the nearest double (by the ``numbers`` ABCs), and date objects as their
text. The methods of the base type are called for that, never those of a subclass. Only the text of a date object comes
from its own ``isoformat``, so that objects that mean "no date" (pandas' ``NaT``) are refused. A value whose methods
raise is not supported; but ``MemoryError`` and ``RecursionError`` are let through, whoever raises them, since a caller
who is short of memory or deep in a recursion gets them for good values too. No ambient setting (decimal context,
locale, time zone) has an effect.

Neither function knows schemas or names. Errors are returned as violations at the pointer that the caller gives.
"""

import datetime
import math
from enum import StrEnum
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from eventschema.core.arguments import require_rules
from eventschema.core.formats import matches, text_format, text_type
from eventschema.core.grammar import DOUBLE_BITS, INT64_MAX, INT64_MIN
from eventschema.core.pointers import is_encodable, json_type_name
from eventschema.core.reasons import FormatReason
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.types import ACCEPTED_TYPES, TEXT_FORMATS, PropertyType
from eventschema.core.violations import (
    EventRejected,
    IntOutOfRange,
    InvalidText,
    NonFiniteFloat,
    StringTooLong,
    UnsupportedType,
    Violation,
)

if TYPE_CHECKING:
    from decimal import Decimal

_BOOL: Final = PropertyType.BOOL
_INT: Final = PropertyType.INT
_FLOAT: Final = PropertyType.FLOAT
_STRING: Final = PropertyType.STRING


class AdjustmentKind(StrEnum):
    """How a value was changed to be stored."""

    ROUNDED = "rounded"
    INT_TO_FLOAT = "int_to_float"
    FLOAT_TO_INT = "float_to_int"
    NULL_IGNORED = "null_ignored"
    EMPTY_IGNORED = "empty_ignored"
    TO_TEXT = "to_text"


class Adjustment(NamedTuple):
    """A value that was changed to be stored: its property's ``name``, the ``kind`` of change, and both values."""

    name: str
    kind: AdjustmentKind
    before: Any
    after: Any

    def to_dict(self) -> dict[str, Any]:
        """The four fields, ready for JSON: a ``Decimal`` as its text, a date object as the text it became."""
        before = self.after if self.kind is AdjustmentKind.TO_TEXT else self.before
        if not isinstance(before, str | int | float | None):
            from eventschema.core.decimals import decimal_text

            before = decimal_text(before)
        return {"name": self.name, "kind": self.kind.value, "before": before, "after": self.after}


class TypedValue(NamedTuple):
    """A ``value`` as stored, of exactly its ``type``; the ``kind`` of change, if any, and the value ``before``."""

    type: PropertyType
    value: bool | int | float | str
    kind: AdjustmentKind | None = None
    before: Any = None


class Conflict(NamedTuple):
    """The type ``actual`` of a value that a property of another type does not accept.

    ``reason`` says why a text is not of the property's format.
    """

    actual: PropertyType
    reason: FormatReason | None = None


def classify(value: object, rules: Rules = DEFAULT_RULES) -> PropertyType:
    """The type that detection gives ``value``: that of a new property with this value.

    Raises ``EventRejected``, with one violation, if the value has no type: ``unsupported_type`` (also for ``None``),
    ``string_too_long``, ``invalid_text``, ``non_finite_float`` or ``int_out_of_range``. Raises ``TypeError`` if
    ``rules`` are not ``Rules``.
    """
    require_rules(rules)
    typed = detect(value, rules, "")
    if isinstance(typed, Violation):
        raise EventRejected((typed,))
    return typed.type


def detect(value: object, rules: Rules, pointer: str) -> TypedValue | Violation:
    """``value`` as a new property stores it, or its violation."""
    plain = _plain(value)
    kind: Any = type(plain)
    if kind is str:
        return text_error(plain, rules, pointer) or TypedValue(text_type(plain, rules), plain)
    if kind is bool:
        return TypedValue(_BOOL, plain)
    if kind is int:
        return _detect_int(plain, rules, pointer)
    if kind is TypedValue:
        error = text_error(plain.value, rules, pointer)
        return error or plain._replace(type=_detected(plain.type, rules))
    if plain is None:
        return UnsupportedType(pointer, json_type_name(value))
    return _to_float(plain, rules) or NonFiniteFloat(pointer)


def conform(value: object, expected: PropertyType, rules: Rules, pointer: str) -> TypedValue | Violation | Conflict:
    """``value`` as a property of the type ``expected`` stores it, or its violation or conflict.

    A conflict has the type of the value; for a text, the type that detection gives it. Violations come first: they do
    not depend on the expected type.
    """
    if rules.types == "exact":
        return _conform_exactly(detect(value, rules, pointer), expected, rules)
    plain = _plain(value)
    kind: Any = type(plain)
    if kind is str:
        error = text_error(plain, rules, pointer)
        return error or _conform_text(plain, expected, rules)
    if kind is bool:
        return TypedValue(_BOOL, plain) if expected is _BOOL else Conflict(_BOOL)
    if kind is int:
        return _conform_int(plain, expected, pointer)
    if kind is TypedValue:
        if error := text_error(plain.value, rules, pointer):
            return error
        return _conform_date_text(plain, expected, rules)
    if plain is None:
        return UnsupportedType(pointer, json_type_name(value))
    return _conform_real(value, plain, expected, rules, pointer)


def ignored_as(value: object, rules: Rules) -> AdjustmentKind | None:
    """The kind of adjustment of a value that means "no property" under ``rules``; ``None`` for any other value."""
    if value is None:
        return AdjustmentKind.NULL_IGNORED if rules.nulls == "ignore" else None
    if rules.empty_texts == "ignore" and issubclass(type(value), str) and not str.__len__(cast("str", value)):
        return AdjustmentKind.EMPTY_IGNORED
    return None


def round_float(value: float, digits: int) -> float:
    """Round a finite ``value`` to ``digits`` decimals, half to even on its exact binary value; never to ``-0.0``.

    Returns the same object if that changes nothing.
    """
    rounded = round(value, digits) + 0.0
    return value if rounded == value and (value or math.copysign(1.0, value) > 0) else rounded


def _plain(value: Any) -> Any:
    """``value`` as exactly a bool, int, float, str or Decimal; a date object as its text, typed; else ``None``."""
    kind: Any = type(value)  # compared by identity, so that no method of the class is called
    if kind is str or kind is int or kind is float or kind is bool:
        return value
    if kind is dict or kind is list:  # common among refused values, so checked before the search through classes below
        return None
    try:
        if issubclass(kind, str):
            return str.__str__(value)
        if issubclass(kind, int):
            return int.__index__(value)
        if issubclass(kind, float):
            return float.__float__(value)
        from decimal import Decimal  # already loaded if the value is one

        if issubclass(kind, Decimal):
            return Decimal(value)
        if issubclass(kind, datetime.date):
            return _date_text(value, kind)
        if issubclass(kind, Integral):
            return int.__index__(kind.__index__(value))
        if issubclass(kind, Real):
            return _real(value)
    except (MemoryError, RecursionError):  # these say nothing about the value
        raise
    except Exception:  # the value's own methods may raise anything
        return None
    return None


def _real(value: Any) -> float:
    try:
        return float.__float__(type(value).__float__(value))
    except OverflowError:  # such as a Fraction of 400 digits: a number beyond the doubles
        return math.inf


def _date_text(value: Any, kind: type) -> TypedValue | None:
    text = value.isoformat()
    expected = PropertyType.DATETIME if issubclass(kind, datetime.datetime) else PropertyType.DATE
    if type(text) is not str or not matches(text, expected, DEFAULT_RULES):
        return None
    return TypedValue(expected, text, AdjustmentKind.TO_TEXT, value)


def text_error(text: str, rules: Rules, pointer: str) -> Violation | None:
    """The violation of ``text``, exactly a ``str``, if it is too long or has no UTF-8; else ``None``."""
    if len(text) > rules.max_string_length:
        return StringTooLong(pointer, rules.max_string_length, len(text))
    return None if text.isascii() or is_encodable(text) else InvalidText(pointer)


def _conform_exactly(
    typed: TypedValue | Violation, expected: PropertyType, rules: Rules
) -> TypedValue | Violation | Conflict:
    if isinstance(typed, Violation) or typed.type is expected:
        return typed
    text = typed.value
    # A text may be of a format that the rules leave out of detection.
    if type(text) is not str or (expected not in rules.detect and matches(text, expected, rules)):
        return Conflict(typed.type)
    return Conflict(typed.type, _reason(text, expected, rules))


def _conform_date_text(typed: TypedValue, expected: PropertyType, rules: Rules) -> TypedValue | Conflict:
    if typed.type in ACCEPTED_TYPES[expected]:
        return typed._replace(type=expected)
    return Conflict(_detected(typed.type, rules), _reason(str(typed.value), expected, rules))


def _conform_text(text: str, expected: PropertyType, rules: Rules) -> TypedValue | Conflict:
    if expected is _STRING:
        return TypedValue(_STRING, text)
    found = text_format(text, rules)  # called once: an internationalised address can take the time of a thousand others
    if found is expected:
        return TypedValue(expected, text)
    return Conflict(_detected(found, rules), _reason(text, expected, rules))


def _reason(text: str, expected: PropertyType, rules: Rules) -> FormatReason | None:
    """Why ``text`` is not of the format ``expected``; ``None`` for a type that is not a format."""
    if expected not in TEXT_FORMATS:
        return None
    from eventschema.core.mismatches import reason_of  # its patterns take a quarter of the package's import time

    return reason_of(text, expected, rules)


def _detected(found: PropertyType, rules: Rules) -> PropertyType:
    """The type that detection gives text of the format ``found``."""
    return found if found in rules.detect else _STRING


def _detect_int(number: int, rules: Rules, pointer: str) -> TypedValue | Violation:
    if _INT in rules.detect:
        return TypedValue(_INT, number) if INT64_MIN <= number <= INT64_MAX else IntOutOfRange(pointer)
    return _widened(number) or IntOutOfRange(pointer)


def _conform_int(number: int, expected: PropertyType, pointer: str) -> TypedValue | Violation | Conflict:
    if expected is _FLOAT and (typed := _widened(number)):
        return typed
    if not INT64_MIN <= number <= INT64_MAX:
        return IntOutOfRange(pointer)
    return TypedValue(_INT, number) if expected is _INT else Conflict(_INT)


def _conform_real(
    value: object, number: "float | Decimal", expected: PropertyType, rules: Rules, pointer: str
) -> TypedValue | Violation | Conflict:
    """As :func:`conform`, for a ``value`` whose base type is float or ``Decimal``: ``number``."""
    typed = _to_float(number, rules)
    if typed is None:
        return NonFiniteFloat(pointer)
    if expected is _FLOAT:
        return typed
    if expected is _INT and (whole := _whole(number)) is not None and _is_exactly(value, number):
        return TypedValue(_INT, whole, AdjustmentKind.FLOAT_TO_INT, number)
    return Conflict(_FLOAT)


def _widened(number: int) -> TypedValue | None:
    """An integer as the float that equals it exactly, if there is one."""
    if number.bit_length() > DOUBLE_BITS:
        return None
    try:
        widened = float(number)
    except OverflowError:
        return None
    return TypedValue(_FLOAT, widened, AdjustmentKind.INT_TO_FLOAT, number) if widened == number else None


def _whole(number: "float | Decimal") -> int | None:
    """A finite number as a 64-bit integer, if it is one."""
    if not isinstance(number, float) and number and number.adjusted() > 18:
        return None  # checked first, since it could become an integer of a million digits
    whole = int(number)
    return whole if whole == number and INT64_MIN <= whole <= INT64_MAX else None


def _is_exactly(value: Any, number: "float | Decimal") -> bool:
    """Whether ``number`` equals ``value``: for a number of another library, it is only the nearest double."""
    if type(number) is not float or issubclass(type(value), float):
        return True
    try:
        return bool(value == number)
    except (MemoryError, RecursionError):
        raise
    except Exception:  # the value's own comparison may raise anything
        return False


def _to_float(number: "float | Decimal", rules: Rules) -> TypedValue | None:
    """A number as a rounded float; ``None`` if it is not finite or beyond the doubles."""
    if not isinstance(number, float):
        return _decimal_to_float(number, rules.float_digits)
    if not math.isfinite(number):
        return None
    rounded = round_float(number, rules.float_digits)
    if rounded is number:
        return TypedValue(_FLOAT, number)
    return TypedValue(_FLOAT, rounded, AdjustmentKind.ROUNDED, number)


def _decimal_to_float(number: "Decimal", digits: int) -> TypedValue | None:
    from eventschema.core.decimals import nearest_float

    nearest = nearest_float(number, digits)
    if nearest is None:
        return None
    value, same = nearest
    return TypedValue(_FLOAT, value) if same else TypedValue(_FLOAT, value, AdjustmentKind.ROUNDED, number)
