"""Answers of JSON: what was asked for, and problem details (RFC 9457) where something is wrong."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from eventschema.core.violations import Violation, problem_details
from eventschema.store.protocols import StoreUnavailableError
from eventschema.store.waiting import StoreBusyError

PROBLEM_JSON: Final = "application/problem+json"

# As RFC 9110 has them; some versions of Python have older words.
_TITLES: Final = {413: "Content Too Large", 422: "Unprocessable Content"}

_encode = msgspec.json.Encoder().encode


class Problem(Exception):
    """An answer of problem details with the ``status``, a ``detail`` of one sentence, and ``headers``."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, detail)
        self.status = status
        self.detail = detail
        self.headers = headers


def answer(content: Mapping[str, Any], status: int = 200) -> Response:
    """``content`` as JSON."""
    return Response(_encode(content), status, media_type="application/json")


def refusal(errors: Iterable[Violation]) -> Response:
    """The problem that the violations of a request are: 400 where it could not be taken apart, else 422."""
    details = problem_details(errors)
    return Response(_encode(details), details["status"], media_type=PROBLEM_JSON)


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """A problem without violations."""
    title = _TITLES.get(status) or HTTPStatus(status).phrase
    content = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return Response(_encode(content), status, headers, media_type=PROBLEM_JSON)


async def on_problem(_: Request, error: Exception) -> Response:
    """The answer that a ``Problem`` is."""
    assert isinstance(error, Problem)
    return problem(error.status, error.detail, error.headers)


async def on_unavailable(_: Request, error: Exception) -> Response:
    """The answer where the store cannot answer, or not so many at once: 503, to be tried again."""
    assert isinstance(error, StoreUnavailableError)
    is_busy = isinstance(error, StoreBusyError)
    detail = "Too many requests wait for the store." if is_busy else "The store cannot answer for now."
    return problem(503, detail, {"Retry-After": "1"})


async def on_not_found(_: Request, error: Exception) -> Response:
    """The answer to a path that there is not."""
    return problem(404, "There is nothing at this path.")


async def on_wrong_method(_: Request, error: Exception) -> Response:
    """The answer to a method that a path has not; the header ``Allow`` names those that it has."""
    return problem(405, "The path has other methods than this.", getattr(error, "headers", None))


async def on_error(_: Request, error: Exception) -> Response:
    """The answer where the service itself is at fault."""
    return problem(500, "The service failed; nothing of the request was stored, unless that had been done already.")
