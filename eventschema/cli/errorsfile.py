"""The file of ``load --errors``: rejected requests are appended to it, and a resumed load goes on with it."""

import os
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Self

import click

from eventschema.cli.files import is_special
from eventschema.cli.output import Failure
from eventschema.core.pointers import encodable
from eventschema.stream.positions import START, Position
from eventschema.stream.rejected import LINE_START, RejectedRequest

if TYPE_CHECKING:
    from eventschema.store.checkpoints import Checkpoint
    from eventschema.store.sql import SQLStore


_CHUNK: Final = 2**16
#: What to do about a file that has something else.
ADVICE: Final = "move it away, or name another file"
_OTHER: Final = f"it has content that no load of files into this database has added; {ADVICE}"
_KIND: Final = "errors:"  # begins the names of the checkpoints of these files


class ErrorsFile:
    """The file at ``path``, used in a ``with``. Its length is a checkpoint, saved with each batch of ``store``.

    The lines of a batch are on disk before the batch is saved. What a load that ended early has written beyond the
    checkpoint is cut off when the next one begins. The file is made with mode 0600, since it holds people's data.

    Ends the command if the file has other content than the loads into this database wrote, or another load uses it.
    """

    def __init__(self, path: str, store: "SQLStore") -> None:
        self._path = path
        self._store = store
        self._name = _KIND + encodable(os.path.abspath(path))
        self._file = -1
        self._at = self._next = START  # the ends of what is saved and of what is written
        self._hash = self._next_hash = sha256()  # of the same

    def __enter__(self) -> Self:
        if is_special(self._path):
            raise self._failure("expected a regular file, to which a load that was ended early can return")
        is_new = not os.path.exists(self._path)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        try:
            self._lock()
            self._resume(is_new=is_new)
        except BaseException:
            os.close(self._file)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def write(self, rejected: Sequence[RejectedRequest]) -> "list[Checkpoint]":
        """Write the lines of a batch, in place of those that were written since :meth:`saved`.

        Returns the change of the checkpoint, to be saved with the batch.
        """
        from eventschema.store.checkpoints import Checkpoint

        count, size, _ = self._at
        lines = b"".join(each.to_line() for each in rejected)
        try:
            os.ftruncate(self._file, size)
            os.lseek(self._file, size, os.SEEK_SET)
            _write_all(self._file, lines)
            os.fsync(self._file)
        except OSError as error:
            error.filename = self._path
            raise
        self._next_hash = self._hash.copy()
        self._next_hash.update(lines)
        self._next = Position(count + len(rejected), size + len(lines), self._next_hash.hexdigest())
        return [Checkpoint(self._name, self._at, self._next)] if rejected else []

    def saved(self) -> None:
        """Note that the batch was saved, with the checkpoint that :meth:`write` returned."""
        self._at, self._hash = self._next, self._next_hash

    def _resume(self, *, is_new: bool) -> None:
        before = self._store.checkpoint(self._name)
        if is_new:
            self._sync_folder()
        if before is None and os.fstat(self._file).st_size:
            raise self._failure(_OTHER)
        if is_new or before is None:  # someone has taken the file of earlier loads away
            self._begin(before)
        elif not self._resume_at(before):
            raise self._failure(f"what loads have written into it was changed; {ADVICE}")

    def _begin(self, before: Position | None) -> None:
        from eventschema.store.checkpoints import Checkpoint

        if before != START:
            self._store.commit_many((), atomic=True, checkpoints=[Checkpoint(self._name, before, START)])

    def _resume_at(self, position: Position) -> bool:
        """Cut off what is after ``position``; returns whether the file is unchanged up to there."""
        left = position.bytes
        while left and (chunk := os.read(self._file, min(left, _CHUNK))):
            self._hash.update(chunk)
            left -= len(chunk)
        if self._hash.hexdigest() != position.digest:
            return False
        begun = os.read(self._file, len(LINE_START))
        if begun != LINE_START[: len(begun)]:  # not a line that an ended load has written
            raise self._failure(_OTHER)
        os.ftruncate(self._file, position.bytes)
        self._at = position
        return True

    def _lock(self) -> None:
        try:
            import fcntl
        except ModuleNotFoundError:  # Windows; there only the checkpoint keeps two loads apart
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise self._failure("another load writes into it") from None

    def _sync_folder(self) -> None:
        """Have the system write the entry of a new file to disk."""
        with suppress(OSError):  # not every system can
            folder = os.open(os.path.dirname(os.path.abspath(self._path)), os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def _failure(self, reason: str) -> Failure:
        return Failure(f"--errors: {click.format_filename(self._path)}: {reason}.")


def _write_all(file: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]
