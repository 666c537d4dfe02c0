"""How often each value of one type occurs, as long as there are few different ones, and of what kinds the values are.

Neither depends on the order of the values.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from eventschema.core.types import TEXT_TYPES, PropertyType
from eventschema.stream.profile.locations import MAX_EXAMPLE_LENGTH
from eventschema.stream.profile.valuekinds import KindCounts, ValueKind

#: The most different values of one type that are counted one by one. None is if one of them is longer than an example.
MAX_VALUES: Final = 100


class ValueCounts:
    """The number of each value of the type ``type``, and of each kind of values.

    ``counts`` is ``None`` if there are more than :data:`MAX_VALUES`, a text of more than
    :data:`~eventschema.stream.profile.locations.MAX_EXAMPLE_LENGTH` characters, or no value may be kept.
    ``settled_kinds`` are those of values that are not in ``counts``.
    """

    __slots__ = ("_all_kinds", "counts", "settled_kinds", "type")

    def __init__(
        self, type_: PropertyType, counts: Mapping[Any, int] | None = None, kinds: KindCounts | None = None
    ) -> None:
        self.type = type_
        self.counts: Counter[Any] | None = None if counts is None else Counter(counts)
        self.settled_kinds = KindCounts() if kinds is None else kinds
        self._all_kinds: KindCounts | None = None  # once they were asked for

    @property
    def kinds(self) -> Mapping[ValueKind, int]:
        """How many values are of each kind."""
        return self.kind_counts().counts

    def kind_counts(self) -> KindCounts:
        """The counts of the kinds of all values."""
        if self.counts is None:
            return self.settled_kinds
        if self._all_kinds is None:
            found = self.settled_kinds.copy()
            by_count: dict[int, list[Any]] = {}
            for value, count in self.counts.items():
                by_count.setdefault(count, []).append(value)
            for count, values in by_count.items():
                found.add(values, self.type, count)
            self._all_kinds = found
        return self._all_kinds

    def add(self, values: Sequence[Any]) -> set[Any] | None:
        """Add ``values``. Returns the set of all values so far, if they are counted."""
        self._all_kinds = None
        if self.counts is None:
            self.settled_kinds.add(values, self.type)
            return None
        before = len(self.counts)
        self.counts.update(values)
        if len(self.counts) > before:
            self._check()
        return None if self.counts is None else set(self.counts)

    def update(self, other: "ValueCounts") -> None:
        """Add the counts of another part."""
        self._all_kinds = None
        if self.counts is None or other.counts is None:
            self.forget()
            self.settled_kinds.update(other.kind_counts())
            return
        self.counts.update(other.counts)
        self._check()

    def forget(self) -> None:
        """Keep no value, as if none had been kept from the start."""
        self.settled_kinds, self.counts = self.kind_counts().copy(), None

    def _check(self) -> None:
        values = () if self.counts is None else self.counts
        is_text = self.type in TEXT_TYPES
        if len(values) > MAX_VALUES or (is_text and any(len(value) > MAX_EXAMPLE_LENGTH for value in values)):
            self.forget()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ValueCounts):
            return NotImplemented
        return (self.type, self.counts, self.settled_kinds) == (other.type, other.counts, other.settled_kinds)

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.type, self.counts, self.settled_kinds)
