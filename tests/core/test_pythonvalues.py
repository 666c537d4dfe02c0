"""Values as Python's types: what each text becomes, what is reported, and that Python reads the same moment."""

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any

import pytest
from dateutil.parser import isoparse  # type: ignore[import-untyped]  # it ships no types
from hypothesis import given

from eventschema import EventSchema, PropertyType
from eventschema.core.pythonvalues import CONVERSIONS, TimeAdjustment, TimeAdjustmentKind
from eventschema.testing import texts

SCHEMA = EventSchema("order", {"a": "dateTime"} | {type_.value: type_ for type_ in PropertyType})
LEAP, CUT = TimeAdjustmentKind.LEAP_SECOND, TimeAdjustmentKind.DIGITS_CUT


def offset(hours: int, minutes: int = 0) -> timezone:
    return timezone(timedelta(hours=hours, minutes=minutes))


def test_the_table_is_total() -> None:
    assert set(CONVERSIONS) == set(PropertyType)


@pytest.mark.parametrize(
    ("text", "moment", "kind"),
    [
        ("2026-03-05T09:30", datetime(2026, 3, 5, 9, 30), None),
        ("2026-03-05t09:30:01z", datetime(2026, 3, 5, 9, 30, 1, tzinfo=UTC), None),
        ("2026-03-05T09:30:01,5", datetime(2026, 3, 5, 9, 30, 1, 500000), None),
        ("2026-03-05T09:30+01", datetime(2026, 3, 5, 9, 30, tzinfo=offset(1)), None),
        ("2026-03-05T09:30:00-0130", datetime(2026, 3, 5, 9, 30, tzinfo=offset(-1, -30)), None),
        ("2026-03-05T09:30:00.123456Z", datetime(2026, 3, 5, 9, 30, 0, 123456, UTC), None),
        ("2026-03-05T09:30:00.123456000Z", datetime(2026, 3, 5, 9, 30, 0, 123456, UTC), None),
        ("2026-03-05T09:30:00.1234567Z", datetime(2026, 3, 5, 9, 30, 0, 123456, UTC), CUT),
        ("2026-03-05T09:30:00,9999999999", datetime(2026, 3, 5, 9, 30, 0, 999999), CUT),
        ("2026-03-05T09:30:00.000000001", datetime(2026, 3, 5, 9, 30), CUT),
        ("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, 999999, UTC), LEAP),
        ("2017-01-01t00:59:60.123456789+01:00", datetime(2017, 1, 1, 0, 59, 59, 999999, offset(1)), LEAP),
        ("2016-12-31T23:59:60-0000", datetime(2016, 12, 31, 23, 59, 59, 999999, UTC), LEAP),
        ("0001-01-01T00:00+23:59", datetime(1, 1, 1, tzinfo=offset(23, 59)), None),
        ("9999-12-31T23:59:59.999999-23:59", datetime(9999, 12, 31, 23, 59, 59, 999999, offset(-23, -59)), None),
    ],
)
def test_a_datetime(text: str, moment: datetime, kind: TimeAdjustmentKind | None) -> None:
    found = SCHEMA.to_python({"a": text})
    assert found.properties == {"a": moment}
    assert found.properties["a"].utcoffset() == moment.utcoffset()  # type: ignore[union-attr]  # a datetime
    assert found.adjustments == (() if kind is None else (TimeAdjustment("a", kind, text, moment),))


@pytest.mark.parametrize("naive", [UTC, offset(-3)])
def test_a_naive_datetime_gets_the_zone_given(naive: tzinfo) -> None:
    properties = SCHEMA.to_python({"a": "2026-07-05T09:30", "dateTime": "2026-07-05T09:30Z"}, naive=naive).properties
    assert properties["a"] == datetime(2026, 7, 5, 9, 30, tzinfo=naive)
    assert properties["dateTime"] == datetime(2026, 7, 5, 9, 30, tzinfo=UTC)


def test_values_of_each_type_in_the_order_of_the_event() -> None:
    event = {
        "url": "https://a",
        "date": "2024-02-29",
        "email": "a@b.co",
        "string": "",
        "float": 1.0,
        "int": 1,
        "bool": True,
    }
    found = SCHEMA.to_python(event)
    assert found.properties == event | {"date": date(2024, 2, 29)}
    assert [type(value) for value in found.properties.values()] == [str, date, str, str, float, int, bool]
    assert (list(found.properties), found.adjustments) == (list(event), ())


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"b": 1}, "Expected a property of the schema, found one that it does not have, at /properties/b."),
        ({1: 1}, "Expected a property of the schema, found one that it does not have, at /properties/<int>."),
        ({"int": True}, "Expected a value of the type int, as merge returns it, found bool, at /properties/int."),
        ({"float": 1}, "Expected a value of the type float, as merge returns it, found int, at /properties/float."),
        ({"date": None}, "Expected a value of the type date, as merge returns it, found null, at /properties/date."),
        (
            {"date": "20260305"},
            "Expected text of the type date, as merge returns it, found another text, at /properties/date.",
        ),
        (
            {"a": "2026-03-05 09:30"},
            "Expected text of the type dateTime, as merge returns it, found another text, at /properties/a.",
        ),
    ],
)
def test_what_merge_does_not_return_is_an_error(properties: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        SCHEMA.to_python(properties)


@given(texts("date"))
def test_a_date_keeps_its_text(text: str) -> None:
    assert SCHEMA.to_python({"date": text}).properties["date"].isoformat() == text  # type: ignore[union-attr]  # a date


@given(texts("dateTime"))
def test_a_datetime_is_what_dateutil_reads(text: str) -> None:
    [moment], adjustments = (
        list(SCHEMA.to_python({"a": text}).properties.values()),
        SCHEMA.to_python({"a": text}).adjustments,
    )
    assert isinstance(moment, datetime)
    if any(adjustment.kind is LEAP for adjustment in adjustments):
        assert (moment.second, moment.microsecond) == (59, 999999)
        return
    expected = isoparse(re.sub(r"([.,]\d{6})\d+", r"\1", text.upper()))
    assert moment == expected
    assert moment.utcoffset() == expected.utcoffset()


def test_a_zone_that_is_none_is_an_error() -> None:
    with pytest.raises(TypeError, match=r"^expected a time zone such as datetime\.UTC for naive, found str$"):
        SCHEMA.to_python({}, naive="UTC")  # type: ignore[arg-type]
