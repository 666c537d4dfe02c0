"""Saves the rows of a micro-batch, part by part, so that one which Spark repeats saves nothing twice.

Each part is one transaction, in which the progress is saved too, by compare-and-swap (``Checkpoint``). Spark repeats a
micro-batch with the same number and the same rows, and these are sorted. So the rows that the progress counts are
skipped, whether or not they have an ``eventID``; a hash tells that they are the same rows.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid5

import msgspec

from eventschema.core.violations import counted
from eventschema.spark.deadletters import DeadLetters, Part
from eventschema.spark.requests import RequestRow
from eventschema.store.checkpoints import Checkpoint
from eventschema.store.memory import utc_now
from eventschema.store.protocols import StoreError
from eventschema.store.registry import SchemaRegistry
from eventschema.store.sql import SQLStore
from eventschema.store.tracking import TrackResult, version_of
from eventschema.stream.positions import Position
from eventschema.stream.reading.files import decode_lines
from eventschema.stream.rejected import RejectedRequest
from eventschema.track.request import TrackRequest

_KIND: Final = "spark:"  # the checkpoints of streams, among those of files

_log: Final = logging.getLogger("eventschema.spark")

_decode_errors = msgspec.json.Decoder(tuple[dict[str, Any], ...]).decode


class StreamProgressError(StoreError):
    """What the store has saved of a stream does not fit what Spark passes on: nothing more is saved."""


class Progress(NamedTuple):
    """How far a stream is saved: the number of its last micro-batch, how many rows of it, and their SHA-256 in hex."""

    batch: int
    rows: int
    digest: str

    @classmethod
    def of(cls, position: Position) -> "Progress":
        """The progress in a checkpoint of a store: its lines are the rows, its bytes the number."""
        return cls(position.bytes, position.lines, position.digest)

    def to_position(self) -> Position:
        """The checkpoint to save."""
        return Position(self.rows, self.batch, self.digest)


class _OutdatedError(Exception):
    """The store has other versions of the schemas ``names`` than those that requests were refused with."""

    def __init__(self, names: frozenset[str]) -> None:
        super().__init__(names)
        self.names = names


class _Rows:
    """The rows of the micro-batch ``number``, which are counted and hashed as they are taken."""

    def __init__(self, number: int, rows: Iterable[RequestRow]) -> None:
        self._number = number
        self._rows = iter(rows)
        self._hash = sha256(number.to_bytes(8))
        self.taken = 0

    def take(self, count: int) -> list[RequestRow]:
        """The next ``count`` rows, or as many as there are."""
        taken = list(islice(self._rows, count))
        for row in taken:
            text = row.request or b""
            self._hash.update(b"%d %d " % (row.length, len(text)) + text)
        self.taken += len(taken)
        return taken

    def progress(self) -> Progress:
        """The progress once all the rows that were taken are saved."""
        return Progress(self._number, self.taken, self._hash.hexdigest())


@dataclass(slots=True)
class MicroBatch:
    """Saves the micro-batch ``number`` of the query with the id ``query`` into ``store``, by its ``registry``.

    ``size`` is the most rows of a part. ``names`` are the names of the events that were tracked.
    """

    store: SQLStore
    registry: SchemaRegistry
    dead_letters: DeadLetters
    query: str
    number: int
    who: str
    size: int
    names: set[str] = field(default_factory=set)
    _counts: Counter[str] = field(default_factory=Counter)

    def save(self, given: Iterable[RequestRow]) -> None:
        """Save the rows ``given``, all those of the micro-batch in order, from where an earlier call has stopped.

        Raises ``StreamProgressError`` if they are not those of the earlier call, or if another micro-batch is next; and
        what ``SchemaRegistry.track_with_checkpoints`` does.
        """
        saved = self._saved()
        rows = _Rows(self.number, given)
        if saved is not None and saved.batch == self.number:
            self._skip(rows, saved)
        while True:
            part = rows.take(self.size)
            if not part and saved is not None and saved.batch == self.number:
                break
            after = rows.progress()
            self._save_part(part, saved, after)
            saved = after
        counts = self._counts
        _log.info(
            "micro-batch %d: %d requests saved, %d of them repetitions; %d refused; %d rows were saved before",
            *(self.number, counts["accepted"], counts["repeated"], counts["refused"], counts["before"]),
        )

    def _saved(self) -> Progress | None:
        """How far the store is. Raises ``StreamProgressError`` unless this micro-batch is next."""
        position = self.store.checkpoint(_KIND + self.query)
        saved = None if position is None else Progress.of(position)
        last = -1 if saved is None else saved.batch
        if not last <= self.number <= last + 1:
            raise StreamProgressError(
                f"expected micro-batch {last + 1} of the query {self.query}, as the database has {last + 1} of them, "
                f"found {self.number}: the database and Spark's checkpoint are not of the same time or do not belong "
                "together"
            )
        return saved

    def _skip(self, rows: _Rows, saved: Progress) -> None:
        """Take the rows that were saved before. Raises ``StreamProgressError`` if they are others."""
        rows.take(saved.rows)
        self._counts["before"] = saved.rows
        if rows.progress() != saved:
            raise StreamProgressError(
                f"the first {counted(saved.rows, 'row', 'rows')} of micro-batch {self.number} are not those that were "
                "saved of it before: its source has changed"
            )

    def _save_part(self, rows: Sequence[RequestRow], before: Progress | None, after: Progress) -> None:
        """Decide the requests of ``rows``, and save those that are accepted, together with the progress."""
        outdated = frozenset[str]()
        while True:
            part = _Part(self, rows, before, after, outdated)
            try:
                results = self.registry.track_with_checkpoints(part.requests, part.before_save, self.who)
            except _OutdatedError as error:
                outdated |= error.names
                continue
            self._count(part, results)
            return

    def _count(self, part: "_Part", results: Sequence[TrackResult]) -> None:
        accepted = sum(result.ok for result in results)
        self._counts["accepted"] += accepted
        self._counts["repeated"] += sum(result.duplicate for result in results)
        self._counts["refused"] += len(results) - accepted + len(part.refused)
        self.names.update(request.event_name for request in part.requests if request.event_name is not None)
        self.names.update(row.event for row in part.refused.values() if row.event is not None)


class _Part:
    """The rows of one transaction. Refusals with schemas of the names ``outdated`` do not count."""

    def __init__(
        self,
        batch: MicroBatch,
        rows: Sequence[RequestRow],
        before: Progress | None,
        after: Progress,
        outdated: frozenset[str],
    ) -> None:
        self._batch = batch
        self._rows = rows
        self._first = after.rows - len(rows) + 1
        before_position = None if before is None else before.to_position()
        self._checkpoint = Checkpoint(_KIND + batch.query, before_position, after.to_position())
        numbered = list(enumerate(rows))
        #: The rows that workers have refused, by their places; all others are decided here.
        self.refused = {n: row for n, row in numbered if row.errors is not None and row.event not in outdated}
        self._open = [n for n, row in numbered if row.request is not None and n not in self.refused]
        self.requests = self._parse()

    def _parse(self) -> list[TrackRequest]:
        texts = [self._rows[place].request or b"" for place in self._open]
        limit = max(map(len, texts), default=0)  # workers have refused texts that are too long
        values = decode_lines(texts, limit)
        return [TrackRequest.parse(value, self._batch.registry.rules) for value in values]

    def before_save(self, results: Mapping[int, TrackResult]) -> list[Checkpoint]:
        """Pass on the rejected requests, before the others are saved; returns the checkpoint to save with those.

        Raises ``_OutdatedError`` if workers have rejected requests with other versions of schemas than the store has.
        """
        self._check_versions()
        refused = {self._open[place]: result for place, result in results.items()}
        part = Part(self._batch.query, self._batch.number, self._first)
        self._batch.dead_letters.write(part, self._rejected(refused))
        return [self._checkpoint]

    def _check_versions(self) -> None:
        versions = {(row.event, row.version) for row in self.refused.values() if row.event is not None}
        names = sorted({name for name, _ in versions})
        stored = dict(zip(names, map(version_of, self._batch.store.load_many(names)), strict=True)) if names else {}
        outdated = frozenset(name for name, version in versions if stored[name] != version)
        if outdated:
            raise _OutdatedError(outdated)

    def _rejected(self, refused: Mapping[int, TrackResult]) -> Iterator[RejectedRequest]:
        for place, row in enumerate(self._rows):
            if place in self.refused:
                yield self._rejection(place, row, _decode_errors(row.errors or b"[]"), row.version)
            elif place in refused:
                result = refused[place]
                errors = tuple(error.to_dict() for error in result.errors)
                yield self._rejection(place, row, errors, result.schema_version)

    def _rejection(
        self, place: int, row: RequestRow, errors: tuple[Mapping[str, Any], ...], version: int | None
    ) -> RejectedRequest:
        batch = self._batch
        number = self._first + place
        return RejectedRequest(
            id=str(uuid5(UUID(batch.query), f"{batch.number}/{number}")),
            received_at=utc_now(),
            errors=errors,
            request=row.request,
            length=row.length,
            schema_version=version,
            source=f"micro-batch {batch.number} of {batch.query}",
            line=number,
        )
