import inspect
import pickle
import subprocess
import sys
from typing import Any

import msgspec
import pytest

from eventschema.core.violations import MalformedRequest
from eventschema.stream.reading import decoding
from eventschema.stream.reading.decoding import (
    MAX_DEPTH,
    NotJSONError,
    RepeatedKeyError,
    decode_block,
    decode_object,
    decode_objects,
    decode_value,
    is_compact,
)


def nested(depth: int, inside: bytes = b"") -> bytes:
    return b"[" * depth + inside + b"]" * depth


def reason(text: bytes) -> str:
    with pytest.raises(NotJSONError) as caught:
        decode_value(text)
    return str(caught.value)


@pytest.mark.parametrize("again", [False, True])
def test_a_block_of_lines_that_are_not_nested_too_deep(again: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "ENCODES_AGAIN", again)
    flat = b'{"a":{"b":"%s"}}\n' % (b"x" * 600) + b'{"a":{"b":1}}\n' * 300
    values = decode_block(flat)
    assert values is not None
    assert len(values) == 301
    for depth in (MAX_DEPTH - 1, MAX_DEPTH):
        line = b'{"a":%s}\n' % nested(depth)
        found = decode_block(flat + line + flat)
        assert (found is None) == (depth == MAX_DEPTH) or not again
        assert found is None or depth < MAX_DEPTH


def test_what_is_written_again_as_it_was_is_compact() -> None:
    for text, count in ((b'{"a":1}\n{"a":[1.5,{}]}\n', 2), (b'{"a":1}\n{}', 2), (b"{}", 1)):
        assert is_compact(text, list(map(decode_value, text.splitlines())))
        assert count == text.count(b"{") - text.count(b"[")
    for text in (
        b'{"a": 1}\n',
        b'{"a":1}\n\n',
        b'{"a":1}\n{"b":1,"b":1}',
        b'{"a":1}{"b":1}\n',
        b'{"a":1e2}\n',
        b"[]\n",
    ):
        assert not is_compact(text, msgspec.json.Decoder().decode_lines(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"10", 10),
        (b"10.0", 10.0),
        (b"-0", 0),
        (b"18446744073709551616", 2**64),
        (b"1" * 400, int("1" * 400)),
        (b"1e-400", 0.0),
        (b"1e400", float("inf")),
        (b"-1e400", float("-inf")),
        (b"1" * 400 + b".5", float("inf")),
        (rb'"\ud800"', "\ud800"),
        (rb'"\udc00\ud800"', "\udc00\ud800"),
        (rb'"\ud83d\ude00"', "\U0001f600"),
        (rb'{"\udfff": [1e999]}', {"\udfff": [float("inf")]}),
        (b'{"a": 1, "b": {"a": 2}}', {"a": 1, "b": {"a": 2}}),
        (b' \t\r{"a":true}\r', {"a": True}),
    ],
)
def test_json_is_read_as_what_it_says(text: bytes, value: Any) -> None:
    decoded = decode_value(text)
    assert decoded == value
    assert type(decoded) is type(value)


@pytest.mark.parametrize("digits", [4300, 4301, 5000, 100_000])
@pytest.mark.parametrize("sign", [b"", b"-"])
def test_no_property_accepts_an_integer_of_thousands_of_digits(digits: int, sign: bytes) -> None:
    value = decode_value(sign + b"9" * digits)
    assert type(value) is int
    assert (value < 0) is bool(sign)
    with pytest.raises(OverflowError):
        float(value)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (b"", 1),
        (b'{"a":1', 7),
        (b"{'a':1}", 2),
        (b'{"a":1} {', 9),
        (b'{"a":01}', 7),
        (b"[1.]", 3),
        (b'{"a":"\t"}', 7),
        (b'{"a":"\xc3\xa9", b}', 11),  # characters, not bytes
        (b"\xef\xbb\xbf{}", 1),
        (rb'"\x"', 2),
        (b"[1,]", 4),  # Python 3.13 would say 3
        (b"[1 , ]", 6),
        (b'{"a":1,}', 8),
        (b"[,]", 3),
        (b"[1,,2]", 4),
    ],
)
def test_where_a_text_stops_being_json(text: bytes, where: int) -> None:
    assert reason(text) == f"text that is not JSON, from character {where} on"


@pytest.mark.parametrize("text", [b"NaN", b"Infinity", b"-Infinity", b'{"a":NaN}'])
def test_words_for_numbers_are_no_json(text: bytes) -> None:
    assert reason(text) == "text that is not JSON: NaN or an infinity"


@pytest.mark.parametrize(
    ("text", "where"),
    [(b"\xff", 1), (b'{"a":"\xff"}', 7), (b'{"\xc3\xa9":"\xed\xa0\x80"}', 8), (b'"\xc3', 2), (b"\x80{}", 1)],
)
def test_where_bytes_stop_being_utf8(text: bytes, where: int) -> None:
    assert reason(text) == f"bytes that are not UTF-8, from byte {where} on"


def test_the_depth_has_a_limit_of_its_own() -> None:
    assert decode_value(nested(MAX_DEPTH - 1)) == decode_value(nested(MAX_DEPTH - 1))
    decode_value(nested(MAX_DEPTH))
    assert reason(nested(MAX_DEPTH + 1)) == "JSON nested deeper than 256 levels"
    assert reason(b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1)) == "JSON nested deeper than 256 levels"
    assert reason(b"[" * 1_000_000) == "JSON nested deeper than 256 levels"


