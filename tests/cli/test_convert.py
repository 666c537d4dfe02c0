"""The accepted events of files as tables, and what other tools read of them."""

import csv
import json
import os
import stat
import sys
import tracemalloc
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from eventschema import EventSchema, dumps_schemas
from eventschema.cli import tablefiles
from eventschema.cli.converting import file_names
from tests.cli.conftest import Run, Write
from tests.export.schemas import ALL_TYPES, EVENTS, TYPED_EVENTS

ORDER = EventSchema("order", {"total": "float", "at": "dateTime", "note": "string"})
ORDERS: list[dict[str, Any]] = [
    {"total": 40, "at": "2026-03-05T09:30+01:00", "note": 'a "b",\nc'},
    {"total": "x"},
    {"note": "", "total": 0.1234567},
    {},
]

STORED = [event | ({"a_float": round(event["a_float"], 6)} if event else {}) for event in TYPED_EVENTS]


@pytest.fixture(autouse=True)
def files(tmp_path: Path, write: Write) -> None:
    (tmp_path / "order.json").write_text(dumps_schemas([ORDER]))
    (tmp_path / "two.json").write_text(dumps_schemas([ORDER, EventSchema("cart", {"size": "int"})]))
    write("orders", *[("order", properties) for properties in ORDERS])
    write("both", ("order", ORDERS[0]), ("cart", {"size": 3}), ("order", ORDERS[2]), ("cart", {"size": "x"}))
    write("all", *[("placed order", event) for event in EVENTS])


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_json_lines_have_what_is_stored(run: Run, tmp_path: Path) -> None:
    result = run("convert", "orders", "-o", "out.ndjson", "--schema", "order.json", "--errors", "errors")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == "3 accepted, 1 rejected"
    assert lines(tmp_path / "out.ndjson") == [
        {"total": 40.0, "at": "2026-03-05T09:30+01:00", "note": 'a "b",\nc'},
        {"total": 0.123457, "note": ""},
        {},
    ]
    assert [(each["line"], each["event"]) for each in lines(tmp_path / "errors")] == [(2, "order")]


def test_csv_keeps_an_empty_text_apart_from_none(run: Run, tmp_path: Path) -> None:
    assert run("convert", "orders", "-o", "out.CSV", "--schema", "order.json").exit_code == 0
    content = (tmp_path / "out.CSV").read_bytes().decode()
    assert content == 'total,at,note\n40.0,"2026-03-05T09:30+01:00","a ""b"",\nc"\n0.123457,,""\n,,\n'
    with open(tmp_path / "out.CSV", newline="") as file:
        assert list(csv.reader(file))[1] == ["40.0", "2026-03-05T09:30+01:00", 'a "b",\nc']


def test_all_types_in_csv(run: Run, tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="the extra interop brings it")
    assert run("convert", "all", "-o", "out.csv").exit_code == 0
    names = ("a_bool", "a_int", "a_float", "a_string", "a_date")
    query = f"SELECT {', '.join(names)} FROM read_csv('{tmp_path / 'out.csv'}', allow_quoted_nulls = false)"
    assert duckdb.sql(query).fetchall() == [tuple(event.get(name) for name in names) for event in STORED]


def test_the_columns_come_from_the_events_without_a_schema(run: Run, tmp_path: Path) -> None:
    result = run("convert", "both", "-o", "out.csv", "--event-name", "cart", "--strict")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[0] == "1 accepted, 1 rejected"
    assert result.stderr == "2 events of other names were skipped.\n"
    assert (tmp_path / "out.csv").read_text() == "size\n3\n"


def test_one_event_of_another_name(run: Run, write: Write) -> None:
    write("few", ("order", ORDERS[0]), ("cart", {"size": 3}))
    result = run("convert", "few", "-o", "out.csv", "--event-name", "cart")
    assert result.stderr == "1 event of other names was skipped.\n"


def test_a_file_for_each_event(run: Run, tmp_path: Path) -> None:
    result = run("convert", "both", "-o", "tables/new", "--to", "ndjson")
    assert result.exit_code == 0
    assert {path.name: lines(path) for path in (tmp_path / "tables/new").iterdir()} == {
        "order.ndjson": [ORDERS[0]],  # whose total is an int
        "cart.ndjson": [{"size": 3}],
    }


