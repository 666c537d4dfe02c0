"""``eventschema load``: requests from files into a database, resumed after any end."""

import gzip
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from eventschema import ArrayTooLong, EventSchema, MalformedRequest, cli
from eventschema.store.sql import SQLStore
from eventschema.stream.rejected import RejectedRequest
from eventschema.track.violations import UnknownField
from eventschema.web import RejectedFolder
from tests.cli.conftest import Run
from tests.cli.loads import DB, SAMPLE, contents, locations, mixed, mode, rejected, request, totals


def test_requests_are_decided_and_saved(run: Run, tmp_path: Path) -> None:
    result = run("load", SAMPLE, "--db", DB, "--errors", "refused.ndjson")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("10 accepted, 6 rejected\n\nchanged details\nrejected for  ")
    row = (
        "contact_not_found                  2   line 8   Expected a contact that exists, found none, at /contact/id.\n"
    )
    assert row in result.stdout
    with closing(SQLStore(f"sqlite:///{tmp_path / 'events.db'}")) as store:
        assert len(list(store.events())) == 10
        assert {record.who for record in store.history("placed order")} == {"load"}
    assert mode(tmp_path / "refused.ndjson") == 0o600
    refused = rejected(tmp_path / "refused.ndjson")
    lines = Path(SAMPLE).read_bytes().splitlines()
    assert [each.line for each in refused] == [6, 8, 9, 10, 13, 15]
    assert [each.request for each in refused] == [lines[each.line - 1] for each in refused if each.line]
    assert {each.source for each in refused} == {SAMPLE}
    assert refused[0].schema_version == 1
    assert refused[0].errors[0]["code"] == "type_conflict"


def test_the_report_is_json_too(run: Run, tmp_path: Path) -> None:
    event_id = "00000000-0000-4000-8000-00000000000a"
    lines = [request(1, eventID=event_id), request(2, eventID=event_id), request(1, eventID=event_id), request("x")]
    (tmp_path / "a").write_bytes(b"".join(lines))
    result = run("load", "a", "--format", "json", "--strict")
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    [group] = document.pop("rejections")
    assert (group["event"], group["code"], group["property"], group["count"]) == ("order", "type_conflict", "total", 1)
    assert group["first"]["line"] == 4
    assert document == {
        "accepted": 3,
        "repeated": 2,
        "differing": 1,
        "rejected": 1,
        "files": [{"path": "a", "linesBefore": 0, "lines": 4}],
        "unlistedErrors": 0,
        "dropped": [],
        "unlistedDropped": 0,
    }


def test_repetitions_are_counted(run: Run, tmp_path: Path) -> None:
    event_id = "00000000-0000-4000-8000-00000000000a"
    (tmp_path / "a").write_bytes(request(1, eventID=event_id))
    (tmp_path / "b").write_bytes(request(1, eventID=event_id) + request(2, eventID=event_id))
    assert run("load", "a").stdout == "1 accepted, 0 rejected\n"
    assert run("load", "b").stdout == (
        "2 accepted, 0 rejected\n"
        "repetitions of events that were saved before: 2; 1 of them with other content, which is lost\n"
    )
    assert totals() == ["1"]


