"""JSON responses, and problem details (RFC 9457) for errors."""

from collections.abc import Collection, Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from eventschema.core.violations import Violation, problem_details

PROBLEM_JSON: Final = "application/problem+json"

# The titles of RFC 9110, where some versions of Python have older ones.
_TITLES: Final = {413: "Content Too Large", 422: "Unprocessable Content"}

_encode = msgspec.json.Encoder().encode


class Problem(Exception):
    """Raised to answer with problem details: the ``status``, a ``detail`` of one sentence, and ``headers``."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, detail)
        self.status = status
        self.detail = detail
        self.headers = headers


def json_response(content: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """``content`` as JSON."""
    return Response(_encode(content), status, headers, media_type="application/json")


def refusal_response(errors: Iterable[Violation]) -> Response:
    """The problem details of a request's violations: 400 if one is ``malformed_request``, else 422."""
    details = problem_details(errors)
    return Response(_encode(details), details["status"], media_type=PROBLEM_JSON)


def conflict_response(
    errors: Collection[Violation], detail: str = "", further: Mapping[str, Any] | None = None
) -> Response:
    """The problem details (409) of a change that what is stored does not allow, with ``further`` members."""
    details: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(409).phrase, "status": 409, "detail": detail}
    if errors:
        details = problem_details(errors) | {"title": details["title"], "status": 409}
    return Response(_encode(details | dict(further or {})), 409, media_type=PROBLEM_JSON)


def problem_response(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """Problem details without violations."""
    title = _TITLES.get(status) or HTTPStatus(status).phrase
    content = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return Response(_encode(content), status, headers, media_type=PROBLEM_JSON)


async def on_problem(_: Request, error: Exception) -> Response:
    """The response to a ``Problem``."""
    assert isinstance(error, Problem)
    return problem_response(error.status, error.detail, error.headers)


async def on_not_found(_: Request, error: Exception) -> Response:
    """The response to an unknown path."""
    return problem_response(404, "There is nothing at this path.")


async def on_wrong_method(_: Request, error: Exception) -> Response:
    """The response to a method that the path does not support; the header ``Allow`` lists those that it does."""
    return problem_response(405, "This path does not support that method.", getattr(error, "headers", None))
