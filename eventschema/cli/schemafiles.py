"""Load the schema files of a command."""

from collections.abc import Iterable, Mapping, Sequence

import click

from eventschema.cli.files import MAX_SCHEMA_FILE, read_document
from eventschema.cli.output import Failure, printable
from eventschema.core.documents import MAX_SHOWN
from eventschema.core.pointers import truncate
from eventschema.core.schema import EventSchema
from eventschema.core.schemafile import loads_schemas


def load_schemas(paths: Sequence[str]) -> dict[str, EventSchema]:
    """Return the schemas of the files at ``paths``, by name.

    Several files may have the same schema. Ends the command if a file is not a schema file, or if two files have
    different schemas of one event.
    """
    return combine_schemas((click.format_filename(path), _load_file(path)) for path in paths)


def combine_schemas(sources_and_schemas: Iterable[tuple[str, Mapping[str, EventSchema]]]) -> dict[str, EventSchema]:
    """Return the schemas of all sources, by name. Ends the command if two have different schemas of one event."""
    schemas: dict[str, EventSchema] = {}
    sources: dict[str, str] = {}
    for path, found in sources_and_schemas:
        for name, schema in found.items():
            first = schemas.setdefault(name, schema)
            source = sources.setdefault(name, path)
            if first != schema:
                event = printable(truncate(name, MAX_SHOWN))
                raise Failure(
                    f"{source} and {path} have different schemas of the event {event}: {_difference(first, schema)}."
                )
    return schemas


def _load_file(path: str) -> dict[str, EventSchema]:
    try:
        return loads_schemas(read_document(path, MAX_SCHEMA_FILE))
    except ValueError as error:
        raise Failure(f"{click.format_filename(path)}: {error}") from None


def _difference(first: EventSchema, second: EventSchema) -> str:
    """Describe the first property, by name, that differs between two schemas."""
    in_first, in_second = _described(first), _described(second)
    name = min(name for name in in_first | in_second if in_first.get(name) != in_second.get(name))
    where = f"{in_first.get(name, 'absent')} in the first, {in_second.get(name, 'absent')} in the second"
    return f"{truncate(name, MAX_SHOWN)} is {where}"


def _described(schema: EventSchema) -> dict[str, str]:
    return {
        name: f"{type_} (since version {since})" if (since := schema.since(name)) else f"{type_} (declared)"
        for name, type_ in schema.properties.items()
    }
