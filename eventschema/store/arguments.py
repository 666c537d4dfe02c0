"""Checks of the arguments that stores, registries and the web application are given. An error says what to pass.

A text with a control character or a lone surrogate cannot be a name, an identifier or an id. Looking one up is no
error: nothing is found. So all stores answer alike, and no such text reaches a database that may not hold it.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from math import inf

from eventschema.core.arguments import wrong_kind
from eventschema.core.names import is_line
from eventschema.core.pointers import python_type_name
from eventschema.track.documents import check_identifier_names


def read_text(value: object, what: str) -> str:
    """``value`` as exactly a ``str``. Raises ``TypeError`` if it is not text; ``what`` says what it should be."""
    if not isinstance(value, str):
        raise wrong_kind(value, f"{what} as text")
    return str.__str__(value)


def read_identifiers(value: object) -> dict[str, str]:
    """A mapping from some of ``id``, ``email`` and ``phoneNumber`` to texts, without those that no contact can have.

    Raises ``TypeError`` if it is not such a mapping, and ``ValueError`` for another name.
    """
    if not isinstance(value, Mapping):
        raise wrong_kind(value, "a mapping of identifiers")
    check_identifier_names(value)
    return {
        name: text
        for name, given in value.items()
        if is_line(text := given if type(given) is str else read_text(given, f"the identifier {name}"))
    }


def read_ids(value: object) -> set[str]:
    """A collection of ids of events, without those that no event can have.

    Raises ``TypeError`` if it is not a collection of texts, or if it is one text.
    """
    if not isinstance(value, Collection) or isinstance(value, str):
        raise wrong_kind(value, "a collection of ids of events")
    return {text for each in value if is_line(text := read_text(each, "the id of an event"))}


def read_who(value: object) -> str | None:
    """The person or service that a history names, as exactly a ``str``; or ``None``.

    Raises ``TypeError`` if it is not text, and ``ValueError`` for control characters (C0, DEL) and lone surrogates.
    """
    if value is None:
        return None
    who = read_text(value, "who")
    if who and not is_line(who):
        raise ValueError("expected who as text without control characters and lone surrogates, found one of them")
    return who


def read_page(after: object, limit: object) -> tuple[str, int | None]:
    """Where a page of names begins, and how many it has at most.

    Raises ``TypeError`` for arguments of a wrong type, and ``ValueError`` for an ``after`` with control characters or
    lone surrogates and for a negative ``limit``.
    """
    name = read_text(after, "after")
    if name and not is_line(name):
        raise ValueError("expected after as text without control characters and lone surrogates, found one of them")
    if limit is not None:
        check_count("limit", limit, "schemas", 0)
    return name, limit  # type: ignore[return-value]  # it was checked


def read_filter(name: object, since: object) -> tuple[str | None, datetime | None]:
    """The name of the events to read (``None``: all), and the time since when, in UTC (``None``: from the beginning).

    Raises ``TypeError`` for arguments of a wrong type, and ``ValueError`` for a ``since`` without a time zone, or one
    that is before year 1 or after year 9999 in UTC.
    """
    if name is not None:
        name = read_text(name, "the name of an event")
    if since is None:
        return name, None
    if not isinstance(since, datetime):
        raise wrong_kind(since, "since as a datetime")
    if since.utcoffset() is None:
        raise ValueError("expected since as a datetime with a time zone, found one without: datetime.now(UTC) has one")
    try:
        return name, since.astimezone(UTC)
    except OverflowError:
        raise ValueError("expected since between the years 1 and 9999 of UTC, found a time beyond them") from None


def in_utc(moment: datetime) -> datetime:
    """The time of a clock in UTC. A time without a zone is taken for UTC."""
    return moment.replace(tzinfo=UTC) if moment.utcoffset() is None else moment.astimezone(UTC)


def check_callable(value: object, what: str, advice: str = "") -> None:
    """Raise ``TypeError`` if ``value`` cannot be called. ``what`` says what it should be, ``advice`` how to get it."""
    if not callable(value):
        raise TypeError(f"expected {what}, found {python_type_name(value)}{advice}")


def check_count(name: str, value: object, unit: str, least: int) -> None:
    """Check the argument ``name``, a number of ``unit``.

    Raises ``TypeError`` if it is not an integer, and ``ValueError`` if it is less than ``least``.
    """
    if not isinstance(value, int) or isinstance(value, bool):
        raise wrong_kind(value, f"{name} as a number of {unit}")
    if value < least:
        raise ValueError(f"expected {name} of at least {least}, found {value}")


def check_seconds(name: str, value: object, most: float = inf) -> None:
    """Check the argument ``name``, a number of seconds.

    Raises ``TypeError`` if it is not a number, and ``ValueError`` unless it is above 0 and at most ``most``.
    """
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise wrong_kind(value, f"{name} as a number of seconds")
    if not 0 < value <= most:  # true of NaN too
        limit = f" and of at most {most:g}" if most < inf else ""
        raise ValueError(f"expected {name} above 0{limit} seconds, found {value!r}")
