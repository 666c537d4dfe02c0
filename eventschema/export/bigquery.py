"""Schemas of BigQuery tables, as ``bq`` and the client libraries read them from JSON."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple, overload

from eventschema.core.arguments import require_rules
from eventschema.core.grammar import MAX_EMAIL_LENGTH
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.export.descriptions import describe_property
from eventschema.export.naming import Naming, cut, identifier, lawful_names, octets
from eventschema.export.remarks import (
    NOT_CHECKED,
    POINT_IN_TIME,
    Remark,
    Schemas,
    Sentences,
    SeveralSchemas,
    remarks_of,
    require_columns,
    schemas_of,
)

Field = dict[str, Any]

_MAX_COLUMNS: Final = 10_000
_MAX_COLUMN_NAME: Final = 300
_MAX_TABLE_NAME: Final = 1024  # octets of UTF-8
#: Beginnings of column names that BigQuery keeps for itself, in lower case.
_RESERVED: Final = ("_table_", "_file_", "_partition", "_row_timestamp", "__root__", "_colidentifier", "_change_")
_TABLE_CATEGORIES: Final = frozenset({"L", "M", "N", "Pc", "Pd", "Zs"})
_TARGET: Final = "BigQuery"


class _Row(NamedTuple):
    """The type of a column, the most characters of a text that it can say, and what gets lost."""

    type: str
    max_length: int | None = None
    lost: Sentences = ()


#: What each type becomes. A text has the limit of the rules too.
TYPES: Final[Mapping[PropertyType, _Row]] = MappingProxyType(
    {
        PropertyType.BOOL: _Row("BOOL"),
        PropertyType.INT: _Row("INT64"),
        PropertyType.FLOAT: _Row("FLOAT64"),
        PropertyType.STRING: _Row("STRING"),
        PropertyType.DATE: _Row("DATE"),
        PropertyType.DATETIME: _Row("TIMESTAMP", lost=POINT_IN_TIME),
        PropertyType.EMAIL: _Row("STRING", MAX_EMAIL_LENGTH, NOT_CHECKED),
        PropertyType.URL: _Row("STRING", lost=NOT_CHECKED),
    }
)


def _column_name(name: str) -> str:
    lawful = cut(identifier(name), _MAX_COLUMN_NAME)
    return cut(f"x{lawful}", _MAX_COLUMN_NAME) if lawful.lower().startswith(_RESERVED) else lawful


def _table_name(name: str) -> str:
    from unicodedata import category

    def is_taken(character: str) -> bool:
        kind = category(character)
        return kind in _TABLE_CATEGORIES or kind[0] in _TABLE_CATEGORIES

    return cut("".join(c if is_taken(c) else "_" for c in name), _MAX_TABLE_NAME, octets)


COLUMNS: Final = Naming(_column_name, str.lower)
TABLES: Final = Naming(_table_name)


@overload
def to_bigquery(schemas: EventSchema, *, rules: Rules = DEFAULT_RULES) -> list[Field]: ...
@overload
def to_bigquery(schemas: SeveralSchemas, *, rules: Rules = DEFAULT_RULES) -> dict[str, list[Field]]: ...
def to_bigquery(schemas: Schemas, *, rules: Rules = DEFAULT_RULES) -> list[Field] | dict[str, list[Field]]:
    """The fields of a BigQuery table for one event; for several, the fields of each by the name of its table.

    Returns JSON-ready documents: ``bq mk --table dataset.table FILE`` takes the fields of one. Every column is nullable
    and describes its property. Raises ``ValueError`` if two names are the same in BigQuery, which ignores case in
    columns, and for more than 10,000 properties.
    """
    require_rules(rules)
    if isinstance(schemas, EventSchema):
        return _fields(schemas, rules)
    listed = schemas_of(schemas)
    tables = lawful_names([schema.name for schema in listed], TABLES, "events", _TARGET)
    return {tables[schema.name]: _fields(schema, rules) for schema in listed}


def bigquery_remarks(schema: EventSchema) -> tuple[Remark, ...]:
    """What the BigQuery table of ``schema`` cannot say."""
    return remarks_of(schema, {type_: row.lost for type_, row in TYPES.items()})


def _fields(schema: EventSchema, rules: Rules) -> list[Field]:
    require_columns(schema, _MAX_COLUMNS, _TARGET)
    columns = lawful_names(schema.properties, COLUMNS, "properties", _TARGET)
    return [_field(name, columns[name], type_, rules) for name, type_ in schema.properties.items()]


def _field(name: str, column: str, type_: PropertyType, rules: Rules) -> Field:
    row = TYPES[type_]
    field: Field = {"name": column, "type": row.type, "mode": "NULLABLE"}
    if row.type == "STRING":
        limit = rules.max_string_length if row.max_length is None else min(row.max_length, rules.max_string_length)
        field["maxLength"] = str(limit)
    return field | {"description": describe_property(name, type_, row.lost)}
