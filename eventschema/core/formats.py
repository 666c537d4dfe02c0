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

- ``email-validator`` is the definition of an email. It is called where that takes Unicode's and IDNA's tables: for
  text that is not ASCII, and for A-labels (``xn--``), which are such text in disguise; there the verdict follows
  the package's tables and those of the running Python. It is trusted with the verdict and the normalised form, not
  with time (some of its steps cost microseconds a character), so what a linear scan can refuse never reaches it.
  Other ASCII text is settled here by the same rules, several dozen times faster; the tests hold the two together.
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

_DATE: Final = re.compile(_FULL_DATE)
_DATETIME: Final = re.compile(f"{_FULL_DATE}[Tt]{_TIME}(?P<offset>{_OFFSET})?")


def is_date(text: str) -> bool:
    """Say whether ``text`` is ``YYYY-MM-DD``, a day of the proleptic Gregorian calendar from 0001 to 9999."""
    return _DATE.fullmatch(text) is not None


def is_datetime(text: str) -> bool:
    """Say whether ``text`` is a date and a time of day in the extended format of ISO 8601, with or without an offset.

    The time is at least hour and minute. Second 60 is a leap second (RFC 3339, section 5.6): it needs an offset, and
    must be the last second of a day in UTC.
    """
    match = _DATETIME.match(text)
    if match is None or match.end() != len(text):
        return False
    return text[16:19] != ":60" or _is_end_of_day_in_utc(match)


def _is_end_of_day_in_utc(match: re.Match[str]) -> bool:
    """Say whether a time's hour and minute, less its offset, are 23:59 (RFC 3339, appendix D)."""
    if match["offset"] is None:
        return False
    text = match.string
    minutes = int(text[11:13]) * 60 + int(text[14:16])
    offset = int(match["hour"] or 0) * 60 + int(match["minute"] or 0)
    utc = minutes + offset if match["sign"] == "-" else minutes - offset
    return utc % 1440 == 1439


# --- url: RFC 3986, appendix A, with the further characters of RFC 3987, section 2.2 ---

# ucschar, less white space (U+00A0, U+1680, U+2000-200A, U+2028, U+2029, U+202F, U+205F, U+3000) and the characters
# that turn the direction of what stands around them (U+200E, U+200F, U+202A-202E, U+2066-2069: section 4.1).
_UCSCHAR: Final = (
    r"\u00A1-\u167F\u1681-\u1FFF\u200B-\u200D\u2010-\u2027\u2030-\u205E\u2060-\u2065\u206A-\u2FFF\u3001-\uD7FF"
    r"\uF900-\uFDCF\uFDF0-\uFFEF"
    r"\U00010000-\U0001FFFD\U00020000-\U0002FFFD\U00030000-\U0003FFFD\U00040000-\U0004FFFD\U00050000-\U0005FFFD"
    r"\U00060000-\U0006FFFD\U00070000-\U0007FFFD\U00080000-\U0008FFFD\U00090000-\U0009FFFD\U000A0000-\U000AFFFD"
    r"\U000B0000-\U000BFFFD\U000C0000-\U000CFFFD\U000D0000-\U000DFFFD\U000E1000-\U000EFFFD"
)
_IPRIVATE: Final = r"\uE000-\uF8FF\U000F0000-\U000FFFFD\U00100000-\U0010FFFD"
_UNRESERVED: Final = r"A-Za-z0-9\-._~"  # RFC 3986, section 2.3
_SUB_DELIMS: Final = "!$&'()*+,;="  # section 2.2
# What a name may hold. "%" stands for pct-encoded (section 2.1): that two hex digits follow is tested by itself, since
# a choice inside a repeat costs ten times a plain set.
_REG_NAME: Final = f"{_UNRESERVED}{_UCSCHAR}{_SUB_DELIMS}%"
_PCHAR: Final = f"{_REG_NAME}:@"  # section 3.3

