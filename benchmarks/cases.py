"""The values that every contender must decide before it is timed: some that a type accepts, and others."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from eventschema import PropertyType


class Case(NamedTuple):
    """A ``value`` for a property of a type, its ``words`` in a footnote, and whether it is to be accepted."""

    type: PropertyType
    words: str
    value: Any
    accepted: bool


_CASES: Final[Mapping[PropertyType, tuple[tuple[str, Any, bool], ...]]] = {
    PropertyType.STRING: (
        ("a text of 2048 characters", "a" * 2048, True),
        ("a text of 2049 characters", "a" * 2049, False),
        ("a lone surrogate", "\ud800", False),
        ("a number for a text", 1, False),
        ("an object", {}, False),
        ("an array", [], False),
        ("bytes", b"a", False),
    ),
    PropertyType.INT: (
        ("the greatest int of 64 bits", 2**63 - 1, True),
        ("the least int of 64 bits", -(2**63), True),
        ("an int beyond 64 bits", 2**63, False),
        ("an int below 64 bits", -(2**63) - 1, False),
        ("a whole float for an int", 3.0, True),
        ("a fraction for an int", 3.5, False),
        ("a bool for an int", True, False),
        ("a text for an int", "3", False),
    ),
    PropertyType.FLOAT: (
        ("an int for a float", 3, True),
        ("NaN", float("nan"), False),
        ("an infinity", float("inf"), False),
        ("a bool for a float", True, False),
        ("a text for a float", "3.5", False),
    ),
    PropertyType.BOOL: (
        ("false", False, True),
        ("1 for a bool", 1, False),
        ("a text for a bool", "true", False),
    ),
    PropertyType.DATE: (
        ("29 February of a leap year", "2020-02-29", True),
        ("29 February of another year", "2021-02-29", False),
        ("a month of one digit", "2021-2-03", False),
        ("a dateTime for a date", "2021-02-28T00:00:00", False),
        ("a number for a date", 1614470400, False),
    ),
    PropertyType.DATETIME: (
        ("a dateTime in UTC", "2021-09-01T12:41:00Z", True),
        ("a dateTime with an offset", "2021-09-01T12:41:00.5+02:00", True),
        ("a dateTime without an offset", "2021-09-01T12:41:00", True),
        ("a dateTime without seconds", "2021-09-01T12:41Z", True),
        ("a leap second", "2016-12-31T23:59:60Z", True),
        ("a dateTime on 29 February of no leap year", "2021-02-29T12:41:00Z", False),
        ("hour 24", "2021-09-01T24:00:00Z", False),
        ("a space for the T", "2021-09-01 12:41:00Z", False),
        ("a date for a dateTime", "2021-09-01", False),
    ),
    PropertyType.EMAIL: (
        ("a plus sign and a hyphen in an email", "a.b+c@d-e.example.com", True),
        ("an internationalised email", "jürgen@müller.example.com", True),
        ("two dots before the @", "a..b@example.com", False),
        ("two dots after the @", "a@example..com", False),
        ("a label that begins with a hyphen", "a@-example.com", False),
        ("a label that ends with a hyphen", "a@example-.com", False),
        ("a domain without a dot", "a@example", False),
        ("a space in an email", "a b@example.com", False),
    ),
    PropertyType.URL: (
        ("an http URL with a port and a query", "http://example.com:65535/a%20b?c=d#e", True),
        ("an IRI", "https://müller.example/straße?größe=1", True),
        ("a space in a URL", "http://example.com/a b", False),
        ("%6G in a URL", "http://example.com/%6G", False),
        ("port 99999", "http://example.com:99999/", False),
        ("a URL without a host", "http:///a", False),
        ("another scheme", "mailto:a@example.com", False),
        ("a relative reference", "/a", False),
    ),
}

#: All cases.
CASES: Final = tuple(Case(type_, *row) for type_, rows in _CASES.items() for row in rows)

#: A declared property for each type, named after it: what the cases are held against.
DECLARED: Final = {type_.value: type_ for type_ in PropertyType}
