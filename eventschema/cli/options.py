"""The options that commands share, each group of them read into the one value that it stands for."""

import os
from collections.abc import Callable, Sequence
from functools import reduce, wraps
from typing import Any, Final, NamedTuple

import click
from click.core import ParameterSource

from eventschema.cli.grouping import READING, RESULTS, RULES, SCHEMAS, Number, option
from eventschema.cli.output import Failure, printable
from eventschema.core.documents import MAX_SHOWN
from eventschema.core.names import is_event_name
from eventschema.core.pointers import truncate
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.schema import EventSchema
from eventschema.core.schemafile import loads_schemas
from eventschema.core.types import PropertyType
from eventschema.stream.envelopes import DEFAULT_ENVELOPE, Envelope
from eventschema.stream.reading import MAX_LINE_BYTES

_Command = Callable[..., Any]

_LIMITS: Final = {
    "max_properties": "Properties that one event may have.",
    "max_name_length": "Characters of a property name.",
    "max_string_length": "Characters of a text value.",
    "float_digits": "Decimals kept of a float.",
    "max_schema_properties": "Properties that one schema may grow to; without it, any number.",
    "max_event_name_length": "Characters of an event name.",
}
_ALWAYS_DETECTED: Final = frozenset({PropertyType.BOOL, PropertyType.FLOAT, PropertyType.STRING})
_DETECTABLE: Final = tuple(type_.value for type_ in PropertyType if type_ not in _ALWAYS_DETECTED)

_SCHEMES: Final = ", ".join(sorted(DEFAULT_RULES.url_schemes))

_RULES_OPTIONS: Final = {
    "exact": option(RULES, "--exact", is_flag=True, help="A value must be of exactly the type that its property has."),
    "nulls": option(
        RULES,
        "--nulls",
        type=click.Choice(["ignore", "reject"]),
        default=DEFAULT_RULES.nulls,
        show_default=True,
        help="Whether null is an absent property, or a fault.",
    ),
    "detect": option(
        RULES,
        "--detect",
        multiple=True,
        type=click.Choice(_DETECTABLE),
        help="A type to detect beside bool, float and string; repeat it for more. Without it, all are detected.",
    ),
    "no_int": option(
        RULES, "--no-int", is_flag=True, help="Detect whole numbers as float, since the senders write 10.0 as 10."
    ),
    "url_scheme": option(
        RULES,
        "--url-scheme",
        multiple=True,
        help=f"A scheme that a url may have; repeat it for more.  [default: {_SCHEMES}]",
    ),
    **{
        name: option(
            RULES,
            f"--{name.replace('_', '-')}",
            type=Number(min=0),
            default=getattr(DEFAULT_RULES, name),
            show_default=True,
            help=text,
        )
        for name, text in _LIMITS.items()
    },
}
_OF_A_PROFILE: Final = tuple(name for name in _RULES_OPTIONS if name != "max_schema_properties")
#: The names of the options that say how files are read, and what their values are taken for.
COUNTING: Final = (*_OF_A_PROFILE, "event_key", "properties_key", "event", "max_line_bytes")
_OF_A_TYPE: Final = ("detect", "no_int", "url_scheme", "max_string_length")


class _Output(click.Path):
    """A file to write. Never ``-``: standard output has the report, and a file of that name would be a surprise."""

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        if value == "-":
            self.fail("- is standard output, which has the report; a file of that name is ./-.", param, ctx)
        return super().convert(value, param, ctx)


#: A file to read, ``-`` for standard input; a file to write.
INPUT: Final = click.Path(exists=True, dir_okay=False, readable=True, allow_dash=True)
OUTPUT: Final = _Output(dir_okay=False, writable=True)

