"""``Remark``: something that an export cannot say, such as a limit or a format that its target does not have.

Each target has one table with a row for each property type. The row has what the type becomes, and the sentences on
what gets lost by that. Where a document has room for them (a comment, a description), it has them too.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from eventschema.core.documents import MAX_SHOWN
from eventschema.core.pointers import truncate
from eventschema.core.schema import EventSchema
from eventschema.core.schemafile import list_schemas
from eventschema.core.types import PropertyType

#: The argument of the exporting functions: one schema, or those of a whole file.
SeveralSchemas = Mapping[str, EventSchema] | Iterable[EventSchema]
Schemas = EventSchema | SeveralSchemas
Sentences = tuple[str, ...]

#: Sentences that several targets share.
POINT_IN_TIME: Final = (
    "A point in time in UTC, to the microsecond: the offset as sent, further digits and leap seconds get lost.",
)
NOT_CHECKED: Final = ("Any text is accepted.",)
NO_LIMIT: Final = ("The limit on the length of texts gets lost.",)


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


def require_columns(schema: EventSchema, most: int, target: str) -> None:
    """Raise ``ValueError`` if ``schema`` has more properties than a table of ``target`` has columns."""
    if (size := len(schema.properties)) > most:
        shown = truncate(schema.name, MAX_SHOWN)
        raise ValueError(f"expected at most {most:,} properties for {target}, found {size:,} in the event {shown!r}")
