"""The URLs of databases: which databases, drivers and options a store takes. An error says what to write instead."""

from collections.abc import Collection, Iterable
from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

_DRIVERS: Final = {
    "sqlite": "sqlite+pysqlite",
    "sqlite+pysqlite": "sqlite+pysqlite",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",  # as Heroku and Render write it
}
#: The message for a SQLite database that ends with its connection.
IN_MEMORY: Final = "expected a SQLite file (sqlite:///events.db), found a database in memory: use MemoryStore for that"

_EXPECTED: Final = "expected sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"
_EXPECTED_POSTGRESQL: Final = "expected postgresql://USER:PASSWORD@HOST/NAME"
_IN_THREADS: Final = "In an asynchronous service, put the store into a ThreadedStore."

# uri, and the parameters of SQLite's URI file names (https://www.sqlite.org/uri.html, section 3.3).
_SQLITE_OPTIONS: Final = ("uri", "cache", "immutable", "mode", "modeof", "nolock", "psow", "vfs")
_MAX_PORT: Final = 65535
_REPEATABLE: Final = frozenset({"host", "port"})  # libpq tries the hosts one after the other


def parse_url(url: str) -> URL:
    """The database URL ``url`` with its driver, ``sqlite+pysqlite`` or ``postgresql+psycopg``.

    Raises ``ValueError`` for a URL that cannot be opened: one of another database or driver, or with options that the
    driver lacks; ``ModuleNotFoundError`` if psycopg is needed and not installed. No message repeats what may be part of
    a password. Only SQLite itself can tell for certain whether a database is in memory.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # ValueError: a port that is not a number; it may be part of a password
        raise ValueError(f"{_EXPECTED}, found another text") from None
    if parsed.drivername not in _DRIVERS:
        raise ValueError(_other_driver(parsed.drivername))
    parsed = parsed.set(drivername=_DRIVERS[parsed.drivername])
    if any("\0" in text for text in _texts(parsed)):  # it ends a string in C, which would cut off the rest
        raise ValueError(f"{_EXPECTED}, found one with a NUL character")
    if parsed.get_backend_name() == "sqlite":
        _check_sqlite(parsed)
    else:
        _check_postgresql(parsed)
    return parsed


def _other_driver(name: str) -> str:
    kind, _, driver = name.partition("+")
    if kind == "sqlite":
        return f"expected sqlite:///FILE, whose driver is pysqlite, found the driver {driver}. {_IN_THREADS}"
    if kind in {"postgres", "postgresql"}:
        return f"{_EXPECTED_POSTGRESQL}, whose driver is psycopg, found the driver {driver}. {_IN_THREADS}"
    return f"expected a database URL of sqlite or postgresql, found one of {kind}"


def _texts(url: URL) -> Iterable[str]:
    yield from (text for text in (url.username, url.password, url.host, url.database) if isinstance(text, str))
    for name, value in url.query.items():
        yield from (name, value) if isinstance(value, str) else (name, *value)


def _check_sqlite(url: URL) -> None:
    if url.username or url.password or url.host or url.port:
        raise ValueError("expected sqlite:///FILE with three slashes (four before an absolute path), found a host")
    if not url.database:
        raise ValueError(IN_MEMORY)
    _check_options(url, _SQLITE_OPTIONS, f"expected one of {', '.join(_SQLITE_OPTIONS)}")
    if url.query and url.query.get("uri") != "true":
        raise ValueError("expected uri=true in a SQLite URL with options, since only URI file names have options")


def _check_postgresql(url: URL) -> None:
    from psycopg.pq import Conninfo

    if "@" in (url.host or "") + (url.database or ""):  # the password ends at the first @
        raise ValueError(f"{_EXPECTED_POSTGRESQL}, found a further @: write %40 for one in the password")
    known = {option.keyword.decode() for option in Conninfo.get_defaults()}
    _check_options(url, known, "expected a parameter of libpq (PostgreSQL's documentation, section 34.1.2)")
    if not all(map(_is_host, _hosts(url))):
        raise ValueError(f"{_EXPECTED_POSTGRESQL}, found a host that is not a domain name")
    if (url.port or 0) > _MAX_PORT:  # not repeated: in a URL without a host it may be the password
        raise ValueError(f"{_EXPECTED_POSTGRESQL}, found a port beyond {_MAX_PORT}")
    if not all(map(_is_encodable, _texts(url))):
        raise ValueError(f"{_EXPECTED_POSTGRESQL}, found a lone surrogate")
    timeout = url.query.get("connect_timeout", "0")
    if not (isinstance(timeout, str) and timeout.isascii() and timeout.isdecimal()):
        raise ValueError("expected connect_timeout in the database URL to be a number of seconds")


def _check_options(url: URL, known: Collection[str], expected: str) -> None:
    """Raise ``ValueError`` for an unknown option. It gives the number: the name may be part of a password."""
    for number, (name, value) in enumerate(url.query.items(), start=1):
        option = f"option {number} of {len(url.query)} in the database URL"
        if name not in known:
            raise ValueError(f"{expected}, found another name: {option}")
        if not isinstance(value, str) and name not in _REPEATABLE:
            raise ValueError(f"expected an option once, found it {len(value)} times: {option}")


def _hosts(url: URL) -> Iterable[str]:
    given = url.query.get("host", ())
    for hosts in (url.host or "", *((given,) if isinstance(given, str) else given)):
        yield from hosts.split(",")


def _is_host(text: str) -> bool:
    try:
        text.encode("idna")  # as the driver does to look up the address
    except UnicodeError:
        return text.startswith(("/", "@"))  # the path of a socket
    return True


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
