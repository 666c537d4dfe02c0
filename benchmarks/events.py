"""The events that are timed: texts only, numbers only, a real mix; of 5, 14 and 100 properties.

The values are ordinary ones. Of the two floats of the mix, one needs rounding and one does not.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from eventschema import PropertyType

Event = dict[str, Any]
Types = Mapping[str, PropertyType]
_Property = tuple[str, PropertyType, Any]

_MIX: Final[tuple[_Property, ...]] = (
    ("title", PropertyType.STRING, "Earl Grey, loose leaf, 250 g"),
    ("total", PropertyType.FLOAT, 42.123456789),
    ("quantity", PropertyType.INT, 3),
    ("email", PropertyType.EMAIL, "jane.doe@shop.example.com"),
    ("placedAt", PropertyType.DATETIME, "2026-11-23T08:15:30Z"),
    ("sku", PropertyType.STRING, "TEA-EG-250"),
    ("weight", PropertyType.FLOAT, 0.25),
    ("isGift", PropertyType.BOOL, True),
    ("deliverOn", PropertyType.DATE, "2026-11-27"),
    ("link", PropertyType.URL, "https://shop.example.com/tea/earl-grey?size=250&utm_source=mail"),
    ("status", PropertyType.STRING, "paid"),
    ("stock", PropertyType.INT, 1824),
    ("currency", PropertyType.STRING, "EUR"),
    ("city", PropertyType.STRING, "Vilnius"),
)
_TEXTS: Final[tuple[_Property, ...]] = tuple(
    (f"text{i}", PropertyType.STRING, text)
    for i, text in enumerate(("Earl Grey, loose leaf, 250 g", "TEA-EG-250", "paid", "EUR", "Vilnius"))
)
_NUMBERS: Final[tuple[_Property, ...]] = (
    ("total", PropertyType.FLOAT, 42.123456789),
    ("quantity", PropertyType.INT, 3),
    ("weight", PropertyType.FLOAT, 0.25),
    ("stock", PropertyType.INT, 1824),
)
_KINDS: Final[Mapping[str, tuple[_Property, ...]]] = {"mix": _MIX, "strings": _TEXTS, "numbers": _NUMBERS}

#: The kinds of events, and how many properties they have.
KINDS: Final = tuple(_KINDS)
SIZES: Final = (5, 14, 100)


class Sample(NamedTuple):
    """An event, and the types that its properties were declared with."""

    types: Types
    event: Event


def sample(kind: str, size: int) -> Sample:
    """An event of ``size`` properties of one kind; after the last property of the kind, they repeat under new names."""
    properties = _KINDS[kind]
    types: dict[str, PropertyType] = {}
    event: Event = {}
    for i in range(size):
        again, position = divmod(i, len(properties))
        name, type_, value = properties[position]
        types[f"{name}_{again}"] = type_
        event[f"{name}_{again}"] = value
    return Sample(types, event)
