"""``frozen``: a mapping that stays as it is."""

import copy
import json
import pickle
from types import MappingProxyType

import pytest

from eventschema import FrozenDict, PropertyType
from eventschema.core.frozen import EMPTY

ITEMS = {"b": 1, "a": 2}


def test_it_is_a_mapping_in_the_order_given() -> None:
    frozen = FrozenDict(ITEMS)
    assert list(frozen) == ["b", "a"]
    assert list(frozen.items()) == [("b", 1), ("a", 2)]
    assert len(frozen) == 2
    assert frozen["a"] == 2
    assert "a" in frozen
    assert "c" not in frozen
    assert frozen.get("c") is None
    assert {**frozen} == ITEMS


def test_its_getter_looks_up_keys() -> None:
    getter = FrozenDict(ITEMS).getter
    assert [getter(key) for key in ("b", "a", "c", 1)] == [1, 2, None, None]


def test_what_it_lacks_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        FrozenDict(ITEMS)["c"]


def test_it_does_not_change() -> None:
    given = dict(ITEMS)
    frozen = FrozenDict(given)
    given["c"] = 3
    assert frozen == ITEMS
    with pytest.raises(TypeError):
        frozen["a"] = 3  # type: ignore[index]  # what must not be done
    with pytest.raises(TypeError):
        del frozen["a"]  # type: ignore[attr-defined]  # what must not be done
    with pytest.raises(AttributeError):
        frozen.more = 1  # type: ignore[attr-defined]  # what must not be done


def test_equality_is_by_items_in_any_order_with_any_mapping() -> None:
    frozen = FrozenDict(ITEMS)
    for other in (FrozenDict({"a": 2, "b": 1}), ITEMS, MappingProxyType(ITEMS)):
        assert frozen == other
        assert other == frozen
    differing: list[object] = [FrozenDict({"a": 2}), {"a": 2}, MappingProxyType({}), [("b", 1), ("a", 2)], None]
    assert all(frozen != different for different in differing)


def test_hash_is_that_of_equals() -> None:
    assert hash(FrozenDict(ITEMS)) == hash(FrozenDict({"a": 2, "b": 1}))
    assert len({FrozenDict(ITEMS), FrozenDict({"a": 2, "b": 1}), FrozenDict({"a": 2})}) == 2
    with pytest.raises(TypeError):
        hash(FrozenDict({"a": []}))


def test_copies() -> None:
    frozen = FrozenDict(ITEMS)
    for twin in (pickle.loads(pickle.dumps(frozen)), copy.copy(frozen), copy.deepcopy(frozen)):
        assert type(twin) is FrozenDict
        assert list(twin.items()) == list(ITEMS.items())


def test_a_copy_is_a_dict_of_its_own() -> None:
    frozen = FrozenDict(ITEMS)
    copied = frozen.copy()
    assert type(copied) is dict
    copied["c"] = 3
    assert frozen == ITEMS


def test_json() -> None:
    frozen = FrozenDict(
        {
            "text": "x",
            "type": PropertyType.DATETIME,
            "tags": ("a", ("b",)),
            "none": None,
            "inner": FrozenDict({"types": (PropertyType.INT,)}),
            "number": 1.5,
            "array": [(1,)],
        }
    )
    document = frozen.to_dict()
    assert document == {
        "text": "x",
        "type": "dateTime",
        "tags": ["a", ["b"]],
        "none": None,
        "inner": {"types": ["int"]},
        "number": 1.5,
        "array": [[1]],
    }
    assert list(document) == list(frozen)
    assert {type(document["type"]), type(document["inner"]["types"][0])} == {str}
    assert json.loads(json.dumps(document)) == document
    assert EMPTY.to_dict() == {}


@pytest.mark.parametrize("data", [{}, {"a": 1}, {"a": ("x",)}])
def test_it_is_never_json_by_itself(data: dict[str, object]) -> None:
    with pytest.raises(TypeError, match="FrozenDict is not JSON serializable"):
        json.dumps(FrozenDict(data))


def test_a_json_document_is_a_copy() -> None:
    frozen = FrozenDict({"tags": ["a"]})
    frozen.to_dict()["tags"].append("b")
    assert frozen == {"tags": ["a"]}


def test_wrap_does_not_copy() -> None:
    data = dict(ITEMS)
    frozen = FrozenDict.wrap(data)
    data["c"] = 3
    assert frozen["c"] == 3


def test_repr() -> None:
    assert repr(FrozenDict(ITEMS)) == "FrozenDict({'b': 1, 'a': 2})"


def test_empty() -> None:
    assert EMPTY == FrozenDict() == {}
    assert not EMPTY
