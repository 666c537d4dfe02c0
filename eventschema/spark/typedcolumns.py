"""The accepted events of one name as typed columns."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import tzinfo
from functools import partial
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import types as T  # noqa: N812  (as everywhere where Spark is used)

from eventschema.core.arguments import check_kind
from eventschema.core.pythonvalues import check_zone
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.schema import EventSchema
from eventschema.export.arrow import DESCRIPTION, record_batch, to_arrow, with_text_datetimes
from eventschema.export.typed import DateTimes, text_datetimes
from eventschema.export.typed import to_typed as to_typed_values
from eventschema.spark.columns import DEFAULT_COLUMNS, EventColumns, rows_of
from eventschema.spark.rows import POSITION, RowTask, read_rows
from eventschema.stream.envelopes import DEFAULT_ENVELOPE, Envelope, open_event
from eventschema.stream.replay.events import Rejection, Replay, check_rules

#: Spark's type for each type of :data:`eventschema.export.arrow.TYPES`.
TYPES: Final[Mapping[Any, T.DataType]] = MappingProxyType(
    {
        pa.bool_(): T.BooleanType(),
        pa.int64(): T.LongType(),
        pa.float64(): T.DoubleType(),
        pa.string(): T.StringType(),
        pa.date32(): T.DateType(),
        pa.timestamp("us", tz="UTC"): T.TimestampType(),
    }
)


class TypedTask(NamedTuple):
    """What workers make of rows: columns of ``arrow``, after one for the position.

    ``schema`` decides on the events under ``rules``. ``typed`` is the same schema, in which dateTimes that stay texts
    are strings; ``naive`` is the time zone of other dateTimes without an offset.
    """

    schema: EventSchema
    rules: Rules
    typed: EventSchema
    arrow: Any
    naive: tzinfo | None


def to_typed(  # noqa: PLR0913  (all but three by name)
    df: DataFrame,
    schema: EventSchema,
    columns: EventColumns = DEFAULT_COLUMNS,
    *,
    envelope: Envelope = DEFAULT_ENVELOPE,
    rules: Rules = DEFAULT_RULES,
    naive: tzinfo | None = None,
    datetimes: DateTimes = "utc",
    position: str = "position",
) -> DataFrame:
    """The events of the name of ``schema`` that it accepts as it is, with a column for each of its properties.

    The types are those of ``eventschema.export.to_arrow``. The first column is named ``position`` and has the position
    of the event. Events with properties that the schema lacks are left out, as all that ``check`` refuses;
    ``Rules(invalid="drop")`` leaves out these properties instead.

    A dateTime is a moment, a timestamp of Spark; ``naive`` is the time zone of those without an offset. Without it such
    a dateTime ends the job with a ``TypedValueError`` that has its position. With ``datetimes="text"`` dateTimes are
    texts, as they were sent.

    Raises ``TypeError`` or ``ValueError`` for a column that is missing or of a wrong type, and ``ValueError`` for two
    columns of one name; names that differ in case only are the same, unless ``spark.sql.caseSensitive`` is true.
    """
    check_kind(schema, EventSchema, "a schema (EventSchema)")
    check_zone(naive)
    if datetimes not in {"utc", "text"}:
        raise ValueError("datetimes: expected utc or text, found another value")
    rows, task = rows_of(df, columns, envelope, rules, "")
    as_text = datetimes == "text"
    arrow = with_text_datetimes(schema) if as_text else to_arrow(schema)
    _require_own_names([position, *arrow.names], df)
    typed = text_datetimes(schema) if as_text else schema
    typed_task = TypedTask(schema, check_rules(rules, allow_new=False), typed, arrow, naive)
    return rows.mapInArrow(partial(type_rows, task=task, typed_task=typed_task), _spark_type(arrow, position))


def _require_own_names(names: list[str], df: DataFrame) -> None:
    case_counts = df.sparkSession.conf.get("spark.sql.caseSensitive") == "true"
    first: dict[str, str] = {}
    for name in names:
        other = first.setdefault(name if case_counts else name.lower(), name)
        if other is not name:
            advice = "; position= names the column of positions" if other == names[0] else ""
            raise ValueError(f"expected columns of different names, found {other} and {name}{advice}")


def _spark_type(arrow: Any, position: str) -> T.StructType:
    fields = [T.StructField(position, T.LongType())]
    for field in arrow:
        comment = field.metadata[DESCRIPTION.encode()].decode()
        fields.append(T.StructField(field.name, TYPES[field.type], metadata={"comment": comment}))
    return T.StructType(fields)


def type_rows(batches: Iterable[pa.RecordBatch], task: RowTask, typed_task: TypedTask) -> Iterator[pa.RecordBatch]:
    """In a worker: the typed columns of the accepted events. Raises ``TypedValueError``, which has the position."""
    schema = typed_task.schema
    replay = Replay({schema.name: schema}, typed_task.rules, grow=False)
    for block in read_rows(batches, task):
        numbers, rows = [], []
        for number, value in zip(block.numbers, block.values, strict=True):
            event = open_event(block.source, number, value, task.envelope, task.rules)
            if event.name != schema.name:
                continue
            outcome = replay.add(event)
            if not isinstance(outcome, Rejection):
                typed = to_typed_values(typed_task.typed, outcome.properties, typed_task.naive, number)
                numbers.append(number)
                rows.append(typed.properties)
        if rows:
            batch = record_batch(rows, typed_task.arrow)
            columns = [pa.array(numbers, pa.int64()), *batch.columns]
            yield pa.RecordBatch.from_arrays(columns, [POSITION, *batch.schema.names])
