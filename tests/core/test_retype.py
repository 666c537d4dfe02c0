"""Changing the type of a property: schemas, changes and documents of it."""

import copy
import pickle
import re
from typing import Any

import pytest

from eventschema import (
    EventRejected,
    EventSchema,
    FrozenDict,
    PropertyType,
    SchemaChange,
    TypeConflict,
    UnknownProperty,
)
from eventschema.core.documents import MAX_RETYPES

INT, FLOAT, STRING = PropertyType.INT, PropertyType.FLOAT, PropertyType.STRING
#: Version 0 declares a, version 1 adds b and c, version 2 adds d.
GROWN = EventSchema("e", {"a": "int"}).merge({"b": 1, "c": "x"}).schema.merge({"d": True}).schema


def test_a_retyped_property_keeps_its_place() -> None:
    after = GROWN.retype({"b": "float"})
    assert list(after.properties.items()) == [("a", INT), ("b", FLOAT), ("c", STRING), ("d", PropertyType.BOOL)]
    assert [after.since(name) for name in after.properties] == [0, 3, 1, 2]
    assert (after.version, GROWN.version, GROWN.properties["b"], GROWN.since("b")) == (3, 2, INT, 1)
    assert after != GROWN
    assert repr(after) == (
        "<EventSchema 'e', version 3: a int, b float (since 3), c string (since 1), d bool (since 2)>"
    )


def test_it_grows_and_is_retyped_again() -> None:
    after = GROWN.retype({"b": FLOAT, "a": STRING}).merge({"e": 1}).schema.retype({"b": "string"})
    assert [(name, str(type_), after.since(name)) for name, type_ in after.properties.items()] == [
        ("a", "string", 3),
        ("b", "string", 5),
        ("c", "string", 1),
        ("d", "bool", 2),
        ("e", "int", 4),
    ]
    assert after.version == 5


def test_values_meet_the_new_type() -> None:
    after = GROWN.retype({"b": "float"})
    assert after.merge({"b": 1.5}).properties == {"b": 1.5}
    assert after.merge({"b": "x"}).errors == (TypeConflict("/properties/b", FLOAT, STRING, 3),)


def test_to_the_same_type_changes_nothing() -> None:
    assert GROWN.retype({"a": "int", "c": STRING}) is GROWN
    assert GROWN.retype({}) is GROWN
    after = GROWN.retype({"a": "int", "b": "float"})
    assert after.since("a") == 0


@pytest.mark.parametrize(
    ("types", "message"),
    [
        ({"x": "int"}, "Expected a property of the schema, found one that the schema does not have, at /retyped/x."),
        ({"a": "number"}, f"Expected one of {', '.join(PropertyType)}, found 'number', at /retyped/a."),
        ({"a b": "int"}, "Expected a name of latin letters, digits and _, found another, at /retyped/a b."),
        ([], "Expected an object of names and types, found array, at /retyped."),
    ],
)
def test_types_that_are_refused(types: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        GROWN.retype(types)


def test_the_change_to_save() -> None:
    change = GROWN.retype_change({"b": "float", "a": "int"})
    assert change == SchemaChange("e", 2, FrozenDict(), FrozenDict({"b": (INT, FLOAT)}))
    assert GROWN.apply(change) == GROWN.retype({"b": "float"})
    document = {"format": 2, "name": "e", "baseVersion": 2, "added": {}, "retyped": {"b": ["int", "float"]}}
    assert change.to_dict() == document
    assert SchemaChange.from_dict(document) == change
    assert pickle.loads(pickle.dumps(change)) == change
    assert hash(change) == hash(copy.deepcopy(change))
    assert not GROWN.retype_change({"a": "int"}).retyped


def test_apply_takes_a_change_that_is_already_there() -> None:
    change = GROWN.retype_change({"b": "float"})
    after = GROWN.apply(change)
    assert after.apply(change) is after
    both = SchemaChange("e", 2, FrozenDict({"n": INT}), FrozenDict({"b": (INT, FLOAT)}))
    assert after.apply(both) == after.merge({"n": 1}).schema
    grown = GROWN.apply(both)
    assert (grown.version, grown.since("b"), grown.since("n")) == (3, 3, 3)


def test_apply_refuses_a_retype_of_another_type() -> None:
    words: Any = {"c": ("int", "float"), "x": ("int", "float"), "a": ("int", "float")}
    with pytest.raises(EventRejected) as caught:
        GROWN.apply(SchemaChange("e", 2, FrozenDict(), words))
    assert caught.value.errors == (TypeConflict("/properties/c", STRING, INT, 1), UnknownProperty("/properties/x"))


def test_a_document_reads_back_unchanged() -> None:
    after = GROWN.retype({"d": "string", "a": "float"}).retype({"a": "string"})
    document = after.to_dict()
    assert document == {
        "format": 2,
        "name": "e",
        "version": 4,
        "properties": {"a": "string", "b": "int", "c": "string", "d": "string"},
        "since": {"a": 4, "b": 1, "c": 1, "d": 3},
        "added": {"a": 0, "d": 2},
    }
    read = EventSchema.from_dict(document)
    assert read == after
    assert read.to_dict() == document
    assert GROWN.to_dict()["format"] == 1
    sorted_keys = {**document, "properties": dict(reversed(document["properties"].items()))}
    assert list(EventSchema.from_dict(sorted_keys).properties) == ["a", "c", "b", "d"]


def test_equality_and_copies() -> None:
    one = EventSchema("e", {"a": "int"}).retype({"a": "float"})
    declared = EventSchema("e").merge({"a": 1.5}).schema  # the same type since the same version
    assert one == declared
    assert hash(one) == hash(declared)
    assert pickle.loads(pickle.dumps(one)) == one == copy.deepcopy(one)
    assert one.fingerprint == EventSchema("e", {"a": "float"}).fingerprint
    assert one != EventSchema("e", {"a": "float"})


def test_a_schema_is_retyped_ten_thousand_times_at_most() -> None:
    document = {"format": 2, "name": "e", "properties": {"a": "int"}, "since": {"a": MAX_RETYPES}, "added": {"a": 0}}
    last = EventSchema.from_dict(document).retype({"a": "float"})
    assert last.version == MAX_RETYPES + 1
    assert EventSchema.from_dict(last.to_dict()) == last
    with pytest.raises(ValueError, match=r"^expected at most 10000 retypes and freezes of a schema, found one more$"):
        last.retype({"a": "int"})
    assert EventSchema.from_dict(last.merge({"b": 1}).schema.to_dict()).version == MAX_RETYPES + 2
