"""The steps that track many requests into a store in one transaction, without any waiting, as ``tracking`` has them.

The requests are decided in memory, one after the other: each on the schemas and the contacts that those before it left.
All that are accepted are then saved with one ``CommitMany``. If another writer has changed meanwhile what a decision
depends on, nothing is saved, and all requests are decided again. So the outcome is the same as if they were tracked one
by one at the time of the transaction.
"""

from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from time import monotonic
from typing import Any, Final, NamedTuple

from eventschema.core.schema import EventSchema
from eventschema.store.checkpoints import Checkpoint
from eventschema.store.deciding import Decided, Entry, EventNames, Memory
from eventschema.store.lookups import CountSchemas, FindEvents, FindMany, LoadMany, Lookup, SeenMany, ask_many
from eventschema.store.protocols import NotSaved, Saved, StoreUnavailableError
from eventschema.store.questions import CommitMany, Compute
from eventschema.store.repetitions import differing_fields
from eventschema.store.tracking import (
    MAX_ATTEMPTS,
    ChangedSchema,
    SchemaCache,
    Step,
    TrackResult,
    depends_on_newer,
    load_schema,
    new_result,
    properties_of,
    version_of,
)
from eventschema.store.turns import Turn
from eventschema.track.contact import Contact
from eventschema.track.event import TrackedEvent
from eventschema.track.request import TrackRequest

#: How many requests are saved in one transaction.
MAX_BATCH: Final = 1000

_SLICE: Final = 0.05  # seconds of deciding after which others that wait for the same thread can go first

#: Is given the results of the requests that are refused, by their numbers, before the others are saved, and returns the
#: checkpoints to save with these, at least one. Is called again if the requests are decided again.
BeforeSave = Callable[[Mapping[int, TrackResult]], Sequence[Checkpoint]]

#: The steps of several requests: they yield questions to the store, are sent the answers, and return the results.
ManySteps = Generator[Step | CommitMany, Any, list[TrackResult]]

#: Is given results as soon as they are certain, each with the number of its request.
OnResults = Callable[[Sequence[tuple[int, TrackResult]]], None]


class Known(NamedTuple):
    """What a registry knows of its store, the cached schemas and the optional questions, and which names may be new.

    With ``max_event_names``, ``CountSchemas`` is one of the questions. With ``declared_only`` no event makes a schema.
    """

    cache: SchemaCache
    offered: Collection[type[Lookup]]
    max_event_names: int | None = None
    declared_only: bool = False


