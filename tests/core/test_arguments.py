"""Wrong arguments of a caller: a ``TypeError`` or ``ValueError`` at once, which says what to pass."""

from typing import Any

import pytest

import eventschema.core.accept as plain
from eventschema import (
    Contact,
    EventSchema,
    InvalidName,
    Rules,
    TrackRequest,
    classify,
    dumps_schemas,
    loads_schemas,
    problem_details,
)
from eventschema.core.arguments import rules_error

SCHEMA = EventSchema("order", {"total": "float"})
REFUSED = SCHEMA.merge({"total": "x"})
PAYLOAD = {"eventName": "order", "contact": {"email": "ann@example.com"}}
REQUEST = TrackRequest.parse(PAYLOAD)

RULES = "expected rules made with Rules(...), found "
VIOLATIONS = "expected violations, such as result.errors, found "
TEXT = "expected the text of a schema file (str or bytes), found "
SCHEMAS = "expected schemas (EventSchema), found "
OF_EVENT = "expected the schema of the event (EventSchema), or None, found "
CONTACTS = "expected the contacts that were found, as [contact], or () for none, found "

EVENTS: list[Any] = [{}, {"total": 1}, {"a": "\u00e9"}, {"total": {}}, 5]
VALUES: list[Any] = [True, 5, "x", {}]
#: What is called, with what, and what it says.
TYPE_ERRORS: list[tuple[Any, tuple[Any, ...], str]] = [
    *((SCHEMA.merge, (event, {}), f"{RULES}dict") for event in EVENTS),
    *((SCHEMA.merge_quickly, (event, {}), f"{RULES}dict") for event in EVENTS),
    (SCHEMA.merge, ({"total": 1}, None), f"{RULES}NoneType"),
    (SCHEMA.merge, ({"total": 1}, Rules), f"{RULES}type"),
    *((classify, (value, {"float_digits": 2}), f"{RULES}dict") for value in VALUES),
    (classify, (5, "exact"), f"{RULES}str"),
    *((TrackRequest.parse, (payload, {}), f"{RULES}dict") for payload in (PAYLOAD, {}, None)),
    (TrackRequest.parse, (PAYLOAD, None), f"{RULES}NoneType"),
    (problem_details, (REFUSED,), f"{VIOLATIONS}MergeResult"),
    (problem_details, (REQUEST.decide(None, ()),), f"{VIOLATIONS}TrackDecision"),
    (problem_details, (REFUSED.errors[0],), f"{VIOLATIONS}TypeConflict"),
    (problem_details, ([SCHEMA],), f"{VIOLATIONS}list"),
    (problem_details, (None,), f"{VIOLATIONS}NoneType"),
    (loads_schemas, ({},), f"{TEXT}dict"),
    (loads_schemas, (None,), f"{TEXT}NoneType"),
    (loads_schemas, ([b"{}"],), f"{TEXT}list"),
    (dumps_schemas, (SCHEMA,), "expected schemas (EventSchema) in a mapping or an iterable, found EventSchema"),
    (dumps_schemas, ({"order": {}},), f"{SCHEMAS}dict"),
    (dumps_schemas, ("order",), f"{SCHEMAS}str"),
    (dumps_schemas, ([SCHEMA, None],), f"{SCHEMAS}NoneType"),
    (REQUEST.decide, (REFUSED, ()), f"{OF_EVENT}MergeResult"),
    (REQUEST.decide, ({}, ()), f"{OF_EVENT}dict"),
    (REQUEST.decide, (None, None), f"{CONTACTS}NoneType"),
    (REQUEST.decide, (SCHEMA, Contact("c1")), f"{CONTACTS}Contact"),
    (REQUEST.decide, (None, [None]), "expected contacts (Contact) that were found, found NoneType"),
    (REQUEST.decide, (None, {"id": "c1"}), "expected contacts (Contact) that were found, found str"),
    (SCHEMA.apply, (REFUSED,), "expected a SchemaChange, such as result.schema_change(before), found MergeResult"),
]

VALUE_ERRORS: list[tuple[Any, tuple[Any, ...], str]] = [
    (Contact, (None, 5), "Expected text, found int, at /email."),
    (Contact, (None, "\ud800"), "Expected text that can be encoded as UTF-8, found lone surrogates, at /email."),
    (EventSchema, ("order", ["a"]), "Expected an object of names and types, found array, at /properties."),
    (EventSchema, (5,), "Expected text of at least 1 character, without control characters, found 5, at /name."),
]


@pytest.mark.parametrize(("call", "given", "message"), TYPE_ERRORS)
def test_what_is_of_a_wrong_kind(call: Any, given: tuple[Any, ...], message: str) -> None:
    with pytest.raises(TypeError) as caught:
        call(*given)
    assert str(caught.value) == message


@pytest.mark.parametrize(("call", "given", "message"), VALUE_ERRORS)
def test_what_is_no_part_of_a_value(call: Any, given: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=r"^Expected ") as caught:
        call(*given)
    assert str(caught.value) == message


def test_an_error_that_is_not_of_the_rules_stays() -> None:
    error = AttributeError("of ours")
    assert rules_error(Rules(), error) is error
    assert type(rules_error({}, error)) is TypeError


@pytest.mark.parametrize("rules", [{}, None, Rules])
def test_the_plain_fast_path_fails_as_the_compiled_one_does(rules: Any) -> None:
    with pytest.raises((AttributeError, TypeError)):
        plain.accept(SCHEMA, SCHEMA.properties, 5, {"total": 1}, rules)


def test_violations_are_taken_from_anything_that_gives_them() -> None:
    errors = [InvalidName("/properties/", "empty")]
    assert problem_details(iter(errors)) == problem_details(errors) == problem_details(tuple(errors))
