"""The contract of the methods that return what a store has, which only some stores have: see ``ReadableStore``."""

import inspect
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from eventschema.core.frozen import FrozenDict
from eventschema.core.schema import EventSchema
from eventschema.store.lastseen import LastSeen
from eventschema.store.registry import SchemaRegistry
from eventschema.testing.subject import ANN, EVENT_ID, NAME, Subject, expect, expect_value_error

_NAMES: Final = ("order", "Order", "order ", "order-x", "order_x", "\u00f6", "o\u0308", "\U0001f600", "~")
_IDS: Final = tuple(f"00000000-0000-4000-8000-00000000000{digit}" for digit in "b9af0")


def reading_promises(store: object) -> tuple[Callable[[Subject], None], ...]:
    """The promises that ``store`` makes with the methods that it has. An ``events`` without filters makes none."""
    promises: list[Callable[[Subject], None]] = []
    if callable(getattr(store, "schemas", None)):
        promises.append(_schemas_are_listed_by_name)
    if {"name", "since"} <= _parameters(getattr(store, "events", None)):
        promises.append(_events_are_listed_by_name_and_time)
    if callable(getattr(store, "last_seen", None)):
        promises.append(_last_events_have_days)
    return tuple(promises)


def _parameters(method: object) -> set[str]:
    return set(inspect.signature(method).parameters) if callable(method) else set()


def _schemas_are_listed_by_name(subject: Subject) -> None:
    store: Any = subject.store
    expect("schemas of a store without schemas", list(store.schemas()), [])
    for number, name in enumerate(_NAMES):
        store.declare(EventSchema(name, {f"p{number}": "int", "a": "float"}))
    names = sorted(_NAMES)
    expect("schemas: their names, in order", [schema.name for schema in store.schemas()], names)
    expect("schemas: the same as load returns", list(store.schemas()), [store.load(name) for name in names])
    for place, after in enumerate(("", *names)):
        for limit in (0, 2, None):
            listed = [schema.name for schema in store.schemas(after=after, limit=limit)]
            expected = names[place:] if limit is None else names[place : place + limit]
            expect(f"schemas with after={after!r} and limit={limit}: their names", listed, expected)
    for arguments in ({"after": "a\0"}, {"after": "\ud800"}, {"limit": -1}):
        expect_value_error(f"schemas with {arguments}", lambda given: list(store.schemas(**given)), arguments)


def _events_are_listed_by_name_and_time(subject: Subject) -> None:
    store: Any = subject.store
    registry = SchemaRegistry(subject.store)
    for id_, each in zip(_IDS, ("order", "visit", "order", "Order", "order"), strict=True):
        registry.track({"eventName": each, "contact": ANN, "eventID": id_})
    listed = list(store.events())
    expect("events: their ids, in order", [event.id for event in listed], sorted(_IDS))
    offsets = {event.received_at.utcoffset() if event.received_at else None for event in listed}
    expect("events: the UTC offsets of received_at", offsets, {timedelta(0)})
    by_time = sorted(listed, key=lambda event: (event.received_at, event.id))
    wanted: tuple[str | None, ...] = (None, "order", "Order", "other", "a\0b", "\ud800")
    for name in wanted:
        named = [event for event in by_time if name in {None, event.name}]
        for since in (None, datetime(1, 1, 1, tzinfo=UTC), *(event.received_at for event in by_time)):
            expected = [event.id for event in named if since is None or event.received_at >= since]
            found = [event.id for event in store.events(name=name, since=since)]
            if name is not None or since is not None:
                expect(f"events with name={name!r} and since={since}: their ids, in order", found, expected)
    naive = datetime(2026, 11, 26)
    expect_value_error("events with a since without a time zone", lambda since: list(store.events(since=since)), naive)


def _last_events_have_days(subject: Subject) -> None:
    store: Any = subject.store
    expect("last_seen of a name without a schema", store.last_seen(NAME), None)
    expect("last_seen of a name that no event can have", store.last_seen("a\0b"), None)
    store.declare(EventSchema(NAME, {"total": "float", "note": "string", "flag": "bool"}))
    none = LastSeen(None, FrozenDict({"total": None, "note": None, "flag": None}))
    expect("last_seen of a schema without events", store.last_seen(NAME), none)
    subject.save(ANN)
    _expect_sent(subject, "an event without properties")
    saved = subject.save(ANN, EVENT_ID, total=1, note=None)
    _expect_sent(subject, "an event whose note is null", "total")
    track_many = SchemaRegistry(store).track_many
    payload = {"eventName": NAME, "contact": ANN}
    track_many([payload | {"properties": {"total": "none", "note": "x"}}])
    _expect_sent(subject, "a rejected event with a note", "total")
    track_many([payload | {"properties": {"note": "x"}, "eventID": EVENT_ID}])
    _expect_sent(subject, "a repetition with a note", "total")
    track_many([payload | {"properties": {"late": 1}}, payload | {"properties": {"total": 2}}])
    _expect_sent(subject, "a new property", "total", "late")
    before = store.last_seen(NAME)
    store.erase(saved.contact_id)
    expect("last_seen after the contact was erased", store.last_seen(NAME), before)
    store.save(store.load(NAME).retype_change({"late": "string"}))
    expect("last_seen after a retype", store.last_seen(NAME), before)


def _expect_sent(subject: Subject, after: str, *names: str) -> None:
    """Check that there are the days of the event and of exactly the properties ``names``, and which they are."""
    store: Any = subject.store
    found, schema = store.last_seen(NAME), store.load(NAME)
    expect(f"last_seen after {after}: its properties", list(found.properties), list(schema.properties))
    days = {name: day for name, day in found.properties.items() if day is not None}
    expect(f"last_seen after {after}: the properties with a day", sorted(days), sorted(names))
    expect(f"last_seen after {after}: the type of event_day", type(found.event_day), date)
    kept: list[Any] = subject.saved_events()
    if kept:
        received = {name: [event.received_at for event in kept if name in event.properties] for name in names}
        expect(f"last_seen after {after}: the days", days, {name: max(received[name]).date() for name in names})
        last = max(event.received_at for event in kept)
        expect(f"last_seen after {after}: event_day", found.event_day, last.date())
