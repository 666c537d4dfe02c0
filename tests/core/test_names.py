"""``names``: the characters and the length of a property's name."""

import sys

import pytest

from eventschema import InvalidName, NameTooLong, Rules
from eventschema.core.names import are_texts, is_name, read_name
from tests.hostile_values import Colour, OfUnhashableClass, Text

ALLOWED = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
RULES = Rules()


def test_every_code_point() -> None:
    assert {character for character in map(chr, range(sys.maxunicode + 1)) if is_name(character)} == ALLOWED
    # No identifier begins with a digit, so this asks the pattern.
    assert {character for character in map(chr, range(sys.maxunicode + 1)) if is_name("0" + character)} == ALLOWED


def test_texts_are_of_exactly_that_class() -> None:
    assert are_texts([])
    assert are_texts(["a", ""])
    for other in (Text("a"), Colour.RED, 1, None, OfUnhashableClass()):
        assert not are_texts(["a", other, "b"])


@pytest.mark.parametrize("name", ["", "a b", "a-b", "a.b", "a\n", "\na", "é", "a\x00", "\ud800", "\u212a"])
def test_texts_that_are_no_names(name: str) -> None:
    assert not is_name(name)
    answer = read_name(name, "/properties", RULES)
    assert isinstance(answer, InvalidName)
    assert answer.reason == ("character" if name else "empty")


@pytest.mark.parametrize("name", [1, None, b"a", True, 1.5, ("a",)])
def test_things_that_are_no_names(name: object) -> None:
    assert not is_name(name)
    assert read_name(name, "/properties", RULES) == InvalidName(f"/properties/<{type(name).__name__}>", "not_text")


@pytest.mark.parametrize("name", ["a", "A", "_", "9", "snake_case_2", "x" * 128])
def test_names(name: str) -> None:
    assert is_name(name)
    assert read_name(name, "/properties", RULES) == name


def test_names_of_odd_classes_come_out_as_str() -> None:
    for odd, plain in ((Text("abc"), "abc"), (Colour.RED, "red")):
        answer = read_name(odd, "", RULES)
        assert type(answer) is str
        assert answer == plain
        assert not is_name(odd)


@pytest.mark.parametrize("limit", [0, 1, 128, 10**30])
def test_the_limit(limit: int) -> None:
    rules = Rules(max_name_length=limit)
    for length in range(max(0, limit - 1), limit + 2) if limit < 10**6 else (10**6,):
        answer = read_name("x" * length, "", rules)
        if length > limit:
            assert answer == NameTooLong("/" + "x" * limit + "...", limit, length)
        elif length:
            assert answer == "x" * length
        else:
            assert answer == InvalidName("/", "empty")


def test_the_length_comes_before_the_characters() -> None:
    assert read_name("é" * 129, "", RULES) == NameTooLong("/" + "é" * 128 + "...", 128, 129)
    assert read_name("\ud800" * 10**6, "", Rules(max_name_length=1)) == NameTooLong("/\\ud800...", 1, 10**6)
