"""Whether a store blocks or is awaited: asked where one is handed over, so that no request is the first to find out."""

import inspect
from typing import Final, Literal

_TRACKING: Final = ("load", "find", "commit", "seen")


def kind_of(store: object, names: tuple[str, ...] = _TRACKING) -> Literal["blocking", "awaited"] | None:
    """Which of the two ``store`` is: a ``Store``, or an ``AsyncStore``; ``None`` if it is neither, or a class.

    ``names`` are the methods that it is to be asked by.
    """
    methods = [getattr(store, name, None) for name in names]
    if isinstance(store, type) or not all(map(callable, methods)):
        return None
    are_awaited = set(map(inspect.iscoroutinefunction, methods))
    if len(are_awaited) > 1:
        return None
    return "awaited" if True in are_awaited else "blocking"
