"""``eventschema serve`` as a process of its own, for the tests."""

import os
import re
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

CHECKOUT = Path(__file__).parents[2]
PAYLOAD = {"eventName": "order", "contact": {"email": "ann@example.com"}, "properties": {"total": 1}}


@contextmanager
def started(
    directory: Path, *options: str, files: int | None = None, **variables: str
) -> Iterator[tuple[subprocess.Popen[str], str, list[str]]]:
    """The command, run in ``directory``, its URL, and the lines that it writes: the last ones once it has ended.

    ``files``: how many files it may have open, sockets included.
    """
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)} | variables
    command = [sys.executable, "-m", "eventschema", "serve", "--port", "0", *options]
    if files is not None:
        command = ["sh", "-c", f'ulimit -n {files} && exec "$@"', "sh", *command]
    with subprocess.Popen(command, cwd=directory, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        lines: list[str] = []
        try:
            for line in process.stderr:
                lines.append(line)
                if found := re.search(r"running on (http://127\.0\.0\.1:\d+)", line):
                    yield process, found[1], lines
                    break
            else:
                pytest.fail("".join(lines))
        finally:
            if process.poll() is None:
                process.terminate()
            lines += process.stderr


@contextmanager
def served(
    directory: Path, *options: str, end: signal.Signals = signal.SIGTERM, **variables: str
) -> Iterator[tuple[httpx.Client, list[str]]]:
    """A client of the command, run in ``directory`` until ``end``, and the lines that it has written."""
    with started(directory, *options, files=None, **variables) as (process, url, lines):
        with httpx.Client(base_url=url) as client:
            yield client, lines
        process.send_signal(end)
        code = process.wait(30)
    assert code == 0
    assert any(line.startswith("Stopping: requests in flight are finished first, for at most ") for line in lines)
    assert lines[-1] == "Stopped.\n"


def address(url: str) -> tuple[str, int]:
    """The address of the service at ``url``, for a socket."""
    return "127.0.0.1", int(url.rpartition(":")[2])


@contextmanager
def never_reading(url: str) -> Iterator[socket.socket]:
    """A client that asks for the same document until the service takes no more, and reads nothing of the answers."""
    with socket.create_connection(address(url)) as client:
        client.setblocking(False)
        while select.select([], [client], [], 1)[1]:
            with suppress(BlockingIOError):
                client.send(b"GET /openapi.json HTTP/1.1\r\nHost: test\r\n\r\n" * 100)
        client.settimeout(20)
        yield client
