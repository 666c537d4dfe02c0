"""``POST /v4/track/batch``: how its body is read, and what is answered."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from starlette.responses import Response

from eventschema.core.pointers import json_type_name, pointer_to, truncate
from eventschema.core.rules import Rules
from eventschema.core.violations import ArrayTooLong, MalformedRequest, Violation
from eventschema.store.tracking import TrackResult
from eventschema.stream.rejected import split_batch
from eventschema.track.violations import MissingField, UnknownField
from eventschema.web.body import parse_object
from eventschema.web.problems import json_response
from eventschema.web.rejected import RejectedFolder

#: The requests of a batch, and the bytes that its body may have.
MAX_EVENTS: Final = 1000
MAX_BATCH_BODY: Final = 4 * 1024 * 1024

_FIELD: Final = "events"
_MAX_UNKNOWN: Final = 100  # other fields that are listed


def read_batch(body: bytes, rules: Rules) -> list[Any] | tuple[Violation, ...]:
    """The requests in the body of a batch, or what is wrong with the body, as violations."""
    payload = parse_object(body)
    if isinstance(payload, MalformedRequest):
        return (payload,)
    errors = [*_errors_of_events(payload), *_unknown_fields(payload, rules)]
    return tuple(errors) if errors else payload[_FIELD]


def _errors_of_events(payload: dict[str, Any]) -> Iterable[Violation]:
    events = payload.get(_FIELD)
    pointer = f"/{_FIELD}"
    if _FIELD not in payload:
        yield MissingField(pointer, _FIELD)
    elif not isinstance(events, list):
        yield MalformedRequest(pointer, "array", json_type_name(events))
    elif not events:
        yield MalformedRequest(pointer, f"an array of 1 to {MAX_EVENTS} requests", "an empty array")
    elif len(events) > MAX_EVENTS:
        yield ArrayTooLong(pointer, MAX_EVENTS, len(events))


def _unknown_fields(payload: dict[str, Any], rules: Rules) -> Iterable[Violation]:
    if rules.unknown_fields == "ignore":
        return
    limit = rules.max_name_length
    for name in [name for name in payload if name != _FIELD][:_MAX_UNKNOWN]:
        yield UnknownField(pointer_to("", name, limit), truncate(name, limit))


def notes_on(tracked: TrackResult) -> dict[str, Any]:
    """What to say of an accepted request beside its id: a repetition, and properties that were dropped."""
    answer: dict[str, Any] = {}
    if tracked.duplicate:
        answer["duplicate"] = True
    if tracked.differs:
        answer["differs"] = True
    if tracked.dropped:
        answer["dropped"] = [error.to_dict() for error in tracked.dropped]
    return answer


def answer_of(results: Sequence[TrackResult]) -> dict[str, Any]:
    """The answer to a batch. Pointers are into its body."""
    rejected = [
        {"index": index, "errors": _moved(result.errors, index)} for index, result in enumerate(results) if not result
    ]
    answer: dict[str, Any] = {
        "accepted": len(results) - len(rejected),
        "rejected": rejected,
        "eventIDs": [result.event_id for result in results],
    }
    duplicates = [
        {"index": index, "differs": result.differs} for index, result in enumerate(results) if result.duplicate
    ]
    dropped = [
        {"index": index, "errors": _moved(result.dropped, index)}
        for index, result in enumerate(results)
        if result and result.dropped
    ]
    return answer | ({"duplicates": duplicates} if duplicates else {}) | ({"dropped": dropped} if dropped else {})


def batch_response(results: Sequence[TrackResult], status: int) -> Response:
    """The response to a batch."""
    return json_response(answer_of(results), status)


def keep_refused(folder: RejectedFolder, body: bytes, payloads: list[Any], results: Sequence[TrackResult]) -> None:
    """Keep those requests of the batch in ``body`` that were refused, each by itself."""
    if not all(results):
        for text, result in zip(split_batch(body, payloads), results, strict=True):
            if not result:
                folder.keep(text, result.errors, result.schema_version)


def _moved(errors: Iterable[Violation], index: int) -> list[dict[str, Any]]:
    return [error.at(f"/{_FIELD}/{index}{error.pointer}").to_dict() for error in errors]
