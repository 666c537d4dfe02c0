"""``texts``: lines are joined to longer texts."""

from collections.abc import Iterator

import pytest

from eventschema.core.violations import MalformedRequest
from eventschema.stream.reading.texts import Text, grouped


def test_lines_are_joined_up_to_a_size() -> None:
    assert list(grouped([b"a\n", b"b\n", b"c\n"], 4)) == [b"a\nb\n", b"c\n"]
    assert list(grouped([], 4)) == []


def test_errors_keep_their_place() -> None:
    error = MalformedRequest("", "a row", "another")
    assert list(grouped([b"a\n", 7, b"b\n", error], 100)) == [b"a\n", 7, b"b\n", error]


def test_what_comes_before_an_exception_is_not_lost() -> None:
    def lines() -> Iterator[Text]:
        yield b"a\n"
        yield b"b\n"
        raise ValueError("damaged")

    read: list[Text] = []
    with pytest.raises(ValueError, match="damaged"):
        read.extend(grouped(lines(), 100))
    assert read == [b"a\nb\n"]
