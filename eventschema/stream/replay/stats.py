"""The statistics of a replay, counted while the events go by, in bounded memory.

Beside the schemas and contacts, which grow as they must, what is kept does not grow with the stream: names that have no
schema and groups of rejections are listed up to :data:`MAX_LISTED`, and counted beyond.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from eventschema.core.events import PROPERTIES_POINTER
from eventschema.core.results import MergeResult
from eventschema.core.types import PropertyType
from eventschema.core.values import AdjustmentKind
from eventschema.stream.envelopes import StreamEvent, StreamObject
from eventschema.stream.replay.blocks import AcceptedBlock
from eventschema.stream.replay.events import Rejection, Replay
from eventschema.stream.replay.requests import AcceptedRequest, TrackReplay
from eventschema.track.contact import CONTACT_POINTER

#: How many groups of rejections, events without a schema, and properties that no schema has are listed, with their
#: types and with what was changed of them.
MAX_LISTED: Final = 1000


class Origin(NamedTuple):
    """The event that brought a property, and the type that it gave it."""

    source: str
    line: int
    type: PropertyType


@dataclass(slots=True)
class EventReplayStats:
    """The counts of one event name.

    ``seen`` has for each property the accepted events that had a value for it; ``origins`` the properties that this
    stream brought: to the schema, or, in a check that allows them, beside it. ``adjusted`` counts by property how many
    accepted values were changed on the way, by the kind of change, and ``zeroed`` those that rounding made 0.
    """

    accepted: int = 0
    rejected: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    origins: dict[str, Origin] = field(default_factory=dict)
    adjusted: dict[str, Counter[AdjustmentKind]] = field(default_factory=dict)
    zeroed: Counter[str] = field(default_factory=Counter)


class ErrorGroup(NamedTuple):
    """What the errors of one group have in common: the event (``None``: a line without one), the code, the pointer."""

    event: str | None
    code: str
    pointer: str

    @property
    def property(self) -> str | None:
        """The name of the property that the pointer is of, if it is one's."""
        start = f"{PROPERTIES_POINTER}/"
        if not self.pointer.startswith(start):
            return None
        return self.pointer.removeprefix(start).replace("~1", "/").replace("~0", "~")


@dataclass(slots=True)
class GroupStats:
    """How many errors are of a group, and where the first of them stood, with its message."""

    source: str
    line: int
    message: str
    count: int = 0


