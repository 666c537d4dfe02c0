"""Bearer tokens (RFC 6750): what a request may do, and in whose name, as the embedding service says."""

import inspect
from collections.abc import Awaitable, Callable, Collection
from typing import Final

from starlette.requests import Request

from eventschema.core.pointers import python_type_name
from eventschema.web.problems import Problem

#: The scope that tracking needs, and the one that looking at schemas does.
WRITE: Final = "events.write"
READ: Final = "events.read"

Scopes = Collection[str] | None

#: What says which scopes a token has, in a set or another collection of texts; ``None`` for a token that is none. It
#: must not block; it may be a coroutine function.
Authorize = Callable[[str], Scopes | Awaitable[Scopes]]

Name = str | None

#: What says whom the history of a schema names for a token, ``None`` for nobody. It must not block; it may be a
#: coroutine function.
Identify = Callable[[str], Name | Awaitable[Name]]


def check_functions(authorize: object, identify: object) -> None:
    """Raise ``TypeError`` where one of the two is no function, ``ValueError`` for an ``identify`` without effect."""
    if authorize is not None and not callable(authorize):
        raise TypeError(
            f"expected authorize to be a function from a token to its scopes, found {python_type_name(authorize)}: "
            "for a dict of tokens and their scopes, give its method get"
        )
    if identify is not None and not callable(identify):
        raise TypeError(
            f"expected identify to be a function from a token to a name, found {python_type_name(identify)}: "
            "for a dict of tokens and their names, give its method get"
        )
    if identify is not None and authorize is None:
        raise ValueError("expected authorize beside identify: without it no token is read, and nobody is named")


async def check_token(request: Request, authorize: Authorize | None, scope: str) -> str | None:
    """The token of ``request``, which has ``scope``; ``None`` where no token is asked for.

    Raises ``Problem``: 401 where there is none or an unknown one, 403 where it lacks ``scope``. And ``TypeError``
    where ``authorize`` gives one text for the scopes, or no collection.
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
        raise Problem(401, "The bearer token is not known.", _challenge(error="invalid_token"))
    # Of a str a part would count as a scope, and a type checker lets it pass.
    if isinstance(scopes, str | bytes) or not isinstance(scopes, Collection):
        found = python_type_name(scopes)
        raise TypeError(f"expected a collection of scopes from authorize, found {found}: give {{scope}}, or None")
    if scope not in scopes:
        refused = _challenge(error="insufficient_scope", scope=scope)
        raise Problem(403, f"The bearer token lacks the scope {scope}.", refused)
    return token


async def identify_sender(token: str | None, identify: Identify | None) -> str | None:
    """Whom ``identify`` names for ``token``: ``None`` without one of the two. ``TypeError`` where that is no text."""
    if identify is None or token is None:
        return None
    given = identify(token)
    name = await given if inspect.isawaitable(given) else given
    if name is not None and not isinstance(name, str):
        raise TypeError(f"expected a str or None from identify, found {python_type_name(name)}")
    return name


def _challenge(**parameters: str) -> dict[str, str]:
    """The header of RFC 6750, section 3."""
    listed = ", ".join(f'{name}="{value}"' for name, value in parameters.items())
    return {"WWW-Authenticate": f"Bearer {listed}".strip()}
