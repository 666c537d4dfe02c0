import pickle
from collections.abc import Iterator
from typing import Any

import pytest

from eventschema.core.results import MergeResult
from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.core.violations import (
    MalformedRequest,
    TooManySchemaProperties,
    TypeConflict,
    UnknownEvent,
    UnknownProperty,
    Violation,
)
from eventschema.stream.envelopes import StreamEvent
from eventschema.stream.replay import Rejection, Replay, check, check_rules, replay
from eventschema.track.violations import InvalidEventName


def events(*pairs: tuple[str, Any]) -> list[StreamEvent]:
    return [StreamEvent("file", line, name, properties) for line, (name, properties) in enumerate(pairs, 1)]


CONFLICT = TypeConflict("/properties/total", PropertyType.INT, PropertyType.STRING, 1)
STREAM = events(
    ("order", {"total": 1}),
    ("cart", {"items": 2}),
    ("order", {"total": "one", "late": True}),
    ("order", {"total": 2, "when": "2026-11-23"}),
)


def test_a_rejection_is_false() -> None:
    state = Replay()
    assert [bool(state.add(event)) for event in STREAM] == [True, True, False, True]
    assert not Rejection("file", 1, None, ())


def test_each_event_meets_the_schema_of_its_name_in_order() -> None:
    schemas, rejections = replay(STREAM)
    assert {name: dict(schema.properties) for name, schema in schemas.items()} == {
        "order": {"total": "int", "when": "date"},
        "cart": {"items": "int"},
    }
    assert rejections == (Rejection("file", 3, "order", (CONFLICT,)),)


def test_the_order_decides() -> None:
    schemas, rejections = replay(reversed(STREAM))
    assert dict(schemas["order"].properties) == {"total": "int", "when": "date"}
    schemas, rejections = replay(STREAM[2:])
    assert dict(schemas["order"].properties) == {"total": "string", "late": "bool"}
    assert [rejection.line for rejection in rejections] == [4]


def test_a_rejected_event_makes_no_schema_and_an_empty_one_does() -> None:
    assert replay(events(("order", {"total": []}))).schemas == {}
    assert replay(events(("order", {}))).schemas == {"order": EventSchema("order")}
    assert replay(events(("order", {"total": None}))).schemas == {"order": EventSchema("order")}


def test_a_list_of_schemas_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^expected schemas by name, such as \{schema.name: schema\}, found list$"):
        replay([], [EventSchema("order")])  # type: ignore[arg-type]  # that is the mistake


@pytest.mark.parametrize("decide", [replay, check])
@pytest.mark.parametrize(
    ("given", "kind"),
    [([("order", {"total": 1})], "tuple"), ([*STREAM, {}], "dict"), ([None], "NoneType"), ("a", "str")],
)
def test_what_is_no_event_is_a_clear_error(decide: Any, given: Any, kind: str) -> None:
    with pytest.raises(TypeError, match=f"^expected events of the class StreamEvent, found {kind}$"):
        decide(given, {})


@pytest.mark.parametrize("before", [[], STREAM])
def test_an_error_of_the_iterator_is_left_as_it_is(before: list[StreamEvent]) -> None:
    def failing() -> Iterator[StreamEvent]:
        yield from before
        raise AttributeError("mine")

    with pytest.raises(AttributeError, match=r"^mine$"):
        replay(failing())


def test_replay_starts_from_given_schemas_and_keeps_them() -> None:
    declared = {"order": EventSchema("order", {"total": "float"}), "other": EventSchema("other")}
    schemas, rejections = replay(STREAM[:2], declared)
    assert rejections == ()
    assert list(schemas) == ["order", "other", "cart"]
    assert schemas["order"] is declared["order"]
    assert list(declared) == ["order", "other"]


def test_what_the_envelope_had_wrong_is_the_rejection() -> None:
    wrong = StreamEvent("file", 1, None, errors=(InvalidEventName("/eventName", "empty"),))
    assert replay([wrong]).rejections == (Rejection("file", 1, None, (InvalidEventName("/eventName", "empty"),)),)


def test_properties_that_are_no_object() -> None:
    (rejection,) = replay(events(("order", [1]))).rejections
    assert rejection.errors == (MalformedRequest("/properties", "object", "array"),)


def test_the_rules_hold() -> None:
    rules = Rules(types="exact", max_schema_properties=1)
    (first, second) = replay(
        events(("order", {"total": 1}), ("order", {"total": 1.0}), ("order", {"a": 1})), {}, rules
    ).rejections
    assert [error.code for error in first.errors] == ["type_conflict"]
    assert second.errors == (TooManySchemaProperties("/properties", 1, 2),)


def test_a_replay_answers_event_by_event() -> None:
    state = Replay()
    outcomes = [state.add(event) for event in STREAM]
    assert [type(outcome) for outcome in outcomes] == [MergeResult, MergeResult, Rejection, MergeResult]
    last = outcomes[-1]
    assert isinstance(last, MergeResult)
    assert last.schema is state.schema("order")
    assert dict(last.added) == {"when": "date"}
    assert state.schema("none") is None


def test_the_schemas_are_handed_out_as_a_copy() -> None:
    state = Replay()
    state.schemas["order"] = EventSchema("order")
    assert state.schemas == {}


