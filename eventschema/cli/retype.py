"""``eventschema retype``: change the types of properties in a database, after a plan over the stored events."""

from collections.abc import Iterator
from getpass import getuser
from typing import TYPE_CHECKING, Any, Final

import click
from rich.console import RenderableType
from rich.text import Text

from eventschema.cli.databases import database_failures, db_option, db_timeout_option, open_existing_store
from eventschema.cli.grouping import SCHEMAS, Command, option
from eventschema.cli.names import property_name
from eventschema.cli.options import format_option
from eventschema.cli.output import Failure, printable, quantity, show, show_json, terminal_width
from eventschema.cli.tables import TableColumn, fit_table

if TYPE_CHECKING:
    from eventschema.stream.retyping import PlannedRetype, RetypePlan

_DATABASE: Final = "Database"
_COLUMNS: Final = (
    TableColumn("property", least=16),
    TableColumn("from"),
    TableColumn("to"),
    TableColumn("kind"),
    TableColumn("version", right=True),
    TableColumn("accepted", right=True),
    TableColumn("changed", right=True),
    TableColumn("refused", right=True),
)


@click.command(cls=Command, example="eventschema retype --db sqlite:///events.db earthquake mag=float --dry-run")
@click.argument("name", metavar="EVENT")
@click.argument("types", metavar="PROPERTY=TYPE...", nargs=-1, required=True)
@db_option(_DATABASE)
@db_timeout_option(_DATABASE, 30, "Longest wait for the database and for other writers.")
@option(SCHEMAS, "--dry-run", is_flag=True, help="Change nothing: only print the plan. No writer waits for it.")
@option(SCHEMAS, "--force", is_flag=True, help="Retype even if a new type refuses stored values.")
@option(SCHEMAS, "--who", metavar="TEXT", help="Who is named in the history of the schema; by default the user.")
@format_option
def retype(
    name: str,
    types: tuple[str, ...],
    db: str,
    db_timeout: float,
    dry_run: bool,
    force: bool,
    who: str | None,
    form: str,
) -> None:
    """Change the types of properties of the schema of EVENT in a database.

    The stored events stay as they are. The plan counts how many of their values the new types accept, by the version
    of the schema that they were accepted under, and how many of those are read as another value, such as an int as a
    float. If a new type refuses any, nothing is changed without --force.

    Other writers wait while the events are read, half a minute for a million.

    Exit codes: 0, done, or it could be done; 1, a new type refuses stored values and there is no --force; 2, wrong
    usage, a schema or a property that the database does not have, a database that does not answer.
    """
    wanted = _read_types(types)
    store = open_existing_store(db, db_timeout)
    from eventschema.stream.retyping import RetypeError

    try:
        with database_failures():
            if dry_run:
                plan = store.plan_retype(name, wanted)
            else:
                plan = store.retype(name, wanted, _user() if who is None else who, force=force)
        is_refused = dry_run and plan.loses_values and not force
    except RetypeError as error:
        plan, is_refused = error.plan, True
    except ValueError as error:
        raise Failure(printable(str(error))) from None
    finally:
        store.close()
    is_done = bool(plan.properties) and not dry_run and not is_refused
    if form == "json":
        show_json({**plan.to_dict(), "retyped": is_done})
    else:
        show(*_report(plan, terminal_width(), is_done=is_done, is_refused=is_refused))
    if is_refused:
        raise click.exceptions.Exit(1)


def _read_types(texts: tuple[str, ...]) -> dict[str, str]:
    types: dict[str, str] = {}
    for text in texts:
        name, equals, type_ = text.partition("=")
        if not equals or name in types:
            expected = "PROPERTY=TYPE, each property once"
            raise click.UsageError(f"expected {expected}, found {printable(text) or 'nothing'}.")
        types[name] = type_
    return types


def _user() -> str | None:
    try:
        return getuser()
    except (OSError, KeyError):  # no such user, as in some containers
        return None


def _report(plan: "RetypePlan", width: int, *, is_done: bool, is_refused: bool) -> Iterator[RenderableType]:
    name = printable(plan.event)
    if not plan.properties:
        yield Text(f"{name}: nothing to change, the properties have these types.")
        return
    rows = [
        (property_name(each.name), each.before, each.after, each.kind, *map(_cell, counts))
        for each in plan.properties
        for counts in _counts(each)
    ]
    yield fit_table(_COLUMNS, rows, width).table
    for each in plan.properties:
        if each.refused:
            first = ", ".join(map(printable, each.first))
            events = "the event" if len(each.first) == 1 else "the events"
            refused = f"{each.after} refuses {quantity(each.refused, 'value')}"
            yield Text(f"{property_name(each.name)}: {refused}, the first in {events} {first}")
    if is_done:
        yield Text(f"{name}: retyped, now in version {plan.version + 1}.")
    elif is_refused:
        yield Text(f"{name}: not retyped. --force retypes it anyway.")
    else:
        yield Text(f"{name}: would be retyped, to version {plan.version + 1}.")


def _counts(planned: "PlannedRetype") -> list[tuple[int | str | None, ...]]:
    """The cells of each version; one row of zeros if there are no values."""
    if not planned.versions:
        return [("", 0, 0, 0)]
    return [(one.version, one.accepted, one.changed, one.refused) for one in planned.versions]


def _cell(value: Any) -> str:
    return "unknown" if value is None else value if isinstance(value, str) else f"{value:,}"
