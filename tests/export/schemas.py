"""Schemas and events that the tests of exports share."""

from datetime import UTC, date, datetime
from typing import Any

from eventschema import EventSchema, PropertyType

#: One property of each type, named after it.
ALL_TYPES = EventSchema("placed order", {f"a_{type_.value}": type_ for type_ in PropertyType})

#: Accepted events of it: the ends of each type, one of nulls, and texts that are hard to quote.
EVENTS: list[dict[str, Any]] = [
    {
        "a_bool": True,
        "a_int": 2**63 - 1,
        "a_float": 1.7976931348623157e308,
        "a_string": "x" * 2048,
        "a_date": "9999-12-31",
        "a_dateTime": "9999-12-31T23:59:59.999999Z",
        "a_email": f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 57}.com",
        "a_url": "https://example.com/" + "p" * 2028,
    },
    {
        "a_bool": False,
        "a_int": -(2**63),
        "a_float": 0.1,
        "a_string": 'it\'s "100%" \\ ; -- \u4f8b \U0001f600\n\t',
        "a_date": "0001-01-01",
        "a_dateTime": "0001-01-01T00:00Z",
        "a_email": "jos\u00e9@example.com",
        "a_url": "https://\u4f8b.\u5e7f\u544a/?a=%20#b",
    },
    {
        "a_bool": True,
        "a_int": 0,
        "a_float": -5e-7,
        "a_string": "",
        "a_date": "2024-02-29",
        "a_dateTime": "2026-03-05T09:30:00.5+02:00",
        "a_email": "ann@example.com",
        "a_url": "ftp://a",
    },
    {},
]

#: The same events with dates and moments as Python's types.
TYPED_EVENTS: list[dict[str, Any]] = [
    event | dates
    for event, dates in zip(
        EVENTS,
        [
            {"a_date": date(9999, 12, 31), "a_dateTime": datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)},
            {"a_date": date(1, 1, 1), "a_dateTime": datetime(1, 1, 1, tzinfo=UTC)},
            {"a_date": date(2024, 2, 29), "a_dateTime": datetime(2026, 3, 5, 7, 30, 0, 500000, UTC)},
            {},
        ],
        strict=True,
    )
]

#: Names of events that are hard to quote, and property names that are reserved words somewhere.
HARD_NAMES = (
    'a "quoted" name',
    "it's",
    "`ticks`",
    "back\\slash",
    "100% :off; --x /* y */",
    "order",
    "select",
    "\u0437\u0430\u043a\u0430\u0437 \U0001f600",
    "line\u2028separator",
    "n" * 255,
    "\u4f8b" * 255,
    "sqlite_master",
    "ends with a space ",
    "$1 ? {x} [y]",
)
RESERVED = EventSchema(
    "reserved", dict.fromkeys(("select", "table", "order", "user", "index", "1st", "ROW", "_"), "int")
)
