"""Reads the parameters of a query. An unknown one is an error: a mistyped ``dryRun`` must not save anything."""

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request

from eventschema.core.names import is_line
from eventschema.web.body import CLOSE
from eventschema.web.problems import Problem

#: The most schemas in one answer, and how many there are if the request does not say.
MAX_PAGE: Final = 100

_MOST_DIGITS: Final = 9  # of a version


def read_dry_run(request: Request) -> bool:
    """Whether nothing is to be saved: ``?dryRun=true``. Raises ``Problem`` (400) for any other query."""
    if not request.scope["query_string"]:  # as of nearly every request
        return False
    given = _read(request, ("dryRun",)).get("dryRun", "false")
    if given not in {"true", "false"}:
        raise Problem(400, "The parameter dryRun must be true or false.", CLOSE)
    return given == "true"


def read_page(request: Request) -> tuple[str, int]:
    """The name after which a page begins (``""``: with the first one), and the most schemas that it may have.

    Raises ``Problem`` (400) for any other query.
    """
    given = _read(request, ("after", "limit"))
    after = given.get("after", "")
    if "after" in given and not is_line(after):
        raise Problem(400, "The parameter after must be the name of an event.", CLOSE)
    return after, _read_limit(given)


def read_versions(request: Request) -> tuple[int, int]:
    """The version after which a page of a history begins (-1: with the first one), and the most that it may have.

    Raises ``Problem`` (400) for any other query.
    """
    given = _read(request, ("after", "limit"))
    after = given.get("after")
    if after is not None and not (after.isascii() and after.isdigit() and len(after) <= _MOST_DIGITS):
        raise Problem(400, "The parameter after must be a version.", CLOSE)
    return -1 if after is None else int(after), _read_limit(given)


def read_nothing(request: Request) -> None:
    """Raise ``Problem`` (400) if there is a query."""
    if request.scope["query_string"]:
        raise Problem(400, "There may be no query.", CLOSE)


def _read_limit(given: Mapping[str, str]) -> int:
    limit = given.get("limit", str(MAX_PAGE))
    if not (limit.isascii() and limit.isdigit() and len(limit) <= len(str(MAX_PAGE)) and 1 <= int(limit) <= MAX_PAGE):
        raise Problem(400, f"The parameter limit must be a number from 1 to {MAX_PAGE}.", CLOSE)
    return int(limit)


def _read(request: Request, names: tuple[str, ...]) -> Mapping[str, str]:
    """The parameters by name. Raises ``Problem`` if there is another than ``names``, or one twice."""
    items = request.query_params.multi_items()
    given = dict(items)
    if len(given) < len(items) or not set(names).issuperset(given):
        raise Problem(400, f"The query may have these parameters, each once: {', '.join(names)}.", CLOSE)
    return given
