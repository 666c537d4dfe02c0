"""JSON by the standard library's decoder, and the place of a repeated key."""

import json
from typing import Any

import pytest

from eventschema.core.jsontext import RepeatedKey, read_json


@pytest.mark.parametrize("text", ["null", "1", "[]", "{}", '[{"a":1},{"a":1}]', '{"a":{"a":{"a":[]}}}'])
def test_where_no_key_stands_twice_there_is_the_value_alone(text: str) -> None:
    assert read_json(text) == (json.loads(text), None)


@pytest.mark.parametrize(
    ("text", "value", "repeated"),
    [
        ('{"a":1,"a":2}', {"a": 2}, RepeatedKey("", "a")),
        ('{"b":1,"a":1,"b":2,"a":2}', {"b": 2, "a": 2}, RepeatedKey("", "b")),
        ('[0,{"x":[[],{"k":{"a":1,"a":2}}]}]', [0, {"x": [[], {"k": {"a": 2}}]}], RepeatedKey("/1/x/1/k", "a")),
        ('{"one":{"a":1,"a":2},"two":{"b":1,"b":1},"three":{}}', None, RepeatedKey("/two", "b")),
        ('{"one":{"a":1,"a":2},"one":{}}', {"one": {}}, RepeatedKey("", "one")),
        ('{"a":{"a":{"a":1},"b":{}},"c":{"d":0,"d":1}}', None, RepeatedKey("/c", "d")),
    ],
)
def test_the_place_of_a_key_that_stands_twice(text: str, value: Any, repeated: RepeatedKey) -> None:
    found, place = read_json(text)
    assert place == repeated
    assert value is None or found == value


def test_numbers_and_words_are_read_as_the_caller_says() -> None:
    assert read_json("[1, NaN]", parse_int=float, parse_constant=str.lower)[0] == [1.0, "nan"]
    with pytest.raises(json.JSONDecodeError):
        read_json("{")
