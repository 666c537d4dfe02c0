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
from eventschema.stream.reading import arrowmessages, parquetpages
from eventschema.stream.reading.arrowbytes import shared_bytes
from eventschema.stream.reading.texts import RowsError

try:
    import msgspec
    import pyarrow as pa
    from pyarrow import ipc, parquet
except ModuleNotFoundError as error:
    raise of_extra("arrow", error) from None

_ROWS: Final = 1024  # of a batch
_SHARED_BYTES: Final = 2**26  # of the values that the rows of a batch share, each written out
_NOT_FINITE: Final = msgspec.Raw(b"1e999")  # JSON has no NaN: a number beyond the doubles is refused as that is

_encode: Final = msgspec.json.Encoder().encode
_PLAIN: Final = frozenset({str, bool, int, type(None)})


def read_rows(file: IO[bytes], max_line_bytes: int) -> Iterator[bytes | int]:
    """The rows of a seekable Parquet or Arrow file, each as a line; one over ``max_line_bytes`` as the number of bytes.

    Raises :class:`RowsError` for a file that cannot be read, or that would fill the memory once it is unpacked.
    """
    try:
        for batch in _batches(file):
            shared = _shared_bytes(batch) if batch.num_rows == 1 else 0
            if shared > max(max_line_bytes, _SHARED_BYTES):  # too long, as is known before it is written out
                yield shared
                continue
            for row in _written_out(batch).to_pylist():
                line = _encode({name: _value(value) for name, value in row.items()})
                yield line + b"\n" if len(line) <= max_line_bytes else len(line)
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise RowsError(str(error).partition("\n")[0]) from error


def _batches(file: IO[bytes]) -> Iterator[Any]:
    head = file.read(6)
    file.seek(0)
    if head.startswith(b"PAR1"):
        whole = parquet.ParquetFile(file)
        plan = parquetpages.plan_reading(file, whole.metadata, _ROWS, _SHARED_BYTES)
        if plan.dictionaries:
            whole = parquet.ParquetFile(file, read_dictionary=plan.dictionaries)
        for batch in whole.iter_batches(batch_size=plan.rows):
            yield from _halved(batch)
    elif head == b"ARROW1":
        with ipc.open_file(file) as reader:
            checks = arrowmessages.check_batches(file, is_stream=False)
            for number in range(reader.num_record_batches):
                next(checks, None)
                yield from _cut(reader.get_batch(number))
    else:
        with ipc.open_stream(file) as reader:
            checks = arrowmessages.check_batches(file, is_stream=True)
            while True:
                next(checks, None)
                try:
                    batch = reader.read_next_batch()
                except StopIteration:
                    return
                yield from _cut(batch)


def _cut(batch: Any) -> Iterator[Any]:
    """Parts of ``batch`` of a few rows, fewer if rows share long values."""
    batch.validate(full=True)  # reading damaged offsets would crash the process
    for start in range(0, batch.num_rows, _ROWS):
        yield from _halved(batch.slice(start, _ROWS))


def _halved(batch: Any) -> Iterator[Any]:
    rows = batch.num_rows
    if rows > 1 and _shared_bytes(batch) > _SHARED_BYTES:
        yield from _halved(batch.slice(0, rows // 2))
        yield from _halved(batch.slice(rows // 2))
    else:
        yield batch


def _shared_bytes(batch: Any) -> int:
    return sum(map(shared_bytes, batch.columns))


def _written_out(batch: Any) -> Any:
    """The batch with dictionaries written out, which is quicker, and times in microseconds: Python's have no more."""
    columns = map(_column_written_out, batch.columns)
    return pa.RecordBatch.from_arrays(list(columns), names=batch.schema.names)


def _column_written_out(column: Any) -> Any:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        return column.cast(pa.timestamp("us", column.type.tz), safe=False)
    return column


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
