"""``reasons``: closed lists of words, each with what a message says of it."""

import re
from collections.abc import Mapping
from typing import Any, get_args

import pytest

from eventschema.core import reasons
from eventschema.core.types import TEXT_TYPES, PropertyType


def words(listed: Any) -> set[str]:
    """The words of a list, which may be put together from others."""
    return {word for part in get_args(listed) for word in ([part] if isinstance(part, str) else words(part))}


TABLES: dict[str, tuple[Any, Mapping[str, str]]] = {
    "name": (reasons.NameReason, reasons.NAME_REASONS),
    "event name": (reasons.EventNameReason, reasons.EVENT_NAME_REASONS),
    "phone number": (reasons.PhoneNumberReason, reasons.PHONE_NUMBER_REASONS),
    "email of a contact": (reasons.ContactEmailReason, reasons.EMAIL_REASONS),
    "date": (reasons.DateReason, reasons.FORMAT_REASONS[PropertyType.DATE]),
    "dateTime": (reasons.DateTimeReason, reasons.FORMAT_REASONS[PropertyType.DATETIME]),
    "url": (reasons.UrlReason, reasons.FORMAT_REASONS[PropertyType.URL]),
    "email": (reasons.EmailReason, reasons.FORMAT_REASONS[PropertyType.EMAIL]),
}


@pytest.mark.parametrize(("listed", "table"), TABLES.values(), ids=TABLES)
def test_every_word_has_what_a_message_says(listed: Any, table: Mapping[str, str]) -> None:
    assert set(table) == words(listed)
    assert all(re.fullmatch("[a-z_]+", word) for word in table)
    assert len(set(table.values())) == len(table)
    assert all(said and said.isascii() and not said.endswith((".", " ")) for said in table.values())


def test_every_format_has_a_table() -> None:
    assert set(reasons.FORMAT_REASONS) == set(TEXT_TYPES) - {PropertyType.STRING}
    assert words(reasons.FormatReason) == {word for table in reasons.FORMAT_REASONS.values() for word in table}


def test_the_words_are_the_documented_ones() -> None:
    """What is stable: a program may act on these, so a word may be added and none may go or change."""
    assert words(reasons.ContactEmailReason) == {
        *("not_text", "empty", "too_long", "no_at", "no_local_part", "character", "dot", "local_part_too_long"),
        *("several_at", "no_domain", "domain", "no_top_level_domain", "special_use_domain", "international"),
    }
    assert words(reasons.PhoneNumberReason) == {
        *("not_text", "empty", "no_plus", "character", "leading_zero", "too_short", "too_long"),
    }
    assert words(reasons.NameReason) == {"not_text", "empty", "character", "repeated"}
    assert words(reasons.EventNameReason) == {"not_text", "empty", "character", "too_long"}
    assert words(reasons.DateTimeReason) - words(reasons.DateReason) == {
        *("no_time", "space", "no_t", "hour", "minute", "second", "fraction", "leap_second", "offset"),
    }
    assert words(reasons.DateReason) == {"empty", "no_date", "year", "month", "day", "trailing"}
    assert words(reasons.UrlReason) == {
        *("empty", "no_scheme", "scheme", "userinfo", "no_host", "host", "port", "path", "query", "fragment"),
    }
