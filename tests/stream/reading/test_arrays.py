"""``arrays``: the elements of a JSON array, whatever is in them and however the text comes in."""

import json
from typing import Any

import pytest

from eventschema.core.violations import MalformedRequest
from eventschema.stream.reading.arrays import ArrayError, split_array
from eventschema.stream.reading.files import decode_line
from eventschema.stream.reading.texts import Text

VALUES: list[Any] = [
    {"a": 1, "b": 'x"],{\\'},
    [1, [2], {"c": "]"}],
    "s,",
    5,
    None,
    {"n": {"m": [{}]}},
    {},
    "",
    "\\",
    {"u": "\u00e9\u2028"},
]


def split(data: bytes, size: int = 10**6, limit: int = 10**6) -> list[Text]:
    return list(split_array((data[at : at + size] for at in range(0, len(data), size)), limit))


def values(data: bytes, size: int = 10**6) -> list[Any]:
    return [json.loads(text) for text in split(data, size) if isinstance(text, bytes)]


@pytest.mark.parametrize("indent", [None, 0, 2])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 10**6])
def test_the_elements_are_those_of_the_array(indent: int | None, size: int) -> None:
    data = b" \n" + json.dumps(VALUES, indent=indent).encode() + b"\r\n "
    assert values(data, size) == VALUES
    assert values(json.dumps(VALUES, ensure_ascii=False).encode(), size) == VALUES


@pytest.mark.parametrize("data", [b"[]", b"[ \n]", b" [\t] \n"])
@pytest.mark.parametrize("size", [1, 10])
def test_an_empty_array_has_no_elements(data: bytes, size: int) -> None:
    assert split(data, size) == []


def test_each_element_is_one_line() -> None:
    assert split(b'[{"a":\n1},\r\n{"b" : "x"}\n]') == [b'{"a": 1}\n', b'{"b" : "x"}\n']


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"[,]", [b",\n", b",\n"]),
        (b"[1,]", [b"1\n", b",\n"]),
        (b'["a\nb",1]', [b'"\n', b"1\n"]),
        (b"[nope, {x}]", [b"nope\n", b"{x}\n"]),
        (b'[{"a":1}x{"b":2}]', [b'{"a":1}x{"b":2}\n']),
    ],
)
@pytest.mark.parametrize("size", [1, 10])
def test_what_is_no_json_is_left_to_the_decoder(data: bytes, lines: list[bytes], size: int) -> None:
    assert split(data, size) == lines
    assert any(isinstance(decode_line(line.strip(), 100), MalformedRequest) for line in lines)


@pytest.mark.parametrize("after", [b"x", b" \n{}", b"]"])
@pytest.mark.parametrize("size", [1, 10])
def test_text_after_the_array_is_an_error(after: bytes, size: int) -> None:
    error = MalformedRequest("", "the end of the file after its JSON array", "more text")
    assert split(b"[1]" + after, size) == [b"1\n", error]


@pytest.mark.parametrize("data", [b"[", b'[{"a":1},', b'[{"a":1},{"b', b'[{"a":1},"x\\', b'[{"a":1},[[]'])
@pytest.mark.parametrize("size", [1, 10])
def test_an_array_that_does_not_end(data: bytes, size: int) -> None:
    found: list[Text] = []
    with pytest.raises(ArrayError, match=r"^the JSON array does not end$"):
        found.extend(split_array((data[at : at + size] for at in range(0, len(data), size)), 100))
    chunks = iter([data])
    elements = split_array(chunks, 100)
    if len(data) > 1:
        assert next(elements) == b'{"a":1}\n'


@pytest.mark.parametrize("size", [1, 3, 7, 64, 10**6])
@pytest.mark.parametrize("length", [19, 20, 21, 500])
@pytest.mark.parametrize("content", ["b", 'a\\"', "][}{,"])
def test_an_element_over_the_limit_is_its_length(size: int, length: int, content: str) -> None:
    repeats, rest = divmod(length - 2, len(content))
    text = f'"{content * repeats}{"b" * rest}"'.encode()
    data = b'[{"k":1},' + text + b',{"k":2}]'
    expected: Text = text + b"\n" if len(text) <= 20 else len(text)
    assert split(data, size, 20) == [b'{"k":1}\n', expected, b'{"k":2}\n']


def test_nested_elements_over_the_limit() -> None:
    inner = b'{"a":[' + b'"x]",' * 1000 + b"1]}"
    for size in (1, 5, 1000):
        assert split(b"[1," + inner + b",2]", size, 50) == [b"1\n", len(inner), b"2\n"]
    assert split(b"[" + b"[" * 10_000 + b"]" * 10_000 + b"]", 100, 50) == [20_000]
