"""Declaring schemas in a store: properties that the store lacks are added, and other types than its own are an error.

A service declares the schemas that its team has written down each time it starts. The store may have them already, in
older versions, or with properties that events have added. A declaration does not retype: one of another type is
refused at the start, before the first event meets a type that nobody expects.
"""

from collections.abc import Callable, Generator, Iterable, Mapping
from typing import Any, Final, NamedTuple

from eventschema.core.changes import SchemaChange
from eventschema.core.documents import MAX_SHOWN
from eventschema.core.frozen import FrozenDict
from eventschema.core.pointers import truncate
from eventschema.core.schema import EventSchema
from eventschema.core.schemafile import list_schemas
from eventschema.core.types import PropertyType
from eventschema.core.violations import counted
from eventschema.store.protocols import SchemaStore, StoreUnavailableError
from eventschema.store.questions import Declare, Load, Save, check_methods
from eventschema.store.tracking import MAX_ATTEMPTS
from eventschema.store.versions import Expected, check_expected

_MAX_LISTED: Final = 10  # contradictions in the message; the attribute has them all


class Contradiction(NamedTuple):
    """A property that is declared with another type than it has in the store.

    ``event`` and ``property`` are the names of the schema and of the property, ``declared`` and ``stored`` the two
    types. ``since`` is the version of the stored schema that set the type, 0 if it was declared.
    """

    event: str
    property: str
    declared: PropertyType
    stored: PropertyType
    since: int

    def __str__(self) -> str:
        name = f"{truncate(self.property, MAX_SHOWN)} of the event {truncate(self.event, MAX_SHOWN)}"
        since = f"since version {self.since}" if self.since else "since it was declared"
        return f"{name} is declared as {self.declared}, but is {self.stored} in the store {since}"


class DeclarationError(ValueError):
    """Declared schemas contradict those in a store. Picklable.

    ``contradictions`` has all of them, in the order of the declarations; the message names the first ten.
    """

    def __init__(self, contradictions: Iterable[Contradiction]) -> None:
        super().__init__(tuple(contradictions))

    @property
    def contradictions(self) -> tuple[Contradiction, ...]:
        """Every property that is declared with another type than it has in the store."""
        contradictions: tuple[Contradiction, ...] = self.args[0]
        return contradictions

    def __str__(self) -> str:
        first = "; ".join(map(str, self.contradictions[:_MAX_LISTED]))
        more = len(self.contradictions) - _MAX_LISTED
        others = f"; and {counted(more, 'more property', 'more properties')}" if more > 0 else ""
        return f"expected the types that the store has: {first}{others}"


class Declared(NamedTuple):
    """The schema in the store ``before`` its declaration (``None``: there was none) and ``after`` it."""

    before: EventSchema | None
    after: EventSchema

    @property
    def added(self) -> FrozenDict[str, PropertyType]:
        """The properties that the store lacked before, with their types, in order."""
        known = self.before.properties if self.before else {}
        return FrozenDict.wrap({name: type_ for name, type_ in self.after.properties.items() if name not in known})


def declare_schemas(
    store: SchemaStore, schemas: Mapping[str, EventSchema] | Iterable[EventSchema], who: str | None = None
) -> tuple[Declared, ...]:
    """Declare ``schemas`` in ``store``, in the name of ``who``; returns what changed, in their order.

    A schema that the store lacks is saved with all its versions. To one that it has, the missing declared properties
    are added, as one new version; properties that only the store has stay. A schema that is declared frozen is frozen;
    one that is not stays as it is. A declaration that was made before changes nothing, so it can be repeated at every
    start. Rules are not applied.

    Other processes may do the same, or track events, at the same time.

    Raises ``DeclarationError``, with every contradiction, if a property is declared with another type than it has in
    the store. Then nothing is saved; but if another process added the property meanwhile, the schemas before it are.
    Raises ``TypeError`` for an asynchronous store or anything but schemas, ``ValueError`` if two schemas have the same
    name, and ``StoreUnavailableError`` if the store cannot answer.
    """
    check_methods(store, ("load", "declare", "save"))
    listed = list_schemas(schemas)
    stored = {schema.name: store.load(schema.name) for schema in listed}
    _refuse(contradiction for schema in listed for contradiction in _contradictions(schema, stored[schema.name]))
    return tuple(_declare(store, declare_steps(schema, stored[schema.name], who)) for schema in listed)


#: The steps of a declaration. They yield questions, are sent the answers, and return what changed.
DeclareSteps = Generator[Declare | Save | Load, Any, Declared]


def declare_steps(
    schema: EventSchema,
    before: EventSchema | None,
    who: str | None,
    *,
    thaw: bool = False,
    expected: Expected = "any",
) -> DeclareSteps:
    """Declare ``schema`` where the store has ``before``: yield each question, to be sent its answer.

    With ``thaw``, a schema that is not frozen also ends a freeze. Raises ``DeclarationError``, ``StaleSchemaError`` if
    the store has not the ``expected`` schema, and ``StoreUnavailableError`` after 100 lost races.
    """
    for _ in range(MAX_ATTEMPTS):
        check_expected(before, expected)
        if before is None:
            if (yield Declare(schema, who)):
                return Declared(None, schema)
        else:
            _refuse(_contradictions(schema, before))
            change = _missing(schema, before, thaw=thaw)
            if change is None:
                return Declared(before, before)
            if (yield Save(change, who)):
                return Declared(before, before.apply(change))
        before = yield Load(schema.name)  # another writer was faster
    raise StoreUnavailableError(f"{MAX_ATTEMPTS} races in a row were lost to other writers")


def _declare(store: SchemaStore, steps: DeclareSteps) -> Declared:
    answers: dict[type, Callable[..., Any]] = {Declare: store.declare, Save: store.save, Load: store.load}
    answer: object = None
    while True:
        try:
            question = steps.send(answer)
        except StopIteration as end:
            declared: Declared = end.value
            return declared
        answer = answers[type(question)](*question)


def _missing(schema: EventSchema, stored: EventSchema, *, thaw: bool) -> SchemaChange | None:
    """The change that brings the ``stored`` schema what is declared, ``None`` if it has all of it."""
    added = {name: type_ for name, type_ in schema.properties.items() if name not in stored.properties}
    is_same = schema.frozen is stored.frozen or not (schema.frozen or thaw)
    if not added and is_same:
        return None
    frozen = None if is_same else schema.frozen
    return SchemaChange(schema.name, stored.version, FrozenDict.wrap(added), frozen=frozen)


def _contradictions(declared: EventSchema, stored: EventSchema | None) -> list[Contradiction]:
    known = stored.properties if stored else {}
    return [
        Contradiction(declared.name, name, type_, known[name], stored.since(name))
        for name, type_ in declared.properties.items()
        if stored and known.get(name, type_) is not type_
    ]


def _refuse(contradictions: Iterable[Contradiction]) -> None:
    found = tuple(contradictions)
    if found:
        raise DeclarationError(found)
