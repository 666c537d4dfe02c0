"""Finds where a text leaves the grammar of a format, and why: for people, and for the ``reason`` of a violation.

``formats`` defines the formats and only says yes or no. Here a refused text is split into its productions, and each
part is given to those same definitions inside a text that is otherwise valid: a character is allowed in a path if
``http://a/`` and the character together are a url. So nothing is defined twice, and the two modules cannot disagree.

An attack makes a hundred violations a request, so all of this is quick and linear in the length of the text.
``email-validator``, which is neither, is called by :func:`find_mismatch` alone.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, Generic, Literal, NamedTuple, TypeVar

from eventschema.core.formats import CHECKS, is_date, is_datetime, is_email, is_url
from eventschema.core.grammar import ATEXT, LDH, MAX_EMAIL_LENGTH, MAX_LOCAL_LENGTH, NON_ASCII, SPECIAL_USE_DOMAINS
from eventschema.core.reasons import DateReason, DateTimeReason, EmailReason, FormatReason, UrlReason
from eventschema.core.rules import Rules
from eventschema.core.types import PropertyType

_DIGITS: Final = "0123456789"
_HTTP: Final = frozenset({"http"})
_MAX_SHOWN: Final = 40
_END: Final = "the end of the text"
_LABEL: Final = "a label of at most 63 characters, without '-' at its ends, that IDNA allows"

_Reason = TypeVar("_Reason", bound=FormatReason)
_Reason_co = TypeVar("_Reason_co", bound=FormatReason, covariant=True)


class Mismatch(NamedTuple, Generic[_Reason_co]):
    """The ``production`` that a text does not match, the ``position`` (from 1), and what was expected and found there.

    ``reason`` is the word that a violation has for it.
    """

    production: str
    position: int
    expected: str
    found: str
    reason: _Reason_co

    def __str__(self) -> str:
        return f"Expected {self.expected}, found {self.found}, at character {self.position} ({self.production})."


def reason_of(text: str, expected: PropertyType, rules: Rules) -> FormatReason | None:
    """Why ``text``, which is not of the format ``expected``, is not of it; ``None`` if that type is not a format."""
    mismatch_of = MISMATCHES.get(expected)
    return None if mismatch_of is None else mismatch_of(text, rules).reason


def find_mismatch(text: str, expected: PropertyType, rules: Rules) -> Mismatch[FormatReason] | None:
    """Where ``text`` leaves the grammar of the format ``expected``; ``None`` if it is of that format.

    Meant for people: to name the invalid label of an internationalised domain, it may call ``email-validator`` for each
    label, which is slow.
    """
    if CHECKS[expected](text, rules):
        return None
    mismatch = MISMATCHES[expected](text, rules)
    if mismatch.reason in {"domain", "international"} and (label := _label_refused_by_idna(text)):
        return label._replace(reason=mismatch.reason)
    return mismatch


def _date(text: str) -> Mismatch[DateReason]:
    return _full_date(text) or _at(text, 10, "date", _END, "trailing")


def _datetime(text: str) -> Mismatch[DateTimeReason]:
    if wrong := _full_date(text) or _hour_and_minute(text):
        return wrong
    index = 16
    if text[index : index + 1] == ":":
        if wrong := _number(text, 17, "second", "a second from 00 to 60", "2000-01-01T23:59:{}Z"):
            return wrong
        index = 19
        if text[index : index + 1] in {".", ","}:
            if not _has_digit(text, index + 1):
                return _at(text, index + 1, "fraction", "a digit", "fraction")
            index = _after_digits(text, index + 1, len(text))
    return _offset(text, index)


def _full_date(text: str) -> Mismatch[DateReason] | None:
    year, month = text[:4], text[5:7]
    return (
        _digits(text, 0, 4, "year", "no_date" if text else "empty")
        or (None if is_date(f"{year}-01-01") else Mismatch("year", 1, "a year from 0001 to 9999", repr(year), "year"))
        or _literal(text, 4, "-", "date", "no_date")
        or _digits(text, 5, 2, "month", "no_date")
        or (
            None if is_date(f"2000-{month}-01") else Mismatch("month", 6, "a month from 01 to 12", repr(month), "month")
        )
        or _literal(text, 7, "-", "date", "no_date")
        or _digits(text, 8, 2, "day", "no_date")
        or (None if is_date(text[:10]) else Mismatch("day", 9, "a day of that month", repr(text[8:10]), "day"))
    )


def _hour_and_minute(text: str) -> Mismatch[DateTimeReason] | None:
    if text[10:11] not in {"T", "t"}:
        reason: DateTimeReason = "no_time" if len(text) == 10 else "space" if text[10] == " " else "no_t"
        return _at(text, 10, "dateTime", "T and a time", reason)
    return (
        _number(text, 11, "hour", "an hour from 00 to 23", "2000-01-01T{}:00")
        or _literal(text, 13, ":", "time", "minute")
        or _number(text, 14, "minute", "a minute from 00 to 59", "2000-01-01T00:{}")
    )


def _offset(text: str, index: int) -> Mismatch[DateTimeReason]:
    """What is wrong after the time, in a text that is valid up to ``index`` and invalid as a whole."""
    if text[index : index + 1] in {"Z", "z"}:
        index += 1
    elif text[index : index + 1] in {"+", "-"}:
        if wrong := _number(text, index + 1, "offset", "hours from 00 to 23", "2000-01-01T00:00+{}"):
            return wrong
        index += 3
        if index < len(text):
            index += text[index] == ":"
            if wrong := _number(text, index, "offset", "minutes from 00 to 59", "2000-01-01T00:00+00:{}"):
                return wrong
            index += 2
    elif index < len(text):
        return _at(text, index, "dateTime", f"an offset or {_END}", "offset")
    if index < len(text):
        return _at(text, index, "dateTime", _END, "trailing")
    expected = "second 60 only at 23:59:60 UTC, with an offset that says so"
    return Mismatch("second", 18, expected, "another time", "leap_second")


_Number = Literal["hour", "minute", "second", "offset"]


def _number(text: str, index: int, production: _Number, expected: str, frame: str) -> Mismatch[_Number] | None:
    """The mismatch if there are not two digits, or their number is not valid inside the dateTime ``frame``."""
    if wrong := _digits(text, index, 2, production, production):
        return wrong
    number = text[index : index + 2]
    return (
        None
        if is_datetime(frame.format(number))
        else Mismatch(production, index + 1, expected, repr(number), production)
    )


def _digits(text: str, index: int, count: int, production: str, reason: _Reason) -> Mismatch[_Reason] | None:
    after = _after_digits(text, index, index + count)
    return None if after == index + count else _at(text, after, production, "a digit", reason)


def _has_digit(text: str, index: int) -> bool:
    return _after_digits(text, index, index + 1) > index


def _after_digits(text: str, start: int, end: int) -> int:
    """The index after the digits that begin at ``start``, and at most ``end``."""
    part = text[start:end]
    return start + len(part) - len(part.lstrip(_DIGITS))


def _url(text: str, schemes: frozenset[str]) -> Mismatch[UrlReason]:
    if not _is_scheme(text[:1]):
        return _at(text, 0, "scheme", "a letter", "no_scheme" if text else "empty")
    end = _refused(text, 1, _find(":", text, 1, len(text)), lambda part: _is_scheme(f"a{part}"))
    if wrong := _literal(text, end, "://", "scheme", "no_scheme"):
        return wrong
    scheme = text[:end]
    if scheme.lower() not in schemes:
        return Mismatch("scheme", 1, f"one of {', '.join(sorted(schemes))}", _quoted(scheme), "scheme")
    start = end + len("://")
    fragment = _find("#", text, start, len(text))
    query = _find("?", text, start, fragment)
    path = _find("/", text, start, query)
    return (
        _authority(text, start, path)
        or _characters(text, path, query, "path", "http://a/{}")
        or _characters(text, query + 1, fragment, "query", "http://a?{}")
        or _character(text, _refused_in(text, fragment + 1, len(text), "http://a#{}"), "fragment")
    )


def _is_scheme(text: str) -> bool:
    return is_url(f"{text}://a", frozenset({text.lower()}))


def _authority(text: str, start: int, end: int) -> Mismatch[UrlReason] | None:
    at = text.find("@", start, end)
    host = start if at < 0 else at + 1
    if at >= 0 and (wrong := _characters(text, start, at, "userinfo", "http://{}@a")):
        return wrong
    if text[host : host + 1] == "[":
        close = text.find("]", host, end)
        if close < 0:
            return _at(text, end, "host", "]", "host")
        if not is_url(f"http://{text[host : close + 1]}", _HTTP):
            found = _quoted(text[host + 1 : close])
            return Mismatch("host", host + 2, "an IPv6 address without a zone, or an IPvFuture", found, "host")
        colon = close + 1
        if colon < end and text[colon] != ":":
            return _at(text, colon, "authority", "a port, a path or the end of the text", "host")
    else:
        colon = _find(":", text, host, end)
        if colon == host:
            return _at(text, host, "host", "a host", "no_host")
        if wrong := _characters(text, host, colon, "host", "http://a@a{}"):
            return wrong
    return _port(text, colon + 1, end)


def _port(text: str, start: int, end: int) -> Mismatch[UrlReason] | None:
    index = _after_digits(text, start, end)
    if index < end:
        return _at(text, index, "port", "a digit", "port")
    port = text[start:end]
    if is_url(f"http://a:{port}", _HTTP):
        return None
    return Mismatch("port", start + 1, "a port from 0 to 65535", _quoted(port), "port")


_Part = Literal["userinfo", "host", "path", "query", "fragment"]


def _characters(text: str, start: int, end: int, production: _Part, frame: str) -> Mismatch[_Part] | None:
    """The mismatch of the first character or percent-encoded octet that is not valid inside the url ``frame``."""
    index = _refused_in(text, start, end, frame)
    return None if index >= end else _character(text, index, production)


def _character(text: str, index: int, production: _Part) -> Mismatch[_Part]:
    expected = "two hex digits after %" if text[index : index + 1] == "%" else f"a character of a {production}"
    return _at(text, index, production, expected, production)


def _refused_in(text: str, start: int, end: int, frame: str) -> int:
    return _refused(text, start, end, lambda part: is_url(frame.format(part), _HTTP))


def _refused(text: str, start: int, end: int, allowed: Callable[[str], bool]) -> int:
    """The index of the first character (``%`` with the two after it) that is not ``allowed``; or else ``end``.

    ``allowed`` tells of a part of the text whether each of its characters is allowed. So the first refused one is found
    by halving, in linear time if ``allowed`` takes linear time.
    """
    if start >= end or allowed(text[start:end]):
        return end
    while end - start > 8:
        middle = (start + end) // 2
        # Do not split the three characters of an octet.
        middle += 2 if text[middle - 1] == "%" else 1 if text[middle - 2] == "%" else 0
        if allowed(text[start:middle]):
            start = middle
        else:
            end = middle
    return next(
        index for index in range(start, end) if not allowed(text[index : index + (3 if text[index] == "%" else 1)])
    )


def _find(character: str, text: str, start: int, end: int) -> int:
    """The index of the first ``character`` from ``start`` on, or else ``end``."""
    index = text.find(character, start, end)
    return end if index < 0 else index


# The ASCII characters that are allowed nowhere in the two parts of an address.
_NOT_LOCAL: Final = re.compile(f"[^{ATEXT}.{NON_ASCII}]")
_NOT_DOMAIN: Final = re.compile(f"[^{LDH}.{NON_ASCII}]")


def email_mismatch(text: str) -> Mismatch[EmailReason]:
    """Where ``text``, which is not an email, leaves the grammar.

    Unicode's and IDNA's tables are not read: if nothing else is wrong, it is they that refuse the text.
    """
    if len(text) > MAX_EMAIL_LENGTH:
        return _too_long(len(text), "characters")
    at = text.find("@")
    if at < 0:
        return _at(text, len(text), "address", "@ and a domain", "no_at" if text else "empty")
    wrong = _local_part(text, at) or _domain(text, at + 1)
    if wrong:
        return wrong
    if (octets := len(text.encode())) > MAX_EMAIL_LENGTH:
        return _too_long(octets, "octets")
    if text[:at].isascii():
        return Mismatch("domain", at + 2, "a domain that IDNA allows", _quoted(text[at + 1 :]), "domain")
    expected, found = "an address that email-validator accepts", "one that it refuses as a whole"
    return Mismatch("address", 1, expected, found, "international")


def _too_long(actual: int, unit: str) -> Mismatch[EmailReason]:
    found = f"{actual} {unit}, {actual - MAX_EMAIL_LENGTH} more than the limit of {MAX_EMAIL_LENGTH}"
    return Mismatch("address", MAX_EMAIL_LENGTH + 1, "a shorter address", found, "too_long")


def _local_part(text: str, at: int) -> Mismatch[EmailReason] | None:
    name = "local part"
    if at == 0:
        return _at(text, 0, name, "a character before @", "no_local_part")
    index = _not_in(_NOT_LOCAL, text, 0, at)
    if index < at:
        return _at(text, index, name, f"a character of a {name}", "character")
    dots = [index for index in (text.find("..", 0, at), text.find(".@", 0, at + 1)) if index >= 0]
    if text[0] == ".":
        dots = [0]
    if dots:
        return _at(text, min(dots), name, "a dot only between two other characters", "dot")
    if at > MAX_LOCAL_LENGTH:
        found = f"{at} characters, {at - MAX_LOCAL_LENGTH} more than the limit of {MAX_LOCAL_LENGTH}"
        return Mismatch(name, MAX_LOCAL_LENGTH + 1, f"a shorter {name}", found, "local_part_too_long")
    return None


def _domain(text: str, start: int) -> Mismatch[EmailReason] | None:
    name = "domain"
    index = _not_in(_NOT_DOMAIN, text, start, len(text))
    if index < len(text):
        reason: EmailReason = "several_at" if text[index] == "@" else "character"
        return _at(text, index, name, "a letter, a digit, '-' or '.'", reason)
    labels = text[start:].split(".")
    index = start
    for label in labels:
        if not label:
            reason = "domain" if start < len(text) else "no_domain"
            return _at(text, index, name, "a label, or only one dot between two", reason)
        if _is_plain(label) and not is_email(f"a@{label}.com"):
            return Mismatch(name, index + 1, _LABEL, _quoted(label), "domain")
        index += len(label) + 1
    if len(labels) == 1:
        return _at(text, len(text), name, "'.' and a top-level domain", "no_top_level_domain")
    top = labels[-1]
    if _is_plain(top) and not is_email(f"a@a.{top}"):
        reason = "special_use_domain" if top.lower() in SPECIAL_USE_DOMAINS else "domain"
        index = len(text) - len(top)
        return Mismatch(name, index + 1, "a top-level domain that mail can reach", _quoted(top), reason)
    return None


def _not_in(pattern: re.Pattern[str], text: str, start: int, end: int) -> int:
    """The index of the first character that matches ``pattern`` or is not printable; or else ``end``."""
    match = pattern.search(text, start, end)
    index = end if match is None else match.start()
    if text[start:index].isprintable():
        return index
    return next(here for here in range(start, index) if not text[here].isprintable())


def _is_plain(label: str) -> bool:
    """Whether a label needs no table of Unicode or IDNA."""
    return label.isascii() and not label.lower().startswith("xn--")


def _label_refused_by_idna(text: str) -> Mismatch[EmailReason] | None:
    index = text.find("@") + 1
    for label in text[index:].split("."):
        if not _is_plain(label) and not is_email(f"a@{label}.com"):
            return Mismatch("domain", index + 1, _LABEL, _quoted(label), "domain")
        index += len(label) + 1
    return None


def _literal(text: str, index: int, literal: str, production: str, reason: _Reason) -> Mismatch[_Reason] | None:
    for offset, character in enumerate(literal):
        if text[index + offset : index + offset + 1] != character:
            return _at(text, index + offset, production, repr(literal), reason)
    return None


def _at(text: str, index: int, production: str, expected: str, reason: _Reason) -> Mismatch[_Reason]:
    """The mismatch of the character at ``index`` (from 0), or of the end of the text."""
    found = _quoted(text[index]) if index < len(text) else _END
    return Mismatch(production, index + 1, expected, found, reason)


def _quoted(text: str) -> str:
    if len(text) == 1 and not (text.isascii() and text.isprintable()):
        return f"U+{ord(text):04X}"
    return ascii(text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + "...")


#: The mismatch of a text with each text format, which it is known not to be of.
MISMATCHES: Final[Mapping[PropertyType, Callable[[str, Rules], Mismatch[FormatReason]]]] = MappingProxyType(
    {
        PropertyType.DATE: lambda text, _: _date(text),
        PropertyType.DATETIME: lambda text, _: _datetime(text),
        PropertyType.URL: lambda text, rules: _url(text, rules.url_schemes),
        PropertyType.EMAIL: lambda text, _: email_mismatch(text),
    }
)
