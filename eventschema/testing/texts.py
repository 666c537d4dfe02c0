"""Strategies for texts of each format, and for texts that nearly have one. No draws are filtered out.

They are written from the standards' grammars and not from the patterns of ``eventschema.core``, so that each tests the
other. Characters come from short lists and ranges: ``st.text()`` would first build tables of Unicode, which takes more
than a second in a fresh checkout.
"""

from collections.abc import Callable
from datetime import date
from typing import Final

from hypothesis import strategies as st

from eventschema.core.arguments import require_rules
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.types import PropertyType

Texts = st.SearchStrategy[str]

_numbers: Final = st.integers(0, 9)

_DATE_LENGTH: Final = 10
_MAX_LENGTH: Final = 40  # characters of a drawn string ...
_MAX_FULL_LENGTH: Final = 10_000  # ... except for one of the greatest allowed length, up to this
_FULL: Final = 9
_MAX_TAIL: Final = 12  # characters of a part without a limit of its own
_LETTERS: Final = "abcxyzABCXYZ"
_DIGITS: Final = "0123456789"

#: Any character but lone surrogates. The simplest is ``0``.
characters: Final[Texts] = st.one_of(
    st.sampled_from(
        "0aA _-.,:/@%+~\"'<>\\\n\t\x00\x7f\u00e9\u00df\u0130\u05d0\u0661\u200b\u2028\u4f8b\ufeff\U0001f600"
    ),
    st.integers(0x20, 0x7E).map(chr),
    st.integers(0x80, 0xD7FF).map(chr),
    st.integers(0xE000, 0x10FFFF).map(chr),
)


def joined(parts: Texts, least: int, most: int) -> Texts:
    """Texts of ``least`` to ``most`` parts, as ``st.text`` makes them, but without its tables of Unicode."""
    return st.lists(parts, min_size=least, max_size=most).map("".join)


def texts(format: PropertyType | str, rules: Rules = DEFAULT_RULES) -> Texts:  # noqa: A002  (the term)
    """Texts whose detected type is ``format``: ``date``, ``dateTime``, ``url``, ``email`` or ``string``.

    They have at most ``rules.max_string_length`` characters, and urls have one of ``rules.url_schemes``. The strategy
    is empty if the rules allow no such text. Raises ``ValueError`` for any other ``format``.
    """
    require_rules(rules)
    match PropertyType(format):
        case PropertyType.STRING:
            return strings(rules.max_string_length)
        case PropertyType.DATE:
            return _fitting(_DATE_LENGTH, rules, lambda _: dates)
        case PropertyType.DATETIME:
            return _fitting(_DATE_LENGTH + len("T00:00"), rules, _datetimes)
        case PropertyType.URL:
            return _urls(rules)
        case PropertyType.EMAIL:
            return _fitting(len("a@a.co"), rules, _emails)
        case other:
            raise ValueError(f"expected date, dateTime, email, url or string, found {other.value}")


def near_misses(format: PropertyType | str, rules: Rules = DEFAULT_RULES) -> Texts:  # noqa: A002  (the term)
    """Texts that nearly have ``format`` (``date``, ``dateTime``, ``url`` or ``email``) and are strings.

    Examples are day 32, hour 24, a space in an email or url, and a newline at the end. They have at most
    ``rules.max_string_length`` characters; the strategy is empty if the rules allow no such text. Raises ``ValueError``
    for any other ``format``.
    """
    require_rules(rules)
    kind = PropertyType(format)
    if kind not in _NEAR_MISSES:
        raise ValueError(f"expected date, dateTime, email or url, found {kind.value}")
    written = [text for text in _NEAR_MISSES[kind] if len(text) <= rules.max_string_length]
    return st.sampled_from(written) if written else st.nothing()


def _fitting(shortest: int, rules: Rules, make: Callable[[int], Texts]) -> Texts:
    """Call ``make`` with the number of characters allowed beyond the ``shortest`` text; empty if that is too long."""
    spare = rules.max_string_length - shortest
    return st.nothing() if spare < 0 else make(spare)


# --- string ---


def strings(longest: int) -> Texts:
    """Texts without a format, of at most ``longest`` characters; some have exactly that length."""
    return filled(joined(characters, 0, min(longest, _MAX_LENGTH)).map(_without_formats), longest)


def filled(drawn: Texts, longest: int) -> Texts:
    """The texts of ``drawn``, of which about one in ten is padded to ``longest`` characters.

    A drawn number decides that, and not ``|``: Hypothesis takes the example with the fewest choices for the simplest,
    which would be the padded one.
    """
    if longest > _MAX_FULL_LENGTH:
        return drawn
    return st.builds(lambda text, number: text.ljust(longest, "a") if number == _FULL else text, drawn, _numbers)


