"""Makes instances without the checks of their constructor, of values that the library itself has made and checked.

What callers pass is validated once, where it comes in. A constructor that checks would do it again each time the
library passes a value on.
"""

from collections.abc import Callable
from dataclasses import fields, make_dataclass
from typing import Any, TypeVar

T = TypeVar("T")


def trusted(kind: type[T]) -> Callable[..., T]:
    """A constructor of ``kind``, a dataclass with slots, that takes all its fields by position and checks nothing.

    It fills an instance of a class with the same slots that is not frozen, and then makes it one of ``kind``: that
    takes a tenth of the time in which a frozen dataclass is made.
    """
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]  # typing has no name for a dataclass's type
    draft: Callable[..., Any] = make_dataclass(f"_{kind.__name__}Draft", names, slots=True, eq=False, repr=False)

    def make(*values: Any) -> T:
        instance = draft(*values)
        instance.__class__ = kind
        made: T = instance
        return made

    return make
