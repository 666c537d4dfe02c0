"""JSON Schema (draft 2020-12) of whole track requests: an event of a known name, with its contact."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from eventschema.core import grammar
from eventschema.core.arguments import require_rules
from eventschema.core.names import is_event_name
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.types import PropertyType
from eventschema.export import patterns
from eventschema.export.jsonschema import (
    DIALECT,
    TYPES,
    Document,
    any_of,
    further_properties,
    is_closed,
    names_schema,
    properties_schema,
    unique_keys,
    value_schema,
)
from eventschema.export.remarks import Schemas, schemas_of
from eventschema.track.documents import IDENTIFIERS
from eventschema.track.reading import MAX_ITEMS

if TYPE_CHECKING:
    from eventschema.stream.profile.constraints import Constraints

_CONTACT: Final = "contact"
_OTHER_EVENT: Final = "other_event"
_OF_CONTACT: Final = {"$ref": f"#/$defs/{_CONTACT}"}

#: The pattern of an event's name, a contact's id, and an event id that is text.
LINE: Final = patterns.whole(f"[^{grammar.CONTROL}]+")
#: An origin or an event version.
SHORT_TEXT: Final = {
    "type": ["string", "null"],
    "maxLength": grammar.MAX_LINE_LENGTH,
    "pattern": patterns.whole(f"[^{grammar.CONTROL}]*"),
}
#: An event id under each choice of the rules.
_EVENT_IDS: Final[Mapping[str, Document]] = MappingProxyType(
    {
        "uuid": {"type": "string", "pattern": patterns.whole(grammar.UUID)},
        "text": {"type": "string", "pattern": LINE, "maxLength": grammar.MAX_LINE_LENGTH},
    }
)


def to_request_schema(
    schemas: Schemas,
    closed: bool = False,
    *,
    rules: Rules = DEFAULT_RULES,
    constraints: Mapping[str, Mapping[str, "Constraints"]] | None = None,
) -> Document:
    """The JSON Schema of a track request with one of the events of ``schemas``.

    An open schema accepts further properties, and events of other names. A ``closed`` one accepts only the events and
    properties of ``schemas``. An event whose name is too long for ``rules`` is left out. ``constraints`` are as in
    :func:`~eventschema.export.jsonschema.to_json_schema`.

    Returns a JSON-ready document with a definition for each event and one for the contact. Raises ``ValueError`` if two
    of ``schemas`` have the same name.
    """
    require_rules(rules)
    listed = [schema for schema in schemas_of(schemas) if is_event_name(schema.name, rules)]
    names = [schema.name for schema in listed]
    keys = unique_keys(names, taken=(_CONTACT, _OTHER_EVENT))
    requests = {
        keys[schema.name]: _request(
            {"type": "string", "const": schema.name},
            {**properties_schema(schema, rules, constraints, closed=closed), "title": f"{schema.name} properties"},
            rules,
        )
        for schema in listed
    }
    if not is_closed(rules, closed=closed):
        requests[_OTHER_EVENT] = _request(_other_name(names, rules), _other_properties(rules), rules)
    return {
        "$schema": DIALECT,
        "title": "track request",
        **any_of(requests),
        "$defs": {**requests, _CONTACT: contact_schema(rules)},
    }


def _other_name(names: list[str], rules: Rules) -> Document:
    known = {"not": {"enum": names}} if names else {}
    return {"type": "string", "pattern": LINE, "maxLength": rules.max_event_name_length, **known}


def _other_properties(rules: Rules) -> Document:
    return {"type": "object", **further_properties(rules), "maxProperties": rules.max_properties}


def _request(name: Document, properties: Document, rules: Rules) -> Document:
    has_required = "required" in properties
    return {
        "type": "object",
        "properties": {
            "eventName": name,
            "contact": _OF_CONTACT,
            "properties": properties if has_required else {**properties, "type": ["object", "null"]},
            "eventTime": nullable(TYPES[PropertyType.DATETIME].keywords(rules)),
            "eventID": nullable(event_id_schema(rules)),
            "origin": SHORT_TEXT,
            "eventVersion": SHORT_TEXT,
        },
        "required": ["eventName", "contact", *(["properties"] if has_required else [])],
        **({"additionalProperties": False} if rules.unknown_fields == "reject" else {}),
    }


def event_id_schema(rules: Rules) -> Document:
    """The JSON Schema of an event id."""
    return _EVENT_IDS[rules.event_ids]


def contact_schema(rules: Rules) -> Document:
    """The JSON Schema of the contact of a request."""
    array = {
        "type": "array",
        "maxItems": MAX_ITEMS,
        "items": {"type": "string", "maxLength": rules.max_string_length},
    }
    return {
        "title": _CONTACT,
        "type": "object",
        "properties": {
            "id": {"type": "string", "pattern": LINE, "maxLength": grammar.MAX_LINE_LENGTH},
            "email": {"type": "string", "pattern": patterns.EMAIL, "maxLength": grammar.MAX_EMAIL_LENGTH},
            "phoneNumber": {"type": "string", "pattern": patterns.whole(grammar.PHONE_NUMBER)},
        },
        "anyOf": [{"required": [name]} for name in IDENTIFIERS],
        "propertyNames": {"anyOf": [{"enum": list(IDENTIFIERS)}, names_schema(rules)]},
        "additionalProperties": {"anyOf": [value_schema(rules), array, {"type": "null"}]},
        "maxProperties": rules.max_properties + len(IDENTIFIERS),
    }


def nullable(schema: Document) -> Document:
    """``schema``, or null."""
    return {**schema, "type": [schema["type"], "null"]}
