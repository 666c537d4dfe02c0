"""``mapping``: what becomes of objects, arrays, names and nulls, and where errors point to."""

import math
import pickle
import threading
from typing import Any

import pytest

from eventschema import (
    EventSchema,
    InvalidName,
    NameConflict,
    Rules,
    TooManyProperties,
    TypeConflict,
    UnsupportedType,
    Violation,
)
from eventschema.stream import Mapping
from eventschema.stream.mapping import MAX_DEPTH, NO_MAPPING, _event_object, mapped_name
from tests.hostile_values import Fickle, OfUnhashableClass, Text, nested, nested_dicts

FLAT = Mapping(objects="flatten")
BARE = EventSchema("e")


def pointers(errors: tuple[Violation, ...]) -> list[tuple[str, str]]:
    return [(error.code, error.pointer) for error in errors]


def test_the_defaults_change_nothing() -> None:
    event = {"a b": {"c": [1]}, "n": None}
    assert Mapping() == NO_MAPPING
    assert NO_MAPPING.changes_nothing
    assert NO_MAPPING.map(event).properties is event
    assert not any(Mapping(**{name: value}).changes_nothing for name, value in CHANGES)  # type: ignore[arg-type]  # one each


CHANGES = [("objects", "flatten"), ("arrays", "json"), ("names", "lawful"), ("nulls", "drop")]


@pytest.mark.parametrize(
    ("mapping", "event", "expected"),
    [
        (FLAT, {"a": {"b": 1, "c": {"d": "x"}}, "e": 2}, {"a_b": 1, "a_c_d": "x", "e": 2}),
        (Mapping(objects="flatten", separator="__"), {"a": {"b_c": {"d": 1}}}, {"a__b_c__d": 1}),
        (FLAT, {"a": {}, "b": {"c": {}}, "d": None}, {"d": None}),
        (FLAT, {"a": {"b": [1, {"c": 2}], "d": None}}, {"a_b": [1, {"c": 2}], "a_d": None}),
        (Mapping(objects="flatten", max_depth=1), {"a": {"b": {"c": 1}}}, {"a_b": {"c": 1}}),
        (Mapping(objects="flatten", max_depth=2), {"a": {"b": {"c": 1}}}, {"a_b_c": 1}),
        (Mapping(objects="flatten", max_depth=2), {"a": {"b": {"c": {}}}}, {"a_b_c": {}}),
        (FLAT, {"a": {1: 2}, "b": {"c": {Text("d"): 1}}}, {"a": {1: 2}, "b_c": {Text("d"): 1}}),
        (Mapping(arrays="json"), {"a": [1, "é", None, {"b": []}], "b": ()}, {"a": '[1,"é",null,{"b":[]}]', "b": "[]"}),
        (Mapping(arrays="json"), {"a": {"b": []}}, {"a": {"b": []}}),
        (Mapping(arrays="json"), {"a": [math.inf], "b": [object]}, {"a": [math.inf], "b": [object]}),
        (Mapping(arrays="count"), {"a": [1, 2], "b": []}, {"a_count": 2, "b_count": 0}),
        (Mapping(objects="flatten", arrays="count", separator="__"), {"a": {"b": [1]}}, {"a__b__count": 1}),
        (Mapping(arrays="join"), {"a": ["x", "y"], "b": []}, {"a": "x,y", "b": ""}),
        (Mapping(arrays="join"), {"c": ["x,y"], "d": ["x", 1]}, {"c": ["x,y"], "d": ["x", 1]}),
        (Mapping(arrays="drop"), {"a": [1], "b": 1}, {"b": 1}),
        (Mapping(nulls="drop"), {"a": None, "b": 0, "c": {"d": None}}, {"b": 0, "c": {"d": None}}),
        (Mapping(nulls="drop", objects="flatten"), {"c": {"d": None, "e": ""}}, {"c_e": ""}),
        (
            Mapping(names="lawful"),
            {"Order ID": 1, "$referrer": 2, "a.b-c": 3},
            {"Order_ID": 1, "referrer": 2, "a_b_c": 3},
        ),
        (Mapping(names="lawful"), {"€": 1, "": 2, "größe": 3}, {"€": 1, "": 2, "gr_e": 3}),
        (
            Mapping(names="snake_case", objects="flatten"),
            {"orderId": {"HTTPStatus": 1, "utm2Source": 2}},
            {"order_id_http_status": 1, "order_id_utm2_source": 2},
        ),
    ],
)
def test_what_becomes_of_an_event(mapping: Mapping, event: dict[Any, Any], expected: dict[str, Any]) -> None:
    before = repr(event)
    mapped = mapping.map(event)
    assert (mapped.errors, list(mapped.properties.items())) == ((), list(expected.items()))
    assert repr(event) == before


