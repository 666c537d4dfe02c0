"""What a change does to a schema that a store has: whether it is still based on it, and which versions it makes."""

from typing import Literal, NamedTuple

from eventschema.core.changes import SchemaChange
from eventschema.core.documents import FROZEN_FORMAT, MAX_SHOWN
from eventschema.core.frozen import EMPTY, FrozenDict
from eventschema.core.pointers import truncate
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType

#: The old and the new type of each property that a version retyped. The old one is ``None`` where a schema was declared
#: that had been retyped before: the schema does not have it.
Retyped = FrozenDict[str, tuple[PropertyType | None, PropertyType]]


#: The schema that a store must have for a change: this one in this version, no schema (``"none"``), or whatever it has
#: (``"any"``).
Expected = EventSchema | Literal["any", "none"]


class StaleSchemaError(ValueError):
    """The store has another schema than the expected one, so nothing was changed. Picklable.

    ``stored`` is the schema that it has, ``None`` if it has none.
    """

    def __init__(self, stored: EventSchema | None) -> None:
        super().__init__(stored)

    @property
    def stored(self) -> EventSchema | None:
        """The schema that the store has."""
        stored: EventSchema | None = self.args[0]
        return stored

    def __str__(self) -> str:
        found = "none" if self.stored is None else f"version {self.stored.version}"
        return f"expected the schema in the store to be as given, found {found}"


def existing(stored: EventSchema | None, name: str) -> EventSchema:
    """The ``stored`` schema ``name``. Raises ``ValueError`` if there is none."""
    if stored is None:
        raise ValueError(f"expected the name of a schema in the store, found {truncate(name, MAX_SHOWN)!r}")
    return stored


def check_expected(stored: EventSchema | None, expected: Expected) -> None:
    """Raise ``StaleSchemaError`` if the ``stored`` schema is not the ``expected`` one."""
    if expected != "any" and stored != (None if expected == "none" else expected):
        raise StaleSchemaError(stored)


class Version(NamedTuple):
    """What one version of a schema added and retyped, and whether it froze the schema or ended that."""

    number: int
    added: FrozenDict[str, PropertyType] = EMPTY
    retyped: Retyped = EMPTY
    frozen: bool | None = None


def versions_of_change(change: SchemaChange) -> list[Version]:
    """The versions that ``change`` makes: the first change of a schema makes version 0 too."""
    versions = [Version(0)] if change.base_version is None else []
    if change.added or change.retyped or change.frozen is not None:
        retyped: Retyped = FrozenDict.wrap({**change.retyped})
        versions.append(Version((change.base_version or 0) + 1, change.added, retyped, change.frozen))
    return versions


def versions_of_schema(schema: EventSchema) -> list[Version]:
    """All versions of ``schema``. A property that was retyped was added with the type that it has now.

    What froze the schema before it was no longer frozen is not known: such a version just does not freeze it.
    """
    added: list[dict[str, PropertyType]] = [{} for _ in range(schema.version + 1)]
    retyped: list[dict[str, tuple[PropertyType | None, PropertyType]]] = [{} for _ in added]
    document = schema.to_dict()
    added_in = document.get("added", {})  # of those that were retyped
    for name, type_ in schema.properties.items():
        since = schema.since(name)
        first = added_in.get(name, since)
        added[first][name] = type_
        if since != first:
            retyped[since][name] = (None, type_)
    versions = []
    for number, (new, changed) in enumerate(zip(added, retyped, strict=True)):
        ends_freeze = document["format"] == FROZEN_FORMAT and number > 0 and not (new or changed)
        frozen = _froze(schema.frozen_since, number, ends_freeze=ends_freeze)
        versions.append(Version(number, FrozenDict.wrap(new), FrozenDict.wrap(changed), frozen))
    return versions


def _froze(since: int | None, number: int, *, ends_freeze: bool) -> bool | None:
    """Whether the version ``number`` of a schema that is frozen ``since`` froze it, or ended an earlier freeze."""
    if since is None or number < since:
        return False if ends_freeze else None
    return True if number == since else None


def schema_after(stored: EventSchema | None, change: SchemaChange) -> EventSchema | None:
    """The schema after ``change`` where a store has ``stored``; ``None`` if the change is not based on that."""
    if change.base_version != (None if stored is None else stored.version):
        return None
    base = stored or EventSchema(change.name)
    if change.frozen is base.frozen:
        return None
    if change.added.keys() & base.properties.keys():
        return None
    if any(base.properties.get(name) is not before for name, (before, _) in change.retyped.items()):
        return None
    return base.apply(change)