class ManyTracking:
    """Tracks the requests of ``entries`` in one transaction.

    With ``atomic`` nothing is saved if a request is refused. With ``dry_run`` nothing is saved, and the results are
    what they would be. The checkpoints of ``before_save`` are saved in the same transaction, even if it has no event.

    With ``on_results`` the requests have nothing to do with each other: those that lost no race are saved although
    others did. It is called after each transaction with the results that are certain then.
    """

    def __init__(
        self,
        entries: Sequence[Entry],
        known: Known,
        *,
        atomic: bool = False,
        dry_run: bool = False,
        before_save: BeforeSave | None = None,
        on_results: OnResults | None = None,
    ) -> None:
        self._entries = entries
        self._on_results = on_results
        self._cache, self._offered, self._max_event_names, self._declared_only = known
        self._atomic = atomic
        self._dry_run = dry_run
        self._before_save = before_save
        self._results: dict[int, TrackResult] = {}  # by number
        self._schemas: dict[str, EventSchema | None] = {}  # what decisions are based on
        self._loaded: set[str] = set()  # the names of those that are no older than the look-up of contacts
        self._ends: list[Callable[[], None]] | None = (
            None  # of the turns to add to schemas; ``None``: not asked for yet
        )

    def steps(self) -> ManySteps:
        """Yield each question, to be sent its answer; returns a result for each request, in order.

        Raises ``StoreUnavailableError`` after 100 lost races.
        """
        numbers: Sequence[int] = range(len(self._entries))
        try:
            for attempt in range(MAX_ATTEMPTS):
                numbers = yield from self._track(numbers, must_load=attempt > 0)
                if not numbers:
                    return [self._results[number] for number in range(len(self._entries))]
            raise StoreUnavailableError(f"{MAX_ATTEMPTS} races in a row were lost to other writers")
        finally:
            for end_turn in self._ends or ():
                end_turn()

    def _track(self, numbers: Sequence[int], *, must_load: bool) -> Generator[Step | CommitMany, Any, Sequence[int]]:
        """Decide the requests ``numbers`` and save them; returns the numbers of those to be decided again."""
        memory, decided = yield from self._decide(numbers, must_load=must_load)
        if self._dry_run or (self._atomic and any(each.is_refused for each in decided)):
            yield from self._finish_unsaved(decided, memory)
            return ()
        works = [each.work for each in decided if each.work is not None]
        checkpoints = self._checkpoints(decided)
        question = CommitMany(works, self._on_results is None, checkpoints)
        outcomes: Sequence[Saved | NotSaved] = (yield question) if works or checkpoints else ()
        # With checkpoints, a repetition that only the store found has kept all from being saved too.
        is_lost = NotSaved.STALE in outcomes and self._on_results is None
        if is_lost or (checkpoints and NotSaved.DUPLICATE in outcomes):
            return numbers
        again = yield from self._finish(decided, iter(outcomes), memory)
        if self._on_results is not None:
            self._on_results([(number, self._results[number]) for number in set(numbers).difference(again)])
        return again

    def _checkpoints(self, decided: Sequence[Decided]) -> Sequence[Checkpoint]:
        if self._before_save is None:
            return ()
        refused = {
            each.number: TrackResult(each.decision, schema_version=version_of(each.schema))
            for each in decided
            if each.is_refused
        }
        checkpoints = self._before_save(refused)
        if not checkpoints:
            raise ValueError("expected at least one checkpoint to save with the requests, found none")
        return checkpoints

    def _decide(self, numbers: Sequence[int], *, must_load: bool) -> Generator[Step, Any, tuple[Memory, list[Decided]]]:
        requests = [self._entries[number].request for number in numbers]
        names = dict.fromkeys(request.event_name for request in requests if request.event_name is not None)
        self._schemas = {name: self._cache.get(name) for name in names}
        self._loaded = set()
        yield from self._load([name for name, schema in self._schemas.items() if must_load or schema is None])
        contacts = yield from self._find_contacts(requests)
        seen = yield from self._find_seen(requests)
        while True:
            count = yield from self._count_names()
            event_names = EventNames(self._max_event_names, count, declared_only=self._declared_only)
            memory = Memory(self._schemas, contacts, seen, event_names)
            decided = yield from self._decide_in(memory, numbers)
            is_newer = yield from self._load(self._to_load(decided))
            if not is_newer and not (yield from self._take_turns(decided)):
                return memory, decided
            yield Compute(nothing)

    def _decide_in(self, memory: Memory, numbers: Sequence[int]) -> Generator[Step, Any, list[Decided]]:
        """Decide the requests ``numbers``.

        Before one that takes long, and between two of them from time to time, others can go first or the whole can be
        given up.
        """
        decided, end, is_quick = list[Decided](), monotonic() + _SLICE, True
        for number in numbers:
            entry = self._entries[number]
            basis = memory.basis(entry.request)
            decision = entry.request.decide_quickly(*basis) if is_quick else None
            if (is_quick and decision is None) or monotonic() >= end:
                yield Compute(nothing)
                end, is_quick = monotonic() + _SLICE, False
            if decision is None:
                decision = entry.request.decide(*basis)
            decided.append(memory.add(number, entry, basis, decision))
        return decided

    def _load(self, names: Sequence[str]) -> Generator[Step, Any, bool]:
        """Load the schemas ``names``; returns whether there are any."""
        if len(names) == 1:
            self._schemas[names[0]] = yield from load_schema(names[0], self._cache, self._offered)
        elif names:
            known = [self._cache.get(name) for name in names]
            loaded = yield from ask_many(LoadMany(names), self._offered)
            for name, before, schema in zip(names, known, loaded, strict=True):
                self._schemas[name] = self._cache.renew(before, schema)
        self._loaded.update(names)
        return bool(names)

    def _count_names(self) -> Generator[Step, Any, int]:
        """How many schemas there are, if a request may be one too many."""
        if self._max_event_names is None or None not in self._schemas.values():
            return 0
        count: int = yield CountSchemas()
        return count

    def _find_contacts(self, requests: Sequence[TrackRequest]) -> Generator[Step, Any, list[Contact]]:
        wanted = {tuple(request.contact.identifiers.items()): request.contact.identifiers for request in requests}
        wanted.pop((), None)
        found = yield from ask_many(FindMany(list(wanted.values())), self._offered)
        return [contact for matches in found for contact in matches]

    def _find_seen(self, requests: Sequence[TrackRequest]) -> Generator[Step, Any, list[str]]:
        ids = list(dict.fromkeys(request.event_id for request in requests if request.event_id is not None))
        answers = (yield from ask_many(SeenMany(ids), self._offered)) if ids else ()
        return [id_ for id_, is_seen in zip(ids, answers, strict=True) if is_seen]

    def _to_load(self, decided: Sequence[Decided]) -> list[str]:
        """The names of cached schemas of which a newer version might give another decision that no commit compares."""
        names = dict.fromkeys(
            each.request.event_name
            for each in decided
            if self._dry_run or depends_on_newer(each.schema, each.request, each.decision)
        )
        return [name for name in names if name is not None and name not in self._loaded]

    def _take_turns(self, decided: Sequence[Decided]) -> Generator[Step, Any, bool]:
        """Take the turns to add to schemas, once; returns whether others have added to one of these meanwhile.

        They are taken in the order of the names, so that no two batches wait for each other.
        """
        if self._ends is not None or self._dry_run:
            return False
        names = {each.work.event.name for each in decided if each.work is not None and each.work.schema_change}
        if names:
            self._ends = []
        is_newer = False
        for name in sorted(names):
            assert self._ends is not None
            self._ends.append((yield Turn(name)))
            before, cached = self._schemas[name], self._cache.get(name)
            if cached is not None and (before is None or before.version < cached.version):
                self._schemas[name] = cached
                is_newer = True
        return is_newer

    def _note(
        self,
        decided: Decided,
        event_id: str | None = None,
        contact_id: str | None = None,
        duplicate: bool = False,
        differing: tuple[str, ...] = (),
    ) -> None:
        """Note the result of a request."""
        version = version_of(decided.schema)
        self._results[decided.number] = new_result(
            decided.decision, event_id, contact_id, duplicate, differing, version, self._dry_run
        )

    def _finish(
        self, decided: Sequence[Decided], outcomes: Iterator[Saved | NotSaved], memory: Memory
    ) -> Generator[Step, Any, list[int]]:
        """Note the results of what was saved; returns the numbers of the requests to be decided again.

        A work can be a repetition of an event that another writer saved after the look-up, or stale. Its changes were
        not made. So what was refused after it may have been refused because of them, and what repeats it does not.
        """
        repeated, again = list[Decided](), list[int]()
        stale_ids = set[str | None]()
        is_uncertain = False
        for each in decided:
            outcome = None if each.work is None else next(outcomes)
            if isinstance(outcome, Saved):
                if each.decision.schema_change is not None and each.decision.schema is not None:
                    who = self._entries[each.number].who
                    self._cache.changed(ChangedSchema(each.schema, each.decision.schema, who, outcome.event_id))
                self._note(each, outcome.event_id, outcome.contact_id)
            elif outcome is NotSaved.STALE or each.request.event_id in stale_ids:
                again.append(each.number)
                stale_ids |= {each.request.event_id} - {None}
                is_uncertain = True
            elif outcome is NotSaved.DUPLICATE or each.is_repetition:
                repeated.append(each)
                is_uncertain = is_uncertain or (outcome is NotSaved.DUPLICATE and each.has_change)
            elif is_uncertain:
                again.append(each.number)
            else:
                self._note(each)
        yield from self._repeat(repeated, memory)
        return again

    def _finish_unsaved(self, decided: Sequence[Decided], memory: Memory) -> Generator[Step, Any, None]:
        """Note the results of a batch of which nothing is saved."""
        repeated = []
        for each in decided:
            id_ = each.request.event_id
            if each.is_repetition and (self._dry_run or id_ not in memory.accepted):
                repeated.append(each)
            elif each.work is not None and self._dry_run:
                self._note(each, id_, each.work.contact.id)
            else:
                self._note(each)
        yield from self._repeat(repeated, memory)

    def _repeat(self, repeated: Sequence[Decided], memory: Memory) -> Generator[Step, Any, None]:
        """Accept the requests as repetitions, compared with the events that they repeat if the store can find those."""
        stored: dict[str | None, TrackedEvent] = {}
        if repeated and FindEvents in self._offered:
            ids = {each.request.event_id for each in repeated if each.request.event_id is not None}
            found = yield FindEvents(sorted(ids))
            stored = memory.accepted | {event.id: event for event in found}
        for each in repeated:
            request, id_ = each.request, each.request.event_id
            differing: tuple[str, ...] = ()
            if id_ in stored:
                properties = properties_of(request, each.decision, each.schema)
                differing = differing_fields(request, properties, stored[id_])
            self._note(each, id_, duplicate=True, differing=differing)


def nothing() -> None:
    """What is computed where the steps only go on in another place, or wait for their next turn."""
