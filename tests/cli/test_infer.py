import gzip
import json
import os
import re
from pathlib import Path

import pytest

from eventschema.core.schema import EventSchema
from eventschema.core.schemafile import dumps_schemas, loads_schemas
from eventschema.stream.replay.stats import MAX_LISTED
from tests.cli.conftest import Run, Write


def some_events(write: Write) -> str:
    return write(
        "events.ndjson",
        ("order", {"total": 1, "note": None}),
        ("order", {"total": 1.5, "note": "x"}),
        b"no json",
        ("order", {"total": 2, "placed": "2026-11-23"}),
        ("cart", {"tags": []}),
        ("order", {"total": 2.5}),
    )


REPORT = """\
2 accepted, 4 rejected

cart: 0 accepted, 1 rejected
  It has no schema.

rejected for       property   count   first    message of the first
unsupported_type   tags           1   line 5   Expected a value of a supported type, found array, at /properties/tags.

order: 2 accepted, 2 rejected
property   type   set by   seen
total      int    line 1      2
placed     date   line 4      1
Without a type: note (null ignored 1)

rejected for    property   count   first    message of the first
type_conflict   total          2   line 2   {conflict}

Lines without an event
rejected for        property   count   first    message of the first
malformed_request                  1   line 3   {malformed}
""".format(
    conflict="Expected int (set by version 1 of the schema), found float that it does not take, at /properties/total.",
    malformed="Expected a JSON object, found text that is not JSON, from character 1 on, at the root.",
)


def without_rules(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if set(line) != {"\u2500", "\n"})


def test_the_report_lists_properties_and_rejections(run: Run, write: Write) -> None:
    result = run("infer", some_events(write))
    assert (result.exit_code, result.stderr) == (0, "")
    assert without_rules(result.stdout) == REPORT


def test_values_that_rounding_makes_0_are_reported(run: Run, write: Write) -> None:
    path = write("events", *(("order", {"btc": value}) for value in (0.00000012, 0.0000004, 0.5, 1)))
    result = run("infer", path)
    assert "btc        float   line 1      4   rounded 2 (2 to 0), int to float 1\n" in result.stdout
    assert "\nRounding made 2 values 0. A greater --float-digits keeps them.\n" in result.stdout
    document = json.loads(run("infer", path, "--format", "json").stdout)
    assert document["events"][0]["adjustments"] == [
        {"property": "btc", "kind": "rounded", "count": 2, "zeroed": 2},
        {"property": "btc", "kind": "int_to_float", "count": 1},
    ]
    assert "Rounding" not in run("infer", path, "--float-digits", "8").stdout


def test_changes_are_in_the_order_of_schema_and_kinds(run: Run, write: Write) -> None:
    order = [{"b": 0.5, "a": 0.5}, {"z": None, "a": 1}, {"y": None, "b": None}, {"b": 1, "a": 1e-9}]
    path = write("events", *(("order", properties) for properties in order))
    document = json.loads(run("infer", path, "--format", "json").stdout)
    assert [(change["property"], change["kind"]) for change in document["events"][0]["adjustments"]] == [
        ("b", "int_to_float"),
        ("b", "null_ignored"),
        ("a", "rounded"),
        ("a", "int_to_float"),
        ("z", "null_ignored"),
        ("y", "null_ignored"),
    ]


def test_changed_values_beyond_the_list_are_counted(run: Run, write: Write) -> None:
    path = write("events", *(("order", {f"p{number}": None}) for number in range(MAX_LISTED + 2)))
    result = run("infer", path)
    assert "\n2 more changed values are of properties that are not listed.\n" in result.stdout
    document = json.loads(run("infer", path, "--format", "json").stdout)
    assert (document["unlistedAdjustments"], len(document["events"][0]["adjustments"])) == (2, MAX_LISTED)


