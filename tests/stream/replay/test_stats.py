from collections import Counter
from typing import Any

from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.core.values import AdjustmentKind
from eventschema.core.violations import UnsupportedType
from eventschema.stream.envelopes import StreamEvent, StreamObject
from eventschema.stream.replay import Rejection, Replay, TrackReplay, check_rules
from eventschema.stream.replay.stats import (
    MAX_LISTED,
    Account,
    ContactTally,
    EventCounts,
    EventTally,
    Group,
    GroupTally,
    Origin,
)
from eventschema.track.violations import ContactNotFound, InvalidEmail, InvalidEventName


def account_of(replay: Replay, *pairs: tuple[str | None, Any]) -> Account:
    account = Account(replay)
    for line, (name, properties) in enumerate(pairs, 1):
        errors = () if name is not None else (InvalidEventName("/eventName", "empty"),)
        event = StreamEvent("file", line, name, properties, errors, has_properties=properties != {})
        account.add(event, replay.add(event))
    return account


def test_events_and_properties_are_counted() -> None:
    account = account_of(
        Replay(),
        ("order", {"total": 1, "note": None}),
        ("cart", {}),
        ("order", {"total": 2, "note": "x"}),
        ("order", {"total": "x"}),
    )
    assert (account.accepted, account.rejected) == (3, 1)
    order, cart = account.events["order"], account.events["cart"]
    assert (order.accepted, order.rejected, cart.accepted, cart.rejected) == (2, 1, 1, 0)
    assert order.seen == {"total": 2, "note": 1}
    assert order.origins == {
        "total": Origin("file", 1, PropertyType.INT),
        "note": Origin("file", 3, PropertyType.STRING),
    }


def test_what_was_declared_has_no_origin() -> None:
    account = account_of(Replay({"order": EventSchema("order", {"total": "float"})}), ("order", {"total": 1, "new": 1}))
    assert account.events["order"].origins == {"new": Origin("file", 1, PropertyType.INT)}
    assert account.events["order"].seen == {"total": 1, "new": 1}


def test_errors_are_grouped_by_event_code_and_property() -> None:
    account = account_of(
        Replay(),
        ("order", {"a": 1, "b": 1}),
        ("order", {"a": "x", "b": "y"}),
        ("order", {"a": "x"}),
        ("order", {"a": []}),
        ("cart", {"a": []}),
        (None, None),
    )
    assert account.rejected == 5
    message = "Expected int (set by version 1 of the schema), found string, at /properties/a."
    assert account.groups[Group("order", "type_conflict", "/properties/a")] == GroupTally("file", 2, message, 2)
    assert [(*group, tally.line, tally.count) for group, tally in account.groups.items()] == [
        ("order", "type_conflict", "/properties/a", 2, 2),
        ("order", "type_conflict", "/properties/b", 2, 1),
        ("order", "unsupported_type", "/properties/a", 4, 1),
        ("cart", "unsupported_type", "/properties/a", 5, 1),
        (None, "invalid_event_name", "/eventName", 6, 1),
    ]


def test_the_property_of_a_group() -> None:
    assert Group("order", "invalid_name", "/properties/a~1b~01").property == "a/b~1"
    assert Group("order", "invalid_name", "/properties/").property == ""
    assert Group("order", "too_many_properties", "/properties").property is None
    assert Group(None, "malformed_request", "").property is None


def test_groups_are_listed_up_to_a_limit_and_counted_beyond() -> None:
    names = [f"{number} is no name" for number in range(MAX_LISTED + 1)]
    events: list[tuple[str, Any]] = [("order", {name: 1}) for name in names]
    exactly = account_of(Replay(), *events[:-1])
    assert (len(exactly.groups), exactly.unlisted_errors) == (MAX_LISTED, 0)
    more = account_of(Replay(), *events, *events[-2:])
    assert (len(more.groups), more.unlisted_errors) == (MAX_LISTED, 2)
    assert more.rejected == MAX_LISTED + 3
    assert sum(tally.count for tally in more.groups.values()) == MAX_LISTED + 1


