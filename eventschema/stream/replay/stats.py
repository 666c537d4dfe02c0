"""The statistics of a replay, for its report, in bounded memory.

Apart from schemas and contacts, they do not grow with the stream: names without a schema and groups of errors are
listed up to :data:`MAX_LISTED`, and further ones are only counted.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from sys import maxsize
from typing import Final, NamedTuple

from eventschema.core.events import PROPERTIES_POINTER
from eventschema.core.results import MergeResult
from eventschema.core.types import PropertyType
from eventschema.core.values import AdjustmentKind
from eventschema.core.violations import Violation
from eventschema.stream.envelopes import StreamEvent, StreamObject
from eventschema.stream.replay.blocks import AcceptedBlock, is_zeroed
from eventschema.stream.replay.events import Rejection, Replay
from eventschema.stream.replay.requests import AcceptedRequest, TrackReplay
from eventschema.track.contact import CONTACT_POINTER, ContactChange

#: How many of each are listed: error groups, events without a schema, properties without a schema with their types, and
#: properties without a schema with changed values.
MAX_LISTED: Final = 1000


class Origin(NamedTuple):
    """The event that added a property, and the type of the property."""

    source: str
    line: int
    type: PropertyType


@dataclass(slots=True)
class EventReplayStats:
    """The counts of one event name.

    ``seen`` counts by property the accepted events with a value for it; ``origins`` are the new properties of this
    stream: added to the schema, or allowed by a check. ``adjusted`` counts by property the accepted values that were
    changed, by the kind of change, and ``zeroed`` those that rounding made 0.
    """

    accepted: int = 0
    rejected: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    origins: dict[str, Origin] = field(default_factory=dict)
    adjusted: dict[str, Counter[AdjustmentKind]] = field(default_factory=dict)
    zeroed: Counter[str] = field(default_factory=Counter)


class ErrorGroup(NamedTuple):
    """A group of errors: they have the same event (``None``: a line without one), code and pointer."""

    event: str | None
    code: str
    pointer: str

    @property
    def property(self) -> str | None:
        """The name of the property that the pointer points to, ``None`` if it points to something else."""
        start = f"{PROPERTIES_POINTER}/"
        if not self.pointer.startswith(start):
            return None
        return self.pointer.removeprefix(start).replace("~1", "/").replace("~0", "~")


@dataclass(slots=True)
class GroupStats:
    """The first error of a group, with its location and message, and how many there are."""

    source: str
    line: int
    message: str
    count: int = 0


@dataclass(slots=True)
class ErrorGroups:
    """Errors by group, in the order in which the groups were first seen.

    At most ``limit`` groups are listed. ``unlisted`` is the number of errors in further groups.
    """

    limit: int = maxsize
    groups: dict[ErrorGroup, GroupStats] = field(default_factory=dict)
    unlisted: int = 0

    def add(self, event: str | None, source: str, line: int, errors: Iterable[Violation]) -> None:
        """Count the ``errors`` of one event."""
        for error in errors:
            group = ErrorGroup(event, error.code, error.pointer)
            stats = self.groups.get(group)
            if stats is None:
                self._list(group, GroupStats(source, line, error.message, 1))
            else:
                stats.count += 1

    def update(self, other: "ErrorGroups", lines: int) -> None:
        """Count the errors of ``other``, which lists all its groups; ``lines`` is added to the numbers of its lines."""
        for group, found in other.groups.items():
            known = self.groups.get(group)
            if known is None:
                self._list(group, GroupStats(found.source, found.line + lines, found.message, found.count))
            else:
                known.count += found.count

    def _list(self, group: ErrorGroup, stats: GroupStats) -> None:
        if len(self.groups) >= self.limit:
            self.unlisted += stats.count
        else:
            self.groups[group] = stats


@dataclass(slots=True)
class ContactStats:
    """Counts what happened to the contacts of track requests.

    Every accepted request creates a contact, updates one, or leaves one unchanged. ``refused`` counts the requests with
    an error in the contact.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0

    def add(self, outcome: AcceptedRequest | Rejection) -> None:
        """Count the contact of a request by the ``outcome`` of a ``TrackReplay``."""
        if isinstance(outcome, Rejection):
            self.refused += any(_is_of_contact(error.pointer) for error in outcome.errors)
        else:
            self.add_change(outcome.contact_change)

    def add_change(self, change: ContactChange | None) -> None:
        """Count the contact of an accepted request by its change."""
        if change is None:
            self.unchanged += 1
        elif change.kind == "create":
            self.created += 1
        else:
            self.updated += 1


