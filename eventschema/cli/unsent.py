"""Finds the events and properties of a database that nobody has sent for some days, for ``eventschema diff``."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from rich.console import RenderableType
from rich.text import Text

from eventschema.cli.names import property_name
from eventschema.cli.output import printable
from eventschema.cli.tables import TableColumn, fit_table
from eventschema.core.schema import EventSchema
from eventschema.core.violations import counted

if TYPE_CHECKING:
    from eventschema.store.lastseen import LastSeen

#: The most days to look back.
MAX_DAYS: Final = 36_500

_COLUMNS: Final = (
    TableColumn("event", least=16),
    TableColumn("property", least=16),
    TableColumn("type"),
    TableColumn("last sent"),
)


class Unsent(NamedTuple):
    """A property that no event had for some days; or an event that nobody sent, without ``property`` and ``type``.

    ``last`` is the day on which it was sent last, if that is known. ``certain`` is false if the database has not kept
    days for that long.
    """

    event: str
    property: str | None
    type: str | None
    last: date | None
    certain: bool


class UnsentReport(NamedTuple):
    """What nobody has sent ``since`` a day, in a database that keeps days since ``known_since`` (``None``: always)."""

    since: date
    known_since: date | None
    unsent: Sequence[Unsent]

    def to_dict(self) -> dict[str, Any]:
        """The same, ready for JSON."""
        return {
            "since": str(self.since),
            "knownSince": self.known_since and str(self.known_since),
            "unsent": [{**each._asdict(), "last": each.last and str(each.last)} for each in self.unsent],
        }

    def lines(self, width: int) -> Iterator[RenderableType]:
        """A table, and how many events and properties are in it."""
        if self.unsent:
            yield fit_table(_COLUMNS, list(map(self._cells, self.unsent)), width).table
        certain = [each for each in self.unsent if each.certain]
        events = sum(each.property is None for each in certain)
        found = f"{counted(events, 'event', 'events')}, {counted(len(certain) - events, 'property', 'properties')}"
        yield Text(f"Not sent since {self.since}: {found}.")
        if unknown := len(self.unsent) - len(certain):
            yield Text(f"Not known of {counted(unknown, 'other', 'others')}: days are kept since {self.known_since}.")

    def _cells(self, each: Unsent) -> tuple[str, ...]:
        never = "never" if self.known_since is None else f"not since {self.known_since}"
        name = "" if each.property is None else property_name(each.property)
        return printable(each.event), name, each.type or "", str(each.last or never)


def find_unsent(stored: Sequence[tuple[EventSchema, "LastSeen"]], days: int) -> UnsentReport:
    """The events and properties of ``stored``, schemas with their last days, that nobody has sent for ``days`` days."""
    since = datetime.now(UTC).date() - timedelta(days)
    unsent = [each for schema, seen in stored for each in _unsent(schema, seen, since)]
    return UnsentReport(since, stored[0][1].known_since if stored else None, unsent)


def _unsent(schema: EventSchema, seen: "LastSeen", since: date) -> Iterator[Unsent]:
    was_sent = seen.was_sent_since(since)
    if not was_sent:
        yield Unsent(schema.name, None, None, seen.event_day, was_sent is False)
    for name, type_ in schema.properties.items():
        was_sent = seen.was_sent_since(since, name)
        if not was_sent:
            yield Unsent(schema.name, name, type_.value, seen.properties[name], was_sent is False)
