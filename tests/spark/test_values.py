"""What workers make of values that Python cannot hold, or that are wrong: an error of their event alone."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

pa = pytest.importorskip("pyarrow", reason="needs the extra spark")

from eventschema import EventSchema
from eventschema.core.violations import MalformedRequest
from eventschema.spark.values import OutOfRange, python_objects, python_values

YEAR_12000 = 3_663_000  # days since 1970
MICROSECONDS = YEAR_12000 * 86_400 * 10**6


def not_utf8(*values: bytes) -> Any:
    return pa.array(values, pa.binary()).view(pa.string())


def maps(keys: Any, items: Any, offsets: list[int]) -> Any:
    return pa.MapArray.from_arrays(pa.array(offsets, pa.int32()), keys, items)


def objects(column: Any) -> list[Any]:
    return python_objects(column, "/properties")


def shown(value: Any) -> Any:
    """The value, with the class in place of each that Python cannot hold."""
    if isinstance(value, dict):
        return {name: shown(member) for name, member in value.items()}
    if isinstance(value, list):
        return list(map(shown, value))
    return OutOfRange if isinstance(value, OutOfRange) else value


def test_texts_that_are_not_utf8() -> None:
    assert python_values(not_utf8(b"good", b"a\xff")) == ["good", "a\udcff"]


def test_a_text_that_is_not_utf8_changes_no_other_row() -> None:
    found = objects(maps(pa.array(["a", "a"]), not_utf8(b"good", b"\xff"), [0, 1, 2]))
    assert found == [{"a": "good"}, {"a": "\udcff"}]


def test_keys_that_are_not_utf8() -> None:
    [found] = objects(maps(not_utf8(b"a", b"\xff"), pa.array([1, 2]), [0, 2]))
    assert found == {"a": 1, "\udcff": 2}
    [error] = EventSchema("e", {"a": "int"}).merge(found).errors
    assert (error.code, error.pointer) == ("invalid_name", "/properties/\\udcff")


@pytest.mark.parametrize(
    ("type_", "wrong", "good", "expected"),
    [
        (pa.date32(), YEAR_12000, 1, date(1970, 1, 2)),
        (pa.date32(), -YEAR_12000, 1, date(1970, 1, 2)),
        (pa.timestamp("us"), MICROSECONDS, 1, datetime(1970, 1, 1, 0, 0, 0, 1)),
        (pa.timestamp("us", "Asia/Tokyo"), -MICROSECONDS, 1, datetime(1970, 1, 1, 0, 0, 0, 1, UTC)),
    ],
)
def test_moments_beyond_those_of_python(type_: Any, wrong: int, good: int, expected: Any) -> None:
    integers = pa.int32() if type_ == pa.date32() else pa.int64()
    members = pa.array([wrong, good, None], integers).cast(type_)
    structs = pa.StructArray.from_arrays([members, pa.array([1, 2, 3])], ["at", "a"])
    found = objects(structs)
    assert shown(found) == [{"at": OutOfRange, "a": 1}, {"at": expected, "a": 2}, {"a": 3}]
    [error] = EventSchema("e", {"a": "int"}).merge(found[0]).errors
    assert error.message == "Expected a value of a supported type, found OutOfRange, at /properties/at."
    assert shown(objects(maps(pa.array(["a", "b", "c"]), members, [0, 3]))) == [
        {"a": OutOfRange, "b": expected, "c": None}
    ]
    nested = pa.StructArray.from_arrays([pa.ListArray.from_arrays(pa.array([0, 3], pa.int32()), members)], ["list"])
    assert shown(objects(nested)) == [{"list": [OutOfRange, expected, None]}]


def test_the_last_moments_of_python_in_another_time_zone() -> None:
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    column = pa.array(
        [{"at": last, "day": date.max}], pa.struct([("at", pa.timestamp("us", "Asia/Tokyo")), ("day", pa.date32())])
    )
    assert objects(column) == [{"at": last, "day": date.max}]
    beyond = pa.StructArray.from_arrays(
        [column.field(0), pa.array([YEAR_12000], pa.int32()).cast(pa.date32())], ["at", "day"]
    )
    assert shown(objects(beyond)) == [{"at": last, "day": OutOfRange}]


def test_a_key_that_is_repeated_refuses_its_event() -> None:
    keys, items = pa.array(["a", "b", "a", "a"]), pa.array([1, 2, 3, 4])
    found = objects(maps(keys, items, [0, 3, 4]))
    error = MalformedRequest("/properties", "each key once in an object", "a twice")
    assert found == [error, {"a": 4}]
    nested = pa.StructArray.from_arrays([maps(keys, items, [0, 3, 4]), pa.array([7, 8])], ["map", "a"])
    error = MalformedRequest("/properties/map", "each key once in an object", "a twice")
    assert objects(nested) == [error, {"map": {"a": 4}, "a": 8}]


def test_objects_beside_wrong_values_keep_what_they_are() -> None:
    """Read one by one, they are what they are when all are read at once."""
    type_ = pa.struct(
        [
            ("map", pa.map_(pa.string(), pa.list_(pa.struct([("x", pa.int64())])))),
            ("struct", pa.struct([("x", pa.string()), ("y", pa.timestamp("us", "Asia/Tokyo"))])),
            ("float", pa.float64()),
            ("bytes", pa.binary()),
            ("flag", pa.bool_()),
            ("large", pa.large_string()),
            ("day", pa.date32()),
        ]
    )
    moment = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
    rows = [
        {
            "map": [("k", [{"x": 1}, None]), ("n", None)],
            "struct": {"x": None, "y": moment},
            "float": 0.5,
            "bytes": b"\xff",
        },
        {"flag": True, "large": "é", "struct": None},
        None,
        {},
    ]
    good = pa.array(rows, type_)
    wrong = pa.StructArray.from_arrays(
        [*(pa.nulls(1, field.type) for field in list(type_)[:6]), pa.array([YEAR_12000], pa.int32()).cast(pa.date32())],
        fields=list(type_),
    )
    assert objects(good)[2] is None
    found = objects(pa.concat_arrays([good, wrong]))
    assert shown(found) == [*objects(good), {"day": OutOfRange}]
