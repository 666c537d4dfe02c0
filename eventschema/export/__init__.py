"""Schemas for other systems: JSON Schema.

>>> from eventschema import EventSchema
>>> from eventschema.export import to_json_schema
>>> document = to_json_schema(EventSchema("placed order", {"total": "float"}), closed=True)
>>> document["properties"]["total"]["type"]
['number', 'null']
"""

from eventschema.export.jsonschema import to_json_schema
from eventschema.export.remarks import Remark

__all__ = ["Remark", "to_json_schema"]
