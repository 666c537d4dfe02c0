"""The command ``eventschema``: its subcommands, and its exit code when something outside ends it.

Exit code 1 says that events were rejected. Anything else that goes wrong gives 2, and a line that says what.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from traceback import extract_tb
from typing import Any, Final

import click
import msgspec  # noqa: F401  (every command needs it: eventschema.cli says so if it is missing here)

from eventschema.cli.files import SignalExit
from eventschema.cli.output import Failure, printing, say, say_error
from eventschema.version import __version__

#: The module and the function of each command.
_FUNCTIONS: Final = {
    "check": ("check", "check"),
    "classify": ("classify", "classify"),
    "convert": ("convert", "convert"),
    "diff": ("diff", "diff"),
    "export": ("export", "export"),
    "import": ("imports", "import_"),
    "infer": ("infer", "infer"),
    "load": ("load", "load"),
    "profile": ("profile", "profile"),
    "retype": ("retype", "retype"),
    "serve": ("serve", "serve"),
    "track": ("track", "track"),
}

_FAILED: Final = 2
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


class _Commands(Mapping[str, click.Command]):
    """The commands by name. Each is imported when it is asked for: importing all takes twice as long as one."""

    def __getitem__(self, name: str) -> click.Command:
        module, function = _FUNCTIONS[name]
        command: click.Command = getattr(import_module(f"eventschema.cli.{module}"), function)
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(_FUNCTIONS)

    def __len__(self) -> int:
        return len(_FUNCTIONS)


class _Group(click.Group):
    """Subcommands that end without a traceback, whatever happens."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the command and exit. All errors are printed here."""
        _keep_standard_streams()
        try:
            code = super().main(*args, **{**extra, "standalone_mode": False}) or 0
        except click.ClickException as error:
            say_error(error)
            code = error.exit_code
        except MemoryError:
            say("Error: memory ran out.")
            code = _FAILED
        except Exception as error:
            say(f"Error: {_unexpected(error)}")
            code = _FAILED
        sys.exit(code)

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        with _exit_codes(), printing():  # making the context prints the help and the version
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> object:
        with _exit_codes():
            return super().invoke(ctx)


def _keep_standard_streams() -> None:
    """Open what a shell has closed (``>&-``), so that no file that is opened later gets the number of such a stream."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free: this one


def _unexpected(error: Exception) -> str:
    """Describe an exception that no command expects: a worker that was killed, or a fault of ours with its place.

    Its own text is left out, since that may have values of events.
    """
    from eventschema.stream.workers import WorkerDiedError

    if isinstance(error, WorkerDiedError):
        return f"{error}. If memory ran out, --jobs 1 needs less."
    package = Path(__file__).parents[1]
    ours = [frame for frame in extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(package)]
    places = [f"{Path(ours[-1].filename).relative_to(package)}, line {ours[-1].lineno}"] if ours else []
    places += getattr(error, "__notes__", ())
    return f"this is a fault of eventschema, please report it: {type(error).__name__} in {'; '.join(places)}."


@click.group(cls=_Group, commands=_Commands(), context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="eventschema", message="%(prog)s %(version)s")
def app() -> None:
    """Infer and check the schemas of tracked events.

    Exit codes: 0, success; 1, events were rejected (check; infer, track, load and convert with --strict), a profile has
    drifted (profile --strict), a retype was refused, or schemas are not compatible (diff); 2, wrong usage, or a file
    that could not be read.
    """
