"""A mismatch is found exactly where a format is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventschema.core.explain import explain
from eventschema.core.formats import matches
from eventschema.core.mismatches import find_mismatch, reason_of
from eventschema.core.reasons import FORMAT_REASONS
from eventschema.core.rules import Rules
from eventschema.core.types import TEXT_FORMATS, PropertyType
from eventschema.core.violations import TypeConflict
from tests.strategies_stream import json_values

RULES = Rules(url_schemes=frozenset({"http", "https"}))
SEEDS = {
    "date": ["2024-02-29", "0001-01-01", "9999-12-31"],
    "dateTime": [
        "2024-02-29T10:00",
        "1998-12-31t23:59:60Z",
        "2024-02-29T10:00:00,5+03:30",
        "1998-12-31T15:59:60.1-0800",
    ],
    "url": [
        "https://u:p@a.example:80/b;c/%41?d=e/?#f?/",
        "HTTP://[2001:db8::1.2.3.4]:8080",
        "http://[v1.a:b]/",
        "http://gr\u00fc.\u00df/\u00e9?\ue000",
    ],
    "email": [
        "a.b+c@d-e.co",
        "\u00e9t\u00e9@\u00fcber.example.com",
        "a@xn--bcher-kva.ch",
        "INFO@A.B.C.org",
        "a" * 64 + "@" + "b" * 63 + ".co",
    ],
}
# What matters to one of the grammars, and something of everything else.
INSERTIONS = [
    *("", "..", "--", "xn--", "@a"),
    *'0169-+:.,TtZz/@[]?#%&=aGx \n\t"\\<^_`~\x00\x7f',
    *"\u00e9\u0301\u0662\u05d0\u00a0\u202e\ue000\U0001f600",
]

each = pytest.mark.parametrize("format_", TEXT_FORMATS)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    text = draw(st.sampled_from([seed for seeds in SEEDS.values() for seed in seeds]))
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 2)))
        text = text[:start] + draw(st.sampled_from(INSERTIONS)) + text[end:]
    return text


@each
@given(mutated())
def test_there_is_a_mismatch_where_the_verdict_is_no(format_: PropertyType, text: str) -> None:
    mismatch = find_mismatch(text, format_, RULES)
    assert (mismatch is None) is matches(text, format_, RULES)
    if mismatch is not None:
        assert 1 <= mismatch.position <= len(text) + 1
        assert (mismatch.found == "the end of the text") is (mismatch.position == len(text) + 1)
        assert str(mismatch).encode()


@each
@given(mutated())
def test_the_reason_of_a_violation_is_that_of_the_mismatch(format_: PropertyType, text: str) -> None:
    mismatch = find_mismatch(text, format_, RULES)
    if mismatch is not None:
        assert mismatch.reason == reason_of(text, format_, RULES)
        assert mismatch.reason in FORMAT_REASONS[format_]
        assert (mismatch.reason == "empty") is (text == "")
        assert mismatch.reason != "international" or not text.isascii()
        conflict = TypeConflict("/p", format_, PropertyType.STRING, 1, mismatch.reason)
        assert conflict.message.encode()


@each
@pytest.mark.parametrize("inserted", INSERTIONS)
def test_one_change_at_each_place_of_each_seed(format_: PropertyType, inserted: str) -> None:
    for seed in SEEDS[format_]:
        for place in range(len(seed) + 1):
            for end in {place, min(place + 1, len(seed))}:
                text = seed[:place] + inserted + seed[end:]
                mismatch = find_mismatch(text, format_, RULES)
                assert (mismatch is None) is matches(text, format_, RULES), text


@given(json_values | mutated())
def test_an_explanation_covers_every_type_or_is_an_error(value: object) -> None:
    explanation = explain(value)
    if explanation.error is None:
        assert {explanation.type, *explanation.why_not} == set(PropertyType)
        assert explanation.type not in explanation.why_not
        assert explanation.takes <= explanation.why_not.keys()
    else:
        assert (explanation.type, dict(explanation.why_not)) == (None, {})
