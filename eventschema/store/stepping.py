"""Runs the steps of requests: sends each the answer to its question until it has the result.

To change threads costs as much as deciding several requests. So the steps of an asynchronous registry whose store is
blocking run in one thread from the first question to the last: see :class:`ThreadRunner`.
"""

from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from functools import partial
from threading import Lock
from typing import Any, Final, Generic, TypeVar

from eventschema.store.questions import Compute
from eventschema.store.threaded import ThreadedStore
from eventschema.store.threads import CallThreads
from eventschema.store.turns import TaskTurns, Turn

_Q = TypeVar("_Q")
_R = TypeVar("_R")

#: What answers each kind of question: it is given the fields of the question.
Answers = Mapping[type[Any], Callable[..., Any]]


def send(steps: Generator[_Q, Any, _R], answer: Any) -> _Q | _R:
    """Send ``answer`` to ``steps``; returns the next question or the result."""
    try:
        return steps.send(answer)
    except StopIteration as end:
        result: _R = end.value
        return result


def run(steps: Generator[Any, Any, _R], answers: Answers) -> _R:
    """The result of ``steps``, whose questions ``answers`` answer. They raise what an answer does, and are closed."""
    with closing(steps):
        step: Any = send(steps, None)
        while (answer := answers.get(type(step))) is not None:
            step = send(steps, answer(*step))
        result: _R = step
        return result


async def run_awaited(steps: Generator[Any, Any, _R], answers: Answers) -> _R:
    """As :func:`run`, where each answer is to be awaited."""
    with closing(steps):
        step: Any = send(steps, None)
        while (answer := answers.get(type(step))) is not None:
            step = send(steps, await answer(*step))
        result: _R = step
        return result


class ThreadRunner:
    """Runs steps in the threads of ``store``, where ``answers`` has what answers the questions to a store.

    Two kinds of steps need another place. A turn is waited for on the event loop, so that nobody who waits for one
    keeps a thread from those who have theirs. And what takes long is done in ``computing``, which is one thread, so
    that others wait for it neither on the event loop nor for a thread.
    """

    def __init__(self, store: ThreadedStore, answers: Answers, turns: TaskTurns, computing: CallThreads) -> None:
        self._store: Final = store
        self._answers: Final = answers
        self._turns: Final = turns
        self._computing: Final = computing

    async def run(self, steps: Generator[Any, Any, _R], *, writes: bool = True) -> _R:
        """The result of ``steps``. They raise what the store does.

        If the caller is cancelled, the store still answers the question that it was asked, and is asked no other one.
        """
        running = _Running(steps, self._answers)
        try:
            step = await self._store.in_thread(running.start, writes=writes)
            while type(step) is Turn or type(step) is Compute or type(step) in self._answers:
                if type(step) is Turn:
                    step = send(steps, await self._turns.take(*step))
                elif type(step) is Compute:
                    step = await self._computing.run(partial(running.compute, step.call))
                else:
                    step = await self._store.in_thread(partial(running.ask, step), writes=writes)
            result: _R = step
            return result
        finally:
            running.give_up()


class _Running(Generic[_R]):
    """Steps that run in one thread after another."""

    def __init__(self, steps: Generator[Any, Any, _R], answers: Answers) -> None:
        self._steps: Final = steps
        self._answers: Final = answers
        self._runs: Final = Lock()  # held by the thread in which they run
        self._is_given_up = False

    def start(self) -> Any:
        """Run the steps from their beginning: see :meth:`ask`."""
        return self._run(lambda: self._ask(send(self._steps, None)))

    def ask(self, question: Any) -> Any:
        """Answer ``question``, and what follows; returns the first step that needs another place, or the result."""
        return self._run(lambda: self._ask(question))

    def compute(self, call: Callable[[], Any]) -> Any:
        """Send what ``call`` returns; returns the next step or the result."""
        return self._run(lambda: send(self._steps, call()))

    def give_up(self) -> None:
        """Close the steps, or let the thread do so in which they run."""
        self._is_given_up = True
        self._close()

    def _run(self, run: Callable[[], Any]) -> Any:
        try:
            with self._runs:
                return None if self._is_given_up else run()
        finally:
            if self._is_given_up:
                self._close()

    def _ask(self, step: Any) -> Any:
        while (answer := self._answers.get(type(step))) is not None and not self._is_given_up:
            step = send(self._steps, answer(*step))
        return step

    def _close(self) -> None:
        if self._runs.acquire(blocking=False):
            try:
                self._steps.close()
            finally:
                self._runs.release()
