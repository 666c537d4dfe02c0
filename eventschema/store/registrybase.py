"""What both kinds of registries share: the rules, the cached schemas, and which part answers each question."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, Final, NamedTuple

from eventschema.core.arguments import require_rules, wrong_kind
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.schema import EventSchema
from eventschema.store.arguments import check_count, read_text
from eventschema.store.deciding import Entry
from eventschema.store.lookups import LOOKUPS, CountSchemas, Reload, offered_lookups
from eventschema.store.protocols import AsyncStore, MissingMethodError, Store
from eventschema.store.questions import (
    BATCH_METHODS,
    CHECK_METHODS,
    GOVERN_METHODS,
    METHODS,
    READ_METHODS,
    AskLastSeen,
    CommitMany,
    Compute,
    Governance,
    ListSchemas,
    Load,
    Retype,
    TryWrite,
    check_methods,
    offered,
)
from eventschema.store.repetitions import DifferingRepetitions
from eventschema.store.tracking import SchemaCache, Step, Steps, TrackResult, load_question, track_steps
from eventschema.store.tracking_many import MAX_BATCH, Known, ManySteps, ManyTracking, nothing
from eventschema.store.turns import TaskTurns, ThreadTurns, Turn
from eventschema.track.request import TrackDecision, TrackRequest


class NewNames(NamedTuple):
    """Which events make a schema: those of up to so many names (``None``: any number); none if ``declared_only``."""

    max_event_names: int | None
    declared_only: bool


class RegistryBase:
    """What both registries have: the rules, the cached schemas, and what answers each kind of question."""

    def __init__(
        self,
        store: Store | AsyncStore,
        rules: Rules,
        names: NewNames,
        turns: ThreadTurns | TaskTurns,
        cache: SchemaCache,
    ) -> None:
        max_event_names, declared_only = names
        require_rules(rules)
        self._rules = DEFAULT_RULES if rules == DEFAULT_RULES else rules  # the fast paths know these at once
        self._cache = cache
        self._differing = DifferingRepetitions()
        lookups = offered_lookups(store, are_async=isinstance(turns, TaskTurns))
        self._offered = frozenset(lookups)
        self._names = names
        self._known = Known(self._cache, self._offered, max_event_names, declared_only)
        if max_event_names is not None:
            check_count("max_event_names", max_event_names, "event names", 0)
            check_methods(store, (LOOKUPS[CountSchemas],), are_async=isinstance(turns, TaskTurns))
        batches = offered(store, BATCH_METHODS, are_async=isinstance(turns, TaskTurns))
        self._saves_batches = bool(batches)
        reads = offered(store, READ_METHODS, are_async=isinstance(turns, TaskTurns))
        self._reads: dict[type, Callable[..., Any]] = {kind: getattr(store, name) for kind, name in reads.items()}
        governs = offered(store, GOVERN_METHODS, are_async=isinstance(turns, TaskTurns))
        self._methods: dict[type[Any], str] = {**METHODS, **lookups, **batches}
        self._answers = answers_of(store, {**self._methods, **governs}) | {Turn: turns.take, Compute: _compute}
        checks = offered(store, CHECK_METHODS, are_async=isinstance(turns, TaskTurns))
        self._try_write = getattr(store, checks[TryWrite]) if checks else None

    @property
    def rules(self) -> Rules:
        """The rules that requests are checked against."""
        return self._rules

    @property
    def differing_repetitions(self) -> int:
        """How many requests had the id of a stored event and other content. The log has a line of them each minute."""
        return self._differing.count

    @property
    def saves_batches(self) -> bool:
        """Whether the store can save many requests in one transaction: it has the method ``commit_many``."""
        return self._saves_batches

    def _ask(self, question: Step | CommitMany | Governance) -> Any:
        """The answer of the store, or a turn; of an asynchronous registry, what to await for it."""
        return self._answers[type(question)](*question)

    def _request(self, payload: object) -> TrackRequest:
        """The request ``payload``, parsed if it is not yet."""
        return payload if isinstance(payload, TrackRequest) else TrackRequest.parse(payload, self._rules)

    def _steps(self, request: TrackRequest, who: str | None) -> Steps:
        limit, declared_only = self._names
        return track_steps(request, who, self._cache, self._offered, limit, declared_only=declared_only)

    def _decide_quickly(self, request: TrackRequest) -> TrackDecision | None:
        """The decision on ``request`` for a new contact, ``None`` if to track it with others would delay them."""
        return request.decide_quickly(self._cache.get(request.event_name), ()) if self._saves_batches else None

    def _batches(self, payloads: Iterable[object], *, atomic: bool, dry_run: bool) -> Iterator[list[object]]:
        """The requests of each transaction. Raises ``TypeError`` for anything but several requests."""
        if isinstance(payloads, str | bytes | Mapping) or not isinstance(payloads, Iterable):
            raise wrong_kind(payloads, "requests as an iterable of payloads")
        if atomic and not self._saves_batches:
            raise TypeError("expected a store with the method commit_many for atomic=True, found one without it")
        rest = iter(payloads)
        size = None if atomic or dry_run else MAX_BATCH if self._saves_batches else 1
        return iter(lambda: list(islice(rest, size)), [])

    def _many_steps(self, batch: list[object], who: str | None, *, atomic: bool, dry_run: bool) -> ManySteps:
        requests = yield from self._requests(batch)
        if not (self._saves_batches or dry_run):
            one_by_one = _one_by_one(self._steps(request, who) for request in requests)
            return (yield from self._reported_all(requests, one_by_one))
        entries = [Entry(request, who) for request in requests]
        steps = ManyTracking(entries, self._known, atomic=atomic, dry_run=dry_run).steps()
        return (yield from (steps if dry_run else self._reported_all(requests, steps)))

    def _requests(self, batch: list[object]) -> Generator[Compute, Any, list[TrackRequest]]:
        """The requests of ``batch``, parsed if they are not yet: those that take long after a ``Compute``."""
        quick = [self._parse_quickly(payload) for payload in batch]
        if any(request is None for request in quick):
            yield Compute(nothing)
        pairs = zip(batch, quick, strict=True)
        return [self._request(payload) if request is None else request for payload, request in pairs]

    def _parse_quickly(self, payload: object) -> TrackRequest | None:
        return payload if isinstance(payload, TrackRequest) else TrackRequest.parse_quickly(payload, self._rules)

    def _reported_all(self, requests: Sequence[TrackRequest], steps: ManySteps) -> ManySteps:
        results = yield from steps
        return [self._reported(result, request) for result, request in zip(results, requests, strict=True)]

    def _check_offered(self, *kinds: type[Governance]) -> None:
        """Raise ``MissingMethodError`` if the store has no method for one of these questions."""
        for kind in kinds:
            if kind not in self._answers:
                raise MissingMethodError(f"the store has no method {GOVERN_METHODS[kind]}")

    def _reader(self, kind: type[ListSchemas | AskLastSeen]) -> Callable[..., Any]:
        if kind not in self._reads:
            raise MissingMethodError(f"the store has no method {READ_METHODS[kind]}")
        return self._reads[kind]

    def _to_load(self, name: object) -> tuple[EventSchema | None, Load | Reload]:
        text = read_text(name, "the name of an event")
        known = self._cache.get(text)
        return known, load_question(text, known, self._offered)

    def _reported(self, result: TrackResult, request: TrackRequest) -> TrackResult:
        if result.differing:
            self._differing.add(request.event_name, result.differing)
        return result


def _compute(call: Callable[[], Any]) -> Any:
    return call()


def answers_of(store: object, methods: Mapping[type[Any], str]) -> dict[type[Any], Callable[..., Any]]:
    """What answers each question of ``methods``: the method of ``store`` of that name, called as it is to be."""
    answers: dict[type[Any], Callable[..., Any]] = {kind: getattr(store, name) for kind, name in methods.items()}
    calls = {kind: partial(call, store) for kind, call in _CALLS.items() if kind in answers}
    return answers | calls


def _commit_many(store: Any, works: object, atomic: bool, checkpoints: object) -> Any:
    """What ``commit_many`` of a store returns. Only with checkpoints it is given any: not every store has them."""
    if not atomic and hasattr(store, "commit_unrelated"):
        return store.commit_unrelated(works)
    return store.commit_many(works, atomic=atomic, **({"checkpoints": checkpoints} if checkpoints else {}))


def _retype(store: Any, *asked: Any) -> Any:
    name, types, who, force, rules, expected = asked
    return store.retype(name, types, who, force=force, rules=rules, expected=expected)


#: Calls the methods whose arguments are not simply the fields of the question.
_CALLS: Final[Mapping[type[Any], Callable[..., Any]]] = {CommitMany: _commit_many, Retype: _retype}


def _one_by_one(each: Iterable[Steps]) -> ManySteps:
    results = []
    for steps in each:
        results.append((yield from steps))  # noqa: PERF401  # a comprehension cannot yield
    return results
