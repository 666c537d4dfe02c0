"""The definition of a merge, written from the specification alone: step by step, without a fast path or a cache.

It takes the document of a schema and returns documents, and it imports nothing of ``eventschema``. The text formats are
those of ``tests/reference.py``, except for the email. Property tests and the fuzzer compare ``EventSchema.merge`` with
it.

The specification lists the reasons of violations, but not when each applies, so no violation here has one.
"""

import datetime
import math
from collections.abc import Callable
from decimal import Decimal
from fnmatch import fnmatchcase
from fractions import Fraction
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, NamedTuple

from email_validator import validate_email

from tests import reference

if TYPE_CHECKING:
    from eventschema import Rules

_NAME_CHARACTERS = reference.LETTERS | reference.DIGITS | {"_"}


class Outcome(NamedTuple):
    """The result of a merge. Values come with their type and their text, which tell 1, 1.0 and True apart."""

    added: list[tuple[str, str]]
    properties: list[tuple[str, Any]]
    adjustments: list[tuple[str, str, Any, Any]]
    errors: list[dict[str, Any]]
    document: dict[str, Any]
    dropped: list[dict[str, Any]]


class _ViolationError(Exception):
    """A property that is refused: the code of the violation, and its fields."""

    def __init__(self, code: str, **fields: Any) -> None:
        self.code, self.fields = code, fields


class _Stored(NamedTuple):
    """A value as it is stored, with its type; if it was changed, the kind of adjustment and the value before."""

    type: str
    value: Any
    kind: str | None = None
    before: Any = None


def same(value: Any) -> tuple[type, str]:
    """The type and text of a value: they tell 1, 1.0 and True apart, 0.0 and -0.0, and take two NaNs for equal."""
    return type(value), repr(value)


def adjusted(name: str, kind: str, before: Any, after: Any) -> tuple[str, str, Any, Any]:
    """An adjustment as ``Outcome`` has it. A date object stands for itself, as its text may be anything."""
    return name, kind, id(before) if kind == "to_text" else same(before), same(after)


# --- section 4: merging ---


def merge(schema: dict[str, Any], event: dict[Any, Any], rules: "Rules") -> Outcome:
    """Merge an event, whose names are all different texts, into the schema of the document ``schema``."""
    limit = rules.max_properties
    if len(event) > limit:
        return _refused(schema, [_error("too_many_properties", "/properties", limit=limit, actual=len(event))])
    added: dict[str, str] = {}
    properties: list[tuple[str, Any]] = []
    adjustments: list[tuple[str, str, Any, Any]] = []
    errors: list[dict[str, Any]] = []
    for key, value in event.items():
        try:
            name = _read_name(key, rules)
            if value is None and rules.nulls == "ignore":
                adjustments.append(adjusted(name, "null_ignored", None, None))
                continue
            if rules.empty_texts == "ignore" and issubclass(type(value), str) and str.__str__(value) == "":
                adjustments.append(adjusted(name, "empty_ignored", "", None))
                continue
            stored = _read_value(schema, name, value, rules)
            size = len(schema["properties"]) + len(added) + 1
            if rules.invalid == "drop" and name not in schema["properties"] and _is_over(size, rules):
                raise _ViolationError("too_many_schema_properties", limit=rules.max_schema_properties, actual=size)
        except _ViolationError as error:
            errors.append(_error(error.code, _pointer(key, rules), **error.fields))
            continue
        properties.append((name, same(stored.value)))
        if stored.kind is not None:
            adjustments.append(adjusted(name, stored.kind, stored.before, stored.value))
        if name not in schema["properties"]:
            added[name] = stored.type
    size = len(schema["properties"]) + len(added)
    if added and _is_over(size, rules):
        bound = rules.max_schema_properties
        errors.append(_error("too_many_schema_properties", "/properties", limit=bound, actual=size))
    if errors and rules.invalid == "reject":
        return _refused(schema, errors)
    return Outcome(list(added.items()), properties, adjustments, [], _grown(schema, added), errors)


def _is_over(size: int, rules: "Rules") -> bool:
    return rules.max_schema_properties is not None and size > rules.max_schema_properties


