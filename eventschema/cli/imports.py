"""``eventschema import``: read schemas from documents, tables and files of other systems."""

import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from eventschema.cli.files import MAX_SCHEMA_FILE, Output, Outputs, read_document
from eventschema.cli.grouping import READING, SCHEMAS, Command, option
from eventschema.cli.options import INPUT, output_option
from eventschema.cli.output import Failure, printable, say, write
from eventschema.cli.running import refuse_overwriting
from eventschema.cli.schemafiles import combine_schemas
from eventschema.core.schemafile import dumps_schemas, parse_document
from eventschema.export.lazy import module_of_extra
from eventschema.extras import MissingExtraError
from eventschema.imports import Imported, from_event_metadata, from_json_schema, from_tracking_plan

if TYPE_CHECKING:
    from sqlalchemy import Engine

_CONNECT_SECONDS: Final = 30
_PACKAGE: Final = "eventschema.imports"


class _Job(NamedTuple):
    """The options of an import."""

    event: str | None
    db: str | None
    tables: tuple[str, ...]


def _document(path: str) -> Any:
    return parse_document(read_document(path, MAX_SCHEMA_FILE), "a document")


def _arrow(path: str, job: _Job) -> Imported:
    if path == "-":
        raise click.UsageError("--from arrow: a file is read, not standard input.")
    module = module_of_extra("arrow", _PACKAGE)
    found: Imported = module.from_arrow(module.read_arrow_schema(path), job.event)
    return found


class _Source(NamedTuple):
    """How a source is read, and the options that it has. ``read`` reads one file; ``None``: tables are read."""

    read: Callable[[str, _Job], Imported] | None
    options: frozenset[str] = frozenset()


_NAMED: Final = frozenset({"event"})

#: The function of each source.
_SOURCES: Final[Mapping[str, _Source]] = {
    "json-schema": _Source(lambda path, job: from_json_schema(_document(path), job.event), _NAMED),
    "segment": _Source(lambda path, _: from_tracking_plan(_document(path))),
    "omnisend": _Source(lambda path, _: from_event_metadata(_document(path))),
    "sql": _Source(None, frozenset({"event", "db", "table"})),
    "arrow": _Source(_arrow, _NAMED),
    "parquet": _Source(_arrow, _NAMED),
}


@click.command(
    "import", cls=Command, example="eventschema import --from json-schema order.schema.json -o declared.json"
)
@click.argument("files", metavar="FILE...", nargs=-1, type=INPUT)
@option(READING, "--from", "source", required=True, type=click.Choice(list(_SOURCES)), help="What to read.")
@option(
    READING,
    "--db",
    metavar="URL",
    envvar="EVENTSCHEMA_DB",
    show_envvar=True,
    help="The database of --from sql, such as sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME. A password here "
    "shows in process listings; use EVENTSCHEMA_DB.",
)
@option(READING, "--table", "tables", metavar="NAME", multiple=True, help="A table of --from sql. Repeat for more.")
@option(SCHEMAS, "--event", metavar="NAME", help="The name of the event, where the document has none or another one.")
@output_option
def import_(
    files: tuple[str, ...],
    source: str,
    db: str | None,
    tables: tuple[str, ...],
    event: str | None,
    output: str | None,
) -> None:
    """Read schemas from JSON Schema, tracking plans, event metadata, SQL tables, Arrow or Parquet.

    Prints a schema file, or writes it with -o. What cannot be imported is listed on standard error.
    """
    given = {"event": event is not None, "table": bool(tables)}
    _require_options(source, files, given)
    if event is not None and len(files or tables) > 1:
        raise click.UsageError("--event names one event: give one file or table.")
    refuse_overwriting(files, output)
    job = _Job(event, db, tables)
    read = _SOURCES[source].read
    found = list(_read_tables(job) if read is None else _read_files(files, job, read))
    schemas = combine_schemas((where, each.schemas) for where, each in found)
    for where, each in found:
        say(*(f"{where}: {omission.pointer or 'the root'}: {omission.sentence}" for omission in each.omissions))
    if not schemas:
        raise Failure("No schema of an event was found.")
    _write(dumps_schemas(schemas), output)


def _require_options(source: str, files: tuple[str, ...], given: Mapping[str, bool]) -> None:
    known = _SOURCES[source].options
    for name, is_given in given.items():
        if is_given and name not in known:
            raise click.UsageError(f"--from {source} has no option --{name}.")
    if "table" in known and (files or not given["table"]):
        raise click.UsageError(f"--from {source} reads tables: give --db URL and --table NAME, and no files.")
    if "table" not in known and not files:
        raise click.UsageError(f"--from {source} reads files: give at least one.")


def _read_files(
    files: tuple[str, ...], job: _Job, read: Callable[[str, _Job], Imported]
) -> Iterator[tuple[str, Imported]]:
    for path in files:
        shown = click.format_filename(path)
        try:
            yield shown, read(path, job)
        except MissingExtraError as error:
            raise Failure(str(error)) from None
        except ValueError as error:
            advice = " See --event." if job.event is None and "a name" in str(error) else ""
            raise Failure(f"{shown}: {error}{advice}") from None


def _read_tables(job: _Job) -> Iterator[tuple[str, Imported]]:
    if job.db is None:
        raise click.UsageError("--from sql: give --db URL.")
    try:
        module = module_of_extra("sql", _PACKAGE)
    except MissingExtraError as error:
        raise Failure(str(error)) from None
    with _opened(job.db) as engine:
        for table in job.tables:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a type that SQLAlchemy does not know is among the omissions
                found = module.from_sql_table(engine, table, job.event)
            yield "--db", found


@contextmanager
def _opened(db: str) -> "Iterator[Engine]":
    """Open the database. Ends the command if that fails, or if it cannot be read."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        engine = _engine(db)
        try:
            yield engine
        finally:
            engine.dispose()
    except ModuleNotFoundError as error:
        raise Failure(f"--db: the driver of the database is missing: {error}") from None
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).partition("\n")[0]
        raise Failure(f"--db: the database cannot be read: {printable(reason)}") from None
    except ValueError as error:
        raise Failure(f"--db: {error}") from None


def _engine(db: str) -> "Engine":
    from sqlalchemy import create_engine, make_url
    from sqlalchemy.exc import ArgumentError

    from eventschema.store.urls import parse_url

    kind = db.partition(":")[0].partition("+")[0]
    if kind not in {"sqlite", "postgresql", "postgres"}:
        try:
            return create_engine(make_url(db))
        except (ArgumentError, ValueError):  # not repeated: the text may be part of a password
            raise ValueError("expected the URL of a database that SQLAlchemy reads, found another text") from None
    url = parse_url(db)
    if kind == "sqlite":
        if not url.query and not os.path.exists(str(url.database)):
            raise ValueError("expected a SQLite file that exists, found none")
        return create_engine(url)
    return create_engine(url, connect_args={"connect_timeout": _CONNECT_SECONDS})


def _write(text: str, output: str | None) -> None:
    if output is None:
        write(text)
        return
    with Outputs(Output(output)) as outputs:
        (file,) = outputs.files
        assert file is not None  # it has a path
        file.write(text.encode())
        outputs.complete()
