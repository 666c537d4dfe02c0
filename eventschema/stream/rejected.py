"""The files in which rejected requests are kept, to be decided again. Needs the extra `stream`.

A service keeps rejected requests in such files (``serve --rejected``), and so does ``load --errors``; ``load
--rejected`` reads them. Each line is one JSON object:

| field | |
| --- | --- |
| ``format`` | 1, the version of this format |
| ``id`` | a UUID: the id of the event if it is accepted later, unless the request has an ``eventID`` |
| ``receivedAt`` | when the request came, ISO 8601 in UTC |
| ``source``, ``line`` | in a file that was loaded: its name, and the number of the line; else absent |
| ``schemaVersion`` | the version of the schema that the request was decided on; absent if there was none |
| ``errors`` | what was wrong: each violation as its ``to_dict`` |
| ``request`` | the text of the request as it came |
| ``requestBase64`` | in place of ``request``: bytes that are not UTF-8, in base64 (RFC 4648, section 4) |
| ``bytes`` | in place of either: the length of a request that was too long to be kept |

Since each line has an ``id``, deciding it twice saves one event. A batch that was rejected whole, for instance since it
had too many requests or a further field beside ``events``, is one line. Its requests are decided one by one, each with
an id made of that of the line; further fields are left out. The errors have no values of the event; the request has
them all, so these files hold people's data.
"""

import json
from base64 import b64decode, b64encode
from binascii import Error
from codecs import BOM_UTF8
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4, uuid5

from eventschema.core.documents import found, read_object, wrong
from eventschema.core.pointers import json_type_name
from eventschema.core.violations import MalformedRequest, Violation
from eventschema.extras import of_extra
from eventschema.stream.reading.decoding import decode_object
from eventschema.track.reading import is_uuid

try:
    import msgspec
except ModuleNotFoundError as error:
    raise of_extra("stream", error) from None

#: The format of a line that this release writes and reads.
FORMAT: Final = 1

#: How each line begins.
LINE_START: Final = b'{"format":1,"id":"'

_REQUIRED: Final = ("format", "id", "receivedAt", "errors")
_REQUESTS: Final = ("request", "requestBase64", "bytes")  # one of them
_OPTIONAL: Final = ("source", "line", "schemaVersion", *_REQUESTS)

_MAX_ESCAPED: Final = 6  # bytes of JSON for one byte of a text: a control character
_MAX_OTHER: Final = 2**24  # bytes of the errors, some for each property, and of the other fields

_encode = msgspec.json.Encoder().encode


class _Batch(msgspec.Struct):
    events: list[msgspec.Raw]


_decode_batch = msgspec.json.Decoder(_Batch).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedRequest:
    """A rejected request: one line of a file. Its fields are those of the line.

    ``request`` has its bytes as they came, ``None`` where they were too long to be kept; ``length`` is their number.
    ``errors`` are documents, as ``Violation.to_dict`` makes them.
    """

    id: str
    received_at: datetime
    errors: tuple[Mapping[str, Any], ...]
    request: bytes | None
    length: int
    schema_version: int | None = None
    source: str | None = None
    line: int | None = None

    @classmethod
    def of(
        cls,
        request: bytes | int,
        errors: Iterable[Violation],
        received_at: datetime,
        schema_version: int | None = None,
        location: tuple[str, int] | None = None,
    ) -> "RejectedRequest":
        """A request that was rejected for ``errors``, with a new id.

        ``request`` is only the number of its bytes where they are too many to be kept. ``location`` is its source and
        line in a file.
        """
        source, line = location or (None, None)
        return cls(
            id=str(uuid4()),
            received_at=received_at,
            errors=tuple(error.to_dict() for error in errors),
            request=None if isinstance(request, int) else request,
            length=request if isinstance(request, int) else len(request),
            schema_version=schema_version,
            source=source,
            line=line,
        )

    def to_line(self) -> bytes:
        """The line of a file, with its newline."""
        fields = {
            "format": FORMAT,
            "id": self.id,
            "receivedAt": self.received_at.astimezone(UTC).isoformat(),
            "source": self.source,
            "line": self.line,
            "schemaVersion": self.schema_version,
            "errors": self.errors,
            **_write_request(self.request, self.length),
        }
        return _encode({name: value for name, value in fields.items() if value is not None}) + b"\n"

    @classmethod
    def from_dict(cls, document: object) -> "RejectedRequest":
        """Read the JSON object of a line. Raises ``ValueError``, with the place, for anything else."""
        if isinstance(document, Mapping) and document.get("format", FORMAT) != FORMAT:
            raise wrong("/format", str(FORMAT), found(document["format"]))
        fields = read_object(document, "", _REQUIRED, _OPTIONAL)
        request, length = _read_request(fields)
        return cls(
            id=_read_id(fields["id"]),
            received_at=_read_time(fields["receivedAt"]),
            errors=_read_errors(fields["errors"]),
            request=request,
            length=length,
            schema_version=_read_number(fields, "schemaVersion"),
            source=_read_text(fields, "source"),
            line=_read_number(fields, "line"),
        )

    def again(self, errors: Iterable[Violation], schema_version: int | None) -> "RejectedRequest":
        """The same request, with the same id, after it was rejected again."""
        return replace(self, errors=tuple(error.to_dict() for error in errors), schema_version=schema_version)

    def each(self) -> "tuple[RejectedRequest, ...]":
        """The requests of a batch that was rejected whole, such as one with too many; of anything else, itself.

        A batch is an object with an array ``events`` and without ``eventName``; its further fields are left out.
        Each request has an id made of this one and its position (RFC 9562, version 5), the same every time. Its errors
        are those of the batch.
        """
        texts = _texts_of_batch(self.request)
        ids = (str(uuid5(UUID(self.id), str(position))) for position in range(len(texts)))
        requests = zip(ids, texts, strict=True)
        return tuple(replace(self, id=id_, request=text, length=len(text)) for id_, text in requests) or (self,)

    def payload(self) -> dict[str, Any] | MalformedRequest | None:
        """The request, to be decided again; or why it is not a JSON object; ``None`` if it was not kept.

        A request without ``eventID`` gets the ``id`` of this line, so that deciding it twice saves one event.
        """
        if self.request is None:
            return None
        value = decode_object(self.request.removeprefix(BOM_UTF8))
        if not isinstance(value, MalformedRequest) and value.get("eventID") is None:
            value["eventID"] = self.id
        return value


