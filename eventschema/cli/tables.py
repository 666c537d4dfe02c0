"""Tables that fit where they are shown: names and numbers stay whole, texts fold, and what has no room is left out.

A terminal of 80 columns has no room for all that a profile tells of a property, and a table whose every column is
squeezed cannot be read at all. Where there is no terminal there is always room.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from rich import box
from rich.cells import cell_len
from rich.table import Table

_GAP: Final = 3  # between two columns
_NARROWEST: Final = 8  # of a column that folds, where there is not even the room that it should have

Row = Sequence[str]


class Column(NamedTuple):
    """One column of a table: its ``heading``, and how narrow it may get.

    - ``least``: its cells may be folded, down to that width. ``between``: they may be folded after that text only,
      which ends with a space. With neither they stay whole.
    - ``optional``: the column may be left out; of several, that with the greatest number goes first.
    """

    heading: str
    right: bool = False
    least: int | None = None
    between: str | None = None
    optional: int = 0


class Fitted(NamedTuple):
    """A ``table``, and the headings of the columns that had no room in it."""

    table: Table
    left_out: tuple[str, ...]


def fitted(columns: Sequence[Column], rows: Sequence[Row], room: int) -> Fitted:
    """The table of ``rows`` that is no wider than ``room``, if that can be."""
    widths = [max(map(cell_len, cells)) for cells in _by_column(columns, rows)]
    least = [
        max(cell_len(column.heading), _least(column, cells, width))
        for column, cells, width in zip(columns, _by_column(columns, rows), widths, strict=True)
    ]
    kept = _kept(columns, least, room)
    spare = room - _total(least[number] for number in kept)
    rigid = _total(_NARROWEST if _folds(columns[number]) else least[number] for number in kept) <= room
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1))
    cells = []
    for number in kept:
        column, width = columns[number], None
        if spare >= 0:
            width = min(least[number] + spare, widths[number])
            spare -= width - least[number]
        table.add_column(
            column.heading,
            justify="right" if column.right else "left",
            width=width,
            no_wrap=rigid and not _folds(column),
            overflow="fold",
        )
        cells.append([_folded(row[number], column.between, width) for row in rows])
    for row in zip(*cells, strict=True):
        table.add_row(*row)
    return Fitted(table, tuple(column.heading for number, column in enumerate(columns) if number not in kept))


def fault_table(heading: str, rows: Sequence[Row], room: int) -> Table:
    """A table of faults, each with its code, property, count, first place, and the message that it had there.

    The property may be left out: the message has it too.
    """
    columns = (
        Column(heading),
        Column("property", least=16, optional=1),
        Column("count", right=True),
        Column("first", least=16),
        Column("message of the first", least=24),
    )
    return fitted(columns, rows, room).table


def _by_column(columns: Sequence[Column], rows: Sequence[Row]) -> list[list[str]]:
    return [[column.heading, *(row[number] for row in rows)] for number, column in enumerate(columns)]


def _folds(column: Column) -> bool:
    return column.least is not None or column.between is not None


def _least(column: Column, cells: Sequence[str], width: int) -> int:
    """How narrow a column may get whose longest cell is ``width`` wide."""
    if column.between is not None:
        return max(cell_len(part) for cell in cells for part in _parts(cell, column.between))
    return width if column.least is None else min(width, column.least)


def _kept(columns: Sequence[Column], least: Sequence[int], room: int) -> list[int]:
    """The numbers of the columns for which there is room."""
    kept = list(range(len(columns)))
    for number in sorted(kept, key=lambda number: -columns[number].optional):
        if columns[number].optional and _total(least[number] for number in kept) > room:
            kept.remove(number)
    return kept


def _total(widths: Iterable[int]) -> int:
    listed = list(widths)
    return sum(listed) + _GAP * (len(listed) - 1)


def _folded(cell: str, between: str | None, width: int | None) -> str:
    """``cell`` in lines of ``width``, where it may be folded only after the text ``between``."""
    if between is None or width is None or cell_len(cell) <= width:
        return cell
    first, *others = _parts(cell, between)
    lines = [first]
    for part in others:
        if cell_len(f"{lines[-1]} {part}") <= width:
            lines[-1] += f" {part}"
        else:
            lines.append(part)
    return "\n".join(lines)


def _parts(cell: str, between: str) -> list[str]:
    """The parts of ``cell`` that are never folded, each but the last with the end of it, ``between``."""
    *parts, last = cell.split(between)
    return [*(part + between.rstrip() for part in parts), last]