@pytest.mark.parametrize("declared", [False, True])
def test_events_without_properties_have_no_table(run: Run, tmp_path: Path, write: Write, declared: bool) -> None:
    write("bare", ("a", {"p": 1}), ("b", {}), ("b", {}))
    (tmp_path / "bare.json").write_text(dumps_schemas([EventSchema("a", {"p": "int"}), EventSchema("b")]))
    schema = ["--schema", "bare.json"] if declared else []
    result = run("convert", "bare", "-o", "out", "--to", "csv", *schema)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == "3 accepted, 0 rejected"
    assert result.stderr == "The event b has no properties, and a table needs a column.\n"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.csv"]
    assert run("convert", "bare", "-o", "out", "--to", "ndjson", *schema).exit_code == 0
    assert (tmp_path / "out" / "b.ndjson").read_text() == "{}\n{}\n"


def test_properties_that_the_schema_lacks(run: Run, tmp_path: Path, write: Write) -> None:
    write("more", ("order", {"total": 1, "extra": 2}))
    result = run("convert", "more", "-o", "out.ndjson", "--schema", "order.json", "--strict")
    assert result.exit_code == 1
    assert lines(tmp_path / "out.ndjson") == []
    assert run("convert", "more", "-o", "out.ndjson", "--schema", "order.json", "--invalid", "drop").exit_code == 0
    assert lines(tmp_path / "out.ndjson") == [{"total": 1.0}]


def test_nested_properties_are_mapped(run: Run, tmp_path: Path) -> None:
    line = {"event": "Order", "properties": {"orderId": 7, "cart": {"size": 2}, "tags": ["a", "b"]}}
    (tmp_path / "segment").write_text(json.dumps({"type": "page"}) + "\n" + json.dumps({"type": "track", **line}))
    options = ["--event-key", "event", "--only", "type=track", "--flatten", "--arrays", "json", "--names", "snake_case"]
    assert run("convert", "segment", "-o", "out.ndjson", *options).exit_code == 0
    assert lines(tmp_path / "out.ndjson") == [{"order_id": 7, "cart_size": 2, "tags": '["a","b"]'}]


def test_standard_input_needs_a_schema(run: Run, tmp_path: Path) -> None:
    given = json.dumps({"total": 1}).encode()
    options = ("convert", "-", "--event", "order", "-o", "out.ndjson")
    assert run(*options, "--schema", "two.json", given=given).exit_code == 0
    assert lines(tmp_path / "out.ndjson") == [{"total": 1.0}]
    result = run(*options, given=given)
    assert result.exit_code == 2
    assert "files are read twice, which standard input and pipes cannot be" in result.stderr


def test_tables_hold_the_data_of_people(run: Run, tmp_path: Path) -> None:
    run("convert", "orders", "-o", "out.ndjson", "--schema", "order.json")
    assert stat.S_IMODE(os.stat(tmp_path / "out.ndjson").st_mode) == 0o600


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            "orders -o out.xlsx",
            (
                "-o: expected the name of a file that ends with one of .parquet, .ndjson, .csv, or a folder and --to, "
                "found out.xlsx."
            ),
        ),
        ("both -o out.csv --naive UTC", "--naive is only for Parquet: in other formats dateTimes are texts, as sent."),
        (
            "both -o . --to csv --datetimes text",
            "--datetimes is only for Parquet: in other formats dateTimes are texts, as sent.",
        ),
        ("both -o dir.csv", "-o: dir.csv is a folder, which needs --to."),
        (
            "both -o out.csv",
            (
                "A table has the events of one name, found cart, order. Give --event-name NAME, or --to FORMAT for a "
                "file for each."
            ),
        ),
        ("both -o out.csv --event-name x", "There is no schema of the event x, but of cart, order."),
        ("orders -o out.csv --schema order.json --event-name x", "There is no schema of the event x, but of order."),
        ("orders -o orders.csv --errors orders.csv", "orders.csv would be overwritten while it is in use."),
        ("bad -o out.csv", "No event was accepted: infer says why."),
        ("empty -o out.csv", "The event e has no properties, and a table needs a column."),
        ("many -o out --to csv", "Expected at most 200 event names, found 201. Give --event-name NAME."),
        (
            "many -o out.csv",
            (
                "A table has the events of one name, found e0, e1, e10, e100, e101 and 196 more. Give --event-name "
                "NAME, or --to FORMAT for a file for each."
            ),
        ),
    ],
)
def test_wrong_usage(run: Run, tmp_path: Path, write: Write, arguments: str, message: str) -> None:
    (tmp_path / "dir.csv").mkdir()
    write("bad", ("e", {"a": {}}))
    write("empty", ("e", {}))
    write("many", *[(f"e{number}", {"a": 1}) for number in range(201)])
    before = sorted(path.name for path in tmp_path.iterdir())
    result = run("convert", *arguments.split())
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == f"Error: {message}"
    assert sorted(path.name for path in tmp_path.iterdir()) == before