@pytest.mark.parametrize(
    ("name", "lawful", "snake_case"),
    [
        ("orderId", "orderId", "order_id"),
        ("OrderID", "OrderID", "order_id"),
        ("order_id", "order_id", "order_id"),
        ("Order ID", "Order_ID", "order_id"),
        ("HTTPServer2Go", "HTTPServer2Go", "http_server2_go"),
        ("A", "A", "a"),
        ("ÄÖ", "ÄÖ", "ÄÖ".lower()),
        ("a  -  b", "a_b", "a_b"),
        ("$$a$$", "a", "a"),
        ("a__b_", "a__b_", "a__b_"),
    ],
)
def test_names(name: str, lawful: str, snake_case: str) -> None:
    assert mapped_name(name, "keep") == name
    assert mapped_name(name, "lawful") == lawful
    assert mapped_name(name, "snake_case") == snake_case


def test_errors_point_to_the_values_as_they_were_sent() -> None:
    schema = EventSchema("e", {"a_b": "int", "order_id": "date", "plain": "int"})
    event = {"a": {"b": "x", "c~/": [1]}, "orderId": 5, "plain": "x", "€": 1}
    mapped = Mapping(objects="flatten", names="snake_case").map(event)
    result = mapped.merge(schema)
    assert pointers(result.errors) == [
        ("type_conflict", "/properties/a/b"),
        ("unsupported_type", "/properties/a/c~0~1"),
        ("type_conflict", "/properties/orderId"),
        ("type_conflict", "/properties/plain"),
        ("invalid_name", "/properties/€"),
    ]
    assert isinstance(result.errors[0], TypeConflict)
    assert (result.errors[0].expected, result.errors[0].since) == ("int", 0)
    assert (result.schema is schema, result.ok) == (True, False)


def test_an_accepted_event() -> None:
    mapped = FLAT.map({"a": {"b": 1}, "c": "x"})
    result = mapped.merge(BARE)
    assert result == BARE.merge({"a_b": 1, "c": "x"})


def test_two_names_that_become_one_are_an_error() -> None:
    mapped = Mapping(names="lawful").map({"+1": 3, "-1": 4, "x": 5})
    assert mapped.errors == (NameConflict("/properties/-1", "/properties/+1"),)
    result = mapped.merge(BARE)
    assert (result.ok, result.schema, result.errors) == (False, BARE, mapped.errors)
    assert (dict(result.added), result.properties, result.adjustments) == ({}, {}, ())
    mapped = FLAT.map({"a": {"b_c": 1, "b": {"c": 2}}, "a_b_c": 3})
    assert mapped.errors == (
        NameConflict("/properties/a/b/c", "/properties/a/b_c"),
        NameConflict("/properties/a_b_c", "/properties/a/b_c"),
    )
    mapped = Mapping(names="snake_case").map({"orderId": 1, "order_id": 2})
    assert mapped.errors == (NameConflict("/properties/order_id", "/properties/orderId"),)
    assert Mapping(arrays="count").map({"a_count": 1, "a": []}).errors == (
        NameConflict("/properties/a", "/properties/a_count"),
    )


def test_dropping_events_lose_only_the_second_of_two_names() -> None:
    rules = Rules(invalid="drop")
    result = Mapping(names="lawful").map({"+1": 3, "-1": 4, "x y": []}).merge(BARE, rules)
    assert result.properties == {"1": 3}
    assert result.dropped == (
        NameConflict("/properties/-1", "/properties/+1"),
        UnsupportedType("/properties/x y", "array"),
    )


@pytest.mark.parametrize("rules", [Rules(), Rules(invalid="drop")])
def test_a_bound_on_the_values_that_are_read(rules: Rules) -> None:
    mapping = Mapping(objects="flatten", max_values=3)
    assert mapping.map({"a": {"b": 1}, "c": 2}).errors == ()
    mapped = mapping.map({"a": {"b": 1}, "c": 2, "d": 3})
    assert mapped.errors == (TooManyProperties("/properties", 3, 4),)
    assert mapped.merge(BARE, rules).errors == mapped.errors
    assert mapping.map(dict.fromkeys(map(str, range(20_000)))).errors == mapped.errors


def test_names_in_pointers_are_cut() -> None:
    mapped = FLAT.map({"a" * 10**6: {"b": []}}, Rules(max_name_length=4))
    result = mapped.merge(BARE, Rules(max_name_length=4))
    assert pointers(result.errors) == [("name_too_long", "/properties/aaaa.../b")]


