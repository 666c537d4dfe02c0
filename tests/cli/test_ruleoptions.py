"""Every field of ``Rules`` has options, or is listed as one without."""

from dataclasses import fields, replace

import click
import pytest

from eventschema.cli.app import app
from eventschema.cli.ruleoptions import (
    PROFILE_PARAMETERS,
    RULE_OPTIONS,
    SERVICE_RULES,
    WITHOUT_OPTION,
    rules_options,
    service_rules_options,
)
from eventschema.core.rules import DEFAULT_RULES, Rules
from tests.cli.conftest import Run

PARAMETERS = {parameter for field in RULE_OPTIONS.values() for parameter in field.options}
OF_EVENTS = PARAMETERS - {"event_ids", "unknown_fields"}


def test_every_field_of_rules_has_an_option_or_none_by_intent() -> None:
    names = {field.name for field in fields(Rules)}
    missing = names - RULE_OPTIONS.keys() - WITHOUT_OPTION
    assert not missing, f"fields of Rules neither in RULE_OPTIONS nor in WITHOUT_OPTION: {sorted(missing)}"
    unknown = (RULE_OPTIONS.keys() | WITHOUT_OPTION) - names
    assert not unknown, f"no fields of Rules: {sorted(unknown)}"
    assert not RULE_OPTIONS.keys() & WITHOUT_OPTION


@pytest.mark.parametrize("name", ["check", "classify", "infer", "profile", "serve", "track"])
def test_a_command_has_the_rule_options_it_depends_on(name: str) -> None:
    only = {
        "classify": {"detect", "no_int", "url_scheme", "max_string_length"},
        "profile": OF_EVENTS - {"max_schema_properties"},
        "check": OF_EVENTS,
        "infer": OF_EVENTS,
    }
    found = {parameter.name for parameter in app.commands[name].params}
    assert found & PARAMETERS == only.get(name, PARAMETERS)


def test_a_profile_lists_its_own_rule_options() -> None:
    assert set(PROFILE_PARAMETERS) == OF_EVENTS - {"max_schema_properties"}


def test_options_that_are_not_given_make_the_default_rules() -> None:
    command = click.command(rules_options(lambda rules: rules))
    assert command.main([], standalone_mode=False) == DEFAULT_RULES


def test_options_that_are_not_given_bound_a_service() -> None:
    command = click.command(service_rules_options(lambda rules: rules))
    assert command.main([], standalone_mode=False) == SERVICE_RULES
    given = command.main(["--max-schema-properties", "5000"], standalone_mode=False)
    assert given == replace(DEFAULT_RULES, max_schema_properties=5000)
    assert replace(SERVICE_RULES, max_schema_properties=None) == DEFAULT_RULES


def test_the_help_names_each_rule_option_once(run: Run) -> None:
    text = run("track", "--help").stdout.partition("\nRules:\n")[2]
    for parameter in PARAMETERS:
        assert text.count(f"  --{parameter.replace('_', '-')} ") == 1
