"""``GET /v4/schemas``: the schemas by name, in pages."""

from collections.abc import Iterator

import httpx
import pytest

from eventschema import EventSchema, loads_schemas
from eventschema.store import MemoryStore
from eventschema.web import READ, WRITE, create_app
from tests.web.server import serving

NAMES = ("Order", "a&b=c?#", "a/b", "order", "order ", "ö", "\U0001f600", "é" * 300)


def pages(client: httpx.Client, path: str) -> Iterator[dict[str, EventSchema]]:
    """The pages from ``path`` on, as schema files."""
    url: httpx.URL | None = client.base_url.join(path)
    while url is not None:
        response = client.get(url)
        assert response.status_code == 200
        yield loads_schemas(response.content)
        url = response.url.join(response.links["next"]["url"]) if "next" in response.links else None


def test_all_pages_are_linked(client: httpx.Client, store: MemoryStore) -> None:
    assert list(pages(client, "/v4/schemas")) == [{}]
    for number, name in enumerate(NAMES):
        store.declare(EventSchema(name, {f"p{number}": "int"}))
    names = sorted(NAMES)
    for limit in (1, 3, 7, 8, 9, 100):
        listed = list(pages(client, f"/v4/schemas?limit={limit}"))
        assert [name for page in listed for name in page] == names
        assert {len(page) for page in listed[:-1]} <= {limit}
        assert len(listed) == -(-len(names) // limit)
    assert next(pages(client, "/v4/schemas?after=a/b&limit=1")) == {"order": store.load("order")}
    [page] = pages(client, "/v4/schemas?after=order")
    assert list(page) == names[names.index("order") + 1 :]


def test_a_page_has_at_most_100_schemas(client: httpx.Client, store: MemoryStore) -> None:
    for number in range(101):
        store.declare(EventSchema(f"event {number:03}"))
    assert [len(page) for page in pages(client, "/v4/schemas")] == [100, 1]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=", "limit=x", "limit=1&limit=2", "limit=٣", "after=", "after=%00", "x=1"]
)
def test_a_wrong_query_is_a_400(client: httpx.Client, query: str) -> None:
    response = client.get(f"/v4/schemas?{query}")
    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"
    assert "limit" in response.json()["detail"] or "after" in response.json()["detail"]


def test_listing_needs_the_scope_to_read(store: MemoryStore) -> None:
    scopes = {"write": {WRITE}, "read": {READ}}
    with serving(create_app(store, authorize=scopes.get)) as port:
        url = f"http://127.0.0.1:{port}/v4/schemas"
        statuses = [
            httpx.get(url, headers={"Authorization": f"Bearer {token}"}).status_code
            for token in ("read", "write", "other")
        ]
    assert statuses == [200, 403, 401]
