"""Typed columns have the values that Parquet files and Arrow tables have."""

import json
from datetime import UTC, timedelta, timezone
from typing import Any

import pytest

pytest.importorskip("pyspark", reason="needs the extra spark")

import pyarrow as pa
from pyspark.errors import PythonException

from eventschema import EventSchema, Rules
from eventschema.export import to_arrow, to_arrow_table
from eventschema.export.arrow import TYPES as ARROW_TYPES
from eventschema.spark import EventColumns, to_typed
from eventschema.spark.typedcolumns import TYPES
from tests.export.schemas import ALL_TYPES, EVENTS

COLUMNS = EventColumns(json="text", position="n")


def test_there_is_a_type_of_spark_for_each_type_of_arrow() -> None:
    assert set(TYPES) == {row.type for row in ARROW_TYPES.values()}


def texts(spark: Any, events: list[dict[str, Any]], name: str = ALL_TYPES.name) -> Any:
    rows = [(n, json.dumps({"eventName": name, "properties": event})) for n, event in enumerate(events, 1)]
    return spark.createDataFrame(rows, "n int, text string")


@pytest.mark.spark
def test_the_columns_are_those_of_arrow(spark: Any) -> None:
    typed = to_typed(texts(spark, EVENTS), ALL_TYPES, COLUMNS)
    found = typed.toArrow().sort_by("position")
    stored = [ALL_TYPES.merge(event).properties for event in EVENTS]
    expected = to_arrow_table(stored, ALL_TYPES).read_all()
    assert found.column("position").to_pylist() == [1, 2, 3, 4]
    for field in to_arrow(ALL_TYPES):
        assert found.column(field.name).cast(field.type).to_pylist() == expected.column(field.name).to_pylist()
    comments = {field.name: field.metadata.get("comment") for field in typed.schema.fields}
    assert comments["a_bool"] == "Property a_bool of type bool."


@pytest.mark.spark
def test_only_accepted_events_of_its_name_are_there(spark: Any) -> None:
    schema = EventSchema("e", {"a": "int"})
    events: list[dict[str, Any]] = [{"a": 1}, {"a": "x"}, {"b": 1}, {"a": 2.0, "b": 1}, {"a": None}]
    df = texts(spark, events, "e").union(texts(spark, [{"a": 7}], "f"))
    assert [tuple(row) for row in to_typed(df, schema, COLUMNS).collect()] == [(1, 1), (5, None)]
    dropping = to_typed(df, schema, COLUMNS, rules=Rules(invalid="drop"), position="n")
    assert dropping.columns == ["n", "a"]
    assert [tuple(row) for row in dropping.collect()] == [(1, 1), (2, None), (3, None), (4, 2), (5, None)]


@pytest.mark.spark
def test_datetimes_without_an_offset(spark: Any) -> None:
    schema = EventSchema("e", {"at": "dateTime"})
    df = texts(spark, [{"at": "2026-03-05T09:30Z"}, {"at": "2026-03-05T09:30"}], "e")
    with pytest.raises(PythonException, match=r"TypedValueError: Expected a dateTime with an offset .* of event 2\."):
        to_typed(df, schema, COLUMNS).collect()
    found = to_typed(df, schema, COLUMNS, naive=timezone(timedelta(hours=2))).toArrow().column("at")
    assert [str(moment.astimezone(UTC)) for moment in found.to_pylist()] == [
        "2026-03-05 09:30:00+00:00",
        "2026-03-05 07:30:00+00:00",
    ]
    as_sent = to_typed(df, schema, COLUMNS, datetimes="text").toArrow().column("at")
    assert (as_sent.type, as_sent.to_pylist()) == (pa.string(), ["2026-03-05T09:30Z", "2026-03-05T09:30"])


@pytest.mark.spark
def test_names_that_spark_takes_for_the_same(spark: Any) -> None:
    df = texts(spark, [])
    message = "^expected columns of different names, found position and Position; position= names the column"
    with pytest.raises(ValueError, match=message):
        to_typed(df, EventSchema("e", {"Position": "int"}), COLUMNS)
    both = EventSchema("e", {"total": "int", "Total": "int"})
    with pytest.raises(ValueError, match=r"^expected columns of different names, found total and Total$"):
        to_typed(df, both, COLUMNS)
    spark.conf.set("spark.sql.caseSensitive", "true")
    try:
        assert to_typed(df, both, COLUMNS).columns == ["position", "total", "Total"]
    finally:
        spark.conf.unset("spark.sql.caseSensitive")


@pytest.mark.spark
def test_another_word_for_datetimes(spark: Any) -> None:
    with pytest.raises(ValueError, match=r"^datetimes: expected utc or text, found another value$"):
        to_typed(texts(spark, []), ALL_TYPES, COLUMNS, datetimes="local")  # type: ignore[arg-type]
