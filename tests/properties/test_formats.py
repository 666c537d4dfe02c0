"""Properties of the text formats, over generated texts and over changed ones.

Each format is compared with its definition: email with ``email-validator`` called in full, the others with the readers
of ``tests.reference``, which share no line with the module. Then each is compared with well-known packages; every
difference is listed with its reason.
"""

import re
from datetime import date, datetime

import email_validator
import pytest
import rfc3986  # type: ignore[import-untyped]  # it ships no types
from dateutil.parser import isoparse  # type: ignore[import-untyped]  # it ships no types
from hypothesis import example, given
from hypothesis import strategies as st
from rfc3986 import exceptions, validators

from eventschema.core import grammar
from eventschema.core.formats import is_date, is_datetime, is_email, is_url, matches, normalise_email, text_type
from eventschema.core.rules import Rules
from eventschema.core.types import TEXT_TYPES, PropertyType
from tests import reference, strategies
from tests.definition import defined_email
from tests.strategies import any_texts, near_misses
from tests.support import load_cases

RULES = Rules()
SCHEMES = RULES.url_schemes
FORMATS = TEXT_TYPES[:4]


# --- all formats ---


@given(any_texts)
def test_at_most_one_format_matches_and_it_is_the_detected_one(text: str) -> None:
    matching = [kind for kind in FORMATS if matches(text, kind, RULES)]
    assert matching in ([], [text_type(text, RULES)])
    assert matching or text_type(text, RULES) is PropertyType.STRING


@given(any_texts, st.sampled_from(["\n", "\r\n", "\r", " ", "\x00", "\u2028", "\x85"]))
def test_no_format_matches_with_white_space_at_an_end(text: str, space: str) -> None:
    assert text_type(text + space, RULES) is PropertyType.STRING
    assert text_type(space + text, RULES) is PropertyType.STRING


@given(any_texts, st.frozensets(st.sampled_from(FORMATS)))
def test_a_format_left_out_turns_only_its_texts_into_strings(text: str, left_out: frozenset[PropertyType]) -> None:
    detected = text_type(text, RULES)
    rules = Rules(detect=frozenset(PropertyType) - left_out)
    assert text_type(text, rules) is (PropertyType.STRING if detected in left_out else detected)
    assert all(matches(text, kind, rules) == matches(text, kind, RULES) for kind in TEXT_TYPES)


@given(strategies.date_texts)
def test_what_is_drawn_as_a_date_is_one(text: str) -> None:
    assert text_type(text, RULES) is PropertyType.DATE


@given(strategies.datetime_texts)
def test_what_is_drawn_as_a_datetime_is_one(text: str) -> None:
    assert text_type(text, RULES) is PropertyType.DATETIME


@given(strategies.url_texts)
def test_what_is_drawn_as_a_url_is_one(text: str) -> None:
    assert text_type(text, RULES) is PropertyType.URL


# --- date and dateTime ---


@given(strategies.date_texts | near_misses(strategies.date_texts) | any_texts)
def test_a_date_is_what_the_reference_reads(text: str) -> None:
    assert is_date(text) == reference.is_date(text)


