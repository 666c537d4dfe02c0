"""``check_store`` on stores whose methods that list what they have each break one promise."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from eventschema import EventSchema, TrackedEvent
from eventschema.store import MemoryStore
from eventschema.testing.reading_contract import reading_promises
from eventschema.testing.store_contract import Subject


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


FAULTY: list[tuple[type[MemoryStore], str]] = [
    (ListsAsTheyCame, "schemas: their names, in order: expected ['Order', 'order', "),
    (ListsWithoutPages, "schemas with after='' and limit=0: their names: expected [], found ['Order', "),
    (BeginsWithTheLast, "schemas with after='Order' and limit=2: their names: expected ['order', "),
    (TakesAnyName, "schemas with {'after': 'a\\x00'}: expected ValueError, found ["),
    (HasOneOrder, "events with name=None and since="),
    (IgnoresCase, "events with name='order' and since=None: their ids, in order: expected ['"),
    (HasNoTime, "events: the UTC offsets of received_at: expected {datetime.timedelta(0)}, found {None}."),
    (TakesLocalTimes, "events with a since without a time zone: expected ValueError, found ["),
]


def check(store: Any) -> None:
    for promise in reading_promises(store):
        promise(Subject(type(store)()))


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
        schemas = ()

    assert len(reading_promises(MemoryStore())) == 2
    assert reading_promises(WithoutFilters()) == reading_promises(WithAField()) == reading_promises(object()) == ()