@pytest.mark.parametrize("zone", ["", "Nowhere/Else", "+2", "/etc/passwd", "+24:00"])
def test_a_time_zone_that_is_none(run: Run, zone: str) -> None:
    result = run("convert", "orders", "-o", "out.parquet", "--naive", zone)
    assert result.exit_code == 2
    assert "expected UTC, an offset such as +02:00, or a time zone such as Europe/Berlin" in " ".join(
        result.stderr.split()
    )


def test_a_file_that_ends_early_leaves_no_table(run: Run, tmp_path: Path) -> None:
    (tmp_path / "cut.gz").write_bytes(b"\x1f\x8b\x08\x00")
    result = run("convert", "orders", "cut.gz", "-o", "out.csv", "--schema", "order.json")
    assert result.exit_code == 2
    assert "Not written, since it would be incomplete: out.csv." in result.stderr
    assert not (tmp_path / "out.csv").exists()


def test_a_file_that_changes_between_the_passes(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from eventschema.cli import convert

    def changed(*_: object) -> dict[str, EventSchema]:
        return {"order": EventSchema("order", {"total": "int"})}

    monkeypatch.setattr(convert, "infer_schemas", changed)
    result = run("convert", "orders", "-o", "out.csv")
    assert (result.exit_code, result.stderr) == (2, "Error: orders changed while it was read: convert it again.\n")
    assert not (tmp_path / "out.csv").exists()


def test_names_of_files() -> None:
    assert file_names(["Placed Order", "cart"]) == {"Placed Order": "Placed Order", "cart": "cart"}
    assert file_names(["Cart", "cart"]) == {"Cart": "Cart_6d2d59ae", "cart": "cart_1c42ddc0"}
    names = file_names(["../x", ".", "a/b", "a\\b", "\u4f8b", "x" * 300, "x" * 301, "con:", " a ", "a", "A "])
    assert len({name.lower() for name in names.values()}) == len(names)
    assert all(len(name) < 120 and not set(name) & set('./\\:*?"<>|') for name in names.values())


def test_a_file_that_is_read_is_not_overwritten(run: Run, tmp_path: Path, write: Write) -> None:
    write("order.ndjson", ("order", {"total": 1}))
    result = run("convert", "order.ndjson", "-o", ".", "--to", "ndjson")
    assert result.exit_code == 2
    assert "order.ndjson would be overwritten while it is in use." in result.stderr


# --- Parquet ---


def read(path: Path) -> Any:
    pq = pytest.importorskip("pyarrow.parquet", reason="the extra export brings it")
    return pq.read_table(path)


@pytest.fixture
def parquet(run: Run, tmp_path: Path) -> Path:
    """All types, as Parquet."""
    pytest.importorskip("pyarrow", reason="the extra export brings it")
    result = run("convert", "all", "-o", "out.parquet")
    assert (result.exit_code, result.stderr) == (0, "")
    return tmp_path / "out.parquet"


def test_parquet_has_typed_columns(parquet: Path) -> None:
    from eventschema.export.arrow import to_arrow

    table = read(parquet)
    assert table.schema.equals(to_arrow(ALL_TYPES), check_metadata=False)
    assert table.to_pylist() == [{name: event.get(name) for name in ALL_TYPES.properties} for event in STORED]


def test_the_schema_comes_back(run: Run, parquet: Path) -> None:
    assert run("import", "--from", "parquet", str(parquet)).stdout == dumps_schemas([ALL_TYPES])


def test_duckdb_reads_it(parquet: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="the extra interop brings it")
    columns = duckdb.sql(f"SELECT * FROM '{parquet}'")
    assert list(map(str, columns.types)) == [
        *("BOOLEAN", "BIGINT", "DOUBLE", "VARCHAR", "DATE", "TIMESTAMP WITH TIME ZONE", "VARCHAR", "VARCHAR")
    ]
    found = duckdb.sql(f"SELECT count(*), count(a_email), max(a_int) FROM '{parquet}'").fetchall()
    assert found == [(4, 3, 2**63 - 1)]


def test_polars_reads_it(parquet: Path) -> None:
    pl = pytest.importorskip("polars", reason="the extra interop brings it")
    frame = pl.read_parquet(parquet)
    assert frame.dtypes == [
        *(pl.Boolean, pl.Int64, pl.Float64, pl.String, pl.Date, pl.Datetime("us", "UTC"), pl.String, pl.String)
    ]
    assert frame["a_date"].to_list() == [date(9999, 12, 31), date(1, 1, 1), date(2024, 2, 29), None]


def test_pandas_reads_it(parquet: Path) -> None:
    pd = pytest.importorskip("pandas", reason="the extra interop brings it")
    frame = pd.read_parquet(parquet, dtype_backend="pyarrow")
    assert [str(type_) for type_ in frame.dtypes] == [
        "bool[pyarrow]",
        "int64[pyarrow]",
        "double[pyarrow]",
        "string[pyarrow]",
        "date32[day][pyarrow]",
        "timestamp[us, tz=UTC][pyarrow]",
        "string[pyarrow]",
        "string[pyarrow]",
    ]
    assert frame["a_int"][0] == 2**63 - 1


@pytest.fixture
def moments(write: Write) -> None:
    pytest.importorskip("pyarrow", reason="the extra export brings it")
    texts = ("2026-03-05T09:30", "2016-12-31T23:59:60Z", "2026-03-05T09:30:00.1234567Z", "2026-03-05T09:30:00Z")
    write("moments", *[("e", {"at": text}) for text in texts])


@pytest.mark.usefixtures("moments")
@pytest.mark.parametrize(
    ("zone", "hour"), [("UTC", 9), ("+02:00", 7), ("-01:30", 11), ("Europe/Berlin", 8), ("America/New_York", 14)]
)
def test_dates_without_an_offset_need_a_time_zone(run: Run, tmp_path: Path, zone: str, hour: int) -> None:
    result = run("convert", "moments", "-o", "out.parquet")
    assert result.exit_code == 2
    assert result.stderr == (
        "Error: moments:1: Expected a dateTime with an offset, found none, at /properties/at. "
        "Give --naive UTC or another time zone, or --datetimes text.\n"
    )
    assert not (tmp_path / "out.parquet").exists()
    result = run("convert", "moments", "-o", "out.parquet", "--naive", zone)
    assert result.exit_code == 0
    assert result.stderr.splitlines() == [
        "1 dateTimes: digits beyond microseconds are cut.",
        "1 dateTimes: a leap second became the last microsecond before it.",
    ]
    assert [moment.hour for moment in read(tmp_path / "out.parquet")["at"].to_pylist()] == [hour, 23, 9, 9]
    assert read(tmp_path / "out.parquet")["at"].to_pylist()[3] == datetime(2026, 3, 5, 9, 30, tzinfo=UTC)


def test_a_moment_beyond_year_9999_has_no_such_advice(run: Run, write: Write) -> None:
    pytest.importorskip("pyarrow", reason="the extra export brings it")
    result = run("convert", write("late", ("e", {"at": "9999-12-31T23:59-00:01"})), "-o", "out.parquet")
    assert result.stderr == (
        "Error: late:1: Expected a dateTime of the years 1 to 9999 in UTC, found another, at /properties/at. "
        "Give --datetimes text.\n"
    )


@pytest.mark.usefixtures("moments")
def test_datetimes_as_texts_lose_nothing(run: Run, tmp_path: Path) -> None:
    result = run("convert", "moments", "-o", "out.parquet", "--datetimes", "text")
    assert (result.exit_code, result.stderr) == (0, "")
    assert read(tmp_path / "out.parquet")["at"].to_pylist()[1] == "2016-12-31T23:59:60Z"
    assert run("import", "--from", "parquet", "out.parquet").stdout == dumps_schemas(
        [EventSchema("e", {"at": "dateTime"})]
    )


@pytest.mark.usefixtures("moments")
def test_parquet_is_not_written_to_a_device(run: Run) -> None:
    os.symlink("/dev/null", "null.parquet")
    result = run("convert", "moments", "-o", "null.parquet", "--naive", "UTC")
    assert result.stderr.endswith("Error: -o: Parquet is written to a file, not to a pipe or a device.\n")


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["parquet", "ndjson", "csv"])
def test_memory_does_not_grow_with_the_file(
    run: Run, tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    pytest.importorskip("pyarrow", reason="the extra export brings it")
    monkeypatch.setattr(tablefiles, "_ROWS", 500)
    peaks = []
    for count in (1_500, 6_000):
        write("long", *[("order", {"total": 1.5, "note": "x" * 50})] * count)
        tracemalloc.start()
        assert run("convert", "long", "-o", f"out.{ending}", "--jobs", "1").exit_code == 0
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0] + 200_000


def test_without_pyarrow_the_extra_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.startswith("pyarrow") or name.endswith("s.arrow")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.delitem(sys.modules, "eventschema.export.arrow", raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for command in ("convert orders -o out.parquet", "import --from parquet orders"):
        result = run(*command.split())
        assert result.exit_code == 2
        assert result.stderr.endswith("the extra export installs it, pip install 'eventschema[export]'\n")