def _without_formats(text: str) -> str:
    """``text`` without ``@``, ``://`` and ``-``, one of which each format needs."""
    return text.replace("@", "_").replace("://", ":__").replace("-", "_")


# --- date and dateTime: ISO 8601, extended format ---

#: All dates. The simplest is 2000-01-01.
dates: Final[Texts] = st.dates(date.min, date.max).map(date.isoformat)


def _two_digits(most: int) -> Texts:
    return st.integers(0, most).map("{:02}".format)


_clock: Final = st.builds("{}:{}".format, _two_digits(23), _two_digits(59))
_seconds: Final = _two_digits(59).map(":{}".format)
_fractions: Final = st.builds("{}{}".format, st.sampled_from(".,"), joined(st.sampled_from(_DIGITS), 1, _MAX_TAIL))
_zero_offset: Final = st.sampled_from("Zz")
_offsets: Final = st.builds(
    "{}{}{}".format,
    st.sampled_from("+-"),
    _two_digits(23),
    st.just("") | st.builds("{}{}".format, st.sampled_from(("", ":")), _two_digits(59)),
)
_LONGEST_TIME: Final = len(":00.") + _MAX_TAIL + len("+00:00")


def _datetimes(spare: int) -> Texts:
    """DateTimes of at most ``spare`` characters beyond date, hour and minute."""
    shapes = [st.just("")]
    if spare >= len("Z"):
        shapes.append(_zero_offset)
    if spare >= len(":00Z"):
        shapes.append(st.builds("{}{}".format, _seconds, _zero_offset))
    if spare >= _LONGEST_TIME:
        seconds = st.builds("{}{}".format, _seconds, st.just("") | _fractions)
        shapes.append(st.builds("{}{}".format, st.just("") | seconds, st.just("") | _zero_offset | _offsets))
    midnight = dates.map("{}T00:00".format)
    ordinary = midnight | st.builds("{}{}{}{}".format, dates, st.sampled_from("Tt"), _clock, st.one_of(shapes))
    return ordinary | st.builds("{}T{}".format, dates, _leap_seconds()) if spare >= _LONGEST_TIME else ordinary


@st.composite
def _leap_seconds(draw: st.DrawFn) -> str:
    """23:59:60 UTC at any offset (RFC 3339, section 5.6)."""
    minutes = draw(st.integers(-(24 * 60 - 1), 24 * 60 - 1))
    hour, minute = divmod((24 * 60 - 1 + minutes) % (24 * 60), 60)
    sign, colon = "-" if minutes < 0 else "+", draw(st.sampled_from((":", "")))
    offset = f"{sign}{abs(minutes) // 60:02}{colon}{abs(minutes) % 60:02}"
    return f"{hour:02}:{minute:02}:60{offset if minutes else draw(st.just(offset) | _zero_offset)}"


# --- url: RFC 3986 and 3987 ---

_ESCAPED: Final = ("%20", "%25", "%2f", "%C3%A9", "%FF")
_UCSCHAR: Final = "\u00e9\u00df\u05d0\u4f8b\U0001f600"
_HOSTS: Final = ("a", "example.com", "localhost", "127.0.0.1", "999.999.999.999", "\u4f8b.\u5e7f\u544a", "[::1]")
_MORE_HOSTS: Final = ("[2001:db8::192.0.2.1]", "[v1.fe:80]", "a_b", "~", "%C3%A9.example")


def _run(extra: str) -> Texts:
    """A part of a url: characters allowed in every part, the ``extra`` ones of this part, and escaped octets."""
    plain = st.sampled_from(_LETTERS + _DIGITS + "-._~!$&'()*+,;=" + extra + _UCSCHAR)
    return joined(plain | st.sampled_from(_ESCAPED), 0, _MAX_TAIL)


_userinfo: Final = st.just("") | _run(":").map("{}@".format)
_port: Final = st.just("") | st.just(":") | st.integers(0, 65535).map(":{}".format) | st.just(":000080")
_path: Final = st.just("") | _run("/:@").map("/{}".format)
_query: Final = st.just("") | _run("/:@?\ue000").map("?{}".format)
_fragment: Final = st.just("") | _run("/:@?").map("#{}".format)
_LONGEST_URL: Final = len("://@:00000/?#") + 4 * len("%C3%A9") * _MAX_TAIL + max(map(len, _HOSTS + _MORE_HOSTS))


