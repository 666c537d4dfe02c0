"""Characters on their way to PostgreSQL, whatever encoding its clients are set to."""

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from sqlalchemy import make_url

from eventschema.store import SchemaRegistry
from eventschema.store.sql import SQLStore
from tests.databases import new_database

PAYLOAD = {
    "eventName": "\u2713 \U0001f600",
    "contact": {"email": "\u4e2d@example.com", "a": "\U0001f600"},
    "properties": {"b": "\u2713"},
}


@pytest.fixture(params=["environment", "URL", "database"])
def latin1_client_url(
    request: pytest.FixtureRequest, postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """A database in UTF8, to which clients connect in LATIN1 by default."""
    with new_database(postgres_server) as text:
        url = make_url(text)
        if request.param == "environment":
            monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
        elif request.param == "URL":
            url = url.update_query_dict({"client_encoding": "latin1"})
        else:
            with psycopg.connect(text, autocommit=True) as connection:
                connection.execute(f"ALTER DATABASE {url.database} SET client_encoding = 'LATIN1'".encode())
        yield url.render_as_string(hide_password=False)


@pytest.mark.slow
def test_all_characters_arrive(latin1_client_url: str) -> None:
    with closing(SQLStore(latin1_client_url)) as store:
        assert SchemaRegistry(store).track(PAYLOAD).ok
        assert [(event.name, dict(event.properties)) for event in store.events()] == [
            (PAYLOAD["eventName"], PAYLOAD["properties"])
        ]
        [contact] = store.find({"email": "\u4e2d@example.com"})
        assert dict(contact.properties) == {"a": "\U0001f600"}
