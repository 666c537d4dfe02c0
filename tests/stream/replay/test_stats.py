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
    ContactStats,
    ErrorGroup,
    EventReplayStats,
    GroupStats,
    Origin,
    PieceStats,
    ReplayStats,
)
from eventschema.track.violations import ContactNotFound, InvalidEmail, InvalidEventName


def account_of(replay: Replay, *pairs: tuple[str | None, Any]) -> ReplayStats:
    stats = ReplayStats(replay)
    for line, (name, properties) in enumerate(pairs, 1):
        errors = () if name is not None else (InvalidEventName("/eventName", "empty"),)
        event = StreamEvent("file", line, name, properties, errors, has_properties=properties != {})
        stats.add(event, replay.add(event))
    return stats


def test_events_and_properties_are_counted() -> None:
    stats = account_of(
        Replay(),
        ("order", {"total": 1, "note": None}),
        ("cart", {}),
        ("order", {"total": 2, "note": "x"}),
        ("order", {"total": "x"}),
    )
    assert (stats.accepted, stats.rejected) == (3, 1)
    order, cart = stats.events["order"], stats.events["cart"]
    assert (order.accepted, order.rejected, cart.accepted, cart.rejected) == (2, 1, 1, 0)
    assert order.seen == {"total": 2, "note": 1}
    assert order.origins == {
        "total": Origin("file", 1, PropertyType.INT),
        "note": Origin("file", 3, PropertyType.STRING),
    }


def test_what_was_declared_has_no_origin() -> None:
    stats = account_of(Replay({"order": EventSchema("order", {"total": "float"})}), ("order", {"total": 1, "new": 1}))
    assert stats.events["order"].origins == {"new": Origin("file", 1, PropertyType.INT)}
    assert stats.events["order"].seen == {"total": 1, "new": 1}


def test_errors_are_grouped_by_event_code_and_property() -> None:
    stats = account_of(
        Replay(),
        ("order", {"a": 1, "b": 1}),
        ("order", {"a": "x", "b": "y"}),
        ("order", {"a": "x"}),
        ("order", {"a": []}),
        ("cart", {"a": []}),
        (None, None),
    )
    assert stats.rejected == 5
    message = "Expected int (set by version 1 of the schema), found string, at /properties/a."
    assert stats.errors.groups[ErrorGroup("order", "type_conflict", "/properties/a")] == GroupStats(
        "file", 2, message, 2
    )
    assert [(*group, event_stats.line, event_stats.count) for group, event_stats in stats.errors.groups.items()] == [
        ("order", "type_conflict", "/properties/a", 2, 2),
        ("order", "type_conflict", "/properties/b", 2, 1),
        ("order", "unsupported_type", "/properties/a", 4, 1),
        ("cart", "unsupported_type", "/properties/a", 5, 1),
        (None, "invalid_event_name", "/eventName", 6, 1),
    ]


def test_dropped_properties_are_grouped_like_errors() -> None:
    replay = Replay({}, Rules(invalid="drop"))
    stats = account_of(replay, ("order", {"a": 1, "b": []}), ("order", {"a": "x", "b": {}}), ("order", {"b": []}))
    assert (stats.accepted, stats.rejected, stats.errors.groups) == (3, 0, {})
    assert [(*group, dropped.line, dropped.count) for group, dropped in stats.dropped.groups.items()] == [
        ("order", "unsupported_type", "/properties/b", 1, 3),
        ("order", "type_conflict", "/properties/a", 2, 1),
    ]


def test_the_property_of_a_group() -> None:
    assert ErrorGroup("order", "invalid_name", "/properties/a~1b~01").property == "a/b~1"
    assert ErrorGroup("order", "invalid_name", "/properties/").property == ""
    assert ErrorGroup("order", "too_many_properties", "/properties").property is None
    assert ErrorGroup(None, "malformed_request", "").property is None


def test_groups_are_listed_up_to_a_limit_and_counted_beyond() -> None:
    names = [f"{number} is no name" for number in range(MAX_LISTED + 1)]
    events: list[tuple[str, Any]] = [("order", {name: 1}) for name in names]
    exactly = account_of(Replay(), *events[:-1])
    assert (len(exactly.errors.groups), exactly.errors.unlisted) == (MAX_LISTED, 0)
    more = account_of(Replay(), *events, *events[-2:])
    assert (len(more.errors.groups), more.errors.unlisted) == (MAX_LISTED, 2)
    assert more.rejected == MAX_LISTED + 3
    assert sum(event_stats.count for event_stats in more.errors.groups.values()) == MAX_LISTED + 1


def test_names_without_a_schema_are_listed_up_to_a_limit() -> None:
    known = {"order": EventSchema("order")}
    names = [f"event {number}" for number in range(MAX_LISTED + 1)]
    stats = account_of(
        Replay(known, grow=False), *((name, {}) for name in names), (names[0], {}), ("order", {}), ("order", {"a": []})
    )
    assert list(stats.events) == [*names[:-1], "order"]
    assert stats.unlisted_events == 1
    assert stats.events[names[0]].rejected == 2
    assert (stats.events["order"].accepted, stats.events["order"].rejected) == (1, 1)
    late = account_of(Replay(known, grow=False), *((name, {}) for name in names), ("order", {"a": []}))
    assert late.events["order"].rejected == 1


def test_what_a_check_lets_pass_is_listed_up_to_a_limit() -> None:
    known = {"order": EventSchema("order", {"total": "int"})}
    rules = check_rules(Rules(), allow_new=True)
    events: list[tuple[str, Any]] = [("order", {"total": 1, f"p{number}": number}) for number in range(MAX_LISTED + 1)]
    stats = account_of(Replay(known, rules, grow=False), *events, ("order", {"p0": "text"}), *events[-1:])
    event_stats = stats.events["order"]
    assert len(event_stats.origins) == MAX_LISTED
    assert event_stats.origins["p0"] == Origin("file", 1, PropertyType.INT)
    assert (event_stats.seen["total"], event_stats.seen["p0"]) == (MAX_LISTED + 2, 2)
    assert len(event_stats.seen) == MAX_LISTED + 1


