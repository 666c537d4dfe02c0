"""The bounds of ``eventschema serve`` on its connections, on a process of its own and real sockets."""

import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest

from eventschema.cli.connections import allow_connections
from tests.cli.service import PAYLOAD, address, never_reading, served, started

REQUEST = b"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n"


@pytest.fixture
def many_files() -> Iterator[None]:
    """This process may have 2,000 files open, sockets included."""
    soft, hard = before = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 2000:
        if hard < 2000:
            pytest.skip("this process may not open 2,000 files")
        resource.setrlimit(resource.RLIMIT_NOFILE, (2000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def read_all(client: socket.socket) -> bytes:
    """What the service sends until it closes the connection."""
    received = b""
    with suppress(ConnectionResetError):
        while chunk := client.recv(65536):
            received += chunk
    return received


@pytest.mark.slow
def test_connections_over_the_limit_are_refused_at_once(tmp_path: Path) -> None:
    with served(tmp_path, "--max-connections", "3") as (client, _), ExitStack() as stack:
        assert client.get("/healthz").status_code == 200
        url = str(client.base_url)

        def connected() -> socket.socket:
            return stack.enter_context(socket.create_connection(address(url), timeout=20))

        idle = [connected(), connected()]
        answer = read_all(connected())
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.split(b"\r\n")[0] == b"HTTP/1.1 503 Service Unavailable"
        assert {b"retry-after: 1", b"connection: close", b"content-length: %d" % len(body)} <= set(head.split(b"\r\n"))
        assert b'"detail":"Too many connections."' in body
        assert client.post("/v4/track", json=PAYLOAD).status_code == 202  # on its connection, as before
        idle[0].close()
        while not (answer := read_all(connected_with_request(connected()))).startswith(b"HTTP/1.1 200"):
            assert answer.startswith(b"HTTP/1.1 503")  # until the service has noticed


def send_until_closed(client: socket.socket) -> None:
    """Send a byte now and then, for at most 20 seconds."""
    began = monotonic()
    while monotonic() - began < 20:
        with suppress(TimeoutError):
            client.sendall(b"x")
        sleep(0.1)


def connected_with_request(client: socket.socket) -> socket.socket:
    with suppress(ConnectionResetError, BrokenPipeError):
        client.sendall(REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    return client


@pytest.mark.slow
def test_connections_that_wait_for_their_client_are_closed(tmp_path: Path) -> None:
    begun = [
        (b"", b""),
        (b"GET /healthz HTTP/1.1\r\nHost:", b""),
        (REQUEST + b"GET /healthz HTTP/1.1\r\nHost:", b"HTTP/1.1 200"),
        (b"POST /v4/track HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\n{", b"HTTP/1.1 415"),
    ]
    with started(tmp_path, "--client-timeout", "1") as (_, url, lines), ExitStack() as stack:
        clients = [stack.enter_context(socket.create_connection(address(url), timeout=20)) for _ in begun]
        began = monotonic()
        for client, (sent, _) in zip(clients, begun, strict=True):
            client.sendall(sent)
        for client, (_, answer) in zip(clients, begun, strict=True):
            assert read_all(client).startswith(answer)
        assert monotonic() - began < 8
    assert not any("Traceback" in line for line in lines)


@pytest.mark.slow
def test_headers_that_trickle_in_do_not_extend_their_time(tmp_path: Path) -> None:
    with (
        started(tmp_path, "--client-timeout", "1") as (_, url, _),
        socket.create_connection(address(url), timeout=0.2) as client,
    ):
        began = monotonic()
        client.sendall(b"GET /healthz HTTP/1.1\r\nX: ")
        with pytest.raises(OSError, match=r"reset|Broken pipe"):
            send_until_closed(client)
        assert monotonic() - began < 8


@pytest.mark.slow
def test_a_client_that_never_reads_is_closed(tmp_path: Path) -> None:
    with started(tmp_path, "--client-timeout", "1") as (_, url, lines):
        with never_reading(url) as client:
            client.settimeout(0.2)
            with pytest.raises(OSError, match=r"reset|Broken pipe"):
                send_until_closed(client)
        assert httpx.get(f"{url}/healthz").status_code == 200
    assert not any("Traceback" in line for line in lines)


@pytest.mark.slow
def test_a_client_that_reads_slowly_is_served(tmp_path: Path) -> None:
    with started(tmp_path, "--client-timeout", "2") as (_, url, _), never_reading(url) as client:
        began, received = monotonic(), 0
        client.settimeout(20)
        while monotonic() - began < 6:
            received += len(chunk := client.recv(200_000))
            assert chunk
        assert received > 1_000_000


@pytest.mark.slow
@pytest.mark.usefixtures("many_files")
def test_a_crowd_of_idle_connections_is_survived(tmp_path: Path) -> None:
    """More connections than the process may open: most are refused at once; after the timeout others are served."""
    with started(tmp_path, "--client-timeout", "2", files=600) as (_, url, lines), ExitStack() as stack:
        assert "At most 100 connections, since the process may not open more files (ulimit -n).\n" in lines
        crowd = [stack.enter_context(socket.create_connection(address(url), timeout=20)) for _ in range(1100)]
        began = monotonic()
        assert sum(read_all(client).startswith(b"HTTP/1.1 503 ") for client in crowd) >= 500
        assert monotonic() - began < 20
        assert httpx.post(f"{url}/v4/track", json=PAYLOAD, timeout=20).status_code == 202
    assert len(lines) < 12
    assert not any("Traceback" in line for line in lines)


@pytest.mark.slow
def test_a_refused_accept_is_logged_in_one_line(tmp_path: Path) -> None:
    """The limit on open files is lowered while the service runs, below what its connections need."""
    with started(tmp_path, "--client-timeout", "1") as (process, url, lines), ExitStack() as stack:
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (30, 30))
        for _ in range(60):
            stack.enter_context(socket.create_connection(address(url), timeout=20))
        assert httpx.get(f"{url}/healthz", timeout=30).status_code == 200  # after those have been closed
    # asyncio accepts again after a second. If the service is stopped meanwhile, it logs that its socket is closed.
    [line] = [line for line in lines if "ERROR" in line and "_start_serving" not in line]
    assert line.endswith("socket.accept() out of system resource: OSError: Too many open files\n")
    assert len(lines) < 7


def test_the_process_may_open_more_files_if_that_is_needed() -> None:
    soft, hard = before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 600), hard))
        assert allow_connections(100) == 100
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (min(soft, 600), hard)
        if hard == resource.RLIM_INFINITY or hard >= 700:
            assert allow_connections(200) == 200
            assert resource.getrlimit(resource.RLIMIT_NOFILE) == (700, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.slow
def test_too_few_files_for_any_connection_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(pytest.fail.Exception, match="may open too few files"), started(tmp_path, files=500):
        pass
