"""Pieces of a stream, which several processes can replay, and the base class that combines their results in order.

See :mod:`eventschema.stream.replay.pieces` for events, :mod:`eventschema.stream.replay.requestpieces` for requests.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar

from eventschema.core.pointers import encodable
from eventschema.core.violations import MalformedRequest
from eventschema.stream.envelopes import Block
from eventschema.stream.reading.decoding import is_object
from eventschema.stream.reading.files import BLOCK_BYTES, read_block
from eventschema.stream.reading.lines import read_texts
from eventschema.stream.reading.parts import Part, open_part
from eventschema.stream.reading.sources import OnRead, UnreadableSourceError
from eventschema.stream.reading.texts import Text

#: What a line holds: its JSON object, or why it has none.
Value = dict[str, Any] | MalformedRequest


class Texts(NamedTuple):
    """Lines of a source that were already read.

    ``texts`` are from ``read_texts``, and ``failure`` is the error that it raised, if any. ``is_first`` says whether
    these are the first lines of the source.
    """

    path: str
    texts: Sequence[Text]
    is_first: bool
    failure: UnreadableSourceError | None = None


Piece = Part | Texts


def is_first(piece: Piece) -> bool:
    """Whether ``piece`` has the first lines of its source."""
    return piece.is_first if isinstance(piece, Texts) else piece.start == 0


def read_piece(piece: Piece, max_line_bytes: int, on_read: OnRead | None) -> Iterator[Block]:
    """The blocks of a piece, whose first line is line 1. Raises ``UnreadableSourceError``.

    ``on_read`` is called with the number of bytes of each read.
    """
    source = encodable(piece.path)
    lines = 0
    try:
        for text in _texts(piece) if isinstance(piece, Texts) else read_part(piece, max_line_bytes, on_read):
            block = read_block(source, lines + 1, text, max_line_bytes)
            lines = block.end
            yield block
    except UnreadableSourceError as error:
        raise error.shifted(lines) from error.__cause__


def _texts(piece: Texts) -> Iterator[Text]:
    yield from piece.texts
    if piece.failure is not None:
        raise piece.failure


def read_part(part: Part, max_line_bytes: int, on_read: OnRead | None) -> Iterator[Text]:
    """The lines of a part, as ``reading.read_texts`` gives them. Raises ``UnreadableSourceError``."""
    with open_part(part) as file:
        yield from read_texts(
            file,
            encodable(part.path),
            max_line_bytes=max_line_bytes,
            on_read=on_read,
            at_start=part.start == 0,
            chunk_bytes=BLOCK_BYTES,
            options=part.options,
        )


class AnyPieceResult(Protocol):
    """The fields of every result of a piece.

    Lines are numbered from 1; ``lines`` is their number, and ``has_object`` says whether any is a JSON object.
    ``failure`` says why the source could not be read further.
    """

    @property
    def source(self) -> str: ...  # noqa: D102  (described above, as are the next)
    @property
    def is_first(self) -> bool: ...  # noqa: D102
    @property
    def lines(self) -> int: ...  # noqa: D102
    @property
    def has_object(self) -> bool: ...  # noqa: D102
    @property
    def failure(self) -> UnreadableSourceError | None: ...  # noqa: D102


Result = TypeVar("Result", bound=AnyPieceResult)
_Result_co = TypeVar("_Result_co", bound=AnyPieceResult, covariant=True)


class PieceReplay(Protocol[_Result_co]):
    """Replays a piece, in any process: it is picklable, and has the schemas to decide with."""

    def __call__(self, piece: Piece, *, on_read: OnRead | None = None) -> _Result_co:
        """The result of ``piece``. ``on_read`` is called with the number of bytes of each read."""


class BaseCombiner(ABC, Generic[Result]):
    """Combines the results of the pieces of a stream, in order.

    ``unreadable`` are the sources that could not be read to their end.
    """

    def __init__(self, max_line_bytes: int) -> None:
        self.max_line_bytes: Final = max_line_bytes
        self.unreadable: list[UnreadableSourceError] = []
        #: Whether any line is a JSON object.
        self.has_object = False
        #: How often a schema has changed.
        self.changes = 0
        self._lines = 0  # of the source, in the pieces so far
        self._has_failed = False

    def take(self, piece: Piece, on_read: OnRead | None = None) -> None:
        """Replay and add the next piece: the same as :meth:`piece_replay` and :meth:`add`, with less work.

        ``on_read`` is called with the number of bytes of each read.
        """
        if not self._begin(is_first=is_first(piece)):
            return
        before = self._lines
        try:
            for block in read_piece(piece, self.max_line_bytes, on_read):
                self.has_object = self.has_object or any(map(is_object, block.values))
                self._take_block(block, before)
                self._lines = before + block.end
        except UnreadableSourceError as error:
            self._fail(error.shifted(before))

    def add(self, result: Result) -> None:
        """Add the result of the next piece."""
        if not self._begin(is_first=result.is_first):
            return
        self.has_object |= result.has_object
        self._add(result, self._lines)
        if result.failure is not None:
            self._fail(result.failure.shifted(self._lines))
        self._lines += result.lines

    @abstractmethod
    def piece_replay(self) -> PieceReplay[Result]:
        """The function that replays a piece with the current schemas. :attr:`changes` says when these have changed."""

    @abstractmethod
    def _take_block(self, block: Block, before: int) -> None:
        """Decide the next lines. ``before`` is the number of lines of the source before them."""

    @abstractmethod
    def _add(self, result: Result, before: int) -> None:
        """Add the next result. ``before`` is the number of lines of the source before those of the result."""

    def _begin(self, *, is_first: bool) -> bool:
        """Whether the next piece counts: after a failure, lines of the same source have no known numbers."""
        if is_first:
            self._lines, self._has_failed = 0, False
        return not self._has_failed

    def _fail(self, failure: UnreadableSourceError) -> None:
        self._has_failed = True
        self.unreadable.append(failure)
