"""Requests whose end is ambiguous, on a real server and raw sockets."""

import json
from collections.abc import Callable, Iterator

import pytest

from eventschema.store import MemoryStore
from eventschema.web import create_app
from tests.web.server import exchange, serving

EVENT = json.dumps({"eventName": "order", "contact": {"email": "ann@example.com"}}).encode()
POST = b"POST /v4/track HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
SMUGGLED = POST + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(EVENT) + EVENT
CHUNKED = b"%x\r\n" % len(EVENT) + EVENT + b"\r\n0\r\n\r\n"


@pytest.fixture(scope="module")
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture(scope="module")
def port(store: MemoryStore) -> Iterator[int]:
    """One server for all of these tests: it must refuse what is wrong, and go on."""
    with serving(create_app(store)) as number:
        yield number


@pytest.fixture
def saved(store: MemoryStore) -> Callable[[], int]:
    """How many events were saved since the test began."""
    before = len(list(store.events()))
    return lambda: len(list(store.events())) - before


@pytest.mark.parametrize(
    "first", [b"GET /healthz HTTP/1.1\r\nHost: test\r\n", POST, POST.replace(b"track", b"nothing")]
)
@pytest.mark.parametrize("order", [1, -1])
def test_both_lengths_are_refused(port: int, saved: Callable[[], int], first: bytes, order: int) -> None:
    """By its Transfer-Encoding the request ends before another one, by its Content-Length after it."""
    body = b"0\r\n\r\n" + SMUGGLED
    lengths = [b"Content-Length: %d\r\n" % len(body), b"Transfer-Encoding: chunked\r\n"][::order]
    answer = exchange(port, first + b"".join(lengths) + b"\r\n" + body)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1") == 1
    assert b"connection: close\r\n" in answer.lower()
    assert saved() == 0


def test_chunks_in_http_1_0_are_refused(port: int, saved: Callable[[], int]) -> None:
    head = POST.replace(b"HTTP/1.1", b"HTTP/1.0") + b"Transfer-Encoding: chunked\r\n\r\n"
    answer = exchange(port, head + CHUNKED)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert saved() == 0


@pytest.mark.parametrize(
    "lengths",
    [
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b"Content-Length: +5\r\n",
    ],
)
def test_the_server_refuses_wrong_lengths_itself(port: int, saved: Callable[[], int], lengths: bytes) -> None:
    answer = exchange(port, POST + lengths + b"\r\n" + CHUNKED)
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 501 "))
    assert saved() == 0


def test_chunks_alone_are_accepted(port: int, saved: Callable[[], int]) -> None:
    answer = exchange(port, POST + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKED)
    assert answer.startswith(b"HTTP/1.1 202 ")
    assert saved() == 1
