"""The formats of files that are not JSON Lines, detected by the first bytes, and how to convert them.

Each format is a row of :data:`FORMATS`. Compressed and binary formats are detected by their first bytes. Text is
detected by its grammar, and only if no line that was read is a JSON object: a file with a few invalid lines is still
JSON Lines.
"""

import csv
import json
from collections.abc import Callable
from itertools import islice
from typing import Final, NamedTuple

from eventschema.stream.reading.arrays import ArrayError, split_array
from eventschema.stream.reading.texts import InputFormat

#: The bytes at the start of a file by which its format is detected.
HEAD_BYTES: Final = 2**16

_CSV_ROWS: Final = 20
#: The delimiters that are detected in tables.
DELIMITERS: Final = (",", ";", "\t", "|")
_DUCKDB: Final = "in DuckDB, COPY (FROM 'FILE') TO 'events.ndjson' (FORMAT json)"


class FileStart(NamedTuple):
    """The start of a file whose first line is not a JSON object.

    ``head`` are its first bytes, at most :data:`HEAD_BYTES`; ``ended`` says whether these are all, and ``has_object``
    whether any of their lines is a JSON object.
    """

    head: bytes
    ended: bool
    has_object: bool

    @property
    def is_blank(self) -> bool:
        """Whether the file has nothing but white space."""
        return self.ended and not self.head.strip()


class Format(NamedTuple):
    """A format other than JSON Lines: its ``name``, ``advice`` on converting it, and whether a file start matches.

    ``reader`` is the format as ``InputOptions`` has it, if events are read from such files.
    """

    name: str
    advice: str
    matches: Callable[[FileStart], bool]
    reader: InputFormat | None = None

    @property
    def reason(self) -> str:
        """Why a file of this format is not read, with the advice, as a sentence."""
        return f"it looks like {self.name}, not JSON Lines; {self.advice}"


def detect_format(start: FileStart) -> Format | None:
    """The format of a file with this ``start``; ``None`` if it is none of :data:`FORMATS`."""
    return next((each for each in FORMATS if each.matches(start)), None)


def _begins(*marks: bytes) -> Callable[[FileStart], bool]:
    return lambda start: start.head.startswith(marks)


def _is_arrow_stream(start: FileStart) -> bool:
    # The continuation mark, and the length of a schema in little-endian: Arrow's "Encapsulated message format".
    return start.head.startswith(b"\xff\xff\xff\xff") and start.head[6:8] == b"\0\0"


def _is_tar(start: FileStart) -> bool:
    return start.head[257:262] == b"ustar"  # POSIX.1-2017, pax, "ustar Interchange Format"


def _is_utf32(start: FileStart) -> bool:
    # By a byte order mark, or, as in RFC 4627, section 3, by the NULs around the first character.
    head = start.head
    marked = head.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff"))
    return not start.has_object and (marked or _nuls(head) in {(0, 1, 1, 1), (1, 1, 1, 0)})


def _is_utf16(start: FileStart) -> bool:
    marked = start.head.startswith((b"\xff\xfe", b"\xfe\xff"))
    return not start.has_object and (marked or _nuls(start.head) in {(0, 1, 0, 1), (1, 0, 1, 0)})


def _nuls(head: bytes) -> tuple[int, ...]:
    return tuple(int(byte == 0) for byte in head[:4])


def _is_array(start: FileStart) -> bool:
    text = start.head.lstrip()
    objects = text.startswith(b"[") and text[1:].lstrip().startswith(b"{")  # other arrays have no events
    lines = _lines_of_value(start) if objects else 0
    return lines > 1 or (lines == 1 and not start.has_object)


def _is_pretty(start: FileStart) -> bool:
    return start.head.lstrip().startswith(b"{") and _lines_of_value(start) > 1


def _lines_of_value(start: FileStart) -> int:
    """How many lines of the start the first JSON value takes; 0 if there is none."""
    text = start.head.decode(errors="replace").strip()
    if not start.ended and (escape := text.find("\\", max(len(text) - 6, 0))) >= 0:
        text = text[:escape]  # the end of the head may have cut it
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except json.JSONDecodeError as error:
        if (start.ended and start.has_object) or not _is_end(text[error.pos :], cut=not start.ended):
            return 0
        end = len(text)
    except (ValueError, RecursionError):  # an integer of thousands of digits; nested too deep
        return int(_has_element(text))
    return text.count("\n", 0, end) + 1


