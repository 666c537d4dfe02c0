"""Hypothesis strategies for streams of events to profile, and helpers that profile them."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from eventschema.core.rules import Rules
from eventschema.core.types import PropertyType
from eventschema.stream.envelopes import StreamEvent
from eventschema.stream.profile import Bounds, EventProfile
from eventschema.stream.profile.valuekinds import KindCounts, ValueKind
from tests.hostile_values import Text

_values = (
    st.none()
    | st.booleans()
    | st.sampled_from(
        [0, 1, 2, 1.0, 2.0, 0.5, -0.0, 0.1234567, 2**53 + 1, 2**63, 2**63 + 1, 2.0**63, 1e300, float("inf"), 10]
    )
    | st.sampled_from(
        ["", "x", "X" * 70, "X" * 120, "2026-11-23", "2026-11-23T10:00Z", "a@b.co", "https://a.example/x"]
    )
    | st.sampled_from(
        ["12", "N/A", "01/02/2021", "2026-11-23 10:00", "a b@c.de", "+1 555 123 4567", "https://x.co/?a@b.co"]
    )
    | st.sampled_from(["2026-11-23T11:30+01:00", "2026-11-23T10:00:00.50Z", "2026-11-23T10:00:00,5", 1_700_000_000])
    | st.sampled_from([0.00000012, 0.0000004, -0.0000001, 0.30000000000000004, 0.3, 0.25, 2**70, -(2**60) - 1])
    | st.sampled_from(["\u00e9", "\ud800", "x" * 3000, [], {}, (), b"x", date(2026, 11, 26)])
    | st.sampled_from([Decimal("1.00000000001"), Decimal("2.0"), Decimal("1e-9"), Decimal("-0"), Decimal("0.1234567")])
    | st.integers(-5, 5)
)
_properties = st.dictionaries(
    st.sampled_from(["total", "count", "when", "bad name", "n" * 200, 7, Text("when")]), _values, max_size=4
)

RULES = st.sampled_from(
    [
        Rules(),
        Rules(nulls="reject"),
        Rules(types="exact"),
        Rules(float_digits=1, max_properties=3),
        Rules(max_properties=1),
        Rules(detect=frozenset(PropertyType) - {PropertyType.INT, PropertyType.EMAIL}),
    ]
)
BOUNDS = st.sampled_from(
    [Bounds(), Bounds(examples=0, distinct=2), Bounds(examples=1, distinct=4), Bounds(properties=3)]
)


@st.composite
def _events(draw: st.DrawFn) -> StreamEvent:
    source, line = draw(st.sampled_from(["a", "b"])), draw(st.integers(1, 9))
    name = draw(st.sampled_from(["order", "cart", "visit"]))
    return StreamEvent(source, line, name, draw(_properties | st.sampled_from([None, [], 1])))


streams = st.lists(_events(), max_size=8)


_KINDS: list[list[Any]] = [
    [1, 2, 3],
    [0.5, 1.5, 2.0],
    [1, 2.5],
    ["2026-11-23", "2026-11-24", "x"],
    ["a@b.co"],
    ["x", ""],
    [True, False],
]
_anything: st.SearchStrategy[Any] = st.sampled_from(
    [1, 2.0, 2.5, True, "x", "2026-11-23", "a@b.co", 2**53 + 1, 2**60, 2**70, 2**63 + 1, [], None, 1e300, "y" * 3000]
)


@st.composite
def one_conflict_streams(draw: st.DrawFn) -> list[StreamEvent]:
    """Draw events, each on its own line, in which mostly only one property has values of conflicting types."""
    kinds = {name: st.none() | st.sampled_from(draw(st.sampled_from(_KINDS))) for name in ("count", "when")}
    values = {"total": _anything, **kinds}
    shapes = st.fixed_dictionaries({}, optional=values)
    events = draw(st.lists(st.tuples(st.sampled_from(["order", "cart"]), shapes), max_size=12))
    return [StreamEvent("a", line, name, properties) for line, (name, properties) in enumerate(events, 1)]


def in_file_order(events: Iterable[StreamEvent]) -> list[StreamEvent]:
    """The events sorted by source and line, one for each line."""
    places = {(event.source, event.line): event for event in events}
    return [places[location] for location in sorted(places)]


def is_looked_at(event: StreamEvent, rules: Rules, bounds: Bounds) -> bool:
    """Whether the properties of the event are counted one by one."""
    most = max(rules.max_properties, bounds.properties)
    return isinstance(event.properties, dict) and len(event.properties) <= most


def profiled(events: Iterable[StreamEvent], rules: Rules, bounds: Bounds) -> EventProfile:
    profile = EventProfile(rules, bounds)
    for event in events:
        profile.add_event(event)
    return profile


def combined(parts: Sequence[EventProfile], rules: Rules, bounds: Bounds) -> EventProfile:
    whole = EventProfile(rules, bounds)
    for part in parts:
        whole = whole.combine(part)
    return whole


def values_of(events: Iterable[StreamEvent], name: str, property_: str) -> list[tuple[tuple[str, int], Any]]:
    """Each value of a property with its source and line, sorted by these."""
    found = [
        ((event.source, event.line), event.properties[property_])
        for event in events
        if event.name == name and isinstance(event.properties, dict) and property_ in event.properties
    ]
    return sorted(found, key=lambda item: item[0])


def kinds_of(value: Any, type_: PropertyType) -> tuple[ValueKind, ...]:
    """The kinds of one value of the type ``type_``, in the order of the kinds."""
    one = KindCounts()
    one.add([value], type_)
    return tuple(sorted(one.counts, key=list(ValueKind).index))
