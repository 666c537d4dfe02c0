"""``grammar``: what a fast path takes of a format is part of it, over all short texts that its characters can make."""

import re
from collections.abc import Iterator
from itertools import product

import pytest

from eventschema.core import grammar
from eventschema.core.acceleration import type_codes
from eventschema.core.accept import is_in_subset
from eventschema.core.columns import TYPES, UNCERTAIN
from eventschema.core.formats import matches, text_type
from eventschema.core.rules import DEFAULT_RULES
from eventschema.core.types import PropertyType


def short_texts(alphabet: str, most: int, before: str = "", after: str = "") -> Iterator[str]:
    """Yield every text of at most ``most`` characters of the alphabet, with the same text before and after."""
    for length in range(most + 1):
        for characters in product(alphabet, repeat=length):
            yield f"{before}{''.join(characters)}{after}"


def numbers(template: str) -> Iterator[str]:
    """Yield ``template`` with every pair of digits, and with some texts that are not two digits."""
    for pair in (*(f"{number:02}" for number in range(100)), "1", "111", "a1", "\u0661\u0661"):
        yield template.format(pair)


TIME = "2024-02-28T23:59:59"
SHORT = {
    PropertyType.DATE: [
        *numbers("2024-{}-28"),
        *numbers("2023-02-{}"),
        *numbers("{}00-02-29"),
        *numbers("00{}-01-01"),
        *short_texts("01-", 6, before="2024"),
    ],
    PropertyType.DATETIME: [
        *numbers("2024-02-{}T00:00:00Z"),
        *(
            text
            for frame in ("T{}:00Z", "T{}:00:00Z", "T23:{}:00Z", "T23:59:{}Z")
            for text in numbers(f"{TIME[:10]}{frame}")
        ),
        *(
            text
            for frame in ("T23:59+{}", "T00:59:60-00:{}", "T23:59:60Z{}")
            for text in numbers(f"{TIME[:10]}{frame}")
        ),
        *short_texts(".,0Zz+-:", 5, before=TIME),
        *short_texts("0", 11, before=f"{TIME}.", after="Z"),
    ],
    PropertyType.URL: [
        *short_texts("a1.:/?#%[]@- ", 4, before="http://"),
        *short_texts("hHtTpPsf:/", 4, after="://a"),
        *numbers("http://a:655{}"),
    ],
    PropertyType.EMAIL: [
        *short_texts("aA1._+-@", 5, after=".co"),
        *short_texts("a1.-@", 7),
        *(f"a@b.{top}" for top in (*grammar.SPECIAL_USE_DOMAINS, "com", "net", "org")),
        *(f"{'a' * local}@{'b' * label}.co" for local in (1, 57, 58, 64, 65) for label in (1, 2, 63, 64)),
    ],
}


@pytest.mark.parametrize("format_", SHORT)
def test_each_subset_is_part_of_its_format(format_: PropertyType) -> None:
    taken = [text for text in SHORT[format_] if is_in_subset(text, format_)]
    assert taken  # else the test shows nothing
    assert [text for text in taken if not matches(text, format_, DEFAULT_RULES)] == []


@pytest.mark.parametrize("format_", SHORT)
def test_the_fast_path_detects_what_the_definition_does(format_: PropertyType) -> None:
    texts = SHORT[format_]
    certain = [
        (text, TYPES[code])
        for text, code in zip(texts, type_codes(texts, DEFAULT_RULES), strict=True)
        if code != UNCERTAIN
    ]
    assert any(found is format_ for _, found in certain)
    assert [(text, found) for text, found in certain if found is not text_type(text, DEFAULT_RULES)] == []


@pytest.mark.parametrize(
    ("production", "accepted", "refused"),
    [
        (grammar.UUID, ["0189aF00-0000-7000-8000-000000000000"], ["0189af00-0000-7000-8000-00000000000", "g" * 36]),
        (grammar.PHONE_NUMBER, ["+12", "+123456789012345"], ["+1", "+1234567890123456", "+02", "12", "+1a"]),
        (grammar.SCHEME, ["a", "Z0+.-"], ["", "0a", "a_"]),
        (grammar.NAME, ["_", "0", "aZ_9"], ["", "a-b", "\u00e9", "a\n"]),
        (grammar.LINE, [" ", "\x80", "\u2028", "\U0001f600"], ["", "\x00", "\x1f", "a\x7f", "\ud800", "\udfff", "a\n"]),
    ],
)
def test_the_productions_of_names(production: str, accepted: list[str], refused: list[str]) -> None:
    assert [text for text in accepted if not re.fullmatch(production, text)] == []
    assert [text for text in refused if re.fullmatch(production, text)] == []
