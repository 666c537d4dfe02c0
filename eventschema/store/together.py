"""Group commit: calls that arrive while a transaction is under way are saved together in the next one.

Nobody waits for others to come: a call that finds no transaction under way begins one at once. On PostgreSQL a second
group may be written while the first one is, if they are about different contacts, and calls still join a group while
its transaction begins. One thread works for the whole group; the threads of the others wait until their events are
durable. On PostgreSQL contacts are found likewise, since each question costs a round trip. On SQLite a registry tracks
likewise: see ``gathering``.
"""

from collections.abc import Callable, Sequence
from itertools import zip_longest
from time import monotonic
from typing import Any, Final, Generic, TypeVar

from eventschema.store.protocols import StoreError, StoreUnavailableError
from eventschema.store.waiting import NO_KEYS, Keys, Place, WriteQueue, one_call

C = TypeVar("C")
O = TypeVar("O")  # noqa: E741


class CommitFailedError(Exception):
    """All was written, and could not be committed, or nobody knows whether it was. The cause is the error.

    ``outcomes`` are those of calls that were done before, ``None`` for the others.
    """

    def __init__(self, outcomes: Sequence[Any] = ()) -> None:
        super().__init__()
        self.outcomes: Final = outcomes


class Together(Generic[C, O]):
    """Does calls in groups, within the ``timeout`` of each. ``queue`` gives each its turn.

    ``do_many`` does the calls of a group, and returns the outcome of each, ``None`` for one that is to be done alone.
    If it raises, nothing was done, unless it is ``CommitFailedError``. Once, before it looks at the calls, it may call
    its second argument, which returns calls that have come meanwhile and are to be done too, after the others.
    ``do_one`` does one call.
    """

    def __init__(
        self,
        do_many: Callable[[Sequence[C], Callable[[], Sequence[C]]], Sequence[O | None]],
        do_one: Callable[[C], O],
        queue: WriteQueue[C, O],
        timeout: float,
    ) -> None:
        self._do_many = do_many
        self._do_one: Final = do_one
        self._queue: Final = queue
        self._timeout: Final = timeout

    def do(self, call: C, size: int = 1, keys: Keys | None = NO_KEYS) -> O:
        """Do ``call``, of ``size`` requests about ``keys``, alone or with others; returns its outcome."""
        with one_call():
            place = self._queue.join(call, size, self._timeout, keys)
            if place.group:
                self._lead(place)
            if place.error is not None:
                raise place.error
            if place.outcome is not None:
                return place.outcome
            with self._queue.slot(self._timeout, is_admitted=True):
                return self._do_one(call)

    def _lead(self, place: Place[C, O]) -> None:
        """Do the group of ``place``. Calls that get neither an outcome nor an error are done one by one."""
        try:
            if len(place.group) == 1:
                assert place.call is not None
                place.outcome = self._do_one(place.call)
            else:
                self._do_group(place.group)
        finally:
            self._queue.leave(place)
            place.group.clear()  # it has the place itself: what is saved would wait for a collection of cycles

    def _do_group(self, group: list[Place[C, O]]) -> None:
        places = [place for place in group if monotonic() < place.began + self._timeout]
        if not places:
            return
        began = min(place.began for place in places)  # the time limit of the one that has waited longest

        def join() -> list[C]:
            joined = self._queue.join_late(group, began)
            places.extend(joined)
            return _calls(joined)

        try:
            with one_call(began):
                outcomes = self._do_many(_calls(places), join)
        except CommitFailedError as failed:
            for place, outcome in zip_longest(places, failed.outcomes):
                place.outcome = outcome
                place.error = _copy(failed.__cause__) if outcome is None else None
            if not isinstance(failed.__cause__, Exception):
                raise failed.__cause__ or failed from None
        except Exception:  # perhaps for the reason of one of them, so each is done apart
            return
        else:
            for place, outcome in zip(places, outcomes, strict=True):
                place.outcome = outcome


def _calls(places: Sequence[Place[C, O]]) -> list[C]:
    return [place.call for place in places if place.call is not None]


def _copy(error: BaseException | None) -> Exception:
    """An error for another thread than the one that got ``error``."""
    if isinstance(error, StoreError):
        copy = type(error)(*error.args)
    else:
        copy = StoreUnavailableError("saving was interrupted, and may have been completed")
    copy.__cause__ = error
    return copy