def _urls(rules: Rules) -> Texts:
    longest = rules.max_string_length
    short = [f"{scheme}://a" for scheme in sorted(rules.url_schemes) if len(scheme) + len("://a") <= longest]
    full = [scheme for scheme in sorted(rules.url_schemes) if len(scheme) + _LONGEST_URL <= longest]
    if not short:
        return st.nothing()
    if not full:
        return st.sampled_from(short)
    schemes = st.sampled_from(full)
    hosts = st.sampled_from(_HOSTS + _MORE_HOSTS)
    return st.builds(
        "{}://{}{}{}{}{}{}".format, schemes | schemes.map(str.upper), _userinfo, hosts, _port, _path, _query, _fragment
    )


# --- email: RFC 5321 and 5322, RFC 6531 beyond ASCII ---

_ATEXT: Final = _LETTERS + _DIGITS + "!#$%&'*+-/=?^_`{|}~"
_DOMAINS: Final = ("example.co", "a.co", "mail.example.com", "A-B.example.ORG", "1.2.example", "xn--nxasmq6b.com")
_ADDRESSES: Final = ("a@example.com", "jos\u00e9@example.com", "a@b\u00fccher.example", "\u4f8b@\u4f8b.\u5e7f\u544a")
_MAX_LOCAL_LENGTH: Final = 64


def _emails(spare: int) -> Texts:
    """Addresses of at most ``spare`` characters beyond ``a@a.co``."""
    if spare < max(map(len, _DOMAINS)) + _MAX_LOCAL_LENGTH:
        return st.integers(1, min(spare + 1, _MAX_LOCAL_LENGTH)).map(lambda length: f"{'a' * length}@a.co")
    words = joined(st.sampled_from(_ATEXT), 1, _MAX_TAIL)
    locals_ = st.lists(words, min_size=1, max_size=4).map(".".join)
    ordinary = st.builds("{}@{}".format, locals_, st.sampled_from(_DOMAINS))
    return ordinary | st.sampled_from(_ADDRESSES)


# --- near misses: each is one change away from its format, and has no other format ---

_WRONG_DATES: Final = (
    *("0000-01-01", "2021-00-01", "2021-13-01", "2021-01-00", "2021-01-32", "2021-02-29", "1900-02-29", "2021-04-31"),
    *("2021-1-01", "2021-01-1", "21-01-01", "02021-01-01", "2021/01/01", "20210101", "2021-W01-1", "2021-001"),
    *("2021-01-01\n", " 2021-01-01", "2021-01-01 ", "+2021-01-01", "2021-01-01T", "202\u0661-01-01", "-"),
)
_WRONG_TIMES: Final = (
    *("24:00", "23:60", "23:59:61", "23:59:60", "12:59:60Z", "12", "12:4", "1241", "12:41:", "12:41:52.", "12:41.5"),
    *("12:41+24:00", "12:41+03:60", "12:41+3", "12:41+03:", "12:41+03:00:00", "12:41 Z", "12:41ZZ", "12:41Z\n"),
)
_WRONG_DATETIMES: Final = (
    *(f"2021-09-01T{time}" for time in _WRONG_TIMES),
    *("2021-09-01 12:41", "2021-09-31T12:41", "20210901T1241", "2021-W01-1T12:41", " 2021-09-01T12:41"),
)
_WRONG_URLS: Final = (
    *("http:/a", "http//a", "//a", "://a", "http://", "http:///a", "http://:80", "http://a:65536", "http://a:8x"),
    *(
        "http://a b",
        "http://a/b c",
        "http://a\n",
        " http://a",
        "http://a/%6G",
        "http://a/%",
        "http://a/<b>",
        "http://[a",
    ),
    *(
        "http://[::1%eth0]",
        "http://[1:2]",
        "http://a\\b",
        'http://a/"',
        "http://a/\u00a0",
        "http://a/\u202e",
        "http://a#b#c",
    ),
    *(f"{scheme}s:a" for scheme in ("http", "ftp")),
)
_WRONG_EMAILS: Final = (
    *(
        "a@",
        "@a.co",
        "a@a",
        "a@a.",
        "a@.co",
        "a@a..co",
        ".a@a.co",
        "a.@a.co",
        "a..a@a.co",
        "a@a@a.co",
        "a@-a.co",
        "a@a-.co",
    ),
    *("a b@a.co", "a@a b.co", "a@a.co\n", " a@a.co", "a@a.c0", "a@a_a.co", "a@[127.0.0.1]", '"a"@a.co', "A <a@a.co>"),
    *(
        "a@localhost",
        "a@a.test",
        "a@a.invalid",
        "a@1.1",
        "a@a.co,b@b.co",
        "a(b)@a.co",
        f"{'a' * 65}@a.co",
        f"a@{'a' * 64}.co",
    ),
)
_NEAR_MISSES: Final = {
    PropertyType.DATE: _WRONG_DATES,
    PropertyType.DATETIME: _WRONG_DATETIMES,
    PropertyType.URL: _WRONG_URLS,
    PropertyType.EMAIL: _WRONG_EMAILS,
}
