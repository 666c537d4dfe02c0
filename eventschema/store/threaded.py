"""``ThreadedStore``: a blocking store for asynchronous services, in its own threads."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from eventschema.core.schema import EventSchema
from eventschema.store.arguments import check_count
from eventschema.store.lookups import offered_lookups
from eventschema.store.protocols import NotSaved, Saved, Store, UnitOfWork
from eventschema.store.questions import (
    BATCH_METHODS,
    CHECK_METHODS,
    GOVERN_METHODS,
    History,
    PlanRetype,
    check_methods,
    offered,
)
from eventschema.store.threads import CallThreads
from eventschema.store.waiting import MAX_WAITING
from eventschema.track.contact import Contact

_T = TypeVar("_T")


class ThreadedStore:
    """Calls ``store`` in threads, so that an asyncio event loop does not wait for it.

    At most ``threads`` threads read and as many others write, so no read waits for a thread that waits to write. For a
    store that saves requests together, such as ``SQLStore``, up to 64 threads write: they wait for the same disk. At
    most ``max_waiting`` calls wait for a thread that reads, and as many for one that writes; a further call raises
    ``StoreBusyError`` at once. What a thread has begun is finished, even if the caller is cancelled meanwhile.

    Each method returns and raises what that of ``store`` does. The methods of ``LookupStore``, ``BatchStore``,
    ``CheckableStore`` and ``RetypingStore`` are there if ``store`` has them, as are ``save``, ``declare``, ``history``,
    ``last_seen``, and ``schemas``, which returns a tuple. Raises ``TypeError`` for an asynchronous store or anything
    else that is not a blocking store, ``ValueError`` for fewer than one thread or a negative ``max_waiting``.
    """

    def __init__(self, store: Store, *, threads: int = 10, max_waiting: int = MAX_WAITING) -> None:
        check_methods(store)
        check_count("threads", threads, "threads", 1)
        self._store = store
        self._readers = CallThreads("eventschema-read", threads, max_waiting)
        self._writers = CallThreads("eventschema-write", max(threads, getattr(store, "max_together", 0)), max_waiting)
        for name in offered_lookups(store).values():
            setattr(self, name, self._readers.running(getattr(store, name)))
        writing = offered(store, BATCH_METHODS, are_async=False), offered(store, CHECK_METHODS, are_async=False)
        for name in (name for methods in writing for name in methods.values()):
            setattr(self, name, self._writers.running(getattr(store, name)))
        if callable(commit_unrelated := getattr(store, "commit_unrelated", None)):
            self.commit_unrelated = self._writers.running(commit_unrelated)
        if callable(last_seen := getattr(store, "last_seen", None)):
            self.last_seen = self._readers.running(last_seen)
        for kind, name in offered(store, GOVERN_METHODS, are_async=False).items():
            threads_ = self._readers if kind in {History, PlanRetype} else self._writers
            setattr(self, name, threads_.running(getattr(store, name)))
        list_schemas = getattr(store, "schemas", None)
        if callable(list_schemas):
            self.schemas = self._readers.running(lambda **page: tuple(list_schemas(**page)))

    async def load(self, name: str) -> EventSchema | None:
        """See :meth:`SchemaStore.load`."""
        return await self._readers.run(lambda: self._store.load(name))

    async def find(self, identifiers: Mapping[str, str]) -> Sequence[Contact]:
        """See :meth:`ContactStore.find`."""
        return await self._readers.run(lambda: self._store.find(identifiers))

    async def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        """See :meth:`EventSink.commit`."""
        return await self._writers.run(lambda: self._store.commit(work))

    async def seen(self, event_id: str) -> bool:
        """See :meth:`EventSink.seen`."""
        return await self._readers.run(lambda: self._store.seen(event_id))

    @property
    def store(self) -> Store:
        """The store that is called in threads."""
        return self._store

    async def in_thread(self, call: Callable[[], _T], *, writes: bool) -> _T:
        """What ``call`` returns, in a thread that may write, or in one that only reads. It may ask :attr:`store`."""
        return await (self._writers if writes else self._readers).run(call)

    def close(self) -> None:
        """Wait for the calls that are running or queued, and end the threads. Later calls raise ``RuntimeError``.

        The store stays open.
        """
        self._readers.close()
        self._writers.close()
