"""A driver on a cluster that starts copies of slow tasks: ``python -m tests.spark.speculating MASTER FOLDER``.

The first attempt at a second partition is slow: it waits for its copy. The folder gets a file for each attempt, named
by stage and attempt, and the results as ``results.json``.
"""

import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from pyspark import TaskContext
from pyspark.sql import SparkSession

from eventschema.spark import infer, profile
from tests.spark.streams import COLUMNS, collected, documents, frame, generated

STREAM = generated(11, 2, 40)
OPTIONS: dict[str, str | int | bool] = {
    "spark.speculation": True,
    "spark.speculation.interval": "50ms",
    "spark.speculation.minTaskRuntime": "200ms",
    "spark.speculation.multiplier": "1.1",
    "spark.speculation.quantile": "0.5",
    "spark.ui.enabled": False,
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "600m",
    "spark.executor.memory": "500m",
    "spark.executorEnv.PYTHONPATH": os.getcwd(),
    "spark.sql.shuffle.partitions": 2,
}
_SECONDS = 60


def straggle(batches: Iterable[Any], folder: Path) -> Iterator[Any]:
    """The rows as they are, of a slow first attempt once its copy has begun."""
    context = TaskContext.get()
    if context is not None and context.partitionId() == 1:
        stage, attempt = context.stageId(), context.attemptNumber()
        (folder / f"{stage}-{attempt}").touch()
        until = time.monotonic() + _SECONDS
        while attempt == 0 and not (folder / f"{stage}-1").exists() and time.monotonic() < until:
            time.sleep(0.02)
    yield from batches


def main(master: str, folder: Path) -> None:
    builder: Any = SparkSession.builder.master(master)
    for name, value in OPTIONS.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    df = frame(spark, STREAM, 2)
    slow = df.mapInArrow(partial(straggle, folder=folder), df.schema)
    inferred = infer(slow, (), COLUMNS)
    results = {
        "profile": profile(slow, COLUMNS).to_dict(),
        "schemas": documents(inferred.schemas),
        "verdicts": collected(inferred.verdicts),
    }
    (folder / "results.json").write_text(json.dumps(results))
    spark.stop()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
