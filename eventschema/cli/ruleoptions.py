"""The options that set the fields of ``Rules``: one table, and decorators that give them to a command."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Final, NamedTuple, get_args

import click

from eventschema.cli.grouping import RULES, Number, decorated, option
from eventschema.cli.output import printable
from eventschema.core.rules import DEFAULT_RULES, EmptyTexts, EventIds, Invalid, Nulls, Rules, UnknownFields
from eventschema.core.types import ALWAYS_DETECTED, PropertyType

_Command = Callable[..., Any]
_Decorator = Callable[[_Command], _Command]

_DETECTABLE: Final = tuple(type_.value for type_ in PropertyType if type_ not in ALWAYS_DETECTED)


class RuleOptions(NamedTuple):
    """The options that set one field of ``Rules``.

    ``options`` has the decorator of each option, by the name of its parameter. ``value`` makes the value of the field
    from the values of the options. ``in_events`` says whether the field matters for events without a contact,
    ``in_profile`` whether a profile depends on it, ``in_classify`` whether the type of a single value does.
    """

    options: Mapping[str, _Decorator]
    value: Callable[..., Any]
    in_events: bool = True
    in_profile: bool = True
    in_classify: bool = False


def _rule_option(flag: str, text: str, **attributes: Any) -> dict[str, _Decorator]:
    return {flag.removeprefix("--").replace("-", "_"): option(RULES, flag, help=text, **attributes)}


def _field_option(
    name: str, text: str, type_: click.ParamType[Any], *, rules: Rules = DEFAULT_RULES, **scope: bool
) -> RuleOptions:
    """Make the only option of the field ``name``. It has the field's name, its value, and its default in ``rules``."""
    default = getattr(rules, name)
    options = _rule_option(f"--{name.replace('_', '-')}", text, type=type_, default=default, show_default=True)
    return RuleOptions(options, lambda value: value, **scope)


def _limit(name: str, text: str, *, rules: Rules = DEFAULT_RULES, **scope: bool) -> RuleOptions:
    return _field_option(name, text, Number(min=0), rules=rules, **scope)


def _types(exact: bool) -> str:
    return "exact" if exact else "conform"


def _detect(words: tuple[str, ...], no_int: bool) -> frozenset[PropertyType]:
    if no_int and PropertyType.INT in words:
        raise click.UsageError("--no-int and --detect int contradict each other.")
    chosen = frozenset(map(PropertyType, words)) | ALWAYS_DETECTED if words else DEFAULT_RULES.detect
    return chosen - {PropertyType.INT} if no_int else chosen


def _url_schemes(schemes: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(_scheme, schemes)) or DEFAULT_RULES.url_schemes


def _scheme(text: str) -> str:
    """Return ``text`` if it is a URL scheme. Otherwise raise ``UsageError``; for ``https://`` it suggests https."""
    try:
        Rules(url_schemes=frozenset({text}))
    except ValueError:
        scheme = text.partition(":")[0]
        instead = scheme if scheme and scheme != text else "https"
        expected, found = f"the scheme alone, such as --url-scheme {printable(instead)}", printable(text) or "nothing"
        raise click.UsageError(f"--url-scheme: expected {expected}, found {found}.") from None
    return text


def _hint(text: str) -> tuple[str, str]:
    pattern, _, word = text.rpartition("=")
    try:
        Rules(hints=((pattern, PropertyType(word)),))
    except ValueError:
        expected = f"PATTERN=TYPE, such as 'utm_*=string', with one of the types {', '.join(PropertyType)}"
        raise click.UsageError(f"--hint: expected {expected}, found {printable(text) or 'nothing'}.") from None
    return pattern, word


