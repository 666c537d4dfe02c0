"""Which implementation of the hot paths is in use: the compiled one where it was built, else the plain one.

They have one contract: the fast path of an event, that of a column of values, the rounding of a
column of floats, and the search for repeated keys.

``EVENTSCHEMA_PURE=1`` in the environment, when the package is first imported, passes the compiled one over.
"""

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from eventschema.core.accept import PartialMerge
from eventschema.core.accept import accept as plain_accept
from eventschema.core.columns import round_floats as plain_round_floats
from eventschema.core.columns import type_codes as plain_type_codes
from eventschema.core.events import only_type_conflicts as plain_only_type_conflicts
from eventschema.core.keycount import any_repeated_key as plain_any_repeated_key
from eventschema.core.keycount import has_one_a_line as plain_has_one_a_line
from eventschema.core.keycount import has_repeated_key as plain_has_repeated_key
from eventschema.core.keycount import is_certainly_flat as plain_is_certainly_flat
from eventschema.core.keycount import opening_brackets as plain_opening_brackets
from eventschema.core.results import MergeResult
from eventschema.core.rules import Rules
from eventschema.core.types import PropertyType
from eventschema.core.violations import Violation

if TYPE_CHECKING:
    from eventschema.core.schema import EventSchema

TypeCodes = Callable[[list[Any], Rules], bytes]
RoundFloats = Callable[[list[float], Rules], list[float]]
Accept = Callable[["EventSchema", Mapping[str, PropertyType], int, Any, Rules], MergeResult | PartialMerge | None]
HasRepeatedKey = Callable[[bytes, Any], bool]
AnyRepeatedKey = Callable[[list[bytes], list[Any]], bool]
HasOneALine = Callable[[bytes, list[Any]], bool]
IsCertainlyFlat = Callable[[bytes, list[dict[str, Any]], int], bool]
OpeningBrackets = Callable[[bytes], int]
OnlyTypeConflicts = Callable[
    [dict[str, PropertyType], Callable[[], Mapping[str, int]], list[tuple[Any, Any]], Rules],
    tuple[Violation, ...] | None,
]


def pure_requested() -> bool:
    """Whether the environment says that compiled modules are not to be used."""
    return os.environ.get("EVENTSCHEMA_PURE") == "1"


class _Paths(NamedTuple):
    accept: Accept
    type_codes: TypeCodes
    round_floats: RoundFloats
    has_repeated_key: HasRepeatedKey
    any_repeated_key: AnyRepeatedKey
    has_one_a_line: HasOneALine
    is_certainly_flat: IsCertainlyFlat
    opening_brackets: OpeningBrackets
    only_type_conflicts: OnlyTypeConflicts


def _compiled_paths() -> _Paths | None:
    if pure_requested():
        return None
    try:
        from eventschema.core._accept import (
            accept,
            any_repeated_key,
            has_one_a_line,
            has_repeated_key,
            is_certainly_flat,
            only_type_conflicts,
            opening_brackets,
            round_floats,
            type_codes,
        )
    except ImportError:  # built without a C compiler
        return None
    return _Paths(
        accept,
        type_codes,
        round_floats,
        has_repeated_key,
        any_repeated_key,
        has_one_a_line,
        is_certainly_flat,
        opening_brackets,
        only_type_conflicts,
    )


_compiled: Final = _compiled_paths()
_used: Final = _compiled or _Paths(
    plain_accept,
    plain_type_codes,
    plain_round_floats,
    plain_has_repeated_key,
    plain_any_repeated_key,
    plain_has_one_a_line,
    plain_is_certainly_flat,
    plain_opening_brackets,
    plain_only_type_conflicts,
)

#: The fast path in use: of an event, and of a column of values; and the rounding of a column of floats.
accept: Final = _used.accept
type_codes: Final = _used.type_codes
#: What makes the conflicts of an event that are certain.
only_type_conflicts: Final = _used.only_type_conflicts
round_floats: Final = _used.round_floats

#: The search in use for keys that stand twice: in one JSON text, and in several.
has_repeated_key: Final = _used.has_repeated_key
any_repeated_key: Final = _used.any_repeated_key
#: The same for the lines of a text: whether each is an object, and whether certainly no key stands twice.
has_one_a_line: Final = _used.has_one_a_line
is_certainly_flat: Final = _used.is_certainly_flat
#: The count in use of the brackets that open.
opening_brackets: Final = _used.opening_brackets

#: Whether it is the compiled one.
accelerated: Final = _compiled is not None
