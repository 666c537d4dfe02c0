"""A task of Spark that fails runs again, and a slow one may run twice: neither changes an answer."""

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyspark", reason="needs the extra spark")

import pyarrow as pa

from eventschema import EventSchema, Rules
from eventschema.export import to_arrow
from eventschema.spark import infer, profile
from eventschema.spark.inferring import find_in_rows
from eventschema.spark.profiling import count_rows
from eventschema.spark.rows import RowTask
from eventschema.spark.typedcolumns import TypedTask, type_rows
from eventschema.spark.verdicts import check_rows, replay_rows
from eventschema.stream.envelopes import DEFAULT_ENVELOPE
from eventschema.stream.profile.counts import Bounds
from eventschema.stream.profile.profile import EventProfile
from eventschema.stream.replay import Replay
from eventschema.stream.replay.candidates import PieceTask
from eventschema.stream.replay.history import History
from tests.spark import speculating
from tests.spark.clusters import cluster
from tests.spark.streams import COLUMNS, collected, documents, events, frame, generated, plain, verdicts

ROOT = Path(__file__).parents[2]
STREAM = generated(9, 2, 40)
SCHEMA = EventSchema("s0", {"total": "float", "count": "int"})
TASK = RowTask()
PIECE = PieceTask(History({}), DEFAULT_ENVELOPE, DEFAULT_ENVELOPE, Rules())


@pytest.mark.parametrize(
    "work",
    [
        partial(count_rows, task=TASK, bounds=Bounds()),
        partial(check_rows, task=TASK, schemas={"s0": SCHEMA}, rules=Rules()),
        partial(find_in_rows, task=TASK, piece_task=PIECE),
        partial(find_in_rows, task=TASK, piece_task=PIECE._replace(most=10)),
        partial(replay_rows, task=TASK, history=History({"s0": SCHEMA})),
        partial(
            type_rows,
            task=TASK,
            typed_task=TypedTask(SCHEMA, Rules(new_properties="reject"), SCHEMA, to_arrow(SCHEMA), None),
        ),
    ],
    ids=["profile", "check", "piece", "first piece", "replay", "typed"],
)
def test_what_a_worker_does_twice_is_the_same(work: Any) -> None:
    stream = STREAM
    if work.func is replay_rows:  # whose events change no schema
        stream = [row for row in STREAM if '"s0"' in row.text and "late" not in row.text and '"note"' not in row.text]
        stream = [row for row in stream if '"when"' not in row.text]
    schema = pa.schema([("position", pa.int64()), ("json", pa.string())])
    rows = [{"position": position, "json": text} for position, text in stream]
    batches = [pa.RecordBatch.from_pylist(rows[start : start + 30], schema) for start in range(0, len(rows), 30)]
    once, again = list(work(batches)), list(work(batches))
    assert once
    assert [batch.to_pylist() for batch in once] == [batch.to_pylist() for batch in again]


def fail_at_first(batches: Any) -> Any:
    """Rows as they are, of a partition whose first attempt fails after its first batch."""
    from pyspark import TaskContext

    context = TaskContext.get()
    assert context is not None
    for batch in batches:
        yield batch
        if context.attemptNumber() == 0 and context.partitionId() == 1:
            raise OSError("the machine is gone")


@pytest.mark.spark
def test_a_task_that_fails_runs_again(spark: Any) -> None:
    df = frame(spark, STREAM, 2)
    failing = df.mapInArrow(fail_at_first, df.schema)
    assert profile(failing, COLUMNS) == profile(df, COLUMNS)
    replay = Replay()
    expected = plain(verdicts(events(STREAM, Rules()), replay))
    inferred = infer(failing, (), COLUMNS)
    assert documents(inferred.schemas) == documents(replay.schemas)
    assert collected(inferred.verdicts) == expected


@pytest.mark.spark
@pytest.mark.slow
@pytest.mark.usefixtures("spark")
@pytest.mark.skipif(sys.platform != "linux", reason="needs an address of its own for each worker")
def test_a_copy_of_a_slow_task_changes_nothing(tmp_path: Path) -> None:
    with cluster(tmp_path, workers=2) as url:
        command = [sys.executable, "-m", "tests.spark.speculating", url, str(tmp_path)]
        python = {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
        subprocess.run(command, cwd=ROOT, env=os.environ | python, check=True, stderr=subprocess.DEVNULL)
    attempts = sorted(path.name for path in tmp_path.glob("*-*"))
    assert [name for name in attempts if name.endswith("-1")] == [
        name.replace("-0", "-1") for name in attempts if name.endswith("-0")
    ]
    replay, whole = Replay(), EventProfile()
    found = events(speculating.STREAM, Rules())
    expected = plain(verdicts(found, replay))
    for event in found:
        whole.add_event(event)
    results = json.loads((tmp_path / "results.json").read_text())
    assert len(attempts) >= 2 * 3  # for the first candidate and a round, the verdicts, and the profile
    alone = {"profile": whole.to_dict(), "schemas": documents(replay.schemas), "verdicts": expected}
    assert json.dumps(results) == json.dumps(alone)
