"""The help of a command: its options in groups, an example, and a summary that is never cut."""

import re
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, Final

import click

from eventschema.cli.output import printable, printing

#: The groups of options that commands share. The help has them in the order of the options.
READING: Final = "Reading"
MAPPING: Final = "Nested and messy properties"
SCHEMAS: Final = "Schemas"
RESULTS: Final = "Output"
RULES: Final = "Rules"

_OTHER: Final = "Other options"  # --help, and options without a group
_LAST: Final = {RULES: 1, _OTHER: 2}  # the groups that follow the command's own options, in this order
_SENTENCE: Final = re.compile(r".*?\.(?=\s|$)", re.DOTALL)

_Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class Number(click.IntRange):
    """A whole number within bounds. The error for other values says what is expected."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return ``value`` as a number. Raises ``click.BadParameter`` with what was expected and found."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            bounds = f"of at least {self.min}" if self.max is None else f"from {self.min} to {self.max}"
            self.fail(f"expected a whole number {bounds} in digits, found {printable(str(value))}.", param, ctx)


class _GroupedOption(click.Option):
    """An option with the heading of its group in the help."""

    def __init__(self, *args: Any, group: str, **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.group = group


def option(group: str, *names: str, **attributes: Any) -> _Decorator:
    """Make an option as ``click.option`` does. The help of a :class:`Command` lists it under the heading ``group``."""
    return click.option(*names, cls=_GroupedOption, group=group, **attributes)


def decorated(command: Callable[..., Any], decorators: Sequence[_Decorator]) -> Callable[..., Any]:
    """Return ``command`` with ``decorators`` applied, so that the first is the outermost, as if written above it."""
    return reduce(lambda inner, decorator: decorator(inner), reversed(decorators), command)


class Command(click.Command):
    """A command whose help has its options in groups and ends with an ``example``.

    The first sentence of its help is its summary in the list of commands. The error for an argument such as ``-5``,
    which is read as an option, says how to write it.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse ``args`` as ``click.Command`` does, with a helpful error for a negative number."""
        given_args = tuple(args)  # the parser removes items of args
        try:
            with printing():  # parsing prints the help
                return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if not error.option_name[1:2].isdigit():
                raise
            given = next((arg for arg in given_args if arg.startswith(error.option_name)), error.option_name)
            text = (
                f"{printable(given)} is read as an option: put -- before it, {ctx.command_path} -- {printable(given)}"
            )
            raise click.UsageError(text, ctx) from None

    def __init__(self, *args: Any, example: str, **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.example = example

    def get_short_help_str(self, limit: int = 0) -> str:
        """Return the first sentence of the help, whatever the ``limit``: the list of commands folds it."""
        sentence = _SENTENCE.match(self.help or "")
        return " ".join(sentence[0].split()) if sentence else ""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options under the headings of their groups, in the order of the options, :data:`RULES` last."""
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
        """Write the example on a line of its own, which is not folded."""
        super().format_epilog(ctx, formatter)
        formatter.write(f"\nExample:\n  {self.example}\n")
