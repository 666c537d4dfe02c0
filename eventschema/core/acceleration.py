"""Which recogniser is in use: the compiled one where it was built, else the plain one. They have one contract.

``EVENTSCHEMA_PURE=1`` in the environment, when the package is first imported, passes the compiled one over.
"""

import os
from collections.abc import Callable, Mapping
from typing import Any, Final

from eventschema.core.accept import Accepted
from eventschema.core.accept import accept as plain_accept
from eventschema.core.rules import Rules
from eventschema.core.types import PropertyType

Accept = Callable[[Mapping[str, PropertyType], dict[Any, Any], Rules], Accepted | None]


def _compiled_accept() -> Accept | None:
    if os.environ.get("EVENTSCHEMA_PURE") == "1":
        return None
    try:
        from eventschema.core._accept import accept
    except ImportError:  # built without a C compiler
        return None
    return accept


_compiled: Final = _compiled_accept()

#: The recogniser in use.
accept: Final[Accept] = _compiled or plain_accept

#: Whether it is the compiled one.
accelerated: Final = _compiled is not None
