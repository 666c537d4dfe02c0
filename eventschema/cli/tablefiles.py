"""The files that ``eventschema convert`` writes: one event a row, one property a column."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import tzinfo
from typing import IO, Any, Final, NamedTuple

import msgspec

from eventschema.core.pythonvalues import TimeAdjustmentKind
from eventschema.core.schema import EventSchema
from eventschema.export import to_typed
from eventschema.export.lazy import module_of_extra
from eventschema.export.typed import DateTimes, text_datetimes

_NEWLINE: Final = b"\n"
_ROWS: Final = 10_000  # in memory at once, of all files together
_MIN_ROWS: Final = 100  # of one file


class TableFile(ABC):
    """A file of rows. ``adjustments`` counts the dateTimes that lost something."""

    def __init__(self) -> None:
        self.adjustments: Counter[TimeAdjustmentKind] = Counter()

    @abstractmethod
    def write(self, properties: dict[str, Any]) -> None:
        """Write the properties of an accepted event. Raises ``TypedValueError`` for one that cannot be a row."""

    def finish(self) -> None:  # noqa: B027  (most have nothing to do, as in the next)
        """Write what is left to write."""

    def abandon(self) -> None:  # noqa: B027
        """Write no more, whatever is left: the file will not be used."""


class NoFile(TableFile):
    """No file: for events without properties."""

    def write(self, properties: dict[str, Any]) -> None:
        """Write nothing."""


class JSONLines(TableFile):
    """JSON Lines: the properties as they are stored, in the order of the columns. Absent ones are left out."""

    def __init__(self, file: IO[bytes], schema: EventSchema) -> None:
        super().__init__()
        self._file = file
        self._names = tuple(schema.properties)
        self._encode = msgspec.json.Encoder().encode

    def write(self, properties: dict[str, Any]) -> None:
        """Write a line."""
        row = {name: properties[name] for name in self._names if name in properties}
        self._file.write(self._encode(row) + _NEWLINE)


class CSV(TableFile):
    """CSV (RFC 4180) in UTF-8 with a header: texts in quotes, absent values empty and without quotes."""

    def __init__(self, file: IO[bytes], schema: EventSchema) -> None:
        super().__init__()
        self._file = file
        self._names = tuple(schema.properties)
        file.write(",".join(self._names).encode() + _NEWLINE)

    def write(self, properties: dict[str, Any]) -> None:
        """Write a line, or the lines that a text with newlines takes."""
        self._file.write(",".join([_cell(properties.get(name)) for name in self._names]).encode() + _NEWLINE)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return '"' + value.replace('"', '""') + '"'
    return str(value).lower() if isinstance(value, bool) else repr(value)


class Parquet(TableFile):
    """Parquet, with typed columns. dateTimes are moments in UTC, or texts as they were sent.

    ``naive`` is the time zone of dateTimes without an offset. ``files`` is the number of files that share the rows
    which may be in memory.
    """

    def __init__(
        self, file: IO[bytes], schema: EventSchema, datetimes: DateTimes, naive: tzinfo | None, files: int
    ) -> None:
        super().__init__()
        self._arrow = module_of_extra("arrow")
        self._fields = self._arrow.to_arrow(schema) if datetimes == "utc" else self._arrow.with_text_datetimes(schema)
        self._schema = schema if datetimes == "utc" else text_datetimes(schema)
        self._writer = self._arrow.parquet_writer(file, self._fields)
        self._naive = naive
        self._most = max(_ROWS // files, _MIN_ROWS)
        self._rows: list[dict[str, Any]] = []

    def write(self, properties: dict[str, Any]) -> None:
        """Write a row, together with others when there are enough."""
        typed = to_typed(self._schema, properties, self._naive)
        self._rows.append(typed.properties)
        self.adjustments.update(adjustment.kind for adjustment in typed.adjustments)
        if len(self._rows) == self._most:
            self._flush()

    def finish(self) -> None:
        """Write the last rows and the end of the file."""
        self._flush()
        self._writer.close()

    def abandon(self) -> None:
        """Close the writer now: it would do so when it is collected, and then the file is closed already."""
        with suppress(Exception):
            self._writer.close()
        self._writer.is_open = False

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_batch(self._arrow.record_batch(self._rows, self._fields))
            self._rows = []


_Make = Callable[[IO[bytes], EventSchema, DateTimes, tzinfo | None, int], TableFile]


class TableFormat(NamedTuple):
    """A format of tables.

    ``make`` makes a file, from an open one, the schema, the options of a :class:`Parquet`, and the number of files that
    are written at once. ``is_typed``: these options matter. ``needs_columns``: a table has at least one.
    """

    make: _Make
    is_typed: bool = False
    needs_columns: bool = True


#: Each format, by the ending of the name of its files.
FORMATS: Final[Mapping[str, TableFormat]] = {
    "parquet": TableFormat(Parquet, is_typed=True),
    "ndjson": TableFormat(lambda file, schema, *_: JSONLines(file, schema), needs_columns=False),
    "csv": TableFormat(lambda file, schema, *_: CSV(file, schema)),
}
