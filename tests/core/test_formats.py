"""The text formats against their tables, at their limits, and over every code point where a class is meant."""

import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from typing import Any

import email_validator
import pytest

from eventschema.core import formats, grammar
from eventschema.core.formats import (
    is_date,
    is_datetime,
    is_email,
    is_url,
    likely_format,
    matches,
    normalise_email,
    text_type,
)
from eventschema.core.rules import Rules
from eventschema.core.types import TEXT_TYPES, PropertyType
from tests import reference
from tests.support import load_cases

RULES = Rules()
SCHEMES = RULES.url_schemes
EVERY_CHARACTER = [chr(code) for code in range(sys.maxunicode + 1)]
FORMATS = TEXT_TYPES[:4]


def _rows(kind: str) -> list[Any]:
    return [
        pytest.param(row["text"], PropertyType(name), id=f"{name}-{ascii(row['text'])[1:-1][:40]}")
        for name, table in load_cases("formats").items()
        for row in table[kind]
    ]


# --- the tables ---


@pytest.mark.parametrize(("text", "expected"), _rows("accept"))
def test_accepts(text: str, expected: PropertyType) -> None:
    assert text_type(text, RULES) is expected
    assert [kind for kind in TEXT_TYPES if matches(text, kind, RULES)] == [expected, PropertyType.STRING]


@pytest.mark.parametrize(("text", "refused"), _rows("refuse"))
def test_refuses(text: str, refused: PropertyType) -> None:
    assert not matches(text, refused, RULES)
    assert text_type(text, RULES) is not refused
    assert matches(text, PropertyType.STRING, RULES)


def _texts_of_the_examples() -> list[tuple[str, str]]:
    return [
        (value, expected)
        for value, expected in load_cases("classify")
        if isinstance(value, str) and isinstance(expected, str)
    ]


@pytest.mark.parametrize(("text", "expected"), _texts_of_the_examples())
def test_examples_are_detected(text: str, expected: str) -> None:
    assert text_type(text, RULES) == expected


@pytest.mark.parametrize(
    "text",
    [
        "\ud800",
        "a\udfff",
        "\x00",
        "http://a/\ud800",
        "http://\udc00/",
        "a@\ud800.co",
        "\ud800@b.co",
        "\ud83d\ude00@b.co",
    ],
)
def test_text_that_has_no_utf8_is_a_string(text: str) -> None:
    assert text_type(text, RULES) is PropertyType.STRING


# --- rules ---


def test_a_format_that_is_not_detected_gives_string() -> None:
    for kind in FORMATS:
        rules = Rules(detect=frozenset(PropertyType) - {kind})
        for row in load_cases("formats")[kind]["accept"]:
            assert text_type(row["text"], rules) is PropertyType.STRING
            assert matches(row["text"], kind, rules)


def test_schemes_are_those_of_the_rules() -> None:
    rules = Rules(url_schemes=frozenset({"svn+ssh", "https"}))
    assert text_type("SVN+ssh://a/", rules) is PropertyType.URL
    assert text_type("http://a/", rules) is PropertyType.STRING
    assert matches("https://a/", PropertyType.URL, rules)
    assert not matches("http://a/", PropertyType.URL, rules)
    assert text_type("https://a/", Rules(url_schemes=frozenset())) is PropertyType.STRING


@pytest.mark.parametrize("kind", [PropertyType.BOOL, PropertyType.INT, PropertyType.FLOAT])
def test_no_text_matches_a_type_that_is_not_of_texts(kind: PropertyType) -> None:
    assert not matches("1", kind, RULES)


# --- every day ---


@pytest.mark.parametrize(
    ("text", "likely"),
    [
        ("", "string"),
        ("paid", "string"),
        ("example.com/a:b", "string"),
        ("2021-09-01", "date"),
        ("0000000000", "date"),
        ("2021-09-0", "dateTime"),
        ("9@example.com", "dateTime"),
        ("a://", "url"),
        ("://@", "url"),
        ("@", "email"),
        ("/2021@", "email"),
        (":2021@", "email"),
    ],
)
def test_the_format_to_try_first_is_told_by_what_is_cheap_to_see(text: str, likely: str) -> None:
    assert likely_format(text) is PropertyType(likely)


@pytest.mark.slow
def test_every_day_of_a_cycle_of_the_calendar() -> None:
    for year in range(1896, 2304):
        for month in range(14):
            for day in range(33):
                text = f"{year:04}-{month:02}-{day:02}"
                assert is_date(text) == reference.is_date(text), text


