"""Every target by its name, with what its export cannot say."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from eventschema.core.arguments import require_rules
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.schema import EventSchema
from eventschema.export.avro import avro_remarks
from eventschema.export.bigquery import bigquery_remarks
from eventschema.export.jsonschema import json_schema_remarks
from eventschema.export.lazy import module_of_extra
from eventschema.export.remarks import Remark, Schemas, schemas_of
from eventschema.export.trackingplan import tracking_plan_remarks

#: The dialects of SQL, which are targets too.
SQL_DIALECTS: Final = ("postgresql", "sqlite", "mysql", "clickhouse", "duckdb", "snowflake")


class _Options(NamedTuple):
    """The options of an export that matter to its remarks."""

    rules: Rules
    closed: bool
    typed: bool


_Remarks = Callable[[EventSchema, _Options], tuple[Remark, ...]]


def _sql(dialect: str) -> _Remarks:
    def remarks_in_dialect(schema: EventSchema, options: _Options) -> tuple[Remark, ...]:
        found: tuple[Remark, ...] = module_of_extra("sql").sql_remarks(schema, dialect, typed=options.typed)
        return found

    return remarks_in_dialect


def _arrow(schema: EventSchema, _: _Options) -> tuple[Remark, ...]:
    found: tuple[Remark, ...] = module_of_extra("arrow").arrow_remarks(schema)
    return found


#: The function that gives the remarks of each target.
TARGETS: Final[Mapping[str, _Remarks]] = MappingProxyType(
    {
        "json-schema": lambda schema, given: json_schema_remarks(schema, given.rules, closed=given.closed),
        **{dialect: _sql(dialect) for dialect in SQL_DIALECTS},
        "arrow": _arrow,
        "bigquery": lambda schema, _: bigquery_remarks(schema),
        "avro": lambda schema, _: avro_remarks(schema),
        "segment": lambda schema, given: tracking_plan_remarks(schema, "segment", given.rules, closed=given.closed),
        "rudderstack": lambda schema, given: tracking_plan_remarks(
            schema, "rudderstack", given.rules, closed=given.closed
        ),
    }
)


def remarks(
    schemas: Schemas, target: str, *, closed: bool = False, typed: bool = False, rules: Rules = DEFAULT_RULES
) -> tuple[Remark, ...]:
    """What the export of one or more schemas to ``target`` cannot say, in the order of schemas and properties.

    ``target`` is json-schema, a dialect of SQL (postgresql, sqlite, mysql, clickhouse, duckdb, snowflake), arrow,
    bigquery, avro, segment or rudderstack. The other options are those of the export. Raises ``ValueError`` for another
    target.
    """
    require_rules(rules)
    if target not in TARGETS:
        raise ValueError(f"target: expected one of {', '.join(TARGETS)}, found {target!r}")
    options = _Options(rules, closed, typed)
    return tuple(remark for schema in schemas_of(schemas) for remark in TARGETS[target](schema, options))
