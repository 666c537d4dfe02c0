"""The bytes that the batches of an Arrow file take once they are unpacked, found without unpacking them.

``pyarrow`` allocates what the start of each compressed buffer says, and does not show that. So the metadata is read
here: the messages of "Serialization and Interprocess Communication (IPC)" in Arrow's columnar format, whose tables
(``Message.fbs``, ``File.fbs``) are encoded as FlatBuffers.
"""

import os
import struct
from collections.abc import Iterator
from typing import IO, Final, NamedTuple

from eventschema.stream.reading.texts import RowsError
from eventschema.stream.reading.unpacked import require_fit

_MAGIC: Final = b"ARROW1"
_CONTINUES: Final = -1  # the mark before the length of a message, which messages before 0.15 lack
_NOT_COMPRESSED: Final = -1  # the unpacked length of a buffer that is stored as it is
_PREFIX: Final = struct.Struct("<q")  # the unpacked length, at the start of each buffer
_INT: Final = struct.Struct("<i")
_UINT: Final = struct.Struct("<I")
_SHORT: Final = struct.Struct("<H")
_LONG: Final = struct.Struct("<q")
_BUFFER: Final = struct.Struct("<qq")  # offset in the body, and length
_BLOCK: Final = struct.Struct("<qi4xq")  # offset in the file, length of the metadata, length of the body

#: Fields of tables, by their place.
_HEADER_TYPE, _HEADER, _BODY_LENGTH = 1, 2, 3  # of Message
_DATA: Final = 1  # of DictionaryBatch: a RecordBatch
_BUFFERS, _COMPRESSION = 2, 3  # of RecordBatch
_DICTIONARIES, _BATCHES = 2, 3  # of Footer: arrays of blocks
_DICTIONARY_BATCH, _RECORD_BATCH = 2, 3  # types of a header
#: Arrow 0.17 named the compression here, in the message's own metadata.
_EARLY_COMPRESSION: Final = b"ARROW:experimental_compression"


class _Table(NamedTuple):
    """A table at a ``position`` of FlatBuffers ``data``."""

    data: bytes
    position: int

    def field(self, place: int) -> int:
        """The position of a field; 0 if the table does not have it."""
        fields = self.position - _INT.unpack_from(self.data, self.position)[0]
        (size,) = _SHORT.unpack_from(self.data, fields)
        entry = 4 + 2 * place
        offset: int = _SHORT.unpack_from(self.data, fields + entry)[0] if entry < size else 0
        return self.position + offset if offset else 0

    def table(self, place: int) -> "_Table | None":
        """The table that a field refers to."""
        at = self.field(place)
        return _Table(self.data, at + _UINT.unpack_from(self.data, at)[0]) if at else None

    def structs(self, place: int, kind: struct.Struct) -> Iterator[tuple[int, ...]]:
        """The structs of the array that a field refers to."""
        if at := self.field(place):
            start = at + _UINT.unpack_from(self.data, at)[0]
            (count,) = _UINT.unpack_from(self.data, start)
            array = self.data[start + 4 : start + 4 + count * kind.size]
            yield from kind.iter_unpack(array)


class _Message(NamedTuple):
    """A message: its ``metadata``, the position of its ``body``, the bytes of that which are in the file, and the next.

    ``next`` is the position of the next message.
    """

    metadata: bytes
    body: int
    present: int
    next: int

    @property
    def type(self) -> int:
        """The type of its header."""
        at = _root(self.metadata).field(_HEADER_TYPE)
        return self.metadata[at] if at else 0

    def unpacked(self, file: IO[bytes]) -> int:
        """The bytes of its compressed buffers, unpacked, as the start of each says. 0 if they are not compressed."""
        header = _root(self.metadata).table(_HEADER)
        batch = header and header.table(_DATA) if self.type == _DICTIONARY_BATCH else header
        if batch is None or not (batch.field(_COMPRESSION) or _EARLY_COMPRESSION in self.metadata):
            return 0
        return sum(_unpacked(file, self.body + offset, length) for offset, length in batch.structs(_BUFFERS, _BUFFER))


def check_batches(file: IO[bytes], *, is_stream: bool) -> Iterator[None]:
    """Yield once for each batch of ``file``, an Arrow file or stream, before the batch is read.

    Raises ``RowsError`` if ``require_fit`` does not allow what the batch unpacks to, together with the dictionaries
    before it, or if the metadata is damaged. The position in the file stays as it is.
    """
    size = _end(file)
    messages = _in_stream(file, size) if is_stream else _in_file(file, size)
    unpacked = packed = number = 0  # bytes of the dictionaries, which are kept
    while True:
        position = file.tell()
        try:
            message = next(messages, None)
            if message is None:
                return
            more = message.unpacked(file)
            is_dictionary = message.type == _DICTIONARY_BATCH
        except (struct.error, ValueError, IndexError):
            raise RowsError(f"the metadata of batch {number + 1} is damaged") from None
        finally:
            file.seek(position)
        require_fit(f"batch {number + 1}", unpacked + more, packed + message.present)
        if is_dictionary:
            unpacked, packed = unpacked + more, packed + message.present
        elif message.type == _RECORD_BATCH:
            number += 1
            yield


def _in_stream(file: IO[bytes], size: int) -> Iterator[_Message]:
    """The messages of a stream, to its end mark or to where it is cut off."""
    position = 0
    while message := _message(file, position, size):
        yield message
        position = message.next


def _in_file(file: IO[bytes], size: int) -> Iterator[_Message]:
    """The messages that the footer of a file lists: its dictionaries and then its batches."""
    (length,) = _INT.unpack(_read(file, size - len(_MAGIC) - _INT.size, _INT.size))
    footer = _root(_read(file, size - len(_MAGIC) - _INT.size - length, length))
    for place in (_DICTIONARIES, _BATCHES):
        for offset, _, _ in footer.structs(place, _BLOCK):
            if message := _message(file, offset, size):
                yield message


def _message(file: IO[bytes], position: int, size: int) -> _Message | None:
    """The message at ``position`` of a file of ``size`` bytes; ``None`` if there is none."""
    start = _read(file, position, 2 * _INT.size)
    if len(start) < 2 * _INT.size:
        return None
    mark, length = struct.unpack("<ii", start)
    prefix = 2 * _INT.size if mark == _CONTINUES else _INT.size
    length = length if mark == _CONTINUES else mark
    body = position + prefix + length
    if length <= 0 or body > size:
        return None
    metadata = _read(file, position + prefix, length)
    at = _root(metadata).field(_BODY_LENGTH)
    body_length = _LONG.unpack_from(metadata, at)[0] if at else 0
    return _Message(metadata, body, max(0, min(body_length, size - body)), body + max(0, body_length))


def _unpacked(file: IO[bytes], position: int, length: int) -> int:
    """The bytes that a compressed buffer becomes."""
    start = _read(file, position, _PREFIX.size) if length > 0 else b""
    if len(start) < _PREFIX.size:  # an empty one, or the file is cut off
        return 0
    unpacked: int = _PREFIX.unpack(start)[0]
    return length if unpacked == _NOT_COMPRESSED else max(0, unpacked)


def _root(data: bytes) -> _Table:
    return _Table(data, _UINT.unpack_from(data)[0])


def _read(file: IO[bytes], position: int, count: int) -> bytes:
    file.seek(position)
    return file.read(max(0, count))


def _end(file: IO[bytes]) -> int:
    position = file.tell()
    try:
        return file.seek(0, os.SEEK_END)
    finally:
        file.seek(position)
