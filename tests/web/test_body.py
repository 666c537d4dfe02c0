"""Hostile bodies: the answer is a 4xx or a closed connection, never a 500, and nothing is saved."""

import logging
import re
import time
from collections.abc import Iterator

import httpx
import pytest

from eventschema.store import MemoryStore
from eventschema.web import create_app
from tests.web.server import exchange, post, serving

HEAD = b'{"eventName":"order","contact":{"email":"ann@example.com"},"properties":'
FINE = HEAD + b"{}}"


@pytest.fixture(scope="module")
def store() -> MemoryStore:
    """One for all tests here, since nothing must ever be saved."""
    return MemoryStore()


@pytest.fixture(scope="module")
def port(store: MemoryStore) -> Iterator[int]:
    with serving(create_app(store, max_body=10_000, body_timeout=0.5)) as number:
        yield number


@pytest.fixture(autouse=True)
def nothing_is_saved(store: MemoryStore, port: int, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing is saved, nothing fails, and the server works on."""
    with caplog.at_level(logging.ERROR):
        yield
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
    assert (list(store.events()), store.load("order")) == ([], None)
    assert httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200


def status(answer: bytes) -> int:
    match = re.match(rb"HTTP/1\.1 (\d{3}) ", answer)
    assert match, answer
    assert answer.count(b"HTTP/1.1 ") == 1 or match[1] in {b"400"}
    return int(match[1])


@pytest.mark.parametrize(
    ("body", "expected"),
    {
        "nothing": (b"", 400),
        "no JSON": (b"{", 400),
        "an array": (b"[]", 400),
        "a text": (b'"order"', 400),
        "null": (b"null", 400),
        "a key twice": (HEAD + b'{"status":400,"status":"x"}}', 400),
        "a key twice, one of them escaped": (HEAD + rb'{"status":400,"st\u0061tus":"x"}}', 400),
        "a key twice, deep": (HEAD + b'{"a":[{"b":{"c":1,"c":1}}]}}', 400),
        "two objects": (FINE + FINE, 400),
        "two byte order marks": (b"\xef\xbb\xbf" * 2 + FINE, 400),
        "a byte order mark and nothing": (b"\xef\xbb\xbf", 400),
        "UTF-16": (FINE.decode().encode("utf-16"), 400),
        "no UTF-8": (HEAD + b'{"a":"\xff"}}', 400),
        "surrogates in UTF-8": (HEAD + b'{"a":"\xed\xa0\x80"}}', 400),
        "a lone surrogate": (HEAD + rb'{"a":"\ud800"}}', 422),
        "a lone surrogate in a name": (HEAD + rb'{"\ud800":1}}', 422),
        "NaN": (HEAD + b'{"a":NaN}}', 400),
        "Infinity": (HEAD + b'{"a":-Infinity}}', 400),
        "1e400": (HEAD + b'{"a":1e400}}', 422),
        "400 digits": (HEAD + b'{"a":' + b"9" * 400 + b"}}", 422),
        "5,000 digits": (HEAD + b'{"a":' + b"9" * 5000 + b"}}", 422),
        "minus 5,000 digits": (HEAD + b'{"a":-' + b"9" * 5000 + b"}}", 422),
        "5,000 decimals and a huge exponent": (HEAD + b'{"a":1.' + b"9" * 5000 + b"e99999999}}", 422),
        "an object": (HEAD + b'{"a":{}}}', 422),
        "nested 2,000 deep": (HEAD + b"[" * 2000 + b"]" * 2000 + b"}", 400),
        "nested 9,000 deep and cut off": (b"[" * 9_000, 400),
        "1,000 properties": (HEAD + b"{" + b",".join(b'"p%d":1' % n for n in range(1000)) + b"}}", 422),
    }.values(),
)
def test_a_body_that_is_refused(port: int, body: bytes, expected: int) -> None:
    assert len(body) <= 10_000
    assert status(exchange(port, post(body))) == expected


@pytest.mark.parametrize("size", [10_001, 5_000_000])
def test_a_body_that_is_too_large(port: int, size: int) -> None:
    assert status(exchange(port, post(b" " * size))) == 413


@pytest.mark.slow
def test_a_body_nested_a_million_deep(store: MemoryStore) -> None:
    with serving(create_app(store, max_body=10_000_000)) as port:
        assert status(exchange(port, post(b"[" * 1_000_000 + b"]" * 1_000_000))) == 400
        assert status(exchange(port, post(HEAD + b'{"a":' * 1_000_000 + b"1" + b"}" * 1_000_001))) == 400


def test_a_body_of_exactly_max_body_is_read(port: int) -> None:
    assert status(exchange(port, post(b"[" + b" " * 9_998 + b"]"))) == 400


def test_a_large_body_in_chunks(port: int) -> None:
    head = post(b"").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    assert status(exchange(port, head, *[b"400\r\n" + b" " * 1024 + b"\r\n"] * 2000)) == 413


@pytest.mark.parametrize("length", [b"-1", b"x", b"+5", b"1e3", b"5, 6", b"", b"9" * 400, "\u0665".encode()])
def test_an_invalid_length_is_refused(port: int, length: bytes) -> None:
    head = post(b"").replace(b"Content-Length: 0", b"Content-Length: " + length)
    answer = exchange(port, head + FINE)
    assert status(answer) in {400, 413}


def test_a_length_smaller_than_the_body_cuts_it(port: int) -> None:
    assert status(exchange(port, post(FINE, length=len(FINE) - 1))) == 400


def test_a_length_larger_than_the_body_times_out(port: int) -> None:
    started = time.monotonic()
    assert status(exchange(port, post(FINE, length=len(FINE) + 1))) == 408
    assert time.monotonic() - started < 15  # the bound is half a second; a client that never ends is let go


def test_a_length_with_chunks_is_refused(port: int) -> None:
    """A request that two servers would cut in different places (RFC 9112, section 6.1)."""
    answer = exchange(port, post(b"0\r\n\r\n" + post(FINE), length=5, headers=b"Transfer-Encoding: chunked\r\n"))
    assert status(answer) in {400, 413}


@pytest.mark.parametrize("cut", [0, 1, len(FINE) // 2, len(FINE) - 1])
def test_a_client_that_stops_in_the_body(port: int, cut: int) -> None:
    exchange(port, post(FINE[:cut], length=len(FINE)), closing=True)


def test_a_client_that_stops_in_the_head(port: int) -> None:
    exchange(port, b"POST /v4/track HTTP/1.1\r\nHost: te", closing=True)


def test_bytes_that_are_not_http(port: int) -> None:
    assert status(exchange(port, b"\x16\x03\x01\x02\x00\x01\r\n\r\n")) == 400
