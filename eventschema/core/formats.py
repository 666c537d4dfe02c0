r"""The text formats: date, dateTime, url and email, each as the grammar that its standard gives.

A production is a constant that bears its name, with the section it comes from beside it; the few things that a
grammar cannot say (leap seconds, the value of a port, the length of a label) are small functions. Three rules keep
the work linear in the length of the text, and the verdict the same on every Python:

- Characters are spelt out, never ``\d`` or ``\w``, whose meaning follows Python's Unicode data.
- No repeat stands inside another or beside one that shares a character with it, so a pattern has one way to match.
- No possessive quantifier or atomic group: CPython 3.11.2 matches them wrongly. Where a pattern could give characters
  back one by one before it fails (``_DATETIME``, ``_URL``), it is asked for its longest match, and that must be the
  whole text. Since no part of them can start with a character of the part before it, this is ``fullmatch`` without
  the search. Everywhere else it is ``fullmatch``.

What is left to others, each imported only when a text needs it:

- ``eventschema.core.international`` has what text beyond ASCII takes: the further characters of IRIs, and, by
  ``email-validator``, internationalised addresses.
- ``email-validator`` is the definition of an email. It is called where that takes Unicode's and IDNA's tables: for
  text that is not ASCII, and for A-labels (``xn--``), which are such text in disguise. Other ASCII text is settled
  here by the same rules, several dozen times faster; the tests hold the two together.
- ``ipaddress``, of the standard library, reads IPv6 addresses in brackets.
- ``rfc3986`` and ``python-dateutil`` decide nothing here. They are slower, and wrong for this in both directions:
  ``rfc3986`` lets quotes and ``%6G`` pass and takes an address with a zone, ``dateutil`` reads ``2014`` and
  ``2014-W01`` as times and refuses second 60. The tests compare with them and list every difference.
"""

import re
from typing import Final

from eventschema.core.rules import Rules
from eventschema.core.types import PropertyType

# --- date and dateTime: ISO 8601, extended format, calendar dates; RFC 3339, section 5.6 and appendix A ---

_YEAR: Final = "(?!0000)[0-9]{4}"
_LEAP_YEAR: Final = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"  # appendix C
_MONTH: Final = "(?:0[1-9]|1[0-2])"
_MONTH_OF_30_DAYS_OR_MORE: Final = "(?:0[13-9]|1[0-2])"
_MONTH_OF_31_DAYS: Final = "(?:0[13578]|1[02])"
_MONTH_AND_DAY: Final = (
    f"(?:{_MONTH}-(?:0[1-9]|1[0-9]|2[0-8])|{_MONTH_OF_30_DAYS_OR_MORE}-(?:29|30)|{_MONTH_OF_31_DAYS}-31)"
)
_FULL_DATE: Final = f"(?:{_YEAR}-{_MONTH_AND_DAY}|(?!0000){_LEAP_YEAR}-02-29)"
_HOUR: Final = "(?:[01][0-9]|2[0-3])"
_MINUTE: Final = "[0-5][0-9]"
_SECOND: Final = "(?:[0-5][0-9]|60)"
_FRACTION: Final = "[.,][0-9]+"
_OFFSET: Final = f"(?:[Zz]|(?P<sign>[+\\-])(?P<hour>{_HOUR})(?::?(?P<minute>{_MINUTE}))?)"
_TIME: Final = f"{_HOUR}:{_MINUTE}(?::{_SECOND}(?:{_FRACTION})?)?"

_DATE_LENGTH: Final = 10
_DATE: Final = re.compile(_FULL_DATE)
_DATETIME: Final = re.compile(f"{_FULL_DATE}[Tt]{_TIME}(?P<offset>{_OFFSET})?")


def is_date(text: str) -> bool:
    """Whether ``text`` is ``YYYY-MM-DD``, a day of the proleptic Gregorian calendar from 0001 to 9999."""
    return _DATE.fullmatch(text) is not None


def is_datetime(text: str) -> bool:
    """Whether ``text`` is a date and a time of day in the extended format of ISO 8601, with or without an offset.

    The time is at least hour and minute. Second 60 is a leap second (RFC 3339, section 5.6): it needs an offset, and
    must be the last second of a day in UTC.
    """
    match = _DATETIME.match(text)
    if match is None or match.end() != len(text):
        return False
    return text[16:19] != ":60" or _is_end_of_day_in_utc(match)


def _is_end_of_day_in_utc(match: re.Match[str]) -> bool:
    """Whether a time's hour and minute, less its offset, are 23:59 (RFC 3339, appendix D)."""
    if match["offset"] is None:
        return False
    text = match.string
    minutes = int(text[11:13]) * 60 + int(text[14:16])
    offset = int(match["hour"] or 0) * 60 + int(match["minute"] or 0)
    utc = minutes + offset if match["sign"] == "-" else minutes - offset
    return utc % 1440 == 1439


