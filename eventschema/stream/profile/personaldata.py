"""Findings of personal data where nobody looks for it: in properties whose recommended type does not say so.

Such a finding has counts and names, and no values.
"""

from collections.abc import Iterator
from typing import Final

from eventschema.core.types import PropertyType
from eventschema.stream.profile.finding import Finding, many
from eventschema.stream.profile.propertystats import PropertyStats
from eventschema.stream.profile.recommendation import choose, values
from eventschema.stream.profile.valuekinds import ValueKind

#: The kind of these findings.
PERSONAL_DATA: Final = "personal_data"

#: One in ten numbers with the first digits of a card has its check digit by chance. So of plain digits, this share of
#: the ints or of the int texts must be card numbers.
_CARD_SHARE: Final = 0.3

_NUMBERS: Final = {PropertyType.INT: None, PropertyType.STRING: ValueKind.INT_TEXT}


def personal_data(event: str, name: str, stats: PropertyStats) -> Iterator[Finding]:
    """The finding that values of a property hold email addresses, phone numbers or card numbers."""
    found = [(_emails(stats), "an email address"), (_phones(stats), "a phone number"), (_cards(stats), "a card number")]
    parts = [f"{count:,} {'has' if count == 1 else 'have'} {what}" for count, what in found if count]
    if parts:
        count = max(count for count, _ in found)
        whole = values(stats)
        text = f"Of {many(whole, 'value')}, {' and '.join(parts)}: personal data in a property that is not declared so."
        yield Finding(PERSONAL_DATA, event, name, text, count)


def _emails(stats: PropertyStats) -> int:
    """How many values are or contain an email address, unless the property is one of addresses."""
    choice = choose(stats)
    if choice is not None and choice.type is PropertyType.EMAIL:
        return 0
    whole = stats.types[PropertyType.EMAIL].count if PropertyType.EMAIL in stats.types else 0
    return whole + _count(stats, ValueKind.EMAIL_INSIDE)


def _phones(stats: PropertyStats) -> int:
    return _count(stats, ValueKind.PHONE_NUMBER) + _count(stats, ValueKind.NATIONAL_PHONE_NUMBER)


def _cards(stats: PropertyStats) -> int:
    count = 0
    for type_, kind in _NUMBERS.items():
        if type_ not in stats.types:
            continue
        kinds = stats.types[type_].values.kinds
        cards = kinds.get(ValueKind.CARD_NUMBER, 0)
        digits = stats.types[type_].count if kind is None else kinds.get(kind, 0)
        count += cards if cards > _CARD_SHARE * digits else 0
    return count


def _count(stats: PropertyStats, kind: ValueKind) -> int:
    return sum(counts.values.kinds.get(kind, 0) for counts in stats.types.values())
