"""Where a text leaves the grammar of a format: for people who ask why it is none.

``formats`` has the definitions and gives verdicts only. Here a text that was refused is taken apart production by
production, and each part is put to those very definitions within a text that is otherwise fine: a character may stand
in a path if ``http://a/`` and it is a url. So nothing is defined twice, and this module cannot be of another opinion.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from eventschema.core.formats import is_date, is_datetime, is_email, is_url

_DIGITS: Final = frozenset("0123456789")
_HTTP: Final = frozenset({"http"})
_MAX_EMAIL_LENGTH: Final = 254
_MAX_LOCAL_LENGTH: Final = 64
_MAX_SHOWN: Final = 40
_END: Final = "the end of the text"


class Mismatch(NamedTuple):
    """The ``production`` that a text fails, the character (from 1) where it does, what was expected and found there."""

    production: str
    position: int
    expected: str
    found: str

    def __str__(self) -> str:
        return f"Expected {self.expected}, found {self.found}, at character {self.position} ({self.production})."


def why_not_date(text: str) -> Mismatch | None:
    """Where ``text`` is no date; ``None`` if it is one."""
    if is_date(text):
        return None
    return _full_date(text) or _at(text, 10, "date", _END)


def why_not_datetime(text: str) -> Mismatch | None:
    """Where ``text`` is no dateTime; ``None`` if it is one."""
    if is_datetime(text):
        return None
    if wrong := _full_date(text) or _hour_and_minute(text):
        return wrong
    place = 16
    if text[place : place + 1] == ":":
        if wrong := _number(text, 17, "second", "a second from 00 to 60", "2000-01-01T23:59:{}Z"):
            return wrong
        place = 19
        if text[place : place + 1] in {".", ","}:
            place += 1
            if not _has_digit(text, place):
                return _at(text, place, "fraction", "a digit")
            while _has_digit(text, place):
                place += 1
    return _offset(text, place)


def _full_date(text: str) -> Mismatch | None:
    year, month = text[:4], text[5:7]
    return (
        _digits(text, 0, 4, "year")
        or (Mismatch("year", 1, "a year from 0001 to 9999", repr(year)) if not is_date(f"{year}-01-01") else None)
        or _literal(text, 4, "-", "date")
        or _digits(text, 5, 2, "month")
        or (Mismatch("month", 6, "a month from 01 to 12", repr(month)) if not is_date(f"2000-{month}-01") else None)
        or _literal(text, 7, "-", "date")
        or _digits(text, 8, 2, "day")
        or (Mismatch("day", 9, "a day of that month", repr(text[8:10])) if not is_date(text[:10]) else None)
    )


def _hour_and_minute(text: str) -> Mismatch | None:
    if text[10:11] not in {"T", "t"}:
        return _at(text, 10, "dateTime", "T and a time")
    return (
        _number(text, 11, "hour", "an hour from 00 to 23", "2000-01-01T{}:00")
        or _literal(text, 13, ":", "time")
        or _number(text, 14, "minute", "a minute from 00 to 59", "2000-01-01T00:{}")
    )


def _offset(text: str, place: int) -> Mismatch:
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
        return _at(text, place, "dateTime", f"an offset or {_END}")
    if place < len(text):
        return _at(text, place, "dateTime", _END)
    return Mismatch("second", 18, "second 60 only at 23:59:60 UTC, with an offset that says so", "another time")


def _number(text: str, place: int, production: str, expected: str, frame: str) -> Mismatch | None:
    """Two digits, and what they say fits the ``frame`` of a dateTime."""
    if wrong := _digits(text, place, 2, production):
        return wrong
    number = text[place : place + 2]
    return None if is_datetime(frame.format(number)) else Mismatch(production, place + 1, expected, repr(number))


def _digits(text: str, place: int, count: int, production: str) -> Mismatch | None:
    for here in range(place, place + count):
        if not _has_digit(text, here):
            return _at(text, here, production, "a digit")
    return None


def _has_digit(text: str, place: int) -> bool:
    return text[place : place + 1] in _DIGITS


def why_not_url(text: str, schemes: frozenset[str]) -> Mismatch | None:
    """Where ``text`` is no url of one of the ``schemes``; ``None`` if it is one."""
    if is_url(text, schemes):
        return None
    end = _refused(text, 0, len(text), _may_be_in_scheme)
    if end == 0:
        return _at(text, 0, "scheme", "a letter")
    if wrong := _literal(text, end, "://", "scheme"):
        return wrong
    scheme = text[:end]
    if scheme.lower() not in schemes:
        return Mismatch("scheme", 1, f"one of {', '.join(sorted(schemes))}", _quoted(scheme))
    start = end + len("://")
    path = _first_of("/?#", text, start, len(text))
    query = _first_of("?#", text, path, len(text))
    fragment = _first_of("#", text, query, len(text))
    return (
        _authority(text, start, path)
        or _characters(text, path, query, "path", "http://a/{}")
        or _characters(text, query + 1, fragment, "query", "http://a?{}")
        or _characters(text, fragment + 1, len(text), "fragment", "http://a#{}")
    )


def _may_be_in_scheme(token: str, place: int) -> bool:
    scheme = token if place == 0 else f"a{token}"
    return is_url(f"{scheme}://a", frozenset({scheme.lower()}))


def _authority(text: str, start: int, end: int) -> Mismatch | None:
    at = text.find("@", start, end)
    host = start if at < 0 else at + 1
    if at >= 0 and (wrong := _characters(text, start, at, "userinfo", "http://{}@a")):
        return wrong
    if text[host : host + 1] == "[":
        close = text.find("]", host, end)
        if close < 0:
            return _at(text, end, "host", "]")
        if not is_url(f"http://{text[host : close + 1]}", _HTTP):
            found = _quoted(text[host + 1 : close])
            return Mismatch("host", host + 2, "an IPv6 address without a zone, or an IPvFuture", found)
        colon = close + 1
        if colon < end and text[colon] != ":":
            return _at(text, colon, "authority", "a port, a path or the end of the text")
    else:
        colon = _first_of(":", text, host, end)
        if colon == host:
            return _at(text, host, "host", "a host")
        if wrong := _characters(text, host, colon, "host", "http://{}"):
            return wrong
    return _port(text, colon + 1, end)


def _port(text: str, start: int, end: int) -> Mismatch | None:
    for place in range(start, end):
        if not _has_digit(text, place):
            return _at(text, place, "port", "a digit")
    port = text[start:end]
    if is_url(f"http://a:{port}", _HTTP):
        return None
    return Mismatch("port", start + 1, "a port from 0 to 65535", _quoted(port))


def _characters(text: str, start: int, end: int, production: str, frame: str) -> Mismatch | None:
    """Each character, and each percent-encoded octet, may stand in the ``frame`` of a url."""
    place = _refused(text, start, end, lambda token, _: is_url(frame.format(token), _HTTP))
    if place == end:
        return None
    percent = text[place] == "%"
    return _at(text, place, production, "two hex digits after %" if percent else f"a character of a {production}")


def _refused(text: str, start: int, end: int, allowed: Callable[[str, int], bool]) -> int:
    """The place of the first character (``%`` with the two after it) that is not ``allowed`` there; or else ``end``."""
    known: set[str] = set()
    for place in range(start, end):
        token = text[place : place + 3] if text[place] == "%" else text[place]
        if token not in known:
            if not allowed(token, place):
                return place
            known.add(token)
    return end


def _first_of(characters: str, text: str, start: int, end: int) -> int:
    return min((place for c in characters if (place := text.find(c, start, end)) >= 0), default=end)


def why_not_email(text: str) -> Mismatch | None:
    """Where ``text`` is no email; ``None`` if it is one."""
    if is_email(text):
        return None
    excess = len(text) - _MAX_EMAIL_LENGTH
    if excess > 0:
        found = f"{len(text)} characters, {excess} more than the limit of {_MAX_EMAIL_LENGTH}"
        return Mismatch("address", _MAX_EMAIL_LENGTH + 1, "a shorter address", found)
    at = text.find("@")
    if at < 0:
        return _at(text, len(text), "address", "@ and a domain")
    return (
        _local_part(text, at)
        or _domain(text, at + 1)
        or Mismatch("address", 1, "an address that email-validator accepts", "one that it refuses as a whole")
    )


def _local_part(text: str, at: int) -> Mismatch | None:
    name = "local part"
    if at == 0:
        return _at(text, 0, name, "a character before @")
    place = _refused(text, 0, at, lambda token, _: is_email(f"a{token[0]}a@a.com"))
    if place < at:
        return _at(text, place, name, f"a character of a {name}")
    for place in range(at):
        if text[place] == "." and (place in {0, at - 1} or text[place + 1] == "."):
            return _at(text, place, name, "a dot only between two other characters")
    if not is_email(f"{'a' * at}@a.com"):
        found = f"{at} characters, {at - _MAX_LOCAL_LENGTH} more than the limit of {_MAX_LOCAL_LENGTH}"
        return Mismatch(name, _MAX_LOCAL_LENGTH + 1, f"a shorter {name}", found)
    return None


def _domain(text: str, start: int) -> Mismatch | None:
    name = "domain"
    place = _refused(text, start, len(text), lambda token, _: not token.isascii() or is_email(f"a@a{token[0]}a.com"))
    if place < len(text):
        return _at(text, place, name, "a letter, a digit, '-' or '.'")
    labels = text[start:].split(".")
    place = start
    for label in labels:
        if not label:
            return _at(text, place, name, "a label, or only one dot between two")
        if not is_email(f"a@{label}.com"):
            expected = "a label of at most 63 characters, without '-' at its ends, that IDNA allows"
            return Mismatch(name, place + 1, expected, _quoted(label))
        place += len(label) + 1
    if len(labels) == 1:
        return _at(text, len(text), name, "'.' and a top-level domain")
    if not is_email(f"a@a.{labels[-1]}"):
        place = len(text) - len(labels[-1])
        return Mismatch(name, place + 1, "a top-level domain that mail can reach", _quoted(labels[-1]))
    return None


def _literal(text: str, place: int, literal: str, production: str) -> Mismatch | None:
    for offset, character in enumerate(literal):
        if text[place + offset : place + offset + 1] != character:
            return _at(text, place + offset, production, repr(literal))
    return None


def _at(text: str, place: int, production: str, expected: str) -> Mismatch:
    """The mismatch of the one character at ``place`` (from 0), or of the end of the text."""
    found = _quoted(text[place]) if place < len(text) else _END
    return Mismatch(production, place + 1, expected, found)


def _quoted(text: str) -> str:
    if len(text) == 1 and not (text.isascii() and text.isprintable()):
        return f"U+{ord(text):04X}"
    return ascii(text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + "...")
