"""``ThreadedStore``: a blocking store for asynchronous services, in threads of its own."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from eventschema.core.schema import EventSchema
from eventschema.store.arguments import check_count
from eventschema.store.kinds import kind_of
from eventschema.store.protocols import NotSaved, Saved, Store, Work
from eventschema.track.contact import Contact

_T = TypeVar("_T")


class ThreadedStore:
    """``store``, asked by at most ``threads`` threads, so that an event loop need not wait. For asyncio.

    A store that bounds its connections should have as many as there are threads: that is so by default. What was
    asked is carried out, even where the one who asked is cancelled meanwhile.

    Each method gives what that of ``store`` gives, and raises what it raises. Raises ``TypeError`` for a store that is
    awaited already, or for none at all, and ``ValueError`` where there is not one thread.
    """

    def __init__(self, store: Store, *, threads: int = 10) -> None:
        if kind_of(store) != "blocking":
            raise TypeError(f"expected a store whose methods block, found {type(store).__name__}")
        check_count(threads, 1, "threads")
        self._store = store
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="eventschema-store")

    async def load(self, name: str) -> EventSchema | None:
        """The schema of the events ``name`` as it stands, ``None`` if there is none."""
        return await self._run(lambda: self._store.load(name))

    async def find(self, identifiers: Mapping[str, str]) -> Sequence[Contact]:
        """The contacts that have any of ``identifiers``, each once, by id; none, if nothing is asked for."""
        return await self._run(lambda: self._store.find(identifiers))

    async def commit(self, work: Work) -> Saved | NotSaved:
        """Save a request whole, and give the ids; or nothing, and say why. See ``EventSink.commit``."""
        return await self._run(lambda: self._store.commit(work))

    async def seen(self, event_id: str) -> bool:
        """Whether an event of this id was saved, its contact erased since or not."""
        return await self._run(lambda: self._store.seen(event_id))

    def close(self) -> None:
        """Wait for what is being asked, and end the threads: whoever asks afterwards gets a ``RuntimeError``.

        The store stays open.
        """
        self._threads.shutdown()

    async def _run(self, ask: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, ask)
