"""Stores: schemas, contacts and events that last, and the registry that tracks requests into a store.

A registry takes requests, decides on them and saves what was accepted. It is safe to share among threads:

    >>> from eventschema.store import AsyncSchemaRegistry, MemoryStore, SchemaRegistry, ThreadedStore
    >>> store = MemoryStore()  # or SQLStore("sqlite:///events.db"), with the extra sql
    >>> registry = SchemaRegistry(store)  # one for each process
    >>> payload = {"eventName": "order placed", "contact": {"email": "ann@example.com"}, "properties": {"total": 9.95}}
    >>> tracked = registry.track(payload, who="checkout")
    >>> tracked.ok
    True
    >>> awaited = AsyncSchemaRegistry(ThreadedStore(store))  # the same with await registry.track(payload)

`who` is written into the history of a schema: `store.history("order placed")` has a record for each version, with
what it added or retyped, in which event, by whom and when.

`SchemaRegistry(store, on_change=call)` calls `call` after each commit of the registry that changed a schema, with a
`ChangedSchema`: `before`, `after`, `who` and `event_id` (`None` if a person changed it).

## Many requests at once

`registry.track_many(payloads)` has a result for each request, with the same outcome as `track` one by one, and saves up
to 1,000 of them in one transaction: that takes one flush to disk in place of 1,000. A rejected request does not stop
the others; with `atomic=True` it is, and nothing is saved. `dry_run=True` says what would be accepted.

    >>> batch = [payload, payload | {"properties": {"total": "9 EUR"}}, payload]
    >>> [result.ok for result in registry.track_many(batch, dry_run=True)]
    [True, False, True]

Each transaction is saved whole or not at all. If the second of three fails, the error's `results` has the results of
the first: send the other requests again.

## The stores

| | `MemoryStore` | `SQLStore`, SQLite | `SQLStore`, PostgreSQL |
| --- | --- | --- | --- |
| needs the extra | none | `sql` | `postgres` |
| lasts | as long as its process | on disk before a call returns | as the server commits |
| shared by | threads | processes of one machine | processes, machines |
| two writers | one lock | one at a time (`BEGIN IMMEDIATE`) | compare-and-swap, `READ COMMITTED` |
| time limit of a call | none | `timeout=10` seconds | the same, also as `statement_timeout` |
| reads | wait for the lock | never wait for writers | never wait for writers |

All stores keep the same promises:

- An event, the change of its schema and the change of its contact are saved together or not at all.
- A request that lost a race against another writer is decided again, on what is then stored.
- Emails, phone numbers and event ids are unique. A repeated event id is accepted, and nothing is saved again.
- `erase(contact_id)` removes a contact, and from its events the identifiers and property values.

SQLite runs in WAL mode with `synchronous=FULL`. On PostgreSQL writers leave one of the `pool_size=10` connections
to readers, and the database's encoding must be UTF8. URLs begin with `sqlite:///`, `postgresql://` or `postgres://`;
a SQLite database in memory, another driver (`+asyncpg`, `+aiosqlite`) and an option that the driver lacks are a
`ValueError` that says what to write.

If you have an engine of SQLAlchemy, give that: `SQLStore(engine)` connects as the engine does, into a pool of its own,
and leaves the engine as it is.

An event of known properties costs one query for the contact and one insert: a cached schema is enough, since the insert
checks that no person has retyped the schema meanwhile.

Threads that save into one `SQLStore` share the flushes to disk: requests that arrive while a transaction is under way
are saved together in the next one, in the order of their arrival, and a request that arrives at any other time is saved
at once. On PostgreSQL a second transaction writes at the same time, if as many requests wait as the first one has,
about other contacts. Each is answered when it is durable. A lost race, a lock that another process holds or an error
touches its own request alone: if a common transaction fails, its requests are saved one by one. (If it fails while it
is committed, all of them get the `StoreUnavailableError`.)

The requests of an `AsyncSchemaRegistry` that come while others are tracked are then tracked together, in one
transaction, in the order of their arrival; on SQLite, so are those of the threads of a `SchemaRegistry`. None waits for
others to come. If one takes longer than a quarter of a second, because another process has locked its contact, the
asynchronous registry goes on with requests about other contacts.

An `AsyncSchemaRegistry` reads ordinary requests on the event loop, in microseconds. With a `ThreadedStore`, one of its
threads does the rest of a request, from the look-up of the contact to the answer; with another store, the event loop
does. Requests with texts that are read slowly (a hundred internationalised addresses take 0.1 s) are read in a thread
of their own, one after the other.

## Reading back

`MemoryStore` and `SQLStore` list what they have: `store.schemas()` by name, `store.events()` with the time of each
event's receipt. `name` and `since` limit the events, which then come in the order of their receipt. A database is read
page by page, so neither has to fit into memory. `find` compares identifiers as they are stored; `normalise_identifiers`
gives what people write that form.

    >>> from datetime import datetime, timedelta, UTC
    >>> from eventschema import normalise_identifiers
    >>> [schema.name for schema in store.schemas()]
    ['order placed']
    >>> an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    >>> [event] = store.events(name="order placed", since=an_hour_ago)
    >>> event.received_at > an_hour_ago
    True
    >>> [contact] = store.find(normalise_identifiers({"email": " ann@EXAMPLE.com"}))
    >>> contact.email
    'ann@example.com'

## Files of requests

The command `load` saves files of requests, and goes on where it was ended (see `eventschema.cli`). For readers of your
own, `SQLStore.checkpoint(name)` says how far something was read, and `SchemaRegistry.track_with_checkpoints` saves a
`Checkpoint` in the transaction of the requests, by compare-and-swap: so none is saved twice, whenever the reader ends.
A backup has the checkpoints of its time, so what came later is loaded again after it was restored.

## Restoring a backup

Stop the service, restore, and start it again: a running service trusts what it has read. A database has an id, which
its backups have too. A store that reconnects to a database with another id raises `StoreUnavailableError`.

Rows that are restored or deleted by hand under a running service are noticed as far as an event depends on them: it is
saved only if its contact and the version of its schema are in the store. If not, it is decided again, on what the store
has. A schema that was restored and has grown to the same version since, with other properties, is not noticed.

The file of a SQLite database that is deleted or replaced is noticed in the next call, or before a commit is reported:
all calls raise `StoreUnavailableError` until the file itself is moved back. Another file is not opened, even a copy,
before the store is closed or its process restarted. Remove `events.db-wal` and `events.db-shm` before you restore
`events.db`, since SQLite would apply what they hold to the backup.

## What nobody sends any more

`store.last_seen(name)`, and the same of a registry, has the day, in UTC, of the last accepted event of a schema, and
for each of its properties that of the last event with the property; `None` where there was none.

    >>> days = registry.last_seen("order placed")
    >>> days.properties["total"] <= days.event_day
    True
    >>> a_quarter_ago = days.event_day - timedelta(90)
    >>> [property for property in days.properties if not days.was_sent_since(a_quarter_ago, property)]
    []

Only the first event of a day with a property costs the write of its day: each process remembers what it has written.
`erase` and retypes leave days as they are. A database that an earlier release has filled has days since its update,
`days.known_since`; `was_sent_since` is `None` for what it cannot know. (Processes of earlier releases that go on using
it write no days.) Rows of days that are deleted under a running service are written again on the next day. The command
`eventschema diff URL --unsent-for 90` lists what nobody has sent.

## Errors of stores

- `StoreUnavailableError`: the database is out of reach or too slow. The request can be sent again later.
- `StoreBusyError`, a subclass: `max_waiting=1000` writers wait already (for a `ThreadedStore`: as many calls). It is
  raised at once.
- `StoreError`: the database refuses, and would refuse again, or a newer release made it.

## Repetitions

A sender that gets no answer sends its request again, with the same `eventID`. Such a repetition is accepted, and its
result is a `duplicate`. If its content is not that of the stored event, it also `differs`: the stored event stays, and
the other content is lost. `differing` names the fields. The log `eventschema.repetitions` has a line of it at most once
a minute, and `registry.differing_repetitions` counts.

    >>> order = payload | {"eventID": "00000000-0000-4000-8000-00000000000a"}
    >>> again = [registry.track(order), registry.track(order), registry.track(order | {"properties": {"total": 10}})]
    >>> [(result.duplicate, result.differing) for result in again]
    [(False, ()), (True, ()), (True, ('properties',))]

The content is the event's name, its time, `origin` and `eventVersion` as text, and the values of its properties as they
are stored. Of the contact only the identifiers are compared: the stored event's contact must have had those of the
repetition. An event whose contact was erased is not compared.

## Governing schemas

Events extend schemas, and people can declare, freeze and retype them: with the methods below, over HTTP (see
`eventschema.web`), or with the commands `serve --schema` and `retype` (see `eventschema.cli`).

`registry.declare(schema, who)` adds what the store lacks: the schema, or its missing properties. A declared type other
than the stored one is a `DeclarationError` that names both. `declare_schemas(store, schemas)` does so for many schemas,
and can run at every start.

    >>> from eventschema import EventSchema
    >>> declared = registry.declare(EventSchema("order placed", {"total": "float", "vat": "float"}), "Ann")
    >>> dict(declared.added)
    {'vat': <PropertyType.FLOAT: 'float'>}

To change only what you have seen, give it as `expected`: if another person or an event was faster, nothing is saved.

    >>> from eventschema.store import StaleSchemaError
    >>> seen = registry.schema("order placed")
    >>> registry.track(payload | {"properties": {"gift": True}}).ok
    True
    >>> try:
    ...     registry.declare(EventSchema("order placed", {"country": "string"}), "Ann", expected=seen)
    ... except StaleSchemaError as error:
    ...     print(error)
    expected the schema in the store to be as given, found version 3

**Freezing.** A schema that is declared as frozen takes no new property from an event any more: it is `frozen_schema`,
or is left out under `Rules(invalid="drop")`. Known properties go on, and cost nothing more. A person can still declare
properties; `thaw=True` lets events add some again.

    >>> frozen = registry.declare(EventSchema("order placed", frozen=True), "Ann").after
    >>> [error.code for error in registry.track(payload | {"properties": {"total": 5.5, "cuopon": "X"}}).errors]
    ['frozen_schema']
    >>> registry.declare(EventSchema("order placed"), "Ann", thaw=True).after.frozen
    False

**Undeclared names.** With `SchemaRegistry(store, declared_only=True)` an event whose name has no schema is refused as
`undeclared_event`. `max_event_names` bounds how many names events can bring; neither concerns what people declare.

## Changing a type

No event changes a type; a person can. The first event had a magnitude of 5, and so the type is int:

    >>> quake = {"eventName": "earthquake", "contact": {"email": "ann@example.com"}, "properties": {"mag": 5}}
    >>> registry.track(quake).ok
    True
    >>> another = SchemaRegistry(store)  # as of another process
    >>> [error.message for error in another.track(quake | {"properties": {"mag": 5.4}}).errors]
    ['Expected int (set by version 1 of the schema), found float that it does not take, at /properties/mag.']

The plan counts, by version, how many stored values the new type accepts, how many of these are read as another value
(`changed`, here an int as a float), and it names the first events with values that the new type refuses:

    >>> [planned] = registry.plan_retype("earthquake", {"mag": "float"}).properties
    >>> planned.accepted, planned.refused, planned.versions
    (1, 0, (VersionCount(version=1, accepted=1, refused=0, changed=1),))

`retype` plans again in the transaction of the retype, and raises `RetypeError` if a value would be refused, unless it
is given `force=True`:

    >>> registry.retype("earthquake", {"mag": "float"}, "Ann").loses_values
    False

The other process does not know of that. It decides its next event under the type that it has cached, int, and so loses
its race: the store does not save the event. The registry loads the schema and decides again, and the event is saved as
a float, of version 2. It goes on with the new type:

    >>> tracked = another.track(quake | {"properties": {"mag": 6}})
    >>> dict(tracked.decision.event.properties), tracked.schema_version
    ({'mag': 6.0}, 2)
    >>> another.track(quake | {"properties": {"mag": 5.4}}).ok
    True
    >>> record = registry.history("earthquake")[2]
    >>> record.who, dict(record.retyped)
    ('Ann', {'mag': (<PropertyType.INT: 'int'>, <PropertyType.FLOAT: 'float'>)})

The stores have `plan_retype` and `retype` too. Over a profile, `EventProfile.plan_retype` counts (see
`eventschema.stream`). The command `eventschema retype` does all of this, and `eventschema diff` compares the schemas of
a database with a file (see `eventschema.cli`).

The change is saved only if the schema still has the version that it was made of. From then on no event is saved that
was decided under an earlier version: registries in all processes load the schema again, and decide again.

For readers: stored events stay as they are. Each has in `schema_version` the version that it was accepted under, so
one property has values of several types. Before you retype, see with `is_lossless` and `compare` what your readers can
read (see `eventschema.core`).

    >>> sorted((event.schema_version, event.properties["mag"]) for event in store.events(name="earthquake"))
    [(1, 5), (2, 5.4), (2, 6.0)]

While a retype is saved, `SQLStore` lets no event be saved: on PostgreSQL it waits for the transactions that have
written events, and others wait for it. With a million events that takes about half a minute. In a `ThreadedStore`, and
so in every asynchronous service, a plan and a retype have at most the time limit of a call.

Before the first retype or freeze, end the processes of releases that do not know of it: they would go on with the types
that they have cached, and add to frozen schemas.

## Upgrading

A database has a version. `SQLStore` updates a database of an earlier release when it opens it, in one transaction,
even if several processes open it at once. Processes of the earlier release can go on using it, except for names of
more than 255 characters. A database of a newer release is a `StoreError`.

## A store of your own

A store is a class with the methods of `Store`. `help(eventschema.store.EventSink.commit)` explains in six steps how
to save a request. It may have some methods of `LookupStore` too; registries do without the others. `check_store`, of
the extra `testing`, checks a store against every promise:

    >>> from eventschema.testing import check_store
    >>> check_store(MemoryStore)  # a function that returns an empty store each time; raises AssertionError

In the source repository, `tests/examples/sqlite_store.py` is a whole store on Python's `sqlite3` to begin from.
"""

