"""The options that several commands share. Those of ``Rules`` are in ``eventschema.cli.ruleoptions``."""

import os
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, NamedTuple, get_args

import click
from click.core import ParameterSource

from eventschema.cli.grouping import MAPPING, READING, RESULTS, SCHEMAS, Number, decorated, option
from eventschema.cli.output import printable
from eventschema.core.names import is_event_name
from eventschema.core.rules import Rules
from eventschema.stream.envelopes import DEFAULT_ENVELOPE, Envelope
from eventschema.stream.mapping import MAX_DEPTH, NO_MAPPING, Arrays, Mapping, Names, Separator
from eventschema.stream.reading import MAX_LINE_BYTES
from eventschema.stream.reading.texts import AUTO, CellTypes, InputFormat, InputOptions

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

_INPUT_OPTIONS: Final = [
    option(
        READING,
        "--input",
        "input_format",
        type=click.Choice(get_args(InputFormat)),
        default=AUTO.format,
        show_default=True,
        help="The format of the files. auto: their first bytes say which. CSV and TSV need a header.",
    ),
    option(
        READING,
        "--types",
        type=click.Choice(get_args(CellTypes)),
        default=AUTO.types,
        show_default=True,
        help="How the cells of CSV and TSV are read. json: JSON numbers, true and false as such, others as text; "
        "text: all as text.",
    ),
    option(
        READING,
        "--text-column",
        "text_columns",
        metavar="NAME",
        multiple=True,
        help="Read each cell of this column of CSV and TSV as text, such as ZIP codes. NAME is as in the header, or a "
        "pattern such as 'zip*'. Repeat for more columns.",
    ),
]

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
    option(
        READING,
        "--event-from-file",
        is_flag=True,
        help="Take the event name from the file name, up to its first dot. Lines without the key of the properties are "
        "the properties.",
    ),
    option(READING, "--flat", is_flag=True, help="Take all keys but those of the event name as properties."),
    option(
        READING, "--leave-out", metavar="KEY", multiple=True, help="With --flat, leave out this key. Repeat for more."
    ),
    option(
        READING,
        "--json-properties",
        is_flag=True,
        help="Take properties that are a text as JSON.",
    ),
    option(
        READING,
        "--only",
        metavar="KEY=TEXT",
        multiple=True,
        help="Read only lines with this text under this key, such as type=track in RudderStack's files; the others are "
        "counted. Repeat for more keys.",
    ),
    max_line_bytes_option,
]

_MAPPING_OPTIONS: Final = [
    option(
        MAPPING,
        "--flatten",
        is_flag=True,
        help="Make properties of the members of objects: a_b for b in a.",
    ),
    option(
        MAPPING,
        "--separator",
        type=click.Choice(get_args(Separator)),
        default=NO_MAPPING.separator,
        show_default=True,
        help="What joins the names that --flatten makes.",
    ),
    option(
        MAPPING,
        "--max-depth",
        type=Number(1, MAX_DEPTH),
        default=NO_MAPPING.max_depth,
        show_default=True,
        help="How many levels --flatten goes down. Deeper objects are rejected.",
    ),
    option(
        MAPPING,
        "--arrays",
        type=click.Choice(get_args(Arrays)),
        default=NO_MAPPING.arrays,
        show_default=True,
        help="What becomes of arrays. json: their JSON text; count: the number of items; join: their texts, joined by "
        "commas.",
    ),
    option(
        MAPPING,
        "--names",
        type=click.Choice(get_args(Names)),
        default=NO_MAPPING.names,
        show_default=True,
        help="What becomes of property names. lawful: other characters than letters, digits and _ are replaced; "
        "snake_case: also orderId becomes order_id.",
    ),
    option(MAPPING, "--drop-nulls", is_flag=True, help="Leave nulls out before properties are counted."),
]


class LineFormat(NamedTuple):
    """How files are read: where a line has its event, how many bytes it may have, and the format of the files."""

    envelope: Envelope
    max_line_bytes: int
    options: InputOptions = AUTO


def input_options(command: _Command) -> _Command:
    """Give ``command`` the options for the format of files. It is called with ``options``."""

    @wraps(command)
    def with_options(
        *args: Any, input_format: InputFormat, types: CellTypes, text_columns: tuple[str, ...], **others: Any
    ) -> Any:
        return command(*args, options=InputOptions(input_format, types, text_columns), **others)

    return decorated(with_options, _INPUT_OPTIONS)


def given(*names: str) -> list[str]:
    """Return the options with these parameter ``names`` that are on the command line, as the user writes them."""
    context = click.get_current_context()
    return [
        option.opts[-1]
        for option in context.command.params
        if option.name in names and context.get_parameter_source(option.name) is ParameterSource.COMMANDLINE
    ]


def line_format_options(command: _Command) -> _Command:
    """Give ``command`` the options for the format of a line and for nested properties. It gets a ``line_format``."""

    @wraps(command)
    def with_line_format(
        *args: Any,
        rules: Rules,
        event_key: str,
        properties_key: str,
        event: str | None,
        event_from_file: bool,
        flat: bool,
        leave_out: tuple[str, ...],
        json_properties: bool,
        only: tuple[str, ...],
        max_line_bytes: int,
        flatten: bool,
        drop_nulls: bool,
        options: InputOptions,
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
            expected = f"text of 1 to {limit} characters without control characters"
            raise click.UsageError(f"--event: expected {expected}, found another text.")
        _refuse_contradictions(flat=flat, event=event, event_from_file=event_from_file)
        choices = {name: others.pop(name) for name in ("separator", "max_depth", "arrays", "names")}
        mapping = Mapping(objects="flatten" if flatten else "refuse", nulls="drop" if drop_nulls else "keep", **choices)
        parts = tuple(event_key.split(","))
        envelope = Envelope(
            event_key=event_key,
            properties_key=properties_key,
            event=event,
            event_keys=parts if len(parts) > 1 else (),
            event_from_source=event_from_file,
            flat=flat,
            left_out=frozenset(leave_out),
            json_properties=json_properties,
            only=tuple(map(_key_and_text, only)),
            mapping=mapping,
        )
        return command(*args, rules=rules, line_format=LineFormat(envelope, max_line_bytes, options), **others)

    return input_options(decorated(with_line_format, [*_LINE_FORMAT_OPTIONS, *_MAPPING_OPTIONS]))


def _refuse_contradictions(*, flat: bool, event: str | None, event_from_file: bool) -> None:
    if event_from_file and (names := given("event", "event_key")):
        raise click.UsageError(f"{names[0]} and --event-from-file contradict each other: each gives the event name.")
    if flat and (names := given("event", "properties_key", "json_properties")):
        raise click.UsageError(f"{names[0]} and --flat contradict each other: each says where the properties are.")
    if given("leave_out") and not flat:
        raise click.UsageError("--leave-out needs --flat.")


def _key_and_text(condition: str) -> tuple[str, str]:
    key, equals, text = condition.partition("=")
    if not key or not equals:
        found = printable(condition) or "nothing"
        raise click.UsageError(f"--only: expected KEY=TEXT, such as type=track, found {found}.")
    return key, text


def _refuse_empty(option_: str, key: str, default: str) -> None:
    if not key:  # most likely from an unset shell variable
        advice = f"Leave the option out for {default}, or give --event NAME if each line is the properties."
        raise click.UsageError(f"{option_}: expected a key of the lines, found an empty text. {advice}")
