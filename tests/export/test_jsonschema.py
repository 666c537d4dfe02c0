"""What validators say of the closed export is what ``check`` says, but for the differences that the remarks list."""

import ipaddress
import json
import re
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from eventschema import EventSchema, PropertyType, Rules, TypeConflict, Violation
from eventschema.core import grammar
from eventschema.core.rules import DEFAULT_RULES
from eventschema.core.types import TEXT_FORMATS
from eventschema.export import to_json_schema
from eventschema.export.jsonschema import TYPES, json_schema_remarks
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
#: For properties, where drawing the examples takes most of the time: the other engines are left to the slow tests.
one_engine_quickly = pytest.mark.parametrize(
    "engine", [pytest.param(name, marks=[pytest.mark.slow] if name != "regex" else []) for name in ENGINES]
)

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


def is_json(event: dict[str, Any]) -> bool:
    """Whether a JSON document in UTF-8 can hold the event: it has no NaN, infinities or lone surrogates."""
    try:
        json.dumps(event, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        return False
    return True


def closed(rules: Rules) -> Rules:
    """The rules of a check that says of an event what a validator says: without the listed ``invalid="drop"``."""
    return replace(rules, new_properties="reject", invalid="reject")


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


@one_engine_quickly
@given(data=st.data())
def test_a_validator_says_what_check_says(engine: str, data: st.DataObject) -> None:
    rules = data.draw(any_rules())
    schema = data.draw(any_schemas(rules))
    event = data.draw(
        conforming(schema, closed(rules)) | conflicting(schema, closed(rules)).map(lambda drawn: drawn[0])
    )
    assume(is_json(event))
    errors = schema.merge(event, closed(rules)).errors
    is_valid = validator(engine, schema, closed=True, rules=rules)(event)
    assert is_valid or errors or any(event[name] in (None, "") for name in event if name not in schema.properties)
    if is_valid:
        assert all(is_listed(error, engine, event, rules) for error in errors)


@pytest.mark.slow
@engines
@given(data=st.data())
def test_an_open_schema_accepts_new_properties(engine: str, data: st.DataObject) -> None:
    rules = replace(data.draw(any_rules()), new_properties="add", invalid="reject")
    schema = data.draw(any_schemas(rules))
    event = data.draw(conforming(schema, rules))
    assert validator(engine, schema, rules=rules)(event)


#: The options of ``Rules`` that a JSON Schema says, those that a remark names, and those that decide nothing here.
SAID = {"max_properties", "max_name_length", "max_string_length", "max_event_name_length", "url_schemes", "nulls"}
SAID |= {"new_properties", "empty_texts", "event_ids", "unknown_fields"}
IN_REMARKS = {"types", "invalid", "hints", "float_digits"}
WITHOUT_EFFECT = {"detect", "max_schema_properties"}


def test_every_option_was_thought_of() -> None:
    assert {field.name for field in fields(Rules)} == SAID | IN_REMARKS | WITHOUT_EFFECT


@pytest.mark.parametrize(
    ("options", "more"),
    [
        ({}, ()),
        ({"types": "exact"}, ("Accepted too: values of another type that fit",)),
        ({"invalid": "drop"}, ("Refused, though check only leaves the property out",)),
        ({"hints": (("*_at", "dateTime"),)}, ("Accepted too: new properties whose values",)),
        ({"new_properties": "reject"}, ("Refused, though check passes them over",)),
        ({"new_properties": "reject", "nulls": "reject"}, ()),
        (
            {"new_properties": "reject", "nulls": "reject", "empty_texts": "ignore"},
            ("Refused, though check passes them over",),
        ),
    ],
)
def test_the_remarks_on_an_event(options: dict[str, Any], more: tuple[str, ...]) -> None:
    rules = Rules(**options)
    [texts, *others] = json_schema_remarks(EventSchema("e"), rules)
    assert texts.sentence.startswith("Accepted too: texts with lone surrogates")
    assert all(remark.sentence.startswith(start) for remark, start in zip(others, more, strict=True))
    comment = to_json_schema(EventSchema("e"), rules=rules)["$comment"]
    assert comment == " ".join(remark.sentence for remark in (texts, *others))


@engines
def test_empty_texts_that_are_ignored(engine: str) -> None:
    schema = EventSchema("e", {type_.value: type_ for type_ in PropertyType})
    event = dict.fromkeys(schema.properties, "")
    assert not validator(engine, schema)(event)
    assert validator(engine, schema, rules=Rules(empty_texts="ignore"))(event)
    for name in set(event) - {"string"}:
        assert not validator(engine, schema, rules=Rules(empty_texts="ignore"))({name: " "})


def test_a_property_with_too_long_a_name_is_left_out() -> None:
    schema = EventSchema("e", {"short": "int", "longer": "int"})
    assert list(to_json_schema(schema, rules=Rules(max_name_length=5))["properties"]) == ["short"]


def test_several_events_are_any_of_their_definitions() -> None:
    schemas = [EventSchema("a b", {"n": "int"}), EventSchema("a-b", {"n": "date"})]
    document = to_json_schema(schemas, closed=True)
    assert list(document["$defs"]) == ["a_b", "a_b_2"]
    assert [each["title"] for each in document["$defs"].values()] == ["a b", "a-b"]
    is_valid = jsonschema_rs.validator_for(document).is_valid
    assert [is_valid({"n": value}) for value in (1, "2026-03-05", 1.5)] == [True, True, False]
    assert not jsonschema_rs.validator_for(to_json_schema([])).is_valid({})


@pytest.mark.slow
def test_a_schema_of_10_000_properties() -> None:
    document = to_json_schema(EventSchema("e", {f"p{number}": "int" for number in range(10_000)}))
    assert len(document["properties"]) == 10_000


@given(st.data())
def test_addresses_of_ipv6_are_those_of_the_standard_library(data: st.DataObject) -> None:
    groups = st.sampled_from(("0", "1", "db8", "ffff", "00000", "g", "", "192.0.2.1", "192.0.2.256", "01.2.3.4"))
    text = data.draw(st.lists(st.sampled_from((":", "::")) | groups, max_size=17).map("".join))
    try:
        ipaddress.IPv6Address(text)
        expected = True
    except ValueError:
        expected = False
    assert (re.fullmatch(grammar.IPV6, text) is not None) == expected
