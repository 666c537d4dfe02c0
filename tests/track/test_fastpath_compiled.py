"""What only the compiled fast paths could do wrong: keep a reference, or drop one."""

from typing import Any

import pytest

from eventschema import Contact, EventSchema, Rules
from eventschema.core import acceleration
from tests.support import FAST_PATHS, check_no_leak

pytestmark = pytest.mark.skipif(not acceleration.accelerated, reason="the compiled fast paths were not built")

SCHEMA = EventSchema("e", {"a": "int", "b": "float", "c": "string"})
CONTACT = Contact("c1", "ann@example.com", "+12", {"city": "Oslo", "one": 1, "tags": ("x", "y")})
ANN: dict[str, Any] = {"email": "ann@example.com", "city": "Oslo", "one": 1}
PAYLOADS: list[Any] = [
    {"eventName": "e", "contact": ANN, "properties": {"a": 1, "b": 0.1234567, "c": "gr\u00fcn"}},
    {"eventName": "e", "contact": {**ANN, "phoneNumber": "+13", "new": 0.1234567, "one": None}, "origin": "o" * 255},
    {"eventName": "e", "contact": {"id": "c1", "tags": ["x", "\u4f8b"]}, "eventVersion": "v", "properties": {"n": 1}},
    {"eventName": "e", "contact": {"phoneNumber": "+19"}, "eventID": "123E4567-e89b-12d3-a456-426614174000"},
    {"eventName": "e", "contact": {"id": "c9"}, "eventTime": "2021-09-01T12:41:00Z"},
    {"eventName": "e", "contact": ANN, "properties": {"a": "x", "b": "y", "c": 1}},
    {"eventName": "e", "contact": ANN, "properties": {"a": "x", "b": {}, "": 1}},
    {"eventName": "e", "contact": {**ANN, "email": "no address"}},
    {"eventName": "e", "contact": {**ANN, "a": ["x", 1]}},
    {"eventName": "e", "contact": [], "propertes": {}},
    "no object",
]


def test_requests_leave_nothing_behind() -> None:
    fast = FAST_PATHS[-1]
    rules = Rules()
    matches = [[], [CONTACT], (CONTACT, CONTACT), [CONTACT, Contact("c2")]]
    watched = [rules, SCHEMA, CONTACT, CONTACT.properties, *PAYLOADS, *SCHEMA.properties.values()]
    watched += [value for payload in PAYLOADS if isinstance(payload, dict) for value in payload.values()]

    def run(count: int) -> None:
        for _ in range(count):
            for payload in PAYLOADS:
                request = fast.parse(payload, rules)
                if request is not None:
                    for found in matches:
                        fast.decide(request, SCHEMA, found)
                    fast.decide(request, None, ())

    check_no_leak(run, 300, watched)
