"""Tables that fit a width: names and numbers stay whole, texts are folded, and some columns are left out.

A profile has more columns than a terminal of 80 characters can show, and a table whose columns are all narrow is not
readable. Output that is no terminal has no limit.

The lines are made here and not by :class:`rich.table.Table`, which measures and wraps each cell several times: that
took most of the time for a report of 10,000 rows.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.segment import Segment
from rich.style import Style

_GAP: Final = "   "  # between two columns
_NARROWEST: Final = 8  # of a column that folds, in a table that does not fit otherwise
_HEADING: Final = Style(bold=True)

Row = Sequence[str]


class TableColumn(NamedTuple):
    """A column of a table.

    - ``heading``: its first line. ``right``: its cells are aligned to the right.
    - ``least``: its cells may be folded at spaces, down to this width. ``between``: its cells may be folded after this
      text only, which ends with a space. A column with neither is never folded.
    - ``most``: its cells are folded to this width even if there is more.
    - ``optional``: it may be left out; the column with the greatest number is left out first.

    A column without any text is left out before all others, except for the first column.
    """

    heading: str
    right: bool = False
    least: int | None = None
    between: str | None = None
    optional: int = 0
    most: int | None = None


class Table:
    """A table as lines of text that fit its width: those of its ``heading``, a rule of ``width``, and its ``lines``."""

    def __init__(self, heading: list[str], lines: list[str], width: int) -> None:
        self.heading = heading
        self.lines = lines
        self.width = width

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        """Yield the lines in the form that rich expects."""
        for line in self.heading:
            yield Segment(line, _HEADING)
            yield Segment.line()
        rule = ("-" if options.ascii_only else "\u2500") * self.width
        yield Segment("".join(f"{line}\n" for line in (rule, *self.lines)))


class FittedTable(NamedTuple):
    """A ``table``, and the headings of the columns with text that were left out of it."""

    table: Table
    left_out: tuple[str, ...]


class _Cells(NamedTuple):
    """The cells of a column without its heading, and their widths."""

    column: TableColumn
    texts: list[str]
    widths: list[int]

    @property
    def heading_width(self) -> int:
        """The width of the heading."""
        return cell_len(self.column.heading)

    @property
    def folds(self) -> bool:
        """Whether the cells may be folded."""
        return self.column.least is not None or self.column.between is not None

    @property
    def most(self) -> int:
        """The greatest useful width: no cell is folded then, except for ``TableColumn.most``."""
        whole = max((self.heading_width, *self.widths))
        return whole if self.column.most is None else max(self.heading_width, min(whole, self.column.most))

    @property
    def least(self) -> int:
        """The least width at which the column is readable."""
        between = self.column.between
        if between is not None:
            texts = (text for text, width in zip(self.texts, self.widths, strict=True) if width > self.heading_width)
            parts = (_text_width(part) for text in texts for part in _split_after(text, between))
            return max((self.heading_width, *parts))
        return self.most if self.column.least is None else max(self.heading_width, min(self.most, self.column.least))


def fit_table(columns: Sequence[TableColumn], rows: Sequence[Row], width: int) -> FittedTable:
    """Return the table of ``rows``, at most ``width`` wide if it has at least a character for each column."""
    texts = [[row[number] for row in rows] for number in range(len(columns))]
    cells = [_Cells(column, each, list(map(_text_width, each))) for column, each in zip(columns, texts, strict=True)]
    least = [each.least for each in cells]
    kept = _fitting_columns(cells, least, width)
    fitting = [cells[number] for number in kept]
    widths = _widths(fitting, [least[number] for number in kept], width)
    left_out = [column.heading for number, column in enumerate(columns) if number not in kept and any(texts[number])]
    return FittedTable(_render(fitting, widths), tuple(left_out))


def error_table(heading: str, rows: Sequence[Row], width: int) -> Table:
    """Return a table of errors: each row has the code, property, count, first location and the message there.

    The property may be left out, since the message includes it.
    """
    columns = (
        TableColumn(heading),
        TableColumn("property", least=16, optional=1, most=40),
        TableColumn("count", right=True),
        TableColumn("first", least=16),
        TableColumn("message of the first", least=24),
    )
    return fit_table(columns, rows, width).table


def _text_width(text: str) -> int:
    """Return the width of ``text`` in columns of a terminal."""
    return len(text) if text.isascii() else cell_len(text)


def _fitting_columns(cells: Sequence[_Cells], least: Sequence[int], width: int) -> list[int]:
    """Return the numbers of the columns that fit ``width`` together."""
    kept = list(range(len(cells)))
    empty = [number for number in kept[1:] if not any(cells[number].texts)]
    optional = [number for number in kept if cells[number].column.optional and number not in empty]
    for number in (*empty, *sorted(optional, key=lambda number: -cells[number].column.optional)):
        if _total_width([least[number] for number in kept]) > width:
            kept.remove(number)
    return kept


def _widths(cells: Sequence[_Cells], least: Sequence[int], width: int) -> list[int]:
    """Return the width of each column: its least one, and what is left over goes to the first columns."""
    widths = list(least)
    spare = width - _total_width(least)
    for number, each in enumerate(cells):
        if spare > 0:
            more = min(spare, each.most - widths[number])
            widths[number] += more
            spare -= more
    if spare < 0:
        floors = [min(_NARROWEST, size) if each.folds else size for each, size in zip(cells, least, strict=True)]
        if _total_width(floors) > width:
            floors = [1] * len(cells)
        _narrow(widths, floors, -spare)
    return widths


def _narrow(widths: list[int], floors: Sequence[int], excess: int) -> None:
    """Reduce ``widths`` in place by ``excess`` in total, always the widest, and none below its floor."""
    for _ in range(excess):
        number = max(range(len(widths)), key=lambda number: (widths[number] > floors[number], widths[number]))
        if widths[number] <= floors[number]:
            return
        widths[number] -= 1


def _total_width(widths: Sequence[int]) -> int:
    return sum(widths) + len(_GAP) * (len(widths) - 1)


def _render(cells: Sequence[_Cells], widths: Sequence[int]) -> Table:
    headings = [
        _lines(each.column.heading, each.heading_width, None, width) for each, width in zip(cells, widths, strict=True)
    ]
    columns = [
        [
            [text] if size <= width else _lines(text, size, each.column.between, width)
            for text, size in zip(each.texts, each.widths, strict=True)
        ]
        for each, width in zip(cells, widths, strict=True)
    ]
    right = [each.column.right for each in cells]
    lines = [line for row in zip(*columns, strict=True) for line in _row_lines(row, widths, right)]
    return Table(list(_row_lines(headings, widths, right)), lines, _total_width(widths))


def _row_lines(row: Sequence[list[str]], widths: Sequence[int], right: Sequence[bool]) -> Iterator[str]:
    """Yield the lines of a row of cells that have several lines each."""
    for number in range(max(map(len, row))):
        parts = []
        for cell, width, align_right in zip(row, widths, right, strict=True):
            text = cell[number] if number < len(cell) else ""
            fill = " " * (width - _text_width(text))
            parts.append(fill + text if align_right else text + fill)
        yield _GAP.join(parts).rstrip()


def _lines(cell: str, size: int, between: str | None, width: int) -> list[str]:
    """Return ``cell`` in lines of at most ``width``, folded after ``between`` or, without it, at spaces."""
    if size <= width:
        return [cell]
    if between is None:
        return _fold(cell.split(" "), width)
    return _fold(_split_after(cell, between), width)


def _fold(parts: Sequence[str], width: int) -> list[str]:
    """Join ``parts`` with spaces to lines of at most ``width``. A part that is longer is cut."""
    lines: list[str] = []
    used = width  # of the last line
    for part in parts:
        size = _text_width(part)
        if lines and used + 1 + size <= width:
            lines[-1] += f" {part}"
            used += 1 + size
        else:
            lines.extend(_cut(part, width))
            used = _text_width(lines[-1])
    return lines


def _cut(text: str, width: int) -> list[str]:
    """Cut ``text`` into pieces of at most ``width``. A character that is wider is a piece of its own."""
    if _text_width(text) <= width:
        return [text]
    pieces, used = [""], 0
    for character in text:
        size = _text_width(character)
        if pieces[-1] and used + size > width:
            pieces.append("")
            used = 0
        pieces[-1] += character
        used += size
    return pieces


def _split_after(cell: str, between: str) -> list[str]:
    """Split ``cell`` after each ``between``, less its last space."""
    *parts, last = cell.split(between)
    return [*(part + between.rstrip() for part in parts), last]
