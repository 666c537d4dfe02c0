"""``check_store`` on stores whose methods that list what they have each break one promise."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from eventschema import EventSchema, FrozenDict, SchemaChange, TrackedEvent
from eventschema.store import LastSeen, MemoryStore
from eventschema.testing.reading_contract import reading_promises
from eventschema.testing.subject import Subject


class ListsAsTheyCame(MemoryStore):
    """Schemas are not ordered."""

    def schemas(self, *, after: str = "", limit: int | None = None) -> Iterator[EventSchema]:
        return iter(self._schemas.values())


class ListsWithoutPages(MemoryStore):
    """All schemas are listed."""

    def schemas(self, *, after: str = "", limit: int | None = None) -> Iterator[EventSchema]:
        return super().schemas()


class BeginsWithTheLast(MemoryStore):
    """A page begins with the last schema of the one before."""

    def schemas(self, *, after: str = "", limit: int | None = None) -> Iterator[EventSchema]:
        return super().schemas(after=after[:-1], limit=limit)


class TakesAnyName(MemoryStore):
    """A page may begin anywhere."""

    def schemas(self, *, after: str = "", limit: int | None = None) -> Iterator[EventSchema]:
        return super().schemas(after=after.partition("\0")[0], limit=limit)


class HasOneOrder(MemoryStore):
    """Events are always ordered by id."""

    def events(self, *, name: str | None = None, since: datetime | None = None) -> Iterator[TrackedEvent]:
        return iter(sorted(super().events(name=name, since=since), key=lambda event: str(event.id)))


class IgnoresCase(MemoryStore):
    """Events of a name are found in any case."""

    def events(self, *, name: str | None = None, since: datetime | None = None) -> Iterator[TrackedEvent]:
        every = super().events(since=since)
        return every if name is None else (event for event in every if event.name.lower() == name.lower())


class HasNoTime(MemoryStore):
    """Events have no time of their receipt."""

    def events(self, *, name: str | None = None, since: datetime | None = None) -> Iterator[TrackedEvent]:
        events = super().events(name=name, since=since)
        return (TrackedEvent.from_dict({**event.to_dict(), "receivedAt": None}) for event in events)


class TakesLocalTimes(MemoryStore):
    """A time without a zone is taken for UTC."""

    def events(self, *, name: str | None = None, since: datetime | None = None) -> Iterator[TrackedEvent]:
        return super().events(name=name, since=since and since.replace(tzinfo=UTC))


class HasNoDays(MemoryStore):
    """No days are kept."""

    def last_seen(self, name: str) -> LastSeen | None:
        found = super().last_seen(name)
        return found and replace(found, event_day=None)


class HasAllSchemas(MemoryStore):
    """Any name has days."""

    def last_seen(self, name: str) -> LastSeen | None:
        return super().last_seen(name) or LastSeen(None, FrozenDict())


class ForgetsProperties(MemoryStore):
    """A property that was never sent is missing."""

    def last_seen(self, name: str) -> LastSeen | None:
        found = super().last_seen(name)
        return found and replace(
            found, properties=FrozenDict({key: day for key, day in found.properties.items() if day or key != "flag"})
        )


class CountsAllProperties(MemoryStore):
    """All properties are as old as the last event."""

    def last_seen(self, name: str) -> LastSeen | None:
        found = super().last_seen(name)
        return found and replace(found, properties=FrozenDict(dict.fromkeys(found.properties, found.event_day)))


class IsADayAhead(MemoryStore):
    """Days are those of another time zone."""

    def last_seen(self, name: str) -> LastSeen | None:
        found = super().last_seen(name)
        if found is None or found.event_day is None:
            return found
        return replace(found, event_day=found.event_day + timedelta(1))


class ForgetsTheErased(MemoryStore):
    """Days go with a contact."""

    def erase(self, contact_id: str, *, keep_properties: bool = False) -> bool:
        self._days.clear()
        return super().erase(contact_id, keep_properties=keep_properties)


class ForgetsAtARetype(MemoryStore):
    """A retype begins with no days."""

    def save(self, change: SchemaChange, who: str | None = None) -> bool:
        self._days.clear()
        return super().save(change, who)


FAULTY: list[tuple[type[MemoryStore], str]] = [
    (ListsAsTheyCame, "schemas: their names, in order: expected ['Order', 'order', "),
    (ListsWithoutPages, "schemas with after='' and limit=0: their names: expected [], found ['Order', "),
    (BeginsWithTheLast, "schemas with after='Order' and limit=2: their names: expected ['order', "),
    (TakesAnyName, "schemas with {'after': 'a\\x00'}: expected ValueError, found ["),
    (HasOneOrder, "events with name=None and since="),
    (IgnoresCase, "events with name='order' and since=None: their ids, in order: expected ['"),
    (HasNoTime, "events: the UTC offsets of received_at: expected {datetime.timedelta(0)}, found {None}."),
    (HasNoDays, "last_seen after an event without properties: the type of event_day: expected <class 'datetime.date'>"),
    (HasAllSchemas, "last_seen of a name without a schema: expected None, found LastSeen("),
    (ForgetsProperties, "last_seen of a schema without events: expected LastSeen("),
    (
        CountsAllProperties,
        "last_seen after an event without properties: the properties with a day: expected [], found [",
    ),
    (IsADayAhead, "last_seen after an event without properties: event_day: expected "),
    (ForgetsTheErased, "last_seen after the contact was erased: expected LastSeen("),
    (ForgetsAtARetype, "last_seen after a retype: expected LastSeen("),
    (TakesLocalTimes, "events with a since without a time zone: expected ValueError, found ["),
]


def check(store: Any) -> None:
    for promise in reading_promises(store):
        fresh = type(store)()
        promise(Subject(fresh, fresh.events))


@pytest.mark.parametrize(("faulty", "promise"), FAULTY)
def test_a_broken_promise_of_a_list_is_named(faulty: type[MemoryStore], promise: str) -> None:
    with pytest.raises(AssertionError, match=f"^{re.escape(promise)}"):
        check(faulty())


def test_a_store_may_list_nothing() -> None:
    class WithoutFilters:
        def events(self) -> list[TrackedEvent]:
            return []

    class WithAField:
        events = ()
        last_seen = ()
        schemas = ()

    assert len(reading_promises(MemoryStore())) == 3
    assert reading_promises(WithoutFilters()) == reading_promises(WithAField()) == reading_promises(object()) == ()
