"""``events``: every row of ``tests/cases/merge.json``, and hostile events."""

import sys
from collections import OrderedDict, UserDict, defaultdict
from types import MappingProxyType
from typing import Any

import pytest

from eventschema import (
    EventSchema,
    InvalidName,
    MalformedRequest,
    NameTooLong,
    PropertyType,
    Rules,
    TooManyProperties,
    UnsupportedType,
    Violation,
)
from eventschema.core.events import PROPERTIES_POINTER, read_event
from tests.hostile_values import (
    HOSTILE_VALUES,
    BrokenMapping,
    Colour,
    Endless,
    Fickle,
    Text,
    TwinText,
    nested,
    nested_dicts,
)
from tests.support import decoded, load_cases, row_id, rules_of, same

BARE = EventSchema("e")


@pytest.mark.parametrize("case", load_cases("merge"), ids=row_id)
def test_merge(case: dict[str, Any]) -> None:
    schema = EventSchema("e", case.get("schema", {}))
    for event in case.get("grown", []):
        schema = schema.merge(event).schema
    event = decoded(case["event"])
    result = schema.merge(event, rules_of(case))
    errors = [(error.code, error.pointer, _further(error)) for error in result.errors]
    assert errors == [(code, pointer, fields) for code, pointer, fields in case.get("errors", [])]
    dropped = [(error.code, error.pointer, _further(error)) for error in result.dropped]
    assert dropped == [(code, pointer, fields) for code, pointer, fields in case.get("dropped", [])]
    assert list(result.added.items()) == list(case.get("added", {}).items())
    assert all(type(type_) is PropertyType for type_ in result.added.values())
    stored = {} if errors else case.get("stored", event)
    assert [(name, same(value)) for name, value in result.properties.items()] == [
        (name, same(value)) for name, value in stored.items()
    ]
    adjusted = case.get("adjustments", {})
    assert [(name, kind) for name, kind, _, _ in result.adjustments] == list(adjusted.items())
    for name, kind, before, after in result.adjustments:
        assert before is event[name] if kind == "to_text" else same(before) == same(event[name])
        assert after is result.properties.get(name)
    assert (result.schema is schema) is not bool(result.added)
    assert list(result.schema.properties.items()) == [*schema.properties.items(), *result.added.items()]


def _further(violation: Violation) -> dict[str, Any]:
    fields = violation.to_dict()
    return {name: value for name, value in fields.items() if name not in {"code", "pointer", "message"}}


@pytest.mark.parametrize("odd", HOSTILE_VALUES)
def test_a_hostile_value_changes_nothing_around_it(odd: str) -> None:
    alone = BARE.merge({"odd": HOSTILE_VALUES[odd]()})
    among = BARE.merge({"a": 1, "odd": HOSTILE_VALUES[odd](), "b": "\ud800", "c": "naïve"})
    assert among.errors[:-1] == alone.errors
    among = BARE.merge({"a": 1, "odd": HOSTILE_VALUES[odd](), "c": "naïve"})
    assert among.ok is alone.ok
    if among.ok:
        assert list(among.properties) == ["a", "odd", "c"]
        assert same(among.properties["odd"]) == same(alone.properties["odd"])
        assert type(among.properties["odd"]) in {bool, int, float, str}


# --- names ---


@pytest.mark.parametrize("key", [1, 1.5, True, None, b"a", ("a",), frozenset()])
def test_names_that_are_no_text(key: object) -> None:
    result = BARE.merge({"a": 1, key: 2, "b": {}})  # type: ignore[dict-item]  # what must not be done
    assert result.errors == (
        InvalidName(f"/properties/<{type(key).__name__}>", "not_text"),
        UnsupportedType("/properties/b", "object"),
    )


def test_names_of_odd_classes_come_out_plain() -> None:
    result = EventSchema("e", {"abc": "float"}).merge({Colour.RED: 1, "z": 1.0, Text("abc"): 5})
    assert list(result.added) == ["red", "z"]
    assert list(result.properties.items()) == [("red", 1), ("z", 1.0), ("abc", 5.0)]
    assert {type(name) for name in (*result.properties, *result.added, *result.schema.properties)} == {str}
    assert {type(adjustment.name) for adjustment in result.adjustments} == {str}


def test_a_bad_name_of_an_odd_class() -> None:
    result = BARE.merge({Text("a b"): 1, Text("x" * 129): 1})
    assert result.errors == (
        InvalidName("/properties/a b", "character"),
        NameTooLong(f"/properties/{'x' * 128}...", 128, 129),
    )


@pytest.mark.parametrize("value", [2, None, {}])
def test_the_same_name_twice(value: object) -> None:
    for event in ({"a": 1, TwinText("a"): value, "b": {}}, {TwinText("a"): 1, "a": value, "b": {}}):
        result = BARE.merge(event)
        assert result.errors == (InvalidName("/properties/a", "repeated"), UnsupportedType("/properties/b", "object"))


def test_keys_that_turn_on_the_dict() -> None:
    key, twin = Fickle("a"), Fickle("b")
    event: dict[Any, Any] = {key: 1, "a": {}, twin: 2, "b": []}
    key.harm = twin.harm = True
    assert BARE.merge(event).errors == (
        InvalidName("/properties/<Fickle>", "not_text"),
        UnsupportedType("/properties/a", "object"),
        InvalidName("/properties/<Fickle>", "not_text"),
        UnsupportedType("/properties/b", "array"),
    )