files_argument: Final = click.argument("files", metavar="FILE...", nargs=-1, required=True, type=INPUT)
output_option: Final = option(RESULTS, "-o", "--output", metavar="FILE", type=OUTPUT, help="Write the schemas to FILE.")
earlier_option: Final = option(
    SCHEMAS,
    "--schema",
    "schemas",
    metavar="FILE",
    type=INPUT,
    multiple=True,
    help="Start from the schemas in FILE: declared or earlier ones. Repeat it for more files.",
)
errors_option: Final = option(
    RESULTS,
    "--errors",
    metavar="FILE",
    type=OUTPUT,
    help="Write the place and the errors of every rejected event to FILE, as JSON lines.",
)
format_option: Final = option(
    RESULTS,
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="How the report is printed: as tables, or as one JSON document.",
)
strict_option: Final = option(RESULTS, "--strict", is_flag=True, help="Exit with 1 if an event was rejected.")
max_line_bytes_option: Final = option(
    READING,
    "--max-line-bytes",
    type=Number(min=0),
    default=MAX_LINE_BYTES,
    show_default=True,
    help="Bytes that a line may have.",
)

_LINE_FORMAT_OPTIONS: Final = [
    option(
        READING,
        "--event-key",
        default=DEFAULT_ENVELOPE.event_key,
        show_default=True,
        help="The key of the event's name in a line; Segment's files have event.",
    ),
    option(
        READING,
        "--properties-key",
        default=DEFAULT_ENVELOPE.properties_key,
        show_default=True,
        help="The key of the event's properties in a line.",
    ),
    option(
        READING, "--event", metavar="NAME", help="Each line is the properties alone, and NAME the event of them all."
    ),
    max_line_bytes_option,
]


class LineFormat(NamedTuple):
    """How files are read: where the event stands in a line, and how long a line may be."""

    envelope: Envelope
    max_line_bytes: int


def rules_options(command: _Command) -> _Command:
    """Give ``command`` the options of ``Rules``, and the rules that they make as ``rules``."""
    return _with_rules(command, tuple(_RULES_OPTIONS))


def profile_rules_options(command: _Command) -> _Command:
    """As :func:`rules_options`, but only the options that have a say in what is counted and recommended."""
    return _with_rules(command, _OF_A_PROFILE)


def type_rules_options(command: _Command) -> _Command:
    """As :func:`rules_options`, but only the options that have a say in the type that a single value is given."""
    return _with_rules(command, _OF_A_TYPE)


def _with_rules(command: _Command, names: tuple[str, ...]) -> _Command:
    @wraps(command)
    def with_rules(*args: Any, **options: Any) -> Any:
        chosen = {name: options.pop(name) for name in names}
        try:
            rules = _rules(**chosen)
        except ValueError as error:
            raise click.UsageError(str(error)) from None
        return command(*args, rules=rules, **options)

    return _decorated(with_rules, [_RULES_OPTIONS[name] for name in names])


def _rules(
    *,
    detect: tuple[str, ...],
    no_int: bool,
    url_scheme: tuple[str, ...],
    exact: bool = False,
    **others: Any,
) -> Rules:
    return Rules(
        **others,
        types="exact" if exact else "conform",
        detect=_detected(detect, no_int=no_int),
        url_schemes=frozenset(map(_scheme, url_scheme)) or DEFAULT_RULES.url_schemes,
    )


def _scheme(text: str) -> str:
    """A scheme of ``--url-scheme``. Bad usage where it is none; ``https://`` and the like are told what to give."""
    try:
        Rules(url_schemes=frozenset({text}))
    except ValueError:
        scheme = text.partition(":")[0]
        instead = scheme if scheme and scheme != text else "https"
        expected, found = f"the scheme alone, such as --url-scheme {printable(instead)}", printable(text) or "nothing"
        raise click.UsageError(f"--url-scheme: expected {expected}, found {found}.") from None
    return text