def _has_element(text: str) -> bool:
    """Whether ``text`` begins with an array whose first element ends."""
    try:
        return text.startswith("[") and next(split_array([text.encode()], HEAD_BYTES), None) is not None
    except ArrayError:
        return False


def _is_end(rest: str, *, cut: bool) -> bool:
    """Whether a JSON text is only cut off in ``rest``, where the decoder stopped: at the end, in a string or a word."""
    if not rest or (cut and len(rest) <= len("fals")):
        return True
    return rest.startswith('"') and rest.replace("\\\\", "").replace('\\"', "").count('"') == 1


def delimiter_of(start: FileStart) -> str | None:
    """The delimiter of a table: the first of comma, semicolon, tab and | with which most rows are equally long.

    ``None`` if the start is not that of a table.
    """
    lines = start.head.decode(errors="replace").splitlines(keepends=True)
    if not start.ended:
        lines = lines[:-1]  # the last one may be cut
    if start.has_object or not lines or lines[0].lstrip().startswith(("{", "[")):
        return None
    return next((delimiter for delimiter in DELIMITERS if _are_rows(lines, delimiter)), None)


def _is_table(start: FileStart) -> bool:
    return delimiter_of(start) is not None


def _are_rows(lines: list[str], delimiter: str) -> bool:
    try:
        rows = [row for row in islice(csv.reader(lines, delimiter=delimiter), _CSV_ROWS) if row]
    except csv.Error:
        return False
    alike = sum(len(row) == len(rows[0]) for row in rows[1:]) if rows else 0
    return alike > len(rows[1:]) / 2 and len(rows[0]) > 1


#: The formats that are detected. Of formats with the same start, the first in this order is taken.
FORMATS: Final = (
    Format("a zip archive", "unpack it: unzip -p FILE | eventschema COMMAND -", _begins(b"PK\x03\x04", b"PK\x05\x06")),
    Format("lz4 data", "unpack it: lz4 -dc FILE | eventschema COMMAND -", _begins(b"\x04\x22\x4d\x18")),
    Format("gzip data", "it is packed twice: gzip -dc FILE | eventschema COMMAND -", _begins(b"\x1f\x8b")),
    Format("a 7z archive", "unpack it: 7z e -so FILE | eventschema COMMAND -", _begins(b"7z\xbc\xaf\x27\x1c")),
    Format("a tar archive", "unpack it: tar -xOf FILE | eventschema COMMAND -", _is_tar),
    Format("Parquet", f"convert it: {_DUCKDB}", _begins(b"PAR1"), "parquet"),
    Format("Avro", "convert it: avro-tools tojson FILE | eventschema COMMAND -", _begins(b"Obj\x01")),
    Format("Arrow", "convert it: in pyarrow, read the table and write the rows as JSON", _begins(b"ARROW1"), "arrow"),
    Format("Arrow", "convert it: in pyarrow, read the table and write the rows as JSON", _is_arrow_stream, "arrow"),
    Format("ORC", "convert it: orc-contents FILE | eventschema COMMAND -", _begins(b"ORC")),
    Format("an SQLite database", f"convert it: {_DUCKDB}", _begins(b"SQLite format 3\0")),
    Format("UTF-32", "convert it: iconv -f UTF-32 -t UTF-8 FILE | eventschema COMMAND -", _is_utf32),
    Format("UTF-16", "convert it: iconv -f UTF-16 -t UTF-8 FILE | eventschema COMMAND -", _is_utf16),
    Format(
        "XML or HTML", "convert it to one JSON object a line", _begins(b"<?xml", b"<!DOCTYPE", b"<!doctype", b"<html")
    ),
    Format("one JSON array", "split it: jq -c '.[]' FILE | eventschema COMMAND -", _is_array, "json"),
    Format("JSON over several lines", "put each object on one: jq -c . FILE | eventschema COMMAND -", _is_pretty),
    Format("CSV", f"convert it ({_DUCKDB}) and read the rows with --event NAME", _is_table, "csv"),
)
