"""``results``: what a merge returns, whether the fast path decided it alone or the schema decided the rest."""

import pickle

import pytest

from eventschema import (
    Adjustment,
    AdjustmentKind,
    EventRejected,
    EventSchema,
    FrozenDict,
    InvalidName,
    MergeResult,
    SchemaChange,
)
from eventschema.core.types import PropertyType

BARE = EventSchema("e")
KNOWN = EventSchema("e", {"a": "float", "b": "string"})


def test_a_result() -> None:
    result = EventSchema("e", {"a": "float"}).merge({"b": 1, "a": 5, "c": None})
    assert result.ok
    assert result.added == {"b": PropertyType.INT}
    assert (result.properties, result.errors) == ({"b": 1, "a": 5.0}, ())
    assert result.adjustments == (
        Adjustment("a", AdjustmentKind.INT_TO_FLOAT, 5, 5.0),
        Adjustment("c", AdjustmentKind.NULL_IGNORED, None, None),
    )
    result.raise_for_errors()
    assert "MergeResult" in repr(result)


def test_a_result_that_changes_nothing() -> None:
    event = {"b": "text", "a": 0.1234567}
    result = KNOWN.merge(event)
    assert type(result) is MergeResult
    assert result.schema is KNOWN
    assert (result.ok, result.errors) == (True, ())
    assert result.added == {}
    assert list(result.properties.items()) == [("b", "text"), ("a", 0.123457)]
    assert result.adjustments == (Adjustment("a", AdjustmentKind.ROUNDED, 0.1234567, 0.123457),)
    assert event == {"b": "text", "a": 0.1234567}
    assert KNOWN.merge({"b": "text"}).adjustments == ()
    assert KNOWN.merge({"b": None, "a": 1.5}).properties == {"a": 1.5}


def test_a_refusal() -> None:
    result = BARE.merge({"a": 1, "b c": -0.0})
    assert not result.ok
    assert result.schema is BARE
    assert result.added == {}
    assert (result.properties, result.adjustments) == ({}, ())
    with pytest.raises(EventRejected, match="Expected a name") as caught:
        result.raise_for_errors()
    assert caught.value.errors == result.errors == (InvalidName("/properties/b c", "character"),)
    assert "MergeResult" in repr(result)


def test_a_refusal_is_false() -> None:
    for schema, event in ((BARE, {}), (BARE, {"a": 1}), (KNOWN, {"a": 0.5}), (KNOWN, {"a": None})):
        assert schema.merge(event)
    for schema, refused in ((BARE, {"a b": 1}), (KNOWN, {"a": "x"}), (KNOWN, 5)):
        assert not schema.merge(refused)  # type: ignore[arg-type]  # 5 is no event


def test_the_change_to_save_of_a_schema() -> None:
    first = BARE.merge({"a": 1, "c": "x"})
    assert first.schema_change(None) == SchemaChange("e", None, first.added)
    assert BARE.merge({}).schema_change(None) == SchemaChange("e", None, FrozenDict())
    assert first.schema_change(BARE) == SchemaChange("e", 0, first.added)
    grown = KNOWN.merge({"a": 1.5, "c": True})
    assert grown.schema_change(KNOWN) == SchemaChange("e", 0, FrozenDict({"c": PropertyType.BOOL}))
    more = grown.schema.merge({"d": 1, "c": False})
    assert more.schema_change(grown.schema) == SchemaChange("e", 1, FrozenDict({"d": PropertyType.INT}))
    for schema, added in ((KNOWN, {"c": 1}), (grown.schema, {"d": 1, "f": "x"})):
        result = schema.merge(added)
        change = result.schema_change(schema)
        assert change is not None
        assert schema.apply(change) == result.schema


def test_there_is_no_change_to_save() -> None:
    assert KNOWN.merge({"a": 1.5}).schema_change(KNOWN) is None
    assert KNOWN.merge({}).schema_change(KNOWN) is None
    for refused in (BARE.merge({"a b": 1}), KNOWN.merge({"a": "x", "c": 1})):
        for before in (None, BARE, KNOWN, EventSchema("f")):
            assert refused.schema_change(before) is None


@pytest.mark.parametrize(
    ("schema", "event", "before", "found"),
    [
        (KNOWN, {"c": 1}, None, "None"),  # it would save c alone, and not what was declared
        (KNOWN, {}, None, "None"),
        (KNOWN, {"c": 1}, KNOWN.merge({"c": 1}).schema, "version 1 of the schema of 'e'"),
        (KNOWN, {}, KNOWN.merge({"c": 1}).schema, "version 1 of the schema of 'e'"),
        (KNOWN, {"c": 1}, BARE, "version 0 of the schema of 'e'"),
        (BARE, {"c": 1}, EventSchema("f"), "version 0 of the schema of 'f'"),
        (BARE, {}, EventSchema("f"), "version 0 of the schema of 'f'"),
    ],
)
def test_the_schema_before_is_that_of_the_merge(
    schema: EventSchema, event: dict[str, object], before: EventSchema | None, found: str
) -> None:
    message = f"^expected the schema that this event of 'e' was merged into, found {found}$"
    with pytest.raises(ValueError, match=message):
        schema.merge(event).schema_change(before)


def test_results_share_nothing() -> None:
    for schema, event in ((BARE, {"a": 1}), (BARE, {"a b": 1}), (KNOWN, {"a": 0.5})):
        first, second = schema.merge(event), schema.merge(event)
        first.properties["more"] = 1
        assert second.properties == schema.merge(event).properties


def test_a_result_is_read_only() -> None:
    result = BARE.merge({"a": 1})
    assert isinstance(result.added, FrozenDict)
    for name in ("ok", "schema", "added", "properties", "adjustments", "errors", "more"):
        with pytest.raises(AttributeError):
            setattr(result, name, 1)


def test_results_are_equal_by_value() -> None:
    for event in ({"a": 1}, {"a b": 1}, {"a": -0.0}, {"a": None}):
        for schema in (BARE, KNOWN):
            result = schema.merge(event)
            assert result == schema.merge(event)
            assert pickle.loads(pickle.dumps(result)) == result
        assert result != EventSchema("f").merge(event)
        assert result != tuple(result)[:-1]
    assert BARE.merge({"a": 1}) != BARE.merge({"a": 2})
    with pytest.raises(TypeError, match="unhashable"):
        hash(BARE.merge({}))
