"""Loads requests into a store, batch by batch: what ``eventschema load`` does with its files."""

import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import IO, Any, Final, NamedTuple, Protocol

from eventschema.cli.loadreport import LoadStats
from eventschema.core.pointers import encodable
from eventschema.core.violations import MalformedRequest, Violation
from eventschema.store.checkpoints import Checkpoint
from eventschema.store.memory import utc_now
from eventschema.store.registry import SchemaRegistry
from eventschema.store.sql import SQLStore
from eventschema.store.tracking import TrackResult
from eventschema.stream.positions import START
from eventschema.stream.reading import UnreadableSourceError
from eventschema.stream.reading.batches import LineBatch, read_batches
from eventschema.stream.reading.files import decode_lines
from eventschema.stream.reading.sources import OnRead
from eventschema.stream.rejected import RejectedRequest, max_line_bytes
from eventschema.track.request import TrackRequest

#: The name in the history of a schema for what a load changed.
WHO: Final = "load"

_KIND: Final = "load:"  # begins the names of the checkpoints of loaded files
_FORMAT_EXPECTED: Final = "a line of a file of rejected requests"


class Errors(Protocol):
    """Takes rejected requests, batch by batch."""

    def write(self, rejected: Sequence[RejectedRequest]) -> list[Checkpoint]:
        """Write the rejected requests of a batch; returns the checkpoints to save with it.

        It is called again if the batch is decided once more, and then replaces what was written.
        """

    def saved(self) -> None:
        """Note that the batch was saved."""


class NoErrors:
    """Drops rejected requests."""

    def write(self, rejected: Sequence[RejectedRequest]) -> list[Checkpoint]:
        """See :class:`Errors`."""
        return []

    def saved(self) -> None:
        """See :class:`Errors`."""


