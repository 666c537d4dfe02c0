"""Whether a store blocks or is awaited: asked where one is handed over, so that no request is the first to find out."""

import inspect
from typing import Literal


def kind_of(store: object) -> Literal["blocking", "awaited"] | None:
    """Which of the two ``store`` is: a ``Store``, or an ``AsyncStore``; ``None`` if it is neither, or a class."""
    methods = [getattr(store, name, None) for name in ("load", "find", "commit", "seen")]
    if isinstance(store, type) or not all(map(callable, methods)):
        return None
    are_awaited = set(map(inspect.iscoroutinefunction, methods))
    if len(are_awaited) > 1:
        return None
    return "awaited" if True in are_awaited else "blocking"
