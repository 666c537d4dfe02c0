import time
from typing import Any

import pytest

from eventschema.core.types import PropertyType
from eventschema.stream.profile.valuekinds import KindCounts, is_card_number
from tests.strategies_profile import kinds_of

KINDS: list[tuple[str, list[str]]] = [
    ("0", ["int_text"]),
    ("-12", ["int_text"]),
    ("1.50", ["float_text"]),
    ("1e5", ["float_text"]),
    (".5", []),
    ("+5", []),
    ("1,5", []),
    ("00123", ["leading_zeros"]),
    ("2021-01-02 10:00:00", ["spaced_datetime"]),
    ("2021-01-02 10:00:00.123456 UTC", ["spaced_datetime"]),
    ("2021-01-02 10:00+02:00", ["spaced_datetime"]),
    ("f81d4fae-7dec-11d0-a765-00a0c91e6bf6", ["uuid"]),
    ("f81d4fae-7dec-11d0-a765-00a0c91e6bf", []),
    ("d41d8cd98f00b204e9800998ecf8427e", ["hex"]),
    ("0x1f", ["hex"]),
    ("abcdefabcdefabcdef", []),
    ('{"a": 1}', ["json"]),
    ("[1, 2]", ["json"]),
    ("[]", ["json"]),
    ("{name}", []),
    ("[note] x", []),
    ("true", ["bool_text"]),
    ("yes", []),
    ("N/A", ["placeholder"]),
    ("undefined", ["placeholder"]),
    ("", []),
    ("NA", []),
    ("01/02/2021", ["ambiguous_date"]),
    ("31/01/2021", ["day_first"]),
    ("31.1.2021 10:00", ["day_first"]),
    ("1/31/21", ["month_first"]),
    ("31/31/2021", []),
    ("00/01/2021", []),
    ("2021/01/02", ["year_first"]),
    ("Jan 2, 2021", ["date_in_words"]),
    ("Sat, 02 Jan 2021 10:00:00 GMT", ["date_in_words"]),
    ("10.0.0.1", ["ip_address"]),
    ("10.0.0.256", []),
    ("::1", ["ip_address"]),
    ("2001:db8::8a2e:370:7334", ["ip_address"]),
    ("10:20:30", []),
    ("https://api.example.com/repos{/owner}", ["url_template"]),
    ("s3://bucket/key", ["other_scheme"]),
    ("s3://a b", []),
    ("mail to someone@example.com", ["email_inside"]),
    ("https://user@example.com:99999999/", []),
    ("call +1 (555) 123-4567 please", ["phone_number"]),
    ("GMT+10:00 12345678", []),
    ("(555) 123-4567", ["national_phone_number"]),
    ("4111 1111 1111 1111", ["card_number"]),
    ("4111 1111 1111 1112", []),
    ("4111111111111111", ["int_text", "card_number"]),
    ("3782 822463 10005", ["card_number"]),
    ("12\n13", []),
]


@pytest.mark.parametrize(("text", "kinds"), KINDS)
def test_what_a_text_is_beyond_its_type(text: str, kinds: list[str]) -> None:
    assert [str(kind) for kind in kinds_of(text, PropertyType.STRING)] == kinds


@pytest.mark.parametrize(
    ("value", "type_", "kinds"),
    [
        (946_684_799, "int", []),
        (946_684_800, "int", ["epoch_seconds"]),
        (2_208_988_799, "int", ["epoch_seconds"]),
        (2_208_988_800, "int", []),
        (1_700_000_000_000, "int", ["epoch_milliseconds"]),
        (4111111111111111, "int", ["card_number"]),
        ("https://example.com/?mail=someone%40example.com", "url", ["email_inside"]),
        ("https://someone@example.com/", "url", []),
        ("someone@example.com", "email", []),
        (True, "bool", []),
        (1.5, "float", []),
    ],
)
def test_what_a_value_of_another_type_is(value: Any, type_: str, kinds: list[str]) -> None:
    assert [str(kind) for kind in kinds_of(value, PropertyType(type_))] == kinds


def test_epoch_seconds_among_other_ints_are_counted() -> None:
    counts = KindCounts()
    counts.add([1, 1_700_000_000, 5_000_000_000], PropertyType.INT)
    assert counts.counts == {"epoch_seconds": 1}


def test_forms_are_counted_until_too_many_texts_have_none() -> None:
    counts = KindCounts()
    counts.add(["12", "N/A", "", *["word"] * 1000], PropertyType.STRING)
    assert counts.counts == {"int_text": 1, "placeholder": 1}
    counts.add(["word"], PropertyType.STRING)
    assert counts.counts == {"placeholder": 1}
    counts.add(["12", "N/A"], PropertyType.STRING)
    assert counts.counts == {"placeholder": 2}


@pytest.mark.parametrize(("text", "expected"), [("4111111111111111", True), ("4111111111111112", False), ("", False)])
def test_a_card_number_has_its_check_digit(text: str, expected: bool) -> None:
    assert is_card_number(text) is expected


HOSTILE = ["1" * 2047 + "x", "[" + '"' * 2047, "{" * 2048, "+1" * 1024, "a@" * 1024, "a@b." * 512, "+" + "1(" * 1023]
HOSTILE += [
    "4" * 2048,
    ":" * 2048,
    "a://" + "{" * 2044,
    "a" * 2048,
    "%40" * 680,
    "Jan " * 512,
    "1/" * 1024,
    "-1" * 1024,
]


@pytest.mark.parametrize("text", HOSTILE, ids=[text[:6] for text in HOSTILE])
def test_a_hostile_text_takes_little_time(text: str) -> None:
    counts = KindCounts()
    start = time.process_time()
    for _ in range(20):
        counts.add([text], PropertyType.STRING)
    assert (time.process_time() - start) / 20 < 0.002