def split_batch(body: bytes, events: list[Any]) -> list[bytes]:
    """The text of each event in the ``body`` of a batch, ``{"events": [...]}``, to keep those that are rejected.

    ``events`` are the decoded ones. They are encoded again where the text has values that the quick decoder refuses,
    such as lone surrogates.
    """
    try:
        return list(map(bytes, _decode_batch(body).events))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return [json.dumps(event).encode() for event in events]


def _texts_of_batch(request: bytes | None) -> list[bytes]:
    """The text of each request, if ``request`` is the body of a batch; else none."""
    if request is None or b'"events"' not in request:  # most are no batch: spare them the decoding
        return []
    body = request.removeprefix(BOM_UTF8)
    value = decode_object(body)
    if isinstance(value, MalformedRequest) or "eventName" in value or not isinstance(value.get("events"), list):
        return []
    return split_batch(body, value["events"])


def max_line_bytes(max_request_bytes: int) -> int:
    """The most bytes of a line, if a request has at most ``max_request_bytes``."""
    return _MAX_ESCAPED * max_request_bytes + _MAX_OTHER


def _write_request(request: bytes | None, length: int) -> dict[str, str | int]:
    if request is None:
        return {"bytes": length}
    try:
        return {"request": request.decode()}
    except UnicodeDecodeError:
        return {"requestBase64": b64encode(request).decode("ascii")}


def _read_request(fields: Mapping[str, Any]) -> tuple[bytes | None, int]:
    """The bytes of the request, if they were kept, and their number."""
    given = [name for name in _REQUESTS if name in fields]
    if len(given) != 1:
        raise wrong("", f"one of the fields {', '.join(_REQUESTS)}", ", ".join(given) or "none")
    if given == ["bytes"]:
        return None, _read_number(fields, "bytes") or 0
    text = _read_text(fields, given[0]) or ""
    if given == ["request"]:
        try:
            request = text.encode()
        except UnicodeEncodeError:
            raise wrong("/request", "text", "text with lone surrogates") from None
        return request, len(request)
    try:
        request = b64decode(text, validate=True)
    except (Error, ValueError):
        raise wrong("/requestBase64", "base64", "another text") from None
    return request, len(request)


def _read_id(value: object) -> str:
    if not isinstance(value, str) or not is_uuid(value):
        raise wrong("/id", "a UUID", "another value")
    return value.lower()


def _read_time(value: object) -> datetime:
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        time = None
    if time is None or time.utcoffset() != timedelta(0):
        raise wrong("/receivedAt", "a time of ISO 8601 in UTC", "another value")
    return time


def _read_errors(value: object) -> tuple[Mapping[str, Any], ...]:
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        raise wrong("/errors", "an array of objects", json_type_name(value))
    return tuple(value)


def _read_number(fields: Mapping[str, Any], name: str) -> int | None:
    value = fields.get(name)
    if value is not None and (type(value) is not int or value < 0):
        raise wrong(f"/{name}", "a number of at least 0", str(value) if type(value) is int else json_type_name(value))
    return value


def _read_text(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise wrong(f"/{name}", "text", json_type_name(value))
    return value
