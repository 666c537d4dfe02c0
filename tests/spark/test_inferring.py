"""The replay of a DataFrame is that of one process, to the byte, however its rows are divided and ordered."""

import json
from functools import partial
from typing import Any

import pytest

pytest.importorskip("pyspark", reason="needs the extra spark")

from pyspark.errors import PythonException

from eventschema import EventSchema, Rules, dumps_schemas
from eventschema.spark import EventColumns, infer
from eventschema.spark.inferring import Inferred, find_history, find_in_rows
from eventschema.spark.rows import RowTask
from eventschema.stream.envelopes import DEFAULT_ENVELOPE, Envelope
from eventschema.stream.replay import Replay
from eventschema.stream.replay.candidates import PieceChanges, PieceTask
from eventschema.stream.replay.history import History
from tests.spark.streams import COLUMNS, Row, collected, documents, events, frame, generated, plain, shuffled, verdicts

pytestmark = pytest.mark.spark

STREAM = generated(1, 8, 40)
RULES = [Rules(), Rules(max_schema_properties=3, invalid="drop"), Rules(max_schema_properties=2)]


def replayed(stream: list[Row]) -> Replay:
    replay = Replay()
    verdicts(events(stream, Rules()), replay)
    return replay


def check(inferred: Inferred, stream: list[Row], rules: Rules, schemas: dict[str, EventSchema] | None = None) -> None:
    """Assert that the result is that of one process."""
    replay = Replay(schemas or {}, rules)
    expected = verdicts(events(stream, rules), replay)
    assert documents(inferred.schemas) == documents(replay.schemas)
    assert dumps_schemas(inferred.schemas) == dumps_schemas(replay.schemas)
    assert collected(inferred.verdicts) == plain(expected)


@pytest.mark.parametrize("partitions", [1, 2, 7])
@pytest.mark.parametrize("rules", RULES, ids=["default", "drop", "bound"])
def test_shuffled_rows_are_replayed_in_order(spark: Any, partitions: int, rules: Rules) -> None:
    df = frame(spark, shuffled(STREAM, partitions), partitions)
    check(infer(df, (), COLUMNS, rules=rules), STREAM, rules)


@pytest.mark.parametrize("partitions", [1, 2, 7])
def test_sorted_rows_are_replayed_in_order(spark: Any, partitions: int) -> None:
    rules = Rules(max_properties=2, max_name_length=6)
    check(infer(frame(spark, STREAM, partitions), (), COLUMNS, rules=rules), STREAM, rules)


def test_rows_without_positions_are_replayed_as_they_stand(spark: Any, tmp_path: Any) -> None:
    path = tmp_path / "events.ndjson"
    path.write_text("".join(f"{text}\n" for _, text in STREAM))
    check(infer(spark.read.text(str(path))), STREAM, Rules())


def test_a_replay_starts_from_schemas(spark: Any) -> None:
    schemas = {"s1": EventSchema("s1", {"total": "float", "note": "string"})}
    df = frame(spark, shuffled(STREAM, 3), 2)
    check(infer(df, schemas, COLUMNS, partitions=5), STREAM, Rules(), schemas)


def test_no_rows(spark: Any) -> None:
    df = frame(spark, [], 1)
    schemas, found = infer(df, [], COLUMNS)
    assert (schemas, found.collect()) == ({}, [])


def test_the_first_events_make_the_first_candidate(spark: Any) -> None:
    df = frame(spark, STREAM, 1).repartitionByRange(3, "position").sortWithinPartitions("position")
    df = df.withColumnRenamed("text", "json")
    history, rounds = find_history(df, History({}), RowTask())
    assert documents(history.last()) == documents(replayed(STREAM).schemas)
    # The first of three pieces brings all names and all usual properties: so most is known before the first round.
    assert rounds < 3


def test_events_of_one_name_are_shared_among_tasks(spark: Any) -> None:
    stream = [Row(position, '{"eventName":"e","properties":{"a":1}}') for position in range(700)]
    df = frame(spark, shuffled(stream, 1), 2).repartitionByRange(7, "position").sortWithinPartitions("position")
    task = PieceTask(History({}), DEFAULT_ENVELOPE, DEFAULT_ENVELOPE, Rules())
    work = partial(find_in_rows, task=RowTask(), piece_task=task)
    pieces = df.withColumnRenamed("text", "json").mapInArrow(work, "piece binary").collect()
    counts = [json.loads(row.piece)[PieceChanges._fields.index("events")] for row in pieces]
    assert (len(counts), sum(counts)) == (7, 700)
    assert max(counts) < 200


def test_nothing_is_kept_by_the_workers(spark: Any) -> None:
    infer(frame(spark, STREAM[:5], 1), (), COLUMNS)
    assert spark.sparkContext._jsc.getPersistentRDDs().size() == 0


@pytest.mark.parametrize(
    ("partitions", "error", "message"),
    [
        (0, ValueError, "expected partitions of at least 1, found 0"),
        ("2", TypeError, "expected partitions as a number of partitions, found str"),
    ],
)
def test_wrong_numbers_of_partitions(spark: Any, partitions: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{message}$"):
        infer(frame(spark, STREAM[:1], 1), (), COLUMNS, partitions=partitions)


@pytest.mark.parametrize(
    ("stream", "message"),
    [
        ([Row(1, "{}"), Row(1, "{}")], "expected each position once, in order, found 1 twice"),
        ([Row(-1, "{}")], "expected positions of at least 0, found -1"),
        ([(None, "{}")], "expected a position in every row, found null"),
    ],
)
def test_positions_that_give_no_order(spark: Any, stream: Any, message: str) -> None:
    with pytest.raises(PythonException, match=message):
        infer(frame(spark, stream, 2), (), COLUMNS)


def test_names_and_properties_are_replayed_as_objects(spark: Any) -> None:
    structs = [(1, "e", (1.0, None)), (2, "e", (2.0, "x")), (3, None, None), (4, "e", None)]
    df = spark.createDataFrame(structs, "n int, name string, held struct<a:double,b:string>")
    inferred = infer(df, (), EventColumns(name="name", properties="held", position="n"))
    assert inferred.schemas == {"e": EventSchema("e").merge({"a": 1.0}).schema.merge({"b": "x"}).schema}
    assert [(row[0], row[1], row[2]) for row in collected(inferred.verdicts)] == [
        (1, "e", True),
        (2, "e", True),
        (3, None, False),
        (4, "e", True),
    ]


def test_any_envelope_is_read(spark: Any) -> None:
    texts = [Row(1, '{"event":"a","x":1}'), Row(2, '{"event":"a","x":"1"}')]
    envelope = Envelope(event_key="event", flat=True)
    inferred = infer(frame(spark, texts, 2), (), COLUMNS, envelope=envelope)
    assert inferred.schemas == {"a": EventSchema("a").merge({"x": 1}).schema}
    assert [(row[1], row[2]) for row in collected(inferred.verdicts)] == [("a", True), ("a", False)]