def test_what_a_repeated_key_hides_counts_as_depth() -> None:
    deep = nested(MAX_DEPTH)
    assert reason(b'{"a":' + deep + b',"a":1}') == "JSON nested deeper than 256 levels"
    assert reason(b'{"a":' + deep[1:-1] + b',"a":1}') != "JSON nested deeper than 256 levels"


def test_wide_values_have_the_same_limit_of_depth() -> None:
    wide = b'{"a":[' + b'{"b":[]},' * 300
    assert decode_value(wide + nested(MAX_DEPTH - 2) + b"]}")["a"][0] == {"b": []}
    assert reason(wide + nested(MAX_DEPTH - 1) + b"]}") == "JSON nested deeper than 256 levels"


def test_brackets_that_are_not_nested_do_not_count() -> None:
    assert decode_value(b"[" + b"[]," * 1000 + b"[]]") == [[]] * 1001
    assert decode_value(b'"' + b"[" * 1000 + b'"') == "[" * 1000
    assert decode_value(rb'["\"' + b"[" * 1000 + rb'\\", []]') == ['"' + "[" * 1000 + "\\", []]
    assert reason(b'"' + b"[" * 1000).startswith("text that is not JSON")


def test_a_caller_that_stands_deep_gets_the_value_or_a_reason() -> None:
    text = nested(MAX_DEPTH)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 50)
    try:
        outcome = decode_object(b'{"a":' + text[1:-1] + b"}")
    finally:
        sys.setrecursionlimit(limit)
    reason = "JSON nested deeper than can be read from here"
    assert outcome in ({"a": decode_value(text[1:-1])}, MalformedRequest("", "a JSON object", reason))


@pytest.mark.parametrize(
    ("line", "actual"),
    [(b"[]", "array"), (b"null", "null"), (b"1", "int"), (b'"a"', "string"), (b"true", "bool"), (b"1.5", "float")],
)
def test_a_line_must_be_an_object(line: bytes, actual: str) -> None:
    violation = decode_object(line)
    assert violation == MalformedRequest("", "a JSON object", actual)
    assert isinstance(violation, MalformedRequest)
    assert violation.message == f"Expected a JSON object, found {actual}, at the root."


def test_a_line_that_is_no_json_says_where() -> None:
    assert decode_object(b"{]") == MalformedRequest("", "a JSON object", "text that is not JSON, from character 2 on")
    assert decode_object(b'{"a":1}') == {"a": 1}


@pytest.mark.parametrize(
    ("text", "pointer", "key"),
    [
        (b'{"a": 1, "a": 2}', "", "a"),
        (b'{"a" :1, "b":2, "a":1}', "", "a"),
        (rb'{"a":1, "\u0061":2}', "", "a"),
        (rb'{"a/b":{"~":[{}, {"\n":1, "\u000A":2}]}}', "/a~1b/~0/1", "\n"),
        (b'{"":0, "":0}', "", ""),
        (b'{"c":{"email":1, "email":2, "x":3}, "p":{"x":1}}', "/c", "email"),
        (b'{"c":{"a":1, "a":2}, "p":[{"b":1, "b":2}]}', "/p/0", "b"),  # of two, the one that ends last
        (b'{"x":{"a":1, "a":2}, "x":{}}', "", "x"),  # the object in it is gone
        (b'[[{"a":{"k":1, "k":1}}]]', "/0/0/a", "k"),
        (rb'{"\ud800":1, "\ud800":2}', "", "\\ud800"),
        (b'{"n":1e999, "n":2}', "", "n"),
        (b'{"' + b"k" * 200 + b'":{"a":1,"a":1}}', f"/{'k' * 128}...", "a"),
    ],
)
def test_a_key_that_stands_twice_is_found_in_its_object(text: bytes, pointer: str, key: str) -> None:
    with pytest.raises(RepeatedKeyError) as caught:
        decode_value(text)
    assert caught.value.repeated.pointer == pointer
    assert str(caught.value) == f"an object with the key {key} twice"
    copied = pickle.loads(pickle.dumps(caught.value))
    assert (copied.repeated, str(copied)) == (caught.value.repeated, str(caught.value))
    if text.startswith(b"{"):
        violation = decode_object(text)
        assert isinstance(violation, MalformedRequest)
        assert violation.pointer == pointer
        assert violation.expected == "each key once in an object"
        assert decode_objects([b"{}", text]) is None


def test_where_a_key_stands_twice_the_violation_says_which() -> None:
    violation = decode_object(b'{"contact":{"email":"x@example.com","email":"y@example.com"}}')
    assert isinstance(violation, MalformedRequest)
    assert violation.message == "Expected each key once in an object, found email twice, at /contact."


def test_without_the_extra_the_exception_says_how_to_install_it() -> None:
    code = "import sys; sys.modules['msgspec'] = None; import eventschema.stream.reading"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    last = result.stderr.splitlines()[-1]
    assert last.startswith("eventschema.extras.MissingExtraError: ")
    assert last.endswith(": the extra stream installs it, pip install 'eventschema[stream]'")
