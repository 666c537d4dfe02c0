"""Without enough memory or stack, the caller gets that error, never the answer that a valid value is wrong."""

import datetime
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import pytest

from eventschema import EventSchema, MergeResult, PropertyType, TrackRequest, classify
from eventschema.core import schema as schema_module
from eventschema.core.acceleration import Accept
from eventschema.core.events import read_event
from eventschema.core.rules import DEFAULT_RULES
from eventschema.core.values import conform
from tests.hostile_values import Level
from tests.support import ACCEPTS, within_frames

GOOD: dict[str, Any] = {
    "fraction": Fraction(1, 3),
    "decimal": Decimal("1.25"),
    "level": Level.HIGH,
    "date": datetime.date(2026, 11, 26),
    "at": datetime.datetime(2026, 11, 26, 8, 50),
    "text": "caf\u00e9",
    "email": "ann@b\u00fccher.example",
    "url": "https://b\u00fccher.example/a",
}
UNTIL = 150  # frames, more than any of these takes


def answers(call: Callable[[], object]) -> list[object]:
    """The answers that ``call`` gives with more and more frames left, from the first one."""
    call()  # imports what it needs
    found: list[object] = []
    for frames in range(2, UNTIL):
        try:
            found.append(within_frames(frames, call))
        except RecursionError:
            assert not found
    assert found
    return found


@pytest.mark.parametrize("name", GOOD)
def test_a_value_never_has_another_type_near_the_limit(name: str) -> None:
    assert set(answers(lambda: classify(GOOD[name]))) == {classify(GOOD[name])}


def test_a_whole_number_is_an_int_near_the_limit() -> None:
    found = answers(lambda: conform(Fraction(4, 2), PropertyType.INT, DEFAULT_RULES, ""))
    assert {str(one) for one in found} == {str(found[-1])}
    assert "FLOAT_TO_INT" in str(found[-1])


@pytest.mark.parametrize("accept", ACCEPTS)
def test_an_event_is_never_refused_near_the_limit(accept: Accept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema_module, "accept", accept)
    schema = EventSchema("e").merge(GOOD).schema
    for event in (GOOD, MappingProxyType(GOOD)):
        found = answers(lambda event=event: schema.merge(event))  # type: ignore[misc]  # mypy cannot infer it
        assert all(isinstance(one, MergeResult) and one.ok for one in found)


def test_a_request_is_never_refused_near_the_limit() -> None:
    contact = MappingProxyType({"email": "ann@b\u00fccher.example", "tags": ["x"]})
    given = MappingProxyType({"eventName": "e", "contact": contact, "properties": MappingProxyType(GOOD)})
    for one in answers(lambda: TrackRequest.parse(given).errors):
        assert one == ()


class Exhausting(Mapping[str, int]):
    """A mapping whose methods raise as if there were no memory or stack left."""

    def __init__(self, error: type[Exception]) -> None:
        self.error = error

    def __getitem__(self, name: str) -> int:
        raise self.error

    def __iter__(self) -> Iterator[str]:
        return iter(("eventName", "a"))

    def __len__(self) -> int:
        return 2


@pytest.mark.parametrize("error", [MemoryError, RecursionError])
def test_both_errors_are_let_through_whoever_raises(error: type[Exception]) -> None:
    def isoformat(*_: object) -> str:
        raise error

    date = type("Date", (datetime.date,), {"isoformat": isoformat})(2026, 11, 26)
    equal = type("Equal", (Fraction,), {"__eq__": isoformat, "__hash__": Fraction.__hash__})(2)
    calls: tuple[Callable[[], object], ...] = (
        lambda: classify(date),
        lambda: EventSchema("e").merge({"p": date}),
        lambda: EventSchema("e", {"p": "int"}).merge({"p": equal}),
        lambda: read_event(Exhausting(error), DEFAULT_RULES),
        lambda: TrackRequest.parse(Exhausting(error)),
        lambda: TrackRequest.parse({"eventName": "e", "contact": {"id": "c"}, "properties": {"p": date}}).decide(
            None, ()
        ),
    )
    for call in calls:
        with pytest.raises(error):
            call()
