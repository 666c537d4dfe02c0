"""The part of the OpenAPI document about schemas: to list and read them, and to declare, freeze and retype them."""

from typing import Final

from eventschema.core.comparison import is_lossless
from eventschema.core.rules import Rules
from eventschema.core.types import PropertyType
from eventschema.export.requests import LINE
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
    query_parameter,
    ref_to,
    security,
)
from eventschema.web.query import MAX_PAGE

_TYPE: Final[Document] = {"enum": [type_.value for type_ in PropertyType]}
_TYPES: Final[Document] = {"type": "object", "additionalProperties": _TYPE}
_VERSION: Final[Document] = {"type": "integer", "minimum": 0}
_VERSIONS: Final[Document] = {"type": "object", "additionalProperties": _VERSION}
_ETAG: Final[Document] = {
    "schema": {"type": "string"},
    "description": 'RFC 9110: "VERSION-FINGERPRINT" of the schema, for If-Match and If-None-Match.',
}
_LINK: Final[Document] = {
    "schema": {"type": "string"},
    "description": "RFC 8288: the next page (rel=next), if there is one.",
}
_NO_SCHEMA: Final = "There is no schema of this name."


def schema_paths(rules: Rules, *, has_tokens: bool) -> Document:
    """The paths by their templates."""
    name = {"type": "string", "minLength": 1, "maxLength": rules.max_event_name_length}
    given = [{"name": "eventName", "in": "path", "required": True, "schema": name}]
    return {
        "/v4/schemas": {"get": _list(has_tokens=has_tokens)},
        "/v4/schemas/{eventName}": {
            "parameters": given,
            "get": _read(has_tokens=has_tokens),
            "put": _declare(has_tokens=has_tokens),
            "patch": _retype(has_tokens=has_tokens),
        },
        "/v4/schemas/{eventName}/history": {"parameters": given, "get": _history(has_tokens=has_tokens)},
        "/v4/schemas/{eventName}/last-seen": {"parameters": given, "get": _last_seen(has_tokens=has_tokens)},
    }


def schema_components(rules: Rules) -> Document:
    """The components that these paths refer to."""
    return {
        "EventSchema": _event_schema(),
        "SchemaFile": object_({"format": {"const": 1}, "schemas": array_of("EventSchema", maxItems=MAX_PAGE)}),
        "Declaration": _declaration(rules),
        "Retype": _retype_request(),
        "RetypePlan": _plan(),
        "Retyped": _retyped(),
        "RetypeProblem": _retype_problem(),
        "History": _history_answer(),
        "LastSeen": _last_seen_answer(),
    }


def _list(*, has_tokens: bool) -> Document:
    after = {"type": "string", "minLength": 1, "pattern": LINE}
    return {
        "operationId": "schemas",
        "summary": "A page of the schemas, ordered by name, as a schema file.",
        "parameters": [
            query_parameter("after", after, "The page begins with the first name after this one."),
            _limit("schemas"),
        ],
        "responses": {
            "200": {**json_answer("The schemas.", "SchemaFile"), "headers": {"Link": _LINK}},
            "400": problem_response("A parameter of the query is wrong or unknown."),
            "501": problem_response("The store of this service cannot list its schemas."),
            **error_responses(has_tokens=has_tokens),
        },
        **security("events.read", has_tokens=has_tokens),
    }


def _read(*, has_tokens: bool) -> Document:
    return {
        "operationId": "schema",
        "summary": "The schema of the events of a name.",
        "parameters": [_header("If-None-Match", {"type": "string"}, "The tags of schemas that the client has.")],
        "responses": {
            "200": _schema_answer("The schema."),
            "304": {"description": "The client has this version.", "headers": {"ETag": _ETAG}},
            "404": problem_response(_NO_SCHEMA),
            **error_responses(has_tokens=has_tokens),
        },
        **security("events.read", has_tokens=has_tokens),
    }


