"""A report as one table, with its footnotes; and two reports as one, with the ratios."""

from collections.abc import Iterable
from itertools import groupby

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from benchmarks.results import Change, Figure, Report


def render(report: Report) -> RenderableType:
    """All figures by section and case: medians, and our own time over each peer's."""
    footnotes: dict[str, int] = {}
    table = Table("", "", "median", "unit", "compiled / it", "plain / it", "notes")
    for column in table.columns[2:]:
        column.justify = "right"
    for section, of_section in groupby(report.figures, key=lambda figure: figure.section):
        table.add_section()
        table.add_row(Text(section, style="bold"))
        for case, of_case in groupby(of_section, key=lambda figure: figure.case):
            for number, figure in enumerate(of_case):
                table.add_row("" if number else case, figure.what, *_cells(figure), _marks(figure, footnotes))
    notes = [Text(f"[{number}] {note}") for note, number in footnotes.items()]
    return Group(Text(_machine(report)), table, *notes)


def _machine(report: Report) -> str:
    return "\n".join(f"{name}: {value}" for name, value in report.machine.items())


def _cells(figure: Figure) -> tuple[str, str, str, str]:
    return rounded(figure.value), figure.unit, _ratio(figure.compiled), _ratio(figure.plain)


def _ratio(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.3f}" if ratio < 0.1 else f"{ratio:.2f}"


def _marks(figure: Figure, footnotes: dict[str, int]) -> str:
    """The numbers of a figure's notes; a note that was not there before gets the next one."""
    return " ".join(str(footnotes.setdefault(note, len(footnotes) + 1)) for note in figure.notes)


def rounded(value: float) -> str:
    """A number with three significant digits, from 1,000 on a whole number: ``0.0123``, ``12.3``, ``12,345``."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:#.3g}"


def render_changes(changes: Iterable[Change]) -> RenderableType:
    """Each figure that two reports have: old, new, and new over old."""
    table = Table("", "", "", "unit", "old", "new", "new / old")
    for column in table.columns[4:]:
        column.justify = "right"
    for change in changes:
        figure = change.figure
        ratio = "" if change.ratio is None else f"{change.ratio:.2f}"
        table.add_row(
            figure.section, figure.case, figure.what, figure.unit, rounded(change.old), rounded(change.new), ratio
        )
    return table
