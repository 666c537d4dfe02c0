"""Where a text leaves the grammar of a format, and why: for people who ask, and for the ``reason`` of a violation.

``formats`` has the definitions and gives verdicts only. Here a text that was refused is taken apart production by
production, and each part is put to those very definitions within a text that is otherwise fine: a character may stand
in a path if ``http://a/`` and it is a url. So nothing is defined twice, and this module cannot be of another opinion.

An attack makes a hundred violations a request, so all of this is linear in the length of the text, and quick.
``email-validator``, which is neither, is asked by :func:`why_not_email` alone.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final, Generic, Literal, NamedTuple, TypeVar

from eventschema.core.formats import is_date, is_datetime, is_email, is_url
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
    """The ``production`` that a text fails, the character (from 1) where it does, what was expected and found there.

    ``reason`` is the word that a violation has for it.
    """

    production: str
    position: int
    expected: str
    found: str
    reason: _Reason_co

    def __str__(self) -> str:
        return f"Expected {self.expected}, found {self.found}, at character {self.position} ({self.production})."


def why_not(text: str, expected: PropertyType, rules: Rules) -> FormatReason | None:
    """Why ``text``, which is not of the format ``expected``, is not; ``None`` for a type that is no format."""
    mismatch_of = _MISMATCHES.get(expected)
    return None if mismatch_of is None else mismatch_of(text, rules).reason


def why_not_date(text: str) -> Mismatch[DateReason] | None:
    """Where ``text`` is no date; ``None`` if it is one."""
    return None if is_date(text) else _date(text)


def _date(text: str) -> Mismatch[DateReason]:
    return _full_date(text) or _at(text, 10, "date", _END, "trailing")


def why_not_datetime(text: str) -> Mismatch[DateTimeReason] | None:
    """Where ``text`` is no dateTime; ``None`` if it is one."""
    return None if is_datetime(text) else _datetime(text)


def _datetime(text: str) -> Mismatch[DateTimeReason]:
    if wrong := _full_date(text) or _hour_and_minute(text):
        return wrong
    place = 16
    if text[place : place + 1] == ":":
        if wrong := _number(text, 17, "second", "a second from 00 to 60", "2000-01-01T23:59:{}Z"):
            return wrong
        place = 19
        if text[place : place + 1] in {".", ","}:
            if not _has_digit(text, place + 1):
                return _at(text, place + 1, "fraction", "a digit", "fraction")
            place = _after_digits(text, place + 1, len(text))
    return _offset(text, place)


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


def _offset(text: str, place: int) -> Mismatch[DateTimeReason]:
    """What is wrong from the end of the time on, in a text that is wrong and right until there."""
    if text[place : place + 1] in {"Z", "z"}:
        place += 1
    elif text[place : place + 1] in {"+", "-"}:
        if wrong := _number(text, place + 1, "offset", "hours from 00 to 23", "2000-01-01T00:00+{}"):
            return wrong
        place += 3
        if place < len(text):
            place += text[place] == ":"
            if wrong := _number(text, place, "offset", "minutes from 00 to 59", "2000-01-01T00:00+00:{}"):
                return wrong
            place += 2
    elif place < len(text):
        return _at(text, place, "dateTime", f"an offset or {_END}", "offset")
    if place < len(text):
        return _at(text, place, "dateTime", _END, "trailing")
    expected = "second 60 only at 23:59:60 UTC, with an offset that says so"
    return Mismatch("second", 18, expected, "another time", "leap_second")


_Number = Literal["hour", "minute", "second", "offset"]


def _number(text: str, place: int, production: _Number, expected: str, frame: str) -> Mismatch[_Number] | None:
    """Two digits, and what they say fits the ``frame`` of a dateTime."""
    if wrong := _digits(text, place, 2, production, production):
        return wrong
    number = text[place : place + 2]
    return (
        None
        if is_datetime(frame.format(number))
        else Mismatch(production, place + 1, expected, repr(number), production)
    )


def _digits(text: str, place: int, count: int, production: str, reason: _Reason) -> Mismatch[_Reason] | None:
    after = _after_digits(text, place, place + count)
    return None if after == place + count else _at(text, after, production, "a digit", reason)


def _has_digit(text: str, place: int) -> bool:
    return _after_digits(text, place, place + 1) > place


def _after_digits(text: str, start: int, end: int) -> int:
    """The place after the digits that stand from ``start`` on, ``end`` at most."""
    part = text[start:end]
    return start + len(part) - len(part.lstrip(_DIGITS))


def why_not_url(text: str, schemes: frozenset[str]) -> Mismatch[UrlReason] | None:
    """Where ``text`` is no url of one of the ``schemes``; ``None`` if it is one."""
    return None if is_url(text, schemes) else _url(text, schemes)


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
    place = _after_digits(text, start, end)
    if place < end:
        return _at(text, place, "port", "a digit", "port")
    port = text[start:end]
    if is_url(f"http://a:{port}", _HTTP):
        return None
    return Mismatch("port", start + 1, "a port from 0 to 65535", _quoted(port), "port")


_Part = Literal["userinfo", "host", "path", "query", "fragment"]


def _characters(text: str, start: int, end: int, production: _Part, frame: str) -> Mismatch[_Part] | None:
    """Each character, and each percent-encoded octet, may stand in the ``frame`` of a url."""
    place = _refused_in(text, start, end, frame)
    return None if place >= end else _character(text, place, production)


def _character(text: str, place: int, production: _Part) -> Mismatch[_Part]:
    expected = "two hex digits after %" if text[place : place + 1] == "%" else f"a character of a {production}"
    return _at(text, place, production, expected, production)


def _refused_in(text: str, start: int, end: int, frame: str) -> int:
    return _refused(text, start, end, lambda part: is_url(frame.format(part), _HTTP))


def _refused(text: str, start: int, end: int, allowed: Callable[[str], bool]) -> int:
    """The place of the first character (``%`` with the two after it) that is not ``allowed`` there; or else ``end``.

    ``allowed`` is asked of parts of the text, and allows those of which it allows each character: so the part that has
    the first is found by halves, in a time that is linear as long as that of ``allowed`` is.
    """
    if start >= end or allowed(text[start:end]):
        return end
    while end - start > 8:
        middle = (start + end) // 2
        # Not within the three characters of an octet.
        middle += 2 if text[middle - 1] == "%" else 1 if text[middle - 2] == "%" else 0
        if allowed(text[start:middle]):
            start = middle
        else:
            end = middle
    return next(
        place for place in range(start, end) if not allowed(text[place : place + (3 if text[place] == "%" else 1)])
    )


def _find(character: str, text: str, start: int, end: int) -> int:
    """The place of the first ``character`` there, or else ``end``."""
    place = text.find(character, start, end)
    return end if place < 0 else place


# What may stand nowhere in the two parts of an address, as far as ASCII goes.
_NOT_LOCAL: Final = re.compile(f"[^{ATEXT}.{NON_ASCII}]")
_NOT_DOMAIN: Final = re.compile(f"[^{LDH}.{NON_ASCII}]")


def why_not_email(text: str) -> Mismatch[EmailReason] | None:
    """Where ``text`` is no email; ``None`` if it is one.

    Of an internationalised address whose parts have to be tried one by one to find that, ``email-validator`` is asked
    for each: this is for people, and not for the path of a request.
    """
    if is_email(text):
        return None
    wrong = email_mismatch(text)
    if wrong.reason in {"domain", "international"} and (label := _label_refused_by_idna(text)):
        return label._replace(reason=wrong.reason)
    return wrong


def email_mismatch(text: str) -> Mismatch[EmailReason]:
    """Where ``text``, which is no email, is none.

    Nobody is asked what Unicode's and IDNA's tables say: a text that has nothing else wrong is one that they refuse.
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
    place = _not_in(_NOT_LOCAL, text, 0, at)
    if place < at:
        return _at(text, place, name, f"a character of a {name}", "character")
    dots = [place for place in (text.find("..", 0, at), text.find(".@", 0, at + 1)) if place >= 0]
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
    place = _not_in(_NOT_DOMAIN, text, start, len(text))
    if place < len(text):
        reason: EmailReason = "several_at" if text[place] == "@" else "character"
        return _at(text, place, name, "a letter, a digit, '-' or '.'", reason)
    labels = text[start:].split(".")
    place = start
    for label in labels:
        if not label:
            reason = "domain" if start < len(text) else "no_domain"
            return _at(text, place, name, "a label, or only one dot between two", reason)
        if _is_plain(label) and not is_email(f"a@{label}.com"):
            return Mismatch(name, place + 1, _LABEL, _quoted(label), "domain")
        place += len(label) + 1
    if len(labels) == 1:
        return _at(text, len(text), name, "'.' and a top-level domain", "no_top_level_domain")
    top = labels[-1]
    if _is_plain(top) and not is_email(f"a@a.{top}"):
        reason = "special_use_domain" if top.lower() in SPECIAL_USE_DOMAINS else "domain"
        place = len(text) - len(top)
        return Mismatch(name, place + 1, "a top-level domain that mail can reach", _quoted(top), reason)
    return None


