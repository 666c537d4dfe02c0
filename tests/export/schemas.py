"""Schemas that the tests of exports share."""

from eventschema import EventSchema, PropertyType

#: One property of each type, named after it.
ALL_TYPES = EventSchema("placed order", {f"a_{type_.value}": type_ for type_ in PropertyType})
