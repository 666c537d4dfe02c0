"""``eventschema serve``: the endpoint with a database. Needs the extras ``sql`` and ``web`` too."""

import os
from collections.abc import Callable, Mapping
from threading import Thread
from typing import TYPE_CHECKING, Final

import click

from eventschema.cli.databases import (
    db_option,
    db_timeout_option,
    declared_only_option,
    max_event_names_option,
    open_store,
)
from eventschema.cli.grouping import Command, Number, option
from eventschema.cli.options import schema_option
from eventschema.cli.output import Failure, printable, say
from eventschema.cli.rejected import Rejected, rejected_options
from eventschema.cli.ruleoptions import service_rules_options
from eventschema.cli.schemafiles import load_schemas
from eventschema.cli.tokens import Tokens, tokens_options
from eventschema.core.documents import MAX_SHOWN
from eventschema.core.pointers import truncate
from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.core.violations import counted

if TYPE_CHECKING:
    from eventschema.store.sql import SQLStore

_SERVICE: Final = "Service"  # the group of its own options
_LAST_CALLS: Final = 2.0  # seconds for calls to the database, after their own time limit or the last answer
_EXTRAS: Final = "pip install 'eventschema[cli,sql,web]', and eventschema[postgres] for PostgreSQL"


@click.command(cls=Command, example="eventschema serve --db sqlite:///events.db --schema declared.json")
@db_option(_SERVICE)
@db_timeout_option(_SERVICE, 10.0, "Maximum time that a request takes in the database. After it the answer is 503.")
@option(
    _SERVICE,
    "--db-max-waiting",
    type=Number(min=0),
    default=1000,
    show_default=True,
    help="Maximum number of requests that wait to write to the database, and of those that wait to read. Further "
    "requests are answered with 503 at once.",
)
@option(
    _SERVICE,
    "--max-connections",
    type=Number(min=1),
    default=1000,
    show_default=True,
    help="Maximum number of connections at a time. Further ones are answered with 503 and closed.",
)
@option(
    _SERVICE,
    "--client-timeout",
    metavar="SECONDS",
    type=click.FloatRange(0, 86_400, min_open=True),
    default=10.0,
    show_default=True,
    help="Maximum time that a client may take to send the headers of a request, or may stop reading a response. "
    "After it the connection is closed.",
)
@option(
    _SERVICE,
    "--stop-timeout",
    metavar="SECONDS",
    type=click.FloatRange(0, 86_400),
    default=10.0,
    show_default=True,
    help="Maximum time to answer the requests in flight after a signal to stop.",
)
@max_event_names_option(_SERVICE)
@declared_only_option(_SERVICE)
@option(_SERVICE, "--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@option(
    _SERVICE,
    "--port",
    type=Number(0, 65535),
    default=8000,
    show_default=True,
    help="The port to listen on; 0 for any free port.",
)
@tokens_options(_SERVICE)
@option(
    _SERVICE,
    "--log-level",
    type=click.Choice(["warning", "info", "debug"]),
    default="warning",
    show_default=True,
    help="What to log to standard error. warning: failures; info: also the method, path, status and time of each "
    "request; debug: also what the HTTP server does.",
)
@rejected_options
@schema_option(
    "Declare the schemas in FILE. Properties that the database lacks are added. A type that differs from the stored "
    "one is an error."
)
@service_rules_options
def serve(
    db: str,
    db_timeout: float,
    db_max_waiting: int,
    max_connections: int,
    client_timeout: float,
    stop_timeout: float,
    max_event_names: int,
    declared_only: bool,
    host: str,
    port: int,
    tokens: Tokens,
    log_level: str,
    rejected: Rejected,
    schemas: tuple[str, ...],
    rules: Rules,
) -> None:
    """Accept events over HTTP, one by one and in batches.

    POST /v4/track, /v4/track/batch; GET /v4/schemas, /v4/schemas/NAME, /v4/schemas/NAME/history,
    /v4/schemas/NAME/last-seen, /healthz, /readyz, /openapi.json; PUT and PATCH /v4/schemas/NAME.

    The service runs until Ctrl+C (SIGINT) or SIGTERM. Then it accepts no new connections, and answers the requests in
    flight: for at most the --stop-timeout, or until a second signal.

    Exit codes: 0, it was stopped; 1, a second signal stopped it before all requests were answered; 2, wrong usage, a
    database that does not answer, declared schemas that contradict it, or an address that it cannot listen on.
    """
    tokens.check(host)
    declared = load_schemas(schemas)
    try:
        from eventschema.cli.connections import Limits
        from eventschema.cli.serving import serve_app
        from eventschema.store import AsyncSchemaRegistry, ThreadedStore
        from eventschema.web import create_app

        store = open_store(db, db_timeout)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        raise Failure(f"serve needs the package {package}, which is not installed: {_EXTRAS}.") from None
    try:
        _declare(store, declared)
        if not tokens.are_given:
            say("Warning: no --token given, so requests are not authenticated.")
        threaded = ThreadedStore(store, max_waiting=db_max_waiting)
        registry = AsyncSchemaRegistry(
            threaded,
            rules,
            max_event_names=max_event_names,
            declared_only=declared_only,
            max_waiting=db_max_waiting,
        )
        limits = Limits(_allowed_connections(max_connections), client_timeout)
        with rejected.opened() as folder:
            store_timeout = db_timeout + _LAST_CALLS
            app = create_app(
                registry,
                authorize=tokens.authorize(),
                identify=tokens.identify(),
                store_timeout=store_timeout,
                rejected=folder,
            )
            end = serve_app(app, host, port, log_level, limits, stop_timeout)
        is_idle = _ends_within(0 if end.is_forced else _LAST_CALLS, threaded.close)
    except SystemExit:  # uvicorn has logged the reason; its exit code depends on its version
        raise Failure(f"the service could not start on {host}, port {port}.") from None
    finally:
        store.close()
    _finish(end.unanswered, 1 if end.is_forced and end.unanswered else 0, is_idle=is_idle)


