"""``eventschema classify``: print the type of texts, and why they do not have another type."""

from typing import Any

import click
from rich.table import Table
from rich.text import Text

from eventschema.cli.grouping import READING, RESULTS, Command, option
from eventschema.cli.options import format_option
from eventschema.cli.output import printable, show, show_json
from eventschema.cli.ruleoptions import type_rules_options
from eventschema.core.explain import Explanation, explain
from eventschema.core.pointers import encodable
from eventschema.core.rules import Rules
from eventschema.stream.reading.decoding import NotJSONError, decode_value


@click.command(cls=Command, example="eventschema classify --explain 2026-02-30 12.5 ann@example.com")
@click.argument("texts", metavar="TEXT...", nargs=-1, required=True)
@option(RESULTS, "--explain", "explains", is_flag=True, help="Say why each TEXT does not have the other types.")
@option(
    READING,
    "--json",
    "as_json",
    is_flag=True,
    help="Read each TEXT as a JSON value, such as 10.0, true, or a text in quotes.",
)
@format_option
@type_rules_options
def classify(texts: tuple[str, ...], explains: bool, as_json: bool, form: str, rules: Rules) -> None:
    """Print the type that is detected for each TEXT. Put -- before a TEXT that starts with -."""
    explained = [(text, explain(_value(text) if as_json else text, rules)) for text in texts]
    if form == "json":
        show_json([_document(text, explanation, explains=explains) for text, explanation in explained])
    else:
        show(_table(explained, explains=explains))


def _value(text: str) -> Any:
    try:
        return decode_value(text.encode("utf-8", "surrogateescape"))
    except NotJSONError as error:
        raise click.UsageError(f"{printable(text)}: expected a JSON value, found {error}.") from None


def _document(text: str, explanation: Explanation, *, explains: bool) -> dict[str, Any]:
    document: dict[str, Any] = {
        "text": encodable(text),
        "type": explanation.type,
        "error": explanation.error and explanation.error.to_dict(),
    }
    if explains:
        document["whyNot"] = {str(type_): sentence for type_, sentence in explanation.why_not.items()}
        document["takes"] = sorted(explanation.takes)
    return document


def _table(explained: list[tuple[str, Explanation]], *, explains: bool) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for text, explanation in explained:
        if explanation.error is not None:
            table.add_row(Text("error", "bold red"), printable(text))
            table.add_row("", explanation.error.message)
        else:
            table.add_row(Text(str(explanation.type), "bold"), Text(printable(text)))
        if explains:
            for type_, sentence in explanation.why_not.items():
                also = " A property of this type accepts it." if type_ in explanation.takes else ""
                table.add_row(f"  not {type_}", sentence + also)
    return table
