"""Decodes one line to a JSON object, or to the violation that says why it is not one.

``msgspec`` decodes; it keeps integers exact beyond 64 bits and refuses ``NaN``. What it refuses is decoded again by the
slower decoder of the standard library, for two reasons. Some of it is JSON with values that the engine must validate:
numbers beyond the doubles, integers of thousands of digits, lone surrogates (RFC 8259, sections 6 and 8.2, leaves them
to the receiver). For the rest, that decoder says where the text stops being JSON. A text with a repeated key is also
decoded again, to say in which object: ``msgspec`` would silently keep the last value.
"""

import json
import re
from itertools import chain
from typing import Any, Final

from eventschema.core.acceleration import (
    accelerated,
    any_repeated_key,
    has_one_a_line,
    has_repeated_key,
    is_certainly_flat,
    opening_brackets,
)
from eventschema.core.jsontext import MAX_SHOWN, RepeatedKey, read_json
from eventschema.core.pointers import json_type_name, truncate
from eventschema.core.violations import MalformedRequest
from eventschema.extras import of_extra

try:
    import msgspec
except ModuleNotFoundError as error:
    raise of_extra("stream", error) from None

#: How deep objects and arrays may be nested. The limit is our own, since those of the decoders depend on the version of
#: Python and on the depth of the caller's stack.
MAX_DEPTH: Final = 256

_SPACE: Final = 0x20
_SHORT: Final = 2 * MAX_DEPTH  # bytes of a line: it is not too deep, since a level has two brackets
_MAX_INT_DIGITS: Final = 400
_BEYOND_ALL: Final = 10**_MAX_INT_DIGITS  # no property accepts it, nor any longer integer
_EACH_KEY_ONCE: Final = "each key once in an object"
_TOO_DEEP: Final = f"JSON nested deeper than {MAX_DEPTH} levels"
_STRING: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_NO_BRACKETS: Final = re.compile(rb"[^\[\]{}]+")
_STEPS: Final = {ord(b"["): 1, ord(b"{"): 1, ord(b"]"): -1, ord(b"}"): -1}
_TRAILING_COMMA: Final = re.compile(r",[ \t\n\r]*(?=[\]}])")

_decode = msgspec.json.Decoder().decode
_decode_lines = msgspec.json.Decoder().decode_lines
_encode = msgspec.json.Encoder().encode
_encode_lines = msgspec.json.Encoder().encode_lines

#: Whether texts are first compared with what ``msgspec`` makes of their values: this is quicker than to search for
#: repeated keys in plain Python. The compiled search is quicker still.
ENCODES_AGAIN: Final = not accelerated


class NotJSONError(ValueError):
    """A text is not JSON, not UTF-8, or nested too deep: the message says which, and where."""


class RepeatedKeyError(NotJSONError):
    """A JSON text has an object with the same key twice: ``repeated`` says where, and which key."""

    def __init__(self, repeated: RepeatedKey) -> None:
        super().__init__(f"an object with the key {truncate(repeated.key, MAX_SHOWN)} twice")
        self.repeated = repeated

    def __reduce__(self) -> tuple[type["RepeatedKeyError"], tuple[RepeatedKey]]:
        return RepeatedKeyError, (self.repeated,)


def decode_object(line: bytes) -> dict[str, Any] | MalformedRequest:
    """The JSON object of ``line``; ``malformed_request`` if it is not one, not UTF-8, or nested too deep.

    The same key twice in an object, at any depth and however it is escaped, is ``malformed_request`` too; the pointer
    is that of the object (RFC 7493, section 2.3).
    """
    try:
        # What decode_value does, without the call: this is done for every request.
        if opening_brackets(line) <= MAX_DEPTH:
            value = _decode(line)
            if type(value) is dict and (
                # Not if there is a space after the first colon: most texts have one after each or none.
                (ENCODES_AGAIN and line[line.find(b":") + 1] != _SPACE and _encode(value) == line)
                or not has_repeated_key(line, value)
            ):
                return value
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    return _decode_object(line)


def _decode_object(line: bytes) -> dict[str, Any] | MalformedRequest:
    try:
        value = decode_value(line)
    except RepeatedKeyError as error:
        return repeated_key(error.repeated)
    except NotJSONError as error:
        return MalformedRequest("", "a JSON object", str(error))
    return value if type(value) is dict else MalformedRequest("", "a JSON object", json_type_name(value))


def repeated_key(repeated: RepeatedKey) -> MalformedRequest:
    """The error of a request in which an object has the same key twice."""
    return MalformedRequest(repeated.pointer, _EACH_KEY_ONCE, f"{truncate(repeated.key, MAX_SHOWN)} twice")


def is_object(decoded: object) -> bool:
    """Whether the text that :func:`decode_object` decoded is a JSON object, with or without a repeated key."""
    return not isinstance(decoded, MalformedRequest) or decoded.expected == _EACH_KEY_ONCE


