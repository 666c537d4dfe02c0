"""The endpoint, for any ASGI server: requests to track events come in over HTTP, and are held to their schemas.

``app`` has the routes, ``body`` gets a JSON object out of whatever a client sends, ``tokens`` who may do what,
``problems`` words what goes wrong (RFC 9457), and ``openapi`` describes it all. ``RequestLog(app)`` is the application
with a line in the log for each request. It needs the extra ``web``.
"""

from eventschema.extras import of_extra

try:
    from eventschema.web.app import create_app
    from eventschema.web.requestlog import RequestLog
    from eventschema.web.tokens import READ, WRITE, Authorize, Identify
except ModuleNotFoundError as error:
    raise of_extra("web", error) from None

__all__ = ["READ", "WRITE", "Authorize", "Identify", "RequestLog", "create_app"]
