"""The paths below ``/v4/schemas/``: the name of a schema, and perhaps a part of it such as ``/history``.

A name may contain ``/``, which is sent as ``%2F``. Servers decode a path before it is routed: then ``a%2Fhistory``, the
schema of the event ``a/history``, would look like ``a/history``, the history of the schema ``a``. So the path is read
as it was sent (``raw_path`` of ASGI). A ``/`` that was not encoded is part of the name too, except before a known part.
"""

from collections.abc import Collection
from typing import Final, NamedTuple
from urllib.parse import unquote

from starlette.types import Scope

#: What all of these paths begin with.
PREFIX: Final = "/v4/schemas/"


class SchemaPath(NamedTuple):
    """The ``name`` of a schema, and the ``part`` of it that is meant, ``""`` for the schema itself."""

    name: str
    part: str


def schema_path(scope: Scope, parts: Collection[str]) -> SchemaPath:
    """What the path of a request means, whose decoded end is the path parameter ``name``. ``parts`` are those known."""
    decoded: str = scope["path_params"]["name"]
    _, is_found, sent = scope.get("raw_path", b"").decode("latin-1").partition(PREFIX)
    if not is_found or unquote(sent) != decoded:  # a server that does not say, or the application has another root
        sent = decoded.replace("%", "%25")
    name, _, last = sent.rpartition("/")
    return SchemaPath(unquote(name), last) if name and last in parts else SchemaPath(decoded, "")