def _is_of_contact(pointer: str) -> bool:
    return pointer == CONTACT_POINTER or pointer.startswith(f"{CONTACT_POINTER}/")


class PieceStats:
    """The stats of some events of a replay, for :meth:`ReplayStats.update`. Picklable.

    Everything is listed, so the number of events must be bounded. The order of first occurrence is kept, since it
    decides what :class:`ReplayStats` lists.
    """

    __slots__ = (
        "adjusted",
        "dropped",
        "errors",
        "events",
        "origins",
        "seen",
        "skipped",
        "without_properties",
        "zeroed",
    )

    def __init__(self) -> None:
        #: By event name, ``None`` for lines without one: how many were accepted and how many rejected.
        self.events: dict[str | None, list[int]] = {}
        self.seen: dict[str, Counter[str]] = {}
        #: By event and property: those of accepted events that no schema has.
        self.origins: dict[tuple[str, str], Origin] = {}
        self.adjusted: Counter[tuple[str, str, AdjustmentKind]] = Counter()
        self.zeroed: Counter[tuple[str, str]] = Counter()
        #: The errors of rejected events, and those of dropped properties.
        self.errors = ErrorGroups()
        self.dropped = ErrorGroups()
        self.without_properties = 0
        #: Objects that are not events, as ``Envelope.only`` says.
        self.skipped = 0

    def __bool__(self) -> bool:
        return bool(self.events)

    def add(self, event: StreamEvent, outcome: MergeResult | Rejection) -> None:
        """Count ``event`` with its ``outcome``, which changed no schema."""
        self.without_properties += _lacks_properties(event)
        if isinstance(outcome, Rejection):
            self._events_of(outcome.event)[1] += 1
            self.errors.add(outcome.event, outcome.source, outcome.line, outcome.errors)
            return
        name = outcome.schema.name
        self.dropped.add(name, event.source, event.line, outcome.dropped)
        self._events_of(name)[0] += 1
        seen = self.seen.get(name)
        if seen is None:
            seen = self.seen[name] = Counter()
        seen.update(outcome.properties.keys())
        for property_, kind, before, after in outcome.adjustments:
            self.adjusted[name, property_, kind] += 1
            if is_zeroed(kind, before, after):
                self.zeroed[name, property_] += 1
        for property_, type_ in outcome.added.items():
            self.origins.setdefault((name, property_), Origin(event.source, event.line, type_))

    def add_accepted(self, block: AcceptedBlock) -> None:
        """Count the accepted events of a block, not the remaining ones."""
        for name, count in block.accepted.items():
            self._events_of(name)[0] += count.events
            self.seen.setdefault(name, Counter()).update(count.seen)
            for property_, kinds in count.adjusted.items():
                for kind, changes in kinds.items():
                    self.adjusted[name, property_, kind] += changes
            for property_, zeroed in count.zeroed.items():
                self.zeroed[name, property_] += zeroed

    def _events_of(self, name: str | None) -> list[int]:
        counts = self.events.get(name)
        if counts is None:
            counts = self.events[name] = [0, 0]
        return counts


def _lacks_properties(event: StreamEvent) -> bool:
    return event.name is not None and not event.has_properties


