"""Frozen schemas: what people may change and events may not, on every path; their changes and documents."""

import pickle
import re
from types import MappingProxyType
from typing import Any

import pytest

from eventschema import (
    EventSchema,
    FrozenDict,
    FrozenSchema,
    InvalidName,
    PropertyType,
    Rules,
    SchemaChange,
    TypeConflict,
    UnknownProperty,
    UnsupportedType,
    compare,
)
from eventschema.core.documents import MAX_RETYPES

INT, FLOAT, STRING = PropertyType.INT, PropertyType.FLOAT, PropertyType.STRING
#: Version 0 declares a, version 1 adds b, version 2 freezes.
GROWN = EventSchema("e", {"a": "int"}).merge({"b": "x"}).schema
FROZEN = GROWN.freeze()
DROP = Rules(invalid="drop")


def test_a_schema_is_not_frozen_at_first() -> None:
    assert (GROWN.frozen, GROWN.frozen_since) == (False, None)
    assert GROWN.freeze(frozen=False) is GROWN


def test_to_freeze_makes_a_version() -> None:
    assert (FROZEN.frozen, FROZEN.frozen_since, FROZEN.version) == (True, 2, 2)
    assert FROZEN.properties == GROWN.properties
    assert FROZEN != GROWN
    assert FROZEN.freeze() is FROZEN
    assert FROZEN.fingerprint == GROWN.fingerprint
    assert repr(FROZEN) == "<EventSchema 'e', version 2, frozen since 2: a int, b string (since 1)>"


def test_it_can_be_ended_and_begin_again() -> None:
    ended = FROZEN.freeze(frozen=False)
    assert (ended.frozen, ended.frozen_since, ended.version) == (False, None, 3)
    grown = ended.merge({"c": 1}).schema
    assert (grown.since("c"), grown.freeze().frozen_since) == (4, 5)


def test_a_schema_can_be_declared_frozen() -> None:
    declared = EventSchema("e", {"a": "int"}, frozen=True)
    assert (declared.frozen, declared.frozen_since, declared.version) == (True, 0, 0)
    assert declared != EventSchema("e", {"a": "int"})
    assert repr(declared) == "<EventSchema 'e', version 0, frozen: a int>"
    [error] = declared.merge({"x": 1}).errors
    assert error == FrozenSchema("/properties/x", 0)
    assert error.message == (
        "Expected a property of the schema (declared frozen), found one that the schema does not have, "
        "at /properties/x."
    )


def test_whether_it_is_frozen_is_a_bool() -> None:
    with pytest.raises(ValueError, match=re.escape("Expected true or false, found 1, at /frozen.")):
        EventSchema("e", frozen=1)  # type: ignore[arg-type]  # that is the mistake


@pytest.mark.parametrize("wrap", [dict, MappingProxyType])
def test_a_new_property_is_refused_in_its_place(wrap: Any) -> None:
    event = wrap({"n": {}, "a": 1, "new": "x", "b": 5, "c-d": 1, "other": None, "more": 1.5})
    result = FROZEN.merge(event)
    assert result.errors == (
        FrozenSchema("/properties/n", 2),
        FrozenSchema("/properties/new", 2),
        TypeConflict("/properties/b", STRING, INT, 1),
        InvalidName("/properties/c-d", "character"),
        FrozenSchema("/properties/more", 2),
    )
    assert result.schema is FROZEN
    assert result.errors[0].message == (
        "Expected a property of the schema (frozen by version 2), found one that the schema does not have, "
        "at /properties/n."
    )
    assert result.errors[0].to_dict() == {
        "code": "frozen_schema",
        "pointer": "/properties/n",
        "message": result.errors[0].message,
        "since": 2,
    }


@pytest.mark.parametrize("event", [{"x": 1}, {"x": "y"}, {"a": 1, "x": "naïve"}, {"x": 2**70}, {"x": []}])
def test_it_is_refused_on_every_path(event: dict[str, Any]) -> None:
    assert FROZEN.merge(event).errors == (FrozenSchema("/properties/x", 2),)
    assert FROZEN.merge_quickly(event) in (None, FROZEN.merge(event))


def test_known_properties_go_on_as_ever() -> None:
    result = FROZEN.merge({"a": 1.0, "b": "2026-11-26", "none": None})
    assert (result.ok, result.properties) == (True, {"a": 1, "b": "2026-11-26"})
    assert result.schema is FROZEN
    assert result.schema_change(FROZEN) is None


def test_a_new_property_is_dropped() -> None:
    result = FROZEN.merge({"x": 1, "a": 2, "b": []}, DROP)
    assert result.dropped == (FrozenSchema("/properties/x", 2), UnsupportedType("/properties/b", "array"))
    assert (result.properties, result.schema is FROZEN) == ({"a": 2}, True)
    assert FROZEN.merge({"x": 1, "a": 2}, DROP).properties == {"a": 2}


def test_the_rules_come_first() -> None:
    assert FROZEN.merge({"x": 1}, Rules(new_properties="reject")).errors == (UnknownProperty("/properties/x"),)
    assert FROZEN.merge({"x": ""}, Rules(empty_texts="ignore")).ok
    assert FROZEN.merge({"x": 1}, Rules(hints=(("x", STRING),))).errors == (FrozenSchema("/properties/x", 2),)
    assert FROZEN.merge({"x": 1, "y": 1}, Rules(max_schema_properties=3)).errors == (
        FrozenSchema("/properties/x", 2),
        FrozenSchema("/properties/y", 2),
    )


