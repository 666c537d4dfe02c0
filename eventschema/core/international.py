"""The text formats beyond ASCII: IRIs, and internationalised email addresses.

``formats`` imports this when the first text needs it: the sets of characters are large, and compiling them takes longer
than importing all other modules of the package.

``email-validator`` decides which addresses are valid, and gives their normalised form; both follow its tables and those
of the running Python. Some of its steps take microseconds a character, so whatever a linear scan can refuse is refused
before it is called.
"""

import re
from typing import Final

from eventschema.core import grammar

#: The pattern of an IRI.
IRI: Final = re.compile(grammar.url(grammar.UCSCHAR, grammar.IPRIVATE))

_ADDRESS: Final = re.compile(grammar.INTERNATIONAL_ADDRESS)


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
    """Whether ``text`` may be an address. Each condition is one that ``email-validator`` checks late.

    It refuses the characters that Python calls not printable (controls, formats, surrogates, private use, unassigned,
    separators), and counts the length in octets at the end.
    """
    return (
        len(text) <= grammar.MAX_EMAIL_LENGTH
        and _ADDRESS.fullmatch(text) is not None
        and ".." not in text
        and text.isprintable()
        and len(text.encode()) <= grammar.MAX_EMAIL_LENGTH
    )
