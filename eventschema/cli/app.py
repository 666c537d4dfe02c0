"""The command's entrance: its subcommands, and how it ends where they do not end by themselves."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from eventschema.cli.check import check
from eventschema.cli.classify import classify
from eventschema.cli.infer import infer
from eventschema.cli.output import Failure, printing
from eventschema.cli.profile import profile
from eventschema.cli.serve import serve
from eventschema.cli.track import track
from eventschema.version import __version__

# What a shell reports for a process that such a signal ended: 128 and its number.
_INTERRUPTED = 128 + 2
_BROKEN_PIPE = 128 + 13


@contextmanager
def _ending_well() -> Iterator[None]:
    """What ends a command from outside ends it with an exit code, and a message where one helps."""
    try:
        yield
    except KeyboardInterrupt:
        raise click.exceptions.Exit(_INTERRUPTED) from None
    except BrokenPipeError:
        raise click.exceptions.Exit(_BROKEN_PIPE) from None
    except OSError as error:
        where = "" if error.filename is None else f"{click.format_filename(error.filename)}: "
        raise Failure(where + (error.strerror or str(error))) from None


class _Group(click.Group):
    """Subcommands that an interrupt, a reader that went away, or a full disk ends without a traceback."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        with _ending_well(), printing():  # which prints where it is the help or the version that is asked for
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> object:
        with _ending_well():
            return super().invoke(ctx)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="eventschema", message="%(prog)s %(version)s")
def app() -> None:
    """Schemas that tracked events make for themselves.

    Exit codes: 0, the job was done; 1, events were rejected (check, infer --strict, track --strict); 2, bad usage, or
    a file that could not be read.
    """


for command in (infer, check, profile, track, classify, serve):
    app.add_command(command)
