r"""The text formats as patterns of JSON Schema.

They are made of the productions of ``eventschema.core.grammar``, in the part of ECMA-262 that JSON Schema recommends
(JSON Schema Core, section 6.4): literals, sets of characters, groups, choices and repeats, without look-around and
without escapes that only some engines know. So engines without look-around (RE2, the ``regex`` of Rust) take them too.
As JSON Schema requires, they are for engines that read characters, not UTF-16 code units (the ``u`` flag of ECMA-262).

Where a pattern cannot say all, it accepts more than the format, never less; ``eventschema.export.jsonschema`` lists
what that is.
"""

import re
from typing import Final

from eventschema.core import grammar
from eventschema.core.rules import Rules

_CODE_POINT: Final = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_ESCAPED: Final = re.compile(r"\\(.)")
#: What may be escaped in ECMA-262 with the u flag (SyntaxCharacter, and ``-`` in a set), and the controls.
_ESCAPES: Final = frozenset(r"^$\.*+?()[]{}|/-xrnt")
_GROUP_NAME: Final = re.compile(r"\(\?P<\w+>")


def portable(production: str) -> str:
    """A production as ECMA-262 reads it: without names of groups, characters beyond ASCII as they are."""
    text = _GROUP_NAME.sub("(?:", production)
    text = _CODE_POINT.sub(lambda match: chr(int(match[1] or match[2], 16)), text)
    return _ESCAPED.sub(lambda match: match[0] if match[1] in _ESCAPES else match[1], text)


def whole(production: str) -> str:
    """The pattern of texts that are a ``production`` from end to end."""
    return f"^(?:{portable(production)})$"


def or_empty(pattern: str) -> str:
    """The pattern of texts that are of a :func:`whole` ``pattern``, or empty."""
    return f"{pattern.removesuffix('$')}?$"


def all_but(ascii_characters: str) -> str:
    r"""The set of all characters but the given ones of ASCII, as ranges: ``[^\x00-,]``."""
    ranges: list[list[int]] = []
    for code in sorted(map(ord, ascii_characters)):
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return f"[^{''.join(_code(low) if low == high else f'{_code(low)}-{_code(high)}' for low, high in ranges)}]"


def _code(code: int) -> str:
    return rf"\x{code:02x}"


_NUMERIC_OFFSET: Final = rf"[+\-]{grammar.HOUR}(?::?{grammar.MINUTE})?"
_FRACTION: Final = f"(?:{grammar.FRACTION})?"
#: Second 60 has an offset; with ``Z`` it is 23:59:60. That others are 23:59:60 in UTC is beyond a pattern.
_TIME: Final = (
    f"(?:{grammar.HOUR}:{grammar.MINUTE}(?::{grammar.MINUTE}{_FRACTION})?(?:[Zz]|{_NUMERIC_OFFSET})?"
    f"|23:59:60{_FRACTION}[Zz]|{grammar.HOUR}:{grammar.MINUTE}:60{_FRACTION}{_NUMERIC_OFFSET})"
)

_ASCII: Final = frozenset(map(chr, range(128)))
_ALNUM: Final = frozenset(filter(str.isalnum, _ASCII))
#: A character of a local part, and of a label, and at the ends of a label; or one beyond ASCII.
_ATEXT: Final = all_but("".join(_ASCII - _ALNUM - set(grammar.ATEXT_MARKS)))
_LABELS: Final = all_but("".join(_ASCII - _ALNUM - {"-", "."}))
_LABEL_END: Final = all_but("".join(_ASCII - _ALNUM))
_NON_ASCII: Final = all_but("".join(_ASCII))
_INNER: Final = f"[{grammar.LDH}]{{0,{grammar.MAX_LABEL_LENGTH - 2}}}"
_ASCII_DOMAIN: Final = rf"(?:[{grammar.ALNUM}](?:{_INNER}[{grammar.ALNUM}])?\.)+(?:[{grammar.ALNUM}]{_INNER})?[A-Za-z]"
#: At least one character beyond ASCII: the rest is for the tables of IDNA.
_INTERNATIONAL_DOMAIN: Final = rf"(?:[{grammar.ALNUM}][{grammar.LDH}.]*)?{_NON_ASCII}(?:{_LABELS}*{_LABEL_END})?"

DATE: Final = whole(grammar.DATE)
DATETIME: Final = whole(f"{grammar.DATE}[Tt]{_TIME}")
EMAIL: Final = whole(rf"{_ATEXT}+(?:\.{_ATEXT}+)*@(?:{_ASCII_DOMAIN}|{_INTERNATIONAL_DOMAIN})")
NAME: Final = whole(grammar.NAME)


def url(rules: Rules) -> str:
    """The pattern of urls with a scheme of ``rules.url_schemes``, in any case."""
    schemes = "|".join(map(_any_case, sorted(rules.url_schemes))) or "[^\\x00-\\U0010FFFF]"
    parts = grammar.EXACT_URL_PARTS._replace(scheme=f"(?:{schemes})")
    return whole(grammar.url(grammar.UCSCHAR, grammar.IPRIVATE, parts))


def _any_case(scheme: str) -> str:
    return "".join(f"[{c.upper()}{c}]" if c.isalpha() else f"[{c}]" if c in "+." else c for c in scheme)
