"""The text formats, read one character at a time and without patterns. Tests compare the library with them.

They are slow, and written from the standards and not from the code that they check.
"""

import calendar
from collections.abc import Callable

DIGITS = frozenset("0123456789")
HEX_DIGITS = frozenset("0123456789abcdefABCDEF")
LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")

# RFC 3986, sections 2.2 and 2.3.
UNRESERVED = LETTERS | DIGITS | frozenset("-._~")
SUB_DELIMS = frozenset("!$&'()*+,;=")

# RFC 3987, section 2.2. In every plane from 1 to 13, all but the last two; of plane 14 all from U+E1000 on.
UCSCHAR = (
    (0xA0, 0xD7FF),
    (0xF900, 0xFDCF),
    (0xFDF0, 0xFFEF),
    *((plane << 16, (plane << 16) + 0xFFFD) for plane in range(1, 14)),
    (0xE1000, 0xEFFFD),
)
IPRIVATE = ((0xE000, 0xF8FF), (0xF0000, 0xFFFFD), (0x100000, 0x10FFFD))
WHITE_SPACE = frozenset((0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000))
BIDIRECTIONAL = frozenset((0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))


def characters_of(ranges: tuple[tuple[int, int], ...]) -> frozenset[str]:
    return frozenset(chr(code) for first, last in ranges for code in range(first, last + 1))


def is_ucschar(character: str) -> bool:
    code = ord(character)
    if code in WHITE_SPACE or code in BIDIRECTIONAL:
        return False
    return any(first <= code <= last for first, last in UCSCHAR)


def is_iprivate(character: str) -> bool:
    return any(first <= ord(character) <= last for first, last in IPRIVATE)


def in_reg_name(character: str) -> bool:
    return character in UNRESERVED or character in SUB_DELIMS or is_ucschar(character)


def in_userinfo(character: str) -> bool:
    return character == ":" or in_reg_name(character)


def in_path(character: str) -> bool:
    return character in {"/", ":", "@"} or in_reg_name(character)


def in_fragment(character: str) -> bool:
    return character == "?" or in_path(character)


def in_query(character: str) -> bool:
    return in_fragment(character) or is_iprivate(character)


# --- date and dateTime ---


def is_date(text: str) -> bool:
    if len(text) != 10 or text[4] != "-" or text[7] != "-":
        return False
    if not all(character in DIGITS for character in text[:4] + text[5:7] + text[8:]):
        return False
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:])
    return year >= 1 and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]


def is_datetime(text: str) -> bool:
    if not is_date(text[:10]) or text[10:11] not in {"T", "t"}:
        return False
    time, offset = _split_offset(text[11:])
    whole, fraction = _split_fraction(time)
    clock = [_two_digits(part) for part in whole.split(":")]
    if not 2 <= len(clock) <= 3 or (fraction is not None and len(clock) == 2):
        return False
    hour, minute, second = [*clock, 0][:3]
    shift = 0 if not offset else _offset_minutes(offset)
    if hour is None or minute is None or second is None or shift is None or hour > 23 or minute > 59:
        return False
    if fraction is not None and not (fraction and all(character in DIGITS for character in fraction)):
        return False
    leap = bool(offset) and (hour * 60 + minute - shift) % (24 * 60) == 23 * 60 + 59
    return second <= 59 or (second == 60 and leap)


def _split_offset(time: str) -> tuple[str, str]:
    for position, character in enumerate(time):
        if character in {"Z", "z", "+", "-"}:
            return time[:position], time[position:]
    return time, ""


def _split_fraction(time: str) -> tuple[str, str | None]:
    for position, character in enumerate(time):
        if character in {".", ","}:
            return time[:position], time[position + 1 :]
    return time, None


def _two_digits(text: str) -> int | None:
    return int(text) if len(text) == 2 and text[0] in DIGITS and text[1] in DIGITS else None


def _offset_minutes(offset: str) -> int | None:
    if offset in {"Z", "z"}:
        return 0
    hour = _two_digits(offset[1:3])
    rest = offset[3:].removeprefix(":")
    if offset[3:] == ":" or hour is None or hour > 23:
        return None
    minute = _two_digits(rest) if rest else 0
    if minute is None or minute > 59:
        return None
    return (hour * 60 + minute) * (-1 if offset[0] == "-" else 1)


# --- url ---


def is_url(text: str, schemes: frozenset[str]) -> bool:
    scheme, separator, rest = text.partition("://")
    if not separator or not scheme.isascii() or scheme.lower() not in schemes:
        return False
    rest, _, fragment = rest.partition("#")
    rest, _, query = rest.partition("?")
    authority, slash, path = rest.partition("/")
    return (
        _is_authority(authority)
        and _holds_only(slash + path, in_path)
        and _holds_only(query, in_query)
        and _holds_only(fragment, in_fragment)
    )


def _is_authority(authority: str) -> bool:
    userinfo, at, host = authority.partition("@")
    if not at:
        userinfo, host = "", authority
    if host.startswith("["):
        address, bracket, port = host[1:].partition("]")
        ok = bool(bracket) and _is_ip_literal(address) and port[:1] in {"", ":"}
    else:
        name, colon, port = host.partition(":")
        port = colon + port
        ok = bool(name) and _holds_only(name, in_reg_name)
    return ok and _holds_only(userinfo, in_userinfo) and _is_port(port[1:])


def _is_port(port: str) -> bool:
    value = 0
    for character in port:
        if character not in DIGITS:
            return False
        value = min(value * 10 + int(character), 100_000)
    return value <= 65535


def _holds_only(text: str, allowed: Callable[[str], bool]) -> bool:
    position = 0
    while position < len(text):
        if text[position] == "%":
            digits = text[position + 1 : position + 3]
            if len(digits) != 2 or not HEX_DIGITS.issuperset(digits):
                return False
            position += 3
        elif allowed(text[position]):
            position += 1
        else:
            return False
    return True


def _is_ip_literal(address: str) -> bool:
    if address[:1] in {"v", "V"}:
        version, _, rest = address[1:].partition(".")
        plain = UNRESERVED | SUB_DELIMS | {":"}
        return bool(version and rest) and HEX_DIGITS.issuperset(version) and plain.issuperset(rest)
    return is_ipv6(address)


def is_ipv6(address: str) -> bool:
    """IPv6address of RFC 3986, section 3.2.2: eight groups, of which ``::`` stands for one or more."""
    before, compressed, after = address.partition("::")
    if not compressed:
        return _count_groups(before, last=True) == 8
    left = _count_groups(before, last=False) if before else 0
    right = _count_groups(after, last=True) if after else 0
    return left is not None and right is not None and left + right <= 7


def _count_groups(text: str, *, last: bool) -> int | None:
    groups = text.split(":")
    count = len(groups)
    if last and "." in groups[-1]:
        if not _is_ipv4(groups.pop()):
            return None
        count += 1
    return count if all(0 < len(group) <= 4 and HEX_DIGITS.issuperset(group) for group in groups) else None


def _is_ipv4(text: str) -> bool:
    octets = text.split(".")
    return len(octets) == 4 and all(octet in _OCTETS for octet in octets)


_OCTETS = frozenset(str(value) for value in range(256))
