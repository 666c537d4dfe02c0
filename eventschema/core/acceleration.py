"""Which implementation of the hot paths is in use: the compiled one where it was built, else the plain one.

They have one contract: the recogniser of an event, that of a column of values, the rounding of a
column of floats, and the search for repeated keys.

``EVENTSCHEMA_PURE=1`` in the environment, when the package is first imported, passes the compiled one over.
"""

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from eventschema.core.accept import Accepted
from eventschema.core.accept import accept as plain_accept
from eventschema.core.columns import stored_floats as plain_stored_floats
from eventschema.core.columns import type_codes as plain_type_codes
from eventschema.core.events import certain_conflicts as plain_certain_conflicts
from eventschema.core.keycount import any_repeated_key as plain_any_repeated_key
from eventschema.core.keycount import has_repeated_key as plain_has_repeated_key
from eventschema.core.keycount import opening_brackets as plain_opening_brackets
from eventschema.core.results import MergeResult
from eventschema.core.rules import Rules
from eventschema.core.types import PropertyType
from eventschema.core.violations import Violation

if TYPE_CHECKING:
    from eventschema.core.schema import EventSchema

TypeCodes = Callable[[list[Any], Rules], bytes]
StoredFloats = Callable[[list[float], Rules], list[float]]
Accept = Callable[["EventSchema", Mapping[str, PropertyType], int, Any, Rules], MergeResult | Accepted | None]
HasRepeatedKey = Callable[[bytes, Any], bool]
AnyRepeatedKey = Callable[[list[bytes], list[Any]], bool]
OpeningBrackets = Callable[[bytes], int]
CertainConflicts = Callable[
    [dict[str, PropertyType], Callable[[], Mapping[str, int]], list[tuple[Any, Any]], Rules],
    tuple[Violation, ...] | None,
]


def is_passed_over() -> bool:
    """Whether the environment says that compiled modules are not to be used."""
    return os.environ.get("EVENTSCHEMA_PURE") == "1"


class _Paths(NamedTuple):
    accept: Accept
    type_codes: TypeCodes
    stored_floats: StoredFloats
    has_repeated_key: HasRepeatedKey
    any_repeated_key: AnyRepeatedKey
    opening_brackets: OpeningBrackets
    certain_conflicts: CertainConflicts


def _compiled_paths() -> _Paths | None:
    if is_passed_over():
        return None
    try:
        from eventschema.core._accept import (
            accept,
            any_repeated_key,
            certain_conflicts,
            has_repeated_key,
            opening_brackets,
            stored_floats,
            type_codes,
        )
    except ImportError:  # built without a C compiler
        return None
    return _Paths(
        accept, type_codes, stored_floats, has_repeated_key, any_repeated_key, opening_brackets, certain_conflicts
    )


_compiled: Final = _compiled_paths()
_used: Final = _compiled or _Paths(
    plain_accept,
    plain_type_codes,
    plain_stored_floats,
    plain_has_repeated_key,
    plain_any_repeated_key,
    plain_opening_brackets,
    plain_certain_conflicts,
)

#: The recogniser in use: of an event, and of a column of values; and the rounding of a column of floats.
accept: Final = _used.accept
type_codes: Final = _used.type_codes
#: What makes the conflicts of an event that are certain.
certain_conflicts: Final = _used.certain_conflicts
stored_floats: Final = _used.stored_floats

#: The search in use for keys that stand twice: in one JSON text, and in several.
has_repeated_key: Final = _used.has_repeated_key
any_repeated_key: Final = _used.any_repeated_key
#: The count in use of the brackets that open.
opening_brackets: Final = _used.opening_brackets

#: Whether it is the compiled one.
accelerated: Final = _compiled is not None
