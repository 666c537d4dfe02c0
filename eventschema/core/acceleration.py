"""Which recogniser is in use: the compiled one where it was built, else the plain one. They have one contract.

``EVENTSCHEMA_PURE=1`` in the environment, when the package is first imported, passes the compiled one over.
"""

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from eventschema.core.accept import Accepted
from eventschema.core.accept import accept as plain_accept
from eventschema.core.columns import stored_floats as plain_stored_floats
from eventschema.core.columns import type_codes as plain_type_codes
from eventschema.core.results import MergeResult
from eventschema.core.rules import Rules
from eventschema.core.types import PropertyType

if TYPE_CHECKING:
    from eventschema.core.schema import EventSchema

TypeCodes = Callable[[list[Any], Rules], bytes]
StoredFloats = Callable[[list[float], Rules], list[float]]
Accept = Callable[["EventSchema", Mapping[str, PropertyType], int, Any, Rules], MergeResult | Accepted | None]


def is_passed_over() -> bool:
    """Whether the environment says that compiled modules are not to be used."""
    return os.environ.get("EVENTSCHEMA_PURE") == "1"


def _compiled_recogniser() -> tuple[Accept, TypeCodes, StoredFloats] | None:
    if is_passed_over():
        return None
    try:
        from eventschema.core._accept import accept, stored_floats, type_codes
    except ImportError:  # built without a C compiler
        return None
    return accept, type_codes, stored_floats


_compiled: Final = _compiled_recogniser()

#: The recogniser in use: of an event, and of a column of values; and the rounding of a column of floats.
accept: Final[Accept] = _compiled[0] if _compiled else plain_accept
type_codes: Final[TypeCodes] = _compiled[1] if _compiled else plain_type_codes
stored_floats: Final[StoredFloats] = _compiled[2] if _compiled else plain_stored_floats

#: Whether it is the compiled one.
accelerated: Final = _compiled is not None
