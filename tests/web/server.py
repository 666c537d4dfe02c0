"""A real server for the tests: uvicorn, in a thread of its own, on a free port of this machine."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp


class _Server(uvicorn.Server):
    """Uvicorn's server, which ends as soon as it can: uvicorn looks ten times a second, and waits for 0.1 s once."""

    async def main_loop(self) -> None:
        while not await self.on_tick(0):
            await asyncio.sleep(0.005)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        while self.server_state.connections or self.server_state.tasks:
            await asyncio.sleep(0.005)
        await self.lifespan.shutdown()


@contextmanager
def serving(app: ASGIApp) -> Iterator[int]:
    """The port that ``app`` is served on."""
    server = _Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.005)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(30)


def exchange(port: int, *parts: bytes, closing: bool = False) -> bytes:
    """What the server answers to ``parts``, raw bytes sent one after the other, until it closes the connection.

    With ``closing`` the client goes away after the last part, and hears nothing.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        try:
            for part in parts:
                connection.sendall(part)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the server has read enough; its response, if any, is in the buffer
        if closing:
            return b""
        answer = b""
        try:
            while received := connection.recv(65536):
                answer += received
        except ConnectionResetError:
            pass
        return answer


def post(body: bytes, *, length: int | None = None, headers: bytes = b"") -> bytes:
    """A raw request, whose declared length may be a lie, on a connection to be closed."""
    declared = len(body) if length is None else length
    return (
        b"POST /v4/track HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Type: application/json\r\n"
        + headers
        + b"Content-Length: %d\r\n\r\n" % declared
        + body
    )