def test_the_end_of_february_in_every_year() -> None:
    for year in range(10000):
        for day in ("01", "28", "29", "30"):
            text = f"{year:04}-02-{day}"
            assert is_date(text) == is_datetime(f"{text}T00:00") == reference.is_date(text), text


def test_leap_seconds_at_every_offset() -> None:
    clocks = [hour * 60 + minute for hour in range(24) for minute in (0, 1, 28, 29, 30, 31, 58, 59)]
    offsets = [(sign, hour, minute) for sign in "+-" for hour in range(24) for minute in (0, 1, 29, 30, 59)]
    for sign, hour, minute in offsets:
        for clock in clocks:
            text = f"2016-12-31T{clock // 60:02}:{clock % 60:02}:60{sign}{hour:02}:{minute:02}"
            utc = clock - (hour * 60 + minute) * (1 if sign == "+" else -1)
            assert is_datetime(text) == (utc % (24 * 60) == 23 * 60 + 59), text


# --- every character ---

OTHER_DIGITS = [character for character in EVERY_CHARACTER[128:] if character.isnumeric()]
DIGIT_POSITIONS = [i for i, character in enumerate("2021-09-01T12:41:52.5+03:00") if character.isdigit()]


@pytest.mark.parametrize("position", DIGIT_POSITIONS)
def test_only_ascii_digits_are_digits(position: int) -> None:
    text = "2021-09-01T12:41:52.5+03:00"
    for digit in OTHER_DIGITS:
        changed = text[:position] + digit + text[position + 1 :]
        assert not is_datetime(changed)
        assert position >= 10 or not is_date(changed[:10])


@pytest.mark.parametrize(
    ("template", "allowed"),
    [
        ("2021-0{}-01", "123456789"),
        ("2021-11-1{}", "0123456789"),
        ("2021-09{}01", "-"),
        ("2021-09-01{}12:41", "Tt"),
        ("2021-09-01T12{}41", ":"),
        ("2021-09-01T12:41:52{}5", ".,"),
        ("2021-09-01T12:41{}0300", "+-"),
        ("2021-09-01T12:41:52{}", "Zz"),
        ("2021-09-01T12:41:52.5{}Z", "0123456789"),
    ],
)
@pytest.mark.slow
def test_every_character_in_a_date_or_time(template: str, allowed: str) -> None:
    before, after = template.split("{}")
    check: Callable[[str], bool] = is_datetime if "T" in template or "{}12" in template else is_date
    assert {character for character in EVERY_CHARACTER if check(before + character + after)} == set(allowed)


NON_ASCII = EVERY_CHARACTER[128:]
UCSCHAR = reference.characters_of(reference.UCSCHAR) - set(map(chr, reference.WHITE_SPACE | reference.BIDIRECTIONAL))
QUERY = UCSCHAR | reference.characters_of(reference.IPRIVATE)
PLAIN = reference.UNRESERVED | reference.SUB_DELIMS


# Among the ASCII characters allowed in each part are the delimiters that end it: the text stays a url.
@pytest.mark.parametrize(
    ("before", "after", "ascii_allowed", "others"),
    [
        pytest.param("http://a/", "", PLAIN | set("/:@") | set("?#"), UCSCHAR, id="path"),
        pytest.param("http://a?", "", PLAIN | set("/:@?") | set("#"), QUERY, id="query"),
        pytest.param("http://a#", "", PLAIN | set("/:@?"), UCSCHAR, id="fragment"),
        pytest.param("http://a", "@b", PLAIN | set(":") | set("/?#"), UCSCHAR, id="userinfo"),
        pytest.param("http://a", "b", PLAIN | set("@/?#"), UCSCHAR, id="host"),
        pytest.param("http://", "", PLAIN, UCSCHAR, id="whole host"),
        pytest.param("http://[v1.", "]", PLAIN | set(":"), frozenset(), id="IPvFuture"),
        pytest.param("http://a:8", "", reference.DIGITS | set("/?#"), frozenset(), id="port"),
    ],
)
@pytest.mark.slow
def test_every_character_in_a_url(
    before: str, after: str, ascii_allowed: frozenset[str], others: frozenset[str]
) -> None:
    for character in EVERY_CHARACTER[:128]:
        assert is_url(before + character + after, SCHEMES) == (character in ascii_allowed), ascii(character)
    bad = (character for character in NON_ASCII if character not in others)
    assert [hex(ord(character)) for character in bad if is_url(before + character + after, SCHEMES)] == []
    assert not others or is_url(before + "".join(others) + after, SCHEMES)


