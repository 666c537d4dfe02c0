"""Reads the bodies of requests that govern a schema: declarations (``PUT``) and retypes (``PATCH``)."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from eventschema.core.documents import DocumentError, read_object, read_properties, wrong
from eventschema.core.pointers import pointer_to
from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.core.schemaerrors import InvalidSchema
from eventschema.core.types import PropertyType
from eventschema.core.violations import NameTooLong, TooManySchemaProperties, TypeConflict, UnknownProperty, Violation
from eventschema.store.declaring import DeclarationError

_PROPERTIES: Final = "/properties"


class Declaration(NamedTuple):
    """What a ``PUT`` declares. With ``thaw``, events may add properties again."""

    schema: EventSchema
    thaw: bool


class RetypeRequest(NamedTuple):
    """What a ``PATCH`` asks for."""

    types: Mapping[str, PropertyType]
    force: bool


def read_declaration(fields: Mapping[str, Any], name: str, rules: Rules) -> Declaration | tuple[Violation, ...]:
    """Read the declaration of the schema ``name``: what a schema document has, of which all may be missing."""
    try:
        given = fields.get("name", name)
        if given != name:
            raise wrong("/name", "the name in the path, or none", "another")
        schema = EventSchema.from_dict({"properties": {}, **fields, "name": name})
    except DocumentError as error:
        return (_invalid(error),)
    limit = rules.max_name_length
    too_long = tuple(
        NameTooLong(pointer_to(_PROPERTIES, property_, limit), limit, len(property_))
        for property_ in schema.properties
        if len(property_) > limit
    )
    return too_long or Declaration(schema, fields.get("frozen") is False)


def check_size(declared: EventSchema, stored: EventSchema | None, rules: Rules) -> tuple[Violation, ...]:
    """The violation if the ``stored`` schema would have too many properties after ``declared``."""
    bound, known = rules.max_schema_properties, stored.properties if stored else {}
    size = len(known) + sum(name not in known for name in declared.properties)
    if bound is None or size <= max(bound, len(known)):
        return ()
    return (TooManySchemaProperties(_PROPERTIES, bound, size),)


def conflicts(error: DeclarationError) -> tuple[Violation, ...]:
    """The violations of a declaration that contradicts the stored schema."""
    return tuple(
        TypeConflict(pointer_to(_PROPERTIES, each.property, len(each.property)), each.stored, each.declared, each.since)
        for each in error.contradictions
    )


def read_retype(fields: Mapping[str, Any], stored: EventSchema) -> RetypeRequest | tuple[Violation, ...]:
    """Read a retype of the ``stored`` schema."""
    try:
        read_object(fields, "", ("retype",), ("force",))
        types = read_properties(fields["retype"], "/retype")
        force = fields.get("force", False)
        if type(force) is not bool:
            raise wrong("/force", "true or false", "another value")
    except DocumentError as error:
        return (_invalid(error),)
    unknown = tuple(
        UnknownProperty(pointer_to("/retype", name, len(name))) for name in types if name not in stored.properties
    )
    return unknown or RetypeRequest(types, force)


def _invalid(error: DocumentError) -> InvalidSchema:
    return InvalidSchema(error.pointer, error.expected, error.found)
