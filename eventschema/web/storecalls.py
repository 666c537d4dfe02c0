"""What the service asks of its store: within a time limit, and with what it knows of the store's health."""

from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, Final, Literal, TypeVar

from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.store.declaring import Declared
from eventschema.store.lastseen import LastSeen
from eventschema.store.protocols import MissingMethodError, SchemaRecord, StoreError, StoreUnavailableError
from eventschema.store.registry import AsyncSchemaRegistry
from eventschema.store.tracking import TrackResult
from eventschema.store.versions import Expected
from eventschema.store.waiting import StoreBusyError
from eventschema.stream.retyping import RetypePlan
from eventschema.web.timelimit import TimeLimit

_T = TypeVar("_T")

#: What is known of the last write: it worked, it failed, or there was none yet.
LastWrite = Literal["ok", "failed", "none"]


class NotHealthyError(StoreUnavailableError):
    """The store cannot be read or written. The cause, if there is one, says why."""


class StoreCalls:
    """The calls of ``registry``, each of at most ``timeout`` seconds, after which ``StoreUnavailableError`` is raised.

    A store with a time limit of its own ends its calls itself. This one is for all others, and for what no store can
    limit, such as the look-up of a host. A thread that still waits is not ended by it.
    """

    def __init__(self, registry: AsyncSchemaRegistry, timeout: float) -> None:
        self._registry: Final = registry
        self._time_limit: Final = TimeLimit(timeout)
        self._last_write: LastWrite = "none"

    @property
    def rules(self) -> Rules:
        """The rules that requests are checked against."""
        return self._registry.rules

    async def track(self, payload: object, who: str | None) -> TrackResult:
        """See ``AsyncSchemaRegistry.track``."""
        tracked = await self._write(self._registry.track(payload, who))
        if tracked.ok and not tracked.duplicate:
            self._last_write = "ok"
        return tracked

    @property
    def saves_batches(self) -> bool:
        """Whether the store can save a batch in one transaction."""
        return self._registry.saves_batches

    async def track_many(self, payloads: Sequence[object], who: str | None, *, dry_run: bool) -> list[TrackResult]:
        """See ``AsyncSchemaRegistry.track_many``."""
        if dry_run:
            return await self._limit(self._registry.track_many(payloads, who, dry_run=True))
        results = await self._write(self._registry.track_many(payloads, who))
        if any(result.ok and not result.duplicate for result in results):
            self._last_write = "ok"
        return results

    async def schemas(self, after: str, limit: int) -> Sequence[EventSchema]:
        """See ``AsyncSchemaRegistry.schemas``."""
        return await self._limit(self._registry.schemas(after=after, limit=limit))

    async def schema(self, name: str) -> EventSchema | None:
        """See ``AsyncSchemaRegistry.schema``."""
        return await self._limit(self._registry.schema(name))

    async def history(self, name: str) -> Sequence[SchemaRecord]:
        """See ``AsyncSchemaRegistry.history``."""
        return await self._limit(self._registry.history(name))

    async def last_seen(self, name: str) -> LastSeen | None:
        """See ``AsyncSchemaRegistry.last_seen``."""
        return await self._limit(self._registry.last_seen(name))

    async def declare(self, schema: EventSchema, who: str | None, *, thaw: bool, expected: Expected) -> Declared:
        """See ``AsyncSchemaRegistry.declare``."""
        return await self._write(self._registry.declare(schema, who, thaw=thaw, expected=expected))

    async def plan_retype(self, name: str, types: Mapping[str, PropertyType]) -> RetypePlan:
        """See ``AsyncSchemaRegistry.plan_retype``."""
        return await self._limit(self._registry.plan_retype(name, types))

    async def retype(
        self,
        name: str,
        types: Mapping[str, PropertyType],
        who: str | None,
        *,
        force: bool,
        expected: EventSchema | None,
    ) -> RetypePlan:
        """See ``AsyncSchemaRegistry.retype``. A plan over many events takes too long: that is no failure to write."""
        asked = self._registry.retype(name, types, who, force=force, expected="any" if expected is None else expected)
        return await self._limit(asked)

    async def check(self, *, writing: bool) -> dict[str, Any]:
        """Have the store answer; with ``writing``, or if the last write failed, try to write, which is taken back.

        Returns what is known of the last write. Raises ``NotHealthyError`` if the store fails, or if its last write did
        and another one cannot be tried.
        """
        try:
            if writing or self._last_write == "failed":
                if await self._write(self._registry.check(writing=True)):
                    self._last_write = "ok"
            else:
                await self._limit(self._registry.check())
        except StoreBusyError:
            raise
        except StoreError as error:
            raise NotHealthyError("the store does not work") from error
        if self._last_write == "failed":
            raise NotHealthyError("the last write failed")
        return {"status": "ok", "lastWrite": self._last_write}

    async def _write(self, call: Coroutine[Any, Any, _T]) -> _T:
        try:
            return await self._limit(call)
        except (StoreBusyError, MissingMethodError):  # nothing was tried
            raise
        except StoreError:
            self._last_write = "failed"
            raise

    async def _limit(self, call: Coroutine[Any, Any, _T]) -> _T:
        try:
            return await self._time_limit.run(call)
        except TimeoutError:
            raise StoreUnavailableError(f"the store did not answer within {self._time_limit.seconds:g} s") from None