def _read_value(schema: dict[str, Any], name: str, value: object, rules: "Rules") -> _Stored:
    expected = schema["properties"].get(name)
    if expected is None and rules.new_properties == "reject":
        raise _ViolationError("unknown_property")
    if expected is None and schema.get("frozen"):
        raise _ViolationError("frozen_schema", since=schema["frozenSince"])
    since = schema["since"].get(name, 0) if name in schema["properties"] else None
    if expected is None:
        # Names have no characters but letters, digits and _, and only * and ? of a pattern mean more than themselves.
        found = [type_ for pattern, type_ in rules.hints if fnmatchcase(name, pattern)]
        if not found:
            return _detect(value, rules)
        expected = found[0]
    stored, actual = _conform(value, expected, rules)
    if stored is None:
        raise _ViolationError("type_conflict", expected=expected, actual=actual, since=since)
    return stored


def _conform(value: object, expected: str, rules: "Rules") -> tuple[_Stored | None, str]:
    """``value`` as a property of the type ``expected`` stores it, or ``None``; and the type that it is found to be."""
    if rules.types == "exact":
        stored = _detect(value, rules)
        return stored if stored.type == expected else None, stored.type
    base, is_date_object = _base(value)
    match base:
        case bool():
            return _Stored("bool", base) if expected == "bool" else None, "bool"
        case str():
            format_ = _checked_format(base, rules)
            fits = expected in {"string", format_}
            stored = _text(expected, base, value if is_date_object else None)
            return stored if fits else None, format_ if format_ in rules.detect else "string"
        case int():
            if expected == "float" and (exact := _exact_float(base)) is not None:
                return _Stored("float", exact, "int_to_float", base), "int"
            if not _fits_64_bits(base):
                raise _ViolationError("int_out_of_range")
            return _Stored("int", base) if expected == "int" else None, "int"
    rounded = _round(base, rules.float_digits)
    if expected == "float":
        return rounded, "float"
    if expected == "int" and _fits_64_bits(base) and int(base) == base and _is_exactly(value, base):
        return _Stored("int", int(base), "float_to_int", base), "float"
    return None, "float"


def _refused(schema: dict[str, Any], errors: list[dict[str, Any]]) -> Outcome:
    return Outcome([], [], [], errors, schema, [])


def _grown(schema: dict[str, Any], added: dict[str, str]) -> dict[str, Any]:
    if not added:
        return schema
    version = schema["version"] + 1
    properties, since = schema["properties"] | added, schema["since"] | dict.fromkeys(added, version)
    # Format 3 says that a version changed no property, which format 2 can hold too if that is not the last version.
    number = 2 if "added" in schema else schema["format"]
    return schema | {"format": number, "version": version, "properties": properties, "since": since}


# --- section 1: types ---


def _detect(value: object, rules: "Rules") -> _Stored:
    base, is_date_object = _base(value)
    match base:
        case bool():
            return _Stored("bool", base)
        case str():
            format_ = _checked_format(base, rules)
            return _text(format_ if format_ in rules.detect else "string", base, value if is_date_object else None)
        case int() if "int" in rules.detect and _fits_64_bits(base):
            return _Stored("int", base)
        case int():
            exact = None if "int" in rules.detect else _exact_float(base)
            if exact is None:
                raise _ViolationError("int_out_of_range")
            return _Stored("float", exact, "int_to_float", base)
        case _:
            return _round(base, rules.float_digits)


def _base(value: Any) -> tuple[Any, bool]:
    """``value`` as exactly a bool, str, int, float or Decimal; and whether that is the text of a date object."""
    kind = type(value)
    base = None
    try:  # The value's own methods may raise anything.
        for of_kind, convert in _BASES:
            if issubclass(kind, of_kind):
                base = convert(value)
                break
        if base is not None:
            return base, issubclass(kind, datetime.date)
    except Exception:
        pass
    raise _ViolationError("unsupported_type", actual=_json_type(value))


def _date_text(value: Any) -> str | None:
    text = value.isoformat()
    is_format = reference.is_datetime if issubclass(type(value), datetime.datetime) else reference.is_date
    return text if type(text) is str and is_format(text) else None


def _nearest(value: Any) -> float:
    try:
        return float.__float__(type(value).__float__(value))
    except OverflowError:
        return math.inf


#: How a value of each class, or of a subclass, becomes a base value. The base's own methods are used where it has them.
_BASES: list[tuple[type, Callable[[Any], Any]]] = [
    (bool, bool),
    (str, str.__str__),
    (int, int.__index__),
    (float, float.__float__),
    (Decimal, Decimal),
    (datetime.date, _date_text),
    (Integral, lambda value: int.__index__(type(value).__index__(value))),
    (Real, _nearest),
]


