"""Properties of every stream of track requests: a replay decides as single requests do, and keeps what it accepts."""

import json
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from eventschema import Contact, EventSchema, TrackRequest
from eventschema.stream.envelopes import DEFAULT_ENVELOPE, StreamObject
from eventschema.stream.replay import AcceptedRequest, Rejection, TrackReplay, replay
from tests.strategies_track import EMAILS, PHONE_NUMBERS, json_requests

IDENTIFIERS = {
    "id": st.sampled_from(["c1", "c2", "c3"]),
    "email": st.sampled_from([*EMAILS, "no address"]),
    "phoneNumber": st.sampled_from(PHONE_NUMBERS),
}
contacts = st.fixed_dictionaries(
    {}, optional=IDENTIFIERS | {"a": st.sampled_from([None, 1, True, "x"]), "b": st.sampled_from([None, ["x"], ["y"]])}
)
properties: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from("pq"), st.sampled_from([None, 1, 1.5, "x", "2021-09-01", []])
)
requests = st.fixed_dictionaries(
    {"eventName": st.sampled_from(["order", "visit"]), "contact": contacts}, optional={"properties": properties}
)
streams = st.lists(requests, max_size=12)

#: Requests that never say two things of one property, and take nothing back.
steady = st.fixed_dictionaries(
    {"eventName": st.just("order"), "contact": st.fixed_dictionaries({}, optional=IDENTIFIERS | {"a": st.just(1)})}
)


def lines(stream: list[Any]) -> list[StreamObject]:
    return [StreamObject("file", number, value) for number, value in enumerate(stream, 1)]


def fed(state: TrackReplay, stream: list[StreamObject]) -> list[AcceptedRequest | Rejection]:
    return [state.add(line) for line in stream]


def accepted(state: TrackReplay, stream: list[StreamObject]) -> list[StreamObject]:
    """Replay the stream, and return what was accepted."""
    return [line for line in stream if isinstance(state.add(line), AcceptedRequest)]


def exactly(state: TrackReplay) -> str:
    """Everything in the replay as JSON, which tells 1 and true apart."""
    schemas = [schema.to_dict() for schema in state.schemas.values()]
    return json.dumps([schemas, [contact.to_dict() for contact in state.contacts]], allow_nan=False)


@given(streams)
def test_it_is_deciding_one_by_one(stream: list[Any]) -> None:
    schemas: dict[str, EventSchema] = {}
    kept: list[Contact] = []
    state = TrackReplay()
    for line in lines(stream):
        request = TrackRequest.parse(line.value)
        wanted = request.contact.identifiers.items()
        matches = [contact for contact in kept if contact.identifiers.items() & wanted]
        decision = request.decide(schemas.get(request.event_name or ""), matches)
        outcome = state.add(line)
        assert (outcome.errors if isinstance(outcome, Rejection) else ()) == decision.errors
        if decision.schema is None or decision.contact is None:
            continue
        schemas[decision.schema.name] = decision.schema
        if decision.contact.id is None:
            kept.append(replace(decision.contact, id=f"c{len(kept) + 1}"))
        else:
            kept[int(decision.contact.id[1:]) - 1] = decision.contact
    assert list(state.schemas.items()) == list(schemas.items())
    assert state.contacts == tuple(kept)


@given(streams)
def test_the_schemas_are_those_of_the_accepted_events_alone(stream: list[Any]) -> None:
    state = TrackReplay()
    through = accepted(state, lines(stream))
    events = [
        DEFAULT_ENVELOPE.open("file", line.line, dict(line.value)) for line in through if type(line.value) is dict
    ]
    assert replay(events) == (state.schemas, ())


@given(streams)
def test_no_identifier_belongs_to_two_contacts(stream: list[Any]) -> None:
    state = TrackReplay()
    fed(state, lines(stream))
    held = [item for contact in state.contacts for item in contact.identifiers.items()]
    assert len(held) == len(set(held))


@given(streams)
def test_a_refused_request_might_as_well_not_have_come(stream: list[Any]) -> None:
    state, again = TrackReplay(), TrackReplay()
    through = accepted(state, lines(stream))
    assert accepted(again, through) == through
    assert exactly(again) == exactly(state)


@given(streams)
def test_a_request_repeated_at_once_changes_nothing(stream: list[Any]) -> None:
    once, twice = TrackReplay(), TrackReplay()
    for line in lines(stream):
        first = once.add(line)
        assert fed(twice, [line])[0] == first
        second = twice.add(line)
        if isinstance(first, AcceptedRequest):
            assert isinstance(second, AcceptedRequest)
            assert (second.contact_change, second.added, second.contact) == (None, {}, first.contact)
        else:
            assert second == first
    assert exactly(twice) == exactly(once)


@given(streams)
def test_a_second_pass_finds_no_errors_and_changes_no_schema(stream: list[Any]) -> None:
    state = TrackReplay()
    through = accepted(state, lines(stream))
    schemas = state.schemas
    for outcome in fed(state, through):  # contacts may have changed their identifiers, and properties be set anew
        pointers = [error.pointer for error in outcome.errors] if isinstance(outcome, Rejection) else []
        assert all(pointer.startswith("/contact") for pointer in pointers)
    assert state.schemas == schemas


def settled(stream: list[Any]) -> list[Any]:
    """The requests with one email for each phone number, so that none replaces an identifier."""
    owner = dict(zip(PHONE_NUMBERS, EMAILS, strict=False))
    for request in stream:
        contact = request["contact"]
        if "email" in contact and "phoneNumber" in contact:
            contact["email"] = owner[contact["phoneNumber"]]
        if "id" in contact:
            contact.pop("email", None)
            contact.pop("phoneNumber", None)
    return stream


@given(st.lists(steady, max_size=12).map(settled))
def test_a_second_pass_of_steady_requests_changes_nothing(stream: list[Any]) -> None:
    state = TrackReplay()
    through = accepted(state, lines(stream))
    before = exactly(state)
    outcomes = fed(state, through)
    assert [outcome.contact_change for outcome in outcomes if isinstance(outcome, AcceptedRequest)] == [None] * len(
        through
    )
    assert exactly(state) == before


@given(st.lists(json_requests, max_size=4))
def test_no_json_value_raises(stream: list[Any]) -> None:
    state = TrackReplay()
    for line in lines(stream):
        before = exactly(state)
        if isinstance(state.add(line), Rejection):
            assert exactly(state) == before
