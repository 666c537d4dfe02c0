"""When events came last: for each schema and property the day, in UTC, of the last accepted event.

A store writes a day only for the first event of the day that has the property. ``SavedDays`` knows what was written, so
every other event costs the comparison of two sets of names, and no statement.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Any, Final

from eventschema.core.frozen import FrozenDict
from eventschema.track.event import TrackedEvent

#: The key of the event itself, among the names of its properties.
EVENT: Final = ""

#: The day by the name of a schema and that of its property, or ``EVENT``.
Days = Mapping[tuple[str, str], date]

_MAX_NAMES: Final = 200_000


@dataclass(frozen=True, slots=True)
class LastSeen:
    """The days, in UTC, on which the last accepted events of one name were received.

    ``event_day`` is that of the last event, and ``properties`` has for each property of the schema, in its order, that
    of the last event with the property. A day is ``None`` where there was no such event since days are kept. A store
    that was filled by a release that kept no days keeps them since ``known_since``, the day of its update; ``None``
    means that it always did. An erased contact changes no day.
    """

    event_day: date | None
    properties: FrozenDict[str, date | None]
    known_since: date | None = None

    def was_sent_since(self, since: date, name: str | None = None) -> bool | None:
        """Whether an event, with the property ``name`` if one is given, was accepted on the day ``since`` or later.

        ``None`` if that is not known, since days are kept only since a later time. Raises ``KeyError`` for a property
        that the schema does not have.
        """
        day = self.event_day if name is None else self.properties[name]
        if day is not None:
            return day >= since
        return None if self.known_since is not None and self.known_since >= since else False

    def to_dict(self) -> dict[str, Any]:
        """The days as ISO dates, ready for JSON."""
        return {
            "eventDay": _text(self.event_day),
            "properties": {name: _text(day) for name, day in self.properties.items()},
            "knownSince": _text(self.known_since),
        }


class SavedDays:
    """What of the present day a store has in its database already. Safe to use from several threads.

    At most ``limit`` names are remembered. If there are more, all are forgotten: they are then written once more, which
    changes nothing in the database.
    """

    def __init__(self, limit: int = _MAX_NAMES) -> None:
        self._limit = limit
        self._count = 0
        self._saved: tuple[date | None, dict[str, set[str]]] = (None, {})
        self._lock = Lock()

    def new_names(self, event: TrackedEvent, day: date) -> Collection[str]:
        """Those of the names of ``event``, ``EVENT`` and its properties, for which ``day`` was not saved yet."""
        saved_day, by_event = self._saved
        saved = by_event.get(event.name) if day == saved_day else None
        if saved is None:
            return (EVENT, *event.properties)
        names = event.properties.keys()
        return () if names <= saved else names - saved

    def add(self, days: Days) -> None:
        """Remember ``days``, which are committed. Only those of one day are: a new day ends the one before it."""
        if not days:
            return
        last = max(days.values())
        with self._lock:
            saved_day, by_event = self._saved
            if saved_day != last or self._count + len(days) > self._limit:
                self._count, by_event = 0, {}
            for (event, name), day in days.items():
                if day == last:
                    by_event.setdefault(event, set()).add(name)
            self._count += len(days)
            self._saved = last, by_event


def latest_days(events: Iterable[tuple[str, Collection[str], date]]) -> dict[tuple[str, str], date]:
    """The last day of each name among ``events``: each the name of an event, names as in ``SavedDays``, and a day."""
    latest: dict[tuple[str, str], date] = {}
    for event, names, day in events:
        for name in names:
            key = event, name
            if key not in latest or latest[key] < day:
                latest[key] = day
    return latest


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
