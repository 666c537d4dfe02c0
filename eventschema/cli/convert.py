"""``eventschema convert``: write the accepted events of files as tables, one event a row."""

import os
import re
from datetime import UTC, timedelta, timezone, tzinfo
from typing import Any, Final, get_args
from zoneinfo import ZoneInfo

import click

from eventschema.cli.converting import (
    Reading,
    Table,
    Tables,
    choose_schemas,
    convert_events,
    file_names,
    infer_schemas,
)
from eventschema.cli.files import Output, Outputs, is_special
from eventschema.cli.grouping import READING, RESULTS, Command, option
from eventschema.cli.options import (
    LineFormat,
    errors_option,
    files_argument,
    format_option,
    given,
    jobs_option,
    line_format_options,
    schema_option,
    strict_option,
)
from eventschema.cli.output import Failure, printable, say
from eventschema.cli.report import report
from eventschema.cli.ruleoptions import event_rules_options
from eventschema.cli.running import refuse_overwriting
from eventschema.cli.schemafiles import load_schemas
from eventschema.cli.tablefiles import FORMATS, TableFormat
from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.export.lazy import module_of_extra
from eventschema.export.typed import DateTimes
from eventschema.extras import MissingExtraError

_OFFSET: Final = re.compile(r"([+-])([01][0-9]|2[0-3]):([0-5][0-9])")


class _Zone(click.ParamType[tzinfo]):
    """A time zone: UTC, an offset, or a name of the IANA database."""

    name = "zone"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tzinfo:
        """Return the time zone. Raises ``click.BadParameter`` for another text."""
        if value == "UTC":
            return UTC
        if match := _OFFSET.fullmatch(value):
            offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
            return timezone(-offset if match[1] == "-" else offset)
        try:
            return ZoneInfo(value)
        except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
            expected = "UTC, an offset such as +02:00, or a time zone such as Europe/Berlin"
            self.fail(f"expected {expected}, found {printable(value) or 'nothing'}.", param, ctx)


@click.command(cls=Command, example="eventschema convert events.ndjson --event-name 'placed order' -o orders.parquet")
@files_argument
@option(READING, "--event-name", metavar="NAME", help="Convert only events of this name; others are counted.")
@schema_option("Take the columns from the schemas in FILE, which do not grow. Without it, files are read twice.")
@option(
    RESULTS,
    "-o",
    "--output",
    metavar="PATH",
    required=True,
    type=click.Path(writable=True),
    help="Write the table to this file, whose name ends with .parquet, .ndjson or .csv. With --to, the folder.",
)
@option(
    RESULTS, "--to", type=click.Choice(list(FORMATS)), help="Write a file of this format for each event into a folder."
)
@option(
    RESULTS,
    "--datetimes",
    type=click.Choice(get_args(DateTimes)),
    default="utc",
    show_default=True,
    help="In Parquet, dateTimes are moments in UTC, or texts as they were sent. In other formats they are texts.",
)
@option(
    RESULTS, "--naive", metavar="ZONE", type=_Zone(), help="The time zone of dateTimes without an offset, for Parquet."
)
@errors_option
@format_option
@strict_option
@event_rules_options
@line_format_options
@jobs_option
def convert(
    files: tuple[str, ...],
    event_name: str | None,
    schemas: tuple[str, ...],
    output: str,
    to: str | None,
    datetimes: DateTimes,
    naive: tzinfo | None,
    errors: str | None,
    form: str,
    strict: bool,
    rules: Rules,
    line_format: LineFormat,
    jobs: int,
) -> None:
    """Write the accepted events of files as a table: Parquet, JSON Lines or CSV, with a column for each property.

    A table has the events of one name. Rejected events are left out. With --schema, so are events with properties that
    the schemas lack; --invalid drop leaves out these properties instead.
    """
    table_format = _format(output, to)
    refuse_overwriting((*files, *schemas), errors, None if to else output)
    reading = Reading(files, line_format, rules, jobs, event_name)
    declared = load_schemas(schemas)
    wanted = event_name or line_format.envelope.event
    chosen = choose_schemas(declared if schemas else infer_schemas(reading), wanted, one=to is None)
    bare = _without_columns(chosen, table_format, one=to is None)
    listed = _tables([schema for schema in chosen if schema not in bare], output, to)
    refuse_overwriting((*files, *schemas), errors, *(table.path for table in listed))
    tables = Tables(listed, bare, table_format, datetimes, naive, is_declared=bool(schemas))
    replay, rules = tables.replay(rules)
    with Outputs(Output(errors), *(Output(table.path, private=True) for table in listed)) as outputs:
        error_file, *table_files = outputs.files
        outcome = convert_events(reading, tables, replay, rules, [file for file in table_files if file], error_file)
        outcome.require_objects()
        outcome.complete(outputs)
        report(replay, outcome, form)
        outcome.hint(line_format)
        outcome.require_all_read(outputs)
    outcome.finish(strict=strict)


def _format(output: str, to: str | None) -> TableFormat:
    """The format to write. Ends the command if that cannot be written to ``output``."""
    ending = to or output.rpartition(".")[2].lower()
    if ending not in FORMATS:
        endings = ", ".join(f".{name}" for name in FORMATS)
        expected = f"the name of a file that ends with one of {endings}, or a folder and --to"
        raise click.UsageError(f"-o: expected {expected}, found {click.format_filename(output)}.")
    if to is None and os.path.isdir(output):
        raise click.UsageError(f"-o: {click.format_filename(output)} is a folder, which needs --to.")
    found = FORMATS[ending]
    if not found.is_typed and (options := given("datetimes", "naive")):
        raise click.UsageError(f"{options[0]} is only for Parquet: in other formats dateTimes are texts, as sent.")
    if found.is_typed:
        if to is None and is_special(output):
            raise click.UsageError("-o: Parquet is written to a file, not to a pipe or a device.")
        try:
            module_of_extra("arrow")
        except MissingExtraError as error:
            raise Failure(str(error)) from None
    return found


def _tables(schemas: list[EventSchema], output: str, to: str | None) -> list[Table]:
    if to is None:
        return [Table(schema, output) for schema in schemas]
    os.makedirs(output, exist_ok=True)
    names = file_names([schema.name for schema in schemas])
    return [Table(schema, os.path.join(output, f"{names[schema.name]}.{to}")) for schema in schemas]


def _without_columns(schemas: list[EventSchema], table_format: TableFormat, *, one: bool) -> list[EventSchema]:
    """The schemas that have no table, since one needs a column. Ends the command if that leaves no table."""
    bare = [schema for schema in schemas if table_format.needs_columns and not schema.properties]
    sentences = [
        f"The event {printable(schema.name)} has no properties, and a table needs a column." for schema in bare
    ]
    if bare and one:
        raise Failure(*sentences)
    say(*sentences)
    return bare
