"""``pointers``: RFC 6901, and names from outside made fit to be shown."""

from array import array
from collections import OrderedDict
from decimal import Decimal
from enum import IntEnum
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from eventschema.core.pointers import encodable, json_type_name, pointer_to, python_type_name, truncate
from tests.hostile_values import HOSTILE_VALUES, Colour, Fickle, MaskedObject, Text


class Level(IntEnum):
    HIGH = 1


class Pair(NamedTuple):
    first: int


#: RFC 6901, section 5: the document's keys and the pointers to them.
RFC_6901 = {
    "foo": "/foo",
    "": "/",
    "a/b": "/a~1b",
    "c%d": "/c%d",
    "e^f": "/e^f",
    'k"l': '/k"l',
    " ": "/ ",
    "m~n": "/m~0n",
}


@pytest.mark.parametrize(("name", "pointer"), RFC_6901.items())
def test_child_is_a_json_pointer(name: str, pointer: str) -> None:
    assert pointer_to("", name, 128) == pointer
    assert pointer_to("/properties", name, 128) == f"/properties{pointer}"


def test_child_escapes_the_tilde_first() -> None:
    assert pointer_to("", "~1/~0", 128) == "/~01~1~00"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("abc", "abc"), ("abcd", "abcd"), ("abcde", "abcd..."), ("x" * 10**6, "xxxx..."), ("äöüß€", "äöüß...")],
)
def test_names_are_cut(name: str, expected: str) -> None:
    assert truncate(name, 4) == expected


def test_a_limit_of_nothing_shows_nothing() -> None:
    assert truncate("a", 0) == "..."
    assert truncate("", 0) == ""


def test_a_cut_comes_before_the_escapes() -> None:
    assert pointer_to("", "////x", 4) == "/~1~1~1~1..."
    assert truncate("\ud800" * 5, 4) == "\\ud800" * 4 + "..."


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (1, "<int>"),
        (None, "<NoneType>"),
        (b"a", "<bytes>"),
        ((1, 2), "<tuple>"),
        (True, "<bool>"),
        (Fickle(), "<Fickle>"),
    ],
)
def test_names_that_are_no_text(name: object, expected: str) -> None:
    assert truncate(name, 128) == expected


def test_names_of_odd_classes_are_not_asked() -> None:
    assert truncate(Text("abc"), 128) == "abc"
    assert truncate(Colour.RED, 128) == "red"
    assert truncate(type.__call__(MaskedObject), 128) == "<MaskedObject>"
    assert truncate(HOSTILE_VALUES["object that hides"](), 128) == "<Hidden>"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "null"),
        ({}, "object"),
        (OrderedDict(), "object"),
        ([], "array"),
        ((), "array"),
        (Pair(1), "array"),
        (MappingProxyType({}), "mappingproxy"),
        (1, "int"),
        (True, "bool"),
        (1.5, "float"),
        ("", "string"),
        (Text("a"), "string"),
        (Colour.RED, "string"),
        (Level.HIGH, "int"),
        (frozenset(), "frozenset"),
        (b"", "bytes"),
        (Decimal(1), "Decimal"),
        (object(), "Python object"),
        (array("i"), "Python array"),
        *((type(word, (), {})(), f"Python {word}") for word in ("null", "string", "bool", "int", "float", "url")),
        (type("Object", (), {})(), "Object"),
    ],
)
def test_json_type_name(value: object, expected: str) -> None:
    assert json_type_name(value) == expected


def test_names_of_types_are_cut_and_encodable() -> None:
    long: Any = type("X" * 129, (), {})
    assert python_type_name(long()) == "X" * 128 + "..."
    fits: Any = type("X" * 128, (), {})
    assert python_type_name(fits()) == "X" * 128
    assert python_type_name(type("Größe", (), {})()) == "Größe"


def test_encodable() -> None:
    assert encodable("a\ud800ä\udfff😀") == "a\\ud800ä\\udfff😀"
    assert encodable("ä") == "ä"
