"""``eventschema check``: check the events of files against fixed schemas."""

import click

from eventschema.cli.files import Output, Outputs
from eventschema.cli.grouping import SCHEMAS, Command, option
from eventschema.cli.options import (
    LineFormat,
    errors_option,
    files_argument,
    format_option,
    jobs_option,
    line_format_options,
    schema_option,
)
from eventschema.cli.report import report
from eventschema.cli.ruleoptions import event_rules_options
from eventschema.cli.running import refuse_overwriting, replay_events
from eventschema.cli.schemafiles import load_schemas
from eventschema.core.rules import Rules
from eventschema.stream.replay import Replay, check_rules


@click.command(cls=Command, example="eventschema check events.ndjson --schema declared.json")
@files_argument
@schema_option("The schemas to check against.", required=True)
@option(SCHEMAS, "--allow-new", is_flag=True, help="Accept properties that the schemas lack, without adding them.")
@errors_option
@format_option
@event_rules_options
@line_format_options
@jobs_option
def check(
    files: tuple[str, ...],
    schemas: tuple[str, ...],
    allow_new: bool,
    errors: str | None,
    form: str,
    rules: Rules,
    line_format: LineFormat,
    jobs: int,
) -> None:
    """Check events in files against fixed schemas. Exits with 1 if an event was rejected.

    Files are JSON Lines, a JSON array, CSV, TSV, Parquet or Arrow, plain or compressed; - is standard input.
    """
    refuse_overwriting((*files, *schemas), errors)
    rules = check_rules(rules, allow_new=allow_new)
    replay = Replay(load_schemas(schemas), rules, grow=False)
    with Outputs(Output(errors)) as outputs:
        (error_file,) = outputs.files
        outcome = replay_events(files, line_format, rules, replay, error_file, jobs)
        outcome.require_objects()
        outcome.complete(outputs)
        report(replay, outcome, form)
        outcome.hint(line_format)
        outcome.require_all_read(outputs)
    outcome.finish(strict=True)
