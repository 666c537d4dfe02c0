"""Replay of files by several processes: workers replay pieces, and this process combines the results."""

import pickle
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from functools import lru_cache
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final, Generic

from eventschema.stream.reading.parts import Part, can_be_cut, cut
from eventschema.stream.reading.sources import OnRead, UnreadableSourceError
from eventschema.stream.reading.texts import AUTO, InputOptions, Text
from eventschema.stream.replay.combining import BaseCombiner, Piece, PieceReplay, Result, Texts, read_part

if TYPE_CHECKING:
    from eventschema.stream.workers import Workers

#: The bytes of a piece: some thousand events, so that the schemas of workers are seldom out of date.
PIECE_BYTES: Final = 2**20

#: Fewer pieces are replayed without workers: starting these takes as long as replaying some pieces.
MIN_PIECES: Final = 8

_PER_WORKER: Final = 4  # pieces for each worker: one that it replays, and others in case this process is busy
_SENT: Final = 2  # of these, how many are sent to it at once
_TO_GROW: Final = 4  # pieces until one more may be sent, so that only as many workers start as pay off
_AHEAD: Final = 8  # results for each process that may wait for that of an earlier piece


def replay_files(
    paths: Sequence[str],
    combiner: BaseCombiner[Any],
    *,
    jobs: int = 1,
    on_read: OnRead | None = None,
    piece_bytes: int = PIECE_BYTES,
    options: InputOptions = AUTO,
) -> None:
    """Replay the files at ``paths`` (``"-"``: standard input) into ``combiner``, by ``jobs`` processes.

    ``options`` say which format the files have; ``on_read`` is called with the number of bytes of each read.
    If a file cannot be read to its end, the other files are read all the same. With more than one job this may
    start processes by ``multiprocessing``, so a script that calls it needs its ``if __name__ == "__main__"``.
    """
    if jobs == 1:
        for path in paths:
            combiner.take(Part(path, options=options), on_read)
        return
    pieces = (
        piece for path in paths for piece in _pieces(path, combiner.max_line_bytes, on_read, piece_bytes, options)
    )
    first = list(islice(pieces, MIN_PIECES))
    if len(first) < MIN_PIECES:
        for piece in first:
            combiner.take(piece, on_read)
        return
    from eventschema.stream.workers import Workers

    with Workers(jobs - 1, on_read, _SENT) as workers:
        _SharedReplay(combiner, workers, jobs, on_read).run(chain(first, pieces))


def _pieces(
    path: str, max_line_bytes: int, on_read: OnRead | None, piece_bytes: int, options: InputOptions
) -> Iterator[Piece]:
    if can_be_cut(path, options):
        yield from cut(path, piece_bytes, options)
    else:
        yield from _read_pieces(Part(path, options=options), max_line_bytes, on_read, piece_bytes)


def _read_pieces(part: Part, max_line_bytes: int, on_read: OnRead | None, piece_bytes: int) -> Iterator[Texts]:
    """The pieces of a file that only one process can read."""
    texts: list[Text] = []
    size = 0
    is_first = True
    failure = None
    try:
        for text in read_part(part, max_line_bytes, on_read):
            texts.append(text)
            size += len(text) if isinstance(text, bytes) else 0
            if size >= piece_bytes:
                yield Texts(part.path, texts, is_first)
                texts, size, is_first = [], 0, False
    except UnreadableSourceError as error:
        failure = error
    yield Texts(part.path, texts, is_first, failure)


class _SharedReplay(Generic[Result]):
    """Replays pieces in this process and its workers."""

    def __init__(self, combiner: BaseCombiner[Result], workers: "Workers", jobs: int, on_read: OnRead | None) -> None:
        self._combiner = combiner
        self._workers = workers
        self._most_running = _PER_WORKER * (jobs - 1)
        self._most_waiting = _AHEAD * jobs
        self._on_read = on_read
        self._waiting: deque[Future[Result | None] | Result] = deque()  # in the order of the pieces
        self._changes = -1
        self._pickled = b""

    def run(self, pieces: Iterator[Piece]) -> None:
        """Replay all the ``pieces``."""
        self._replay_until_started(pieces)
        for number, piece in enumerate(pieces):
            while self._waiting and (len(self._waiting) == self._most_waiting or self._is_next_done()):
                self._combine_next()
            running = sum(isinstance(each, Future) and not each.done() for each in self._waiting)
            can_send = running < min(self._most_running, _PER_WORKER + number // _TO_GROW)
            self._waiting.append(self._send(piece) if can_send else self._replay(piece))
            self._workers.report()
        while self._waiting:
            self._combine_next()

    def _replay_until_started(self, pieces: Iterator[Piece]) -> None:
        """Replay pieces until a worker has started. So the schemas sent to workers include these pieces."""
        started = self._workers.submit(_answer)
        while not started.done():
            piece = next(pieces, None)
            if piece is None:
                return
            self._combiner.take(piece, self._on_read)

    def _replay(self, piece: Piece) -> Result:
        return self._combiner.piece_replay()(piece, on_read=self._on_read)

    def _send(self, piece: Piece) -> "Future[Result | None]":
        if self._changes != self._combiner.changes:
            self._changes = self._combiner.changes
            self._pickled = pickle.dumps(self._combiner.piece_replay())
        return self._workers.submit(_replay_sent, piece, self._pickled)

    def _is_next_done(self) -> bool:
        following = self._waiting[0]
        return not isinstance(following, Future) or following.done()

    def _combine_next(self) -> None:
        result = self._waiting.popleft()
        self._combiner.add(self._workers.result(result) if isinstance(result, Future) else result)


def _answer(_: OnRead | None) -> bool:
    """Show that a worker has started."""
    return True


def _replay_sent(piece: Piece, pickled: bytes, on_read: OnRead | None) -> Any:
    return _unpickled(pickled)(piece, on_read=on_read)


@lru_cache(maxsize=1)
def _unpickled(pickled: bytes) -> PieceReplay[Any]:
    replay: PieceReplay[Any] = pickle.loads(pickled)
    return replay
