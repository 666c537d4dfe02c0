"""``rules``: the defaults, what each field takes, and what is a mistake."""

import dataclasses
import pickle
import re
from typing import Any

import pytest

from eventschema import PropertyType, Rules
from eventschema.core.rules import DEFAULT_RULES

LIMITS = ["max_properties", "max_name_length", "max_string_length", "float_digits", "max_event_name_length"]
ALL = frozenset(PropertyType)


def test_defaults() -> None:
    assert {field.name: getattr(Rules(), field.name) for field in dataclasses.fields(Rules)} == {
        "max_properties": 100,
        "max_name_length": 128,
        "max_string_length": 2048,
        "float_digits": 6,
        "max_schema_properties": None,
        "max_event_name_length": 255,
        "url_schemes": {"http", "https", "ftp", "ftps"},
        "detect": ALL,
        "new_properties": "add",
        "nulls": "ignore",
        "types": "conform",
        "invalid": "reject",
        "empty_texts": "keep",
        "hints": (),
        "event_ids": "uuid",
        "unknown_fields": "reject",
    }
    assert Rules() == DEFAULT_RULES


@pytest.mark.parametrize("limit", [*LIMITS, "max_schema_properties"])
@pytest.mark.parametrize("value", [0, 1, 10**30])
def test_limits(limit: str, value: int) -> None:
    given: dict[str, Any] = {limit: value}
    assert getattr(Rules(**given), limit) == value


@pytest.mark.parametrize("limit", [*LIMITS, "max_schema_properties"])
@pytest.mark.parametrize("value", [-1, 1.0, "1", True, [1], float("nan")])
def test_limits_that_make_no_sense(limit: str, value: object) -> None:
    given: dict[str, Any] = {limit: value}
    with pytest.raises(ValueError, match=rf"^{limit}: expected a whole number of at least 0, found "):
        Rules(**given)


@pytest.mark.parametrize("limit", LIMITS)
def test_only_the_size_of_a_schema_may_be_unbounded(limit: str) -> None:
    given: dict[str, Any] = {limit: None}
    with pytest.raises(ValueError, match=limit):
        Rules(**given)


OPTIONS = {
    "new_properties": ("add", "reject"),
    "nulls": ("ignore", "reject"),
    "types": ("conform", "exact"),
    "invalid": ("reject", "drop"),
    "empty_texts": ("keep", "ignore"),
    "event_ids": ("uuid", "text"),
    "unknown_fields": ("reject", "ignore"),
}


@pytest.mark.parametrize(("name", "options"), OPTIONS.items())
def test_options(name: str, options: tuple[str, ...]) -> None:
    for option in options:
        given: dict[str, Any] = {name: option}
        assert getattr(Rules(**given), name) == option
    for wrong in ("", "Add", None, 1, ["add"]):
        given = {name: wrong}
        with pytest.raises(ValueError, match=f"^{name}: expected one of {', '.join(options)}, found "):
            Rules(**given)


def test_url_schemes_are_any_collection_and_kept_in_lower_case() -> None:
    schemes: Any = ["HTTP", "coap+tcp", "x-1.2"]
    assert Rules(url_schemes=schemes).url_schemes == {"http", "coap+tcp", "x-1.2"}
    assert Rules(url_schemes=frozenset()).url_schemes == set()
    assert type(Rules(url_schemes=schemes).url_schemes) is frozenset


@pytest.mark.parametrize(
    "schemes", ["http", ["http:"], ["1http"], [""], ["h ttp"], ["http\n"], ["é"], [1], ["http", 1], [["http"]], None, 5]
)
def test_url_schemes_that_are_none(schemes: Any) -> None:
    with pytest.raises(ValueError, match=r"^url_schemes: expected "):
        Rules(url_schemes=schemes)


def test_the_message_on_schemes_is_independent_of_set_order() -> None:
    with pytest.raises(ValueError, match="found '1'"):
        Rules(url_schemes=frozenset({"3", "1", "2"}))


def test_detect_takes_types_and_their_words() -> None:
    types: Any = ["bool", "float", PropertyType.STRING, "dateTime"]
    detect = Rules(detect=types).detect
    assert detect == {PropertyType.BOOL, PropertyType.FLOAT, PropertyType.STRING, PropertyType.DATETIME}
    assert all(type(member) is PropertyType for member in detect)
    assert type(detect) is frozenset


@pytest.mark.parametrize("missing", ["bool", "float", "string"])
def test_detect_cannot_do_without(missing: str) -> None:
    with pytest.raises(
        ValueError, match=f"^detect: bool, float and string cannot be left out, found no {missing}: give {{"
    ):
        Rules(detect=ALL - {PropertyType(missing)})


