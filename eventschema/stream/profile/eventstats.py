"""The stats of the events of one name."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from eventschema.core.events import PROPERTIES_POINTER
from eventschema.core.pointers import truncate
from eventschema.core.rules import Rules
from eventschema.core.violations import TooManyProperties, Violation
from eventschema.stream.profile.locations import (
    ErrorsByCode,
    Location,
    count_error,
    shift_errors,
    update_errors,
)
from eventschema.stream.profile.propertystats import PropertyStats

#: How many invalid property names are listed of one event: the first in alphabetical order.
MAX_BAD_NAMES: Final = 200


@dataclass(slots=True)
class OversizeStats:
    """The events with more properties than the rules allow.

    ``most`` is the greatest number of properties of one event. Of the events whose properties were counted, ``events``
    is the number, ``properties`` and ``nulls`` are the sums of their properties and of their nulls; ``fitting`` counts
    the events that would be within the limit without their nulls.
    """

    events: int = 0
    most: int = 0
    properties: int = 0
    nulls: int = 0
    fitting: int = 0

    def add(self, size: int, nulls: Sequence[int], limit: int) -> None:
        """Count events of ``size`` properties each; ``nulls`` has the number of nulls of each event."""
        self.events += len(nulls)
        self.most = max(self.most, size)
        self.properties += size * len(nulls)
        self.nulls += sum(nulls)
        self.fitting += sum(size - count <= limit for count in nulls)

    def update(self, other: "OversizeStats") -> None:
        """Add the counts of another part."""
        self.events += other.events
        self.most = max(self.most, other.most)
        self.properties += other.properties
        self.nulls += other.nulls
        self.fitting += other.fitting


@dataclass(slots=True)
class EventStats:
    """The counts of the events of one name.

    ``errors`` are those of whole events and of invalid property names; ``unlisted`` counts the values of properties
    beyond the bounds, which are not counted otherwise. ``unread`` counts the events whose properties were not counted,
    since they are not an object or far too many; ``oversize`` has the events with too many. ``misnamed`` counts the
    events with an invalid property name; ``bad_names`` lists such names, at most :data:`MAX_BAD_NAMES`, truncated as in
    messages, each with its errors. Values of invalid names are not counted.
    """

    count: int = 0
    errors: ErrorsByCode = field(default_factory=dict)
    properties: dict[str, PropertyStats] = field(default_factory=dict)
    unlisted: int = 0
    unread: int = 0
    oversize: OversizeStats = field(default_factory=OversizeStats)
    misnamed: int = 0
    bad_names: dict[str, ErrorsByCode] = field(default_factory=dict)

    @property
    def looked_at(self) -> int:
        """How many events had their properties counted: shares of events refer to these."""
        return self.count - self.unread

    def add_events(self, rows: Sequence[Collection[Any]], size: int, first: Location, rules: Rules) -> None:
        """Count events of ``size`` properties each, with the values ``rows``; ``first`` is the first location."""
        self.count += len(rows)
        if size > rules.max_properties:
            nulls = [sum(value is None for value in row) for row in rows]
            self.oversize.add(size, nulls, rules.max_properties)
            count_error(
                self.errors, TooManyProperties(PROPERTIES_POINTER, rules.max_properties, size), first, len(rows)
            )

    def add_unread(self, error: Violation, location: Location, rules: Rules) -> None:
        """Count an event whose properties are not an object, or too many to be counted."""
        self.count += 1
        self.unread += 1
        if isinstance(error, TooManyProperties):
            self.oversize.most = max(self.oversize.most, error.actual)
            error = TooManyProperties(PROPERTIES_POINTER, rules.max_properties, error.actual)
        count_error(self.errors, error, location)

    def add_bad_name(self, name: object, error: Violation, location: Location, count: int, rules: Rules) -> None:
        """Count an invalid property ``name``, of ``count`` events, the first of them at ``location``."""
        count_error(self.errors, error, location, count)
        listed = self._listed(truncate(name, rules.max_name_length))
        if listed is not None:
            count_error(listed, error, location, count)

    def _listed(self, name: str) -> ErrorsByCode | None:
        """The errors of a bad name, ``None`` if enough names come before it: they do so in combined profiles too."""
        names = self.bad_names
        if name not in names and len(names) == MAX_BAD_NAMES:
            last = max(names)
            if last < name:
                return None
            del names[last]
        return names.setdefault(name, {})

    def update(self, other: "EventStats") -> None:
        """Add the counts of another part, but not those of its properties."""
        self.count += other.count
        self.unlisted += other.unlisted
        self.unread += other.unread
        self.misnamed += other.misnamed
        self.oversize.update(other.oversize)
        update_errors(self.errors, other.errors)
        for name, errors in other.bad_names.items():
            listed = self._listed(name)
            if listed is not None:
                update_errors(listed, errors)

    def shift(self, lines: int) -> None:
        """Move all locations ``lines`` further down, in place."""
        for errors in (self.errors, *self.bad_names.values()):
            shift_errors(errors, lines)
        for property_ in self.properties.values():
            property_.shift(lines)
