"""The values of an event as Python's types: a date as ``datetime.date``, a dateTime as ``datetime.datetime``.

An event keeps the texts as they were sent, since Python's types lose some of them: a ``datetime`` has no leap seconds
and no digits beyond microseconds. ``EventSchema.to_python`` reports where these were lost.
"""

import datetime
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from eventschema.core.arguments import check_kind
from eventschema.core.documents import wrong
from eventschema.core.formats import is_date, is_datetime
from eventschema.core.pointers import json_type_name, pointer_to
from eventschema.core.types import CLASSES, PropertyType

PythonValue = bool | int | float | str | datetime.date | datetime.datetime

Conversion = tuple[PythonValue, "TimeAdjustmentKind | None"]

_MAX_NAME: Final = 128  # characters of a name in a message
#: Fractional digits beyond microseconds that are not all 0, after ``YYYY-MM-DDThh:mm:ss``.
_LOST_DIGITS: Final = re.compile("[.,][0-9]{6}0*[1-9]")
_OFFSET: Final = re.compile("[Z+-]")
_SECONDS: Final = slice(16, 19)  # of a dateTime: a colon and two digits
_AFTER_SECONDS: Final = 19


class TimeAdjustmentKind(StrEnum):
    """What a ``datetime`` lost of a text: a leap second became the last microsecond before it, digits were cut."""

    LEAP_SECOND = "leap_second"
    DIGITS_CUT = "digits_cut"


class TimeAdjustment(NamedTuple):
    """A dateTime that is another moment in Python: its property's ``name``, the ``kind`` of change, and both values."""

    name: str
    kind: TimeAdjustmentKind
    before: str
    after: datetime.datetime


class PythonProperties(NamedTuple):
    """The ``properties`` of an event as Python's types, and the ``adjustments``: what that changed."""

    properties: dict[str, PythonValue]
    adjustments: tuple[TimeAdjustment, ...]


def to_python(
    types: Mapping[str, PropertyType], properties: Mapping[str, Any], naive: datetime.tzinfo | None
) -> PythonProperties:
    """See ``EventSchema.to_python``."""
    check_zone(naive)
    values: dict[str, PythonValue] = {}
    adjustments = []
    for name, value in properties.items():
        type_ = types.get(name)
        if type_ is None:
            raise wrong(_pointer(name), "a property of the schema", "one that it does not have")
        if type(value) is not CLASSES[type_]:
            raise wrong(_pointer(name), f"a value of the type {type_}, as merge returns it", json_type_name(value))
        try:
            values[name], kind = CONVERSIONS[type_](value, naive)
        except ValueError:
            raise wrong(_pointer(name), f"text of the type {type_}, as merge returns it", "another text") from None
        if kind is not None:
            adjustments.append(TimeAdjustment(name, kind, value, values[name]))  # type: ignore[arg-type]  # a datetime
    return PythonProperties(values, tuple(adjustments))


def check_zone(naive: object) -> None:
    """Raise ``TypeError`` if ``naive`` is neither ``None`` nor a time zone."""
    if naive is not None:
        check_kind(naive, datetime.tzinfo, "a time zone such as datetime.UTC for naive")


def _pointer(name: object) -> str:
    return pointer_to("/properties", name, _MAX_NAME)


def _unchanged(value: Any, _: datetime.tzinfo | None) -> Conversion:
    return value, None


def _date(text: str, _: datetime.tzinfo | None) -> Conversion:
    if not is_date(text):
        raise ValueError(text)
    return datetime.date.fromisoformat(text), None


def _datetime(text: str, naive: datetime.tzinfo | None) -> Conversion:
    if not is_datetime(text):
        raise ValueError(text)
    plain, kind = text.upper(), None
    if text[_SECONDS] == ":60":
        kind = TimeAdjustmentKind.LEAP_SECOND
        offset = _OFFSET.search(plain, _AFTER_SECONDS)  # a leap second has one
        plain = f"{plain[: _AFTER_SECONDS - 2]}59.999999{plain[offset.start() :] if offset else ''}"
    elif _LOST_DIGITS.match(plain, _AFTER_SECONDS):
        kind = TimeAdjustmentKind.DIGITS_CUT
    moment = datetime.datetime.fromisoformat(plain)  # which cuts digits beyond microseconds
    return moment if moment.tzinfo is not None or naive is None else moment.replace(tzinfo=naive), kind


#: From a stored value of each type to Python's, and what that lost. Raises ``ValueError`` for text of another format.
CONVERSIONS: Final[Mapping[PropertyType, Callable[[Any, datetime.tzinfo | None], Conversion]]] = MappingProxyType(
    {
        PropertyType.BOOL: _unchanged,
        PropertyType.INT: _unchanged,
        PropertyType.FLOAT: _unchanged,
        PropertyType.STRING: _unchanged,
        PropertyType.DATE: _date,
        PropertyType.DATETIME: _datetime,
        PropertyType.EMAIL: _unchanged,
        PropertyType.URL: _unchanged,
    }
)