def test_names_without_a_schema_are_listed_up_to_a_limit() -> None:
    known = {"order": EventSchema("order")}
    names = [f"event {number}" for number in range(MAX_LISTED + 1)]
    account = account_of(
        Replay(known, grow=False), *((name, {}) for name in names), (names[0], {}), ("order", {}), ("order", {"a": []})
    )
    assert list(account.events) == [*names[:-1], "order"]
    assert account.unlisted_events == 1
    assert account.events[names[0]].rejected == 2
    assert (account.events["order"].accepted, account.events["order"].rejected) == (1, 1)
    late = account_of(Replay(known, grow=False), *((name, {}) for name in names), ("order", {"a": []}))
    assert late.events["order"].rejected == 1


def test_what_a_check_lets_pass_is_listed_up_to_a_limit() -> None:
    known = {"order": EventSchema("order", {"total": "int"})}
    rules = check_rules(Rules(), allow_new=True)
    events: list[tuple[str, Any]] = [("order", {"total": 1, f"p{number}": number}) for number in range(MAX_LISTED + 1)]
    account = account_of(Replay(known, rules, grow=False), *events, ("order", {"p0": "text"}), *events[-1:])
    tally = account.events["order"]
    assert len(tally.origins) == MAX_LISTED
    assert tally.origins["p0"] == Origin("file", 1, PropertyType.INT)
    assert (tally.seen["total"], tally.seen["p0"]) == (MAX_LISTED + 2, 2)
    assert len(tally.seen) == MAX_LISTED + 1


def test_changes_of_values_are_counted_by_kind_and_property() -> None:
    account = account_of(
        Replay({"order": EventSchema("order", {"total": "float", "count": "int"})}),
        ("order", {"total": 1, "count": 2.0, "note": None}),
        ("order", {"total": 0.00000012, "count": 2, "note": None}),
        ("order", {"total": 0.12345678, "note": "x"}),
        ("order", {"total": -0.0, "count": "x"}),
        ("order", {"total": -0.0}),
    )
    tally = account.events["order"]
    assert tally.adjusted == {
        "total": {AdjustmentKind.INT_TO_FLOAT: 1, AdjustmentKind.ROUNDED: 3},
        "count": {AdjustmentKind.FLOAT_TO_INT: 1},
        "note": {AdjustmentKind.NULL_IGNORED: 2},
    }
    assert tally.zeroed == {"total": 1}


def test_adjustments_without_a_type_are_listed_up_to_a_limit() -> None:
    events: list[tuple[str, Any]] = [("order", {f"p{number}": None}) for number in range(MAX_LISTED + 1)]
    account = account_of(Replay(), *events[:-1], ("order", {"total": 1e-9}))
    assert (len(account.events["order"].adjusted), account.unlisted_adjustments) == (MAX_LISTED + 1, 0)
    account = account_of(Replay(), *events, *events[-2:], ("cart", {"total": None}))
    assert (len(account.events["order"].adjusted), account.unlisted_adjustments) == (MAX_LISTED, 3)
    assert account.events["order"].adjusted[f"p{MAX_LISTED - 1}"] == {AdjustmentKind.NULL_IGNORED: 2}


def test_track_requests_are_counted_as_their_events() -> None:
    replay = TrackReplay()
    account = Account(replay)
    for number, properties in enumerate([{"total": 1, "note": None}, {"total": 2}, {"total": "x"}], 1):
        request = StreamObject(
            "file", number, {"eventName": "order", "contact": {"email": "ann@example.com"}, "properties": properties}
        )
        account.add(request, replay.add(request))
    origins = {"total": Origin("file", 1, PropertyType.INT)}
    adjusted = {"note": Counter({AdjustmentKind.NULL_IGNORED: 1})}
    assert account.events == {"order": EventTally(2, 1, Counter(total=2), origins, adjusted)}
    assert [(*group, tally.line) for group, tally in account.groups.items()] == [
        ("order", "type_conflict", "/properties/total", 3)
    ]


