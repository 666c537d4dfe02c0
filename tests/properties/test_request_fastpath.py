"""Properties of both fast paths of requests: their results are those of the definition."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventschema import Contact, EventSchema, Rules, TrackRequest
from eventschema.testing import rules as any_rules
from eventschema.testing import track_requests
from tests.strategies_track import contacts, good_requests, json_requests, made, python_requests, schemas
from tests.support import FAST_PATHS, FastFunctions, same

each = pytest.mark.parametrize("fast", FAST_PATHS)


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """Draw a valid request in which one value, at any place, is replaced."""
    payload = draw(good_requests() | track_requests())
    values = st.sampled_from([*payload.values(), *payload["contact"].values()]) | json_requests | python_requests
    names = ["id", "email", "phoneNumber", "origin", "Email", "caf\u00e9", "a" * 129]
    if draw(st.booleans()):
        return {**payload, draw(st.sampled_from([*payload, *names])): draw(values)}
    contact = payload["contact"]
    return {**payload, "contact": {**contact, draw(st.sampled_from([*contact, *names])): draw(values)}}


def told(value: object) -> str:
    """``value`` with the types of everything in it, which tell 1, 1.0 and True apart."""
    return repr(value)


@each
@given(good_requests() | track_requests() | json_requests | mutated(), any_rules())
def test_parse_agrees_with_the_definition(fast: FastFunctions, payload: Any, rules: Rules) -> None:
    payload = made(payload)
    found = fast.parse(payload, rules)
    if found is not None:
        expected = TrackRequest._read(payload, rules)
        assert not expected.errors
        assert found == expected
        assert told(found) == told(expected)
        assert found.properties is not None
        assert same(found.properties) == same(expected.properties)


@each
@given(python_requests)
def test_hostile_values_are_left_or_parsed_as_defined(fast: FastFunctions, recipe: Any) -> None:
    found = fast.parse(made(recipe), Rules())
    if found is not None:
        assert told(found) == told(TrackRequest._read(made(recipe), Rules()))


@each
@given(
    good_requests() | track_requests() | mutated(), any_rules(), schemas, st.lists(contacts, max_size=2), st.booleans()
)
def test_decide_agrees_with_the_definition(
    fast: FastFunctions,
    payload: Any,
    rules: Rules,
    schema: EventSchema | None,
    matches: list[Contact],
    own: bool,
) -> None:
    request = fast.parse(made(payload), rules)
    if request is None:
        return
    if schema is not None and schema.name != request.event_name:
        schema = EventSchema(str(request.event_name), schema.properties)
    if own and matches:  # a contact that the request means
        given_ = request.contact.identifiers
        matches = [Contact(given_.get("id", "c1"), given_.get("email"), None, matches[0].properties)]
    found = fast.decide(request, schema, matches)
    if found is not None:
        expected = request._decide(schema, matches)
        assert found == expected
        assert told(found) == told(expected)
        assert told(found.schema and found.schema.to_dict()) == told(expected.schema and expected.schema.to_dict())
        if found.contact_change is None and found.contact is not None:
            assert found.contact is matches[0]


@each
@given(good_requests() | track_requests() | mutated(), any_rules(), schemas)
def test_a_quick_decision_is_the_decision(
    fast: FastFunctions, payload: Any, rules: Rules, schema: EventSchema | None
) -> None:
    request = fast.parse(made(payload), rules)
    if request is None:
        return
    if schema is not None and schema.name != request.event_name:
        schema = EventSchema(str(request.event_name), schema.properties)
    quick = fast.decide(request, schema, (), True)
    if quick is not None:
        assert told(quick) == told(request._decide(schema, ()))
