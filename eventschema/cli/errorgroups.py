"""Groups of errors in a report: as tables, and as JSON."""

from collections.abc import Iterable
from typing import Any

from eventschema.cli.names import DisplayLocations, property_name
from eventschema.cli.output import printable
from eventschema.cli.tables import Table, error_table
from eventschema.stream.replay.stats import ErrorGroup, ErrorGroups, GroupStats


def groups_by_event(errors_by_group: ErrorGroups) -> dict[str | None, list[tuple[ErrorGroup, GroupStats]]]:
    """Return the groups of errors by event, the largest groups first."""
    groups: dict[str | None, list[tuple[ErrorGroup, GroupStats]]] = {}
    for group, errors in sorted(errors_by_group.groups.items(), key=lambda item: -item[1].count):
        groups.setdefault(group.event, []).append((group, errors))
    return groups


def error_groups_table(
    heading: str, groups: Iterable[tuple[ErrorGroup, GroupStats]], locations: DisplayLocations, width: int
) -> Table:
    """Return the table of ``groups``, under a ``heading`` such as "rejected for"."""
    rows = [
        (
            group.code,
            "" if group.property is None else property_name(group.property),
            f"{errors.count:,}",
            locations.text(errors.source, errors.line),
            printable(errors.message),
        )
        for group, errors in groups
    ]
    return error_table(heading, rows, width)


def error_groups_document(errors_by_group: ErrorGroups) -> list[dict[str, Any]]:
    """Return the groups as a part of a JSON document."""
    return [
        {
            "event": group.event,
            "code": group.code,
            "property": group.property,
            "pointer": group.pointer,
            "count": errors.count,
            "first": {"source": errors.source, "line": errors.line, "message": errors.message},
        }
        for group, errors in errors_by_group.groups.items()
    ]
