"""The tables of ``SQLStore``, the same on every database.

Values stand as JSON text, all but ASCII escaped: so every text that an event may hold can be stored, U+0000 too, which
PostgreSQL has no place for. Times are text as well, ISO 8601 in UTC.

A schema is nothing but the history of its changes. Version and event name are the primary key of a change, and so the
insert itself is the compare-and-swap: of two writers that saw the same version, one inserts the next. And an event
has each property once, whoever adds it.

PostgreSQL has no room for a name of thousands of characters in an index. So the columns of keys have what ``key_of``
gives: the name itself, but for a long one its hash, with the name beside it in ``long_name`` or ``long_property``.

``eventschema.store.migrations`` brings databases of earlier releases to these tables, and says how to change them.
"""

from hashlib import sha256
from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

_LONGEST_KEY: Final = 255  # characters, of up to 4 bytes: an index entry has two at most, and 2,704 bytes
_HASHED: Final = "sha256:"

metadata: Final = MetaData()


def key_of(name: str) -> str:
    """What stands for ``name`` in the columns of keys: as different as the names are, and 255 characters at most.

    That is the name itself, up to 255 characters; else ``sha256:`` and the SHA-256 of its UTF-8 in hex. A shorter name
    that begins like that is hashed too: no name is the key of another.
    """
    if len(name) <= _LONGEST_KEY and not name.startswith(_HASHED):
        return name
    return _HASHED + sha256(name.encode()).hexdigest()


versions: Final = Table(
    "eventschema_version",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),  # one row, of the version of the database
)

changes: Final = Table(
    "eventschema_changes",
    metadata,
    Column("name", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("base_version", Integer),
    Column("event_id", Text),
    Column("who", Text),
    Column("at", Text, nullable=False),
    Column("long_name", Text),  # NULL: the key is the name
    ForeignKeyConstraint(["name", "base_version"], ["eventschema_changes.name", "eventschema_changes.version"]),
    CheckConstraint("base_version = version - 1 OR (version = 0 AND base_version IS NULL)"),
)

properties: Final = Table(
    "eventschema_properties",
    metadata,
    Column("name", Text, primary_key=True),
    Column("property", Text, primary_key=True),
    Column("type", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("position", Integer, nullable=False),  # among all of the schema, in the order of addition
    Column("long_property", Text),  # NULL: the key is the name
    UniqueConstraint("name", "version", "position"),
    ForeignKeyConstraint(["name", "version"], [changes.c.name, changes.c.version]),
)

contacts: Final = Table(
    "eventschema_contacts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("email", Text, unique=True),
    Column("phone_number", Text, unique=True),
    Column("properties", Text, nullable=False),
)

events: Final = Table(
    "eventschema_events",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("contact_id", Text, ForeignKey(contacts.c.id), index=True),  # NULL: its contact was erased
    Column("identifiers", Text, nullable=False),
    Column("properties", Text, nullable=False),
    Column("adjustments", Text, nullable=False),
    Column("time", Text),  # as the request had it
    Column("received_at", Text, nullable=False),
    Column("origin", Text),
    Column("event_version", Text),
)
