"""Help that can be read: a command's options in groups, an example of its use, and summaries that are not cut."""

import re
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, Final

import click

from eventschema.cli.output import printable, printing

#: The groups of options that commands share. They stand in a command's help in the order of its options.
READING: Final = "Reading"
SCHEMAS: Final = "Schemas"
RESULTS: Final = "Output"
RULES: Final = "Rules"

_OTHER: Final = "Other options"  # --help, and what is in no group
_LAST: Final = {RULES: 1, _OTHER: 2}  # many, and those of every command: after the command's own
_SENTENCE: Final = re.compile(r".*?\.(?=\s|$)", re.DOTALL)

_Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class Number(click.IntRange):
    """A whole number between bounds. What is none is told what one is."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number that ``value`` is. Raises ``click.BadParameter``, which says what was expected."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            bounds = f"of at least {self.min}" if self.max is None else f"from {self.min} to {self.max}"
            self.fail(f"expected a whole number {bounds} in digits, found {printable(str(value))}.", param, ctx)


class _GroupedOption(click.Option):
    """An option that knows the heading under which the help has it."""

    def __init__(self, *args: Any, group: str, **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.group = group


def option(group: str, *names: str, **attributes: Any) -> _Decorator:
    """As ``click.option``, for an option that the help of a :class:`Command` has under the heading ``group``."""
    return click.option(*names, cls=_GroupedOption, group=group, **attributes)


def decorated(command: Callable[..., Any], decorators: Sequence[_Decorator]) -> Callable[..., Any]:
    """Return ``command`` with ``decorators`` applied, so that the first is the outermost, as if written above it."""
    return reduce(lambda inner, decorator: decorator(inner), reversed(decorators), command)


class Command(click.Command):
    """A command whose help has its options in groups, and ends with an ``example`` of its use.

    The first sentence of its help is its summary among the other commands, and is never cut. An argument that is taken
    for an option although it starts with ``-`` and a digit is told how to be given.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As ``click.Command`` does it, but for what it says of a number below 0."""
        given_args = tuple(args)  # which the parser takes from
        try:
            with printing():  # the help
                return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if not error.option_name[1:2].isdigit():
                raise
            given = next((arg for arg in given_args if arg.startswith(error.option_name)), error.option_name)
            text = (
                f"{printable(given)} is taken for an option: put -- before it, {ctx.command_path} -- {printable(given)}"
            )
            raise click.UsageError(text, ctx) from None

    def __init__(self, *args: Any, example: str, **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.example = example

    def get_short_help_str(self, limit: int = 0) -> str:
        """The first sentence of the help, whole, whatever the ``limit`` of a line is: the list of commands folds it."""
        sentence = _SENTENCE.match(self.help or "")
        return " ".join(sentence[0].split()) if sentence else ""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options under the headings of their groups, as the groups first occur; :data:`RULES` after them."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                group = parameter.group if isinstance(parameter, _GroupedOption) else _OTHER
                groups.setdefault(group, []).append(record)
        for group in sorted(groups, key=lambda group: _LAST.get(group, 0)):
            with formatter.section(group):
                formatter.write_dl(groups[group])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example, on a line of its own that is not folded."""
        super().format_epilog(ctx, formatter)
        formatter.write(f"\nExample:\n  {self.example}\n")