def test_all_that_detect_cannot_do_without_is_named_in_order() -> None:
    message = (
        "detect: bool, float and string cannot be left out, found no bool and no float: "
        "give {'bool', 'float', 'string', 'url'}"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Rules(detect=frozenset({PropertyType.URL, PropertyType.STRING}))


def test_a_type_that_is_none_is_named_beside_those_there_are() -> None:
    message = "detect: expected some of bool, int, float, string, date, dateTime, email, url, found 'integer'"
    with pytest.raises(ValueError, match=f"^{message}$"):
        Rules(detect=["bool", "integer", "str"])  # type: ignore[arg-type]  # what must not be done


@pytest.mark.parametrize("optional", ["int", "date", "dateTime", "email", "url"])
def test_detect_can_do_without(optional: str) -> None:
    assert Rules(detect=ALL - {PropertyType(optional)}).detect == ALL - {PropertyType(optional)}


@pytest.mark.parametrize("types", ["bool", ["bool", "float", "string", "datetime"], [None], [[]], ["bool", 5], None, 5])
def test_detect_that_is_none(types: Any) -> None:
    with pytest.raises(ValueError, match=r"^detect: expected "):
        Rules(detect=types)


def test_the_message_on_types_is_independent_of_set_order() -> None:
    types: Any = frozenset({8, 1})  # whose order, unlike that of texts, is always the same, and is that of their hashes
    with pytest.raises(ValueError, match=r"found 1$"):
        Rules(detect=types)


def test_rules_are_values() -> None:
    rules = Rules(max_properties=5, detect=ALL - {PropertyType.INT})
    twin = Rules(max_properties=5, detect=ALL - {PropertyType.INT})
    assert rules == twin
    assert hash(rules) == hash(twin)
    assert rules != Rules(max_properties=5)
    assert pickle.loads(pickle.dumps(rules)) == rules
    assert dataclasses.replace(rules, max_properties=100).max_properties == 100
    with pytest.raises(dataclasses.FrozenInstanceError):
        rules.max_properties = 6  # type: ignore[misc]  # what must not be done


def test_rules_are_named_and_not_counted() -> None:
    with pytest.raises(TypeError):
        Rules(100)  # type: ignore[call-arg]  # what must not be done


def test_rules_show_what_differs_from_the_defaults_and_in_order() -> None:
    assert repr(Rules()) == "Rules()"
    rules = Rules(max_properties=5, url_schemes=frozenset({"https", "ftp"}), types="exact", max_schema_properties=7)
    assert (
        repr(rules) == "Rules(max_properties=5, max_schema_properties=7, url_schemes={'ftp', 'https'}, types='exact')"
    )
    without_int = Rules(detect=frozenset(PropertyType) - {PropertyType.INT})
    assert repr(without_int) == "Rules(detect={'bool', 'date', 'dateTime', 'email', 'float', 'string', 'url'})"
    for each in (rules, without_int):
        assert eval(repr(each)) == each


def test_an_empty_set_of_schemes_shows_as_one() -> None:
    assert eval(repr(Rules(url_schemes=frozenset()))) == Rules(url_schemes=frozenset())


HINTS = (("utm_*", PropertyType.STRING), ("?", PropertyType.INT))


@pytest.mark.parametrize(
    "given",
    [
        HINTS,
        [["utm_*", "string"], ["?", "int"]],
        {"utm_*": "string", "?": PropertyType.INT},
        iter(HINTS),
    ],
)
def test_hints_are_pairs_or_a_mapping(given: Any) -> None:
    rules = Rules(hints=given)
    assert rules.hints == HINTS
    assert {type(type_) for _, type_ in rules.hints} == {PropertyType}
    assert hash(rules) == hash(Rules(hints=HINTS))
    assert pickle.loads(pickle.dumps(rules)) == rules
    assert repr(rules) == "Rules(hints=(('utm_*', 'string'), ('?', 'int')))"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("utm_*", "hints: expected pairs of a pattern and a type, found 'utm_*'"),
        (5, "hints: expected pairs of a pattern and a type, found 5"),
        (None, "hints: expected pairs of a pattern and a type, found None"),
        (["ab"], "hints: expected pairs of a pattern and a type, found 'ab'"),
        ([("a",)], "hints: expected pairs of a pattern and a type, found ('a',)"),
        ([("", "int")], "hints: expected a pattern of latin letters, digits, _, * and ?, found ''"),
        ([("a-b", "int")], "hints: expected a pattern of latin letters, digits, _, * and ?, found 'a-b'"),
        ([("[ab]", "int")], "hints: expected a pattern of latin letters, digits, _, * and ?, found '[ab]'"),
        ([("a\n", "int")], "hints: expected a pattern of latin letters, digits, _, * and ?, found 'a\\n'"),
        ([(1, "int")], "hints: expected a pattern of latin letters, digits, _, * and ?, found 1"),
        ([("a", "integer")], f"hints: expected one of {', '.join(PropertyType)} for a, found 'integer'"),
        ([("a", ["int"])], f"hints: expected one of {', '.join(PropertyType)} for a, found ['int']"),
    ],
)
def test_hints_that_are_none(given: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Rules(hints=given)
