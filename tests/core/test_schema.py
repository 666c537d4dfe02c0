"""``schema``: what a schema is made of, its versions, its fingerprint, changes, and what a merge hands back."""

import copy
import dataclasses
import hashlib
import pickle
import re
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import pytest

from eventschema import (
    EventRejected,
    EventSchema,
    FrozenDict,
    NameTooLong,
    PropertyType,
    Rules,
    SchemaChange,
    TypeConflict,
)
from tests.hostile_values import Colour, Text

INT, FLOAT, STRING = PropertyType.INT, PropertyType.FLOAT, PropertyType.STRING
BARE = EventSchema("e")


# --- making one ---


def test_a_bare_schema() -> None:
    schema = EventSchema("placed order")
    assert (schema.name, schema.version) == ("placed order", 0)
    assert schema.properties == {}


@pytest.mark.parametrize("properties", [{"b": "int", "a": FLOAT}, MappingProxyType({"b": INT, "a": "float"})])
def test_a_declared_schema(properties: Any) -> None:
    schema = EventSchema("e", properties)
    assert list(schema.properties.items()) == [("b", INT), ("a", FLOAT)]
    assert all(type(type_) is PropertyType for type_ in schema.properties.values())
    assert (schema.version, schema.since("a"), schema.since("b")) == (0, 0, 0)


def test_all_types_can_be_declared() -> None:
    types = {f"p{number}": type_ for number, type_ in enumerate(PropertyType)}
    assert EventSchema("e", types).properties == types
    assert EventSchema("e", {name: type_.value for name, type_ in types.items()}).properties == types


def test_names_of_a_string_enum_can_be_declared() -> None:
    schema = EventSchema(Text("abc"), {Colour.RED: "int"})
    assert (type(schema.name), schema.name) == (str, "abc")
    assert [(type(name), name) for name in schema.properties] == [(str, "red")]


def test_a_declared_name_may_have_any_length() -> None:
    assert EventSchema("e", {"x" * 10**4: "int"}).properties == {"x" * 10**4: INT}


@pytest.mark.parametrize(
    "make",
    [
        lambda: EventSchema("e", {"aa": "int"}),
        lambda: EventSchema("e", {"aa": "int"}).merge({"b": 1}).schema,
        lambda: EventSchema("e").merge({"b": 1, "aa": 1}).schema,
        lambda: EventSchema("e").apply(SchemaChange("e", 0, FrozenDict({"aa": INT}))),
        lambda: EventSchema.from_dict({"format": 1, "name": "e", "properties": {"aa": "int"}}),
        lambda: pickle.loads(pickle.dumps(EventSchema("e", {"aa": "int"}))),
    ],
    ids=["declared", "before it grew", "grown", "changed", "read", "unpickled"],
)
def test_a_name_too_long_for_the_rules_is_always_refused(make: Callable[[], EventSchema]) -> None:
    schema = make()
    assert schema.merge({"aa": 1}, Rules(max_name_length=2)).ok
    for limit in (0, 1):
        result = schema.merge({"aa": 1}, Rules(max_name_length=limit))
        assert result.errors == (NameTooLong(f"/properties/{'aa'[:limit]}...", limit, 2),)


@pytest.mark.parametrize("name", ["e", " ", "ä", "a\x85b", "x" * 1000, "ä" * 1000, "😀"])
def test_an_event_name_is_any_text_without_control_characters(name: str) -> None:
    assert EventSchema(name).name == name


