"""Where the rejected requests of a stream go."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from eventschema.core.violations import MalformedRequest
from eventschema.spark.deadletters import DeadLetterFolder, Part, dead_letters
from eventschema.stream.rejected import RejectedRequest
from tests.cli.loads import mode, rejected

PART = Part("a-query", 7, 1001)
NAME = "a-query-0000000007-0000001001.ndjson"


def refused(text: bytes) -> RejectedRequest:
    return RejectedRequest.of(text, [MalformedRequest("", "a JSON object", "an array")], datetime.now(UTC))


def test_a_part_has_a_file_that_can_be_decided_again(tmp_path: Path) -> None:
    folder = tmp_path / "refused"
    target = dead_letters(folder)
    target.write(PART, [refused(b"[]"), refused(b"[1]")])
    [file] = folder.iterdir()
    assert (file.name, mode(file), mode(folder)) == (NAME, 0o600, 0o700)
    assert [each.request for each in rejected(file)] == [b"[]", b"[1]"]


def test_a_part_written_again_replaces_what_was_there(tmp_path: Path) -> None:
    target = DeadLetterFolder(str(tmp_path))
    target.write(PART, [refused(b"[]"), refused(b"[1]")])
    target.write(PART._replace(row=1), [refused(b"[2]")])
    target.write(PART, [refused(b"[3]")])
    assert [each.request for each in rejected(tmp_path / NAME)] == [b"[3]"]
    target.write(PART, [])
    target.write(PART, [])
    assert [path.name for path in tmp_path.iterdir()] == [NAME.replace("1001", "0001")]


def test_what_was_left_of_a_file_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / f".{NAME}").write_bytes(b"half a line" * 1000)
    DeadLetterFolder(str(tmp_path)).write(PART, [refused(b"[]")])
    [line] = (tmp_path / NAME).read_bytes().splitlines()
    assert json.loads(line)["request"] == "[]"


def test_a_function_is_called_with_those_that_are_refused() -> None:
    given: list[Any] = []
    target = dead_letters(given.append)
    requests = [refused(b"[]")]
    target.write(PART, requests)
    target.write(PART, [])
    assert given == [requests]


def test_nowhere_and_nothing_else() -> None:
    dead_letters(None).write(PART, [refused(b"[]")])
    with pytest.raises(TypeError, match=r"^expected a folder for rejected requests, .* found int$"):
        dead_letters(1)  # type: ignore[arg-type]
