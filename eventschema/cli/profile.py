"""``eventschema profile``: what is in the events of files, and what to declare before going live."""

import json
import os
from typing import Any, Final

import click

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
from eventschema.cli.output import Failure, replacing
from eventschema.cli.profiledescription import describe
from eventschema.cli.profilepage import page
from eventschema.cli.profilereport import report_profile
from eventschema.cli.ruleoptions import PROFILE_PARAMETERS, profile_rules_options
from eventschema.cli.running import fail_for, fail_without_objects, hint_at_keys, progress, refuse_overwriting
from eventschema.core.rules import Rules
from eventschema.core.schemafile import dumps_schemas
from eventschema.core.violations import MalformedRequest
from eventschema.stream.acceptance import Acceptance, count_accepted
from eventschema.stream.counting import Task
from eventschema.stream.decoding import NotJSONError, decode_value
from eventschema.stream.profile import Bounds, EventProfile
from eventschema.stream.profilefiles import ProfileResult, profile_files

_COUNTING: Final = "Counting"  # the group of its own options
_FIXED_WHEN_SAVED: Final = (*PROFILE_PARAMETERS, "event_key", "properties_key", "event", "max_line_bytes")


@click.command(cls=Command, example="eventschema profile events.ndjson --html report.html -o declared.json")
@click.argument("files", metavar="FILE...", nargs=-1, type=INPUT)
@option(RESULTS, "-o", "--output", metavar="FILE", type=OUTPUT, help="Write the recommended schemas to FILE.")
@option(RESULTS, "--html", metavar="FILE", type=OUTPUT, help="Write the report to FILE, as one page to send around.")
@option(RESULTS, "--save", metavar="FILE", type=OUTPUT, help="Write the profile to FILE, to be loaded later.")
@option(
    _COUNTING,
    "--load",
    metavar="FILE",
    multiple=True,
    type=INPUT,
    help="Add the counts of a saved profile; repeat it for more.",
)
@format_option
@option(
    _COUNTING,
    "--examples",
    type=Number(0, 100),
    default=3,
    show_default=True,
    help="Values to keep of each type of a property. With 0 no value is kept, the least and greatest number neither: "
    "what is left are counts, lengths, and hashes that tell how many values differ.",
)
@option(
    _COUNTING,
    "--replay/--no-replay",
    default=True,
    show_default=True,
    help="Count how many events a replay would accept, as they are and with the recommended schemas. That reads the "
    "files once more, in one process, unless the counts say that all fit.",
)
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
    rules: Rules,
    line_format: LineFormat,
) -> None:
    """Count what is in the events of JSON Lines files, and recommend what to declare before going live.

    The report has types, presence, ranges, and what does not fit together.

    Unlike infer it does not ask what came first: no event is refused, and the schemas that -o writes have for each
    property the type that takes the most of its values. The first of anything is the first by the name of its file,
    then by line.

    Files are plain or gzip; - is standard input. With --load alone, saved profiles are reported as they were
    counted. Of loaded profiles, too, no more examples are kept than a given --examples says.
    """
    if not files and not load:
        raise click.UsageError("Expected files of events, or profiles to --load.")
    if not files and (options := given(*_FIXED_WHEN_SAVED)):
        raise click.UsageError(f"{options[0]}: saved profiles are reported as they were counted.")
    refuse_overwriting((*files, *load), output, html, save)
    loaded = [_load(path) for path in load]
    if given("examples"):
        loaded = [saved.with_examples(examples) for saved in loaded]
    task = Task(line_format.envelope, rules, Bounds(examples=examples), line_format.max_line_bytes)
    if loaded and not files:
        task = task._replace(rules=loaded[0].rules, bounds=loaded[0].bounds)
    with replacing(output) as schema_file, replacing(html) as html_file, replacing(save) as profile_file:
        with progress(files) as on_read:
            result = profile_files(files, task, jobs=jobs, on_read=on_read)
        _require_objects(result)
        acceptance = _replayed(result, files, task) if replay and not load else None
        _add(result.profile, loaded, load)
        description = describe(result, acceptance)
        if schema_file is not None:
            schema_file.write(dumps_schemas(result.profile.recommended().schemas).encode())
        if html_file is not None:
            html_file.write(page(description).encode())
        if profile_file is not None:
            profile_file.write(json.dumps(result.profile.to_dict(), separators=(",", ":")).encode() + b"\n")
    report_profile(description, form)
    hint_at_keys(line_format, description["events"], result.profile.faults, result.profile.without_properties)
    fail_for(result.unreadable)


def _replayed(result: ProfileResult, files: tuple[str, ...], task: Task) -> Acceptance | None:
    """How many of the events a replay would accept; ``None`` where a file cannot be read once more."""
    if not result.profile.events or result.unreadable or not all(map(os.path.isfile, files)):
        return None
    with progress(files, "replaying") as on_read:
        return count_accepted(result.profile, files, task, on_read)


def _require_objects(result: ProfileResult) -> None:
    """End the command with 2, and say why, where something was read but no line of it was a JSON object."""
    if result.has_object or not (result.unreadable or result.profile.count):
        return
    fail_for(result.unreadable)
    fault = result.profile.faults[MalformedRequest.code]
    fail_without_objects(*fault.first, fault.message)


def _load(path: str) -> EventProfile:
    try:
        with click.open_file(path, "rb") as file:
            return EventProfile.from_dict(_parse(file.read()))
    except ValueError as error:
        raise Failure(f"{click.format_filename(path)}: {error}") from None


def _parse(text: bytes) -> Any:
    try:
        return decode_value(text)
    except NotJSONError as error:
        raise ValueError(f"Expected a saved profile, found {error}, at the root.") from None


def _add(profile: EventProfile, loaded: list[EventProfile], paths: tuple[str, ...]) -> None:
    for saved, path in zip(loaded, paths, strict=True):
        try:
            profile.absorb(saved)
        except ValueError as error:
            hint = "--examples, or an option that says what is detected, was another when it was saved"
            raise Failure(f"{click.format_filename(path)}: {error} ({hint}).") from None
