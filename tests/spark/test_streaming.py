"""A stream that is tracked leaves what one process leaves that loads the same file, also if its driver is killed."""

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest

pytest.importorskip("pyspark", reason="needs the extra spark")

from eventschema import Rules
from eventschema.spark import track_stream
from eventschema.store.sql import SQLStore
from tests.cli.loads import contents, left_by_one_load, mixed, rejected

ROOT = Path(__file__).parents[2]
NOW = {"availableNow": True}
REQUESTS = mixed(40)
IDS = set(re.findall(r'"eventID": "([^"]+)"', REQUESTS.decode()))

pytestmark = pytest.mark.spark


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'events.db'}"


def write_files(folder: Path, data: bytes, count: int) -> None:
    """Write the lines of ``data`` into so many files, the first lines into the one that is the oldest."""
    lines = data.splitlines(keepends=True)
    folder.mkdir(exist_ok=True)
    size = -(-len(lines) // count)
    for number in range(count):
        path = folder / f"{number}.ndjson"
        path.write_bytes(b"".join(lines[number * size : (number + 1) * size]))
        os.utime(path, (1_600_000_000 + number, 1_600_000_000 + number))


def refusals(folder: Path) -> list[tuple[list[str], int | None]]:
    """The codes and the version of each refused request, in the order of the stream."""
    found = [each for path in sorted(folder.glob("*")) for each in rejected(path)]
    return [([error["code"] for error in each.errors], each.schema_version) for each in found]


def given_ids(url: str) -> set[str | None]:
    """The ids of events that their requests have."""
    with closing(SQLStore(url)) as store:
        return {event.id for event in store.events()} & IDS


def alone(data: bytes, folder: Path) -> tuple[Any, Any]:
    stored, refused = left_by_one_load(data, folder, Rules())
    return stored, [(codes, version) for _, codes, version in refused]


def run(spark: Any, df: Any, url: str, folder: Path, **options: Any) -> None:
    query = track_stream(df, url, str(folder / "checkpoint"), trigger=NOW, **options)
    query.awaitTermination()


@pytest.mark.parametrize("files", [1, 4])
def test_files_are_tracked_as_one_process_loads_them(spark: Any, url: str, tmp_path: Path, files: int) -> None:
    """In one micro-batch, or in several: in those after the first the workers have schemas."""
    write_files(tmp_path / "in", REQUESTS, files)
    df = spark.readStream.option("lineSep", "\n").option("maxFilesPerTrigger", 1).text(str(tmp_path / "in"))
    run(spark, df, url, tmp_path, rejected=tmp_path / "refused", batch_size=7)
    assert (contents(url), refusals(tmp_path / "refused")) == alone(REQUESTS, tmp_path / "alone")


def test_rows_are_ordered_by_position(spark: Any, url: str, tmp_path: Path) -> None:
    """However they are spread over files and partitions."""
    lines = [line for line in REQUESTS.splitlines() if line]
    rows = [{"shard": number // 20, "offset": number % 20, "body": line.decode()} for number, line in enumerate(lines)]
    Random(7).shuffle(rows)
    (tmp_path / "in").mkdir()
    for number in range(3):
        text = "".join(json.dumps(row) + "\n" for row in rows[number::3])
        (tmp_path / "in" / f"{number}.json").write_text(text)
    df = spark.readStream.schema("shard int, offset bigint, body string").json(str(tmp_path / "in")).repartition(5)
    df = df.withColumn("body", df.body.cast("binary"))
    run(spark, df, url, tmp_path, column="body", position=["shard", "offset"], rejected=tmp_path / "refused")
    assert (contents(url), refusals(tmp_path / "refused")) == alone(REQUESTS, tmp_path / "alone")


def drive(url: str, folder: Path, *arguments: str) -> int:
    """Run a driver as a group of processes of its own; returns its exit code."""
    command = [sys.executable, "-m", "tests.spark.driver", url, str(folder), *arguments]
    done = subprocess.Popen(command, cwd=ROOT, start_new_session=True, stderr=subprocess.DEVNULL)
    return done.wait(300)


@pytest.mark.parametrize(
    ("database_url", "place", "number"),
    [("sqlite", "before", "3"), ("postgres", "batch", "0")],
    indirect=["database_url"],
)
def test_a_killed_driver_goes_on(database_url: str, tmp_path: Path, place: str, number: str) -> None:
    write_files(tmp_path / "in", REQUESTS, 2)
    assert drive(database_url, tmp_path, place, number) == -signal.SIGKILL
    with closing(SQLStore(database_url)) as store:
        assert 0 < len(list(store.events())) < REQUESTS.count(b"eventName")
    assert drive(database_url, tmp_path) == 0
    assert (contents(database_url), refusals(tmp_path / "refused")) == alone(REQUESTS, tmp_path / "alone")
    assert given_ids(database_url) == given_ids(f"sqlite:///{tmp_path}/alone/events.db") != set()