@pytest.mark.slow
def test_hostile_events_cost_little_and_raise_nothing() -> None:
    mapping = Mapping(objects="flatten", arrays="json", names="snake_case", nulls="drop", max_depth=MAX_DEPTH)
    deep = mapping.map(nested_dicts(10_000))
    assert [error.code for error in deep.merge(BARE).errors] == ["name_too_long"]
    assert len(next(iter(deep.properties))) < 3 * MAX_DEPTH
    assert mapping.map({"a": nested(100_000)}).merge(BARE).errors == (UnsupportedType("/properties/a", "array"),)
    cyclic: dict[str, Any] = {}
    cyclic.update({str(number): cyclic for number in range(10)})
    assert mapping.map(cyclic).errors == (TooManyProperties("/properties", 10_000, 10_001),)
    laughs: list[Any] = ["ha" * 1000]
    for _ in range(30):
        laughs = [laughs, {"a": laughs}]
    assert mapping.map({"a": laughs}).properties == {"a": laughs}
    ring: list[Any] = []
    ring.append(ring)
    assert mapping.map({"a": ring}).properties == {"a": ring}


def test_a_bounded_number_of_keys_is_kept() -> None:
    mapping = Mapping(objects="flatten", names="snake_case", max_depth=MAX_DEPTH)
    for number in range(0, 20_000, 100):
        event = {f"aB{each}": {"c D": each} for each in range(number, number + 100)}
        mapped = mapping.map(event)
        assert mapped.properties == {f"a_b{each}_c_d": each for each in range(number, number + 100)}
        assert mapped.paths == {f"a_b{each}_c_d": (f"aB{each}", "c D") for each in range(number, number + 100)}
    long = "A" * 10_000
    mapping.map({long: 1})
    place = _event_object(mapping)
    members = list(place.members.values())
    assert len(members) + sum(len(member.object.members) for member in members) == 10_000
    assert long not in place.members


def test_unusual_keys_are_left_to_the_merge() -> None:
    key = Fickle("a")
    event: dict[Any, Any] = {key: 1, "b": 2}
    key.harm = True
    mapped = FLAT.map(event)
    assert mapped.properties is event
    mapped = FLAT.map({Text("a"): 1, 5: 2, "b": {"c": 3}})
    assert list(mapped.properties.values()) == [1, 2, 3]
    assert [type(error) for error in mapped.merge(BARE).errors] == [InvalidName]
    mapped = FLAT.map({"b": {OfUnhashableClass(): 3}})
    assert [type(error) for error in mapped.merge(BARE).errors] == [UnsupportedType]


@pytest.mark.parametrize("other", [None, [], "x", 5, {"a": 1}.items()])
def test_anything_but_a_dict_stays_as_it_is(other: Any) -> None:
    assert FLAT.map(other) == (other, (), {})
    assert [error.code for error in FLAT.map(other).merge(BARE).errors] == ["malformed_request"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"objects": "keep"}, "objects: expected one of refuse, flatten, found 'keep'"),
        ({"arrays": []}, r"arrays: expected one of refuse, json, count, join, drop, found \[\]"),
        ({"names": None}, "names: expected one of keep, lawful, snake_case, found None"),
        ({"nulls": True}, "nulls: expected one of keep, drop, found True"),
        ({"separator": "."}, "separator: expected one of _, __, found '.'"),
        ({"max_depth": 0}, "max_depth: expected a whole number from 1 to 100, found 0"),
        ({"max_depth": 101}, "max_depth: expected a whole number from 1 to 100, found 101"),
        ({"max_depth": True}, "max_depth: expected a whole number from 1 to 100, found True"),
        ({"max_values": 0}, "max_values: expected a whole number of at least 1, found 0"),
        ({"max_values": 1.5}, "max_values: expected a whole number of at least 1, found 1.5"),
    ],
)
def test_options_that_make_no_sense(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        Mapping(**options)


def test_a_mapping_is_a_value() -> None:
    mapping = Mapping(objects="flatten", max_depth=MAX_DEPTH, max_values=1)
    assert pickle.loads(pickle.dumps(mapping)) == mapping
    assert hash(mapping) == hash(Mapping(objects="flatten", max_depth=MAX_DEPTH, max_values=1))
    assert mapping != FLAT


def test_an_event_that_another_thread_changes() -> None:
    event: dict[str, Any] = {str(number): {"a": 1} for number in range(100)}
    stop = threading.Event()

    def change() -> None:
        while not stop.is_set():
            event["more"] = {"a": 1}
            event.pop("more")

    thread = threading.Thread(target=change)
    thread.start()
    try:
        for _ in range(200):
            assert len(FLAT.map(event).properties) in {100, 101}
    finally:
        stop.set()
        thread.join()