def test_keys_that_turn_on_a_dict_that_has_lost_some() -> None:
    key = Fickle("a")
    event: dict[Any, Any] = {"gone": 0, key: 1, "a": 2}
    del event["gone"]  # a copy of such a dict is put together anew, and compares keys of the same hash
    key.harm = True
    assert BARE.merge(event).errors in {
        (InvalidName("/properties/<Fickle>", "not_text"),),
        (MalformedRequest(PROPERTIES_POINTER, "object", "an object that cannot be read"),),
    }


def test_keys_of_a_class_that_hides() -> None:
    event: dict[Any, Any] = {
        HOSTILE_VALUES["object of a masked class"](): 1,
        HOSTILE_VALUES["object of an unhashable class"](): 1,
    }
    assert BARE.merge(event).errors == (
        InvalidName("/properties/<MaskedObject>", "not_text"),
        InvalidName("/properties/<OfUnhashableClass>", "not_text"),
    )


def test_a_megabyte_of_name_costs_a_pointer() -> None:
    names = ["x" * 10**6, "é" * 10**6, "\ud800" * 10**6, "/" * 10**6]
    result = BARE.merge(dict.fromkeys(names, 1))
    assert [error.code for error in result.errors] == ["name_too_long"] * 4
    assert [len(error.pointer) - len("/properties/...") for error in result.errors] == [128, 128, 128 * 6, 128 * 2]
    for error in result.errors:
        error.message.encode()


# --- size ---


@pytest.mark.slow
def test_a_million_properties_are_not_read() -> None:
    event: dict[str, Any] = dict.fromkeys(map(str, range(10**6)), 1)
    assert BARE.merge(event).errors == (TooManyProperties(PROPERTIES_POINTER, 100, 10**6),)
    assert read_event(event, Rules(max_properties=10**6)) == event


@pytest.mark.parametrize("limit", [0, 1, 100])
def test_a_mapping_is_read_no_further_than_the_limit(limit: int) -> None:
    endless = Endless()
    assert BARE.merge(endless, Rules(max_properties=limit)).errors == (
        TooManyProperties(PROPERTIES_POINTER, limit, 10**6),
    )
    assert endless.read == limit + 1


def test_a_mapping_that_belittles_itself() -> None:
    assert BARE.merge(Endless(3)).errors == (TooManyProperties(PROPERTIES_POINTER, 100, 101),)


@pytest.mark.parametrize("limit", [sys.maxsize - 1, sys.maxsize, 10**30])
def test_no_limit_to_speak_of(limit: int) -> None:
    for event in ({"a": 1}, MappingProxyType({"a": 1})):
        assert BARE.merge(event, Rules(max_properties=limit)).properties == {"a": 1}


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_the_limit_of_a_mapping(limit: int) -> None:
    result = BARE.merge(MappingProxyType({"a": 1, "b": 2}), Rules(max_properties=limit))
    assert result.errors == (() if limit > 1 else (TooManyProperties(PROPERTIES_POINTER, 1, 2),))


# --- containers ---


def test_containers_of_any_depth_are_not_entered() -> None:
    result = BARE.merge({"a": nested(20_000), "b": nested_dicts(20_000), "c": 1})
    assert result.errors == (UnsupportedType("/properties/a", "array"), UnsupportedType("/properties/b", "object"))


def test_a_container_of_itself() -> None:
    event: dict[str, Any] = {}
    event["a"] = event
    assert BARE.merge(event).errors == (UnsupportedType("/properties/a", "object"),)


# --- what is taken for an event ---


@pytest.mark.parametrize(
    "event",
    [
        OrderedDict(a=1, b=None),
        defaultdict(int, a=1, b=None),
        UserDict(a=1, b=None),
        MappingProxyType({"a": 1, "b": None}),
    ],
    ids=lambda event: type(event).__name__,
)
def test_mappings(event: Any) -> None:
    result = BARE.merge(event)
    assert result.properties == {"a": 1}
    assert type(result.properties) is dict
    assert dict(event) == {"a": 1, "b": None}


@pytest.mark.parametrize("odd", [name for name in HOSTILE_VALUES if name != "endless mapping"])
def test_what_is_no_mapping(odd: str) -> None:
    [error] = BARE.merge(HOSTILE_VALUES[odd]()).errors
    assert isinstance(error, MalformedRequest)
    assert (error.pointer, error.expected) == (PROPERTIES_POINTER, "object")


@pytest.mark.parametrize(
    ("event", "word"),
    [(None, "null"), ([], "array"), ("a", "string"), (1, "int"), ((), "array"), (object(), "Python object")],
)
def test_what_is_no_mapping_is_named(event: Any, word: str) -> None:
    assert BARE.merge(event).errors == (MalformedRequest("/properties", "object", word),)


@pytest.mark.parametrize("broken", ["__getitem__", "__iter__"])
def test_mappings_that_cannot_be_read(broken: str) -> None:
    assert BARE.merge(BrokenMapping(broken)).errors == (
        MalformedRequest(PROPERTIES_POINTER, "object", "an object that cannot be read"),
    )


def test_the_length_of_a_mapping_within_the_limit_is_not_asked() -> None:
    assert BARE.merge(BrokenMapping("__len__")).properties == {"a": 1, "b": 1}


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_is_not_swallowed(interrupt: type[BaseException]) -> None:
    class Interrupted(BrokenMapping):
        def __getitem__(self, name: str) -> int:
            raise interrupt

    with pytest.raises(interrupt):
        BARE.merge(Interrupted(""))
