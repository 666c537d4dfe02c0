"""Fair timing: the contenders run in turn, in short slices and many rounds, and the median counts.

The clock is the thread's processor time, not the wall clock, so other processes are not counted. As in ``timeit``, the
garbage collector is off meanwhile.
"""

import gc
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from statistics import median
from time import thread_time
from types import ModuleType
from typing import Any, Final, NamedTuple

from eventschema import TrackDecision, TrackRequest
from eventschema.core import acceleration, accept, events, keycount, schema
from eventschema.stream.reading import decoding
from eventschema.stream.replay import Replay, blocks
from eventschema.track import fastpath, request


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much is measured.

    ``rounds`` and ``slice`` (seconds) of timed calls; fresh ``processes`` for the time of an import; ``events`` of the
    generated file, and how often each ``pass`` over a file is made; ``scale`` divides the sizes of growing things.
    """

    rounds: int = 31
    slice: float = 0.002
    processes: int = 15
    events: int = 1_000_000
    passes: int = 3
    scale: int = 1


FULL: Final = Effort()
QUICK: Final = Effort(rounds=3, slice=0.0002, processes=2, events=2000, passes=1, scale=10)


def nothing() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Job:
    """A call to time, ``run(argument)``, and what to call before it, ``prepare()``, which is not timed."""

    run: Callable[[Any], object]
    argument: Any
    prepare: Callable[[], None] = nothing


def medians(jobs: Mapping[str, Job], effort: Effort) -> dict[str, float]:
    """The seconds that a call of each job takes: the median of its rounds, which alternate with those of the others."""
    counts = {name: _calls_in_a_slice(job, effort.slice) for name, job in jobs.items()}
    rounds: dict[str, list[float]] = {name: [] for name in jobs}
    patience = thread_time() + 10 * effort.rounds * effort.slice * len(jobs)
    with _no_collection():
        for _ in range(effort.rounds):
            for name, job in jobs.items():
                job.prepare()
                rounds[name].append(_timed(job, counts[name]) / counts[name])
            if thread_time() > patience:  # calls much longer than a slice, which need no such number of rounds
                break
    return {name: median(times) for name, times in rounds.items()}


def _timed(job: Job, count: int) -> float:
    run, argument = job.run, job.argument
    if count > 1:
        run(argument)  # the first call after another contender's finds cold caches
    start = thread_time()
    for _ in repeat(None, count):
        run(argument)
    return thread_time() - start


def _calls_in_a_slice(job: Job, seconds: float) -> int:
    job.prepare()
    count = 1
    while (taken := _timed(job, count)) < seconds and count < 10**6:
        count = max(count * 2, int(count * seconds / taken) if taken else 0)
    return count


@contextmanager
def _no_collection() -> Iterator[None]:
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


# --- the two variants ---

PLAIN: Final = "plain"
COMPILED: Final = "compiled"


class _Path(NamedTuple):
    """A hot path: the module that calls it, its name there, and the plain implementation."""

    module: ModuleType
    name: str
    plain: Any


_PARSE, _DECIDE = fastpath.fast_path(TrackRequest, TrackDecision, request.NO_ERRORS)
_PATHS: Final = (
    _Path(schema, "accept", accept.accept),
    _Path(schema, "only_type_conflicts", events.only_type_conflicts),
    _Path(request, "fast_parse", _PARSE),
    _Path(request, "fast_decide", _DECIDE),
    _Path(decoding, "ENCODES_AGAIN", True),
    _Path(decoding, "any_repeated_key", keycount.any_repeated_key),
    _Path(decoding, "has_repeated_key", keycount.has_repeated_key),
    _Path(decoding, "opening_brackets", keycount.opening_brackets),
    _Path(decoding, "has_one_a_line", keycount.has_one_a_line),
    _Path(decoding, "is_certainly_flat", keycount.is_certainly_flat),
    _Path(sys.modules[Replay.__module__], "accept_block", blocks.accept_block),
)


def in_use() -> tuple[Any, ...]:
    """The implementation of each hot path that is used now."""
    return tuple(getattr(path.module, path.name) for path in _PATHS)


_CHOSEN: Final = in_use()

#: The implementations that there are of the hot paths, by name: the compiled ones where they were built.
VARIANTS: Final[Mapping[str, tuple[Any, ...]]] = {
    **({COMPILED: _CHOSEN} if acceleration.accelerated else {}),
    PLAIN: tuple(path.plain for path in _PATHS),
}


def use(variant: str) -> None:
    """Let the engine use these implementations from now on.

    A process chooses them when it imports the package. Here both run in turn in one process, so the names by which they
    are called are set anew; that does not slow the calls.
    """
    _set(VARIANTS[variant])


@contextmanager
def using(variant: str) -> Iterator[None]:
    """Within the block, :func:`use` the implementations; after it, those that the package chose."""
    use(variant)
    try:
        yield
    finally:
        _set(_CHOSEN)


def _set(implementations: tuple[Any, ...]) -> None:
    for path, implementation in zip(_PATHS, implementations, strict=True):
        setattr(path.module, path.name, implementation)


def own_jobs(run: Callable[[Any], object], argument: Any) -> dict[str, Job]:
    """The same call of ``eventschema``, once for each variant: compiled and plain."""
    return {name: Job(run, argument, partial(use, name)) for name in VARIANTS}
