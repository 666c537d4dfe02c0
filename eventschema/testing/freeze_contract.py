"""The contract of a store for schemas that a person freezes: what is saved, and which events lose a race."""

from collections.abc import Callable
from typing import Any, Final

from eventschema.core.changes import SchemaChange
from eventschema.core.frozen import FrozenDict
from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.core.schemaerrors import FrozenSchema
from eventschema.core.types import PropertyType
from eventschema.store.protocols import NotSaved
from eventschema.store.registry import SchemaRegistry
from eventschema.testing.subject import ANN, LATE_ID, NAME, WHO, Subject, change, expect


def _freeze(base_version: int, *, frozen: bool, **added: str) -> SchemaChange:
    types = FrozenDict({name: PropertyType(type_) for name, type_ in added.items()})
    return SchemaChange(NAME, base_version, types, frozen=frozen)


def _save_freezes_a_schema(subject: Subject) -> None:
    store = subject.store
    expect("save of a freeze without a schema", store.save(_freeze(0, frozen=True)), False)
    store.declare(EventSchema(NAME, {"total": "int"}))
    store.save(change(0, last="bool"))
    known = store.load(NAME) or EventSchema(NAME)
    for which, late in (
        ("of an earlier version", _freeze(0, frozen=True)),
        ("of a later version", _freeze(2, frozen=True)),
        ("with a property that exists", _freeze(1, frozen=True, total="int")),
        ("that ends no freeze", _freeze(1, frozen=False)),
    ):
        expect(f"save of a freeze {which}", store.save(late), False)
        expect(f"load after a freeze {which}, which must save nothing", store.load(NAME), known)
    steps = [
        _freeze(1, frozen=True),
        change(2, more="date"),
        _freeze(3, frozen=False),
        _freeze(4, frozen=True, a="url"),
    ]
    versions = [known]
    for step in steps:
        expect(f"save of the change {step}", store.save(step, WHO), True)
        expect(f"second save of the change {step}", store.save(step, WHO), False)
        versions.append(versions[-1].apply(step))
        expect(f"load after the change {step}", store.load(NAME), versions[-1])
    records = store.history(NAME)
    expect("history: what froze", [record.frozen for record in records], [None, None, True, None, False, True])
    expect("history: who froze", [record.who for record in records], [None, None, *[WHO] * 4])
    added = [list(record.added) for record in records]
    expect("history: what each version added", added, [["total"], ["last"], [], ["more"], [], ["a"]])
    reload = getattr(store, "reload", None)
    for version in versions:
        if reload is None:
            return
        expect(f"reload of a schema that was known in version {version.version}", reload(version), versions[-1])


def _declare_saves_a_schema_that_was_frozen(subject: Subject) -> None:
    store: Any = subject.store
    frozen = EventSchema(NAME, {"a": "int"}).apply(change(0, b="float")).freeze()
    for number, declared in enumerate(
        (EventSchema(NAME, frozen=True), frozen, frozen.freeze(frozen=False), frozen.retype({"a": "float"}))
    ):
        named = EventSchema.from_dict({**declared.to_dict(), "name": f"{NAME} {number}"})
        expect(f"declare of {named}", store.declare(named), True)
        expect(f"load of {named}, which was declared", store.load(named.name), named)
        versions = [record.version for record in store.history(named.name)]
        expect(f"history of {named}, which was declared", versions, list(range(named.version + 1)))


def _a_freeze_makes_earlier_additions_stale(subject: Subject) -> None:
    subject.save(ANN, total=1)
    late, known = subject.work(ANN, LATE_ID, total=2, more=True), subject.work(ANN, total=2)
    schema = subject.store.load(NAME) or EventSchema(NAME)
    registry, drops = SchemaRegistry(subject.store), SchemaRegistry(subject.store, Rules(invalid="drop"))
    registry.track(_event(total=3))
    subject.store.save(schema.freeze_change())
    subject.expect_not_saved(late, NotSaved.STALE, "that adds a property to a schema which was frozen meanwhile")
    subject.commit(known, "of known properties, which was decided before the schema was frozen")
    refused = (FrozenSchema("/properties/more", 2),)
    expect("track of a new property for a frozen schema", registry.track(_event(more=True)).errors, refused)
    dropped = drops.track(_event(total=4, more=True))
    expect("track of the same under invalid='drop'", (dropped.ok, dropped.dropped), (True, refused))
    subject.store.save(schema.freeze().freeze_change(frozen=False))
    for registry_, which in ((registry, ""), (drops, " under invalid='drop'")):
        tracked = registry_.track(_event(more=True))
        promise = f"track of a new property{which}, after a freeze that the cache does not know to have ended"
        expect(promise, (tracked.ok, tracked.dropped), (True, ()))


def _event(**properties: object) -> dict[str, Any]:
    return {"eventName": NAME, "contact": ANN, "properties": properties}


#: The promises, those first that the others rely on.
FREEZE_PROMISES: Final[tuple[Callable[[Subject], None], ...]] = (
    _save_freezes_a_schema,
    _declare_saves_a_schema_that_was_frozen,
    _a_freeze_makes_earlier_additions_stale,
)