def _declare(*, has_tokens: bool) -> Document:
    return {
        "operationId": "declareSchema",
        "summary": "Declare a schema, or add properties to it. It can be frozen too, or no longer frozen.",
        "parameters": [*_conditions()],
        "requestBody": json_body("Declaration"),
        "responses": {
            "200": _schema_answer("The schema, which has what was declared."),
            "201": _schema_answer("The new schema."),
            "404": problem_response("The name has a line break, which no path of a schema has."),
            "409": problem_response("A property has another type in the store. Nothing was changed."),
            "412": problem_response("The schema has another version than the headers say. Nothing was changed."),
            "501": problem_response("The store of this service cannot declare schemas."),
            **body_errors("The body is not a JSON object, or an object has a key twice.", "This is no declaration."),
            **error_responses(has_tokens=has_tokens),
        },
        **security("schemas.write", has_tokens=has_tokens),
    }


def _retype(*, has_tokens: bool) -> Document:
    conflict = json_answer("A new type refuses stored values. Nothing was changed.", "RetypeProblem")
    conflict["content"] = {"application/problem+json": conflict["content"]["application/json"]}
    return {
        "operationId": "retypeSchema",
        "summary": "Change types of properties, after a plan over the stored events.",
        "parameters": [DRY_RUN, *_conditions()],
        "requestBody": json_body("Retype"),
        "responses": {
            "200": {**json_answer("The plan, and the schema after it.", "Retyped"), "headers": {"ETag": _ETAG}},
            "404": problem_response(_NO_SCHEMA),
            "409": conflict,
            "412": problem_response("The schema has another version than the headers say. Nothing was changed."),
            "501": problem_response("The store of this service cannot retype schemas."),
            **body_errors("The body is not a JSON object, or an object has a key twice.", "This is no retype."),
            **error_responses(has_tokens=has_tokens),
        },
        **security("schemas.write", has_tokens=has_tokens),
    }


def _history(*, has_tokens: bool) -> Document:
    return {
        "operationId": "schemaHistory",
        "summary": "The versions of a schema: what each added, retyped or froze, by whom and when.",
        "parameters": [
            query_parameter("after", {**_VERSION, "maximum": 999_999_999}, "The page begins after this version."),
            _limit("versions"),
        ],
        "responses": {
            "200": {**json_answer("The versions.", "History"), "headers": {"Link": _LINK}},
            "400": problem_response("A parameter of the query is wrong or unknown."),
            "404": problem_response(_NO_SCHEMA),
            "501": problem_response("The store of this service keeps no history."),
            **error_responses(has_tokens=has_tokens),
        },
        **security("events.read", has_tokens=has_tokens),
    }


def _last_seen(*, has_tokens: bool) -> Document:
    return {
        "operationId": "lastSeen",
        "summary": "The days, in UTC, of the last accepted events of a schema, and with each of its properties.",
        "responses": {
            "200": json_answer("The days.", "LastSeen"),
            "400": problem_response("There is a query."),
            "404": problem_response(_NO_SCHEMA),
            "501": problem_response("The store of this service keeps no days of events."),
            **error_responses(has_tokens=has_tokens),
        },
        **security("events.read", has_tokens=has_tokens),
    }


def _limit(what: str) -> Document:
    limit = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": MAX_PAGE}
    return query_parameter("limit", limit, f"The most {what} in the answer.")


def _conditions() -> list[Document]:
    tags = {"type": "string"}
    return [
        _header("If-Match", tags, "Change only a schema with one of these tags; *: only one that exists."),
        _header("If-None-Match", tags, "Change only a schema with none of these tags; *: only make a new one."),
    ]


def _header(name: str, schema: Document, description: str) -> Document:
    return {"name": name, "in": "header", "required": False, "schema": schema, "description": description}


def _schema_answer(description: str) -> Document:
    return {**json_answer(description, "EventSchema"), "headers": {"ETag": _ETAG}}


