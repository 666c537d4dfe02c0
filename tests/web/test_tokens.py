from collections.abc import Collection, Iterator
from typing import Any

import httpx
import pytest

from eventschema.store import MemoryStore
from eventschema.web import READ, WRITE, Authorize, Identify, create_app
from tests.web.server import serving

PAYLOAD = {"eventName": "order", "contact": {"email": "ann@example.com"}, "properties": {"total": 1.5}}
TOKENS = {"both": {WRITE, READ}, "write": [WRITE], "read": (READ,), "none": ()}


def blocking(token: str) -> Collection[str] | None:
    return TOKENS.get(token)


async def awaiting(token: str) -> Collection[str] | None:
    return TOKENS.get(token)


def named(token: str) -> str:
    return f"team {token}"


async def named_later(token: str) -> str:
    return named(token)


@pytest.fixture(params=[(blocking, named), (awaiting, named_later)])
def guarded(request: pytest.FixtureRequest, store: MemoryStore) -> Iterator[httpx.Client]:
    functions: tuple[Authorize, Identify] = request.param
    app = create_app(store, authorize=functions[0], identify=functions[1])
    with serving(app) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        yield client


def track(client: httpx.Client, authorization: str | None) -> httpx.Response:
    headers = {} if authorization is None else {"Authorization": authorization}
    return client.post("/v4/track", json=PAYLOAD, headers=headers)


@pytest.mark.parametrize("authorization", [None, "", "Basic YQ==", "Bearer", "both"])
def test_no_token(guarded: httpx.Client, store: MemoryStore, authorization: str | None) -> None:
    response = track(guarded, authorization)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.headers["Content-Type"] == "application/problem+json"
    assert list(store.events()) == []


def test_an_unknown_token(guarded: httpx.Client, store: MemoryStore) -> None:
    response = track(guarded, "Bearer other")
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert list(store.events()) == []


@pytest.mark.parametrize("token", ["read", "none"])
def test_a_token_without_the_scope(guarded: httpx.Client, store: MemoryStore, token: str) -> None:
    response = track(guarded, f"Bearer {token}")
    assert response.status_code == 403
    assert response.headers["WWW-Authenticate"] == 'Bearer error="insufficient_scope", scope="events.write"'
    assert list(store.events()) == []


@pytest.mark.parametrize("authorization", ["Bearer write", "bearer both", "BEARER  write"])
def test_a_token_with_the_scope(guarded: httpx.Client, store: MemoryStore, authorization: str) -> None:
    assert track(guarded, authorization).status_code == 202
    assert {record.who for record in store.history("order")} == {f"team {authorization.split()[1]}"}


def test_reading_a_schema(guarded: httpx.Client) -> None:
    track(guarded, "Bearer write")
    statuses = {
        token: guarded.get("/v4/schemas/order", headers={"Authorization": f"Bearer {token}"}).status_code
        for token in (*TOKENS, "other")
    }
    assert statuses == {"both": 200, "write": 403, "read": 200, "none": 403, "other": 401}


def test_requests_that_need_no_token(guarded: httpx.Client) -> None:
    assert guarded.get("/healthz").status_code == 200
    assert guarded.get("/openapi.json").json()["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


@pytest.mark.parametrize(
    "given", ["events.write", "events.write events.read", "events.writer", "", b"events.write", True]
)
def test_scopes_must_be_a_collection_of_texts(store: MemoryStore, given: Any, caplog: pytest.LogCaptureFixture) -> None:
    headers = {"Authorization": "Bearer token"}
    with serving(create_app(store, authorize=lambda _: given)) as port:
        url = f"http://127.0.0.1:{port}/v4"
        # Each on a connection of its own: after such an answer the server closes it.
        assert httpx.post(f"{url}/track", json=PAYLOAD, headers=headers).status_code == 500
        assert httpx.get(f"{url}/schemas/order", headers=headers).status_code == 500
    assert list(store.events()) == []
    assert f"expected a collection of scopes from authorize, found {type(given).__name__}" in caplog.text


def test_a_name_that_is_not_text(store: MemoryStore, caplog: pytest.LogCaptureFixture) -> None:
    identify: Any = {"both": 5}.get
    with serving(create_app(store, authorize=blocking, identify=identify)) as port:
        headers = {"Authorization": "Bearer both"}
        assert httpx.post(f"http://127.0.0.1:{port}/v4/track", json=PAYLOAD, headers=headers).status_code == 500
    assert "expected a str or None from identify, found int" in caplog.text
    assert list(store.events()) == []
