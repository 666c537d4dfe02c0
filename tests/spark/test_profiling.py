"""The profile of a DataFrame is that of one process, to the byte."""

import json
import random
from functools import partial
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyspark", reason="needs the extra spark")

import pyarrow as pa

from eventschema import Rules
from eventschema.spark import EventColumns, profile
from eventschema.spark.profiling import FAN_IN, combine_rows, combined, count_rows
from eventschema.spark.rows import RowTask
from eventschema.stream.profile.counts import Bounds
from eventschema.stream.profile.files import profile_files
from eventschema.stream.profile.profile import EventProfile
from tests.spark.streams import COLUMNS, events, frame, generated, shuffled

SAMPLE = Path(__file__).parents[2] / "benchmarks" / "data" / "earthquakes.ndjson"
LINES = SAMPLE.read_text(encoding="utf-8").splitlines()


def document(found: EventProfile) -> str:
    return json.dumps(found.to_dict())


@pytest.fixture(scope="module")
def alone() -> str:
    return document(profile_files([str(SAMPLE)]).profile)


def parts_of(rows: list[tuple[int, str]], size: int) -> list[Any]:
    """The batches that the workers return, for so many rows a partition."""
    columns = [pa.schema([("position", pa.int64()), ("json", pa.string())])] * 1
    count = partial(count_rows, task=RowTask(str(SAMPLE)), bounds=Bounds())
    found = []
    for start in range(0, len(rows), size):
        part = [{"position": number, "json": text} for number, text in rows[start : start + size]]
        [batch] = count([pa.RecordBatch.from_pylist(part, columns[0])])
        found.append(batch)
    return found


def test_workers_combine_before_the_driver(alone: str) -> None:
    rows = list(enumerate(LINES, 1))
    random.Random(7).shuffle(rows)
    batches = [
        batch.set_column(0, "part", pa.array([part], pa.int64())) for part, batch in enumerate(parts_of(rows, 40))
    ]
    assert len(batches) > FAN_IN
    groups = list(combine_rows(batches, RowTask().rules, Bounds()))
    assert len(groups) == -(-len(batches) // FAN_IN)
    parts = [(row["part"], row["document"]) for group in groups for row in group.to_pylist()]
    assert document(combined(parts, RowTask().rules, Bounds())) == alone


@pytest.mark.spark
@pytest.mark.parametrize("partitions", [1, 7, FAN_IN + 1])
def test_the_profile_of_shuffled_rows(spark: Any, alone: str, partitions: int) -> None:
    rows = list(enumerate(LINES, 1))
    random.Random(7).shuffle(rows)
    df = spark.createDataFrame(rows, "line int, text string").repartition(partitions)
    assert document(profile(df, EventColumns(json="text", position="line"), source=str(SAMPLE))) == alone


@pytest.mark.spark
@pytest.mark.parametrize("partitions", [1, 2, 7])
@pytest.mark.parametrize("is_shuffled", [False, True])
def test_generated_streams(spark: Any, partitions: int, is_shuffled: bool) -> None:
    stream = generated(5, 6, 60)
    rules, bounds = Rules(max_properties=2, max_name_length=6), Bounds(distinct=5, examples=2)
    expected = EventProfile(rules, bounds)
    for event in events(stream, rules):
        expected.add_event(event)
    assert expected.is_complete
    rows = shuffled(stream, partitions) if is_shuffled else stream
    found = profile(frame(spark, rows, partitions), COLUMNS, rules=rules, bounds=bounds)
    assert document(found) == document(expected)


@pytest.mark.spark
def test_the_profile_of_a_file(spark: Any, alone: str) -> None:
    assert document(profile(spark.read.text(str(SAMPLE)), source=str(SAMPLE))) == alone
