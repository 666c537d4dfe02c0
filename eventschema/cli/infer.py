"""``eventschema infer``: the schemas that the events of files would have made."""

import click

from eventschema.cli.options import INPUT, OUTPUT, Reading, load_schemas, reading_options, rules_options
from eventschema.cli.output import replacing
from eventschema.cli.report import report
from eventschema.cli.running import refuse_overwriting, run
from eventschema.core.rules import Rules
from eventschema.core.schemafile import dumps_schemas
from eventschema.stream.replay import Replay


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=INPUT)
@click.option("-o", "--output", metavar="FILE", type=OUTPUT, help="Write the schemas to FILE.")
@click.option("--schema", metavar="FILE", type=INPUT, help="Start from the schemas of FILE: declared or earlier ones.")
@click.option("--errors", metavar="FILE", type=OUTPUT, help="Write every rejected event to FILE, as JSON lines.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option("--strict", is_flag=True, help="Exit with 1 if an event was rejected.")
@rules_options
@reading_options
def infer(
    files: tuple[str, ...],
    output: str | None,
    schema: str | None,
    errors: str | None,
    form: str,
    strict: bool,
    rules: Rules,
    reading: Reading,
) -> None:
    """Replay the events of files of JSON lines, and print the schemas that come of it.

    Each event is merged, in order, into the schema of its name; what does not fit is rejected, and adds nothing. Files
    are plain or gzip; - is standard input.
    """
    refuse_overwriting(files, output, errors)
    replay = Replay(load_schemas(schema) if schema else {}, rules)
    with replacing(output) as schema_file, replacing(errors) as error_file:
        outcome = run(files, reading, rules, replay, error_file)
        if schema_file is not None:
            schema_file.write(dumps_schemas(replay.schemas).encode())
    report(replay, outcome, form)
    outcome.finish(strict=strict)
