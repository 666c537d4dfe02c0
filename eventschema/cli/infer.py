"""``eventschema infer``: replay the events of files, and print the schemas that they make."""

import click

from eventschema.cli.files import Output, Outputs
from eventschema.cli.grouping import Command
from eventschema.cli.options import (
    LineFormat,
    earlier_option,
    errors_option,
    files_argument,
    format_option,
    jobs_option,
    line_format_options,
    output_option,
    strict_option,
)
from eventschema.cli.report import report
from eventschema.cli.ruleoptions import event_rules_options
from eventschema.cli.running import refuse_overwriting, replay_events
from eventschema.cli.schemafiles import load_schemas
from eventschema.core.rules import Rules
from eventschema.core.schemafile import dumps_schemas
from eventschema.stream.replay import Replay


@click.command(cls=Command, example="eventschema infer events.ndjson --schema declared.json -o schemas.json")
@files_argument
@output_option
@earlier_option
@errors_option
@format_option
@strict_option
@event_rules_options
@line_format_options
@jobs_option
def infer(
    files: tuple[str, ...],
    output: str | None,
    schemas: tuple[str, ...],
    errors: str | None,
    form: str,
    strict: bool,
    rules: Rules,
    line_format: LineFormat,
    jobs: int,
) -> None:
    """Replay events from files, and print the resulting schemas.

    Each event is merged, in order, into the schema of its name, as a service does. An event that does not fit is
    rejected and adds nothing.

    Files are JSON Lines, a JSON array, CSV, TSV, Parquet or Arrow, plain or compressed; - is standard input.
    """
    refuse_overwriting(files, output, errors)
    replay = Replay(load_schemas(schemas), rules)
    with Outputs(Output(output), Output(errors)) as outputs:
        schema_file, error_file = outputs.files
        outcome = replay_events(files, line_format, rules, replay, error_file, jobs)
        outcome.require_objects()
        if schema_file is not None:
            schema_file.write(dumps_schemas(replay.schemas).encode())
        outcome.complete(outputs)
        report(replay, outcome, form)
        outcome.hint(line_format)
        outcome.hint_at_types()
        outcome.require_all_read(outputs)
    outcome.finish(strict=strict)
