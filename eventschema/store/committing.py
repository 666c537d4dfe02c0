"""Group commit: calls that arrive while a transaction is under way are saved together in the next one.

Nobody waits for others to come: a call that finds no transaction under way begins one at once. One thread writes for
the whole group; the threads of the others wait until their events are durable.
"""

from collections.abc import Callable, Sequence
from time import monotonic
from typing import Final

from eventschema.store.database_errors import LostRaceError
from eventschema.store.planning import Call, Outcomes
from eventschema.store.protocols import NotSaved, StoreError, StoreUnavailableError
from eventschema.store.saving import CommitFailedError
from eventschema.store.waiting import Place, WriteQueue, one_call

_Place = Place[Call, Outcomes]


class GroupCommit:
    """Saves calls by ``save``, in groups, within the ``timeout`` of each. ``queue`` gives each its turn to write."""

    def __init__(
        self,
        save: Callable[[Sequence[Call]], Sequence[Outcomes]],
        queue: WriteQueue[Call, Outcomes],
        timeout: float,
    ) -> None:
        self._save: Final = save
        self._queue: Final = queue
        self._timeout: Final = timeout

    def commit(self, call: Call) -> Outcomes:
        """Save ``call``; returns the outcome of each of its works when they are durable."""
        with one_call():
            place = self._queue.join(call, len(call.works), self._timeout)
            if place.group:
                self._lead(place)
            if place.error is not None:
                raise place.error
            if place.outcome is not None:
                return place.outcome
            with self._queue.slot(self._timeout, is_admitted=True):
                return self._save_alone(call)

    def _save_alone(self, call: Call) -> Outcomes:
        try:
            return self._save([call])[0]
        except LostRaceError:
            return (NotSaved.STALE,) * len(call.works)
        except CommitFailedError as failed:
            raise failed.__cause__ or failed from None

    def _lead(self, place: _Place) -> None:
        """Save the group of ``place``. Those who get neither an outcome nor an error must be saved apart."""
        try:
            if len(place.group) == 1:
                assert place.call is not None
                place.outcome = self._save_alone(place.call)
            else:
                self._save_group([other for other in place.group if monotonic() < other.began + self._timeout])
        finally:
            self._queue.leave(place)

    def _save_group(self, places: Sequence[_Place]) -> None:
        calls = [place.call for place in places if place.call is not None]
        try:
            with one_call(min(place.began for place in places)):  # the time limit of the one that has waited longest
                outcomes = self._save(calls)
        except CommitFailedError as failed:
            for place in places:
                place.error = _copy(failed.__cause__)
            if not isinstance(failed.__cause__, Exception):
                raise failed.__cause__ or failed from None
        except Exception:  # perhaps for the reason of one of them, so each is saved apart
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
