"""``eventschema export``: write schemas as other systems read them."""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

import click

from eventschema.cli.files import Output, Outputs
from eventschema.cli.grouping import RESULTS, SCHEMAS, Command, option
from eventschema.cli.options import INPUT
from eventschema.cli.output import Failure, printable, say, write
from eventschema.cli.ruleoptions import rules_options
from eventschema.cli.running import refuse_overwriting
from eventschema.cli.schemafiles import load_schemas
from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.export import (
    Remark,
    remarks,
    to_avro,
    to_bigquery,
    to_json_schema,
    to_request_schema,
    to_tracking_plan,
)
from eventschema.export.constraints import ProfileConstraints
from eventschema.export.lazy import module_of_extra
from eventschema.export.remarks import Schemas
from eventschema.export.targets import SQL_DIALECTS
from eventschema.extras import MissingExtraError

_MOST_NAMES: Final = 5  # in a remark


class _Job(NamedTuple):
    """The options of an export."""

    schemas: Schemas
    rules: Rules
    dialect: str | None
    typed: bool
    closed: bool
    request: bool
    constraints: str | None


def _json_schema(job: _Job) -> Any:
    make = to_request_schema if job.request else to_json_schema
    return make(job.schemas, job.closed, rules=job.rules, constraints=_constraints(job.constraints))


def _constraints(path: str | None) -> ProfileConstraints | None:
    """The constraints of the saved profile at ``path``."""
    if path is None:
        return None
    from eventschema.cli.savedprofiles import load_profile  # other exports need no profile

    return load_profile(path).constraints()


def _sql(job: _Job) -> str:
    text: str = module_of_extra("sql").to_sql(job.schemas, job.dialect, job.typed, rules=job.rules)
    return text


def _arrow(job: _Job) -> bytes:
    if not isinstance(job.schemas, EventSchema):
        raise click.UsageError("--to arrow: a file has one schema. Give --event NAME.")
    stream: bytes = module_of_extra("arrow").to_ipc(job.schemas)
    return stream


class _Target(NamedTuple):
    """How a target is made, and the options that it has besides the common ones."""

    make: Callable[[_Job], Any]
    options: frozenset[str] = frozenset()


#: The function of each target. It returns text, bytes, or a document to write as JSON.
_TARGETS: Final[Mapping[str, _Target]] = {
    "json-schema": _Target(_json_schema, frozenset({"closed", "request", "constraints"})),
    "sql": _Target(_sql, frozenset({"dialect", "typed"})),
    "arrow": _Target(_arrow),
    "bigquery": _Target(lambda job: to_bigquery(job.schemas, rules=job.rules)),
    "avro": _Target(lambda job: to_avro(job.schemas)),
    "segment": _Target(
        lambda job: to_tracking_plan(job.schemas, "segment", job.closed, rules=job.rules), frozenset({"closed"})
    ),
    "rudderstack": _Target(
        lambda job: to_tracking_plan(job.schemas, "rudderstack", job.closed, rules=job.rules), frozenset({"closed"})
    ),
}