def _json_type(value: object) -> str:
    kind = type(value)
    for base, word in ((dict, "object"), (list, "array"), (tuple, "array"), (type(None), "null")):
        if issubclass(kind, base):
            return word
    return str(type.__dict__["__name__"].__get__(kind))


def _fits_64_bits(number: Any) -> bool:
    return bool(-(2**63) <= number <= 2**63 - 1)


def _exact_float(number: int) -> float | None:
    try:
        nearest = float(number)
    except OverflowError:
        return None
    return nearest if nearest == number else None


def _is_exactly(value: Any, number: Any) -> bool:
    """Whether the number that was given is ``number``, and not only near it."""
    if issubclass(type(value), float | Decimal):
        return True
    try:
        return bool(value == number)
    except Exception:
        return False


def _round(number: float | Decimal, digits: int) -> _Stored:
    rounded = round(number, digits) + 0.0 if isinstance(number, float) else _round_decimal(number, digits)
    if not math.isfinite(rounded):
        raise _ViolationError("non_finite_float")
    if isinstance(number, float):
        is_unchanged = same(rounded) == same(number)
    else:
        is_unchanged = Decimal(repr(rounded)) == number and not (number.is_zero() and number.is_signed())
    return _Stored("float", rounded) if is_unchanged else _Stored("float", rounded, "rounded", number)


def _round_decimal(number: Decimal, digits: int) -> float:
    if not number.is_finite():
        return math.nan
    if number.is_zero() or number.adjusted() < -digits - 1:  # less than half of the last digit that is kept
        return 0.0
    if number.adjusted() > 400:  # beyond the doubles, and too large for a Fraction
        return math.inf
    has_more_digits = int(number.as_tuple().exponent) < -digits
    try:
        return float(round(Fraction(number), digits) if has_more_digits else Fraction(number)) + 0.0
    except OverflowError:
        return math.inf


# --- section 2: text formats ---


def _checked_format(text: str, rules: "Rules") -> str:
    """The format of a text that may be a value, or ``string``."""
    if len(text) > rules.max_string_length:
        raise _ViolationError("string_too_long", limit=rules.max_string_length, actual=len(text))
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise _ViolationError("invalid_text")
    if reference.is_date(text):
        return "date"
    if reference.is_datetime(text):
        return "dateTime"
    if reference.is_url(text, rules.url_schemes):
        return "url"
    return "string" if defined_email(text) is None else "email"


def _text(type_: str, text: str, date_object: object) -> _Stored:
    return _Stored(type_, text) if date_object is None else _Stored(type_, text, "to_text", date_object)


def defined_email(text: str) -> str | None:
    """The normalised address, as ``email-validator`` with every option given returns it, if ``text`` is an email."""
    if len(text) > 254:
        return None
    try:
        return validate_email(
            text,
            check_deliverability=False,
            allow_smtputf8=True,
            allow_empty_local=False,
            allow_quoted_local=False,
            allow_domain_literal=False,
            allow_display_name=False,
            strict=True,
            test_environment=False,
            globally_deliverable=True,
        ).normalized
    except ValueError:
        return None


# --- section 5: names and pointers ---


def _read_name(key: Any, rules: "Rules") -> str:
    if not issubclass(type(key), str):
        raise _ViolationError("invalid_name")
    name = str.__str__(key)  # not its own __str__, which may return anything
    if len(name) > rules.max_name_length:
        raise _ViolationError("name_too_long", limit=rules.max_name_length, actual=len(name))
    if not name or not _NAME_CHARACTERS.issuperset(name):
        raise _ViolationError("invalid_name")
    return name


def _pointer(key: Any, rules: "Rules") -> str:
    if not issubclass(type(key), str):
        return f"/properties/<{type.__dict__['__name__'].__get__(type(key))}>"
    name = str.__str__(key)
    if len(name) > rules.max_name_length:
        name = name[: rules.max_name_length] + "..."
    name = name.encode(errors="backslashreplace").decode()
    return "/properties/" + name.replace("~", "~0").replace("/", "~1")


def _error(code: str, pointer: str, **fields: Any) -> dict[str, Any]:
    return {"code": code, "pointer": pointer, **fields}
