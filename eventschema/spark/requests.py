"""What the workers of a cluster do with track requests: read each, and refuse those that are refused in any case.

A worker has some schemas of an earlier time, and no contacts. This is enough to refuse a request if its contact cannot
be the reason, if it repeats no event, and if no event before it can change its errors (``Replay.decide_early``). All
other requests are passed on, and decided where the store is. A person may have changed a schema meanwhile, so a refusal
with a schema says which version it was.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.core.violations import MalformedRequest, Violation
from eventschema.stream.envelopes import StreamEvent
from eventschema.stream.reading.files import decode_lines
from eventschema.stream.reading.texts import Text
from eventschema.stream.replay.events import Rejection, Replay
from eventschema.track.request import TrackRequest

if TYPE_CHECKING:
    import pyarrow as pa

_NULL: Final = MalformedRequest("", "a JSON object", "null")
_encode = msgspec.json.Encoder().encode


class WorkerTask(NamedTuple):
    """What each worker is given: ``schemas`` of any earlier time, by name, the rules, and the most bytes of a text."""

    schemas: Mapping[str, EventSchema]
    rules: Rules
    max_line_bytes: int


class RequestRow(NamedTuple):
    """A row: a request, and why it is refused, if that is certain.

    ``request`` is its text, ``None`` if that is blank or too long; ``length`` is the number of its bytes. ``errors``
    are the errors of a refused one, as JSON. If it has an event name, that is ``event``, and ``version`` is the
    version of the schema that it was refused with.
    """

    request: bytes | None
    length: int
    errors: bytes | None = None
    event: str | None = None
    version: int | None = None


class EarlyRefusal(NamedTuple):
    """Why a request is refused in any case; and the schema that it is refused with, as in :class:`RequestRow`."""

    errors: tuple[Violation, ...]
    event: str | None = None
    version: int | None = None


def refuse_batches(batches: "Iterable[pa.RecordBatch]", task: WorkerTask) -> "Iterator[pa.RecordBatch]":
    """The rows of ``batches`` with the fields of a ``RequestRow`` in place of the last column, the text of a request.

    For ``mapInArrow``.
    """
    import pyarrow as pa

    kinds = {
        "request": pa.binary(),
        "length": pa.int64(),
        "errors": pa.binary(),
        "event": pa.string(),
        "version": pa.int32(),
    }
    for batch in batches:
        rows = refuse_texts(batch.columns[-1].to_pylist(), task)
        found = [pa.array([row[place] for row in rows], kind) for place, kind in enumerate(kinds.values())]
        names = [*batch.schema.names[:-1], *kinds]
        yield pa.RecordBatch.from_arrays([*batch.columns[:-1], *found], names=names)


def refuse_texts(texts: Sequence[bytes | None], task: WorkerTask) -> list[RequestRow]:
    """A row for each of ``texts``, the JSON of requests. Null is refused, since it is no object; blank text is not."""
    replay = Replay(task.schemas, task.rules)
    lines = [_NULL if text is None else _read(text, task.max_line_bytes) for text in texts]
    values = decode_lines(lines, task.max_line_bytes)
    return [_row(line, value, replay, task.rules) for line, value in zip(lines, values, strict=True)]


def _read(text: bytes, max_line_bytes: int) -> Text:
    return text if len(text) <= max_line_bytes else len(text)


def _row(line: Text, value: dict[str, Any] | MalformedRequest | None, replay: Replay, rules: Rules) -> RequestRow:
    if value is None:
        return RequestRow(None, 0)
    text = None if isinstance(line, int) else line if isinstance(line, bytes) else b""
    length = line if isinstance(line, int) else len(text or b"")
    refusal = refuse_early(value, replay, rules)
    if refusal is None:
        return RequestRow(text, length)
    errors = _encode([error.to_dict() for error in refusal.errors])
    return RequestRow(text, length, errors, refusal.event, refusal.version)


def refuse_early(value: dict[str, Any] | MalformedRequest, replay: Replay, rules: Rules) -> EarlyRefusal | None:
    """Why the request ``value`` is refused whatever comes before it; ``None`` if it is accepted, or may be.

    ``replay`` has schemas of any earlier time. Those of its events may grow meanwhile, but not be retyped.
    """
    if isinstance(value, MalformedRequest):
        return EarlyRefusal((value,))
    request = TrackRequest.parse(value, rules)
    if _may_depend_on_store(request):
        return None
    if request.event_name is None:
        return EarlyRefusal(request.decide(None, ()).errors)
    schema = replay.schema(request.event_name)
    if schema is None or not _is_refused(request, replay):
        return None
    return EarlyRefusal(request.decide(schema, ()).errors, request.event_name, schema.version)


def _is_refused(request: TrackRequest, replay: Replay) -> bool:
    """Whether the event of ``request`` is refused, whatever is added to its schema, and has the same errors then."""
    if not request.properties:
        return bool(request.errors)
    event = StreamEvent("", 0, request.event_name, request.properties.copy())
    outcome = replay.decide_early(event)
    return outcome is not None and (isinstance(outcome, Rejection) or bool(request.errors))


def _may_depend_on_store(request: TrackRequest) -> bool:
    """Whether the contacts in a store may add an error, or the request may repeat an event that a store has.

    An email or a phone number alone is that of one contact or of none: both are no error.
    """
    identifiers = request.contact.identifiers
    return len(identifiers) > 1 or "id" in identifiers or (request.event_id is not None and not request.errors)
