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

#: How many names that are no property names are listed of one event: the first by the alphabet.
MAX_BAD_NAMES: Final = 200


@dataclass(slots=True)
class OversizeStats:
    """What is known of the events that have more properties than the rules allow.

    ``most`` is how many one of them has at most. Of those whose properties were looked at ``events`` is the number,
    ``properties`` and ``nulls`` are how many properties they have together, and how many of these are null;
    ``fitting`` counts the events that would be within the limit without their nulls.
    """

    events: int = 0
    most: int = 0
    properties: int = 0
    nulls: int = 0
    fitting: int = 0

    def add(self, size: int, nulls: Sequence[int], limit: int) -> None:
        """Count events of ``size`` properties each; ``nulls`` says how many of each event's are null."""
        self.events += len(nulls)
        self.most = max(self.most, size)
        self.properties += size * len(nulls)
        self.nulls += sum(nulls)
        self.fitting += sum(size - count <= limit for count in nulls)

    def update(self, other: "OversizeStats") -> None:
        """Take in the counts of another part."""
        self.events += other.events
        self.most = max(self.most, other.most)
        self.properties += other.properties
        self.nulls += other.nulls
        self.fitting += other.fitting


@dataclass(slots=True)
class EventStats:
    """The counts of the events of one name.

    ``errors`` are those of whole events and of names that are none; ``unlisted`` counts the values of properties
    beyond the bounds, of which nothing else is known. ``unread`` counts the events whose properties were not looked
    at, since they are no object or far too many; ``oversize`` is about those with too many. ``misnamed`` counts the
    events with a name that is no property name; ``bad_names`` lists such names, at most :data:`MAX_BAD_NAMES`, as a
    message may show them, each with its errors. What stands under such a name is not looked at.
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
        """How many events had their properties looked at: what shares of events are shares of."""
        return self.count - self.unread

    def add_events(self, rows: Sequence[Collection[Any]], size: int, first: Location, rules: Rules) -> None:
        """Count events of ``size`` properties each, whose values are ``rows``; ``first`` is where the first stood."""
        self.count += len(rows)
        if size > rules.max_properties:
            nulls = [sum(value is None for value in row) for row in rows]
            self.oversize.add(size, nulls, rules.max_properties)
            count_error(
                self.errors, TooManyProperties(PROPERTIES_POINTER, rules.max_properties, size), first, len(rows)
            )

    def add_unread(self, error: Violation, location: Location, rules: Rules) -> None:
        """Count an event whose properties are no object, or too many to be looked at."""
        self.count += 1
        self.unread += 1
        if isinstance(error, TooManyProperties):
            self.oversize.most = max(self.oversize.most, error.actual)
            error = TooManyProperties(PROPERTIES_POINTER, rules.max_properties, error.actual)
        count_error(self.errors, error, location)

    def add_bad_name(self, name: object, error: Violation, location: Location, count: int, rules: Rules) -> None:
        """Count a ``name`` that is no property name, which stood in so many events, first at ``location``."""
        count_error(self.errors, error, location, count)
        listed = self._listed(truncate(name, rules.max_name_length))
        if listed is not None:
            count_error(listed, error, location, count)

    def _listed(self, name: str) -> ErrorsByCode | None:
        """The errors of a bad name, ``None`` where enough others stand before it: they do so in every whole too."""
        names = self.bad_names
        if name not in names and len(names) == MAX_BAD_NAMES:
            last = max(names)
            if last < name:
                return None
            del names[last]
        return names.setdefault(name, {})

    def update(self, other: "EventStats") -> None:
        """Take in the counts of another part, but not those of its properties."""
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
        """Count in place as if all events had stood that many lines further down."""
        for errors in (self.errors, *self.bad_names.values()):
            shift_errors(errors, lines)
        for property_ in self.properties.values():
            property_.shift(lines)
