"""What only the compiled way of accepting blocks could do wrong: keep references, or be misled by unusual objects."""

from typing import Any

import pytest

from eventschema import EventSchema, Rules
from eventschema.core import acceleration
from eventschema.stream.envelopes import DEFAULT_ENVELOPE, Envelope
from eventschema.stream.replay.acceleration import accept_block
from tests.support import check_no_leak

pytestmark = pytest.mark.skipif(not acceleration.accelerated, reason="the compiled fast paths were not built")

SCHEMAS = {"e": EventSchema("e", {"f": "float", "i": "int", "s": "string", "m": "email"})}


class Raising(str):
    """A key that cannot be compared."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        raise RuntimeError


def event(properties: Any) -> dict[Any, Any]:
    return {"eventName": "e", "properties": properties}


VALUES: list[Any] = [
    event({"f": 1.23456789, "i": 2**40, "s": "some text", "m": "ann@example.com"}),
    event({"m": None, "f": 7}),
    event({"s": "gr\u00fcn", "f": -0.0}),
    event({"f": "no float"}),
    event({"new": 1}),
    event({Raising("f"): 1}),
    event({1: 2}),
    event(None),
    {Raising("eventName"): "e", Raising("properties"): {}},
    {"eventName": "none", "properties": {}},
    {"eventName": 1},
    {},
    None,
    [],
]


def test_blocks_leave_nothing_behind() -> None:
    watched = [*SCHEMAS.values(), *VALUES, DEFAULT_ENVELOPE]
    rules = Rules()

    def run(count: int) -> None:
        for _ in range(count):
            accept_block(VALUES, DEFAULT_ENVELOPE, SCHEMAS, rules)
            accept_block(VALUES, Envelope(event="e"), SCHEMAS, rules)

    check_no_leak(run, 300, watched)


def test_what_is_odd_is_left() -> None:
    accepted = accept_block(VALUES, DEFAULT_ENVELOPE, SCHEMAS, Rules())
    assert accepted.remaining == list(range(3, len(VALUES)))
    assert accepted.accepted["e"].events == 3
