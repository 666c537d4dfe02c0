"""A log for failures: each kind is logged once, then how often it happened again, without people's data.

An attack, or a database that is down, can make thousands of equal failures a second. They must not fill the disk, and
the first of them must not be missed.
"""

import asyncio
import logging
import re
from dataclasses import dataclass
from pathlib import PurePath
from traceback import walk_tb
from typing import Final

from eventschema.core.pointers import truncate
from eventschema.store.protocols import StoreError

#: The seconds after which the failures of a kind are counted in one line.
INTERVAL: Final = 60.0

#: How many kinds are told apart. All further ones are one kind.
MAX_KINDS: Final = 100

_MAX_TEXT: Final = 500  # characters of a line
_MAX_FRAMES: Final = 3
_NOT_PRINTED: Final = re.compile("[^ -~]")
_OTHER: Final = "further kinds of failures"

failures: Final = logging.getLogger("eventschema.failures")


class LoggableError(Exception):
    """An error whose text is for a log: it quotes nothing of a request."""


class RepeatLog:
    """Logs a text to ``logger`` when it is new; after that only how often it came, every ``interval`` seconds.

    A text that did not come again within an interval is new the next time. It is used in one thread, within event
    loops.
    """

    def __init__(self, logger: logging.Logger = failures, interval: float = INTERVAL) -> None:
        self._logger = logger
        self._interval = interval
        self._kinds: dict[_Kind, _Count] = {}

    def note(self, level: int, text: str) -> None:
        """Log ``text``, as one line of ASCII, or count it."""
        kind = level, truncate(_NOT_PRINTED.sub(lambda found: ascii(found[0])[1:-1], text), _MAX_TEXT)
        if kind not in self._kinds and len(self._kinds) >= MAX_KINDS:
            kind = logging.WARNING, _OTHER
        count = self._kinds.get(kind)
        if count is not None and count.loop is asyncio.get_running_loop():
            count.again += 1
            return
        self._logger.log(*kind)
        self._report_later(kind)

    def _report_later(self, kind: "_Kind") -> None:
        loop = asyncio.get_running_loop()
        self._kinds[kind] = _Count(loop)
        loop.call_later(self._interval, self._report, kind)

    def _report(self, kind: "_Kind") -> None:
        count = self._kinds.pop(kind)
        if count.again:
            self._logger.log(kind[0], "%s (again, %d times in %g s)", kind[1], count.again, self._interval)
            self._report_later(kind)


_Kind = tuple[int, str]  # the level and the text


@dataclass(slots=True)
class _Count:
    """How often a text came again, and the loop that will report it: one that has ended reports no more."""

    loop: asyncio.AbstractEventLoop
    again: int = 0


def describe(error: BaseException) -> str:
    """What went wrong, without people's data: the text of a ``StoreError``, or the class of an error and its place.

    The texts of other errors may quote what a request holds.
    """
    name = type(error).__name__
    if isinstance(error, StoreError | LoggableError):
        return f"{name}: {error}"
    if isinstance(error, OSError):
        return f"{name}: {error.strerror}"
    frames = list(walk_tb(error.__traceback__))[-_MAX_FRAMES:]
    places = [
        f"{PurePath(frame.f_code.co_filename).name}:{line} in {frame.f_code.co_name}"
        for frame, line in reversed(frames)
    ]
    return f"{name} at {', from '.join(places)}" if places else name
