"""A time limit for many calls at once, with one timer for all of them."""

import asyncio
from collections.abc import Coroutine, Generator
from typing import Any, Final, Generic, TypeVar
from weakref import WeakKeyDictionary

_T = TypeVar("_T")


class TimeLimit:
    """Cancels calls that take longer than ``seconds``, as ``asyncio.timeout`` does for one.

    Nearly every call ends in time. A timer of its own would take longer to start and stop than what it is for.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds: Final = seconds
        self._calls: WeakKeyDictionary[asyncio.AbstractEventLoop, _Calls] = WeakKeyDictionary()

    async def run(self, call: Coroutine[Any, Any, _T]) -> _T:
        """What ``call`` returns. Raises what it does, and ``TimeoutError`` if it is cancelled for its time.

        The time begins when it first has to wait for something.
        """
        try:
            awaited = call.send(None)
        except StopIteration as end:
            result: _T = end.value
            return result
        loop = asyncio.get_running_loop()
        calls = self._calls.get(loop)
        if calls is None:
            calls = self._calls[loop] = _Calls()
        async with asyncio.timeout(None) as limit:
            calls.begin(limit, loop.time() + self.seconds)
            try:
                return await _Rest(call, awaited)
            finally:
                calls.ends.pop(limit, None)


class _Rest(Generic[_T]):
    """The rest of a coroutine, which has begun and awaits something."""

    def __init__(self, coroutine: Coroutine[Any, Any, _T], awaited: Any) -> None:
        self._coroutine = coroutine
        self._awaited = awaited

    def __await__(self) -> Generator[Any, Any, _T]:
        awaited = self._awaited
        try:
            while True:
                try:
                    given = yield awaited
                except BaseException as error:
                    awaited = self._coroutine.throw(error)
                else:
                    awaited = self._coroutine.send(given)
        except StopIteration as end:
            result: _T = end.value
            return result


class _Calls:
    """The calls that are under way in an event loop."""

    def __init__(self) -> None:
        self.ends: dict[asyncio.Timeout, float] = {}  # in the order in which the calls began, which is that of the ends
        self._has_timer = False

    def begin(self, limit: asyncio.Timeout, end: float) -> None:
        self.ends[limit] = end
        if not self._has_timer:
            self._look_at(end)

    def _look_at(self, time: float) -> None:
        self._has_timer = True
        asyncio.get_running_loop().call_at(time, self._end_late)

    def _end_late(self) -> None:
        """End the calls that are late, and look again when the next one may be."""
        self._has_timer = False
        now = asyncio.get_running_loop().time()
        for limit in [limit for limit, end in self.ends.items() if end <= now]:
            del self.ends[limit]
            limit.reschedule(now)
        if self.ends:
            self._look_at(next(iter(self.ends.values())))
