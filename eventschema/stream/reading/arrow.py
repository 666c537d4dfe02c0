"""Reads Parquet and Arrow files (IPC file and stream), each row as a line of JSON. Needs the extra ``arrow``.

Rows are read batch by batch, in constant memory. Times become ISO 8601 text, to the microsecond; decimals become
numbers; binary values become base64 text; nested values stay nested. The number of a row, from 1, is the number of its
line.
"""

import math
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import IO, Any, Final

from eventschema.extras import of_extra
from eventschema.stream.reading.texts import RowsError

try:
    import msgspec
    import pyarrow as pa
    from pyarrow import ipc, parquet
except ModuleNotFoundError as error:
    raise of_extra("arrow", error) from None

_ROWS: Final = 1024  # of a batch
_MAX_COLUMN_BYTES: Final = 2**26  # of a column in a row group, if it is packed into less than its _MAX_RATIO-th part
_MAX_RATIO: Final = 500
_NOT_FINITE: Final = msgspec.Raw(b"1e999")  # JSON has no NaN: a number beyond the doubles is refused as that is

_encode: Final = msgspec.json.Encoder().encode
_PLAIN: Final = frozenset({str, bool, int, type(None)})


def read_rows(file: IO[bytes], max_line_bytes: int) -> Iterator[bytes | int]:
    """The rows of a Parquet or Arrow file that can be sought in; of more than ``max_line_bytes``, as their number.

    Raises :class:`RowsError`, also for Parquet that a small file would fill the memory with.
    """
    try:
        for batch in _batches(file):
            for row in _to_microseconds(batch).to_pylist():
                line = _encode({name: _value(value) for name, value in row.items()})
                yield line + b"\n" if len(line) <= max_line_bytes else len(line)
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise RowsError(str(error).partition("\n")[0]) from error


def _batches(file: IO[bytes]) -> Iterator[Any]:
    head = file.read(6)
    file.seek(0)
    if head.startswith(b"PAR1"):
        whole = parquet.ParquetFile(file)
        _refuse_bombs(whole.metadata)
        yield from whole.iter_batches(batch_size=_ROWS)
    elif head == b"ARROW1":
        with ipc.open_file(file) as reader:
            for number in range(reader.num_record_batches):
                yield from _cut(reader.get_batch(number))
    else:
        with ipc.open_stream(file) as reader:
            for batch in reader:
                yield from _cut(batch)


def _refuse_bombs(metadata: Any) -> None:
    """Raise :class:`RowsError` if a column is packed as no real values are: its pages are unpacked in memory."""
    for group in range(metadata.num_row_groups):
        columns = metadata.row_group(group)
        for index in range(metadata.num_columns):
            column = columns.column(index)
            unpacked, packed = column.total_uncompressed_size, column.total_compressed_size
            if unpacked > _MAX_COLUMN_BYTES and unpacked > _MAX_RATIO * packed:
                limit = f"the limit is {_MAX_COLUMN_BYTES} bytes or {_MAX_RATIO} times as many"
                raise RowsError(f"a column has {unpacked} bytes in {packed} bytes of row group {group + 1}: {limit}")


def _cut(batch: Any) -> Iterator[Any]:
    for start in range(0, batch.num_rows, _ROWS):
        yield batch.slice(start, _ROWS)


def _to_microseconds(batch: Any) -> Any:
    """The batch with times in microseconds, since Python's have no more digits."""
    fields = [
        field.with_type(pa.timestamp("us", field.type.tz))
        if pa.types.is_timestamp(field.type) and field.type.unit == "ns"
        else field
        for field in batch.schema
    ]
    columns = [
        column if column.type == field.type else column.cast(field.type, safe=False)
        for column, field in zip(batch.columns, fields, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=pa.schema(fields))


def _value(value: Any) -> Any:
    if type(value) in _PLAIN:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else _NOT_FINITE
    if isinstance(value, Decimal):
        return msgspec.Raw(format(value, "f").encode()) if value.is_finite() else _NOT_FINITE
    if isinstance(value, dict):
        return {name: _value(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_value(member) for member in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value) if isinstance(value, timedelta) else value
