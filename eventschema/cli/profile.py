"""``eventschema profile``: count what is in the events of files, and recommend what to declare."""

import json
import os
from datetime import UTC, datetime
from typing import IO, Any, Final

import click

from eventschema.cli.drift import describe_drift, read_thresholds
from eventschema.cli.files import Output, Outputs
from eventschema.cli.grouping import RESULTS, Command, Number, option
from eventschema.cli.options import (
    INPUT,
    OUTPUT,
    LineFormat,
    format_option,
    given,
    jobs_option,
    line_format_options,
)
from eventschema.cli.profiledescription import describe
from eventschema.cli.profilepage import Origin, page
from eventschema.cli.profilereport import report_profile
from eventschema.cli.ruleoptions import PROFILE_PARAMETERS, profile_rules_options
from eventschema.cli.running import fail_for, hint_at_keys, progress, refuse_overwriting, require_objects
from eventschema.cli.savedprofiles import add_profiles, load_profile
from eventschema.core.rules import Rules
from eventschema.core.schemafile import dumps_schemas
from eventschema.core.violations import MalformedRequest
from eventschema.stream.profile import Bounds, EventProfile
from eventschema.stream.profile.acceptance import Acceptance, count_accepted
from eventschema.stream.profile.drift import ChangeKind
from eventschema.stream.profile.files import ProfileResult, profile_files
from eventschema.stream.profile.parts import ProfileTask
from eventschema.version import __version__

_DRIFT: Final = "Comparing"  # the group of options
_COUNTING: Final = "Counting"  # the group of its own options
_FIXED_WHEN_SAVED: Final = (*PROFILE_PARAMETERS, "event_key", "properties_key", "event", "max_line_bytes")


