"""The registries, to which a service gives its requests: one for blocking services, one for asynchronous services."""

import asyncio
from collections.abc import Awaitable, Callable, Generator, Iterable, Sequence
from contextlib import closing
from functools import partial
from typing import Any, Final, TypeVar

from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.schema import EventSchema
from eventschema.store.arguments import read_who
from eventschema.store.deciding import Entry
from eventschema.store.gathering import Gatherer, ThreadGatherer
from eventschema.store.governing import AsyncGoverning, Governing
from eventschema.store.lastseen import LastSeen
from eventschema.store.protocols import AsyncStore, Store, StoreError
from eventschema.store.questions import (
    AskLastSeen,
    Compute,
    ListSchemas,
    Seen,
    check_methods,
)
from eventschema.store.registrybase import NewNames, answers_of
from eventschema.store.stepping import ThreadRunner, run, run_awaited, send
from eventschema.store.threaded import ThreadedStore
from eventschema.store.threads import CallThreads
from eventschema.store.tracking import OnChange, SchemaCache, TrackResult
from eventschema.store.tracking_many import BeforeSave, ManySteps, ManyTracking, OnResults
from eventschema.store.turns import TaskTurns, ThreadTurns
from eventschema.store.waiting import MAX_WAITING, is_in_call, one_call
from eventschema.track.request import TrackRequest

_R = TypeVar("_R")

_NO_EVENT: Final = "00000000-0000-0000-0000-000000000000"  # the nil UUID, which is asked for and not found

#: How many schemas are listed at a time.
PAGE = 100

#: How many schemas a registry caches.
MAX_SCHEMAS = 10_000


