"""``tables``: the rows of CSV and TSV as objects, and rows that are errors."""

import re
from typing import Any

import pytest

from eventschema.core.violations import MalformedRequest
from eventschema.stream.reading.tables import TableError, read_table
from eventschema.stream.reading.texts import CellTypes, InputOptions, Text


def rows(*texts: Text, delimiter: str = ",", types: CellTypes = "json", text: tuple[str, ...] = ()) -> list[Text]:
    return list(read_table(texts, delimiter, InputOptions(types=types, text_columns=text)))


def test_a_row_is_an_object_without_its_empty_cells() -> None:
    assert rows(b"a,b,c\n1,x,\n,,\n") == [b"\n", b'{"a":1,"b":"x"}\n', b"{}\n"]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("0", "0"),
        ("-0", "-0"),
        ("12", "12"),
        ("1.50", "1.50"),
        ("1e5", "1e5"),
        ("-1.5E+300", "-1.5E+300"),
        ("123456789012345678901", "123456789012345678901"),
        ("true", "true"),
        ("false", "false"),
        ("null", '"null"'),
        ("True", '"True"'),
        ("007", '"007"'),
        ("+1", '"+1"'),
        (".5", '".5"'),
        ("1.", '"1."'),
        ("1;5", '"1;5"'),
        ("NaN", '"NaN"'),
        (" 1", '" 1"'),
        ("1_0", '"1_0"'),
        ("\u0661", '"\u0661"'),
        ("2026-11-26", '"2026-11-26"'),
        ("1" * 4000, '"' + "1" * 4000 + '"'),
    ],
)
def test_cells_are_json_numbers_and_words_or_text(cell: str, value: str) -> None:
    assert rows(f"a\n{cell}\n".encode()) == [b"\n", f'{{"a":{value}}}\n'.encode()]
    assert rows(f"a\n{cell}\n".encode(), types="text") == [b"\n", b'{"a":"%b"}\n' % cell.encode()]


@pytest.mark.parametrize(
    ("text", "row"),
    [
        (("zip",), '"a":1,"zip":"1","Zip 2":1,"":1'),
        (("Zip 2", "zip"), '"a":1,"zip":"1","Zip 2":"1","":1'),
        (("",), '"a":1,"zip":1,"Zip 2":1,"":"1"'),
        (("?ip*",), '"a":1,"zip":"1","Zip 2":"1","":1'),
        (("*",), '"a":"1","zip":"1","Zip 2":"1","":"1"'),
        (("other*",), '"a":1,"zip":1,"Zip 2":1,"":1'),
    ],
)
def test_text_columns_are_text(text: tuple[str, ...], row: str) -> None:
    assert rows(b"a,zip,Zip 2,\n1,1,1,1\n", text=text)[1:] == [f"{{{row}}}\n".encode()]


def test_text_columns_have_any_cells() -> None:
    lines = b"zip,n\n01234,99999\n99999,99999\n,true\ntrue,01234\n"
    assert rows(lines, text=("zip",))[1:] == [
        b'{"zip":"01234","n":99999}\n',
        b'{"zip":"99999","n":99999}\n',
        b'{"n":true}\n',
        b'{"zip":"true","n":"01234"}\n',
    ]
    assert rows(lines, types="text", text=("zip",)) == rows(lines, types="text")


def test_text_columns_of_names_with_wildcards() -> None:
    assert rows(b"a*b,a?,c\n1,1,1\n", text=("a*",))[1:] == [b'{"a*b":"1","a?":"1","c":1}\n']
    assert rows(b"a*b,a?,c\n1,1,1\n", text=("a?",))[1:] == [b'{"a*b":1,"a?":"1","c":1}\n']


def test_quoted_cells_and_other_delimiters() -> None:
    assert rows(b'a,b\n"x,""y""",2\n') == [b"\n", b'{"a":"x,\\"y\\"","b":2}\n']
    assert rows(b"a;b\n1;2\n", delimiter=";") == rows(b"a\tb\n1\t2\n", delimiter="\t") == [b"\n", b'{"a":1,"b":2}\n']
    assert rows(b"a b,\xc3\xa9\n1,\xc3\xbc\n") == [b"\n", '{"a b":1,"\u00e9":"\u00fc"}\n'.encode()]


def test_lines_keep_their_numbers() -> None:
    assert rows(b'\n\na,b\n"x\n\ny",1\n\n2,3') == [
        *[b"\n"] * 3,
        b'{"a":"x\\n\\ny","b":1}\n',
        *[b"\n"] * 3,
        b'{"a":2,"b":3}\n',
    ]


@pytest.mark.parametrize(("row", "found"), [(b"1", "1 cell"), (b"1,2,3", "3 cells"), (b",,", "3 cells")])
def test_a_ragged_row_is_an_error(row: bytes, found: str) -> None:
    error = MalformedRequest("", "a row of 2 cells, as the header has", found)
    assert rows(b"a,b\n" + row + b"\n5,6\n") == [b"\n", error, b'{"a":5,"b":6}\n']


