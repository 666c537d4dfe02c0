"""``eventschema track``: replay the track requests of files, with contacts in memory."""

from functools import partial
from typing import IO

import click

from eventschema.cli.files import Output, Outputs
from eventschema.cli.grouping import RESULTS, Command, option
from eventschema.cli.options import (
    OUTPUT,
    earlier_option,
    errors_option,
    files_argument,
    format_option,
    jobs_option,
    max_line_bytes_option,
    output_option,
    strict_option,
)
from eventschema.cli.report import report
from eventschema.cli.ruleoptions import rules_options
from eventschema.cli.running import RunResult, progress, refuse_overwriting, write_line
from eventschema.cli.schemafiles import load_schemas
from eventschema.core.rules import Rules
from eventschema.core.schemafile import dumps_schemas
from eventschema.stream.replay import TrackReplay
from eventschema.stream.replay.files import replay_files
from eventschema.stream.replay.requestpieces import RequestCombiner
from eventschema.stream.replay.stats import ContactStats, ReplayStats


@click.command(cls=Command, example="eventschema track requests.ndjson --contacts contacts.ndjson")
@files_argument
@output_option
@option(RESULTS, "--contacts", metavar="FILE", type=OUTPUT, help="Write the contacts to FILE, as JSON Lines.")
@earlier_option
@errors_option
@format_option
@strict_option
@rules_options
@max_line_bytes_option
@jobs_option
def track(
    files: tuple[str, ...],
    output: str | None,
    contacts: str | None,
    schemas: tuple[str, ...],
    errors: str | None,
    form: str,
    strict: bool,
    rules: Rules,
    max_line_bytes: int,
    jobs: int,
) -> None:
    """Replay track requests from files, and print the resulting schemas and counts of contacts.

    A request is an object with eventName and contact, and optionally properties, eventTime, eventID, origin and
    eventVersion. The requests are decided in order. A rejected request changes neither its schema nor its contact.

    There are no contacts at the start. New contacts get the ids c1, c2, c3 and so on.

    Files are JSON Lines or a JSON array, plain or compressed; - is standard input.
    """
    refuse_overwriting(files, output, contacts, errors)
    replay = TrackReplay(load_schemas(schemas), rules)
    contact_stats = ContactStats()
    with Outputs(Output(output), Output(contacts, private=True), Output(errors)) as outputs:
        schema_file, contact_file, error_file = outputs.files
        outcome = _replay_requests(files, max_line_bytes, replay, contact_stats, error_file, jobs)
        outcome.require_objects()
        if schema_file is not None:
            schema_file.write(dumps_schemas(replay.schemas).encode())
        if contact_file is not None:
            for contact in replay.contacts:
                write_line(contact_file, contact)
        outcome.complete(outputs)
        report(replay, outcome, form, contact_stats)
        outcome.hint_at_types()
        outcome.require_all_read(outputs)
    outcome.finish(strict=strict)


def _replay_requests(
    files: tuple[str, ...],
    max_line_bytes: int,
    replay: TrackReplay,
    contact_stats: ContactStats,
    errors: IO[bytes] | None,
    jobs: int,
) -> RunResult:
    """Replay the requests of ``files`` in ``jobs`` processes.

    Counts their contacts in ``contact_stats``, and writes rejections to ``errors``. After a file that cannot be read to
    the end, the other files are read.
    """
    on_rejection = None if errors is None else partial(write_line, errors)
    combiner = RequestCombiner(replay, ReplayStats(replay), contact_stats, max_line_bytes, on_rejection)
    with progress(files) as on_read:
        replay_files(files, combiner, jobs=jobs, on_read=on_read)
    return RunResult(combiner.stats, combiner.unreadable, combiner.has_object)