# --- url: RFC 3986, appendix A ---

_UNRESERVED: Final = r"A-Za-z0-9\-._~"  # section 2.3
_SUB_DELIMS: Final = "!$&'()*+,;="  # section 2.2
_STRAY_PERCENT: Final = re.compile("%(?![0-9A-Fa-f]{2})")
_MAX_PORT: Final = 65535
_MAX_IPV6_LENGTH: Final = 45  # six groups of four and a dotted IPv4 address of fifteen


def url_pattern(ucschar: str = "", iprivate: str = "") -> re.Pattern[str]:
    """The grammar of a url; with the further characters of RFC 3987, section 2.2, that of an internationalised one.

    Its groups are ``scheme``, ``ipv6`` and ``port``. What it takes for the longest match is a url if it is the whole
    text, and :func:`is_url` finds nothing to say against the groups.
    """
    # What a name may hold. "%" stands for pct-encoded (RFC 3986, section 2.1): that two hex digits follow is tested by
    # itself, since a choice inside a repeat costs ten times a plain set.
    reg_name = f"{_UNRESERVED}{ucschar}{_SUB_DELIMS}%"
    pchar = f"{reg_name}:@"  # section 3.3
    scheme = r"[A-Za-z][A-Za-z0-9+.\-]*"  # section 3.1
    userinfo = f"[{reg_name}:]*"  # section 3.2.1
    ipv6_characters = "[0-9A-Fa-f:.]+"  # section 3.2.2, as is the next; _is_ipv6 has the rest
    ipvfuture = rf"[Vv][0-9A-Fa-f]+\.[{_UNRESERVED}{_SUB_DELIMS}:]+"
    host = rf"(?:[{reg_name}]+|\[(?:(?P<ipv6>{ipv6_characters})|{ipvfuture})\])"
    port = "[0-9]*"  # section 3.2.3
    path = f"/[{pchar}/]*"  # path-abempty, where it is not empty: section 3.3
    query = f"[{pchar}{iprivate}/?]*"  # section 3.4
    fragment = f"[{pchar}/?]*"  # section 3.5
    return re.compile(
        f"(?P<scheme>{scheme})://(?:{userinfo}@)?{host}(?::(?P<port>{port}))?"
        rf"(?:{path})?(?:\?{query})?(?:#{fragment})?"
    )


_URL: Final = url_pattern()


def is_url(text: str, schemes: frozenset[str]) -> bool:
    """Whether ``text`` is an absolute URI or IRI with a host, and its scheme, in lower case, one of ``schemes``.

    The host is a name, an IPv4 address, or an IPv6 (or later) address in brackets, without a zone; the port, if any,
    at most 65535. Of RFC 3987's characters, white space and bidirectional formatting are left out.
    """
    if text.isascii():
        match = _URL.match(text)
    else:
        from eventschema.core.international import IRI

        match = IRI.match(text)
    if match is None or match.end() != len(text):
        return False
    scheme, ipv6, port = match.groups()
    return (
        scheme.lower() in schemes
        and (not port or _is_port(port))
        and (ipv6 is None or _is_ipv6(ipv6))
        and ("%" not in text or _STRAY_PERCENT.search(text) is None)
    )


def _is_port(digits: str) -> bool:
    significant = digits.lstrip("0")
    return len(significant) <= 5 and int(significant or "0") <= _MAX_PORT


def _is_ipv6(address: str) -> bool:
    if len(address) > _MAX_IPV6_LENGTH:
        return False
    import ipaddress

    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        return False
    return True


# --- email: what email-validator takes, with the options that international.validated gives it ---

ATEXT: Final = r"A-Za-z0-9!#$%&'*+\-/=?\^_`{|}~"  # RFC 5322, section 3.2.3
LDH: Final = r"A-Za-z0-9\-"  # letters, digits, hyphens: RFC 952, and RFC 1123, section 2.1
# A local part (RFC 5321, sections 4.1.2 and 4.5.3.1.1) and a domain, whose labels are looked at one by one where they
# can be wrong. A top-level domain ends with a letter. Two dots in a row are tested by themselves, for both parts.
_ADDRESS: Final = re.compile(
    rf"(?!\.)([{ATEXT}.]{{1,64}})(?<!\.)@(?![.\-])([{LDH}.]*[A-Za-z])",
)
# RFC 5321, section 4.5.3.1.3, with erratum 1690 of RFC 3696: octets. So no domain reaches its own limit of 253.
MAX_EMAIL_LENGTH: Final = 254
_MAX_LABEL_LENGTH: Final = 63  # RFC 1035, section 2.3.4
#: Top-level domains that no mail on the public Internet can reach: RFC 6761, 6762, 7686; all of arpa.
SPECIAL_USE_DOMAINS: Final = frozenset({"arpa", "invalid", "local", "localhost", "onion", "test"})
# RFC 2142: local parts whose case means nothing anywhere.
_CASELESS_MAILBOXES: Final = frozenset(
    {"info", "marketing", "sales", "support", "abuse", "noc", "security", "postmaster", "hostmaster", "usenet"}
    | {"news", "webmaster", "www", "uucp", "ftp"}
)


