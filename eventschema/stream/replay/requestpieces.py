"""Replay of pieces of a stream of track requests: each is decided as far as possible without the requests before it.

Types never change, so an event without new properties is accepted under any earlier version of its schema as under the
current one. A contact depends on all requests before. So :func:`replay_request_piece` decides the events, and returns
of each accepted request what it says about its contact. A :class:`RequestCombiner` takes the results in the order of
the stream and decides the contacts. All other requests (those that add to a schema, or have any error) are returned as
they are, and decided there too. The answer is that of a replay request by request, wherever the stream was cut and
whichever earlier schemas each piece was replayed with.
"""

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final, NamedTuple

import msgspec

from eventschema.core.frozen import FrozenDict
from eventschema.core.pointers import encodable
from eventschema.core.results import MergeResult
from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.core.trusted import trusted
from eventschema.core.violations import MalformedRequest, Violation
from eventschema.stream.envelopes import Block, StreamEvent, StreamObject
from eventschema.stream.reading.decoding import is_object
from eventschema.stream.reading.sources import OnRead, UnreadableSourceError
from eventschema.stream.replay.blocks import AcceptedBlock, CountedEvent, Counts
from eventschema.stream.replay.combining import BaseCombiner, Piece, PieceReplay, Value, is_first, read_piece
from eventschema.stream.replay.events import Rejection, Replay
from eventschema.stream.replay.requests import AcceptedRequest, TrackReplay
from eventschema.stream.replay.stats import ContactStats, ReplayStats
from eventschema.track.contact import ContactRequest
from eventschema.track.documents import ContactValue
from eventschema.track.request import NO_ERRORS, TrackRequest

_UNDECIDED: Final = -1


# The fields of a contact request are sent as bytes, which are quick to send and to compare.
_ContactFields = tuple[dict[str, str], dict[str, ContactValue], tuple[str, ...]]
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_ContactFields).decode
_new_contact_request: Final = trusted(ContactRequest)


class RequestPieceResult(NamedTuple):
    """The result of a piece.

    ``numbers``, ``decided`` and ``requests`` are of its requests, in order: the numbers of their lines, the positions
    of their events in ``events``, and the fields of their contacts. An undecided request has the position -1, and in
    ``requests`` what its line holds. Lines are numbered from 1; ``lines`` is their number, and ``has_object`` says
    whether any is a JSON object.
    """

    source: str
    is_first: bool
    events: list[CountedEvent]
    numbers: Sequence[int]
    decided: Sequence[int]
    requests: list[bytes | Value]
    lines: int
    has_object: bool
    failure: UnreadableSourceError | None = None


def replay_request_piece(
    piece: Piece, replay: Replay, rules: Rules, max_line_bytes: int, on_read: OnRead | None = None
) -> RequestPieceResult:
    """Replay ``piece`` as far as possible with the schemas of ``replay``, which are those of any earlier time.

    ``replay`` is not changed. ``on_read`` is called with the number of bytes of each read.
    """
    events: dict[CountedEvent, int] = {}
    numbers, decided = array("q"), array("q")
    requests: list[bytes | Value] = []
    lines = 0
    has_object = False
    failure = None
    try:
        for block in read_piece(piece, max_line_bytes, on_read):
            lines = block.end
            has_object = has_object or any(map(is_object, block.values))
            numbers.extend(block.numbers)
            for value in block.values:
                request = _decide_early(value, replay, rules)
                if request is None:
                    decided.append(_UNDECIDED)
                    requests.append(value)
                else:
                    contact, event = request
                    decided.append(events.setdefault(event, len(events)))
                    requests.append(contact)
    except UnreadableSourceError as error:
        failure = error
    return RequestPieceResult(
        encodable(piece.path), is_first(piece), list(events), numbers, decided, requests, lines, has_object, failure
    )


