"""The search for repeated keys: by counting, plain and compiled."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from eventschema.core import acceleration, keycount

WAYS: dict[str, tuple[Any, Any]] = {"plain": (keycount.has_repeated_key, keycount.any_repeated_key)}
if acceleration.accelerated:
    WAYS["compiled"] = (acceleration.has_repeated_key, acceleration.any_repeated_key)

ONCE = [
    "{}",
    "[]",
    "null",
    '":"',
    '{"a":1,"b":2}',
    '{"a":{"a":{"a":{"a":[{"a":1},{"a":2}]}}}}',
    '[{"a":1},{"a":1}]',
    '{"a" :1, "b"\t:\r2 ,"c"\n\n: 3}',
    '{"":1,":":2,"::":3," :":4}',
    '{"a":":","b":" : ","c":"\\":","d":"\\\\\\":\\\\","e":"{\\"a\\":1,\\"a\\":2}"}',
    '{"a\\"":1,"a":2,"\\\\":3}',
    '{"a":1,"A":2,"\\u0061\\u0301":3,"\u00e1":4}',
    '{"url":"https://x.example:80/","at":"2026-03-05T09:30:00+01:00"}',
    "{" + ",".join(f'"k{number}":"{number}:00"' for number in range(999)) + "}",
]
TWICE = [
    '{"a":1,"a":2}',
    '{"a":1,"a":1}',
    '{"a":1,"b":2,"\\u0061":3}',
    '{"":1,"":2}',
    '{"a":1,"a" :2}',
    '{"a" :1,"a" :2}',
    '{"a"\n:1,"a"\t:2}',
    '{"a":{"b":1,"b":2}}',
    '{"a":[[{"b":1,"b":2}]]}',
    '[{"b":1,"b":2}]',
    '{"a":{"b":{"c":{"d":1,"d":2}}}}',
    '{"a":{"x":1,"x":2},"a":{}}',
    '{"\\"":1,"\\u0022":2}',
    '{"a":":","a":"\\":"}',
    "{" + ",".join(f'"k{number}":"{number}:00"' for number in [*range(999), 500]) + "}",
]


@pytest.fixture(params=WAYS)
def way(
    request: pytest.FixtureRequest,
) -> tuple[Callable[[bytes, Any], bool], Callable[[list[bytes], list[Any]], bool]]:
    return WAYS[request.param]


@pytest.mark.parametrize(("texts", "twice"), [(ONCE, False), (TWICE, True)])
def test_a_key_that_stands_twice_is_found_by_counting(way: Any, texts: list[str], twice: bool) -> None:
    has, _ = way
    for text in texts:
        assert has(text.encode(), json.loads(text)) is twice, text


def test_of_several_texts_one_is_enough(way: Any) -> None:
    _, any_of = way
    once = [(text.encode(), json.loads(text)) for text in ONCE if text.startswith("{")]
    twice = (TWICE[0].encode(), json.loads(TWICE[0]))
    for pairs, expected in (([], False), (once, False), ([*once, twice], True), ([twice, *once], True)):
        texts, values = [text for text, _ in pairs], [value for _, value in pairs]
        assert any_of(texts, values) is expected


@pytest.mark.skipif(not acceleration.accelerated, reason="of the compiled one")
def test_the_compiled_one_takes_bytes_alone() -> None:
    with pytest.raises(TypeError):
        acceleration.has_repeated_key("{}", {})  # type: ignore[arg-type]  # wrong, on purpose
    with pytest.raises(TypeError):
        acceleration.any_repeated_key(["{}"], [{}])  # type: ignore[list-item]  # wrong, on purpose


@pytest.mark.parametrize("brackets", [keycount.opening_brackets, acceleration.opening_brackets])
def test_opening_brackets_are_counted(brackets: Callable[[bytes], int]) -> None:
    assert brackets(b"") == 0
    assert brackets(b"]}") == 0
    assert brackets(b'{"a":[{},[]],"[":"{"}') == 6
    for size in (239, 240, 241, 480, 10_000):
        assert brackets(b"[" * size) == brackets(b"{" * size) == size


LINES = pytest.mark.parametrize("one_a_line", [keycount.has_one_a_line, acceleration.has_one_a_line])
FLAT = pytest.mark.parametrize("flat", [keycount.is_certainly_flat, acceleration.is_certainly_flat])


@LINES
@pytest.mark.parametrize(
    ("text", "values"),
    [
        (b"{}", [{}]),
        (b"{}\n", [{}]),
        (b'{"a":{}}\n{"b":"}\\n{"}', [{"a": {}}, {"b": "}\n{"}]),
        (b"{}\n" * 1000, [{}] * 1000),
        (b'{"a":1}\n' * 500 + b"{}", [{"a": 1}] * 500 + [{}]),
    ],
)
def test_objects_of_which_each_is_a_line(one_a_line: Any, text: bytes, values: list[Any]) -> None:
    assert one_a_line(text, values) is True


@LINES
@pytest.mark.parametrize(
    ("text", "values"),
    [
        (b"", []),
        (b"\n", []),
        (b"{} {}\n\n", [{}, {}]),
        (b"{}{}\n\n{}", [{}, {}, {}]),
        (b'{"a":\n1}\n{}{}', [{"a": 1}, {}, {}]),
        (b"\n{}\n{}", [{}, {}]),
        (b"{}\n{}\n\n", [{}, {}]),
        (b" {}\n{}", [{}, {}]),
        (b"{} \n{}", [{}, {}]),
        (b"{}\n{} ", [{}, {}]),
        (b"{}\n[]", [{}, []]),
        (b"1", [1]),
        (b"{}", []),
        (b"{", [{}]),
        (b"}", [{}]),
    ],
)
def test_lines_that_are_not_one_object_each(one_a_line: Any, text: bytes, values: list[Any]) -> None:
    assert one_a_line(text, values) is False


@FLAT
def test_objects_in_which_certainly_no_key_stands_twice(flat: Any) -> None:
    for text in ('{"a":1}', '{"a" : {"b": {}, "c": [1]}}', '{"a":[[1]]}'):
        assert flat(text.encode(), [json.loads(text)], 256) is True
        assert flat(f"{text}\n{text}".encode(), [json.loads(text)] * 2, 256) is True
    for text in ('{"a":1,"a":1}', '{"a":{"b":1,"b":2}}', '{"a":{"b":{"c":1}}}', '{"a":[{"b":1}]}', '{"a":"\\":"}'):
        assert flat(text.encode(), [json.loads(text)], 256) is False


@FLAT
def test_nesting_is_bounded_and_arrays_of_many_lines_are_fine(flat: Any) -> None:
    def nested(depth: int) -> str:
        return '{"a":{"b":' + "[" * (depth - 2) + "{}" + "]" * (depth - 2) + "}}"

    for depth in (9, 10, 11):
        text = nested(depth - 1)  # the object inside of all is one level more
        assert flat(text.encode(), [json.loads(text)], 10) is (depth <= 10)
    text = '{"a":[1],"b":{"c":["["]}}'
    assert flat("\n".join([text] * 3).encode(), [json.loads(text)] * 3, 10) is True
    assert flat("\n".join([text] * 30).encode(), [json.loads(text)] * 30, 10) is False
    assert flat("\n".join([text] * 30).encode(), [json.loads(text)] * 30, 40) is True


@pytest.mark.skipif(not acceleration.accelerated, reason="of the compiled one")
def test_the_compiled_ones_take_objects_alone() -> None:
    with pytest.raises(TypeError):
        acceleration.has_one_a_line("{}", [{}])  # type: ignore[arg-type]  # wrong, on purpose
    with pytest.raises(TypeError):
        acceleration.is_certainly_flat(b"[]", [[]], 9)  # type: ignore[list-item]  # wrong, on purpose
