"""``track_stream``: track the requests of a stream of Spark into a store."""

import os
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from pyspark.errors import AnalysisException
from pyspark.sql import functions as F  # noqa: N812  (as everywhere where Spark is used)
from pyspark.sql import types as T  # noqa: N812  (as everywhere where Spark is used)
from pyspark.sql.classic.dataframe import DataFrame
from pyspark.sql.streaming.query import StreamingQuery

from eventschema.core.arguments import check_kind
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.schema import EventSchema
from eventschema.spark.columns import column_of
from eventschema.spark.deadletters import DeadLetters, OnRejected, dead_letters
from eventschema.spark.microbatch import MicroBatch
from eventschema.spark.requests import RequestRow, WorkerTask, refuse_batches
from eventschema.spark.session import use_this_python
from eventschema.store.arguments import check_count, check_seconds, read_who
from eventschema.store.registry import SchemaRegistry
from eventschema.store.sql import SQLStore
from eventschema.store.tracking_many import MAX_BATCH
from eventschema.stream.reading.files import MAX_LINE_BYTES

_TIMEOUT: Final = 60.0  # seconds of a call of the store, as that of ``eventschema load``
_MAX_NAMES: Final = 1000  # event names whose schemas the workers are given
_PARTITION_ROWS: Final = 50_000  # that the driver reads at once
_PARTITION_BYTES: Final = 2**25
_KEY: Final = "key_"  # the columns that rows are ordered by: key_0, key_1, ...
_LINE: Final = f"{_KEY}line"  # the last of these, where rows are lines of files
_TEXT: Final = "text"
_WITH_ORDER: Final = (T.NumericType, T.StringType, T.BinaryType, T.DateType, T.TimestampType, T.TimestampNTZType)
#: What :func:`refuse_batches` returns in place of the text.
_COLUMNS: Final = (
    T.StructField("request", T.BinaryType()),
    T.StructField("length", T.LongType()),
    T.StructField("errors", T.BinaryType()),
    T.StructField("event", T.StringType()),
    T.StructField("version", T.IntegerType()),
)
_OF_FILES: Final = ("_metadata.file_path", "_metadata.file_block_start")


def track_stream(  # noqa: PLR0913  (most by name)
    df: DataFrame,
    store_url: str,
    checkpoint: str,
    *,
    column: str = "value",
    position: str | Sequence[str] | None = None,
    rules: Rules = DEFAULT_RULES,
    rejected: str | os.PathLike[str] | OnRejected | None = None,
    who: str = "spark",
    batch_size: int = MAX_BATCH,
    max_line_bytes: int = MAX_LINE_BYTES,
    timeout: float = _TIMEOUT,
    max_event_names: int | None = None,
    declared_only: bool = False,
    trigger: Mapping[str, Any] | None = None,
) -> StreamingQuery:
    """Track the requests of the streaming DataFrame ``df`` into the ``SQLStore`` at ``store_url``; returns the query.

    - ``checkpoint``: the folder of Spark's checkpoint, as in ``option("checkpointLocation", ...)``.
    - ``column``: has a request in each row, as JSON text or its bytes. Blank ones are skipped, null is refused.
    - ``position``: the columns that the rows of a micro-batch are ordered by. Without it, ``df`` must be that of a
      source of files, and the order is that of their paths and lines.
    - ``rejected``: where rejected requests go: a folder, in which each part of a micro-batch has a file, or a function
      that is given a list of ``RejectedRequest``. Both happen before the part is saved. If it is saved again, they have
      the same ids.
    - ``who``: the name in the histories of schemas.
    - ``batch_size``: how many rows are saved in one transaction.
    - ``max_line_bytes``: a longer text is refused.
    - ``timeout``: the seconds that a call of the store may take.
    - ``max_event_names``, ``declared_only``: as in a ``SchemaRegistry``.
    - ``trigger``: the arguments of Spark's ``trigger``, such as ``{"availableNow": True}``.

    A row that was saved is not saved again, whenever the driver ends and is started again with the same ``checkpoint``:
    see the guide, ``eventschema.spark``. The query fails with a ``StoreUnavailableError`` if the store does not answer,
    and with a ``StreamProgressError`` if store and checkpoint do not fit together.

    Raises ``TypeError`` for arguments and columns of a wrong type, and ``ValueError`` for wrong values and columns that
    ``df`` does not have.
    """
    ordered = _ordered(df, column, position)
    registry = partial(SchemaRegistry, rules=rules, max_event_names=max_event_names, declared_only=declared_only)
    tracker = _Tracker(store_url, registry, dead_letters(rejected), who, batch_size, max_line_bytes, timeout)
    writer = ordered.writeStream.foreachBatch(tracker.track).option("checkpointLocation", checkpoint)
    if trigger is not None:
        writer = writer.trigger(**trigger)
    return writer.start()


