"""The contract of a store for schemas: what is saved, declared and retyped, and what each version was."""

from collections.abc import Callable
from typing import Final

from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.testing.subject import NAME, WHO, Subject, change, expect, history_of, retype


def _save_compares_the_base_version(subject: Subject) -> None:
    store = subject.store
    expect("save of a change to version 0 without a schema", store.save(change(0, total="float")), False)
    expect("save of an empty change to version 0 without a schema", store.save(change(0)), False)
    expect("save of the first change", store.save(change(None, total="float"), "ann"), True)
    for base_version in (None, 0, 2):
        promise = f"save of a change to version {base_version} when the schema has version 1"
        expect(promise, store.save(change(base_version, other="int")), False)
        expect(f"{promise}, if it adds nothing", store.save(change(base_version)), False)
    expect("save of a change to the current version", store.save(change(1, other="int", a="url"), "bo"), True)
    expected = EventSchema(NAME).apply(change(0, total="float")).apply(change(1, other="int", a="url"))
    expect("load of a schema after two changes", store.load(NAME), expected)
    records = [(0, [], None, "ann"), (1, [("total", "float")], None, "ann")]
    records += [(2, [("other", "int"), ("a", "url")], None, "bo")]
    expect("history: version, added properties, event id and who", history_of(subject.store), records)


def _save_refuses_a_property_that_exists(subject: Subject) -> None:
    subject.store.save(change(None, total="float"))
    found = subject.store.save(change(1, total="string", other="int"))
    expect("save of a change that adds an existing property", found, False)
    expect("load after a refused change", subject.store.load(NAME), EventSchema(NAME).apply(change(0, total="float")))


def _save_retypes_properties(subject: Subject) -> None:
    store = subject.store
    expect("save of a retype without a schema", store.save(retype(0, total=("int", "float"))), False)
    store.declare(EventSchema(NAME, {"other": "date", "total": "int"}))
    store.save(change(0, last="bool"))
    schema = store.load(NAME) or EventSchema(NAME)
    for which, late in (
        ("decided on an earlier version", retype(0, total=("int", "float"))),
        ("of a property that the schema does not have", retype(1, none=("int", "float"))),
        ("of a property that has another type than the old one", retype(1, total=("bool", "float"))),
    ):
        expect(f"save of a retype {which}", store.save(late), False)
        expect(f"load after a retype {which}, which must save nothing", store.load(NAME), schema)
    types = {"total": PropertyType.FLOAT, "other": PropertyType.STRING}
    change_ = schema.retype_change(types)
    expect("save of a retype of the current version", store.save(change_, WHO), True)
    expect("second save of the same retype", store.save(change_, WHO), False)
    expect("load of a schema that was retyped", store.load(NAME), schema.apply(change_))
    later = schema.apply(change_).retype({"total": PropertyType.STRING})
    expect("save of a second retype", store.save(schema.apply(change_).retype_change({"total": "string"})), True)
    expect("load of a schema that was retyped twice", store.load(NAME), later)
    found = [dict(record.retyped) for record in store.history(NAME)]
    pairs = [{"total": ("int", "float"), "other": ("date", "string")}, {"total": ("float", "string")}]
    expect("history: what each version retyped", found, [{}, {}, *pairs])
    added = [list(record.added.items()) for record in store.history(NAME)]
    expect(
        "history: what each version added", added, [[("other", "date"), ("total", "int")], [("last", "bool")], [], []]
    )
    expect("history: who retyped", [record.who for record in store.history(NAME)], [None, None, WHO, None])
    reload = getattr(store, "reload", None)
    for known in (schema, schema.apply(change_), later):
        if reload is None:
            return
        expect(f"reload of a schema that was known in version {known.version}", reload(known), later)


def _declare_saves_a_schema_that_was_retyped(subject: Subject) -> None:
    declared = EventSchema(NAME, {"b": "int", "a": "date"}).apply(change(0, c="url")).retype({"b": "float"})
    expect("declare of a schema that was retyped", subject.store.declare(declared), True)
    expect("load of a declared schema that was retyped", subject.store.load(NAME), declared)
    found = [dict(record.retyped) for record in subject.store.history(NAME)]
    expect("history of a declared schema that was retyped", found, [{}, {}, {"b": (None, "float")}])


def _a_schema_may_have_no_properties(subject: Subject) -> None:
    expect("save of a first change that adds nothing", subject.store.save(change(None)), True)
    expect("load of a schema without properties", subject.store.load(NAME), EventSchema(NAME))
    expect("history of a schema without properties", history_of(subject.store), [(0, [], None, None)])


def _declare_saves_the_schema_as_given(subject: Subject) -> None:
    declared = EventSchema(NAME, {"b": "int", "a": "float"}).apply(change(0, d="date", c="url"))
    expect("declare of a schema with a new name", subject.store.declare(declared, "ann"), True)
    expect("declare of a schema with a name that exists", subject.store.declare(EventSchema(NAME)), False)
    loaded = subject.store.load(NAME)
    expect("load of a schema that was declared", loaded, declared)
    order = [] if loaded is None else list(loaded.properties)
    expect("Order of the properties of a loaded schema", order, ["b", "a", "d", "c"])
    records = [(0, [("b", "int"), ("a", "float")], None, "ann"), (1, [("d", "date"), ("c", "url")], None, "ann")]
    expect("history of a schema that was declared", history_of(subject.store), records)


#: The promises, those first that the others rely on.
SCHEMA_PROMISES: Final[tuple[Callable[[Subject], None], ...]] = (
    _save_compares_the_base_version,
    _save_refuses_a_property_that_exists,
    _save_retypes_properties,
    _declare_saves_a_schema_that_was_retyped,
    _a_schema_may_have_no_properties,
    _declare_saves_the_schema_as_given,
)
