import pickle
import re
from datetime import UTC, timedelta, timezone

import pytest

from eventschema import EventSchema
from eventschema.core.pythonvalues import TimeAdjustmentKind
from eventschema.export import TypedValueError, to_typed
from tests.export.schemas import ALL_TYPES, EVENTS, TYPED_EVENTS

AT = EventSchema("e", {"at": "dateTime"})


def test_moments_are_in_utc() -> None:
    for event, expected in zip(EVENTS, TYPED_EVENTS, strict=True):
        typed = to_typed(ALL_TYPES, event)
        assert typed.properties == expected
        moment = typed.properties.get("a_dateTime")
        assert moment is None or moment.tzinfo is UTC  # type: ignore[union-attr]  # a datetime


def test_what_gets_lost_is_reported() -> None:
    [adjustment] = to_typed(AT, {"at": "2026-03-05T09:30:00.1234567Z"}).adjustments
    assert adjustment.kind is TimeAdjustmentKind.DIGITS_CUT


def test_a_naive_datetime_is_of_the_zone_given() -> None:
    moment = to_typed(AT, {"at": "2026-03-05T09:30"}, timezone(timedelta(hours=2))).properties["at"]
    assert str(moment) == "2026-03-05 07:30:00+00:00"


@pytest.mark.parametrize(
    ("text", "message", "needs_zone"),
    [
        ("2026-03-05T09:30", "a dateTime with an offset (or naive=, the time zone of others), found none", True),
        ("0001-01-01T00:00+00:01", "a dateTime of the years 1 to 9999 in UTC, found another", False),
        ("9999-12-31T23:59-00:01", "a dateTime of the years 1 to 9999 in UTC, found another", False),
    ],
)
def test_what_is_no_moment_is_an_error_with_its_place(text: str, message: str, needs_zone: bool) -> None:
    with pytest.raises(TypedValueError, match=f"^{re.escape(f'Expected {message}, at /properties/at.')}$") as caught:
        to_typed(AT, {"at": text})
    assert caught.value.pointer == "/properties/at"
    with pytest.raises(TypedValueError, match=r", at /properties/at of event 7\.$") as caught:
        to_typed(AT, {"at": text}, event=7)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (str(copy), copy.event, copy.needs_zone) == (str(caught.value), 7, needs_zone)
