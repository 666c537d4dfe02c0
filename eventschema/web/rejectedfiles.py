"""The files in which a service keeps rejected requests: of mode 0600, bounded in size and in age.

A folder has files ``rejected-TIME-PROCESS.ndjson``, whose names sort by the time at which they were begun. Several
processes may share it: each writes files of its own, and all count and delete those of the others too.
"""

import os
import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

_NAME: Final = re.compile(r"rejected-([0-9]{8}T[0-9]{12}Z)-[0-9]+-[0-9a-f]{8}\.ndjson")
_TIME: Final = "%Y%m%dT%H%M%S%fZ"

_FILES: Final = 8  # into how many files the most bytes and the greatest age are divided, at least
_FILE_BYTES: Final = 2**24
_FILE_AGE: Final = timedelta(days=1)


class RejectedFiles:
    """The files in the folder ``path``, which is made with mode 0700 when the first line is written.

    All files together have at most ``max_bytes``. A file is deleted ``max_age`` after it was begun, and a new one is
    begun when it has an eighth of either: so a line is kept for at least seven eighths of that time. ``clock`` returns
    the present time in UTC. Not safe to use from several threads.
    """

    def __init__(self, path: str, max_bytes: int, max_age: timedelta, clock: Callable[[], datetime]) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._max_age = max_age
        self._clock = clock
        self._file_bytes = min(_FILE_BYTES, max_bytes // _FILES)
        self._file_age = min(_FILE_AGE, max_age / _FILES)
        self._file: int | None = None
        self._began = datetime.min.replace(tzinfo=UTC)
        self._written = 0  # bytes of the present file
        self._used = 0  # bytes of all files, as far as they are known
        self._is_full = False

    def make_folder(self) -> None:
        """Make the folder if it does not exist. Raises ``OSError``."""
        with suppress(FileExistsError):
            try:
                os.mkdir(self._path, 0o700)
            except FileNotFoundError:
                os.makedirs(os.path.dirname(os.path.abspath(self._path)), exist_ok=True)
                os.mkdir(self._path, 0o700)

    def write(self, line: bytes) -> bool:
        """Write ``line`` whole; returns whether there was room for it. Raises ``OSError``, and then wrote nothing.

        Once there was none, no further line is written until :meth:`sweep` has counted the files again.
        """
        if not self._is_full and (self._file is None or self._is_done(self._file, len(line))):
            self.close()
            self.sweep()
        self._is_full = self._is_full or self._used + len(line) > self._max_bytes
        if self._is_full:
            return False
        if self._file is None:
            self._file = self._new_file()
        file = self._file
        try:
            self._write_all(file, line)
        except OSError:
            self._undo(file)
            raise
        self._written += len(line)
        self._used += len(line)
        return True

    def sweep(self) -> None:
        """Delete the files that are too old, and count the bytes of the others. Raises ``OSError``."""
        if self._file is not None and self._clock() - self._began >= self._file_age:
            self.close()
        used = 0
        for name, began in self._names():
            with suppress(FileNotFoundError):  # another process has deleted it
                place = os.path.join(self._path, name)
                if self._clock() - began >= self._max_age:
                    os.unlink(place)
                else:
                    used += os.lstat(place).st_size
        self._used = used
        self._is_full = used >= self._max_bytes

    def close(self) -> None:
        """Close the present file. A later line begins a new one."""
        if self._file is not None:
            file, self._file = self._file, None
            os.close(file)

    def _names(self) -> list[tuple[str, datetime]]:
        """The names of the files, and when each was begun."""
        try:
            names = sorted(os.listdir(self._path))
        except FileNotFoundError:
            return []
        matches = [match for name in names if (match := _NAME.fullmatch(name))]
        return [(match[0], began) for match in matches if (began := _time(match[1])) is not None]

    def _is_done(self, file: int, length: int) -> bool:
        """Whether a line of ``length`` bytes must begin a new file: the present one is too old, too long or deleted."""
        is_old = self._clock() - self._began >= self._file_age
        is_long = self._written > 0 and self._written + length > self._file_bytes
        return is_old or is_long or os.fstat(file).st_nlink == 0

    def _new_file(self) -> int:
        self.make_folder()
        began = self._clock()
        name = f"rejected-{began.astimezone(UTC):{_TIME}}-{os.getpid()}-{secrets.token_hex(4)}.ndjson"
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        file = os.open(os.path.join(self._path, name), flags, 0o600)
        self._began, self._written = began, 0
        return file

    @staticmethod
    def _write_all(file: int, line: bytes) -> None:
        rest = memoryview(line)
        while rest:
            rest = rest[os.write(file, rest) :]

    def _undo(self, file: int) -> None:
        """Cut off what was written of a line, so that the next one begins where it began."""
        try:
            os.ftruncate(file, self._written)
        except OSError:  # the next line begins a new file
            with suppress(OSError):
                self.close()


def _time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except ValueError:
        return None