def test_format_json_has_events_and_rejections(run: Run, write: Write) -> None:
    result = run("infer", some_events(write), "--format", "json")
    document = json.loads(result.stdout)
    schema = EventSchema("order").merge({"total": 1}).schema.merge({"placed": "2026-11-23"}).schema
    assert (document["accepted"], document["rejected"]) == (2, 4)
    assert document["events"] == [
        {
            "name": "cart",
            "accepted": 0,
            "rejected": 1,
            "version": None,
            "fingerprint": None,
            "similar": None,
            "properties": [],
            "adjustments": [],
        },
        {
            "name": "order",
            "accepted": 2,
            "rejected": 2,
            "version": 2,
            "fingerprint": schema.fingerprint,
            "properties": [
                {
                    "name": name,
                    "type": type_,
                    "since": since,
                    "setBy": {"source": "events.ndjson", "line": line},
                    "seen": seen,
                }
                for name, type_, since, line, seen in (("total", "int", 1, 1, 2), ("placed", "date", 2, 4, 1))
            ],
            "adjustments": [{"property": "note", "kind": "null_ignored", "count": 1}],
        },
    ]
    assert [(r["event"], r["code"], r["property"], r["pointer"], r["count"]) for r in document["rejections"]] == [
        ("order", "type_conflict", "total", "/properties/total", 2),
        (None, "malformed_request", None, "", 1),
        ("cart", "unsupported_type", "tags", "/properties/tags", 1),
    ]
    assert document["rejections"][0]["first"] == {
        "source": "events.ndjson",
        "line": 2,
        "message": "Expected int (set by version 1 of the schema), found float that it does not take, "
        "at /properties/total.",
    }
    assert (document["unlistedErrors"], document["unlistedEvents"], document["unreadable"]) == (0, 0, [])


def test_strict_exits_with_1_only_after_a_rejection(run: Run, write: Write) -> None:
    assert run("infer", some_events(write), "--strict").exit_code == 1
    assert run("infer", write("fine", ("order", {"total": 1})), "--strict").exit_code == 0


def test_schemas_and_rejections_are_written_to_files(run: Run, write: Write, tmp_path: Path) -> None:
    assert run("infer", some_events(write), "-o", "schemas.json", "--errors", "errors.ndjson").exit_code == 0
    schemas = loads_schemas((tmp_path / "schemas.json").read_bytes())
    assert {name: dict(schema.properties) for name, schema in schemas.items()} == {
        "order": {"total": "int", "placed": "date"}
    }
    errors = [json.loads(line) for line in (tmp_path / "errors.ndjson").read_bytes().splitlines()]
    assert [(e["source"], e["line"], e["event"], [v["code"] for v in e["errors"]]) for e in errors] == [
        ("events.ndjson", 2, "order", ["type_conflict"]),
        ("events.ndjson", 3, None, ["malformed_request"]),
        ("events.ndjson", 5, "cart", ["unsupported_type"]),
        ("events.ndjson", 6, "order", ["type_conflict"]),
    ]
    assert errors[0]["errors"][0]["expected"] == "int"
    assert sorted(os.listdir(tmp_path)) == ["errors.ndjson", "events.ndjson", "schemas.json"]


def test_schemas_of_several_files_are_combined(run: Run, write: Write, tmp_path: Path) -> None:
    order = EventSchema("order", {"total": "float"})
    (tmp_path / "a.json").write_text(dumps_schemas([order, EventSchema("visit", {"at": "date"})]))
    (tmp_path / "b.json").write_text(dumps_schemas([EventSchema("cart"), order]))
    path = write("events.ndjson", ("order", {"total": 1}), ("cart", {}), ("visit", {}))
    result = run("infer", path, "--schema", "a.json", "--schema", "b.json", "-o", "out.json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert {
        name: dict(schema.properties) for name, schema in loads_schemas((tmp_path / "out.json").read_bytes()).items()
    } == {
        "cart": {},
        "order": {"total": "float"},
        "visit": {"at": "date"},
    }


