"""Who may: bearer tokens (RFC 6750), and what the embedding service says of them."""

import inspect
from collections.abc import Awaitable, Callable, Collection
from typing import Final

from starlette.requests import Request

from eventschema.web.problems import Problem

#: The scope that tracking needs, and the one that looking at schemas does.
WRITE: Final = "events.write"
READ: Final = "events.read"

Scopes = Collection[str] | None

#: What says which scopes a token has, in a set or another collection of texts; ``None`` for a token that is none. It
#: must not block; it may be a coroutine function.
Authorize = Callable[[str], Scopes | Awaitable[Scopes]]


async def check_token(request: Request, authorize: Authorize | None, scope: str) -> str | None:
    """The token of ``request``, which has ``scope``; ``None`` where no token is asked for.

    Raises ``Problem``: 401 where there is none or an unknown one, 403 where it lacks ``scope``. And ``TypeError``
    where ``authorize`` gives one text for the scopes.
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
    if isinstance(scopes, str):  # of which a part would count as a scope, and which a type checker lets pass
        raise TypeError("expected a collection of scopes from authorize, found str: give {scope}, and not scope")
    if scope not in scopes:
        refused = _challenge(error="insufficient_scope", scope=scope)
        raise Problem(403, f"The bearer token lacks the scope {scope}.", refused)
    return token


def _challenge(**parameters: str) -> dict[str, str]:
    """The header of RFC 6750, section 3."""
    listed = ", ".join(f'{name}="{value}"' for name, value in parameters.items())
    return {"WWW-Authenticate": f"Bearer {listed}".strip()}
