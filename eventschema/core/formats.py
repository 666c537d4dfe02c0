r"""Decides which text format a text has: date, dateTime, url or email.

The patterns come from ``grammar``. ``_DATETIME`` and ``_URL`` could give characters back one by one before they fail,
so they are asked for their longest match, which must be the whole text. Since no part of them can start with a
character of the part before it, this is ``fullmatch`` without the search. All other patterns use ``fullmatch``.

Some texts are left to other modules, which are imported only when such a text comes:

- ``eventschema.core.international`` for text beyond ASCII: the further characters of IRIs, and internationalised email
  addresses.
- ``email-validator`` is the definition of an email. It is called where Unicode's and IDNA's tables are needed: for text
  that is not ASCII, and for A-labels (``xn--``), which encode such text. For other ASCII text the same rules are
  implemented here, several dozen times faster; the tests compare the two.
- ``ipaddress``, of the standard library, reads IPv6 addresses in brackets.
- ``rfc3986`` and ``python-dateutil`` are not used. They are slower, and wrong for this in both directions: ``rfc3986``
  accepts quotes, ``%6G`` and addresses with a zone, ``dateutil`` reads ``2014`` and ``2014-W01`` as times and refuses
  second 60. The tests compare with them and list every difference.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from eventschema.core import grammar
from eventschema.core.rules import Rules
from eventschema.core.types import PropertyType

_DATE: Final = re.compile(grammar.DATE)
_DATETIME: Final = re.compile(grammar.DATETIME)
_URL: Final = re.compile(grammar.url())
_STRAY_PERCENT: Final = re.compile(grammar.STRAY_PERCENT)
_ADDRESS: Final = re.compile(grammar.ADDRESS)


def is_date(text: str) -> bool:
    """Whether ``text`` is ``YYYY-MM-DD``, a day of the proleptic Gregorian calendar from 0001 to 9999."""
    return _DATE.fullmatch(text) is not None


def is_datetime(text: str) -> bool:
    """Whether ``text`` is a date and a time of day in the extended format of ISO 8601, with or without an offset.

    The time has at least an hour and a minute. Second 60 is a leap second (RFC 3339, section 5.6): it needs an offset,
    and must be the last second of a day in UTC.
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


def is_url(text: str, schemes: frozenset[str]) -> bool:
    """Whether ``text`` is an absolute URI or IRI with a host, and its scheme, in lower case, is one of ``schemes``.

    The host is a name, an IPv4 address, or an IPv6 (or later) address in brackets, without a zone. The port, if any, is
    at most 65535. Of RFC 3987's characters, white space and bidirectional formatting are excluded.
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
    return len(significant) <= 5 and int(significant or "0") <= grammar.MAX_PORT


def _is_ipv6(address: str) -> bool:
    if len(address) > grammar.MAX_IPV6_LENGTH:
        return False
    import ipaddress

    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        return False
    return True


def is_email(text: str) -> bool:
    """Whether ``text`` is an email address: at most 254 characters, and accepted by ``email-validator``.

    It consists of a dot-atom, ``@``, and a domain name that mail from anywhere can reach, internationalised or not.
    Quoted local parts, addresses in brackets, display names and special-use domains are refused. Nothing is looked up.
    """
    if text.isascii():
        address = _ascii_address(text)
        if address is None or not _has_a_label(address[1]):
            return address is not None
    return _validated(text) is not None


def normalise_email(text: str) -> str | None:
    """``email-validator``'s normalised form of an address; ``None`` where :func:`is_email` is false.

    The domain is in lower case and in Unicode. The local part is in Unicode's normal form C and keeps its case, except
    for the mailboxes of RFC 2142 (``postmaster``, ``info``, ...).
    """
    if text.isascii():
        address = _ascii_address(text)
        if address is None:
            return None
        local, domain = address
        if not _has_a_label(domain):
            return f"{local.lower() if local.lower() in grammar.CASELESS_MAILBOXES else local}@{domain}"
    return _validated(text)


def _ascii_address(text: str) -> tuple[str, str] | None:
    """The local part and the domain (in lower case) of an ASCII address, else ``None``. A-labels are not decoded."""
    match = _ADDRESS.fullmatch(text) if len(text) <= grammar.MAX_EMAIL_LENGTH else None
    if match is None or ".." in text:
        return None
    local, domain = match.groups()
    domain = domain.lower()
    name, _, top = domain.rpartition(".")
    if not name or top in grammar.SPECIAL_USE_DOMAINS or ".-" in domain or "-." in domain:
        return None
    if ("--" in domain or len(domain) > grammar.MAX_LABEL_LENGTH) and not all(map(_is_label, domain.split("."))):
        return None
    return local, domain


def _is_label(label: str) -> bool:
    """Whether a label is not too long, and not a reserved one (RFC 5890, section 2.3.1) other than an A-label."""
    return len(label) <= grammar.MAX_LABEL_LENGTH and (label[2:4] != "--" or label.startswith("xn"))


def _has_a_label(domain: str) -> bool:
    return "xn--" in domain and (domain.startswith("xn--") or ".xn--" in domain)


def _validated(text: str) -> str | None:
    from eventschema.core.international import validated

    return validated(text)


_STRING: Final = PropertyType.STRING
_DATE_TYPE: Final = PropertyType.DATE
_DATETIME_TYPE: Final = PropertyType.DATETIME
_URL_TYPE: Final = PropertyType.URL
_EMAIL_TYPE: Final = PropertyType.EMAIL

#: The check of each text format: whether a text is of it under the rules.
CHECKS: Final[Mapping[PropertyType, Callable[[str, Rules], bool]]] = MappingProxyType(
    {
        _DATE_TYPE: lambda text, _: is_date(text),
        _DATETIME_TYPE: lambda text, _: is_datetime(text),
        _URL_TYPE: lambda text, rules: is_url(text, rules.url_schemes),
        _EMAIL_TYPE: lambda text, _: is_email(text),
    }
)


def text_type(text: str, rules: Rules) -> PropertyType:
    """The type that detection gives ``text``: date, dateTime, url or email, or else string.

    A format that ``rules.detect`` leaves out gives string. No text is of two formats.
    """
    found = text_format(text, rules)
    return found if found in rules.detect else _STRING


def matches(text: str, expected: PropertyType, rules: Rules) -> bool:
    """Whether ``text`` is of the format ``expected``, whatever ``rules.detect`` says. Every text is a string."""
    if expected is _STRING:
        return True
    check = CHECKS.get(expected)
    return check is not None and check(text, rules)


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
    """The format to try first, found by cheap tests; string for a text that cannot be of any format."""
    if "0" <= text[:1] <= "9":
        return _DATE_TYPE if len(text) == grammar.DATE_LENGTH else _DATETIME_TYPE
    if "://" in text:
        return _URL_TYPE
    return _EMAIL_TYPE if "@" in text else _STRING
