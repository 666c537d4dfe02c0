"""Drawn track requests are accepted for a contact that is not known yet."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventschema import EventSchema, Rules, TrackRequest
from eventschema.testing import rules, schemas, track_requests
from tests.testing.support import can_be_drawn, simplest


@given(track_requests())
def test_a_request_is_accepted(payload: dict[str, Any]) -> None:
    request = TrackRequest.parse(payload)
    assert request.errors == ()
    assert request.decide(None, ()).ok
    assert json.loads(json.dumps(payload, allow_nan=False)) == payload


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_under_any_schema_and_rules(data: st.DataObject) -> None:
    limits = data.draw(rules())
    schema = data.draw(schemas(limits))
    decision = TrackRequest.parse(data.draw(track_requests(schema, limits)), limits).decide(schema, ())
    assert decision.errors == ()
    assert TrackRequest.parse(data.draw(track_requests(rules=limits)), limits).decide(None, ()).errors == ()


def test_the_simplest_example_is_small() -> None:
    found = simplest(track_requests())
    assert found.keys() == {"eventName", "contact"}
    assert len(found["contact"]) == 1


@pytest.mark.slow
def test_every_part_is_drawn() -> None:
    for name in ("properties", "eventTime", "eventID", "origin", "eventVersion"):
        assert simplest(track_requests(), lambda payload, name=name: payload.get(name)).keys() >= {name}  # type: ignore[misc]  # a default binds what a closure would not
    both = simplest(track_requests(), lambda payload: len(payload["contact"].keys() & {"email", "phoneNumber"}) == 2)
    assert len(both["contact"]) == 2
    for kind in (bool, list, type(None)):
        found = simplest(track_requests(), lambda payload, kind=kind: _has_property(payload, kind))  # type: ignore[misc]  # a default binds what a closure would not
        assert len(found["contact"]) == 2


def _has_property(payload: dict[str, Any], kind: type[Any]) -> bool:
    contact = payload["contact"]
    return any(type(contact[name]) is kind for name in contact.keys() - {"email", "phoneNumber"})


def test_no_name_no_request() -> None:
    assert not can_be_drawn(track_requests(rules=Rules(max_event_name_length=0)))
    assert not can_be_drawn(track_requests(EventSchema("order"), Rules(max_event_name_length=4)))