from typing import TYPE_CHECKING, Any

from eventschema.store.checkpoints import Checkpoint, CheckpointConflictError
from eventschema.store.declaring import Contradiction, DeclarationError, Declared, declare_schemas
from eventschema.store.lastseen import LastSeen
from eventschema.store.lookups import LookupStore
from eventschema.store.memory import MemoryStore
from eventschema.store.protocols import (
    AsyncStore,
    BatchStore,
    ContactStore,
    EventSink,
    MissingMethodError,
    NotSaved,
    ReadableStore,
    RetypingStore,
    Saved,
    SchemaRecord,
    SchemaStore,
    Store,
    StoreError,
    StoreUnavailableError,
    UnitOfWork,
)
from eventschema.store.registry import AsyncSchemaRegistry, SchemaRegistry
from eventschema.store.threaded import ThreadedStore
from eventschema.store.tracking import ChangedSchema, TrackResult
from eventschema.store.versions import StaleSchemaError
from eventschema.store.waiting import StoreBusyError
from eventschema.stream.retyping import RetypeError, RetypePlan

if TYPE_CHECKING:
    from eventschema.store.sql import SQLStore as SQLStore

# Without SQLStore, which not every installation has: `from eventschema.store import *` works in all of them.
__all__ = [
    "AsyncSchemaRegistry",
    "AsyncStore",
    "BatchStore",
    "ChangedSchema",
    "Checkpoint",
    "CheckpointConflictError",
    "ContactStore",
    "Contradiction",
    "DeclarationError",
    "Declared",
    "EventSink",
    "LastSeen",
    "LookupStore",
    "MemoryStore",
    "MissingMethodError",
    "NotSaved",
    "ReadableStore",
    "RetypeError",
    "RetypePlan",
    "RetypingStore",
    "Saved",
    "SchemaRecord",
    "SchemaRegistry",
    "SchemaStore",
    "StaleSchemaError",
    "Store",
    "StoreBusyError",
    "StoreError",
    "StoreUnavailableError",
    "ThreadedStore",
    "TrackResult",
    "UnitOfWork",
    "declare_schemas",
]


if not TYPE_CHECKING:  # with it, a type checker would find any name here

    def __getattr__(name: str) -> Any:
        """Import ``SQLStore``. Raises ``ModuleNotFoundError``, which names the extra, if SQLAlchemy is missing."""
        if name != "SQLStore":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from eventschema.store.sql import SQLStore

        return SQLStore


def __dir__() -> list[str]:
    return sorted([*__all__, "SQLStore"])
