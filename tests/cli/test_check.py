import json
from pathlib import Path

import pytest

from eventschema.core.schema import EventSchema
from eventschema.core.schemafile import dumps_schemas
from tests.cli.conftest import Run, Write


@pytest.fixture(autouse=True)
def schema(tmp_path: Path) -> bytes:
    text = dumps_schemas([EventSchema("order", {"total": "float"})])
    (tmp_path / "schemas.json").write_text(text)
    return text.encode()


def codes(run: Run, path: str, *options: str) -> list[tuple[str, str]]:
    document = json.loads(run("check", path, "--schema", "schemas.json", "--format", "json", *options).stdout)
    return [(rejection["code"], rejection["pointer"]) for rejection in document["rejections"]]


def test_events_that_fit_pass(run: Run, write: Write) -> None:
    result = run("check", write("events", ("order", {"total": 1}), ("order", {})), "--schema", "schemas.json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "2 accepted, 0 rejected",
        "",
        "order: 2 accepted, 0 rejected",
        "property   type    set by        seen   changed",
        "──────────────────────────────────────────────────────",
        "total      float   declaration      1   int to float 1",
    ]


def test_a_rejection_exits_with_1_and_changes_no_schema(run: Run, write: Write, tmp_path: Path, schema: bytes) -> None:
    path = write("events", ("order", {"new": 1}), ("order", {"total": "x"}), ("cart", {}), b"[]")
    assert codes(run, path) == [
        ("unknown_property", "/properties/new"),
        ("type_conflict", "/properties/total"),
        ("unknown_event", "/eventName"),
        ("malformed_request", ""),
    ]
    assert run("check", path, "--schema", "schemas.json").exit_code == 1
    assert (tmp_path / "schemas.json").read_bytes() == schema


def test_allow_new_accepts_new_properties(run: Run, write: Write) -> None:
    path = write("events", ("order", {"total": 1, "new": 1}), ("order", {"new": "text"}))
    assert codes(run, path, "--allow-new") == []
    result = run("check", path, "--schema", "schemas.json", "--allow-new")
    assert result.exit_code == 0
    assert "new        int     new: line 1      2" in result.stdout


def test_exact_rejects_an_int_for_a_float(run: Run, write: Write) -> None:
    assert codes(run, write("events", ("order", {"total": 1})), "--exact") == [("type_conflict", "/properties/total")]


def test_rejections_are_written_to_the_errors_file(run: Run, write: Write, tmp_path: Path) -> None:
    path = write("events", ("order", {}), ("cart", {}))
    assert run("check", path, "--schema", "schemas.json", "--errors", "errors").exit_code == 1
    (rejection,) = map(json.loads, (tmp_path / "errors").read_bytes().splitlines())
    assert (rejection["line"], rejection["event"], rejection["errors"][0]["code"]) == (2, "cart", "unknown_event")


@pytest.mark.parametrize(
    "arguments",
    [["events"], ["events", "--schema", "events"], ["--schema", "schemas.json"], ["none", "--schema", "schemas.json"]],
)
def test_wrong_usage_exits_with_2(run: Run, write: Write, arguments: list[str]) -> None:
    write("events", ("order", {}))
    result = run("check", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")


def test_the_schema_file_is_never_overwritten(run: Run, write: Write, tmp_path: Path, schema: bytes) -> None:
    path = write("events", ("order", {}))
    assert run("check", path, "--schema", "schemas.json", "--errors", "schemas.json").exit_code == 2
    assert (tmp_path / "schemas.json").read_bytes() == schema


@pytest.mark.parametrize(
    ("name", "similar"),
    [("o", "O"), ("Order Placed", "order_placed"), ("order_plced", "order_placed"), ("cart", None), ("!", None)],
)
def test_an_unknown_event_gets_a_hint_at_a_similar_name(
    run: Run, write: Write, tmp_path: Path, name: str, similar: str | None
) -> None:
    (tmp_path / "schemas.json").write_text(dumps_schemas([EventSchema("O"), EventSchema("order_placed")]))
    path = write("events", (name, {}))
    table = run("check", path, "--schema", "schemas.json").stdout
    hint = "" if similar is None else f' There is one for "{similar}": is that the event?'
    assert f"  It has no schema.{hint}\n" in table
    document = json.loads(run("check", path, "--schema", "schemas.json", "--format", "json").stdout)
    assert {event["name"]: event.get("similar", "") for event in document["events"]} == {
        "O": "",
        "order_placed": "",
        name: similar,
    }
