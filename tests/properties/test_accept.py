"""Properties of every fast path of events: its results are those of the definition."""

from random import Random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from eventschema import Adjustment, AdjustmentKind, EventSchema, PropertyType, Rules
from eventschema.core.acceleration import Accept
from eventschema.core.names import read_name
from eventschema.core.values import TypedValue, conform, detect
from eventschema.testing import rules
from tests.strategies_core import events, schemas, wild_events
from tests.support import ACCEPTS, fast_parts, same

each = pytest.mark.parametrize("accept", ACCEPTS)


@each
@given(schemas(), wild_events | events, rules())
@example(EventSchema("e", {"a": "float", "b": "int"}), {"a": 2**53, "b": -(2**63), "c": 2**63 - 1}, Rules())
@example(EventSchema("e", {"a": "float", "b": "float"}), {"a": -0.0, "b": 0.0000005, "c": -0.0}, Rules())
def test_the_fast_path_agrees_with_the_definition(
    accept: Accept, schema: EventSchema, event: dict[Any, Any], with_rules: Rules
) -> None:
    types = dict(schema.properties)
    added, adjustments, rest = fast_parts(accept, types, dict(event), with_rules)
    handed_back = {id(name) for name, _ in rest}
    expected_added: dict[str, PropertyType] = {}
    expected_adjustments: list[Adjustment] = []
    for name, value in event.items():
        if id(name) in handed_back:
            continue
        assert type(name) is str
        assert read_name(name, "", with_rules) == name
        if value is None:
            assert with_rules.nulls == "ignore"
            expected_adjustments.append(Adjustment(name, AdjustmentKind.NULL_IGNORED, None, None))
            continue
        known = types.get(name)
        if known is None:
            assert with_rules.new_properties == "add"
        reading = detect(value, with_rules, "") if known is None else conform(value, known, with_rules, "")
        assert isinstance(reading, TypedValue)
        if known is None:
            expected_added[name] = reading.type
        if reading.kind is None:
            assert same(reading.value) == same(value)
        else:
            expected_adjustments.append(Adjustment(name, reading.kind, reading.before, reading.value))
    assert list(added.items()) == list(expected_added.items())
    assert [_told(adjustment) for adjustment in adjustments] == [
        _told(adjustment) for adjustment in expected_adjustments
    ]


@each
@given(schemas(), wild_events | events, rules())
def test_the_remaining_properties_keep_their_order(
    accept: Accept, schema: EventSchema, event: dict[Any, Any], with_rules: Rules
) -> None:
    added, adjustments, rest = fast_parts(accept, dict(schema.properties), dict(event), with_rules)
    given_back = {id(name) for name, _ in rest}
    assert _ids(rest) == _ids([(name, value) for name, value in event.items() if id(name) in given_back])
    assert not {id(name) for name in added} & given_back
    assert not {adjustment.name for adjustment in adjustments} & {name for name, _ in rest if type(name) is str}
    if with_rules.types == "exact" or any(type(name) is not str for name in event):
        assert (added, adjustments, len(rest)) == ({}, [], len(event))


@each
@given(schemas(), wild_events | events, rules())
def test_no_argument_is_changed(accept: Accept, schema: EventSchema, event: dict[Any, Any], with_rules: Rules) -> None:
    types, before = dict(schema.properties), _ids(list(event.items()))
    answer = fast_parts(accept, types, event, with_rules)
    assert list(types.items()) == list(schema.properties.items())
    assert _ids(list(event.items())) == before
    assert (type(answer), *map(type, answer)) == (tuple, dict, list, list)
    assert all(type(type_) is PropertyType for type_ in answer[0].values())
    assert all(type(adjustment) is Adjustment for adjustment in answer[1])


@each
@given(schemas(), events, rules(), st.randoms(use_true_random=False))
def test_property_order_changes_only_the_order_of_the_result(
    accept: Accept, schema: EventSchema, event: dict[Any, Any], with_rules: Rules, chance: Random
) -> None:
    types = dict(schema.properties)
    in_order = {name: event[name] for name in sorted(event, key=[*types, *event].index)}
    shuffled = {"".join(list(name)): event[name] for name in chance.sample(list(event), len(event))}
    answers = [fast_parts(accept, types, each, with_rules) for each in (in_order, shuffled)]
    added, adjustments, rest = zip(*answers, strict=True)
    assert added[0] == added[1]
    for one, other in (adjustments, rest):
        assert sorted(map(repr, one)) == sorted(map(repr, other))


def _ids(items: list[tuple[Any, Any]]) -> list[tuple[int, int]]:
    return [(id(name), id(value)) for name, value in items]


def _told(adjustment: Adjustment) -> Any:
    return adjustment.name, adjustment.kind, same(adjustment.before), same(adjustment.after)
