"""Bearer tokens (RFC 6750): the embedding service says what a request may do, and who sends it."""

import inspect
from collections.abc import Awaitable, Callable, Collection
from typing import Final, NamedTuple

from starlette.requests import Request

from eventschema.core.pointers import python_type_name
from eventschema.store.arguments import check_callable
from eventschema.web.problems import Problem
from eventschema.web.repeats import LoggableError

#: The scopes that are needed to track events, to read schemas, and to declare, freeze and retype them.
WRITE: Final = "events.write"
READ: Final = "events.read"
WRITE_SCHEMAS: Final = "schemas.write"

Scopes = Collection[str] | None

#: A function from a token to its scopes, a set or another collection of texts; ``None`` for an unknown token. It must
#: not block; it may be a coroutine function.
Authorize = Callable[[str], Scopes | Awaitable[Scopes]]

Name = str | None

#: A function from a token to the name for the history of a schema, ``None`` for no name. It must not block; it may be a
#: coroutine function.
Identify = Callable[[str], Name | Awaitable[Name]]


class WrongResultError(LoggableError, TypeError):
    """A function of the embedding service returned something of another type."""


def check_functions(authorize: object, identify: object) -> None:
    """Raise ``TypeError`` for anything but functions, ``ValueError`` for ``identify`` without ``authorize``."""
    if authorize is not None:
        advice = ": for a dict of tokens and their scopes, give its method get"
        check_callable(authorize, "authorize to be a function from a token to its scopes", advice)
    if identify is not None:
        advice = ": for a dict of tokens and their names, give its method get"
        check_callable(identify, "identify to be a function from a token to a name", advice)
        if authorize is None:
            raise ValueError("expected authorize with identify: without it no token is read, and nobody is named")


class Access(NamedTuple):
    """Decides what the sender of a request may do, and says who it is."""

    authorize: Authorize | None
    identify_by: Identify | None

    async def check(self, request: Request, scope: str) -> str | None:
        """See :func:`check_token`."""
        return await check_token(request, self.authorize, scope)

    async def identify(self, token: str | None) -> str | None:
        """See :func:`identify_sender`."""
        return await identify_sender(token, self.identify_by)


async def check_token(request: Request, authorize: Authorize | None, scope: str) -> str | None:
    """Check that the token of ``request`` has ``scope``, and return it; ``None`` without ``authorize``.

    Raises ``Problem``: 401 if the token is missing or unknown, 403 if it lacks ``scope``. Raises ``TypeError`` if
    ``authorize`` returns one text for the scopes, or anything else that is not a collection of texts.
    """
    if authorize is None:
        return None
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip()
    if kind.lower() != "bearer" or not token:
        raise Problem(401, "The request needs a bearer token.", _challenge())
    given = authorize(token)
    scopes = await given if inspect.isawaitable(given) else given
    if scopes is None:
        raise Problem(401, "The bearer token is unknown.", _challenge(error="invalid_token"))
    # A str is a collection of texts to a type checker, and any part of it would count as a scope.
    if isinstance(scopes, str | bytes) or not isinstance(scopes, Collection):
        found = python_type_name(scopes)
        raise WrongResultError(
            f"expected a collection of scopes from authorize, found {found}: return {{scope}}, or None"
        )
    if scope not in scopes:
        refused = _challenge(error="insufficient_scope", scope=scope)
        raise Problem(403, f"The bearer token lacks the scope {scope}.", refused)
    return token


async def identify_sender(token: str | None, identify: Identify | None) -> str | None:
    """The name that ``identify`` returns for ``token``, ``None`` without them. ``TypeError`` if it is not text."""
    if identify is None or token is None:
        return None
    given = identify(token)
    name = await given if inspect.isawaitable(given) else given
    if name is not None and not isinstance(name, str):
        raise WrongResultError(f"expected a str or None from identify, found {python_type_name(name)}")
    return name


def _challenge(**parameters: str) -> dict[str, str]:
    """The header of RFC 6750, section 3."""
    listed = ", ".join(f'{name}="{value}"' for name, value in parameters.items())
    return {"WWW-Authenticate": f"Bearer {listed}".strip()}
