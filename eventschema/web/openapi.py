"""The OpenAPI 3.1 document of the endpoint under given rules.

The service accepts nothing that the document excludes. It refuses some of the rest with 422, since JSON Schema
(2020-12) cannot express all rules: which values a property takes depends on earlier events.
"""

from typing import Any, Final

from eventschema.core.rules import Rules
from eventschema.core.types import PropertyType
from eventschema.export.jsonschema import further_properties
from eventschema.export.requests import LINE, SHORT_TEXT, contact_schema, event_id_schema, nullable
from eventschema.version import __version__
from eventschema.web.batch import MAX_EVENTS
from eventschema.web.errors import error_schemas
from eventschema.web.query import MAX_PAGE

Document = dict[str, Any]

_TYPES: Final = [type_.value for type_ in PropertyType]
_DRY_RUN: Final[Document] = {
    "name": "dryRun",
    "in": "query",
    "required": False,
    "schema": {"type": "boolean", "default": False},
    "description": "Decide, and save nothing.",
}


def openapi(rules: Rules, *, has_tokens: bool) -> Document:
    """The document as JSON values. If the service ``has_tokens``, it says which scope each operation needs."""
    document: Document = {
        "openapi": "3.1.0",
        "info": {"title": "eventschema", "version": __version__, "summary": "Events and their schemas."},
        "paths": {
            "/v4/track": {"post": _track(has_tokens=has_tokens)},
            "/v4/track/batch": {"post": _track_batch(has_tokens=has_tokens)},
            "/v4/schemas": {"get": _schemas(has_tokens=has_tokens)},
            "/v4/schemas/{eventName}": {"get": _schema(rules, has_tokens=has_tokens)},
            "/healthz": {"get": _health("health", "Whether the store answers, and its last write worked.")},
            "/readyz": {"get": _health("ready", "Whether the store can be written: a write is tried and taken back.")},
            "/openapi.json": {"get": _openapi()},
        },
        "components": {
            "schemas": {
                "TrackRequest": _track_request(rules),
                "TrackBatch": _track_batch_request(rules),
                "Accepted": _accepted(rules),
                "DryRun": _accepted(rules, is_dry_run=True),
                "BatchAnswer": _batch_answer(rules),
                "EventSchema": _event_schema(),
                "SchemaFile": _object({"format": {"const": 1}, "schemas": _array("EventSchema", maxItems=MAX_PAGE)}),
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
        "parameters": [_DRY_RUN],
        "requestBody": _body("TrackRequest"),
        "responses": {
            "200": _json("In a dry run: the request would be saved.", "DryRun"),
            "202": _json("The request is saved.", "Accepted"),
            **_body_errors(
                "The body, its contact or its properties is not a JSON object, or an object has a key twice.",
                "The request was refused, and nothing of it was saved.",
            ),
            **_error_responses(has_tokens=has_tokens),
        },
        **_security("events.write", has_tokens=has_tokens),
    }


def _track_batch(*, has_tokens: bool) -> Document:
    return {
        "operationId": "trackBatch",
        "summary": "Track up to 1,000 events, in order. All that are accepted are saved in one transaction.",
        "parameters": [_DRY_RUN],
        "requestBody": _body("TrackBatch"),
        "responses": {
            "200": _json("In a dry run: what would be saved.", "BatchAnswer"),
            "202": _json("All requests are saved.", "BatchAnswer"),
            "207": _json("Some requests were refused, the others are saved.", "BatchAnswer"),
            **_body_errors(
                "The body is not a JSON object with an array of requests, or an object in it has a key twice.",
                "The batch has too many requests, or other fields. Nothing of it was saved.",
            ),
            "501": _problem_response("The store of this service cannot save a batch in one transaction."),
            **_error_responses(has_tokens=has_tokens),
        },
        **_security("events.write", has_tokens=has_tokens),
    }


def _body(name: str) -> Document:
    return {"required": True, "content": {"application/json": {"schema": _ref(name)}}}


def _body_errors(malformed: str, refused: str) -> Document:
    return {
        "400": _problem_response(f"{malformed} Or a parameter of the query is wrong or unknown."),
        "408": _problem_response("The body did not arrive in time."),
        "413": _problem_response("The body is too large."),
        "415": _problem_response("The body is not application/json, or has a Content-Encoding."),
        "422": _problem_response(refused),
    }


def _schemas(*, has_tokens: bool) -> Document:
    after = {"type": "string", "minLength": 1, "pattern": LINE}
    limit = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": MAX_PAGE}
    link = {"schema": {"type": "string"}, "description": "RFC 8288: the next page (rel=next), if there is one."}
    return {
        "operationId": "schemas",
        "summary": "A page of the schemas, ordered by name, as a schema file.",
        "parameters": [
            _query("after", after, "The page begins with the first name after this one."),
            _query("limit", limit, "The most schemas in the answer."),
        ],
        "responses": {
            "200": {**_json("The schemas.", "SchemaFile"), "headers": {"Link": link}},
            "400": _problem_response("A parameter of the query is wrong or unknown."),
            "501": _problem_response("The store of this service cannot list its schemas."),
            **_error_responses(has_tokens=has_tokens),
        },
        **_security("events.read", has_tokens=has_tokens),
    }


def _query(name: str, schema: Document, description: str) -> Document:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


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
    name = {"type": "string", "minLength": 1, "maxLength": rules.max_event_name_length, "pattern": LINE}
    properties = {
        "type": ["object", "null"],
        "maxProperties": rules.max_properties,
    }
    if rules.invalid == "reject":
        properties |= further_properties(rules)
    return {
        "type": "object",
        "required": ["eventName", "contact"],
        "additionalProperties": rules.unknown_fields == "ignore",
        "properties": {
            "eventName": name,
            "contact": contact_schema(rules),
            "properties": properties,
            # Without its pattern, of which a reader sees less than of an example.
            "eventTime": {"type": ["string", "null"], "description": "ISO 8601: 2026-11-23T12:41:00Z"},
            "eventID": nullable(event_id_schema(rules)),
            "origin": SHORT_TEXT,
            "eventVersion": SHORT_TEXT,
        },
    }


def _track_batch_request(rules: Rules) -> Document:
    other = {"description": "Anything else is refused by itself."}
    items = {"anyOf": [_ref("TrackRequest"), other]}
    events = {"type": "array", "items": items, "minItems": 1, "maxItems": MAX_EVENTS}
    return {
        "type": "object",
        "required": ["events"],
        "additionalProperties": rules.unknown_fields == "ignore",
        "properties": {"events": events},
    }


def _accepted(rules: Rules, *, is_dry_run: bool = False) -> Document:
    event_id = event_id_schema(rules)
    event_id = nullable(event_id) if is_dry_run else event_id
    accepted = _object({"eventID": event_id})
    duplicate = "The event id was accepted before. Nothing was saved."
    differs = "The content is not that of the event which was saved under this id."
    accepted["properties"]["duplicate"] = {"const": True, "description": duplicate}
    accepted["properties"]["differs"] = {"const": True, "description": differs}
    accepted["dependentRequired"] = {"differs": ["duplicate"]}
    if rules.invalid == "drop":
        dropped = "The errors of the properties without which the event was saved."
        accepted["properties"]["dropped"] = {"type": "array", "items": _ref("Error"), "description": dropped}
    return accepted


def _batch_answer(rules: Rules) -> Document:
    index = {"type": "integer", "minimum": 0, "description": "The place in the batch, from 0."}
    with_errors = _object({"index": index, "errors": _array("Error", minItems=1)})
    ids = {"type": "array", "items": nullable(event_id_schema(rules))}
    answer = _object(
        {
            "accepted": {"type": "integer", "minimum": 0, "description": "The number of accepted requests."},
            "rejected": {"type": "array", "items": with_errors, "description": "Pointers are into the whole body."},
            "eventIDs": ids
            | {"description": "For each request; null if it was refused, and in a dry run if it has none."},
        }
    )
    duplicate = _object({"index": index, "differs": {"type": "boolean"}})
    repeated = "The requests whose event id was accepted before. Nothing of them was saved."
    answer["properties"]["duplicates"] = {"type": "array", "items": duplicate, "description": repeated}
    if rules.invalid == "drop":
        answer["properties"]["dropped"] = {"type": "array", "items": with_errors}
    return answer


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


def _array(name: str, **limits: int) -> Document:
    return {"type": "array", "items": _ref(name), **limits}


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
