"""Runs the HTTP server of ``eventschema serve``: its start, its log and its end."""

import asyncio
import logging
import signal
import socket
from contextlib import suppress
from dataclasses import dataclass
from math import ceil
from types import FrameType
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from eventschema.cli.collecting import rare_collections
from eventschema.cli.connections import BACKLOG, Connection, Limits, end_late
from eventschema.cli.output import say, visible
from eventschema.web import RequestLog
from eventschema.web.problems import problem_response
from eventschema.web.repeats import RepeatLog, describe

_TICKS: Final = 10  # of uvicorn's main loop in a second
_LAST_ANSWERS: Final = 0.5  # seconds in which the requests that are cancelled at the end can be answered


@dataclass(frozen=True, slots=True)
class End:
    """How the server ended: how many requests were not answered, and whether a second signal made it hurry."""

    unanswered: int
    is_forced: bool


class _Server(uvicorn.Server):
    """uvicorn that prints where it listens and that it stops, and that ends slow connections.

    ``unanswered`` is the number of requests that were still in flight when it ended.
    """

    unanswered = 0

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            host, port = self.config.host, self.servers[0].sockets[0].getsockname()[1]
            url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
            say(f"eventschema is running on {url} (Ctrl+C stops it).")

    async def on_tick(self, counter: int) -> bool:
        if counter % _TICKS == 0:
            end_late(self.server_state.connections, asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop; on a second signal of any kind, at once."""
        self.force_exit = self.should_exit
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        grace = self.config.timeout_graceful_shutdown
        say(f"Stopping: requests in flight are finished first, for at most {grace} s.")
        forcing = asyncio.create_task(self._end_when_forced())
        await super().shutdown(sockets)
        forcing.cancel()
        if (cancelled := set(self.server_state.tasks)) and not self.force_exit:
            self.unanswered = len(cancelled)
            await asyncio.wait(cancelled, timeout=_LAST_ANSWERS)
        self._end_connections()

    async def _end_when_forced(self) -> None:
        while not self.force_exit:
            await asyncio.sleep(1 / _TICKS)
        self._end_connections()

    def _end_connections(self) -> None:
        """Close connections at once. Otherwise their requests wait, even when cancelled, for clients that never read.

        Some versions of Python also wait for all connections.
        """
        self.unanswered = max(self.unanswered, len(self.server_state.tasks))
        for connection in list(self.server_state.connections):
            connection.transport.abort()


def serve_app(app: ASGIApp, host: str, port: int, level: str, limits: Limits, stop_timeout: float) -> End:
    """Serve ``app`` within ``limits`` until SIGINT or SIGTERM, then answer the requests in flight.

    That takes at most ``stop_timeout`` seconds: then the others are answered with 503. Meanwhile new connections are
    refused, and idle ones are closed. A second signal stops the server at once. Raises ``SystemExit`` if the service
    cannot start; the reason is in the log.
    """
    config = uvicorn.Config(
        _answer_the_last(RequestLog(app)),
        host=host,
        port=port,
        http=type("Connection", (Connection,), {"limits": limits}),
        ws="none",
        backlog=BACKLOG,
        log_config=_logging(level),
        lifespan="off",
        access_log=False,  # its lines include the query
        timeout_graceful_shutdown=ceil(stop_timeout),
    )
    # uvicorn raises the signal again after the last answer. That must not end the process before the store is closed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    server = _Server(config)
    with suppress(KeyboardInterrupt), rare_collections():
        server.run()
    return End(server.unanswered, server.force_exit)


def _answer_the_last(app: ASGIApp) -> ASGIApp:
    """Answer 503 where uvicorn cancels a request at the end of its time. uvicorn itself would answer 500."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        is_answered = False

        async def send_noting(message: Message) -> None:
            nonlocal is_answered
            is_answered = True
            await send(message)

        try:
            await app(scope, receive, send_noting)
        except asyncio.CancelledError:
            if is_answered:
                raise
            response = problem_response(503, "The service stops.", {"Retry-After": "1", "Connection": "close"})
            await response(scope, receive, send)

    return answer


class _Repeats(logging.Handler):
    """Logs what uvicorn and asyncio report. A failure is one line, and repetitions of it are counted once a minute."""

    def __init__(self) -> None:
        super().__init__()
        self._repeats = RepeatLog(logging.getLogger("eventschema.server"))

    def emit(self, record: logging.LogRecord) -> None:
        """Log a line for ``record``, or count it. It raises nothing, since that would end the server."""
        try:
            self._note(record)
        except Exception:
            self.handleError(record)

    def _note(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, asyncio.CancelledError):  # a request that was not answered before the end
            return
        text = record.getMessage().partition("\n")[0]  # asyncio adds what its objects look like
        if error is not None:
            text = f"{text}: {describe(error)}"
        if record.levelno < logging.WARNING:
            logging.getLogger("eventschema.server").debug("%s", text)
        else:
            self._repeats.note(record.levelno, text)


class _Lines(logging.Formatter):
    """The lines of the log, with nothing in them that controls a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return visible(super().format(record))


def _logging(level: str) -> dict[str, Any]:
    """Return the settings of a log of ``level`` on standard error. Only debug includes all messages of uvicorn."""

    def logger(level: str, handler: str) -> dict[str, Any]:
        return {"handlers": [handler], "level": level.upper(), "propagate": False}

    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": _Lines, "fmt": "%(asctime)s %(levelname)s %(message)s"}},
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "line"},
            "repeats": {"()": _Repeats},
        },
        "loggers": {
            "uvicorn": logger("debug" if level == "debug" else "warning", "repeats"),  # _Server prints start and stop
            "asyncio": logger("warning", "repeats"),
            "eventschema": logger(level, "stderr"),
        },
    }
