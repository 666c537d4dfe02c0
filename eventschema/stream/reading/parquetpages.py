"""The bytes that the pages of a Parquet file take once they are unpacked, found without unpacking them.

``pyarrow`` allocates what the header of each page says, whatever the metadata at the end of the file says, and does not
show it. So the headers are read here: ``PageHeader`` of ``parquet.thrift``, encoded in Thrift's compact protocol.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any, Final, NamedTuple

from eventschema.stream.reading.unpacked import require_fit

_FIRST_LOOK: Final = 2**8  # bytes of a header: most are shorter
_MAX_HEADER: Final = 2**24  # as in pyarrow
_MAX_DEPTH: Final = 64  # as in Thrift

#: Fields of ``PageHeader``, by their number.
_TYPE, _UNPACKED, _PACKED = 1, 2, 3
_DICTIONARY_PAGE: Final = 2  # of the types of a page

# Types of Thrift's compact protocol.
_STOP: Final = 0
_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT, _UUID = range(1, 14)
_FIXED: Final = {_BYTE: 1, _DOUBLE: 8, _UUID: 16}
_VARINTS: Final = frozenset({_I16, _I32, _I64})


class ReadingPlan(NamedTuple):
    """How to read a file in bounded memory.

    At most ``rows`` rows at once, and the columns whose paths are in ``dictionaries`` as Arrow dictionaries.
    """

    rows: int
    dictionaries: list[str]


class _Column(NamedTuple):
    """A column in a row group: its metadata, and the bytes of its pages, unpacked.

    ``unpacked`` are those of all pages, ``largest`` those of one, ``dictionary`` those of the dictionary, if it is one
    of texts, else 0.
    """

    metadata: Any
    unpacked: int
    largest: int
    dictionary: int

    @classmethod
    def read(cls, file: IO[bytes], metadata: Any) -> "_Column":
        """What the headers of the pages say, or the ``metadata`` if these say more."""
        pages = list(_pages(file, metadata))
        unpacked = max(metadata.total_uncompressed_size, sum(page.unpacked for page in pages))
        is_text = metadata.physical_type == "BYTE_ARRAY"
        dictionaries = [page.unpacked for page in pages if page.is_dictionary and is_text]
        return cls(metadata, unpacked, max((page.unpacked for page in pages), default=0), max(dictionaries, default=0))

    @property
    def path(self) -> str:
        """What ``pyarrow`` calls it."""
        return str(self.metadata.path_in_schema)

    def repeated(self, length: int) -> int:
        """The bytes of the longest value that each row can repeat for a few bits, except those of a text dictionary.

        ``length`` is the length of each value, if all have the same.
        """
        if self.metadata.physical_type == "FIXED_LEN_BYTE_ARRAY":
            return length
        return self.largest if "DELTA_BYTE_ARRAY" in self.metadata.encodings else 0


class _Page(NamedTuple):
    """A page: the bytes of its header, of itself unpacked and packed, and whether it is a dictionary."""

    header: int
    unpacked: int
    packed: int
    is_dictionary: bool


def plan_reading(file: IO[bytes], metadata: Any, most_rows: int, most_shared: int) -> ReadingPlan:
    """Plan how to read ``file``: at most ``most_rows`` rows at once, whose shared values have ``most_shared`` bytes.

    ``metadata`` is that at the end of the file. Raises ``RowsError`` if a row group unpacks to more than
    ``require_fit`` allows. Pages after a damaged header are skipped: ``pyarrow`` cannot read them either. Leaves the
    file at its start.
    """
    dictionaries: dict[str, None] = {}
    rows = most_rows
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        columns = [_Column.read(file, group.column(index)) for index in range(metadata.num_columns)]
        require_fit(f"row group {number + 1}", sum(each.unpacked for each in columns), _packed(columns))
        lengths = [each.repeated(metadata.schema.column(index).length) for index, each in enumerate(columns)]
        rows = min(rows, max(1, most_shared // max(1, sum(lengths))))
        dictionaries |= {each.path: None for each in columns if each.dictionary * most_rows > most_shared}
    file.seek(0)
    return ReadingPlan(rows, list(dictionaries))


def _packed(columns: Iterable[_Column]) -> int:
    """The bytes of the file that the columns of a row group take. Columns may share them."""
    places = {(_start(each.metadata), each.metadata.total_compressed_size) for each in columns}
    return sum(size for _, size in places)


def _start(metadata: Any) -> int:
    first: int = metadata.data_page_offset
    dictionary = metadata.dictionary_page_offset if metadata.has_dictionary_page else 0
    return min(first, dictionary) if dictionary else first


def _pages(file: IO[bytes], metadata: Any) -> Iterator[_Page]:
    """The pages of a column in a row group."""
    position = _start(metadata)
    end = position + metadata.total_compressed_size
    while position < end and (page := _page(file, position)):
        yield page
        position += page.header + page.packed


def _page(file: IO[bytes], position: int) -> _Page | None:
    """The page whose header is at ``position``; ``None`` if that is damaged."""
    size = _FIRST_LOOK
    while size <= _MAX_HEADER:
        file.seek(position)
        header = _Header(file.read(size))
        fields: dict[int, int] = {}
        try:
            header.read_struct(0, fields.__setitem__)
        except IndexError:
            if len(header.data) < size:
                return None
            size *= 4
            continue
        except ValueError:
            return None
        unpacked, packed = fields.get(_UNPACKED, -1), fields.get(_PACKED, -1)
        if unpacked < 0 or packed < 0:
            return None
        return _Page(header.position, unpacked, packed, fields.get(_TYPE) == _DICTIONARY_PAGE)
    return None


class _Header:
    """Reads ``data``, the start of which is a struct.

    Raises ``IndexError`` if that goes on after ``data``, and ``ValueError`` if it is damaged.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def read_struct(self, depth: int, on_int: Callable[[int, int], object]) -> None:
        """Read a struct, and call ``on_int`` with the number and the value of each integer of it."""
        if depth > _MAX_DEPTH:
            raise ValueError("nested too deep")
        number = 0
        while (head := self._byte()) != _STOP:
            type_ = head & 15
            number = number + (head >> 4) if head >> 4 else self._integer()
            if type_ in _VARINTS:
                on_int(number, self._integer())
            elif type_ not in {_TRUE, _FALSE}:  # whose value is the type
                self._skip(type_, depth + 1)

    def _skip(self, type_: int, depth: int) -> None:
        """Pass over a value."""
        if type_ in _VARINTS:
            self._varint()
        elif type_ in _FIXED:
            self._pass_over(_FIXED[type_])
        elif type_ == _BINARY:
            self._pass_over(self._varint())
        elif type_ == _STRUCT:
            self.read_struct(depth, lambda *_: None)
        elif type_ in {_LIST, _SET, _MAP} and depth <= _MAX_DEPTH:
            self._skip_members(type_, depth + 1)
        else:
            raise ValueError("an unknown type")

    def _skip_members(self, type_: int, depth: int) -> None:
        if type_ == _MAP:
            count = self._varint()
            kinds = self._byte() if count else 0
            members = [kinds >> 4, kinds & 15]
        else:
            head = self._byte()
            count = head >> 4 if head >> 4 < 15 else self._varint()
            members = [head & 15]
        for _ in range(count):
            for member in members:
                self._skip(_BYTE if member in {_TRUE, _FALSE} else member, depth)

    def _byte(self) -> int:
        self.position += 1
        return self.data[self.position - 1]

    def _pass_over(self, count: int) -> None:
        self.position += count
        if self.position > len(self.data):
            raise IndexError

    def _varint(self) -> int:
        """A number of seven bits a byte, the lowest first."""
        value = shift = 0
        while shift <= 63:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
        raise ValueError("a number of too many bytes")

    def _integer(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)  # zigzag
