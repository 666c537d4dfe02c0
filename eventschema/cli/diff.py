"""``eventschema diff``: compare two sets of schemas, and say whether readers of the one can read the other's events."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click
from rich.console import RenderableType
from rich.text import Text

from eventschema.cli.databases import database_failures, open_existing_store
from eventschema.cli.files import MAX_SAVED_PROFILE, read_document
from eventschema.cli.grouping import SCHEMAS, Command, Number, option
from eventschema.cli.names import property_name
from eventschema.cli.options import format_option
from eventschema.cli.output import Failure, printable, show, show_json, terminal_width
from eventschema.cli.tables import TableColumn, fit_table
from eventschema.cli.unsent import MAX_DAYS, UnsentReport, find_unsent
from eventschema.core.comparison import SchemaComparison, compare
from eventschema.core.schema import EventSchema
from eventschema.core.schemafile import loads_schemas, parse_document

if TYPE_CHECKING:
    from eventschema.store.sql import SQLStore

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
#: By the value of ``--require``: whether a comparison meets it.
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
@click.argument("after", metavar="B", required=False)
@option(
    SCHEMAS,
    "--require",
    type=click.Choice(list(_REQUIRED)),
    default="backward",
    show_default=True,
    help="backward: readers of B can read the events of A; forward: readers of A those of B; full: both.",
)
@option(SCHEMAS, "--event", metavar="NAME", help="Compare only the schemas of the event NAME.")
@option(
    SCHEMAS,
    "--unsent-for",
    "days",
    metavar="DAYS",
    type=Number(min=1, max=MAX_DAYS),
    help="Also list the events and properties of the database B (or A, if B is a file) that nobody has sent for so "
    "many days. Without B, list nothing else.",
)
@format_option
def diff(before: str, after: str | None, require: str, event: str | None, days: int | None, form: str) -> None:
    """Compare the schemas of A, the old ones, with those of B, and say which readers can read which events.

    A and B are schema files, profiles that profile --save has written (their recommendation is compared), or databases:
    sqlite:///FILE, postgresql://USER:PASSWORD@HOST/NAME.

    An event or a property that only one of them has does not matter: all properties are optional, and readers ignore
    what they do not know. A new type does not matter either if it accepts every value of the old one.

    To list what nobody has sent for 90 days: eventschema diff DATABASE --unsent-for 90

    Exit codes: 0, compatible as --require says; 1, not; 2, wrong usage, or a source that could not be read.
    """
    database = next((source for source in (after, before) if source is not None and "://" in source), None)
    if days is None and after is None:
        raise click.UsageError("Missing argument 'B'. It can be left out only with --unsent-for.")
    if days is not None and database is None:
        raise click.UsageError("--unsent-for: expected a database as A or B, found none.")
    compared = None
    if after is not None:
        compared = _compare(_chosen(_load(before), event), _chosen(_load(after), event))
    unsent = None if days is None or database is None else _find_unsent(database, event, days)
    broken = [each.name for each in compared.changed if not _REQUIRED[require](each)] if compared else []
    if form == "json":
        show_json({**_document(compared, broken, require), **({"unsentFor": unsent.to_dict()} if unsent else {})})
    else:
        width = terminal_width()
        show(*_report(compared, broken, require, width), *(unsent.lines(width) if unsent else ()))
    if broken:
        raise click.exceptions.Exit(1)


def _document(difference: _Difference | None, broken: Sequence[str], require: str) -> dict[str, Any]:
    if difference is None:
        return {}
    document = {"require": require, "compatible": not broken, "incompatible": broken}
    return {**document, **difference._asdict(), "changed": [each.to_dict() for each in difference.changed]}


def _load(source: str) -> Mapping[str, EventSchema]:
    if "://" in source:
        with _reading(source) as store:
            return {schema.name: schema for schema in store.schemas()}
    text = read_document(source, MAX_SAVED_PROFILE)
    try:
        document = parse_document(text, "schemas")
        if isinstance(document, dict) and "events" in document:
            from eventschema.stream.profile import EventProfile

            return EventProfile.from_dict(document).recommended().schemas
        return loads_schemas(text)
    except ValueError as error:
        raise Failure(f"{click.format_filename(source)}: {error}") from None


@contextmanager
def _reading(url: str) -> Iterator["SQLStore"]:
    store = open_existing_store(url, _SECONDS, "the database")
    try:
        with database_failures("the database"):
            yield store
    finally:
        store.close()


def _find_unsent(url: str, event: str | None, days: int) -> UnsentReport:
    with _reading(url) as store:
        schemas = [schema for schema in store.schemas() if event in {None, schema.name}]
        last_seen = ((schema, store.last_seen(schema.name)) for schema in schemas)
        return find_unsent([(schema, seen) for schema, seen in last_seen if seen is not None], days)


def _chosen(schemas: Mapping[str, EventSchema], event: str | None) -> Mapping[str, EventSchema]:
    return {name: schema for name, schema in schemas.items() if event in {None, name}}


def _compare(before: Mapping[str, EventSchema], after: Mapping[str, EventSchema]) -> _Difference:
    compared = [compare(before[name], after[name]) for name in sorted(before.keys() & after.keys())]
    changed = [each for each in compared if each.differs]
    return _Difference(sorted(after.keys() - before.keys()), sorted(before.keys() - after.keys()), changed)


def _report(
    difference: _Difference | None, broken: Sequence[str], require: str, width: int
) -> Iterator[RenderableType]:
    if difference is None:
        return
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
