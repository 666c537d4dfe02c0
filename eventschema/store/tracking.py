"""The way of one request through a store, without any waiting: what to ask for next, and what to make of the answer.

:func:`track_steps` yields each question as a value and is sent the answer. So there is one account of how a request is
tracked, and whoever walks it, blocking or awaiting, adds nothing but the waiting.

A cached schema is good for more than it seems: types never change, so an event whose properties it all knows can be
decided on without a read, accepted or refused. Only an event that it lacks something of may meet a newer schema: if it
is accepted, the store compares versions; if it is refused, it is decided on again with the schema that then stands.
"""

from collections import OrderedDict
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final, NamedTuple

from eventschema.core.schema import EventSchema
from eventschema.core.violations import Violation
from eventschema.store.arguments import check_count, read_who
from eventschema.store.protocols import NotSaved, Saved, StoreUnavailableError, UnitOfWork
from eventschema.track.request import TrackDecision, TrackRequest

#: How often a request is decided on before the store counts as unavailable. Each lost race is another writer's success.
MAX_ATTEMPTS: Final = 100


class Load(NamedTuple):
    """To be answered with ``store.load(name)``."""

    name: str


class Find(NamedTuple):
    """To be answered with ``store.find(identifiers)``."""

    identifiers: Mapping[str, str]


class Seen(NamedTuple):
    """To be answered with ``store.seen(event_id)``."""

    event_id: str


class Commit(NamedTuple):
    """To be answered with ``store.commit(work)``."""

    work: UnitOfWork


Question = Load | Find | Seen | Commit


@dataclass(frozen=True, slots=True)
class TrackResult:
    """What became of a request. False where it was refused. Immutable, equal by value, picklable.

    ``event_id`` and ``contact_id`` are those that the store has, ``None`` where the request was refused. A
    ``duplicate`` repeats the id of an event that was accepted before: it is accepted too, nothing is saved, and its
    ``contact_id`` is ``None``. ``decision`` is the last one taken; that of a duplicate was not carried out.
    """

    decision: TrackDecision
    event_id: str | None = None
    contact_id: str | None = None
    duplicate: bool = False

    @property
    def ok(self) -> bool:
        """Whether the request was accepted, now or before."""
        return self.event_id is not None

    def __bool__(self) -> bool:
        return self.ok

    @property
    def errors(self) -> tuple[Violation, ...]:
        """Everything that is wrong with a refused request."""
        return () if self.ok else self.decision.errors


class SchemaCache:
    """The schemas last used, ``limit`` of them at most. Safe from several threads.

    Raises ``TypeError`` and ``ValueError`` for a limit that is no number, or a negative one; 0 keeps nothing.
    """

    def __init__(self, limit: int) -> None:
        check_count(limit, 0, "schemas")
        self._limit = limit
        self._schemas: OrderedDict[str, EventSchema] = OrderedDict()
        self._lock = Lock()

    def get(self, name: str | None) -> EventSchema | None:
        """The schema of that name, if it is kept."""
        if name is None:
            return None
        with self._lock:
            schema = self._schemas.get(name)
            if schema is not None:
                self._schemas.move_to_end(name)
            return schema

    def put(self, schema: EventSchema) -> None:
        """Keep ``schema``, unless a newer one of its name is kept; the one longest unused goes, if there are too many.

        Schemas only grow, so the newer one is that of the higher version.
        """
        with self._lock:
            held = self._schemas.get(schema.name)
            if held is None or held.version < schema.version:
                self._schemas[schema.name] = schema
            self._schemas.move_to_end(schema.name)
            if len(self._schemas) > self._limit:
                self._schemas.popitem(last=False)

    def __len__(self) -> int:
        return len(self._schemas)


def track_steps(request: TrackRequest, who: str | None, cache: SchemaCache) -> Generator[Question, Any, TrackResult]:
    """Track ``request``: yields questions, each to be sent its answer, and returns what became of the request.

    Raises ``StoreUnavailableError`` when the hundredth race was lost, and ``TypeError`` or ``ValueError`` where ``who``
    cannot be named in a history.
    """
    who = read_who(who)
    schema = cache.get(request.event_name)
    is_current = False
    for _ in range(MAX_ATTEMPTS):
        if is_current or schema is None:
            schema = yield from _load(request.event_name, cache)
            is_current = True
        identifiers = request.contact.identifiers
        matches = (yield Find(identifiers)) if identifiers else ()
        decision = request.decide(schema, matches)
        if not decision.ok:
            if not is_current and not _knows_all(schema, request):
                is_current = True
                continue
            return (yield from _refuse(request, decision))
        saved: Saved | NotSaved = yield Commit(UnitOfWork.of(request, decision, matches, who))
        if isinstance(saved, Saved):
            if decision.schema is not None and decision.schema_change is not None:
                cache.put(decision.schema)
            return TrackResult(decision, saved.event_id, saved.contact_id)
        if saved is NotSaved.DUPLICATE:
            return TrackResult(decision, request.event_id, duplicate=True)
        is_current = True
    raise StoreUnavailableError(f"{MAX_ATTEMPTS} races in a row were lost to other writers")


def _load(name: str | None, cache: SchemaCache) -> Generator[Question, Any, EventSchema | None]:
    if name is None:
        return None
    schema: EventSchema | None = yield Load(name)
    if schema is not None:
        cache.put(schema)
    return schema


def _knows_all(schema: EventSchema | None, request: TrackRequest) -> bool:
    known = schema.properties if schema else {}
    return all(type(name) is str and name in known for name in request.properties or ())


def _refuse(request: TrackRequest, decision: TrackDecision) -> Generator[Question, Any, TrackResult]:
    """The refusal, unless the request is the repetition of one that was accepted when contacts stood otherwise."""
    if request.event_id is not None and not request.errors and (yield Seen(request.event_id)):
        return TrackResult(decision, request.event_id, duplicate=True)
    return TrackResult(decision)
