"""The profile of a DataFrame: a worker counts each partition, and the profiles are combined.

Profiles combine in any order, so it does not matter how the rows are divided, nor whether a partition is counted again.
A profile travels as its document.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final

import msgspec
import pyarrow as pa
from pyspark import TaskContext
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812  (as everywhere where Spark is used)

from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.spark.columns import DEFAULT_COLUMNS, EventColumns, rows_of
from eventschema.spark.rows import RowTask, read_rows
from eventschema.stream.envelopes import DEFAULT_ENVELOPE, Envelope
from eventschema.stream.profile.counts import DEFAULT_BOUNDS, Bounds
from eventschema.stream.profile.parts import count_block
from eventschema.stream.profile.profile import EventProfile

#: How many documents one process combines. Of more partitions, workers combine so many at a time before the driver.
FAN_IN: Final = 32

_PART: Final = "part"
_DOCUMENT: Final = "document"
_COLUMNS: Final = f"{_PART} long, {_DOCUMENT} binary"
_ARROW: Final = pa.schema([(_PART, pa.int64()), (_DOCUMENT, pa.binary())])


def profile(
    df: DataFrame,
    columns: EventColumns = DEFAULT_COLUMNS,
    *,
    envelope: Envelope = DEFAULT_ENVELOPE,
    rules: Rules = DEFAULT_RULES,
    bounds: Bounds = DEFAULT_BOUNDS,
    source: str = "",
) -> EventProfile:
    """The profile of the events of ``df``, that of one process over the same events.

    Locations have ``source`` and the position of the row. Beyond a bound on names the profile is not complete, and then
    depends on how the rows are divided. Reads ``df`` once.

    Raises ``TypeError`` or ``ValueError`` for a column that is missing or of a wrong type; and what Spark raises for a
    position that is null or negative.
    """
    rows, task = rows_of(df, columns, envelope, rules, source)
    parts = rows.mapInArrow(partial(count_rows, task=task, bounds=bounds), _COLUMNS)
    number = parts.rdd.getNumPartitions()
    while number > FAN_IN:
        number = -(-number // FAN_IN)
        groups = parts.repartition(number, (F.col(_PART) / FAN_IN).cast("long"))
        parts = groups.mapInArrow(partial(combine_rows, rules=rules, bounds=bounds), _COLUMNS)
    return combined([(row[_PART], bytes(row[_DOCUMENT])) for row in parts.collect()], rules, bounds)


def count_rows(batches: Iterable[pa.RecordBatch], task: RowTask, bounds: Bounds) -> Iterator[pa.RecordBatch]:
    """In a worker: the document of the profile of the rows of one partition, with the number of the partition."""
    found = EventProfile(task.rules, bounds)
    for block in read_rows(batches, task):
        count_block(found, block, task.envelope, task.rules)
    context = TaskContext.get()
    yield _batch([(context.partitionId() if context else 0, found)])


def combine_rows(batches: Iterable[pa.RecordBatch], rules: Rules, bounds: Bounds) -> Iterator[pa.RecordBatch]:
    """In a worker: the document of the combined profiles of each group of parts, with the number of the group."""
    groups: dict[int, list[tuple[int, bytes]]] = {}
    for batch in batches:
        for part, document in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            groups.setdefault(part // FAN_IN, []).append((part, document))
    for group, parts in groups.items():
        yield _batch([(group, combined(parts, rules, bounds))])


def combined(parts: Iterable[tuple[int, bytes]], rules: Rules, bounds: Bounds) -> EventProfile:
    """The profile of all ``parts``, each its number and its document. They are combined in the order of the numbers."""
    whole = EventProfile(rules, bounds)
    for _, document in sorted(parts):
        whole.update(EventProfile.from_dict(msgspec.json.decode(document)))
    return whole


def _batch(parts: list[tuple[int, EventProfile]]) -> pa.RecordBatch:
    rows = [{_PART: part, _DOCUMENT: msgspec.json.encode(found.to_dict())} for part, found in parts]
    return pa.RecordBatch.from_pylist(rows, _ARROW)
