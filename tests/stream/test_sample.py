"""The sample: what a replay of real events comes to, as the documentation tells it."""

from collections import Counter
from pathlib import Path

import pytest

from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.stream.reading import read_events
from eventschema.stream.replay import ReplayResult, replay

SAMPLE = Path(__file__).parents[2] / "benchmarks" / "data" / "earthquakes.ndjson"
EVENTS = 1707
WITHOUT_INT = Rules(detect=frozenset(PropertyType) - {PropertyType.INT})


def replayed(floats: tuple[str, ...] = (), rules: Rules = Rules()) -> ReplayResult:  # noqa: B008 (it is immutable)
    declared = {"earthquake": EventSchema("earthquake", dict.fromkeys(floats, "float"))} if floats else {}
    return replay(read_events(SAMPLE), declared, rules)


def conflicts(result: ReplayResult) -> Counter[str]:
    assert {error.code for rejection in result.rejections for error in rejection.errors} <= {"type_conflict"}
    return Counter(error.pointer for rejection in result.rejections for error in rejection.errors)


def test_as_it_is_most_events_are_refused() -> None:
    result = replayed()
    assert len(result.rejections) == 1662
    assert EVENTS - len(result.rejections) == 45
    assert conflicts(result) == {"/properties/mag": 1638, "/properties/gap": 258, "/properties/mmi": 6}
    assert result.rejections[0].line == 2
    types = result.schemas["earthquake"].properties
    assert (types["mag"], types["gap"], types["time"], types["url"], len(types)) == ("int", "int", "int", "url", 26)


@pytest.mark.parametrize(
    ("floats", "left"),
    [
        (("mag",), {"/properties/gap": 258, "/properties/cdi": 92}),
        (("mag", "gap"), {"/properties/cdi": 92}),
        (("mag", "gap", "cdi"), {}),
    ],
)
def test_declaring_floats_mends_it(floats: tuple[str, ...], left: dict[str, int]) -> None:
    assert conflicts(replayed(floats)) == left


def test_how_many_events_that_is() -> None:
    accepted = [
        EVENTS - len(replayed(floats).rejections) for floats in (("mag",), ("mag", "gap"), ("mag", "gap", "cdi"))
    ]
    assert accepted == [1363, 1615, 1707]


def test_detection_without_int_mends_it_too() -> None:
    result = replayed(rules=WITHOUT_INT)
    assert result.rejections == ()
    assert PropertyType.INT not in result.schemas["earthquake"].properties.values()
