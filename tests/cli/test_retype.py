"""``eventschema retype``."""

import json
from pathlib import Path
from typing import Any

import pytest

from eventschema.store import SchemaRegistry
from eventschema.store.sql import SQLStore
from tests.cli.conftest import Run

ID = "00000000-0000-4000-8000-00000000000"


@pytest.fixture
def db(tmp_path: Path) -> str:
    """A database in which magnitudes are ints by accident, and one of them beyond what a float holds."""
    url = f"sqlite:///{tmp_path / 'events.db'}"
    store = SQLStore(url)
    registry = SchemaRegistry(store)
    for number, (mag, more) in enumerate([(5, {}), (2**53 + 1, {"gap": 1}), (4, {})]):
        payload = {"eventName": "earthquake", "contact": {"email": "ann@example.com"}, "eventID": f"{ID}{number}"}
        assert registry.track({**payload, "properties": {"mag": mag, **more}}).ok
    store.close()
    return url


def history(url: str) -> list[Any]:
    store = SQLStore(url)
    try:
        return [(record.version, record.who, dict(record.retyped)) for record in store.history("earthquake")]
    finally:
        store.close()


TABLE = f"""\
property   from   to      kind    version   accepted   changed   refused
mag        int    float   lossy         1          1         1         0
mag        int    float   lossy         2          1         1         1
mag: float refuses 1 value, the first in the event {ID}1
"""


def test_the_first_events_are_named(run: Run, db: str) -> None:
    result = run("retype", "--db", db, "earthquake", "mag=date")
    assert f"mag: date refuses 3 values, the first in the events {ID}0, {ID}1, {ID}2\n" in result.stdout


def without_rule(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if set(line) - set("\u2500-\n"))


def test_a_plan_changes_nothing(run: Run, db: str) -> None:
    result = run("retype", "--db", db, "earthquake", "mag=float", "--dry-run")
    assert result.exit_code == 1
    assert without_rule(result.stdout) == f"{TABLE}earthquake: not retyped. --force retypes it anyway.\n"
    result = run("retype", "--db", db, "earthquake", "mag=float", "--dry-run", "--force")
    assert result.exit_code == 0
    assert result.stdout.endswith("earthquake: would be retyped, to version 3.\n")
    assert len(history(db)) == 3


def test_a_retype_that_loses_values_must_be_forced(run: Run, db: str) -> None:
    result = run("retype", "--db", db, "earthquake", "mag=float")
    assert result.exit_code == 1
    assert without_rule(result.stdout) == f"{TABLE}earthquake: not retyped. --force retypes it anyway.\n"
    assert len(history(db)) == 3
    result = run("retype", "--db", db, "earthquake", "mag=float", "--force", "--who", "Ann")
    assert result.exit_code == 0
    assert without_rule(result.stdout) == f"{TABLE}earthquake: retyped, now in version 3.\n"
    assert history(db)[3:] == [(3, "Ann", {"mag": ("int", "float")})]


def test_a_retype_as_json(run: Run, db: str) -> None:
    result = run("retype", "--db", db, "earthquake", "gap=float", "--format", "json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert (found["retyped"], found["losesValues"], found["version"]) == (True, False, 2)
    assert [(each["name"], each["accepted"], each["refused"]) for each in found["properties"]] == [("gap", 1, 0)]
    assert history(db)[3][1] is not None  # the user
    result = run("retype", "--db", db, "earthquake", "gap=float")
    assert (result.exit_code, result.stdout) == (
        0,
        "earthquake: nothing to change, the properties have these types.\n",
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["earthquake", "mag"], "Error: expected PROPERTY=TYPE, each property once, found mag."),
        (["earthquake", "mag=int", "mag=float"], "Error: expected PROPERTY=TYPE, each property once, found mag=float."),
        (["other", "mag=float"], "Error: expected the name of a schema in the store, found 'other'"),
        (["earthquake", "x=float"], "found one that the schema does not have, at /retyped/x."),
        (["earthquake", "mag=number"], "found 'number', at /retyped/mag."),
        (["earthquake", "mag=float", "--who", "a\nb"], "Error: expected who"),
    ],
)
def test_a_retype_that_cannot_be(run: Run, db: str, arguments: list[str], message: str) -> None:
    result = run("retype", "--db", db, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert len(history(db)) == 3


def test_a_database_that_is_not_there_is_not_made(run: Run, tmp_path: Path) -> None:
    result = run("retype", "--db", "sqlite:///none.db", "earthquake", "mag=float")
    assert (result.exit_code, result.stderr) == (2, "Error: --db: none.db: there is no such file.\n")
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_fails_ends_the_command(run: Run, db: str) -> None:
    store = SQLStore(db)
    with store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE eventschema_events RENAME COLUMN properties TO gone")
    store.close()
    result = run("retype", "--db", db, "earthquake", "mag=float")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: --db: the database refused a statement")


def test_a_user_without_a_name_is_not_named(run: Run, db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("no such user")

    monkeypatch.setattr("eventschema.cli.retype.getuser", nobody)
    assert run("retype", "--db", db, "earthquake", "gap=float").exit_code == 0
    assert history(db)[3][1] is None
