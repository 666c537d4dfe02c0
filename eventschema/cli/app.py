"""The command's entrance: its subcommands, and how it ends where they do not end by themselves."""

import click

from eventschema.cli.check import check
from eventschema.cli.classify import classify
from eventschema.cli.infer import infer
from eventschema.cli.output import Failure
from eventschema.cli.profile import profile
from eventschema.cli.serve import serve
from eventschema.cli.track import track
from eventschema.version import __version__

# What a shell reports for a process that such a signal ended: 128 and its number.
_INTERRUPTED = 128 + 2
_BROKEN_PIPE = 128 + 13


class _Group(click.Group):
    """Subcommands that an interrupt, a reader that went away, or a full disk ends without a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise click.exceptions.Exit(_INTERRUPTED) from None
        except BrokenPipeError:
            raise click.exceptions.Exit(_BROKEN_PIPE) from None
        except OSError as error:
            where = "" if error.filename is None else f"{click.format_filename(error.filename)}: "
            raise Failure(where + (error.strerror or str(error))) from None


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="eventschema", message="%(prog)s %(version)s")
def app() -> None:
    """Schemas that tracked events make for themselves.

    Exit codes: 0, the job was done; 1, events were rejected (check, infer --strict, track --strict); 2, bad usage, or
    a file that could not be read.
    """


for command in (infer, check, profile, track, classify, serve):
    app.add_command(command)