@pytest.mark.parametrize(
    ("text", "scheme", "ipv6", "port"),
    [
        ("aZ+0.9-://a", "aZ+0.9-", None, None),
        ("Za://\u00e9:%41@\u00e9.b:080/\u00e9@:?\u00e9\ue000/?#\u00e9/?", "Za", None, "080"),
        ("http://:@a:", "http", None, ""),
        ("http://[09afAF:.]:0", "http", "09afAF:.", "0"),
        ("http://[v09afAF.a:-]?", "http", None, None),
        ("http://[Vf.~]#", "http", None, None),
    ],
)
def test_the_grammar_of_a_url_and_its_groups(text: str, scheme: str, ipv6: str | None, port: str | None) -> None:
    match = re.fullmatch(grammar.url("\u00e9", "\ue000"), text)
    assert match is not None
    assert match.groupdict() == {"scheme": scheme, "ipv6": ipv6, "port": port}
    assert (re.fullmatch(grammar.url(), text) is not None) == text.isascii()


@pytest.mark.parametrize(
    "text",
    [
        *("1a://a", " a://a", "\u00e9://a", "http:/a", "http://@", "http://\ue000", "http://a:8\u00e9"),
        *("http://[]", "http://[:", "http://[\u00e9]", "http://[v.a]", "http://[vg.a]", "http://[v1.]"),
        *("http://a/\ue000", "http://a#\ue000", "http://a##"),
    ],
)
def test_what_is_not_in_the_grammar_of_a_url(text: str) -> None:
    assert re.fullmatch(grammar.url("\u00e9", "\ue000"), text) is None


def test_every_pair_of_characters_after_a_percent_sign() -> None:
    characters = EVERY_CHARACTER[:128]
    for first in characters:
        for second in characters:
            hexadecimal = first in reference.HEX_DIGITS and second in reference.HEX_DIGITS
            assert is_url(f"http://a/%{first}{second}", SCHEMES) == hexadecimal


ATEXT = reference.LETTERS | reference.DIGITS | frozenset("!#$%&'*+-/=?^_`{|}~")  # RFC 5322, section 3.2.3


def test_every_ascii_character_in_an_email() -> None:
    for character in EVERY_CHARACTER[:128]:
        assert is_email(f"{character}@b.co") == (character in ATEXT)
        assert is_email(f"a{character}b@c.co") == (character in ATEXT or character == ".")
        assert is_email(f"a@b{character}c.co") == (character.isalnum() or character in "-.")
        assert is_email(f"a@{character}.co") == character.isalnum()
        assert is_email(f"a@b.c{character}") == character.isalpha()


def test_printable_means_what_email_validator_calls_safe() -> None:
    for character in EVERY_CHARACTER:
        category = unicodedata.category(character)
        safe = category[0] in "LNPSM" or character == " "
        assert character.isprintable() == safe, hex(ord(character))


def test_no_setting_of_the_package_has_a_say(monkeypatch: pytest.MonkeyPatch) -> None:
    # It reads what it is not told from variables of its own, which a program may set.
    for name in ("ALLOW_SMTPUTF8", "ALLOW_EMPTY_LOCAL", "ALLOW_QUOTED_LOCAL", "ALLOW_DOMAIN_LITERAL"):
        monkeypatch.setattr(email_validator, name, not getattr(email_validator, name))
    for name in ("ALLOW_DISPLAY_NAME", "STRICT", "GLOBALLY_DELIVERABLE", "CHECK_DELIVERABILITY", "TEST_ENVIRONMENT"):
        monkeypatch.setattr(email_validator, name, not getattr(email_validator, name))
    for row in load_cases("formats")["email"]["accept"]:
        assert is_email(row["text"]), row["text"]
    for row in load_cases("formats")["email"]["refuse"]:
        assert not is_email(row["text"]), row["text"]


# --- limits: at the value, one below, one above ---


@pytest.mark.parametrize(
    ("port", "ok"), [("0", True), ("65534", True), ("65535", True), ("65536", False), ("9" * 9000, False)]
)
def test_port(port: str, ok: bool) -> None:
    for url in (f"http://a:{port}", f"http://a:{port}/", f"http://[::]:{port}?", f"http://a:{'0' * 5000}{port}#"):
        assert is_url(url, SCHEMES) is ok