def test_bytes_that_are_not_utf_8_are_an_error() -> None:
    error = MalformedRequest("", "a row in UTF-8", "other bytes")
    assert rows(b"a,b\n\xff,2\n1,2\n") == [b"\n", error, b'{"a":1,"b":2}\n']


def test_quotes_that_do_not_fit_are_an_error() -> None:
    bad, good = rows(b'a,b\n"x"y,1\n1,2\n')[1:]
    assert isinstance(bad, MalformedRequest)
    assert bad.actual.startswith("one whose quotes or cells cannot be read")
    assert good == b'{"a":1,"b":2}\n'


def test_a_quote_that_is_never_closed() -> None:
    before, bad, after = rows(b'a,b\n1,2\n"x,3\n4,5\n')[1:]
    assert before == b'{"a":1,"b":2}\n'
    assert isinstance(bad, MalformedRequest)
    assert after == b'{"a":4,"b":5}\n'
    found = rows(b'a,b\n"' + b"x,y\n" * 50_000 + b"1,2\n")
    assert [type(one) for one in found[:2]] == [bytes, MalformedRequest]
    assert found[2:-1] == [b'{"a":"x","b":"y"}\n'] * 49_999
    assert found[-1] == b'{"a":1,"b":2}\n'


@pytest.mark.parametrize(
    "rest",
    [
        b"of any kind\n4,5\n",  # text of another number of cells
        b'4,5\nsays "yes", ok\n',  # quotes as no row has them
        b"4,5\n\xff,5\n",
    ],
)
def test_lines_that_may_be_text_are_no_rows(rest: bytes) -> None:
    bad, *blank = rows(b'a,b\n"text\n' + rest)[1:]
    assert isinstance(bad, MalformedRequest)
    assert bad.actual.startswith("one over 3 lines whose quotes or cells cannot be read (")
    assert set(blank) == {b"\n"}


def test_lines_of_a_single_column_may_be_text() -> None:
    bad, blank = rows(b'a\n"x\n4\n')[1:]
    assert isinstance(bad, MalformedRequest)
    assert blank == b"\n"


def test_a_row_over_many_lines_is_bounded() -> None:
    lines = [b'"\n', *[b"x" * 1000 + b'","\n'] * 1500, b'"\n', b"1,2\n"]
    found = rows(b"a,b\n", *lines)[1:]
    errors = [each for each in found if isinstance(each, MalformedRequest)]
    assert "more than 1048576 characters" in errors[0].actual
    assert len(found) == len(lines)
    assert found[-1] == b'{"a":1,"b":2}\n'


def test_lines_that_are_errors_keep_their_place() -> None:
    assert rows(b"a\n1\n", 5000, b"2\n") == [b"\n", b'{"a":1}\n', 5000, b'{"a":2}\n']
    assert rows(5000, b"a\n2\n") == [5000, b"\n", b'{"a":2}\n']


@pytest.mark.parametrize(
    ("header", "message"),
    [(b"a,b,a\n", "the header has the name a twice"), (b"a,\xff\n", "the header is not UTF-8")],
)
def test_a_header_that_is_none(header: bytes, message: str) -> None:
    with pytest.raises(TableError, match=f"^{message}$"):
        rows(header + b"1,2,3\n")


@pytest.mark.parametrize(
    ("header", "text", "message"),
    [
        (b"a,b\n", ("zip",), "no column zip (--text-column), only a, b"),
        (b"zip,b\n", ("zip*", "zip", "ZIP"), "no column ZIP (--text-column), only zip, b"),
        (b"a,b\n", ("",), "no column without a name (--text-column), only a, b"),
        (
            b"1,2,3,4,5,6,7,8,9,10\n",
            ("a",),
            "no column a (--text-column), only 1, 2, 3, 4, 5, 6, 7, 8, 9, 10",
        ),
        (
            b"1,2,3,4,5,6,7,8,9,10,11\n",
            ("a",),
            "no column a (--text-column), only 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 1 more",
        ),
    ],
)
def test_a_text_column_that_the_header_lacks(header: bytes, text: tuple[str, ...], message: str) -> None:
    with pytest.raises(TableError, match=f"^{re.escape(f'the header has {message}')}$"):
        rows(header, text=text)


def test_nothing_but_a_header() -> None:
    assert rows(b"a,b\n") == [b"\n"]
    assert rows() == []


def test_an_empty_name_is_left_to_the_schema() -> None:
    many: Any = rows(b"a,\n1,2\n")
    assert many == [b"\n", b'{"a":1,"":2}\n']


def test_more_cells_than_are_kept_are_read_alike() -> None:
    texts = [f"{number},x{number},{number % 7}\n".encode() for number in range(12_000)] * 2
    found = rows(b"a,b,c\n", *texts)[1:]
    expected = [b'{"a":%d,"b":"x%d","c":%d}\n' % (number, number, number % 7) for number in range(12_000)]
    assert found == expected * 2
