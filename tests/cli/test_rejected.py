"""``eventschema serve --rejected``: refused requests are kept in a folder."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.service import PAYLOAD, served


@pytest.mark.slow
def test_it_keeps_refused_requests(tmp_path: Path) -> None:
    refused = {**PAYLOAD, "properties": {"total": "much"}}
    with served(tmp_path, "--rejected", "refused") as (client, _):
        assert client.post("/v4/track", json=PAYLOAD).status_code == 202
        assert client.post("/v4/track", json=refused).status_code == 422
    [file] = (tmp_path / "refused").iterdir()
    assert ((tmp_path / "refused").stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)
    [line] = file.read_bytes().splitlines()
    assert json.loads(json.loads(line)["request"]) == refused


@pytest.mark.slow
def test_it_counts_what_it_does_not_keep(tmp_path: Path) -> None:
    options = ("--rejected", "refused", "--rejected-max-bytes", "1", "--rejected-max-age", "0.5")
    with served(tmp_path, *options) as (client, lines):
        for _ in range(3):
            assert client.post("/v4/track", json=[]).status_code == 400
    assert list((tmp_path / "refused").iterdir()) == []
    assert [line.partition(" WARNING ")[2] for line in lines if "WARNING" in line] == [
        "Refused requests are no longer kept, only counted: the files have the most bytes that they may have.\n",
        "Of the refused requests, 0 were kept and 3 were not.\n",
    ]


def test_nothing_is_kept_by_default(run: Run) -> None:
    for name, value in (("--rejected-max-bytes", "5"), ("--rejected-max-age", "1")):
        result = run("serve", name, value)
        assert result.exit_code == 2
        assert f"{name} needs --rejected DIR." in result.stderr


def test_a_folder_that_cannot_be_made_ends_the_command(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    result = run("serve", "--rejected", "file/refused")
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (2, "Error: file/refused: Not a directory")
    result = run("serve", "--rejected", "file")
    assert result.exit_code == 2
    assert "Directory 'file' is a file." in result.stderr