@dataclass(slots=True)
class ContactStats:
    """What became of the contacts of track requests, each given to :meth:`add` with its outcome.

    Every accepted request creates a contact, updates one, or leaves one unchanged. ``refused`` are the requests that
    had something wrong with their contact, and perhaps elsewhere too.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0

    def add(self, outcome: AcceptedRequest | Rejection) -> None:
        """Count the contact of a request, which a ``TrackReplay`` has made ``outcome`` of."""
        if isinstance(outcome, Rejection):
            self.refused += any(_is_of_contact(error.pointer) for error in outcome.errors)
        elif outcome.contact_change is None:
            self.unchanged += 1
        elif outcome.contact_change.kind == "create":
            self.created += 1
        else:
            self.updated += 1


def _is_of_contact(pointer: str) -> bool:
    return pointer == CONTACT_POINTER or pointer.startswith(f"{CONTACT_POINTER}/")


class PieceStats:
    """What an :class:`ReplayStats` counts of some events, for :meth:`ReplayStats.update`. Picklable.

    Whatever occurs is listed, so it is for a bounded number of events. The order of first occurrence is kept across
    all events, since it decides what is listed.
    """

    __slots__ = ("adjusted", "events", "groups", "origins", "seen", "without_properties", "zeroed")

    def __init__(self) -> None:
        #: By event name, ``None`` for lines without one: how many were accepted and how many rejected.
        self.events: dict[str | None, list[int]] = {}
        self.seen: dict[str, Counter[str]] = {}
        #: By event and property: those of accepted events that no schema has.
        self.origins: dict[tuple[str, str], Origin] = {}
        self.adjusted: Counter[tuple[str, str, AdjustmentKind]] = Counter()
        self.zeroed: Counter[tuple[str, str]] = Counter()
        self.groups: dict[ErrorGroup, GroupStats] = {}
        self.without_properties = 0

    def __bool__(self) -> bool:
        return bool(self.events)

    def add(self, event: StreamEvent, outcome: MergeResult | Rejection) -> None:
        """Count ``event``, of which a replay has made ``outcome``, without a change to any schema."""
        self.without_properties += _lacks_properties(event)
        if isinstance(outcome, Rejection):
            self._events_of(outcome.event)[1] += 1
            for error in outcome.errors:
                group = ErrorGroup(outcome.event, error.code, error.pointer)
                stats = self.groups.get(group)
                if stats is None:
                    stats = self.groups[group] = GroupStats(outcome.source, outcome.line, error.message)
                stats.count += 1
            return
        name = outcome.schema.name
        self._events_of(name)[0] += 1
        seen = self.seen.get(name)
        if seen is None:
            seen = self.seen[name] = Counter()
        seen.update(outcome.properties.keys())
        for property_, kind, before, after in outcome.adjustments:
            self.adjusted[name, property_, kind] += 1
            if _is_zeroed(kind, before, after):
                self.zeroed[name, property_] += 1
        for property_, type_ in outcome.added.items():
            self.origins.setdefault((name, property_), Origin(event.source, event.line, type_))

    def add_accepted(self, block: AcceptedBlock) -> None:
        """Count the events of a block that a replay has accepted at once: not the remaining ones."""
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


def _is_zeroed(kind: AdjustmentKind, before: Any, after: Any) -> bool:
    return kind is AdjustmentKind.ROUNDED and after == 0 and before != 0


class ReplayStats:
    """The counts of the events that a replay was fed, each given to :meth:`add` with what became of it."""

    def __init__(self, replay: Replay | TrackReplay) -> None:
        self._replay = replay
        self._listed_without_schema = 0
        self._listed_new = 0
        self._listed_adjusted = 0
        self.accepted = 0
        self.rejected = 0
        #: Events whose line lacks the key of the properties.
        self.without_properties = 0
        #: By event name: those that have a schema, and the first others.
        self.events: dict[str, EventReplayStats] = {}
        #: In the order in which they were first seen.
        self.groups: dict[ErrorGroup, GroupStats] = {}
        #: Errors of groups that are not listed, and events of names that are not.
        self.unlisted_errors = 0
        self.unlisted_events = 0
        #: Changes of values of properties that no schema has and that are not listed.
        self.unlisted_adjustments = 0

    def add(self, event: StreamEvent | StreamObject, outcome: MergeResult | AcceptedRequest | Rejection) -> None:
        """Count ``event``, alone or in its request, of which the replay has made ``outcome``."""
        self.without_properties += isinstance(event, StreamEvent) and _lacks_properties(event)
        if isinstance(outcome, Rejection):
            self._count_rejected(outcome.event, 1)
            for error in outcome.errors:
                group = ErrorGroup(outcome.event, error.code, error.pointer)
                stats = self.groups.get(group)
                if stats is None:
                    self._list_group(group, GroupStats(outcome.source, outcome.line, error.message, 1))
                else:
                    stats.count += 1
        else:
            self._count_accepted(event, outcome)

    def add_accepted(self, block: AcceptedBlock) -> None:
        """Count the events of a block that the replay has accepted at once: not the remaining ones."""
        for name, count in block.accepted.items():
            self.accepted += count.events
            stats = self._stats_of(name)
            stats.accepted += count.events
            stats.seen.update(count.seen)
            stats.zeroed.update(count.zeroed)
            for changed, kinds in count.adjusted.items():
                stats.adjusted.setdefault(changed, Counter()).update(kinds)

    def update(self, counts: PieceStats, lines: int = 0) -> None:
        """Count the events of ``counts``, that many ``lines`` further down in their source than it says.

        The same as to :meth:`add` them one by one, where none of them changes a schema.
        """
        self.without_properties += counts.without_properties
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
        for group, found in counts.groups.items():
            known = self.groups.get(group)
            if known is None:
                self._list_group(group, GroupStats(found.source, found.line + lines, found.message, found.count))
            else:
                known.count += found.count

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
            if self._count_adjustment(name, property_, kind, 1) and _is_zeroed(kind, before, after):
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
        """Note where a property that no schema has was seen first."""
        if property_ not in stats.origins and self._listed_new < MAX_LISTED:
            self._listed_new += 1
            stats.origins[property_] = origin

    def _count_adjustment(self, name: str, property_: str, kind: AdjustmentKind, count: int) -> bool:
        """Count changes of values of one property, and say whether it is listed."""
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

    def _list_group(self, group: ErrorGroup, stats: GroupStats) -> None:
        if len(self.groups) == MAX_LISTED:
            self.unlisted_errors += stats.count
        else:
            self.groups[group] = stats
