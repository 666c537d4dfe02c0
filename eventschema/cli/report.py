"""The report of a replay: the properties and rejections of each event, as tables or as one JSON document."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from eventschema.cli.errorgroups import error_groups_document, error_groups_table, groups_by_event
from eventschema.cli.names import DisplayLocations, DisplayNames, quoted, similar
from eventschema.cli.output import show, show_json, terminal_width
from eventschema.cli.running import RunResult, skipped_sentence, without_properties_sentence
from eventschema.cli.tables import Table, TableColumn, fit_table
from eventschema.core.schema import EventSchema
from eventschema.core.values import AdjustmentKind
from eventschema.stream.replay import Replay, TrackReplay
from eventschema.stream.replay.stats import (
    ContactStats,
    EventReplayStats,
    Origin,
    ReplayStats,
)

_AnyReplay = Replay | TrackReplay


def report(replay: _AnyReplay, run: RunResult, form: str, contacts: ContactStats | None = None) -> None:
    """Print the result of a ``replay``, and the counts of ``contacts``, in the ``form`` ``table`` or ``json``."""
    if form == "json":
        show_json(_document(replay, run, contacts))
    else:
        show(*_Tables(replay, run.stats, contacts, terminal_width()).parts())


def _names(replay: _AnyReplay, stats: ReplayStats) -> list[str]:
    return sorted(replay.schemas.keys() | stats.events.keys())


def _similar(replay: _AnyReplay, names: list[str]) -> dict[str, str]:
    """Return for each of ``names`` without a schema a similar name that has one, if there is one."""
    schemas = replay.schemas
    return similar([name for name in names if name not in schemas], schemas)


def _rows(schema: EventSchema | None, event: EventReplayStats) -> Iterator[tuple[str, str, Origin | None, int | None]]:
    """Yield the name, type, origin and version of each property of the schema, then of the new ones in a check."""
    known = schema.properties if schema else {}
    for name, type_ in known.items():
        yield name, type_, event.origins.get(name), schema.since(name) if schema else None
    for name, origin in event.origins.items():
        if name not in known:
            yield name, origin.type, origin, None


class _Tables:
    """The report as tables, at most ``width`` columns of a terminal wide."""

    def __init__(self, replay: _AnyReplay, stats: ReplayStats, contacts: ContactStats | None, width: int) -> None:
        self._replay = replay
        self._stats = stats
        self._contacts = contacts
        self._width = width
        sources = {errors.source for by_group in (stats.errors, stats.dropped) for errors in by_group.groups.values()}
        sources |= {origin.source for event in stats.events.values() for origin in event.origins.values()}
        self._locations = DisplayLocations(sources)
        self._errors = groups_by_event(stats.errors)
        self._dropped = groups_by_event(stats.dropped)
        self._names = _names(replay, stats)
        self._display_names = DisplayNames(self._names)
        self._similar = _similar(replay, self._names)

    def parts(self) -> Iterator[RenderableType]:
        """Yield the parts of the report from top to bottom."""
        stats = self._stats
        yield Text(f"{stats.accepted:,} accepted, {stats.rejected:,} rejected", "bold")
        if self._contacts is not None:
            yield Text("contacts: " + ", ".join(f"{count:,} {word}" for word, count in asdict(self._contacts).items()))
        if stats.without_properties:
            yield Text(without_properties_sentence(stats.without_properties))
        if stats.skipped:
            yield Text(skipped_sentence(stats.skipped))
        for name in self._names:
            yield from self._event(name)
        if None in self._errors:
            yield Text("\nLines without an event", "bold")
            yield error_groups_table("rejected for", self._errors[None], self._locations, self._width)
        if zeroed := sum(event.zeroed.total() for event in stats.events.values()):
            yield Text(f"\nRounding made {zeroed:,} values 0. A greater --float-digits keeps them.")
        if stats.errors.unlisted:
            yield Text(f"\n{stats.errors.unlisted:,} more errors are not listed.")
        if stats.dropped.unlisted:
            yield Text(f"\n{stats.dropped.unlisted:,} more dropped values are not listed.")
        if stats.unlisted_events:
            yield Text(f"\n{stats.unlisted_events:,} more rejected events have names that are not listed.")
        if stats.unlisted_adjustments:
            changes = "more changed values are of properties that are not listed."
            yield Text(f"\n{stats.unlisted_adjustments:,} {changes}")

    def _event(self, name: str) -> Iterator[RenderableType]:
        event = self._stats.events.get(name) or EventReplayStats()
        yield Text.assemble(
            "\n",
            (self._display_names.text(name), "bold cyan"),
            f": {event.accepted:,} accepted, {event.rejected:,} rejected",
        )
        schema = self._replay.schema(name)
        if schema is None:
            near = self._similar.get(name)
            hint = "" if near is None else f" There is one for {quoted(near)}: is that the event?"
            yield Text(f"  It has no schema.{hint}")
        else:
            yield self._properties(schema, event)
            yield from self._without_type(schema, event)
        for heading, groups in (("rejected for", self._errors), ("dropped for", self._dropped)):
            if name in groups:
                yield ""
                yield error_groups_table(heading, groups[name], self._locations, self._width)

    def _properties(self, schema: EventSchema, event: EventReplayStats) -> Table:
        columns = [
            TableColumn("property", least=30),
            TableColumn("type"),
            TableColumn("set by", least=16),
            TableColumn("seen", right=True),
        ]
        rows = [
            (name, type_, self._origin(origin, since), f"{event.seen[name]:,}", _changes(event, name))
            for name, type_, origin, since in _rows(schema, event)
        ]
        if any(row[-1] for row in rows):
            columns.append(TableColumn("changed", between=", "))
        return fit_table(columns, [row[: len(columns)] for row in rows], self._width).table

    def _without_type(self, schema: EventSchema, event: EventReplayStats) -> Iterator[Text]:
        """Yield the properties without a type, whose every value in accepted events was null."""
        listed = {name for name, *_ in _rows(schema, event)}
        others = [f"{name} ({_changes(event, name)})" for name in event.adjusted if name not in listed]
        if others:
            yield Text(f"Without a type: {', '.join(others)}")

    def _origin(self, origin: Origin | None, since: int | None) -> str:
        if origin is None:
            return f"earlier version {since}" if since else "declaration"
        location = self._locations.text(origin.source, origin.line)
        return location if since is not None else f"new: {location}"


def _adjusted(schema: EventSchema | None, event: EventReplayStats) -> list[str]:
    """The properties with changed values: first those of the schema, in its order, then the others, as first seen."""
    # The order of the schema's properties in the stats depends on how many events are counted at once.
    known = [] if schema is None else [name for name in schema.properties if name in event.adjusted]
    others = dict.fromkeys(event.adjusted)
    for name in known:
        del others[name]
    return [*known, *others]


def _kinds(event: EventReplayStats, name: str) -> list[tuple[AdjustmentKind, int]]:
    """How many values of a property were changed, by the kind of change, always in the order of the kinds."""
    kinds = event.adjusted.get(name, Counter[AdjustmentKind]())
    return [(kind, kinds[kind]) for kind in AdjustmentKind if kind in kinds]


def _changes(event: EventReplayStats, name: str) -> str:
    """Return how many values of a property are stored otherwise than they were sent, by the kind of change."""
    parts = []
    for kind, count in _kinds(event, name):
        zeroed = event.zeroed[name] if kind is AdjustmentKind.ROUNDED else 0
        parts.append(f"{kind.replace('_', ' ')} {count:,}{f' ({zeroed:,} to 0)' if zeroed else ''}")
    return ", ".join(parts)


def _document(replay: _AnyReplay, run: RunResult, contacts: ContactStats | None) -> dict[str, Any]:
    stats = run.stats
    names = _names(replay, stats)
    near = _similar(replay, names)
    return {
        "accepted": stats.accepted,
        "rejected": stats.rejected,
        **_only_of(stats, contacts),
        "events": [_event_document(replay, stats, name, near.get(name)) for name in names],
        "rejections": error_groups_document(stats.errors),
        "unlistedErrors": stats.errors.unlisted,
        "dropped": error_groups_document(stats.dropped),
        "unlistedDropped": stats.dropped.unlisted,
        "unlistedEvents": stats.unlisted_events,
        "unlistedAdjustments": stats.unlisted_adjustments,
        "unreadable": [str(error) for error in run.unreadable],
    }


def _only_of(stats: ReplayStats, contacts: ContactStats | None) -> dict[str, Any]:
    """What is reported of events alone, or, with ``contacts``, of track requests alone."""
    if contacts is not None:
        return {"contacts": asdict(contacts)}
    return {"withoutProperties": stats.without_properties, "skipped": stats.skipped}


def _event_document(replay: _AnyReplay, stats: ReplayStats, name: str, similar_name: str | None) -> dict[str, Any]:
    schema = replay.schema(name)
    event = stats.events.get(name) or EventReplayStats()
    return {
        "name": name,
        "accepted": event.accepted,
        "rejected": event.rejected,
        "version": schema and schema.version,
        "fingerprint": schema and schema.fingerprint,
        **({} if schema else {"similar": similar_name}),
        "properties": [
            {
                "name": property_,
                "type": str(type_),
                "since": since,
                "setBy": origin and {"source": origin.source, "line": origin.line},
                "seen": event.seen[property_],
            }
            for property_, type_, origin, since in _rows(schema, event)
        ],
        "adjustments": [
            {
                "property": property_,
                "kind": str(kind),
                "count": count,
                **({"zeroed": event.zeroed[property_]} if kind is AdjustmentKind.ROUNDED else {}),
            }
            for property_ in _adjusted(schema, event)
            for kind, count in _kinds(event, property_)
        ],
    }
