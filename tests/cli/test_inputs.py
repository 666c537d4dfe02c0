"""Files of other formats than JSON Lines, from the command line."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from eventschema import EventSchema, dumps_schemas, loads_schemas
from tests.cli.conftest import Run

CSV = b'event,total,note\norder,1.5,x\norder,007,\nrefund,2,"two\nlines"\norder,3\n'
FLAT = ["--flat", "--event-key", "event"]


def document(run: Run, *arguments: str) -> Any:
    result = run(*arguments, "--format", "json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_table_is_replayed(run: Run, tmp_path: Path, pack: Any) -> None:
    (tmp_path / "events").write_bytes(pack(CSV))
    found = document(run, "infer", "events", *FLAT)
    assert [(event["name"], event["accepted"], event["rejected"]) for event in found["events"]] == [
        ("order", 1, 1),
        ("refund", 1, 0),
    ]
    assert [(each["code"], each["first"]["line"]) for each in found["rejections"]] == [
        ("type_conflict", 3),
        ("malformed_request", 6),
    ]
    assert found["rejections"][1]["first"]["message"] == (
        "Expected a row of 3 cells, as the header has, found 2 cells, at the root."
    )
    texts = document(run, "infer", "events", *FLAT, "--types", "text")
    assert [property_["type"] for property_ in texts["events"][0]["properties"]] == ["string", "string"]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_array_is_one_file_of_events(run: Run, tmp_path: Path, jobs: str) -> None:
    listed = [{"eventName": "order", "properties": {"n": number}} for number in range(3_000)]
    (tmp_path / "events.json").write_text(json.dumps(listed, indent=1))
    found = document(run, "infer", "events.json", "--jobs", jobs)
    assert (found["accepted"], found["rejected"]) == (3_000, 0)
    assert document(run, "profile", "events.json", "--jobs", jobs, "--no-replay")["events"] == 3_000


def test_requests_may_be_an_array(run: Run, tmp_path: Path) -> None:
    request = {"eventName": "order", "contact": {"email": "ann@example.com"}, "properties": {"n": 1}}
    (tmp_path / "requests.json").write_text(json.dumps([request, request, 5]))
    found = document(run, "track", "requests.json")
    assert (found["accepted"], found["rejected"]) == (2, 1)


def test_the_format_can_be_given(run: Run, tmp_path: Path) -> None:
    (tmp_path / "one").write_text("total\n1\n2\n")
    assert document(run, "infer", "one", "--input", "csv", "--event", "order")["accepted"] == 2
    assert run("infer", "one", "--event", "order").exit_code == 2
    result = run("infer", "one", "--input", "json", "--event", "order")
    assert (result.exit_code, result.stderr) == (2, "Error: one: the JSON array does not end.\n")


def test_a_header_with_a_name_twice_is_an_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text("a,b,a\n1,2,3\n1,2,3\n")
    result = run("infer", "events.csv", "--event", "order")
    assert (result.exit_code, result.stderr) == (2, "Error: events.csv: the header has the name a twice.\n")


ZIPS = b"ZIP Code,n\n99999,1\n01234,2\n"


@pytest.mark.parametrize("command", [["infer"], ["check", "--schema", "zips.json"], ["infer", "--jobs", "2"]])
@pytest.mark.parametrize("column", ["ZIP Code", "ZIP*"])
def test_one_column_is_read_as_text(run: Run, tmp_path: Path, command: list[str], column: str) -> None:
    schema = EventSchema("shop", {"zip_code": "string", "n": "int"})
    (tmp_path / "zips.json").write_text(dumps_schemas([schema]))
    (tmp_path / "zips.csv").write_bytes(ZIPS)
    arguments = [*command, "zips.csv", "--event", "shop", "--names", "snake_case", "--text-column", column]
    found = document(run, *arguments)
    assert (found["accepted"], found["rejected"]) == (2, 0)
    assert [property_["type"] for property_ in found["events"][0]["properties"]] == ["string", "int"]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_profile_names_the_option_and_takes_it(run: Run, tmp_path: Path, jobs: str) -> None:
    (tmp_path / "zips.csv").write_bytes(ZIPS)
    arguments = ["profile", "zips.csv", "--event", "shop", "--names", "snake_case", "--jobs", jobs]
    assert "must stay text (in CSV and TSV: --text-column)" in run(*arguments).stdout
    result = run(*arguments, "--text-column", "ZIP Code", "-o", "zips.json")
    assert "must stay text" in result.stdout
    assert "--types json" not in result.stdout
    assert loads_schemas((tmp_path / "zips.json").read_text())["shop"].properties["zip_code"] == "string"


def test_convert_writes_a_text_column_as_text(run: Run, tmp_path: Path) -> None:
    (tmp_path / "zips.csv").write_bytes(ZIPS)
    options = ["--event", "shop", "--names", "snake_case", "--text-column", "ZIP Code", "--text-column", "n"]
    assert run("convert", "zips.csv", "-o", "zips.ndjson", *options).exit_code == 0
    rows = [json.loads(line) for line in (tmp_path / "zips.ndjson").read_text().splitlines()]
    assert rows == [{"zip_code": "99999", "n": "1"}, {"zip_code": "01234", "n": "2"}]


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (ZIPS, [], "the header has no column zip (--text-column), only ZIP Code, n."),
        (
            b"zip\n01234\n",
            [],
            "it does not look like CSV or TSV, which --text-column is for; --input csv reads it as CSV.",
        ),
        (
            b'{"zip":1}\n',
            [],
            "it does not look like CSV or TSV, which --text-column is for; --input csv reads it as CSV.",
        ),
        (b'{"zip":1}\n', ["--input", "jsonl"], "--text-column is for CSV and TSV, not for jsonl."),
        (b'[\n{"zip":1}]\n', [], "--text-column is for CSV and TSV, not for one JSON array."),
        (b'[\n{"zip":1}]\n', ["--input", "json"], "--text-column is for CSV and TSV, not for json."),
    ],
)
@pytest.mark.parametrize("command", [["infer"], ["profile", "--jobs", "2"]])
def test_a_text_column_that_a_file_lacks(
    run: Run, tmp_path: Path, command: list[str], content: bytes, options: list[str], message: str
) -> None:
    (tmp_path / "events").write_bytes(content)
    result = run(*command, "events", "--event", "shop", "--text-column", "zip", *options)
    assert (result.exit_code, result.stderr) == (2, f"Error: events: {message}\n")


def test_a_single_text_column_and_an_empty_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "events").write_bytes(b"zip\n01234\n99999\n")
    arguments = ["--event", "shop", "--text-column", "zip"]
    assert document(run, "infer", "events", *arguments, "--input", "csv")["accepted"] == 2
    (tmp_path / "events").write_bytes(b"\n")
    assert document(run, "infer", "events", *arguments)["accepted"] == 0
