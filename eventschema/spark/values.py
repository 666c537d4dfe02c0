"""Columns of Arrow as values of Python. A value that Python cannot hold is an error of its event, never of the job."""

from collections.abc import Callable, Iterable
from typing import Any, Final

import pyarrow as pa

from eventschema.core.jsontext import MAX_SHOWN, RepeatedKey
from eventschema.core.pointers import pointer_to
from eventschema.core.violations import MalformedRequest
from eventschema.stream.reading.decoding import RepeatedKeyError, repeated_key

#: What Arrow raises for texts that are not UTF-8, for moments beyond those of Python, and for repeated keys.
_UNREADABLE: Final = (ValueError, OverflowError, KeyError)


class OutOfRange:
    """Stands for a value that Python cannot hold, such as a date of the year 12000. No property accepts it."""


def python_values(column: Any) -> list[Any]:
    """The values of a column of texts. Bytes that are not UTF-8 become lone surrogates: an error of their event."""
    try:
        found: list[Any] = column.to_pylist()
    except UnicodeDecodeError:
        return [_value(scalar, "") for scalar in column]
    return found


def python_objects(column: Any, pointer: str) -> list[dict[str, Any] | MalformedRequest | None]:
    """The objects of a column of structs or maps, which are at ``pointer`` in their events; null ones are ``None``.

    Null fields of a struct are left out. A moment is in UTC, whatever the time zone of the session. If an object or one
    in it has the same key twice, that is a ``malformed_request``, as in JSON.
    """
    is_struct = pa.types.is_struct(column.type)
    try:
        return _structs(column) if is_struct else _members(column)
    except _UNREADABLE:
        return [_object(scalar, pointer) for scalar in column]


def _structs(column: Any) -> list[dict[str, Any] | MalformedRequest | None]:
    members = list(map(_members, column.flatten()))
    names = [field.name for field in column.type]
    rows: Iterable[tuple[Any, ...]] = zip(*members, strict=True) if names else ((),) * len(column)
    return [
        {name: value for name, value in zip(names, row, strict=True) if value is not None} if valid else None
        for valid, row in zip(column.is_valid().to_pylist(), rows, strict=True)
    ]


def _members(column: Any) -> list[Any]:
    wanted = _in_utc(column.type)
    values = column if wanted == column.type else column.cast(wanted)
    found: list[Any] = values.to_pylist(maps_as_pydicts="strict")
    return found


def _in_utc(type_: Any) -> Any:
    if pa.types.is_timestamp(type_) and type_.tz is not None:
        return pa.timestamp(type_.unit, "UTC")
    if pa.types.is_struct(type_):
        return pa.struct([field.with_type(_in_utc(field.type)) for field in type_])
    if pa.types.is_list(type_):
        return pa.list_(type_.value_field.with_type(_in_utc(type_.value_type)))
    if pa.types.is_map(type_):
        return pa.map_(type_.key_type, type_.item_field.with_type(_in_utc(type_.item_type)))
    return type_


# --- one by one ---


def _object(scalar: Any, pointer: str) -> dict[str, Any] | MalformedRequest | None:
    try:
        value = _value(scalar, pointer)
    except RepeatedKeyError as error:
        return repeated_key(error.repeated)
    if value is None or pa.types.is_map(scalar.type):
        found: dict[str, Any] | None = value
        return found
    return {name: member for name, member in value.items() if member is not None}


def _value(scalar: Any, pointer: str) -> Any:
    """The value of a scalar of any type, at ``pointer``. Raises ``RepeatedKeyError``."""
    if not scalar.is_valid:
        return None
    type_ = scalar.type
    for is_type, read in _READERS:
        if is_type(type_):
            return read(scalar, pointer)
    try:
        return scalar.cast(_in_utc(type_)).as_py()
    except _UNREADABLE:
        return OutOfRange()


def _text(scalar: Any, _: str) -> str:
    return bytes(scalar.as_buffer()).decode(errors="surrogateescape")


def _struct(scalar: Any, pointer: str) -> dict[str, Any]:
    return _pairs(((field.name, scalar[place]) for place, field in enumerate(scalar.type)), pointer)


def _map(scalar: Any, pointer: str) -> dict[str, Any]:
    return _pairs(((_value(entry[0], pointer), entry[1]) for entry in scalar.values), pointer)


def _list(scalar: Any, pointer: str) -> list[Any]:
    return [_value(item, pointer_to(pointer, str(number), MAX_SHOWN)) for number, item in enumerate(scalar.values)]


def _pairs(pairs: Iterable[tuple[str, Any]], pointer: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, member in pairs:
        if key in found:
            raise RepeatedKeyError(RepeatedKey(pointer, key))
        found[key] = _value(member, pointer_to(pointer, key, MAX_SHOWN))
    return found


def is_text(type_: Any) -> bool:
    """Whether a type of Arrow is text."""
    return bool(pa.types.is_string(type_) or pa.types.is_large_string(type_))


_READERS: Final[tuple[tuple[Callable[[Any], bool], Callable[[Any, str], Any]], ...]] = (
    (is_text, _text),
    (pa.types.is_struct, _struct),
    (pa.types.is_map, _map),
    (pa.types.is_list, _list),
)