class StreamErrors:
    """Writes rejected requests into ``file``, without checkpoints."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._lines = b""

    def write(self, rejected: Sequence[RejectedRequest]) -> list[Checkpoint]:
        """See :class:`Errors`."""
        self._lines = b"".join(each.to_line() for each in rejected)
        return []

    def saved(self) -> None:
        """See :class:`Errors`."""
        self._file.write(self._lines)
        self._lines = b""


class _Request(NamedTuple):
    """A request to load: its location, its text (or only the length of one that is too long), and its JSON object.

    ``value`` is the violation that says why if the text is not a JSON object, ``earlier`` how it was rejected before.
    """

    source: str
    line: int
    text: bytes | int
    value: dict[str, Any] | MalformedRequest
    earlier: RejectedRequest | None = None

    def rejected(self, errors: tuple[Violation, ...], schema_version: int | None) -> RejectedRequest:
        """The line of the request in a file of rejected ones."""
        if self.earlier is not None:
            return self.earlier.again(errors, schema_version)
        return RejectedRequest.of(self.text, errors, utc_now(), schema_version, (self.source, self.line))


class Loaded(NamedTuple):
    """How many lines of a file were loaded ``before``, and how many ``lines`` it has now."""

    before: int
    lines: int


class Loader:
    """Loads files into ``store``, by its ``registry``. The counts are in ``stats``."""

    def __init__(
        self, store: SQLStore, registry: SchemaRegistry, errors: Errors, *, batch_size: int, max_line_bytes: int
    ) -> None:
        self._store = store
        self._registry = registry
        self._errors = errors
        self._batch_size = batch_size
        self._max_line_bytes = max_line_bytes
        self.stats = LoadStats()

    def load(self, path: str, source: str | None = None, on_read: OnRead | None = None) -> Loaded:
        """Load the requests of the file at ``path`` from where an earlier load of ``source`` has stopped.

        The progress is saved with each batch, under the name ``source``, by default the absolute path. Raises
        ``ChangedSourceError``, ``UnreadableSourceError``, ``StoreError``, and ``CheckpointConflictError`` if another
        process loads the same source.
        """
        name = _KIND + encodable(os.path.abspath(path) if source is None else source)
        at = self._store.checkpoint(name)
        before = 0 if at is None else at.lines
        shown = encodable(path)
        for batch in read_batches(
            path, at or START, max_lines=self._batch_size, max_line_bytes=self._max_line_bytes, on_read=on_read
        ):
            requests = list(self._requests(shown, batch))
            if at is None and requests and _is_refused_before(requests[0].value):
                raise UnreadableSourceError(shown, 0, "its lines are rejected requests, which --rejected decides again")
            self._save(requests, [Checkpoint(name, at, batch.end)])
            at = batch.end
        return Loaded(before, 0 if at is None else at.lines)

    def load_rejected(self, path: str, on_read: OnRead | None = None) -> None:
        """Decide the requests of a file of rejected ones again. Raises ``UnreadableSourceError`` and ``StoreError``.

        Each line has an id, which its event gets. So requests that were accepted before are repetitions.
        """
        limit = max_line_bytes(self._max_line_bytes)
        for batch in read_batches(path, max_lines=self._batch_size, max_line_bytes=limit, on_read=on_read):
            lines = zip(batch.lines, decode_lines(batch.lines, limit), strict=True)
            requests = chain.from_iterable(
                _refused_before(encodable(path), number, text, value)
                for number, (text, value) in enumerate(lines, batch.first)
                if value is not None
            )
            while some := list(islice(requests, self._batch_size)):  # one line can have a batch of many
                self._save(some, ())

    def _requests(self, source: str, batch: LineBatch) -> Iterator[_Request]:
        values = decode_lines(batch.lines, self._max_line_bytes)
        for number, (text, value) in enumerate(zip(batch.lines, values, strict=True), batch.first):
            if value is not None:
                yield _Request(source, number, text, value)

    def _save(self, requests: Sequence[_Request], checkpoints: Sequence[Checkpoint]) -> None:
        """Decide ``requests``, and save those that are accepted, with ``checkpoints`` if there are any."""
        valid = [
            (number, TrackRequest.parse(request.value, self._registry.rules))
            for number, request in enumerate(requests)
            if not isinstance(request.value, MalformedRequest)
        ]
        numbers, parsed = [number for number, _ in valid], [request for _, request in valid]

        def write_errors(results: Mapping[int, TrackResult]) -> list[Checkpoint]:
            refused = {numbers[place]: result for place, result in results.items() if not result.ok}
            return [*self._errors.write(list(_rejected(requests, refused))), *checkpoints]

        if checkpoints:
            results = self._registry.track_with_checkpoints(parsed, write_errors, WHO)
        else:
            results = self._registry.track_many(parsed, WHO)
            write_errors(dict(enumerate(results)))
        self._errors.saved()
        self._count(requests, dict(zip(numbers, results, strict=True)), dict(valid))

    def _count(
        self, requests: Sequence[_Request], results: dict[int, TrackResult], parsed: dict[int, TrackRequest]
    ) -> None:
        for number, request in enumerate(requests):
            if isinstance(request.value, MalformedRequest):
                self.stats.reject(request.source, request.line, None, (request.value,))
            elif results[number].ok:
                self.stats.accept(request.source, request.line, parsed[number].event_name, results[number])
            else:
                self.stats.reject(request.source, request.line, parsed[number].event_name, results[number].errors)


def _rejected(requests: Sequence[_Request], refused: Mapping[int, TrackResult]) -> Iterator[RejectedRequest]:
    """The lines to write for the ``requests`` that are not a JSON object, or are ``refused``."""
    for number, request in enumerate(requests):
        if isinstance(request.value, MalformedRequest):
            yield request.rejected((request.value,), None)
        elif number in refused:
            yield request.rejected(refused[number].errors, refused[number].schema_version)


def _is_refused_before(value: dict[str, Any] | MalformedRequest) -> bool:
    """Whether a line is one of a file of rejected requests."""
    try:
        RejectedRequest.from_dict(value)
    except ValueError:
        return False
    return True


def _refused_before(
    source: str, number: int, text: bytes | int, value: dict[str, Any] | MalformedRequest
) -> Iterator[_Request]:
    """The request of a line of a file of rejected ones; of a batch that was rejected whole, each request."""
    if isinstance(value, MalformedRequest):
        yield _Request(source, number, text, value)
        return
    try:
        earlier = RejectedRequest.from_dict(value)
    except ValueError as error:
        yield _Request(source, number, text, MalformedRequest("", _FORMAT_EXPECTED, f"another object ({error})"))
        return
    for each in earlier.each():
        yield _again(source, number, each)


def _again(source: str, number: int, earlier: RejectedRequest) -> _Request:
    payload = earlier.payload()
    if payload is None:
        payload = MalformedRequest("", "a request that was kept", f"only its length, {earlier.length} bytes")
    return _Request(source, number, earlier.length if earlier.request is None else earlier.request, payload, earlier)
