"""Requests of a batch, decided in memory one after the other, each on what those before it left."""

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

from eventschema.core.schema import EventSchema
from eventschema.store.protocols import UnitOfWork
from eventschema.store.tracking import creates_schema, refuse_undeclared, too_many_event_names
from eventschema.track.contact import Contact
from eventschema.track.event import TrackedEvent
from eventschema.track.request import TrackDecision, TrackRequest

#: What a request is decided on: the schema of its event, and the contacts that have its identifiers.
Basis = tuple[EventSchema | None, list[Contact]]


class Entry(NamedTuple):
    """A request, and who is named in the history of a schema that it changes."""

    request: TrackRequest
    who: str | None


class Decided(NamedTuple):
    """A request with its number in the batch, what was decided, and on which schema.

    ``work`` is what to save: ``None`` if the request is refused, or repeats an event that was accepted before.
    """

    number: int
    request: TrackRequest
    decision: TrackDecision
    schema: EventSchema | None
    work: UnitOfWork | None
    is_repetition: bool

    @property
    def is_refused(self) -> bool:
        """Whether it is neither to be saved nor a repetition."""
        return not self.decision.ok and not self.is_repetition

    @property
    def has_change(self) -> bool:
        """Whether later decisions may depend on this one."""
        return self.decision.schema_change is not None or self.decision.contact_change is not None


class EventNames:
    """How many event names there are, ``count``, and may be, ``limit`` (``None``: any number).

    With ``declared_only`` no event has a new name.
    """

    def __init__(self, limit: int | None, count: int, *, declared_only: bool) -> None:
        self._limit = limit
        self._count = count
        self.declared_only: Final = declared_only

    def check(self, decision: TrackDecision) -> TrackDecision:
        """``decision``, unless it is one name too many."""
        if self._limit is None or not creates_schema(decision):
            return decision
        if self._count >= self._limit:
            return too_many_event_names(self._limit, self._count)
        self._count += 1
        return decision


class Memory:
    """What the store has, and what the requests that were decided so far change of it."""

    def __init__(
        self,
        schemas: Mapping[str, EventSchema | None],
        contacts: Collection[Contact],
        seen: Collection[str],
        names: EventNames,
    ) -> None:
        self._schemas = dict(schemas)
        self._names = names
        distinct = {contact.id: contact for contact in contacts}
        self._owners = {item: contact for contact in distinct.values() for item in contact.identifiers.items()}
        self._seen = set(seen)
        self.accepted: dict[str, TrackedEvent] = {}  # by the ids in the requests

    def basis(self, request: TrackRequest) -> Basis:
        """What to decide ``request`` on: the schema of its event, and the contacts that have its identifiers."""
        schema = None if request.event_name is None else self._schemas.get(request.event_name)
        owners = self._owners
        matches = [owners[item] for item in request.contact.identifiers.items() if item in owners]
        return schema, matches if len(matches) < 2 else list({id(contact): contact for contact in matches}.values())

    def add(self, number: int, entry: Entry, basis: Basis, decision: TrackDecision) -> Decided:
        """The ``decision`` on a request. Notes its changes if it is accepted and no repetition."""
        request, who = entry
        schema, matches = basis
        if self._names.declared_only:
            decision = refuse_undeclared(request, schema, decision)
        is_repetition = request.event_id in self._seen and not request.errors
        work = None
        if decision.ok and not is_repetition:
            decision = self._names.check(decision)
        if decision.ok and not is_repetition:
            work = UnitOfWork.of(request, decision, matches, who)
            self._note(work, decision)
        return Decided(number, request, decision, schema, work, is_repetition)

    def _note(self, work: UnitOfWork, decision: TrackDecision) -> None:
        if decision.schema_change is not None:
            self._schemas[work.event.name] = decision.schema
        if work.contact_change is not None:
            for item in () if work.before is None else work.before.identifiers.items():
                self._owners.pop(item, None)
            self._owners.update(dict.fromkeys(work.contact.identifiers.items(), work.contact))
        if work.event.id is not None:
            self._seen.add(work.event.id)
            self.accepted[work.event.id] = work.event
