"""The accepted events of a replay, one by one, to store or convert them."""

from collections.abc import Callable, Collection
from typing import Final

from eventschema.core.results import MergeResult
from eventschema.stream.envelopes import Block, StreamEvent, open_event, select_events
from eventschema.stream.replay.events import Rejection, Replay
from eventschema.stream.replay.pieces import AnyRejection, Combiner, ReplayTask
from eventschema.stream.replay.stats import ReplayStats


class AcceptedEvents(Combiner):
    """Replays a stream in one process, and calls ``on_accepted`` with each accepted event and its result, in order.

    Pass it to ``replay_files`` with ``jobs=1``. With ``names``, events of other names are skipped, and counted in
    ``others``. The other arguments are those of a :class:`Combiner`.
    """

    def __init__(
        self,
        replay: Replay,
        stats: ReplayStats,
        task: ReplayTask,
        on_rejection: Callable[[AnyRejection], object] | None,
        *,
        on_accepted: Callable[[StreamEvent, MergeResult], object],
        names: Collection[str] | None = None,
    ) -> None:
        super().__init__(replay, stats, task, on_rejection)
        self._on_accepted: Final = on_accepted
        self._names = names
        self.others = 0

    def _take_block(self, block: Block, before: int) -> None:
        events, skipped = select_events(block, self.task.envelope)
        self.stats.skipped += skipped
        for number, value in zip(events.numbers, events.values, strict=True):
            event = open_event(events.source, before + number, value, self.task.envelope, self.task.rules)
            if self._names is not None and event.name is not None and event.name not in self._names:
                self.others += 1
                continue
            outcome = self._add_event(event)
            if not isinstance(outcome, Rejection):
                self._on_accepted(event, outcome)