@pytest.mark.parametrize(("length", "ok"), [(63, True), (64, True), (65, False)])
def test_length_of_a_local_part(length: int, ok: bool) -> None:
    assert is_email("a" * length + "@b.co") is ok
    assert is_email("\u00fc" * length + "@b.co") is ok
    assert is_email("a." * (length // 2) + "a" * (length % 2 or 2) + "@b.co") is (ok and length % 2 == 1)


@pytest.mark.parametrize(("length", "ok"), [(62, True), (63, True), (64, False)])
def test_length_of_a_label(length: int, ok: bool) -> None:
    label = "b" * length
    for domain in (f"{label}.co", f"co.{label}", f"a.{label}.co", f"{label.upper()}.{label}.co"):
        assert is_email(f"a@{domain}") is ok


@pytest.mark.parametrize(("length", "ok"), [(253, True), (254, True), (255, False)])
def test_length_of_an_email(length: int, ok: bool) -> None:
    long = "." + "b" * 61
    for local, tail in (("a" * 64, f"{long}{long}.co"), ("a", ".co"), ("a.b", f"{long}.co"), ("a", ".xn--nxasmq6b.co")):
        middle = length - len(local) - 1 - len(tail)
        domain = "c" * (middle % 62 or 62) + ("." + "c" * 61) * ((middle - 1) // 62) + tail
        text = f"{local}@{domain}"
        assert len(text) == length
        assert is_email(text) is ok


@pytest.mark.parametrize(("last", "ok"), [(7, True), (8, True), (9, False)])
def test_length_of_an_email_is_counted_in_octets(last: int, ok: bool) -> None:
    text = "\u00fc" * 60 + "@" + "b" * 60 + "." + "c" * 60 + "." + "d" * last + ".co"
    assert len(text.encode()) == 246 + last
    assert is_email(text) is ok


# --- the normalised form ---


@pytest.mark.parametrize(
    ("text", "normalised"),
    [
        ("Jane.Doe@EXAMPLE.Com", "Jane.Doe@example.com"),
        ("a@b.co", "a@b.co"),
        ("INFO@B.CO", "info@b.co"),  # RFC 2142
        ("Info1@b.co", "Info1@b.co"),
        ("a@XN--NXASMQ6B.com", "a@\u03b2\u03cc\u03bb\u03bf\u03c3.com"),
        ("A@M\u00dcNCHEN.de", "A@m\u00fcnchen.de"),
        ("e\u0301@b.co", "\u00e9@b.co"),
        ("a@\u4f8b\u5b50\u3002\u5e7f\u544a", "a@\u4f8b\u5b50.\u5e7f\u544a"),
        ("a@b", None),
        ("", None),
    ],
)
def test_normalised_form(text: str, normalised: str | None) -> None:
    assert normalise_email(text) == normalised


RFC_2142 = (
    *("info", "marketing", "sales", "support", "abuse", "noc", "security", "postmaster", "hostmaster", "usenet"),
    *("news", "webmaster", "www", "uucp", "ftp"),
)


@pytest.mark.parametrize("mailbox", RFC_2142)
def test_the_case_of_these_means_nothing(mailbox: str) -> None:
    text = f"{mailbox.upper()}@b.co"
    assert normalise_email(text) == f"{mailbox}@b.co"
    assert email_validator.validate_email(text, check_deliverability=False).normalized == f"{mailbox}@b.co"


# --- what is imported when ---

PACKAGES = ("email_validator", "idna", "rfc3986", "dateutil", "ipaddress")
PROBE = """
import sys
from eventschema.core.formats import text_type
from eventschema.core.rules import Rules
for text in {texts!r}:
    text_type(text, Rules())
print(*[name for name in {packages!r} if name in sys.modules])
"""


@pytest.mark.parametrize(
    ("texts", "imported"),
    [
        ([], []),
        (["2021-09-01", "2021-09-01T12:41Z", "https://a/", "a@b.co", "a b", "\u00fc", "\u00fc @ b"], []),
        (["http://[::1]/"], ["ipaddress"]),
        (["\u00fc@b.co"], ["email_validator", "idna", "ipaddress"]),
        (["a@xn--nxasmq6b.com"], ["email_validator", "idna", "ipaddress"]),
    ],
    ids=["none", "ordinary", "IPv6", "international email", "A-label"],
)
def test_a_package_is_imported_only_when_a_text_needs_it(texts: list[str], imported: list[str]) -> None:
    script = PROBE.format(texts=texts, packages=PACKAGES)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    # -S: what an editable installation runs at the start imports ipaddress itself.
    command = [sys.executable, "-S", "-c", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == imported


def test_public_names_are_these() -> None:
    own = {name for name, value in vars(formats).items() if getattr(value, "__module__", "") == formats.__name__}
    public = {"is_date", "is_datetime", "is_url", "is_email", "normalise_email"}
    public |= {"text_type", "text_format", "has_no_format", "likely_format", "matches"}
    assert {name for name in own if not name.startswith("_")} == public
