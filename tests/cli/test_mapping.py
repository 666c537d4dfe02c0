"""Files in other shapes, and nested and messy properties, from the command line."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run

SEGMENT: list[dict[str, Any]] = [
    {"type": "identify", "userId": "u1", "traits": {"email": "ann@example.com"}},
    {
        "type": "track",
        "event": "Order Completed",
        "messageId": "m-1",
        "context": {"page": {"url": "https://example.com/"}},
        "properties": {
            "orderId": "o-1",
            "total": 12.5,
            "products": [{"sku": "a"}],
            "utm.source": "mail",
            "coupon": None,
        },
    },
    {"type": "page", "name": "Home"},
    {"type": "track", "event": "Order Completed", "properties": {"orderId": "o-2", "total": 3, "cart": {"size": 2}}},
]
READ = ["--event-key", "event", "--only", "type=track"]
MAP = ["--flatten", "--arrays", "json", "--names", "snake_case", "--drop-nulls"]


def written(path: Path, *values: Any) -> str:
    path.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("command", ["infer", "profile"])
def test_a_segment_file_goes_through(run: Run, tmp_path: Path, command: str) -> None:
    path, schemas = written(tmp_path / "segment.ndjson", *SEGMENT), tmp_path / "schemas.json"
    result = run(command, path, *READ, *MAP, "-o", str(schemas))
    assert result.exit_code == 0, result.stderr
    assert "2 lines without the text of --only are skipped." in result.stdout
    (schema,) = json.loads(schemas.read_text())["schemas"]
    assert schema["properties"] == {
        "order_id": "string",
        "total": "float",
        "products": "string",
        "utm_source": "string",
        "cart_size": "int",
    }
    document = json.loads(run(command, path, *READ, *MAP, "--format", "json").stdout)
    assert document["skipped"] == 2


def test_without_a_mapping_such_events_are_rejected(run: Run, tmp_path: Path) -> None:
    result = run("infer", written(tmp_path / "s", *SEGMENT), *READ, "--format", "json")
    document = json.loads(result.stdout)
    assert (document["accepted"], document["rejected"], document["skipped"]) == (0, 2, 2)
    assert result.stderr == "Most events have nested values or other names: see --flatten, --arrays, --names.\n"


@pytest.mark.parametrize(
    ("properties", "options", "hint"),
    [
        ({"a b": 1}, [], "--names"),
        ({"a": [1]}, ["--names", "lawful"], "--flatten, --arrays"),
        ({"a": {"b": 1}}, ["--arrays", "json"], ""),
        ({"a": 1}, [], ""),
    ],
)
def test_a_hint_names_the_options(run: Run, tmp_path: Path, properties: object, options: list[str], hint: str) -> None:
    path = written(tmp_path / "e", {"eventName": "o", "properties": properties})
    found = run("infer", path, *options).stderr
    assert found == (f"Most events have nested values or other names: see {hint}.\n" if hint else "")


def test_errors_point_to_what_was_sent(run: Run, tmp_path: Path) -> None:
    event = {"eventName": "o", "properties": {"cart": {"a b": 1}, "+1": 1, "-1": 2}}
    path, errors = written(tmp_path / "e", event), tmp_path / "errors"
    run(
        "check",
        path,
        "--schema",
        _schemas(tmp_path, {"cart_a_b": "date"}),
        "--flatten",
        "--names",
        "lawful",
        "--errors",
        str(errors),
    )
    (line,) = errors.read_text().splitlines()
    assert [(error["code"], error["pointer"]) for error in json.loads(line)["errors"]] == [
        ("name_conflict", "/properties/-1"),
        ("type_conflict", "/properties/cart/a b"),
        ("unknown_property", "/properties/+1"),
    ]


def _schemas(folder: Path, properties: dict[str, str]) -> str:
    path = folder / "schemas.json"
    path.write_text(json.dumps({"schemas": [{"name": "o", "properties": properties}]}))
    return str(path)


def test_a_profile_counts_name_conflicts(run: Run, tmp_path: Path) -> None:
    path = written(tmp_path / "e", {"eventName": "o", "properties": {"aB": 1, "a_b": 2}})
    document = json.loads(run("profile", path, "--names", "snake_case", "--format", "json").stdout)
    assert [(fault["code"], fault["count"]) for fault in document["byName"][0]["faults"]] == [("name_conflict", 1)]
    assert document["replay"] == {"accepted": 0, "recommended": 0}
    many = written(tmp_path / "m", {"eventName": "o", "properties": {str(number): 1 for number in range(10_001)}})
    document = json.loads(run("profile", many, "--names", "lawful", "--format", "json").stdout)
    assert [fault["code"] for fault in document["byName"][0]["faults"]] == ["too_many_properties"]


@pytest.mark.parametrize(
    ("options", "line", "name", "properties"),
    [
        (["--flat", "--event-key", "type", "--leave-out", "id"], {"type": "o", "id": 1, "a": 1}, "o", ["a"]),
        (["--event-key", "channel,id"], {"channel": "web", "id": 7, "properties": {"a": 1}}, "web.7", ["a"]),
        (["--event-from-file"], {"a": 1, "b": 2}, "visit", ["a", "b"]),
        (["--event-from-file"], {"properties": {"a": 1}}, "visit", ["a"]),
        (["--json-properties", "--properties-key", "p"], {"eventName": "o", "p": '{"a": 1}'}, "o", ["a"]),
    ],
)
def test_where_a_line_has_its_event(
    run: Run, tmp_path: Path, options: list[str], line: dict[str, Any], name: str, properties: list[str]
) -> None:
    path = written(tmp_path / "visit.ndjson", line)
    (event,) = json.loads(run("infer", path, *options, "--format", "json").stdout)["events"]
    assert (event["name"], [property_["name"] for property_ in event["properties"]]) == (name, properties)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--event-from-file", "--event", "o"], "--event and --event-from-file contradict each other"),
        (["--event-from-file", "--event-key", "o"], "--event-key and --event-from-file contradict each other"),
        (["--flat", "--event", "o"], "--event and --flat contradict each other"),
        (["--flat", "--properties-key", "o"], "--properties-key and --flat contradict each other"),
        (["--leave-out", "a"], "--leave-out needs --flat."),
        (["--only", "type"], "--only: expected KEY=TEXT, such as type=track, found type."),
        (["--only", "=track"], "--only: expected KEY=TEXT, such as type=track, found =track."),
        (["--max-depth", "101"], "expected a whole number from 1 to 100 in digits, found 101."),
        (["--arrays", "keep"], "'keep' is not one of"),
    ],
)
def test_wrong_usage(run: Run, tmp_path: Path, options: list[str], message: str) -> None:
    result = run("infer", written(tmp_path / "e", {}), *options)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
