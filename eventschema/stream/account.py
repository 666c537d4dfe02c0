"""The account of a replay: what a report tells of it, kept while the events go by, in bounded memory.

Beside the schemas and contacts, which grow as they must, what is kept does not grow with the stream: names that have no
schema and groups of rejections are listed up to :data:`MAX_LISTED`, and counted beyond.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from eventschema.core.events import PROPERTIES_POINTER
from eventschema.core.results import MergeResult
from eventschema.core.types import PropertyType
from eventschema.core.values import AdjustmentKind
from eventschema.core.violations import Violation
from eventschema.stream.blocks import AcceptedBlock
from eventschema.stream.envelopes import StreamEvent, StreamObject
from eventschema.stream.replay import Rejection, Replay
from eventschema.stream.track_replay import Tracked, TrackReplay
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
class EventTally:
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


class Group(NamedTuple):
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
class GroupTally:
    """How many errors are of a group, and where the first of them stood, with its message."""

    source: str
    line: int
    message: str
    count: int = 0


@dataclass(slots=True)
class ContactTally:
    """What became of the contacts of track requests, each given to :meth:`add` with its outcome.

    Every accepted request creates a contact, updates one, or leaves one unchanged. ``refused`` are the requests that
    had something wrong with their contact, and perhaps elsewhere too.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0

    def add(self, outcome: Tracked | Rejection) -> None:
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


class Account:
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
        self.events: dict[str, EventTally] = {}
        #: In the order in which they were first seen.
        self.groups: dict[Group, GroupTally] = {}
        #: Errors of groups that are not listed, and events of names that are not.
        self.unlisted_errors = 0
        self.unlisted_events = 0
        #: Changes of values of properties that no schema has and that are not listed.
        self.unlisted_adjustments = 0

    def add(self, event: StreamEvent | StreamObject, outcome: MergeResult | Tracked | Rejection) -> None:
        """Count ``event``, alone or in its request, of which the replay has made ``outcome``."""
        if isinstance(event, StreamEvent) and event.name is not None and not event.has_properties:
            self.without_properties += 1
        if isinstance(outcome, Rejection):
            self.rejected += 1
            if outcome.event is not None:
                self._count_rejected(outcome.event)
            for error in outcome.errors:
                self._count_error(outcome, error)
        else:
            self.accepted += 1
            self._count_accepted(event, outcome)

    def add_accepted(self, block: AcceptedBlock) -> None:
        """Count the events of a block that the replay has accepted at once: not those that are left."""
        for name, count in block.accepted.items():
            self.accepted += count.events
            tally = self._tally(name)
            tally.accepted += count.events
            tally.seen.update(count.seen)
            tally.zeroed.update(count.zeroed)
            for changed, kinds in count.adjusted.items():
                tally.adjusted.setdefault(changed, Counter()).update(kinds)

    def _tally(self, name: str) -> EventTally:
        tally = self.events.get(name)
        if tally is None:
            tally = self.events[name] = EventTally()
        return tally

    def _count_rejected(self, name: str) -> None:
        tally = self.events.get(name)
        if tally is None:
            if self._replay.schema(name) is None:
                if self._listed_without_schema == MAX_LISTED:
                    self.unlisted_events += 1
                    return
                self._listed_without_schema += 1
            tally = self.events[name] = EventTally()
        tally.rejected += 1

    def _count_accepted(self, event: StreamEvent | StreamObject, result: MergeResult | Tracked) -> None:
        name = result.schema.name
        tally = self._tally(name)
        tally.accepted += 1
        if result.adjustments:
            self._count_adjustments(tally, result)
        if not result.added:
            tally.seen.update(result.properties.keys())
            return
        schema = self._replay.schema(name)
        grown = schema is result.schema
        for added, type_ in result.added.items():
            if added not in tally.origins and (grown or self._listed_new < MAX_LISTED):
                self._listed_new += not grown
                tally.origins[added] = Origin(event.source, event.line, type_)
        tally.seen.update(key for key in result.properties if key not in result.added or key in tally.origins)

    def _count_adjustments(self, tally: EventTally, result: MergeResult | Tracked) -> None:
        known = result.schema.properties
        for name, kind, before, after in result.adjustments:
            kinds = tally.adjusted.get(name)
            if kinds is None:
                if name not in known:
                    if self._listed_adjusted == MAX_LISTED:
                        self.unlisted_adjustments += 1
                        continue
                    self._listed_adjusted += 1
                kinds = tally.adjusted[name] = Counter()
            kinds[kind] += 1
            if kind is AdjustmentKind.ROUNDED and after == 0 and before != 0:
                tally.zeroed[name] += 1

    def _count_error(self, rejection: Rejection, error: Violation) -> None:
        group = Group(rejection.event, error.code, error.pointer)
        tally = self.groups.get(group)
        if tally is None:
            if len(self.groups) == MAX_LISTED:
                self.unlisted_errors += 1
                return
            tally = self.groups[group] = GroupTally(rejection.source, rejection.line, error.message)
        tally.count += 1
