import asyncio
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from eventschema import FrozenDict, TrackedEvent, TrackRequest
from eventschema.store import (
    AsyncSchemaRegistry,
    MemoryStore,
    NotSaved,
    Saved,
    SchemaRegistry,
    ThreadedStore,
    UnitOfWork,
)
from eventschema.store.repetitions import DifferingRepetitions, differing_fields
from eventschema.store.sql import SQLStore

ANN = {"email": "ann@example.com"}
BO = {"email": "bo@example.com"}
EVENT_ID = "00000000-0000-4000-8000-00000000000a"
SENT = {
    "eventName": "order",
    "contact": ANN,
    "properties": {"total": 1.5, "note": "x", "none": None},
    "eventID": EVENT_ID,
    "eventTime": "2026-11-26T08:00Z",
    "origin": "shop",
    "eventVersion": "v1",
}
STORED = TrackedEvent(
    "order",
    FrozenDict({"note": "x", "total": 1.5}),
    FrozenDict({"id": "c1", **ANN, "phoneNumber": "+12025550100"}),
    "2026-11-26T08:00Z",
    EVENT_ID,
    (),
    "shop",
    "v1",
)


@pytest.mark.parametrize(
    ("changes", "properties", "expected"),
    [
        ({}, {"total": 1.5, "note": "x"}, ()),
        ({"contact": {"id": "c1"}}, {"total": 1.5, "note": "x"}, ()),
        ({"contact": {"phoneNumber": "+12025550100", "vip": True}}, {"total": 1.5, "note": "x"}, ()),
        ({"contact": BO}, {"total": 1.5, "note": "x"}, ("contact",)),
        ({"contact": {**ANN, "id": "c2"}}, {"total": 1.5, "note": "x"}, ("contact",)),
        ({}, {"total": 1.5}, ("properties",)),
        ({}, {"total": 1.5, "note": "x", "more": 1}, ("properties",)),
        ({}, {"total": 2.0, "note": "x"}, ("properties",)),
        ({}, None, ("properties",)),
        ({"eventName": "Order"}, {"total": 1.5, "note": "x"}, ("eventName",)),
        ({"eventTime": "2026-11-26T08:00+00:00"}, {"total": 1.5, "note": "x"}, ("eventTime",)),
        ({"eventTime": None}, {"total": 1.5, "note": "x"}, ("eventTime",)),
        ({"origin": ""}, {"total": 1.5, "note": "x"}, ("origin",)),
        ({"eventVersion": "v2"}, {"total": 1.5, "note": "x"}, ("eventVersion",)),
        ({"eventName": "a", "contact": BO, "origin": "b"}, {}, ("eventName", "contact", "properties", "origin")),
    ],
)
def test_the_fields_that_differ(
    changes: dict[str, Any], properties: Mapping[str, Any] | None, expected: tuple[str, ...]
) -> None:
    request = TrackRequest.parse({**SENT, **changes})
    assert request.errors == ()
    assert differing_fields(request, properties, STORED) == expected


@pytest.mark.parametrize("properties", [{}, {"total": 1.5}])
def test_an_event_of_an_erased_contact_does_not_differ(properties: dict[str, Any]) -> None:
    erased = TrackedEvent("order", FrozenDict(properties), FrozenDict(), None, EVENT_ID)
    assert differing_fields(TrackRequest.parse(SENT), {"total": 2.0}, erased) == ()


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MemoryStore | SQLStore]:
    if request.param == "memory":
        yield MemoryStore()
        return
    store = SQLStore(f"sqlite:///{tmp_path / 'events.db'}")
    yield store
    store.close()


def sent(**changes: Any) -> dict[str, Any]:
    return {**SENT, **changes}


def test_a_repetition_with_other_content_differs(store: MemoryStore | SQLStore) -> None:
    registry = SchemaRegistry(store)
    first = registry.track(sent())
    assert (first.duplicate, first.differs, first.differing) == (False, False, ())
    same = registry.track(sent(properties={"note": "x", "total": 1.5000001}, contact={**ANN, "vip": True}))
    assert (same.duplicate, same.differs) == (True, False)
    other = registry.track(sent(properties={"note": "y", "total": 1.5}, origin=None))
    assert (other.ok, other.event_id, other.duplicate) == (True, EVENT_ID, True)
    assert (other.differs, other.differing) == (True, ("properties", "origin"))
    assert registry.differing_repetitions == 1
    assert store.erase(str(first.contact_id))
    assert not registry.track(sent(properties={"note": "y"})).differs


def test_a_repetition_that_would_be_refused_is_compared(store: MemoryStore | SQLStore) -> None:
    registry = SchemaRegistry(store)
    contact_id = registry.track(sent()).contact_id
    registry.track({"eventName": "visit", "contact": BO})
    conflict = {"contact": {"id": contact_id, **BO}}  # of two contacts
    assert registry.track(sent(**conflict)).differing == ("contact",)
    assert registry.track({"eventName": "move", "contact": {"id": contact_id, "email": "new@example.com"}}).ok
    assert registry.track({"eventName": "visit", "contact": ANN}).ok
    conflict = {"contact": {"id": contact_id, **ANN}}  # of two contacts now, of one then
    assert registry.track(sent(**conflict)).duplicate
    assert registry.track(sent(**conflict)).differing == ()
    assert registry.track(sent(**conflict, properties={"note": "y"})).differing == ("properties",)
    assert registry.track(sent(properties={"note": 1})).differing == ("properties",)
    assert registry.track(sent(**conflict, eventName="unknown")).differing == ("eventName",)
    assert registry.differing_repetitions == 4


def test_asynchronous_registries_compare_too() -> None:
    store = MemoryStore()
    registry = AsyncSchemaRegistry(ThreadedStore(store))

    async def track() -> tuple[bool, bool]:
        await registry.track(sent())
        return (await registry.track(sent())).differs, (await registry.track(sent(properties={}))).differs

    assert asyncio.run(track()) == (False, True)
    assert registry.differing_repetitions == 1


class Plain:
    """A store with the methods of ``Store`` alone."""

    def __init__(self) -> None:
        self._store = MemoryStore()
        for name in ("load", "save", "declare", "history", "find", "erase", "seen"):
            setattr(self, name, getattr(self._store, name))

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        return self._store.commit(work)


def test_a_store_that_finds_no_events_cannot_tell() -> None:
    store: Any = Plain()
    registry = SchemaRegistry(store)
    assert registry.track(sent()).ok
    for payload in (sent(properties={}), sent(contact={"id": "gone"})):
        again = registry.track(payload)
        assert (again.duplicate, again.differs) == (True, False)
    assert asyncio.run(AsyncSchemaRegistry(ThreadedStore(store)).track(sent(properties={}))).duplicate
    assert not hasattr(ThreadedStore(store), "find_events")


def test_the_log_has_no_values_and_no_line_for_each(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("eventschema.store.repetitions.monotonic", lambda: now[0])
    repetitions = DifferingRepetitions()
    with caplog.at_level(logging.WARNING, "eventschema.repetitions"):
        repetitions.add("order\x1b", ("contact", "properties"))
        for _ in range(5):
            repetitions.add("order", ("properties",))
        now[0] += 60
        repetitions.add(None, ("eventTime",))
    line = "an event id came again with other content: event"
    assert caplog.messages == [
        f"{line} 'order\\x1b', fields contact, properties (1 since the last line)",
        f"{line} '', fields eventTime (6 since the last line)",
    ]
    assert repetitions.count == 7