@pytest.mark.parametrize(
    ("name", "properties", "message"),
    [
        (None, {}, "Expected text of at least 1 character, without control characters, found null, at /name."),
        (5, {}, "Expected text of at least 1 character, without control characters, found 5, at /name."),
        (b"e", {}, "Expected text of at least 1 character, without control characters, found bytes, at /name."),
        (
            "\ud800",
            {},
            "Expected text of at least 1 character, without control characters, found '\\\\ud800', at /name.",
        ),
        ("", {}, "Expected text of at least 1 character, without control characters, found '', at /name."),
        (Text(""), {}, "Expected text of at least 1 character, without control characters, found '', at /name."),
        ("a\nb", {}, "Expected text of at least 1 character, without control characters, found 'a\\nb', at /name."),
        ("a\x7f", {}, "Expected text of at least 1 character, without control characters, found 'a\\x7f', at /name."),
        ("ä\x00", {}, "Expected text of at least 1 character, without control characters, found 'ä\\x00', at /name."),
        ("e", None, "Expected an object of names and types, found null, at /properties."),
        ("e", [("a", "int")], "Expected an object of names and types, found array, at /properties."),
        ("e", {"a b": "int"}, "Expected a name of latin letters, digits and _, found another, at /properties/a b."),
        ("e", {"": "int"}, "Expected a name of latin letters, digits and _, found another, at /properties/."),
        ("e", {"a\n": "int"}, "Expected a name of latin letters, digits and _, found another, at /properties/a\n."),
        ("e", {5: "int"}, "Expected a name of latin letters, digits and _, found another, at /properties/<int>."),
        (
            "e",
            {Text("a b"): "int"},
            "Expected a name of latin letters, digits and _, found another, at /properties/a b.",
        ),
        (
            "e",
            {"a": "integer"},
            "Expected one of bool, int, float, string, date, dateTime, email, url, found 'integer', at /properties/a.",
        ),
        (
            "e",
            {"a": None},
            "Expected one of bool, int, float, string, date, dateTime, email, url, found null, at /properties/a.",
        ),
        (
            "e",
            {"a": {}},
            "Expected one of bool, int, float, string, date, dateTime, email, url, found object, at /properties/a.",
        ),
        (
            "e",
            {"a": int},
            "Expected one of bool, int, float, string, date, dateTime, email, url, found type, at /properties/a.",
        ),
    ],
)
def test_what_is_no_schema(name: Any, properties: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        EventSchema(name, properties)


# --- a value ---


def test_it_does_not_change() -> None:
    given = {"a": "int"}
    schema = EventSchema("e", given)
    given["b"] = "int"
    assert schema.properties == {"a": INT}
    assert isinstance(schema.properties, FrozenDict)
    for name in ("name", "version", "properties", "fingerprint", "more"):
        with pytest.raises(AttributeError):
            setattr(schema, name, 1)


def test_equality() -> None:
    schema = EventSchema("e", {"a": "int", "b": "float"})
    twin = EventSchema("e", {"b": "float", "a": "int"})
    assert schema == twin
    assert hash(schema) == hash(twin)
    for other in (
        EventSchema("E", schema.properties),
        EventSchema("e", {"a": "int"}),
        EventSchema("e", {"a": "int", "b": "int"}),
    ):
        assert schema != other
        assert hash(schema) != hash(other)
    assert schema != schema.to_dict()
    assert schema != EventSchema("e", {"a": "int"}).merge({"b": 1.5}).schema
    # Only which event brought which property differs.
    assert BARE.merge({"a": 1}).schema.merge({"b": 1.5}).schema != BARE.merge({"b": 1.5}).schema.merge({"a": 1}).schema
    assert len({schema, twin, BARE}) == 2


def test_copies() -> None:
    schema = EventSchema("e", {"a": "int"}).merge({"b": 1.5}).schema.merge({"c": 1}).schema
    for twin in (
        copy.copy(schema),
        copy.deepcopy(schema),
        *(pickle.loads(pickle.dumps(schema, n)) for n in range(2, 6)),
    ):
        assert twin == schema
        assert twin.version == 2
        assert [twin.since(name) for name in "abc"] == [0, 1, 2]


def test_repr() -> None:
    schema = (
        EventSchema("e", {"a": "float", "z": "dateTime"}).merge({"d": "x", "b": 1}).schema.merge({"c": True}).schema
    )
    assert repr(schema) == (
        "<EventSchema 'e', version 2: a float, z dateTime, d string (since 1), b int (since 1), c bool (since 2)>"
    )
    assert repr(EventSchema("e", {"a": "int"})) == "<EventSchema 'e', version 0: a int>"
    assert repr(EventSchema("it's")) == """<EventSchema "it's", version 0: no properties>"""


# --- versions ---


def test_versions_count_the_changes() -> None:
    schema = EventSchema("e", {"a": "int"})
    for event, version in (
        ({"a": 1}, 0),
        ({"b": 1, "c": 1}, 1),
        ({"c": 5}, 1),
        ({"d": []}, 1),
        ({"d": "x"}, 2),
        ({"e": None}, 2),
    ):
        schema = schema.merge(event).schema
        assert schema.version == version
    assert {name: schema.since(name) for name in schema.properties} == {"a": 0, "b": 1, "c": 1, "d": 2}


def test_since_of_a_property_that_is_not_there() -> None:
    with pytest.raises(KeyError, match="nothing"):
        BARE.since("nothing")


# --- fingerprint ---


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        (EventSchema("e"), '{"name":"e","properties":{}}'),
        (
            EventSchema("größe 😀/", {"b": "dateTime", "a": "int", "B": "url", "_": "bool"}),
            '{"name":"größe 😀/","properties":{"B":"url","_":"bool","a":"int","b":"dateTime"}}',
        ),
        (EventSchema('"\\\x85\u2028'), '{"name":"\\"\\\\\x85\u2028","properties":{}}'),
    ],
)
def test_fingerprint(schema: EventSchema, text: str) -> None:
    assert schema.fingerprint == hashlib.sha256(text.encode()).hexdigest()


