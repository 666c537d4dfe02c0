"""The application: its routes and their functions."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import Final, NamedTuple

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from eventschema.core.arguments import check_kind
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.violations import MalformedRequest, Violation
from eventschema.store.arguments import check_count, check_seconds
from eventschema.store.protocols import Store, StoreUnavailableError
from eventschema.store.questions import check_methods
from eventschema.store.registry import AsyncSchemaRegistry
from eventschema.store.threaded import ThreadedStore
from eventschema.store.waiting import TIMEOUT
from eventschema.store.watchdog import GRACE
from eventschema.web.batch import MAX_BATCH_BODY, batch_response, keep_refused, notes_on, read_batch
from eventschema.web.body import TooLarge, parse_object, read_body
from eventschema.web.failures import AnswerFailures, Unavailable
from eventschema.web.framing import RefuseAmbiguous
from eventschema.web.openapi import openapi
from eventschema.web.problems import (
    Problem,
    json_response,
    on_not_found,
    on_problem,
    on_wrong_method,
    refusal_response,
)
from eventschema.web.query import read_dry_run
from eventschema.web.rejected import RejectedFolder
from eventschema.web.repeats import RepeatLog
from eventschema.web.schemas import SchemaRoutes
from eventschema.web.storecalls import StoreCalls
from eventschema.web.timelimit import TimeLimit
from eventschema.web.tokens import WRITE, Access, Authorize, Identify, check_functions

#: The bytes that a body may have, and the seconds that it may take to arrive.
MAX_BODY: Final = 1024 * 1024
BODY_TIMEOUT: Final = 30.0

#: The seconds that the store may take: more than ``SQLStore`` lets itself, which says more clearly what it waited for.
STORE_TIMEOUT: Final = TIMEOUT + 2 * GRACE

_SMALL_BATCH: Final = 64 * 1024  # bytes: read and answered in about a millisecond, without changing threads


def create_app(  # noqa: PLR0913  (each is an option of the service, by name)
    store: Store | AsyncSchemaRegistry,
    *,
    rules: Rules | None = None,
    authorize: Authorize | None = None,
    identify: Identify | None = None,
    max_body: int = MAX_BODY,
    max_batch_body: int = MAX_BATCH_BODY,
    body_timeout: float = BODY_TIMEOUT,
    store_timeout: float = STORE_TIMEOUT,
    rejected: RejectedFolder | None = None,
) -> Starlette:
    """An ASGI application that tracks the requests it receives into ``store``.

    - ``POST /v4/track``: 202 with ``{"eventID": ...}``; of a repeated event id also with ``"duplicate": true``, and
      with ``"differs": true`` if its content is not that of the stored event. 400 if the body, its ``contact`` or its
      ``properties`` is not a JSON object, or an object has a key twice; 422 if the request is refused for anything
      else. Both list every error, as ``application/problem+json``.
    - ``POST /v4/track/batch`` with ``{"events": [...]}``, 1 to 1,000 requests, which are saved in one transaction: 202
      if all are accepted, else 207 with the errors of each that is refused. 400 or 422 if the body is not such a batch.
    - ``?dryRun=true`` on either: nothing is saved, and the answer is the same except for its status, 200. ``eventID``
      is ``null`` where the store would give an id.
    - ``GET /v4/schemas?after=NAME&limit=100``: a page of the schemas by name, as a schema file. The header ``Link``
      (RFC 8288) has the next page.
    - ``GET /v4/schemas/{eventName}``: the schema as ``EventSchema.to_dict`` returns it, or 404; with an ``ETag``.
      ``PUT`` declares and extends it, freezes it and ends that; ``PATCH`` retypes it after a plan (``?dryRun=true``:
      the plan alone). Both take ``If-Match``. ``/history`` has its versions, with who made them and when;
      ``/last-seen`` the days of the last events, and with each property.
    - ``GET /healthz``: 200 if the store answers and its last write worked, else 503. It costs little: only where the
      last write failed, another one is tried and taken back. ``GET /readyz``: the same, and a write is always tried.
    - ``GET /openapi.json``: the OpenAPI document of all this.

    Every error is answered with problem details (RFC 9457): 401 and 403 for a token (RFC 6750); 408, 413 and 415 for a
    body that is too slow, too large, or of another type or coding; 503 if the store raises ``StoreUnavailableError``
    or does not answer within ``store_timeout`` seconds; 500 if anything else is raised. What is behind a 503 or 500 is
    logged to ``eventschema.failures``: each kind once, then its number each minute, without people's data.

    ``store`` is a blocking store, which is called in threads, and ``rules`` are what requests are checked against
    (``None``: the defaults). Or ``store`` is an ``AsyncSchemaRegistry``, which has its own rules. The caller closes the
    store. ``authorize`` is given each bearer token and returns the set of its scopes (``events.write``,
    ``events.read``, ``schemas.write``), ``None`` for an unknown token. Without it, every request is allowed.
    ``identify`` is also given the token, and returns whom the history of a schema names. A body may have ``max_body``
    bytes, that of a batch ``max_batch_body``, and take ``body_timeout`` seconds. ``rejected`` keeps the requests to
    track events that are answered with 400 or 422 for their content, and the length of those answered with 413; the
    caller closes it.

    Raises ``TypeError`` for another ``store``, and for any other argument of a wrong type. Raises ``ValueError`` for
    ``rules`` that differ from those of the registry, for ``identify`` without ``authorize``, for a ``max_body`` or
    ``max_batch_body`` below 1 and for a ``body_timeout`` or ``store_timeout`` that is not above 0.
    """
    check_functions(authorize, identify)
    check_count("max_body", max_body, "bytes", 1)
    check_count("max_batch_body", max_batch_body, "bytes", 1)
    check_seconds("body_timeout", body_timeout)
    check_seconds("store_timeout", store_timeout)
    registry = _registry(store, rules)
    if rejected is not None:
        check_kind(rejected, RejectedFolder, "rejected as a RejectedFolder")
    calls = StoreCalls(registry, store_timeout)
    bodies = BodyLimits(max_body, max_batch_body, TimeLimit(body_timeout))
    access = Access(authorize, identify)
    service = _Service(calls, access, bodies, rejected)
    schemas = SchemaRoutes(calls, access, max_body, bodies.time_limit)
    failures = RepeatLog()
    app = Starlette(
        routes=[
            Route("/v4/track", _Endpoint(service.track), methods=["POST"]),
            Route("/v4/track/batch", _Endpoint(service.track_batch), methods=["POST"]),
            *schemas.routes(),
            Route("/healthz", service.health, methods=["GET"]),
            Route("/readyz", service.ready, methods=["GET"]),
            Route("/openapi.json", service.openapi, methods=["GET"]),
        ],
        middleware=[Middleware(RefuseAmbiguous), Middleware(AnswerFailures, log=failures)],
        exception_handlers={
            Problem: on_problem,
            StoreUnavailableError: Unavailable(failures),
            404: on_not_found,
            405: on_wrong_method,
        },
    )
    app.router.redirect_slashes = False
    return app


def _registry(store: Store | AsyncSchemaRegistry, rules: Rules | None) -> AsyncSchemaRegistry:
    if isinstance(store, AsyncSchemaRegistry):
        if rules is not None and rules != store.rules:
            raise ValueError(
                "expected no rules with an AsyncSchemaRegistry, which has its own: "
                "give them to it, AsyncSchemaRegistry(store, rules)"
            )
        return store
    check_methods(store, advice=": give the store itself, or AsyncSchemaRegistry(ThreadedStore(store), rules)")
    return AsyncSchemaRegistry(ThreadedStore(store), DEFAULT_RULES if rules is None else rules)


class _Endpoint:
    """The ASGI application that answers with what ``respond`` returns.

    Starlette would make one that handles exceptions, which its middleware does already, at a cost for each request.
    """

    def __init__(self, respond: Callable[[Request], Awaitable[Response]]) -> None:
        self._respond = respond

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._respond(Request(scope, receive, send))
        await response(scope, receive, send)


class BodyLimits(NamedTuple):
    """The bytes of a request and of a batch, and how long a body may take to arrive."""

    max_body: int
    max_batch_body: int
    time_limit: TimeLimit


class _Service:
    def __init__(
        self,
        calls: StoreCalls,
        access: Access,
        bodies: BodyLimits,
        rejected: RejectedFolder | None,
    ) -> None:
        self._calls = calls
        self._access = access
        self._max_body, self._max_batch_body, self._time_limit = bodies
        self._rejected = rejected
        self._openapi = openapi(calls.rules, has_tokens=access.authorize is not None)

    async def track(self, request: Request) -> Response:
        token = await self._access.check(request, WRITE)
        dry_run = read_dry_run(request)
        body = await self._read_body(request, self._max_body)
        payload = parse_object(body)
        if isinstance(payload, MalformedRequest):
            return self._refuse(body, (payload,), dry_run=dry_run)
        who = await self._access.identify(token)
        if dry_run:
            [tracked] = await self._calls.track_many([payload], who, dry_run=True)
        else:
            tracked = await self._calls.track(payload, who)
        if tracked.ok:
            return json_response({"eventID": tracked.event_id} | notes_on(tracked), 200 if dry_run else 202)
        return self._refuse(body, tracked.errors, tracked.schema_version, dry_run=dry_run)

    async def track_batch(self, request: Request) -> Response:
        token = await self._access.check(request, WRITE)
        dry_run = read_dry_run(request)
        if not (dry_run or self._calls.saves_batches):
            raise Problem(501, "The store of this service cannot save a batch in one transaction.")
        body = await self._read_body(request, self._max_batch_body)
        is_small, rules = len(body) <= _SMALL_BATCH, self._calls.rules
        payloads = read_batch(body, rules) if is_small else await asyncio.to_thread(read_batch, body, rules)
        if isinstance(payloads, tuple):
            return self._refuse(body, payloads, dry_run=dry_run)
        who = await self._access.identify(token)
        results = await self._calls.track_many(payloads, who, dry_run=dry_run)
        status = 200 if dry_run else 202 if all(results) else 207
        if self._rejected is not None and not dry_run:
            await asyncio.to_thread(keep_refused, self._rejected, body, payloads, results)
        if is_small and all(results):
            return batch_response(results, status)
        return await asyncio.to_thread(batch_response, results, status)

    def _refuse(
        self, body: bytes, errors: Collection[Violation], schema_version: int | None = None, *, dry_run: bool
    ) -> Response:
        if not dry_run:
            self._keep(body, errors, schema_version)
        return refusal_response(errors)

    async def _read_body(self, request: Request, max_body: int) -> bytes:
        try:
            return await read_body(request, max_body, self._time_limit)
        except TooLarge as error:
            found = f"{error.size} bytes, {error.size - max_body} more than the limit of {max_body}"
            self._keep(error.size, (MalformedRequest("", "a shorter body", found),))
            raise

    def _keep(self, request: bytes | int, errors: Iterable[Violation], schema_version: int | None = None) -> None:
        if self._rejected is not None:
            self._rejected.keep(request, errors, schema_version)

    async def health(self, _: Request) -> Response:
        return json_response(await self._calls.check(writing=False))

    async def ready(self, _: Request) -> Response:
        return json_response(await self._calls.check(writing=True))

    async def openapi(self, _: Request) -> Response:
        return json_response(self._openapi)