@click.command(cls=Command, example="eventschema export --to sql --dialect postgresql schemas.json -o tables.sql")
@click.argument("files", metavar="SCHEMAS...", nargs=-1, required=True, type=INPUT)
@option(RESULTS, "--to", "target", required=True, type=click.Choice(list(_TARGETS)), help="What to write.")
@option(
    RESULTS,
    "-o",
    "--output",
    metavar="PATH",
    type=click.Path(writable=True),
    help="Write to the file PATH; for rudderstack, to files in the folder PATH.",
)
@option(RESULTS, "--dialect", type=click.Choice(SQL_DIALECTS), help="The dialect of --to sql.")
@option(RESULTS, "--typed", is_flag=True, help="In SQL, dateTimes are timestamps in UTC, not the texts as sent.")
@option(
    RESULTS, "--closed", is_flag=True, help="JSON Schema and tracking plans accept only the properties of the schemas."
)
@option(RESULTS, "--request", is_flag=True, help="JSON Schema of whole track requests, not of their properties.")
@option(
    RESULTS,
    "--constraints",
    metavar="FILE",
    type=INPUT,
    help="JSON Schema also has the limits that all events kept to whose counts profile --save wrote to FILE: required "
    "properties, closed sets of values, ranges of numbers, and lengths of texts.",
)
@option(SCHEMAS, "--event", metavar="NAME", help="Export only the schema of the event NAME.")
@rules_options
def export(
    files: tuple[str, ...],
    target: str,
    output: str | None,
    dialect: str | None,
    typed: bool,
    closed: bool,
    request: bool,
    constraints: str | None,
    event: str | None,
    rules: Rules,
) -> None:
    """Write schemas as other systems read them: JSON Schema, SQL, Arrow, BigQuery, Avro, or a tracking plan.

    SCHEMAS are schema files, as infer and profile write them. The comments and descriptions of a document say what it
    cannot express.
    """
    given = {"dialect": dialect, "typed": typed, "closed": closed, "request": request, "constraints": constraints}
    _require_options(target, given)
    output = None if output == "-" else output
    refuse_overwriting((*files, *([constraints] if constraints else [])), output)
    schemas = _chosen(load_schemas(files), event)
    job = _Job(schemas, rules, dialect, typed, closed, request, constraints)
    try:
        document = _TARGETS[target].make(job)
        notes = remarks(schemas, target, rules=rules) if target == "arrow" else ()
    except (ValueError, MissingExtraError) as error:
        raise Failure(str(error)) from None
    if target == "rudderstack" and output is not None:
        _write_folder(document, output)
    else:
        _write(document, output)
    _print_remarks(notes)


def _require_options(target: str, given: Mapping[str, object]) -> None:
    known = _TARGETS[target].options
    for name, value in given.items():
        if value and name not in known:
            raise click.UsageError(f"--to {target} has no option --{name}.")
    if "dialect" in known and not given["dialect"]:
        raise click.UsageError(f"--to {target}: give --dialect, one of {', '.join(SQL_DIALECTS)}.")


def _chosen(schemas: Mapping[str, EventSchema], event: str | None) -> Schemas:
    """The schema of ``event``, or that of a file of one; else all of them."""
    if event is None:
        listed = sorted(schemas.values(), key=lambda schema: schema.name)
        return listed[0] if len(listed) == 1 else listed
    if event not in schemas:
        raise click.UsageError(f"--event: the files have no schema of the event {printable(event)}.")
    return schemas[event]


def _text(document: Any) -> str:
    # ASCII, so that its bytes are the same in every encoding.
    return document if isinstance(document, str) else json.dumps(document, indent=2) + "\n"


def _write(document: Any, output: str | None) -> None:
    if output is None:
        if isinstance(document, bytes):
            raise click.UsageError("The document is binary: give -o FILE.")
        write(_text(document))
        return
    _write_files({output: document})


def _write_folder(documents: Mapping[str, Any], folder: str) -> None:
    os.makedirs(folder, exist_ok=True)
    # JSON is YAML.
    _write_files({os.path.join(folder, f"{name}.yaml"): document for name, document in documents.items()})


def _write_files(documents: Mapping[str, Any]) -> None:
    with Outputs(*map(Output, documents)) as outputs:
        for file, document in zip(outputs.files, documents.values(), strict=True):
            assert file is not None  # each has a path
            file.write(document if isinstance(document, bytes) else _text(document).encode())
        outputs.complete()


def _print_remarks(found: Iterable[Remark]) -> None:
    """Print each sentence once to standard error, with the first names that it is about."""
    by_sentence: dict[str, list[str]] = {}
    for remark in found:
        by_sentence.setdefault(remark.sentence, []).append(remark.property or remark.event)
    for sentence, names in by_sentence.items():
        more = f" and {len(names) - _MOST_NAMES:,} more" if len(names) > _MOST_NAMES else ""
        say(f"{', '.join(map(printable, names[:_MOST_NAMES]))}{more}: {sentence}")
