"""What ``infer`` and ``check`` have in common: files are read through, event by event, and an account is kept."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO, NamedTuple

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from eventschema.cli.options import Reading
from eventschema.cli.output import Failure, is_special, printable
from eventschema.core.rules import Rules
from eventschema.stream.account import Account
from eventschema.stream.reading import UnreadableSourceError, read_events
from eventschema.stream.replay import Rejection, Replay


class Run(NamedTuple):
    """What came of it: the account, and what could not be read."""

    account: Account
    unreadable: list[UnreadableSourceError]

    def finish(self, *, strict: bool) -> None:
        """End the command: with 2 where a file could not be read, with 1 if ``strict`` where events were rejected."""
        if self.unreadable:
            raise Failure("\n".join(f"{printable(str(error))}." for error in self.unreadable))
        if strict and self.account.rejected:
            raise click.exceptions.Exit(1)


def run(files: Sequence[str], reading: Reading, rules: Rules, replay: Replay, errors: IO[bytes] | None) -> Run:
    """Feed ``replay`` the events of ``files``, one file after the other, and write each rejection to ``errors``.

    A file that cannot be read to its end does not keep the others from being read.
    """
    account = Account(replay)
    unreadable = []
    with _progress(files) as on_read:
        for path in files:
            events = read_events(path, reading.envelope, rules, max_line_bytes=reading.max_line_bytes, on_read=on_read)
            try:
                for event in events:
                    outcome = replay.add(event)
                    account.add(event, outcome)
                    if errors is not None and isinstance(outcome, Rejection):
                        errors.write(json.dumps(outcome.to_dict()).encode() + b"\n")
            except UnreadableSourceError as error:
                unreadable.append(error)
    return Run(account, unreadable)


@contextmanager
def _progress(files: Sequence[str]) -> Iterator[Callable[[int], object] | None]:
    """A bar on standard error that is moved by the bytes read, if that is a terminal; else nothing."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn("reading"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading", total=_size(files))
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
