"""``EventSchema``: the properties of the events of one name, and how an event is checked and extends them."""

from collections.abc import Collection, Mapping
from itertools import islice
from sys import maxsize
from typing import TYPE_CHECKING, Any

from eventschema.core.acceleration import accept, only_type_conflicts
from eventschema.core.accept import PartialMerge
from eventschema.core.arguments import check_kind, rules_error
from eventschema.core.changes import SchemaChange
from eventschema.core.documents import SchemaParts, read_event_name, read_properties, read_schema, write_schema
from eventschema.core.events import PROPERTIES_POINTER, Event, keep_valid, read_event, validate_remaining
from eventschema.core.frozen import EMPTY, FrozenDict
from eventschema.core.pointers import pointer_to
from eventschema.core.results import MergeResult, new_result
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.types import PropertyType
from eventschema.core.values import Adjustment
from eventschema.core.violations import EventRejected, TooManySchemaProperties, TypeConflict, Violation

if TYPE_CHECKING:
    from datetime import tzinfo

    from eventschema.core.pythonvalues import PythonProperties


class EventSchema:
    """The properties of the events of one name, and their types. Immutable, hashable, picklable.

    ``name`` is the name of the events: text of at least 1 character, without control characters. ``properties`` maps
    names of latin letters, digits and ``_`` to types, as ``PropertyType`` or as words (``{"price": "float"}``). These
    are declared, in version 0. Each change that adds properties makes a new schema, of the next version.

    Schemas are equal by name, version, and the type and first version of each property, in any order. Raises
    ``ValueError``, with the place, for an invalid name or type.
    """

    __slots__ = ("_counts", "_longest_name", "_name", "_since", "_types")

    def __init__(self, name: str, properties: Mapping[str, PropertyType | str] = EMPTY) -> None:
        types = {} if properties is EMPTY else read_properties(properties, "/properties")
        self._set(read_event_name(name, "/name"), types, (len(types),), _longest(types))

    @classmethod
    def _of(cls, parts: SchemaParts) -> "EventSchema":
        self = object.__new__(cls)
        self._set(*parts, _longest(parts.types))
        return self

    def _set(self, name: str, types: dict[str, PropertyType], counts: tuple[int, ...], longest_name: int) -> None:
        self._name = name
        self._types = types
        # The number of properties of each version. With the order of the properties, that is all that since() needs, so
        # no second dict is copied for every new property.
        self._counts = counts
        self._since: dict[str, int] | None = None
        self._longest_name = longest_name

    @property
    def name(self) -> str:
        """The name of the events."""
        return self._name

    @property
    def properties(self) -> FrozenDict[str, PropertyType]:
        """The type of each property, in the order in which they were added. Read-only."""
        return FrozenDict.wrap(self._types)

    @property
    def version(self) -> int:
        """The number of changes to the schema, from 0."""
        return len(self._counts) - 1

    @property
    def fingerprint(self) -> str:
        """The SHA-256, in hex, of name, properties and types: the same on every machine, for any order of properties.

        It is the hash of the UTF-8 of ``{"name":...,"properties":{...}}``: compact JSON, keys sorted, with only the
        escapes that JSON requires (RFC 8259, section 7). It is computed on each access.
        """
        import json
        from hashlib import sha256  # here, since most processes never need it, and it loads OpenSSL

        content = {"name": self._name, "properties": self._types}
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return sha256(text.encode()).hexdigest()

    def since(self, name: str) -> int:
        """The version that added the property ``name``; 0: it was declared. Raises ``KeyError`` if there is none."""
        return self._versions()[name]

    def _versions(self) -> dict[str, int]:
        versions = self._since
        if versions is None:  # built, then set: two threads may both do so, and neither sees an incomplete dict
            names = iter(self._types)
            steps = zip((0, *self._counts), self._counts, strict=False)
            versions = {
                name: version for version, (before, after) in enumerate(steps) for name in islice(names, after - before)
            }
            self._since = versions
        return versions

    def merge(self, properties: Mapping[str, Any], rules: Rules = DEFAULT_RULES) -> MergeResult:
        """Merge an event with ``properties``: the schema after it, and the values to store.

        The event is accepted whole, or ``errors`` has everything that is wrong with it. Under ``Rules(invalid="drop")``
        it is accepted without its invalid properties, which ``dropped`` has. Neither the schema nor ``properties`` is
        changed. Raises nothing, whatever ``properties`` are or contain, except ``MemoryError`` and ``RecursionError``,
        which are no fault of theirs; raises ``TypeError`` if ``rules`` are not ``Rules``.
        """
        try:
            partial = accept(self, self._types, self._longest_name, properties, rules)
        except (AttributeError, TypeError) as error:
            raise rules_error(rules, error) from None
        return partial if type(partial) is MergeResult else self._complete(partial, properties, rules)

    def _complete(self, partial: PartialMerge | None, properties: Mapping[str, Any], rules: Rules) -> MergeResult:
        """The result of a merge that the fast path has not finished: it returned ``partial``."""
        bound = maxsize if rules.max_schema_properties is None else rules.max_schema_properties
        drops = rules.invalid == "drop"
        if partial is None or (drops and (partial[3] or len(self._types) + len(partial[1]) > bound)):
            event = read_event(properties, rules)
            if isinstance(event, Violation):
                return self._refused((event,))
            if drops:
                return self._accepted(*keep_valid(self._types, self._versions, event, rules), rules=rules)
            partial = {}, {}, [], list(event.items())
        event, added, adjustments, remaining = partial
        errors: tuple[Violation, ...] = ()
        if remaining:
            certain = only_type_conflicts(self._types, self._versions, remaining, rules)
            errors = validate_remaining(self._types, self._versions, partial, rules) if certain is None else certain
        if added and len(self._types) + len(added) > bound:
            errors += (TooManySchemaProperties(PROPERTIES_POINTER, bound, len(self._types) + len(added)),)
        return self._refused(errors) if errors else self._accepted(event, added, adjustments, (), rules)

    def _accepted(
        self,
        event: Event,
        added: dict[str, PropertyType],
        adjustments: list[Adjustment],
        dropped: tuple[Violation, ...],
        rules: Rules,
    ) -> MergeResult:
        # The names are not measured: none is longer than the rules allow, and accept() needs only an upper limit. Under
        # rules that allow less, a later event may go to the definition, which is slower and returns the same.
        schema = self._grown(added, min(rules.max_name_length, maxsize)) if added else self
        return new_result(MergeResult, (schema, FrozenDict.wrap(added), event, tuple(adjustments), (), dropped))

    def _refused(self, errors: tuple[Violation, ...]) -> MergeResult:
        return new_result(MergeResult, (self, EMPTY, {}, (), errors, ()))

    def to_python(self, properties: Mapping[str, Any], *, naive: "tzinfo | None" = None) -> "PythonProperties":
        """The ``properties`` that :meth:`merge` returned, as Python's types, and what was lost by that.

        A date becomes a ``datetime.date``, a dateTime a ``datetime.datetime`` with the offset that it has. Without an
        offset it stays naive, or gets the time zone ``naive``. A leap second becomes the last microsecond before it,
        digits beyond microseconds are cut, and both are reported in ``adjustments``. All other values are unchanged.

        Raises ``ValueError``, with the pointer, for a property that the schema does not have and for a value that is
        not of its property's type.
        """
        from eventschema.core.pythonvalues import to_python

        return to_python(self._types, properties, naive)

    def apply(self, change: SchemaChange) -> "EventSchema":
        """Apply ``change`` to this schema, as a store does with the schema that it has.

        Properties that the schema already has with the same type are skipped; if nothing is left to add, this same
        schema is returned. Raises ``EventRejected``, with a ``type_conflict`` for each property that the schema has
        with another type, and ``ValueError`` if the change is for another event's schema.
        """
        check_kind(change, SchemaChange, "a SchemaChange, such as result.schema_change(before)")
        if change.name != self._name:
            raise ValueError(f"expected a change to the schema of {self._name!r}, found one of {change.name!r}")
        conflicts = [
            TypeConflict(pointer_to(PROPERTIES_POINTER, name, len(name)), here, type_, self.since(name))
            for name, type_ in change.added.items()
            if (here := self._types.get(name, type_)) is not type_
        ]
        if conflicts:
            raise EventRejected(conflicts)
        added = {name: type_ for name, type_ in change.added.items() if name not in self._types}
        return self._grown(added, _longest(added)) if added else self

    def _grown(self, added: dict[str, PropertyType], longest_name: int) -> "EventSchema":
        schema = object.__new__(type(self))
        types = self._types | added if self._types else added
        longest_name = max(longest_name, self._longest_name)
        schema._set(self._name, types, (*self._counts, len(types)), longest_name)
        return schema

    def to_dict(self) -> dict[str, Any]:
        """The schema as a JSON-ready document with its format number. :meth:`from_dict` reads it back unchanged."""
        return write_schema(self._parts(), self._versions())

    @classmethod
    def from_dict(cls, document: Mapping[str, Any], pointer: str = "") -> "EventSchema":
        """Read a schema from a document that :meth:`to_dict` made, or that a person wrote.

        ``name`` and ``properties`` are required. A document without ``format`` is read as one of this version; without
        ``version`` and ``since``, all properties are declared. Raises ``ValueError``, with the place, for an invalid
        document. ``pointer`` is the JSON Pointer of the document, if it is part of another.
        """
        return cls._of(read_schema(document, pointer))

    def _parts(self) -> SchemaParts:
        return SchemaParts(self._name, self._types, self._counts)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, EventSchema):
            return NotImplemented
        return self is other or (
            self._name == other._name
            and self._counts == other._counts
            and self._types == other._types
            and self._versions() == other._versions()
        )

    def __hash__(self) -> int:
        return hash((self._name, self._counts, frozenset(self._types.items())))

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, tuple(self._parts())

    def __repr__(self) -> str:
        versions = self._versions()
        since = {version: f" (since {version})" if version else "" for version in versions.values()}
        properties = ", ".join(f"{name} {type_}{since[versions[name]]}" for name, type_ in self._types.items())
        return f"<EventSchema {self._name!r}, version {self.version}: {properties or 'no properties'}>"


def _longest(names: Collection[str]) -> int:
    return max(map(len, names)) if names else 0


def _restore(name: str, types: dict[str, PropertyType], counts: tuple[int, ...]) -> EventSchema:
    return EventSchema._of(SchemaParts(name, types, counts))