SCHEMAS = {"order": EventSchema("order", {"total": "float"})}


@pytest.mark.parametrize(
    ("event", "errors"),
    [
        (("order", {"total": 1}), ()),
        (("order", {}), ()),
        (("order", {"total": "x"}), (TypeConflict("/properties/total", PropertyType.FLOAT, PropertyType.STRING, 0),)),
        (("order", {"new": 1}), (UnknownProperty("/properties/new"),)),
        (("cart", {}), (UnknownEvent("/eventName"),)),
    ],
)
def test_a_check_lets_nothing_grow(event: tuple[str, Any], errors: tuple[Violation, ...]) -> None:
    expected = (Rejection("file", 1, event[0], errors),) if errors else ()
    assert check(events(event), SCHEMAS) == expected
    state = Replay(SCHEMAS, check_rules(Rules(), allow_new=False), grow=False)
    state.add(events(event)[0])
    assert state.schemas == SCHEMAS


def test_a_check_may_let_new_properties_pass() -> None:
    stream = events(("order", {"new": 1}), ("order", {"new": "text"}), ("order", {"new": []}), ("cart", {}))
    codes = [[error.code for error in rejection.errors] for rejection in check(stream, SCHEMAS, allow_new=True)]
    assert codes == [["unsupported_type"], ["unknown_event"]]
    strict = Rules(new_properties="reject")
    assert len(check(stream, SCHEMAS, strict, allow_new=True)) == 2
    assert len(check(stream, SCHEMAS, strict)) == 4


def test_an_unknown_event_is_at_its_name() -> None:
    (rejection,) = check([StreamEvent("file", 1, "cart", {}, (), "/event")], SCHEMAS)
    assert rejection.errors == (UnknownEvent("/event"),)


def test_a_rejection_is_ready_for_json_and_can_be_pickled() -> None:
    (rejection,) = replay(STREAM).rejections
    assert rejection.to_dict() == {"source": "file", "line": 3, "event": "order", "errors": [CONFLICT.to_dict()]}
    assert pickle.loads(pickle.dumps(rejection)) == rejection


NOW = {"order": EventSchema("order", {"total": "int", "note": "string"})}


@pytest.mark.parametrize(
    ("properties", "rules", "is_decided"),
    [
        ({"total": 1}, Rules(), True),
        ({}, Rules(), True),
        ({"total": "x"}, Rules(), True),
        ({"total": "x", "new": 1}, Rules(), False),
        ({"total": 1, "new": 1}, Rules(), False),
        ({"total": 1, "new": None}, Rules(), True),
        ({"total": "x", "new": None}, Rules(), True),
        ({"total": 1, "new": None}, Rules(nulls="reject"), True),
        ({"new": []}, Rules(), True),
        ({"new": [], "other": 1}, Rules(), False),
        ({"new": "abc"}, Rules(max_string_length=2), True),
        ({"new": "\ud800"}, Rules(), True),
        ({"new": float("inf")}, Rules(), True),
        ({"total": "x", "new": 2**64}, Rules(), False),  # which a float takes
        ({"bad name": 1}, Rules(), True),
        ({"nam": 1}, Rules(max_name_length=2), True),
        ({"a": 1, "b": 1, "c": 1}, Rules(max_properties=2), True),
        ({"total": 1, "new": 1}, Rules(new_properties="reject"), True),
        ({"new": 1}, Rules(max_schema_properties=2), True),
        ({"new": 1}, Rules(max_schema_properties=1), True),
        ({"new": 1}, Rules(max_schema_properties=3), False),
        ([], Rules(), False),
    ],
)
def test_what_later_events_cannot_change_is_decided_early(properties: Any, rules: Rules, is_decided: bool) -> None:
    state = Replay(NOW, rules)
    (event,) = events(("order", properties))
    early = state.decide_early(event)
    assert state.schemas == NOW
    assert early == (state.add(event) if is_decided else None)


@pytest.mark.parametrize(
    ("properties", "rules", "is_decided"),
    [
        ({}, Rules(), False),
        ({"new": None}, Rules(), False),
        ({"new": 1}, Rules(), False),
        ({"new": []}, Rules(), True),
        ({"new": [], "other": 1}, Rules(), False),
        ({"new": 1}, Rules(new_properties="reject"), True),
        ({}, Rules(new_properties="reject"), False),
        ({"new": 1}, Rules(max_schema_properties=0), False),
    ],
)
def test_an_event_without_a_schema_may_be_its_first(properties: Any, rules: Rules, is_decided: bool) -> None:
    state = Replay({}, rules)
    (event,) = events(("order", properties))
    assert state.decide_early(event) == (state.add(event) if is_decided else None)


def test_all_of_a_check_is_decided_early() -> None:
    state = Replay(NOW, grow=False)
    for event in events(("order", {"new": 1, "total": "x"}), ("order", {"new": 1}), ("cart", {})):
        assert state.decide_early(event) == state.add(event)


def test_what_has_no_name_is_decided_early() -> None:
    wrong = StreamEvent("file", 1, None, errors=(InvalidEventName("/eventName", "empty"),))
    assert Replay().decide_early(wrong) == Rejection("file", 1, None, wrong.errors)
