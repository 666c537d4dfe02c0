import json
import re

import pytest

from eventschema.core.explain import explain
from tests.cli.conftest import Run


def test_each_text_is_a_line_with_its_type(run: Run) -> None:
    result = run("classify", "2026-11-23", "10", "a@b.co", "", "[red]x\x1b")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "date    2026-11-23",
        "string  10",
        "email   a@b.co",
        "string",
        r"string  [red]x\x1b",
    ]


def test_explain_says_why_not_the_other_types(run: Run) -> None:
    lines = run("classify", "--explain", "2026-11-23", "2023-02-29").stdout.splitlines()
    assert lines[0] == "date            2026-11-23"
    assert lines[1] == "  not bool      Expected true or false, found text."
    narrower = "It is text, and of a format, which is the narrower type."
    assert lines[4] == f"  not string    {narrower} A property of this type accepts it."
    assert lines[8] == "string          2023-02-29"
    assert "  not date      Expected a day of that month, found '29', at character 9 (day)." in lines
    assert len(lines) == 16


def test_json_values_are_classified(run: Run) -> None:
    result = run("classify", "--json", "10", "10.0", "true", '"10"', "null", "[1]", "1e400", r'"\ud800"')
    assert [line.split()[0] for line in result.stdout.splitlines() if not line.startswith(" ")] == [
        "int", "float", "bool", "string", "error", "error", "error", "error",
    ]  # fmt: skip
    assert "Expected a value of a supported type, found null, at the root." in result.stdout


def test_format_json_has_type_and_error(run: Run) -> None:
    date, null = json.loads(run("classify", "--json", "--format", "json", '"2026-11-23"', "null").stdout)
    assert date == {"text": '"2026-11-23"', "type": "date", "error": None}
    assert (null["type"], null["error"]["code"], null["error"]["actual"]) == (None, "unsupported_type", "null")


def test_format_json_has_the_explanations(run: Run) -> None:
    (document,) = json.loads(run("classify", "--explain", "--format", "json", "2026-11-23").stdout)
    explanation = explain("2026-11-23")
    assert document["whyNot"] == {str(type_): sentence for type_, sentence in explanation.why_not.items()}
    assert document["takes"] == ["string"]


def test_rule_options_change_the_type(run: Run) -> None:
    assert run("classify", "--json", "--no-int", "10").stdout == "float  10\n"
    assert run("classify", "--url-scheme", "app", "app://x").stdout == "url  app://x\n"
    assert run("classify", "--max-string-length", "2", "abc").stdout.startswith("error  abc\n")


def test_a_repeated_key_in_a_json_value_is_an_error(run: Run) -> None:
    result = run("classify", "--json", '{"a":1,"a":1}')
    assert result.exit_code == 2
    assert "expected a JSON value, found an object with the key a twice." in result.stderr


def test_a_text_after_two_dashes_may_start_with_a_dash(run: Run) -> None:
    assert run("classify", "--json", "--", "-5").stdout == "int  -5\n"


def test_rules_without_effect_on_a_value_are_no_options(run: Run) -> None:
    listed = re.findall("--([a-z-]+)", run("classify", "--help").stdout.partition("Example:")[0])
    rules = ["detect", "no-int", "url-scheme", "max-string-length"]
    assert listed == ["explain", "format", "json", *rules, "help"]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--json", "ten"],
        ["--json", ""],
        ["--json", "\udcff"],
        ["--nulls", "ignore", "text"],
        ["--detect", "x", "text"],
    ],
)
def test_wrong_usage_exits_with_2(run: Run, arguments: list[str]) -> None:
    result = run("classify", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")


def test_invalid_json_is_an_error_that_says_where(run: Run) -> None:
    assert (
        "Error: [1: expected a JSON value, found text that is not JSON, from character 3 on.\n"
        in run("classify", "--json", "[1").stderr
    )


@pytest.mark.parametrize("text", ["-5", "-5.25", "-1e3"])
def test_the_error_for_a_negative_number_says_how_to_write_it(run: Run, text: str) -> None:
    result = run("classify", text)
    assert result.exit_code == 2
    assert f"{text} is read as an option: put -- before it, app classify -- {text}" in result.stderr
    assert "No such option" in run("classify", "-x").stderr
