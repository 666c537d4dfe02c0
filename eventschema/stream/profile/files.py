"""Profiles of files: files are cut into parts at ends of lines, and the profiles of the parts are combined.

Where a file is cut depends on the file alone, and the profiles of its parts are combined in order. So the result is the
same, to the byte, for any number of processes, even if a bound on names was reached.
"""

import os
from collections.abc import Generator, Sequence
from contextlib import closing
from typing import NamedTuple

from eventschema.stream.profile.parts import (
    DEFAULT_TASK,
    PART_BYTES,
    PartResult,
    ProfileTask,
    profile_part,
)
from eventschema.stream.profile.profile import EventProfile
from eventschema.stream.reading.parts import Part, cut
from eventschema.stream.reading.sources import OnRead, UnreadableSourceError


class ProfileResult(NamedTuple):
    """The profile of files, and the files that could not be read to their end.

    ``has_object`` says whether any line is a JSON object, and ``skipped`` how many objects are not events.
    """

    profile: EventProfile
    unreadable: tuple[UnreadableSourceError, ...]
    has_object: bool
    skipped: int = 0


def profile_files(
    paths: Sequence[str],
    task: ProfileTask = DEFAULT_TASK,
    *,
    jobs: int = 1,
    on_read: OnRead | None = None,
    part_bytes: int = PART_BYTES,
) -> ProfileResult:
    """The profile of the files at ``paths`` (``"-"``: standard input), plain or gzip, counted by ``jobs`` processes.

    If a file cannot be read to its end, the other files are read all the same. With more than one job this starts
    processes by ``multiprocessing``, so a script that calls it needs its ``if __name__ == "__main__"``.
    """
    parts = [part for path in paths for part in cut(path, part_bytes, task.options)]
    whole = EventProfile(task.rules, task.bounds)
    unreadable: list[UnreadableSourceError] = []
    before, failed, has_object, skipped = 0, False, False, 0
    with closing(_results(parts, task, jobs, on_read)) as results:
        for part, result in zip(parts, results, strict=True):
            if part.start == 0:
                before, failed = 0, False
            if failed:  # after a failure, lines have no known numbers
                continue
            whole.update(result.profile.shifted(before) if before else result.profile)
            has_object |= result.has_object
            skipped += result.skipped
            if result.failure is not None:
                failed = True
                unreadable.append(result.failure.shifted(before))
            before += result.lines
    return ProfileResult(whole, tuple(unreadable), has_object, skipped)


def _results(parts: Sequence[Part], task: ProfileTask, jobs: int, on_read: OnRead | None) -> Generator[PartResult]:
    if jobs > 1 and len(parts) > 1:
        yield from _shared_results(parts, task, min(jobs, len(parts)), on_read)
    else:
        for part in parts:
            yield profile_part(part, task, on_read)


def _shared_results(
    parts: Sequence[Part], task: ProfileTask, jobs: int, on_read: OnRead | None
) -> Generator[PartResult]:
    """The results from ``jobs`` processes; those of files that are not regular, from this process."""
    from eventschema.stream.workers import Workers

    with Workers(jobs, on_read) as workers:
        futures = [workers.submit(profile_part, part, task) if os.path.isfile(part.path) else None for part in parts]
        for part, future in zip(parts, futures, strict=True):
            yield profile_part(part, task, on_read) if future is None else workers.result(future)