def test_a_file_that_was_loaded_is_passed_over(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(request(1) + b"\n" + request(2))
    assert run("load", "a").stdout == "2 accepted, 0 rejected\n"
    again = run("load", "a")
    assert (again.exit_code, again.stdout) == (0, "0 accepted, 0 rejected\n")
    assert again.stderr == "a: its first 3 lines were loaded before, nothing is new.\n"
    path.write_bytes(path.read_bytes() + request(3))
    grown = run("load", "a")
    assert grown.stdout == "1 accepted, 0 rejected\n"
    assert grown.stderr == "a: its first 3 lines were loaded before, then 1 new line.\n"
    assert totals() == ["1", "2", "3"]


def test_figures_of_earlier_lines_are_easy_to_read(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(request(1))
    run("load", "a")
    path.write_bytes(request(1) + b"\n" * 1000)
    assert run("load", "a").stderr == "a: its first line was loaded before, then 1,000 new lines.\n"
    assert run("load", "a").stderr == "a: its first 1,001 lines were loaded before, nothing is new.\n"


def test_another_beginning_is_an_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(request(1) + request(2))
    (tmp_path / "b").write_bytes(request(5))
    run("load", "a")
    (tmp_path / "a").write_bytes(request(1) + request(3) + request(4))
    result = run("load", "a", "b")
    assert (result.exit_code, result.stdout) == (2, "1 accepted, 0 rejected\n")  # those of the other file
    assert result.stderr == (
        f"Error: a: its first 2 lines ({2 * len(request(1))} bytes) are not those that were read before. "
        "If it is another file, name it with --source.\n"
    )
    assert totals() == ["1", "2", "5"]
    assert run("load", "a", "--source", "a of Tuesday").stdout == "3 accepted, 0 rejected\n"
    assert run("load", "a", "--source", "a of Tuesday").stdout == "0 accepted, 0 rejected\n"


def test_packed_files_and_standard_input_are_loaded(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(gzip.compress(request(1) + request(2)))
    assert run("load", "a").stdout == "2 accepted, 0 rejected\n"
    (tmp_path / "a").write_bytes(request(1) + request(2) + request(3))
    assert run("load", "a").stdout == "1 accepted, 0 rejected\n"  # positions are those of the text
    assert run("load", "-", "--source", "pipe", given=request(4)).stdout == "1 accepted, 0 rejected\n"
    assert run("load", "-", "--source", "pipe", given=request(4)).stdout == "0 accepted, 0 rejected\n"
    assert totals() == ["1", "2", "3", "4"]


def test_a_damaged_file_is_loaded_as_far_as_it_goes(run: Run, tmp_path: Path) -> None:
    whole = b"".join(request(number) for number in range(200))
    (tmp_path / "a").write_bytes(gzip.compress(whole)[:-10])
    (tmp_path / "b").write_bytes(request(5000))
    result = run("load", "a", "b")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: a: the gzip data ends before its end mark, after line ")
    (tmp_path / "a").write_bytes(gzip.compress(whole))
    assert run("load", "a").exit_code == 0
    assert totals() == sorted(map(str, [*range(200), 5000]))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-"], "- needs --source NAME, the name under which its progress is saved."),
        (["."], ". is a directory, which only --rejected takes."),
        (["a", "a", "--source", "x"], "--source names the progress of one FILE, and --rejected saves none."),
        (["a", "--source", "x", "--rejected"], "--source names the progress of one FILE, and --rejected saves none."),
        (["a", "--source", "x\ny"], "--source: expected a name without control characters, found another text."),
        (["a", "--errors", "a"], "a would be overwritten while it is in use."),
        (["a", "--batch-size", "0"], "expected a whole number from 1 to 10000 in digits, found 0."),
        (["a", "--db", "mysql://x"], "--db: expected a database URL of sqlite or postgresql, found one of mysql"),
        (["none"], "Path 'none' does not exist."),
    ],
)
def test_wrong_usage(run: Run, tmp_path: Path, arguments: list[str], message: str) -> None:
    (tmp_path / "a").write_bytes(request(1))
    result = run("load", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.parametrize(("more", "refused"), [(-1, [None]), (0, []), (1, [])])
def test_a_line_may_have_a_number_of_bytes(run: Run, tmp_path: Path, more: int, refused: list[None]) -> None:
    (tmp_path / "a").write_bytes(request(1))
    limit = len(request(1).rstrip()) + more
    assert run("load", "a", "--max-line-bytes", str(limit), "--errors", "refused").exit_code == 0
    assert [each.request for each in rejected(tmp_path / "refused")] == refused
    again = run("load", "--rejected", "refused", "--errors", "again")
    assert again.stdout.startswith(f"0 accepted, {len(refused)} rejected\n")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "refused").read_bytes() or refused


@pytest.mark.parametrize("size", [3, *(pytest.param(size, marks=pytest.mark.slow) for size in (1, 4, 5))])
def test_a_batch_may_have_a_number_of_requests(run: Run, tmp_path: Path, size: int) -> None:
    (tmp_path / "a").write_bytes(mixed(4))
    run("load", "a", "--batch-size", str(size), "--errors", "refused")
    run("load", "a", "--source", "at once", "--db", "sqlite:///other.db", "--errors", "refused at once")
    assert contents(DB) == contents("sqlite:///other.db")
    assert locations(tmp_path / "refused") == locations(tmp_path / "refused at once")


@pytest.mark.slow
def test_a_database_that_does_not_answer_ends_the_load(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(mixed(10))
    SQLStore(DB).close()
    with closing(sqlite3.connect("events.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        result = run("load", "a", "--db-timeout", "0.2", "--errors", "refused")
        assert result.exit_code == 2
        other.execute("ROLLBACK")
    assert result.stderr.startswith("Error: --db: ")
    assert result.stderr.endswith(". Give the same command again to go on.\n")
    assert run("load", "a", "--errors", "refused").exit_code == 0


# Rejected requests that are decided again.


def test_refused_requests_are_decided_again(run: Run, tmp_path: Path) -> None:
    known = {"eventID": "00000000-0000-4000-8000-00000000000a"}
    lines = [request("many"), request("more", **known), b"[]\n", b'{"a": 1, "a": 2}\n', b"\xff\n"]
    (tmp_path / "a").write_bytes(request(1, "other") + b"".join(lines))
    with closing(SQLStore(DB)) as store:
        store.declare(EventSchema("order", {"total": "float"}))
    run("load", "a", "--errors", "refused")
    assert len(rejected(tmp_path / "refused")) == 5
    # What was wrong is mended: here the texts are replaced in the file.
    mended = (tmp_path / "refused").read_bytes().replace(b'\\"many\\"', b"2").replace(b'\\"more\\"', b"3.5")
    (tmp_path / "mended").write_bytes(mended)
    result = run("load", "--rejected", "mended", "--errors", "again")
    assert (result.exit_code, result.stdout[:23], result.stderr) == (0, "2 accepted, 3 rejected\n", "")
    assert totals() == ["1", "2.0", "3.5"]
    with closing(SQLStore(DB)) as store:
        ids = {event.properties["total"]: event.id for event in store.events()}
    first, *others = rejected(tmp_path / "refused")
    assert (ids[2.0], ids[3.5]) == (first.id, known["eventID"])
    assert mode(tmp_path / "again") == 0o600
    assert rejected(tmp_path / "again") == others[1:]
    # Once more: nothing is saved twice.
    result = run("load", "--rejected", "mended", "again")
    assert result.stdout.startswith(
        "2 accepted, 6 rejected\nrepetitions of events that were saved before: 2\n\nLines without an event\n"
    )
    assert totals() == ["1", "2.0", "3.5"]


def test_a_batch_with_too_many_requests_is_decided_each(run: Run, tmp_path: Path) -> None:
    requests = [json.loads(request(total)) for total in (1, 2, "x")]
    batch = RejectedRequest.of(
        json.dumps({"events": requests}).encode(), [ArrayTooLong("/events", 2, 3)], datetime.now(UTC)
    )
    (tmp_path / "refused").write_bytes(batch.to_line())
    result = run("load", "--rejected", "refused", "--errors", "again", "--batch-size", "2")
    assert result.stdout.startswith("2 accepted, 1 rejected\n\norder\n")
    assert totals() == ["1", "2"]
    (again,) = rejected(tmp_path / "again")
    assert json.loads(again.request or b"") == requests[2]
    result = run("load", "--rejected", "refused", "again")
    assert result.stdout.startswith("2 accepted, 2 rejected\nrepetitions of events that were saved before: 2\n")
    assert totals() == ["1", "2"]


def test_a_batch_with_a_further_field_is_decided_each(run: Run, tmp_path: Path) -> None:
    body = {"events": [json.loads(request(total)) for total in (1, "x")], "sentAt": "2026-11-26T10:00:00Z"}
    batch = RejectedRequest.of(json.dumps(body).encode(), [UnknownField("/sentAt", "sentAt")], datetime.now(UTC))
    (tmp_path / "refused").write_bytes(batch.to_line())
    result = run("load", "--rejected", "refused", "--errors", "again")
    assert result.stdout.startswith("1 accepted, 1 rejected\n\norder\n")
    (again,) = rejected(tmp_path / "again")
    assert json.loads(again.request or b"") == body["events"][1]


def test_what_was_refused_again_is_not_replaced(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(request(1) + request("x"))
    run("load", "a", "--errors", "refused")
    (tmp_path / "again").touch()
    assert run("load", "--rejected", "refused", "--errors", "again").exit_code == 0
    [kept] = rejected(tmp_path / "again")
    result = run("load", "--rejected", "refused", "--errors", "again")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "Error: --errors: again: --rejected needs a new file, and this one has content; "
        "move it away, or name another file.\n"
    )
    assert rejected(tmp_path / "again") == [kept]


def test_the_folder_of_a_service_is_decided_again(run: Run, tmp_path: Path) -> None:
    folder = RejectedFolder(tmp_path / "refused", max_bytes=20_000)
    error = MalformedRequest("", "x", "y")
    for number in range(30):
        folder.keep(request(number), [error], 3)
    folder.keep(2_000_000, [error])
    folder.keep(b"\xef\xbb\xbf" + request(30), [error])
    folder.close()
    assert len(list((tmp_path / "refused").iterdir())) > 1
    (tmp_path / "refused" / ".hidden").write_bytes(b"x")
    (tmp_path / "refused" / "folder").mkdir()
    result = run("load", "--rejected", "refused", "--errors", "again")
    assert result.stdout.startswith("31 accepted, 1 rejected\n")
    assert "Expected a request that was kept, found only its length, 2000000 bytes, at the root." in result.stdout
    assert totals() == sorted(map(str, range(31)))
    [long] = rejected(tmp_path / "again")
    assert (long.request, long.length) == (None, 2_000_000)


def test_refused_requests_are_not_loaded_as_requests(run: Run, tmp_path: Path) -> None:
    line = RejectedRequest.of(request(1), [], datetime(2026, 11, 26, tzinfo=UTC)).to_line()
    (tmp_path / "refused").write_bytes(b"\n" + line)
    result = run("load", "refused")
    assert result.exit_code == 2
    assert result.stderr == "Error: refused: its lines are rejected requests, which --rejected decides again.\n"
    assert run("load", "--rejected", "refused").stdout == "1 accepted, 0 rejected\n"
    assert totals() == ["1"]


def test_lines_that_are_no_refused_requests_are_kept(run: Run, tmp_path: Path) -> None:
    line = RejectedRequest.of(request(1), [], datetime(2026, 11, 26, tzinfo=UTC)).to_line()
    (tmp_path / "refused").write_bytes(request(1) + line[:50])
    result = run("load", "--rejected", "refused", "--errors", "again")
    assert result.stdout.startswith("0 accepted, 2 rejected\n")
    assert "Expected a line of a file of rejected requests, found another object (Expected the field" in result.stdout
    assert [each.request for each in rejected(tmp_path / "again")] == [request(1).rstrip(), line[:50]]


def test_the_commands_of_the_guide_run(run: Run, tmp_path: Path) -> None:
    (tmp_path / "requests.ndjson").write_bytes(Path(SAMPLE).read_bytes())
    guide = str(cli.__doc__).partition("\n## load\n")[2]
    commands = guide.partition("```sh\n")[2].partition("```")[0].splitlines()
    assert len(commands) == 2
    for command in commands:
        assert run(*command.split()[1:]).exit_code == 0
    assert len(rejected(tmp_path / "again.ndjson")) == 6
