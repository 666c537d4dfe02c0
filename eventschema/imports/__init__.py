"""Schemas from other systems: JSON Schema, tracking plans, event metadata."""

from eventschema.imports.jsonschema import from_json_schema
from eventschema.imports.metadata import from_event_metadata
from eventschema.imports.results import Imported, Omission
from eventschema.imports.trackingplan import from_tracking_plan

__all__ = ["Imported", "Omission", "from_event_metadata", "from_json_schema", "from_tracking_plan"]
