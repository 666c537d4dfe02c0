"""``GET /v4/schemas/{name}/last-seen``: when events came last."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from eventschema import EventSchema
from eventschema.store import MemoryStore, SchemaRegistry
from eventschema.web import READ, WRITE, create_app
from tests.web.server import serving

NAMES = ("order", "a/b", "a/last-seen", "last-seen", "%2F", "ö ?#")


class Clocked(MemoryStore):
    """A store on one day."""

    def __init__(self) -> None:
        super().__init__(clock=lambda: datetime(2026, 11, 26, 23, 59, tzinfo=UTC))


def quoted(name: str) -> str:
    return quote(name, safe="")


def url_of(name: str) -> str:
    return f"/v4/schemas/{quoted(name)}/last-seen"


@pytest.fixture
def store() -> MemoryStore:
    store = Clocked()
    for number, name in enumerate(NAMES):
        store.declare(EventSchema(name, {"never": "float"}))
        contact = {"email": "ann@example.com"}
        payload = {"eventName": name, "contact": contact, "properties": {f"p{number}": 1}}
        assert SchemaRegistry(store).track(payload).ok
    store.declare(EventSchema("unsent"))
    return store


@pytest.mark.parametrize("name", NAMES)
def test_the_days_of_a_schema(client: httpx.Client, name: str) -> None:
    response = client.get(url_of(name))
    assert response.status_code == 200
    assert response.json() == {
        "name": name,
        "eventDay": "2026-11-26",
        "properties": {"never": None, f"p{NAMES.index(name)}": "2026-11-26"},
        "knownSince": None,
    }
    assert client.head(url_of(name)).status_code == 200
    assert client.get(f"/v4/schemas/{quoted(name)}").json()["name"] == name


def test_a_schema_without_events(client: httpx.Client) -> None:
    expected: dict[str, Any] = {"name": "unsent", "eventDay": None, "properties": {}, "knownSince": None}
    assert client.get(url_of("unsent")).json() == expected


@pytest.mark.parametrize("name", ["none", "a\0b", "x" * 256])
def test_a_name_without_a_schema_is_a_404(client: httpx.Client, name: str) -> None:
    response = client.get(url_of(name))
    assert (response.status_code, response.json()["detail"]) == (404, "There is no schema of this name.")


def test_what_is_wrong_with_a_request(client: httpx.Client) -> None:
    assert client.get(f"{url_of('order')}?days=1").status_code == 400
    response = client.post(url_of("order"))
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD")


def test_a_store_that_keeps_no_days_is_a_501() -> None:
    class WithoutDays(MemoryStore):
        last_seen: Any = property()

    with serving(create_app(WithoutDays())) as port:
        response = httpx.get(f"http://127.0.0.1:{port}{url_of('order')}")
    assert (response.status_code, response.json()["detail"]) == (
        501,
        "The store of this service keeps no days of events.",
    )


def test_the_scope_to_read_is_needed(store: MemoryStore) -> None:
    scopes = {"write": {WRITE}, "read": {READ}}
    with serving(create_app(store, authorize=scopes.get)) as port:
        url = f"http://127.0.0.1:{port}{url_of('order')}"
        statuses = [
            httpx.get(url, headers={"Authorization": f"Bearer {token}"}).status_code
            for token in ("read", "write", "other")
        ]
    assert statuses == [200, 403, 401]
