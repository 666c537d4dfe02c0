"""The file of ``load --errors``: it goes on with the load, and keeps what is not its own."""

import fcntl
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from eventschema.cli.errorsfile import ErrorsFile
from eventschema.store.sql import SQLStore
from eventschema.stream.rejected import RejectedRequest
from tests.cli.conftest import Run
from tests.cli.loads import mode, rejected, request, totals
from tests.disks import largest_file


def test_refused_requests_are_added_to_a_file(run: Run, tmp_path: Path) -> None:
    for name, total in (("a", "x"), ("b", "y"), ("c", "z")):
        (tmp_path / name).write_bytes(request(1) + request(total))
    assert run("load", "a", "b", "--errors", "refused").exit_code == 0
    assert run("load", "c", "--errors", "refused").exit_code == 0
    found = [(each.source, each.line) for each in rejected(tmp_path / "refused")]
    assert found == [("a", 2), ("b", 2), ("c", 2)]


def test_a_file_that_was_taken_away_begins_anew(run: Run, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(request(1) + request("x"))
    run("load", "a", "--errors", "refused")
    (tmp_path / "refused").rename(tmp_path / "taken")
    run("load", "b", "--errors", "refused")
    assert [each.source for each in rejected(tmp_path / "refused")] == ["b"]


@pytest.mark.parametrize("length", [1, 10, 30, None])
def test_lines_beyond_what_was_saved_are_cut_off(run: Run, tmp_path: Path, length: int | None) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(request(1) + request("x"))
    run("load", "a", "--errors", "refused")
    before = (tmp_path / "refused").read_bytes()
    (tmp_path / "refused").write_bytes(before + refused(b"{}").to_line()[:length])
    run("load", "b", "--errors", "refused")
    assert (tmp_path / "refused").read_bytes().startswith(before)
    assert [each.source for each in rejected(tmp_path / "refused")] == ["a", "b"]


def test_other_content_after_what_was_saved_is_an_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(request(1))
    run("load", "a", "--errors", "refused")
    assert (tmp_path / "refused").read_bytes() == b""
    (tmp_path / "refused").write_bytes(b"a letter")
    result = run("load", "a", "--errors", "refused")
    assert result.exit_code == 2
    assert "refused: it has content that no load of files into this database has added; move it away" in result.stderr
    assert (tmp_path / "refused").read_bytes() == b"a letter"


@pytest.mark.parametrize("change", [lambda text: text[1:], lambda text: text.replace(b"x", b"y"), lambda text: b""])
def test_a_file_that_was_changed_is_an_error(run: Run, tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    (tmp_path / "a").write_bytes(request(1) + request("x"))
    run("load", "a", "--errors", "refused")
    changed = change((tmp_path / "refused").read_bytes())
    (tmp_path / "refused").write_bytes(changed)
    (tmp_path / "b").write_bytes(request(2))
    result = run("load", "b", "--errors", "refused")
    assert (result.exit_code, result.stderr) == (
        2,
        "Error: --errors: refused: what loads have written into it was changed; move it away, or name another file.\n",
    )
    assert (tmp_path / "refused").read_bytes() == changed
    assert totals() == ["1"]


def test_a_file_with_other_content_is_an_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(request(1))
    (tmp_path / "refused").write_bytes(b"a letter")
    result = run("load", "a", "--errors", "refused")
    assert result.exit_code == 2
    assert result.stderr == (
        "Error: --errors: refused: it has content that no load of files into this database has added; "
        "move it away, or name another file.\n"
    )
    assert (tmp_path / "refused").read_bytes() == b"a letter"
    assert totals() == []
    result = run("load", "a", "--errors", "/dev/null")
    assert "--errors: /dev/null: expected a regular file" in result.stderr


def test_an_empty_file_keeps_its_mode(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(request(1) + request("x"))
    (tmp_path / "refused").touch(0o640)
    run("load", "a", "--errors", "refused")
    assert mode(tmp_path / "refused") == 0o640
    assert len(rejected(tmp_path / "refused")) == 1


def test_one_load_at_a_time_writes_into_a_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(request(1))
    with open(tmp_path / "refused", "wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        result = run("load", "a", "--errors", "refused")
    assert (result.exit_code, result.stderr) == (2, "Error: --errors: refused: another load writes into it.\n")
    assert totals() == []


def refused(text: bytes) -> RejectedRequest:
    return RejectedRequest.of(text, [], datetime(2026, 11, 26, tzinfo=UTC), None, ("a", 1))


def test_a_batch_that_is_decided_again_is_written_anew(tmp_path: Path) -> None:
    first, second, third = map(refused, (b"first", b"second, which is longer", b"third"))
    with closing(SQLStore(f"sqlite:///{tmp_path / 'events.db'}")) as store:
        with ErrorsFile(str(tmp_path / "refused"), store) as errors:
            for batch in ([first], [second], [], [third]):
                changes = errors.write(batch)
                if batch != [second]:  # it is decided again, and then accepted
                    store.commit_many((), atomic=True, checkpoints=changes)
                    errors.saved()
        assert rejected(tmp_path / "refused") == [first, third]
        with ErrorsFile(str(tmp_path / "refused"), store) as errors:
            store.commit_many((), atomic=True, checkpoints=errors.write([second]))
        assert rejected(tmp_path / "refused") == [first, third, second]


def test_a_full_disk_ends_the_load_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "refused"
    lines = [refused(text) for text in (b"first", b"x" * 10_000, b"third")]
    with closing(SQLStore(f"sqlite:///{tmp_path / 'events.db'}")) as store:
        with ErrorsFile(str(path), store) as errors:
            store.commit_many((), atomic=True, checkpoints=errors.write(lines[:1]))
            errors.saved()
            with largest_file(5_000), pytest.raises(OSError, match="File too large") as caught:
                errors.write(lines[1:2])
            assert caught.value.filename == str(path)
        assert path.stat().st_size == 5_000
        with ErrorsFile(str(path), store) as errors:
            store.commit_many((), atomic=True, checkpoints=errors.write(lines[1:]))
    assert rejected(path) == lines
