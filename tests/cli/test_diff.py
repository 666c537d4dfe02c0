"""``eventschema diff``."""

import json
from pathlib import Path
from typing import Any

import pytest

from eventschema import EventSchema, dumps_schemas
from eventschema.store.sql import SQLStore
from eventschema.stream import EventProfile
from tests.cli.conftest import Run
from tests.cli.test_retype import without_rule

OLD = EventSchema("quake", {"mag": "int", "at": "date", "gone": "bool"})
NEW = EventSchema("quake", {"mag": "int", "at": "string", "more": "url"})


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, str]:
    """The new schemas as a file, in a database, and as the recommendation of a profile; the old ones as a file."""
    (tmp_path / "old").write_text(dumps_schemas([OLD, EventSchema("left")]))
    (tmp_path / "file").write_text(dumps_schemas([NEW, EventSchema("come")]))
    store = SQLStore(f"sqlite:///{tmp_path / 'events.db'}")
    for schema in (NEW, EventSchema("come")):
        store.declare(schema)
    store.close()
    profile = EventProfile()
    profile.add("quake", {"mag": 5, "at": "today", "more": "https://example.com"})
    profile.add("come", {})
    (tmp_path / "profile").write_text(json.dumps(profile.to_dict()))
    return {"file": "file", "store": f"sqlite:///{tmp_path / 'events.db'}", "profile": "profile"}


TABLE = """\
event   property   change     from   to       since   compatibility
come               added
left               removed
quake   at         lossless   date   string       0   backward
quake   more       added             url          0   backward
quake   gone       removed    bool                    backward
"""


@pytest.mark.parametrize("kind", ["file", "store", "profile"])
def test_sources_of_every_kind(run: Run, sources: dict[str, str], kind: str) -> None:
    result = run("diff", "old", sources[kind])
    assert (result.exit_code, result.stderr) == (0, "")
    assert without_rule(result.stdout) == f"{TABLE}Compatible (backward).\n"


@pytest.mark.parametrize(("require", "code"), [("backward", 0), ("forward", 1), ("full", 1)])
def test_what_is_required(run: Run, sources: dict[str, str], require: str, code: int) -> None:
    result = run("diff", "old", sources["file"], "--require", require)
    assert result.exit_code == code
    expected = f"Not {require} compatible: quake\n" if code else f"Compatible ({require}).\n"
    assert result.stdout.endswith(expected)
    assert run("diff", "old", sources["file"], "--require", require, "--event", "come").exit_code == 0


def test_the_other_way_round_as_json(run: Run, sources: dict[str, str]) -> None:
    result = run("diff", sources["store"], "old", "--format", "json")
    assert result.exit_code == 1
    document: dict[str, Any] = json.loads(result.stdout)
    [changed] = document.pop("changed")
    assert document == {
        "require": "backward",
        "compatible": False,
        "incompatible": ["quake"],
        "added": ["left"],
        "removed": ["come"],
    }
    assert changed["compatibility"] == "forward"
    assert [(each["name"], each["kind"]) for each in changed["changes"]] == [
        ("at", "lossy"),
        ("gone", "added"),
        ("more", "removed"),
    ]


def test_no_differences(run: Run, sources: dict[str, str]) -> None:
    result = run("diff", sources["file"], sources["store"])
    assert (result.exit_code, result.stdout) == (0, "No differences.\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "Error: bad: Expected JSON"),
        ("[]", "Error: bad: Expected an object"),
        ('{"events": {}}', "Error: bad: Expected the field"),
        ('{"schemas": 1}', "Error: bad: Expected an array of schemas"),
    ],
)
def test_a_source_that_is_none(run: Run, sources: dict[str, str], tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "bad").write_text(text)
    result = run("diff", "old", "bad")
    assert result.exit_code == 2
    assert result.stderr.startswith(message)


def test_a_database_that_is_not_there(run: Run, sources: dict[str, str], tmp_path: Path) -> None:
    result = run("diff", "old", "sqlite:///none.db")
    assert (result.exit_code, result.stderr) == (2, "Error: the database: none.db: there is no such file.\n")
    assert not (tmp_path / "none.db").exists()
