"""``EventSchema``: the properties of the events of one name, and how an event is checked and extends them."""

from collections.abc import Collection, Mapping
from sys import maxsize
from typing import TYPE_CHECKING, Any, Final

from eventschema.core.acceleration import accept, only_type_conflicts
from eventschema.core.accept import PartialMerge
from eventschema.core.arguments import check_kind, rules_error
from eventschema.core.changes import SchemaChange
from eventschema.core.documents import (
    MAX_RETYPES,
    MAX_SHOWN,
    SchemaParts,
    read_event_name,
    read_frozen,
    read_properties,
    read_schema,
    write_schema,
    wrong,
)
from eventschema.core.events import PROPERTIES_POINTER, Event, keep_valid, read_event, validate_remaining
from eventschema.core.frozen import EMPTY, FrozenDict
from eventschema.core.pointers import pointer_to
from eventschema.core.results import MergeResult, new_result
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.types import PropertyType
from eventschema.core.values import Adjustment
from eventschema.core.violations import EventRejected, TooManySchemaProperties, TypeConflict, UnknownProperty, Violation

if TYPE_CHECKING:
    from datetime import tzinfo

    from eventschema.core.pythonvalues import PythonProperties


_NONE_RETYPED: Final[dict[str, int]] = {}  # never changed, so all schemas can have the same one


