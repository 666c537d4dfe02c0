"""The schemas over HTTP: to list and read them, and for people to declare, freeze and retype them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from eventschema.core.names import is_event_name
from eventschema.core.schema import EventSchema
from eventschema.core.violations import MalformedRequest, Violation
from eventschema.store.declaring import DeclarationError
from eventschema.store.protocols import MissingMethodError
from eventschema.store.versions import StaleSchemaError
from eventschema.stream.retyping import RetypeError, RetypePlan
from eventschema.track.reading import parse_event_name
from eventschema.web.body import parse_object, read_body
from eventschema.web.conditions import Conditions, etag, is_known, moved_on
from eventschema.web.declarations import (
    Declaration,
    RetypeRequest,
    check_size,
    conflicts,
    read_declaration,
    read_retype,
)
from eventschema.web.listing import history_response, page_response
from eventschema.web.problems import Problem, conflict_response, json_response, refusal_response
from eventschema.web.query import read_dry_run, read_nothing, read_page, read_versions
from eventschema.web.schemapaths import PREFIX, schema_path
from eventschema.web.storecalls import StoreCalls
from eventschema.web.timelimit import TimeLimit
from eventschema.web.tokens import READ, WRITE_SCHEMAS, Access

_Handler = Callable[[Request, str], Awaitable[Response]]
_NO_SCHEMA: Final = "There is no schema of this name."


class SchemaRoutes:
    """The routes at and below ``/v4/schemas``, from the store of ``calls``, for those who have ``access``.

    A body may have ``max_body`` bytes, and arrive within ``time_limit``.
    """

    def __init__(self, calls: StoreCalls, access: Access, max_body: int, time_limit: TimeLimit) -> None:
        self._calls = calls
        self._access = access
        self._max_body = max_body
        self._time_limit = time_limit
        self._parts: dict[str, dict[str, _Handler]] = {
            "": {"GET": self._schema, "PUT": self._declare, "PATCH": self._retype},
            "history": {"GET": self._history},
            "last-seen": {"GET": self._last_seen},
        }

    def routes(self) -> list[Route]:
        """The routes of these paths."""
        return [
            Route("/v4/schemas", self._schemas, methods=["GET"]),
            Route(f"{PREFIX}{{name:path}}", _Dispatched(self._parts)),
        ]

    async def _schemas(self, request: Request) -> Response:
        await self._access.check(request, READ)
        after, limit = read_page(request)
        try:
            listed = await self._calls.schemas(after, limit + 1)
        except MissingMethodError:
            raise Problem(501, "The store of this service cannot list its schemas.") from None
        return await asyncio.to_thread(page_response, listed, limit)

    async def _schema(self, request: Request, name: str) -> Response:
        await self._access.check(request, READ)
        schema = await self._load(name)
        if schema is None:
            raise Problem(404, _NO_SCHEMA)
        if is_known(request, schema):
            return Response(status_code=304, headers={"ETag": etag(schema)})
        return _answer(schema)

    async def _history(self, request: Request, name: str) -> Response:
        await self._access.check(request, READ)
        after, limit = read_versions(request)
        try:
            records = await self._calls.history(name) if self._may_exist(name) else ()
        except MissingMethodError:
            raise Problem(501, "The store of this service keeps no history.") from None
        if not records:
            raise Problem(404, _NO_SCHEMA)
        return await asyncio.to_thread(history_response, name, records, after, limit)

    async def _last_seen(self, request: Request, name: str) -> Response:
        await self._access.check(request, READ)
        read_nothing(request)
        try:
            days = await self._calls.last_seen(name) if self._may_exist(name) else None
        except MissingMethodError:
            raise Problem(501, "The store of this service keeps no days of events.") from None
        if days is None:
            raise Problem(404, _NO_SCHEMA)
        return json_response({"name": name, **days.to_dict()})

    async def _declare(self, request: Request, name: str) -> Response:
        token = await self._access.check(request, WRITE_SCHEMAS)
        read_nothing(request)
        wrong_name = parse_event_name(name, "/name", self._calls.rules)
        if isinstance(wrong_name, Violation):
            return refusal_response((wrong_name,))
        fields = await self._read(request)
        if isinstance(fields, MalformedRequest):
            return refusal_response((fields,))
        declared = await asyncio.to_thread(read_declaration, fields, name, self._calls.rules)
        if not isinstance(declared, Declaration):
            return refusal_response(declared)
        who = await self._access.identify(token)
        stored = await self._load(name)
        expected = Conditions.of(request).check(stored)
        if too_many := check_size(declared.schema, stored, self._calls.rules):
            return refusal_response(too_many)
        try:
            before, after = await self._calls.declare(declared.schema, who, thaw=declared.thaw, expected=expected)
        except StaleSchemaError as error:
            raise moved_on(error.stored) from None
        except DeclarationError as error:
            return conflict_response(conflicts(error))
        except MissingMethodError:
            raise Problem(501, "The store of this service cannot declare schemas.") from None
        return _answer(after, 201 if before is None else 200)

    async def _retype(self, request: Request, name: str) -> Response:
        token = await self._access.check(request, WRITE_SCHEMAS)
        dry_run = read_dry_run(request)
        fields = await self._read(request)
        if isinstance(fields, MalformedRequest):
            return refusal_response((fields,))
        stored = await self._load(name)
        if stored is None:
            raise Problem(404, _NO_SCHEMA)
        asked = await asyncio.to_thread(read_retype, fields, stored)
        if not isinstance(asked, RetypeRequest):
            return refusal_response(asked)
        expected = Conditions.of(request).check(stored)
        who = await self._access.identify(token)
        try:
            plan = await self._planned(stored, asked, who, None if expected == "any" else stored, dry_run=dry_run)
        except StaleSchemaError as error:
            raise moved_on(error.stored) from None
        except RetypeError as error:
            reason = str(error)
            return conflict_response((), f"{reason[0].upper()}{reason[1:]}.", {"plan": error.plan.to_dict()})
        except MissingMethodError:
            raise Problem(501, "The store of this service cannot retype schemas.") from None
        after = stored if dry_run else await self._load(name)
        assert after is not None
        done = {"retyped": bool(plan.properties) and not dry_run, "schema": after.to_dict()}
        return json_response(plan.to_dict() | done, headers={"ETag": etag(after)})

    async def _planned(
        self, stored: EventSchema, asked: RetypeRequest, who: str | None, expected: EventSchema | None, *, dry_run: bool
    ) -> RetypePlan:
        """The plan of a retype, which is carried out unless this is a ``dry_run``."""
        if not dry_run:
            return await self._calls.retype(stored.name, asked.types, who, force=asked.force, expected=expected)
        plan = await self._calls.plan_retype(stored.name, asked.types)
        if plan.loses_values and not asked.force:
            raise RetypeError(plan)
        return plan

    async def _read(self, request: Request) -> dict[str, Any] | MalformedRequest:
        body = await read_body(request, self._max_body, self._time_limit)
        return await asyncio.to_thread(parse_object, body)

    def _may_exist(self, name: str) -> bool:
        return is_event_name(name, self._calls.rules)

    async def _load(self, name: str) -> EventSchema | None:
        return await self._calls.schema(name) if self._may_exist(name) else None


class _Dispatched:
    """The application that answers the paths of schemas, by the handlers of each part and method."""

    def __init__(self, parts: Mapping[str, Mapping[str, _Handler]]) -> None:
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or raise ``Problem`` (405) for a method that its path does not support."""
        request = Request(scope, receive, send)
        name, part = schema_path(scope, self._parts)
        handlers = self._parts[part]
        handler = handlers.get("GET" if request.method == "HEAD" else request.method)
        if handler is None:
            allowed = ", ".join(sorted({*handlers, "HEAD"}))
            raise Problem(405, "This path does not support that method.", {"Allow": allowed})
        response = await handler(request, name)
        await response(scope, receive, send)


def _answer(schema: EventSchema, status: int = 200) -> Response:
    return json_response(schema.to_dict(), status, {"ETag": etag(schema)})
