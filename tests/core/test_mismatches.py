from typing import Any

import pytest

from eventschema.core import mismatches
from eventschema.core.formats import is_url, matches
from eventschema.core.mismatches import Mismatch, find_mismatch, reason_of
from eventschema.core.reasons import FORMAT_REASONS
from eventschema.core.rules import Rules
from eventschema.core.types import TEXT_TYPES, PropertyType
from tests.support import load_cases

RULES = Rules(url_schemes=frozenset({"http", "https"}))
LONG = "255 octets, 1 more than the limit of 254"
LABEL = "a label of at most 63 characters, without '-' at its ends, that IDNA allows"


@pytest.mark.parametrize(
    ("text", "production", "position", "expected", "found", "reason"),
    [
        ("", "year", 1, "a digit", "the end of the text", "empty"),
        ("202", "year", 4, "a digit", "the end of the text", "no_date"),
        ("20x4-01-01", "year", 3, "a digit", "'x'", "no_date"),
        ("\u0662\u0660\u0662\u0664-01-01", "year", 1, "a digit", "U+0662", "no_date"),
        ("0000-01-01", "year", 1, "a year from 0001 to 9999", "'0000'", "year"),
        ("2024", "date", 5, "'-'", "the end of the text", "no_date"),
        ("20240101", "date", 5, "'-'", "'0'", "no_date"),
        ("2024-W1-1", "month", 6, "a digit", "'W'", "no_date"),
        ("2024-00-01", "month", 6, "a month from 01 to 12", "'00'", "month"),
        ("2024-13-01", "month", 6, "a month from 01 to 12", "'13'", "month"),
        ("2024-1-01", "month", 7, "a digit", "'-'", "no_date"),
        ("2024-01", "date", 8, "'-'", "the end of the text", "no_date"),
        ("2024-01-1", "day", 10, "a digit", "the end of the text", "no_date"),
        ("2023-02-29", "day", 9, "a day of that month", "'29'", "day"),
        ("2024-04-31", "day", 9, "a day of that month", "'31'", "day"),
        ("2024-01-01 ", "date", 11, "the end of the text", "' '", "trailing"),
        ("2024-01-01\n", "date", 11, "the end of the text", "U+000A", "trailing"),
    ],
)
def test_date(text: str, production: str, position: int, expected: str, found: str, reason: Any) -> None:
    assert find_mismatch(text, PropertyType.DATE, RULES) == Mismatch(production, position, expected, found, reason)


@pytest.mark.parametrize(
    ("text", "production", "position", "expected", "found", "reason"),
    [
        ("", "year", 1, "a digit", "the end of the text", "empty"),
        ("01.09.2021 10:00", "year", 3, "a digit", "'.'", "no_date"),
        ("0000-01-01T10:00", "year", 1, "a year from 0001 to 9999", "'0000'", "year"),
        ("2024-13-01T10:00", "month", 6, "a month from 01 to 12", "'13'", "month"),
        ("2024-02-29x10:00", "dateTime", 11, "T and a time", "'x'", "no_t"),
        ("2023-02-29T10:00", "day", 9, "a day of that month", "'29'", "day"),
        ("2024-02-29", "dateTime", 11, "T and a time", "the end of the text", "no_time"),
        ("2024-02-29 10:00", "dateTime", 11, "T and a time", "' '", "space"),
        ("2024-02-29T1:00", "hour", 13, "a digit", "':'", "hour"),
        ("2024-02-29T24:00", "hour", 12, "an hour from 00 to 23", "'24'", "hour"),
        ("2024-02-29T10", "time", 14, "':'", "the end of the text", "minute"),
        ("2024-02-29T1000", "time", 14, "':'", "'0'", "minute"),
        ("2024-02-29T10:60", "minute", 15, "a minute from 00 to 59", "'60'", "minute"),
        ("2024-02-29t10:60", "minute", 15, "a minute from 00 to 59", "'60'", "minute"),
        ("2024-02-29T10:00 ", "dateTime", 17, "an offset or the end of the text", "' '", "offset"),
        ("2024-02-29T10:00:", "second", 18, "a digit", "the end of the text", "second"),
        ("2024-02-29T10:00:61", "second", 18, "a second from 00 to 60", "'61'", "second"),
        ("2024-02-29T10:00:00.", "fraction", 21, "a digit", "the end of the text", "fraction"),
        ("2024-02-29T10:00:00,Z", "fraction", 21, "a digit", "'Z'", "fraction"),
        ("2024-02-29T10:00:00.123x", "dateTime", 24, "an offset or the end of the text", "'x'", "offset"),
        ("2024-02-29T10:00.5", "dateTime", 17, "an offset or the end of the text", "'.'", "offset"),
        ("2024-02-29T10:00Z\n", "dateTime", 18, "the end of the text", "U+000A", "trailing"),
        ("2024-02-29T10:00z ", "dateTime", 18, "the end of the text", "' '", "trailing"),
        ("2024-02-29T10:00+", "offset", 18, "a digit", "the end of the text", "offset"),
        ("2024-02-29T10:00-24", "offset", 18, "hours from 00 to 23", "'24'", "offset"),
        ("2024-02-29T10:00+03:", "offset", 21, "a digit", "the end of the text", "offset"),
        ("2024-02-29T10:00+03x", "offset", 20, "a digit", "'x'", "offset"),
        ("2024-02-29T10:00+0360", "offset", 20, "minutes from 00 to 59", "'60'", "offset"),
        ("2024-02-29T10:00+03:00:00", "dateTime", 23, "the end of the text", "':'", "trailing"),
        *(
            (
                text,
                "second",
                18,
                "second 60 only at 23:59:60 UTC, with an offset that says so",
                "another time",
                "leap_second",
            )
            for text in (
                "1998-12-31T23:59:60",
                "1998-12-31T23:58:60Z",
                "1998-12-31T23:59:60.5+01:00",
                "1998-12-31T23:59:60+03",
            )
        ),
    ],
)
def test_datetime(text: str, production: str, position: int, expected: str, found: str, reason: Any) -> None:
    assert find_mismatch(text, PropertyType.DATETIME, RULES) == Mismatch(production, position, expected, found, reason)