def _event_schema() -> Document:
    schema = object_(
        {
            "format": {"enum": [1, 2, 3]},
            "name": {"type": "string"},
            "version": _VERSION,
            "properties": _TYPES,
            "since": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 1}},
        }
    )
    frozen = {"const": True, "description": "No event adds a property."}
    schema["properties"] |= {"added": _VERSIONS, "frozen": frozen, "frozenSince": _VERSION}
    return schema


def _declaration(rules: Rules) -> Document:
    names = {"minLength": 1, "maxLength": rules.max_name_length, "pattern": "^[A-Za-z0-9_]+$"}
    frozen = {
        "type": ["boolean", "null"],
        "description": "true: no event adds a property from now on; false: events do again; absent: as it is.",
    }
    return {
        "type": "object",
        "description": "What the document of a schema has, of which all may be missing.",
        "additionalProperties": False,
        "properties": {
            "format": {"enum": [1, 2, 3]},
            "name": {"type": "string", "description": "The name in the path."},
            "version": _VERSION,
            "properties": {**_TYPES, "propertyNames": names},
            "since": _VERSIONS,
            "added": _VERSIONS,
            "frozen": frozen,
            "frozenSince": _VERSION,
        },
    }


def _retype_request() -> Document:
    force = {"type": "boolean", "default": False, "description": "Retype even if a new type refuses stored values."}
    return {
        "type": "object",
        "required": ["retype"],
        "additionalProperties": False,
        "properties": {"retype": {**_TYPES, "description": "The new types by property."}, "force": force},
    }


def _plan() -> Document:
    count = {"type": "integer", "minimum": 0}
    version = object_({"version": {"type": ["integer", "null"]}, "accepted": count, "refused": count, "changed": count})
    kinds = sorted({"lossless" if is_lossless(old, new) else "lossy" for old in PropertyType for new in PropertyType})
    planned = object_(
        {
            "name": {"type": "string"},
            "kind": {"enum": kinds},
            "before": _TYPE,
            "after": _TYPE,
            "accepted": count,
            "refused": count,
            "first": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Ids of events with such values.",
            },
            "versions": {"type": "array", "items": version, "description": "By the version of the events."},
        }
    )
    plan = {"event": {"type": "string"}, "version": _VERSION, "losesValues": {"type": "boolean"}}
    return object_({**plan, "properties": {"type": "array", "items": planned}})


def _retyped() -> Document:
    return object_({**_plan()["properties"], "retyped": {"type": "boolean"}, "schema": ref_to("EventSchema")})


def _retype_problem() -> Document:
    text = {"type": "string"}
    fields = {"type": {"const": "about:blank"}, "title": text, "status": {"const": 409}, "detail": text}
    return object_({**fields, "plan": ref_to("RetypePlan")})


def _history_answer() -> Document:
    nullable_text = {"type": ["string", "null"]}
    version = object_(
        {"version": _VERSION, "added": _TYPES, "eventID": nullable_text, "who": nullable_text, "at": {"type": "string"}}
    )
    pair = {"type": "array", "items": {"enum": [*_TYPE["enum"], None]}, "minItems": 2, "maxItems": 2}
    old_and_new = {"type": "object", "additionalProperties": pair, "description": "The old and the new types."}
    version["properties"] |= {"retyped": old_and_new, "frozen": {"type": "boolean"}}
    return object_({"name": {"type": "string"}, "versions": {"type": "array", "items": version}})


def _last_seen_answer() -> Document:
    day = {"type": ["string", "null"], "format": "date"}
    none = "null: there was no such event, or none since days are kept."
    days = {"type": "object", "additionalProperties": day, "description": "By property."}
    known = {**day, "description": "Since when days are kept; null: from the first event on."}
    return object_(
        {"name": {"type": "string"}, "eventDay": {**day, "description": none}, "properties": days, "knownSince": known}
    )
