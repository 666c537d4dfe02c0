r"""Every production of the text formats and every limit on a value, once, with the section that it comes from.

A production is the text of a regular expression; the modules that use it compile it. A few things that a pattern cannot
say (leap seconds, the number of a port, the length of a label) are functions in ``formats``. Where a fast path takes
only part of a production, that part is defined right after it, as ``..._SUBSET``; the tests show that it is one. Three
rules keep matching linear in the length of the text, and its result the same on every Python:

- Characters are written out, never ``\d`` or ``\w``, whose meaning follows Python's Unicode data.
- No repeat contains another one or is next to one that shares a character with it, so there is one way to match.
- No possessive quantifiers or atomic groups: CPython 3.11.2 matches them wrongly.
"""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

# --- numbers ---

INT64_MIN: Final = -(2**63)
INT64_MAX: Final = 2**63 - 1
DOUBLE_BITS: Final = 1024  # an integer of more bits is beyond the doubles (IEEE 754 binary64)
#: A double holds every integer up to here, in either direction. Beyond, each must be tried.
MAX_EXACT_INT: Final = 2**53
#: Below this, every number with a fraction of one half is a double.
MAX_EXACT_HALF: Final = 2**52

# --- names and lines of text ---

ALNUM: Final = "A-Za-z0-9"
CONTROL: Final = r"\x00-\x1f\x7f"  # C0 and DEL
#: The name of a property.
NAME: Final = f"[{ALNUM}_]+"
#: An event's name, a contact's id, an origin or an event version: no controls, and no lone surrogates, which UTF-8
#: cannot encode (RFC 3629, section 3).
LINE: Final = rf"[^{CONTROL}\ud800-\udfff]+"
#: Characters of a contact's id, of an origin and of an event version; by default, of an event's name.
MAX_LINE_LENGTH: Final = 255
#: UUID: RFC 9562, section 4.
UUID: Final = "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
#: Phone number: ITU-T E.164, section 6.
MAX_PHONE_DIGITS: Final = 15
PHONE_NUMBER: Final = rf"\+[1-9][0-9]{{1,{MAX_PHONE_DIGITS - 1}}}"

# --- date and dateTime: ISO 8601, extended format, calendar dates; RFC 3339, section 5.6 and appendix A ---

# Years 0001 to 9999. Written without look-ahead, since the JSON Schemas of ``eventschema.export`` have it too.
_YEAR: Final = "(?:[1-9][0-9]{3}|0(?:[1-9][0-9]{2}|0(?:[1-9][0-9]|0[1-9])))"
_MULTIPLE_OF_4: Final = "(?:0[48]|[2468][048]|[13579][26])"  # of two digits, less 00
_LEAP_YEAR: Final = f"(?:[0-9]{{2}}{_MULTIPLE_OF_4}|{_MULTIPLE_OF_4}00)"  # appendix C, less 0000
_MONTH: Final = "(?:0[1-9]|1[0-2])"
_MONTH_OF_30_DAYS_OR_MORE: Final = "(?:0[13-9]|1[0-2])"
_MONTH_OF_31_DAYS: Final = "(?:0[13578]|1[02])"
_DAY_TO_28: Final = "(?:0[1-9]|1[0-9]|2[0-8])"
_MONTH_AND_DAY: Final = f"(?:{_MONTH}-{_DAY_TO_28}|{_MONTH_OF_30_DAYS_OR_MORE}-(?:29|30)|{_MONTH_OF_31_DAYS}-31)"
DATE_LENGTH: Final = 10
DATE: Final = f"(?:{_YEAR}-{_MONTH_AND_DAY}|{_LEAP_YEAR}-02-29)"
#: A day that every year has.
DATE_SUBSET: Final = f"{_YEAR}-{_MONTH_AND_DAY}"

HOUR: Final = "(?:[01][0-9]|2[0-3])"
MINUTE: Final = "[0-5][0-9]"
_SECOND: Final = "(?:[0-5][0-9]|60)"
FRACTION: Final = "[.,][0-9]+"
_OFFSET: Final = f"(?:[Zz]|(?P<sign>[+\\-])(?P<hour>{HOUR})(?::?(?P<minute>{MINUTE}))?)"
_TIME: Final = f"{HOUR}:{MINUTE}(?::{_SECOND}(?:{FRACTION})?)?"
#: When second 60 may be is for ``formats.is_datetime`` to say.
DATETIME: Final = f"{DATE}[Tt]{_TIME}(?P<offset>{_OFFSET})?"
#: In UTC, to the nanosecond, not in a leap second.
DATETIME_SUBSET: Final = rf"{DATE_SUBSET}T{HOUR}:{MINUTE}:{MINUTE}(?:\.[0-9]{{1,9}})?Z"