@pytest.mark.parametrize(
    ("text", "production", "position", "expected", "found", "reason"),
    [
        ("", "scheme", 1, "a letter", "the end of the text", "empty"),
        ("://a", "scheme", 1, "a letter", "':'", "no_scheme"),
        ("1http://a", "scheme", 1, "a letter", "'1'", "no_scheme"),
        ("//a", "scheme", 1, "a letter", "'/'", "no_scheme"),
        ("http", "scheme", 5, "'://'", "the end of the text", "no_scheme"),
        ("ht_tp://a", "scheme", 3, "'://'", "'_'", "no_scheme"),
        ("http:a", "scheme", 6, "'://'", "'a'", "no_scheme"),
        ("h2+-.://a", "scheme", 1, "one of http, https", "'h2+-.'", "scheme"),
        ("ftp://a", "scheme", 1, "one of http, https", "'ftp'", "scheme"),
        ("x" * 50 + "://a", "scheme", 1, "one of http, https", f"'{'x' * 40}...'", "scheme"),
        ("x" * 40 + "://a", "scheme", 1, "one of http, https", f"'{'x' * 40}'", "scheme"),
        ("http://", "host", 8, "a host", "the end of the text", "no_host"),
        ("http:///x", "host", 8, "a host", "'/'", "no_host"),
        ("http://:80", "host", 8, "a host", "':'", "no_host"),
        ("http://u@/x", "host", 10, "a host", "'/'", "no_host"),
        ("http://u ser@a", "userinfo", 9, "a character of a userinfo", "' '", "userinfo"),
        ("http://a%@b", "userinfo", 9, "two hex digits after %", "'%'", "userinfo"),
        ("http://a@b@c", "host", 11, "a character of a host", "'@'", "host"),
        ("http://a b", "host", 9, "a character of a host", "' '", "host"),
        ("http://X b", "host", 9, "a character of a host", "' '", "host"),
        ("http://a b/@", "host", 9, "a character of a host", "' '", "host"),
        ("http://a%4", "host", 9, "two hex digits after %", "'%'", "host"),
        ("http://a\u00a0b", "host", 9, "a character of a host", "U+00A0", "host"),
        ("http://[::1", "host", 12, "]", "the end of the text", "host"),
        ("http://[::1/x", "host", 12, "]", "'/'", "host"),
        ("http://[::1/]", "host", 12, "]", "'/'", "host"),
        ("http://[::1%25lo]/", "host", 9, "an IPv6 address without a zone, or an IPvFuture", "'::1%25lo'", "host"),
        ("http://[v1.]", "host", 9, "an IPv6 address without a zone, or an IPvFuture", "'v1.'", "host"),
        ("http://[::1]x", "authority", 13, "a port, a path or the end of the text", "'x'", "host"),
        ("http://[::1]]", "authority", 13, "a port, a path or the end of the text", "']'", "host"),
        ("http://[::1]/ ", "path", 14, "a character of a path", "' '", "path"),
        ("http://[::1]?^", "query", 14, "a character of a query", "'^'", "query"),
        ("http://[::1]:x", "port", 14, "a digit", "'x'", "port"),
        ("http://a:b@c:d", "port", 14, "a digit", "'d'", "port"),
        ("http://a:65536/", "port", 10, "a port from 0 to 65535", "'65536'", "port"),
        ("http://a/b c", "path", 11, "a character of a path", "' '", "path"),
        ("http://a/X c", "path", 11, "a character of a path", "' '", "path"),
        ("http://a/b:c d", "path", 13, "a character of a path", "' '", "path"),
        ("http://a/%2x", "path", 10, "two hex digits after %", "'%'", "path"),
        ("http://a/%41%", "path", 13, "two hex digits after %", "'%'", "path"),
        ("http://a/\\", "path", 10, "a character of a path", "'\\\\'", "path"),
        ("http://a/\ue000", "path", 10, "a character of a path", "U+E000", "path"),
        ("http://a?\ue000[", "query", 11, "a character of a query", "'['", "query"),
        ("http://a?b^", "query", 11, "a character of a query", "'^'", "query"),
        ("http://a?X^", "query", 11, "a character of a query", "'^'", "query"),
        ("http://a?^", "query", 10, "a character of a query", "'^'", "query"),
        ("http://a#b#", "fragment", 11, "a character of a fragment", "'#'", "fragment"),
        ("http://a##", "fragment", 10, "a character of a fragment", "'#'", "fragment"),
        ("http://a/b\n", "path", 11, "a character of a path", "U+000A", "path"),
        ("http://a\n", "host", 9, "a character of a host", "U+000A", "host"),
    ],
)
def test_url(text: str, production: str, position: int, expected: str, found: str, reason: Any) -> None:
    assert find_mismatch(text, PropertyType.URL, RULES) == Mismatch(production, position, expected, found, reason)


