"""``eventschema serve --rejected``: rejected requests are kept in a folder."""

import json
from pathlib import Path

import pytest

from eventschema.store.sql import SQLStore
from tests.cli.conftest import Run
from tests.cli.service import PAYLOAD, served


@pytest.mark.slow
def test_it_keeps_refused_requests_for_load(run: Run, tmp_path: Path) -> None:
    refused = [{**PAYLOAD, "properties": {"total": total}} for total in ("much", "more")]
    with served(tmp_path, "--rejected", "refused") as (client, _):
        assert client.post("/v4/track", json=PAYLOAD).status_code == 202
        assert client.post("/v4/track", json=refused[0]).status_code == 422
        batch = client.post("/v4/track/batch", json={"events": [PAYLOAD, refused[1]]})
        assert (batch.status_code, batch.json()["accepted"]) == (207, 1)
    [file] = (tmp_path / "refused").iterdir()
    assert ((tmp_path / "refused").stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)
    lines = [json.loads(line) for line in file.read_bytes().splitlines()]
    assert [json.loads(line["request"]) for line in lines] == refused
    assert [error["pointer"] for line in lines for error in line["errors"]] == ["/properties/total"] * 2
    result = run("load", "--rejected", "refused", "--errors", "again")
    assert result.stdout.startswith("0 accepted, 2 rejected\n")
    (tmp_path / "again").write_bytes((tmp_path / "again").read_bytes().replace(b"much", b"1").replace(b'\\"1\\"', b"1"))
    for _ in range(2):
        assert run("load", "--rejected", "again").stdout.startswith("1 accepted, 1 rejected\n")
    store = SQLStore(f"sqlite:///{tmp_path / 'events.db'}")
    assert len(list(store.events())) == 3
    store.close()


@pytest.mark.slow
def test_it_counts_what_it_does_not_keep(tmp_path: Path) -> None:
    options = ("--rejected", "refused", "--rejected-max-bytes", "1", "--rejected-max-age", "0.5")
    with served(tmp_path, *options) as (client, lines):
        for _ in range(3):
            assert client.post("/v4/track", json=[]).status_code == 400
    assert list((tmp_path / "refused").iterdir()) == []
    assert [line.partition(" WARNING ")[2] for line in lines if "WARNING" in line] == [
        "Rejected requests are no longer kept, only counted: the files have the most bytes that they may have.\n",
        "Of the rejected requests, 0 were kept and 3 were not.\n",
    ]


def test_nothing_is_kept_by_default(run: Run) -> None:
    for name, value in (("--rejected-max-bytes", "5"), ("--rejected-max-age", "1")):
        result = run("serve", name, value)
        assert result.exit_code == 2
        assert f"{name} needs --rejected DIR." in result.stderr


def test_a_folder_that_cannot_be_made_ends_the_command(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    result = run("serve", "--rejected", "file/refused")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == "Error: --rejected: file/refused: Not a directory."
    result = run("serve", "--rejected", "file")
    assert result.exit_code == 2
    assert "Directory 'file' is a file." in result.stderr
