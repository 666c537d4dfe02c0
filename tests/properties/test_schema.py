"""Properties of every schema, event and rules."""

import json
import os
import pickle
import subprocess
import sys
from copy import deepcopy
from dataclasses import replace
from hashlib import sha256
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from eventschema import (
    EventRejected,
    EventSchema,
    PropertyType,
    Rules,
    SchemaChange,
    dumps_schemas,
    loads_schemas,
    problem_details,
)
from eventschema.core.names import read_name
from eventschema.testing import rules
from tests import definition
from tests.hostile_values import Fickle, Text
from tests.strategies_core import events, names, payloads, schemas, values, wild_events
from tests.support import outcome_of_merge, same

BARE = EventSchema("e")
DEFAULT = Rules()


@given(schemas(), wild_events | events, rules())
@example(BARE, {"a": 1, Text("b"): 2, "c": 2**63}, DEFAULT)
@example(BARE, {"a": -0.0, "b": "\ud800", "c": None, "d": 0.1234567}, DEFAULT)
@example(EventSchema("e", {"a": "float"}), {"b": "naïve", "a": 5, "c": 5}, DEFAULT)
@example(EventSchema("e", {"a": "bool"}).retype({"a": "int"}).freeze().freeze(frozen=False), {"c": False}, DEFAULT)
def test_merge_agrees_with_its_definition(schema: EventSchema, event: dict[Any, Any], with_rules: Rules) -> None:
    plain = [name for name in (read_name(key, "", with_rules) for key in event) if isinstance(name, str)]
    assume(len(set(plain)) == len(plain))  # twice the same text, once of an odd class: see tests/core/test_events.py
    assert outcome_of_merge(schema, event, with_rules) == definition.merge(schema.to_dict(), event, with_rules)


@given(schemas(), events, rules())
def test_any_mapping_is_merged_as_a_dict_is(schema: EventSchema, event: dict[str, Any], with_rules: Rules) -> None:
    assert outcome_of_merge(schema, MappingProxyType(event), with_rules) == outcome_of_merge(schema, event, with_rules)


@given(schemas(), payloads, rules())
def test_merge_raises_for_nothing_and_is_all_or_nothing(schema: EventSchema, payload: Any, with_rules: Rules) -> None:
    result = schema.merge(payload, with_rules)
    problem_details(result.errors)
    for error in result.errors:
        json.dumps(error.to_dict(), ensure_ascii=False).encode()
        assert pickle.loads(pickle.dumps(error)) == error
    if result.ok:
        result.raise_for_errors()
        assert (result.schema is schema) is not bool(result.added)
    else:
        assert result.schema is schema
        assert result.added == {}
        assert (result.properties, result.adjustments) == ({}, ())
        with pytest.raises(EventRejected) as caught:
            result.raise_for_errors()
        assert caught.value.errors == result.errors


@given(schemas(), wild_events, rules())
def test_merge_changes_nothing_that_it_is_given(schema: EventSchema, event: dict[Any, Any], with_rules: Rules) -> None:
    document, items = schema.to_dict(), [(id(name), id(value)) for name, value in event.items()]
    result = schema.merge(event, with_rules)
    assert result.properties is not event
    result.properties.clear()
    assert schema.to_dict() == document
    assert [(id(name), id(value)) for name, value in event.items()] == items


@given(schemas(), wild_events)
def test_errors_come_in_the_order_of_the_event(schema: EventSchema, event: dict[Any, Any]) -> None:
    one_by_one = [error for name, value in event.items() for error in schema.merge({name: value}).errors]
    plain = [name for name in (read_name(key, "", DEFAULT) for key in event) if isinstance(name, str)]
    assume(len(set(plain)) == len(plain))
    assert list(schema.merge(event).errors) == one_by_one


@given(schemas(), events, rules())
def test_merging_again_adds_nothing_and_gives_the_same(
    schema: EventSchema, event: dict[str, Any], with_rules: Rules
) -> None:
    first = schema.merge(event, with_rules)
    assume(first.ok)
    again = first.schema.merge(event, with_rules)
    assert again.ok
    assert again.schema is first.schema
    assert not again.added
    assert _exactly(again.properties) == _exactly(first.properties)
    assert again.adjustments == first.adjustments


