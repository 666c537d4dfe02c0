"""``eventschema load``: save the track requests of files in a database. Needs the extra ``sql`` too."""

import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final

import click

from eventschema.cli.databases import (
    database_failures,
    db_option,
    db_timeout_option,
    declared_only_option,
    max_event_names_option,
    open_store,
)
from eventschema.cli.errorsfile import ADVICE, ErrorsFile
from eventschema.cli.files import Output, Outputs, is_special
from eventschema.cli.grouping import READING, RESULTS, Command, Number, option
from eventschema.cli.options import OUTPUT, format_option, max_line_bytes_option, strict_option
from eventschema.cli.output import Failure, printable, quantity, say
from eventschema.cli.ruleoptions import service_rules_options
from eventschema.cli.running import progress, refuse_overwriting
from eventschema.core.names import is_line
from eventschema.core.rules import Rules
from eventschema.stream.reading import UnreadableSourceError

if TYPE_CHECKING:
    from eventschema.cli.loading import Errors, Loader
    from eventschema.cli.loadreport import LoadedFile
    from eventschema.store.sql import SQLStore

_DATABASE: Final = "Database"  # the group of its own options
_STDIN: Final = "-"
_EXTRAS: Final = "pip install 'eventschema[cli,sql]', and eventschema[postgres] for PostgreSQL"

_ADVICE: Final = " Give the same command again to go on."


@click.command(
    cls=Command,
    example="eventschema load requests.ndjson --db sqlite:///events.db --errors rejected.ndjson",
)
@click.argument(
    "files", metavar="FILE...", nargs=-1, required=True, type=click.Path(exists=True, readable=True, allow_dash=True)
)
@db_option(_DATABASE)
@db_timeout_option(_DATABASE, 60.0, "Maximum time that a batch takes in the database.")
@max_event_names_option(_DATABASE)
@declared_only_option(_DATABASE)
@option(
    READING,
    "--source",
    metavar="NAME",
    help="The name under which the progress is saved, for one FILE. Without it, its absolute path.",
)
@option(
    READING,
    "--rejected",
    is_flag=True,
    help="Decide rejected requests again: each FILE is one of --errors or of serve --rejected, or a folder of those.",
)
@option(
    READING,
    "--batch-size",
    type=Number(1, 10_000),
    default=1000,
    show_default=True,
    help="Maximum number of requests that are saved in one transaction.",
)
@max_line_bytes_option
@option(
    RESULTS,
    "--errors",
    metavar="FILE",
    type=OUTPUT,
    help="Add each rejected request, with its errors, to FILE, for --rejected. A load with --rejected needs a new "
    "FILE. FILE holds people's data.",
)
@format_option
@strict_option
@service_rules_options
def load(
    files: tuple[str, ...],
    db: str,
    db_timeout: float,
    max_event_names: int,
    declared_only: bool,
    source: str | None,
    rejected: bool,
    batch_size: int,
    max_line_bytes: int,
    errors: str | None,
    form: str,
    strict: bool,
    rules: Rules,
) -> None:
    """Save the track requests of JSON Lines files in a database.

    Each request is decided as the service decides it. Progress is saved together with the requests: however a load
    ends, the same command goes on from there, and saves no request twice. A FILE that was loaded to its end is skipped.
    A FILE whose loaded part has changed is an error.

    Files are plain, or compressed with gzip, bzip2, xz or zstd; - is standard input, and needs --source.

    Exit codes: 0, done; 1, with --strict, a request was rejected; 2, wrong usage, a FILE that could not be read, a
    database that does not answer.
    """
    paths = _paths(files, source, rejected=rejected)
    refuse_overwriting(paths, errors)
    try:
        from eventschema.cli.loading import Loader
        from eventschema.cli.loadreport import report_load
        from eventschema.store import SchemaRegistry

        store = open_store(db, db_timeout)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        raise Failure(f"load needs the package {package}, which is not installed: {_EXTRAS}.") from None
    with (
        closing(store),
        database_failures(advice=_ADVICE),
        _opened(errors, store, rejected=rejected) as target,
    ):
        registry = SchemaRegistry(store, rules, max_event_names=max_event_names, declared_only=declared_only)
        loader = Loader(store, registry, target, batch_size=batch_size, max_line_bytes=max_line_bytes)
        loaded, failures = _load_all(loader, paths, source, rejected=rejected)
        report_load(loader.stats, loaded, form)
        _describe(loaded)
        if failures:
            raise Failure(*failures)
    if strict and loader.stats.rejected:
        raise click.exceptions.Exit(1)