#: The options of each field of ``Rules``, in the order of the help. Every field is here or in :data:`WITHOUT_OPTION`.
RULE_OPTIONS: Final = {
    "types": RuleOptions(
        _rule_option("--exact", "Accept a value only if its detected type is the type of its property.", is_flag=True),
        _types,
    ),
    "nulls": _field_option(
        "nulls",
        "ignore: null means that the property is absent; reject: null is an error.",
        click.Choice(get_args(Nulls)),
    ),
    "empty_texts": _field_option(
        "empty_texts",
        'keep: the text "" is a value; ignore: it means that the property is absent.',
        click.Choice(get_args(EmptyTexts)),
    ),
    "invalid": _field_option(
        "invalid",
        "reject: an invalid property rejects its event; drop: the event is accepted without it.",
        click.Choice(get_args(Invalid)),
    ),
    "hints": RuleOptions(
        _rule_option(
            "--hint",
            "Give new properties the type TYPE if PATTERN matches their name; * stands for any characters, ? for one. "
            "Repeat for more; the first match decides.",
            metavar="PATTERN=TYPE",
            multiple=True,
        ),
        lambda hints: tuple(map(_hint, hints)),
    ),
    "detect": RuleOptions(
        _rule_option(
            "--detect",
            "Detect this type besides bool, float and string. Repeat for more types.  [default: all]",
            multiple=True,
            type=click.Choice(_DETECTABLE),
        )
        | _rule_option("--no-int", "Detect whole numbers as float, for senders that write 10.0 as 10.", is_flag=True),
        _detect,
        in_classify=True,
    ),
    "url_schemes": RuleOptions(
        _rule_option(
            "--url-scheme",
            "Accept this scheme in a url. Repeat for more schemes.  "
            f"[default: {', '.join(sorted(DEFAULT_RULES.url_schemes))}]",
            metavar="SCHEME",
            multiple=True,
        ),
        _url_schemes,
        in_classify=True,
    ),
    "max_properties": _limit("max_properties", "Maximum number of properties in an event."),
    "max_name_length": _limit("max_name_length", "Maximum length of a property name, in characters."),
    "max_string_length": _limit(
        "max_string_length", "Maximum length of a text value, in characters.", in_classify=True
    ),
    "float_digits": _limit("float_digits", "Number of decimals to keep of a float."),
    "max_schema_properties": _limit(
        "max_schema_properties", "Maximum number of properties in a schema. Without it, any number.", in_profile=False
    ),
    "max_event_name_length": _limit("max_event_name_length", "Maximum length of an event name, in characters."),
    "event_ids": _field_option(
        "event_ids",
        "uuid: an eventID is a UUID; text: it is any text of 1 to 255 characters.",
        click.Choice(get_args(EventIds)),
        in_events=False,
    ),
    "unknown_fields": _field_option(
        "unknown_fields",
        "reject: an unknown field of a track request is an error; ignore: it is lost.",
        click.Choice(get_args(UnknownFields)),
        in_events=False,
    ),
}

#: The rules of a service by default.
SERVICE_RULES: Final = Rules(max_schema_properties=1000)

_SERVICE_LIMIT: Final = _limit(
    "max_schema_properties", "Maximum number of properties that a schema grows to.", rules=SERVICE_RULES
)

#: The fields of ``Rules`` that no rule option sets: ``new_properties`` is set by ``check``, which has ``--allow-new``.
WITHOUT_OPTION: Final = frozenset({"new_properties"})

_IN_EVENTS: Final = tuple(name for name, field in RULE_OPTIONS.items() if field.in_events)
_IN_PROFILE: Final = tuple(name for name in _IN_EVENTS if RULE_OPTIONS[name].in_profile)
_IN_CLASSIFY: Final = tuple(name for name, field in RULE_OPTIONS.items() if field.in_classify)

#: The parameters of the rule options that a profile depends on.
PROFILE_PARAMETERS: Final = tuple(parameter for name in _IN_PROFILE for parameter in RULE_OPTIONS[name].options)


def rules_options(command: _Command) -> _Command:
    """Give ``command`` all rule options. It is called with the ``Rules`` that they make, as ``rules``."""
    return _with_rules(command, RULE_OPTIONS)


def service_rules_options(command: _Command) -> _Command:
    """As :func:`rules_options`, with the defaults :data:`SERVICE_RULES`, under which no sender can fill the memory."""
    return _with_rules(command, {**RULE_OPTIONS, "max_schema_properties": _SERVICE_LIMIT})


def event_rules_options(command: _Command) -> _Command:
    """As :func:`rules_options`, without the options for track requests."""
    return _with_rules(command, {name: RULE_OPTIONS[name] for name in _IN_EVENTS})


def profile_rules_options(command: _Command) -> _Command:
    """As :func:`rules_options`, with only the options that a profile depends on."""
    return _with_rules(command, {name: RULE_OPTIONS[name] for name in _IN_PROFILE})


def type_rules_options(command: _Command) -> _Command:
    """As :func:`rules_options`, with only the options that the type of a single value depends on."""
    return _with_rules(command, {name: RULE_OPTIONS[name] for name in _IN_CLASSIFY})


def _with_rules(command: _Command, fields: Mapping[str, RuleOptions]) -> _Command:
    @wraps(command)
    def with_rules(*args: Any, **options: Any) -> Any:
        given = {name: [options.pop(parameter) for parameter in field.options] for name, field in fields.items()}
        try:
            rules = Rules(**{name: field.value(*given[name]) for name, field in fields.items()})
        except ValueError as error:
            raise click.UsageError(str(error)) from None
        return command(*args, rules=rules, **options)

    return decorated(with_rules, [decorator for field in fields.values() for decorator in field.options.values()])
