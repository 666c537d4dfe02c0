"""What workers do with rows: Arrow batches in, blocks of decoded events out.

A block is what the lines of a file become (:mod:`eventschema.stream.reading`), with positions as the numbers of lines.
So everything after it is the same code for files and for Spark.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.violations import MalformedRequest
from eventschema.stream.envelopes import DEFAULT_ENVELOPE, Block, Envelope, select_events
from eventschema.stream.reading.decoding import decode_block
from eventschema.stream.reading.files import BLOCK_BYTES, MAX_LINE_BYTES, decode_lines

#: The columns that a worker gets: these two, or the first and the last two.
POSITION: Final = "position"
JSON: Final = "json"
NAME: Final = "name"
PROPERTIES: Final = "properties"

_Value = dict[str, Any] | MalformedRequest
_NULL: Final = MalformedRequest("", "a JSON object", "null")
_NAME_KEY: Final = DEFAULT_ENVELOPE.event_key
_PROPERTIES_KEY: Final = DEFAULT_ENVELOPE.properties_key


class RowTask(NamedTuple):
    """How workers read rows as events.

    ``source`` is the source of all of them. ``envelope`` says how a row has its event, and ``ordinary`` how most rows
    have it: one that :meth:`Envelope.is_plain` is true of makes these faster. A JSON text of more than
    ``max_line_bytes`` is a ``malformed_request``.
    """

    source: str = ""
    envelope: Envelope = DEFAULT_ENVELOPE
    ordinary: Envelope = DEFAULT_ENVELOPE
    rules: Rules = DEFAULT_RULES
    max_line_bytes: int = MAX_LINE_BYTES


def read_rows(batches: Iterable[pa.RecordBatch], task: RowTask) -> Iterator[Block]:
    """The events of ``batches``, in blocks. Rows without an event, as ``envelope.only`` says, are left out.

    Rows of names and properties become objects with these under the keys of the default envelope; properties that are
    the JSON text of an object, the object. Raises ``ValueError`` for a position that is null or negative.
    """
    for batch in batches:
        rows = max(1, BLOCK_BYTES * batch.num_rows // max(batch.nbytes, 1))
        for start in range(0, batch.num_rows, rows):
            block = _read(batch.slice(start, rows), task)
            yield select_events(block, task.envelope)[0]


def _read(batch: pa.RecordBatch, task: RowTask) -> Block:
    numbers = _positions(batch.column(POSITION))
    if JSON not in batch.schema.names:
        values = _objects(batch.column(NAME), batch.column(PROPERTIES), task.max_line_bytes)
        return Block(task.source, numbers, values, numbers[-1])
    values = _decoded(batch.column(JSON), task.max_line_bytes)
    if None not in values:
        return Block(task.source, numbers, values, numbers[-1])
    kept = [(number, value) for number, value in zip(numbers, values, strict=True) if value is not None]
    return Block(task.source, [number for number, _ in kept], [value for _, value in kept], numbers[-1])


def _positions(column: Any) -> list[int]:
    if column.null_count:
        raise ValueError("expected a position in every row, found null")
    least = pc.min(column).as_py()
    if least < 0:
        raise ValueError(f"expected positions of at least 0, found {least}")
    found: list[int] = column.to_pylist()
    return found


def _decoded(column: Any, max_line_bytes: int) -> list[Any]:
    """What each text has: an object, why it has none, or ``None`` for a blank one."""
    texts = column.cast(pa.large_binary()).to_pylist()  # Spark takes bytes that are not UTF-8 as text
    if column.null_count:
        lines = [_NULL if text is None else _line(text, max_line_bytes) for text in texts]
        return decode_lines(lines, max_line_bytes)
    if max(map(len, texts)) <= max_line_bytes:
        together = b"\n".join(texts)
        if together.count(b"\n") == len(texts) - 1:  # a text may have lines itself
            values = decode_block(together)
            if values is not None and len(values) == len(texts):
                return values
    return decode_lines([_line(text, max_line_bytes) for text in texts], max_line_bytes)


def _line(text: bytes, max_line_bytes: int) -> bytes | int:
    """The text, or only its length if that is over the limit."""
    return text if len(text) <= max_line_bytes else len(text)


def _objects(names: Any, properties: Any, max_line_bytes: int) -> list[_Value]:
    held = _python_properties(properties, max_line_bytes)
    return [
        {_NAME_KEY: name, _PROPERTIES_KEY: properties} for name, properties in zip(_python(names), held, strict=True)
    ]


def _python_properties(column: Any, max_line_bytes: int) -> list[Any]:
    type_ = column.type
    if _is_text(type_):
        objects = _decoded(column, max_line_bytes)
        return [value if type(value) is dict else text for value, text in zip(objects, _python(column), strict=True)]
    if pa.types.is_map(type_):
        return _python(column)
    members = [_python(member) for member in column.flatten()]
    names = [field.name for field in type_]
    rows = zip(*members, strict=True) if names else ((),) * len(column)
    return [
        {name: value for name, value in zip(names, row, strict=True) if value is not None} if valid else None
        for valid, row in zip(column.is_valid().to_pylist(), rows, strict=True)
    ]


def _python(column: Any) -> list[Any]:
    """The values of Python's types. A moment is in UTC, whatever the time zone of the session."""
    wanted = _in_utc(column.type)
    values = column if wanted == column.type else column.cast(wanted)
    try:
        found: list[Any] = values.to_pylist(maps_as_pydicts="strict")
    except UnicodeDecodeError:
        found = values.cast(_as_binary(wanted)).to_pylist(maps_as_pydicts="strict")
        if _is_text(wanted):  # with lone surrogates, which are an error of the event
            return [None if data is None else data.decode(errors="surrogateescape") for data in found]
    return found


def _in_utc(type_: Any) -> Any:
    if pa.types.is_timestamp(type_) and type_.tz is not None:
        return pa.timestamp(type_.unit, "UTC")
    return _with_members(type_, _in_utc)


def _as_binary(type_: Any) -> Any:
    return pa.large_binary() if _is_text(type_) else _with_members(type_, _as_binary)


def _is_text(type_: Any) -> bool:
    return bool(pa.types.is_string(type_) or pa.types.is_large_string(type_))


def _with_members(type_: Any, change: Any) -> Any:
    """A nested type with each member's type changed; any other type as it is."""
    if pa.types.is_struct(type_):
        return pa.struct([field.with_type(change(field.type)) for field in type_])
    if pa.types.is_list(type_):
        return pa.list_(type_.value_field.with_type(change(type_.value_type)))
    if pa.types.is_map(type_):
        return pa.map_(type_.key_type, type_.item_field.with_type(change(type_.item_type)))
    return type_