def is_email(text: str) -> bool:
    """Whether ``text`` is an email address: at most 254 characters, and accepted by ``email-validator``.

    That is a dot-atom, ``@``, and a domain name that mail from anywhere can reach, internationalised or not. No quoted
    local parts, addresses in brackets, display names, special-use domains, or look-ups.
    """
    if text.isascii():
        address = _ascii_address(text)
        if address is None or not _has_a_label(address[1]):
            return address is not None
    return _validated(text) is not None


def normalise_email(text: str) -> str | None:
    """``email-validator``'s normalised form of an address; ``None`` where :func:`is_email` is false.

    The domain comes out in lower case and in Unicode, the local part in Unicode's normal form C and with its case kept,
    but for the mailboxes of RFC 2142 (``postmaster``, ``info``, ...).
    """
    if text.isascii():
        address = _ascii_address(text)
        if address is None:
            return None
        local, domain = address
        if not _has_a_label(domain):
            return f"{local.lower() if local.lower() in _CASELESS_MAILBOXES else local}@{domain}"
    return _validated(text)


def _ascii_address(text: str) -> tuple[str, str] | None:
    """The local part and the domain of an ASCII address, the domain in lower case and its A-labels unread."""
    match = _ADDRESS.fullmatch(text) if len(text) <= MAX_EMAIL_LENGTH else None
    if match is None or ".." in text:
        return None
    local, domain = match.groups()
    domain = domain.lower()
    name, _, top = domain.rpartition(".")
    if not name or top in SPECIAL_USE_DOMAINS or ".-" in domain or "-." in domain:
        return None
    if ("--" in domain or len(domain) > _MAX_LABEL_LENGTH) and not all(map(_is_label, domain.split("."))):
        return None
    return local, domain


def _is_label(label: str) -> bool:
    """Whether a label is of a lawful length, and no reserved one (RFC 5890, section 2.3.1), A-labels apart."""
    return len(label) <= _MAX_LABEL_LENGTH and (label[2:4] != "--" or label.startswith("xn"))


def _has_a_label(domain: str) -> bool:
    return "xn--" in domain and (domain.startswith("xn--") or ".xn--" in domain)


def _validated(text: str) -> str | None:
    from eventschema.core.international import validated

    return validated(text)


# --- which of them a text is ---


def text_type(text: str, rules: Rules) -> PropertyType:
    """The type that detection gives ``text``: date, dateTime, url or email, or else string.

    A format that ``rules.detect`` leaves out gives string. No text is of two formats.
    """
    found = text_format(text, rules)
    return found if found in rules.detect else _STRING


def matches(text: str, expected: PropertyType, rules: Rules) -> bool:
    """Whether ``text`` is of the very format ``expected``, whatever ``rules.detect`` says. Every text is a string."""
    if expected is _STRING:
        return True
    if expected is _DATE_TYPE:
        return is_date(text)
    if expected is _DATETIME_TYPE:
        return is_datetime(text)
    if expected is _URL_TYPE:
        return is_url(text, rules.url_schemes)
    return expected is _EMAIL_TYPE and is_email(text)


def text_format(text: str, rules: Rules) -> PropertyType:
    """The one format that ``text`` :func:`matches`, or else string, whatever ``rules.detect`` says."""
    likely = likely_format(text)
    if matches(text, likely, rules):
        return likely
    # An address may begin with a digit.
    return _EMAIL_TYPE if likely is not _EMAIL_TYPE and "@" in text and is_email(text) else _STRING


def has_no_format(text: str) -> bool:
    """Whether a text beyond ASCII is certainly a string: dates are ASCII, an email has an ``@`` and a url ``://``."""
    return "@" not in text and "://" not in text


def likely_format(text: str) -> PropertyType:
    """The format to try first, by what is cheap to see; string for a text that can be of none."""
    if "0" <= text[:1] <= "9":
        return _DATE_TYPE if len(text) == _DATE_LENGTH else _DATETIME_TYPE
    if "://" in text:
        return _URL_TYPE
    return _EMAIL_TYPE if "@" in text else _STRING


_STRING: Final = PropertyType.STRING
_DATE_TYPE: Final = PropertyType.DATE
_DATETIME_TYPE: Final = PropertyType.DATETIME
_URL_TYPE: Final = PropertyType.URL
_EMAIL_TYPE: Final = PropertyType.EMAIL