class SchemaRegistry(Governing):
    """Tracks requests into ``store``: decides on each and saves what is accepted. Safe to use from several threads.

    ``rules`` are what requests are checked against. The ``max_schemas`` schemas that were used last are cached: an
    event whose properties are all in such a schema costs the store one query for the contact and one write. Events that
    add to the same schema are saved one after the other; at most ``max_waiting`` wait, more are a ``StoreBusyError``.

    With ``max_event_names``, an event of a new name is refused as ``too_many_event_names`` if the store has so many
    schemas already. The store needs the method ``count_schemas``. Where several events of new names are saved at the
    same moment, there may be as many more. With ``declared_only``, every event of a name without a schema is refused,
    as ``undeclared_event``.

    ``on_change`` is called with a ``ChangedSchema`` after each commit of this registry that changed a schema, once, in
    the order of the versions; the next event that adds to the schema waits for it. What it raises is logged
    (``eventschema.changes``), and loses nothing. It is not told what other processes change.

    Raises ``TypeError`` for an asynchronous store or anything else that is not a blocking store, and for other
    arguments of a wrong type; ``ValueError`` for a negative number.
    """

    def __init__(  # noqa: PLR0913  (each is an option of the registry, by name)
        self,
        store: Store,
        rules: Rules = DEFAULT_RULES,
        *,
        max_schemas: int = MAX_SCHEMAS,
        max_event_names: int | None = None,
        declared_only: bool = False,
        max_waiting: int = MAX_WAITING,
        on_change: OnChange | None = None,
    ) -> None:
        check_methods(store, advice=": an asynchronous store goes into an AsyncSchemaRegistry")
        cache = SchemaCache(max_schemas, on_change)
        super().__init__(store, rules, NewNames(max_event_names, declared_only), ThreadTurns(max_waiting), cache)
        self._gatherer: ThreadGatherer | None = None
        if self._saves_batches and getattr(store, "is_serial", False) is True:
            max_waiting = getattr(store, "max_waiting", max_waiting)
            self._gatherer = ThreadGatherer(self._track_alone, self._track_together, max_waiting)

    def track(self, payload: object, who: str | None = None) -> TrackResult:
        """Track the request ``payload``: any object, or a ``TrackRequest`` that is already parsed.

        An accepted request is saved whole, its event and the changes of schema and contact; the history of the schema
        names ``who``. On SQLite, requests that other threads bring meanwhile are then tracked together, in one
        transaction. A repeated event id is accepted and not saved again; if it comes with other content, the result
        says so (``differs``), and a line is logged.

        Raises nothing for anything that the payload is or has in it. Raises ``TypeError`` and ``ValueError`` for a
        ``who`` that is not text, or has control characters or lone surrogates; ``StoreUnavailableError`` if the store
        cannot answer now, or not within the time limit of a call, or if other writers won 100 races in a row; and
        ``StoreError`` if the store never can answer.
        """
        entry = Entry(self._request(payload), read_who(who))
        track: Callable[[Entry], TrackResult] = self._track_alone
        if self._gatherer is not None and not is_in_call():
            decision = self._decide_quickly(entry.request)
            # What ``on_change`` waits for must not wait for the group that it is called by.
            if decision is not None and decision.schema_change is None:
                track = self._gatherer.track
        with one_call():
            return self._reported(track(entry), entry.request)

    def _track_alone(self, entry: Entry) -> TrackResult:
        return run(self._steps(*entry), self._answers)

    def _track_together(self, entries: Sequence[Entry], on_results: OnResults) -> None:
        run(ManyTracking(entries, self._known, on_results=on_results).steps(), self._answers)

    def track_many(
        self, payloads: Iterable[object], who: str | None = None, *, atomic: bool = False, dry_run: bool = False
    ) -> list[TrackResult]:
        """Track several requests, each as :meth:`track` does; returns a result for each, in order.

        The outcome is the same as if they were tracked one by one: each sees the schemas and contacts that those before
        it have made, and a rejected one does not stop the others. But they are saved together, up to 1,000 in one
        transaction: all that are accepted of these, or nothing. (In a store without ``commit_many`` they are saved one
        by one.) In ``decision`` of a request about a contact that the same transaction creates, the contact has no id;
        ``contact_id`` has it.

        With ``atomic``, all requests are saved in one transaction, however many, if all are accepted. If any is
        refused, nothing is saved: the others have results that are not ``ok`` and have no ``errors``.

        With ``dry_run``, nothing is saved, and the results say what would be.

        Raises what :meth:`track` does, and ``TypeError`` for ``payloads`` that are not an iterable of requests, and for
        ``atomic`` with a store without ``commit_many``. The attribute ``results`` of a ``StoreUnavailableError`` or
        ``StoreError`` has the results of the transactions before the one that failed.
        """
        who, results = read_who(who), list[TrackResult]()
        for batch in self._batches(payloads, atomic=atomic, dry_run=dry_run):
            steps = self._many_steps(batch, who, atomic=atomic, dry_run=dry_run)
            try:
                results += self._run_many(steps)
            except StoreError as error:
                error.results = tuple(results)
                raise
        return results

    def track_with_checkpoints(
        self, requests: Sequence[TrackRequest], before_save: BeforeSave, who: str | None = None
    ) -> list[TrackResult]:
        """Track ``requests`` as :meth:`track_many` does, all in one transaction, in which checkpoints are saved too.

        ``before_save`` is called when all are decided, before anything is saved. It is given the results of those that
        are refused, by their places in ``requests``, and returns at least one checkpoint (``Checkpoint``). If another
        writer is faster, nothing is saved, all are decided again, and it is called again. It is called for no requests
        too.

        So whoever reads requests from a file saves what was read with how far it was read. The store is a ``SQLStore``.
        Raises what :meth:`track_many` does, and ``CheckpointConflictError`` if another process has changed one of the
        checkpoints; then nothing is saved.
        """
        who = read_who(who)
        entries = [Entry(request, who) for request in requests]
        tracking = ManyTracking(entries, self._known, before_save=before_save)
        return self._run_many(self._reported_all(requests, tracking.steps()))

    def _run_many(self, steps: ManySteps) -> list[TrackResult]:
        with one_call():
            return run(steps, self._answers)

    def schema(self, name: str) -> EventSchema | None:
        """The current schema of the events ``name``, ``None`` if there is none.

        It is loaded from the store and cached for :meth:`track`. Raises what the store's ``load`` does.
        """
        known, question = self._to_load(name)
        return self._cache.renew(known, self._ask(question))

    def schemas(self, *, after: str = "", limit: int = PAGE) -> tuple[EventSchema, ...]:
        """The first ``limit`` schemas with names after ``after``, ordered by name: see ``ReadableStore.schemas``.

        Raises what that does, and ``MissingMethodError`` if the store does not have it.
        """
        return tuple(self._reader(ListSchemas)(after=after, limit=limit))

    def last_seen(self, name: str) -> LastSeen | None:
        """The days of the last events of the schema ``name``, ``None`` if there is no such schema.

        Raises what ``ReadableStore.last_seen`` does, and ``MissingMethodError`` if the store does not have it.
        """
        answer: LastSeen | None = self._reader(AskLastSeen)(name)
        return answer


