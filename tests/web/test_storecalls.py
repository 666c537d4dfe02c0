"""Health, readiness and time limits of the store, on a real server."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from eventschema.core.schema import EventSchema
from eventschema.store import MemoryStore, NotSaved, Saved, StoreError, StoreUnavailableError, UnitOfWork
from eventschema.store.sql import SQLStore
from eventschema.web import create_app
from tests.store.locks import write_lock
from tests.web.server import serving

PAYLOAD = {"eventName": "healthz", "contact": {"email": "ann@example.com"}, "properties": {"total": 1}}


@contextmanager
def client_of(store: Any, **options: Any) -> Iterator[httpx.Client]:
    with (
        serving(create_app(store, **options)) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client,
    ):
        yield client


def statuses(client: httpx.Client) -> tuple[int, int]:
    return client.get("/healthz").status_code, client.get("/readyz").status_code


class Failing(MemoryStore):
    """It reads, and fails to write while it has an ``error``."""

    error: Exception | None = None

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        if self.error is not None:
            raise self.error
        return super().commit(work)


class Checkable(Failing):
    tries = 0

    def try_write(self) -> None:
        self.tries += 1
        if self.error is not None:
            raise self.error


@pytest.mark.parametrize("kind", [StoreUnavailableError, StoreError])
def test_health_says_how_the_last_write_went(kind: type[StoreError]) -> None:
    store = Failing()
    with client_of(store) as client:
        assert client.get("/healthz").json() == {"status": "ok", "lastWrite": "none"}
        assert client.get("/readyz").json() == {"status": "ok", "lastWrite": "none"}  # reading is all it can try
        assert client.post("/v4/track", json=PAYLOAD).status_code == 202
        assert client.get("/healthz").json() == {"status": "ok", "lastWrite": "ok"}
        store.error = kind("full")
        assert client.post("/v4/track", json=PAYLOAD).status_code in {500, 503}
        assert statuses(client) == (503, 503)
        assert client.get("/readyz").headers["Retry-After"] == "1"
        store.error = None
        assert client.post("/v4/track", json={**PAYLOAD, "contact": {}}).status_code == 422  # which writes nothing
        assert statuses(client) == (503, 503)
        assert client.post("/v4/track", json=PAYLOAD).status_code == 202
        assert statuses(client) == (200, 200)


def test_health_tries_to_write_only_after_a_failure() -> None:
    store = Checkable()
    with client_of(store) as client:
        assert client.get("/healthz").status_code == 200
        assert store.tries == 0
        store.error = StoreUnavailableError("full")
        assert client.get("/healthz").status_code == 200  # no write has failed yet
        assert client.get("/readyz").status_code == 503
        assert client.get("/healthz").status_code == 503
        assert store.tries == 2
        store.error = None
        assert client.get("/healthz").json() == {"status": "ok", "lastWrite": "ok"}
        assert client.get("/healthz").json() == {"status": "ok", "lastWrite": "ok"}
        assert store.tries == 3


@pytest.mark.slow
def test_a_bug_is_no_failed_write() -> None:
    store = Failing()
    store.error = RuntimeError("bug")
    with client_of(store) as client:
        assert client.post("/v4/track", json=PAYLOAD).status_code == 500
        assert statuses(client) == (200, 200)


def test_health_loads_no_schema(tmp_path: Path) -> None:
    store, statements = SQLStore(f"sqlite:///{tmp_path / 'events.db'}"), []
    event.listen(store.engine, "before_cursor_execute", lambda _, __, statement, *___: statements.append(statement))
    with client_of(store) as client:
        assert client.post("/v4/track", json=PAYLOAD).status_code == 202
        statements.clear()
        assert client.get("/healthz").status_code == 200
        [statement] = statements
        assert set(re.findall(r"eventschema_\w+", statement)) == {"eventschema_events"}
    store.close()


@pytest.mark.slow
def test_readiness_waits_for_the_right_to_write(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'events.db'}"
    store = SQLStore(url, timeout=0.2)
    with client_of(store) as client:
        with write_lock(url):
            assert client.get("/readyz").status_code == 503
        assert statuses(client) == (200, 200)
        assert list(store.events()) == []
    store.close()


class Silent(MemoryStore):
    """A store of somebody else, without a time limit."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = Event()

    def load(self, name: str) -> EventSchema | None:
        self.answers.wait()
        return super().load(name)

    def seen(self, event_id: str) -> bool:
        self.answers.wait()
        return super().seen(event_id)

    def reload(self, known: EventSchema) -> EventSchema | None:
        self.answers.wait()
        return super().load(known.name)

    def seen_many(self, event_ids: Sequence[str]) -> Sequence[bool]:
        self.answers.wait()
        return [super(Silent, self).seen(one) for one in event_ids]


@pytest.mark.slow
def test_a_store_that_never_answers_is_a_503(caplog: pytest.LogCaptureFixture) -> None:
    store = Silent()
    with client_of(store, store_timeout=0.1) as client:
        for answer in (
            client.post("/v4/track", json=PAYLOAD),
            client.get("/v4/schemas/order"),
            client.get("/healthz"),
            client.get("/readyz"),
        ):
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        store.answers.set()
        assert client.post("/v4/track", json=PAYLOAD).status_code == 202
    assert caplog.messages == ["Answered 503: StoreUnavailableError: the store did not answer within 0.1 s"]
