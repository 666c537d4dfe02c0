"""A JSON object out of whatever a client sends: bounded in size and in time."""

import asyncio
from codecs import BOM_UTF8
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request

from eventschema.core.violations import MalformedRequest
from eventschema.stream.decoding import decode_object
from eventschema.web.problems import Problem

_AS_IT_IS: Final = {"Accept-Encoding": "identity"}
_CLOSE: Final = {"Connection": "close"}  # what else the client sends is not wanted


async def read_object(request: Request, max_body: int, timeout: float) -> dict[str, Any] | MalformedRequest:
    """The JSON object that the body of ``request`` is; ``malformed_request`` where it is none.

    The body is read as UTF-8, and a byte order mark before it is passed over (RFC 8259, section 8.1).

    Raises ``Problem``: 415 where the body is declared to be something else, or to be compressed, 413 if it has more
    than ``max_body`` bytes (of which no more are held), 408 if it takes more than ``timeout`` seconds, 400 if it does
    not come to its end.
    """
    if not _is_json(request.headers.get("Content-Type", "")):
        raise Problem(415, "The Content-Type of the body must be application/json.", _CLOSE)
    if request.headers.get("Content-Encoding", "").strip().lower() not in {"", "identity"}:
        # RFC 9110, section 15.5.16: the header tells this 415 from the one above.
        raise Problem(415, "The body must come as it is, without a Content-Encoding.", _CLOSE | _AS_IT_IS)
    declared = request.headers.get("Content-Length", "0")
    if not (declared.isascii() and declared.isdigit()) or len(declared) > 18 or int(declared) > max_body:
        raise _too_large(max_body)
    try:
        async with asyncio.timeout(timeout):
            return decode_object((await _read(request, max_body)).removeprefix(BOM_UTF8))
    except TimeoutError:
        raise Problem(408, f"The body must come within {timeout:g} seconds.", _CLOSE) from None
    except ClientDisconnect:
        raise Problem(400, "The body must come to its end.", _CLOSE) from None


def _is_json(content_type: str) -> bool:
    """Whether the media type of a ``Content-Type`` (RFC 9110, section 8.3.1) is that of JSON.

    That type has no parameters, and one that is given, ``charset`` too, means nothing (RFC 8259, section 11): so none
    is looked at. JSON is UTF-8.
    """
    return content_type.partition(";")[0].strip(" \t").lower() == "application/json"


async def _read(request: Request, max_body: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        if len(body) + len(chunk) > max_body:
            raise _too_large(max_body)
        body += chunk
    return bytes(body)


def _too_large(max_body: int) -> Problem:
    return Problem(413, f"The body may have {max_body} bytes at most.", _CLOSE)
