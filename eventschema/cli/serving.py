"""The process of ``eventschema serve``: the HTTP server, its log and its end."""

import signal
import socket
from contextlib import suppress
from math import ceil
from typing import Any

import click
import uvicorn
from starlette.types import ASGIApp

from eventschema.web import RequestLog
from eventschema.web.app import BODY_TIMEOUT


class _Server(uvicorn.Server):
    """uvicorn that prints to standard error where it listens and that it stops, at every log level.

    ``unanswered`` is the number of requests that were still in flight when it ended.
    """

    unanswered = 0

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            host, port = self.config.host, self.servers[0].sockets[0].getsockname()[1]
            url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
            click.echo(f"eventschema is running on {url} (Ctrl+C stops it).", err=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        grace = self.config.timeout_graceful_shutdown
        click.echo(f"Stopping: requests in flight are finished first, for at most {grace} s.", err=True)
        await super().shutdown(sockets)
        self.unanswered = len(self.server_state.tasks)


def serve_app(app: ASGIApp, host: str, port: int, level: str, db_timeout: float) -> int:
    """Serve ``app`` until SIGINT or SIGTERM, then answer the requests in flight. Returns how many were not answered.

    Meanwhile new connections are refused, and idle ones are closed. A second SIGINT stops the server at once, and so
    does the time that a request may take: :data:`BODY_TIMEOUT` seconds for its body and ``db_timeout`` for the store.
    Raises ``SystemExit`` if the service cannot start; the reason is in the log.
    """
    config = uvicorn.Config(
        RequestLog(app),
        host=host,
        port=port,
        log_config=_logging(level),
        lifespan="off",
        access_log=False,  # its lines include the query
        timeout_graceful_shutdown=ceil(BODY_TIMEOUT + db_timeout),
    )
    # uvicorn raises the signal again after the last answer. That must not end the process before the store is closed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    server = _Server(config)
    with suppress(KeyboardInterrupt):
        server.run()
    return server.unanswered


def _logging(level: str) -> dict[str, Any]:
    """Return the settings of a log of ``level`` on standard error. Only debug includes all messages of uvicorn."""

    def logger(level: str) -> dict[str, Any]:
        return {"handlers": ["stderr"], "level": level.upper(), "propagate": False}

    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(message)s"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "loggers": {
            "uvicorn": logger("debug" if level == "debug" else "warning"),  # _Server prints its start and stop
            "eventschema": logger(level),
        },
    }
