"""Reads CSV and TSV with a header, each row as a line of JSON: an object with the cells that are not empty.

A cell is text. With ``types="json"``, a cell that is a JSON number, ``true`` or ``false`` becomes that value. Any other
stays text, also ``007`` and ``1,5``, since JSON has no such numbers (RFC 8259, section 6). In ``text_columns`` each
cell stays text. Nothing else is converted here, and the engine converts nothing.

The line of a row is the line on which it begins in the file: a row over several lines is followed by blank ones.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import Final

from eventschema.core.hints import matches_pattern
from eventschema.core.pointers import truncate
from eventschema.core.violations import MalformedRequest, counted
from eventschema.extras import of_extra
from eventschema.stream.reading.formats import DELIMITERS
from eventschema.stream.reading.texts import AUTO, InputOptions, Text

try:
    import msgspec
except ModuleNotFoundError as error:
    raise of_extra("stream", error) from None

_JSON_CELL: Final = re.compile(r"true|false|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_CELL: Final = '(?:"[^"]*(?:""[^"]*)*"|[^"{0}]*)'  # RFC 4180, section 2
#: By delimiter: the pattern of a row that is one line.
_WHOLE_ROWS: Final = {
    delimiter: re.compile("{1}(?:[{0}]{1})*".format(delimiter, _CELL.format(delimiter))) for delimiter in DELIMITERS
}
_MAX_SHOWN: Final = 128
_MAX_NAMES: Final = 10  # columns that an error lists
_WILDCARDS: Final = frozenset("*?")
_MAX_ROW: Final = 2**20  # characters
_MAX_KNOWN: Final = 10_000  # cells whose JSON is kept
_MAX_KNOWN_LENGTH: Final = 64
_LONG_NUMBER: Final = 4000  # more digits than any number that the engine takes

_encode: Final = msgspec.json.Encoder().encode


class TableError(ValueError):
    """A file is not a table: its header is not UTF-8, has a name twice, or lacks one of the ``text_columns``."""


def read_table(texts: Iterable[Text], delimiter: str, options: InputOptions = AUTO) -> Iterator[Text]:
    """The rows of a table in UTF-8, each as a line of JSON. ``texts`` are its lines, or what is wrong with a line.

    ``options`` say how cells are read.

    A row with more or fewer cells than the header, bytes that are not UTF-8, or misplaced quotes is an error of its
    own. A quoted cell that does not end is an error at its line; after 131,072 characters of a cell, the limit of
    Python's ``csv``, or 1,048,576 characters of a row, the next line begins a new row. The lines that such a row took
    are read as rows of their own if each of them is one. Raises :class:`TableError`.
    """
    lines = _Lines(texts)
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    header: _Header | None = None
    read = 0
    while True:
        row: Text = b"\n"
        following: list[Text] = []
        lines.begin_row()
        try:
            cells = next(rows)
        except StopIteration:
            break
        except csv.Error as error:
            following = header.rows(lines.row[1:]) if header else []
            row = _unreadable(1 if following else len(lines.row), error)
        else:
            if header is None:
                header = _Header(cells, delimiter, options) if cells else None
            elif cells:
                row = header.row(cells)
        yield lines.errors.pop(read, row)
        for number in range(read + 1, lines.count):
            yield lines.errors.pop(number, following[number - read - 1] if following else b"\n")
        read = lines.count


def _unreadable(lines: int, error: csv.Error) -> MalformedRequest:
    where = f" over {lines:,} lines" if lines > 1 else ""
    return MalformedRequest("", "a row of a table", f"one{where} whose quotes or cells cannot be read ({error})")


class _Lines:
    """The lines of ``texts`` as ``csv`` reads them: ``count`` of them so far, and those of the present ``row``.

    ``errors`` has those that are errors, by their number from 0. For ``csv`` they are blank.
    """

    def __init__(self, texts: Iterable[Text]) -> None:
        self._lines = self._read(texts)
        self._size = 0
        self.row: list[str] = []
        self.count = 0
        self.errors: dict[int, Text] = {}

    def begin_row(self) -> None:
        """Begin a row with the next line."""
        self.row = []
        self._size = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._size > _MAX_ROW:  # ``csv`` has a limit for cells alone
            raise csv.Error(f"more than {_MAX_ROW} characters")
        line = next(self._lines)
        self.row.append(line)
        self._size += len(line)
        return line

    def _read(self, texts: Iterable[Text]) -> Iterator[str]:
        for text in texts:
            if not isinstance(text, bytes):
                self.errors[self.count] = text
                self.count += 1
                yield "\n"
                continue
            # Bytes that are not UTF-8 become lone surrogates, which no JSON text can be made of.
            for line in io.StringIO(text.decode(errors="surrogateescape"), newline="\n"):
                self.count += 1
                yield line


class _Header:
    """The names of the columns."""

    def __init__(self, names: list[str], delimiter: str, options: InputOptions) -> None:
        seen: set[str] = set()
        for name in names:
            if name in seen:
                raise TableError(f"the header has the name {truncate(name, _MAX_SHOWN)} twice")
            seen.add(name)
        try:
            self._keys = [_encode(name) + b":" for name in names]
        except UnicodeEncodeError:
            raise TableError("the header is not UTF-8") from None
        self._delimiter = delimiter
        self._whole_row = _WHOLE_ROWS[delimiter]
        texts, values = _Cells(is_json=False), _Cells(is_json=options.types == "json")
        self._columns = [texts if is_text else values for is_text in _are_text(names, options.text_columns)]

    def rows(self, lines: list[str]) -> list[Text]:
        """The rows of ``lines``, one each; none if a line is not a row by itself.

        Nor with a single column, where a line may be a part of a text.
        """
        found: list[Text] = []
        for line in lines if len(self._keys) > 1 else []:
            if not self._whole_row.fullmatch(line.rstrip("\n")):
                return []
            cells = next(csv.reader([line], delimiter=self._delimiter), [])
            row = self.row(cells) if cells else b"\n"
            if isinstance(row, MalformedRequest):
                return []
            found.append(row)
        return found

    def row(self, cells: list[str]) -> bytes | MalformedRequest:
        """The line of a row, or what is wrong with it."""
        if len(cells) != len(self._keys):
            expected = f"a row of {counted(len(self._keys), 'cell', 'cells')}, as the header has"
            return MalformedRequest("", expected, counted(len(cells), "cell", "cells"))
        try:
            columns = zip(self._keys, self._columns, cells, strict=True)
            values = [key + column[cell] for key, column, cell in columns if cell]
        except UnicodeEncodeError:
            return MalformedRequest("", "a row in UTF-8", "other bytes")
        return b"{" + b",".join(values) + b"}\n"


class _Cells(dict[str, bytes]):
    """The JSON of each cell. That of short ones is kept, since many cells of a table are alike."""

    def __init__(self, *, is_json: bool) -> None:
        super().__init__()
        self._is_json = is_json

    def __missing__(self, cell: str) -> bytes:
        is_json = self._is_json and len(cell) < _LONG_NUMBER and _JSON_CELL.fullmatch(cell)
        value = cell.encode() if is_json else _encode(cell)
        if len(self) < _MAX_KNOWN and len(cell) <= _MAX_KNOWN_LENGTH:
            self[cell] = value
        return value


def _are_text(names: list[str], text_columns: Iterable[str]) -> list[bool]:
    """Whether each of the columns ``names`` is one of ``text_columns``. Raises :class:`TableError`."""
    for wanted in text_columns:
        if wanted not in names and not _WILDCARDS & set(wanted):
            shown = truncate(wanted, _MAX_SHOWN) or "without a name"
            listed = ", ".join(truncate(name, _MAX_SHOWN) for name in names[:_MAX_NAMES])
            more = f" and {len(names) - _MAX_NAMES:,} more" if len(names) > _MAX_NAMES else ""
            raise TableError(f"the header has no column {shown} (--text-column), only {listed}{more}")
    return [any(matches_pattern(name, wanted) for wanted in text_columns) for name in names]
