"""Avro records: a record for each event, a union of null and a type for each property."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple, overload

from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.export.descriptions import describe_event, describe_property
from eventschema.export.naming import Naming, identifier, lawful_names
from eventschema.export.remarks import (
    NO_LIMIT,
    NOT_CHECKED,
    POINT_IN_TIME,
    Remark,
    Schemas,
    Sentences,
    SeveralSchemas,
    remarks_of,
    schemas_of,
)

Record = dict[str, Any]

#: Names that a record may not have: those of types (Avro 1.12, "Names" and "Complex Types").
_TYPE_NAMES: Final = frozenset(
    {"null", "boolean", "int", "long", "float", "double", "bytes", "string"}
    | {"record", "error", "enum", "array", "map", "union", "fixed"}
)
_TARGET: Final = "Avro"


class _Row(NamedTuple):
    """The type of a field, and what gets lost."""

    type: str | dict[str, str]
    lost: Sentences = ()


#: What each type becomes.
TYPES: Final[Mapping[PropertyType, _Row]] = MappingProxyType(
    {
        PropertyType.BOOL: _Row("boolean"),
        PropertyType.INT: _Row("long"),
        PropertyType.FLOAT: _Row("double"),
        PropertyType.STRING: _Row("string", NO_LIMIT),
        PropertyType.DATE: _Row({"type": "int", "logicalType": "date"}),
        PropertyType.DATETIME: _Row({"type": "long", "logicalType": "timestamp-micros"}, POINT_IN_TIME),
        PropertyType.EMAIL: _Row("string", NOT_CHECKED),
        PropertyType.URL: _Row("string", NOT_CHECKED),
    }
)


def _record_name(name: str) -> str:
    lawful = identifier(name)
    return f"{lawful}_" if lawful in _TYPE_NAMES else lawful


FIELDS: Final = Naming(identifier)
RECORDS: Final = Naming(_record_name)


@overload
def to_avro(schemas: EventSchema) -> Record: ...
@overload
def to_avro(schemas: SeveralSchemas) -> list[Record]: ...
def to_avro(schemas: Schemas) -> Record | list[Record]:
    """The Avro schema of one event, or the union of the records of several.

    Returns JSON-ready documents. Every field may be null, which is its default. Names are what Avro 1.12 allows:
    ``[A-Za-z_][A-Za-z0-9_]*``; the ``doc`` has the name of the event or property, since an alias must be lawful too.
    Raises ``ValueError`` if two names become the same.
    """
    if isinstance(schemas, EventSchema):
        return _record(schemas, _record_name(schemas.name))
    listed = schemas_of(schemas)
    records = lawful_names([schema.name for schema in listed], RECORDS, "events", _TARGET)
    return [_record(schema, records[schema.name]) for schema in listed]


def avro_remarks(schema: EventSchema) -> tuple[Remark, ...]:
    """What the Avro record of ``schema`` cannot say."""
    return remarks_of(schema, {type_: row.lost for type_, row in TYPES.items()})


def _record(schema: EventSchema, record: str) -> Record:
    fields = lawful_names(schema.properties, FIELDS, "properties", _TARGET)
    return {
        "type": "record",
        "name": record,
        "doc": describe_event(schema.name),
        "fields": [_field(name, fields[name], type_) for name, type_ in schema.properties.items()],
    }


def _field(name: str, field: str, type_: PropertyType) -> Record:
    row = TYPES[type_]
    doc = describe_property(name, type_, row.lost)
    return {"name": field, "type": ["null", row.type], "default": None, "doc": doc}
