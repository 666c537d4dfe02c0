"""How declared schemas meet a store: what the store lacks is added, what contradicts it is an error.

A service declares at each start the schemas that its team has written down. The store may have them already, older
ones, or ones that events have extended since. Types in a store do not change, so a declaration of another type can only
be refused, before the first event meets a type that nobody expects.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from eventschema.core.changes import SchemaChange
from eventschema.core.documents import MAX_SHOWN
from eventschema.core.frozen import FrozenDict
from eventschema.core.pointers import truncate
from eventschema.core.schema import EventSchema
from eventschema.core.schemafile import list_schemas
from eventschema.core.types import PropertyType
from eventschema.core.violations import counted
from eventschema.store.kinds import kind_of
from eventschema.store.protocols import SchemaStore, StoreUnavailableError
from eventschema.store.tracking import MAX_ATTEMPTS

_MAX_LISTED: Final = 10  # contradictions in a message; the exception has them all


class Contradiction(NamedTuple):
    """A property that is declared with another type than the store has.

    ``event`` is the name of the schema, ``property`` that of the property; ``declared`` and ``stored`` are its two
    types, and ``since`` the version of the stored schema that set its type, 0 for a declared one.
    """

    event: str
    property: str
    declared: PropertyType
    stored: PropertyType
    since: int

    def __str__(self) -> str:
        place = f"{truncate(self.property, MAX_SHOWN)} of the event {truncate(self.event, MAX_SHOWN)}"
        since = f"since version {self.since}" if self.since else "since it was declared"
        return f"{place} is declared as {self.declared}, but is {self.stored} in the store {since}"


class DeclarationError(ValueError):
    """Declared schemas contradict those in a store. Picklable.

    ``contradictions`` are all there are, in the order of the declarations; the text names the first ten.
    """

    def __init__(self, contradictions: Iterable[Contradiction]) -> None:
        super().__init__(tuple(contradictions))

    @property
    def contradictions(self) -> tuple[Contradiction, ...]:
        """Every property that is declared with another type than the store has."""
        contradictions: tuple[Contradiction, ...] = self.args[0]
        return contradictions

    def __str__(self) -> str:
        first = "; ".join(map(str, self.contradictions[:_MAX_LISTED]))
        more = len(self.contradictions) - _MAX_LISTED
        rest = f"; and {counted(more, 'more property', 'more properties')}" if more > 0 else ""
        return f"expected the types that the store has: {first}{rest}"


class Declared(NamedTuple):
    """What a declaration did: the schema in the store ``before`` (``None``: there was none) and ``after`` it."""

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
    """Declare ``schemas`` in ``store``, in the name of ``who``, and give what was done, in their order.

    A schema that the store lacks is saved as it is, with all its versions. One that it has is given the declared
    properties that it lacks, as a change of one version; properties that only the store has stay as they are. A
    declaration that the store has already changes nothing: it can be repeated at every start. Rules play no part here.

    Safe while other processes do the same, or track events: each schema is compared and changed as it then stands.

    Raises ``DeclarationError``, with every contradiction, where a property is declared with another type than the store
    has; nothing is saved then, unless another process brought the contradiction meanwhile: then the schemas before it
    are. ``TypeError`` for a store that is awaited, or for what is no schema, ``ValueError`` if two schemas have the
    same name, and ``StoreUnavailableError`` if the store cannot answer.
    """
    listed = _checked(store, schemas)
    stored = {schema.name: store.load(schema.name) for schema in listed}
    _refuse(contradiction for schema in listed for contradiction in _contradictions(schema, stored[schema.name]))
    return tuple(_declare(store, schema, stored[schema.name], who) for schema in listed)


def _checked(store: object, schemas: Mapping[str, EventSchema] | Iterable[EventSchema]) -> list[EventSchema]:
    if kind_of(store, ("load", "declare", "save")) != "blocking":
        raise TypeError(f"expected a store whose methods load, declare and save block, found {type(store).__name__}")
    return list_schemas(schemas)


def _declare(store: SchemaStore, schema: EventSchema, before: EventSchema | None, who: str | None) -> Declared:
    for _ in range(MAX_ATTEMPTS):
        if before is None:
            if store.declare(schema, who):
                return Declared(None, schema)
        else:
            _refuse(_contradictions(schema, before))
            missing = {name: type_ for name, type_ in schema.properties.items() if name not in before.properties}
            if not missing:
                return Declared(before, before)
            change = SchemaChange(schema.name, before.version, FrozenDict.wrap(missing))
            if store.save(change, who):
                return Declared(before, before.apply(change))
        before = store.load(schema.name)  # another writer was faster
    raise StoreUnavailableError(f"{MAX_ATTEMPTS} races in a row were lost to other writers")


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
