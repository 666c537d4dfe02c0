"""Schemas for other systems: JSON Schema, SQL, Arrow, BigQuery, Avro, and tracking plans.

>>> from eventschema import EventSchema
>>> from eventschema.export import to_json_schema
>>> document = to_json_schema(EventSchema("placed order", {"total": "float"}), closed=True)
>>> document["properties"]["total"]["type"]
['number', 'null']
"""

from typing import TYPE_CHECKING, Any, Final

from eventschema.export.avro import to_avro
from eventschema.export.bigquery import to_bigquery
from eventschema.export.jsonschema import to_json_schema
from eventschema.export.lazy import module_of_extra
from eventschema.export.remarks import Remark
from eventschema.export.requests import to_request_schema
from eventschema.export.targets import remarks
from eventschema.export.trackingplan import to_tracking_plan
from eventschema.export.typed import TypedValueError, to_typed

if TYPE_CHECKING:
    from eventschema.export.arrow import to_arrow as to_arrow
    from eventschema.export.arrow import to_arrow_table as to_arrow_table
    from eventschema.export.sql import to_sql as to_sql

#: The names that need the extra ``export``, and the module of each.
_OF_EXTRA: Final = {"to_arrow": "arrow", "to_arrow_table": "arrow", "to_sql": "sql"}

# Without the names that need the extra: `from eventschema.export import *` works in all installations.
__all__ = [
    "Remark",
    "TypedValueError",
    "remarks",
    "to_avro",
    "to_bigquery",
    "to_json_schema",
    "to_request_schema",
    "to_tracking_plan",
    "to_typed",
]


if not TYPE_CHECKING:  # with it, a type checker would find any name here

    def __getattr__(name: str) -> Any:
        """Import a name of the extra ``export``. Raises ``ModuleNotFoundError``, with the extra, without it."""
        if name not in _OF_EXTRA:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(module_of_extra(_OF_EXTRA[name]), name)


def __dir__() -> list[str]:
    return sorted([*__all__, *_OF_EXTRA])