class ReplayStats:
    """Counts the events of a replay, each given to :meth:`add` with its outcome."""

    def __init__(self, replay: Replay | TrackReplay) -> None:
        self._replay = replay
        self._listed_without_schema = 0
        self._listed_new = 0
        self._listed_adjusted = 0
        self.accepted = 0
        self.rejected = 0
        #: Events whose line lacks the key of the properties.
        self.without_properties = 0
        #: Objects that are not events, as ``Envelope.only`` says.
        self.skipped = 0
        #: By event name: all names with a schema, and the first others.
        self.events: dict[str, EventReplayStats] = {}
        #: The errors of rejected events, and those of dropped properties.
        self.errors = ErrorGroups(MAX_LISTED)
        self.dropped = ErrorGroups(MAX_LISTED)
        #: Rejected events whose names are not listed.
        self.unlisted_events = 0
        #: Changes of values of properties that no schema has and that are not listed.
        self.unlisted_adjustments = 0

    def add(self, event: StreamEvent | StreamObject, outcome: MergeResult | AcceptedRequest | Rejection) -> None:
        """Count ``event``, alone or in its request, with its ``outcome``."""
        self.without_properties += isinstance(event, StreamEvent) and _lacks_properties(event)
        if isinstance(outcome, Rejection):
            self._count_rejected(outcome.event, 1)
            self.errors.add(outcome.event, outcome.source, outcome.line, outcome.errors)
        else:
            self.dropped.add(outcome.schema.name, event.source, event.line, outcome.dropped)
            self._count_accepted(event, outcome)

    def add_accepted(self, block: AcceptedBlock) -> None:
        """Count the accepted events of a block, not the remaining ones."""
        for name, count in block.accepted.items():
            self.accepted += count.events
            stats = self._stats_of(name)
            stats.accepted += count.events
            stats.seen.update(count.seen)
            stats.zeroed.update(count.zeroed)
            for changed, kinds in count.adjusted.items():
                stats.adjusted.setdefault(changed, Counter()).update(kinds)

    def update(self, counts: PieceStats, lines: int = 0) -> None:
        """Count the events of ``counts``; ``lines`` is added to the numbers of their lines.

        The same as :meth:`add` for each of them, if none of them changes a schema.
        """
        self.without_properties += counts.without_properties
        self.skipped += counts.skipped
        for event, (accepted, rejected) in counts.events.items():
            if rejected:
                self._count_rejected(event, rejected)
            if accepted and event is not None:
                self.accepted += accepted
                self._stats_of(event).accepted += accepted
        for (name, property_), origin in counts.origins.items():
            self._list_new(self._stats_of(name), property_, origin._replace(line=origin.line + lines))
        for name, seen in counts.seen.items():
            stats = self._stats_of(name)
            stats.seen.update(
                {key: count for key, count in seen.items() if key in stats.origins or (name, key) not in counts.origins}
            )
        for (name, property_, kind), count in counts.adjusted.items():
            self._count_adjustment(name, property_, kind, count)
        for (name, property_), count in counts.zeroed.items():
            stats = self._stats_of(name)
            if property_ in stats.adjusted:
                stats.zeroed[property_] += count
        self.errors.update(counts.errors, lines)
        self.dropped.update(counts.dropped, lines)

    def _stats_of(self, name: str) -> EventReplayStats:
        """The stats of the event ``name``, which has a schema."""
        stats = self.events.get(name)
        if stats is None:
            stats = self.events[name] = EventReplayStats()
        return stats

    def _count_rejected(self, name: str | None, count: int) -> None:
        self.rejected += count
        if name is None:
            return
        stats = self.events.get(name)
        if stats is None:
            if self._replay.schema(name) is None:
                if self._listed_without_schema == MAX_LISTED:
                    self.unlisted_events += count
                    return
                self._listed_without_schema += 1
            stats = self.events[name] = EventReplayStats()
        stats.rejected += count

    def _count_accepted(self, event: StreamEvent | StreamObject, result: MergeResult | AcceptedRequest) -> None:
        name = result.schema.name
        self.accepted += 1
        stats = self._stats_of(name)
        stats.accepted += 1
        for property_, kind, before, after in result.adjustments:
            if self._count_adjustment(name, property_, kind, 1) and is_zeroed(kind, before, after):
                stats.zeroed[property_] += 1
        if not result.added:
            stats.seen.update(result.properties.keys())
            return
        grown = self._replay.schema(name) is result.schema
        for added, type_ in result.added.items():
            origin = Origin(event.source, event.line, type_)
            if grown:
                stats.origins.setdefault(added, origin)
            else:
                self._list_new(stats, added, origin)
        stats.seen.update(key for key in result.properties if key not in result.added or key in stats.origins)

    def _list_new(self, stats: EventReplayStats, property_: str, origin: Origin) -> None:
        """Note where a property without a schema was first seen."""
        if property_ not in stats.origins and self._listed_new < MAX_LISTED:
            self._listed_new += 1
            stats.origins[property_] = origin

    def _count_adjustment(self, name: str, property_: str, kind: AdjustmentKind, count: int) -> bool:
        """Count changed values of one property. Returns whether the property is listed."""
        adjusted = self.events[name].adjusted
        kinds = adjusted.get(property_)
        if kinds is None:
            schema = self._replay.schema(name)
            if schema is None or property_ not in schema.properties:
                if self._listed_adjusted == MAX_LISTED:
                    self.unlisted_adjustments += count
                    return False
                self._listed_adjusted += 1
            kinds = adjusted[property_] = Counter()
        kinds[kind] += count
        return True
