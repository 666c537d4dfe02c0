"""A service that reads the body of each request and says 202, on the server of ``eventschema serve``."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from eventschema.cli.connections import Limits
from eventschema.cli.serving import serve_app

_ANSWER = b'{"eventID":"00000000-0000-4000-8000-000000000000"}'


async def accept(request: Request) -> Response:
    await request.body()
    return Response(_ANSWER, 202, media_type="application/json")


if __name__ == "__main__":
    app = Starlette(routes=[Route("/v4/track", accept, methods=["POST"])])
    serve_app(app, "127.0.0.1", 0, "warning", Limits(1000, 10.0), 10.0)
