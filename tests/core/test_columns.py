"""The codes of columns. ``tests/properties/test_profile.py`` checks them value by value against the definition."""

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from eventschema import AdjustmentKind, EventSchema
from eventschema.core import columns
from eventschema.core.acceleration import type_codes
from eventschema.core.columns import NULL, TYPES, UNCERTAIN
from eventschema.core.rules import Rules
from eventschema.core.types import PropertyType

CERTAIN = [
    (True, "bool"),
    (0, "int"),
    (2**63 - 1, "int"),
    (-(2**63), "int"),
    (1.5, "float"),
    ("", "string"),
    ("x" * 2048, "string"),
    ("2026-11-23", "date"),
    ("2026-11-23T10:00Z", "dateTime"),
    ("a@b.co", "email"),
    ("https://a.example/x", "url"),
    ("2021\u20139\u201301", "string"),
    ("\u00e9 /:\U0001f600", "string"),
    ("\u4f8b" * 2048, "string"),
]
OTHERS: list[Any] = [
    None,
    [],
    {},
    2**63,
    -(2**63) - 1,
    float("nan"),
    float("inf"),
    "x" * 2049,
    "\u00e9@b.co",
    "http://\u00e9/",
    "\ud800",
    b"x",
]

both = pytest.mark.parametrize("codes", [type_codes, columns.type_codes])
Codes = Callable[[list[Any], Rules], bytes]


@both
def test_what_is_certain(codes: Codes) -> None:
    found = codes([value for value, _ in CERTAIN], Rules())
    assert [TYPES[code].value for code in found] == [type_ for _, type_ in CERTAIN]


@both
def test_what_is_not(codes: Codes) -> None:
    assert list(codes(OTHERS, Rules())) == [NULL, *[UNCERTAIN] * (len(OTHERS) - 1)]
    assert codes([], Rules()) == b""


@both
def test_types_that_are_not_detected(codes: Codes) -> None:
    rules = Rules(detect=frozenset({PropertyType.BOOL, PropertyType.FLOAT, PropertyType.STRING, PropertyType.URL}))
    texts = ["2026-11-23", "2026-11-23T10:00Z", "a@b.co", "https://a.example/x", "x"]
    assert [TYPES[code].value for code in codes(texts, rules)] == ["string", "string", "string", "url", "string"]
    assert [TYPES[code].value for code in codes([1, 2**53, -(2**53), 1.5], rules)] == ["float"] * 4
    assert list(codes([2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63) + 1], rules)) == [UNCERTAIN] * 4


@both
def test_limits_beyond_any_length(codes: Codes) -> None:
    assert list(codes(["a"], Rules(max_string_length=10**30))) == list(codes(["a"], Rules()))


@pytest.mark.parametrize("codes", {columns.type_codes, type_codes})
def test_an_option_it_does_not_know_makes_all_uncertain(codes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[codes.__module__], "_OTHER_OPTIONS", (("nulls", "ignore"),))
    assert list(codes([1, None], Rules(max_properties=9))) == [TYPES.index(PropertyType.INT), NULL]
    assert list(codes([1, None], Rules(nulls="reject"))) == [UNCERTAIN, UNCERTAIN]


COLUMNS: list[list[Any]] = [
    [value for value, _ in CERTAIN] + OTHERS,
    [value for value, _ in CERTAIN if isinstance(value, str)],
    ["2026-11-23", "2026-11-23" * 300, "2026-02-30"],
    ["a@b.co", "A.b@c.org", "a@b"],
    ["https://a.example/x", "ftp://a.example/", "http://"],
    ["2026-11-23\n2026-11-24"],
    ["2026-11-23\n", "2026-11-24"],
    ["2026-11-23T10:00Z\n2026-11-24T10:00Z", "2026-11-25T10:00Z"],
    ["a@b.co\n", "c@d.org"],
    ["https://a.example/\nhttps://b.example/", "https://c.example/"],
    [1.5, 1.23456789, 0.0000001, -0.0, 3.0, 1e300],
    [1.5, 1.23456789, -12.3456785, 999999999.123456, 999999999.1234567, 0.000001, -0.000002],
    [1.5, 1.23456789, 0.0, -0.0, 5e-7, 5.000001e-7, -9e-7],
    [1, 2**53, 2**53 + 1, 2**63],
    [1, 1.5, None, float("nan")],
    [None, None],
    [True, False],
]


@pytest.mark.parametrize("expected", PropertyType)
@pytest.mark.parametrize("with_rules", [Rules(), Rules(max_string_length=12), Rules(nulls="reject", float_digits=2)])
@pytest.mark.parametrize("url_schemes", [{"http", "https"}, {"ftp"}])
def test_a_column_conforms_as_its_values_do(expected: PropertyType, with_rules: Rules, url_schemes: set[str]) -> None:
    used = replace(with_rules, url_schemes=frozenset(url_schemes))
    schema = EventSchema("e", {"p": expected})
    for column in COLUMNS:
        fate = columns.conform_column(column, expected, used)
        merged = [schema.merge({"p": value}, used) for value in column]
        settled = [result for position, result in enumerate(merged) if position not in fate.doubtful]
        assert all(result.ok for result in settled)
        changes = [change for result in settled for change in result.adjustments]
        kinds = [change.kind for change in changes]
        assert fate.nulls == kinds.count(AdjustmentKind.NULL_IGNORED)
        assert fate.as_floats == kinds.count(AdjustmentKind.INT_TO_FLOAT)
        assert fate.rounded == kinds.count(AdjustmentKind.ROUNDED)
        assert fate.zeroed == sum(
            change.kind is AdjustmentKind.ROUNDED and change.before != 0 == change.after for change in changes
        )