# --- url: RFC 3986, appendix A; RFC 3987, section 2.2 ---

UNRESERVED_MARKS: Final = "-._~"  # section 2.3: besides letters and digits
SUB_DELIMS: Final = "!$&'()*+,;="  # section 2.2
_UNRESERVED: Final = ALNUM + re.escape(UNRESERVED_MARKS)
# Those of a name, less "%": pct-encoded (section 2.1) is a "%" here, and STRAY_PERCENT finds one without two hex digits
# after it. A choice inside a repeat would take ten times as long as a set.
_REG_NAME: Final = f"{_UNRESERVED}{SUB_DELIMS}"
_PCHAR: Final = f"{_REG_NAME}:@"  # section 3.3
STRAY_PERCENT: Final = "%(?![0-9A-Fa-f]{2})"
SCHEME: Final = r"[A-Za-z][A-Za-z0-9+.\-]*"  # section 3.1
MAX_PORT: Final = 65535  # RFC 9293, section 3.1: 16 bits
MAX_IPV6_LENGTH: Final = 45  # six groups of four and a dotted IPv4 address of fifteen

#: RFC 3987, section 2.2: ucschar, less white space (U+00A0, U+1680, U+2000-200A, U+2028, U+2029, U+202F, U+205F,
#: U+3000) and the characters that change the direction of text around them (U+200E, U+200F, U+202A-202E,
#: U+2066-2069: section 4.1).
UCSCHAR: Final = (
    r"\u00A1-\u167F\u1681-\u1FFF\u200B-\u200D\u2010-\u2027\u2030-\u205E\u2060-\u2065\u206A-\u2FFF\u3001-\uD7FF"
    r"\uF900-\uFDCF\uFDF0-\uFFEF"
    r"\U00010000-\U0001FFFD\U00020000-\U0002FFFD\U00030000-\U0003FFFD\U00040000-\U0004FFFD\U00050000-\U0005FFFD"
    r"\U00060000-\U0006FFFD\U00070000-\U0007FFFD\U00080000-\U0008FFFD\U00090000-\U0009FFFD\U000A0000-\U000AFFFD"
    r"\U000B0000-\U000BFFFD\U000C0000-\U000CFFFD\U000D0000-\U000DFFFD\U000E1000-\U000EFFFD"
)
IPRIVATE: Final = r"\uE000-\uF8FF\U000F0000-\U000FFFFD\U00100000-\U0010FFFD"


#: The number of a port, 0 to 65535, with any leading zeros; or no digits.
PORT: Final = "0*(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])?"
_H16: Final = "[0-9A-Fa-f]{1,4}"
#: A number of an IPv4 address, 0 to 255.
OCTET: Final = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_LS32: Final = rf"(?:{_H16}:{_H16}|{OCTET}(?:\.{OCTET}){{3}})"
#: IPv6address: appendix A, its nine lines in order.
IPV6: Final = "(?:{})".format(
    "|".join(
        [f"(?:{_H16}:){{6}}{_LS32}", f"::(?:{_H16}:){{5}}{_LS32}", f"(?:{_H16})?::(?:{_H16}:){{4}}{_LS32}"]
        + [f"(?:(?:{_H16}:){{0,{n}}}{_H16})?::(?:{_H16}:){{{3 - n}}}{_LS32}" for n in (1, 2, 3)]
        + [f"(?:(?:{_H16}:){{0,4}}{_H16})?::{_LS32}"]
        + [f"(?:(?:{_H16}:){{0,5}}{_H16})?::{_H16}", f"(?:(?:{_H16}:){{0,6}}{_H16})?::"]
    )
)


class UrlParts(NamedTuple):
    """The patterns that ``url`` puts together. ``characters`` makes the pattern of one character out of a set of them.

    The defaults match quickly but too much; ``formats.is_url`` checks what they matched.
    """

    scheme: str = f"(?P<scheme>{SCHEME})"
    ipv6: str = "(?P<ipv6>[0-9A-Fa-f:.]+)"
    port: str = "(?P<port>[0-9]*)"
    characters: Callable[[str], str] = "[{}%]".format


_QUICK_PARTS: Final = UrlParts()
#: The parts of a url of any scheme that needs no further check. They match several times slower.
EXACT_URL_PARTS: Final = UrlParts(f"(?:{SCHEME})", IPV6, PORT, "(?:[{}]|%[0-9A-Fa-f]{{2}})".format)


