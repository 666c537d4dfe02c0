"""Schema files: the schemas of many events in one JSON object, ``{"format": 1, "schemas": [...]}``, by name.

The document of one schema, ``{"format": 1, "name": ..., "properties": {...}, ...}``, is read as a file of that one.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from eventschema.core.arguments import check_kind, wrong_kind
from eventschema.core.documents import FORMAT, read_format, read_object, wrong
from eventschema.core.jsontext import MAX_SHOWN, read_json
from eventschema.core.pointers import json_type_name, pointer_to
from eventschema.core.schema import EventSchema


def dumps_schemas(schemas: Mapping[str, EventSchema] | Iterable[EventSchema]) -> str:
    """The text of a schema file with ``schemas``, sorted by name. The same schemas give the same text.

    Raises ``ValueError`` if two have the same name, and ``TypeError`` for anything but schemas.
    """
    documents = [schema.to_dict() for schema in sorted(list_schemas(schemas), key=lambda schema: schema.name)]
    return json.dumps({"format": FORMAT, "schemas": documents}, indent=2, ensure_ascii=False) + "\n"


def list_schemas(schemas: Mapping[str, EventSchema] | Iterable[EventSchema]) -> list[EventSchema]:
    """The ``schemas`` as a list, if each has a different name.

    Raises ``ValueError`` if two have the same name, and ``TypeError`` for anything but schemas.
    """
    given = schemas.values() if isinstance(schemas, Mapping) else schemas
    if not isinstance(given, Iterable):
        raise wrong_kind(schemas, "schemas (EventSchema) in a mapping or an iterable")
    listed = list(given)
    for schema in listed:
        check_kind(schema, EventSchema, "schemas (EventSchema)")
    names = {schema.name for schema in listed}
    if len(names) < len(listed):
        raise ValueError(f"expected one schema for each name, found {len(listed)} for {len(names)} names")
    return listed


def loads_schemas(text: str | bytes) -> dict[str, EventSchema]:
    """Read a schema file (bytes: UTF-8, with or without a byte order mark) and return its schemas by name.

    The text is that of :func:`dumps_schemas`, or the document of one schema as ``EventSchema.to_dict`` and the
    service's ``GET /v4/schemas/{eventName}`` return it. In a file that a person writes, ``format`` may be left out.
    Raises ``ValueError``, with the place, for any other text, for a repeated key, and for two schemas of one name.
    Raises ``TypeError`` for anything but text: a decoded document is for ``EventSchema.from_dict``.
    """
    check_kind(text, (str, bytes), "the text of a schema file (str or bytes)")
    document = parse_document(text, "a schema file")
    if isinstance(document, dict) and "schemas" not in document:
        if document.keys().isdisjoint(("name", "properties")):
            raise wrong("", "the field schemas, or the fields name and properties of one schema", "none of them")
        schema = EventSchema.from_dict(document)
        return {schema.name: schema}
    fields = read_object(document, "", ("schemas",), ("format",))
    read_format(fields, "")
    listed = fields["schemas"]
    if not isinstance(listed, list):
        raise wrong("/schemas", "an array of schemas", json_type_name(listed))
    schemas: dict[str, EventSchema] = {}
    for number, document in enumerate(listed):
        schema = EventSchema.from_dict(document, f"/schemas/{number}")
        if schema.name in schemas:
            raise wrong(f"/schemas/{number}/name", "one schema for each name", "a second one")
        schemas[schema.name] = schema
    return schemas


def parse_document(text: str | bytes, kind: str) -> Any:
    """Decode the JSON document ``text``; bytes are UTF-8. Messages call it ``kind``, such as ``a schema file``.

    Raises ``ValueError``, with the place, for a text that is not JSON, or in which an object has a key twice.
    """
    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text.removeprefix("\ufeff")
        document, repeated = read_json(decoded, parse_int=_int)
        if repeated:
            raise wrong(
                pointer_to(repeated.pointer, repeated.key, MAX_SHOWN), "each key once in an object", "a second one"
            )
        return document
    except UnicodeDecodeError as error:
        raise wrong("", "UTF-8", f"another byte at {error.start}") from None
    except json.JSONDecodeError as error:
        raise wrong("", "JSON", f"a fault in line {error.lineno}, column {error.colno} ({error.msg})") from None
    except RecursionError:
        raise wrong("", kind, "JSON nested too deep") from None


def _int(digits: str) -> int:
    # Python refuses integers of more than some 4,300 digits. 25 digits are over 64 bits already, so a longer integer is
    # still refused at its place, with our message.
    return int(digits[:25])
