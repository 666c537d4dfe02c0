"""``FrozenDict``: the read-only mapping in results."""

from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, ValuesView
from enum import Enum
from typing import Any, Final, TypeVar

_new: Final = object.__new__

K = TypeVar("K")
V_co = TypeVar("V_co", covariant=True)


class FrozenDict(Mapping[K, V_co]):
    """An immutable, ordered mapping: equal to any mapping of the same items, hashable where its values are, picklable.

    ``types.MappingProxyType`` is neither hashable nor picklable, and decisions are sent to queues and workers.

    It is not a ``dict``, so ``json.dumps`` refuses it: use :meth:`to_dict`. Arrays of texts are tuples in it;
    ``to_dict()`` makes lists of them, ``copy()`` and ``dict(...)`` leave them tuples.
    """

    __slots__ = ("_data",)

    def __init__(self, data: Mapping[K, V_co] = {}) -> None:
        self._data: dict[K, V_co] = dict(data)

    @staticmethod  # a classmethod takes 1.5 times as long, and every request makes five of these
    def wrap(data: dict[K, V_co]) -> "FrozenDict[K, V_co]":
        """Wrap ``data`` without a copy. The caller made ``data`` and does not change it any more."""
        self: FrozenDict[K, V_co] = _new(FrozenDict)
        self._data = data
        return self

    def copy(self) -> dict[K, V_co]:
        """A new dict with the same items."""
        return self._data.copy()

    def to_dict(self) -> dict[K, Any]:
        """A new dict of the items, ready for JSON and equal to what is read back: see :func:`json_ready`."""
        return {key: json_ready(value) for key, value in self._data.items()}

    def __getitem__(self, key: K) -> V_co:
        return self._data[key]

    def __contains__(self, key: object) -> bool:
        return key in self._data

    def __iter__(self) -> Iterator[K]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    @property
    def getter(self) -> Callable[[object], V_co | None]:
        """The function that returns the value of a key, or ``None``: quicker than :meth:`get`, for many keys."""
        return self._data.get  # type: ignore[return-value]  # any object may be asked for

    # Faster than Mapping's own versions, which look up each item. The views of a dict are read-only too.

    def get(self, key: object, default: Any = None) -> Any:
        """The value of ``key``, or ``default``."""
        return self._data.get(key, default)  # type: ignore[arg-type]  # any object may be asked for

    def keys(self) -> KeysView[K]:
        """The keys, in order."""
        return self._data.keys()

    def values(self) -> ValuesView[V_co]:
        """The values, in the order of their keys."""
        return self._data.values()

    def items(self) -> ItemsView[K, V_co]:
        """The pairs of key and value, in order."""
        return self._data.items()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, FrozenDict):
            return self._data == other._data
        return self._data == dict(other) if isinstance(other, Mapping) else NotImplemented

    def __hash__(self) -> int:
        return hash(frozenset(self._data.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._data,)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._data!r})"


def json_ready(value: Any) -> Any:
    """``value`` as JSON reads it back: tuples as lists, read-only mappings as dicts, enumerated words as plain text."""
    kind = type(value)
    if kind is str or kind is int:  # the common case: a rejected request can have many of them
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (tuple, list)):
        return [json_ready(item) for item in value]
    return value.to_dict() if kind is FrozenDict else value


#: The one empty mapping, shared by all results.
EMPTY: Final[FrozenDict[Any, Any]] = FrozenDict()
