"""Tables that fit where they are shown: names and numbers stay whole, texts fold, and some columns are left out.

A terminal of 80 columns has no width for all that a profile tells of a property, and a table whose every column is
squeezed cannot be read at all. Where there is no terminal there is always width.

The lines are made here and not by :class:`rich.table.Table`, which measures and wraps every cell several times: of a
report of 10,000 rows that took most of the time.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.segment import Segment
from rich.style import Style

_GAP: Final = "   "  # between two columns
_NARROWEST: Final = 8  # of a column that folds, where there is not even the width that it should have
_HEADING: Final = Style(bold=True)

Row = Sequence[str]


class TableColumn(NamedTuple):
    """One column of a table: its ``heading``, and how narrow it may get.

    - ``least``: its cells may be folded, down to that width, and are where they are wider than ``most``. ``between``:
      they may be folded after that text only, which ends with a space. With none of these they stay whole.
    - ``optional``: the column may be left out; of several, that with the greatest number goes first.

    A column without any text is left out before all others, the first column of a table excepted.
    """

    heading: str
    right: bool = False
    least: int | None = None
    between: str | None = None
    optional: int = 0
    most: int | None = None


class Table:
    """A table as lines of text, which are printed as they are, and so never wider than the width that they were given.

    ``heading`` are the lines above the rule, ``lines`` those below it, ``width`` is that of the rule.
    """

    def __init__(self, heading: list[str], lines: list[str], width: int) -> None:
        self.heading = heading
        self.lines = lines
        self.width = width

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        """The lines, as rich asks for them."""
        for line in self.heading:
            yield Segment(line, _HEADING)
            yield Segment.line()
        rule = ("-" if options.ascii_only else "\u2500") * self.width
        yield Segment("".join(f"{line}\n" for line in (rule, *self.lines)))


class FittedTable(NamedTuple):
    """A ``table``, and the headings of the columns with text that had no width in it."""

    table: Table
    left_out: tuple[str, ...]


class _Cells(NamedTuple):
    """The cells of one column, without its heading, and how many columns of a terminal each takes."""

    column: TableColumn
    texts: list[str]
    sizes: list[int]

    @property
    def heading(self) -> int:
        """The size of the heading."""
        return cell_len(self.column.heading)

    @property
    def folds(self) -> bool:
        """Whether the cells may be folded."""
        return self.column.least is not None or self.column.between is not None

    @property
    def most(self) -> int:
        """How wide the column should get at most: so that no cell needs to be folded, if it may be that wide."""
        whole = max((self.heading, *self.sizes))
        return whole if self.column.most is None else max(self.heading, min(whole, self.column.most))

    @property
    def least(self) -> int:
        """How narrow the column should get at most."""
        between = self.column.between
        if between is not None:
            texts = (text for text, size in zip(self.texts, self.sizes, strict=True) if size > self.heading)
            return max((self.heading, *(_size(part) for text in texts for part in _parts(text, between))))
        return self.most if self.column.least is None else max(self.heading, min(self.most, self.column.least))


def fit_table(columns: Sequence[TableColumn], rows: Sequence[Row], width: int) -> FittedTable:
    """The table of ``rows`` that is no wider than ``width``, if that can be."""
    texts = [[row[number] for row in rows] for number in range(len(columns))]
    cells = [_Cells(column, listed, list(map(_size, listed))) for column, listed in zip(columns, texts, strict=True)]
    least = [each.least for each in cells]
    kept = _kept(cells, least, width)
    shown = [cells[number] for number in kept]
    widths = _widths(shown, [least[number] for number in kept], width)
    left_out = [column.heading for number, column in enumerate(columns) if number not in kept and any(texts[number])]
    return FittedTable(_drawn(shown, widths), tuple(left_out))


def error_table(heading: str, rows: Sequence[Row], width: int) -> Table:
    """A table of faults, each with its code, property, count, first place, and the message that it had there.

    The property may be left out: the message has it too.
    """
    columns = (
        TableColumn(heading),
        TableColumn("property", least=16, optional=1, most=40),
        TableColumn("count", right=True),
        TableColumn("first", least=16),
        TableColumn("message of the first", least=24),
    )
    return fit_table(columns, rows, width).table


def _size(text: str) -> int:
    """How many columns of a terminal ``text`` takes."""
    return len(text) if text.isascii() else cell_len(text)


def _kept(cells: Sequence[_Cells], least: Sequence[int], width: int) -> list[int]:
    """The numbers of the columns for which there is width."""
    kept = list(range(len(cells)))
    empty = [number for number in kept[1:] if not any(cells[number].texts)]
    optional = [number for number in kept if cells[number].column.optional and number not in empty]
    for number in (*empty, *sorted(optional, key=lambda number: -cells[number].column.optional)):
        if _total([least[number] for number in kept]) > width:
            kept.remove(number)
    return kept


def _widths(cells: Sequence[_Cells], least: Sequence[int], width: int) -> list[int]:
    """How wide each column is: as wide as it should be, from the first column on, as far as there is width."""
    widths = list(least)
    spare = width - _total(least)
    for number, each in enumerate(cells):
        if spare > 0:
            more = min(spare, each.most - widths[number])
            widths[number] += more
            spare -= more
    if spare < 0:
        floors = [min(_NARROWEST, width) if each.folds else width for each, width in zip(cells, least, strict=True)]
        if _total(floors) > width:
            floors = [1] * len(cells)
        _narrow(widths, floors, -spare)
    return widths


def _narrow(widths: list[int], floors: Sequence[int], excess: int) -> None:
    """Take ``excess`` from the ``widths``, always from the widest, and none below its floor."""
    for _ in range(excess):
        number = max(range(len(widths)), key=lambda number: (widths[number] > floors[number], widths[number]))
        if widths[number] <= floors[number]:
            return
        widths[number] -= 1


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(_GAP) * (len(widths) - 1)


def _drawn(cells: Sequence[_Cells], widths: Sequence[int]) -> Table:
    headings = [
        _lines(each.column.heading, each.heading, None, width) for each, width in zip(cells, widths, strict=True)
    ]
    columns = [
        [
            [text] if size <= width else _lines(text, size, each.column.between, width)
            for text, size in zip(each.texts, each.sizes, strict=True)
        ]
        for each, width in zip(cells, widths, strict=True)
    ]
    right = [each.column.right for each in cells]
    lines = [line for row in zip(*columns, strict=True) for line in _joined(row, widths, right)]
    return Table(list(_joined(headings, widths, right)), lines, _total(widths))


def _joined(row: Sequence[list[str]], widths: Sequence[int], right: Sequence[bool]) -> Iterator[str]:
    """The lines of one row, whose cells have lines of their own."""
    for number in range(max(map(len, row))):
        parts = []
        for cell, width, to_right in zip(row, widths, right, strict=True):
            text = cell[number] if number < len(cell) else ""
            fill = " " * (width - _size(text))
            parts.append(fill + text if to_right else text + fill)
        yield _GAP.join(parts).rstrip()


def _lines(cell: str, size: int, between: str | None, width: int) -> list[str]:
    """``cell`` in lines of ``width``, folded only after the text ``between`` if there is one and that will do."""
    if size <= width:
        return [cell]
    if between is None:
        return _folded(cell.split(" "), width)
    return _folded(_parts(cell, between), width)


def _folded(parts: Sequence[str], width: int) -> list[str]:
    """The ``parts`` with a space between two of them, as many on a line as fit; one that is too long is cut."""
    lines: list[str] = []
    used = width  # of the last line
    for part in parts:
        size = _size(part)
        if lines and used + 1 + size <= width:
            lines[-1] += f" {part}"
            used += 1 + size
        else:
            lines.extend(_cut(part, width))
            used = _size(lines[-1])
    return lines


def _cut(text: str, width: int) -> list[str]:
    """``text`` in pieces of at most ``width``; a character that is wider is a piece."""
    if _size(text) <= width:
        return [text]
    pieces, used = [""], 0
    for character in text:
        size = _size(character)
        if pieces[-1] and used + size > width:
            pieces.append("")
            used = 0
        pieces[-1] += character
        used += size
    return pieces


def _parts(cell: str, between: str) -> list[str]:
    """The parts of ``cell`` that are never folded, each but the last with the end of it, ``between``."""
    *parts, last = cell.split(between)
    return [*(part + between.rstrip() for part in parts), last]
