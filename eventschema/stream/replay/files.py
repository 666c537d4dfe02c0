"""Replay of files by several processes: workers replay pieces, and this process combines the results."""

import pickle
from collections import deque
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final, Generic

from eventschema.stream.reading.parts import Part, can_be_cut, cut
from eventschema.stream.reading.sources import OnRead, UnreadableSourceError
from eventschema.stream.reading.texts import AUTO, InputOptions, Text
from eventschema.stream.replay.combining import BaseCombiner, Piece, PieceReplay, Result, Texts, read_part

if TYPE_CHECKING:
    from eventschema.stream.workers import Call, Workers

#: The bytes of a piece: some thousand events, so that the schemas of workers are seldom out of date.
PIECE_BYTES: Final = 2**20

#: Pieces get so many times as large while the answers of workers have few bytes: then schemas seldom change, and fewer
#: pieces cost less to pass.
GROWTH: Final = 4
SMALL_ANSWER: Final = 2**16

#: Fewer pieces are replayed without workers: starting these takes as long as replaying some pieces.
MIN_PIECES: Final = 8

_SENT: Final = 3  # pieces for each worker: one that it replays, and others in case this process is busy
_TO_GROW: Final = 4  # pieces until one more may be sent, so that only as many workers start as pay off
_AHEAD: Final = 8  # results for each process that may wait for that of an earlier piece
_SHARES: Final = 8  # pieces for each process that the rest of a file has at least, so that no process waits in the end


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
    size = _PieceSize(piece_bytes, jobs)
    pieces = (piece for path in paths for piece in _pieces(path, combiner.max_line_bytes, on_read, size, options))
    first = list(islice(pieces, MIN_PIECES))
    if len(first) < MIN_PIECES:
        for piece in first:
            combiner.take(piece, on_read)
        return
    from eventschema.stream.workers import Workers

    with Workers(jobs - 1, on_read, _SENT) as workers:
        _SharedReplay(combiner, workers, jobs, on_read, size).run(chain(first, pieces))


class _PieceSize:
    """How many bytes the next piece has. ``may_grow`` says whether it may have more than ``least``."""

    def __init__(self, least: int, jobs: int) -> None:
        self.least: Final = least
        self._shares = _SHARES * jobs
        self.may_grow = False

    def of_next(self, left: int) -> int:
        """The bytes of the next piece of a file of which so many bytes are ``left``."""
        return min(max(self.least, left // self._shares), GROWTH * self.least) if self.may_grow else self.least


def _pieces(
    path: str, max_line_bytes: int, on_read: OnRead | None, size: _PieceSize, options: InputOptions
) -> Iterator[Piece]:
    if can_be_cut(path, options):
        yield from cut(path, size.of_next, options)
    else:
        yield from _read_pieces(Part(path, options=options), max_line_bytes, on_read, size.least)


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

    def __init__(
        self, combiner: BaseCombiner[Result], workers: "Workers", jobs: int, on_read: OnRead | None, size: _PieceSize
    ) -> None:
        self._combiner = combiner
        self._workers = workers
        self._most_pending = _SENT * (jobs - 1)
        self._most_waiting = _AHEAD * jobs
        self._on_read = on_read
        self._size = size
        self._waiting: deque[Call[Result]] = deque()  # in the order of the pieces
        self._changes = -1
        self._pickled = b""

    def run(self, pieces: Iterator[Piece]) -> None:
        """Replay all the ``pieces``."""
        self._replay_until_started(pieces)
        for number, piece in enumerate(pieces):
            self._workers.look()
            while self._waiting and (len(self._waiting) == self._most_waiting or self._waiting[0].is_done):
                self._combine_next()
            can_send = self._workers.pending < min(self._most_pending, _SENT + number // _TO_GROW)
            self._waiting.append(self._send(piece) if can_send else self._replay(piece))
        while self._waiting:
            self._combine_next()

    def _replay_until_started(self, pieces: Iterator[Piece]) -> None:
        """Replay pieces until a worker has started. So the schemas sent to workers include these pieces."""
        started = self._workers.submit(_answer)
        while not started.is_done:
            piece = next(pieces, None)
            if piece is None:
                return
            self._combiner.take(piece, self._on_read)
            self._workers.look()

    def _replay(self, piece: Piece) -> "Call[Result]":
        return self._workers.done(self._combiner.piece_replay()(piece, on_read=self._on_read))

    def _send(self, piece: Piece) -> "Call[Result]":
        if self._changes != self._combiner.changes:
            self._changes = self._combiner.changes
            self._pickled = pickle.dumps(self._combiner.piece_replay())
        return self._workers.submit(_replay_sent, piece, self._pickled)

    def _combine_next(self) -> None:
        call = self._waiting.popleft()
        self._combiner.add(self._workers.result(call))
        if call.answer_bytes:  # a worker answered
            self._size.may_grow = call.answer_bytes <= SMALL_ANSWER


def _answer(_: OnRead | None) -> bool:
    """Show that a worker has started."""
    return True


def _replay_sent(piece: Piece, pickled: bytes, on_read: OnRead | None) -> Any:
    return _unpickled(pickled)(piece, on_read=on_read)


@lru_cache(maxsize=1)
def _unpickled(pickled: bytes) -> PieceReplay[Any]:
    replay: PieceReplay[Any] = pickle.loads(pickled)
    return replay
