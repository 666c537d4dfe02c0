"""The help of the commands: options in groups, an example, and summaries that are whole."""

import shlex

import click
import pytest

from eventschema.cli.app import app
from eventschema.cli.grouping import READING, RULES, Command, option
from tests.cli.conftest import Run

COMMANDS = sorted(app.commands)


@click.command(
    cls=Command,
    example="eventschema try --first 1 a-file-of-a-name-that-is-as-long-as-a-line-of-a-terminal-may-ever-be",
)
@click.argument("file")
@option(RULES, "--first", help="The first.")
@option(READING, "--second", help="The second.")
@option(RULES, "--third", help="The third.")
@click.option("--fourth", help="The fourth.")
def tried() -> None:
    """Try what a sentence of more than the forty-five letters that click would leave of it comes to (1.5). And another.

    More.
    """


def test_options_are_listed_in_groups_with_rules_last(run: Run) -> None:
    with click.Context(tried, info_name="try", terminal_width=60) as context:
        lines = tried.get_help(context).splitlines()
    headings = [line for line in lines if line and not line.startswith((" ", "Usage"))]
    assert headings == ["Reading:", "Rules:", "Other options:", "Example:"]
    assert [line.split()[0] for line in lines if line.startswith("  --")] == [
        "--second",
        "--first",
        "--third",
        "--fourth",
        "--help",
    ]
    assert lines[-1] == f"  {tried.example}"


def test_a_summary_is_the_whole_first_sentence() -> None:
    summary = tried.get_short_help_str(10)
    assert (
        summary
        == "Try what a sentence of more than the forty-five letters that click would leave of it comes to (1.5)."
    )
    assert Command("none", example="").get_short_help_str() == ""


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_every_command_is_in_a_group(run: Run, name: str) -> None:
    other = run(name, "--help").stdout.partition("Other options:\n")[2].partition("\n\n")[0]
    assert other.split()[:2] == ["-h,", "--help"]
    assert len(other.splitlines()) == 1


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_can_parse_its_example(run: Run, name: str) -> None:
    command = app.commands[name]
    assert isinstance(command, Command)
    assert command.example in run(name, "--help").stdout
    program, subcommand, *arguments = shlex.split(command.example)
    assert (program, subcommand) == ("eventschema", name)
    command.make_parser(click.Context(command)).parse_args(arguments)


def test_no_summary_of_the_commands_is_cut(run: Run) -> None:
    stdout = run("--help").stdout
    assert "..." not in stdout.partition("Commands:")[2]


@pytest.mark.parametrize(("name", "without_effect"), [("profile", "--max-schema-properties"), ("classify", "--exact")])
def test_no_option_is_offered_that_has_no_effect(run: Run, name: str, without_effect: str) -> None:
    assert without_effect not in run(name, "--help").stdout
    assert run(name, f"{without_effect}=1", "1").exit_code == 2