def _decide_early(value: Value, replay: Replay, rules: Rules) -> tuple[bytes, CountedEvent] | None:
    """The contact and the event of a request that has no errors and adds nothing to a schema; ``None`` for others."""
    if isinstance(value, MalformedRequest):
        return None
    request = TrackRequest.parse(value, rules)
    if request.errors_by_part is not NO_ERRORS:
        return None
    merged = replay.decide_early(StreamEvent("", 0, request.event_name, value.get("properties") or {}))
    if not isinstance(merged, MergeResult) or merged.dropped:  # CountedEvent has no place for dropped properties
        return None
    contact = request.contact
    fields = contact.identifiers.copy(), contact.properties.copy(), contact.removals
    return _encode(fields), CountedEvent.of(merged)


class RequestCombiner(BaseCombiner[RequestPieceResult]):
    """Combines the results of the pieces of a stream, in order, in a ``replay`` and its statistics.

    ``on_rejection`` is called with each rejection, in order.
    """

    def __init__(
        self,
        replay: TrackReplay,
        stats: ReplayStats,
        contact_stats: ContactStats,
        max_line_bytes: int,
        on_rejection: Callable[[Rejection], object] | None = None,
    ) -> None:
        super().__init__(max_line_bytes)
        self.replay: Final = replay
        self.stats: Final = stats
        self.contact_stats: Final = contact_stats
        self._on_rejection = on_rejection

    def piece_replay(self) -> PieceReplay[RequestPieceResult]:
        """:func:`replay_request_piece` with the current schemas."""
        rules = self.replay.rules
        return partial(
            replay_request_piece,
            replay=Replay(self.replay.schemas, rules),
            rules=rules,
            max_line_bytes=self.max_line_bytes,
        )

    def _take_block(self, block: Block, before: int) -> None:
        for number, value in zip(block.numbers, block.values, strict=True):
            self._decide(StreamObject(block.source, before + number, value))

    def _add(self, result: RequestPieceResult, before: int) -> None:
        counts = [0] * len(result.events)
        for number, position, request in zip(result.numbers, result.decided, result.requests, strict=True):
            if not isinstance(request, bytes):
                self._decide(StreamObject(result.source, before + number, request))
            elif (error := self._add_contact(request)) is None:
                counts[position] += 1
            else:
                rejection = Rejection(result.source, before + number, result.events[position].name, (error,))
                self._count(StreamObject(result.source, before + number, {}), rejection)
        self.stats.add_accepted(_accepted(zip(result.events, counts, strict=True)))

    def _add_contact(self, request: bytes) -> Violation | None:
        """Decide and count the contact of a request whose event is accepted. Returns the error of a rejected one."""
        identifiers, properties, removals = _decode(request)
        if not removals and self.replay.has_contact(identifiers, properties):
            self.contact_stats.unchanged += 1
            return None
        wanted = _new_contact_request(FrozenDict.wrap(identifiers), FrozenDict.wrap(properties), removals)
        change = self.replay.add_contact(wanted)
        if isinstance(change, Violation):
            return change
        self.contact_stats.add_change(change)
        return None

    def _decide(self, line: StreamObject) -> None:
        name = None if isinstance(line.value, MalformedRequest) else line.value.get("eventName")
        before = self._schema(name)
        outcome = self.replay.add(line)
        self.changes += self._schema(name) is not before
        self._count(line, outcome)

    def _schema(self, name: object) -> EventSchema | None:
        return self.replay.schema(name) if isinstance(name, str) else None

    def _count(self, line: StreamObject, outcome: AcceptedRequest | Rejection) -> None:
        self.contact_stats.add(outcome)
        self.stats.add(line, outcome)
        if isinstance(outcome, Rejection) and self._on_rejection is not None:
            self._on_rejection(outcome)


def _accepted(events: Iterable[tuple[CountedEvent, int]]) -> AcceptedBlock:
    """The counts of events, each with the number of times that it was accepted."""
    by_name: dict[str, Counts] = defaultdict(Counts)
    for event, count in events:
        if count:
            by_name[event.name].add_event(event, count)
    return AcceptedBlock({name: counts.as_tuple() for name, counts in by_name.items()}, [])