def test_fingerprint_once_and_for_all() -> None:
    schema = EventSchema("order", {"total": "float", "paid": "bool"})
    assert schema.fingerprint == "85586a534699d0c5a5e20d62595a675c0beb7fdd6e1a9464ec05fe43ea7b8c99"


def test_fingerprint_knows_nothing_of_versions() -> None:
    assert BARE.merge({"a": 1}).schema.fingerprint == EventSchema("e", {"a": "int"}).fingerprint


# --- changes ---


def test_apply_adds() -> None:
    schema = EventSchema("e", {"a": "int"})
    after = schema.apply(SchemaChange("e", 0, FrozenDict({"b": FLOAT, "c": STRING})))
    assert list(after.properties.items()) == [("a", INT), ("b", FLOAT), ("c", STRING)]
    assert (after.version, after.since("c"), schema.version) == (1, 1, 0)


@pytest.mark.parametrize("base_version", [None, 0, 7])
def test_apply_passes_over_what_is_there(base_version: int | None) -> None:
    schema = EventSchema("e", {"a": "int"})
    assert schema.apply(SchemaChange("e", base_version, FrozenDict({"a": INT}))) is schema
    after = schema.apply(SchemaChange("e", base_version, FrozenDict({"a": INT, "b": INT})))
    assert list(after.properties) == ["a", "b"]


def test_apply_refuses_what_is_there_with_another_type() -> None:
    schema = BARE.merge({"a": 1}).schema.merge({"b": 1}).schema
    with pytest.raises(EventRejected) as caught:
        schema.apply(SchemaChange("e", 0, FrozenDict({"b": STRING, "c": INT, "a": FLOAT, "x": INT})))
    assert caught.value.errors == (
        TypeConflict("/properties/b", INT, STRING, 2),
        TypeConflict("/properties/a", INT, FLOAT, 1),
    )


def test_apply_refuses_a_change_of_another_schema() -> None:
    with pytest.raises(ValueError, match=r"^expected a change to the schema of 'e', found one of 'f'$") as caught:
        BARE.apply(SchemaChange("f", 0, FrozenDict()))
    assert not isinstance(caught.value, EventRejected)


def test_a_change_is_a_value() -> None:
    words: Any = {"b": "int", "a": "float"}
    change = SchemaChange("e", 3, words)
    assert list(change.added.items()) == [("b", INT), ("a", FLOAT)]
    assert isinstance(change.added, FrozenDict)
    twin = SchemaChange("e", 3, FrozenDict({"a": FLOAT, "b": INT}))
    assert change == twin
    assert hash(change) == hash(twin)
    assert change != SchemaChange("e", None, change.added)
    assert pickle.loads(pickle.dumps(change)) == change
    with pytest.raises(dataclasses.FrozenInstanceError):
        change.name = "f"  # type: ignore[misc]  # what must not be done
    assert type(SchemaChange(Colour.RED, 0, FrozenDict()).name) is str


