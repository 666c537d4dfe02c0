"""Reads files and counts what is in them, as ``infer``, ``check`` and ``track`` do, and reports what went wrong."""

import json
import os
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import IO, NamedTuple

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from eventschema.cli.files import Outputs, is_special
from eventschema.cli.options import LineFormat, given
from eventschema.cli.output import Failure, printable, say
from eventschema.core.rules import Rules
from eventschema.core.violations import InvalidName, TypeConflict, UnsupportedType
from eventschema.stream.mapping import Mapping
from eventschema.stream.reading import UnreadableSourceError
from eventschema.stream.replay import Rejection, Replay
from eventschema.stream.replay.files import replay_files
from eventschema.stream.replay.pieces import Combiner, RejectionLine, ReplayTask
from eventschema.stream.replay.stats import ReplayStats
from eventschema.track.contact import Contact
from eventschema.track.violations import InvalidEventName, MissingField

_OnRead = Callable[[int], object] | None


class RunResult(NamedTuple):
    """The counts of a run, the files that could not be read to the end, and whether any line is a JSON object."""

    stats: ReplayStats
    unreadable: list[UnreadableSourceError]
    has_object: bool

    def require_objects(self) -> None:
        """As :func:`require_objects`."""
        firsts = ((error.source, error.line, error.message) for error in self.stats.errors.groups.values())
        require_objects(self.has_object, self.unreadable, next(firsts, None))

    def hint(self, line_format: LineFormat) -> None:
        """Print the hints of :func:`hint_at_keys`."""
        stats = self.stats
        named = sum(event.accepted + event.rejected for event in stats.events.values()) + stats.unlisted_events
        codes = {group.code for group in stats.errors.groups}
        hint_at_keys(line_format, named, codes, stats.without_properties)
        self._hint_at_mapping(line_format.envelope.mapping)

    def _hint_at_mapping(self, mapping: Mapping) -> None:
        """Print which options handle objects, arrays and invalid names, if more events have these than are accepted."""
        options = [
            option for code, option in _mapping_options(mapping) if self._most_errors(code) > self.stats.accepted
        ]
        if options:
            say(f"Most events have nested values or other names: see {', '.join(options)}.")

    def _most_errors(self, code: str) -> int:
        """The number of errors with this ``code`` in the property that has most of them."""
        groups = self.stats.errors.groups.items()
        return max((errors.count for group, errors in groups if group.code == code), default=0)

    def hint_at_types(self) -> None:
        """Print a hint if more events are rejected for the type of one property than are accepted."""
        if self._most_errors(TypeConflict.code) > self.stats.accepted:
            say(
                "Most events were rejected for a type that an earlier event set. The command profile recommends types "
                "to declare with --schema. If the first values were whole numbers, --no-int detects them as float."
            )

    def complete(self, outputs: Outputs) -> None:
        """Have ``outputs`` put in place, unless a file could not be read."""
        if not self.unreadable:
            outputs.complete()

    def require_all_read(self, outputs: Outputs) -> None:
        """As :func:`fail_for`."""
        fail_for(self.unreadable, outputs.paths)

    def finish(self, *, strict: bool) -> None:
        """End the command with exit code 1 if ``strict`` and events were rejected."""
        if strict and self.stats.rejected:
            raise click.exceptions.Exit(1)


def fail_for(unreadable: Sequence[UnreadableSourceError], unwritten: Sequence[str] = ()) -> None:
    """End the command with exit code 2 if there are ``unreadable`` files. The message names ``unwritten`` files."""
    if unreadable:
        names = ", ".join(map(click.format_filename, unwritten))
        advice = f" Not written, since it would be incomplete: {names}." if names else ""
        *messages, last = (f"{error}." for error in unreadable)
        raise Failure(*messages, last + advice)


def require_objects(
    has_object: bool, unreadable: Sequence[UnreadableSourceError], first: tuple[str, int, str] | None
) -> None:
    """End the command with exit code 2 if no line is a JSON object, though there are lines or ``unreadable`` files.

    ``first`` is the source, line and message of the first error, ``None`` if there are no lines.
    """
    if has_object:
        return
    fail_for(unreadable)
    if first is not None:
        source, line, message = first
        other = any(parameter.name == "input_format" for parameter in click.get_current_context().command.params)
        advice = " For files of another format, see --input." if other and not given("input_format") else ""
        where = f"{printable(source)}:{line}"
        raise Failure(f"No line is a JSON object. The first is {where}: {printable(message)}{advice}")