@given(schemas(), events, rules())
def test_stored_values_have_their_type_and_are_stable(
    schema: EventSchema, event: dict[str, Any], with_rules: Rules
) -> None:
    first = schema.merge(event, with_rules)
    assume(first.ok)
    stored = first.schema.merge(first.properties, with_rules)
    if with_rules.types == "conform":
        assert stored.ok
        assert stored.schema is first.schema
        assert _exactly(stored.properties) == _exactly(first.properties)
        assert not stored.adjustments
    for name, value in first.properties.items():
        assert type(value) is _CLASSES.get(first.schema.properties[name], str)
    assert len({adjustment.name for adjustment in first.adjustments}) == len(first.adjustments)


_CLASSES = {PropertyType.BOOL: bool, PropertyType.INT: int, PropertyType.FLOAT: float}


def _exactly(properties: dict[str, Any]) -> list[Any]:
    return [(name, same(value)) for name, value in properties.items()]


@given(schemas(), events, rules())
def test_types_never_change(schema: EventSchema, event: dict[str, Any], with_rules: Rules) -> None:
    after = schema.merge(event, with_rules).schema
    assert list(after.properties.items())[: len(schema.properties)] == list(schema.properties.items())
    assert all(after.since(name) == schema.since(name) for name in schema.properties)
    assert all(after.since(name) == after.version for name in after.properties if name not in schema.properties)
    assert after.version == schema.version + (after is not schema)


@given(schemas(), events, rules())
def test_applying_the_change_gives_the_schema_of_the_merge(
    schema: EventSchema, event: dict[str, Any], with_rules: Rules
) -> None:
    result = schema.merge(event, with_rules)
    change = SchemaChange(schema.name, schema.version, result.added)
    assert schema.apply(change) == result.schema
    assert result.schema.apply(change) is result.schema
    assert SchemaChange.from_dict(json.loads(json.dumps(change.to_dict()))) == change
    assert pickle.loads(pickle.dumps(change)) == change
    assert list(SchemaChange.from_dict(change.to_dict()).added) == list(change.added)


@given(schemas())
def test_a_schema_survives_every_round_trip(schema: EventSchema) -> None:
    text = json.dumps(schema.to_dict())
    for twin in (
        EventSchema.from_dict(schema.to_dict()),
        EventSchema.from_dict(json.loads(text)),
        pickle.loads(pickle.dumps(schema)),
        deepcopy(schema),
        loads_schemas(dumps_schemas([schema]))[schema.name],
        loads_schemas(dumps_schemas([schema]).encode())[schema.name],
    ):
        assert twin == schema
        assert hash(twin) == hash(schema)
        assert twin.to_dict() == schema.to_dict()
        assert list(twin.properties.items()) == list(schema.properties.items())
        assert [twin.since(name) for name in twin.properties] == [schema.since(name) for name in schema.properties]


@given(schemas())
def test_a_document_with_sorted_keys_is_of_the_same_schema(schema: EventSchema) -> None:
    document = json.loads(json.dumps(schema.to_dict(), sort_keys=True))
    assert EventSchema.from_dict(document) == schema


@given(st.lists(schemas(), unique_by=lambda schema: schema.name))
def test_schema_files_round_trip(listed: list[EventSchema]) -> None:
    text = dumps_schemas(listed)
    assert loads_schemas(text) == {schema.name: schema for schema in listed}
    assert list(loads_schemas(text)) == sorted(schema.name for schema in listed)
    assert dumps_schemas(reversed(listed)) == text
    assert dumps_schemas(loads_schemas(text)) == text


@given(st.dictionaries(names, st.sampled_from(PropertyType)), st.randoms(use_true_random=False))
def test_the_order_of_properties_does_not_matter(properties: dict[str, PropertyType], random: Any) -> None:
    items = list(properties.items())
    random.shuffle(items)
    schema, shuffled = EventSchema("e", properties), EventSchema("e", dict(items))
    assert schema == shuffled
    assert hash(schema) == hash(shuffled)
    assert schema.fingerprint == shuffled.fingerprint
    assert list(shuffled.properties) == [name for name, _ in items]


@given(schemas(), schemas())
def test_schemas_are_equal_by_value(one: EventSchema, other: EventSchema) -> None:
    alike = one.to_dict() == other.to_dict()
    assert (one == other) is alike
    if alike:
        assert hash(one) == hash(other)