@click.command(cls=Command, example="eventschema profile events.ndjson --html report.html -o declared.json")
@click.argument("files", metavar="[FILE]...", nargs=-1, type=INPUT)
@option(RESULTS, "-o", "--output", metavar="FILE", type=OUTPUT, help="Write the recommended schemas to FILE.")
@option(
    RESULTS, "--html", metavar="FILE", type=OUTPUT, help="Write the report to FILE, as one HTML page to send around."
)
@option(RESULTS, "--save", metavar="FILE", type=OUTPUT, help="Write the counts to FILE, for a later --load.")
@option(
    _COUNTING,
    "--load",
    metavar="FILE",
    multiple=True,
    type=INPUT,
    help="Add the counts that --save wrote to FILE. Repeat for more files.",
)
@format_option
@option(
    _COUNTING,
    "--examples",
    type=Number(0, 100),
    default=3,
    show_default=True,
    help="Number of values to keep of each type of a property. With 0 no value is kept, not even the least and the "
    "greatest number: only counts, lengths, and hashes to count distinct values.",
)
@option(
    _COUNTING,
    "--replay/--no-replay",
    default=True,
    show_default=True,
    help="Count how many events a replay accepts, as they are and with the recommended schemas. This reads the files "
    "once more, in one process, unless the counts show that all events fit.",
)
@option(
    _DRIFT,
    "--before",
    metavar="FILE",
    type=INPUT,
    help="Compare with the earlier counts that --save wrote to FILE, and list what changed.",
)
@option(
    _DRIFT,
    "--drift",
    metavar="KIND=RATE",
    multiple=True,
    help="Count a change of KIND as drift if its rate, from 0 to 1, is at least RATE. Repeat for more. The kinds are "
    f"{', '.join(ChangeKind)}.  [default: 0.05 each]",
)
@option(_DRIFT, "--strict", is_flag=True, help="Exit with 1 if a change counts as drift.")
@profile_rules_options
@line_format_options
@jobs_option
def profile(
    files: tuple[str, ...],
    output: str | None,
    html: str | None,
    save: str | None,
    load: tuple[str, ...],
    form: str,
    examples: int,
    jobs: int,
    replay: bool,
    before: str | None,
    drift: tuple[str, ...],
    strict: bool,
    rules: Rules,
    line_format: LineFormat,
) -> None:
    """Count what is in the events of files, and recommend what to declare before going live.

    The report has the types of each property, how often it has a value, its range, and findings: warnings about values
    that do not fit together.

    Unlike infer, it rejects no event. Each recommended type is the one that accepts most values of its property. Where
    the report names the first location of something, it is the first by file name, then by line.

    Files are JSON Lines, a JSON array, CSV, TSV, Parquet or Arrow, plain or compressed; - is standard input. With
    --load and no FILE, the report is about the saved counts. --examples also limits the examples of saved counts.
    """
    if not files:
        _check_usage_without_files(load)
    if before is None and (options := given("drift", "strict")):
        raise click.UsageError(f"{options[0]} needs --before.")
    thresholds = read_thresholds(drift)
    refuse_overwriting((*files, *load, *([before] if before else [])), output, html, save)
    earlier = None if before is None else load_profile(before)
    loaded = [load_profile(path) for path in load]
    if given("examples"):
        loaded = [saved.with_examples(examples) for saved in loaded]
    bounds = Bounds(examples=examples)
    task = ProfileTask(line_format.envelope, rules, bounds, line_format.max_line_bytes, line_format.options)
    if loaded and not files:
        task = task._replace(rules=loaded[0].rules, bounds=loaded[0].bounds)
    with Outputs(Output(output), Output(html, private=True), Output(save, private=True)) as outputs:
        with progress(files) as on_read:
            result = profile_files(files, task, jobs=jobs, on_read=on_read)
        error = result.profile.errors.get(MalformedRequest.code)
        require_objects(result.has_object, result.unreadable, (*error.first, error.message) if error else None)
        acceptance = _replayed(result, files, task) if replay and not load else None
        add_profiles(result.profile, loaded, load)
        description = describe(result, acceptance)
        if earlier is not None:
            description["changes"] = describe_drift(earlier, result.profile, thresholds)
        _write(outputs.files, result.profile, description, _origin(files, load))
        if not result.unreadable:
            outputs.complete()
        report_profile(description, form)
        hint_at_keys(line_format, description["events"], result.profile.errors, result.profile.without_properties)
        fail_for(result.unreadable, outputs.paths)
    if strict and any(change["passed"] for change in description["changes"]):
        raise click.exceptions.Exit(1)


def _check_usage_without_files(load: tuple[str, ...]) -> None:
    if not load:
        raise click.UsageError("Expected files of events, or --load.")
    if options := given(*_FIXED_WHEN_SAVED):
        raise click.UsageError(f"{options[0]}: saved counts are reported as they were counted.")


def _write(
    files: tuple[IO[bytes] | None, ...], profile: EventProfile, description: dict[str, Any], origin: Origin
) -> None:
    """Write the files that were asked for: the recommended schemas, the page of the report, and the counts."""
    schema_file, html_file, profile_file = files
    if schema_file is not None:
        schema_file.write(dumps_schemas(profile.recommended().schemas).encode())
    if html_file is not None:
        html_file.write(page(description, origin).encode())
    if profile_file is not None:
        profile_file.write(json.dumps(profile.to_dict(), separators=(",", ":")).encode() + b"\n")


def _origin(files: tuple[str, ...], load: tuple[str, ...]) -> Origin:
    """The files, the date and the version that a page names."""
    names = tuple("standard input" if path == "-" else os.path.basename(path) for path in (*files, *load))
    return Origin(names, datetime.now(UTC).date().isoformat(), __version__)


def _replayed(result: ProfileResult, files: tuple[str, ...], task: ProfileTask) -> Acceptance | None:
    """Count how many of the events a replay accepts. Returns ``None`` if a file cannot be read once more."""
    if not result.profile.events or result.unreadable or not all(map(os.path.isfile, files)):
        return None
    with progress(files, "replaying") as on_read:
        return count_accepted(result.profile, files, task, on_read)