class EventSchema:
    """The properties of the events of one name, and their types. Immutable, hashable, picklable.

    ``name`` is the name of the events: text of at least 1 character, without control characters. ``properties`` maps
    names of latin letters, digits and ``_`` to types, as ``PropertyType`` or as words (``{"price": "float"}``). These
    are declared, in version 0. Each change that adds properties makes a new schema, of the next version. An event never
    changes a type; a person can, with :meth:`retype`. If the schema is ``frozen``, no event adds a property either; a
    person still can, with :meth:`apply`. :meth:`freeze` freezes a schema, or ends that.

    Two schemas are equal if they have the same name, the same version, the same properties (in any order) with the same
    types since the same versions, and were frozen by the same version or are both not frozen. Raises ``ValueError``,
    with the place, for an invalid name or type.
    """

    _frozen: int | None  # the version that froze it
    __slots__ = ("_counts", "_frozen", "_longest_name", "_name", "_retyped", "_since", "_types")

    def __init__(
        self, name: str, properties: Mapping[str, PropertyType | str] = EMPTY, *, frozen: bool = False
    ) -> None:
        types = {} if properties is EMPTY else read_properties(properties, "/properties")
        self._set(read_event_name(name, "/name"), types, (len(types),), _NONE_RETYPED, _longest(types))
        if read_frozen(frozen, "/frozen"):
            self._frozen = 0

    @classmethod
    def _of(cls, parts: SchemaParts) -> "EventSchema":
        self = object.__new__(cls)
        self._set(*parts[:4], _longest(parts.types))
        self._frozen = parts.frozen
        return self

    def _set(
        self,
        name: str,
        types: dict[str, PropertyType],
        counts: tuple[int, ...],
        retyped: dict[str, int],
        longest_name: int,
    ) -> None:
        self._name = name
        self._types = types
        # The number of properties of each version. With the order of the properties and the versions of those that were
        # retyped, that is all that since() needs, so no second dict is copied for every new property.
        self._counts = counts
        self._retyped = retyped
        self._since: dict[str, int] | None = None
        self._longest_name = longest_name
        self._frozen = None

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
        """The version that gave the property ``name`` its type; 0: it was declared.

        Raises ``KeyError`` if there is no such property.
        """
        return self._versions()[name]

    @property
    def last_retyped(self) -> int:
        """The last version that changed the type of a property, 0 if none did."""
        return max(self._retyped.values(), default=0)

    @property
    def frozen(self) -> bool:
        """Whether events may not add properties: a new property of an event is ``frozen_schema``."""
        return self._frozen is not None

    @property
    def frozen_since(self) -> int | None:
        """The version that froze the schema, 0 if it was declared frozen; ``None`` if it is not frozen."""
        return self._frozen

    def _versions(self) -> dict[str, int]:
        versions = self._since
        if versions is None:  # built, then set: two threads may both do so, and neither sees an incomplete dict
            versions = self._parts().added_in() | self._retyped
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

    def merge_quickly(self, properties: Mapping[str, Any], rules: Rules = DEFAULT_RULES) -> MergeResult | None:
        """The result of :meth:`merge`, or ``None`` if it would take long: up to milliseconds a property.

        ``None`` says nothing about the event: some values of other events are read slowly too, for example addresses
        beyond ASCII. A service that must not wait calls :meth:`merge` in a thread then.
        """
        try:
            partial = accept(self, self._types, self._longest_name, properties, rules)
        except (AttributeError, TypeError) as error:
            raise rules_error(rules, error) from None
        return partial if type(partial) is MergeResult else self._complete_quickly(partial, rules)

    def _complete(self, partial: PartialMerge | None, properties: Mapping[str, Any], rules: Rules) -> MergeResult:
        """The result of a merge that the fast path has not finished: it returned ``partial``."""
        quick = self._complete_quickly(partial, rules)
        if quick is not None:
            return quick
        if partial is None or self._reads_whole(partial, rules):
            event = read_event(properties, rules)
            if isinstance(event, Violation):
                return self._refused((event,))
            if rules.invalid == "drop":
                valid = keep_valid(self._types, self._versions, event, rules, self._frozen)
                return self._accepted(*valid, rules=rules)
            partial = {}, {}, [], list(event.items())
        errors = validate_remaining(self._types, self._versions, partial, rules, self._frozen)
        return self._finish(partial, errors, rules)

    def _complete_quickly(self, partial: PartialMerge | None, rules: Rules) -> MergeResult | None:
        """As :meth:`_complete`, but ``None`` where texts would have to be read as the definition does."""
        if partial is None or self._reads_whole(partial, rules):
            return None
        remaining = partial[3]
        errors = only_type_conflicts(self._types, self._versions, remaining, rules) if remaining else ()
        if errors is None:
            if not all(_is_read_quickly(value) for _, value in remaining):
                return None
            errors = validate_remaining(self._types, self._versions, partial, rules, self._frozen)
        return self._finish(partial, errors, rules)

    def _reads_whole(self, partial: PartialMerge, rules: Rules) -> bool:
        """Whether the definition must read the whole event: the schema is frozen, or properties must be dropped."""
        if partial[1] and self._frozen is not None:
            return True
        if rules.invalid != "drop":
            return False
        return bool(partial[3]) or len(self._types) + len(partial[1]) > _bound(rules)

    def _finish(self, partial: PartialMerge, errors: tuple[Violation, ...], rules: Rules) -> MergeResult:
        event, added, adjustments, _ = partial
        if added and len(self._types) + len(added) > _bound(rules):
            errors += (TooManySchemaProperties(PROPERTIES_POINTER, _bound(rules), len(self._types) + len(added)),)
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
        not of its property's type, and ``TypeError`` if ``naive`` is not a time zone.
        """
        from eventschema.core.pythonvalues import to_python

        return to_python(self._types, properties, naive)

    def apply(self, change: SchemaChange) -> "EventSchema":
        """Apply ``change`` to this schema, as a store does with the schema that it has.

        Properties that the schema already has with the same type are skipped, as are those that already have the new
        type of a retype, and a freeze of what is frozen; if nothing is left to change, this same schema is returned. A
        frozen schema takes new properties from a change: it is events that may not add any.

        Raises ``EventRejected``, with a ``type_conflict`` for each property that the schema has with another type than
        the change expects, and ``unknown_property`` for one to retype that the schema does not have. Raises
        ``ValueError`` if the change is for another event's schema, or the schema was retyped or frozen 10,000 times.
        """
        check_kind(change, SchemaChange, "a SchemaChange, such as result.schema_change(before)")
        if change.name != self._name:
            raise ValueError(f"expected a change to the schema of {self._name!r}, found one of {change.name!r}")
        conflicts: list[Violation] = []
        for name, type_ in change.added.items():
            if (here := self._types.get(name, type_)) is not type_:
                conflicts.append(TypeConflict(_pointer(name), here, type_, self.since(name)))
        for name, (before, after) in change.retyped.items():
            retyped = self._types.get(name)
            if retyped is None:
                conflicts.append(UnknownProperty(_pointer(name)))
            elif retyped is not before and retyped is not after:
                conflicts.append(TypeConflict(_pointer(name), retyped, before, self.since(name)))
        if conflicts:
            raise EventRejected(conflicts)
        added = {name: type_ for name, type_ in change.added.items() if name not in self._types}
        types = {name: after for name, (_, after) in change.retyped.items() if self._types[name] is not after}
        frozen = None if change.frozen is self.frozen else change.frozen
        if not added and not types and frozen is None:
            return self
        return self._grown(added, _longest(added), types, frozen)

    def retype(self, types: Mapping[str, PropertyType | str]) -> "EventSchema":
        """The schema of the next version, in which the properties named in ``types`` have these types.

        They keep their place in the order, and :meth:`since` is the new version. The same schema is returned if they
        have these types already. Stored events are not changed: :func:`eventschema.is_lossless` says whether the
        new type accepts every value that the old one did.

        Raises ``ValueError``, with the place, for a property that the schema does not have, an unknown type, or if the
        schema was retyped 10,000 times.
        """
        return self.apply(self.retype_change(types))

    def retype_change(self, types: Mapping[str, PropertyType | str]) -> SchemaChange:
        """The change that :meth:`retype` makes, to save it. Raises ``ValueError`` as that does."""
        given = read_properties(types, "/retyped")
        for name in given:
            if name not in self._types:
                place = pointer_to("/retyped", name, MAX_SHOWN)
                raise wrong(place, "a property of the schema", "one that the schema does not have")
        retyped = {name: (self._types[name], type_) for name, type_ in given.items() if type_ is not self._types[name]}
        return SchemaChange(self._name, self.version, FrozenDict(), FrozenDict.wrap(retyped))

    def freeze(self, *, frozen: bool = True) -> "EventSchema":
        """The schema of the next version, to which events can add no property; with ``frozen=False``, they can again.

        The same schema is returned if that is so already. Raises ``ValueError`` if the schema was retyped or frozen
        10,000 times.
        """
        return self.apply(self.freeze_change(frozen=frozen))

    def freeze_change(self, *, frozen: bool = True) -> SchemaChange:
        """The change that :meth:`freeze` makes, to save it."""
        return SchemaChange(self._name, self.version, FrozenDict(), frozen=frozen)

    def _grown(
        self,
        added: dict[str, PropertyType],
        longest_name: int,
        retyped: Mapping[str, PropertyType] = EMPTY,
        frozen: bool | None = None,
    ) -> "EventSchema":
        schema = object.__new__(type(self))
        types = self._types | added if self._types else added
        versions = self._retyped
        version = len(self._counts)
        if (retyped or frozen is not None) and version > len(types) + MAX_RETYPES:
            raise ValueError(f"expected at most {MAX_RETYPES} retypes and freezes of a schema, found one more")
        if retyped:
            types = {**types, **retyped}
            versions = {**versions, **dict.fromkeys(retyped, version)}
        longest_name = max(longest_name, self._longest_name)
        schema._set(self._name, types, (*self._counts, len(types)), versions, longest_name)
        schema._frozen = self._frozen if frozen is None else version if frozen else None
        return schema

    def to_dict(self) -> dict[str, Any]:
        """The schema as a JSON-ready document with its format number. :meth:`from_dict` reads it back unchanged."""
        return write_schema(self._parts())

    @classmethod
    def from_dict(cls, document: Mapping[str, Any], pointer: str = "") -> "EventSchema":
        """Read a schema from a document that :meth:`to_dict` made, or that a person wrote.

        ``name`` and ``properties`` are required. A document without ``format`` is read as one of this version; without
        ``version`` and ``since``, all properties are declared. Raises ``ValueError``, with the place, for an invalid
        document. ``pointer`` is the JSON Pointer of the document, if it is part of another.
        """
        return cls._of(read_schema(document, pointer))

    def _parts(self) -> SchemaParts:
        return SchemaParts(self._name, self._types, self._counts, self._retyped, self._frozen)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, EventSchema):
            return NotImplemented
        return self is other or (
            self._name == other._name
            and self.version == other.version
            and self._frozen == other._frozen
            and self._types == other._types
            and self._versions() == other._versions()
        )

    def __hash__(self) -> int:
        return hash((self._name, self.version, frozenset(self._types.items())))

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, tuple(self._parts())

    def __repr__(self) -> str:
        versions = self._versions()
        since = {version: f" (since {version})" if version else "" for version in versions.values()}
        properties = ", ".join(f"{name} {type_}{since[versions[name]]}" for name, type_ in self._types.items())
        frozen = "" if self._frozen is None else f", frozen since {self._frozen}" if self._frozen else ", frozen"
        return f"<EventSchema {self._name!r}, version {self.version}{frozen}: {properties or 'no properties'}>"


def _pointer(name: str) -> str:
    return pointer_to(PROPERTIES_POINTER, name, len(name))


def _longest(names: Collection[str]) -> int:
    return max(map(len, names)) if names else 0


def _restore(
    name: str,
    types: dict[str, PropertyType],
    counts: tuple[int, ...],
    retyped: dict[str, int] = _NONE_RETYPED,
    frozen: int | None = None,
) -> EventSchema:
    return EventSchema._of(SchemaParts(name, types, counts, retyped, frozen))


def _is_read_quickly(value: Any) -> bool:
    """Whether ``value`` is of a type of a JSON decoder that is read without a look into the value."""
    kind = type(value)  # compared by identity: a foreign class can make its hash raise
    return value is None or kind is int or kind is float or kind is bool or kind is dict or kind is list


def _bound(rules: Rules) -> int:
    return maxsize if rules.max_schema_properties is None else rules.max_schema_properties
