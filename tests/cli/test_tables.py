import io
import sys

import pytest
from rich.console import Console, RenderableType

from eventschema.cli.tables import TableColumn, error_table, fit_table

COLUMNS = (
    TableColumn("property", least=20),
    TableColumn("declare"),
    TableColumn("null", right=True, optional=1),
    TableColumn("types", between=", "),
    TableColumn("range", between=" to ", optional=2),
    TableColumn("examples", least=10, optional=3),
)
ROWS = [
    ("mag", "float", "", "float 1,638, int 69", "-0.8 to 6.4", '2, "a text"'),
    ("time", "dateTime", "1,695", "dateTime 3", "1517363399650 to 1517966773840", "x" * 30),
]
FAULTS = [
    ("missing_contact_identifier", "", "1", "line 15", "Expected a contact with id, email or phoneNumber, found none."),
    ("type_conflict", "total", "1,638", "line 1,272", "Expected int, found float, at /properties/total."),
]


def printed(table: RenderableType, width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    with console.capture() as capture:
        console.print(table)
    return [line.rstrip() for line in capture.get().splitlines()]


def test_in_a_wide_terminal_every_row_is_one_line() -> None:
    table, left_out = fit_table(COLUMNS, ROWS, 200)
    assert left_out == ()
    assert printed(table, 200) == [
        "property   declare     null   types                 range                            examples",
        "\u2500" * 115,
        'mag        float              float 1,638, int 69   -0.8 to 6.4                      2, "a text"',
        f"time       dateTime   1,695   dateTime 3            1517363399650 to 1517966773840   {'x' * 30}",
    ]


def test_texts_fold_before_a_column_is_left_out() -> None:
    table, left_out = fit_table(COLUMNS, ROWS, 81)
    assert left_out == ()
    assert printed(table, 81) == [
        "property   declare     null   types                 range              examples",
        "\u2500" * 81,
        'mag        float              float 1,638, int 69   -0.8 to 6.4        2, "a',
        '                                                                       text"',
        "time       dateTime   1,695   dateTime 3            1517363399650 to   xxxxxxxxxx",
        "                                                    1517966773840      xxxxxxxxxx",
        "                                                                       xxxxxxxxxx",
    ]


@pytest.mark.parametrize(
    ("width", "left_out"),
    [
        (74, ()),
        (73, ("examples",)),
        (61, ("examples",)),
        (60, ("range", "examples")),
        (42, ("range", "examples")),
        (41, ("null", "range", "examples")),
        (10, ("null", "range", "examples")),
    ],
)
def test_columns_are_left_out_in_their_order(width: int, left_out: tuple[str, ...]) -> None:
    assert fit_table(COLUMNS, ROWS, width).left_out == left_out


@pytest.mark.parametrize("width", range(36, 130))
def test_lines_fit_and_whole_columns_are_not_folded(width: int) -> None:
    table, left_out = fit_table(COLUMNS, ROWS, width)
    lines = printed(table, width)
    assert max(map(len, lines)) <= width
    whole = ["property", "declare", "mag", "float", "dateTime", "float 1,638", "int 69", "dateTime 3"]
    whole += [] if "null" in left_out else ["1,695"]
    whole += [] if "range" in left_out else ["-0.8 to", "6.4", "1517363399650 to", "1517966773840"]
    assert [text for text in whole if not any(text in line for line in lines)] == []


@pytest.mark.parametrize("width", [60, 80, 120])
def test_codes_and_counts_of_errors_are_not_folded(width: int) -> None:
    lines = printed(error_table("rejected for", FAULTS, width), width)
    assert max(map(len, lines)) <= width
    for text in ("missing_contact_identifier", "type_conflict", "1,638", "line 15", "line 1,272"):
        assert any(text in line for line in lines)
    assert any("total." in line for line in lines)
    assert any(" property " in line for line in lines) == (width == 120)


def test_a_long_property_is_folded_beside_a_message() -> None:
    lines = printed(error_table("rejected for", [("type_conflict", "x" * 128, "1", "line 1", "m" * 100)], 200), 200)
    assert any("m" * 100 in line for line in lines)
    assert sum(line.count("x" * 40) for line in lines) == 3


@pytest.mark.parametrize("width", [14, 20, 30, 40])
def test_in_a_very_narrow_terminal_every_column_folds(width: int) -> None:
    lines = printed(
        fit_table([TableColumn("name"), TableColumn("text", least=12)], [("n" * 20, "t" * 50)], width).table, width
    )
    assert max(map(len, lines)) <= width
    text = "".join(lines)
    assert (text.count("n"), text.count("t")) == (20 + 1, 50 + 2)  # of the headings, too


def test_a_folded_line_has_as_many_parts_as_fit() -> None:
    columns = [TableColumn("types", between=", ")]
    table, _ = fit_table(columns, [("int 1,146, float 258, date 3, string 12",)], 20)
    assert printed(table, 20)[2:] == ["int 1,146,", "float 258, date 3,", "string 12"]


def test_a_table_without_rows_has_its_headings() -> None:
    table, left_out = fit_table(COLUMNS, [], 60)
    assert (printed(table, 60)[0].split(), left_out) == ([column.heading for column in COLUMNS], ())


@pytest.mark.parametrize(
    ("width", "headings", "left_out"),
    [
        (44, ["name", "b", "number", "empty"], ()),
        (43, ["name", "b", "empty"], ()),
        (34, ["name", "b"], ()),
        (27, ["name", "b"], ()),
        (26, ["name"], ("b",)),
    ],
)
def test_empty_columns_are_left_out_first(width: int, headings: list[str], left_out: tuple[str, ...]) -> None:
    columns = (
        TableColumn("name"),
        TableColumn("b", optional=1),
        TableColumn("number", right=True),
        TableColumn("empty", least=20),
    )
    table, missing = fit_table(columns, [("name" * 3, "word" * 3, "", ""), ("n", "w", "", "")], width)
    assert (table.heading[0].split(), missing) == (headings, left_out)


def test_wide_characters_take_two_columns_each() -> None:
    table, _ = fit_table(
        [TableColumn("n"), TableColumn("text", least=4)], [("\u6f22\u5b57\u6f22", "\u6f22\u5b57\u6f22"), ("e", "x")], 13
    )
    assert table.lines == ["\u6f22\u5b57\u6f22   \u6f22\u5b57", "         \u6f22", "e        x"]


def test_in_an_ascii_terminal_the_rule_is_of_hyphens() -> None:
    console = Console(file=io.TextIOWrapper(io.BytesIO(), encoding="ascii"), width=20)
    with console.capture() as capture:
        console.print(fit_table([TableColumn("name")], [("a",)], 20).table)
    assert capture.get() == "name\n----\na\n"


def test_a_row_of_a_table_costs_few_calls() -> None:
    def calls(rows: int) -> int:
        counted = 0

        def count(frame: object, event: str, argument: object) -> None:
            nonlocal counted
            counted += event in {"call", "c_call"}

        table = [("name", "float", "1", "int 1, float 2", "1 to 2", "1, 2, 3")] * rows
        sys.setprofile(count)
        try:
            printed(fit_table(COLUMNS, table, 100).table, 100)
        finally:
            sys.setprofile(None)
        return counted

    few = calls(100)
    assert calls(1100) - few < 1000 * len(COLUMNS) * 20  # rich took some 370 a cell
