import datetime
from decimal import Decimal
from typing import Any

import pytest

from eventschema.core.explain import explain
from eventschema.core.rules import Rules
from eventschema.core.types import PropertyType
from eventschema.core.violations import IntOutOfRange, NonFiniteFloat, StringTooLong, UnsupportedType

WITHOUT_INT = Rules(detect=frozenset(PropertyType) - {PropertyType.INT})
WITHOUT_DATE = Rules(detect=frozenset(PropertyType) - {PropertyType.DATE})
LEFT_OUT = "It is one, but the rules leave this type out of detection."


@pytest.mark.parametrize(
    ("value", "type_", "takes"),
    [
        (True, "bool", set()),
        (10, "int", {"float"}),
        (2**53 + 1, "int", set()),
        (10.0, "float", {"int"}),
        (10.5, "float", set()),
        (Decimal(3), "float", {"int"}),
        ("", "string", set()),
        ("2026-11-23", "date", {"string"}),
        ("2026-11-23T10:00", "dateTime", {"string"}),
        ("a@b.co", "email", {"string"}),
        ("https://a.example", "url", {"string"}),
        (datetime.date(2026, 11, 23), "date", {"string"}),
    ],
)
def test_each_other_type_gets_a_sentence(value: object, type_: str, takes: set[str]) -> None:
    explanation = explain(value)
    assert (explanation.type, explanation.error) == (type_, None)
    assert explanation.takes == takes
    assert list(explanation.why_not) == [other for other in PropertyType if other != type_]
    assert all(sentence.endswith(".") for sentence in explanation.why_not.values())


def test_under_exact_types_no_other_takes_it() -> None:
    assert explain(10, Rules(types="exact")).takes == frozenset()


@pytest.mark.parametrize(
    ("value", "other", "sentence"),
    [
        (True, "int", "Expected a number without decimal point or exponent, found true or false."),
        (
            10,
            "float",
            "Expected a number with decimal point or exponent, found a number without decimal point or exponent.",
        ),
        (
            10.0,
            "int",
            "Expected a number without decimal point or exponent, found a number with decimal point or exponent.",
        ),
        (10, "date", "Expected text, found a number without decimal point or exponent."),
        ("10", "int", "Expected a number without decimal point or exponent, found text."),
        ("true", "bool", "Expected true or false, found text."),
        ("a@b.co", "string", "It is text, and of a format, which is the narrower type."),
        ("a@b.co", "date", "Expected a digit, found 'a', at character 1 (year)."),
        ("a@b.co", "dateTime", "Expected a digit, found 'a', at character 1 (year)."),
        ("a@b.co", "url", "Expected '://', found '@', at character 2 (scheme)."),
        ("a", "email", "Expected @ and a domain, found the end of the text, at character 2 (address)."),
    ],
)
def test_the_sentences(value: object, other: str, sentence: str) -> None:
    assert explain(value).why_not[PropertyType(other)] == sentence


def test_a_type_that_the_rules_leave_out() -> None:
    assert explain(10, WITHOUT_INT).type is PropertyType.FLOAT
    assert explain(10, WITHOUT_INT).why_not[PropertyType.INT] == LEFT_OUT
    assert explain(10.0, WITHOUT_INT).why_not[PropertyType.INT] != LEFT_OUT
    assert explain("2026-11-23", WITHOUT_DATE).type is PropertyType.STRING
    assert explain("2026-11-23", WITHOUT_DATE).why_not[PropertyType.DATE] == LEFT_OUT
    assert explain(datetime.date(2026, 11, 23), WITHOUT_DATE).why_not[PropertyType.DATE] == LEFT_OUT
    assert explain("2026-11-23", WITHOUT_DATE).takes == {PropertyType.DATE}


def test_the_schemes_are_those_of_the_rules() -> None:
    rules = Rules(url_schemes=frozenset({"app"}))
    assert explain("app://x", rules).type is PropertyType.URL
    sentence = "Expected one of app, found 'http', at character 1 (scheme)."
    assert explain("http://x", rules).why_not[PropertyType.URL] == sentence


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (None, UnsupportedType("", "null")),
        ([], UnsupportedType("", "array")),
        (2**63, IntOutOfRange("")),
        (float("nan"), NonFiniteFloat("")),
        ("x" * 2049, StringTooLong("", 2048, 2049)),
    ],
)
def test_a_value_without_a_type_has_an_error(value: Any, error: object) -> None:
    explanation = explain(value)
    assert (explanation.type, explanation.error, dict(explanation.why_not)) == (None, error, {})
    assert explanation.takes == frozenset()
