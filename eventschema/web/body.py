"""Reads the body of a request, within limits of size and time, and a JSON object from it."""

from codecs import BOM_UTF8
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request

from eventschema.core.violations import MalformedRequest
from eventschema.stream.reading.decoding import decode_object
from eventschema.web.problems import Problem
from eventschema.web.timelimit import TimeLimit

_UNCOMPRESSED: Final = {"Accept-Encoding": "identity"}
CLOSE: Final = {"Connection": "close"}  # the rest of the body is not read


class TooLarge(Problem):
    """The answer to a body of more than ``max_body`` bytes: 413. ``size`` is how many it has, or has at least."""

    def __init__(self, max_body: int, size: int) -> None:
        super().__init__(413, f"The body may have at most {max_body} bytes.", CLOSE)
        self.size = size


def parse_object(body: bytes) -> dict[str, Any] | MalformedRequest:
    """``body`` as a JSON object, or ``malformed_request`` if it is not one.

    It is read as UTF-8. A byte order mark before it is ignored (RFC 8259, section 8.1).
    """
    return decode_object(body.removeprefix(BOM_UTF8))


async def read_body(request: Request, max_body: int, time_limit: TimeLimit) -> bytes:
    """The body of ``request``, which is declared as JSON.

    Raises ``Problem``: 415 if the body is declared as another type or as compressed, 413 if it has more than
    ``max_body`` bytes (no more are kept in memory), 408 if it takes longer than ``time_limit``, 400 if it breaks off.
    """
    headers = dict(reversed(list(request.scope["headers"])))  # of a field that is there twice, the first
    if not _is_json(headers.get(b"content-type", b"").decode("latin-1")):
        raise Problem(415, "The Content-Type of the body must be application/json.", CLOSE)
    if headers.get(b"content-encoding", b"").strip().lower() not in {b"", b"identity"}:
        # RFC 9110, section 15.5.16: the header distinguishes this 415 from the one above.
        raise Problem(415, "The body must have no Content-Encoding.", CLOSE | _UNCOMPRESSED)
    declared = headers.get(b"content-length", b"0")
    is_number = declared.isdigit() and len(declared) <= 18
    size = int(declared) if is_number else max_body + 1
    if size > max_body:
        raise TooLarge(max_body, size)
    try:
        return await time_limit.run(_read(request, max_body))
    except TimeoutError:
        raise Problem(408, f"The body must arrive within {time_limit.seconds:g} seconds.", CLOSE) from None
    except ClientDisconnect:
        raise Problem(400, "The body must be complete.", CLOSE) from None


def _is_json(content_type: str) -> bool:
    """Whether the media type of a ``Content-Type`` (RFC 9110, section 8.3.1) is JSON.

    JSON is UTF-8 and has no parameters. Any that are given, even ``charset``, have no meaning (RFC 8259, section 11)
    and are ignored.
    """
    return content_type.partition(";")[0].strip(" \t").lower() == "application/json"


async def _read(request: Request, max_body: int) -> bytes:
    body, is_complete = bytearray(), False
    while not is_complete:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > max_body:
            raise TooLarge(max_body, len(body))
        is_complete = not message.get("more_body", False)
    return bytes(body)