def decode_objects(lines: list[Any]) -> list[dict[str, Any]] | None:
    """The JSON objects of ``lines``, decoded at once; ``None`` if any line needs :func:`decode_object`."""
    if set(map(type, lines)) != {bytes}:
        return None
    if _may_be_too_deep(lines):
        return None
    try:
        values = list(map(_decode, lines))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return values if set(map(type, values)) == {dict} and not any_repeated_key(lines, values) else None


def decode_block(text: bytes) -> list[dict[str, Any]] | None:
    """The JSON objects of the lines of ``text``; ``None`` if a line is blank or needs :func:`decode_object`.

    Each line ends with a newline, except perhaps the last. Faster than :func:`decode_objects`, for ordinary texts: each
    line has exactly one object.
    """
    try:
        values = _decode_lines(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if ENCODES_AGAIN and is_compact(text, values):
        return None if not _has_short_lines(text) and _may_be_too_deep(text.split(b"\n")) else values
    if not has_one_a_line(text, values):
        return None
    if is_certainly_flat(text, values, MAX_DEPTH):
        return values
    # Each line has at least as many colons as entries, and so has the whole text: one test serves for all lines.
    if has_repeated_key(text, values) or _may_be_too_deep(text.split(b"\n")):
        return None
    return values


def is_compact(text: bytes, values: list[Any]) -> bool:
    """Whether ``text`` is what ``msgspec`` writes for ``values``, objects that were decoded from it.

    If so, each line of ``text`` is one of them, and no key is repeated: a written object has each key once.
    """
    if set(map(type, values)) != {dict} or not text.startswith(_encode(values[0])):
        return False
    written = _encode_lines(values)
    return written == text or written == text + b"\n"


def decode_value(text: bytes) -> Any:
    """The JSON value of ``text``.

    Raises ``NotJSONError`` if it is not JSON, not UTF-8, or nested too deep; and ``RepeatedKeyError``, a subclass, if
    an object has the same key twice.
    """
    may_be_too_deep = opening_brackets(text) > MAX_DEPTH
    try:
        value = _decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        if may_be_too_deep and _is_too_deep(text):
            raise NotJSONError(_TOO_DEEP) from None
        return _decode_slowly(text)
    has_repeated = has_repeated_key(text, value)
    # A value of a repeated key is not there: the text must be searched for what was in it.
    if may_be_too_deep and (_is_too_deep(text) if has_repeated else _is_deeper(value, MAX_DEPTH)):
        raise NotJSONError(_TOO_DEEP)
    return _decode_slowly(text) if has_repeated else value


def _may_be_too_deep(lines: list[bytes]) -> bool:
    return any(len(line) > _SHORT and opening_brackets(line) > MAX_DEPTH for line in lines)


def _has_short_lines(text: bytes) -> bool:
    position = 0
    while len(text) - position > _SHORT:
        position = text.rfind(b"\n", position, position + _SHORT + 1) + 1
        if position == 0:
            return False
    return True


def _decode_slowly(line: bytes) -> Any:
    try:
        text = line.decode()
        value, repeated = read_json(text, parse_int=_integer, parse_constant=_refuse)
    except UnicodeDecodeError as error:
        raise NotJSONError(f"bytes that are not UTF-8, from byte {error.start + 1} on") from None
    except json.JSONDecodeError as error:
        raise NotJSONError(f"text that is not JSON, from character {_place(text, error.pos) + 1} on") from None
    except RecursionError:
        raise NotJSONError("JSON nested deeper than can be read from here") from None
    if repeated:
        raise RepeatedKeyError(repeated)
    return value


def _refuse(_: str) -> None:
    raise NotJSONError("text that is not JSON: NaN or an infinity")


def _integer(digits: str) -> int:
    if len(digits) <= _MAX_INT_DIGITS:
        return int(digits)
    return -_BEYOND_ALL if digits.startswith("-") else _BEYOND_ALL


def _place(text: str, position: int) -> int:
    """The position of the error. For a trailing comma, the bracket after it: Python 3.13 reports the comma itself."""
    comma = _TRAILING_COMMA.match(text, position)
    return comma.end() if comma else position


def _is_deeper(value: Any, most: int) -> bool:
    """Whether arrays and objects are nested more than ``most`` levels deep in ``value``."""
    level = [value]
    for _ in range(most + 1):
        level = [each for each in level if type(each) is dict or type(each) is list]
        if not level:
            return False
        level = list(chain.from_iterable(each.values() if type(each) is dict else each for each in level))
    return True


def _is_too_deep(text: bytes) -> bool:
    depth = 0
    for bracket in _NO_BRACKETS.sub(b"", _STRING.sub(b"", text)):
        depth += _STEPS[bracket]
        if depth > MAX_DEPTH:
            return True
    return False
