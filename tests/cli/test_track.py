import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from eventschema.core.schema import EventSchema
from eventschema.core.schemafile import dumps_schemas, loads_schemas
from eventschema.track.contact import Contact
from tests.cli.conftest import Run, Write

SAMPLE = str(Path(__file__).parents[2] / "benchmarks" / "data" / "track-requests.ndjson")
ANN = {"email": "ann@example.com"}


def request(contact: Any, properties: Any = None, name: str = "order") -> bytes:
    return json.dumps({"eventName": name, "contact": contact, "properties": properties}).encode()


def some_requests(write: Write) -> str:
    return write("requests", request(ANN, {"total": 1}), request(ANN, {"total": "x"}), b"[]", request({"id": "c9"}))


def written(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


REPORT = """\
11 accepted, 5 rejected
contacts: 3 created, 5 updated, 3 unchanged, 4 refused

changed details: 1 accepted, 2 rejected
property   type   set by   seen

rejected for        property   count   first     message of the first
contact_conflict                   1   line 9    {conflict}
contact_not_found                  1   line 10   Expected a contact that exists, found none, at /contact/id.

placed order: 3 accepted, 2 rejected
property    type     set by    seen   changed
total       float    line 4       3   int to float 2
items       int      line 4       3
deliverOn   date     line 4       3
coupon      string   line 16      1
Without a type: giftNote (null ignored 1)

rejected for                 property   count   first     message of the first
type_conflict                total          1   line 6    {total}
invalid_event_time                          1   line 15   {time}
missing_contact_identifier                  1   line 15   {missing}
unsupported_type             lines          1   line 15   {lines}

signed up: 2 accepted, 0 rejected
property   type   set by   seen
source     url    line 1      2
referred   bool   line 1      2

unsubscribed: 2 accepted, 0 rejected
property   type     set by    seen
reason     string   line 11      2

viewed product: 3 accepted, 1 rejected
property   type     set by    seen   changed
sku        string   line 3       3
price      float    line 3       3   rounded 1, int to float 1
in_stock   bool     line 14      1

rejected for           property   count   first     message of the first
invalid_phone_number                  1   line 13   {phone_number}
unknown_field                         1   line 13   {unknown}
""".format(
    conflict="Expected identifiers of one contact, found different contacts by email, phoneNumber, at /contact.",
    total="Expected float (set by version 1 of the schema), found string, at /properties/total.",
    time=(
        "Expected a dateTime in the extended format of ISO 8601, within the length limit of texts, "
        "found another value, at /eventTime."
    ),
    missing="Expected a contact with id, email or phoneNumber, found none of them, at /contact.",
    lines="Expected a value of a supported type, found array, at /properties/lines.",
    phone_number="Expected an E.164 phone number: + and 2 to 15 digits, the first not 0, found a value "
    "that is not text, at /contact/phoneNumber.",
    unknown="Expected only the fields of a request, found the field propertes, at /propertes.",
)


def without_rules(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if set(line) != {"\u2500", "\n"})


def test_the_report_counts_events_and_contacts(run: Run) -> None:
    result = run("track", SAMPLE)
    assert (result.exit_code, result.stderr) == (0, "")
    assert without_rules(result.stdout) == REPORT


def test_schemas_contacts_and_errors_are_written(run: Run, tmp_path: Path) -> None:
    options = ("-o", "schemas.json", "--contacts", "contacts.ndjson", "--errors", "errors.ndjson")
    assert run("track", SAMPLE, *options).exit_code == 0
    assert sorted(os.listdir(tmp_path)) == ["contacts.ndjson", "errors.ndjson", "schemas.json"]
    assert [Contact.from_dict(document) for document in written(tmp_path / "contacts.ndjson")] == [
        Contact("c1", "ann@example.com", "+12025550100", {"firstName": "Ann", "orders": 1}),
        Contact("c2", "bo@example.org", "+12025550101", {"firstName": "Bo", "orders": 2, "city": "Bergen"}),
        Contact("c3", "cy@example.net", None, {"tags": ("wholesale", "tea")}),
    ]
    schemas = loads_schemas((tmp_path / "schemas.json").read_bytes())
    assert {name: dict(schema.properties) for name, schema in schemas.items()} == {
        "changed details": {},
        "placed order": {"total": "float", "items": "int", "deliverOn": "date", "coupon": "string"},
        "signed up": {"source": "url", "referred": "bool"},
        "unsubscribed": {"reason": "string"},
        "viewed product": {"sku": "string", "price": "float", "in_stock": "bool"},
    }
    errors = written(tmp_path / "errors.ndjson")
    assert [(e["line"], e["event"], [v["pointer"] for v in e["errors"]]) for e in errors] == [
        (6, "placed order", ["/properties/total"]),
        (9, "changed details", ["/contact"]),
        (10, "changed details", ["/contact/id"]),
        (13, "viewed product", ["/contact/phoneNumber", "/propertes"]),
        (15, "placed order", ["/eventTime", "/contact", "/properties/lines"]),
    ]


def test_format_json_has_the_contacts(run: Run, write: Write) -> None:
    document = json.loads(run("track", some_requests(write), "--format", "json").stdout)
    assert (document["accepted"], document["rejected"]) == (1, 3)
    assert document["contacts"] == {"created": 1, "updated": 0, "unchanged": 0, "refused": 1}
    (event,) = document["events"]
    assert (event["name"], event["accepted"], event["rejected"], event["version"]) == ("order", 1, 2, 1)
    assert event["properties"] == [
        {"name": "total", "type": "int", "since": 1, "setBy": {"source": "requests", "line": 1}, "seen": 1}
    ]
    assert [(r["event"], r["code"], r["property"], r["pointer"], r["count"]) for r in document["rejections"]] == [
        ("order", "type_conflict", "total", "/properties/total", 1),
        (None, "malformed_request", None, "", 1),
        ("order", "contact_not_found", None, "/contact/id", 1),
    ]


def test_infer_and_check_do_not_report_contacts(run: Run, write: Write) -> None:
    path = some_requests(write)
    assert "contacts" not in json.loads(run("infer", path, "--format", "json").stdout)
    assert "contacts" not in run("infer", path).stdout


def test_strict_exits_with_1_only_after_a_rejection(run: Run, write: Write) -> None:
    assert run("track", some_requests(write)).exit_code == 0
    assert run("track", some_requests(write), "--strict").exit_code == 1
    assert run("track", write("fine", request(ANN)), "--strict").exit_code == 0


def test_it_starts_from_the_given_schemas(run: Run, write: Write, tmp_path: Path) -> None:
    (tmp_path / "schemas.json").write_text(dumps_schemas([EventSchema("order", {"total": "string"})]))
    path = write("requests", request(ANN, {"total": "x", "new": 1}))
    result = run("track", path, "--schema", "schemas.json", "-o", "schemas.json", "--strict")
    assert result.exit_code == 0
    assert "total      string   declaration      1" in result.stdout
    assert dict(loads_schemas((tmp_path / "schemas.json").read_bytes())["order"].properties) == {
        "total": "string",
        "new": "int",
    }


def test_several_files_are_one_stream_with_the_same_contacts(run: Run, write: Write, tmp_path: Path) -> None:
    first = write("a", request(ANN), request({"phoneNumber": "+12025550101"}))
    (tmp_path / "b").write_bytes(
        gzip.compress(request({"id": "c1", "city": "Oslo"}) + b"\n" + request({**ANN, "x y": 1}))
    )
    output = run("track", first, "b", "--contacts", "contacts").stdout
    assert "contacts: 2 created, 1 updated, 0 unchanged, 1 refused\n" in output
    assert [contact["id"] for contact in written(tmp_path / "contacts")] == ["c1", "c2"]
    assert run("track", "-", given=request(ANN)).stdout.startswith("1 accepted, 0 rejected\ncontacts: 1 created, ")


def test_other_files_are_read_after_a_truncated_one(run: Run, write: Write, tmp_path: Path) -> None:
    (tmp_path / "cut.gz").write_bytes(gzip.compress((request(ANN) + b"\n") * 3)[:-6])
    result = run("track", "cut.gz", write("whole", request({"id": "c1", "city": "Oslo"})), "--contacts", "contacts")
    cut = "Error: cut.gz: the gzip data ends before its end mark, after line 3."
    assert (result.exit_code, result.stderr) == (2, f"{cut} Not written, since it would be incomplete: contacts.\n")
    assert "contacts: 1 created, 1 updated, 2 unchanged, 0 refused\n" in result.stdout
    assert not (tmp_path / "contacts").exists()


@pytest.mark.parametrize(
    ("options", "codes"),
    [
        ([], []),
        (["--exact"], ["type_conflict"]),
        (["--nulls", "reject"], ["unsupported_type"]),
        (["--max-properties", "1"], ["too_many_properties"]),
        (["--max-event-name-length", "4"], ["invalid_event_name", "invalid_event_name"]),
        (["--max-line-bytes", "100"], ["malformed_request"]),
    ],
)
def test_rule_options_change_what_is_rejected(run: Run, write: Write, options: list[str], codes: list[str]) -> None:
    path = write("requests", request(ANN, {"a": 1}), request({**ANN, "city": "Oslo"}, {"a": 1.0, "b": None}))
    document = json.loads(run("track", path, "--format", "json", *options).stdout)
    assert [rejection["code"] for rejection in document["rejections"] for _ in range(rejection["count"])] == codes


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["none"],
        ["requests", "--schema", "none"],
        ["requests", "--schema", "requests"],
        ["requests", "--contacts", "requests"],
        ["requests", "--contacts", "same", "-o", "same"],
        ["requests", "--contacts", "same", "--errors", "./same"],
        ["requests", "--contacts", "."],
        ["requests", "--contacts", "none/contacts"],
        ["requests", "--contacts", "-"],
        ["requests", "--event-key", "event"],
        ["requests", "--event", "order"],
    ],
)
def test_wrong_usage_exits_with_2(run: Run, write: Write, tmp_path: Path, arguments: list[str]) -> None:
    path = tmp_path / some_requests(write)
    before = path.read_bytes()
    result = run("track", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Error: " in result.stderr
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["requests"]


def test_a_run_that_fails_writes_no_contacts(run: Run, write: Write, tmp_path: Path) -> None:
    (tmp_path / "contacts").write_text("as it was")
    assert run("track", some_requests(write), "--contacts", "contacts", "--errors", "none/errors").exit_code == 2
    assert (tmp_path / "contacts").read_text() == "as it was"
    assert sorted(os.listdir(tmp_path)) == ["contacts", "requests"]
