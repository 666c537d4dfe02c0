"""``eventschema serve``: the endpoint, on a store that lasts. It needs the extras ``sql`` and ``web`` besides."""

import hmac
import ipaddress
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import click

from eventschema.cli.grouping import SCHEMAS, Command, Number, option
from eventschema.cli.options import INPUT
from eventschema.cli.output import Failure, printable
from eventschema.cli.ruleoptions import rules_options
from eventschema.cli.schemafiles import load_schemas
from eventschema.core.documents import MAX_SHOWN
from eventschema.core.pointers import truncate
from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.core.violations import counted

if TYPE_CHECKING:
    from eventschema.store.sql import SQLStore
    from eventschema.web import Authorize

_B64TOKEN: Final = re.compile(r"[A-Za-z0-9\-._~+/]+=*")  # RFC 6750, section 2.1
_SERVICE: Final = "Service"  # the group of its own options
_EXTRAS: Final = "pip install 'eventschema[cli,sql,web]', and eventschema[postgres] for PostgreSQL"


@click.command(cls=Command, example="eventschema serve --db sqlite:///events.db --schema declared.json")
@option(
    _SERVICE,
    "--db",
    metavar="URL",
    envvar="EVENTSCHEMA_DB",
    show_envvar=True,
    default="sqlite:///events.db",
    show_default=True,
    help="The database: sqlite:///FILE, or postgresql://USER:PASSWORD@HOST/NAME. A password here shows in process "
    "listings; use EVENTSCHEMA_DB.",
)
@option(_SERVICE, "--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@option(
    _SERVICE,
    "--port",
    type=Number(0, 65535),
    default=8000,
    show_default=True,
    help="The port; 0 is any that is free.",
)
@option(
    _SERVICE,
    "--token",
    metavar="TOKEN",
    envvar="EVENTSCHEMA_TOKEN",
    show_envvar=True,
    help="The bearer token that requests must have. Without it, every request is allowed, and only this machine can "
    "connect.",
)
@option(
    _SERVICE,
    "--log-level",
    type=click.Choice(["warning", "info", "debug"]),
    default="warning",
    show_default=True,
    help="What to log to standard error: with warning, what fails; with info, also each request, by its method, path, "
    "status and time; with debug, also what the HTTP server does.",
)
@option(
    SCHEMAS,
    "--schema",
    "schemas",
    metavar="FILE",
    type=INPUT,
    multiple=True,
    help="Declare the schemas in FILE; repeat it for more files. Properties that the database lacks are added. A type "
    "other than that in the database is an error.",
)
@rules_options
def serve(
    db: str, host: str, port: int, token: str | None, log_level: str, schemas: tuple[str, ...], rules: Rules
) -> None:
    """Take in events over HTTP: POST /v4/track, GET /v4/schemas/NAME, /healthz, /openapi.json.

    It runs until Ctrl+C (SIGINT) or SIGTERM. Then it takes no new connections, and ends when the requests in flight are
    answered: after at most 60 seconds, or at a second Ctrl+C.

    Exit codes: 0, it was stopped, and had answered every request; 1, it was stopped before that; 2, bad usage, a
    database that does not answer, declared schemas that contradict it, or an address that cannot be listened on.
    """
    if token is None and not _is_loopback(host):
        raise click.UsageError("without --token, only 127.0.0.1 or another address of this machine can be listened on.")
    if token is not None and not _B64TOKEN.fullmatch(token):
        raise click.UsageError("--token: expected letters, digits and -._~+/, with = at the end (RFC 6750).")
    declared = load_schemas(schemas)
    try:
        from eventschema.cli.serving import run
        from eventschema.web import create_app

        store = _open(db)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        raise Failure(f"serve needs the package {package}, which is not installed: {_EXTRAS}.") from None
    try:
        _declare(store, declared)
        if token is None:
            click.echo("Warning: no --token given, so requests are not authenticated.", err=True)
        app = create_app(store, rules=rules, authorize=None if token is None else _only(token))
        unanswered = run(app, host, port, log_level)
    except SystemExit:  # with a code that depends on uvicorn's version; what is wrong it has said
        raise Failure(f"the service could not start on {host}, port {port}.") from None
    finally:
        store.close()
    if unanswered:
        click.echo(f"Stopped, with {counted(unanswered, 'request', 'requests')} not answered.", err=True)
        raise click.exceptions.Exit(1)
    click.echo("Stopped.", err=True)


def _open(db: str) -> "SQLStore":
    from sqlalchemy.exc import ArgumentError

    from eventschema.store.protocols import StoreError
    from eventschema.store.sql import SQLStore

    try:
        return SQLStore(db)
    except (ValueError, ArgumentError) as error:
        raise click.UsageError(f"--db: {error}") from None
    except StoreError as error:
        raise Failure(f"--db: {error}.") from None


def _declare(store: "SQLStore", schemas: Mapping[str, EventSchema]) -> None:
    """Declare ``schemas``, and tell what that changed. Ends the command where they contradict the store."""
    from eventschema.store import DeclarationError, StoreError, declare_schemas

    try:
        declared = declare_schemas(store, schemas, "serve --schema")
    except DeclarationError as error:
        advice = "declare the types in the database, or use other names"
        raise Failure(f"--schema: {printable(str(error))}. Stored types do not change: {advice}.") from None
    except StoreError as error:
        raise Failure(f"--db: {error}.") from None
    if new := sum(one.before is None for one in declared):
        click.echo(f"Declared {counted(new, 'new schema', 'new schemas')}.", err=True)
    for before, after in declared:
        if before and before is not after:
            added = counted(len(after.properties) - len(before.properties), "property", "properties")
            event = printable(truncate(after.name, MAX_SHOWN))
            click.echo(f"Added {added} to the schema of {event}, now of version {after.version}.", err=True)


def _only(token: str) -> "Authorize":
    """All scopes for ``token``, none for another. The comparison takes the same time wherever they differ."""
    from eventschema.web import READ, WRITE

    expected = token.encode()

    def authorize(given: str) -> frozenset[str] | None:
        return frozenset({READ, WRITE}) if hmac.compare_digest(given.encode(), expected) else None

    return authorize


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
