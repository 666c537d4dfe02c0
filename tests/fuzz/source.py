"""Makes values from bytes. Similar bytes give similar values, as a fuzzer needs."""

import struct
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from eventschema import Contact, EventSchema, PropertyType, Rules

T = TypeVar("T")

NAMES = (
    *("a", "b", "total", "eventName", "contact", "properties", "eventTime", "eventID", "id", "email", "phoneNumber"),
    *("origin", "eventVersion"),
)
FIELDS = ("format", "name", "version", "since", "kind", "identifiers", "set", "removed", "baseVersion", "added")
TEXTS = (
    *("", "order", "2021-09-01", "2021-09-01T12:41:52Z", "https://example.com/", "ann@example.com"),
    *("\u00fc@b\u00fc.co", "+12025550100", "9b2d4d6e-4f3b-4b0a-9d2e-0a1b2c3d4e5f", "float", "create"),
    *("\ud800", "x" * 129, "x" * 2049),
)
NUMBERS = (2**53, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64, 2**70 + 1, 10**400)
FLOATS = (float("nan"), float("inf"), -0.0, 1e300, 2.0**63, 0.1234567, 5e-324)
DECIMALS = (Decimal("0.1234565"), Decimal("sNaN"), Decimal("1E+999999"))
OBJECTS = (b"", *DECIMALS, date(2021, 9, 1), datetime(2021, 9, 1, tzinfo=UTC))
ENDLESS = 10**30
RULES = (
    Rules(),
    Rules(types="exact"),
    Rules(nulls="reject", new_properties="reject"),
    Rules(detect=frozenset({PropertyType.BOOL, PropertyType.FLOAT, PropertyType.STRING}), max_schema_properties=2),
    Rules(max_properties=2, max_name_length=1, max_string_length=3, float_digits=0, max_event_name_length=5),
    Rules(max_properties=ENDLESS, max_name_length=ENDLESS, max_string_length=ENDLESS, float_digits=ENDLESS),
    Rules(url_schemes=frozenset()),
)


class Source:
    """Reads choices from bytes, one after the other. After the end of the bytes, each choice is the first one."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        """The next ``size`` bytes, or fewer at the end."""
        taken = self._data[self._at : self._at + size]
        self._at += size
        return taken

    def number(self, below: int) -> int:
        """A number from 0, made of one byte."""
        return int.from_bytes(self.take(1)) % below

    def one_of(self, values: Sequence[T]) -> T:
        return values[self.number(len(values))]

    def text(self) -> str:
        """Any text, also with lone surrogates, or a token."""
        if self.number(2):
            return self.one_of(TEXTS)
        return text_of(self.take(self.number(32)))

    def name(self) -> str:
        return self.one_of(NAMES) if self.number(4) else self.one_of((*FIELDS, self.text()))

    def value(self, depth: int = 3) -> Any:
        """Any JSON value, and some values that only Python has."""
        match self.number(11):
            case 0:
                return None
            case 1:
                return bool(self.number(2))
            case 2:
                return int.from_bytes(self.take(2), signed=True)
            case 3:
                return self.one_of(NUMBERS)
            case 4:
                return struct.unpack("<d", self.take(8).ljust(8, b"\0"))[0]
            case 5:
                return self.one_of(FLOATS)
            case 6:
                return self.one_of(OBJECTS)
            case 7 if depth:
                return [self.value(depth - 1) for _ in range(self.number(4))]
            case 8 | 9 if depth:
                return self.mapping(depth - 1)
            case _:
                return self.text()

    def mapping(self, depth: int = 3) -> dict[Any, Any]:
        return {self.name(): self.value(depth) for _ in range(self.number(8))}

    def schema(self, name: str = "order") -> EventSchema:
        """A schema with some declared properties and some that an event added."""
        words = list(PropertyType)
        declared = {self.one_of(NAMES[:4]): self.one_of(words) for _ in range(self.number(4))}
        return EventSchema(name, declared).merge(self.mapping(0)).schema

    def contact(self) -> Contact:
        return Contact(
            self.one_of((None, "c1", "c2")),
            self.one_of((None, "ann@example.com", "bo@example.org")),
            self.one_of((None, "+12025550100")),
            self.one_of(({}, {"a": 1, "b": ("x",)}, {"total": True})),
        )


def text_of(data: bytes) -> str:
    """``data`` decoded from UTF-8; invalid bytes become lone surrogates."""
    return data.decode("utf-8", "surrogateescape")
