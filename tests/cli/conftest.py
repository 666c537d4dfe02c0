import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from eventschema.cli.app import app

Run = Callable[..., Result]
Write = Callable[..., str]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """The command, in this process and in a directory of its own."""
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: str, given: bytes = b"") -> Result:
        return CliRunner().invoke(app, list(arguments), input=given, catch_exceptions=False)

    return invoke


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write events, given as name and properties, or raw lines, to a file of that name."""

    def lines(name: str, *events: tuple[str, dict[str, Any]] | bytes) -> str:
        listed = [
            event if isinstance(event, bytes) else json.dumps({"eventName": event[0], "properties": event[1]}).encode()
            for event in events
        ]
        (tmp_path / name).write_bytes(b"".join(line + b"\n" for line in listed))
        return name

    return lines


@pytest.fixture
def interruptible() -> Iterator[None]:
    """SIGINT interrupts the processes that the test starts, even if a shell runs the tests in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
