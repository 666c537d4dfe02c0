"""The report of a profile in a terminal: as tables, or as one JSON document."""

from collections.abc import Iterable, Iterator
from typing import Final

from rich.console import Console, ConsoleOptions, RenderableType
from rich.text import Text

from eventschema.cli.drift import drift_report
from eventschema.cli.names import DisplayNames, property_name
from eventschema.cli.output import printable, quantity, show, show_json, terminal_width
from eventschema.cli.profiledescription import Description
from eventschema.cli.profiletext import (
    display_locations,
    distinct_text,
    events_phrase,
    evidence,
    example_text,
    finding_names,
    findings_by_event,
    location_text,
    percentage,
    range_text,
    replay_sentence,
    unlisted_names_sentence,
    untyped_counts,
)
from eventschema.cli.running import skipped_sentence, without_properties_sentence
from eventschema.cli.tables import Row, Table, TableColumn, error_table, fit_table

_MANY_EVENTS: Final = 10  # event names; a report of more begins with a list of them

_PROPERTY_COLUMNS: Final = (
    TableColumn("property", least=30),
    TableColumn("declare"),
    TableColumn("has value", right=True),
    TableColumn("null", right=True, optional=1),
    TableColumn("types", between=", "),
    TableColumn("refused", right=True),
    TableColumn("distinct", right=True, optional=2),
    TableColumn("range", between=" to ", optional=3),
    TableColumn("examples", least=20, optional=4),
)
_EVENT_COLUMNS: Final = (
    TableColumn("event", least=30),
    TableColumn("events", right=True),
    TableColumn("properties", right=True),
    TableColumn("findings", right=True),
)
_NAME_COLUMNS: Final = (
    TableColumn("invalid name", least=24),
    TableColumn("error"),
    TableColumn("count", right=True),
    TableColumn("first", least=16),
    TableColumn("message of the first", least=24),
)


def report_profile(description: Description, form: str) -> None:
    """Print ``description`` in the ``form`` ``table`` or ``json``."""
    if form == "json":
        show_json(description)
    else:
        show(*_Report(description, terminal_width()).parts())


class _Report:
    """The tables of a profile, at most ``width`` columns of a terminal wide."""

    def __init__(self, description: Description, width: int) -> None:
        self._description = description
        self._width = width
        self._locations = display_locations(description)
        self._names = DisplayNames(event["name"] for event in description["byName"])
        self._left_out: set[str] = set()

    def parts(self) -> Iterator[RenderableType]:
        """Yield the parts of the report from top to bottom."""
        description = self._description
        yield from self._summary()
        for event in description["byName"]:
            yield from self._event(event)
        if description["faults"]:
            yield Text("\nLines without an event", "bold")
            yield from self._errors(("", error) for error in description["faults"])
        if description["findings"]:
            yield Text("\nFindings", "bold")
            yield from map(self._finding, description["findings"])
        if "changes" in description:
            yield from drift_report(description["changes"], self._names_of_changes(), self._width)
        if self._left_out:
            columns = ", ".join(heading for heading, *_ in _PROPERTY_COLUMNS if heading in self._left_out)
            text = f"\nColumns left out to fit the terminal: {columns}. --html and --format json have all columns."
            yield Text(text, "dim")

    def _names_of_changes(self) -> DisplayNames:
        listed = [*self._description["byName"], *({"name": one["event"]} for one in self._description["changes"])]
        return DisplayNames(dict.fromkeys(event["name"] for event in listed))

    def _summary(self) -> Iterator[RenderableType]:
        description = self._description
        without = description["withoutEvent"]
        lines = f", {quantity(without, 'line')} without an event" if without else ""
        yield Text(f"{quantity(description['events'], 'event')}{lines}", "bold")
        if description["replay"] is not None:
            yield Text(replay_sentence(description))
        if description["withoutProperties"]:
            yield Text(without_properties_sentence(description["withoutProperties"]))
        if description["skipped"]:
            yield Text(skipped_sentence(description["skipped"]))
        if len(description["byName"]) > _MANY_EVENTS:
            yield ""
            yield self._event_list()

    def _event_list(self) -> Table:
        findings = findings_by_event(self._description)
        rows = [
            (
                self._names.text(event["name"]),
                f"{event['events']:,}",
                f"{len(event['properties']):,}",
                f"{findings[event['name']]:,}" if findings[event["name"]] else "",
            )
            for event in self._description["byName"]
        ]
        return fit_table(_EVENT_COLUMNS, rows, self._width).table

    def _event(self, event: Description) -> Iterator[RenderableType]:
        yield Text.assemble("\n", (self._names.text(event["name"]), "bold cyan"), f": {events_phrase(event)}")
        properties = event["properties"]
        if properties:
            rows = [_property_row(property_, event["lookedAt"]) for property_ in properties]
            table, left_out = fit_table(_PROPERTY_COLUMNS, rows, self._width)
            yield table
            self._left_out.update(left_out)
        errors = [("", error) for error in event["faults"]]
        errors += [(property_["name"], error) for property_ in properties for error in property_["faults"]]
        yield from self._errors(errors)
        yield from self._invalid_names(event)

    def _errors(self, errors: Iterable[tuple[str, Description]]) -> Iterator[RenderableType]:
        """Yield the table of ``errors``, each with the name of its property, if there are any."""
        rows = [(error["code"], name, *self._error_cells(error)) for name, error in errors]
        if rows:
            yield ""
            yield error_table("error", rows, self._width)

    def _invalid_names(self, event: Description) -> Iterator[RenderableType]:
        listed = event["badNames"]["listed"]
        rows = [(property_name(error["name"]), error["code"], *self._error_cells(error)) for error in listed]
        if rows:
            yield ""
            yield fit_table(_NAME_COLUMNS, rows, self._width).table
        if unlisted := unlisted_names_sentence(event):
            yield Text(unlisted)

    def _error_cells(self, error: Description) -> tuple[str, str, str]:
        """Return the cells for the count, the first location and its message."""
        first = error["first"]
        return f"{error['count']:,}", location_text(self._locations, first), printable(first["message"])

    def _finding(self, finding: Description) -> "_ListItem":
        where = " ".join(finding_names(finding, self._names))
        message = f"{printable(finding['message'])}{evidence(finding, self._locations)}"
        return _ListItem(Text.assemble((f"{where}: " if where else "", "cyan"), message))


class _ListItem:
    """An item of a list: its text indented, the lines after the first a little more."""

    def __init__(self, text: Text) -> None:
        self._text = text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        for number, line in enumerate(self._text.wrap(console, max(1, options.max_width - 4))):
            line.rstrip()
            yield Text.assemble("    " if number else "  ", line)


def _property_row(property_: Description, events: int) -> Row:
    return (
        property_["name"],
        property_["recommended"] or "-",
        percentage(property_["values"], events),
        f"{property_['nulls']:,}" if property_["nulls"] else "",
        _kinds(property_),
        f"{property_['refused']:,}" if property_["refused"] else "",
        distinct_text(property_),
        range_text(property_),
        ", ".join(map(example_text, property_["examples"])),
    )


def _kinds(property_: Description) -> str:
    """Return the types of the values of a property, with their counts if there are several."""
    counts = {type_: counts["count"] for type_, counts in property_["types"].items()} | untyped_counts(property_)
    if len(counts) == 1:
        return "".join(counts)
    return ", ".join(f"{kind} {count:,}" for kind, count in counts.items())
