from collections.abc import Iterator
from pathlib import Path

import pytest

from eventschema.store import MemoryStore
from eventschema.store.sql import SQLStore
from tests.databases import new_database


@pytest.fixture
def sql_store(database_url: str) -> Iterator[SQLStore]:
    """An empty store in an empty database, one of each kind."""
    store = SQLStore(database_url)
    yield store
    store.close()


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MemoryStore | SQLStore]:
    """An empty store of each kind."""
    if request.param == "memory":
        yield MemoryStore()
    elif request.param == "sqlite":
        sql = SQLStore(f"sqlite:///{tmp_path / 'events.db'}")
        yield sql
        sql.close()
    else:
        with new_database(request.getfixturevalue("postgres_server")) as url:
            sql = SQLStore(url)
            yield sql
            sql.close()
