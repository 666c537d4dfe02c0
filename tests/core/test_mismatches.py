import pytest

from eventschema.core.mismatches import Mismatch, why_not_date, why_not_datetime, why_not_email, why_not_url

SCHEMES = frozenset({"http", "https"})
LABEL = "a label of at most 63 characters, without '-' at its ends, that IDNA allows"


@pytest.mark.parametrize(
    ("text", "production", "position", "expected", "found"),
    [
        ("", "year", 1, "a digit", "the end of the text"),
        ("202", "year", 4, "a digit", "the end of the text"),
        ("20x4-01-01", "year", 3, "a digit", "'x'"),
        ("\u0662\u0660\u0662\u0664-01-01", "year", 1, "a digit", "U+0662"),
        ("0000-01-01", "year", 1, "a year from 0001 to 9999", "'0000'"),
        ("2024", "date", 5, "'-'", "the end of the text"),
        ("20240101", "date", 5, "'-'", "'0'"),
        ("2024-W1-1", "month", 6, "a digit", "'W'"),
        ("2024-00-01", "month", 6, "a month from 01 to 12", "'00'"),
        ("2024-13-01", "month", 6, "a month from 01 to 12", "'13'"),
        ("2024-1-01", "month", 7, "a digit", "'-'"),
        ("2024-01", "date", 8, "'-'", "the end of the text"),
        ("2024-01-1", "day", 10, "a digit", "the end of the text"),
        ("2023-02-29", "day", 9, "a day of that month", "'29'"),
        ("2024-04-31", "day", 9, "a day of that month", "'31'"),
        ("2024-01-01 ", "date", 11, "the end of the text", "' '"),
        ("2024-01-01\n", "date", 11, "the end of the text", "U+000A"),
    ],
)
def test_date(text: str, production: str, position: int, expected: str, found: str) -> None:
    assert why_not_date(text) == Mismatch(production, position, expected, found)


@pytest.mark.parametrize(
    ("text", "production", "position", "expected", "found"),
    [
        ("2023-02-29T10:00", "day", 9, "a day of that month", "'29'"),
        ("2024-02-29", "dateTime", 11, "T and a time", "the end of the text"),
        ("2024-02-29 10:00", "dateTime", 11, "T and a time", "' '"),
        ("2024-02-29T1:00", "hour", 13, "a digit", "':'"),
        ("2024-02-29T24:00", "hour", 12, "an hour from 00 to 23", "'24'"),
        ("2024-02-29T10", "time", 14, "':'", "the end of the text"),
        ("2024-02-29T1000", "time", 14, "':'", "'0'"),
        ("2024-02-29T10:60", "minute", 15, "a minute from 00 to 59", "'60'"),
        ("2024-02-29t10:60", "minute", 15, "a minute from 00 to 59", "'60'"),
        ("2024-02-29T10:00 ", "dateTime", 17, "an offset or the end of the text", "' '"),
        ("2024-02-29T10:00:", "second", 18, "a digit", "the end of the text"),
        ("2024-02-29T10:00:61", "second", 18, "a second from 00 to 60", "'61'"),
        ("2024-02-29T10:00:00.", "fraction", 21, "a digit", "the end of the text"),
        ("2024-02-29T10:00:00,Z", "fraction", 21, "a digit", "'Z'"),
        ("2024-02-29T10:00:00.123x", "dateTime", 24, "an offset or the end of the text", "'x'"),
        ("2024-02-29T10:00.5", "dateTime", 17, "an offset or the end of the text", "'.'"),
        ("2024-02-29T10:00Z\n", "dateTime", 18, "the end of the text", "U+000A"),
        ("2024-02-29T10:00z ", "dateTime", 18, "the end of the text", "' '"),
        ("2024-02-29T10:00+", "offset", 18, "a digit", "the end of the text"),
        ("2024-02-29T10:00-24", "offset", 18, "hours from 00 to 23", "'24'"),
        ("2024-02-29T10:00+03:", "offset", 21, "a digit", "the end of the text"),
        ("2024-02-29T10:00+03x", "offset", 20, "a digit", "'x'"),
        ("2024-02-29T10:00+0360", "offset", 20, "minutes from 00 to 59", "'60'"),
        ("2024-02-29T10:00+03:00:00", "dateTime", 23, "the end of the text", "':'"),
        *(
            (text, "second", 18, "second 60 only at 23:59:60 UTC, with an offset that says so", "another time")
            for text in (
                "1998-12-31T23:59:60",
                "1998-12-31T23:58:60Z",
                "1998-12-31T23:59:60.5+01:00",
                "1998-12-31T23:59:60+03",
            )
        ),
    ],
)
def test_datetime(text: str, production: str, position: int, expected: str, found: str) -> None:
    assert why_not_datetime(text) == Mismatch(production, position, expected, found)


