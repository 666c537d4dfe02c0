"""Which columns a DataFrame may have its events in, and the errors for others, before any job runs."""

from datetime import UTC, datetime
from typing import Any

import pytest

pytest.importorskip("pyspark", reason="needs the extra spark")

from eventschema import EventSchema, PropertyType
from eventschema.spark import EventColumns, check, infer, profile, to_typed
from eventschema.stream.envelopes import Envelope
from eventschema.stream.mapping import Mapping

SCHEMA = EventSchema("e", {"a": "int"})


def test_a_name_needs_properties() -> None:
    with pytest.raises(ValueError, match=r"^expected a column for the properties too, found one for the name only$"):
        EventColumns(name="name")
    with pytest.raises(ValueError, match=r"^expected a column for the name too, found one for the properties only$"):
        EventColumns(properties="properties")


@pytest.mark.spark
@pytest.mark.parametrize(
    ("schema", "columns", "error", "message"),
    [
        ("text string", EventColumns(), ValueError, "expected one column value, found 0 of that name among: text"),
        ("value int", EventColumns(), TypeError, "expected text or binary in the column value, found int"),
        ("value string, n double", EventColumns(position="n"), TypeError, "expected whole numbers in .*, found double"),
        ("n int, p array<int>", EventColumns(name="n", properties="p"), TypeError, "expected text in the column n"),
        (
            "n string, p array<int>",
            EventColumns(name="n", properties="p"),
            TypeError,
            "expected a struct, a map or text in the column p, found array<int>",
        ),
        (
            "n string, p map<int,int>",
            EventColumns(name="n", properties="p"),
            TypeError,
            "expected a map with text as keys in the column p, found map<int,int>",
        ),
        (
            "n string, p struct<a:array<map<date,int>>>",
            EventColumns(name="n", properties="p"),
            TypeError,
            "expected a map with text as keys in the column p, found map<date,int>",
        ),
        (
            "n string, p map<string,interval year>",
            EventColumns(name="n", properties="p"),
            TypeError,
            "expected no intervals of years and months in the column p, found interval year",
        ),
    ],
)
def test_columns_that_cannot_be_read(
    spark: Any, schema: str, columns: EventColumns, error: type[Exception], message: str
) -> None:
    df = spark.createDataFrame([], schema)
    for call in (profile, infer, lambda df, columns: check(df, SCHEMA, columns)):
        with pytest.raises(error, match=message):
            call(df, columns=columns)


@pytest.mark.spark
@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (["a", "b", "a"], "expected each field once in the column p, found a twice"),
        (["a", "b\0c"], r"expected fields without U\+0000 in their names in the column p, found one with it"),
    ],
)
def test_fields_that_cannot_be_read(spark: Any, fields: list[str], message: str) -> None:
    from pyspark.sql import types as T  # noqa: N812  (as everywhere where Spark is used)

    struct = T.StructType([T.StructField(name, T.LongType()) for name in fields])
    nested = T.StructType([T.StructField("n", T.StringType()), T.StructField("p", T.ArrayType(struct))])
    df = spark.createDataFrame([], T.StructType([*nested.fields[:1], T.StructField("p", nested)]))
    with pytest.raises(ValueError, match=f"^{message}$"):
        profile(df, EventColumns(name="n", properties="p"))


@pytest.mark.spark
def test_values_that_python_cannot_hold_are_errors_of_events(spark: Any) -> None:
    df = spark.sql("""
        SELECT 'e' AS n, struct(date'+12000-01-01' AS day, 1 AS a) AS p UNION ALL
        SELECT 'e', struct(date'2026-03-05', 2)
    """).coalesce(1)
    columns = EventColumns(name="n", properties="p")
    found = check(df, EventSchema("e", {"day": "date", "a": "int"}), columns).collect()
    assert [(row.ok, [error.actual for error in row.violations]) for row in found] == [
        (False, ["OutOfRange"]),
        (True, []),
    ]
    schemas, _ = infer(df, (), columns)
    assert schemas["e"].properties == {"day": PropertyType.DATE, "a": PropertyType.INT}
    assert profile(df, columns).count == 2


@pytest.mark.spark
def test_what_is_no_dataframe(spark: Any) -> None:
    df = spark.createDataFrame([], "value string")
    with pytest.raises(TypeError, match=r"^expected a DataFrame of Spark \(not of Spark Connect\), found list$"):
        profile([])
    with pytest.raises(TypeError, match=r"^expected columns \(EventColumns\), found str$"):
        profile(df, "value")  # type: ignore[arg-type]  # that is the mistake
    with pytest.raises(TypeError, match=r"^expected rules made with"):
        profile(df, rules={})  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^expected a schema \(EventSchema\), found dict$"):
        to_typed(df, {})  # type: ignore[arg-type]


@pytest.mark.spark
def test_keys_beside_columns(spark: Any) -> None:
    df = spark.createDataFrame([], "n string, p string")
    columns = EventColumns(name="n", properties="p")
    with pytest.raises(ValueError, match=r"^expected no keys in the envelope beside columns of names and properties"):
        profile(df, columns, envelope=Envelope(event_key="event"))
    assert profile(df, columns, envelope=Envelope(mapping=Mapping(names="snake_case"))).count == 0


@pytest.mark.spark
def test_names_of_columns_are_no_expressions(spark: Any) -> None:
    df = spark.createDataFrame([(7, '{"eventName":"e"}')], "`a.b` int, `c``d` string")
    found = check(df, SCHEMA, EventColumns(json="c`d", position="a.b")).collect()
    assert [(row.position, row.name, row.ok) for row in found] == [(7, "e", True)]


@pytest.mark.spark
def test_properties_of_every_kind_of_column(spark: Any) -> None:
    moment = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
    spark.conf.set("spark.sql.session.timeZone", "Asia/Tokyo")
    try:
        structs = spark.createDataFrame([("e", (1, None, moment))], "n string, p struct<a:int,b:string,c:timestamp>")
        maps = spark.createDataFrame([("e", {"a": "1", "b": None})], "n string, p map<string,string>")
        texts = spark.createDataFrame([("e", '{"a":1}'), ("e", "{"), ("e", None)], "n string, p string")
        columns = EventColumns(name="n", properties="p")
        [event] = profile(structs, columns).events.values()
        assert list(event.properties["a"].types) == [PropertyType.INT]
        moments = event.properties["c"].types[PropertyType.DATETIME].examples.values
        assert list(moments) == ["2026-03-05T09:30:00+00:00"]
        assert "b" not in event.properties
        [event] = profile(maps, columns).events.values()
        assert (list(event.properties["a"].types), event.properties["b"].nulls) == ([PropertyType.STRING], 1)
        found = profile(texts, columns)
        assert (found.count, found.events["e"].count, list(found.errors)) == (3, 2, ["malformed_request"])
    finally:
        spark.conf.unset("spark.sql.session.timeZone")


@pytest.mark.spark
def test_positions_that_are_made_are_those_of_the_rows(spark: Any) -> None:
    df = spark.range(5, numPartitions=1).selectExpr("""'{"eventName":"e"}' as value""")
    assert [row.position for row in check(df, SCHEMA).collect()] == [1, 2, 3, 4, 5]
    in_order = [row.position for row in check(df.repartition(2), SCHEMA).collect()]
    assert in_order == sorted(set(in_order))
