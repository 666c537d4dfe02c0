from collections.abc import Iterator

import httpx
import pytest

from eventschema.store import MemoryStore
from eventschema.web import create_app
from tests.web.server import serving


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def port(store: MemoryStore) -> Iterator[int]:
    """The port of a server on ``store``, to which any may send."""
    with serving(create_app(store)) as number:
        yield number


@pytest.fixture
def client(port: int) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
        yield client