_SCHEME: Final = r"[A-Za-z][A-Za-z0-9+.\-]*"  # section 3.1
_USERINFO: Final = f"[{_REG_NAME}:]*"  # section 3.2.1
_IPV6_CHARACTERS: Final = "[0-9A-Fa-f:.]+"  # section 3.2.2, as is the next; _is_ipv6 has the rest
_IPVFUTURE: Final = rf"[Vv][0-9A-Fa-f]+\.[{_UNRESERVED}{_SUB_DELIMS}:]+"
_HOST: Final = rf"(?:[{_REG_NAME}]+|\[(?:(?P<ipv6>{_IPV6_CHARACTERS})|{_IPVFUTURE})\])"
_PORT: Final = "[0-9]*"  # section 3.2.3
_PATH: Final = f"/[{_PCHAR}/]*"  # path-abempty, where it is not empty: section 3.3
_QUERY: Final = f"[{_PCHAR}{_IPRIVATE}/?]*"  # section 3.4
_FRAGMENT: Final = f"[{_PCHAR}/?]*"  # section 3.5

_URL: Final = re.compile(
    f"(?P<scheme>{_SCHEME})://(?:{_USERINFO}@)?{_HOST}(?::(?P<port>{_PORT}))?"
    rf"(?:{_PATH})?(?:\?{_QUERY})?(?:#{_FRAGMENT})?"
)
_STRAY_PERCENT: Final = re.compile("%(?![0-9A-Fa-f]{2})")
_MAX_PORT: Final = 65535
_MAX_IPV6_LENGTH: Final = 45  # six groups of four and a dotted IPv4 address of fifteen


def is_url(text: str, schemes: frozenset[str]) -> bool:
    """Say whether ``text`` is an absolute URI or IRI with a host, and its scheme, in lower case, one of ``schemes``.

    The host is a name, an IPv4 address, or an IPv6 (or later) address in brackets, without a zone; the port, if any,
    at most 65535. Of RFC 3987's characters, white space and bidirectional formatting are left out.
    """
    match = _URL.match(text)
    if match is None or match.end() != len(text):
        return False
    scheme, ipv6, port = match.group("scheme", "ipv6", "port")
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
    import ipaddress  # noqa: PLC0415 (few texts need it)

    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        return False
    return True


# --- email: email_validator.validate_email, with the options that _validated gives it ---

_ATEXT: Final = r"A-Za-z0-9!#$%&'*+\-/=?\^_`{|}~"  # RFC 5322, section 3.2.3
_NON_ASCII: Final = r"\x80-\U0010FFFF"  # RFC 6531, section 3.3
# A local part (RFC 5321, sections 4.1.2 and 4.5.3.1.1) and a domain, whose labels are looked at one by one where they
# can be wrong. A top-level domain ends with a letter. Two dots in a row are tested by themselves, for both parts.
_ADDRESS: Final = re.compile(
    rf"(?!\.)[{_ATEXT}.]{{1,64}}(?<!\.)@(?![.\-])(?P<domain>[A-Za-z0-9.\-]*[A-Za-z])",
)
_INTERNATIONAL_ADDRESS: Final = re.compile(
    rf"(?!\.)[{_ATEXT}.{_NON_ASCII}]{{1,64}}(?<!\.)@(?![.\-])[A-Za-z0-9.\-{_NON_ASCII}]+(?<![.\-])"
)
# RFC 5321, section 4.5.3.1.3, with erratum 1690 of RFC 3696: octets. So no domain reaches its own limit of 253.
_MAX_EMAIL_LENGTH: Final = 254
_MAX_LABEL_LENGTH: Final = 63  # RFC 1035, section 2.3.4
# Top-level domains that no mail on the public Internet can reach: RFC 6761, 6762, 7686; all of arpa.
_SPECIAL_USE: Final = frozenset({"arpa", "invalid", "local", "localhost", "onion", "test"})
# RFC 2142: local parts whose case means nothing anywhere.
_CASELESS_MAILBOXES: Final = frozenset(
    {"info", "marketing", "sales", "support", "abuse", "noc", "security", "postmaster", "hostmaster", "usenet"}
    | {"news", "webmaster", "www", "uucp", "ftp"}
)


def is_email(text: str) -> bool:
    """Say whether ``text`` is an email address: at most 254 characters, and accepted by ``email-validator``.

    That is a dot-atom, ``@``, and a domain name that mail from anywhere can reach, internationalised or not. No quoted
    local parts, addresses in brackets, display names, special-use domains, or look-ups.
    """
    return normalise_email(text) is not None