@given(st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", fullmatch=True, alphabet=st.characters(codec="ascii")))
def test_text_shaped_like_a_date_is_one_if_the_day_exists(text: str) -> None:
    try:
        exists = date(*map(int, text.split("-"))).isoformat() == text
    except ValueError:
        exists = False
    assert is_date(text) == exists


@given(strategies.datetime_texts | near_misses(strategies.datetime_texts) | any_texts)
@example("2021-09-01T12:41:52+03:")
def test_a_datetime_is_what_the_reference_reads(text: str) -> None:
    assert is_datetime(text) == reference.is_datetime(text)


@given(st.datetimes(timezones=st.timezones() | st.none()))
def test_isoformat_is_a_datetime_unless_its_offset_has_seconds(moment: datetime) -> None:
    offset = moment.utcoffset()
    whole_minutes = offset is None or offset.total_seconds() % 60 == 0
    assert is_datetime(moment.isoformat()) == whole_minutes


def _isoparse(text: str) -> bool:
    try:
        isoparse(text)
    except ValueError:
        return False
    return True


# What dateutil reads and section 5.6 of RFC 3339 does not. Its own documentation calls its strictness no contract.
DATEUTIL_ALSO_READS = {
    "dates alone, and parts of dates": re.compile(r"[^T]{4,10}", re.DOTALL),
    "another separator than T": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[^Tt].*", re.DOTALL),
    "an hour without minutes": re.compile(r".{7,10}.[0-9]{2}(?:[Zz+\-].*)?", re.DOTALL),
    "hour 24": re.compile(r".{7,10}.24.*", re.DOTALL),
    "the basic format of a date": re.compile(r"[0-9]{8}.*", re.DOTALL),
    "the basic format of a time": re.compile(r".{7,10}.[0-9]{4}.*", re.DOTALL),
    "week dates": re.compile(r"[0-9]{4}-?W.*", re.DOTALL),
    "ordinal dates": re.compile(r"[0-9]{4}-?[0-9]{3}.*", re.DOTALL),
    "numbers that int() takes (2.9)": re.compile(
        r".*(?:[ \t\n\r\x0b\x0c+\-_][0-9]|[0-9][ \t\n\r\x0b\x0c]).*", re.DOTALL
    ),
    "an offset whose minute has one digit (2.9)": re.compile(r".*[+\-][0-9]{2}:[0-9]", re.DOTALL),
}


@given(strategies.datetime_texts | near_misses(strategies.datetime_texts))
def test_dateutil_reads_every_datetime_but_leap_seconds(text: str) -> None:
    if is_datetime(text):
        assert _isoparse(text) == (text[16:19] != ":60")


@given(strategies.datetime_texts | near_misses(strategies.datetime_texts) | near_misses(strategies.date_texts))
def test_dateutil_reads_more_for_known_reasons(text: str) -> None:
    if _isoparse(text) and not is_datetime(text):
        assert any(reason.fullmatch(text) for reason in DATEUTIL_ALSO_READS.values()), text


# --- url ---


@given(strategies.url_texts | near_misses(strategies.url_texts) | any_texts)
@example("http://[::1%25lo]/")
@example("http://a:b@c:/")
def test_a_url_is_what_the_reference_reads(text: str) -> None:
    assert is_url(text, SCHEMES) == reference.is_url(text, SCHEMES)


_groups = st.lists(
    st.sampled_from(["", "0", "1", "ffff", "FFFFF", "1.2.3.4", "256.1.1.1", "01.2.3.4", "g"]), max_size=10
)


@given(_groups.map(":".join) | near_misses(strategies.ipv6_texts) | st.text("01aF:.", max_size=46))
def test_an_ipv6_address_is_what_the_reference_reads(address: str) -> None:
    url = f"http://[{address}]/"
    assert is_url(url, SCHEMES) == reference.is_url(url, SCHEMES)


_COMPONENTS = ("scheme", "userinfo", "host", "port", "path", "query", "fragment")
_RFC3986 = validators.Validator().require_presence_of("scheme", "host").check_validity_of(*_COMPONENTS)


def _rfc3986(text: str) -> bool:
    try:
        _RFC3986.validate(rfc3986.iri_reference(text))
    except (exceptions.RFC3986Exception, UnicodeEncodeError):  # the second for lone surrogates
        return False
    return True


_AUTHORITY = re.compile(r"[^/]*//[^/?#]*", re.DOTALL)


# What the grammar allows and rfc3986 2.0 refuses. (It splits an authority with ASCII patterns, IRI or not.)
RFC3986_REFUSES = {
    "a host or userinfo that is not ASCII": re.compile(r"[^/]*//[^/?#]*[^\x00-\x7f].*", re.DOTALL),
    "a userinfo that is empty": re.compile(r"[^/]*//@.*", re.DOTALL),
    "a port of more than five digits": re.compile(r"[^/]*//[^/?#]*:[0-9]{6,}.*", re.DOTALL),
    "a port with zeros before it": re.compile(r"[^/]*//[^/?#]*:0[0-9]+.*", re.DOTALL),
    "a name like an IPv4 address": re.compile(r"[^/]*//(?:[^/?#]*@)?[0-9]+(?:\.[0-9]+){3}.*", re.DOTALL),
    "IPvFuture with a capital V": re.compile(r"[^/]*//[^/?#]*\[V.*", re.DOTALL),
}
# What the grammar refuses and rfc3986 2.0 passes. (Beside these, it passes any character in a path, a
# query or a fragment, since its patterns match a part of them.)
RFC3986_PASSES = {
    "a newline at the end of the authority": re.compile(r"[^/]*//[^/?#]*\n(?:[/?#].*)?", re.DOTALL),
    "a host that is empty": re.compile(r"[^/]*//(?:[^/?#]*@)?(?::[0-9]*)?(?:[/?#].*)?", re.DOTALL),
    "a port without its colon": re.compile(r"[^/]*//[^/?#]*\][0-9]+(?:[/?#].*)?", re.DOTALL),
    "a zone": re.compile(r"[^/]*//[^/?#]*\[[^\]]*%.*", re.DOTALL),
    "an IPv4 address with large numbers or zeros inside an IPv6 address": re.compile(
        r"[^/]*//[^/?#]*\[[^\]]*\.[^\]]*\].*", re.DOTALL
    ),
    "a scheme that is not asked for": re.compile(r"(?!(?:https?|ftps?)://)[^/]*//.*", re.DOTALL | re.IGNORECASE),
}


@given(strategies.url_texts | near_misses(strategies.url_texts))
def test_rfc3986_differs_for_known_reasons(text: str) -> None:
    ours, theirs = is_url(text, SCHEMES), _rfc3986(text)
    if ours:
        assert theirs or any(reason.fullmatch(text) for reason in RFC3986_REFUSES.values())
    elif theirs:
        start = _AUTHORITY.match(text)
        without_path = start is not None and is_url(start[0], SCHEMES)
        assert without_path or any(reason.fullmatch(text) for reason in RFC3986_PASSES.values())


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ("http://\u00fc/", True),
        ("http://@a/", True),
        ("http://a:000080/", True),
        ("http://a:080/", True),
        ("http://999.1.1.1/", True),
        ("http://[V1.a]/", True),
        ("http://a/ ", False),
        ("http://a\n", False),
        ("http://:80", False),
        ("http://[::1]80", False),
        ("http://[::1%25lo]", False),
        ("http://[::1.2.3.999]", False),
        ("gopher://a", False),
    ],
)
def test_rfc3986_still_differs(text: str, ours: bool) -> None:
    """If this fails, a later rfc3986 has fixed a difference: remove its reason from the list."""
    assert is_url(text, SCHEMES) is ours
    assert _rfc3986(text) is not ours or text == "http://a:080/"


