import json
from typing import Any

import pytest

from eventschema.stream.profile.drift import ChangeKind
from tests.cli.conftest import Run, Write


def two_days(run: Run, write: Write) -> str:
    run("profile", write("monday", *[("order", {"a": 1})] * 10), "--save", "saved.json")
    days: list[tuple[str, dict[str, Any]]] = [("order", {"a": 1 if number else None}) for number in range(10)]
    return write("tuesday", *days, ("cart", {}))


def test_changes_since_an_earlier_profile_are_listed(run: Run, write: Write) -> None:
    result = run("profile", two_days(run, write), "--before", "saved.json")
    assert result.exit_code == 0
    report = result.stdout.partition("Changes since the earlier profile\n")[2]
    assert report.split()[:6] == ["event", "property", "change", "rate", "drift", "what"]
    assert [line.split()[:5] for line in report.splitlines()[2:4]] == [
        ["cart", "new", "0.091", "yes", "A"],
        ["order", "a", "nulls", "0.100", "yes"],
    ]
    listed = json.loads(run("profile", "tuesday", "--before", "saved.json", "--format", "json").stdout)["changes"]
    assert [(one["event"], one["property"], one["kind"], one["passed"]) for one in listed] == [
        ("cart", None, "new", True),
        ("order", "a", "nulls", True),
    ]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ([], 1),
        (["--drift", "new=0.5"], 1),
        (["--drift", "new=0.5", "--drift", "nulls=0.11"], 0),
        (["--drift", "nulls=0.1", "--drift", "new=1"], 1),
    ],
)
def test_strict_exits_with_1_at_a_threshold(run: Run, write: Write, options: list[str], code: int) -> None:
    path = two_days(run, write)
    result = run("profile", path, "--before", "saved.json", "--strict", *options, "--save", "new.json")
    assert result.exit_code == code
    assert run("profile", "--load", "new.json", "--before", "saved.json", "--strict", *options).exit_code == code


def test_the_same_again_is_no_drift(run: Run, write: Write) -> None:
    two_days(run, write)
    result = run("profile", "monday", "--before", "saved.json", "--strict")
    assert (result.exit_code, "Changes since the earlier profile\n  None." in result.stdout) == (0, True)


@pytest.mark.parametrize("text", ["", "nulls", "nulls=", "odd=0.1", "nulls=2", "nulls=-1", "nulls=nan"])
def test_a_wrong_threshold_is_wrong_usage(run: Run, write: Write, text: str) -> None:
    result = run("profile", two_days(run, write), "--before", "saved.json", "--drift", text)
    assert result.exit_code == 2
    assert f"--drift: expected KIND=RATE with one of the kinds {', '.join(ChangeKind)}" in result.stderr


def test_options_of_drift_need_an_earlier_profile(run: Run, write: Write) -> None:
    path = two_days(run, write)
    assert "--strict needs --before." in run("profile", path, "--strict").stderr
    assert "--drift needs --before." in run("profile", path, "--drift", "new=1").stderr
    assert "would be overwritten" in run("profile", path, "--before", "saved.json", "--save", "saved.json").stderr