def _paths(files: Sequence[str], source: str | None, *, rejected: bool) -> list[str]:
    """Return the paths of the files to load, those in directories of rejected requests in the order of their names."""
    if source is not None and (rejected or len(files) > 1):
        raise click.UsageError("--source names the progress of one FILE, and --rejected saves none.")
    if _STDIN in files and source is None and not rejected:
        raise click.UsageError("- needs --source NAME, the name under which its progress is saved.")
    if source is not None and not is_line(source):
        raise click.UsageError("--source: expected a name without control characters, found another text.")
    paths: list[str] = []
    for file in files:
        if not os.path.isdir(file):
            paths.append(file)
        elif rejected:
            names = sorted(entry.name for entry in os.scandir(file) if entry.is_file())
            paths += [os.path.join(file, name) for name in names if not name.startswith(".")]
        else:
            raise click.UsageError(f"{click.format_filename(file)} is a directory, which only --rejected takes.")
    return paths


@contextmanager
def _opened(errors: str | None, store: "SQLStore", *, rejected: bool) -> Iterator["Errors"]:
    """Yield what rejected requests are written to: the file ``errors``, if there is one.

    With ``rejected`` it is put in place if the block succeeds.
    """
    from eventschema.cli.loading import NoErrors, StreamErrors

    if errors is None:
        yield NoErrors()
    elif rejected:
        _refuse_content(errors)
        with Outputs(Output(errors, private=True)) as outputs:
            [file] = outputs.files
            assert file is not None
            yield StreamErrors(file)
            outputs.complete()
    else:
        with ErrorsFile(errors, store) as appended:
            yield appended


def _refuse_content(errors: str) -> None:
    """End the command if the file ``errors`` has lines: a load with --rejected would put its own in their place."""
    if not is_special(errors) and os.path.isfile(errors) and os.path.getsize(errors):
        name = click.format_filename(errors)
        raise Failure(f"--errors: {name}: --rejected needs a new file, and this one has content; {ADVICE}.")


def _load_all(
    loader: "Loader", paths: Sequence[str], source: str | None, *, rejected: bool
) -> tuple[list["LoadedFile"], list[str]]:
    """Load the files at ``paths``. Returns what was loaded, and why files were not loaded to their end."""
    from eventschema.cli.loadreport import LoadedFile
    from eventschema.store.checkpoints import CheckpointConflictError
    from eventschema.stream.reading.batches import ChangedSourceError

    loaded, failures = [], []
    with progress(paths, "loading") as on_read:
        for path in paths:
            try:
                if rejected:
                    loader.load_rejected(path, on_read)
                else:
                    loaded.append(LoadedFile(path, *loader.load(path, source, on_read)))
            except UnreadableSourceError as error:
                failures.append(f"{printable(str(error))}.")
            except ChangedSourceError as error:
                failures.append(f"{printable(str(error))}. If it is another file, name it with --source.")
            except CheckpointConflictError as error:
                failures.append(f"{click.format_filename(path)}: {error}.")
    return loaded, failures


def _describe(loaded: Sequence["LoadedFile"]) -> None:
    """Print which files an earlier load has loaded, or begun."""
    for path, before, lines in loaded:
        if before:
            new = f"then {quantity(lines - before, 'new line')}" if lines > before else "nothing is new"
            first = "line was" if before == 1 else f"{before:,} lines were"
            say(f"{click.format_filename(path)}: its first {first} loaded before, {new}.")
