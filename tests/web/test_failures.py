"""What is logged of the answers 503 and 500, on a real server."""

import logging
from typing import Any

import httpx
import pytest

from eventschema.core.schema import EventSchema
from eventschema.store import MemoryStore, StoreBusyError, StoreError, StoreUnavailableError
from eventschema.web import create_app
from tests.web.server import serving

PAYLOAD = {"eventName": "secret", "contact": {"email": "ann@example.com"}}


class Broken(MemoryStore):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def load(self, name: str) -> EventSchema | None:
        raise self.error


FAILURES = [
    (StoreUnavailableError("no answer"), 503, "WARNING", "Answered 503: StoreUnavailableError: no answer"),
    (StoreBusyError("busy"), 503, "WARNING", "Answered 503: StoreBusyError: busy"),
    (StoreError("no table"), 500, "ERROR", "Answered 500: StoreError: no table"),
    (KeyError("secret"), 500, "ERROR", "Answered 500: KeyError at test_failures.py:"),
]


def test_a_failure_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    store = Broken(RuntimeError())
    with serving(create_app(store)) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        for error, status, _, _ in FAILURES * 5:
            store.error = error
            assert client.post("/v4/track", json=PAYLOAD).status_code == status
    records = [record for record in caplog.records if record.levelno > logging.INFO]
    assert len(records) == len(FAILURES)
    for record, (_, _, level, text) in zip(records, FAILURES, strict=True):
        assert (record.name, record.levelname) == ("eventschema.failures", level)
        assert record.getMessage().startswith(text)
        assert record.exc_info is None
    assert "secret" not in caplog.text


def test_an_error_of_authorize_is_logged_too(caplog: pytest.LogCaptureFixture) -> None:
    def authorize(_: str) -> Any:
        raise RuntimeError("secret")

    app = create_app(MemoryStore(), authorize=authorize)
    with serving(app) as port:
        answer = httpx.post(f"http://127.0.0.1:{port}/v4/track", headers={"Authorization": "Bearer x"}, json=PAYLOAD)
    assert answer.status_code == 500
    assert "Answered 500: RuntimeError at test_failures.py:" in caplog.text
