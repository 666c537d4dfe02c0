"""``eventschema diff``."""

import json
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from eventschema import EventSchema, dumps_schemas
from eventschema.store import SchemaRegistry
from eventschema.store.sql import SQLStore
from eventschema.stream import EventProfile
from tests.cli.conftest import Run
from tests.cli.test_retype import without_rule
from tests.store.test_migrations import make_old

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


TODAY = datetime.now(UTC).date()
OFTEN, SELDOM = TODAY - timedelta(1), TODAY - timedelta(100)


@pytest.fixture
def sent(tmp_path: Path) -> str:
    """A database in which some properties were not sent for a hundred days, and others never."""
    url = f"sqlite:///{tmp_path / 'events.db'}"
    today = SELDOM
    store = SQLStore(url, clock=lambda: datetime.combine(today, time(12), UTC))
    store.declare(EventSchema("quake", {"never": "bool"}))
    registry = SchemaRegistry(store)
    events: list[tuple[date, str, dict[str, Any]]] = [
        (SELDOM, "quake", {"mag": 5, "gap": 1.5}),
        (SELDOM, "visit", {"page": "x"}),
        (OFTEN, "quake", {"mag": 6}),
    ]
    for today, name, properties in events:  # noqa: B007  # the clock shows today
        assert registry.track({"eventName": name, "contact": {"email": "a@example.com"}, "properties": properties}).ok
    store.close()
    return url


def test_what_nobody_sends(run: Run, sent: str) -> None:
    result = run("diff", sent, "--unsent-for", "90")
    assert (result.exit_code, result.stderr) == (0, "")
    assert without_rule(result.stdout) == (
        "event   property   type     last sent\n"
        "quake   never      bool     never\n"
        f"quake   gap        float    {SELDOM}\n"
        f"visit                       {SELDOM}\n"
        f"visit   page       string   {SELDOM}\n"
        f"Not sent since {TODAY - timedelta(90)}: 1 event, 3 properties.\n"
    )


@pytest.mark.parametrize(("days", "found"), [(99, True), (100, False)])
def test_the_day_counts(run: Run, sent: str, days: int, *, found: bool) -> None:
    result = run("diff", sent, "--event", "visit", "--unsent-for", str(days))
    expected = "1 event, 1 property" if found else "0 events, 0 properties"
    assert result.stdout.endswith(f"Not sent since {TODAY - timedelta(days)}: {expected}.\n")


@pytest.mark.parametrize("is_before", [True, False])
def test_what_nobody_sends_beside_differences(run: Run, sent: str, tmp_path: Path, *, is_before: bool) -> None:
    (tmp_path / "file").write_text(dumps_schemas([EventSchema("quake", {"mag": "string"})]))
    sources = (sent, "file") if is_before else ("file", sent)
    arguments = ("diff", *sources, "--event", "quake", "--require", "full", "--unsent-for", "30")
    result = run(*arguments)
    assert result.exit_code == 1
    assert "Not full compatible: quake\nevent " in result.stdout
    assert result.stdout.endswith("0 events, 2 properties.\n")
    document = json.loads(run(*arguments, "--format", "json").stdout)
    assert document["incompatible"] == ["quake"]
    assert document["unsentFor"] == {
        "since": str(TODAY - timedelta(30)),
        "knownSince": None,
        "unsent": [
            {"event": "quake", "property": "never", "type": "bool", "last": None, "certain": True},
            {"event": "quake", "property": "gap", "type": "float", "last": str(SELDOM), "certain": True},
        ],
    }


def test_what_is_not_known(run: Run, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'events.db'}"
    make_old(url, 0)
    result = run("diff", url, "--event", "sha256:0", "--unsent-for", "1")
    assert without_rule(result.stdout) == (
        "event      property   type   last sent\n"
        f"sha256:0                     not since {TODAY}\n"
        f"sha256:0   x          int    not since {TODAY}\n"
        f"Not sent since {TODAY - timedelta(1)}: 0 events, 0 properties.\n"
        f"Not known of 2 others: days are kept since {TODAY}.\n"
    )
    document = json.loads(run("diff", url, "--event", "visit", "--unsent-for", "1", "--format", "json").stdout)
    assert document == {
        "unsentFor": {
            "since": str(TODAY - timedelta(1)),
            "knownSince": str(TODAY),
            "unsent": [{"event": "visit", "property": None, "type": None, "last": None, "certain": False}],
        }
    }


def test_an_empty_database_has_nothing_unsent(run: Run, tmp_path: Path) -> None:
    SQLStore(f"sqlite:///{tmp_path / 'events.db'}").close()
    result = run("diff", "sqlite:///events.db", "--unsent-for", "36500")
    assert (result.exit_code, result.stdout.partition(": ")[2]) == (0, "0 events, 0 properties.\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["old"], "Missing argument 'B'. It can be left out only with --unsent-for."),
        (["old", "--unsent-for", "90"], "--unsent-for: expected a database as A or B, found none."),
        (["old", "file", "--unsent-for", "90"], "--unsent-for: expected a database as A or B, found none."),
        (["old", "file", "--unsent-for", "0"], "expected a whole number from 1 to 36500 in digits, found 0."),
        (["old", "file", "--unsent-for", "36501"], "expected a whole number from 1 to 36500 in digits, found 36501."),
    ],
)
def test_wrong_usage(run: Run, sources: dict[str, str], arguments: list[str], message: str) -> None:
    result = run("diff", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