def test_contacts_are_counted() -> None:
    replay, tally = TrackReplay(), ContactTally()
    ann = {"email": "ann@example.com"}
    for contact in (ann, ann, {**ann, "city": "Oslo"}, {"id": "c2"}, {**ann, "tags": [1]}, {}, None):
        tally.add(replay.add(StreamObject("file", 1, {"eventName": "order", "contact": contact})))
    tally.add(replay.add(StreamObject("file", 1, {"eventName": "", "contact": ann})))
    tally.add(replay.add(StreamObject("file", 1, {"eventName": "order"})))
    assert tally == ContactTally(created=1, updated=1, unchanged=1, refused=5)


def test_a_request_with_several_faults_refuses_one_contact() -> None:
    tally = ContactTally()
    tally.add(Rejection("file", 1, None, (ContactNotFound("/contact/id"), InvalidEmail("/contact/email", "no_at"))))
    tally.add(
        Rejection("file", 2, None, (UnsupportedType("/contacts", "null"), InvalidEventName("/eventName", "empty")))
    )
    assert tally == ContactTally(refused=1)


def absorbed(replay: Replay, *pairs: tuple[str | None, Any], lines: int = 0) -> Account:
    """As ``account_of``, with the events counted apart first, and that many lines before them."""
    account = Account(replay)
    counts = EventCounts()
    for line, (name, properties) in enumerate(pairs, 1):
        errors = () if name is not None else (InvalidEventName("/eventName", "empty"),)
        event = StreamEvent("file", line, name, properties, errors, has_properties=properties != {})
        counts.add(event, replay.add(event))
    account.absorb(counts, lines)
    return account


def without_replay(account: Account) -> dict[str, Any]:
    return {name: value for name, value in vars(account).items() if name != "_replay"}


KNOWN = {"order": EventSchema("order", {"total": "float", "count": "int"})}
MANY: list[tuple[str | None, Any]] = [
    *(("order", {"total": 1, f"n{number}": number}) for number in range(MAX_LISTED + 1)),
    *(("order", {"total": 1e-9, f"p{number}": None}) for number in range(MAX_LISTED + 1)),
    *((f"event {number}", {}) for number in range(MAX_LISTED + 1)),
    ("order", {"count": "x", f"n{MAX_LISTED}": 1e-9, "p0": 1e-9}),
    ("order", {f"n{MAX_LISTED}": 1, f"p{MAX_LISTED}": 1e-9, "p0": 1e-9}),
    ("event 0", {}),
    (None, None),
    (f"event {MAX_LISTED}", {}),
]


def test_counting_apart_comes_to_the_same_with_all_limits() -> None:
    replay = Replay(KNOWN, check_rules(Rules(), allow_new=True), grow=False)
    account = account_of(replay, *MANY)
    assert without_replay(absorbed(replay, *MANY)) == without_replay(account)
    assert (account.unlisted_errors, account.unlisted_events, account.unlisted_adjustments) == (4, 2, 2)
    assert account.events["order"].zeroed == {"total": MAX_LISTED + 1, "p0": 1}
    assert account.without_properties == MAX_LISTED + 3


def test_lines_before_counts_move_their_places() -> None:
    replay = Replay(KNOWN, check_rules(Rules(), allow_new=True), grow=False)
    account = absorbed(replay, ("order", {"new": 1}), (None, None), lines=10)
    assert account.events["order"].origins == {"new": Origin("file", 11, PropertyType.INT)}
    assert [tally.line for tally in account.groups.values()] == [12]


def test_counts_are_false_without_events() -> None:
    counts = EventCounts()
    assert not counts
    counts.add(StreamEvent("file", 1, None), Rejection("file", 1, None, ()))
    assert counts
