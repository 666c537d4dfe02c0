"""The number of different values: exact up to a bound, and beyond it only that there were more.

A value is kept as a digest of 64 bits, the same on every machine: so a saved profile has no values of events, and the
memory does not depend on the length of texts. Two of a thousand values have the same digest once in 10**13 properties.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, Final

_DIGEST_BYTES: Final = 8
_MAX_SHORT: Final = 64  # characters of a text that is kept as it is until its digest is needed
_INT64: Final = 2.0**63


class Distinct:
    """The digests of at most ``bound`` different values, or only that there were more.

    Equal numbers are one value, whether int or float.
    """

    __slots__ = ("_digests", "_short", "bound")

    def __init__(self, bound: int, digests: Iterable[int] | None = ()) -> None:
        self.bound = bound
        self._digests: set[int] | None = None if digests is None else set(digests)
        self._short: set[Any] = set()  # values whose digests are not needed yet: those of most never are
        self._check()

    @property
    def exceeded(self) -> bool:
        """Whether there were more than ``bound``."""
        return self._all_digests() is None

    @property
    def is_done(self) -> bool:
        """Whether it is known already that there were more than ``bound``."""
        return self._digests is None

    @property
    def count(self) -> int:
        """How many there were; ``bound`` if there were more."""
        digests = self._all_digests()
        return self.bound if digests is None else len(digests)

    def add(self, values: set[Any]) -> None:
        """Add ``values``: each exactly an int, float or str, or all of them exactly a bool."""
        if self._digests is None:
            return
        long = [value for value in values if type(value) is bool or (type(value) is str and len(value) > _MAX_SHORT)]
        self._short |= values.difference(long) if long else values
        for value in long[: self.bound + 1]:
            self._digests.add(_digest(value))
        if len(self._short) > self.bound:
            self._digests = None
        elif len(self._short) + len(self._digests) > self.bound:
            self._all_digests()
        self._check()

    def copy(self) -> "Distinct":
        """A copy, to which other values can be added."""
        copied = Distinct(self.bound, self._digests)
        copied._short = set(self._short)
        return copied

    def update(self, other: "Distinct") -> None:
        """Add the values of another one with the same bound."""
        mine, theirs = self._all_digests(), other._all_digests()
        self._digests = None if mine is None or theirs is None else mine | theirs
        self._check()

    def _all_digests(self) -> set[int] | None:
        """All digests, those of short values too; ``None`` if there were more than ``bound``."""
        if self._digests is not None and self._short:
            self._digests.update(map(_digest, self._short))
            self._short = set()
            self._check()
        return self._digests

    def _check(self) -> None:
        if self._digests is None or len(self._digests) > self.bound:
            self._digests = None
            self._short = set()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Distinct):
            return NotImplemented
        return (self.bound, self._all_digests()) == (other.bound, other._all_digests())

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.bound, self._all_digests())

    def to_text(self) -> str | None:
        """The sorted digests in hex, joined; ``None`` if there were more than ``bound``."""
        digests = self._all_digests()
        if digests is None:
            return None
        return "".join(f"{digest:0{2 * _DIGEST_BYTES}x}" for digest in sorted(digests))

    @classmethod
    def from_text(cls, text: str | None, bound: int) -> "Distinct":
        """Read the text of :meth:`to_text`. Raises ``ValueError`` for another text."""
        if text is None:
            return cls(bound, None)
        data = bytes.fromhex(text)
        steps = range(0, len(data), _DIGEST_BYTES)
        digests = {int.from_bytes(data[start : start + _DIGEST_BYTES]) for start in steps}
        if len(data) % _DIGEST_BYTES or len(digests) < len(steps) or len(digests) > bound:
            raise ValueError("no list of digests")
        return cls(bound, digests)


def _digest(value: Any) -> int:
    kind = type(value)
    if kind is str:
        key = b"t" + value.encode()
    elif kind is bool:
        key = b"b1" if value else b"b0"
    else:
        whole = kind is int or (value.is_integer() and -_INT64 <= value < _INT64)
        key = b"n%d" % int(value) if whole else b"n" + float.__repr__(value).encode()
    return int.from_bytes(blake2b(key, digest_size=_DIGEST_BYTES).digest())
