"""Where the rejected requests of a stream go: files of a folder, or a function.

A part of a micro-batch that is saved again, because the driver ended before it was saved whole, is passed on again.
Its rejected requests then have the same ids, and replace those that were written before.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Final, NamedTuple, Protocol

from eventschema.core.arguments import wrong_kind
from eventschema.stream.rejected import RejectedRequest

#: Is given the rejected requests of a part of a micro-batch, before the others of it are saved.
OnRejected = Callable[[Sequence[RejectedRequest]], object]

_MODE: Final = 0o600  # the files hold people's data


class Part(NamedTuple):
    """A part of a stream that is saved at once: the query's id, the micro-batch, and the number of its first row."""

    query: str
    batch: int
    row: int


class DeadLetters(Protocol):
    """Where rejected requests go."""

    def write(self, part: Part, rejected: Iterable[RejectedRequest]) -> None:
        """Write the rejected requests of ``part``, perhaps none, in place of those that were written of it before."""


class NoDeadLetters:
    """Drops rejected requests."""

    def write(self, part: Part, rejected: Iterable[RejectedRequest]) -> None:
        """See :class:`DeadLetters`."""


class CalledDeadLetters:
    """Rejected requests are given to ``call``, which is not called if there are none."""

    def __init__(self, call: OnRejected) -> None:
        self._call = call

    def write(self, part: Part, rejected: Iterable[RejectedRequest]) -> None:
        """See :class:`DeadLetters`."""
        if found := list(rejected):
            self._call(found)


class DeadLetterFolder:
    """Rejected requests go into files in the folder ``path``, which is made with mode 0700 if it is not there.

    Each part has a file of its own, which is on disk before the part is saved, and is written anew if the part is saved
    again. The names sort in the order of the stream. The format is that of ``eventschema load --errors``.
    """

    def __init__(self, path: str) -> None:
        self._path = path

    def write(self, part: Part, rejected: Iterable[RejectedRequest]) -> None:
        """See :class:`DeadLetters`."""
        name = f"{part.query}-{part.batch:010}-{part.row:010}.ndjson"
        target = os.path.join(self._path, name)
        lines = [each.to_line() for each in rejected]
        if not lines:
            with suppress(FileNotFoundError):  # it may be there from before, when other requests were refused
                os.unlink(target)
            return
        os.makedirs(self._path, mode=0o700, exist_ok=True)
        temporary = os.path.join(self._path, f".{name}")
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _MODE), "wb") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
        self._sync()

    def _sync(self) -> None:
        """Have the system write the entries of the folder to disk."""
        with suppress(OSError):  # not every system can
            folder = os.open(self._path, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def dead_letters(rejected: str | os.PathLike[str] | OnRejected | None) -> DeadLetters:
    """Where rejected requests go: a folder, a function, or nowhere. Raises ``TypeError`` for anything else."""
    if rejected is None:
        return NoDeadLetters()
    if isinstance(rejected, str | os.PathLike):
        return DeadLetterFolder(os.fspath(rejected))
    if not callable(rejected):
        raise wrong_kind(rejected, "a folder for rejected requests, or a function that takes them")
    return CalledDeadLetters(rejected)
