"""One session of Spark for all of its tests, which are marked ``spark`` and skipped without the extra or Java 17."""

from collections.abc import Iterator
from typing import Any

import pytest

#: What keeps jobs of some rows quick and the memory small.
OPTIONS: dict[str, str | int | bool] = {
    "spark.master": "local[2,2]",  # a task that fails runs once more
    "spark.sql.shuffle.partitions": 2,
    "spark.default.parallelism": 2,
    "spark.ui.showConsoleProgress": False,
    "spark.sql.execution.pyspark.udf.faulthandler.enabled": True,
    "spark.python.worker.faulthandler.enabled": True,
}


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """The session, with two cores."""
    pytest.importorskip("pyspark", reason="needs the extra spark")
    from eventschema.spark import JavaError, local_session

    try:
        session = local_session(2, memory="600m", options=OPTIONS)
    except JavaError as error:
        pytest.skip(str(error))
    yield session
    session.stop()
