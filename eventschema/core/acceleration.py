"""Chooses the implementation of the hot functions: the compiled one if it was built, else plain Python.

``EVENTSCHEMA_PURE=1`` in the environment, when the package is first imported, chooses plain Python.
"""

import os
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, TypeVar

from eventschema.core import accept as plain
from eventschema.core import columns, events, keycount
from eventschema.core.results import MergeResult
from eventschema.core.rules import Rules
from eventschema.core.types import PropertyType

if TYPE_CHECKING:
    from eventschema.core.schema import EventSchema

#: The type of ``accept``.
Accept = Callable[["EventSchema", Mapping[str, PropertyType], int, Any, Rules], MergeResult | plain.PartialMerge | None]


def load_compiled(name: str) -> Any:
    """The compiled module ``name``; ``None`` if it was not built or the environment says not to use it."""
    if os.environ.get("EVENTSCHEMA_PURE") == "1":
        return None
    try:
        return import_module(name)
    except ImportError:  # built without a C compiler
        return None


_compiled: Final = load_compiled("eventschema.core._accept")

#: Whether compiled code is in use.
accelerated: Final = _compiled is not None

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _chosen(function: _Function) -> _Function:
    """The compiled version of ``function`` if compiled code is in use; else ``function``."""
    if _compiled is None:
        return function
    compiled: _Function = getattr(_compiled, function.__name__)
    return compiled


accept: Final[Accept] = _chosen(plain.accept)
only_type_conflicts: Final = _chosen(events.only_type_conflicts)
type_codes: Final = _chosen(columns.type_codes)
round_floats: Final = _chosen(columns.round_floats)
has_repeated_key: Final = _chosen(keycount.has_repeated_key)
any_repeated_key: Final = _chosen(keycount.any_repeated_key)
has_one_a_line: Final = _chosen(keycount.has_one_a_line)
is_certainly_flat: Final = _chosen(keycount.is_certainly_flat)
opening_brackets: Final = _chosen(keycount.opening_brackets)