@pytest.mark.parametrize("command", ["infer", "check", "track", "serve"])
@pytest.mark.parametrize(
    ("second", "difference"),
    [
        (
            EventSchema("order", {"total": "float"}),
            "total is int (declared) in the first, float (declared) in the second",
        ),
        (EventSchema("order"), "total is int (declared) in the first, absent in the second"),
        (EventSchema("order", {"total": "int", "a": "url"}), "a is absent in the first, url (declared) in the second"),
        (
            EventSchema("order").merge({"total": 1}).schema,
            "total is int (declared) in the first, int (since version 1) in the second",
        ),
    ],
)
def test_schema_files_that_differ_are_an_error(
    command: str, second: EventSchema, difference: str, run: Run, write: Write, tmp_path: Path
) -> None:
    (tmp_path / "a.json").write_text(dumps_schemas([EventSchema("order", {"total": "int"})]))
    (tmp_path / "b.json").write_text(dumps_schemas([second]))
    files = [] if command == "serve" else [write("events.ndjson", ("order", {"total": 1}))]
    result = run(command, *files, "--schema", "a.json", "--schema", "b.json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"Error: a.json and b.json have different schemas of the event order: {difference}.\n"
    assert not (tmp_path / "events.db").exists()


def test_it_starts_from_the_given_schemas(run: Run, write: Write, tmp_path: Path) -> None:
    earlier = EventSchema("order", {"total": "float"}).merge({"note": "x"}).schema
    (tmp_path / "schemas.json").write_text(dumps_schemas([earlier, EventSchema("unseen")]))
    result = run("infer", some_events(write), "--schema", "schemas.json", "-o", "schemas.json")
    assert result.exit_code == 0
    assert [line.split() for line in result.stdout.splitlines() if line.startswith(("total", "note", "placed"))] == [
        ["total", "float", "declaration", "4", "int", "to", "float", "2"],
        ["note", "string", "earlier", "version", "1", "1", "null", "ignored", "1"],
        ["placed", "date", "line", "4", "1"],
    ]
    assert "unseen: 0 accepted, 0 rejected" in result.stdout
    assert loads_schemas((tmp_path / "schemas.json").read_bytes())["order"].version == 2


def test_a_schema_saved_from_a_service_is_a_schema_file(run: Run, write: Write, tmp_path: Path) -> None:
    schema = EventSchema("order", {"total": "float"}).merge({"note": "x"}).schema
    (tmp_path / "order.json").write_text(json.dumps(schema.to_dict()))
    assert run("infer", some_events(write), "--schema", "order.json", "-o", "schemas.json").exit_code == 0
    assert loads_schemas((tmp_path / "schemas.json").read_bytes())["order"].since("note") == 1


def test_several_files_are_one_stream_with_their_names(run: Run, write: Write) -> None:
    first, second = write("a", ("order", {"total": 1})), write("b", ("order", {"total": "x"}), ("order", {"new": 1}))
    output = run("infer", first, second).stdout
    assert "total      int    a:1" in output
    assert "new        int    b:2" in output
    assert "b:1     Expected int" in output


def test_standard_input_may_be_plain_or_gzip(run: Run) -> None:
    line = b'{"eventName":"order","properties":{"total":1}}\n'
    for given in (line, gzip.compress(line)):
        assert run("infer", "-", given=given).stdout.startswith("1 accepted, 0 rejected\n")


def test_options_set_the_keys_of_the_events(run: Run, write: Write) -> None:
    segment = write("segment", b'{"event":"order","userId":1,"properties":{"total":1}}')
    assert "order: 1 accepted" in run("infer", segment, "--event-key", "event").stdout
    keys = write("keys", b'{"n":"order","p":{"total":1}}')
    assert "total " in run("infer", keys, "--event-key", "n", "--properties-key", "p").stdout
    bare = write("bare", b'{"total":1}')
    assert "order: 1 accepted" in run("infer", bare, "--event", "order").stdout


HINT = "No line has the key eventName: see --event-key and --event.\n"


NO_PROPERTIES = "No event has the key properties: see --properties-key and --event.\n"
NO_OBJECT = "Expected a JSON object, found array, at the root."
OTHER_FORMAT = " For files of another format, see --input."


@pytest.mark.parametrize("command", [["infer"], ["profile"], ["check", "--schema", "schemas.json"]])
@pytest.mark.parametrize(
    ("lines", "stderr"),
    [
        ([b'{"event":"order"}', b"[]"], HINT),
        ([b'{"event":"order"}', b'{"eventName":"order","properties":null}'], ""),
        ([b'{"eventName":"order"}', b'{"eventName":"cart"}', b"{}"], NO_PROPERTIES),
        ([b'{"eventName":"order"}', b'{"eventName":"order","properties":{}}'], ""),
        ([b'{"event":"order"}', b'{"eventName":1}'], ""),
        ([b"[]"], f"Error: No line is a JSON object. The first is events:1: {NO_OBJECT}{OTHER_FORMAT}\n"),
        ([], ""),
    ],
)
def test_a_key_that_no_line_has_is_a_hint(
    run: Run, write: Write, tmp_path: Path, command: list[str], lines: list[bytes], stderr: str
) -> None:
    (tmp_path / "schemas.json").write_text(dumps_schemas([EventSchema("order")]))
    assert run(*command, write("events", *lines)).stderr == stderr


@pytest.mark.parametrize("command", [["infer", "--input", "jsonl"], ["track"]])
def test_other_formats_are_named_where_they_help(run: Run, write: Write, command: list[str]) -> None:
    result = run(*command, write("events", b"5"))
    assert result.stderr.endswith("Expected a JSON object, found int, at the root.\n")


@pytest.mark.parametrize("command", ["infer", "profile"])
def test_the_hint_does_not_contradict_flat(run: Run, write: Write, command: str) -> None:
    result = run(command, write("events", b'{"event":"order"}'), "--flat", "--event-key", "type")
    assert result.stderr == "No line has the key type: see --event-key, or give --event in place of --flat.\n"


def test_the_hint_does_not_control_the_terminal(run: Run, write: Write) -> None:
    assert run("infer", write("events", b"{}"), "--event-key", "\x1b").stderr.startswith(r"No line has the key \x1b: ")


@pytest.mark.parametrize(
    ("options", "properties", "codes"),
    [
        ([], {"a": 1.0}, []),
        (["--exact"], {"a": 1.0}, ["type_conflict"]),
        ([], {"b": None}, []),
        (["--nulls", "reject"], {"b": None}, ["unsupported_type"]),
        (["--max-properties", "1"], {"b": 1, "c": 1}, ["too_many_properties"]),
        (["--max-name-length", "1"], {"bb": 1}, ["name_too_long"]),
        (["--max-string-length", "1"], {"b": "xx"}, ["string_too_long"]),
        (["--max-schema-properties", "1"], {"b": 1}, ["too_many_schema_properties"]),
        (["--max-event-name-length", "1"], {}, []),
        (["--max-line-bytes", "50"], {"b": "x" * 50}, ["malformed_request"]),
    ],
)
def test_rule_options_change_what_is_rejected(
    run: Run, write: Write, options: list[str], properties: dict[str, object], codes: list[str]
) -> None:
    path = write("events", ("n", {"a": 1}), ("n", properties))
    document = json.loads(run("infer", path, "--format", "json", *options).stdout)
    assert [rejection["code"] for rejection in document["rejections"]] == codes


@pytest.mark.parametrize(
    ("options", "types"),
    [
        ([], ["int", "date", "string", "float"]),
        (["--no-int"], ["float", "date", "string", "float"]),
        (["--detect", "int"], ["int", "string", "string", "float"]),
        (["--detect", "date", "--no-int"], ["float", "date", "string", "float"]),
        (["--url-scheme", "app", "--float-digits", "0"], ["int", "date", "url", "float"]),
        (["--hint", "a=float", "--hint", "?=string", "--invalid", "drop"], ["float", "string", "string"]),
    ],
)
def test_options_change_the_detected_types(run: Run, write: Write, options: list[str], types: list[str]) -> None:
    path = write("events", ("n", {"a": 1, "b": "2026-11-23", "c": "app://x", "d": 1.5}))
    document = json.loads(run("infer", path, "--format", "json", *options).stdout)
    assert [property_["type"] for property_ in document["events"][0]["properties"]] == types


def test_an_option_limits_the_length_of_event_names(run: Run, write: Write) -> None:
    path = write("events", ("nn", {}))
    assert run("infer", path, "--strict", "--max-event-name-length", "2").exit_code == 0
    assert run("infer", path, "--strict", "--max-event-name-length", "1").exit_code == 1


def test_other_files_are_read_after_a_truncated_one(run: Run, write: Write, tmp_path: Path) -> None:
    line = b'{"eventName":"order","properties":{"total":1}}\n'
    (tmp_path / "cut.gz").write_bytes(gzip.compress(line * 3)[:-6])
    result = run("infer", "cut.gz", write("whole", ("cart", {})), "-o", "schemas.json", "--format", "json")
    assert result.exit_code == 2
    reason = "cut.gz: the gzip data ends before its end mark, after line 3"
    assert result.stderr == f"Error: {reason}. Not written, since it would be incomplete: schemas.json.\n"
    document = json.loads(result.stdout)
    assert [(event["name"], event["accepted"]) for event in document["events"]] == [("cart", 1), ("order", 3)]
    assert document["unreadable"] == [reason]
    assert not (tmp_path / "schemas.json").exists()


def test_each_unreadable_file_is_an_error(run: Run, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"\x1f\x8b")
    reason = "the gzip data ends before its end mark"
    assert run("infer", "a", "b").stderr == f"Error: a: {reason}.\nError: b: {reason}.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["none"],
        ["."],
        ["events", "--schema", "none"],
        ["events", "--format", "xml"],
        ["events", "--max-properties", "-1"],
        ["events", "--detect", "string"],
        ["events", "--detect", "int", "--no-int"],
        ["events", "--url-scheme", "not a scheme"],
        ["events", "--event", ""],
        ["events", "--event", "order", "--event-key", "eventName"],
        ["events", "--event", "order", "--properties-key", "p"],
        ["events", "--event", "a\nb"],
        ["events", "-o", "events"],
        ["events", "-o", "./events"],
        ["events", "-o", "same", "--errors", "same"],
        ["events", "-o", "."],
        ["events", "-o", "none/schemas"],
        ["events", "-o", "-"],
        ["events", "--errors", "-"],
        ["events", "--unknown"],
    ],
)
def test_wrong_usage_exits_with_2(run: Run, write: Write, tmp_path: Path, arguments: list[str]) -> None:
    path = tmp_path / write("events", ("order", {}))
    before = path.read_bytes()
    result = run("infer", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Error: " in result.stderr
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["events"]


def test_a_dash_is_no_output_file(run: Run, write: Write) -> None:
    result = run("infer", write("events", ("order", {})), "-o", "-")
    message = "- is standard output, which has the report; write ./- for a file of that name."
    assert result.stderr.endswith(f"Error: Invalid value for '-o' / '--output': {message}\n")
    assert run("infer", "events", "-o", "./-").exit_code == 0
    assert loads_schemas(Path("-").read_bytes()).keys() == {"order"}


def test_the_error_names_an_output_that_cannot_be_made(run: Run, write: Write) -> None:
    result = run("infer", write("events", ("order", {})), "-o", "none/schemas")
    assert result.stderr == "Error: none/schemas: No such file or directory\n"


def test_an_invalid_schema_file_is_an_error(run: Run, write: Write) -> None:
    path = write("events", ("order", {}))
    result = run("infer", path, "--schema", path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("Error: events: Expected ")


def test_names_from_files_do_not_control_the_terminal(run: Run, write: Write) -> None:
    path = write(
        "events", ("[red]order\u009b2J\u202e:boom:", {"\x1b[31mred": 1}), ("[red]order\u009b2J\u202e:boom:", {})
    )
    output = run("infer", path).stdout
    assert "\x1b" not in output
    assert "\u009b" not in output
    assert r"[red]order\x9b2J\u202e:boom:: 1 accepted, 1 rejected" in output
    assert r"\x1b[31mred" in output


def test_names_that_look_the_same_are_quoted(run: Run, write: Write) -> None:
    output = run("infer", write("events", ("paid", {}), ("paid ", {"a ": 1}), ("Paid", {}), ("other", {}))).stdout
    for name in ('"paid"', '"paid "', "other"):
        assert re.search(f"^{name}: [01] accepted, [01] rejected$", output, re.MULTILINE)
    assert re.search('^invalid_name +"a " +1 ', output, re.MULTILINE)


def test_long_texts_are_not_cut(run: Run, write: Write) -> None:
    name, property_ = "e" * 255, "p" * 128
    output = run("infer", write("events", (name, {property_: 1}), (name, {property_: "x"}))).stdout
    assert f"{name}: 1 accepted, 1 rejected" in output
    assert f"{property_}   int " in output
    assert f"found string, at /properties/{property_}.\n" in output


@pytest.mark.slow
def test_errors_and_events_beyond_the_list_are_counted(run: Run, write: Write) -> None:
    path = write("events", *((f"event {number}", {"tags": []}) for number in range(MAX_LISTED + 2)))
    output = run("infer", path).stdout
    assert "2 more errors are not listed.\n" in output
    assert "2 more rejected events have names that are not listed.\n" in output


@pytest.mark.parametrize("command", [["infer"], ["profile"], ["track"], ["check", "--schema", "schemas.json"]])
@pytest.mark.parametrize("data", [b"Obj\x01", b"PAR1", b"[1]\n\n", b"{\n", b"\x1f\x8b\x08"])
def test_without_any_json_object_nothing_is_written(
    run: Run, write: Write, tmp_path: Path, command: list[str], data: bytes
) -> None:
    (tmp_path / "schemas.json").write_text(dumps_schemas([EventSchema("order")]))
    (tmp_path / "events").write_bytes(data)
    outputs = {"infer": ["-o", "--errors"], "profile": ["-o", "--html", "--save"], "track": ["-o", "--contacts"]}
    arguments = []
    for option in outputs.get(command[0], ["--errors"]):
        (tmp_path / f"out{option}").write_text("as it was")
        arguments += [option, f"out{option}"]
    result = run(*command, "events", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
    assert {path.read_text() for path in tmp_path.glob("out*")} == {"as it was"}
    assert len(list(tmp_path.iterdir())) == 2 + len(arguments) // 2


def test_a_file_of_another_format_does_not_stop_the_others(run: Run, write: Write, tmp_path: Path) -> None:
    (tmp_path / "events.zip").write_bytes(b"PK\x03\x04")
    result = run("infer", "events.zip", write("events", ("order", {"total": 1})), "-o", "out.json")
    assert result.exit_code == 2
    assert result.stdout.startswith("1 accepted, 0 rejected\n")
    assert result.stderr.startswith("Error: events.zip: it looks like a zip archive, not JSON Lines; unpack it: unzip")
    assert result.stderr.endswith(" Not written, since it would be incomplete: out.json.\n")
    assert not (tmp_path / "out.json").exists()


def test_a_line_with_a_repeated_key_is_a_rejection(run: Run) -> None:
    result = run("infer", "-", given=b'{"eventName":"a","eventName":"b"}\n')
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("0 accepted, 1 rejected\n")


def test_another_format_on_standard_input_is_an_error(run: Run) -> None:
    result = run("profile", "-", given=b'{\n"eventName":"order"}\n')
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "Error: -: it looks like JSON over several lines, not JSON Lines; "
        "put each object on one: jq -c . FILE | eventschema COMMAND -.\n"
    )


@pytest.mark.parametrize("command", [["infer"], ["profile"], ["check", "--schema", "schemas.json"]])
def test_lines_without_the_properties_key_are_counted(
    run: Run, write: Write, tmp_path: Path, command: list[str]
) -> None:
    (tmp_path / "schemas.json").write_text(dumps_schemas([EventSchema("a", {"x": "int"})]))
    mistyped = b'{"eventName":"a","propertes":{"x":1}}'
    path = write("events", ("a", {"x": 1}), mistyped, b'{"eventName":"a","properties":null}', b'{"event":"a"}')
    sentence = "1 event lacks the key of the properties (--properties-key, or --flat) and is read without properties."
    assert sentence in run(*command, path).stdout
    assert json.loads(run(*command, path, "--format", "json").stdout)["withoutProperties"] == 1
    more = write("events", ("a", {"x": 1}), mistyped, mistyped)
    assert "\n2 events lack the key of the properties" in run(*command, more).stdout
    assert "lack" not in run(*command, more, "--properties-key", "propertes").stdout.replace("1 event lacks", "")


def test_a_mistyped_properties_key_is_a_hint(run: Run, write: Write) -> None:
    path = write("events", ("a", {"x": 1}), ("b", {"y": 1}))
    for command in ("infer", "profile"):
        result = run(command, path, "--properties-key", "propertes")
        assert result.stderr == "No event has the key propertes: see --properties-key and --event.\n"
        assert run(command, path).stderr == ""
        assert "has the key" not in run(command, path, "--event", "a").stderr


@pytest.mark.parametrize("command", ["infer", "track"])
def test_a_type_that_rejects_most_events_is_a_hint(run: Run, tmp_path: Path, command: str) -> None:
    line = '{{"eventName":"a","contact":{{"email":"a@example.com"}},"properties":{{"x":{}}}}}\n'

    def stderr(*values: str) -> str:
        return run(command, "-", given="".join(map(line.format, values)).encode()).stderr

    hint = stderr("1", "1.5", "2.5")
    assert hint.startswith("Most events were rejected for a type that an earlier event set.")
    assert "profile" in hint
    assert "--no-int" in hint
    assert stderr("1", "1.5") == stderr("1.5", "1", "2") == stderr("1", "{}") == ""
    assert "rejected for a type" not in stderr("1", "{}", "{}")


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--event-key", "", ["expected a key of the lines", "Leave the option out for eventName", "--event NAME"]),
        ("--properties-key", "", ["expected a key of the lines", "Leave the option out for properties"]),
        ("--max-properties", "ten", ["expected a whole number of at least 0 in digits, found ten"]),
        ("--max-properties", "-1", ["expected a whole number of at least 0 in digits, found -1"]),
        ("--url-scheme", "https://", ["expected the scheme alone, such as --url-scheme https, found https://"]),
        ("--url-scheme", "app:", ["expected the scheme alone, such as --url-scheme app, found app:"]),
        ("--url-scheme", "1", ["expected the scheme alone, such as --url-scheme https, found 1"]),
        ("--url-scheme", "", ["expected the scheme alone, such as --url-scheme https, found nothing"]),
        ("--hint", "total", ["expected PATTERN=TYPE, such as 'utm_*=string'", "bool, int, float", "found total"]),
        ("--hint", "total=number", ["found total=number"]),
        ("--hint", "a b=int", ["found a b=int"]),
        ("--hint", "", ["found nothing"]),
    ],
)
def test_the_error_for_wrong_usage_says_what_to_do(
    run: Run, write: Write, option: str, value: str, words: list[str]
) -> None:
    result = run("infer", write("events"), option, value)
    assert result.exit_code == 2
    assert [word for word in words if word not in result.stderr] == []
