"""Checking the events of a DataFrame against schemas that do not grow."""

from collections.abc import Mapping
from functools import partial

from pyspark.sql import DataFrame

from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.schema import EventSchema
from eventschema.export.remarks import Schemas, schemas_of
from eventschema.spark.columns import DEFAULT_COLUMNS, EventColumns, rows_of
from eventschema.spark.verdicts import COLUMNS, check_rows
from eventschema.stream.envelopes import DEFAULT_ENVELOPE, Envelope
from eventschema.stream.replay.events import check_rules


def check(
    df: DataFrame,
    schemas: Schemas,
    columns: EventColumns = DEFAULT_COLUMNS,
    *,
    envelope: Envelope = DEFAULT_ENVELOPE,
    rules: Rules = DEFAULT_RULES,
    allow_new: bool = False,
) -> DataFrame:
    """The verdicts on the events of ``df``, each checked against ``schemas``, as ``eventschema.stream.check`` does.

    A row for each event: its ``position`` and ``name`` (null without a valid one), whether it is ``ok``, and its
    ``violations``, an array of structs. An event that is ok has violations only where ``rules.invalid`` is ``"drop"``:
    those of the properties that are left out. With ``allow_new`` properties that a schema lacks are no errors.

    The rows are in the partitions of ``df``, in their order; nothing is read before the DataFrame is used. Raises
    ``TypeError`` or ``ValueError`` for a column that is missing or of a wrong type, and ``ValueError`` for two schemas
    of the same name.
    """
    rows, task = rows_of(df, columns, envelope, rules, "")
    fixed = check_rules(rules, allow_new=allow_new)
    return rows.mapInArrow(partial(check_rows, task=task, schemas=by_name(schemas), rules=fixed), COLUMNS)


def by_name(schemas: Schemas) -> Mapping[str, EventSchema]:
    """The schemas by name. Raises ``ValueError`` if two have the same name."""
    return {schema.name: schema for schema in schemas_of(schemas)}
