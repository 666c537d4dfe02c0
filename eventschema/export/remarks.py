"""``Remark``: something that an export cannot say, such as a limit or a format that its target does not have.

Each target has one table with a row for each property type. The row has what the type becomes, and the sentences on
what gets lost by that. Where a document has room for them (a comment, a description), it has them too.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from eventschema.core.schema import EventSchema
from eventschema.core.schemafile import list_schemas
from eventschema.core.types import PropertyType

#: What the exporting functions take: one schema, or those of a whole file.
Schemas = EventSchema | Mapping[str, EventSchema] | Iterable[EventSchema]
Sentences = tuple[str, ...]


class Remark(NamedTuple):
    """Something that the export of a property cannot say; of the whole event, if ``property`` is ``None``.

    ``event`` is the name of the event, ``sentence`` an English sentence without values of events.
    """

    event: str
    property: str | None
    sentence: str


def schemas_of(schemas: Schemas) -> list[EventSchema]:
    """The given schema or schemas as a list. Raises ``ValueError`` if two have the same name."""
    return [schemas] if isinstance(schemas, EventSchema) else list_schemas(schemas)


def remarks_of(
    schema: EventSchema, by_type: Mapping[PropertyType, Sentences], whole: Sentences = ()
) -> tuple[Remark, ...]:
    """The remarks on one schema: those on the ``whole`` event, then those on its properties in their order."""
    properties = (
        Remark(schema.name, name, sentence) for name, type_ in schema.properties.items() for sentence in by_type[type_]
    )
    return (*(Remark(schema.name, None, sentence) for sentence in whole), *properties)
