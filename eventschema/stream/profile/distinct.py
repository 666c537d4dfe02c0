"""How many different values there were: exact up to a bound, and beyond it only that there were more.

What is kept of a value is a digest of 64 bits, the same on every machine: so a saved profile holds nobody's values, and
what a property takes of the memory does not depend on how long its texts are. Two values of a thousand share a digest
once in 10**13 properties.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, Final

_DIGEST_BYTES: Final = 8
_MAX_SHORT: Final = 64  # characters of a text that is kept as it is until its digest is asked for
_INT64: Final = 2.0**63


class Distinct:
    """The digests of at most ``bound`` different values, or, once there were more, nothing but that.

    Numbers that are equal are one value, whether they are written as int or float.
    """

    __slots__ = ("_digests", "_short", "bound")

    def __init__(self, bound: int, digests: Iterable[int] | None = ()) -> None:
        self.bound = bound
        self._digests: set[int] | None = None if digests is None else set(digests)
        self._short: set[Any] = set()  # values whose digests nobody has asked for yet: most will never be asked for
        self._check()

    @property
    def exceeded(self) -> bool:
        """Whether there were more than ``bound``."""
        return self._settled() is None

    @property
    def is_done(self) -> bool:
        """Whether it is known already that there were more than ``bound``."""
        return self._digests is None

    @property
    def count(self) -> int:
        """How many there were; ``bound`` where there were more."""
        digests = self._settled()
        return self.bound if digests is None else len(digests)

    def add(self, values: set[Any]) -> None:
        """Take in ``values``, each exactly an int, float or str, or all of them exactly a bool."""
        if self._digests is None:
            return
        long = [value for value in values if type(value) is bool or (type(value) is str and len(value) > _MAX_SHORT)]
        self._short |= values.difference(long) if long else values
        for value in long[: self.bound + 1]:
            self._digests.add(_digest(value))
        if len(self._short) > self.bound:
            self._digests = None
        elif len(self._short) + len(self._digests) > self.bound:
            self._settled()
        self._check()

    def copy(self) -> "Distinct":
        """The same values, to be counted on without them."""
        copied = Distinct(self.bound, self._digests)
        copied._short = set(self._short)
        return copied

    def update(self, other: "Distinct") -> None:
        """Take in the values of another one of the same bound."""
        mine, theirs = self._settled(), other._settled()
        self._digests = None if mine is None or theirs is None else mine | theirs
        self._check()

    def _settled(self) -> set[int] | None:
        """The digests, of short values too."""
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
        return (self.bound, self._settled()) == (other.bound, other._settled())

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.bound, self._settled())

    def to_text(self) -> str | None:
        """The digests in hex, one after the other, sorted; ``None`` where there were more than ``bound``."""
        digests = self._settled()
        if digests is None:
            return None
        return "".join(f"{digest:0{2 * _DIGEST_BYTES}x}" for digest in sorted(digests))

    @classmethod
    def from_text(cls, text: str | None, bound: int) -> "Distinct":
        """What :meth:`to_text` has written. Raises ``ValueError`` for another text."""
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
