"""Refuses requests whose end is ambiguous, since a proxy in front may see another end: request smuggling.

RFC 9112, section 6.1: a message with both ``Transfer-Encoding`` and ``Content-Length`` ought to be handled as an error,
and one with ``Transfer-Encoding`` in HTTP/1.0 must be. Some HTTP servers let both through.
"""

from collections.abc import Awaitable
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from eventschema.web.problems import problem_response

_CLOSE: Final = {"Connection": "close"}  # what follows on the connection may be part of this request
_DETAIL: Final = "A request must not have Content-Length and Transfer-Encoding, and in HTTP/1.0 no Transfer-Encoding."


class RefuseAmbiguous:
    """The ASGI application ``app``, except that requests of ambiguous length are answered with 400."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer the request, or let the application answer it."""
        app = problem_response(400, _DETAIL, _CLOSE) if _is_ambiguous(scope) else self._app
        return app(scope, receive, send)


def _is_ambiguous(scope: Scope) -> bool:
    if scope["type"] != "http":
        return False
    names = [name for name, _ in scope["headers"]]
    return b"transfer-encoding" in names and (b"content-length" in names or scope["http_version"] == "1.0")
