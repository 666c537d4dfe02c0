"""Schemas, contacts and events that last: what a store is, two stores, and the registry that tracks through one.

``protocols`` says what a store must do; ``memory`` and ``sql`` do it. ``tracking`` is the way of one request, without
any waiting, and ``registry`` walks it, blocking or awaiting. ``declaring`` saves the schemas that a team declares.
``SQLStore`` needs the extra ``sql`` or ``postgres``, and is loaded when it is first asked for; nothing else here needs
an extra.
"""

from typing import TYPE_CHECKING, Any

from eventschema.store.declaring import Contradiction, DeclarationError, Declared, declare_schemas
from eventschema.store.memory import MemoryStore
from eventschema.store.protocols import (
    AsyncStore,
    ContactStore,
    EventSink,
    NotSaved,
    Saved,
    SchemaRecord,
    SchemaStore,
    Store,
    StoreError,
    StoreUnavailableError,
    Work,
)
from eventschema.store.registry import AsyncSchemaRegistry, SchemaRegistry
from eventschema.store.threaded import ThreadedStore
from eventschema.store.tracking import Tracked
from eventschema.store.waiting import StoreBusyError

if TYPE_CHECKING:
    from eventschema.store.sql import SQLStore as SQLStore  # so that it may be imported from here

# Without SQLStore, which not every installation has: `from eventschema.store import *` works in all of them.
__all__ = [
    "AsyncSchemaRegistry",
    "AsyncStore",
    "ContactStore",
    "Contradiction",
    "DeclarationError",
    "Declared",
    "EventSink",
    "MemoryStore",
    "NotSaved",
    "Saved",
    "SchemaRecord",
    "SchemaRegistry",
    "SchemaStore",
    "Store",
    "StoreBusyError",
    "StoreError",
    "StoreUnavailableError",
    "ThreadedStore",
    "Tracked",
    "Work",
    "declare_schemas",
]


def __getattr__(name: str) -> Any:
    """``SQLStore``. Raises ``ModuleNotFoundError``, which names the extra, where SQLAlchemy is not installed."""
    if name != "SQLStore":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from eventschema.store.sql import SQLStore

    return SQLStore


def __dir__() -> list[str]:
    return sorted([*__all__, "SQLStore"])
