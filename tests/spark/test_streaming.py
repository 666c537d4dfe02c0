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

import eventschema.spark
from eventschema import Rules
from eventschema.spark import streaming, track_stream
from eventschema.store.sql import SQLStore
from tests.cli.loads import contents, left_by_one_load, mixed, rejected, request

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
    """The codes and the version of each rejected request, in the order of the stream."""
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


@pytest.mark.parametrize("size", [1000, 2**25])
def test_rows_are_ordered_by_position(
    spark: Any, url: str, tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However they are spread over files and partitions, and read by the driver."""
    monkeypatch.setattr(streaming, "_PARTITION_BYTES", size)
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


def test_odd_rows(spark: Any, url: str, tmp_path: Path) -> None:
    """Null, blank, not UTF-8, too long, in Windows' lines, and at positions that are null or not unique."""
    good = request(1).strip()
    rows = [
        (b"9", b"   "),
        (b"8", good.replace(b"ann", b"\xff")),
        (b"7", good + b"\r"),
        (b"7", good.replace(b"1", b'"x"', 1).replace(b" ", b"") + b" " * 1000),
        (b"6", None),
        (None, good),
    ]
    spark.createDataFrame(rows, "key binary, value binary").write.parquet(str(tmp_path / "in"))
    df = spark.readStream.schema("key binary, value binary").parquet(str(tmp_path / "in"))
    run(spark, df, url, tmp_path, position="key", rejected=tmp_path / "refused", max_line_bytes=500)
    with closing(SQLStore(url)) as store:
        assert [event.properties["total"] for event in store.events()] == [1, 1]
    found = [each for path in (tmp_path / "refused").iterdir() for each in rejected(path)]
    assert [(each.line, each.length, each.errors[0]["actual"][:20]) for each in found] == [
        (2, 0, "null"),
        (3, 1086, "1086 bytes, 586 more"),
        (5, 89, "bytes that are not U"),
    ]


def test_large_types_of_arrow(spark: Any, url: str, tmp_path: Path) -> None:
    write_files(tmp_path / "in", request(1) + request("x"), 1)
    df = spark.readStream.text(str(tmp_path / "in"))
    spark.conf.set("spark.sql.execution.arrow.useLargeVarTypes", "true")
    try:
        run(spark, df, url, tmp_path)
    finally:
        spark.conf.unset("spark.sql.execution.arrow.useLargeVarTypes")
    with closing(SQLStore(url)) as store:
        assert [event.properties["total"] for event in store.events()] == [1]


def test_what_fails_ends_the_query_and_is_repeated(spark: Any, url: str, tmp_path: Path) -> None:
    from pyspark.errors import StreamingQueryException

    write_files(tmp_path / "in", request(1) + request("x") + request(2), 1)
    df = spark.readStream.text(str(tmp_path / "in"))
    given: list[Any] = []

    def failing(refused: Any) -> None:
        given.extend(refused)
        if len(given) == 1:
            raise OSError("no space left")

    with pytest.raises(StreamingQueryException, match="no space left"):
        run(spark, df, url, tmp_path, rejected=failing)
    run(spark, df, url, tmp_path, rejected=failing)
    assert given[0].id == given[1].id
    with closing(SQLStore(url)) as store:
        assert sorted(event.properties["total"] for event in store.events()) == [1, 2]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"column": "text"}, ValueError, "expected one column text, found 0 of that name among: timestamp, value"),
        ({"column": "timestamp"}, TypeError, "expected text or binary in the column timestamp, found timestamp"),
        ({"column": 1}, ValueError, "expected one column 1, found 0"),
        ({}, TypeError, "expected text or binary in the column value, found bigint"),
        ({"column": "text of it"}, ValueError, "expected position, the columns to order the rows by, since they are"),
        ({"column": "text of it", "position": ["value", "no"]}, ValueError, "expected one column no, found 0"),
        ({"column": "text of it", "position": "list"}, TypeError, "expected numbers, texts, .* in the column list"),
        ({"column": "text of it", "position": "value", "rejected": 1}, TypeError, "expected a folder for rejected"),
        (
            {"column": "text of it", "position": "value", "batch_size": 0},
            ValueError,
            "expected batch_size of at least 1",
        ),
        ({"column": "text of it", "position": "value", "max_line_bytes": 0}, ValueError, "expected max_line_bytes of"),
        ({"column": "text of it", "position": "value", "timeout": 0}, ValueError, "expected timeout above 0"),
        ({"column": "text of it", "position": "value", "who": "a\n"}, ValueError, "expected who as text without"),
        ({"column": "text of it", "position": "value", "rules": {}}, TypeError, "expected rules made with Rules"),
        (
            {"column": "text of it", "position": "value", "max_event_names": -1},
            ValueError,
            "expected max_event_names of",
        ),
    ],
)
def test_wrong_arguments(
    spark: Any, url: str, tmp_path: Path, options: Any, error: type[Exception], message: str
) -> None:
    rate = spark.readStream.format("rate").load()
    df = rate.withColumn("text of it", rate.value.cast("string")).selectExpr("*", "array(value) as list")
    with pytest.raises(error, match=f"^{message}"):
        track_stream(df, url, str(tmp_path / "checkpoint"), **options)


def test_other_frames(spark: Any, url: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^expected a streaming DataFrame, as of spark.readStream, found"):
        track_stream(spark.range(1), url, str(tmp_path / "checkpoint"))
    with pytest.raises(TypeError, match=r"^expected a streaming DataFrame of Spark .*, found list$"):
        track_stream([], url, str(tmp_path / "checkpoint"))


def test_the_example_of_the_guide(spark: Any, url: str, tmp_path: Path) -> None:
    """With other paths, another database, and an end."""
    write_files(tmp_path / "requests", REQUESTS, 1)
    blocks = re.findall(r"```python\n(.*?)```", str(eventschema.spark.__doc__), re.DOTALL)
    [example] = [block for block in blocks if "track_stream" in block]
    changed = re.sub('"(requests|checkpoint|refused)"', rf'"{tmp_path}/\1"', example)
    changed = changed.replace("postgresql://localhost/events", url).replace('refused")', 'refused", trigger=NOW)')
    exec(changed, {"spark": spark, "track_stream": track_stream, "NOW": NOW})
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