def hint_at_keys(line_format: LineFormat, events: int, codes: Collection[str], without_properties: int) -> None:
    """Print which options set the keys of an event's name and properties, if no line has such a key.

    ``events`` is the number of events with a name, ``without_properties`` the number of those without the key of the
    properties, and ``codes`` are the codes of all errors.
    """
    if events and events == without_properties:
        key = printable(line_format.envelope.properties_key)
        say(f"No event has the key {key}: see --properties-key and --event.")
    if not events and MissingField.code in codes and InvalidEventName.code not in codes:
        key = printable(line_format.envelope.event_key)
        other = ", or give --event in place of --flat" if line_format.envelope.flat else " and --event"
        say(f"No line has the key {key}: see --event-key{other}.")


def _mapping_options(mapping: Mapping) -> Iterator[tuple[str, str]]:
    """The options that ``mapping`` lacks, each after the code of the errors that it would avoid."""
    if mapping.objects == "refuse" and mapping.arrays == "refuse":
        yield UnsupportedType.code, "--flatten, --arrays"
    if mapping.names == "keep":
        yield InvalidName.code, "--names"


def without_properties_sentence(count: int) -> str:
    """Say that ``count`` events lack the key of the properties."""
    lack, are = ("1 event lacks", "is") if count == 1 else (f"{count:,} events lack", "are")
    return f"{lack} the key of the properties (--properties-key, or --flat) and {are} read without properties."


def skipped_sentence(count: int) -> str:
    """Say that ``count`` lines were skipped."""
    lines, are = ("1 line", "is") if count == 1 else (f"{count:,} lines", "are")
    return f"{lines} without the text of --only {are} skipped."


def replay_events(
    files: Sequence[str], line_format: LineFormat, rules: Rules, replay: Replay, errors: IO[bytes] | None, jobs: int
) -> RunResult:
    """Replay the events of ``files`` in ``jobs`` processes, and write rejections to ``errors``.

    After a file that cannot be read to the end, the other files are read.
    """
    stats = ReplayStats(replay)
    task = ReplayTask(line_format.envelope, rules, line_format.max_line_bytes, "none" if errors is None else "lines")
    combiner = Combiner(replay, stats, task, None if errors is None else partial(write_line, errors))
    with progress(files) as on_read:
        replay_files(files, combiner, jobs=jobs, on_read=on_read, options=line_format.options)
    return RunResult(stats, combiner.unreadable, combiner.has_object)


def write_line(file: IO[bytes], value: Rejection | RejectionLine | Contact) -> None:
    """Write ``value`` to ``file`` as a line of JSON."""
    text = value.to_json() if isinstance(value, RejectionLine) else json.dumps(value.to_dict()).encode()
    file.write(text + b"\n")


@contextmanager
def progress(files: Sequence[str], doing: str = "reading") -> Iterator[_OnRead]:
    """Show a progress bar on standard error, if that is a terminal. Yields a function that takes the bytes read.

    ``doing`` is the word before the bar. Yields ``None`` if there is no bar.
    """
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn(doing), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(doing, total=_size(files))
        yield lambda count: progress.advance(task, count)


def _size(files: Sequence[str]) -> int | None:
    """Return the total size of ``files`` in bytes, ``None`` if not all are regular files."""
    if not all(os.path.isfile(path) for path in files):
        return None
    return sum(os.path.getsize(path) for path in files)


def refuse_overwriting(inputs: Sequence[str], *outputs: str | None) -> None:
    """Raise ``UsageError`` if an output is one of the ``inputs`` or another output."""
    seen = {os.path.realpath(path) for path in inputs}
    for output in outputs:
        if output is None or is_special(output):
            continue
        target = os.path.realpath(output)
        if target in seen:
            raise click.UsageError(f"{click.format_filename(output)} would be overwritten while it is in use.")
        seen.add(target)
