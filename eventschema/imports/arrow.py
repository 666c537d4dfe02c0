"""Reads Arrow schemas, and those of Parquet files, as schemas. Needs pyarrow."""

import os
from collections.abc import Callable
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from eventschema.core.documents import MAX_SHOWN, wrong
from eventschema.core.names import is_line
from eventschema.core.pointers import pointer_to
from eventschema.core.types import PropertyType
from eventschema.export.arrow import DESCRIPTION
from eventschema.export.descriptions import read_event
from eventschema.imports.columns import Column, ColumnType, add_column
from eventschema.imports.results import Draft, Imported

_PARQUET: Final = b"PAR1"
_ARROW_FILE: Final = b"ARROW1"

#: What a field becomes: the first test that its type passes decides.
TYPES: Final[tuple[tuple[Callable[[Any], bool], ColumnType], ...]] = (
    (pa.types.is_boolean, ColumnType(PropertyType.BOOL)),
    (pa.types.is_uint64, ColumnType(PropertyType.INT, "Integers beyond 64 bits with a sign are not accepted.")),
    (pa.types.is_integer, ColumnType(PropertyType.INT)),
    (pa.types.is_floating, ColumnType(PropertyType.FLOAT)),
    (pa.types.is_decimal, ColumnType(PropertyType.FLOAT, "Decimals become doubles, rounded as the rules say.")),
    (pa.types.is_string, ColumnType(PropertyType.STRING)),
    (pa.types.is_large_string, ColumnType(PropertyType.STRING)),
    (pa.types.is_string_view, ColumnType(PropertyType.STRING)),
    (pa.types.is_date, ColumnType(PropertyType.DATE)),
    (pa.types.is_timestamp, ColumnType(PropertyType.DATETIME)),
)


def from_arrow(schema: Any, name: str | None = None) -> Imported:
    """The schema of a ``pyarrow.Schema``: a property for each field.

    The name of the event is ``name``, or that in the metadata of an export. Pointers of the omissions are ``/field``.
    Raises ``ValueError`` without a name.
    """
    event = read_event(_description(schema.metadata)) if name is None else name
    if event is None:
        raise wrong("name", "a name of the event, since the schema is not of an export", "none")
    if not is_line(event):
        raise wrong("name", "an event name without control characters", "another text")
    draft = Draft()
    draft.add_event(event)
    for field in schema:
        column = Column(
            field.name, _description(field.metadata), not field.nullable, pointer_to("", field.name, MAX_SHOWN)
        )
        found = _column_type(field.type)
        if found is None:
            draft.leave_out(column.pointer, f"no type takes its values: {field.type}"[:MAX_SHOWN])
        else:
            add_column(draft, event, column, found)
    return draft.imported()


def read_arrow_schema(path: str | os.PathLike[str]) -> Any:
    """The ``pyarrow.Schema`` of a file: Parquet, or Arrow's file or stream format. Reads no rows.

    Raises ``ValueError`` for a file of another format, and ``OSError`` if it cannot be read.
    """
    with open(path, "rb") as file:
        start = file.read(len(_ARROW_FILE))
        file.seek(0)
        try:
            if start.startswith(_PARQUET):
                return pq.read_schema(file)
            return pa.ipc.open_file(file).schema if start == _ARROW_FILE else pa.ipc.open_stream(file).schema
        except (pa.ArrowInvalid, OSError) as error:
            if not isinstance(error, pa.ArrowInvalid) and error.errno is not None:
                raise
            raise ValueError("expected a Parquet or Arrow file, found one that cannot be read as such") from None


def _column_type(type_: Any) -> ColumnType | None:
    if pa.types.is_dictionary(type_) or pa.types.is_run_end_encoded(type_):
        return _column_type(type_.value_type)
    return next((found for is_type, found in TYPES if is_type(type_)), None)


def _description(metadata: dict[bytes, bytes] | None) -> str:
    return (metadata or {}).get(DESCRIPTION.encode(), b"").decode(errors="replace")
