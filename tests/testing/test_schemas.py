"""Drawn schemas, event names and rules are valid, and every kind of them is drawn."""

from dataclasses import fields

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventschema import EventSchema, Rules
from eventschema.core.names import is_event_name, is_name
from eventschema.testing import event_names, rules, schemas
from tests.testing.support import can_be_drawn, simplest


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=50)
@given(st.data())
def test_schemas_are_as_the_rules_allow(data: st.DataObject) -> None:
    limits = data.draw(rules())
    schema = data.draw(schemas(limits))
    assert is_event_name(schema.name, limits)
    assert all(is_name(name) and len(name) <= limits.max_name_length for name in schema.properties)
    assert limits.max_schema_properties is None or len(schema.properties) <= limits.max_schema_properties
    assert EventSchema.from_dict(schema.to_dict()) == schema


@pytest.mark.slow
def test_schemas_have_grown() -> None:
    grown = simplest(schemas(), lambda schema: schema.version == 2 and schema.to_dict()["format"] == 1)
    assert set(map(grown.since, grown.properties)) >= {1, 2}
    assert len(grown.properties) <= 3
    assert simplest(schemas(), lambda schema: len(schema.properties) == 2).version == 0
    assert len(simplest(schemas()).properties) == 0
    assert simplest(schemas(Rules(max_name_length=0))).properties == {}


@given(st.integers(1, 300), st.data())
def test_event_names(longest: int, data: st.DataObject) -> None:
    limits = Rules(max_event_name_length=longest)
    assert is_event_name(data.draw(event_names(limits)), limits)


def test_event_names_reach_the_limit() -> None:
    assert simplest(event_names()) == "order"
    assert len(simplest(event_names(), lambda name: len(name) > 100)) == 255
    assert not can_be_drawn(event_names(Rules(max_event_name_length=0)))


def test_the_simplest_rules_are_the_defaults() -> None:
    assert simplest(rules()) == Rules()


@pytest.mark.slow
@pytest.mark.parametrize("name", [field.name for field in fields(Rules)])
def test_every_field_is_drawn_by_itself(name: str) -> None:
    found = simplest(rules(), lambda drawn: getattr(drawn, name) != getattr(Rules(), name))
    others = [field.name for field in fields(Rules) if field.name != name]
    assert all(getattr(found, other) == getattr(Rules(), other) for other in others)
