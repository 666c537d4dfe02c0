"""Which columns of a DataFrame have the events.

Whatever its columns are called, a worker gets those that :mod:`eventschema.spark.rows` reads.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

from pyspark.sql import functions as F  # noqa: N812  (as everywhere where Spark is used)
from pyspark.sql import types as T  # noqa: N812  (as everywhere where Spark is used)
from pyspark.sql.classic.dataframe import DataFrame

from eventschema.core.arguments import check_kind, require_rules
from eventschema.core.rules import Rules
from eventschema.spark.rows import JSON, NAME, POSITION, PROPERTIES, RowTask
from eventschema.spark.session import use_this_python
from eventschema.stream.envelopes import Envelope

_WHOLE: Final = (T.ByteType, T.ShortType, T.IntegerType, T.LongType)
_TEXTS: Final = (T.StringType, T.BinaryType)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventColumns:
    """Which columns of a DataFrame have the events. Names are those of columns, not expressions.

    - ``json``: JSON text, or its UTF-8 as binary. Each row is what a line is in a file of events: blank ones are passed
      over, and what is not JSON, or null, is a ``malformed_request``.
    - ``name`` and ``properties``, in place of ``json``: the name of the event, and its properties. These are a struct,
      whose null fields are absent properties, a map with text as keys, or text that is the JSON of an object.
    - ``position``: a whole number from 0 that says the order of the events; in errors and profiles it is the line.
      Without it positions are made, from 1, in the order of the rows of the DataFrame. They are the numbers of the rows
      where all of them are in one partition, and else have gaps.

    Raises ``ValueError`` if one of ``name`` and ``properties`` is given without the other.
    """

    json: str = "value"
    name: str | None = None
    properties: str | None = None
    position: str | None = None

    def __post_init__(self) -> None:
        if (self.name is None) is not (self.properties is None):
            given, missing = ("properties", "name") if self.name is None else ("name", "properties")
            raise ValueError(f"expected a column for the {missing} too, found one for the {given} only")

    @property
    def is_json(self) -> bool:
        """Whether the events are in a column of JSON text."""
        return self.name is None


#: The columns of ``spark.read.text``.
DEFAULT_COLUMNS: Final = EventColumns()


def rows_of(
    df: DataFrame, columns: EventColumns, envelope: Envelope, rules: Rules, source: str
) -> tuple[DataFrame, RowTask]:
    """The rows of ``df`` for the workers, and how they read them. Each event is of ``source``, at its position.

    Raises ``TypeError`` for anything but a DataFrame and for a column of a wrong type, and ``ValueError`` for a column
    that ``df`` lacks, and for an ``envelope`` that concerns other keys than the columns have.
    """
    check_kind(columns, EventColumns, "columns (EventColumns)")
    check_kind(envelope, Envelope, "an envelope (Envelope)")
    require_rules(rules)
    check_kind(source, str, "a text for the source")
    check_kind(df, DataFrame, "a DataFrame of Spark (not of Spark Connect)")
    rows = _select(df, columns)
    use_this_python(df.sparkSession)
    if columns.is_json:
        return rows, RowTask(source, envelope, envelope, rules)
    if envelope != Envelope(mapping=envelope.mapping):
        raise ValueError("expected no keys in the envelope beside columns of names and properties, only a mapping")
    is_text = isinstance(rows.schema[PROPERTIES].dataType, T.StringType)
    return rows, RowTask(source, replace(envelope, json_properties=is_text), envelope, rules)


def _select(df: DataFrame, columns: EventColumns) -> DataFrame:
    """The columns of ``df`` that have the events, under the names that the workers expect."""
    selected = [_position(df, columns)]
    if columns.is_json:
        selected.append(column_of(df, columns.json, _TEXTS, "text or binary").alias(JSON))
    else:
        selected.append(column_of(df, str(columns.name), (T.StringType,), "text").alias(NAME))
        selected.append(_properties(df, str(columns.properties)).alias(PROPERTIES))
    return df.select(*selected)


def _position(df: DataFrame, columns: EventColumns) -> Any:
    if columns.position is None:
        return (F.monotonically_increasing_id() + 1).alias(POSITION)
    return column_of(df, columns.position, _WHOLE, "whole numbers").cast("long").alias(POSITION)


def _properties(df: DataFrame, name: str) -> Any:
    column = column_of(df, name, (T.StructType, T.MapType, T.StringType), "a struct, a map or text")
    _require_readable(_type_of(df, name), name)
    return column


def _require_readable(type_: T.DataType, name: str) -> None:
    """Raise ``TypeError`` or ``ValueError`` for properties that workers cannot get as they are, at any depth."""
    if isinstance(type_, T.YearMonthIntervalType):
        raise TypeError(f"expected no intervals of years and months in the column {name}, found {type_.simpleString()}")
    if isinstance(type_, T.StructType):
        _require_fields(type_.names, name)
        members = [field.dataType for field in type_.fields]
    elif isinstance(type_, T.MapType):
        if not isinstance(type_.keyType, T.StringType):
            raise TypeError(f"expected a map with text as keys in the column {name}, found {type_.simpleString()}")
        members = [type_.valueType]
    else:
        members = [type_.elementType] if isinstance(type_, T.ArrayType) else []
    for member in members:
        _require_readable(member, name)


def _require_fields(fields: list[str], name: str) -> None:
    twice = next((each for each in fields if fields.count(each) > 1), None)
    if twice is not None:
        raise ValueError(f"expected each field once in the column {name}, found {twice} twice")
    if any("\0" in each for each in fields):  # for Arrow, the name ends there
        raise ValueError(f"expected fields without U+0000 in their names in the column {name}, found one with it")


def column_of(df: DataFrame, name: str, kinds: tuple[type, ...], what: str) -> Any:
    """The column ``name`` of ``df``, whose type is one of ``kinds``; ``what`` says which these are.

    Raises ``TypeError`` for another type, and ``ValueError`` unless there is one column of that name.
    """
    type_ = _type_of(df, name)
    if not isinstance(type_, kinds):
        raise TypeError(f"expected {what} in the column {name}, found {type_.simpleString()}")
    quoted = name.replace("`", "``")
    return F.col(f"`{quoted}`")


def _type_of(df: DataFrame, name: str) -> Any:
    found = [field.dataType for field in df.schema.fields if field.name == name]
    if len(found) != 1:
        shown = ", ".join(df.columns) or "no columns"
        raise ValueError(f"expected one column {name}, found {len(found)} of that name among: {shown}")
    return found[0]
