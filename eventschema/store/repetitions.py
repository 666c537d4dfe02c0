"""Repetitions: requests with the id of an event that is stored, and whether they have its content too.

A sender that gets no answer sends its request again, with the same ``eventID`` and the same content. Other content
under the same id is a mistake of the sender: the first event stays, and the other content is lost. So it is reported.
"""

import logging
from collections.abc import Iterator, Mapping
from threading import Lock
from time import monotonic
from typing import Any, Final

from eventschema.core.pointers import truncate
from eventschema.track.event import TrackedEvent
from eventschema.track.request import TrackRequest

_log: Final = logging.getLogger("eventschema.repetitions")

#: How many characters of an event name are logged, and the seconds between two lines of the log.
_MAX_NAME: Final = 128
_PAUSE: Final = 60.0


def differing_fields(
    request: TrackRequest, properties: Mapping[str, Any] | None, stored: TrackedEvent
) -> tuple[str, ...]:
    """The fields of ``request`` whose content is not that of ``stored``, the event that it repeats, in their order.

    ``properties`` are the values to store of the request, ``None`` if its schema refuses them. They are compared as
    values: 1 is 1.0, and neither their order nor what was rounded away counts. The contact differs if the request has
    an identifier that the contact did not have after the stored event; the contact's properties are not kept with an
    event, and not compared. Times, origins and versions are compared as texts.

    An event whose contact was erased is not compared, since its content is gone.
    """
    if not stored.identifiers:
        return ()
    return tuple(_differing(request, properties, stored))


def _differing(request: TrackRequest, properties: Mapping[str, Any] | None, stored: TrackedEvent) -> Iterator[str]:
    if request.event_name != stored.name:
        yield "eventName"
    if not request.contact.identifiers.items() <= stored.identifiers.items():
        yield "contact"
    if properties != stored.properties:
        yield "properties"
    if request.event_time != stored.time:
        yield "eventTime"
    if request.origin != stored.origin:
        yield "origin"
    if request.event_version != stored.event_version:
        yield "eventVersion"


class DifferingRepetitions:
    """Counts and logs the repetitions that differ from the event that they repeat. Safe to use from several threads.

    The log ``eventschema.repetitions`` gets a line for the first one, and then at most one a minute, with the number
    since the line before. A line names the event and the fields that differ, and has no value of either.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._count = 0
        self._logged = 0
        self._next = 0.0

    @property
    def count(self) -> int:
        """How many there were."""
        return self._count

    def add(self, name: str | None, fields: tuple[str, ...]) -> None:
        """Count one of the events ``name``, which differs in ``fields``."""
        now = monotonic()
        with self._lock:
            self._count += 1
            if self._logged and now < self._next:
                return
            new, self._logged, self._next = self._count - self._logged, self._count, now + _PAUSE
        _log.warning(
            "an event id came again with other content: event %r, fields %s (%d since the last line)",
            truncate(name or "", _MAX_NAME),
            ", ".join(fields),
            new,
        )
