"""The OpenAPI 3.1 document of the endpoint under given rules.

The service accepts nothing that the document excludes. It refuses some of the rest with 422, since JSON Schema
(2020-12) cannot express all rules: which values a property takes depends on earlier events.
"""

from typing import Any, Final

from eventschema.core import grammar
from eventschema.core.rules import Rules
from eventschema.core.types import CLASSES, PropertyType
from eventschema.version import __version__
from eventschema.web.errors import error_schemas

Document = dict[str, Any]

# Patterns are read as ECMA 262 has them, where $ matches at the very end only.
_LINE: Final = f"^[^{grammar.CONTROL}]+$"
_SHORT_TEXT: Final = {
    "type": ["string", "null"],
    "maxLength": grammar.MAX_LINE_LENGTH,
    "pattern": f"^[^{grammar.CONTROL}]*$",
}
_UUID: Final = f"^{grammar.UUID}$"
_PHONE_NUMBER: Final = f"^{grammar.PHONE_NUMBER}$"
_TYPES: Final = [type_.value for type_ in PropertyType]
#: The JSON types of the values of each Python class. An int may be given for a float, and 10.0 for an int.
_JSON_TYPES: Final = {bool: "boolean", int: "number", float: "number", str: "string"}


def openapi(rules: Rules, *, has_tokens: bool) -> Document:
    """The document as JSON values. If the service ``has_tokens``, it says which scope each operation needs."""
    document: Document = {
        "openapi": "3.1.0",
        "info": {"title": "eventschema", "version": __version__, "summary": "Events and their schemas."},
        "paths": {
            "/v4/track": {"post": _track(has_tokens=has_tokens)},
            "/v4/schemas/{eventName}": {"get": _schema(rules, has_tokens=has_tokens)},
            "/healthz": {"get": _health("health", "Whether the store answers, and its last write worked.")},
            "/readyz": {"get": _health("ready", "Whether the store can be written: a write is tried and taken back.")},
            "/openapi.json": {"get": _openapi()},
        },
        "components": {
            "schemas": {
                "TrackRequest": _track_request(rules),
                "Accepted": _accepted(rules),
                "EventSchema": _event_schema(),
                "Problem": _problem(),
                "Health": _object({"status": {"const": "ok"}, "lastWrite": {"enum": ["ok", "none"]}}),
                **error_schemas(),
            }
        },
    }
    if has_tokens:
        document["components"]["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    return document


def _track(*, has_tokens: bool) -> Document:
    return {
        "operationId": "track",
        "summary": "Track an event of a contact. A repeated event id is accepted and not saved again.",
        "requestBody": {"required": True, "content": {"application/json": {"schema": _ref("TrackRequest")}}},
        "responses": {
            "202": _json("The request is saved.", "Accepted"),
            "400": _problem_response(
                "The body, its contact or its properties is not a JSON object, or an object has a key twice."
            ),
            "408": _problem_response("The body did not arrive in time."),
            "413": _problem_response("The body is too large."),
            "415": _problem_response("The body is not application/json, or has a Content-Encoding."),
            "422": _problem_response("The request was refused, and nothing of it was saved."),
            **_error_responses(has_tokens=has_tokens),
        },
        **_security("events.write", has_tokens=has_tokens),
    }


def _schema(rules: Rules, *, has_tokens: bool) -> Document:
    name = {"type": "string", "minLength": 1, "maxLength": rules.max_event_name_length}
    return {
        "operationId": "schema",
        "summary": "The schema of the events of a name.",
        "parameters": [{"name": "eventName", "in": "path", "required": True, "schema": name}],
        "responses": {
            "200": _json("The schema.", "EventSchema"),
            "404": _problem_response("There is no schema of this name."),
            **_error_responses(has_tokens=has_tokens),
        },
        **_security("events.read", has_tokens=has_tokens),
    }


def _health(operation: str, summary: str) -> Document:
    responses = {"200": _json("The store works.", "Health"), "503": _unavailable()}
    return {"operationId": operation, "summary": summary, "responses": responses}


def _openapi() -> Document:
    content = {"application/json": {"schema": {"type": "object"}}}
    responses = {"200": {"description": "The document.", "content": content}}
    return {"operationId": "openapi", "summary": "This document.", "responses": responses}


def _track_request(rules: Rules) -> Document:
    name = {"type": "string", "minLength": 1, "maxLength": rules.max_event_name_length, "pattern": _LINE}
    properties = {
        "type": ["object", "null"],
        "maxProperties": rules.max_properties,
    }
    if rules.invalid == "reject":
        properties |= {"propertyNames": _names(rules), "additionalProperties": _value(rules)}
    return {
        "type": "object",
        "required": ["eventName", "contact"],
        "additionalProperties": rules.unknown_fields == "ignore",
        "properties": {
            "eventName": name,
            "contact": _contact(rules),
            "properties": properties,
            "eventTime": {"type": ["string", "null"], "description": "ISO 8601: 2026-11-23T12:41:00Z"},
            "eventID": _event_id(rules) | {"type": ["string", "null"]},
            "origin": _SHORT_TEXT,
            "eventVersion": _SHORT_TEXT,
        },
    }


def _event_id(rules: Rules) -> Document:
    if rules.event_ids == "uuid":
        return {"type": "string", "pattern": _UUID}
    return {"type": "string", "minLength": 1, "maxLength": grammar.MAX_LINE_LENGTH, "pattern": _LINE}


def _contact(rules: Rules) -> Document:
    array = {"type": "array", "maxItems": 100, "items": {"type": "string", "maxLength": rules.max_string_length}}
    return {
        "type": "object",
        "anyOf": [{"required": ["id"]}, {"required": ["email"]}, {"required": ["phoneNumber"]}],
        "maxProperties": rules.max_properties + 3,
        "properties": {
            "id": {"type": "string", "minLength": 1, "maxLength": grammar.MAX_LINE_LENGTH, "pattern": _LINE},
            "email": {"type": "string", "minLength": 3},
            "phoneNumber": {"type": "string", "pattern": _PHONE_NUMBER, "description": "E.164"},
        },
        "propertyNames": {"anyOf": [{"enum": ["id", "email", "phoneNumber"]}, _names(rules)]},
        "additionalProperties": {"anyOf": [_value(rules), array, {"type": "null"}]},
    }


def _names(rules: Rules) -> Document:
    return {"pattern": f"^{grammar.NAME}$", "maxLength": rules.max_name_length}


def _value(rules: Rules) -> Document:
    types = list(dict.fromkeys(_JSON_TYPES[CLASSES[type_]] for type_ in PropertyType))
    return {
        "type": [*types, "null"] if rules.nulls == "ignore" else types,
        "maxLength": rules.max_string_length,
    }


def _accepted(rules: Rules) -> Document:
    accepted = _object({"eventID": _event_id(rules)})
    duplicate = "The event id was accepted before. Nothing was saved."
    differs = "The content is not that of the event which was saved under this id."
    accepted["properties"]["duplicate"] = {"const": True, "description": duplicate}
    accepted["properties"]["differs"] = {"const": True, "description": differs}
    accepted["dependentRequired"] = {"differs": ["duplicate"]}
    if rules.invalid == "drop":
        dropped = "The errors of the properties without which the event was saved."
        accepted["properties"]["dropped"] = {"type": "array", "items": _ref("Error"), "description": dropped}
    return accepted


def _event_schema() -> Document:
    return _object(
        {
            "format": {"const": 1},
            "name": {"type": "string"},
            "version": {"type": "integer", "minimum": 0},
            "properties": {"type": "object", "additionalProperties": {"enum": _TYPES}},
            "since": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 1}},
        }
    )