def _ordered(df: DataFrame, column: str, position: str | Sequence[str] | None) -> DataFrame:
    """The columns to order the rows of ``df`` by, and the text of each in bytes."""
    check_kind(df, DataFrame, "a streaming DataFrame of Spark (not of Spark Connect)")
    if not df.isStreaming:
        raise ValueError("expected a streaming DataFrame, as of spark.readStream, found another one")
    use_this_python(df.sparkSession)
    text = column_of(df, column, (T.StringType, T.BinaryType), "text or binary").cast("binary").alias(_TEXT)
    if position is not None:
        names = (position,) if isinstance(position, str) else tuple(position)
        keys = [column_of(df, name, _WITH_ORDER, "numbers, texts, binary or times") for name in names]
        return df.select(*(key.alias(f"{_KEY}{number}") for number, key in enumerate(keys)), text)
    if not _has_file_metadata(df):
        raise ValueError("expected position, the columns to order the rows by, since they are not lines of files")
    path, block = map(F.col, _OF_FILES)
    line = F.lit(0).cast("bigint").alias(_LINE)  # until the rows of a micro-batch are numbered
    return df.select(path.alias(f"{_KEY}path"), block.alias(f"{_KEY}block"), line, text)


def _has_file_metadata(df: DataFrame) -> bool:
    try:
        df.select(*_OF_FILES).schema  # noqa: B018  # to have Spark look for the columns
    except AnalysisException:
        return False
    return True


@dataclass
class _Tracker:
    """Tracks micro-batches, one after the other. Has the names of the events that were tracked last."""

    url: str
    registry: Callable[[SQLStore], SchemaRegistry]
    dead_letters: DeadLetters
    who: str
    batch_size: int
    max_line_bytes: int
    timeout: float
    names: OrderedDict[str, None] = field(default_factory=OrderedDict)

    def __post_init__(self) -> None:
        read_who(self.who)
        check_count("batch_size", self.batch_size, "requests", 1)
        check_count("max_line_bytes", self.max_line_bytes, "bytes", 1)
        check_seconds("timeout", self.timeout)
        with closing(SQLStore(self.url, timeout=self.timeout)) as store:
            self.registry(store)
            self._note(schema.name for schema in store.schemas(limit=_MAX_NAMES))

    def track(self, df: DataFrame, number: int) -> None:
        """Track the requests of the micro-batch ``number``: what ``foreachBatch`` calls."""
        query = str(df.sparkSession.sparkContext.getLocalProperty("sql.streaming.queryId"))
        with closing(SQLStore(self.url, timeout=self.timeout)) as store:
            registry = self.registry(store)
            batch = MicroBatch(store, registry, self.dead_letters, query, number, self.who, self.batch_size)
            task = WorkerTask(self._schemas(store), registry.rules, self.max_line_bytes)
            decided = _refuse_early(df, task).persist()  # its rows are read several times, to sort them
            try:
                batch.save(_rows(_in_order(decided)))
            finally:
                decided.unpersist()
        self._note(sorted(batch.names))

    def _schemas(self, store: SQLStore) -> dict[str, EventSchema]:
        found = store.load_many(list(self.names)) if self.names else ()
        return {schema.name: schema for schema in found if schema is not None}

    def _note(self, names: Iterable[str]) -> None:
        for name in names:
            self.names[name] = None
            self.names.move_to_end(name)
        while len(self.names) > _MAX_NAMES:
            self.names.popitem(last=False)


def _refuse_early(df: DataFrame, task: WorkerTask) -> DataFrame:
    rows = _numbered_lines(df)
    columns = T.StructType([*rows.schema.fields[:-1], *_COLUMNS])
    return rows.mapInArrow(partial(refuse_batches, task=task), columns)


def _numbered_lines(df: DataFrame) -> DataFrame:
    """``df`` with a number in each row, if its rows are lines of files.

    The lines of a block of a file are in one partition, in order, and ``monotonically_increasing_id`` numbers them so.
    """
    if _LINE not in df.columns:
        return df
    return df.withColumn(_LINE, F.monotonically_increasing_id())


def _in_order(df: DataFrame) -> DataFrame:
    """``df`` sorted, in partitions of a size that the driver can hold, without the columns that it is sorted by.

    Rows with the same position are in the order of their texts: so a repetition of a micro-batch has the same order.
    """
    keys = [name for name in df.columns if name.startswith(_KEY)]
    order = [*keys, "request", "length"]
    rows, size = df.agg(F.count("*"), F.coalesce(F.sum("length"), F.lit(0))).first()
    partitions = 1 + max(rows // _PARTITION_ROWS, size // _PARTITION_BYTES)
    # Not as many as spark.sql.shuffle.partitions says: the driver reads one after the other, each with a job.
    ranges = df.coalesce(1) if partitions == 1 else df.repartitionByRange(partitions, *order)
    return ranges.sortWithinPartitions(*order).drop(*keys)


def _rows(df: DataFrame) -> Iterator[RequestRow]:
    """The rows of ``df``, read partition by partition, so that the driver has few of them at a time."""
    for request, length, errors, event, version in df.toLocalIterator(prefetchPartitions=True):
        yield RequestRow(_bytes(request), length, _bytes(errors), event, version)


def _bytes(value: bytearray | bytes | None) -> bytes | None:
    return None if value is None else bytes(value)
