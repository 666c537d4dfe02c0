"""The text formats beyond ASCII: the characters of IRIs, and internationalised email addresses.

``formats`` imports this when the first text needs it: the sets of characters are large, and compiling them takes
longer than importing all the rest of the package.

``email-validator`` is trusted with the verdict on an address and with its normalised form, which follow its tables and
those of the running Python. It is not trusted with time: some of its steps cost microseconds a character, so what a
linear scan can refuse never reaches it.
"""

import re
from typing import Final

from eventschema.core.formats import ATEXT, LDH, MAX_EMAIL_LENGTH, url_pattern

# RFC 3987, section 2.2: ucschar, less white space (U+00A0, U+1680, U+2000-200A, U+2028, U+2029, U+202F, U+205F,
# U+3000) and the characters that change the direction of text around them (U+200E, U+200F, U+202A-202E,
# U+2066-2069: section 4.1).
_UCSCHAR: Final = (
    r"\u00A1-\u167F\u1681-\u1FFF\u200B-\u200D\u2010-\u2027\u2030-\u205E\u2060-\u2065\u206A-\u2FFF\u3001-\uD7FF"
    r"\uF900-\uFDCF\uFDF0-\uFFEF"
    r"\U00010000-\U0001FFFD\U00020000-\U0002FFFD\U00030000-\U0003FFFD\U00040000-\U0004FFFD\U00050000-\U0005FFFD"
    r"\U00060000-\U0006FFFD\U00070000-\U0007FFFD\U00080000-\U0008FFFD\U00090000-\U0009FFFD\U000A0000-\U000AFFFD"
    r"\U000B0000-\U000BFFFD\U000C0000-\U000CFFFD\U000D0000-\U000DFFFD\U000E1000-\U000EFFFD"
)
_IPRIVATE: Final = r"\uE000-\uF8FF\U000F0000-\U000FFFFD\U00100000-\U0010FFFD"

#: The grammar of a url with all the characters of an IRI.
IRI: Final = url_pattern(_UCSCHAR, _IPRIVATE)

_NON_ASCII: Final = r"\x80-\U0010FFFF"  # RFC 6531, section 3.3
_ADDRESS: Final = re.compile(rf"(?!\.)[{ATEXT}.{_NON_ASCII}]{{1,64}}(?<!\.)@(?![.\-])[{LDH}.{_NON_ASCII}]+(?<![.\-])")


def validated(text: str) -> str | None:
    """The address in ``email-validator``'s normalised form; ``None`` if it is not one of at most 254 characters."""
    if not _may_be_address(text):
        return None
    from email_validator import validate_email

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
    except ValueError:  # its own EmailNotValidError, and errors of the IDNA tables
        return None
    return address.normalized


def _may_be_address(text: str) -> bool:
    """Whether ``text`` may be an address. Each test is a condition of ``email-validator`` that it tests late.

    Its categories of unsafe characters (controls, formats, surrogates, private use, unassigned, separators) are those
    that Python calls not printable. It counts the length in octets, at the end.
    """
    return (
        len(text) <= MAX_EMAIL_LENGTH
        and _ADDRESS.fullmatch(text) is not None
        and ".." not in text
        and text.isprintable()
        and len(text.encode()) <= MAX_EMAIL_LENGTH
    )
