"""Reads documents of contacts and tracked events. An error names the place of what is wrong.

Unlike documents of schemas these hold people's data, so an error names the type of what was found, never the value.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

from eventschema.core.documents import MAX_SHOWN, read_object, wrong
from eventschema.core.frozen import FrozenDict, json_ready
from eventschema.core.names import is_name
from eventschema.core.pointers import is_encodable, json_type_name, pointer_to

#: The value of a contact property: of the types of event properties, or an array of texts.
ContactValue = bool | int | float | str | tuple[str, ...]

#: The identifiers of a contact as a request names them, in the order in which they are reported.
IDENTIFIERS: Final = ("id", "email", "phoneNumber")


def read_fields(
    value: object, pointer: str, names: tuple[str, ...], optional: tuple[str, ...] = ()
) -> Mapping[str, Any]:
    """``value`` if it is an object with all fields ``names``, and else only ``optional`` ones; else ``ValueError``."""
    if not isinstance(value, Mapping):
        raise wrong(pointer, "an object", json_type_name(value))
    return read_object(value, pointer, names, optional)


def read_text(value: object, pointer: str) -> str:
    """``value`` as exactly a ``str``. Raises ``ValueError`` if it is not text or cannot be encoded as UTF-8."""
    if not isinstance(value, str):
        raise wrong(pointer, "text", json_type_name(value))
    text = str.__str__(value)
    if not is_encodable(text):
        raise wrong(pointer, "text that can be encoded as UTF-8", "lone surrogates")
    return text


def read_optional_text(value: object, pointer: str) -> str | None:
    """``value`` as exactly a ``str``, or ``None``. Raises ``ValueError`` if it is neither."""
    return None if value is None else read_text(value, pointer)


def read_identifiers(value: object, pointer: str, names: tuple[str, ...]) -> FrozenDict[str, str]:
    """``value`` as a mapping from some of ``names`` to texts. Raises ``ValueError`` if it is not one."""
    if not isinstance(value, Mapping):
        raise wrong(pointer, "an object of identifiers", json_type_name(value))
    for name in value:
        if name not in names:
            raise wrong(pointer_to(pointer, name, MAX_SHOWN), f"only {', '.join(names)}", "another field")
    return FrozenDict.wrap({name: read_text(value[name], f"{pointer}/{name}") for name in names if name in value})


def check_identifier_names(names: Iterable[object]) -> None:
    """Raise ``ValueError`` if any of ``names`` is not the name of an identifier. The message repeats it."""
    for name in names:
        if name not in IDENTIFIERS:
            raise ValueError(f"expected only the identifiers {', '.join(IDENTIFIERS)}, found {name!r}")


def read_names(value: object, pointer: str) -> tuple[str, ...]:
    """``value`` as a tuple of property names. Raises ``ValueError`` if it is not an array of names."""
    if not isinstance(value, list | tuple):
        raise wrong(pointer, "an array of names", json_type_name(value))
    return tuple(_read_name(name, f"{pointer}/{number}") for number, name in enumerate(value))


def read_values(value: object, pointer: str, *, arrays: bool) -> FrozenDict[str, Any]:
    """``value`` as a mapping from property names to values, arrays as tuples; else raises ``ValueError``."""
    if not isinstance(value, Mapping):
        raise wrong(pointer, "an object of names and values", json_type_name(value))
    values: dict[str, ContactValue] = {}
    for name, member in value.items():
        member_pointer = pointer_to(pointer, name, MAX_SHOWN)
        read = _read_array if arrays and isinstance(member, list | tuple) else _read_scalar
        values[_read_name(name, member_pointer)] = read(member, member_pointer)
    return FrozenDict.wrap(values)


def write_values(values: Mapping[str, ContactValue]) -> dict[str, Any]:
    """The values of properties as a JSON-ready object."""
    return {name: json_ready(value) for name, value in values.items()}


def _read_name(value: object, pointer: str) -> str:
    name = str.__str__(value) if isinstance(value, str) else value  # members of a StrEnum are names too
    if not isinstance(name, str) or not is_name(name):
        raise wrong(pointer, "a name of latin letters, digits and _", "another")
    return name


def _read_scalar(value: object, pointer: str) -> bool | int | float | str:
    if isinstance(value, str):
        return read_text(value, pointer)
    if isinstance(value, float) and math.isfinite(value):
        return float.__float__(value)
    if isinstance(value, int):
        return value if isinstance(value, bool) else int.__index__(value)
    raise wrong(pointer, "a bool, a number or text", json_type_name(value))


def _read_array(value: Any, pointer: str) -> tuple[str, ...]:
    return tuple(read_text(item, f"{pointer}/{number}") for number, item in enumerate(value))
