"""The replay of a DataFrame in the order of its positions, by all workers at the same time.

A replay is sequential by nature, but few events change a schema. So the workers find these: each replays a piece, a
range of positions, with the schemas that a candidate of the history has there, and returns only the changes that its
events make. The driver makes the next candidate from them, until one is right: see
:mod:`eventschema.stream.replay.candidates`. With the history, each event has its verdict by itself.

An event name is not one task, and the driver never holds an event.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final, NamedTuple

import msgspec
import pyarrow as pa
from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812  (as everywhere where Spark is used)

from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.schema import EventSchema
from eventschema.export.remarks import Schemas
from eventschema.spark.checking import by_name
from eventschema.spark.columns import DEFAULT_COLUMNS, EventColumns, rows_of
from eventschema.spark.rows import POSITION, RowTask, read_rows
from eventschema.spark.verdicts import COLUMNS, replay_rows
from eventschema.store.arguments import check_count
from eventschema.stream.envelopes import DEFAULT_ENVELOPE, Envelope
from eventschema.stream.replay.candidates import Candidates, PieceChanges, PieceTask, find_changes
from eventschema.stream.replay.history import History

#: How many of the first events make the first candidate. Then the pieces return only what these did not have.
FIRST_EVENTS: Final = 10_000

_PIECE: Final = "piece"
_ARROW: Final = pa.schema([(_PIECE, pa.binary())])
_decode: Final = msgspec.json.Decoder(PieceChanges).decode


class Inferred(NamedTuple):
    """The result of :func:`infer`: the ``schemas`` by name, and the ``verdicts`` in the columns that ``check`` has."""

    schemas: dict[str, EventSchema]
    verdicts: DataFrame


def infer(
    df: DataFrame,
    schemas: Schemas = (),
    columns: EventColumns = DEFAULT_COLUMNS,
    *,
    envelope: Envelope = DEFAULT_ENVELOPE,
    rules: Rules = DEFAULT_RULES,
    partitions: int | None = None,
) -> Inferred:
    """Replay the events of ``df`` in the order of their positions, starting from ``schemas``.

    The schemas, with their versions, and the verdicts are those of ``eventschema.stream.replay``. The rows are sorted
    by position into so many ``partitions`` (``None``: as many as ``df`` has), and kept by the workers, on disk where
    memory is short, until this returns. Without a column of positions they stay as they are.

    ``verdicts`` reads ``df`` again when it is used. So without a column of positions, the rows of ``df`` must come in
    the same order each time, as those of files do.

    Raises ``TypeError`` or ``ValueError`` for a column that is missing or of a wrong type, ``ValueError`` for two
    schemas of the same name and for ``partitions`` below 1, and what Spark raises for a position that is null,
    negative, or given twice.
    """
    rows, task = rows_of(df, columns, envelope, rules, "")
    if partitions is not None:
        check_count("partitions", partitions, "partitions", 1)
    pieces = rows
    if columns.position is not None:
        number = max(rows.rdd.getNumPartitions(), 1) if partitions is None else partitions
        pieces = rows.repartitionByRange(number, POSITION).sortWithinPartitions(POSITION)
    pieces = pieces.persist(StorageLevel.MEMORY_AND_DISK)
    try:
        history, _ = find_history(pieces, History(by_name(schemas)), task)
    finally:
        pieces.unpersist()
    verdicts = rows.mapInArrow(partial(replay_rows, task=task, history=history), COLUMNS)
    return Inferred(history.last(), verdicts)


def find_history(pieces: DataFrame, start: History, task: RowTask) -> tuple[History, int]:
    """The history of a replay of ``pieces``, partitions in order, and how often it took to replay them all."""
    # Of the other pieces no row goes to a worker of Python.
    first_piece = pieces.where(F.spark_partition_id() == 0)
    first = _find(first_piece, _piece_task(start, task)._replace(most=FIRST_EVENTS), task)
    changes = first[0].changes if first else ()
    candidates = Candidates(History(start.schemas, changes), task.rules)
    rounds = 1
    while not candidates.update(_find(pieces, _piece_task(candidates.history, task, candidates.start), task)):
        rounds += 1
    return candidates.history, rounds


def _piece_task(history: History, task: RowTask, start: int = 0) -> PieceTask:
    return PieceTask(history, task.envelope, task.ordinary, task.rules, start)


def _find(pieces: DataFrame, piece_task: PieceTask, task: RowTask) -> list[PieceChanges]:
    found = pieces.mapInArrow(partial(find_in_rows, task=task, piece_task=piece_task), f"{_PIECE} binary").collect()
    return [_decode(bytes(row[_PIECE])) for row in found]


def find_in_rows(batches: Iterable[pa.RecordBatch], task: RowTask, piece_task: PieceTask) -> Iterator[pa.RecordBatch]:
    """In a worker: the changes of one partition, whose rows are in the order of their positions."""
    rows = iter(batches)
    piece = find_changes(read_rows(rows, task), piece_task)
    if piece is not None:
        yield pa.RecordBatch.from_pylist([{_PIECE: msgspec.json.encode(piece)}], _ARROW)
    for _ in rows:  # Spark starts another process in place of one that does not read all of its rows
        pass
