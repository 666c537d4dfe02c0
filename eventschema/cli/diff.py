"""``eventschema diff``: compare two sets of schemas, and say whether readers of the one can read the other's events."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import click
from rich.console import RenderableType
from rich.text import Text

from eventschema.cli.databases import database_failures, open_existing_store
from eventschema.cli.files import MAX_SAVED_PROFILE, read_document
from eventschema.cli.grouping import SCHEMAS, Command, option
from eventschema.cli.names import property_name
from eventschema.cli.options import format_option
from eventschema.cli.output import Failure, printable, show, show_json, terminal_width
from eventschema.cli.tables import TableColumn, fit_table
from eventschema.core.comparison import SchemaComparison, compare
from eventschema.core.schema import EventSchema
from eventschema.core.schemafile import loads_schemas, parse_document

_SECONDS: Final = 30
_COLUMNS: Final = (
    TableColumn("event", least=16),
    TableColumn("property", least=16),
    TableColumn("change"),
    TableColumn("from"),
    TableColumn("to"),
    TableColumn("since", right=True),
    TableColumn("compatibility"),
)
#: Who must be able to read whose events, and what a comparison says of it.
_REQUIRED: Final[Mapping[str, Callable[[SchemaComparison], bool]]] = {
    "backward": lambda comparison: comparison.backward,
    "forward": lambda comparison: comparison.forward,
    "full": lambda comparison: comparison.backward and comparison.forward,
}


class _Difference(NamedTuple):
    added: list[str]
    removed: list[str]
    changed: list[SchemaComparison]


@click.command(cls=Command, example="eventschema diff schemas.json sqlite:///events.db")
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@option(
    SCHEMAS,
    "--require",
    type=click.Choice(list(_REQUIRED)),
    default="backward",
    show_default=True,
    help="backward: readers of B can read the events of A; forward: readers of A those of B; full: both.",
)
@option(SCHEMAS, "--event", metavar="NAME", help="Compare only the schemas of the event NAME.")
@format_option
def diff(before: str, after: str, require: str, event: str | None, form: str) -> None:
    """Compare the schemas of A, the old ones, with those of B, and say which readers can read which events.

    A and B are schema files, profiles that profile --save has written (their recommendation is compared), or databases:
    sqlite:///FILE, postgresql://USER:PASSWORD@HOST/NAME.

    An event or a property that only one of them has is no obstacle: all properties are optional, and readers pass over
    what they do not know. A type that accepts every value of the other is none either.

    Exit codes: 0, compatible as --require says; 1, not; 2, wrong usage, or a source that could not be read.
    """
    difference = _compare(_chosen(_load(before), event), _chosen(_load(after), event))
    broken = [each.name for each in difference.changed if not _REQUIRED[require](each)]
    if form == "json":
        document = {"require": require, "compatible": not broken, "incompatible": broken}
        show_json({**document, **difference._asdict(), "changed": [each.to_dict() for each in difference.changed]})
    else:
        show(*_report(difference, broken, require, terminal_width()))
    if broken:
        raise click.exceptions.Exit(1)


def _load(source: str) -> Mapping[str, EventSchema]:
    if "://" in source:
        return _load_stored(source)
    text = read_document(source, MAX_SAVED_PROFILE)
    try:
        document = parse_document(text, "schemas")
        if isinstance(document, dict) and "events" in document:
            from eventschema.stream.profile import EventProfile

            return EventProfile.from_dict(document).recommended().schemas
        return loads_schemas(text)
    except ValueError as error:
        raise Failure(f"{click.format_filename(source)}: {error}") from None


def _load_stored(url: str) -> dict[str, EventSchema]:
    store = open_existing_store(url, _SECONDS, "the database")
    try:
        with database_failures("the database"):
            return {schema.name: schema for schema in store.schemas()}
    finally:
        store.close()


def _chosen(schemas: Mapping[str, EventSchema], event: str | None) -> Mapping[str, EventSchema]:
    return {name: schema for name, schema in schemas.items() if event in {None, name}}


def _compare(before: Mapping[str, EventSchema], after: Mapping[str, EventSchema]) -> _Difference:
    compared = [compare(before[name], after[name]) for name in sorted(before.keys() & after.keys())]
    changed = [each for each in compared if each.differs]
    return _Difference(sorted(after.keys() - before.keys()), sorted(before.keys() - after.keys()), changed)


def _report(difference: _Difference, broken: Sequence[str], require: str, width: int) -> Iterator[RenderableType]:
    rows: list[tuple[str, ...]] = [(printable(name), "", "added", "", "", "", "") for name in difference.added]
    rows += [(printable(name), "", "removed", "", "", "", "") for name in difference.removed]
    rows += [
        (
            printable(each.name),
            property_name(change.name),
            change.kind,
            *map(_cell, (change.before, change.after, change.since)),
            each.compatibility,
        )
        for each in difference.changed
        for change in each.changes
    ]
    rows += [
        (printable(each.name), "", "frozen", *("yes" if one else "no" for one in each.frozen), "", each.compatibility)
        for each in difference.changed
        if each.frozen[0] is not each.frozen[1]
    ]
    if not rows:
        yield Text("No differences.")
        return
    yield fit_table(_COLUMNS, rows, width).table
    names = ", ".join(map(printable, broken))
    yield Text(f"Not {require} compatible: {names}" if broken else f"Compatible ({require}).")


def _cell(value: Any) -> str:
    return "" if value is None else str(value)
