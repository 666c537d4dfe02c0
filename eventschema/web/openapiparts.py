"""Parts of the OpenAPI document: bodies, answers, and JSON Schemas of objects."""

from typing import Any, Final

Document = dict[str, Any]

#: The parameter of operations that may save nothing.
DRY_RUN: Final[Document] = {
    "name": "dryRun",
    "in": "query",
    "required": False,
    "schema": {"type": "boolean", "default": False},
    "description": "Decide, and save nothing.",
}


def json_body(name: str) -> Document:
    """The body of a request, of the component ``name``."""
    return {"required": True, "content": {"application/json": {"schema": ref_to(name)}}}


def body_errors(malformed: str, refused: str) -> Document:
    """The answers to a body that is ``malformed`` (400), ``refused`` (422) or is not read at all."""
    return {
        "400": problem_response(f"{malformed} Or a parameter of the query is wrong or unknown."),
        "408": problem_response("The body did not arrive in time."),
        "413": problem_response("The body is too large."),
        "415": problem_response("The body is not application/json, or has a Content-Encoding."),
        "422": problem_response(refused),
    }


def query_parameter(name: str, schema: Document, description: str) -> Document:
    """An optional parameter of the query."""
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


def object_(properties: Document) -> Document:
    """An object with exactly these properties."""
    return {
        "type": "object",
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
    }


def array_of(name: str, **limits: int) -> Document:
    """An array of the component ``name``."""
    return {"type": "array", "items": ref_to(name), **limits}


def ref_to(name: str) -> Document:
    """A reference to the component ``name``."""
    return {"$ref": f"#/components/schemas/{name}"}


def json_answer(description: str, name: str) -> Document:
    """An answer of the component ``name``."""
    return {"description": description, "content": {"application/json": {"schema": ref_to(name)}}}


def problem_response(description: str) -> Document:
    """An answer with problem details."""
    return {"description": description, "content": {"application/problem+json": {"schema": ref_to("Problem")}}}


def unavailable() -> Document:
    """The answer 503."""
    seconds = {"schema": {"type": "integer"}, "description": "The seconds to wait before trying again."}
    return {
        **problem_response("The store cannot answer now, or too many requests wait for it."),
        "headers": {"Retry-After": seconds},
    }


def error_responses(*, has_tokens: bool) -> Document:
    """The answers that every operation has."""
    late = {"503": unavailable()}
    if not has_tokens:
        return late
    challenge = {"WWW-Authenticate": {"schema": {"type": "string"}, "description": "RFC 6750, section 3"}}
    return {
        "401": {**problem_response("The bearer token is missing or unknown."), "headers": challenge},
        "403": {**problem_response("The bearer token lacks the scope."), "headers": challenge},
        **late,
    }


def security(scope: str, *, has_tokens: bool) -> Document:
    """Which scope an operation needs."""
    return {"security": [{"bearer": [scope]}]} if has_tokens else {}
