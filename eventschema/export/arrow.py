"""Arrow schemas, and the columns of accepted events. Needs pyarrow, which also writes them as Parquet."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import tzinfo
from itertools import count, islice
from types import MappingProxyType
from typing import IO, Any, Final, NamedTuple

import pyarrow as pa

from eventschema.core.arguments import check_kind
from eventschema.core.pythonvalues import check_zone
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.export.descriptions import describe_event, describe_property
from eventschema.export.remarks import (
    NO_LIMIT,
    NOT_CHECKED,
    POINT_IN_TIME,
    Remark,
    Schemas,
    Sentences,
    remarks_of,
    schemas_of,
)
from eventschema.export.typed import to_typed

#: The key of the description in the metadata of a schema and of a field.
DESCRIPTION: Final = "description"
_ROWS: Final = 10_000


class _Row(NamedTuple):
    """The type of a field, and what gets lost."""

    type: Any
    lost: Sentences = ()


#: What each type becomes.
TYPES: Final[Mapping[PropertyType, _Row]] = MappingProxyType(
    {
        PropertyType.BOOL: _Row(pa.bool_()),
        PropertyType.INT: _Row(pa.int64()),
        PropertyType.FLOAT: _Row(pa.float64()),
        PropertyType.STRING: _Row(pa.string(), NO_LIMIT),
        PropertyType.DATE: _Row(pa.date32()),
        PropertyType.DATETIME: _Row(pa.timestamp("us", tz="UTC"), POINT_IN_TIME),
        PropertyType.EMAIL: _Row(pa.string(), NOT_CHECKED),
        PropertyType.URL: _Row(pa.string(), NOT_CHECKED),
    }
)


def to_arrow(schemas: Schemas) -> Any:
    """The ``pyarrow.Schema`` of one event; for several, a dict of them by the name of the event.

    Every field may be null. The metadata (``description``) have the name and type of each property and what gets lost.
    """
    if isinstance(schemas, EventSchema):
        return _schema(schemas)
    return {schema.name: _schema(schema) for schema in schemas_of(schemas)}


def arrow_remarks(schema: EventSchema) -> tuple[Remark, ...]:
    """What the Arrow schema of ``schema`` cannot say."""
    return remarks_of(schema, {type_: row.lost for type_, row in TYPES.items()})


def _schema(schema: EventSchema, datetimes: _Row = TYPES[PropertyType.DATETIME]) -> Any:
    rows = {**TYPES, PropertyType.DATETIME: datetimes}
    fields = [
        pa.field(name, rows[type_].type, metadata={DESCRIPTION: describe_property(name, type_, rows[type_].lost)})
        for name, type_ in schema.properties.items()
    ]
    return pa.schema(fields, metadata={DESCRIPTION: describe_event(schema.name)})


def with_text_datetimes(schema: EventSchema) -> Any:
    """The ``pyarrow.Schema`` of one event, in which a dateTime is text, as it was sent."""
    return _schema(schema, _Row(pa.string(), NOT_CHECKED))


def parquet_writer(file: IO[bytes], arrow: Any) -> Any:
    """A ``pyarrow.parquet.ParquetWriter`` of batches of the schema ``arrow`` to an open ``file``."""
    from pyarrow.parquet import ParquetWriter

    return ParquetWriter(file, arrow)


def to_arrow_table(
    events: Iterable[Mapping[str, Any]], schema: EventSchema, *, naive: tzinfo | None = None, rows: int = _ROWS
) -> Any:
    """The columns of accepted ``events`` of ``schema``, as a ``pyarrow.RecordBatchReader``.

    ``events`` are the properties that ``merge`` returned. They are read as the reader is, ``rows`` at a time, so that
    memory is bounded; ``read_all()`` of the reader gives a ``pyarrow.Table``. A dateTime is a moment in UTC; ``naive``
    is the time zone of those without an offset.

    While it is read, the reader raises ``TypedValueError``, which names event and property, for a dateTime that is no
    moment, and ``ValueError`` for what ``merge`` did not return. Raises ``ValueError`` if ``rows`` is less than 1.
    """
    check_kind(schema, EventSchema, "a schema (EventSchema)")
    check_zone(naive)
    if rows < 1:
        raise ValueError(f"rows: expected at least 1, found {rows}")
    arrow = _schema(schema)
    return pa.RecordBatchReader.from_batches(arrow, _batches(events, schema, arrow, naive, rows))


def _batches(
    events: Iterable[Mapping[str, Any]], schema: EventSchema, arrow: Any, naive: tzinfo | None, rows: int
) -> Iterator[Any]:
    numbered = zip(count(), events)
    while typed := [to_typed(schema, event, naive, number).properties for number, event in islice(numbered, rows)]:
        yield record_batch(typed, arrow)


def record_batch(rows: list[dict[str, Any]], arrow: Any) -> Any:
    """The ``pyarrow.RecordBatch`` of typed values, of the schema ``arrow``. Absent values are null."""
    if not arrow.names:
        nothing = pa.RecordBatch.from_struct_array(pa.array([{}] * len(rows), pa.struct([])))
        return nothing.replace_schema_metadata(arrow.metadata)
    columns = [pa.array([row.get(field.name) for row in rows], field.type) for field in arrow]
    return pa.record_batch(columns, schema=arrow)


def to_ipc(schema: EventSchema) -> bytes:
    """An Arrow stream (IPC) of the schema without rows, for a file that other tools read."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, _schema(schema)):
        pass
    stream: bytes = sink.getvalue().to_pybytes()
    return stream