def normalise_email(text: str) -> str | None:
    """Return ``email-validator``'s normalised form of an address; ``None`` where :func:`is_email` is false.

    The domain comes out in lower case and in Unicode, the local part in Unicode's normal form C and with its case kept,
    but for the mailboxes of RFC 2142 (``postmaster``, ``info``, ...).
    """
    if len(text) > _MAX_EMAIL_LENGTH or "@" not in text:
        return None
    if not text.isascii():
        return _validated(text) if _may_be_international(text) else None
    domain = _ascii_domain(text)
    if domain is None:
        return None
    if domain.startswith("xn--") or ".xn--" in domain:
        return _validated(text)
    local = text[: -len(domain)]  # with its "@"
    return (local.lower() if local[:-1].lower() in _CASELESS_MAILBOXES else local) + domain


def _ascii_domain(text: str) -> str | None:
    """Return the domain of an ASCII address, in lower case, its A-labels unread; ``None`` where it is no address."""
    match = _ADDRESS.fullmatch(text)
    if match is None or ".." in text:
        return None
    domain = match["domain"].lower()
    name, _, top = domain.rpartition(".")
    if not name or top in _SPECIAL_USE or ".-" in domain or "-." in domain:
        return None
    if ("--" in domain or len(domain) > _MAX_LABEL_LENGTH) and not all(map(_is_label, domain.split("."))):
        return None
    return domain


def _is_label(label: str) -> bool:
    """Say whether a label is of a lawful length, and no reserved one (RFC 5890, section 2.3.1), A-labels apart."""
    return len(label) <= _MAX_LABEL_LENGTH and (label[2:4] != "--" or label.startswith("xn"))


def _may_be_international(text: str) -> bool:
    """Refuse what ``email-validator`` would only refuse after a long look: each test is one of its own conditions.

    Its categories of unsafe characters (controls, formats, surrogates, private use, unassigned, separators) are those
    that Python calls not printable. It counts the length in octets, at the end.
    """
    return (
        _INTERNATIONAL_ADDRESS.fullmatch(text) is not None
        and ".." not in text
        and text.isprintable()
        and len(text.encode()) <= _MAX_EMAIL_LENGTH
    )


def _validated(text: str) -> str | None:
    from email_validator import validate_email  # noqa: PLC0415 (few texts need it, and it takes long to import)

    try:
        address = validate_email(
            text,
            check_deliverability=False,
            allow_smtputf8=True,
            allow_empty_local=False,
            allow_quoted_local=False,
            allow_domain_literal=False,
            allow_display_name=False,
            strict=True,
            test_environment=False,
            globally_deliverable=True,
        )
    except ValueError:  # its own EmailNotValidError, and what the IDNA tables may raise beside it
        return None
    return address.normalized


# --- which of them a text is ---


def text_type(text: str, rules: Rules) -> PropertyType:
    """Return the type that detection gives ``text``: date, dateTime, url or email, or else string.

    A format that ``rules.detect`` leaves out gives string. No text is of two formats.
    """
    found = _format(text, rules)
    return found if found in rules.detect else PropertyType.STRING


def matches(text: str, type: PropertyType, rules: Rules) -> bool:  # noqa: A002 (the word for it)
    """Say whether ``text`` is of the very format ``type``, whatever ``rules.detect`` says. Every text is a string."""
    match type:
        case PropertyType.STRING:
            return True
        case PropertyType.DATE:
            return is_date(text)
        case PropertyType.DATETIME:
            return is_datetime(text)
        case PropertyType.URL:
            return is_url(text, rules.url_schemes)
        case PropertyType.EMAIL:
            return is_email(text)
        case _:
            return False


def _format(text: str, rules: Rules) -> PropertyType:
    """Return the format of ``text``, trying a pattern only on what its first character, ``://`` or ``@`` allows."""
    if "0" <= text[:1] <= "9":
        if is_date(text):
            return PropertyType.DATE
        if is_datetime(text):
            return PropertyType.DATETIME
    elif "://" in text and is_url(text, rules.url_schemes):
        return PropertyType.URL
    if "@" in text and is_email(text):
        return PropertyType.EMAIL
    return PropertyType.STRING
