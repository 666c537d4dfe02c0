"""The steps that track a request into a store, without any waiting: which question is next, and what is the result.

:func:`track_steps` yields each question as a value and is sent the answer. So the steps are written once, and the
registries, blocking or asynchronous, only have the store answer. What takes long is yielded as well (``Compute``): an
asynchronous registry does it in a thread, so that its event loop goes on with other requests.

An event that adds to a schema waits for its turn (see ``turns``) before it is committed. If another event has changed
the schema meanwhile, it is decided again, on what that one has left in the cache.

A cached schema is often enough. If an event is accepted, the store compares what it depends on: the version, if it adds
properties; and, for any event, whether a person has retyped the schema since. If it is refused, and a newer schema
could accept it, it is decided again with the current schema.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Any, Final, NamedTuple

from eventschema.core.schema import EventSchema
from eventschema.core.schemaerrors import FrozenSchema, UndeclaredEvent
from eventschema.core.trusted import trusted
from eventschema.core.violations import IntOutOfRange, TooManyEventNames, TypeConflict, Violation
from eventschema.store.arguments import check_callable, check_count, read_who
from eventschema.store.lookups import CountSchemas, FindEvents, Lookup, Reload
from eventschema.store.protocols import NotSaved, Saved, StoreUnavailableError, UnitOfWork
from eventschema.store.questions import Commit, Compute, Find, Load, Question, Seen
from eventschema.store.repetitions import differing_fields
from eventschema.store.turns import Turn
from eventschema.track.contact import Contact
from eventschema.track.event import TrackedEvent
from eventschema.track.request import TrackDecision, TrackRequest

_log: Final = logging.getLogger("eventschema.changes")

#: How often a request is decided before the store counts as unavailable. Each lost race is another writer's success.
MAX_ATTEMPTS: Final = 100

# Violations that an event may not have if its schema was retyped meanwhile.
_OF_TYPES: Final = (TypeConflict, IntOutOfRange)

#: What the steps of a request yield: a question to the store, or the request for a turn or for a long computation.
Step = Question | Lookup | Turn | Compute
#: The steps of one request. They are sent the answers, and return the result. They must be closed if they do not end.
Steps = Generator[Step, Any, "TrackResult"]


@dataclass(frozen=True, slots=True)
class TrackResult:
    """What a registry did with a request. False where the request was refused. Immutable, equal by value, picklable.

    ``event_id`` and ``contact_id`` are the ids in the store, ``None`` where the request was refused. A ``duplicate``
    repeats the id of an event that was accepted before: it is accepted too, nothing is saved, and its ``contact_id`` is
    ``None``. ``decision`` is the last one made; that of a duplicate was not carried out. ``schema_version`` is the
    version of the schema that it was based on, ``None`` if there was none.

    ``differing`` has the names of the fields of a duplicate whose content is not that of the stored event, of
    ``eventName``, ``contact``, ``properties``, ``eventTime``, ``origin`` and ``eventVersion``. The stored event stays
    as it is. It is empty if nothing differs, if the event's contact was erased, or if the store cannot tell.

    In a ``dry_run`` nothing is saved: ``ok`` says what would be accepted, and ids that the store would give are
    ``None``.
    """

    decision: TrackDecision
    event_id: str | None = None
    contact_id: str | None = None
    duplicate: bool = False
    differing: tuple[str, ...] = ()
    schema_version: int | None = None
    dry_run: bool = False

    @property
    def differs(self) -> bool:
        """Whether this is a duplicate with other content than the stored event has, which is lost."""
        return bool(self.differing)

    @property
    def dropped(self) -> tuple[Violation, ...]:
        """Under ``Rules(invalid="drop")``, the violations of the properties that the event was saved without."""
        return () if self.duplicate else self.decision.dropped

    @property
    def ok(self) -> bool:
        """Whether the request was accepted, now or before; in a dry run, whether it would be."""
        return self.event_id is not None or (self.dry_run and self.decision.ok)

    def __bool__(self) -> bool:
        return self.ok

    @property
    def errors(self) -> tuple[Violation, ...]:
        """Everything that is wrong with a rejected request."""
        return () if self.ok else self.decision.errors


#: Makes a ``TrackResult`` of all its fields, by position.
new_result: Final = trusted(TrackResult)


class ChangedSchema(NamedTuple):
    """A change that was saved: the schema ``before`` it (``None``: there was none) and ``after`` it.

    ``who`` is who sent the request or made the change, ``event_id`` the id of the event, ``None`` if a person made it.
    """

    before: EventSchema | None
    after: EventSchema
    who: str | None
    event_id: str | None


#: Is told each change after it was saved.
OnChange = Callable[[ChangedSchema], object]


class SchemaCache:
    """The schemas that were used last, at most ``limit`` of them. Safe to use from several threads.

    ``on_change`` is called with each change that :meth:`changed` is told.

    Raises ``TypeError`` if ``limit`` is not a number or ``on_change`` not a function, and ``ValueError`` if ``limit``
    is negative; 0 keeps nothing.
    """

    def __init__(self, limit: int, on_change: OnChange | None = None) -> None:
        check_count("max_schemas", limit, "schemas", 0)
        if on_change is not None:
            check_callable(on_change, "on_change as a function that is given a ChangedSchema")
        self._on_change = on_change
        self._limit = limit
        self._schemas: OrderedDict[str, EventSchema] = OrderedDict()
        self._lock = Lock()

    def get(self, name: str | None) -> EventSchema | None:
        """The schema of that name, ``None`` if it is not in the cache."""
        if name is None:
            return None
        with self._lock:
            schema = self._schemas.get(name)
            if schema is not None:
                self._schemas.move_to_end(name)
            return schema

    def put(self, schema: EventSchema | None) -> EventSchema | None:
        """Cache ``schema``, if it is not ``None``, and return it. A newer one of its name stays instead.

        Schemas only grow, so the newer one has the higher version. The schema that was not used for the longest time is
        dropped if there are too many.
        """
        if schema is None:
            return None
        with self._lock:
            cached = self._schemas.get(schema.name)
            if cached is None or cached.version < schema.version:
                self._schemas[schema.name] = schema
            self._schemas.move_to_end(schema.name)
            if len(self._schemas) > self._limit:
                self._schemas.popitem(last=False)
        return schema

    def changed(self, change: ChangedSchema) -> None:
        """Cache the schema after a change that was saved, and tell ``on_change``. What that raises is only logged."""
        self.put(change.after)
        if self._on_change is None:
            return
        try:
            self._on_change(change)
        except Exception:
            _log.exception("on_change failed for version %s of a schema, which is saved", change.after.version)

    def renew(self, known: EventSchema | None, loaded: EventSchema | None) -> EventSchema | None:
        """Cache ``loaded``, which the store has now, and return it. ``known`` was cached before the store was asked.

        If the store no longer has the version ``known``, as after a backup was restored, ``known`` is dropped.
        """
        if known is not None and (loaded is None or loaded.version < known.version):
            with self._lock:
                if self._schemas.get(known.name) is known:
                    del self._schemas[known.name]
        return self.put(loaded)

    def __len__(self) -> int:
        return len(self._schemas)


def track_steps(
    request: TrackRequest,
    who: str | None,
    cache: SchemaCache,
    offered: Collection[type[Lookup]] = (),
    max_event_names: int | None = None,
    *,
    declared_only: bool = False,
) -> Steps:
    """Track ``request``: yield each question, to be sent its answer, and return the result.

    ``offered`` are the optional questions that the store answers; with ``max_event_names``, ``CountSchemas`` is one.
    With ``declared_only`` no request makes a schema.

    Raises ``StoreUnavailableError`` after 100 lost races, and ``TypeError`` or ``ValueError`` where ``who`` cannot be
    named in a history.
    """
    who = read_who(who)
    end_turn: Callable[[], None] | None = None
    try:
        name, identifiers = request.event_name, request.contact.identifiers
        schema = cache.get(name)
        must_load = schema is None
        for _ in range(MAX_ATTEMPTS):
            if must_load and name is not None:
                schema = yield from load_schema(name, cache, offered)
            matches = (yield Find(identifiers)) if identifiers else ()
            decision = yield from _decide(request, schema, matches)
            if declared_only:
                decision = refuse_undeclared(request, schema, decision)
            is_loaded, must_load = must_load, True
            if not is_loaded and name is not None and depends_on_newer(schema, request, decision):
                decided_on, schema = schema, (yield from load_schema(name, cache, offered))
                if schema != decided_on:  # else the decision would be the same
                    must_load = False
                    continue
            if not decision.ok:
                return (yield from _refuse(request, decision, schema, offered))
            if decision.schema_change is not None and end_turn is None:
                end_turn = yield Turn(decision.schema_change.name)
                cached = cache.get(name)
                if cached is not None and (schema is None or schema.version < cached.version):
                    schema, must_load = cached, False
                    continue
            too_many = yield from check_event_names(decision, max_event_names)
            if too_many is not None:
                return (yield from _refuse(request, too_many, schema, offered))
            saved: Saved | NotSaved = yield Commit(UnitOfWork.of(request, decision, matches, who))
            if isinstance(saved, Saved):
                if decision.schema_change is not None and decision.schema is not None:
                    cache.changed(ChangedSchema(schema, decision.schema, who, saved.event_id))
                return TrackResult(decision, saved.event_id, saved.contact_id, schema_version=version_of(schema))
            if saved is NotSaved.DUPLICATE:
                return (yield from _repeat(request, decision, schema, offered))
        raise StoreUnavailableError(f"{MAX_ATTEMPTS} races in a row were lost to other writers")
    finally:
        if end_turn is not None:
            end_turn()


def _decide(
    request: TrackRequest, schema: EventSchema | None, matches: Sequence[Contact]
) -> Generator[Step, Any, TrackDecision]:
    quick = request.decide_quickly(schema, matches)
    if quick is not None:
        return quick
    decision: TrackDecision = yield Compute(partial(request.decide, schema, matches))
    return decision


def check_event_names(
    decision: TrackDecision, max_event_names: int | None
) -> Generator[Step, Any, TrackDecision | None]:
    """The refusal of a request that creates a schema where there are ``max_event_names`` already; else ``None``."""
    if max_event_names is None or not creates_schema(decision):
        return None
    count: int = yield CountSchemas()
    return too_many_event_names(max_event_names, count) if count >= max_event_names else None


def refuse_undeclared(request: TrackRequest, schema: EventSchema | None, decision: TrackDecision) -> TrackDecision:
    """``decision``, unless the event of ``request`` has a name but no ``schema``: then it is refused for that too."""
    if schema is not None or request.event_name is None:
        return decision
    return TrackDecision((UndeclaredEvent("/eventName"), *decision.errors))


def creates_schema(decision: TrackDecision) -> bool:
    """Whether ``decision`` makes the first version of a schema."""
    return decision.schema_change is not None and decision.schema_change.base_version is None


def too_many_event_names(limit: int, count: int) -> TrackDecision:
    """The refusal of a request that creates a schema where there are ``count`` already, and at most ``limit``."""
    return TrackDecision((TooManyEventNames("/eventName", limit, count + 1),))


def load_schema(
    name: str, cache: SchemaCache, offered: Collection[type[Lookup]]
) -> Generator[Step, Any, EventSchema | None]:
    """Load the current schema of the events ``name``, from what is cached if the store can do that, and cache it."""
    known = cache.get(name)
    return cache.renew(known, (yield load_question(name, known, offered)))


def load_question(name: str, known: EventSchema | None, offered: Collection[type[Lookup]]) -> Load | Reload:
    """What to ask the store for the current schema of the events ``name``, where ``known`` is what is cached of it."""
    return Load(name) if known is None or Reload not in offered else Reload(known)


def depends_on_newer(schema: EventSchema | None, request: TrackRequest, decision: TrackDecision) -> bool:
    """Whether a newer schema could change what ``decision`` refuses of ``request``, and no commit would notice."""
    if decision.ok:  # a property may have been declared meanwhile, or events may add to the schema again
        return any(isinstance(error, FrozenSchema) for error in decision.dropped)
    if any(isinstance(error, _OF_TYPES) for error in decision.errors):
        return True
    known = schema.properties if schema else {}
    return not all(type(name) is str and name in known for name in request.properties or ())


def _refuse(
    request: TrackRequest, decision: TrackDecision, schema: EventSchema | None, offered: Collection[type[Lookup]]
) -> Steps:
    """Refuse the request, unless it repeats one that was accepted before the contacts changed."""
    if request.event_id is not None and not request.errors and (yield Seen(request.event_id)):
        return (yield from _repeat(request, decision, schema, offered))
    return TrackResult(decision, schema_version=version_of(schema))


def _repeat(
    request: TrackRequest, decision: TrackDecision, schema: EventSchema | None, offered: Collection[type[Lookup]]
) -> Steps:
    """Accept the request as a repetition, compared with the stored event if the store can find it."""
    stored: Sequence[TrackedEvent] = ()
    if FindEvents in offered and request.event_id is not None:
        stored = yield FindEvents((request.event_id,))
    differing: tuple[str, ...] = ()
    if stored:
        of_request = partial(properties_of, request, decision, schema)
        properties = (yield Compute(of_request)) if decision.event is None else of_request()
        differing = differing_fields(request, properties, stored[0])
    version = version_of(schema)
    return TrackResult(decision, request.event_id, duplicate=True, differing=differing, schema_version=version)


def version_of(schema: EventSchema | None) -> int | None:
    """The version of ``schema``, ``None`` if there is none."""
    return None if schema is None else schema.version


def properties_of(
    request: TrackRequest, decision: TrackDecision, schema: EventSchema | None
) -> Mapping[str, Any] | None:
    """The values to store, also of a request that was refused for its contact; ``None`` if the schema refuses them."""
    if decision.event is not None:
        return decision.event.properties
    merged = (schema or EventSchema(str(request.event_name))).merge(request.properties or {}, request.rules)
    return merged.properties if merged.ok else None
