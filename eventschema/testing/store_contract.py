"""The contract of a store: one function for each promise. Each is called with an empty store.

A request is decided on what the store holds at that time. A late request was decided before another was saved.
"""

from collections.abc import Callable
from typing import Final

from eventschema.testing.freeze_contract import FREEZE_PROMISES
from eventschema.testing.name_contract import NAME_PROMISES
from eventschema.testing.race_contract import RACE_PROMISES
from eventschema.testing.request_contract import REQUEST_PROMISES
from eventschema.testing.schema_contract import SCHEMA_PROMISES
from eventschema.testing.subject import Subject

#: The promises that every store makes, those first that the others rely on.
PROMISES: Final[tuple[Callable[[Subject], None], ...]] = (
    *SCHEMA_PROMISES,
    *REQUEST_PROMISES,
    *NAME_PROMISES,
    *RACE_PROMISES,
    *FREEZE_PROMISES,
)
