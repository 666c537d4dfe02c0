"""A line in the log for each request: its method, path, status and time; never its query, headers or body."""

import logging
from time import perf_counter
from typing import Final
from urllib.parse import quote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from eventschema.core.pointers import truncate

#: Characters of a method and of a path that a line has; a client may send thousands.
MAX_METHOD: Final = 16
MAX_PATH: Final = 300

_log: Final = logging.getLogger("eventschema.requests")


class RequestLog:
    """The ASGI application ``app``, with a line for each HTTP request in the log ``eventschema.requests``.

    The lines are of the level INFO, ``POST /v4/track 202 3.4 ms``. The path is percent-encoded, so that it is one line
    of ASCII whatever a client sends; ``-`` stands for the status where no answer was begun. Put it around the whole
    application and not among its middleware, which does not see the answer to an error (500).
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have ``app`` answer, and write the line when it has."""
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
