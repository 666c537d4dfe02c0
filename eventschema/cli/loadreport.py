"""What ``eventschema load`` did: its counts, and its report as tables or as one JSON document."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rich.console import RenderableType
from rich.text import Text

from eventschema.cli.errorgroups import error_groups_document, error_groups_table, groups_by_event
from eventschema.cli.names import DisplayLocations, DisplayNames
from eventschema.cli.output import show, show_json, terminal_width
from eventschema.core.violations import Violation
from eventschema.store.tracking import TrackResult
from eventschema.stream.replay.stats import MAX_LISTED, ErrorGroups


class LoadedFile(NamedTuple):
    """A file that was loaded: its path, how many lines an earlier load has loaded ``before``, and how many it has."""

    path: str
    before: int
    lines: int


@dataclass(slots=True)
class LoadStats:
    """How many requests were accepted and rejected, and the groups of errors, as those of a replay.

    Of the accepted ones, ``repeated`` have the id of an event that was saved before; of these, ``differing`` have other
    content, which is lost. ``dropped`` has the errors of values that were left out of accepted requests.
    """

    accepted: int = 0
    repeated: int = 0
    differing: int = 0
    rejected: int = 0
    errors: ErrorGroups = field(default_factory=lambda: ErrorGroups(MAX_LISTED))
    dropped: ErrorGroups = field(default_factory=lambda: ErrorGroups(MAX_LISTED))

    def accept(self, source: str, line: int, event: str | None, result: TrackResult) -> None:
        """Count an accepted request."""
        self.accepted += 1
        self.repeated += result.duplicate
        self.differing += result.differs
        if not result.duplicate:
            self.dropped.add(event, source, line, result.decision.dropped)

    def reject(self, source: str, line: int, event: str | None, errors: Iterable[Violation]) -> None:
        """Count a rejected request."""
        self.rejected += 1
        self.errors.add(event, source, line, errors)


def report_load(stats: LoadStats, files: Sequence[LoadedFile], form: str) -> None:
    """Print the counts, in the ``form`` ``table`` or ``json``."""
    if form == "json":
        show_json(_document(stats, files))
    else:
        show(*_parts(stats, terminal_width()))


def _parts(stats: LoadStats, width: int) -> Iterator[RenderableType]:
    yield Text(f"{stats.accepted:,} accepted, {stats.rejected:,} rejected", "bold")
    if stats.repeated:
        differing = f"; {stats.differing:,} of them with other content, which is lost" if stats.differing else ""
        yield Text(f"repetitions of events that were saved before: {stats.repeated:,}{differing}")
    kinds = {"rejected for": groups_by_event(stats.errors), "dropped for": groups_by_event(stats.dropped)}
    sources = {each.source for errors in (stats.errors, stats.dropped) for each in errors.groups.values()}
    locations = DisplayLocations(sources)
    events = {name for by_event in kinds.values() for name in by_event}
    names = DisplayNames(name for name in events if name is not None)
    for name in sorted(events, key=lambda name: (name is None, name)):
        yield Text("\nLines without an event", "bold") if name is None else Text(f"\n{names.text(name)}", "bold cyan")
        for heading, by_event in kinds.items():
            if name in by_event:
                yield error_groups_table(heading, by_event[name], locations, width)
    if stats.errors.unlisted:
        yield Text(f"\n{stats.errors.unlisted:,} more errors are not listed.")
    if stats.dropped.unlisted:
        yield Text(f"\n{stats.dropped.unlisted:,} more dropped values are not listed.")


def _document(stats: LoadStats, files: Sequence[LoadedFile]) -> dict[str, Any]:
    return {
        "accepted": stats.accepted,
        "repeated": stats.repeated,
        "differing": stats.differing,
        "rejected": stats.rejected,
        "files": [{"path": file.path, "linesBefore": file.before, "lines": file.lines} for file in files],
        "rejections": error_groups_document(stats.errors),
        "unlistedErrors": stats.errors.unlisted,
        "dropped": error_groups_document(stats.dropped),
        "unlistedDropped": stats.dropped.unlisted,
    }
