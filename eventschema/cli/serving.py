"""The process of ``eventschema serve``: the server, what it logs, and how it ends."""

import signal
import socket
from contextlib import suppress
from typing import Any, Final

import click
import uvicorn
from starlette.types import ASGIApp

from eventschema.web import RequestLog

#: Seconds that requests in flight are given when the service ends: a body may take 30, and a store as long.
GRACE: Final = 60


class _Server(uvicorn.Server):
    """uvicorn, saying on standard error where it listens, and that it ends, whatever the level of the log.

    ``unanswered`` are the requests that were still in flight when it ended.
    """

    unanswered = 0

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            host, port = self.config.host, self.servers[0].sockets[0].getsockname()[1]
            url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
            click.echo(f"eventschema is running on {url} (Ctrl+C stops it).", err=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        click.echo(f"Stopping: requests in flight are finished first, for at most {GRACE} s.", err=True)
        await super().shutdown(sockets)
        self.unanswered = len(self.server_state.tasks)


def run(app: ASGIApp, host: str, port: int, level: str) -> int:
    """Serve ``app`` until SIGINT or SIGTERM, and then until the requests in flight are answered.

    New connections are refused meanwhile, and idle ones closed. A second SIGINT ends it at once, and so do
    :data:`GRACE` seconds: returns the number of requests that were not answered. Raises ``SystemExit`` where the
    service cannot start; why is in the log.
    """
    config = uvicorn.Config(
        RequestLog(app),
        host=host,
        port=port,
        log_config=_logging(level),
        lifespan="off",
        access_log=False,  # its lines have the query
        timeout_graceful_shutdown=GRACE,
    )
    # When all is answered uvicorn raises the signal again, which would end the process before the store is closed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    server = _Server(config)
    with suppress(KeyboardInterrupt):
        server.run()
    return server.unanswered


def _logging(level: str) -> dict[str, Any]:
    """The log on standard error, of what is of ``level``; of uvicorn no more than its warnings, unless to debug it."""

    def logger(level: str) -> dict[str, Any]:
        return {"handlers": ["stderr"], "level": level.upper(), "propagate": False}

    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(message)s"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "loggers": {
            "uvicorn": logger("debug" if level == "debug" else "warning"),  # its start and stop are told above
            "eventschema": logger(level),
        },
    }
