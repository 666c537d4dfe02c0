import re
from collections.abc import Callable

import pytest

from eventschema.export.naming import Naming, any_name, cut, identifier, lawful_names, octets

CASELESS = Naming(any_name, str.lower)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("total", "total"),
        ("placed order", "placed_order"),
        ("1st", "_1st"),
        ("caf\u00e9", "caf_"),
        ("\u0661", "_"),
        ("", ""),
    ],
)
def test_an_identifier(name: str, expected: str) -> None:
    assert identifier(name) == expected


def test_names_that_are_taken_stay() -> None:
    assert lawful_names(["b", "a"], Naming(any_name), "events", "Avro") == {"b": "b", "a": "a"}
    assert list(lawful_names(["b", "a"], Naming(any_name), "events", "Avro")) == ["b", "a"]


@pytest.mark.parametrize(
    ("naming", "names", "lawful"),
    [(Naming(identifier), ["a b", "c", "a-b"], "a_b"), (CASELESS, ["total", "x", "Total"], "Total")],
)
def test_names_that_become_one_are_an_error(naming: Naming, names: list[str], lawful: str) -> None:
    message = f"expected events of different names in Avro, found {names[0]!r} and {names[2]!r}, both {lawful!r} there"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        lawful_names(names, naming, "events", "Avro")


@pytest.mark.parametrize("length", [len, octets])
def test_a_long_name_is_cut_with_its_hash(length: Callable[[str], int]) -> None:
    assert cut("a" * 63, 63, length) == "a" * 63
    assert cut("a" * 64, 63, length) == "a" * 54 + "_ffe054fe"
    assert cut("a" * 64, 63, length) != cut("a" * 65, 63, length)


def test_a_name_is_cut_between_characters() -> None:
    name = cut("\u4f8b" * 30, 63, octets)
    assert (name[:18], len(name), octets(name)) == ("\u4f8b" * 18, 27, 63)
