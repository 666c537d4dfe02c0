"""``hints``: which names a pattern matches, compared with ``fnmatch``."""

from fnmatch import fnmatchcase
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventschema import PropertyType
from eventschema.core.hints import hinted_type, matches_pattern, read_hints

INT, STRING = PropertyType.INT, PropertyType.STRING


def test_every_short_pattern_matches_as_fnmatch_says() -> None:
    names = ["".join(letters) for size in (1, 2, 3) for letters in product("ab", repeat=size)]
    for size in (1, 2, 3, 4):
        for letters in product("ab*?", repeat=size):
            pattern = "".join(letters)
            for name in names:
                found = hinted_type(name, ((pattern, INT),))
                assert (found is INT) is fnmatchcase(name, pattern), (name, pattern)


@given(st.text("ab", min_size=1, max_size=20), st.text("ab*?", min_size=1, max_size=12))
def test_any_pattern_matches_as_fnmatch_says(name: str, pattern: str) -> None:
    assert (hinted_type(name, ((pattern, INT),)) is INT) is fnmatchcase(name, pattern)


@given(st.text("a*?", max_size=20), st.text("a*?", max_size=12))
def test_names_of_other_systems_match_as_fnmatch_says(name: str, pattern: str) -> None:
    assert matches_pattern(name, pattern) is fnmatchcase(name, pattern)


@pytest.mark.parametrize(
    ("name", "expected"), [("utm_a", STRING), ("utm_", STRING), ("UTM_a", None), ("x", INT), ("xy", None), ("0", INT)]
)
def test_the_first_pattern_decides_and_case_matters(name: str, expected: PropertyType | None) -> None:
    assert hinted_type(name, (("utm_*", STRING), ("utm_a", INT), ("?", INT))) is expected


def test_a_pattern_of_many_stars_takes_no_longer() -> None:
    # A search that goes back to each star would take 2**64 steps.
    assert hinted_type("a" * 128, (("a*" * 64 + "b", INT),)) is None
    assert hinted_type("a" * 128, (("*a" * 128, INT),)) is INT


def test_hints_are_read_as_given() -> None:
    assert read_hints("hints", ()) == ()
    assert read_hints("hints", {}) == ()
    assert read_hints("hints", [("a", "int"), ("a", "string")]) == (("a", INT), ("a", STRING))
