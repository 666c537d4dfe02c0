"""Drawn texts and near misses of each format, compared with ``tests/reference.py``."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventschema import PropertyType, Rules, classify
from eventschema.core.formats import is_email
from eventschema.core.types import TEXT_TYPES
from eventschema.testing import near_misses, texts
from eventschema.testing.texts import _NEAR_MISSES
from tests import reference
from tests.testing.support import can_be_drawn, simplest

SCHEMES = Rules().url_schemes
FORMATS = [kind for kind in TEXT_TYPES if kind is not PropertyType.STRING]
IS_OF = {
    PropertyType.DATE: reference.is_date,
    PropertyType.DATETIME: reference.is_datetime,
    PropertyType.URL: lambda text: reference.is_url(text, SCHEMES),
    PropertyType.EMAIL: is_email,
}


@pytest.mark.parametrize("kind", FORMATS)
@settings(max_examples=100)
@given(data=st.data())
def test_a_text_has_its_format_and_no_other(data: st.DataObject, kind: PropertyType) -> None:
    text = data.draw(texts(kind))
    assert [other for other, is_of in IS_OF.items() if is_of(text)] == [kind]
    assert classify(text) is kind


@given(texts("string"))
def test_a_string_is_of_no_format(text: str) -> None:
    assert not any(is_of(text) for is_of in IS_OF.values())
    assert classify(text) is PropertyType.STRING
    assert len(text.encode()) <= 4 * Rules().max_string_length


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, listed in _NEAR_MISSES.items() for text in listed])
def test_a_near_miss_is_a_string(kind: PropertyType, text: str) -> None:
    assert not any(is_of(text) for is_of in IS_OF.values())
    assert classify(text) is PropertyType.STRING


@pytest.mark.parametrize("kind", FORMATS)
def test_near_misses_are_those_of_the_format(kind: PropertyType) -> None:
    for text in _NEAR_MISSES[kind][:3]:
        assert simplest(near_misses(kind), lambda drawn, text=text: drawn == text) == text  # type: ignore[misc]  # a default binds what a closure would not


@pytest.mark.slow
@pytest.mark.parametrize("longest", [0, 1, 5, 6, 7, 9, 10, 15, 16, 17, 20, 30, 40, 79, 80, 81, 254, 2048, 10**30])
@settings(max_examples=15)
@given(data=st.data())
def test_no_text_is_longer_than_the_rules_allow(data: st.DataObject, longest: int) -> None:
    rules = Rules(max_string_length=longest)
    drawable = [kind for kind in TEXT_TYPES if can_be_drawn(texts(kind, rules))]
    kind = data.draw(st.sampled_from(drawable))
    text = data.draw(texts(kind, rules))
    assert len(text) <= longest
    assert classify(text, rules) is kind


@pytest.mark.parametrize(
    ("kind", "shortest"), [("string", 0), ("date", 10), ("dateTime", 16), ("url", 7), ("email", 6)]
)
def test_there_are_texts_from_the_shortest_on(kind: str, shortest: int) -> None:
    assert can_be_drawn(texts(kind, Rules(max_string_length=shortest)))
    assert shortest == 0 or not can_be_drawn(texts(kind, Rules(max_string_length=shortest - 1)))


@pytest.mark.slow
def test_strings_reach_the_limit() -> None:
    rules = Rules(max_string_length=2048)
    assert simplest(texts("string", rules), lambda text: len(text) == 2048) == "a" * 2048


def test_near_misses_keep_to_the_limit() -> None:
    assert simplest(near_misses("date", Rules(max_string_length=1))) == "-"
    assert not can_be_drawn(near_misses("date", Rules(max_string_length=0)))


@given(st.data())
def test_urls_are_of_the_schemes_of_the_rules(data: st.DataObject) -> None:
    text = data.draw(texts("url", Rules(url_schemes=frozenset({"s3", "ws"}))))
    assert text.lower().startswith(("s3://", "ws://"))
    assert reference.is_url(text, frozenset({"s3", "ws"}))


def test_without_schemes_there_are_no_urls() -> None:
    assert not can_be_drawn(texts("url", Rules(url_schemes=frozenset())))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("string", ""),
        ("date", "2000-01-01"),
        ("dateTime", "2000-01-01T00:00"),
        ("url", "ftp://a"),
    ],
)
def test_the_simplest_example_is_small(kind: str, text: str) -> None:
    assert simplest(texts(kind)) == text


def test_the_simplest_email() -> None:
    assert simplest(texts("email")).endswith(("@example.co", "@example.com"))


@pytest.mark.parametrize(
    ("kind", "mark", "simple"),
    [
        ("string", "\u4f8b", "\u4f8b"),
        ("dateTime", ":60", "2000-01-01T23:59:60+00:00"),
        ("dateTime", ",", "2000-01-01T00:00:00,0"),
        ("url", "%2", "ftp://a/%20"),
        ("url", "[::1]", "ftp://[::1]"),
    ],
)
def test_examples_shrink_to_simple_texts(kind: str, mark: str, simple: str) -> None:
    assert len(simplest(texts(kind), lambda text: mark in text)) <= len(simple)


@pytest.mark.parametrize("kind", ["bool", "int", "float"])
def test_a_type_without_texts(kind: str) -> None:
    with pytest.raises(ValueError, match=f"found {kind}"):
        texts(kind)
    with pytest.raises(ValueError, match=f"found {kind}"):
        near_misses(kind)


def test_no_type() -> None:
    with pytest.raises(ValueError, match="number"):
        texts("number")
    with pytest.raises(ValueError, match="found string"):
        near_misses("string")


def test_no_table_of_unicode_is_read(tmp_path: Path) -> None:
    # Hypothesis builds it where there is none yet, which takes more than a second; a fresh directory has none.
    code = (
        "import json; from hypothesis import Phase, find, settings; from hypothesis.internal import charmap;"
        "from eventschema.testing import *; charmap.charmap = charmap.categories = charmap.query = None;"
        "few = settings(database=None, max_examples=5, phases=[Phase.generate]);"
        "kinds = ('string', 'date', 'dateTime', 'url', 'email');"
        "drawn = [find(texts(kind), lambda text: True, settings=few) for kind in kinds];"
        "find(track_requests(), lambda request: True, settings=few); print(json.dumps(drawn))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        text=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert len(json.loads(done.stdout)) == len(TEXT_TYPES)
