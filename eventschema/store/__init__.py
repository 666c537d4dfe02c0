"""Schemas, contacts and events that last: what a store is, two stores, and the registry that tracks through one.

``protocols`` says what a store must do; ``memory`` and ``sql`` do it. ``tracking`` is the way of one request, without
any waiting, and ``registry`` walks it, blocking or awaiting. ``declaring`` saves the schemas that a team declares.
``SQLStore`` is imported from ``eventschema.store.sql``, and needs the extra ``sql`` or ``postgres``; nothing else here
needs one.
"""

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
    "StoreError",
    "StoreUnavailableError",
    "ThreadedStore",
    "Tracked",
    "Work",
    "declare_schemas",
]