@pytest.mark.parametrize(
    ("text", "production", "position", "expected", "found"),
    [
        ("", "scheme", 1, "a letter", "the end of the text"),
        ("://a", "scheme", 1, "a letter", "':'"),
        ("1http://a", "scheme", 1, "a letter", "'1'"),
        ("//a", "scheme", 1, "a letter", "'/'"),
        ("http", "scheme", 5, "'://'", "the end of the text"),
        ("ht_tp://a", "scheme", 3, "'://'", "'_'"),
        ("http:a", "scheme", 6, "'://'", "'a'"),
        ("h2+-.://a", "scheme", 1, "one of http, https", "'h2+-.'"),
        ("ftp://a", "scheme", 1, "one of http, https", "'ftp'"),
        ("x" * 50 + "://a", "scheme", 1, "one of http, https", f"'{'x' * 40}...'"),
        ("x" * 40 + "://a", "scheme", 1, "one of http, https", f"'{'x' * 40}'"),
        ("http://", "host", 8, "a host", "the end of the text"),
        ("http:///x", "host", 8, "a host", "'/'"),
        ("http://:80", "host", 8, "a host", "':'"),
        ("http://u@/x", "host", 10, "a host", "'/'"),
        ("http://u ser@a", "userinfo", 9, "a character of a userinfo", "' '"),
        ("http://a%@b", "userinfo", 9, "two hex digits after %", "'%'"),
        ("http://a@b@c", "host", 11, "a character of a host", "'@'"),
        ("http://a b", "host", 9, "a character of a host", "' '"),
        ("http://X b", "host", 9, "a character of a host", "' '"),
        ("http://a b/@", "host", 9, "a character of a host", "' '"),
        ("http://a%4", "host", 9, "two hex digits after %", "'%'"),
        ("http://a\u00a0b", "host", 9, "a character of a host", "U+00A0"),
        ("http://[::1", "host", 12, "]", "the end of the text"),
        ("http://[::1/x", "host", 12, "]", "'/'"),
        ("http://[::1/]", "host", 12, "]", "'/'"),
        ("http://[::1%25lo]/", "host", 9, "an IPv6 address without a zone, or an IPvFuture", "'::1%25lo'"),
        ("http://[v1.]", "host", 9, "an IPv6 address without a zone, or an IPvFuture", "'v1.'"),
        ("http://[::1]x", "authority", 13, "a port, a path or the end of the text", "'x'"),
        ("http://[::1]]", "authority", 13, "a port, a path or the end of the text", "']'"),
        ("http://[::1]/ ", "path", 14, "a character of a path", "' '"),
        ("http://[::1]?^", "query", 14, "a character of a query", "'^'"),
        ("http://[::1]:x", "port", 14, "a digit", "'x'"),
        ("http://a:b@c:d", "port", 14, "a digit", "'d'"),
        ("http://a:65536/", "port", 10, "a port from 0 to 65535", "'65536'"),
        ("http://a/b c", "path", 11, "a character of a path", "' '"),
        ("http://a/X c", "path", 11, "a character of a path", "' '"),
        ("http://a/b:c d", "path", 13, "a character of a path", "' '"),
        ("http://a/%2x", "path", 10, "two hex digits after %", "'%'"),
        ("http://a/%41%", "path", 13, "two hex digits after %", "'%'"),
        ("http://a/\\", "path", 10, "a character of a path", "'\\\\'"),
        ("http://a/\ue000", "path", 10, "a character of a path", "U+E000"),
        ("http://a?\ue000[", "query", 11, "a character of a query", "'['"),
        ("http://a?b^", "query", 11, "a character of a query", "'^'"),
        ("http://a?X^", "query", 11, "a character of a query", "'^'"),
        ("http://a?^", "query", 10, "a character of a query", "'^'"),
        ("http://a#b#", "fragment", 11, "a character of a fragment", "'#'"),
        ("http://a##", "fragment", 10, "a character of a fragment", "'#'"),
        ("http://a/b\n", "path", 11, "a character of a path", "U+000A"),
        ("http://a\n", "host", 9, "a character of a host", "U+000A"),
    ],
)
def test_url(text: str, production: str, position: int, expected: str, found: str) -> None:
    assert why_not_url(text, SCHEMES) == Mismatch(production, position, expected, found)


