"""The command ``eventschema``: its subcommands, and its exit code when something outside ends it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from eventschema.cli.check import check
from eventschema.cli.classify import classify
from eventschema.cli.export import export
from eventschema.cli.files import SignalExit
from eventschema.cli.infer import infer
from eventschema.cli.load import load
from eventschema.cli.output import Failure, printing
from eventschema.cli.profile import profile
from eventschema.cli.serve import serve
from eventschema.cli.track import track
from eventschema.version import __version__

# A shell reports 128 and the number of the signal for a process that a signal ended.
_SIGNALLED = 128
_INTERRUPTED = _SIGNALLED + 2
_BROKEN_PIPE = _SIGNALLED + 13


@contextmanager
def _exit_codes() -> Iterator[None]:
    """End the command with an exit code, and a message if it helps, at an interrupt or an ``OSError``."""
    try:
        yield
    except KeyboardInterrupt:
        raise click.exceptions.Exit(_INTERRUPTED) from None
    except SignalExit as error:
        raise click.exceptions.Exit(_SIGNALLED + error.number) from None
    except BrokenPipeError:
        raise click.exceptions.Exit(_BROKEN_PIPE) from None
    except OSError as error:
        where = "" if error.filename is None else f"{click.format_filename(error.filename)}: "
        raise Failure(where + (error.strerror or str(error))) from None


class _Group(click.Group):
    """Subcommands that end without a traceback at an interrupt, a closed pipe or a full disk."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        with _exit_codes(), printing():  # making the context prints the help and the version
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> object:
        with _exit_codes():
            return super().invoke(ctx)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="eventschema", message="%(prog)s %(version)s")
def app() -> None:
    """Infer and check the schemas of tracked events.

    Exit codes: 0, success; 1, events were rejected (check; infer, track and load with --strict); 2, wrong usage, or a
    file that could not be read.
    """


for command in (infer, check, profile, track, classify, export, load, serve):
    app.add_command(command)
