"""The options that several commands share, but for those of ``Rules``: see ``eventschema.cli.ruleoptions``."""

import os
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, NamedTuple

import click
from click.core import ParameterSource

from eventschema.cli.grouping import READING, RESULTS, SCHEMAS, Number, decorated, option
from eventschema.core.names import is_event_name
from eventschema.core.rules import Rules
from eventschema.stream.envelopes import DEFAULT_ENVELOPE, Envelope
from eventschema.stream.reading import MAX_LINE_BYTES

_Command = Callable[..., Any]


class _Output(click.Path):
    """The path of a file to write. ``-`` is refused: standard output has the report."""

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        if value == "-":
            self.fail("- is standard output, which has the report; write ./- for a file of that name.", param, ctx)
        return super().convert(value, param, ctx)


#: A file to read, ``-`` for standard input; a file to write.
INPUT: Final = click.Path(exists=True, dir_okay=False, readable=True, allow_dash=True)
OUTPUT: Final = _Output(dir_okay=False, writable=True)


def schema_option(text: str, *, required: bool = False) -> Callable[[_Command], _Command]:
    """Make the option ``--schema`` for schema files, with its help ``text``. The command is called with ``schemas``."""
    return option(
        SCHEMAS,
        "--schema",
        "schemas",
        metavar="FILE",
        type=INPUT,
        multiple=True,
        required=required,
        help=f"{text} Repeat for more files.",
    )


files_argument: Final = click.argument("files", metavar="FILE...", nargs=-1, required=True, type=INPUT)
output_option: Final = option(RESULTS, "-o", "--output", metavar="FILE", type=OUTPUT, help="Write the schemas to FILE.")
earlier_option: Final = schema_option("Start from the schemas in FILE.")
errors_option: Final = option(
    RESULTS,
    "--errors",
    metavar="FILE",
    type=OUTPUT,
    help="Write the location and errors of each rejected event to FILE, as JSON Lines.",
)
format_option: Final = option(
    RESULTS,
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="Print the report as tables, or as one JSON document.",
)
strict_option: Final = option(RESULTS, "--strict", is_flag=True, help="Exit with 1 if an event was rejected.")
max_line_bytes_option: Final = option(
    READING,
    "--max-line-bytes",
    type=Number(min=0),
    default=MAX_LINE_BYTES,
    show_default=True,
    help="Maximum length of a line, in bytes.",
)
jobs_option: Final = option(
    READING,
    "--jobs",
    type=Number(min=1),
    default=lambda: os.cpu_count() or 1,
    help="Number of processes that share the work.  [default: one for each processor]",
)

_LINE_FORMAT_OPTIONS: Final = [
    option(
        READING,
        "--event-key",
        default=DEFAULT_ENVELOPE.event_key,
        show_default=True,
        help="The key of the event name in a line; event in Segment's files.",
    ),
    option(
        READING,
        "--properties-key",
        default=DEFAULT_ENVELOPE.properties_key,
        show_default=True,
        help="The key of the properties in a line.",
    ),
    option(READING, "--event", metavar="NAME", help="Read each line as the properties of an event NAME."),
    max_line_bytes_option,
]


class LineFormat(NamedTuple):
    """What a line of a file looks like: the keys of the event's fields, and the most bytes that it may have."""

    envelope: Envelope
    max_line_bytes: int


def given(*names: str) -> list[str]:
    """Return the options with these parameter ``names`` that are on the command line, as the user writes them."""
    context = click.get_current_context()
    return [
        option.opts[-1]
        for option in context.command.params
        if option.name in names and context.get_parameter_source(option.name) is ParameterSource.COMMANDLINE
    ]


def line_format_options(command: _Command) -> _Command:
    """Give ``command`` the options for the format of a line. It is called with a ``line_format``."""

    @wraps(command)
    def with_line_format(
        *args: Any,
        rules: Rules,
        event_key: str,
        properties_key: str,
        event: str | None,
        max_line_bytes: int,
        **others: Any,
    ) -> Any:
        _refuse_empty("--event-key", event_key, DEFAULT_ENVELOPE.event_key)
        _refuse_empty("--properties-key", properties_key, DEFAULT_ENVELOPE.properties_key)
        if event is not None and (keys := given("event_key", "properties_key")):
            raise click.UsageError(
                f"{keys[0]} and --event contradict each other: with --event, a line is the properties."
            )
        if event is not None and not is_event_name(event, rules):
            limit = rules.max_event_name_length
            raise click.UsageError(f"--event: expected text of 1 to {limit} characters without control characters.")
        envelope = Envelope(event_key=event_key, properties_key=properties_key, event=event)
        return command(*args, rules=rules, line_format=LineFormat(envelope, max_line_bytes), **others)

    return decorated(with_line_format, _LINE_FORMAT_OPTIONS)


def _refuse_empty(option_: str, key: str, default: str) -> None:
    if not key:  # most likely from an unset shell variable
        advice = f"Leave the option out for {default}, or give --event NAME if each line is the properties."
        raise click.UsageError(f"{option_}: expected a key of the lines, found an empty text. {advice}")
