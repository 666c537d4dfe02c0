"""Group commit: calls that arrive while a transaction is under way are saved together in the next one.

Nobody waits for others to come: a call that finds no transaction under way begins one at once. One thread works for the
whole group; the threads of the others wait until their events are durable. On PostgreSQL contacts are found likewise,
since each question costs a round trip.
"""

from collections.abc import Callable, Sequence
from time import monotonic
from typing import Final, Generic, TypeVar

from eventschema.store.protocols import StoreError, StoreUnavailableError
from eventschema.store.waiting import Place, WriteQueue, one_call

C = TypeVar("C")
O = TypeVar("O")  # noqa: E741


class CommitFailedError(Exception):
    """All was written, and could not be committed, or nobody knows whether it was. The cause is the error."""


class Together(Generic[C, O]):
    """Does calls in groups, within the ``timeout`` of each. ``queue`` gives each its turn.

    ``do_many`` does the calls of a group, and returns the outcome of each; if it raises, nothing was done, unless it is
    ``CommitFailedError``. ``do_one`` does one call.
    """

    def __init__(
        self,
        do_many: Callable[[Sequence[C]], Sequence[O]],
        do_one: Callable[[C], O],
        queue: WriteQueue[C, O],
        timeout: float,
    ) -> None:
        self._do_many = do_many
        self._do_one: Final = do_one
        self._queue: Final = queue
        self._timeout: Final = timeout

    def do(self, call: C, size: int = 1) -> O:
        """Do ``call``, of ``size`` requests, alone or with others; returns its outcome."""
        with one_call():
            place = self._queue.join(call, size, self._timeout)
            if place.group:
                self._lead(place)
            if place.error is not None:
                raise place.error
            if place.outcome is not None:
                return place.outcome
            with self._queue.slot(self._timeout, is_admitted=True):
                return self._do_one(call)

    def _lead(self, place: Place[C, O]) -> None:
        """Do the group of ``place``. Those who get neither an outcome nor an error must be done apart."""
        try:
            if len(place.group) == 1:
                assert place.call is not None
                place.outcome = self._do_one(place.call)
            else:
                self._do_group([other for other in place.group if monotonic() < other.began + self._timeout])
        finally:
            self._queue.leave(place)

    def _do_group(self, places: Sequence[Place[C, O]]) -> None:
        calls = [place.call for place in places if place.call is not None]
        try:
            with one_call(min(place.began for place in places)):  # the time limit of the one that has waited longest
                outcomes = self._do_many(calls)
        except CommitFailedError as failed:
            for place in places:
                place.error = _copy(failed.__cause__)
            if not isinstance(failed.__cause__, Exception):
                raise failed.__cause__ or failed from None
        except Exception:  # perhaps for the reason of one of them, so each is done apart
            return
        else:
            for place, outcome in zip(places, outcomes, strict=True):
                place.outcome = outcome


def _copy(error: BaseException | None) -> Exception:
    """An error for another thread than the one that got ``error``."""
    if isinstance(error, StoreError):
        copy = type(error)(*error.args)
    else:
        copy = StoreUnavailableError("saving was interrupted, and may have been completed")
    copy.__cause__ = error
    return copy
