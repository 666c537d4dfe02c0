"""What validators say of the closed export is what ``check`` says, but for the differences that the remarks list."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventschema import EventSchema, PropertyType, Rules, TypeConflict, Violation
from eventschema.core.rules import DEFAULT_RULES
from eventschema.core.types import TEXT_FORMATS
from eventschema.export import to_json_schema
from eventschema.export.jsonschema import TYPES
from eventschema.testing import conflicting, conforming
from eventschema.testing import rules as any_rules
from eventschema.testing import schemas as any_schemas
from tests.support import load_cases

IsValid = Callable[[Any], bool]

#: Engines that the patterns are for: those of Rust without look-around and with it, and Python's.
ENGINES: dict[str, Callable[[dict[str, Any]], IsValid]] = {
    "regex": lambda schema: jsonschema_rs.validator_for(schema, pattern_options=jsonschema_rs.RegexOptions()).is_valid,
    "fancy-regex": lambda schema: jsonschema_rs.validator_for(schema).is_valid,
}
try:
    from jsonschema import Draft202012Validator
except ModuleNotFoundError:  # of the extra interop
    pass
else:
    ENGINES["re"] = lambda schema: Draft202012Validator(schema).is_valid

engines = pytest.mark.parametrize("engine", ENGINES)

#: Why ``check`` refuses an ASCII text that a validator accepts, by format.
LISTED_REASONS = {
    PropertyType.DATETIME: {"leap_second"},
    PropertyType.EMAIL: {"local_part_too_long", "special_use_domain", "domain"},
}


def validator(engine: str, *arguments: Any, **options: Any) -> IsValid:
    return ENGINES[engine](to_json_schema(*arguments, **options))


def is_listed(error: Violation, engine: str, event: dict[str, Any], rules: Rules) -> bool:
    """Whether a remark says that a validator accepts what ``check`` refuses with ``error``."""
    if error.code in {"invalid_text", "int_out_of_range"}:
        return True
    if not isinstance(error, TypeConflict):
        return False
    value = event[error.pointer.rpartition("/")[2]]
    if rules.types == "exact" and error.expected in {"int", "float", "string"}:
        return True
    if engine == "re" and isinstance(value, str) and value.endswith("\n"):
        return True
    if error.expected == "float":
        return isinstance(value, int)
    if error.expected == "email" and not value.isascii():
        return True
    return error.reason in LISTED_REASONS.get(error.expected, ())


def closed(rules: Rules) -> Rules:
    return replace(rules, new_properties="reject")


def test_the_table_is_total() -> None:
    assert set(TYPES) == set(PropertyType)


@engines
@pytest.mark.parametrize("type_", TEXT_FORMATS)
def test_texts_of_each_format(engine: str, type_: PropertyType) -> None:
    is_valid = validator(engine, EventSchema("e", {"a": type_}), closed=True)
    cases = load_cases("formats")[type_]
    refused = [row["text"] for row in cases["refuse"]]
    for text in (row["text"] for row in cases["accept"]):
        assert is_valid({"a": text}), text
    for text in refused:
        event = {"a": text}
        errors = EventSchema("e", {"a": type_}).merge(event).errors
        assert not is_valid(event) or all(is_listed(error, engine, event, DEFAULT_RULES) for error in errors), text


@engines
@given(data=st.data())
def test_a_validator_says_what_check_says(engine: str, data: st.DataObject) -> None:
    rules = data.draw(any_rules())
    schema = data.draw(any_schemas(rules))
    event = data.draw(
        conforming(schema, closed(rules)) | conflicting(schema, closed(rules)).map(lambda drawn: drawn[0])
    )
    errors = schema.merge(event, closed(rules)).errors
    is_valid = validator(engine, schema, closed=True, rules=rules)(event)
    assert is_valid or errors or any(event[name] is None for name in event if name not in schema.properties)
    if is_valid:
        assert all(is_listed(error, engine, event, rules) for error in errors)


@engines
@given(data=st.data())
def test_an_open_schema_accepts_new_properties(engine: str, data: st.DataObject) -> None:
    rules = replace(data.draw(any_rules()), new_properties="add")
    schema = data.draw(any_schemas(rules))
    event = data.draw(conforming(schema, rules))
    assert validator(engine, schema, rules=rules)(event)
