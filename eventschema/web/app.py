"""The application: its routes, and what stands behind each."""

from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from eventschema.core.names import is_event_name
from eventschema.core.pointers import python_type_name
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.violations import MalformedRequest
from eventschema.store.kinds import kind_of
from eventschema.store.protocols import Store, StoreUnavailableError
from eventschema.store.registry import AsyncSchemaRegistry
from eventschema.store.threaded import ThreadedStore
from eventschema.web.body import read_object
from eventschema.web.openapi import openapi
from eventschema.web.problems import (
    Problem,
    answer,
    on_error,
    on_not_found,
    on_problem,
    on_unavailable,
    on_wrong_method,
    refusal,
)
from eventschema.web.tokens import READ, WRITE, Authorize, Identify, check_functions, check_token, identify_sender

#: The bytes that a body may have, and the seconds that it may take to come.
MAX_BODY: Final = 1024 * 1024
BODY_TIMEOUT: Final = 30.0


def create_app(
    store: Store | AsyncSchemaRegistry,
    *,
    rules: Rules | None = None,
    authorize: Authorize | None = None,
    identify: Identify | None = None,
    max_body: int = MAX_BODY,
    body_timeout: float = BODY_TIMEOUT,
) -> Starlette:
    """An ASGI application that tracks what it is sent into ``store``.

    - ``POST /v4/track``: 202 with ``{"eventID": ...}``; 400 where the body, its ``contact`` or its ``properties`` are
      no JSON object, or a key stands twice in one, 422 for what else is refused, both with every error, as
      ``application/problem+json``.
    - ``GET /v4/schemas/{eventName}``: the schema as ``EventSchema.to_dict`` gives it, or 404.
    - ``GET /healthz``: 200 where the store answers, else 503. ``GET /openapi.json``: all this for machines.

    Whatever is wrong is answered with problem details (RFC 9457): 401 and 403 for a token (RFC 6750), 408, 413 and 415
    for a body that is slower, larger or of another type or coding than it may be, 503 where the store raises
    ``StoreUnavailableError``, 500 where anything else is raised, which the server then logs.

    ``store`` is a blocking store, asked in threads, and ``rules`` what requests are held to (``None``: the defaults);
    or it is an ``AsyncSchemaRegistry``, which has rules of its own. Whoever opened the store closes it. ``authorize``
    is given each bearer token and returns the set of scopes that it has (``events.write``, ``events.read``), ``None``
    for an unknown token; without ``authorize``, every request is allowed. ``identify`` is given the token too, and
    returns whom the history of a schema names. A body may have ``max_body`` bytes and take ``body_timeout`` seconds.

    Raises ``TypeError`` for a ``store`` that is neither of the two, and for another argument of a wrong type;
    ``ValueError`` for ``rules`` beside a registry that has others, for ``identify`` without ``authorize``, for a
    ``max_body`` below 1 and for a ``body_timeout`` that is not above 0. Both say what to give.
    """
    check_functions(authorize, identify)
    _check_bounds(max_body, body_timeout)
    registry = _registry(store, rules)
    service = _Service(registry, authorize, identify, max_body, body_timeout)
    app = Starlette(
        routes=[
            Route("/v4/track", service.track, methods=["POST"]),
            Route("/v4/schemas/{name:path}", service.schema, methods=["GET"]),
            Route("/healthz", service.health, methods=["GET"]),
            Route("/openapi.json", service.openapi, methods=["GET"]),
        ],
        exception_handlers={
            Problem: on_problem,
            StoreUnavailableError: on_unavailable,
            404: on_not_found,
            405: on_wrong_method,
            Exception: on_error,
        },
    )
    app.router.redirect_slashes = False
    return app


def _registry(store: Store | AsyncSchemaRegistry, rules: Rules | None) -> AsyncSchemaRegistry:
    if isinstance(store, AsyncSchemaRegistry):
        if rules is not None and rules != store.rules:
            raise ValueError(
                "expected no rules beside an AsyncSchemaRegistry, which has its own: "
                "give them to it, AsyncSchemaRegistry(store, rules)"
            )
        return store
    if kind_of(store) != "blocking":
        raise TypeError(
            f"expected a store whose methods block, or an AsyncSchemaRegistry, found {python_type_name(store)}: "
            "give the store itself, or AsyncSchemaRegistry(ThreadedStore(store), rules)"
        )
    return AsyncSchemaRegistry(ThreadedStore(store), DEFAULT_RULES if rules is None else rules)


def _check_bounds(max_body: object, body_timeout: object) -> None:
    if not isinstance(max_body, int) or isinstance(max_body, bool):
        raise TypeError(f"expected max_body as a number of bytes, found {python_type_name(max_body)}")
    if max_body < 1:
        raise ValueError(f"expected a max_body of at least 1 byte, found {max_body}")
    if not isinstance(body_timeout, int | float) or isinstance(body_timeout, bool):
        raise TypeError(f"expected body_timeout as a number of seconds, found {python_type_name(body_timeout)}")
    if not body_timeout > 0:  # NaN neither
        raise ValueError(f"expected a body_timeout above 0 seconds, found {body_timeout}")


class _Service:
    def __init__(
        self,
        registry: AsyncSchemaRegistry,
        authorize: Authorize | None,
        identify: Identify | None,
        max_body: int,
        body_timeout: float,
    ) -> None:
        self._registry = registry
        self._authorize = authorize
        self._identify = identify
        self._max_body = max_body
        self._body_timeout = body_timeout
        self._openapi = openapi(registry.rules, has_tokens=authorize is not None)

    async def track(self, request: Request) -> Response:
        token = await check_token(request, self._authorize, WRITE)
        payload = await read_object(request, self._max_body, self._body_timeout)
        if isinstance(payload, MalformedRequest):
            return refusal((payload,))
        who = await identify_sender(token, self._identify)
        tracked = await self._registry.track(payload, who)
        return answer({"eventID": tracked.event_id}, 202) if tracked.ok else refusal(tracked.errors)

    async def schema(self, request: Request) -> Response:
        await check_token(request, self._authorize, READ)
        name = request.path_params["name"]
        schema = await self._registry.schema(name) if is_event_name(name, self._registry.rules) else None
        if schema is None:
            raise Problem(404, "There is no schema of this name.")
        return answer(schema.to_dict())

    async def health(self, _: Request) -> Response:
        await self._registry.schema("healthz")  # whether there is one or not: the store has answered
        return answer({"status": "ok"})

    async def openapi(self, _: Request) -> Response:
        return answer(self._openapi)
