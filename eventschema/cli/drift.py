"""What ``profile --before`` says: what changed since an earlier profile."""

import math
from collections.abc import Iterator, Sequence
from typing import Final

import click
from rich.console import RenderableType
from rich.text import Text

from eventschema.cli.names import DisplayNames, property_name
from eventschema.cli.output import printable
from eventschema.cli.profiledescription import Description
from eventschema.cli.tables import TableColumn, fit_table
from eventschema.stream.profile import EventProfile
from eventschema.stream.profile.drift import DEFAULT_THRESHOLDS, ChangeKind, changes

_COLUMNS: Final = (
    TableColumn("event", least=16),
    TableColumn("property", least=16),
    TableColumn("change"),
    TableColumn("rate", right=True),
    TableColumn("drift"),
    TableColumn("what", least=24),
)


def read_thresholds(texts: Sequence[str]) -> dict[ChangeKind, float]:
    """Return the thresholds of ``--drift KIND=RATE``, and the defaults of the other kinds.

    Raises ``UsageError`` for another text.
    """
    found = dict(DEFAULT_THRESHOLDS)
    for text in texts:
        kind, _, rate = text.partition("=")
        try:
            found[ChangeKind(kind)] = _rate(rate)
        except ValueError:
            expected = f"KIND=RATE with one of the kinds {', '.join(ChangeKind)} and a rate from 0 to 1"
            raise click.UsageError(f"--drift: expected {expected}, found {printable(text) or 'nothing'}.") from None
    return found


def _rate(text: str) -> float:
    rate = float(text)
    if not math.isfinite(rate) or not 0 <= rate <= 1:
        raise ValueError
    return rate


def describe_drift(before: EventProfile, after: EventProfile, thresholds: dict[ChangeKind, float]) -> list[Description]:
    """Return the changes from one profile to another, ready for JSON."""
    return [change.to_dict() for change in changes(before.counts, after.counts, thresholds)]


def drift_report(listed: Sequence[Description], names: DisplayNames, width: int) -> Iterator[RenderableType]:
    """Yield the table of changes."""
    yield Text("\nChanges since the earlier profile", "bold")
    if not listed:
        yield Text("  None.")
        return
    rows = [
        (
            names.text(change["event"]),
            "" if change["property"] is None else property_name(change["property"]),
            change["kind"],
            f"{change['rate']:.3f}",
            "yes" if change["passed"] else "",
            change["message"],
        )
        for change in listed
    ]
    yield fit_table(_COLUMNS, rows, width).table
