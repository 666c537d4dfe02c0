import asyncio
import logging
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from eventschema.store import MemoryStore
from eventschema.web import RequestLog, create_app
from tests.web.server import exchange, serving
from tests.web.test_app import Broken

NAME = "eventschema.requests"


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The lines without their times."""
    lines = [record.getMessage().rsplit(" ", 2) for record in caplog.records if record.name == NAME]
    assert all(float(time) >= 0 and unit == "ms" for _, time, unit in lines)
    return [line for line, _, _ in lines]


def test_a_line_for_each_request(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, NAME), serving(RequestLog(create_app(MemoryStore()))) as port:
        url = f"http://127.0.0.1:{port}"
        httpx.get(f"{url}/healthz?token=secret")
        httpx.get(f'{url}/v4/schemas/a%0D%0Ab%E2%80%AE%C3%A4 "%', headers={"Authorization": "Bearer secret"})
        httpx.post(f"{url}/v4/track", json={"secret": 1})
        httpx.get(f"{url}/{'x' * 500}")
        exchange(port, b"%s / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n" % (b"M" * 50))
    assert logged(caplog) == [
        "GET /healthz 200",
        "GET /v4/schemas/a%0D%0Ab%E2%80%AE%C3%A4%20%22%25 404",
        "POST /v4/track 422",
        f"GET /{'x' * 299}... 404",
        f"{'M' * 16}... / 404",
    ]
    assert "secret" not in caplog.text


def test_an_error_of_the_service_is_logged_as_500(caplog: pytest.LogCaptureFixture) -> None:
    app = RequestLog(create_app(Broken(RuntimeError("broken"))))
    with caplog.at_level(logging.INFO, NAME), serving(app) as port:
        httpx.get(f"http://127.0.0.1:{port}/v4/schemas/order")
    assert logged(caplog) == ["GET /v4/schemas/order 500"]


async def silent(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that answers nothing."""


async def failing(scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("broken")


def call(app: ASGIApp, scope: dict[str, Any]) -> None:
    async def nothing(*_: Any) -> Any:
        raise AssertionError("not to be called")

    asyncio.run(RequestLog(app)(scope, nothing, nothing))


def test_a_request_without_a_response_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    scope = {"type": "http", "method": "GET", "path": "/"}
    with caplog.at_level(logging.INFO, NAME):
        call(silent, scope)
        with pytest.raises(RuntimeError):
            call(failing, scope)
    assert logged(caplog) == ["GET / -", "GET / -"]


@pytest.mark.parametrize(
    ("level", "kind"), [(logging.WARNING, "http"), (logging.INFO, "lifespan"), (logging.INFO, "websocket")]
)
def test_nothing_is_logged(level: int, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(level, NAME):
        call(silent, {"type": kind, "method": "GET", "path": "/"})
    assert logged(caplog) == []
