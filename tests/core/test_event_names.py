import sys

import pytest

from eventschema.core.names import is_event_name
from eventschema.core.rules import Rules


def test_every_code_point_is_allowed_but_controls_and_surrogates() -> None:
    rules = Rules()
    refused = {point for point in range(sys.maxunicode + 1) if not is_event_name(chr(point), rules)}
    assert refused == {*range(0x20), 0x7F, *range(0xD800, 0xE000)}


@pytest.mark.parametrize(("length", "allowed"), [(0, False), (1, True), (254, True), (255, True), (256, False)])
def test_the_length_has_its_limits(length: int, allowed: bool) -> None:
    assert is_event_name("n" * length, Rules()) is allowed


def test_the_limit_is_that_of_the_rules() -> None:
    assert is_event_name("ab", Rules(max_event_name_length=2))
    assert not is_event_name("abc", Rules(max_event_name_length=2))
    assert not is_event_name("", Rules(max_event_name_length=0))


@pytest.mark.parametrize("name", ["order\n", "\norder", "a\x00b", "a\ud800b", None, 7, b"order", ["order"]])
def test_no_part_of_a_name_may_be_wrong(name: object) -> None:
    assert not is_event_name(name, Rules())