@pytest.mark.parametrize(
    ("text", "production", "position", "expected", "found"),
    [
        ("", "address", 1, "@ and a domain", "the end of the text"),
        ("someone", "address", 8, "@ and a domain", "the end of the text"),
        ("@b.co", "local part", 1, "a character before @", "'@'"),
        ("a b@c.co", "local part", 2, "a character of a local part", "' '"),
        ('"a"@c.co', "local part", 1, "a character of a local part", "'\"'"),
        ("a\u202eb@c.co", "local part", 2, "a character of a local part", "U+202E"),
        (".a@c.co", "local part", 1, "a dot only between two other characters", "'.'"),
        ("a.@c.co", "local part", 2, "a dot only between two other characters", "'.'"),
        ("a..b@c.co", "local part", 2, "a dot only between two other characters", "'.'"),
        ("a" * 65 + "@c.co", "local part", 65, "a shorter local part", "65 characters, 1 more than the limit of 64"),
        ("a@", "domain", 3, "a label, or only one dot between two", "the end of the text"),
        ("a@b@c.co", "domain", 4, "a letter, a digit, '-' or '.'", "'@'"),
        ("a@b_c.co", "domain", 4, "a letter, a digit, '-' or '.'", "'_'"),
        ("a@b.co\n", "domain", 7, "a letter, a digit, '-' or '.'", "U+000A"),
        ("a@b..co", "domain", 5, "a label, or only one dot between two", "'.'"),
        ("a@b.co.", "domain", 8, "a label, or only one dot between two", "the end of the text"),
        ("a@-b.co", "domain", 3, LABEL, "'-b'"),
        ("a@x.b-.co", "domain", 5, LABEL, "'b-'"),
        ("a@\u05d0b.co", "domain", 3, LABEL, "'\\u05d0b'"),
        ("a@xn--.co", "domain", 3, LABEL, "'xn--'"),
        ("a@" + "b" * 64 + ".co", "domain", 3, LABEL, f"'{'b' * 40}...'"),
        ("a@b", "domain", 4, "'.' and a top-level domain", "the end of the text"),
        ("a" * 64 + "@b", "domain", 67, "'.' and a top-level domain", "the end of the text"),
        ("a@b.test", "domain", 5, "a top-level domain that mail can reach", "'test'"),
        ("a@b.c.test", "domain", 7, "a top-level domain that mail can reach", "'test'"),
        ("a@b.c1", "domain", 5, "a top-level domain that mail can reach", "'c1'"),
        ("a" * 254, "address", 255, "@ and a domain", "the end of the text"),
        ("a" * 255, "address", 255, "a shorter address", "255 characters, 1 more than the limit of 254"),
        ("a@b.co" * 50, "address", 255, "a shorter address", "300 characters, 46 more than the limit of 254"),
        (
            "\u0301a@b.co",
            "address",
            1,
            "an address that email-validator accepts",
            "one that it refuses as a whole",
        ),
    ],
)
def test_email(text: str, production: str, position: int, expected: str, found: str) -> None:
    assert why_not_email(text) == Mismatch(production, position, expected, found)


def test_what_matches_has_no_mismatch() -> None:
    assert why_not_date("2024-02-29") is None
    assert why_not_datetime("1998-12-31T23:59:60Z") is None
    assert why_not_url("http://a", SCHEMES) is None
    assert why_not_email("a@b.co") is None


def test_the_sentence() -> None:
    mismatch = why_not_date("2023-02-29")
    assert str(mismatch) == "Expected a day of that month, found '29', at character 9 (day)."