def _detected(words: tuple[str, ...], *, no_int: bool) -> frozenset[PropertyType]:
    if no_int and PropertyType.INT in words:
        raise click.UsageError("--no-int and --detect int contradict each other.")
    chosen = frozenset(map(PropertyType, words)) | _ALWAYS_DETECTED if words else DEFAULT_RULES.detect
    return chosen - {PropertyType.INT} if no_int else chosen


def given(*names: str) -> list[str]:
    """Those of the options with these ``names`` that the command was given, as they are written."""
    context = click.get_current_context()
    return [
        option.opts[-1]
        for option in context.command.params
        if option.name in names and context.get_parameter_source(option.name) is ParameterSource.COMMANDLINE
    ]


def line_format_options(command: _Command) -> _Command:
    """Give ``command`` the options that say what a line looks like, and what they say as ``line_format``."""

    @wraps(command)
    def with_line_format(
        *args: Any,
        rules: Rules,
        event_key: str,
        properties_key: str,
        event: str | None,
        max_line_bytes: int,
        **rest: Any,
    ) -> Any:
        _refuse_empty("--event-key", event_key, DEFAULT_ENVELOPE.event_key)
        _refuse_empty("--properties-key", properties_key, DEFAULT_ENVELOPE.properties_key)
        if event is not None and (keys := given("event_key", "properties_key")):
            raise click.UsageError(f"{keys[0]}: with --event, a line is the properties alone, and has no such key.")
        if event is not None and not is_event_name(event, rules):
            limit = rules.max_event_name_length
            raise click.UsageError(f"--event: expected text of 1 to {limit} characters without control characters.")
        envelope = Envelope(event_key=event_key, properties_key=properties_key, event=event)
        return command(*args, rules=rules, line_format=LineFormat(envelope, max_line_bytes), **rest)

    return _decorated(with_line_format, _LINE_FORMAT_OPTIONS)


def _refuse_empty(option_: str, key: str, default: str) -> None:
    if not key:  # an unset variable of a shell, most likely
        way_out = f"Leave the option out for {default}, or give --event NAME if lines are the properties alone."
        raise click.UsageError(f"{option_}: expected a key of the lines, found an empty text. {way_out}")


def _decorated(command: _Command, options: list[_Command]) -> _Command:
    return reduce(lambda decorated, option: option(decorated), reversed(options), command)


def load_schemas(paths: Sequence[str]) -> dict[str, EventSchema]:
    """The schemas of the schema files at ``paths`` together, by name.

    A schema may stand in several files if it is the same in all of them. Ends the command where a file is no schema
    file, and where two files have different schemas of one event.
    """
    schemas: dict[str, EventSchema] = {}
    sources: dict[str, str] = {}
    for path in paths:
        for name, schema in _load_file(path).items():
            first = schemas.setdefault(name, schema)
            source = sources.setdefault(name, path)
            if first != schema:
                files = f"{click.format_filename(source)} and {click.format_filename(path)}"
                event = printable(truncate(name, MAX_SHOWN))
                raise Failure(f"{files} have different schemas of the event {event}: {_difference(first, schema)}.")
    return schemas


def _load_file(path: str) -> dict[str, EventSchema]:
    try:
        with click.open_file(path, "rb") as file:
            return loads_schemas(file.read())
    except ValueError as error:
        raise Failure(f"{click.format_filename(path)}: {error}") from None


def _difference(first: EventSchema, second: EventSchema) -> str:
    """What differs between two schemas of one name that are not equal: of several properties, the first by name."""
    in_first, in_second = _described(first), _described(second)
    name = min(name for name in in_first | in_second if in_first.get(name) != in_second.get(name))
    where = f"{in_first.get(name, 'absent')} in the first, {in_second.get(name, 'absent')} in the second"
    return f"{truncate(name, MAX_SHOWN)} is {where}"


def _described(schema: EventSchema) -> dict[str, str]:
    return {
        name: f"{type_} (since version {since})" if (since := schema.since(name)) else f"{type_} (declared)"
        for name, type_ in schema.properties.items()
    }