# --- email ---


@given(strategies.ascii_email_texts | near_misses(strategies.ascii_email_texts))
@example("INFO@b.co")
@example("a@b@c.co")
@example('"a"@b.co')
def test_an_email_is_what_email_validator_takes(text: str) -> None:
    assert normalise_email(text) == defined_email(text)
    assert is_email(text) == (defined_email(text) is not None)


@given(strategies.international_email_texts | near_misses(strategies.international_email_texts))
@example("a@\ufe0f.co")
@example("a@\ufe0f")
@example("<\u0338@b.co")
@example("a@1.\u05d0.co")
def test_an_international_email_is_what_email_validator_takes(text: str) -> None:
    assert normalise_email(text) == defined_email(text)


@given(any_texts)
def test_any_text_is_an_email_only_to_email_validator(text: str) -> None:
    assert normalise_email(text) == defined_email(text)


@given(st.text("aA0-.@x", max_size=12).map("a@{}.co".format) | st.text('an-X.@_"<> \u00fc', max_size=10))
def test_short_texts_near_an_email(text: str) -> None:
    assert normalise_email(text) == defined_email(text)


@pytest.mark.parametrize("row", load_cases("formats")["email"]["accept"] + load_cases("formats")["email"]["refuse"])
def test_the_table_agrees_with_the_definition(row: dict[str, str]) -> None:
    assert normalise_email(row["text"]) == defined_email(row["text"])


@pytest.mark.parametrize(
    "text",
    [
        "a@1.xn--4dbc.com",  # a digit first, beside Hebrew: email-validator 2.4 refuses it (RFC 5893), 2.3 does not
        "a@xn--x43dc.com",  # two letters of Kawi, a script of Unicode 15.0: unassigned in Python 3.11
    ],
)
def test_an_a_label_is_valid_by_the_installed_tables(text: str) -> None:
    assert normalise_email(text) == defined_email(text)


@given(strategies.email_texts)
def test_the_normalised_form_is_an_email_and_its_own(text: str) -> None:
    normalised = normalise_email(text)
    if normalised is not None:
        assert normalise_email(normalised) == normalised


def test_the_tables_are_those_of_email_validator() -> None:
    assert set(email_validator.SPECIAL_USE_DOMAIN_NAMES) == grammar.SPECIAL_USE_DOMAINS
    assert set(email_validator.rfc_constants.CASE_INSENSITIVE_MAILBOX_NAMES) == grammar.CASELESS_MAILBOXES