def url(ucschar: str = "", iprivate: str = "", parts: UrlParts = _QUICK_PARTS) -> str:
    """The production of a URI; with ``UCSCHAR`` and ``IPRIVATE``, of an IRI."""
    one = parts.characters
    reg_name = f"{_REG_NAME}{ucschar}"
    pchar = f"{reg_name}:@"
    userinfo = f"{one(f'{reg_name}:')}*"  # section 3.2.1
    ipvfuture = rf"[Vv][0-9A-Fa-f]+\.[{_UNRESERVED}{SUB_DELIMS}:]+"  # section 3.2.2, as is the next
    host = rf"(?:{one(reg_name)}+|\[(?:{parts.ipv6}|{ipvfuture})\])"
    path = f"/{one(f'{pchar}/')}*"  # path-abempty, where it is not empty: section 3.3
    query = f"{one(f'{pchar}{iprivate}/?')}*"  # section 3.4
    fragment = f"{one(f'{pchar}/?')}*"  # section 3.5
    return (
        f"{parts.scheme}://(?:{userinfo}@)?{host}(?::{parts.port})?"  # port: section 3.2.3
        rf"(?:{path})?(?:\?{query})?(?:#{fragment})?"
    )


#: An http or https URI with a plain host and a port of four digits at most. Its parts are bounded, since a match of the
#: whole text may give characters back one by one before it fails.
URL_SUBSET: Final = (
    rf"https?://[{ALNUM}.\-]{{1,63}}(?::[0-9]{{1,4}})?(?:/[{_PCHAR}/]{{0,127}})?"
    rf"(?:\?[{_PCHAR}/?]{{0,127}})?(?:#[{_PCHAR}/?]{{0,63}})?"
)
URL_SUBSET_SCHEMES: Final = frozenset({"http", "https"})

# --- email: what email-validator accepts, with the options that ``international.validated`` gives it ---

# In octets: RFC 5321, section 4.5.3.1.3, with erratum 1690 of RFC 3696. So no domain reaches its own limit of 253.
MAX_EMAIL_LENGTH: Final = 254
MAX_LOCAL_LENGTH: Final = 64  # RFC 5321, section 4.5.3.1.1
MAX_LABEL_LENGTH: Final = 63  # RFC 1035, section 2.3.4
ATEXT_MARKS: Final = "!#$%&'*+-/=?^_`{|}~"  # RFC 5322, section 3.2.3: besides letters and digits
ATEXT: Final = ALNUM + re.escape(ATEXT_MARKS)
LDH: Final = rf"{ALNUM}\-"  # letters, digits, hyphens: RFC 952, and RFC 1123, section 2.1
NON_ASCII: Final = r"\x80-\U0010FFFF"  # RFC 6531, section 3.3
#: A local part (RFC 5321, section 4.1.2) and a domain, whose labels ``formats.is_email`` checks one by one. A top-level
#: domain ends with a letter. Two dots in a row are looked for separately, in both parts at once.
ADDRESS: Final = rf"(?!\.)([{ATEXT}.]{{1,{MAX_LOCAL_LENGTH}}})(?<!\.)@(?![.\-])([{LDH}.]*[A-Za-z])"
#: At most 64 characters, so no part is too long; separators only between other characters; only a few top-level
#: domains, none of them special.
EMAIL_SUBSET: Final = (
    rf"(?![!-~]{{{MAX_LOCAL_LENGTH + 1}}})"
    rf"[{ALNUM}_]+(?:[.+\-][{ALNUM}_]+)*@[{ALNUM}]+(?:[.\-][{ALNUM}]+)*\.(?:com|net|org|[A-Za-z]{{2}})"
)
#: An address with characters beyond ASCII, as far as a pattern can say.
INTERNATIONAL_ADDRESS: Final = (
    rf"(?!\.)[{ATEXT}.{NON_ASCII}]{{1,{MAX_LOCAL_LENGTH}}}(?<!\.)@(?![.\-])[{LDH}.{NON_ASCII}]+(?<![.\-])"
)
#: Top-level domains that no mail on the public Internet can reach: RFC 6761, 6762, 7686; all of arpa.
SPECIAL_USE_DOMAINS: Final = frozenset({"arpa", "invalid", "local", "localhost", "onion", "test"})
#: RFC 2142: local parts whose case means nothing anywhere.
CASELESS_MAILBOXES: Final = frozenset(
    {"info", "marketing", "sales", "support", "abuse", "noc", "security", "postmaster", "hostmaster", "usenet"}
    | {"news", "webmaster", "www", "uucp", "ftp"}
)