def _problem() -> Document:
    problem = _object(
        {
            "type": {"const": "about:blank"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
        }
    )
    problem["properties"]["errors"] = {"type": "array", "items": _ref("Error"), "minItems": 1}
    return problem


def _object(properties: Document) -> Document:
    return {
        "type": "object",
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
    }


def _ref(name: str) -> Document:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(description: str, name: str) -> Document:
    return {"description": description, "content": {"application/json": {"schema": _ref(name)}}}


def _problem_response(description: str) -> Document:
    return {"description": description, "content": {"application/problem+json": {"schema": _ref("Problem")}}}


def _unavailable() -> Document:
    seconds = {"schema": {"type": "integer"}, "description": "The seconds to wait before trying again."}
    return {
        **_problem_response("The store cannot answer now, or too many requests wait for it."),
        "headers": {"Retry-After": seconds},
    }


def _error_responses(*, has_tokens: bool) -> Document:
    unavailable = {"503": _unavailable()}
    if not has_tokens:
        return unavailable
    challenge = {"WWW-Authenticate": {"schema": {"type": "string"}, "description": "RFC 6750, section 3"}}
    return {
        "401": {**_problem_response("The bearer token is missing or unknown."), "headers": challenge},
        "403": {**_problem_response("The bearer token lacks the scope."), "headers": challenge},
        **unavailable,
    }


def _security(scope: str, *, has_tokens: bool) -> Document:
    return {"security": [{"bearer": [scope]}]} if has_tokens else {}
