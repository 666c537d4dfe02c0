"""``eventschema track``: replay the track requests of files, with contacts in memory."""

import click

from eventschema.cli.grouping import RESULTS, Command, option
from eventschema.cli.options import (
    OUTPUT,
    earlier_option,
    errors_option,
    files_argument,
    format_option,
    max_line_bytes_option,
    output_option,
    strict_option,
)
from eventschema.cli.output import replacing
from eventschema.cli.report import report
from eventschema.cli.ruleoptions import rules_options
from eventschema.cli.running import feed, refuse_overwriting, write_line, write_rejection
from eventschema.cli.schemafiles import load_schemas
from eventschema.core.rules import Rules
from eventschema.core.schemafile import dumps_schemas
from eventschema.stream.envelopes import Block, StreamObject
from eventschema.stream.replay import TrackReplay
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
) -> None:
    """Replay track requests from JSON Lines files, and print the resulting schemas and counts of contacts.

    A request is an object with eventName and contact, and optionally properties, eventTime, eventID, origin and
    eventVersion. The requests are decided in order. A rejected request changes neither its schema nor its contact.

    There are no contacts at the start. New contacts get the ids c1, c2, c3 and so on.

    Files are plain or gzip; - is standard input.
    """
    refuse_overwriting(files, output, contacts, errors)
    replay = TrackReplay(load_schemas(schemas), rules)
    event = ContactStats()

    stats = ReplayStats(replay)

    with replacing(output) as schema_file, replacing(contacts) as contact_file, replacing(errors) as error_file:

        def take(block: Block) -> None:
            for number, value in zip(block.numbers, block.values, strict=True):
                line = StreamObject(block.source, number, value)
                decision = replay.add(line)
                event.add(decision)
                stats.add(line, decision)
                write_rejection(error_file, decision)

        outcome = feed(files, max_line_bytes, take, stats)
        outcome.require_objects()
        if schema_file is not None:
            schema_file.write(dumps_schemas(replay.schemas).encode())
        if contact_file is not None:
            for contact in replay.contacts:
                write_line(contact_file, contact)
    report(replay, outcome, form, event)
    outcome.hint_at_types()
    outcome.finish(strict=strict)
