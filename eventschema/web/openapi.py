"""The OpenAPI 3.1 document of the endpoint under given rules.

The service accepts nothing that the document excludes. It refuses some of the rest with 422, since JSON Schema
(2020-12) cannot express all rules: which values a property takes depends on earlier events.
"""

from eventschema.core.rules import Rules
from eventschema.export.jsonschema import further_properties
from eventschema.export.requests import LINE, SHORT_TEXT, contact_schema, event_id_schema, nullable
from eventschema.version import __version__
from eventschema.web.batch import MAX_EVENTS
from eventschema.web.errors import error_schemas
from eventschema.web.openapiparts import (
    DRY_RUN,
    Document,
    array_of,
    body_errors,
    error_responses,
    json_answer,
    json_body,
    object_,
    problem_response,
    ref_to,
    security,
    unavailable,
)
from eventschema.web.openapischemas import schema_components, schema_paths


def openapi(rules: Rules, *, has_tokens: bool) -> Document:
    """The document as JSON values. If the service ``has_tokens``, it says which scope each operation needs."""
    document: Document = {
        "openapi": "3.1.0",
        "info": {"title": "eventschema", "version": __version__, "summary": "Events and their schemas."},
        "paths": {
            "/v4/track": {"post": _track(has_tokens=has_tokens)},
            "/v4/track/batch": {"post": _track_batch(has_tokens=has_tokens)},
            **schema_paths(rules, has_tokens=has_tokens),
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
                **schema_components(rules),
                "Problem": _problem(),
                "Health": object_({"status": {"const": "ok"}, "lastWrite": {"enum": ["ok", "none"]}}),
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
        "parameters": [DRY_RUN],
        "requestBody": json_body("TrackRequest"),
        "responses": {
            "200": json_answer("In a dry run: the request would be saved.", "DryRun"),
            "202": json_answer("The request is saved.", "Accepted"),
            **body_errors(
                "The body, its contact or its properties is not a JSON object, or an object has a key twice.",
                "The request was refused, and nothing of it was saved.",
            ),
            **error_responses(has_tokens=has_tokens),
        },
        **security("events.write", has_tokens=has_tokens),
    }


def _track_batch(*, has_tokens: bool) -> Document:
    return {
        "operationId": "trackBatch",
        "summary": "Track up to 1,000 events, in order. All that are accepted are saved in one transaction.",
        "parameters": [DRY_RUN],
        "requestBody": json_body("TrackBatch"),
        "responses": {
            "200": json_answer("In a dry run: what would be saved.", "BatchAnswer"),
            "202": json_answer("All requests are saved.", "BatchAnswer"),
            "207": json_answer("Some requests were refused, the others are saved.", "BatchAnswer"),
            **body_errors(
                "The body is not a JSON object with an array of requests, or an object in it has a key twice.",
                "The batch has too many requests, or other fields. Nothing of it was saved.",
            ),
            "501": problem_response("The store of this service cannot save a batch in one transaction."),
            **error_responses(has_tokens=has_tokens),
        },
        **security("events.write", has_tokens=has_tokens),
    }


def _health(operation: str, summary: str) -> Document:
    responses = {"200": json_answer("The store works.", "Health"), "503": unavailable()}
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
            # Without its pattern: an example tells a reader more.
            "eventTime": {"type": ["string", "null"], "description": "ISO 8601: 2026-11-23T12:41:00Z"},
            "eventID": nullable(event_id_schema(rules)),
            "origin": SHORT_TEXT,
            "eventVersion": SHORT_TEXT,
        },
    }


def _track_batch_request(rules: Rules) -> Document:
    other = {"description": "Anything else is refused by itself."}
    items = {"anyOf": [ref_to("TrackRequest"), other]}
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
    accepted = object_({"eventID": event_id})
    duplicate = "The event id was accepted before. Nothing was saved."
    differs = "The content is not that of the event which was saved under this id."
    accepted["properties"]["duplicate"] = {"const": True, "description": duplicate}
    accepted["properties"]["differs"] = {"const": True, "description": differs}
    accepted["dependentRequired"] = {"differs": ["duplicate"]}
    if rules.invalid == "drop":
        dropped = "The errors of the properties without which the event was saved."
        accepted["properties"]["dropped"] = {"type": "array", "items": ref_to("Error"), "description": dropped}
    return accepted


def _batch_answer(rules: Rules) -> Document:
    index = {"type": "integer", "minimum": 0, "description": "The place in the batch, from 0."}
    with_errors = object_({"index": index, "errors": array_of("Error", minItems=1)})
    ids = {"type": "array", "items": nullable(event_id_schema(rules))}
    answer = object_(
        {
            "accepted": {"type": "integer", "minimum": 0, "description": "The number of accepted requests."},
            "rejected": {"type": "array", "items": with_errors, "description": "Pointers are into the whole body."},
            "eventIDs": ids
            | {"description": "For each request; null if it was refused, and in a dry run if it has none."},
        }
    )
    duplicate = object_({"index": index, "differs": {"type": "boolean"}})
    repeated = "The requests whose event id was accepted before. Nothing of them was saved."
    answer["properties"]["duplicates"] = {"type": "array", "items": duplicate, "description": repeated}
    if rules.invalid == "drop":
        answer["properties"]["dropped"] = {"type": "array", "items": with_errors}
    return answer


def _problem() -> Document:
    problem = object_(
        {
            "type": {"const": "about:blank"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
        }
    )
    problem["properties"]["errors"] = {"type": "array", "items": ref_to("Error"), "minItems": 1}
    return problem