def test_changes_of_values_are_counted_by_kind_and_property() -> None:
    stats = account_of(
        Replay({"order": EventSchema("order", {"total": "float", "count": "int"})}),
        ("order", {"total": 1, "count": 2.0, "note": None}),
        ("order", {"total": 0.00000012, "count": 2, "note": None}),
        ("order", {"total": 0.12345678, "note": "x"}),
        ("order", {"total": -0.0, "count": "x"}),
        ("order", {"total": -0.0}),
    )
    event_stats = stats.events["order"]
    assert event_stats.adjusted == {
        "total": {AdjustmentKind.INT_TO_FLOAT: 1, AdjustmentKind.ROUNDED: 3},
        "count": {AdjustmentKind.FLOAT_TO_INT: 1},
        "note": {AdjustmentKind.NULL_IGNORED: 2},
    }
    assert event_stats.zeroed == {"total": 1}


def test_adjustments_without_a_type_are_listed_up_to_a_limit() -> None:
    events: list[tuple[str, Any]] = [("order", {f"p{number}": None}) for number in range(MAX_LISTED + 1)]
    stats = account_of(Replay(), *events[:-1], ("order", {"total": 1e-9}))
    assert (len(stats.events["order"].adjusted), stats.unlisted_adjustments) == (MAX_LISTED + 1, 0)
    stats = account_of(Replay(), *events, *events[-2:], ("cart", {"total": None}))
    assert (len(stats.events["order"].adjusted), stats.unlisted_adjustments) == (MAX_LISTED, 3)
    assert stats.events["order"].adjusted[f"p{MAX_LISTED - 1}"] == {AdjustmentKind.NULL_IGNORED: 2}


def test_track_requests_are_counted_as_their_events() -> None:
    replay = TrackReplay()
    stats = ReplayStats(replay)
    for number, properties in enumerate([{"total": 1, "note": None}, {"total": 2}, {"total": "x"}], 1):
        request = StreamObject(
            "file", number, {"eventName": "order", "contact": {"email": "ann@example.com"}, "properties": properties}
        )
        stats.add(request, replay.add(request))
    origins = {"total": Origin("file", 1, PropertyType.INT)}
    adjusted = {"note": Counter({AdjustmentKind.NULL_IGNORED: 1})}
    assert stats.events == {"order": EventReplayStats(2, 1, Counter(total=2), origins, adjusted)}
    assert [(*group, event_stats.line) for group, event_stats in stats.errors.groups.items()] == [
        ("order", "type_conflict", "/properties/total", 3)
    ]


def test_contacts_are_counted() -> None:
    replay, event_stats = TrackReplay(), ContactStats()
    ann = {"email": "ann@example.com"}
    for contact in (ann, ann, {**ann, "city": "Oslo"}, {"id": "c2"}, {**ann, "tags": [1]}, {}, None):
        event_stats.add(replay.add(StreamObject("file", 1, {"eventName": "order", "contact": contact})))
    event_stats.add(replay.add(StreamObject("file", 1, {"eventName": "", "contact": ann})))
    event_stats.add(replay.add(StreamObject("file", 1, {"eventName": "order"})))
    assert event_stats == ContactStats(created=1, updated=1, unchanged=1, refused=5)


def test_a_request_with_several_faults_refuses_one_contact() -> None:
    event_stats = ContactStats()
    event_stats.add(
        Rejection("file", 1, None, (ContactNotFound("/contact/id"), InvalidEmail("/contact/email", "no_at")))
    )
    event_stats.add(
        Rejection("file", 2, None, (UnsupportedType("/contacts", "null"), InvalidEventName("/eventName", "empty")))
    )
    assert event_stats == ContactStats(refused=1)


def absorbed(replay: Replay, *pairs: tuple[str | None, Any], lines: int = 0) -> ReplayStats:
    """As ``account_of``, with the events counted apart first, and that many lines before them."""
    stats = ReplayStats(replay)
    counts = PieceStats()
    for line, (name, properties) in enumerate(pairs, 1):
        errors = () if name is not None else (InvalidEventName("/eventName", "empty"),)
        event = StreamEvent("file", line, name, properties, errors, has_properties=properties != {})
        counts.add(event, replay.add(event))
    stats.update(counts, lines)
    return stats


def without_replay(stats: ReplayStats) -> dict[str, Any]:
    return {name: value for name, value in vars(stats).items() if name != "_replay"}


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
    stats = account_of(replay, *MANY)
    assert without_replay(absorbed(replay, *MANY)) == without_replay(stats)
    assert (stats.errors.unlisted, stats.unlisted_events, stats.unlisted_adjustments) == (4, 2, 2)
    assert stats.events["order"].zeroed == {"total": MAX_LISTED + 1, "p0": 1}
    assert stats.without_properties == MAX_LISTED + 3


def test_lines_before_counts_move_their_places() -> None:
    replay = Replay(KNOWN, check_rules(Rules(), allow_new=True), grow=False)
    stats = absorbed(replay, ("order", {"new": 1}), (None, None), lines=10)
    assert stats.events["order"].origins == {"new": Origin("file", 11, PropertyType.INT)}
    assert [event_stats.line for event_stats in stats.errors.groups.values()] == [12]


def test_counts_are_false_without_events() -> None:
    counts = PieceStats()
    assert not counts
    counts.add(StreamEvent("file", 1, None), Rejection("file", 1, None, ()))
    assert counts
