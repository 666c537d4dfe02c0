"""The example of a store keeps every promise of a store."""

from contextlib import ExitStack, closing
from pathlib import Path

from eventschema.store import SchemaRegistry
from eventschema.testing import check_store
from tests.examples.sqlite_store import SQLiteStore


def test_the_example_keeps_every_promise() -> None:
    with ExitStack() as stores:

        def make_store() -> SQLiteStore:
            stores.close()
            return stores.enter_context(closing(SQLiteStore(":memory:")))

        check_store(make_store, events=SQLiteStore.events)


def test_the_example_lasts(tmp_path: Path) -> None:
    path = str(tmp_path / "events.db")
    with closing(SQLiteStore(path)) as store:
        request = {"eventName": "order", "contact": {"email": "ann@example.com"}, "properties": {"total": 9.95}}
        tracked = SchemaRegistry(store).track(request)
        assert tracked.ok
    with closing(SQLiteStore(path)) as store:
        assert store.load("order") == tracked.decision.schema
        assert [contact.id for contact in store.find({"email": "ann@example.com"})] == [tracked.contact_id]
        assert store.seen(str(tracked.event_id))
