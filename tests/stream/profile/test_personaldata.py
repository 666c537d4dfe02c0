from typing import Any

import pytest

from eventschema.stream.profile import EventProfile

CARDS = ["4111111111111111", "5500005555555559", "340000000000009"]
NOT_DECLARED = ": personal data in a property that is not declared so."


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["x", "a@b.co", "y"], "Of 3 values, 1 has an email address"),
        (["write to a@b.co", "https://x.co/?mail=a%40b.co"], "Of 2 values, 2 have an email address"),
        (["+1 (555) 123-4567", "(555) 123-4567", "x"], "Of 3 values, 2 have a phone number"),
        (CARDS, "Of 3 values, 3 have a card number"),
        ([int(card) for card in CARDS], "Of 3 values, 3 have a card number"),
        (["4111 1111 1111 1111", "note"], "Of 2 values, 1 has a card number"),
        (["a b@c.de +15551234567"], "Of 1 value, 1 has an email address and 1 has a phone number"),
    ],
)
def test_personal_data_where_nobody_looks_for_it(values: list[Any], message: str) -> None:
    profile = EventProfile()
    for value in values:
        profile.add("order", {"note": value})
    (one,) = [one for one in profile.findings() if one.kind == "personal_data"]
    assert (one.message, one.event, one.property) == (message + NOT_DECLARED, "order", "note")
    assert (one.examples, one.places, one.events) == ((), (), 0)


@pytest.mark.parametrize(
    "values",
    [
        ["a@b.co", "c@d.co"],
        ["4111111111111111", *(f"41111111111111{number}" for number in range(20, 40))],
        ["https://someone@example.com/"],
        ["2026-11-26T10:00:00+01:00"],
        ["1" * 16],
    ],
)
def test_what_is_declared_or_by_chance_is_no_finding(values: list[Any]) -> None:
    profile = EventProfile()
    for value in values:
        profile.add("order", {"note": value})
    assert "personal_data" not in [one.kind for one in profile.findings()]
