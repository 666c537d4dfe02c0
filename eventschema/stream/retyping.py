"""Plans of retypes: how many stored values a new type accepts, and where the first ones are that it refuses.

A plan has counts and the places of the first refused values, never a value.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

from eventschema.core.changes import SchemaChange
from eventschema.core.comparison import ChangeKind, is_lossless
from eventschema.core.documents import MAX_SHOWN
from eventschema.core.pointers import truncate
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.core.violations import counted
from eventschema.track.event import TrackedEvent

#: How many places of refused values a plan has.
MAX_PLACES: Final = 10

_ANY_LENGTH: Final = 2**31  # of texts: a stored one may be longer than present rules allow


class VersionCount(NamedTuple):
    """How many values of a property the new type accepts and refuses, of events of one ``version`` of the schema.

    ``version`` is ``None`` if it is not known. ``changed`` is how many of the accepted values are read as another value
    by readers of the new type, such as an int as a float; others are read as they are stored.
    """

    version: int | None
    accepted: int
    refused: int
    changed: int = 0


class PlannedRetype(NamedTuple):
    """What a retype of the property ``name``, from the type ``before`` to ``after``, means for its values.

    ``accepted`` and ``refused`` count the values that the new type accepts and refuses. ``first`` are the places of the
    first refused ones: the ids of at most ten stored events; for a profile, the source and line of the first, if known.
    ``versions`` has the counts by version, in order; it is empty for a profile.
    """

    name: str
    before: PropertyType
    after: PropertyType
    accepted: int
    refused: int
    first: tuple[str, ...]
    versions: tuple[VersionCount, ...]

    @property
    def kind(self) -> ChangeKind:
        """``lossless`` or ``lossy``, whatever the values are: see ``is_lossless``."""
        return "lossless" if is_lossless(self.before, self.after) else "lossy"

    def to_dict(self) -> dict[str, Any]:
        """The fields and the kind, ready for JSON."""
        return {
            "name": self.name,
            "kind": self.kind,
            "before": self.before.value,
            "after": self.after.value,
            "accepted": self.accepted,
            "refused": self.refused,
            "first": list(self.first),
            "versions": [version._asdict() for version in self.versions],
        }


class RetypePlan(NamedTuple):
    """What a retype of the schema ``event`` in its present ``version`` means, for each property that would change."""

    event: str
    version: int
    properties: tuple[PlannedRetype, ...]

    @property
    def loses_values(self) -> bool:
        """Whether a new type refuses a value, so that the retype must be forced."""
        return any(planned.refused for planned in self.properties)

    def to_dict(self) -> dict[str, Any]:
        """The plan, ready for JSON."""
        return {
            "event": self.event,
            "version": self.version,
            "losesValues": self.loses_values,
            "properties": [planned.to_dict() for planned in self.properties],
        }


class RetypeError(ValueError):
    """A new type refuses values that are stored, and the retype was not forced. Picklable. ``plan`` has the counts."""

    def __init__(self, plan: RetypePlan) -> None:
        super().__init__(plan)

    @property
    def plan(self) -> RetypePlan:
        """How many values of each property the new type accepts and refuses, and where the first of those are."""
        plan: RetypePlan = self.args[0]
        return plan

    def __str__(self) -> str:
        refused = [
            f"{planned.after}, which refuses {planned.refused} of "
            f"{counted(planned.accepted + planned.refused, 'value', 'values')} of {truncate(planned.name, MAX_SHOWN)}"
            for planned in self.plan.properties
            if planned.refused
        ]
        return f"expected types that accept all stored values, found {'; '.join(refused)}"


def refuse_loss(plan: RetypePlan, *, force: bool) -> None:
    """Raise ``RetypeError`` if a retype as planned loses values, unless ``force`` is true."""
    if plan.loses_values and not force:
        raise RetypeError(plan)


def plan_retype(
    schema: EventSchema,
    types: Mapping[str, PropertyType | str],
    events: Iterable[TrackedEvent],
    rules: Rules = DEFAULT_RULES,
) -> RetypePlan:
    """Plan ``schema.retype(types)`` over stored ``events``, in their order; events of other names are skipped.

    A value counts as accepted if a property of the new type accepts it under ``rules``, whatever its length. Raises
    ``ValueError`` as ``retype`` does.
    """
    change = schema.retype_change(types)
    counts = [_Count(change, name, rules) for name in change.retyped]
    for event in events if counts else ():
        if event.name == schema.name:
            for count in counts:
                count.add(event)
    return RetypePlan(schema.name, schema.version, tuple(count.planned() for count in counts))


class _Count:
    """Counts the values of the property ``name`` that its new type accepts and refuses."""

    def __init__(self, change: SchemaChange, name: str, rules: Rules) -> None:
        self._name = name
        self._before, self._after = change.retyped[name]
        self._schema = EventSchema(change.name, {name: self._after})
        self._rules = replace(
            rules,
            max_properties=1,
            max_name_length=max(len(name), rules.max_name_length),
            max_string_length=_ANY_LENGTH,
            types="conform",
            invalid="reject",
            empty_texts="keep",
        )
        self._versions: dict[int | None, list[int]] = {}  # accepted, refused, changed
        self._first: list[str] = []

    def add(self, event: TrackedEvent) -> None:
        if self._name not in event.properties:
            return
        result = self._schema.merge({self._name: event.properties[self._name]}, self._rules)
        counts = self._versions.setdefault(event.schema_version, [0, 0, 0])
        counts[not result.ok] += 1
        counts[2] += bool(result.adjustments)
        if not result.ok and event.id is not None and len(self._first) < MAX_PLACES:
            self._first.append(event.id)

    def planned(self) -> PlannedRetype:
        in_order = sorted(self._versions.items(), key=lambda item: -1 if item[0] is None else item[0])
        versions = tuple(VersionCount(version, *counts) for version, counts in in_order)
        accepted, refused = sum(one.accepted for one in versions), sum(one.refused for one in versions)
        return PlannedRetype(self._name, self._before, self._after, accepted, refused, tuple(self._first), versions)
