"""Logs a line for each request: its method, path, status and time, but never its query, headers or body."""

import logging
from time import perf_counter
from typing import Final
from urllib.parse import quote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from eventschema.core.pointers import truncate

#: How many characters of a method and of a path are logged. A client may send thousands.
MAX_METHOD: Final = 16
MAX_PATH: Final = 300

_log: Final = logging.getLogger("eventschema.requests")


class RequestLog:
    """The ASGI application ``app``, with a line for each HTTP request in the log ``eventschema.requests``.

    A line has the level INFO: ``POST /v4/track 202 3.4 ms``. The path is percent-encoded, so it is one line of ASCII
    whatever a client sends. The status is ``-`` if no response was started. Put it around the whole application: as one
    of its middlewares it would not see the response to an error (500).
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let ``app`` answer, then log the line."""
        if scope["type"] != "http" or not _log.isEnabledFor(logging.INFO):
            await self._app(scope, receive, send)
            return
        status: int | str = "-"

        async def send_noting_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        started = perf_counter()
        try:
            await self._app(scope, receive, send_noting_status)
        finally:
            method, path = truncate(scope["method"], MAX_METHOD), truncate(quote(scope["path"]), MAX_PATH)
            _log.info("%s %s %s %.1f ms", method, path, status, (perf_counter() - started) * 1000)
