"""Values that only Python has: of subclasses, of other number libraries, and of classes whose methods raise or lie."""

import datetime
import enum
import numbers
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, Never


def _raise(*_: object, **__: object) -> Never:
    raise RuntimeError("this value's own code was run, and it raises")


class Text(str):
    """A string whose methods lie or raise."""

    __slots__ = ()
    __str__ = __repr__ = lambda self: "lies"
    __len__ = lambda self: 10**6  # noqa: E731  # hostile, as intended
    __hash__ = str.__hash__
    __eq__ = str.__eq__
    isascii = encode = __getitem__ = _raise


class Colour(enum.StrEnum):
    RED = "red"


class Mixed(str, enum.Enum):  # noqa: UP042  (the older way to a string enum, which prints its class)
    DAY = "2021-09-01"


class Whole(int):
    """An int whose methods raise."""

    __index__ = __int__ = __float__ = __bool__ = __repr__ = _raise
    __lt__ = __le__ = __gt__ = __ge__ = _raise
    bit_length = _raise


class Level(enum.IntEnum):
    HIGH = 3


class Flags(enum.IntFlag):
    A = 1
    B = 4


class Real(float):
    """A float whose methods raise."""

    __float__ = __round__ = __repr__ = __add__ = __radd__ = __bool__ = __eq__ = is_integer = _raise
    __hash__ = float.__hash__


class Money(Decimal):
    """A decimal whose methods raise."""

    __slots__ = ()
    is_finite = quantize = as_tuple = adjusted = __float__ = __int__ = __eq__ = _raise
    __hash__ = Decimal.__hash__


class Int64:
    """An integer of another library, as ``numpy.int64``: it has ``__index__`` and nothing else."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value  # type: ignore[no-any-return]  # hostile, as intended


numbers.Integral.register(Int64)


class Float32:
    """A real number of another library, as ``numpy.float32``."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __float__(self) -> float:
        return self.value  # type: ignore[no-any-return]  # hostile, as intended


numbers.Real.register(Float32)


class BrokenInt64(Int64):
    __index__ = _raise


class BrokenFloat32(Float32):
    __float__ = _raise


class Incomparable(Float32):
    __eq__ = _raise
    __hash__ = None  # type: ignore[assignment]  # hostile, as intended


class Fixed(datetime.tzinfo):
    """A time zone with any offset, also one with seconds."""

    def __init__(self, **offset: float) -> None:
        self.offset = datetime.timedelta(**offset)

    def utcoffset(self, _: datetime.datetime | None) -> datetime.timedelta:
        return self.offset

    def dst(self, _: datetime.datetime | None) -> None:
        return None

    def tzname(self, _: datetime.datetime | None) -> str:
        return "fixed"


class BrokenZone(datetime.tzinfo):
    utcoffset = dst = tzname = _raise


class NotATime(datetime.datetime):
    """As ``pandas.NaT``: a datetime whose text is not a datetime."""

    def isoformat(self, *_: object, **__: object) -> str:
        return "NaT"


class Nanoseconds(datetime.datetime):
    """As ``pandas.Timestamp``: finer than a microsecond."""

    def isoformat(self, *_: object, **__: object) -> str:
        return "2021-09-01T12:41:52.123456789"


class BrokenDay(datetime.date):
    isoformat = _raise


class LongDay(datetime.date):
    def isoformat(self) -> str:
        return Colour.RED  # a str, but of a class of its own


class HiddenDay(datetime.date):
    """A date whose ``__class__`` raises."""

    @property
    def __class__(self) -> type:
        _raise()

    @__class__.setter
    def __class__(self, value: type) -> None:
        _raise()


class Hidden:
    """An object whose methods all raise."""

    __slots__ = ()
    __repr__ = __str__ = __hash__ = __eq__ = __bool__ = __len__ = __iter__ = _raise
    __getattribute__ = _raise
    __class__ = property(_raise)


class _Unhashable(type):
    def __eq__(cls, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]  # hostile, as intended


