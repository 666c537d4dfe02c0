"""Rejected requests are kept, and no answer depends on it."""

import json
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from eventschema import MalformedRequest, TrackRequest
from eventschema.store import MemoryStore
from eventschema.stream.rejected import RejectedRequest
from eventschema.web import RejectedFolder, create_app
from tests.web.server import serving

ANN = {"email": "ann@example.com"}
ERRORS = (MalformedRequest("", "a JSON object", "array"),)
JSON = {"Content-Type": "application/json"}


def payload(**changes: Any) -> dict[str, Any]:
    return {"eventName": "order", "contact": ANN, "properties": {"total": 1.5}, **changes}


@contextmanager
def served(folder: RejectedFolder, **options: Any) -> Iterator[httpx.Client]:
    with (
        closing(folder),
        serving(create_app(MemoryStore(), rejected=folder, **options)) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client,
    ):
        yield client


def lines(path: Path) -> list[dict[str, Any]]:
    files = sorted(path.iterdir())
    return [json.loads(line) for file in files for line in file.read_bytes().splitlines()]


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "eventschema.rejected"]


def test_what_is_refused_for_its_content_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "rejected"
    refused = payload(properties={"total": "much"})
    with served(RejectedFolder(path), max_body=10_000) as client:
        assert client.post("/v4/track", json=payload()).status_code == 202
        answer = client.post("/v4/track", json=refused)
        assert answer.status_code == 422
        assert client.post("/v4/track", content=b"\xef\xbb\xbf[1]", headers=JSON).status_code == 400
        assert client.post("/v4/track", content=b'{"\xff": 1}', headers=JSON).status_code == 400
        assert client.post("/v4/track", content=b" " * 10_001, headers=JSON).status_code == 413
        assert client.post("/v4/track", content=b"{}").status_code == 415
        assert client.get("/v4/schemas/none").status_code == 404
    kept = [RejectedRequest.from_dict(line) for line in lines(path)]
    assert [each.request for each in kept] == [
        json.dumps(refused, separators=(",", ":")).encode(),
        b"\xef\xbb\xbf[1]",
        b'{"\xff": 1}',
        None,
    ]
    assert [each.schema_version for each in kept] == [1, None, None, None]
    assert list(kept[0].errors) == answer.json()["errors"]
    assert [each.errors[0]["code"] for each in kept[1:]] == ["malformed_request"] * 3
    assert kept[3].length == 10_001
    assert kept[3].errors[0]["actual"] == "10001 bytes, 1 more than the limit of 10000"
    assert all(abs((datetime.now(UTC) - each.received_at).total_seconds()) < 60 for each in kept)
    assert (path.stat().st_mode & 0o777, [file.stat().st_mode & 0o777 for file in path.iterdir()]) == (0o700, [0o600])


def test_the_errors_and_the_log_show_no_values(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    secret = "ann@secret.example"
    body = payload(contact={"email": secret + " "}, properties={"total": [secret]}, eventID=secret, eventTime=secret)
    request = TrackRequest.parse(body)
    errors = request.decide(None, ()).errors
    assert len(errors) == 4
    with caplog.at_level(logging.DEBUG):
        for max_bytes in (1, 10_000):
            folder = RejectedFolder(tmp_path / "rejected", max_bytes=max_bytes)
            folder.keep(json.dumps(body).encode(), errors)
            folder.close()
    [line] = lines(tmp_path / "rejected")
    assert secret in line["request"]
    assert "secret" not in json.dumps(line["errors"])
    assert len(caplog.records) == 2
    assert "secret" not in caplog.text
    assert secret not in str(os.listdir(tmp_path / "rejected"))


@pytest.mark.slow
def test_full_files_change_no_answer(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = RejectedFolder(tmp_path / "rejected", max_bytes=1_000)
    with served(folder) as client:
        answers = [client.post("/v4/track", content=b"[]", headers=JSON).status_code for _ in range(10)]
    assert answers == [400] * 10
    assert 0 < folder.kept < 10
    assert folder.kept + folder.not_kept == 10
    assert len(lines(tmp_path / "rejected")) == folder.kept
    assert warnings(caplog) == [
        "Rejected requests are no longer kept, only counted: the files have the most bytes that they may have.",
        f"Of the rejected requests, {folder.kept} were kept and {folder.not_kept} were not.",
    ]


@pytest.mark.slow
def test_a_folder_that_cannot_be_written_changes_no_answer(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_bytes(b"")
    folder = RejectedFolder(tmp_path / "file" / "rejected")
    with served(folder) as client:
        for _ in range(3):
            assert client.post("/v4/track", content=b"[]", headers=JSON).status_code == 400
    assert (folder.kept, folder.not_kept) == (0, 3)
    assert warnings(caplog) == [
        "Rejected requests are no longer kept, only counted: Not a directory.",
        "Of the rejected requests, 0 were kept and 3 were not.",
    ]


def test_a_disk_that_hangs_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "rejected").mkdir()
    folder = RejectedFolder(tmp_path / "rejected", clock=lambda: datetime(2026, 11, 26, tzinfo=UTC))
    hung, go_on = threading.Event(), threading.Event()

    def hang(line: bytes) -> bool:
        hung.set()
        return go_on.wait(20) and bool(line)

    folder._files.write = hang  # type: ignore[method-assign]  # no disk here can be made to hang
    body = b"x" * 2**20
    for _ in range(40):
        folder.keep(body, ERRORS)
    assert hung.wait(20)
    assert 40 - 17 <= folder.not_kept <= 40 - 15  # 16 MiB wait, and one may be with the disk
    go_on.set()
    folder.close()
    assert folder.kept + folder.not_kept == 40


def test_a_closed_folder_counts(tmp_path: Path) -> None:
    folder = RejectedFolder(tmp_path / "rejected")
    folder.keep(b"[]", ERRORS)
    folder.close()
    folder.keep(b"[]", ERRORS)
    folder.close()
    assert (folder.kept, folder.not_kept, len(lines(tmp_path / "rejected"))) == (1, 1, 1)


def test_an_unexpected_error_ends_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = RejectedFolder(tmp_path / "rejected")
    folder.keep("no bytes", ERRORS)  # type: ignore[arg-type]  # a mistake of the caller
    folder.keep(b"[]", ERRORS)
    folder.close()
    assert (folder.kept, folder.not_kept) == (1, 1)
    assert "A rejected request could not be written." in caplog.text


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"max_bytes": 0}, ValueError, "expected max_bytes of at least 1, found 0"),
        ({"max_bytes": 1.5}, TypeError, "expected max_bytes as a number of bytes"),
        ({"max_age": 0}, ValueError, "expected max_age above 0"),
        ({"max_age": 1e12}, ValueError, "expected max_age above 0"),
        ({"clock": 5}, TypeError, "expected clock as a function"),
    ],
)
def test_wrong_arguments_are_errors(tmp_path: Path, options: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        RejectedFolder(tmp_path, **options)


def test_an_application_takes_a_folder_only(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="expected rejected as a RejectedFolder, found str"):
        create_app(MemoryStore(), rejected=str(tmp_path))  # type: ignore[arg-type]  # as from untyped code