@pytest.mark.parametrize(
    ("text", "production", "position", "expected", "found", "reason"),
    [
        ("", "address", 1, "@ and a domain", "the end of the text", "empty"),
        ("someone", "address", 8, "@ and a domain", "the end of the text", "no_at"),
        ("@b.co", "local part", 1, "a character before @", "'@'", "no_local_part"),
        ("a b@c.co", "local part", 2, "a character of a local part", "' '", "character"),
        ('"a"@c.co', "local part", 1, "a character of a local part", "'\"'", "character"),
        ("a\u202eb@c.co", "local part", 2, "a character of a local part", "U+202E", "character"),
        (".a@c.co", "local part", 1, "a dot only between two other characters", "'.'", "dot"),
        ("a.@c.co", "local part", 2, "a dot only between two other characters", "'.'", "dot"),
        ("a..b@c.co", "local part", 2, "a dot only between two other characters", "'.'", "dot"),
        (
            "a" * 65 + "@c.co",
            "local part",
            65,
            "a shorter local part",
            "65 characters, 1 more than the limit of 64",
            "local_part_too_long",
        ),
        ("a@", "domain", 3, "a label, or only one dot between two", "the end of the text", "no_domain"),
        ("a@b@c.co", "domain", 4, "a letter, a digit, '-' or '.'", "'@'", "several_at"),
        ("a@b_c.co", "domain", 4, "a letter, a digit, '-' or '.'", "'_'", "character"),
        ("a@b.co\n", "domain", 7, "a letter, a digit, '-' or '.'", "U+000A", "character"),
        ("a@b..co", "domain", 5, "a label, or only one dot between two", "'.'", "domain"),
        ("a@b.co.", "domain", 8, "a label, or only one dot between two", "the end of the text", "domain"),
        ("a@-b.co", "domain", 3, LABEL, "'-b'", "domain"),
        ("a@x.b-.co", "domain", 5, LABEL, "'b-'", "domain"),
        ("a@\u05d0b.co", "domain", 3, LABEL, "'\\u05d0b'", "domain"),
        ("a@xn--.co", "domain", 3, LABEL, "'xn--'", "domain"),
        ("a@" + "b" * 64 + ".co", "domain", 3, LABEL, f"'{'b' * 40}...'", "domain"),
        ("a@b", "domain", 4, "'.' and a top-level domain", "the end of the text", "no_top_level_domain"),
        ("a" * 64 + "@b", "domain", 67, "'.' and a top-level domain", "the end of the text", "no_top_level_domain"),
        ("a@b.test", "domain", 5, "a top-level domain that mail can reach", "'test'", "special_use_domain"),
        ("a@b.c.test", "domain", 7, "a top-level domain that mail can reach", "'test'", "special_use_domain"),
        ("a@b.c1", "domain", 5, "a top-level domain that mail can reach", "'c1'", "domain"),
        ("\u00fc" * 62 + "@" + "b." * 64 + "co", "address", 255, "a shorter address", LONG, "too_long"),
        ("\u0301a@\u05d0b.co", "domain", 3 + 1, LABEL, "'\\u05d0b'", "international"),
        ("a" * 254, "address", 255, "@ and a domain", "the end of the text", "no_at"),
        ("a" * 255, "address", 255, "a shorter address", "255 characters, 1 more than the limit of 254", "too_long"),
        (
            "a@b.co" * 50,
            "address",
            255,
            "a shorter address",
            "300 characters, 46 more than the limit of 254",
            "too_long",
        ),
        (
            "\u0301a@b.co",
            "address",
            1,
            "an address that email-validator accepts",
            "one that it refuses as a whole",
            "international",
        ),
    ],
)
def test_email(text: str, production: str, position: int, expected: str, found: str, reason: Any) -> None:
    assert find_mismatch(text, PropertyType.EMAIL, RULES) == Mismatch(production, position, expected, found, reason)