class _Masked(type):
    __name__ = property(_raise)
    __hash__ = __eq__ = __instancecheck__ = __subclasscheck__ = __getattribute__ = _raise


class OfUnhashableClass(metaclass=_Unhashable):
    pass


class MaskedObject(metaclass=_Masked):
    pass


class MaskedInt(int, metaclass=_Masked):
    pass


class Fickle:
    """A key of a dict whose hash and equality work until ``harm`` is set."""

    def __init__(self, like: str = "a") -> None:
        self.like, self.harm = like, False

    def __hash__(self) -> int:
        if self.harm:
            _raise()
        return hash(self.like)

    def __eq__(self, other: object) -> bool:
        if self.harm:
            _raise()
        return self is other


class TwinText(str):
    """A name with the same text as another, which can be in the same dict."""

    __slots__ = ()
    __eq__ = lambda self, other: self is other  # noqa: E731  # hostile, as intended
    __hash__ = str.__hash__


class Endless(Mapping[str, int]):
    """A mapping without end. It counts the names and values that were read."""

    def __init__(self, size: Any = 10**6) -> None:
        self.size, self.read = size, 0

    def __getitem__(self, name: str) -> int:
        self.read += 1
        return 1

    def __iter__(self) -> Iterator[str]:
        while True:
            self.read += 1
            yield f"p{self.read}"

    def __len__(self) -> int:
        return self.size  # type: ignore[no-any-return]  # hostile, as intended


class BrokenMapping(Mapping[str, int]):
    """A mapping of which one method raises."""

    def __init__(self, broken: str) -> None:
        self.broken = broken

    def __getitem__(self, name: str) -> int:
        return _raise() if self.broken == "__getitem__" else 1

    def __iter__(self) -> Iterator[str]:
        return _raise() if self.broken == "__iter__" else iter(("a", "b"))

    def __len__(self) -> int:
        return _raise() if self.broken == "__len__" else 2


class RaisingText(str):
    """Text whose methods raise, and that is equal only to itself."""

    __slots__ = ()
    __str__ = __repr__ = __len__ = isascii = encode = lower = __getitem__ = _raise
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


class HiddenKey(Hidden):
    """A hidden object with a hash, to be used as a key."""

    __slots__ = ()

    __hash__ = object.__hash__  # type: ignore[assignment]  # hostile, as intended


class HashedOnce:
    """A key whose hash works once, and whose equality works until ``is_in`` is set."""

    def __init__(self) -> None:
        self.asked = 0
        self.is_in = False

    def __hash__(self) -> int:
        self.asked += 1
        return hash("email") if self.asked == 1 else _raise()

    def __eq__(self, other: object) -> bool:
        return _raise() if self.is_in else self is other


class RaisingList(list[Any]):
    __len__ = __iter__ = __getitem__ = __bool__ = _raise


class RaisingTuple(tuple[Any, ...]):
    __slots__ = ()
    __len__ = __iter__ = __getitem__ = __bool__ = _raise


class RaisingDict(dict[Any, Any]):
    __len__ = __iter__ = __getitem__ = __contains__ = keys = items = _raise


class View(Mapping[Any, Any]):
    """A mapping over ``data`` that is no dict. Its subclasses override methods that then raise."""

    def __init__(self, data: Mapping[Any, Any]) -> None:
        self.data = data

    def __getitem__(self, key: object) -> Any:
        return self.data[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)


class Unsized(View):
    __len__ = _raise


class Unreadable(View):
    __getitem__ = _raise


class EndlessView(View):
    """A mapping that has every name and no end. It counts the names that were read."""

    def __init__(self, data: Mapping[Any, Any]) -> None:
        super().__init__(data)
        self.asked = 0

    def __iter__(self) -> Iterator[Any]:
        yield from self.data
        while True:
            self.asked += 1
            yield f"n{self.asked}"

    def __getitem__(self, key: object) -> Any:
        return self.data.get(key, 1)

    def __len__(self) -> int:
        return 10**9