def _declare(store: "SQLStore", schemas: Mapping[str, EventSchema]) -> None:
    """Declare ``schemas``, and print what that changed. Ends the command if they contradict the store."""
    from eventschema.store import DeclarationError, StoreError, declare_schemas

    try:
        declared = declare_schemas(store, schemas, "serve --schema")
    except DeclarationError as error:
        advice = "Declare the types in the database, use other names, or change its types with eventschema retype"
        raise Failure(f"--schema: {printable(str(error))}. {advice}.") from None
    except StoreError as error:
        raise Failure(f"--db: {error}.") from None
    if new := sum(one.before is None for one in declared):
        say(f"Declared {counted(new, 'new schema', 'new schemas')}.")
    for before, after in declared:
        if before and before is not after:
            count = len(after.properties) - len(before.properties)
            event = printable(truncate(after.name, MAX_SHOWN))
            added = f"Added {counted(count, 'property', 'properties')} to" if count else "Froze"
            say(f"{added} the schema of {event}, now of version {after.version}.")


def _allowed_connections(wanted: int) -> int:
    """Return how many connections the process may have of those ``wanted``; if fewer, print why."""
    from eventschema.cli.connections import allow_connections

    allowed = allow_connections(wanted)
    if not allowed:
        raise Failure("the process may open too few files to serve any connection: see ulimit -n.")
    if allowed < wanted:
        connections = counted(allowed, "connection", "connections")
        say(f"At most {connections}, since the process may not open more files (ulimit -n).")
    return allowed


def _ends_within(seconds: float, call: Callable[[], None]) -> bool:
    """Make a ``call`` that may wait for others. Returns whether it has ended in time."""
    thread = Thread(target=call, daemon=True)
    thread.start()
    thread.join(seconds)
    return not thread.is_alive()


def _finish(unanswered: int, code: int, *, is_idle: bool) -> None:
    """Print how the service was stopped, and end the command with ``code``.

    Where calls to the database still run, the process ends without them: a database that does not answer must not keep
    it alive. What they write is not committed.
    """
    requests = counted(unanswered, "request", "requests")
    say(f"Stopped, with {requests} not answered." if unanswered else "Stopped.")
    if not is_idle:
        os._exit(code)
    raise click.exceptions.Exit(code)
