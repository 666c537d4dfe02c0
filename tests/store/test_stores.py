"""Every store, in memory, on SQLite and on PostgreSQL, passes ``check_store``."""

from contextlib import ExitStack, closing
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import delete
from sqlalchemy.event import listen

from eventschema import TrackRequest
from eventschema.store import MemoryStore, SchemaRegistry, UnitOfWork
from eventschema.store.sql import SQLStore
from eventschema.store.tables import metadata, versions
from eventschema.testing import check_store
from tests.properties.test_track_service import EMAILS, PHONE_NUMBERS, VALUES, Model, Record, normal


@pytest.mark.slow
def test_the_memory_store_keeps_the_contract() -> None:
    check_store(MemoryStore, events=MemoryStore.events)


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)
def test_the_sql_store_keeps_the_contract(database_url: str) -> None:
    with ExitStack() as stores:

        def empty_store() -> SQLStore:
            stores.close()  # the connections of the one before
            store = stores.enter_context(closing(SQLStore(database_url)))
            if store.engine.dialect.name == "sqlite":  # the checks are no power cuts, and flushes take most of the time
                store.close()
                listen(store.engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous = OFF"))
            with store.engine.begin() as connection:
                for table in reversed(metadata.sorted_tables):
                    if table is not versions:
                        connection.execute(delete(table))
            return store

        check_store(empty_store, events=SQLStore.events)


def test_ids_are_uuids_without_dashes_for_contacts(store: MemoryStore | SQLStore) -> None:
    tracked = SchemaRegistry(store).track({"eventName": "order", "contact": {"email": "ann@example.com"}})
    assert UUID(tracked.event_id).version == (7 if isinstance(store, SQLStore) else 4)
    assert UUID(tracked.contact_id).version == 4
    assert "-" not in str(tracked.contact_id)


def test_a_unit_of_work_needs_an_accepted_request() -> None:
    request = TrackRequest.parse({})
    with pytest.raises(ValueError, match="accepted request"):
        UnitOfWork.of(request, request.decide(None, ()), ())


class CountingModel(Model):
    """The model of the track service, its contacts named by how many there were, and erasable."""

    made = 0

    def save(self, contact: Record, found: list[str]) -> None:
        if not found:
            self.made += 1
            found = [UUID(int=self.made).hex]
        record = self.contacts.setdefault(found[0], {"id": found[0]})
        for key, value in contact.items():
            if value is None:
                record.pop(key, None)
            else:
                record[key] = normal(key, value)


CONTACTS = st.fixed_dictionaries(
    {},
    optional={
        "id": st.integers(1, 3).map(lambda number: UUID(int=number).hex),
        "email": st.sampled_from(EMAILS),
        "phoneNumber": st.sampled_from(PHONE_NUMBERS),
        "a": st.sampled_from([None, 1, 1.0, True, "x\0"]),
        "b": st.sampled_from([None, ["x"], ["x", "y"]]),
    },
)


class Tracking(RuleBasedStateMachine):
    """A registry with a store in memory, and a model of plain dicts: they answer the same and have the same data."""

    def __init__(self) -> None:
        super().__init__()
        numbers = count(1)
        self.kept = MemoryStore(new_id=lambda: UUID(int=next(numbers)))
        self.registry = SchemaRegistry(self.kept, max_schemas=1)
        self.model = CountingModel()
        self.accepted: set[str] = set()

    @rule(
        name=st.sampled_from(["order", "visit"]),
        contact=CONTACTS,
        values=st.dictionaries(st.sampled_from(["p", "q"]), st.sampled_from(VALUES)),
        number=st.integers(1, 40),
    )
    def track(self, name: str, contact: Record, values: dict[str, tuple[Any, str | None]], number: int) -> None:
        event_id = str(UUID(int=number << 64))
        properties = {key: value for key, (value, _) in values.items()}
        tracked = self.registry.track(
            {"eventName": name, "contact": contact, "properties": properties, "eventID": event_id}
        )
        if tracked.duplicate:
            assert event_id in self.accepted
            return
        expected = self.model.track(name, contact, values)
        assert [(error.code, error.pointer) for error in tracked.errors] == expected
        if not expected:
            assert event_id not in self.accepted
            self.accepted.add(event_id)

    @rule(number=st.integers(1, 3), keep_properties=st.booleans())
    def erase(self, number: int, *, keep_properties: bool) -> None:
        id_ = UUID(int=number).hex
        assert self.kept.erase(id_, keep_properties=keep_properties) == (id_ in self.model.contacts)
        self.model.contacts.pop(id_, None)

    @invariant()
    def schemas_agree(self) -> None:
        for name in ("order", "visit"):
            schema = self.kept.load(name)
            types = None if schema is None else list(schema.properties.items())
            assert types == (list(self.model.schemas[name].items()) if name in self.model.schemas else None)

    @invariant()
    def contacts_agree(self) -> None:
        found = [self.kept.find({"id": UUID(int=number).hex}) for number in range(1, self.model.made + 1)]
        held = {
            contact.id: repr(sorted({**contact.identifiers, **contact.to_dict()["properties"]}.items()))
            for contacts in found
            for contact in contacts
        }
        assert held == {id_: repr(sorted(record.items())) for id_, record in self.model.contacts.items()}

    @invariant()
    def events_agree(self) -> None:
        events = list(self.kept.events())
        assert [event.id for event in events] == sorted(self.accepted)
        assert {event.identifiers["id"] for event in events if event.identifiers} <= self.model.contacts.keys()


# check_store compares the other stores with this one.
TestTracking = Tracking.TestCase
TestTracking.settings = settings(stateful_step_count=15)