def test_a_person_adds_to_it_and_retypes() -> None:
    after = FROZEN.apply(SchemaChange("e", 2, FrozenDict({"c": PropertyType.DATE})))
    assert (after.version, after.since("c"), after.frozen_since) == (3, 3, 2)
    retyped = after.retype({"a": "float"})
    assert (retyped.version, retyped.frozen_since) == (4, 2)
    assert retyped.merge({"a": 1.5, "c": "2026-11-26"}).ok


def test_one_change_does_all() -> None:
    change = SchemaChange("e", 1, FrozenDict({"c": PropertyType.DATE}), FrozenDict({"a": (INT, FLOAT)}), frozen=True)
    after = GROWN.apply(change)
    assert (after.version, after.since("a"), after.since("c"), after.frozen_since) == (2, 2, 2, 2)
    assert after.apply(change) is after


def test_the_change_to_save() -> None:
    change = GROWN.freeze_change()
    assert change == SchemaChange("e", 1, FrozenDict(), frozen=True)
    document = {"format": 3, "name": "e", "baseVersion": 1, "added": {}, "frozen": True}
    assert change.to_dict() == document
    assert SchemaChange.from_dict(document) == change
    assert FROZEN.freeze_change(frozen=False).to_dict() == document | {"baseVersion": 2, "frozen": False}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"frozen": 1}, "Expected true or false, found 1, at /frozen."),
        (
            {"baseVersion": None},
            "Expected the version of the schema that is frozen or no longer frozen, found null, at /baseVersion.",
        ),
        ({"format": 2}, "Expected 3, found 2, at /format."),
    ],
)
def test_changes_that_are_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        SchemaChange.from_dict(GROWN.freeze_change().to_dict() | fields)


EACH = [
    FROZEN,
    FROZEN.freeze(frozen=False),
    FROZEN.freeze(frozen=False).merge({"c": 1}).schema,
    FROZEN.retype({"a": "float"}),
    FROZEN.freeze(frozen=False).retype({"a": "float"}).retype({"a": "string"}),
    FROZEN.retype({"a": "float"}).freeze(frozen=False),
    EventSchema("e", frozen=True),
    EventSchema("e").freeze().freeze(frozen=False).freeze(),
]


@pytest.mark.parametrize("schema", EACH, ids=repr)
def test_documents_keep_all_of_it(schema: EventSchema) -> None:
    twin = EventSchema.from_dict(schema.to_dict())
    assert (twin, twin.to_dict(), repr(twin)) == (schema, schema.to_dict(), repr(schema))
    assert pickle.loads(pickle.dumps(schema)) == schema
    assert twin.merge({"z": 1}).schema == schema.merge({"z": 1}).schema


def test_the_document_of_a_frozen_schema() -> None:
    document = GROWN.to_dict()
    assert document["format"] == 1
    assert FROZEN.to_dict() == {**document, "format": 3, "version": 2, "frozen": True, "frozenSince": 2}
    assert FROZEN.freeze(frozen=False).to_dict() == {**document, "format": 3, "version": 3}


def test_a_person_writes_frozen_alone() -> None:
    written = {"name": "e", "properties": {"a": "int"}}
    assert EventSchema.from_dict({**written, "frozen": True}) == EventSchema("e", {"a": "int"}, frozen=True)
    assert EventSchema.from_dict({**written, "frozen": False}) == EventSchema("e", {"a": "int"})
    added = EventSchema.from_dict({**written, "frozen": True, "since": {"a": 1}})
    assert (added.version, added.frozen_since) == (1, 1)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"frozen": "yes"}, "Expected true or false, found 'yes', at /frozen."),
        ({"frozen": False}, "Expected no such field without frozen, found one, at /frozenSince."),
        ({"frozenSince": 3}, "Expected a version from 0 to 2, found 3, at /frozenSince."),
        ({"frozenSince": -1}, "Expected a version from 0 to 2, found -1, at /frozenSince."),
        ({"frozenSince": True}, "Expected a version from 0 to 2, found bool, at /frozenSince."),
        ({"version": 0}, f"Expected a version from 1, the last in since, to {MAX_RETYPES + 2}, found 0, at /version."),
        (
            {"version": MAX_RETYPES + 3},
            "Expected a version from 1, the last in since, to 10002, found 10003, at /version.",
        ),
        ({"format": 1}, "Expected 1, the last version in since, found 2, at /version."),
        ({"format": []}, "Expected 1 or 2 or 3, found array, at /format."),
    ],
)
def test_documents_that_are_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        EventSchema.from_dict({**FROZEN.to_dict(), **fields})


def test_a_document_may_leave_the_version_out() -> None:
    document = FROZEN.to_dict()
    del document["version"]
    assert EventSchema.from_dict(document) == FROZEN


def test_a_schema_is_frozen_ten_thousand_times_at_most() -> None:
    schema = EventSchema.from_dict({**FROZEN.to_dict(), "version": MAX_RETYPES + 2})
    message = "expected at most 10000 retypes and freezes of a schema, found one more"
    with pytest.raises(ValueError, match=message):
        schema.freeze(frozen=False)
    assert schema.apply(SchemaChange("e", 0, FrozenDict({"c": INT}))).version == MAX_RETYPES + 3


def test_a_comparison_says_it() -> None:
    compared = compare(GROWN, FROZEN)
    assert (compared.frozen, compared.differs, compared.compatibility) == ((False, True), True, "full")
    assert compared.to_dict()["frozen"] == [False, True]
    assert compare(GROWN, FROZEN.freeze(frozen=False)).differs is False
    assert "frozen" not in compare(GROWN, GROWN).to_dict()
