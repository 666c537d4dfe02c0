"""``comparison``: which retypes lose nothing, and who can read what of two schemas."""

import json
from itertools import product
from typing import Any

import pytest

from eventschema import EventSchema, PropertyChange, PropertyType, SchemaComparison, compare, is_lossless

FORMATS = ("date", "dateTime", "email", "url")
BASE = EventSchema("e", {"a": "int", "b": "date"})


@pytest.mark.parametrize(("old", "new"), list(product(PropertyType, repeat=2)))
def test_what_is_lossless(old: PropertyType, new: PropertyType) -> None:
    assert is_lossless(old, new) is (old is new or (old in FORMATS and new == "string"))
    assert is_lossless(old.value, new.value) is is_lossless(old, new)


def test_lossless_needs_types() -> None:
    with pytest.raises(ValueError, match=r"^expected one of bool, .*, url, found 'number'$"):
        is_lossless("int", "number")


def test_equal_schemas() -> None:
    assert compare(BASE, BASE) == SchemaComparison("e", (0, 0), ())
    assert compare(BASE, BASE).compatibility == "full"


@pytest.mark.parametrize(
    ("new", "kinds", "compatibility"),
    [
        ({"a": "int", "b": "date", "c": "url"}, {"c": "added"}, "full"),
        ({"b": "date"}, {"a": "removed"}, "full"),
        ({"a": "int", "b": "string"}, {"b": "lossless"}, "backward"),
        ({"a": "float", "b": "date"}, {"a": "lossy"}, "none"),
        ({"a": "string", "b": "string"}, {"a": "lossy", "b": "lossless"}, "none"),
        ({"c": "int"}, {"c": "added", "a": "removed", "b": "removed"}, "full"),
    ],
)
def test_compatibility(new: Any, kinds: dict[str, str], compatibility: str) -> None:
    found = compare(BASE, EventSchema("e", new))
    assert {change.name: change.kind for change in found.changes} == kinds
    assert list(kinds) == [change.name for change in found.changes]
    assert found.compatibility == compatibility
    back = {"full": "full", "backward": "forward", "none": "none"}
    assert compare(EventSchema("e", new), BASE).compatibility == back[compatibility]


def test_the_version_of_each_change() -> None:
    new = BASE.merge({"n": 1}).schema.retype({"b": "string"})
    found = compare(BASE, new)
    assert found == SchemaComparison(
        "e",
        (0, 2),
        (
            PropertyChange("b", PropertyType.DATE, PropertyType.STRING, 2),
            PropertyChange("n", None, PropertyType.INT, 1),
        ),
    )
    assert json.loads(json.dumps(found.to_dict())) == {
        "name": "e",
        "versions": [0, 2],
        "compatibility": "backward",
        "changes": [
            {"name": "b", "kind": "lossless", "before": "date", "after": "string", "since": 2},
            {"name": "n", "kind": "added", "before": None, "after": "int", "since": 1},
        ],
    }
    assert compare(new, BASE).changes[-1] == PropertyChange("n", PropertyType.INT, None, None)


def test_only_two_schemas_of_one_event_are_compared() -> None:
    with pytest.raises(ValueError, match=r"^expected two schemas of one event, found one of 'e' and one of 'f'$"):
        compare(BASE, EventSchema("f"))
    other: Any = {}
    with pytest.raises(TypeError, match=r"^expected two schemas \(EventSchema\), found dict"):
        compare(BASE, other)