def test_equality_depends_on_the_version_of_each_property() -> None:
    ab = BARE.merge({"a": 1}).schema.merge({"b": 1}).schema
    ba = BARE.merge({"b": 1}).schema.merge({"a": 1}).schema
    assert (ab.properties, ab.version, ab.name) == (ba.properties, ba.version, ba.name)
    assert ab != ba
    assert ab.fingerprint == ba.fingerprint


@given(schemas())
def test_the_fingerprint_is_that_of_its_description(schema: EventSchema) -> None:
    escapes = {'"': '\\"', "\\": "\\\\", "\n": "\\n"}
    name = "".join(escapes.get(character, character) for character in schema.name)
    members = ",".join(f'"{key}":"{schema.properties[key].value}"' for key in sorted(schema.properties))
    text = f'{{"name":"{name}","properties":{{{members}}}}}'
    assert schema.fingerprint == sha256(text.encode("utf-8")).hexdigest()


_IN_A_PROCESS = """
import sys
from eventschema import EventSchema, dumps_schemas
declared = EventSchema("größe", {"b": "int", "a": "float", "Z": "url"})
result = declared.merge({"n": None, "d": 1, "c": "x", "a": 5, "b": 2.0})
refused = declared.merge({"b": "x", "q r": 1, "a": [], "z" * 200: 1})
answers = [declared.fingerprint, result.schema.fingerprint, list(result.properties), list(result.added)]
answers += [result.adjustments, [error.message for error in refused.errors]]
answers += [dumps_schemas({result.schema, EventSchema("a"), EventSchema("b")})]
sys.stdout.buffer.write(repr(answers).encode())
"""


def test_nothing_depends_on_the_hash_seed() -> None:
    answers = {
        subprocess.run(
            [sys.executable, "-c", _IN_A_PROCESS],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(answers) == 1
    assert EventSchema("größe", {"a": "float", "Z": "url", "b": "int"}).fingerprint.encode() in answers.pop()


@given(schemas(), wild_events | events, rules())
def test_what_is_kept_is_accepted_without_the_rest(
    schema: EventSchema, event: dict[Any, Any], with_rules: Rules
) -> None:
    dropping = replace(with_rules, invalid="drop")
    result = schema.merge(event, dropping)
    if not result.ok:
        assert {error.code for error in result.errors} <= {"malformed_request", "too_many_properties"}
        assert result.errors == schema.merge(event, with_rules).errors
        return
    ignored = {adjustment.name for adjustment in result.adjustments if adjustment.after is None}
    kept = {
        name: value for name, value in event.items() if type(name) is str and name in result.properties.keys() | ignored
    }
    assume(len(kept) == len(result.properties) + len(ignored))  # no name is an instance of another class
    alone = schema.merge(kept, replace(with_rules, invalid="reject"))
    assert alone.ok
    assert (alone.schema, list(alone.added.items())) == (result.schema, list(result.added.items()))
    assert _exactly(alone.properties) == _exactly(result.properties)
    assert alone.adjustments == result.adjustments
    assert len(result.dropped) == len(event) - len(kept)


@given(schemas(), wild_events | events, rules())
def test_dropping_changes_nothing_of_a_valid_event(
    schema: EventSchema, event: dict[Any, Any], with_rules: Rules
) -> None:
    result = schema.merge(event, replace(with_rules, invalid="reject"))
    dropped = schema.merge(event, replace(with_rules, invalid="drop"))
    if result.ok:
        assert not dropped.dropped
        assert _exactly(dropped.properties) == _exactly(result.properties)
        assert dropped._replace(properties={}) == result._replace(properties={})
    elif with_rules.max_schema_properties is None and dropped.ok:
        assert dropped.dropped == result.errors


@given(st.lists(names, unique=True), values)
def test_keys_that_raise_are_refused(plain: list[str], value: Any) -> None:
    keys = [Fickle(name) for name in plain]
    event: dict[Any, Any] = {}
    for name, key in zip(plain, keys, strict=True):
        event[key] = value  # of the same hash as the name after it, which it must not hide
        event[name] = 1
    for key in keys:
        key.harm = True
    result = BARE.merge(event)
    assert result.ok is not bool(plain)
    assert {error.code for error in result.errors} <= {"invalid_name", "malformed_request"}