def test_a_change_as_json() -> None:
    change = SchemaChange("e", None, FrozenDict({"b": INT, "a": FLOAT}))
    document = {"format": 1, "name": "e", "baseVersion": None, "added": {"b": "int", "a": "float"}}
    assert change.to_dict() == document
    assert {type(word) for word in change.to_dict()["added"].values()} == {str}
    assert SchemaChange.from_dict(document) == change


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": 5}, "Expected text of at least 1 character, without control characters, found 5, at /name."),
        ({"baseVersion": -1}, "Expected a version of at least 0, or null, found -1, at /baseVersion."),
        ({"baseVersion": True}, "Expected a version of at least 0, or null, found bool, at /baseVersion."),
        ({"baseVersion": 1.0}, "Expected a version of at least 0, or null, found float, at /baseVersion."),
        ({"added": []}, "Expected an object of names and types, found array, at /added."),
        ({"added": {"a b": "int"}}, "Expected a name of latin letters, digits and _, found another, at /added/a b."),
        ({"format": 2}, "Expected 1, found 2, at /format."),
        ({"retyped": {}}, "Expected 2, found 1, at /format."),
        ({"format": 2, "retyped": []}, "Expected an object of names and pairs of types, found array, at /retyped."),
        (
            {"format": 2, "retyped": {"a": "int"}},
            "Expected a pair of types, the old and the new one, found 'int', at /retyped/a.",
        ),
        (
            {"format": 2, "retyped": {"a": ["int"]}},
            "Expected a pair of types, the old and the new one, found array, at /retyped/a.",
        ),
        (
            {"format": 2, "retyped": {"a": ["int", "x"]}},
            "Expected one of bool, int, float, string, date, dateTime, email, url, found 'x', at /retyped/a.",
        ),
        (
            {"format": 2, "retyped": {"a": ["int", "int"]}},
            "Expected two different types, found int twice, at /retyped/a.",
        ),
        (
            {"format": 2, "retyped": {"a b": ["int", "float"]}},
            "Expected a name of latin letters, digits and _, found another, at /retyped/a b.",
        ),
        (
            {"format": 2, "retyped": {"a": ["int", "float"]}, "added": {"a": "int"}},
            "Expected a property that is not added, found one that is, at /retyped/a.",
        ),
        (
            {"format": 2, "retyped": {"a": ["int", "float"]}, "baseVersion": None},
            "Expected the version of the schema that is retyped, found null, at /baseVersion.",
        ),
        ({"format": True}, "Expected 1, found bool, at /format."),
        (
            {"more": 1},
            "Expected only format, name, baseVersion, added, retyped, frozen, found another field, at /more.",
        ),
    ],
)
def test_what_is_no_change(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        SchemaChange.from_dict({"format": 1, "name": "e", "baseVersion": 0, "added": {}} | fields)


@pytest.mark.parametrize("missing", ["format", "name", "baseVersion", "added"])
def test_a_change_that_lacks_a_field(missing: str) -> None:
    document = {"format": 1, "name": "e", "baseVersion": 0, "added": {}}
    del document[missing]
    with pytest.raises(ValueError, match=rf"^Expected the field {missing}, found none, at the root\.$"):
        SchemaChange.from_dict(document)


@pytest.mark.parametrize(
    "properties",
    [
        {"total": 1, "note": "x", "mail": "ann@example.com", "at": "2026-11-23", "url": "http://example.com/"},
        {"total": 1.5, "nothing": None, "new": 1.23456789},
        {"total": {}, "new": [], "b c": 1, "big": 2**70},
        {},
    ],
)
def test_an_ordinary_event_is_merged_quickly(properties: dict[str, Any]) -> None:
    schema = EventSchema("order", {"total": "float"})
    quick = schema.merge_quickly(properties)
    assert quick == schema.merge(properties)
    assert quick is not None


@pytest.mark.parametrize(
    "properties",
    [{"mail": "ann@xn--bcher-kva.de"}, {"mail": "ann@b\xfccher.de"}, {"total": 1, "e": "\xe9@"}, [], None],
)
def test_what_only_the_definition_reads_is_not_quick(properties: Any) -> None:
    for rules in (Rules(), Rules(invalid="drop")):
        assert EventSchema("order", {"total": "float"}).merge_quickly(properties, rules) is None


def test_a_full_schema_is_noticed_quickly() -> None:
    schema, rules = EventSchema("order"), Rules(max_schema_properties=1)
    quick = schema.merge_quickly({"a": 1, "b": 2}, rules)
    assert quick == schema.merge({"a": 1, "b": 2}, rules)
    assert [error.code for error in quick.errors] == ["too_many_schema_properties"]
    assert schema.merge_quickly({"a": 1, "b": 2}, Rules(max_schema_properties=1, invalid="drop")) is None
