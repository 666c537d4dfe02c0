"""Clients of an HTTP service that take little processor time: one process sends over many connections that stay open.

Each connection sends a request, reads the answer, and sends the next. Requests are made in advance, and of an answer
only its status and its length are read. So one process keeps a server busy and takes a small part of one core itself.
"""

import re
import selectors
import socket
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

CLIENTS: Final = 64

_LENGTH: Final = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)


class Load(NamedTuple):
    """Answers a second, and the share of one core that the clients took."""

    rate: float
    share: float


def post(path: str, body: bytes) -> bytes:
    """An HTTP request with ``body`` as JSON."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


def send(port: int, requests: Sequence[bytes], seconds: float, clients: int = CLIENTS) -> Load:
    """Send ``requests`` in turns for ``seconds``, from ``clients`` at a time. Raises unless all are accepted (202)."""
    with selectors.DefaultSelector() as selector:
        connections = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(clients)]
        received: dict[int, bytes] = {}
        number = 0
        for connection in connections:
            selector.register(connection, selectors.EVENT_READ, connection)
        started, used = time.perf_counter(), time.process_time()
        for connection in connections:
            connection.sendall(requests[number % len(requests)])
            number += 1
        answered = 0
        end = started + seconds
        while time.perf_counter() < end:
            for key, _ in selector.select(1):
                connection = key.data
                answer = received.pop(key.fd, b"") + connection.recv(65536)
                if not _is_complete(answer):
                    received[key.fd] = answer
                    continue
                answered += 1
                connection.sendall(requests[number % len(requests)])
                number += 1
        took = time.perf_counter() - started
        share = (time.process_time() - used) / took
        for connection in connections:
            connection.close()
    return Load(answered / took, share)


def _is_complete(answer: bytes) -> bool:
    if not answer.startswith(b"HTTP/1.1 202"):
        raise RuntimeError(f"the service did not accept a request: {answer[:300]!r}")
    head, end, body = answer.partition(b"\r\n\r\n")
    length = _LENGTH.search(head + b"\r\n")
    return bool(end) and length is not None and len(body) >= int(length[1])