def nested(depth: int = 10**6) -> list[Any]:
    """Lists nested ``depth`` deep."""
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def nested_dicts(depth: int = 10**5) -> dict[str, Any]:
    """Dicts nested ``depth`` deep."""
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"a": value}
    return value


_NOON = (2021, 9, 1, 12)

#: By the name under which the tables know them.
HOSTILE_VALUES: dict[str, Callable[[], Any]] = {
    "Text": lambda: Text("abc"),
    "Text of a url": lambda: Text("https://example.com/"),
    "StrEnum": lambda: Colour.RED,
    "str and Enum": lambda: Mixed.DAY,
    "int that lies": lambda: Whole(5),
    "IntEnum": lambda: Level.HIGH,
    "IntFlag": lambda: Flags.A | Flags.B,
    "float that lies": lambda: Real(2.5),
    "float that lies, 1e-9": lambda: Real(1e-9),
    "whole float that lies": lambda: Real(4.0),
    "Decimal that lies": lambda: Money("2.50"),
    "int64": lambda: Int64(7),
    "int64 from bool": lambda: Int64(True),
    "int64 of an IntEnum": lambda: Int64(Level.HIGH),
    "int64 of 2**63": lambda: Int64(2**63),
    "int64 of text": lambda: Int64("7"),
    "int64 broken": lambda: BrokenInt64(7),
    "float32": lambda: Float32(0.10000000149011612),
    "float32 of a float that lies": lambda: Float32(Real(2.5)),
    "float32 NaN": lambda: Float32(float("nan")),
    "float32 of text": lambda: Float32("7"),
    "float32 broken": lambda: BrokenFloat32(7.0),
    "float32 that cannot be compared": lambda: Incomparable(7.0),
    "Fraction 1/3": lambda: Fraction(1, 3),
    "Fraction 10": lambda: Fraction(10),
    "Fraction 2**53": lambda: Fraction(2**53),
    "Fraction 2**53 + 1": lambda: Fraction(2**53 + 1),
    "Fraction 1 + 10**-20": lambda: Fraction(10**20 + 1, 10**20),
    "Fraction 2**63": lambda: Fraction(2**63),
    "Fraction 10**400": lambda: Fraction(10**400),
    "Fraction 10**-400": lambda: Fraction(1, 10**400),
    "datetime in UTC": lambda: datetime.datetime(*_NOON, tzinfo=datetime.UTC),
    "datetime at +05:30": lambda: datetime.datetime(*_NOON, tzinfo=Fixed(hours=5, minutes=30)),
    "datetime at +00:00:30": lambda: datetime.datetime(*_NOON, tzinfo=Fixed(seconds=30)),
    "datetime at +01:02:03.5": lambda: datetime.datetime(*_NOON, tzinfo=Fixed(hours=1, minutes=2, seconds=3.5)),
    "datetime of a broken zone": lambda: datetime.datetime(*_NOON, tzinfo=BrokenZone()),
    "NaT": lambda: NotATime(1, 1, 1),
    "Timestamp": lambda: Nanoseconds(*_NOON),
    "date that raises": lambda: BrokenDay(2021, 9, 1),
    "date with text of another class": lambda: LongDay(2021, 9, 1),
    "date that hides": lambda: HiddenDay(2021, 9, 1),
    "time": lambda: datetime.time(12),
    "timedelta": lambda: datetime.timedelta(1),
    "tuple": lambda: (1, 2),
    "bytes": lambda: b"abc",
    "bytearray": lambda: bytearray(b"abc"),
    "set": lambda: {1},
    "complex": lambda: 1j,
    "class": lambda: int,
    "function": lambda: _raise,
    "exception": lambda: ValueError("x"),
    "not implemented": lambda: NotImplemented,
    "ellipsis": lambda: ...,
    "object that hides": Hidden,
    "object of an unhashable class": OfUnhashableClass,
    "object of a masked class": lambda: type.__call__(MaskedObject),
    "int of a masked class": lambda: type.__call__(MaskedInt, 4),
    "list in list": lambda: nested(1000),
    "endless mapping": Endless,
}
