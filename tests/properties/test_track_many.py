"""A batch has the outcome of the same requests one by one, in every store."""

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from eventschema import Rules
from eventschema.store import AsyncSchemaRegistry, MemoryStore, SchemaRegistry, ThreadedStore, TrackResult
from eventschema.store.sql import SQLStore
from eventschema.store.tables import metadata, versions
from tests.databases import new_database

AnyStore = MemoryStore | SQLStore

NOW: Final = datetime(2026, 11, 26, 12, tzinfo=UTC)
EVENT_IDS: Final = tuple(str(UUID(int=number << 64)) for number in range(1, 4))
CONTACT_IDS: Final = tuple(UUID(int=number).hex for number in range(1, 9))
_GIVEN: Final = re.compile(r"\b0{8}-0{4}-0{4}-0{4}-[0-9a-f]{12}\b|\b0{16}[0-9a-f]{16}\b")

_contacts: Final = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(("unknown",)),
        "email": st.sampled_from(("ann@example.com", "ann@EXAMPLE.com", "bo@example.com", "cy@example.com", "@")),
        "phoneNumber": st.sampled_from(("+12025550100", "+12025550101", "202")),
        "a": st.sampled_from((1, True, None, "x")),
    },
)
_requests: Final = st.fixed_dictionaries(
    {
        "eventName": st.sampled_from(("order", "visit")),
        "contact": st.sampled_from(({"email": "ann@example.com"}, {"email": "bo@example.com", "a": 2})) | _contacts,
        "properties": st.dictionaries(
            st.sampled_from(("p", "q", "r")), st.sampled_from((1, 2.5, "x", "2026-11-26", True, [])), max_size=2
        ),
    },
    optional={"eventID": st.sampled_from(EVENT_IDS), "unknown": st.just(1)},
)
_batches: Final = st.lists(_requests | st.just("x"), max_size=8)


def new_ids() -> Callable[[], UUID]:
    numbers = count(1)
    return lambda: UUID(int=next(numbers))


def outcome(result: TrackResult) -> list[object]:
    """What must be the same. Only ``contact_id`` has the id of a contact that the batch itself creates."""
    decision, event, contact = result.decision, result.decision.event, result.decision.contact
    return [
        (result.ok, result.errors, result.event_id, result.contact_id),
        (result.duplicate, result.differing, result.schema_version),
        (decision.schema, decision.schema_change, decision.contact_change),
        event and (event.properties, event.adjustments, sorted({**event.identifiers, "id": ""}.items())),
        contact and (contact.email, contact.phone_number, contact.properties),
    ]


def contents(store: AnyStore) -> list[object]:
    schemas = list(store.schemas())
    histories = [store.history(schema.name) for schema in schemas]
    wanted = [{"email": f"{name}@example.com"} for name in ("ann", "bo", "cy")]
    wanted += [{"phoneNumber": f"+1202555010{digit}"} for digit in (0, 1)]
    return [*schemas, *histories, *map(store.find, wanted), *store.events()]


def named(answers: list[object]) -> list[str]:
    """The answers as text, with the ids that the store gave numbered as they come."""
    given_: dict[str, int] = {}
    return [_GIVEN.sub(lambda id_: f"<{given_.setdefault(id_[0], len(given_))}>", repr(each)) for each in answers]


def check(one: AnyStore, many: AnyStore, before: list[Any], batch: list[Any], rules: Rules, size: int) -> None:
    """Track ``before`` one by one in both stores, then ``batch`` one by one in ``one``, and at once in ``many``."""
    for payload in before:
        SchemaRegistry(one, rules).track(payload, "before")
        SchemaRegistry(many, rules).track(payload, "before")
    names = 1 if size == 3 else None
    by_one = SchemaRegistry(one, rules, max_event_names=names)
    at_once = SchemaRegistry(many, rules, max_schemas=1, max_event_names=names)
    expected = [outcome(by_one.track(payload, "ann")) for payload in batch]
    would_be = at_once.track_many(batch, "ann", dry_run=True)
    found: list[TrackResult] = []
    for start in range(0, len(batch), size):
        found += at_once.track_many(iter(batch[start : start + size]), "ann")
    assert named([*map(outcome, found), *contents(many)]) == named([*expected, *contents(one)])
    assert [(bool(dry), dry.errors, dry.duplicate, dry.differing) for dry in would_be] == [
        (bool(result), result.errors, result.duplicate, result.differing) for result in found
    ]


_rules: Final = st.sampled_from((Rules(), Rules(max_schema_properties=2), Rules(nulls="reject"), Rules(types="exact")))


@given(before=_batches, batch=_batches, rules=_rules, size=st.sampled_from((8, 3)))
def test_a_batch_has_the_outcome_of_its_requests(before: list[Any], batch: list[Any], rules: Rules, size: int) -> None:
    stores = [MemoryStore(clock=lambda: NOW, new_id=new_ids()) for _ in range(2)]
    check(stores[0], stores[1], before, batch, rules, size)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def sql_store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SQLStore]:
    if request.param == "sqlite":
        file: Path = tmp_path_factory.mktemp("batches") / "events.db"
        with closing(SQLStore(f"sqlite:///{file}", clock=lambda: NOW, new_id=new_ids())) as store:
            with store.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA synchronous = OFF")  # this is not about lasting
            yield store
    else:
        with (
            new_database(request.getfixturevalue("postgres_server")) as url,
            closing(SQLStore(url, clock=lambda: NOW, new_id=new_ids())) as store,
        ):
            yield store


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=_batches, batch=_batches, rules=_rules, size=st.sampled_from((8, 3)))
def test_a_batch_has_the_same_outcome_in_databases(
    sql_store: SQLStore, before: list[Any], batch: list[Any], rules: Rules, size: int
) -> None:
    with sql_store.engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            if table is not versions:
                connection.execute(delete(table))
    check(MemoryStore(clock=lambda: NOW, new_id=new_ids()), sql_store, before, batch, rules, size)


@settings(max_examples=10)
@given(batch=_batches)
def test_an_asynchronous_batch_has_the_same_outcome(batch: list[Any]) -> None:
    one, many = (MemoryStore(clock=lambda: NOW, new_id=new_ids()) for _ in range(2))
    expected = SchemaRegistry(one).track_many(batch, "ann")
    threaded = ThreadedStore(many, threads=1)
    found = asyncio.run(AsyncSchemaRegistry(threaded).track_many(batch, "ann"))
    threaded.close()
    assert (found, contents(many)) == (expected, contents(one))


@given(before=_batches, batch=_batches)
def test_an_atomic_batch_is_saved_whole_or_not_at_all(before: list[Any], batch: list[Any]) -> None:
    one, many = (MemoryStore(clock=lambda: NOW, new_id=new_ids()) for _ in range(2))
    by_one, at_once = SchemaRegistry(one), SchemaRegistry(many)
    for payload in before:
        by_one.track(payload)
        at_once.track(payload)
    unchanged = contents(many)
    expected = [by_one.track(payload) for payload in batch]
    found = at_once.track_many(batch, atomic=True)
    assert [result.errors for result in found] == [result.errors for result in expected]
    if all(expected):
        assert named([*map(outcome, found), *contents(many)]) == named([*map(outcome, expected), *contents(one)])
    else:
        assert contents(many) == unchanged
        stored = {event.id for event in many.events()}
        assert all(result.event_id in stored if result else result.event_id is None for result in found)
