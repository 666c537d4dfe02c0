"""The database of a command: its options, and how it is opened."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from eventschema.cli.grouping import Number, option
from eventschema.cli.output import Failure

if TYPE_CHECKING:
    from eventschema.store.sql import SQLStore

_Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def db_option(group: str) -> _Decorator:
    """Make the option ``--db``, listed under the heading ``group``."""
    return option(
        group,
        "--db",
        metavar="URL",
        envvar="EVENTSCHEMA_DB",
        show_envvar=True,
        default="sqlite:///events.db",
        show_default=True,
        help="The database: sqlite:///FILE, or postgresql://USER:PASSWORD@HOST/NAME. A password here shows in process "
        "listings; use EVENTSCHEMA_DB.",
    )


def db_timeout_option(group: str, seconds: float, text: str) -> _Decorator:
    """Make the option ``--db-timeout``, by default so many ``seconds``, with its help ``text``."""
    return option(
        group,
        "--db-timeout",
        metavar="SECONDS",
        type=click.FloatRange(0, 86_400, min_open=True),
        default=seconds,
        show_default=True,
        help=text,
    )


def max_event_names_option(group: str) -> _Decorator:
    """Make the option ``--max-event-names``, listed under the heading ``group``."""
    return option(
        group,
        "--max-event-names",
        type=Number(min=0),
        default=10_000,
        show_default=True,
        help="Maximum number of event names that have a schema. Events of further names are rejected.",
    )


def declared_only_option(group: str) -> _Decorator:
    """Make the option ``--declared-only``, listed under the heading ``group``."""
    return option(
        group,
        "--declared-only",
        is_flag=True,
        help="Reject events whose name has no schema. Only --schema, and PUT of a service, then make schemas.",
    )


def open_store(db: str, timeout: float, name: str = "--db") -> "SQLStore":
    """Open the database, which messages call ``name``. Ends the command if that fails."""
    from sqlalchemy.exc import ArgumentError

    from eventschema.store.protocols import StoreError
    from eventschema.store.sql import SQLStore

    try:
        return SQLStore(db, timeout=timeout)
    except (ValueError, ArgumentError) as error:
        raise click.UsageError(f"{name}: {error}") from None
    except StoreError as error:
        raise Failure(f"{name}: {error}.") from None


def open_existing_store(db: str, timeout: float, name: str = "--db") -> "SQLStore":
    """As :func:`open_store`, but a file of SQLite that does not exist is not made: it ends the command."""
    path = db.removeprefix("sqlite:///")
    if path not in {db, ""} and "?" not in path and not os.path.exists(path):
        raise Failure(f"{name}: {click.format_filename(path)}: there is no such file.")
    return open_store(db, timeout, name)


@contextmanager
def database_failures(name: str = "--db", advice: str = "") -> Iterator[None]:
    """End the command if the block raises what stores raise; if it can be tried again, with ``advice``."""
    from eventschema.store.protocols import StoreError, StoreUnavailableError

    try:
        yield
    except StoreUnavailableError as error:
        raise Failure(f"{name}: {error}.{advice}") from None
    except StoreError as error:
        raise Failure(f"{name}: {error}.") from None
