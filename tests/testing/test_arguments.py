"""Wrong arguments of the strategies raise at once, and the message says what to pass."""

from collections.abc import Callable
from typing import Any

import pytest

from eventschema import EventSchema, Rules
from eventschema.testing import (
    conflicting,
    conforming,
    dropping,
    event_names,
    events,
    near_misses,
    property_names,
    schemas,
    texts,
    track_requests,
    values,
)

ORDER = EventSchema("order", {"total": "float"})
RULES = "expected rules made with Rules(...), found dict"
SCHEMA = "expected a schema (EventSchema), found dict"


@pytest.mark.parametrize("strategy", [events, conforming, conflicting, dropping])
def test_a_schema_and_rules_are_needed(strategy: Callable[..., Any]) -> None:
    for arguments, message in (((ORDER, {}), RULES), (({"total": "float"}, Rules()), SCHEMA)):
        with pytest.raises(TypeError) as caught:
            strategy(*arguments)
        assert str(caught.value) == message


@pytest.mark.parametrize(
    ("strategy", "arguments"),
    [
        (property_names, ()),
        (event_names, ()),
        (schemas, ()),
        (track_requests, (None,)),
        (texts, ("date",)),
        (near_misses, ("date",)),
        (values, ("int",)),
    ],
)
def test_rules_are_needed(strategy: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError) as caught:
        strategy(*arguments, {})
    assert str(caught.value) == RULES


def test_requests_of_no_schema() -> None:
    with pytest.raises(TypeError) as caught:
        track_requests({"total": "float"})  # type: ignore[arg-type]  # that is the mistake
    assert str(caught.value) == SCHEMA


@pytest.mark.parametrize("strategy", [texts, near_misses, values])
def test_another_type(strategy: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match=r"^expected one of bool, .*, url, found 'number'$"):
        strategy("number")
