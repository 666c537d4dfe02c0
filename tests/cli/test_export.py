import json
import re
import shlex
from pathlib import Path

import pytest

import eventschema.export
from eventschema import EventSchema, Rules, dumps_schemas
from eventschema.export import to_avro, to_bigquery, to_json_schema, to_request_schema, to_tracking_plan
from eventschema.export.sql import to_sql
from eventschema.stream import EventProfile
from tests.cli.conftest import Run
from tests.export.schemas import ALL_TYPES

ORDER = EventSchema("order", {"total": "float", "at": "dateTime"})


@pytest.fixture(autouse=True)
def _files(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(dumps_schemas([ORDER]))
    (tmp_path / "two.json").write_text(dumps_schemas([ALL_TYPES, ORDER]))


@pytest.mark.parametrize(
    ("target", "document"),
    [
        ("json-schema", to_json_schema(ORDER)),
        ("json-schema --closed", to_json_schema(ORDER, closed=True)),
        (
            "json-schema --max-properties 7 --nulls reject",
            to_json_schema(ORDER, rules=Rules(max_properties=7, nulls="reject")),
        ),
        ("json-schema --request", to_request_schema(ORDER)),
        ("json-schema --request --closed", to_request_schema(ORDER, closed=True)),
        ("bigquery", to_bigquery(ORDER)),
        ("avro", to_avro(ORDER)),
        ("segment --closed", to_tracking_plan(ORDER, "segment", closed=True)),
        ("rudderstack", to_tracking_plan(ORDER, "rudderstack")),
    ],
)
def test_a_document_is_printed_as_json(run: Run, target: str, document: object) -> None:
    result = run("export", "one.json", "--to", *target.split())
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout) == document
    assert result.stdout.isascii()


@pytest.mark.parametrize("typed", [False, True])
def test_statements_are_printed_as_they_are(run: Run, typed: bool) -> None:
    result = run("export", "one.json", "--to", "sql", "--dialect", "sqlite", *["--typed"] * typed)
    assert (result.exit_code, result.stdout) == (0, to_sql(ORDER, "sqlite", typed=typed))


def test_schemas_are_exported_together_or_one_by_its_name(run: Run) -> None:
    assert json.loads(run("export", "two.json", "--to", "avro").stdout) == to_avro([ORDER, ALL_TYPES])
    result = run("export", "one.json", "two.json", "--to", "avro", "--event", "placed order")
    assert json.loads(result.stdout) == to_avro(ALL_TYPES)


def test_a_document_replaces_a_file(run: Run, tmp_path: Path) -> None:
    for _ in range(2):
        result = run("export", "one.json", "--to", "avro", "-o", "record.avsc")
        assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert json.loads((tmp_path / "record.avsc").read_text()) == to_avro(ORDER)
    assert run("export", "one.json", "--to", "avro", "-o", "-").stdout == (tmp_path / "record.avsc").read_text()


def test_a_rudderstack_project_is_a_folder(run: Run, tmp_path: Path) -> None:
    assert run("export", "two.json", "--to", "rudderstack", "-o", "plan").exit_code == 0
    written = {path.name: json.loads(path.read_text()) for path in (tmp_path / "plan").iterdir()}
    plan = to_tracking_plan([ORDER, ALL_TYPES], "rudderstack")
    assert written == {f"{name}.yaml": document for name, document in plan.items()}


def test_an_arrow_file_has_one_schema_and_printed_remarks(run: Run, tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow", reason="the extra export brings it")
    from eventschema.export.arrow import to_arrow

    result = run("export", "two.json", "--to", "arrow", "--event", "placed order", "-o", "order.arrows")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.splitlines()[0] == "a_string: The limit on the length of texts gets lost."
    assert "a_email, a_url: Any text is accepted." in result.stderr.splitlines()
    schema = pa.ipc.open_stream(tmp_path / "order.arrows").schema
    assert schema.equals(to_arrow(ALL_TYPES), check_metadata=True)


def test_a_remark_names_the_first_properties(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="the extra export brings it")
    (tmp_path / "many.json").write_text(dumps_schemas([EventSchema("e", {f"p{i}": "url" for i in range(1500)})]))
    result = run("export", "many.json", "--to", "arrow", "-o", "many.arrows")
    assert result.stderr == "p0, p1, p2, p3, p4 and 1,495 more: Any text is accepted.\n"


def test_constraints_of_a_saved_profile(run: Run, tmp_path: Path) -> None:
    profile = EventProfile()
    for number in range(40):
        profile.add(ORDER.name, {"total": number + 0.5})
    (tmp_path / "counts.json").write_text(json.dumps(profile.to_dict()))
    result = run("export", "one.json", "--to", "json-schema", "--constraints", "counts.json")
    assert json.loads(result.stdout) == to_json_schema(ORDER, constraints=profile.constraints())
    assert json.loads(result.stdout)["properties"]["total"]["maximum"] == 39.5
    result = run("export", "one.json", "--to", "json-schema", "--request", "--constraints", "counts.json")
    assert json.loads(result.stdout) == to_request_schema(ORDER, constraints=profile.constraints())
    result = run("export", "one.json", "--to", "json-schema", "--constraints", "one.json")
    assert result.exit_code == 2
    assert "one.json: Expected" in result.stderr
    result = run("export", "one.json", "--to", "json-schema", "--constraints", "counts.json", "-o", "counts.json")
    assert result.exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("one.json --to sql --dialect sqlite --constraints one.json", "--to sql has no option --constraints."),
        ("one.json --to avro --typed", "--to avro has no option --typed."),
        ("one.json --to sql --closed --dialect sqlite", "--to sql has no option --closed."),
        (
            "one.json --to sql",
            "--to sql: give --dialect, one of postgresql, sqlite, mysql, clickhouse, duckdb, snowflake.",
        ),
        ("one.json --to avro --event cart", "--event: the files have no schema of the event cart."),
        ("two.json --to arrow -o x", "--to arrow: a file has one schema. Give --event NAME."),
        ("one.json --to avro -o one.json", "one.json would be overwritten while it is in use."),
    ],
)
def test_wrong_usage(run: Run, arguments: str, message: str) -> None:
    result = run("export", *arguments.split())
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == f"Error: {message}"


def test_names_that_become_one_are_an_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "alike.json").write_text(dumps_schemas([EventSchema("a b"), EventSchema("a-b")]))
    result = run("export", "alike.json", "--to", "avro", "-o", "x")
    assert result.exit_code == 2
    assert (
        result.stderr == "Error: expected events of different names in Avro, found 'a b' and 'a-b', both 'a_b' there\n"
    )
    assert not (tmp_path / "x").exists()


COMMANDS = re.findall(r"^eventschema (export .*?)(?: \|.*)?$", str(eventschema.export.__doc__), re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_of_the_guide_run(run: Run, tmp_path: Path, command: str) -> None:
    (tmp_path / "declared.json").write_text(dumps_schemas([ALL_TYPES, ORDER]))
    (tmp_path / "counts.json").write_text(json.dumps(EventProfile().to_dict()))
    result = run(*shlex.split(command))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout or (tmp_path / command.rsplit(maxsplit=1)[-1]).exists()


def test_the_guide_has_a_command_for_each_tool() -> None:
    assert len(COMMANDS) == 6
