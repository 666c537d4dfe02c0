"""The connections of ``eventschema serve``: how many there may be, and how long one may wait for its client.

uvicorn itself waits for the headers of a request, and for a client that does not read, for any time.
"""

import asyncio
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

from eventschema.web.problems import problem_response

if sys.platform != "win32":
    import resource

#: The longest queue of connections that are not accepted yet. asyncio accepts as many at once.
BACKLOG: Final = 100

# Files that the process needs besides the connections that it serves: those of the database and the log, and the
# connections that are just being refused. asyncio takes up to four steps to close one, and accepts new ones in each.
_OTHER_FILES: Final = 100 + 4 * BACKLOG


@dataclass(frozen=True, slots=True)
class Limits:
    """At most ``connections`` are served; one may wait for ``client_timeout`` seconds for what its client must do."""

    connections: int
    client_timeout: float


class Connection(H11Protocol):
    """uvicorn's connection, within ``limits``. A connection over the limit is answered with 503 and closed.

    A client has ``client_timeout`` seconds to send the headers of a request, from when it connected or from the end of
    the last response. It may stop reading a response for as long.
    """

    limits: Limits

    _waits_since: float
    _unsent: int = 0
    _unsent_since: float = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Refuse the connection if there are too many."""
        super().connection_made(transport)
        self._waits_since = self.loop.time()
        if len(self.connections) > self.limits.connections:
            transport.write(_TOO_MANY)
            transport.close()

    def on_response_complete(self) -> None:
        """Start to wait for the next request."""
        self._waits_since = self.loop.time()
        super().on_response_complete()

    def end_if_late(self, now: float) -> None:
        """Close the connection if its client has kept it waiting for too long."""
        if self._takes_nothing(now) or self._asks_nothing(now):
            self.transport.abort()

    def _takes_nothing(self, now: float) -> bool:
        unsent = self.transport.get_write_buffer_size()
        if unsent:
            self._waits_since = now  # it may ask for more when it has the response
        if not unsent or unsent < self._unsent or not self._unsent:
            self._unsent_since = now
        self._unsent = unsent
        return now - self._unsent_since >= self.limits.client_timeout

    def _asks_nothing(self, now: float) -> bool:
        is_waiting = self.cycle is None or self.cycle.response_complete
        return is_waiting and not self._unsent and now - self._waits_since >= self.limits.client_timeout


def end_late(connections: Iterable[Any], now: float) -> None:
    """Close the connections whose clients have kept them waiting for too long."""
    for connection in list(connections):
        connection.end_if_late(now)


def allow_connections(wanted: int) -> int:
    """Let the process open the files that ``wanted`` connections need; returns how many connections it may have."""
    if sys.platform == "win32":  # where sockets are no files
        return wanted
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + _OTHER_FILES
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return wanted
    allowed = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return max(allowed - _OTHER_FILES, 0)


def _raw_response() -> bytes:
    headers = {"Retry-After": "1", "Connection": "close"}
    response = problem_response(503, "Too many connections.", headers)
    lines = [b"HTTP/1.1 503 Service Unavailable", *(b": ".join(header) for header in response.raw_headers), b""]
    return b"\r\n".join(lines) + b"\r\n" + bytes(response.body)


_TOO_MANY: Final = _raw_response()
