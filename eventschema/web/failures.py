"""Logs why the service answered 503 or 500, each kind once and then its number: see ``repeats``."""

import logging
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from eventschema.store.protocols import StoreUnavailableError
from eventschema.store.waiting import StoreBusyError
from eventschema.web.problems import problem_response
from eventschema.web.repeats import RepeatLog, describe
from eventschema.web.storecalls import NotHealthyError

_FAILED: Final = "The service failed. The request was not saved, unless that was already done."


class Unavailable:
    """The handler of ``StoreUnavailableError``, which writes to ``log``."""

    def __init__(self, log: RepeatLog) -> None:
        self._log = log

    async def __call__(self, _: Request, error: Exception) -> Response:
        """The response if the store cannot answer, or too many requests wait for it: 503, to be tried again."""
        assert isinstance(error, StoreUnavailableError)
        cause = error.__cause__ if isinstance(error, NotHealthyError) else None
        self._log.note(logging.WARNING, f"Answered 503: {describe(cause or error)}")
        is_busy = isinstance(error, StoreBusyError)
        detail = "Too many requests wait for the store." if is_busy else "The store cannot answer now."
        return problem_response(503, detail, {"Retry-After": "1"})


class AnswerFailures:
    """The ASGI application ``app``, whose errors are answered with 500 and written to ``log``.

    The web server would log each with its traceback and text, which may quote people's data.
    """

    def __init__(self, app: ASGIApp, log: RepeatLog) -> None:
        self._app = app
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application answer. Raises its error if it has begun to answer, so that the server breaks off."""
        is_answered = False

        async def send_noting(message: Message) -> None:
            nonlocal is_answered
            is_answered = True
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        except Exception as error:
            self._log.note(logging.ERROR, f"Answered 500: {describe(error)}")
            if is_answered:
                raise
            await problem_response(500, _FAILED)(scope, receive, send)
