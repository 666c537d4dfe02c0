"""The text of a file as readers pass it on: whole lines of JSON. And the options for files of other formats."""

from collections.abc import Iterable, Iterator
from typing import Final, Literal, NamedTuple

from eventschema.core.violations import MalformedRequest

#: Lines of JSON, each with its newline except perhaps the last of a file; or one line that is an error: the number of
#: bytes of a line that is too long, or what is wrong with a record.
Text = bytes | int | MalformedRequest

#: The formats of files; ``auto``: the first bytes of a file say which.
InputFormat = Literal["auto", "jsonl", "json", "csv", "tsv", "parquet", "arrow"]

#: How the cells of CSV and TSV are read. ``json``: JSON numbers, true and false as values, others as text. ``text``:
#: all as text.
CellTypes = Literal["json", "text"]


class InputOptions(NamedTuple):
    """How files are read: their ``format``, and the ``types`` of the cells of CSV and TSV.

    ``text_columns`` are the columns whose cells are text whatever they look like, such as ZIP codes: their names as in
    the header, or patterns of these, in which ``*`` stands for any characters and ``?`` for one. A file is unreadable
    if its header lacks one of the names, or if it is not CSV or TSV; a pattern may match none.
    """

    format: InputFormat = "auto"
    types: CellTypes = "json"
    text_columns: tuple[str, ...] = ()


#: Detects the format.
AUTO: Final = InputOptions()


class RowsError(ValueError):
    """The rows of a binary file, such as Parquet, cannot be read."""


def grouped(lines: Iterable[Text], group_bytes: int) -> Iterator[Text]:
    """``lines``, with those of bytes joined to texts of about ``group_bytes``, which are quicker to decode.

    If ``lines`` raises an exception, the lines before it are yielded first.
    """
    group: list[bytes] = []
    size = 0
    failure: Exception | None = None
    try:
        for line in lines:
            if isinstance(line, bytes):
                group.append(line)
                size += len(line)
                if size < group_bytes:
                    continue
            if group:
                yield b"".join(group)
                group, size = [], 0
            if not isinstance(line, bytes):
                yield line
    except Exception as error:
        failure = error
    if group:
        yield b"".join(group)
    if failure is not None:
        raise failure
