"""The tables of ``SQLStore``, the same on every database.

Values are stored as JSON text. So any text in an event can be stored, even U+0000, which PostgreSQL's text cannot have:
JSON escapes it. (Earlier releases escaped all that is not ASCII.) Times are text too, ISO 8601 in UTC.

A schema is stored as the history of its changes. The primary key of a change is the event name and the version, so its
insert is the compare-and-swap: of two writers with the same version, only one can insert the next. The primary key of a
property is the event name and its own name, so a schema has each property once, no matter who adds it. Its row has the
type that it was added with; a change that retyped it has the new one.

PostgreSQL cannot index a name of thousands of characters. So the columns of keys have what ``key_of`` returns: the name
itself, or the hash of a long name. The long name is then in the column ``long_name`` or ``long_property``.

Keys, and what rows are ordered by, are compared character by character on every database. SQLite does so by default,
PostgreSQL with the collation ``C``, in a database of UTF8.

``eventschema.store.migrations`` updates databases of earlier releases to these tables, and says how to change them.
"""

from hashlib import sha256
from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import postgresql

_LONGEST_KEY: Final = 255  # characters of up to 4 bytes; an index entry has at most two keys and 2,704 bytes
_HASHED: Final = "sha256:"

metadata: Final = MetaData()

_Key: Final = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def key_of(name: str) -> str:
    """The key of ``name`` in the tables: at most 255 characters, different for different names.

    It is the name itself, up to 255 characters; else ``sha256:`` and the SHA-256 of its UTF-8 in hex. A shorter name
    that begins with ``sha256:`` is hashed too, so that no name is the key of another.
    """
    if len(name) <= _LONGEST_KEY and not name.startswith(_HASHED):
        return name
    return _HASHED + sha256(name.encode()).hexdigest()


versions: Final = Table(
    "eventschema_version",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),  # one row, the version of the database
    Column("store_id", Text),  # made with the tables, so that another database is noticed
    Column("days_since", Text),  # the day of the update since when days are kept in last_seen; NULL: from the beginning
)

changes: Final = Table(
    "eventschema_changes",
    metadata,
    Column("name", _Key, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("base_version", Integer),
    Column("event_id", Text),
    Column("who", Text),
    Column("at", Text, nullable=False),
    Column("long_name", _Key),  # NULL: the name is the key
    Column("retyped", Text),  # JSON: the old and the new type by property; NULL: none was retyped
    Column("frozen", Integer),  # 1: this version froze the schema; 0: events may add again; NULL: neither
    ForeignKeyConstraint(["name", "base_version"], ["eventschema_changes.name", "eventschema_changes.version"]),
    CheckConstraint("base_version = version - 1 OR (version = 0 AND base_version IS NULL)"),
)
# One entry a schema: to count them and to list them.
_is_first: Final = changes.c.version == 0
Index("eventschema_schemas", changes.c.name, changes.c.version, sqlite_where=_is_first, postgresql_where=_is_first)
# So the insert of an event finds at once that no later version retyped anything.
_retypes: Final = changes.c.retyped.is_not(None)
Index("eventschema_retypes", changes.c.name, changes.c.version, sqlite_where=_retypes, postgresql_where=_retypes)

properties: Final = Table(
    "eventschema_properties",
    metadata,
    Column("name", _Key, primary_key=True),
    Column("property", _Key, primary_key=True),
    Column("type", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("position", Integer, nullable=False),  # within its version, from 0
    Column("long_property", _Key),  # NULL: the name is the key
    UniqueConstraint("name", "version", "position"),
    ForeignKeyConstraint(["name", "version"], [changes.c.name, changes.c.version]),
)

contacts: Final = Table(
    "eventschema_contacts",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("email", _Key, unique=True),
    Column("phone_number", _Key, unique=True),
    Column("properties", Text, nullable=False),
)

events: Final = Table(
    "eventschema_events",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("name", _Key, nullable=False),
    Column("contact_id", _Key, ForeignKey(contacts.c.id), index=True),  # NULL: its contact was erased
    Column("identifiers", Text, nullable=False),
    Column("properties", Text, nullable=False),
    Column("adjustments", Text, nullable=False),
    Column("time", Text),  # as in the request
    Column("received_at", _Key, nullable=False),
    Column("origin", Text),
    Column("event_version", Text),
    Column("schema_version", Integer),  # of the schema that it was accepted under; NULL: by an older release
    Index("eventschema_events_received", "received_at", "id"),
)

# The day, in UTC, of the last event with a property; with the property "", of the last event. The days are those of
# ``received_at``. No key refers to other tables: an event would then lock the row of its schema.
last_seen: Final = Table(
    "eventschema_last_seen",
    metadata,
    Column("name", _Key, primary_key=True),
    Column("property", _Key, primary_key=True),
    Column("day", _Key, nullable=False),  # YYYY-MM-DD
)

checkpoints: Final = Table(
    "eventschema_checkpoints",
    metadata,
    Column("name", _Key, primary_key=True),  # of what is read: see ``eventschema.store.checkpoints``
    Column("lines", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),  # the SHA-256 of these bytes, in hex
    Column("at", Text, nullable=False),
    Column("long_name", Text),  # NULL: the name is the key
)
