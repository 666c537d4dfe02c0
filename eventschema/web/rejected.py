"""Rejected requests that a service keeps in files, to be decided again: see ``eventschema.stream.rejected``."""

import logging
import os
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from threading import Condition, Thread
from time import monotonic
from typing import Final, NamedTuple

from eventschema.core.violations import Violation
from eventschema.store.arguments import check_callable, check_count, check_seconds
from eventschema.store.memory import utc_now
from eventschema.stream.rejected import RejectedRequest
from eventschema.web.rejectedfiles import RejectedFiles

#: The most bytes of all files together, and the seconds after which a file is deleted: 256 MiB, 30 days.
MAX_BYTES: Final = 2**28
MAX_AGE: Final = 30 * 86_400.0

_LONGEST_AGE: Final = 100 * 365 * 86_400.0
_MAX_QUEUED: Final = 2**24  # bytes of the requests that wait to be written
_OVERHEAD: Final = 2**10  # bytes that count for a request besides its body
_SWEEP: Final = 3600.0  # seconds between two searches for files that are too old; fewer for a short age
_WHEN_FULL: Final = 10.0  # seconds until the files are counted again: someone may have moved them
_QUIET: Final = 3600.0  # seconds between two warnings
_CLOSING: Final = 5.0  # seconds that the last requests may take to be written

_log: Final = logging.getLogger("eventschema.rejected")


class RejectedFolder:
    """Keeps rejected requests in files in the folder ``path``, for :func:`create_app`.

    The files are of mode 0600, and the folder is made with mode 0700 if it does not exist. All files together have at
    most ``max_bytes``: when these are full, further requests are counted and not kept. A request is kept for at most
    ``max_age`` seconds, and for at least seven eighths of that.

    A thread writes them. So no answer waits for the disk: where the folder is full or cannot be written, a warning is
    logged once, to ``eventschema.rejected``, and the requests are counted. :meth:`close` waits for the last ones.

    Raises ``TypeError`` and ``ValueError`` for arguments of a wrong type or out of range.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        max_bytes: int = MAX_BYTES,
        max_age: float = MAX_AGE,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        check_count("max_bytes", max_bytes, "bytes", 1)
        check_seconds("max_age", max_age, _LONGEST_AGE)
        check_callable(clock, "clock as a function that returns a datetime")
        self._clock = clock
        self._files = RejectedFiles(os.fspath(path), max_bytes, timedelta(seconds=max_age), clock)
        self._pause = min(_SWEEP, max_age / 8)
        self._changed = Condition()
        self._queue: deque[_Refused] = deque()
        self._queued = 0
        self._kept = 0
        self._not_kept = 0
        self._is_closed = False
        self._problem: str | None = None  # why the last request was not kept
        self._quiet_until = 0.0
        self._thread = Thread(target=self._run, name="eventschema-rejected", daemon=True)
        self._thread.start()

    def make_folder(self) -> None:
        """Make the folder now, if it does not exist: to learn of a problem at the start. Raises ``OSError``."""
        self._files.make_folder()

    @property
    def kept(self) -> int:
        """How many requests were written."""
        return self._kept

    @property
    def not_kept(self) -> int:
        """How many requests were not written: the files were full, the disk failed, or too many came at once."""
        return self._not_kept

    def keep(self, request: bytes | int, errors: Iterable[Violation], schema_version: int | None = None) -> None:
        """Keep one request that was refused for ``errors``. Never waits for the disk, and raises nothing that it does.

        ``request`` has its bytes as they came, or only their number if they are too many to be kept. ``schema_version``
        is that of the schema that it was decided on.
        """
        length = _OVERHEAD + (0 if isinstance(request, int) else len(request))
        refused = _Refused(request, tuple(errors), self._clock(), schema_version, length)
        with self._changed:
            if self._is_closed or self._queued + length > _MAX_QUEUED:
                self._not_kept += 1
                return
            self._queue.append(refused)
            self._queued += length
            self._changed.notify()

    def close(self) -> None:
        """Write the requests that wait, within 5 seconds, and close the file. Later ones are only counted."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        self._thread.join(_CLOSING)
        with self._changed:  # of a disk that hangs
            self._not_kept += len(self._queue)
            self._queue.clear()
        if self._not_kept:
            _log.warning("Of the rejected requests, %d were kept and %d were not.", self._kept, self._not_kept)

    def _run(self) -> None:
        self._sweep()
        swept = self._clock()
        while True:
            with self._changed:
                if not self._queue and not self._is_closed:
                    self._changed.wait(self._pause)
                if not self._queue and self._is_closed:
                    break
                refused = self._queue.popleft() if self._queue else None
                self._queued -= refused.length if refused else 0
            pause = self._pause if self._problem is None else min(self._pause, _WHEN_FULL)
            if (self._clock() - swept).total_seconds() >= pause:
                self._sweep()
                swept = self._clock()
            if refused is not None:
                self._write(refused)
        self._files.close()

    def _sweep(self) -> None:
        try:
            self._files.sweep()
        except OSError as error:
            self._report(error.strerror or str(error))

    def _write(self, refused: "_Refused") -> None:
        try:
            line = RejectedRequest.of(*refused[:4]).to_line()
            problem = None if self._files.write(line) else "the files have the most bytes that they may have"
        except OSError as error:
            problem = error.strerror or str(error)
        except Exception:  # whatever is wrong, the service goes on
            _log.exception("A rejected request could not be written.")
            problem = "an unexpected error"
        with self._changed:
            self._kept += problem is None
            self._not_kept += problem is not None
        self._report(problem)

    def _report(self, problem: str | None) -> None:
        """Log a problem once, and its end. One that comes and goes is logged at most once an hour."""
        if problem is not None and self._problem is None and monotonic() >= self._quiet_until:
            self._quiet_until = monotonic() + _QUIET
            _log.warning("Rejected requests are no longer kept, only counted: %s.", problem)
        self._problem = problem


class _Refused(NamedTuple):
    request: bytes | int
    errors: tuple[Violation, ...]
    received_at: datetime
    schema_version: int | None
    length: int
