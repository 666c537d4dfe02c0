"""``check_store`` on stores that each break a promise about frozen schemas."""

from dataclasses import replace

import pytest

from eventschema import EventSchema, SchemaChange
from eventschema.store import MemoryStore, NotSaved, Saved, SchemaRecord, UnitOfWork
from eventschema.testing.freeze_contract import FREEZE_PROMISES
from eventschema.testing.subject import Subject


class IgnoresFreezes(MemoryStore):
    """A freeze is saved as a change of nothing."""

    def save(self, change: SchemaChange, who: str | None = None) -> bool:
        return super().save(replace(change, frozen=None), who)


class FreezesTwice(MemoryStore):
    """A freeze is saved although it says what is so already."""

    def save(self, change: SchemaChange, who: str | None = None) -> bool:
        held = self.load(change.name)
        if held is not None and held.frozen is change.frozen and held.version == change.base_version:
            return True
        return super().save(change, who)


class ForgetsWhatFroze(MemoryStore):
    """The history does not say what froze a schema."""

    def history(self, name: str) -> tuple[SchemaRecord, ...]:
        return tuple(replace(record, frozen=None) for record in super().history(name))


class DeclaresWithoutFreezes(MemoryStore):
    """A declared schema is not frozen."""

    def declare(self, schema: EventSchema, who: str | None = None) -> bool:
        return super().declare(EventSchema(schema.name, schema.properties), who)


class AddsToFrozenSchemas(MemoryStore):
    """An event adds to a schema that was frozen meanwhile."""

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        held, change = self.load(work.event.name), work.schema_change
        if held is not None and held.frozen and change is not None:
            work = replace(work, schema_change=replace(change, base_version=held.version))
        return super().commit(work)


class ReloadsWithoutFreezes(MemoryStore):
    """What was frozen since is not noticed."""

    def reload(self, known: EventSchema) -> EventSchema | None:
        held = self.load(known.name)
        return None if held is None else known.apply(SchemaChange(known.name, known.version, held.properties))


def check(store: MemoryStore) -> None:
    for promise in FREEZE_PROMISES:
        promise(Subject(store))
        store = type(store)()


@pytest.mark.parametrize(
    "kind",
    [
        IgnoresFreezes,
        FreezesTwice,
        ForgetsWhatFroze,
        DeclaresWithoutFreezes,
        AddsToFrozenSchemas,
        ReloadsWithoutFreezes,
    ],
)
def test_a_store_that_breaks_a_promise_fails(kind: type[MemoryStore]) -> None:
    check(MemoryStore())
    with pytest.raises(AssertionError, match="expected"):
        check(kind())