def test_what_matches_has_no_mismatch() -> None:
    assert find_mismatch("2024-02-29", PropertyType.DATE, RULES) is None
    assert find_mismatch("1998-12-31T23:59:60Z", PropertyType.DATETIME, RULES) is None
    assert find_mismatch("http://a", PropertyType.URL, RULES) is None
    assert find_mismatch("a@b.co", PropertyType.EMAIL, RULES) is None


def test_the_sentence() -> None:
    mismatch = find_mismatch("2023-02-29", PropertyType.DATE, RULES)
    assert str(mismatch) == "Expected a day of that month, found '29', at character 9 (day)."


REFUSED = [row["text"] for rows in load_cases("formats").values() for row in rows["refuse"]]


@pytest.mark.parametrize("expected", FORMAT_REASONS)
def test_what_is_of_no_format_has_a_reason_of_its_list(expected: PropertyType) -> None:
    rules = Rules()
    texts = [text for text in REFUSED if not matches(text, expected, rules)]
    assert len(texts) > 100
    assert {reason_of(text, expected, rules) for text in texts} <= set(FORMAT_REASONS[expected])


def test_what_is_no_format_has_no_reason() -> None:
    for expected in set(PropertyType) - set(TEXT_TYPES) | {PropertyType.STRING}:
        assert reason_of("a", expected, Rules()) is None


def test_the_schemes_are_those_of_the_rules() -> None:
    assert reason_of("app://a", PropertyType.URL, Rules()) == "scheme"
    assert reason_of("app://a b", PropertyType.URL, Rules(url_schemes=frozenset({"app"}))) == "host"


@pytest.mark.parametrize(
    "text",
    [
        *(f"http://{'a' * 1000}{odd}{'a' * 1000}" for odd in (" ", "%", "\u202e", "@b@")),
        *(f"http://a/{'b' * place} {'b' * (2000 - place)}" for place in (0, 1, 999, 1999, 2000)),
        *(f"http://a?{part * 600}^" for part in ("%41", "\u4f8b", "a")),
        f"http://a#{''.join(map(chr, range(0x4E00, 0x5600)))} ",
        f"http://{'u%41' * 500} @a",
        "x" * 2000 + "://",
        "x" * 2000,
        "http://a:" + "1" * 2000,
    ],
)
def test_a_url_is_taken_apart_in_linear_work(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    def counting(part: str, schemes: frozenset[str]) -> bool:
        read.append(len(part))
        return is_url(part, schemes)

    monkeypatch.setattr(mismatches, "is_url", counting)
    assert reason_of(text, PropertyType.URL, Rules()) is not None
    assert len(read) < 60
    assert sum(read) < 5 * len(text)


@pytest.mark.parametrize(
    ("path", "place"),
    [("%41" * 30 + " ", 90), ("%4", 0), ("%41%4", 3), ("a%4g" + "b" * 50, 1), ("%41" * 7 + "%4x" + "%41" * 9, 21)],
)
def test_the_place_is_right_among_octets(path: str, place: int) -> None:
    wrong = find_mismatch(f"http://a/{path}", PropertyType.URL, RULES)
    assert wrong is not None
    assert wrong.position == len("http://a/") + place + 1


def test_rows_reach_every_reason() -> None:
    """The tables above have an example of each word."""
    rows = {
        PropertyType.DATE: test_date,
        PropertyType.DATETIME: test_datetime,
        PropertyType.URL: test_url,
        PropertyType.EMAIL: test_email,
    }
    for expected, test in rows.items():
        listed: list[tuple[Any, ...]] = test.pytestmark[0].args[1]
        assert {row[-1] for row in listed} == set(FORMAT_REASONS[expected])
