"""What ``infer``, ``check`` and ``track`` have in common: files are read through, and an account is kept."""

import json
import os
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import IO, NamedTuple, NoReturn

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from eventschema.cli.options import LineFormat
from eventschema.cli.output import Failure, is_special, printable
from eventschema.core.results import MergeResult
from eventschema.core.rules import Rules
from eventschema.core.violations import TypeConflict
from eventschema.stream.account import Account
from eventschema.stream.decoding import is_object
from eventschema.stream.envelopes import Block
from eventschema.stream.pieces import Combiner, RejectionLine, ReplayTask
from eventschema.stream.reading import UnreadableSourceError, read_blocks
from eventschema.stream.replay import Rejection, Replay
from eventschema.stream.replayfiles import replay_files
from eventschema.stream.track_replay import Tracked
from eventschema.track.contact import Contact
from eventschema.track.violations import InvalidEventName, MissingField

_OnRead = Callable[[int], object] | None


class RunResult(NamedTuple):
    """What came of it: the account, what could not be read, and whether any line that was read is a JSON object."""

    account: Account
    unreadable: list[UnreadableSourceError]
    has_object: bool

    def require_objects(self) -> None:
        """End the command with 2, and say why, where something was read but no line of it was a JSON object."""
        if self.has_object or not (self.unreadable or self.account.rejected):
            return
        fail_for(self.unreadable)
        first = next(iter(self.account.groups.values()))
        fail_without_objects(first.source, first.line, first.message)

    def hint(self, line_format: LineFormat) -> None:
        """As :func:`hint_at_keys`, of all that was read."""
        account = self.account
        carried = sum(tally.accepted + tally.rejected for tally in account.events.values()) + account.unlisted_events
        codes = {group.code for group in account.groups}
        hint_at_keys(line_format, carried, codes, account.without_properties)

    def hint_at_types(self) -> None:
        """Say what to do where the type of one property refuses more events than are accepted."""
        groups = self.account.groups.items()
        conflicts = max((tally.count for group, tally in groups if group.code == TypeConflict.code), default=0)
        if conflicts > self.account.accepted:
            click.echo(
                "Most events were rejected for a type that an earlier event set. The command profile says what to "
                "declare with --schema; where whole numbers came first, --no-int takes them for floats.",
                err=True,
            )

    def finish(self, *, strict: bool) -> None:
        """End the command: with 2 where a file could not be read, with 1 if ``strict`` where events were rejected."""
        fail_for(self.unreadable)
        if strict and self.account.rejected:
            raise click.exceptions.Exit(1)


def fail_for(unreadable: Sequence[UnreadableSourceError]) -> None:
    """End the command with 2, and say why, where a file could not be read."""
    if unreadable:
        raise Failure("\nError: ".join(f"{printable(str(error))}." for error in unreadable))


def fail_without_objects(source: str, line: int, message: str) -> NoReturn:
    """End the command with 2: no line is a JSON object, and this is the first and what is wrong with it."""
    raise Failure(f"No line is a JSON object. The first, {printable(source)}:{line}: {printable(message)}")


def hint_at_keys(line_format: LineFormat, events: int, codes: Collection[str], without_properties: int) -> None:
    """Say which options tell where an event's name and its properties stand, if they stood in no line.

    ``events`` had a usable name, ``without_properties`` of these lacked the key of the properties; ``codes`` are those
    of all that was wrong.
    """
    if events and events == without_properties:
        key = printable(line_format.envelope.properties_key)
        click.echo(f"No event has the key {key}: see --properties-key and --event.", err=True)
    if not events and MissingField.code in codes and InvalidEventName.code not in codes:
        key = printable(line_format.envelope.event_key)
        click.echo(f"No line has the key {key}: see --event-key and --event.", err=True)


def without_properties(count: int) -> str:
    """That so many events lack the key of the properties, as a sentence."""
    lack = "1 event lacks" if count == 1 else f"{count:,} events lack"
    return f"{lack} the key of the properties (--properties-key): taken as without properties."


def run(
    files: Sequence[str], line_format: LineFormat, rules: Rules, replay: Replay, errors: IO[bytes] | None, jobs: int
) -> RunResult:
    """Feed ``replay`` the events of ``files``, with that many ``jobs``, and write rejections to ``errors``.

    A file that cannot be read to its end does not keep the others from being read.
    """
    account = Account(replay)
    if jobs > 1:
        task = ReplayTask(
            line_format.envelope, rules, line_format.max_line_bytes, "none" if errors is None else "lines"
        )
        combiner = Combiner(replay, account, task, None if errors is None else partial(write_line, errors))
        with progress(files) as on_read:
            replay_files(files, combiner, jobs=jobs, on_read=on_read)
        return RunResult(account, combiner.unreadable, combiner.has_object)

    def take(block: Block) -> None:
        accepted = replay.accept(block.values, line_format.envelope)
        account.add_accepted(accepted)
        for event, outcome in replay.add_left(block, accepted.left, line_format.envelope):
            account.add(event, outcome)
            write_rejection(errors, outcome)

    return feed(files, line_format.max_line_bytes, take, account)


def feed(files: Sequence[str], max_line_bytes: int, take: Callable[[Block], None], account: Account) -> RunResult:
    """Give ``take`` all that is read of ``files``, one file after the other; it counts it in ``account``.

    A file that cannot be read to its end does not keep the others from being read.
    """
    unreadable = []
    has_object = False
    with progress(files) as on_read:
        for path in files:
            try:
                for block in read_blocks(path, max_line_bytes=max_line_bytes, on_read=on_read):
                    has_object = has_object or any(map(is_object, block.values))
                    take(block)
            except UnreadableSourceError as error:
                unreadable.append(error)
    return RunResult(account, unreadable, has_object)


def write_rejection(errors: IO[bytes] | None, outcome: MergeResult | Tracked | Rejection) -> None:
    """Write ``outcome`` to ``errors``, if that is a file and it is a rejection."""
    if errors is not None and isinstance(outcome, Rejection):
        write_line(errors, outcome)


def write_line(file: IO[bytes], value: Rejection | RejectionLine | Contact) -> None:
    """Write the document of ``value`` to ``file``, as one line of JSON."""
    text = value.to_json() if isinstance(value, RejectionLine) else json.dumps(value.to_dict()).encode()
    file.write(text + b"\n")


@contextmanager
def progress(files: Sequence[str], doing: str = "reading") -> Iterator[_OnRead]:
    """A bar on standard error that is moved by the bytes read, if that is a terminal; else nothing.

    ``doing`` is the word beside it.
    """
    if not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn(doing), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(doing, total=_size(files))
        yield lambda count: progress.advance(task, count)


def _size(files: Sequence[str]) -> int | None:
    """How many bytes there are to read, if all of ``files`` can say."""
    if not all(os.path.isfile(path) for path in files):
        return None
    return sum(os.path.getsize(path) for path in files)


def refuse_overwriting(inputs: Sequence[str], *outputs: str | None) -> None:
    """Bad usage where an output is one of the ``inputs``, or another output."""
    seen = {os.path.realpath(path) for path in inputs}
    for output in outputs:
        if output is None or is_special(output):
            continue
        target = os.path.realpath(output)
        if target in seen:
            raise click.UsageError(f"{click.format_filename(output)} would be overwritten while it is in use.")
        seen.add(target)
