"""A repeated key is found in every JSON text, in any object and with any escapes."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventschema.core import acceleration, keycount
from eventschema.core.violations import MalformedRequest
from eventschema.stream.reading import decoding
from eventschema.stream.reading.decoding import (
    RepeatedKeyError,
    decode_block,
    decode_object,
    decode_objects,
    decode_value,
)

SPACE = st.sampled_from(["", "", "", " ", "\t", "\r\n", "  "])
CHARACTERS = st.sampled_from(list('abA:"\\{}[], /\n\u00e9\u2028\U0001f600'))
KEYS = st.text(CHARACTERS, max_size=2)
SCALARS = st.one_of(
    st.sampled_from(
        ["null", "true", "0", "-1.5e3", "12345678901234567890123", "1e999", '"\\ud800"', '"a:b"', '"\\":"']
    ),
    st.text(CHARACTERS, max_size=6).map(json.dumps),
)


@st.composite
def strings(draw: st.DrawFn) -> str:
    """A string as JSON may write it, each character escaped or not."""
    written = []
    for character in draw(KEYS):
        units = character.encode("utf-16-be")
        escaped = "".join(f"\\u{units[at]:02x}{units[at + 1]:02X}" for at in range(0, len(units), 2))
        plain = json.dumps(character, ensure_ascii=False)[1:-1]
        written.append(draw(st.sampled_from([plain, plain, escaped])))
    return '"' + "".join(written) + '"'


def _containers(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    entries = st.builds(lambda key, one, two, value: f"{one}{key}{two}:{value}", strings(), SPACE, SPACE, values)
    spaced = st.builds(lambda one, value, two: f"{one}{value}{two}", SPACE, values, SPACE)
    return st.one_of(
        st.lists(entries, max_size=4).map(lambda entries: "{" + ",".join(entries) + "}"),
        st.lists(spaced, max_size=3).map(lambda values: "[" + ",".join(values) + "]"),
    )


TEXTS = st.recursive(SCALARS, _containers, max_leaves=12)


def repeats(text: str) -> bool:
    found = []

    def hook(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        found.append(len(set(keys)) < len(keys))
        return dict(pairs)

    json.loads(text, object_pairs_hook=hook)
    return any(found)


def at(value: Any, pointer: str) -> Any:
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        value = value[int(name)] if isinstance(value, list) else value[name]
    return value


@given(TEXTS)
def test_counting_finds_what_the_pairs_show(text: str) -> None:
    value = json.loads(text)
    assert keycount.has_repeated_key(text.encode(), value) is repeats(text)
    assert acceleration.has_repeated_key(text.encode(), value) is repeats(text)


@given(TEXTS)
def test_the_decoder_refuses_exactly_those(text: str) -> None:
    if not repeats(text):
        assert decode_value(text.encode()) == json.loads(text)
        return
    with pytest.raises(RepeatedKeyError) as caught:
        decode_value(text.encode())
    assert isinstance(at(json.loads(text), caught.value.repeated.pointer), dict)


@given(st.lists(TEXTS.filter(lambda text: text.startswith("{")), max_size=4))
def test_many_at_once_are_as_each_alone(texts: list[str]) -> None:
    lines = [text.encode() for text in texts]
    together, each = decode_objects(lines), list(map(decode_object, lines))
    if any(isinstance(value, MalformedRequest) for value in each):
        assert together is None
    elif together is not None:  # None too where one of them is for the slower decoder
        assert together == each


@contextmanager
def encoding_again(does: bool) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoding, "ENCODES_AGAIN", does)
        yield


@given(st.lists(TEXTS | st.sampled_from(["", " ", "{}{}", "{} {}", "{"]), min_size=1, max_size=5), st.booleans())
def test_a_block_is_as_each_line_alone(texts: list[str], ended: bool) -> None:
    lines = [text.replace("\n", " ").encode() for text in texts]
    with encoding_again(False):
        each = list(map(decode_object, lines[:-1] if lines[-1] == b"" and not ended else lines))
    for again in (False, True):
        with encoding_again(again):
            block = decode_block(b"\n".join(lines) + b"\n" * ended)
        if block is not None:  # as above
            assert block == each


# Often as msgspec writes it, with or without a repeated key in any object.
COMPACT_KEYS = st.sampled_from(["a", "b", r"\u0061", ":", r"\"", ""]).map('"{}"'.format)
COMPACT = st.recursive(
    st.sampled_from(["1", "1.0", "1e5", "100000.0", "18446744073709551616", '"a"', '"\u00e9"', "null", "{}", "[]"]),
    lambda values: (
        st.lists(st.builds("{}:{}".format, COMPACT_KEYS, values), max_size=3).map(lambda x: "{" + ",".join(x) + "}")
        | st.lists(values, max_size=2).map(lambda x: "[" + ",".join(x) + "]")
    ),
    max_leaves=8,
).filter(lambda text: text.startswith("{"))


@given(st.lists(COMPACT, min_size=1, max_size=4), st.booleans(), st.sampled_from([0, 3, 255, 256, 300]))
def test_compact_texts_are_read_as_without_encoding_again(texts: list[str], ended: bool, depth: int) -> None:
    lines = [text.encode() for text in texts]
    lines[0] = b'{"a":' * depth + lines[0] + b"}" * depth
    with encoding_again(False):
        expected = list(map(decode_object, lines))
    with encoding_again(True):
        assert list(map(decode_object, lines)) == expected
        block = decode_block(b"\n".join(lines) + b"\n" * ended)
    if any(isinstance(value, MalformedRequest) for value in expected):
        assert block is None
    elif block is not None:
        assert block == expected