def _not_in(pattern: re.Pattern[str], text: str, start: int, end: int) -> int:
    """The place of the first character that ``pattern`` finds, or that cannot be printed; or else ``end``."""
    match = pattern.search(text, start, end)
    place = end if match is None else match.start()
    if text[start:place].isprintable():
        return place
    return next(here for here in range(start, place) if not text[here].isprintable())


def _is_plain(label: str) -> bool:
    """Whether a label is one that no table of Unicode's or IDNA's has a say in."""
    return label.isascii() and not label.lower().startswith("xn--")


def _label_refused_by_idna(text: str) -> Mismatch[EmailReason] | None:
    place = text.find("@") + 1
    for label in text[place:].split("."):
        if not _is_plain(label) and not is_email(f"a@{label}.com"):
            return Mismatch("domain", place + 1, _LABEL, _quoted(label), "domain")
        place += len(label) + 1
    return None


def _literal(text: str, place: int, literal: str, production: str, reason: _Reason) -> Mismatch[_Reason] | None:
    for offset, character in enumerate(literal):
        if text[place + offset : place + offset + 1] != character:
            return _at(text, place + offset, production, repr(literal), reason)
    return None


def _at(text: str, place: int, production: str, expected: str, reason: _Reason) -> Mismatch[_Reason]:
    """The mismatch of the one character at ``place`` (from 0), or of the end of the text."""
    found = _quoted(text[place]) if place < len(text) else _END
    return Mismatch(production, place + 1, expected, found, reason)


def _quoted(text: str) -> str:
    if len(text) == 1 and not (text.isascii() and text.isprintable()):
        return f"U+{ord(text):04X}"
    return ascii(text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + "...")


_MISMATCHES: Final[Mapping[PropertyType, Callable[[str, Rules], Mismatch[FormatReason]]]] = {
    PropertyType.DATE: lambda text, _: _date(text),
    PropertyType.DATETIME: lambda text, _: _datetime(text),
    PropertyType.URL: lambda text, rules: _url(text, rules.url_schemes),
    PropertyType.EMAIL: lambda text, _: email_mismatch(text),
}
