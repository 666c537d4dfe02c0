"""Instances made without the checks of their constructor, for values that the library itself has made and checked.

What callers give is validated once, where it comes in. A constructor that checks would do it again for every value that
is passed on inside the library.
"""

from collections.abc import Callable
from dataclasses import fields
from typing import Any, TypeVar

T = TypeVar("T")


def trusted(kind: type[T]) -> Callable[..., T]:
    """A constructor of ``kind``, a dataclass with slots, that takes all its fields by position and checks nothing."""
    setters: tuple[Callable[[T, Any], None], ...] = tuple(
        getattr(kind, field.name).__set__
        for field in fields(kind)  # type: ignore[arg-type]  # there is no public type of dataclasses
    )
    new: Callable[[type[T]], T] = object.__new__

    def make(*values: Any) -> T:
        self = new(kind)
        for set_value, value in zip(setters, values, strict=True):
            set_value(self, value)
        return self

    return make
