"""Files of other formats than JSON Lines, from the command line."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

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