class AsyncSchemaRegistry(AsyncGoverning):
    """:class:`SchemaRegistry` for asynchronous services: the same, except that it awaits its ``store``.

    A blocking store is a ``TypeError``: put it into a ``ThreadedStore``. ``on_change`` is called on the event loop or
    in a thread that decides requests, so it must be quick.
    """

    def __init__(  # noqa: PLR0913  (each is an option of the registry, by name)
        self,
        store: AsyncStore,
        rules: Rules = DEFAULT_RULES,
        *,
        max_schemas: int = MAX_SCHEMAS,
        max_event_names: int | None = None,
        declared_only: bool = False,
        max_waiting: int = MAX_WAITING,
        on_change: OnChange | None = None,
    ) -> None:
        check_methods(store, are_async=True, advice=": a blocking store goes into ThreadedStore(store)")
        cache = SchemaCache(max_schemas, on_change)
        turns = TaskTurns(max_waiting)
        super().__init__(store, rules, NewNames(max_event_names, declared_only), turns, cache)
        # One thread: several would not be faster, and each that computes delays the event loop.
        self._computing = CallThreads("eventschema-compute", 1, max_waiting)
        self._answers[Compute] = self._computing.run
        self._gatherer = Gatherer(self._track_alone, self._track_together, max_waiting)
        self._threads: ThreadRunner | None = None
        if type(store) is ThreadedStore:  # a subclass may do more in its methods than to call those of the store
            self._threads = ThreadRunner(store, answers_of(store.store, self._methods), turns, self._computing)

    async def track(self, payload: object, who: str | None = None) -> TrackResult:
        """Track the request ``payload``: see :meth:`SchemaRegistry.track`.

        A request that is not read quickly is read and decided in a thread, so that others need not wait for it.
        Requests that come while others are tracked are then tracked together, if the store has ``commit_many``.
        """
        with one_call():
            request = self._parse_quickly(payload)
            if request is None:
                request = await self._computing.run(partial(self._request, payload))
            track: Callable[[Entry], Awaitable[TrackResult]] = self._track_alone
            if self._decide_quickly(request) is not None:
                track = self._gatherer.track
            return self._reported(await track(Entry(request, read_who(who))), request)

    async def _track_alone(self, entry: Entry) -> TrackResult:
        return await self._run(self._steps(*entry))

    async def _track_together(self, entries: Sequence[Entry], on_results: OnResults) -> None:
        await self._run(ManyTracking(entries, self._known, on_results=on_results).steps())

    async def _run(self, steps: Generator[Any, Any, _R]) -> _R:
        """The result of ``steps``, which do nothing themselves that takes long."""
        if self._threads is not None:
            return await self._threads.run(steps)
        return await run_awaited(steps, self._answers)

    async def track_many(
        self, payloads: Iterable[object], who: str | None = None, *, atomic: bool = False, dry_run: bool = False
    ) -> list[TrackResult]:
        """Track several requests: see :meth:`SchemaRegistry.track_many`. They are decided in a thread."""
        who, results = read_who(who), list[TrackResult]()
        for batch in self._batches(payloads, atomic=atomic, dry_run=dry_run):
            steps = self._many_steps(batch, who, atomic=atomic, dry_run=dry_run)
            try:
                with one_call():
                    results += await self._run_many(steps, writes=not dry_run)
            except StoreError as error:
                error.results = tuple(results)
                raise
        return results

    async def _run_many(self, steps: ManySteps, *, writes: bool) -> list[TrackResult]:
        if self._threads is not None:
            return await self._threads.run(steps, writes=writes)
        with closing(steps):
            step = await self._in_thread(partial(send, steps, None))
            while not isinstance(step, list):
                step = await self._in_thread(partial(send, steps, await self._ask(step)))
            return step

    async def _in_thread(self, call: Callable[[], _R]) -> _R:
        """What ``call`` returns, in a thread. If the caller is cancelled, it still waits for the end of the call."""
        task = asyncio.ensure_future(self._computing.run(call))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait([task])
            raise

    async def schema(self, name: str) -> EventSchema | None:
        """The current schema of the events ``name``: see :meth:`SchemaRegistry.schema`."""
        known, question = self._to_load(name)
        return self._cache.renew(known, await self._ask(question))

    async def check(self, *, writing: bool = False) -> bool:
        """Have the store answer a question that costs it little; with ``writing``, try to write, which is taken back.

        Returns whether it has written: not every store can take it back (see ``CheckableStore``). Raises what the
        methods of the store do.
        """
        with one_call():
            if writing and self._try_write is not None:
                await self._try_write()
                return True
            await self._ask(Seen(_NO_EVENT))
            return False

    async def schemas(self, *, after: str = "", limit: int = PAGE) -> tuple[EventSchema, ...]:
        """A page of the schemas, ordered by name: see :meth:`SchemaRegistry.schemas`."""
        return tuple(await self._reader(ListSchemas)(after=after, limit=limit))

    async def last_seen(self, name: str) -> LastSeen | None:
        """The days of the last events of the schema ``name``: see :meth:`SchemaRegistry.last_seen`."""
        answer: LastSeen | None = await self._reader(AskLastSeen)(name)
        return answer
