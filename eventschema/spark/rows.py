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
from eventschema.spark.values import is_text, python_objects, python_values
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
    held = _properties(properties, max_line_bytes)
    return [
        each if type(each) is MalformedRequest else {_NAME_KEY: name, _PROPERTIES_KEY: each}
        for name, each in zip(python_values(names), held, strict=True)
    ]


def _properties(column: Any, max_line_bytes: int) -> list[Any]:
    if not is_text(column.type):
        return python_objects(column, f"/{_PROPERTIES_KEY}")
    objects = _decoded(column, max_line_bytes)
    return [value if type(value) is dict else text for value, text in zip(objects, python_values(column), strict=True)]
